# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Wires the twin service and starts it: `python -m hanse.twin.main --city CITY.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.api.twin.v1 import place_pb2_grpc, scenario_pb2_grpc
from hanse.kernel.clock import system_clock
from hanse.kernel.events import Events, Outbox
from hanse.kernel.server import Registration, ServiceProcess
from hanse.kernel.start import run_service
from hanse.kernel.tokens import CityTokenVerifier
from hanse.kernel.workers import WorkerPool
from hanse.twin.adapters.databases.opening import open_database, opened_twin
from hanse.twin.adapters.hierarchy import SqlHierarchy
from hanse.twin.adapters.history.store import sql_history
from hanse.twin.adapters.history.upkeep import Keeper, Terms, stores
from hanse.twin.adapters.loads import Loads
from hanse.twin.adapters.scenarios import SqlScenarios
from hanse.twin.exports.files import Exports
from hanse.twin.loading.uploads import Loader
from hanse.twin.search import Search
from hanse.twin.space.around import Around
from hanse.twin.space.gathering import Gathering
from hanse.twin.space.looking import Looking
from hanse.twin.wire import history_handlers, place_handlers, scenario_handlers
from hanse.twin.wire.handlers import NAME, RULES, Handlers, add_to

if TYPE_CHECKING:
    import grpc

    from hanse.kernel.config import CityConfig

PART = "twin"


def main(config: CityConfig) -> None:
    """Runs the twin until it is asked to stop."""
    clock = system_clock()
    database = open_database(config)
    outbox = Outbox(config, clock)
    store = opened_twin(database, config.tenant, clock, outbox, config.state)
    workers = WorkerPool(1)
    loader = Loader(store, workers, config.state / "uploads", config.limits.max_load_bytes, Loads(store, clock))
    printers = WorkerPool(1)
    search = Search(store, config.city.crs)
    exports = Exports(search, config.city.crs, printers, config.state / "uploads")
    process = ServiceProcess(config, PART, CityTokenVerifier(config, clock))
    handlers = Handlers(store, loader, exports, config.city, clock, process.stopping)
    history = history_handlers.HistoryHandlers(
        store, sql_history(store, config.city.crs, clock), config.city.crs, config.city.timezone
    )
    eyes = WorkerPool(1)  # of its own: a load may keep the other one busy for minutes
    looking = Looking(Around(store), eyes, config.city.crs, config.city.timezone)
    scenarios = scenario_handlers.ScenarioHandlers(
        SqlScenarios(store, clock), store, looking, config.city.authority, clock
    )
    gathering = Gathering(store, SqlHierarchy(store), eyes, config.city.crs)
    place = place_handlers.PlaceHandlers(search, gathering, looking)
    events = Events(config, PART, database, clock)
    terms = Terms(config.twin.archive_after_days, config.twin.keep_past_days)
    keeper = Keeper(lambda: stores(database, config, clock, outbox), clock, terms)
    events.publish(outbox)
    events.start()

    def add(server: grpc.Server) -> None:
        add_to(server, handlers)

    def add_history(server: grpc.Server) -> None:
        history_handlers.add_to(server, history)

    def add_scenarios(server: grpc.Server) -> None:
        scenario_pb2_grpc.add_TwinScenarioServiceServicer_to_server(scenarios, server)

    def add_places(server: grpc.Server) -> None:
        place_pb2_grpc.add_TwinPlaceServiceServicer_to_server(place, server)

    process.on_stop(database.close)
    process.on_stop(workers.close)
    process.on_stop(eyes.close)
    process.on_stop(printers.close)
    process.on_stop(keeper.close)
    process.on_stop(events.stop)
    process.start(
        [
            Registration(NAME, add, RULES),
            Registration(history_handlers.NAME, add_history, history_handlers.RULES),
            Registration(scenario_handlers.NAME, add_scenarios, scenario_handlers.RULES),
            Registration(place_handlers.NAME, add_places, place_handlers.RULES),
        ]
    )
    keeper.start()
    process.run()


if __name__ == "__main__":
    run_service(main)
