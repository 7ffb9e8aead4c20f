# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Context sources called: what is sent, for how long, and what becomes of one that fails (CIM 009 clause 4.3.6).

Each source has a time of its own, so none waits for another. One that fails three times in a row rests, longer after
each further failure, and one that holds up calls is asked by no more of them until it answers; answers say so.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from hanse.kernel.access import PURPOSE
from hanse.kernel.clock import timestamp
from hanse.twin.adapters.registrations import RegistrationShelf
from hanse.twin.edge.distributed.sources import VIA, Source, alias
from hanse.twin.edge.http import JSON, LD_JSON
from hanse.twin.edge.speaking import RELATION, TENANT
from hanse.twin.outward import Call, OutwardError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World
    from hanse.twin.outward import Reply

TIMEOUT_S: Final = 5.0
LONGEST_TIMEOUT_S: Final = 20.0
PATIENCE: Final = 3
FIRST_REST_S: Final = 1.0
LONGEST_REST_S: Final = 120.0
CONTEXT: Final = "jsonldContext"
_FROM_REQUEST: Final = "urn:ngsi-ld:request"  # contextSourceInfo's value for a header that is passed on
_PROCESSED: Final = frozenset({"jsonldcontext", "contenttype", "accept", "ngsildconformance"})  # clause 4.3.6.6
# What belongs to the connection or to the request itself is never taken from contextSourceInfo (clause 4.3.6.5).
_NOT_HEADERS: Final = _PROCESSED | {
    "connection", "content-encoding", "content-length", "content-type", "expect", "forwarded", "host", "keep-alive",
    "link", "ngsild-entitymap", "ngsild-tenant", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "via",
}  # fmt: skip
_OWN_FAULT: Final = 500
_LOOP: Final = 508  # the registrations' fault, not the source's
_PURPOSE: Final = "an NGSI-LD operation in which registered context sources take part"
_JITTER: Final = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Sending:
    """What is to be sent to a source; `link` is the body's context where the request's own does not fit."""

    source: Source
    method: str
    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    media: str = ""
    link: str = ""
    seconds: float = LONGEST_TIMEOUT_S


def names_of(world: World, source: Source, renaming: Renaming) -> Renaming:
    """The names that a source is spoken to in: of the context that it registered, else of the request."""
    context = source.info(CONTEXT)
    return world.contexts.renaming(context) if context else renaming


def timeout_of(source: Source) -> float:
    """Seconds that a source has to answer (clause 5.2.34)."""
    given = source.registration.document.get("management", {}).get("timeout", TIMEOUT_S * 1000)
    return float(min(given / 1000, LONGEST_TIMEOUT_S))


def call_all(world: World, request: Request, sendings: Sequence[Sending]) -> list[Reply | OutwardError]:
    """Sends everything at once; notes how it went; what rests or hangs is not called. The replies in order."""
    store = world.store(request, create=True)
    shelf = RegistrationShelf(store.backend.database, store.tenant)
    now, started = timestamp(world.clock.now()), world.clock.monotonic()
    most = max(1, world.config.twin_edge.threads // 2)
    found: list[Reply | OutwardError | None] = []
    calls: dict[int, tuple[Call, bool]] = {}
    entered: list[str] = []
    for number, each in enumerate(sendings):
        registration = each.source.registration
        if registration.health.again > now:
            again = registration.health.again
            found.append(OutwardError(f"it failed before and is not called again until {again}"))
        elif not world.crowd.enter(f"{store.tenant} {registration.id}", started, most):
            found.append(OutwardError(f"it answers none of {most} calls that are under way"))
        else:
            entered.append(f"{store.tenant} {registration.id}")
            made = _call(world, request, each)
            found.append(made if isinstance(made, OutwardError) else None)
            if not isinstance(made, OutwardError):
                calls[number] = made
    try:
        replies = _made(world, calls)
    finally:
        for key in entered:
            world.crowd.leave(key, started)
    for number, reply in replies.items():
        found[number] = reply
        _note(world, shelf, sendings[number].source, reply)
    return [each for each in found if each is not None]


def _made(world: World, calls: Mapping[int, tuple[Call, bool]]) -> dict[int, Reply | OutwardError]:
    """Calls made, straight and by the gateway at once."""
    found: dict[int, Reply | OutwardError] = {}
    under_way = []
    for by_gateway in (False, True):
        some = {number: call for number, (call, city) in calls.items() if city is by_gateway}
        if not some:
            continue
        try:
            outward = world.cities.outward if by_gateway else world.outward
        except OutwardError as error:
            found |= dict.fromkeys(some, error)
        else:
            under_way.append((list(some), outward.begin(list(some.values()))))
    for numbers, replies in under_way:
        found |= dict(zip(numbers, replies.result(), strict=True))
    return found


def _note(world: World, shelf: RegistrationShelf, source: Source, reply: Reply | OutwardError) -> None:
    failed = isinstance(reply, OutwardError) or (reply.status >= _OWN_FAULT and reply.status != _LOOP)
    now, again = world.clock.now(), None
    if failed:
        cooldown = source.registration.document.get("management", {}).get("cooldown", 0) / 1000
        beyond = source.registration.health.streak + 1 - PATIENCE
        rest = min(LONGEST_REST_S, FIRST_REST_S * 2 ** min(beyond, 10)) if beyond >= 0 else 0.0
        pause = max(cooldown, rest * _JITTER.uniform(0.8, 1.2))
        again = now + timedelta(seconds=pause) if pause else None
    shelf.settle(source.registration.id, failed=failed, now=now, again=again)


def _call(world: World, request: Request, sending: Sending) -> tuple[Call, bool] | OutwardError:
    """The call, and whether it goes by the gateway."""
    source = sending.source
    endpoint = source.registration.document["endpoint"]
    city = world.cities.named(endpoint)
    try:
        base = world.cities.by_gateway(endpoint, city) if city else endpoint.rstrip("/")
    except OutwardError as error:
        return error
    parameters = {**sending.parameters, **({"local": "true"} if source.local_only else {})}
    url = base + quote(sending.path.rstrip("/"), safe="/:@!$&'()*+,;=~%")
    if parameters:
        url += "?" + urlencode(parameters, safe=":,/;()|=*~[]\"!.'", quote_via=quote)
    headers = _headers(world, request, sending)
    if city:
        headers = _for_gateway(request, headers)
    return Call(sending.method, url, headers, sending.body, min(timeout_of(source), sending.seconds)), bool(city)


def _headers(world: World, request: Request, sending: Sending) -> list[tuple[str, str]]:
    source, via = sending.source, request.headers.get(VIA)
    own = f"1.1 {alias(world, request)}"
    headers = [("Via", f"{via}, {own}" if via else own), ("Accept", source.info("accept") or JSON)]
    if sending.media:
        headers.append(("Content-Type", sending.media))
    context = source.info(CONTEXT) or sending.link
    if context:
        headers.append(("Link", f'<{context}>; rel="{RELATION}"; type="{LD_JSON}"'))
    elif sending.media != LD_JSON:
        headers += [("Link", each) for each in request.headers.get_all("link") if RELATION in each]
    tenant = source.registration.document.get("tenant") or request.headers.get(TENANT)
    if tenant:
        headers.append(("NGSILD-Tenant", tenant))
    return headers + _extra(source, request)


def _for_gateway(request: Request, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The gateway admits by this city's own tokens, and logs what for another city is asked."""
    kept = [pair for pair in headers if pair[0].lower() not in {"authorization", PURPOSE}]
    token = request.headers.get("authorization")
    purpose = request.headers.get(PURPOSE) or _PURPOSE
    return [*kept, (PURPOSE, purpose), *([("Authorization", token)] if token else [])]


def _extra(source: Source, request: Request) -> list[tuple[str, str]]:
    """What contextSourceInfo says is conveyed (clause 4.3.6.5)."""
    found = []
    for pair in source.registration.document.get("contextSourceInfo", ()):
        key, value = pair["key"], pair.get("value", "")
        if key.lower() in _NOT_HEADERS:
            continue
        if value == _FROM_REQUEST:
            value = request.headers.get(key.lower()) or ""
            if not value:
                continue
        found.append((key, value))
    return found
