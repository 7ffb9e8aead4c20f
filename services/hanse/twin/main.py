# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Wires the twin service and starts it: `python -m hanse.twin.main --city CITY.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.kernel.clock import system_clock
from hanse.kernel.events import Events, Outbox
from hanse.kernel.server import Registration, ServiceProcess
from hanse.kernel.start import run_service
from hanse.kernel.storage import Database
from hanse.kernel.tokens import CityTokenVerifier
from hanse.kernel.workers import WorkerPool
from hanse.twin import history_handlers
from hanse.twin.adapters.history import sql_history
from hanse.twin.adapters.repository import sqlite_twin
from hanse.twin.adapters.schema import MIGRATIONS
from hanse.twin.handlers import NAME, RULES, Handlers, add_to
from hanse.twin.loading import Loader

if TYPE_CHECKING:
    import grpc

    from hanse.kernel.config import CityConfig

PART = "twin"


def main(config: CityConfig) -> None:
    """Runs the twin until it is asked to stop."""
    clock = system_clock()
    database = Database(config.state / "twin.db", MIGRATIONS)
    outbox = Outbox(config, clock)
    store = sqlite_twin(database, config.tenant, clock, outbox)
    workers = WorkerPool(1)
    loader = Loader(store, workers, config.state / "uploads", config.limits.max_load_bytes)
    handlers = Handlers(store, loader, config.city.authority, config.city.crs, clock)
    history = history_handlers.HistoryHandlers(
        store, sql_history(store, config.city.crs, clock), config.city.crs, config.city.timezone
    )
    process = ServiceProcess(config, PART, CityTokenVerifier(config, clock))
    events = Events(config, PART, database, clock)
    events.publish(outbox)
    events.start()

    def add(server: grpc.Server) -> None:
        add_to(server, handlers)

    def add_history(server: grpc.Server) -> None:
        history_handlers.add_to(server, history)

    process.on_stop(database.close)
    process.on_stop(workers.close)
    process.on_stop(events.stop)
    process.start(
        [
            Registration(NAME, add, RULES),
            Registration(history_handlers.NAME, add_history, history_handlers.RULES),
        ]
    )
    process.run()


if __name__ == "__main__":
    run_service(main)
