# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Wires the translation service and starts it: `python -m hanse.translation.main --city CITY.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.kernel.clock import system_clock
from hanse.kernel.server import Registration, ServiceProcess
from hanse.kernel.start import run_service
from hanse.kernel.tokens import CityTokenVerifier
from hanse.kernel.workers import WorkerPool
from hanse.translation.handlers import NAME, RULES, Handlers, add_to

if TYPE_CHECKING:
    import grpc

    from hanse.kernel.config import CityConfig

PART = "translation"


def main(config: CityConfig) -> None:
    """Runs translation until it is asked to stop. It keeps nothing: no database, no events."""
    workers = WorkerPool(1)
    process = ServiceProcess(config, PART, CityTokenVerifier(config, system_clock()))
    handlers = Handlers(config.city.authority, workers, process.places)

    def add(server: grpc.Server) -> None:
        add_to(server, handlers)

    process.on_stop(workers.close)
    process.start([Registration(NAME, add, RULES)])
    process.run()


if __name__ == "__main__":
    run_service(main)
