# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities fetched from several sources at once, page after page, and put together (CIM 009 clauses 4.3.6, 4.5.5)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from hanse.kernel.clock import parse_timestamp
from hanse.ngsild import NgsiLdError
from hanse.twin.edge.distributed import merging, sources
from hanse.twin.edge.distributed.calls import CONTEXT, Sending, call_all, timeout_of
from hanse.twin.edge.distributed.merging import Found
from hanse.twin.edge.distributed.sources import Source, Warned
from hanse.twin.outward import OutwardError
from hanse.twin.registrations.documents import attributes_of
from hanse.twin.registrations.matching import Wanted, entity_concerned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hanse.twin.edge.http import Request
    from hanse.twin.edge.ngsild.rendering import Read
    from hanse.twin.edge.speaking import Speech
    from hanse.twin.edge.world import World
    from hanse.twin.outward import Reply

Json = Any
MAX_GATHERED: Final = 10_000
PAGE: Final = 1_000
SMALL_PAGE: Final = 100
_OK, _NOT_FOUND = 200, 404
_LIMIT_REFUSED: Final = frozenset({400, 403, 422})
_LONGEST_WARNING: Final = 500


@dataclass(slots=True)
class Harvest:
    """What sources answered, warnings of what they did not, and which of them failed."""

    reads: list[tuple[Source, Read]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)

    def warn(self, world: World, request: Request, source: Source, why: str, code: Warned) -> None:
        """Says what an answer lacks."""
        self.failed.add(source.registration.id)
        self.warnings.append(sources.warning(world, request, source, why, code))


@dataclass(slots=True)
class _Walk:
    """One source's pages: what is asked next, how many came, and whether they came in the order of ids."""

    sending: Sending
    limit: int
    most: int
    deadline: float
    came: int = 0
    ordered: bool = True
    last: str = ""

    def next(self, now: float) -> Sending:
        """What to send for the next page."""
        parameters = {**self.sending.parameters, "limit": str(self.limit)}
        if self.came:
            parameters["offset"] = str(self.came)
        return replace(self.sending, parameters=parameters, seconds=max(0.05, self.deadline - now))

    def took(self, ids: Sequence[str]) -> None:
        """Counts a page in."""
        self.came += len(ids)
        self.ordered = self.ordered and all(one < other for one, other in pairwise((self.last, *ids)))
        self.last = ids[-1] if ids else self.last

    @property
    def enough(self) -> bool:
        """Of a source that answers in the order of ids the first suffice; of another all must be known."""
        return self.came >= (self.most if self.ordered else MAX_GATHERED)


def once(world: World, request: Request, speech: Speech, sendings: Sequence[Sending]) -> Harvest:
    """One answer of each."""
    harvest = Harvest()
    for sending, reply in zip(sendings, call_all(world, request, sendings), strict=True):
        _taken(world, request, speech, sending.source, reply, harvest)
    return harvest


def pages(world: World, request: Request, speech: Speech, sendings: Sequence[Sending], most: int) -> Harvest:
    """Pages of each, until `most` entities came, or all. Each source has its own time in all."""
    harvest = Harvest()
    now = world.clock.monotonic()
    limit = max(1, min(most, PAGE))
    walks = [_Walk(each, limit, most, now + timeout_of(each.source)) for each in sendings]
    while walks:
        now = world.clock.monotonic()
        going = []
        replies = call_all(world, request, [walk.next(now) for walk in walks])
        for walk, reply in zip(walks, replies, strict=True):
            if _smaller(walk, reply):
                going.append(walk)
                continue
            ids = _taken(world, request, speech, walk.sending.source, reply, harvest)
            if ids is None:
                continue
            walk.took(ids)
            if not ids or (len(ids) < walk.limit and not _has_next(reply)):
                continue
            if walk.came >= MAX_GATHERED and not walk.ordered:
                why = f"it has more than the {MAX_GATHERED} entities that are gathered: narrow the query"
                harvest.warn(world, request, walk.sending.source, why, Warned.SILENT)
            elif not walk.enough:
                going.append(walk)
        walks = going
    return harvest


def _smaller(walk: _Walk, reply: Reply | OutwardError) -> bool:
    """Some brokers have smaller pages and refuse a limit above them."""
    refused = not isinstance(reply, OutwardError) and reply.status in _LIMIT_REFUSED
    if refused and not walk.came and walk.limit > SMALL_PAGE:
        walk.limit = SMALL_PAGE
        return True
    return False


def _has_next(reply: Reply | OutwardError) -> bool:
    return not isinstance(reply, OutwardError) and 'rel="next"' in reply.headers.get("link", "")


def _taken(
    world: World, request: Request, speech: Speech, source: Source, reply: Reply | OutwardError, harvest: Harvest
) -> list[str] | None:
    """Takes an answer in; the ids of its entities, None when it is no answer."""
    if isinstance(reply, OutwardError):
        harvest.warn(world, request, source, str(reply), Warned.SILENT)
        return None
    if reply.headers.get(sources.WARNING.lower()):
        harvest.warnings.append((sources.WARNING, reply.headers[sources.WARNING.lower()][:_LONGEST_WARNING]))
    if reply.status == _NOT_FOUND:
        return []
    if reply.status != _OK:
        harvest.warn(world, request, source, f"it answered {reply.status}", Warned.REFUSED)
        return None
    try:
        found = list(_read(world, speech, source, reply))
    except (ValueError, RecursionError, NgsiLdError):
        harvest.warn(world, request, source, "its answer holds no entities that can be read", Warned.INVALID)
        return None
    names, now = registered(source), world.clock.now()
    harvest.reads += [(source, merging.only(read, names)) for read in found if not _expired(read, now)]
    return [str(read.entity["id"]) for read in found]


def _expired(read: Read, now: Any) -> bool:  # noqa: ANN401 - a datetime
    expires = read.entity.get("expiresAt")
    return expires is not None and parse_timestamp(str(expires)) <= now


def _read(world: World, speech: Speech, source: Source, reply: Reply) -> Iterable[Read]:
    body = json.loads(reply.body) if reply.body else []
    for document in body if isinstance(body, list) else [body]:
        if not isinstance(document, dict):
            raise NgsiLdError("an entity is a JSON object")
        local = document.get("@context", source.info(CONTEXT) or None)
        renaming = world.contexts.renaming(local) if local is not None else speech.renaming
        yield merging.remote(document, renaming)


def registered(source: Source) -> frozenset[str] | None:
    """Attributes that the concerned parts of a registration name; None for all."""
    named = [attributes_of(part) for part in source.parts]
    return None if not all(named) else frozenset().union(*named)


def together(
    held: Mapping[str, Read], reads: Sequence[tuple[Source, Read]], found: Sequence[Source]
) -> dict[str, tuple[Read, list[str]]]:
    """Entities by id, each with the registrations that it came from ("@none": it is held here).

    What is one source's alone (exclusive, redirect) is taken from no other.
    """
    gathered: dict[str, list[tuple[Found, str]]] = {}
    for name, read in held.items():
        rest = _left(read, name, found)
        if rest is not None:
            gathered[name] = [(Found(rest), "@none")]
    for source, read in reads:
        name = str(read.entity["id"])
        rest = read if source.alone else _left(read, name, found)
        if rest is not None:
            one = Found(rest, auxiliary=source.mode == "auxiliary")
            gathered.setdefault(name, []).append((one, source.registration.id))
    return {
        name: (merging.merged([one for one, _ in several]), list(dict.fromkeys(origin for _, origin in several)))
        for name, several in gathered.items()
    }


def _left(read: Read, entity_id: str, found: Sequence[Source]) -> Read | None:
    """An entity without what others hold alone; None when nothing of it is left."""
    rest: Read | None = read
    for source in found:
        if source.alone and rest is not None and _covers(source, entity_id):
            rest = merging.without(rest, registered(source))
    return rest


def _covers(source: Source, entity_id: str) -> bool:
    """Whether a registration means an entity, by its id, a pattern, or its type alone."""
    wanted = Wanted(frozenset({entity_id}))
    return any(entity_concerned(one, wanted) for part in source.parts for one in part.get("entities", ({"type": ""},)))
