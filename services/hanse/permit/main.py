# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Wires the permit service and starts it: `python -m hanse.permit.main --city CITY.toml`."""

from __future__ import annotations

import threading
from importlib.metadata import version
from typing import TYPE_CHECKING

from hanse.api.permit.v1 import permit_pb2_grpc
from hanse.api.zoning.v1 import zoning_pb2_grpc
from hanse.geo import Crs
from hanse.kernel.channel import connect
from hanse.kernel.clock import system_clock
from hanse.kernel.events import Events, Outbox
from hanse.kernel.server import Registration, ServiceProcess
from hanse.kernel.start import run_service
from hanse.kernel.storage import Database
from hanse.kernel.tokens import CityTokenVerifier
from hanse.kernel.workers import WorkerPool
from hanse.permit.adapters.identity import GrpcIdentity
from hanse.permit.adapters.labels import TranslationLabels
from hanse.permit.adapters.models import WorkerModels
from hanse.permit.adapters.neighbours import GatewayNeighbours
from hanse.permit.adapters.pruning import Pruner
from hanse.permit.adapters.quotas import Quota
from hanse.permit.adapters.rendering import WorkerRenderer
from hanse.permit.adapters.repository import SqliteStore
from hanse.permit.adapters.schema import MIGRATIONS
from hanse.permit.adapters.translation import GrpcTranslation
from hanse.permit.adapters.twin import GrpcTwin
from hanse.permit.adapters.uploads import Uploads
from hanse.permit.gathering import Gatherer
from hanse.permit.handlers import PERMIT, PERMIT_RULES, ZONING, ZONING_RULES, PermitHandlers, ZoningHandlers
from hanse.permit.operations import Checks, Settings
from hanse.permit.outdating import changes_of
from hanse.permit.plans import Plans
from hanse.permit.validating import check_report, check_zoning

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    import grpc

    from hanse.kernel.config import CityConfig

PART = "permit"


def main(config: CityConfig) -> None:
    """Runs the permit service until it is asked to stop."""
    clock, authority, crs = system_clock(), config.city.authority, Crs.parse(config.city.crs)
    database = Database(config.state / "permit.db", MIGRATIONS)
    outbox = Outbox(config, clock)
    store = SqliteStore(database, config.tenant, clock, outbox, Quota.of(config.limits))
    uploads = Uploads(config.state / "uploads" / "permit", config.limits.max_upload_bytes)
    limits = config.limits
    workers = WorkerPool(limits.checks_running, memory_bytes=limits.worker_memory_bytes, recycle=True)
    models = WorkerModels(workers, uploads, config.state / "models")
    pruner = Pruner(database, config.tenant, uploads, models, clock, config.limits.keep_uploads_days)
    plans = Plans(authority, crs, store, check_zoning, clock)
    process = ServiceProcess(config, PART, CityTokenVerifier(config, clock))
    channels = {part: connect(config, PART, part) for part in ("gateway", "identity", "translation", "twin")}
    identity = GrpcIdentity(channels["identity"])
    gatherer = Gatherer(
        authority,
        crs,
        GrpcTwin(channels["twin"]),
        GatewayNeighbours(channels["gateway"]),
        GrpcTranslation(channels["translation"], authority),
        identity,
        clock,
    )
    settings = Settings(
        authority, config.city.name, crs, version("hanse"), limits.checks_running, float(limits.check_timeout_s)
    )
    checks = Checks(settings, store, store, models, gatherer, plans.parsed, check_report, clock, process.stopping)
    permit = PermitHandlers(
        authority,
        config.city.timezone,
        config.city.languages,
        checks,
        store,
        plans,
        uploads,
        WorkerRenderer(workers),
        TranslationLabels(channels["translation"], identity, authority),
        clock,
    )

    def twin_changed(connection: sqlite3.Connection, city: str, data: Mapping[str, object]) -> None:
        if store.mark_outdated(connection, changes_of(city, data)):
            checks.tell_watchers()

    events = Events(config, PART, database, clock)
    events.publish(outbox)
    events.consume("twin/v1", "entity-changed", twin_changed)
    events.consume_neighbours("twin/v1", "entity-changed", twin_changed)
    events.start()

    def add_permit(server: grpc.Server) -> None:
        permit_pb2_grpc.add_PermitServiceServicer_to_server(permit, server)

    def add_zoning(server: grpc.Server) -> None:
        zoning_pb2_grpc.add_ZoningServiceServicer_to_server(ZoningHandlers(plans), server)

    # In reverse: what checks wait for ends first, so that they stop at once and are taken up at the next start.
    process.on_stop(database.close)
    process.on_stop(pruner.close)
    process.on_stop(events.stop)
    process.on_stop(checks.close)
    for channel in channels.values():
        process.on_stop(channel.close)
    process.on_stop(workers.close)
    pruner.start()
    process.start([Registration(PERMIT, add_permit, PERMIT_RULES), Registration(ZONING, add_zoning, ZONING_RULES)])
    threading.Thread(target=models.warm, name="warm", daemon=True).start()
    checks.resume()
    process.run()


if __name__ == "__main__":
    run_service(main)
