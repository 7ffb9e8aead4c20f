# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Context sources as the edge sees them: which a request concerns, and what is said of those that fail.

CIM 009 clauses 4.3.6, 5.12, 6.3.17 and 6.3.18. How they are called stands in `calls`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from hanse import query as languages
from hanse.twin.adapters.registrations import RegistrationShelf
from hanse.twin.edge.parameters import boolean
from hanse.twin.edge.problems import Kind, Problem
from hanse.twin.edge.speaking import TENANT
from hanse.twin.outward import OutwardError
from hanse.twin.registrations import operations
from hanse.twin.registrations.matching import expired, in_time, matching, properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hanse.query import Predicate, TimeWindow
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World
    from hanse.twin.outward import Reply
    from hanse.twin.registrations.matching import Wanted
    from hanse.twin.registrations.model import Registration

Json = Any
VIA: Final = "via"
WARNING: Final = "NGSILD-Warning"
_MAX_HOPS: Final = 20


class Warned(IntEnum):
    """Codes of warnings (table 6.3.17-1)."""

    INVALID = 111  # it answered what is no NGSI-LD
    SILENT = 199  # it did not answer, or was not asked
    REFUSED = 299  # it answered an error


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

    @property
    def local_only(self) -> bool:
        """Whether it is to answer from what it holds itself (clause 5.2.34)."""
        return bool(self.registration.document.get("management", {}).get("localOnly"))

    def info(self, key: str) -> str:
        """A value of contextSourceInfo (clause 5.2.22), "" where there is none."""
        pairs = self.registration.document.get("contextSourceInfo", ())
        return next((str(one.get("value", "")) for one in pairs if one["key"].lower() == key.lower()), "")


def is_federated(world: World, request: Request) -> bool:
    """Whether a request may concern other sources: its tenant has some, and it asks not for local alone."""
    if request.parameters.get("local", "").lower() == "true":
        return False
    store = world.store(request, create=True)
    return RegistrationShelf(store.backend.database, store.tenant).any()


def concerned(
    world: World,
    request: Request,
    wanted: Wanted,
    wished: frozenset[str],
    csf: Predicate | None = None,
    window: TimeWindow | None = None,
) -> list[Source]:
    """The sources that a request concerns and that take one of the operations. Raises Problem: LoopDetected."""
    return [each for each in matched(world, request, wanted, csf, window) if each.allowed & wished]


def matched(
    world: World,
    request: Request,
    wanted: Wanted,
    csf: Predicate | None = None,
    window: TimeWindow | None = None,
) -> list[Source]:
    """The sources that a request concerns, whatever they take (clause 5.12). Raises Problem: LoopDetected.

    Args:
        world: the edge's.
        request: as it came.
        wanted: what it is about.
        csf: what the source itself must fulfil (clause 4.9).
        window: of a temporal query: sources say by intervals of when they know.
    """
    if boolean(request.parameters, "local"):
        return []
    store = world.store(request, create=True)
    now, passed = world.clock.now(), hops(request)
    shelf = RegistrationShelf(store.backend.database, store.tenant)
    found: dict[str, Sequence[Mapping[str, Json]]] = {}
    some = []
    for registration in shelf.documents():
        document = registration.document
        if expired(document, now) or not _timely(document, window):
            continue
        if csf is not None and not languages.matches(csf, properties(document)):
            continue
        parts = matching(document, wanted)
        if parts and document.get("contextSourceAlias") not in passed:
            some.append(registration)
            found[registration.id] = parts
    if found:
        _refuse_loop(world, request)
    return [Source(each, found[each.id]) for each in shelf.with_health(some)]


def _timely(document: Mapping[str, Json], window: TimeWindow | None) -> bool:
    """Sources without intervals are asked about any time; with them about that time alone (clause 5.12)."""
    return in_time(document, None) or (window is not None and in_time(document, window))


def hops(request: Request) -> frozenset[str]:
    """Pseudonyms of the brokers that a request went through."""
    return frozenset(each.split()[-1] for each in _via(request))


def _via(request: Request) -> list[str]:
    return [each.strip() for each in (request.headers.get(VIA) or "").split(",") if each.strip()]


def _refuse_loop(world: World, request: Request) -> None:
    """Clause 6.3.18: a request that went through here before comes no further."""
    if alias(world, request) in hops(request) or len(_via(request)) > _MAX_HOPS:
        raise Problem(Kind.LOOP, "the request went through this broker before: registrations form a loop")


def alias(world: World, request: Request) -> str:
    """This broker's pseudonym towards others (RFC 9110 section 7.6.3); each tenant is a broker of its own."""
    tenant = request.headers.get(TENANT)
    authority = world.config.city.authority
    return f"{authority}+{tenant}" if tenant else authority


def warning(world: World, request: Request, source: Source, why: str, code: Warned) -> tuple[str, str]:
    """A header that says what an answer lacks (clause 6.3.17)."""
    text = json.dumps(f"{source.name}: {why}"[:300])
    return WARNING, f"{code:d} {alias(world, request)} {text}"


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


def unique(found: Iterable[Source]) -> list[Source]:
    """Sources, each once."""
    return list({each.registration.id: each for each in found}.values())
