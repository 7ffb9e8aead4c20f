# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities written here and at other sources (CIM 009 clauses 4.3.6, 5.6 and 6.3.17).

What a registration holds alone (exclusive, redirect) is written there and not here; what is inclusive is written in
both places; an auxiliary source is never written to. What was done in part is told with 207.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse import query as languages
from hanse.ngsild import kinds
from hanse.query.model import HasType, Or
from hanse.twin.edge.distributed import sources
from hanse.twin.edge.distributed.calls import Sending, names_of
from hanse.twin.edge.distributed.gather import registered
from hanse.twin.edge.distributed.results import answer_of, carried_out, conflict
from hanse.twin.edge.distributed.wording import sending
from hanse.twin.edge.http import Request
from hanse.twin.edge.ngsild import changing, querying
from hanse.twin.edge.ngsild.changing import Item
from hanse.twin.edge.parameters import uri_of
from hanse.twin.edge.speaking import dumped, link_context, local_context, parsed
from hanse.twin.registrations.matching import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.ngsild import Outcome
    from hanse.query import Predicate
    from hanse.twin.edge.distributed.results import Handler, Part
    from hanse.twin.edge.distributed.sources import Source
    from hanse.twin.edge.http import Answer
    from hanse.twin.edge.world import World

Json = Any
HEAD: Final = kinds.ENTITY_MEMBERS | {"@context", "@id", "@type", "expiresAt"}
_ORDER: Final = ("exclusive", "redirect", "inclusive")  # who is given his part first (clause 5.6.1.4)


def whole(operation: str, handler: Handler) -> Handler:
    """An operation upon one entity with a body that holds attributes."""

    def handle(world: World, request: Request) -> Answer:
        if not sources.is_federated(world, request):
            return handler(world, request)
        document = parsed(request, merge_patch=request.method == "PATCH")
        if not isinstance(document, dict):
            return handler(world, request)
        renaming = world.contexts.renaming(local_context(request, document))
        entity_id = request.values.get("id") or document.get("id") or document.get("@id")
        if not isinstance(entity_id, str) or ":" not in entity_id:
            return handler(world, request)
        entity_id = entity_id.rstrip("/")
        wanted = wanted_of(world, request, entity_id, document, renaming)
        found = to_write(world, request, wanted)
        if not found:
            return handler(world, request)
        if operation in {"createEntity", "replaceEntity"}:  # a body that is none is sent nowhere
            ngsild.canonicalise({"id": "urn:x:y", **_content(document)}, renaming)
        given, rest = divided(document, renaming, found)
        sendings = [
            sending(world, request, source, request.method, request.path, part)
            for source, part in given
            if operation in source.allowed
        ]
        refused = [conflict(each, operation) for each, _ in given if each.alone and operation not in each.allowed]
        if not sendings and not refused:
            return handler(world, request)
        local = None if rest is None else with_body(request, rest)
        parts = carried_out(world, request, sendings, handler, local) + refused
        _forget(world, request, entity_id, parts)
        return answer_of(request, entity_id, parts)

    return handle


def divided(
    document: Mapping[str, Json], renaming: Renaming, found: Sequence[Source]
) -> tuple[list[tuple[Source, Mapping[str, Json]]], Mapping[str, Json] | None]:
    """A document's parts by source, and what is left for this place, None when that is nothing.

    What one kind of source holds alone is given to no other kind.
    """
    given: list[tuple[Source, Mapping[str, Json]]] = []
    rest: Mapping[str, Json] | None = document
    for mode in _ORDER:
        taken: list[frozenset[str] | None] = []
        for source in found:
            if source.mode != mode or rest is None:
                continue
            names = registered(source)
            part = rest if names is None else _with(rest, names, renaming)
            if names is None or part.keys() - HEAD:
                given.append((source, part))
                taken += [names] if source.alone else []
        for names in taken:
            rest = None if names is None or rest is None else _rest(rest, names, renaming)
    return given, rest


def _with(document: Mapping[str, Json], names: frozenset[str], renaming: Renaming) -> dict[str, Json]:
    return {name: value for name, value in document.items() if name in HEAD or renaming.inward(name) in names}


def _rest(document: Mapping[str, Json], names: frozenset[str], renaming: Renaming) -> dict[str, Json] | None:
    """A document without attributes that are another's; None when there is nothing left."""
    found = {name: value for name, value in document.items() if name in HEAD or renaming.inward(name) not in names}
    return found if found.keys() - HEAD else None


def _content(document: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in document.items() if name != "@context"}


def upon_attribute(operation: str, handler: Handler) -> Handler:
    """An operation upon one attribute."""

    def handle(world: World, request: Request) -> Answer:
        if not sources.is_federated(world, request):
            return handler(world, request)
        entity_id = uri_of(request.values["id"])
        document = parsed(request, merge_patch=True) if request.body else None
        renaming = world.contexts.renaming(local_context(request, document) if request.body else link_context(request))
        attribute = request.values["attribute"].rstrip("/")
        name = renaming.inward(attribute)
        types = types_of(world, request, entity_id, {}, renaming)
        found = to_write(world, request, Wanted(frozenset({entity_id}), None, types, frozenset({name})))
        found = next((some for some in ([each for each in found if each.mode == mode] for mode in _ORDER) if some), [])

        def path(source: Source) -> str:
            there = names_of(world, source, renaming)
            if there is renaming or "instance" in request.values:
                return request.path
            return f"{_parent(request.path)}/{there.outward(name)}"

        parts = _forwarded(world, request, operation, handler, found, path)
        if parts is None:
            return handler(world, request)
        if any(part.source is not None and part.source.alone and part.problem is None for part in parts):
            _drop(world, request, entity_id, frozenset({name}))
        return answer_of(request, entity_id, parts)

    return handle


def _parent(path: str) -> str:
    return path.rstrip("/").rpartition("/")[0]


def removal(operation: str, handler: Handler) -> Handler:
    """Delete an entity, or its evolution."""

    def handle(world: World, request: Request) -> Answer:
        if not sources.is_federated(world, request):
            return handler(world, request)
        entity_id = uri_of(request.values["id"])
        renaming = world.contexts.renaming(link_context(request))
        types = types_of(world, request, entity_id, {}, renaming)
        found = to_write(world, request, Wanted(frozenset({entity_id}), None, types))
        named = any(each.alone and registered(each) is not None for each in found)
        parts = _forwarded(world, request, operation, handler, found, lambda _: request.path, here=named)
        return handler(world, request) if parts is None else answer_of(request, entity_id, parts)

    return handle


def purge(world: World, request: Request) -> Answer:
    """Purge entities."""
    if not sources.is_federated(world, request):
        return querying.purge(world, request)
    renaming = world.contexts.renaming(link_context(request))
    types = request.parameters.get("type")
    wanted = Wanted(types=languages.parse_types(types, renaming.inward) if types and types != "*" else None)
    found = to_write(world, request, wanted)
    parts = _forwarded(world, request, "purgeEntity", querying.purge, found, lambda _: request.path, here=True)
    return querying.purge(world, request) if parts is None else answer_of(request, "", parts)


def _forwarded(
    world: World,
    request: Request,
    operation: str,
    handler: Handler,
    found: Sequence[Source],
    path: Callable[[Source], str],
    *,
    here: bool = False,
) -> list[Part] | None:
    """A request sent on as it came, here too unless others hold all of it alone; None when it concerns nobody else."""
    media = request.media if request.body else ""
    able = [each for each in found if operation in each.allowed]
    refused = [conflict(each, operation) for each in found if each.alone and operation not in each.allowed]
    if not able and not refused:
        return None
    sendings = [Sending(each, request.method, path(each), request.parameters, request.body, media) for each in able]
    local = None if any(each.alone for each in found) and not here else request
    return carried_out(world, request, sendings, handler, local) + refused


def _forget(world: World, request: Request, entity_id: str, parts: Sequence[Part]) -> None:
    """What a source has taken as its own alone is not kept here from before it was registered."""
    done = [part.source for part in parts if part.source is not None and part.source.alone and part.problem is None]
    names = [registered(source) for source in done]
    _drop(world, request, entity_id, frozenset().union(*(each for each in names if each is not None)))


def _drop(world: World, request: Request, entity_id: str, names: frozenset[str]) -> None:
    store = world.store(request, create=True)
    held = store.reader.by_id(entity_id)
    if held is None or names.isdisjoint(json.loads(held.json)):
        return

    def apply(before: Mapping[str, Json] | None) -> Outcome:
        target = changing.existing(entity_id, before)
        return ngsild.replace(target, {name: value for name, value in target.items() if name not in names})

    changing.single(world, store, Item(entity_id, apply))


def to_write(world: World, request: Request, wanted: Wanted) -> list[Source]:
    """Sources that a change concerns; auxiliary ones are only read (clause 4.3.6.2)."""
    return [source for source in sources.matched(world, request, wanted) if source.mode != "auxiliary"]


def wanted_of(
    world: World, request: Request, entity_id: str, document: Mapping[str, Json], renaming: Renaming
) -> Wanted:
    """What a document is about."""
    names = frozenset(renaming.inward(name) for name in document if name not in HEAD) or None
    return Wanted(frozenset({entity_id}), None, types_of(world, request, entity_id, document, renaming), names)


def types_of(
    world: World, request: Request, entity_id: str, document: Mapping[str, Json], renaming: Renaming
) -> Predicate | None:
    """An entity's types: of the body, of the parameter type, or as it is held here; None when nobody says."""
    given = document.get("type", document.get("@type"))
    names = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    stored = [renaming.inward(name) for name in names if isinstance(name, str)]
    if not stored and request.parameters.get("type"):
        stored = [renaming.inward(request.parameters["type"])]
    if not stored:
        held = world.store(request, create=True).reader.by_id(entity_id)
        if held is None:
            return None
        named = json.loads(held.json)["type"]
        stored = named if isinstance(named, list) else [named]
    return Or(tuple(HasType(name) for name in stored))


def with_body(request: Request, body: Json) -> Request:
    """The same request with another body."""
    other = Request(
        request.method, request.path, request.query_string, request.headers, dumped(body), request.authority
    )
    other.values, other.subject = request.values, request.subject
    return other
