# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Wires the identity service and starts it: `python -m hanse.identity.main --city CITY.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.api.identity.v1 import identity_pb2_grpc
from hanse.identity.adapters.neighbours import GatewayStatus
from hanse.identity.adapters.repository import MIGRATIONS, SqliteStore
from hanse.identity.adapters.trust import InstalledTrust
from hanse.identity.handlers import NAME, RULES, Handlers
from hanse.identity.issuing import Issuer
from hanse.identity.presentations import PresentationJudge
from hanse.identity.tokens import TokenExchange
from hanse.jose import HybridSigner, parse_object
from hanse.kernel import keys
from hanse.kernel.channel import connect
from hanse.kernel.clock import system_clock
from hanse.kernel.events import Events, Outbox
from hanse.kernel.server import Registration, ServiceProcess
from hanse.kernel.start import run_service
from hanse.kernel.storage import Database
from hanse.kernel.tokens import CityTokenVerifier
from hanse.kernel.trust import TrustStore

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    import grpc

    from hanse.kernel.config import CityConfig

PART = "identity"


def main(config: CityConfig) -> None:
    """Runs identity until it is asked to stop."""
    clock, authority = system_clock(), config.city.authority
    database = Database(config.state / "identity.db", MIGRATIONS)
    signer = HybridSigner.from_jwks(parse_object(keys.read_secret(config.keys / keys.IDENTITY), place=keys.IDENTITY))
    outbox = Outbox(config, clock)
    store = SqliteStore(database, config.tenant, clock, outbox)
    trust = InstalledTrust(authority, signer.public, TrustStore(config, clock), clock)
    gateway = connect(config, PART, "gateway")
    judge = PresentationJudge(authority, store, trust, GatewayStatus(gateway, store, trust, clock), clock)
    pairwise = keys.read_secret(config.keys / keys.PAIRWISE)
    exchange = TokenExchange(authority, signer.es256, pairwise, store, trust, judge, clock)
    handlers = Handlers(Issuer(authority, signer, store, clock), exchange, store)
    process = ServiceProcess(config, PART, CityTokenVerifier(config, clock))

    def revoked_elsewhere(connection: sqlite3.Connection, city: str, data: Mapping[str, object]) -> None:
        uri, index = data.get("uri"), data.get("index")
        if isinstance(uri, str) and uri.startswith(f"urn:hanse:{city}:") and type(index) is int:
            store.note_revocation(connection, city, uri, index)

    events = Events(config, PART, database, clock)
    events.publish(outbox)
    events.consume_neighbours("identity/v1", "credential-revoked", revoked_elsewhere)
    events.start()

    def add(server: grpc.Server) -> None:
        identity_pb2_grpc.add_IdentityServiceServicer_to_server(handlers, server)

    process.on_stop(database.close)
    process.on_stop(gateway.close)
    process.on_stop(events.stop)
    process.start([Registration(NAME, add, RULES)])
    process.run()


if __name__ == "__main__":
    run_service(main)
