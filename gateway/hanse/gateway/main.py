# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Wires the gateway and starts it: `python -m hanse.gateway.main --city CITY.toml`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import threading
from typing import TYPE_CHECKING

from hanse.api.exchange.v1 import exchange_pb2
from hanse.gateway.door import ClientPort
from hanse.gateway.exchange.answerer import Answerer
from hanse.gateway.exchange.asker import Asker
from hanse.gateway.exchange.clerk import Clerk, drain
from hanse.gateway.exchange.export import Exporter
from hanse.gateway.exchange.ledger import Ledger
from hanse.gateway.exchange.log import ExchangeLog, only_sequencer
from hanse.gateway.exchange.receipt import Receipts
from hanse.gateway.exchange.store import open_store
from hanse.gateway.exchange.vault import Vault
from hanse.gateway.forward import Backends, open_channels
from hanse.gateway.log_service import RULES as LOG_RULES
from hanse.gateway.log_service import LogService
from hanse.gateway.own import OwnServices
from hanse.gateway.peer_port import PeerPort
from hanse.gateway.peer_service import RULES as PEER_RULES
from hanse.gateway.peer_service import PeerService
from hanse.gateway.peers import Peers, PeerTable
from hanse.gateway.ports import Ports
from hanse.gateway.routes import HTTP_EXCHANGE
from hanse.gateway.status import CityStatus
from hanse.gateway.tls import Callers, client_port_credentials, peer_port_credentials
from hanse.gateway.tokens import Tokens
from hanse.gateway.trust import Snapshot, Trust
from hanse.gateway.web.door import WebDoor
from hanse.gateway.web.edge import Edge
from hanse.gateway.web.server import WebPort
from hanse.jose import ES256, HybridSigner, JoseError, KeySet, SigningKey, parse_object
from hanse.kernel import keys
from hanse.kernel.clock import system_clock
from hanse.kernel.config import ConfigError
from hanse.kernel.ids import new_salt
from hanse.kernel.revoked import Revoked
from hanse.kernel.start import run_service
from hanse.kernel.tokens import CityTokenVerifier

if TYPE_CHECKING:
    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig

log = logging.getLogger(__name__)
_REFRESH_S = 1.0
_DRAIN_S = 10.0


class Gateway:
    """A city's gateway from start to stop, inside one event loop."""

    def __init__(self, config: CityConfig, clock: Clock) -> None:
        self._config, authority = config, config.city.authority
        exchange_key, log_signer, identity_keys = _read_keys(config)
        self._database = open_store(config.state / "gateway.db")
        vault = Vault(config.tenant, keys.read_secret(config.keys / keys.SUBJECTS), new_salt)
        self._ledger = Ledger(self._database, config.tenant, vault, clock)
        self.log = ExchangeLog(self._ledger, log_signer, config.exchange.checkpoint_interval_ms / 1000)
        self.trust = Trust(config, clock)
        self._channels, self._edge = open_channels(config), Edge(config)
        backends = Backends(self._channels, {HTTP_EXCHANGE: self._edge})
        verifier = CityTokenVerifier(config, clock)
        self._tokens = Tokens(authority, identity_keys, verifier, self._channels["identity"], clock)
        self._clerk = Clerk(authority, exchange_key, self.log, self.trust, clock)
        self.peers = Peers(config, PeerTable(config, self._database), self.trust, clock)
        self._revoked = Revoked(config)
        callers, receipts = Callers(self.trust, self._revoked, clock), Receipts(authority, self.log)
        asker = Asker(self._clerk, self.peers, self._tokens, vault, config.exchange.envelope_lifetime_s)
        answerer = Answerer(self._clerk, self._tokens, vault, backends, config.limits.max_message_bytes)
        own = OwnServices(config, callers, verifier, clock)
        services = exchange_pb2.DESCRIPTOR.services_by_name
        exporter = Exporter(receipts, self.peers, self.trust, clock)
        own.add(
            services["ExchangeLogService"],
            LogService(self.log, receipts, exporter, vault, self._tokens),
            LOG_RULES,
        )
        status = CityStatus(config, self._channels, self._edge, self.log, self.peers, self.trust)
        own.add(services["PeerService"], PeerService(self.log, self.peers, self.trust, status), PEER_RULES)
        door = ClientPort(config, callers, backends, asker)
        self.ports = Ports(authority, config.limits, (door, own), PeerPort(callers, answerer, receipts))
        self.web = WebPort(config, WebDoor(config, callers, self._edge, asker), self.trust)
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Reconciles what a former life left open, then listens.

        Raises:
            OSError: a port is taken.
            UnavailableError: the log cannot be written.
        """
        self.log.start()
        loop = asyncio.get_running_loop()

        def keep(snapshot: Snapshot) -> None:
            if snapshot.document:
                self._ledger.keep_trust_list(snapshot.digest, snapshot.document)

        def follow(snapshot: Snapshot) -> None:
            loop.call_soon_threadsafe(self._trust_changed, snapshot)

        self.trust.on_change(follow)
        self.trust.on_change(keep)
        ended = await self._clerk.reconcile()
        if ended:
            log.warning("%d exchanges were left open by a former run; they are logged as broken", ended)
        gateway = self._config.gateway
        await self.ports.start(
            (gateway.listen, client_port_credentials(self._config, self.trust)),
            (gateway.peer_listen, peer_port_credentials(self._config, self.trust)),
        )
        await self.web.start()
        self._watch = asyncio.create_task(self._refresh())
        log.info(
            "gateway of %s serves platforms on %s, cities on %s",
            self._config.city.authority,
            gateway.listen,
            gateway.peer_listen,
        )

    def _trust_changed(self, snapshot: Snapshot) -> None:
        self._tokens.forget()
        self.web.trust_changed(snapshot)
        task = asyncio.ensure_future(self.peers.trust_changed(snapshot))
        task.add_done_callback(_report)

    async def _refresh(self) -> None:
        """Looks for a new trust list for as long as the gateway lives: were this to end, nobody would lose trust.

        And ends exchanges whose end could not be logged when it came.
        """
        while True:
            await asyncio.sleep(_REFRESH_S)
            if not threading.main_thread().is_alive():
                return  # the process is ending, and its threads take no more work
            try:
                await asyncio.to_thread(self._revoked.refresh)
                await asyncio.to_thread(self.trust.refresh)
                await self._clerk.finish()
            except Exception:
                log.exception("defect while looking for a new trust list; it is looked for again")

    async def stop(self) -> None:
        """Drains calls, writes what they left to write, closes everything."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await asyncio.gather(self.ports.stop(_DRAIN_S), self.web.stop(_DRAIN_S))
        await drain()
        await self.peers.close()
        for channel in self._channels.values():
            await channel.close()
        await self._edge.close()
        await self.log.close()
        self._database.close()


def _report(task: asyncio.Future[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a way to a city that is trusted no more was not closed in order", exc_info=error)


def _read_keys(config: CityConfig) -> tuple[SigningKey, HybridSigner, KeySet]:
    """Keys for exchanges and the log, and identity's public ones."""
    folder = config.keys
    try:
        exchange = parse_object(keys.read_secret(folder / keys.EXCHANGE), place=keys.EXCHANGE)["keys"]
        log_keys = parse_object(keys.read_secret(folder / keys.LOG), place=keys.LOG)
        public = json.loads(keys.read_public(folder / keys.PUBLIC))["identity"]
        if not isinstance(exchange, list):
            raise ConfigError(f"{folder / keys.EXCHANGE}: holds no keys")
        return (
            SigningKey.from_jwk(exchange[0]),
            HybridSigner.from_jwks(log_keys),
            KeySet.from_list(public).with_alg(ES256),
        )
    except (JoseError, ValueError, KeyError, IndexError) as error:
        raise ConfigError(f"{folder}: a key cannot be used ({error}); `hanse init` writes them") from None


async def serve(config: CityConfig) -> None:
    """Runs the gateway until SIGTERM or SIGINT."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    gateway = Gateway(config, system_clock())
    try:
        await gateway.start()
        await asked.wait()
    finally:
        await gateway.stop()


def main(config: CityConfig) -> None:
    """Runs the gateway until it is asked to stop."""
    with only_sequencer(config.state / "sequencer.lock"), contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(config))


if __name__ == "__main__":
    run_service(main)
