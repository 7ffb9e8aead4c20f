# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Two cities in one process, for the gateway's tests: real gateways, real identity, real TLS, a twin that remembers.

The gateways run in an event loop of their own thread, so that tests call them as any client does. The twin keeps no
city model: it answers as asked (see `Twin`), because what is tested here is the way there and back.
"""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
from cities import ANCHOR_PUBLIC, Federation, Processes, make_federation, wait_serving

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc
from hanse.api.permit.v1 import permit_pb2, permit_pb2_grpc
from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.gateway.main import Gateway
from hanse.kernel import channel as channels
from hanse.kernel import keys
from hanse.kernel.access import Access, CallContext, current_call
from hanse.kernel.clock import system_clock
from hanse.kernel.errors import NotFoundError
from hanse.kernel.server import Registration, ServiceProcess
from hanse.kernel.tokens import CityTokenVerifier
from hanse.trust import Anchor

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence
    from pathlib import Path

    from hanse.kernel.config import CityConfig

TIMEOUT_S = 10.0


@dataclass
class Twin(twin_pb2_grpc.TwinServiceServicer):
    """Answers by the id asked for: `missing` is not found, `wait` waits until released, `size:N` has N bytes."""

    calls: list[CallContext] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)

    def GetEntity(  # noqa: N802
        self, request: twin_pb2.GetEntityRequest, _context: grpc.ServicerContext
    ) -> types_pb2.Entity:
        self.calls.append(current_call())
        if request.id == "missing":
            raise NotFoundError("no such entity", remedy="Look for another.")
        if request.id == "wait":
            self.arrived.set()
            self.release.wait(20)
        size = int(request.id.partition(":")[2]) if request.id.startswith("size:") else 2
        return types_pb2.Entity(id=request.id, json=b"x" * size)

    def StreamEntities(  # noqa: N802
        self, request: twin_pb2.QueryEntitiesRequest, _context: grpc.ServicerContext
    ) -> Iterator[twin_pb2.QueryEntitiesResponse]:
        """`page_size` pages; then, when the type says so, an error or a wait."""
        self.calls.append(current_call())
        for number in range(request.page_size):
            yield twin_pb2.QueryEntitiesResponse(entities=[types_pb2.Entity(id=str(number))])
        if request.type == "missing":
            raise NotFoundError("no more", remedy="Stop.")
        if request.type == "wait":
            self.arrived.set()
            self.release.wait(20)

    def UpsertEntities(  # noqa: N802
        self, request_iterator: Iterator[twin_pb2.UpsertEntitiesRequest], _context: grpc.ServicerContext
    ) -> Iterator[twin_pb2.UpsertEntitiesResponse]:
        """Answers each batch as it comes; refuses at once when the first says so."""
        self.calls.append(current_call())
        for request in request_iterator:
            if request.dataset == "missing":
                raise NotFoundError("no such data set", remedy="Put it first.")
            yield twin_pb2.UpsertEntitiesResponse(committed=True, results=[twin_pb2.ItemResult(id=request.request_id)])


class Permit(permit_pb2_grpc.PermitServiceServicer):
    """Counts the bytes of an upload."""

    def UploadModel(  # noqa: N802
        self, request_iterator: Iterator[permit_pb2.UploadModelRequest], _context: grpc.ServicerContext
    ) -> permit_pb2.Model:
        return permit_pb2.Model(size_bytes=sum(len(request.chunk) for request in request_iterator))


@dataclass
class Place:
    """One running city."""

    config: CityConfig
    gateway: Gateway | None
    twin: Twin
    services: dict[str, ServiceProcess]

    @property
    def authority(self) -> str:
        return self.config.city.authority


class World:
    """Both cities, running, registered with each other, and who calls them.

    With `apart` the gateways are processes of their own, which can be killed.
    """

    def __init__(self, federation: Federation, *, clock: Any = None, apart: bool = False) -> None:
        self.federation, self.clock, self._apart = federation, clock or system_clock(), apart
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="gateways", daemon=True)
        self._thread.start()
        self._channels: list[grpc.Channel] = []
        self.processes = Processes()
        with ExitStack() as unfinished:
            unfinished.enter_context(self.processes)  # a world that does not stand leaves nothing running
            self._begin(federation, apart=apart)
            unfinished.pop_all()

    def _begin(self, federation: Federation, *, apart: bool) -> None:
        identities = [self.processes.start(config, "identity", wait=False) for config in federation.cities]
        self.here, self.there = (self._start(config) for config in federation.cities)
        self.gateways = [self.processes.start(c, "gateway", wait=False) for c in federation.cities if apart]
        for part in (*identities, *self.gateways):
            wait_serving(part)
        self.operators = {place.authority: self.token(place.config, "client-operator") for place in self.places}
        self.register(self.here, self.there)
        self.register(self.there, self.here)

    @property
    def places(self) -> tuple[Place, Place]:
        return self.here, self.there

    @property
    def anchor(self) -> Anchor:
        return Anchor.from_json(json.loads((self.federation.anchor / ANCHOR_PUBLIC).read_bytes()))

    def run(self, work: Coroutine[Any, Any, Any], timeout_s: float = 20) -> Any:
        """Runs something in the gateways' loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout_s)

    def _start(self, config: CityConfig) -> Place:
        verifier = CityTokenVerifier(config, self.clock)
        twin = Twin()
        services = {
            "twin": start_service(config, "twin", twin, twin_pb2_grpc.add_TwinServiceServicer_to_server, verifier),
            "permit": start_service(
                config, "permit", Permit(), permit_pb2_grpc.add_PermitServiceServicer_to_server, verifier
            ),
        }
        return Place(config, None if self._apart else self.start_gateway(config), twin, services)

    def start_gateway(self, config: CityConfig) -> Gateway:
        """A gateway in the loop."""

        async def begin() -> Gateway:
            gateway = Gateway(config, self.clock)
            await gateway.start()
            return gateway

        gateway: Gateway = self.run(begin())
        return gateway

    def channel(self, config: CityConfig, name: str, part: str = "gateway") -> grpc.Channel:
        """A client's channel, closed with the world."""
        channel = channels.connect(config, name, part)
        self._channels.append(channel)
        return channel

    def generous(self) -> twin_pb2_grpc.TwinServiceStub:
        """The twin here, as operator, over a channel that sends messages of any size."""
        config = self.here.config
        options = [*channels.options(config, "gateway"), ("grpc.max_send_message_length", -1)]
        credentials = keys.channel_credentials(config, "client-operator")
        channel = grpc.secure_channel(config.reach("gateway"), credentials, list(dict(options).items()))
        self._channels.append(channel)
        return twin_pb2_grpc.TwinServiceStub(channel)

    def token(self, config: CityConfig, name: str) -> str:
        """The token that a certificate of the city gives."""
        grant = identity_pb2.ExchangeTokenRequest(certificate=identity_pb2.ExchangeTokenRequest.CertificateGrant())
        stub = identity_pb2_grpc.IdentityServiceStub(self.channel(config, name))
        return str(stub.ExchangeToken(grant, timeout=TIMEOUT_S).access_token)

    def register(self, place: Place, other: Place, address: str = "") -> None:
        """Makes `other` a peer of `place`."""
        peer = exchange_pb2.Peer(
            authority=other.authority, address=address or other.config.gateway.peer_reach, neighbour=True
        )
        stub = exchange_pb2_grpc.PeerServiceStub(self.channel(place.config, "client-operator"))
        stub.PutPeer(exchange_pb2.PutPeerRequest(peer=peer), timeout=TIMEOUT_S, metadata=self.metadata(place))

    def metadata(self, place: Place, city: str = "", purpose: str = "a test") -> Sequence[tuple[str, str]]:
        """The operator's metadata."""
        return channels.metadata(self.operators[place.authority], city=city, purpose=purpose)

    def twin(self, place: Place | None = None) -> twin_pb2_grpc.TwinServiceStub:
        """The twin through the gateway of a city (default: here), as operator."""
        return twin_pb2_grpc.TwinServiceStub(self.channel((place or self.here).config, "client-operator"))

    def log(self, place: Place | None = None) -> exchange_pb2_grpc.ExchangeLogServiceStub:
        """The exchange log of a city (default: here), as operator."""
        return exchange_pb2_grpc.ExchangeLogServiceStub(self.channel((place or self.here).config, "client-operator"))

    def abroad(self, **values: str) -> Sequence[tuple[str, str]]:
        """The operator's metadata for a call of the other city."""
        return self.metadata(self.here, self.there.authority, **values)

    def exchanges(self, place: Place) -> list[exchange_pb2.ExchangeRecord]:
        """What a city's log has, newest first."""
        request = exchange_pb2.ListExchangesRequest(page_size=1000)
        return list(self.log(place).ListExchanges(request, metadata=self.metadata(place), timeout=TIMEOUT_S).exchanges)

    def close(self) -> None:
        """Ends everything."""
        for channel in self._channels:
            channel.close()
        for place in self.places:
            place.twin.release.set()
            if place.gateway is not None:
                self.run(place.gateway.stop(), 30)
            for service in place.services.values():
                service.close()
        self.processes.__exit__(None, None, None)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


def start_service(
    config: CityConfig, part: str, servicer: object, add: Callable[[object, grpc.Server], None], verifier: Any
) -> ServiceProcess:
    """A service of the kernel's kind whose every method needs a token with twin:read or permit:check."""
    descriptor = {"twin": twin_pb2, "permit": permit_pb2}[part].DESCRIPTOR
    scope = {"twin": "twin:read", "permit": "permit:check"}[part]
    service = next(iter(descriptor.services_by_name.values()))
    rules = {method.name: Access(scope) for method in service.methods}
    process = ServiceProcess(config, part, verifier)
    process.start([Registration(service.full_name, lambda server: add(servicer, server), rules)])
    return process


def make_world(folder: Path, *, apart: bool = False, **settings: str) -> World:
    """A world in a folder; `settings` replace texts of city.toml."""
    return World(make_federation(folder, settings={"enabled = true": "enabled = false", **settings}), apart=apart)


def failure(call: Callable[[], object]) -> grpc.RpcError:
    """The error of a call that must fail."""
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call did not fail")


def together(*calls: Callable[[], object]) -> list[object]:
    """Several calls at once."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]
