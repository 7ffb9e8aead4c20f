# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How the city is: each part's health, each peer's, the log, the trust list. Everything asked at once, briefly."""

from __future__ import annotations

import asyncio
import json
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health_pb2

from hanse.api.exchange.v1 import exchange_pb2 as pb
from hanse.api.exchange.v1 import exchange_pb2_grpc
from hanse.gateway.exchange.checkpoint import CheckpointError, read_checkpoint_json
from hanse.gateway.peer_service import peer_message
from hanse.gateway.routes import CONTRACTS
from hanse.gateway.web.edge import PART
from hanse.kernel.clock import timestamp
from hanse.kernel.config import split_address
from hanse.kernel.errors import HanseError
from hanse.kernel.events_connection import tls_context
from hanse.kernel.server import VERSION_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.gateway.exchange.log import ExchangeLog
    from hanse.gateway.peers import Peer, Peers
    from hanse.gateway.trust import Trust
    from hanse.gateway.web.edge import Edge
    from hanse.kernel.config import CityConfig

_PART_S, _PEER_S, _NATS_S = 1.0, 2.0, 1.0
_AT_ONCE = 16


def own_version() -> str:
    """The installed release."""
    try:
        return version("hanse")
    except PackageNotFoundError:
        return ""


class CityStatus:
    """Asks around."""

    def __init__(
        self,
        config: CityConfig,
        channels: Mapping[str, grpc.aio.Channel],
        edge: Edge,
        log: ExchangeLog,
        peers: Peers,
        trust: Trust,
    ) -> None:
        self._config, self._channels, self._edge, self._log = config, channels, edge, log
        self._peers, self._trust = peers, trust

    async def answer(self) -> pb.GetCityStatusResponse:
        """The city's state now."""
        known = await self._log.read(self._peers.table.all)
        limit = asyncio.Semaphore(_AT_ONCE)

        async def probe(peer: Peer) -> None:
            async with limit:
                await self._probe(peer)

        parts, *_ = await asyncio.gather(self._parts(), *(probe(peer) for peer in known))
        known = await self._log.read(self._peers.table.all)
        trusted = self._trust.snapshot.trust_list
        return pb.GetCityStatusResponse(
            authority=self._config.city.authority,
            name=self._config.city.name,
            parts=parts,
            peers=[peer_message(peer) for peer in known],
            log_size=await self._log.read(self._log.ledger.size),
            trust_list_version=trusted.version if trusted else 0,
            trust_list_expire_time=timestamp(trusted.expires) if trusted else "",
            contracts=CONTRACTS,
        )

    async def _parts(self) -> list[pb.PartStatus]:
        own = pb.PartStatus(part="gateway", serving=True, version=own_version())
        others = [self._part(part, channel) for part, channel in sorted(self._channels.items())]
        if self._edge.configured:
            others.append(self._http())
        if self._config.nats.enabled:
            others.append(self._nats())
        return [own, *await asyncio.gather(*others)]

    async def _part(self, part: str, channel: grpc.aio.Channel) -> pb.PartStatus:
        check: grpc.aio.UnaryUnaryMultiCallable[Any, Any] = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        call = check(health_pb2.HealthCheckRequest(), timeout=_PART_S)
        try:
            answer = await call
        except grpc.aio.AioRpcError as error:
            return pb.PartStatus(part=part, serving=False, detail=error.code().name)
        initial = {key: value for key, value in await call.initial_metadata() if isinstance(value, str)}
        serving = answer.status == health_pb2.HealthCheckResponse.SERVING
        return pb.PartStatus(part=part, serving=serving, version=initial.get(VERSION_KEY, ""))

    async def _http(self) -> pb.PartStatus:
        serving, release, detail = await self._edge.health(_PART_S)
        return pb.PartStatus(part=PART, serving=serving, version=release, detail=detail)

    async def _nats(self) -> pb.PartStatus:
        """A NATS server greets, after TLS, with one line: INFO and what it is, as JSON."""
        host, port = split_address(self._config.nats.reach)
        name = f"nats.{self._config.city.authority}"
        try:
            context = tls_context(self._config, "gateway")
            async with asyncio.timeout(_NATS_S):
                reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=name)
                try:
                    greeting = await reader.readline()
                finally:
                    writer.close()
            told = json.loads(greeting.removeprefix(b"INFO "))
        except (OSError, TimeoutError, ValueError) as error:
            return pb.PartStatus(part="nats", serving=False, detail=type(error).__name__)
        return pb.PartStatus(part="nats", serving=True, version=str(told.get("version", "")))

    async def _probe(self, peer: Peer) -> None:
        """Asks a peer for its checkpoint, the cheapest thing that shows all of it to work."""
        failure: HanseError | None = None
        try:
            way = await self._peers.way(peer.authority)
            city = self._trust.city(peer.authority)
            stub = exchange_pb2_grpc.ExchangeServiceStub(way.channel)
            try:
                answer = await stub.GetPeerCheckpoint(pb.GetPeerCheckpointRequest(), timeout=_PEER_S)
                read_checkpoint_json(answer.json, peer.authority, city.log)
            except grpc.aio.AioRpcError as error:
                failure = self._peers.failed(way, error)
            except CheckpointError as error:
                failure = HanseError(str(error))
        except HanseError as error:
            failure = error
        await self._peers.note_now(peer.authority, failure)
