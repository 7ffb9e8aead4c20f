# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The registered peers: where each city's gateway is, how it was last, and the channel that leads there.

The table is data, changed at run time. Channels are made on first use and dropped when a peer's address or the
trust in its city changes.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from hanse.gateway.forward import DETAILS
from hanse.gateway.secure import Identity
from hanse.gateway.tunnel import CONNECT_S, Tunnel
from hanse.kernel.clock import timestamp
from hanse.kernel.config import ConfigError, split_address
from hanse.kernel.errors import (
    DeniedError,
    HanseError,
    NotFoundError,
    PreconditionError,
    UnauthenticatedError,
    from_rpc,
    invalid,
)
from hanse.kernel.keys import certificate
from hanse.kernel.neighbours import MAX_NEIGHBOURS, write_neighbours

if TYPE_CHECKING:
    from hanse.gateway.trust import Snapshot, Trust
    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig
    from hanse.kernel.storage import Database

log = logging.getLogger(__name__)
REACHABLE, UNREACHABLE, REFUSED, NEVER = "reachable", "unreachable", "refused", "never tried"
_NOTE_EVERY_S = 10.0
_COLUMNS = "authority, address, leaf_address, neighbour, state, detail, last_seen"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another city's gateway: `address` of its peer port, `leaf_address` of its NATS leaf port (may be empty)."""

    authority: str
    address: str
    leaf_address: str
    neighbour: bool
    state: str = NEVER
    detail: str = ""
    last_seen: str = ""


class PeerTable:
    """Peers in the gateway's database."""

    def __init__(self, config: CityConfig, database: Database) -> None:
        self._config, self._tenant, self._database = config, config.tenant, database

    def put(self, peer: Peer) -> Peer:
        """Registers a peer or changes it.

        Raises:
            InvalidInputError: an address is no host:port, the city is this one, or there are too many.
        """
        for name, address in (("address", peer.address), ("leaf_address", peer.leaf_address)):
            if name == "address" or address:
                _check_address(f"peer.{name}", address)
        if peer.authority == self._tenant:
            raise invalid("peer.authority", "is this city itself", remedy="Name another city.")
        others = [known for known in self.all() if known.authority != peer.authority]
        if len(others) >= MAX_NEIGHBOURS:
            raise invalid("peer", f"there are {MAX_NEIGHBOURS} peers already", remedy="Delete one first.")
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO peer VALUES (?,?,?,?,?,?,?,?)",
                (self._tenant, peer.authority, peer.address, peer.leaf_address, peer.neighbour, NEVER, "", ""),
            )
        write_neighbours(self._config, {known.authority: known.leaf_address for known in (*others, peer)})
        return peer

    def delete(self, authority: str) -> None:
        """Forgets a peer; unknown ones are forgotten already."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM peer WHERE tenant=? AND authority=?", (self._tenant, authority))
        write_neighbours(self._config, {known.authority: known.leaf_address for known in self.all()})

    def all(self) -> list[Peer]:
        """Every peer, by name."""
        rows = (
            self._database.read()
            .execute(
                f"SELECT {_COLUMNS} FROM peer WHERE tenant=? ORDER BY authority",  # noqa: S608 - constant columns
                (self._tenant,),
            )
            .fetchall()
        )
        return [Peer(row[0], row[1], row[2], bool(row[3]), *row[4:]) for row in rows]

    def get(self, authority: str) -> Peer | None:
        """One peer."""
        row = (
            self._database.read()
            .execute(
                f"SELECT {_COLUMNS} FROM peer WHERE tenant=? AND authority=?",  # noqa: S608 - constant columns
                (self._tenant, authority),
            )
            .fetchone()
        )
        return Peer(row[0], row[1], row[2], bool(row[3]), *row[4:]) if row else None

    def note(self, authority: str, state: str, detail: str, seen: str) -> None:
        """Writes down how a peer was just now; an empty `seen` keeps the earlier time."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE peer SET state=?, detail=?, last_seen=CASE ? WHEN '' THEN last_seen ELSE ? END"
                " WHERE tenant=? AND authority=?",
                (state, detail[:500], seen, seen, self._tenant, authority),
            )


class Sockets:
    """The folder of the tunnels' sockets: nobody else may look into it; what a killed gateway left there is removed.

    The name of a unix socket has at most 107 bytes, which a state folder's path may exceed: sockets go by the short
    name that the open folder has in this process, which is the only one that dials them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        self._descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def path(self, number: int) -> Path:
        """Where the socket of this number is made and dialled."""
        return Path(f"/proc/self/fd/{self._descriptor}/{number}.sock")

    def close(self) -> None:
        """Removes the folder."""
        os.close(self._descriptor)
        shutil.rmtree(self._folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Way:
    """An open way to a peer."""

    peer: Peer
    roots: tuple[x509.Certificate, ...]
    tunnel: Tunnel
    channel: grpc.aio.Channel


class Peers:
    """Channels to peers, and what is known of how they are."""

    def __init__(self, config: CityConfig, table: PeerTable, trust: Trust, clock: Clock) -> None:
        self.table = table
        self._config, self._trust, self._clock = config, trust, clock
        self._own = _own_identity(config)
        self._sockets = Sockets(config.state / "tunnels")
        self._ways: dict[str, Way] = {}
        self._states: dict[str, tuple[str, str, float]] = {}
        self._lock = asyncio.Lock()
        self._made = 0

    async def way(self, authority: str) -> Way:
        """The way to a city.

        Raises:
            NotFoundError: CITY_UNKNOWN.
            DeniedError: NOT_TRUSTED.
        """
        known = self._ways.get(authority)
        if known is not None:
            return known
        async with self._lock:
            known = self._ways.get(authority)
            return known if known is not None else await self._open(authority)

    async def _open(self, authority: str) -> Way:
        peer = await asyncio.to_thread(self.table.get, authority)
        if peer is None:
            raise NotFoundError(
                f"no city {authority[:100]!r} is known here",
                remedy="The operator registers it with `hanse peer add`; `hanse peer list` shows those known.",
                reason="CITY_UNKNOWN",
            )
        self._trust.city(authority)
        roots = self._trust.snapshot.roots[authority]
        self._made += 1
        tunnel = Tunnel(authority, peer.address, self._own, roots, self._sockets.path(self._made))
        await tunnel.start()
        limit = self._config.limits.max_message_bytes + 64 * 1024  # room for the envelope around the inner message
        channel = grpc.aio.insecure_channel(
            tunnel.target,
            options=[
                ("grpc.default_authority", f"gateway.{authority}"),
                ("grpc.max_receive_message_length", limit),
                ("grpc.max_send_message_length", limit),
                ("grpc.initial_reconnect_backoff_ms", 100),
                ("grpc.min_reconnect_backoff_ms", int(CONNECT_S * 1000) + 1000),  # how long gRPC lets connecting take
                ("grpc.max_reconnect_backoff_ms", 2_000),
                ("grpc.use_local_subchannel_pool", 1),
                ("grpc.enable_retries", 0),  # an envelope goes out once
            ],
        )
        way = Way(peer, roots, tunnel, channel)
        self._ways[authority] = way
        return way

    async def drop(self, authority: str) -> None:
        """Closes the way to a city, if there is one."""
        async with self._lock:
            way = self._ways.pop(authority, None)
        if way is not None:
            await way.channel.close(grace=None)
            await way.tunnel.close()

    async def trust_changed(self, snapshot: Snapshot) -> None:
        """Closes the ways to cities that are no longer trusted, or whose authority changed."""
        for authority, way in tuple(self._ways.items()):
            if snapshot.roots.get(authority) != way.roots:
                await self.drop(authority)

    def failed(self, way: Way, error: grpc.aio.AioRpcError) -> HanseError:
        """What a failed call to a peer means: of a lost connection the tunnel knows more than gRPC does."""
        answered = any(key == DETAILS for key, _ in error.trailing_metadata() or ())
        if answered or error.code() is not grpc.StatusCode.UNAVAILABLE:
            return from_rpc(error)
        return way.tunnel.failure or way.tunnel.lost()

    def note(self, authority: str, error: HanseError | None) -> None:
        """Writes down how a peer was just now: changes at once, the same again every few seconds."""
        state, detail = _state_of(error)
        now, known = self._clock.monotonic(), self._states.get(authority)
        if known is not None and known[:2] == (state, detail) and now - known[2] < _NOTE_EVERY_S:
            return
        self._states[authority] = (state, detail, now)
        asyncio.ensure_future(self.note_now(authority, error)).add_done_callback(_report)

    async def note_now(self, authority: str, error: HanseError | None) -> None:
        """Writes it down in any case."""
        state, detail = _state_of(error)
        seen = timestamp(self._clock.now()) if error is None else ""
        await asyncio.to_thread(self.table.note, authority, state, detail, seen)

    async def close(self) -> None:
        """Closes every way."""
        for authority in tuple(self._ways):
            await self.drop(authority)
        self._sockets.close()


def _state_of(error: HanseError | None) -> tuple[str, str]:
    if error is None:
        return REACHABLE, ""
    refused = isinstance(error, DeniedError | PreconditionError | UnauthenticatedError)
    return (REFUSED if refused else UNREACHABLE), error.message


def _report(task: asyncio.Future[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.warning("a peer's state was not written: %s", task.exception())


def _own_identity(config: CityConfig) -> Identity:
    key_pem, chain = certificate(config, "gateway")
    key = load_pem_private_key(key_pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigError("gateway.key.pem holds no P-256 key; `hanse init` writes one")
    return Identity(x509.load_pem_x509_certificate(chain), key)


def _check_address(field: str, address: str) -> None:
    try:
        split_address(address)
    except ValueError as error:
        raise invalid(field, str(error), remedy="Write e.g. gateway.lindemond.example:7101.") from None
