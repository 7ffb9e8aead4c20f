# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Cities that issue and check credentials, for tests: in one process with a clock that stands still, or served.

world = IdentityWorld.make(folder, clock)
holder = world.there.issue_to(Holder.new())
token = world.here.exchange.for_presentation(holder.present(world.here.exchange.challenge(...)), Wish())
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import grpc
from cities import make_federation

from hanse.identity.adapters.repository import MIGRATIONS, SqliteStore
from hanse.identity.adapters.trust import InstalledTrust
from hanse.identity.issuing import Issuer, IssueRequest
from hanse.identity.model import ARCHITECT
from hanse.identity.presentations import PresentationJudge
from hanse.identity.tokens import TokenExchange
from hanse.jose import ES256, HybridSigner, SigningKey, parse_object
from hanse.kernel import keys
from hanse.kernel.access import Principal
from hanse.kernel.channel import connect
from hanse.kernel.errors import UnavailableError
from hanse.kernel.events import Outbox
from hanse.kernel.storage import Database
from hanse.kernel.trust import TrustStore
from hanse.sdjwt import present

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from cities import Federation

    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig
    from hanse.statuslist import StatusReference

CLAIMS = {"given_name": "Anna", "family_name": "Visser", "register": "Architectenregister", "profession": "architect"}
WITHHELD = ("given_name", "family_name")
NO_EVENTS = {"enabled = true": "enabled = false"}


@dataclass(frozen=True)
class Holder:
    """An architect: her key, and the credential once she has one."""

    key: SigningKey
    credential: str = ""
    id: str = ""

    @classmethod
    def new(cls) -> Self:
        """Somebody with a fresh key and no credential."""
        return cls(SigningKey.generate(ES256))

    @property
    def jwk(self) -> str:
        """Her public key."""
        return json.dumps(self.key.public.to_jwk())

    def present(self, nonce: str, audience: str, now: datetime, disclose: Sequence[str] | None = ()) -> str:
        """A presentation for a challenge; by default nothing that may be withheld is shown."""
        return present(self.credential, disclose, self.key, aud=audience, nonce=nonce, now=now)


@dataclass
class Neighbours:
    """Status lists of the other cities as their own stores have them; a silent city gives no answer."""

    stores: dict[str, SqliteStore] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    told: set[tuple[str, int]] = field(default_factory=set)

    def is_revoked(self, issuer: str, status: StatusReference) -> bool:
        """Whether it is revoked; an index never given out counts as revoked."""
        self.asked.append(issuer)
        if issuer in self.silent:
            raise UnavailableError(f"{issuer} does not answer", remedy="Try again later.")
        return self.stores[issuer].is_revoked(status.index) is not False

    def is_known_revoked(self, issuer: str, status: StatusReference) -> bool:
        """As `told`."""
        return (issuer, status.index) in self.told

    def tell(self, issuer: str) -> None:
        """What the city's events would have told by now."""
        self.told |= {(issuer, index) for index in self.stores[issuer].revoked_indices()}


@dataclass(frozen=True)
class City:
    """One city's identity in this process."""

    config: CityConfig
    signer: HybridSigner
    store: SqliteStore
    database: Database
    issuer: Issuer
    judge: PresentationJudge
    exchange: TokenExchange

    @property
    def authority(self) -> str:
        """The city's name."""
        return self.config.city.authority

    def principal(self, role: str) -> Principal:
        """`service:permit`, `client:operator`, ... of this city."""
        kind, _, name = role.partition(":")
        return Principal(self.authority, kind, name)

    def issue_to(self, holder: Holder, *, general: bool = True, **changes: Any) -> Holder:
        """The holder with a credential of this city."""
        issued = self.issuer.issue(replace(request_for(holder, general=general), **changes))
        return Holder(holder.key, issued.text, issued.record.id)

    def presentation_of(self, holder: Holder, disclose: Sequence[str] | None = ()) -> str:
        """A presentation made to this city, with a fresh challenge."""
        challenge = self.exchange.challenge(self.principal("client:platform"))
        return holder.present(challenge.nonce, challenge.audience, self.exchange.clock.now(), disclose)


def request_for(holder: Holder, *, general: bool = True, claims: Mapping[str, object] | None = None) -> IssueRequest:
    """A request for an architect's credential for an hour."""
    text = json.dumps(CLAIMS if claims is None else claims)
    return IssueRequest(ARCHITECT, text, WITHHELD, holder.jwk, general, timedelta(hours=1), "")


@dataclass(frozen=True)
class IdentityWorld:
    """Two cities that trust each other, both at one clock."""

    federation: Federation
    here: City
    there: City
    neighbours: Neighbours

    @classmethod
    def make(cls, folder: Path, clock: Clock) -> Self:
        """Keys, trust list and databases in `folder`."""
        federation = make_federation(folder, clock=clock, settings=NO_EVENTS)
        neighbours = Neighbours()
        here, there = (_city(config, neighbours, clock) for config in federation.cities)
        return cls(federation, here, there, neighbours)

    def close(self) -> None:
        """Closes the databases."""
        self.here.database.close()
        self.there.database.close()


def _city(config: CityConfig, neighbours: Neighbours, clock: Clock) -> City:
    authority = config.city.authority
    signer = HybridSigner.from_jwks(parse_object(keys.read_secret(config.keys / keys.IDENTITY)))
    database = Database(config.state / "identity.db", MIGRATIONS, durable=False)
    store = SqliteStore(database, config.tenant, clock, Outbox(config, clock, "identity"))
    neighbours.stores[authority] = store
    trust = InstalledTrust(authority, signer.public, TrustStore(config, clock), clock)
    judge = PresentationJudge(authority, store, trust, neighbours, clock)
    pairwise = keys.read_secret(config.keys / keys.PAIRWISE)
    exchange = TokenExchange(authority, signer.es256, pairwise, store, trust, judge, clock)
    return City(config, signer, store, database, Issuer(authority, signer, store, clock), judge, exchange)


@contextmanager
def relay(config: CityConfig, others: Mapping[str, CityConfig]) -> Iterator[None]:
    """Stands where the city's gateway does and passes bytes on to the identity that `hanse-city` names.

    A city that is not there is UNAVAILABLE.
    """
    channels = {name: connect(other, "gateway", "identity") for name, other in others.items()}

    def pass_on(method: str, city: str) -> grpc.RpcMethodHandler[bytes, bytes]:
        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            if city not in channels:
                context.abort(grpc.StatusCode.UNAVAILABLE, f"{city} does not answer")
            try:
                reply: bytes = channels[city].unary_unary(method, _same, _same)(request, timeout=5)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())  # type: ignore[attr-defined]
            return reply

        return grpc.unary_unary_rpc_method_handler(answer, _same, _same)

    class Handler(grpc.GenericRpcHandler):
        def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
            return pass_on(details.method, str(dict(details.invocation_metadata)["hanse-city"]))

    server = grpc.server(ThreadPoolExecutor(2), handlers=[Handler()])
    server.add_secure_port(config.gateway.listen, keys.server_credentials(config, "gateway"))
    server.start()
    try:
        yield
    finally:
        server.stop(0).wait()
        for channel in channels.values():
            channel.close()


def _same(data: bytes) -> bytes:
    return data
