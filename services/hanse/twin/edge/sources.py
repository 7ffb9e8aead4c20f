# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Context sources as the edge calls them: which a request concerns, what is sent to them, and how that went.

CIM 009 clauses 4.3.6, 5.12, 6.3.17 and 6.3.18. A source that fails three times in a row rests, longer after each
further failure; requests say so.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from hanse.kernel.clock import timestamp
from hanse.twin.adapters.registrations import RegistrationShelf
from hanse.twin.edge.parameters import boolean
from hanse.twin.edge.problems import Kind, Problem
from hanse.twin.edge.speaking import RELATION, TENANT
from hanse.twin.outward import Call, OutwardError
from hanse.twin.registrations import operations
from hanse.twin.registrations.matching import expired, matching

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World
    from hanse.twin.outward import Reply
    from hanse.twin.registrations.matching import Wanted
    from hanse.twin.registrations.model import Registration

Json = Any
VIA: Final = "via"
WARNING: Final = "NGSILD-Warning"
TIMEOUT_S: Final = 5.0
LONGEST_TIMEOUT_S: Final = 20.0
PATIENCE: Final = 3
FIRST_REST_S: Final = 1.0
LONGEST_REST_S: Final = 120.0
_FROM_REQUEST: Final = "urn:ngsi-ld:request"  # contextSourceInfo's value for a header that is passed on
_NOT_HEADERS: Final = frozenset({"jsonldcontext", "host", "content-length", "content-type", "accept", "via", "link"})
_OWN_FAULT: Final = 500
_MAX_HOPS: Final = 20
_JITTER: Final = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Source:
    """A registration that a request concerns, with the parts of its information that do."""

    registration: Registration
    parts: Sequence[Mapping[str, Json]]

    @property
    def mode(self) -> str:
        """Inclusive, exclusive, redirect or auxiliary."""
        return str(self.registration.document.get("mode", "inclusive"))

    @property
    def alone(self) -> bool:
        """Whether what it holds is held by no other, this city included."""
        return self.mode in {"exclusive", "redirect"}

    @property
    def allowed(self) -> frozenset[str]:
        """Operations that it takes."""
        return operations.expanded(self.registration.document.get("operations", operations.DEFAULT))

    @property
    def name(self) -> str:
        """How it is called in warnings."""
        return str(self.registration.document.get("contextSourceAlias", self.registration.id))


@dataclass(frozen=True, slots=True)
class Sending:
    """What is to be sent to a source."""

    source: Source
    method: str
    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    media: str = ""


def is_federated(world: World, request: Request) -> bool:
    """Whether a request may concern other sources: its tenant has some, and it asks not for local alone."""
    if request.parameters.get("local", "").lower() == "true":
        return False
    store = world.store(request, create=True)
    return RegistrationShelf(store.backend.database, store.tenant).any()


def concerned(world: World, request: Request, wanted: Wanted, wished: frozenset[str]) -> list[Source]:
    """The sources that a request concerns and that take one of the operations. Raises Problem: LoopDetected."""
    if boolean(request.parameters, "local"):
        return []
    store = world.store(request, create=True)
    now = world.clock.now()
    found = []
    for registration in RegistrationShelf(store.backend.database, store.tenant).all():
        document = registration.document
        if expired(document, now) or document.get("management", {}).get("localOnly"):
            continue
        if "observationInterval" in document or "managementInterval" in document:
            continue
        parts = matching(document, wanted)
        source = Source(registration, parts)
        if parts and source.allowed & wished:
            found.append(source)
    if found:
        _refuse_loop(world, request)
    return found


def _refuse_loop(world: World, request: Request) -> None:
    """Clause 6.3.18: a request that went through here before comes no further."""
    hops = [each.strip() for each in (request.headers.get(VIA) or "").split(",") if each.strip()]
    names = [hop.split()[-1] for hop in hops]
    if alias(world) in names or len(hops) > _MAX_HOPS:
        raise Problem(Kind.LOOP, "the request went through this broker before: registrations form a loop")


def alias(world: World) -> str:
    """This broker's pseudonym towards others (RFC 7230 section 5.7.1)."""
    return world.config.city.authority


def call_all(world: World, request: Request, sendings: Sequence[Sending]) -> list[Reply | OutwardError]:
    """Sends everything at once; notes how it went; what rests is not called."""
    store = world.store(request, create=True)
    shelf = RegistrationShelf(store.backend.database, store.tenant)
    now = timestamp(world.clock.now())
    awake = [each for each in sendings if each.source.registration.health.again <= now]
    replies = iter(world.outward.all([_call(world, request, each) for each in awake]))
    found: list[Reply | OutwardError] = []
    for each in sendings:
        again = each.source.registration.health.again
        if again > now:
            found.append(OutwardError(f"it failed before and is not called again until {again}"))
            continue
        reply = next(replies)
        _note(world, shelf, each.source, reply)
        found.append(reply)
    return found


def _note(world: World, shelf: RegistrationShelf, source: Source, reply: Reply | OutwardError) -> None:
    failed = isinstance(reply, OutwardError) or reply.status >= _OWN_FAULT
    now, again = world.clock.now(), None
    if failed:
        cooldown = source.registration.document.get("management", {}).get("cooldown", 0) / 1000
        beyond = source.registration.health.streak + 1 - PATIENCE
        rest = min(LONGEST_REST_S, FIRST_REST_S * 2 ** min(beyond, 10)) if beyond >= 0 else 0.0
        pause = max(cooldown, rest * _JITTER.uniform(0.8, 1.2))
        again = now + timedelta(seconds=pause) if pause else None
    shelf.settle(source.registration.id, failed=failed, now=now, again=again)


def _call(world: World, request: Request, sending: Sending) -> Call:
    document = sending.source.registration.document
    url = document["endpoint"].rstrip("/") + sending.path.rstrip("/")
    if sending.parameters:
        url += "?" + urlencode(sending.parameters, safe=":,/;()|=*~[]\"!.'", quote_via=quote)
    hops = request.headers.get(VIA)
    via = f"{hops}, 1.1 {alias(world)}" if hops else f"1.1 {alias(world)}"
    headers = [("Via", via), ("Accept", "application/json")]
    if sending.media:
        headers.append(("Content-Type", sending.media))
    if sending.media != "application/ld+json":
        headers += [("Link", each) for each in request.headers.get_all("link") if RELATION in each]
    tenant = document.get("tenant") or request.headers.get(TENANT)
    if tenant:
        headers.append(("NGSILD-Tenant", tenant))
    for pair in document.get("contextSourceInfo", ()):
        if pair["key"].lower() not in _NOT_HEADERS:
            value = pair.get("value", "")
            value = (request.headers.get(pair["key"].lower()) or "") if value == _FROM_REQUEST else value
            headers.append((pair["key"], value))
    seconds = min(document.get("management", {}).get("timeout", TIMEOUT_S * 1000) / 1000, LONGEST_TIMEOUT_S)
    return Call(sending.method, url, headers, sending.body, seconds)


def warning(world: World, source: Source, why: str) -> tuple[str, str]:
    """A header that says what an answer lacks (clause 6.3.17)."""
    text = json.dumps(f"{source.name}: {why}"[:300])
    return WARNING, f"199 {alias(world)} {text}"


def problem_of_reply(source: Source, reply: Reply | OutwardError) -> dict[str, Json]:
    """What a source answered, or why it did not, as ProblemDetails."""
    if isinstance(reply, OutwardError):
        return Problem(Kind.BAD_GATEWAY, f"{source.name}: {reply}").document()
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict) and isinstance(document.get("type"), str):
        known = {name: document[name] for name in ("type", "title", "detail") if isinstance(document.get(name), str)}
        return {**known, "status": reply.status}
    return {**Problem(Kind.BAD_GATEWAY, f"{source.name} answered {reply.status}").document(), "status": reply.status}
