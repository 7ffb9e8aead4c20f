# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities retrieved and queried together with what other sources hold of them (CIM 009 clauses 5.7.1, 5.7.2)."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse import query as languages
from hanse.ngsild import NgsiLdError
from hanse.twin.edge import entities, linking, merging, querying, rendering, sources
from hanse.twin.edge.merging import Found
from hanse.twin.edge.parameters import options_of
from hanse.twin.edge.problems import not_found
from hanse.twin.edge.rendering import Read
from hanse.twin.edge.routes import BASE
from hanse.twin.edge.sources import Sending, Source
from hanse.twin.edge.speaking import ENTITY_OFFER, dumped, listen, received
from hanse.twin.edge.subscriptions import uri_of
from hanse.twin.outward import OutwardError
from hanse.twin.registrations.documents import attributes_of
from hanse.twin.registrations.matching import Wanted, entity_concerned, ids_of, types_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hanse.jsonld import Renaming
    from hanse.ngsild import Options
    from hanse.twin.edge.http import Answer, Request
    from hanse.twin.edge.speaking import Speech
    from hanse.twin.edge.world import World
    from hanse.twin.outward import Reply

Json = Any
RETRIEVE: Final = frozenset({"retrieveEntity", "queryEntity", "queryBatch"})
QUERY: Final = frozenset({"queryEntity", "queryBatch"})
MAX_GATHERED: Final = 1_000
_PASSED_ON: Final = ("q", "georel", "geometry", "coordinates", "geoproperty", "scopeQ", "idPattern", "csf")
_GEO: Final = ("georel", "geometry", "coordinates", "geoproperty")
_OK, _NOT_FOUND = 200, 404


def retrieve(world: World, request: Request) -> Answer:
    """Retrieve an entity from wherever parts of it are."""
    entity_id = uri_of(request.values["id"])
    speech = listen(world, request, ENTITY_OFFER)
    options = options_of(request.parameters, speech.renaming)
    types = request.parameters.get("type")
    selection = languages.parse_types(types, speech.renaming.inward) if types and types != "*" else None
    wanted = Wanted(frozenset({entity_id}), None, selection, _attributes(options))
    found = sources.concerned(world, request, wanted, RETRIEVE)
    if not found:
        return entities.get(world, request)
    sendings = [_retrieval(source, entity_id, wanted, speech) for source in found]
    reads, warnings = _received(world, request, speech, sendings)
    store = world.store(request)
    stored = store.reader.by_id(entity_id)
    held = {entity_id: Read.of(stored)} if stored is not None else {}
    together = _together(held, reads, found)
    read = together.get(entity_id)
    if read is None or (not options.plain and not ngsild.has_wanted(read.entity, options)):
        problem = not_found(f"entity {entity_id}")
        problem.headers |= dict(warnings[:1])
        raise problem
    join = linking.asked(request.parameters, options)
    one = merging.as_stored(read)
    if join is not None:
        return linking.joined(world, request, speech, options, join, [one], store, single=True, headers=tuple(warnings))
    answer = rendering.one(world, request, speech, options, one)
    return replace(answer, headers=(*warnings, *answer.headers))


def query(world: World, request: Request) -> Answer:
    """Query entities by GET."""
    if not sources.is_federated(world, request):
        return querying.query(world, request)
    speech = listen(world, request, ENTITY_OFFER)
    want = querying.asked(request.parameters, speech.renaming)
    wanted = _wanted(request.parameters, speech.renaming, want.options)
    found = sources.concerned(world, request, wanted, QUERY)
    if not found:
        return querying.query(world, request)
    return _queried(world, request, speech, want, wanted, found, request.parameters)


def query_by_post(world: World, request: Request) -> Answer:
    """Query entities by POST."""
    if not sources.is_federated(world, request):
        return querying.query_by_post(world, request)
    document, speech = received(world, request, offer=ENTITY_OFFER)
    want, parameters = querying.asked_by_post(request, document, speech)
    selectors = document.get("entities") or [{}]
    found: dict[str, Source] = {}
    wanted = Wanted()
    for one in selectors:
        given = {**parameters, **{name: _text(one[name]) for name in ("id", "idPattern", "type") if name in one}}
        wanted = _wanted(given, speech.renaming, want.options)
        for source in sources.concerned(world, request, wanted, QUERY):
            found.setdefault(source.registration.id, source)
    if not found:
        return querying.query_by_post(world, request)
    if len(selectors) > 1:
        wanted = Wanted(attributes=wanted.attributes)
    else:
        parameters |= {name: _text(selectors[0][name]) for name in ("id", "idPattern", "type") if name in selectors[0]}
    return _queried(world, request, speech, want, wanted, list(found.values()), parameters)


def _text(value: Json) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def _wanted(parameters: Mapping[str, str], renaming: Renaming, options: Options) -> Wanted:
    ids, types = parameters.get("id"), parameters.get("type")
    return Wanted(
        languages.parse_ids(ids).ids if ids else None,
        parameters.get("idPattern"),
        languages.parse_types(types, renaming.inward) if types and types != "*" else None,
        _attributes(options),
    )


def _attributes(options: Options) -> frozenset[str] | None:
    if options.attrs is not None:
        return options.attrs
    if options.pick is not None:
        return frozenset(options.pick.members) - {"id", "type", "scope"} or None
    return None


def _queried(
    world: World,
    request: Request,
    speech: Speech,
    want: querying.Asked,
    wanted: Wanted,
    found: list[Source],
    parameters: Mapping[str, str],
) -> Answer:
    most = min(want.offset + want.limit, MAX_GATHERED)
    sendings = [_query(source, wanted, speech, parameters, most) for source in found]
    reads, warnings = _received(world, request, speech, sendings)
    store = world.store(request)
    held = {one.id: Read.of(one) for one in islice(store.matching(want.query), most + 1)}
    missing = {str(read.entity["id"]) for _, read in reads} - held.keys()
    # what is held here of entities that others found, so that they are answered whole
    held |= {one.id: Read.of(one) for one in store.reader.exactly(missing).values()}
    together = _together(held, reads, found)
    ordered = [together[name] for name in sorted(together) if want.options.plain or _has(together[name], want.options)]
    if want.orders:
        by_id = {str(read.entity["id"]): read for read in ordered}
        ordered = [by_id[str(one["id"])] for one in languages.ordered([read.entity for read in ordered], want.orders)]
    page = [merging.as_stored(read) for read in ordered[want.offset : want.offset + want.limit]]
    more = len(ordered) > want.offset + want.limit
    headers = [*warnings, *querying.page_links(request, request.parameters, want, more=more)]
    if want.count:
        headers.append(("NGSILD-Results-Count", str(len(ordered))))
    if want.join is not None:
        return linking.joined(world, request, speech, want.options, want.join, page, store, headers=tuple(headers))
    bodies = [rendering.entity_bytes(one, speech, want.options) for one in page]
    return rendering.several(world, request, speech, bodies, tuple(headers))


def _has(read: Read, options: Options) -> bool:
    return ngsild.has_wanted(read.entity, options)


def registered(source: Source) -> frozenset[str] | None:
    """Attributes that the concerned parts of a registration name; None for all."""
    named = [attributes_of(part) for part in source.parts]
    return None if not all(named) else frozenset().union(*named)


def _narrowed(source: Source, wanted: Wanted) -> frozenset[str] | None:
    """Attributes to ask a source for; None for all."""
    named = registered(source)
    if named is None:
        return wanted.attributes
    return named if wanted.attributes is None else named & wanted.attributes


def _retrieval(source: Source, entity_id: str, wanted: Wanted, speech: Speech) -> Sending:
    names = _narrowed(source, wanted)
    parameters = {"options": "sysAttrs"}
    if names is not None:
        parameters["attrs"] = ",".join(sorted(map(speech.renaming.outward, names)))
    if "retrieveEntity" in source.allowed:
        return Sending(source, "GET", f"{BASE}/entities/{entity_id}", parameters)
    types = _types(source, speech)
    if "queryEntity" in source.allowed:
        return Sending(source, "GET", f"{BASE}/entities", {"id": entity_id, "type": ",".join(types), **parameters})
    body: dict[str, Json] = {"type": "Query", "entities": [{"id": entity_id, "type": each} for each in types]}
    if names is not None:
        body["attrs"] = parameters["attrs"].split(",")
    return _posted(source, body, parameters)


def _query(source: Source, wanted: Wanted, speech: Speech, parameters: Mapping[str, str], most: int) -> Sending:
    names = _narrowed(source, wanted)
    asked: dict[str, str] = {}
    ids = _ids(source, wanted)
    if "type" in parameters:
        asked["type"] = parameters["type"]
    elif ids is None:
        asked["type"] = ",".join(_types(source, speech))
    if ids is not None:
        asked["id"] = ",".join(sorted(ids))
    if names is not None:
        asked["attrs"] = ",".join(sorted(map(speech.renaming.outward, names)))
    asked |= {name: parameters[name] for name in _PASSED_ON if name in parameters}
    asked = {name: value for name, value in asked.items() if value}
    extra = {"limit": str(max(1, most)), "options": "sysAttrs"}
    if "queryEntity" in source.allowed:
        return Sending(source, "GET", f"{BASE}/entities", {**asked, **extra})
    selector = {name: asked[name] for name in ("id", "type", "idPattern") if name in asked}
    body: dict[str, Json] = {"type": "Query", "entities": [selector]} if selector else {"type": "Query"}
    body |= {name: asked[name] for name in ("q", "scopeQ", "csf") if name in asked}
    if names is not None:
        body["attrs"] = asked["attrs"].split(",")
    if "georel" in asked:
        body["geoQ"] = {name: asked[name] for name in _GEO if name in asked}
    return _posted(source, body, extra)


def _types(source: Source, speech: Speech) -> list[str]:
    """Types that a registration names, in the names of the request."""
    given = {name for part in source.parts for one in part.get("entities", ()) for name in types_of(one)}
    return sorted(map(speech.renaming.outward, given))


def _posted(source: Source, body: Mapping[str, Json], parameters: Mapping[str, str]) -> Sending:
    kept = {name: value for name, value in parameters.items() if name in {"limit", "options"}}
    return Sending(source, "POST", f"{BASE}/entityOperations/query", kept, dumped(body), "application/json")


def _ids(source: Source, wanted: Wanted) -> frozenset[str] | None:
    """Ids to ask a source for: those of the request that it has, or those that it registered one by one."""
    given = [ids_of(one) for part in source.parts for one in part.get("entities", ({"type": ""},))]
    if any(each is None for each in given) or not given:
        return wanted.ids
    named = frozenset(name for each in given if each is not None for name in each)
    return named if wanted.ids is None else named & wanted.ids


def _received(
    world: World, request: Request, speech: Speech, sendings: list[Sending]
) -> tuple[list[tuple[Source, Read]], list[tuple[str, str]]]:
    """What sources answered, and warnings of what they did not."""
    reads: list[tuple[Source, Read]] = []
    warnings: list[tuple[str, str]] = []
    for sending, reply in zip(sendings, sources.call_all(world, request, sendings), strict=True):
        source = sending.source
        if isinstance(reply, OutwardError):
            warnings.append(sources.warning(world, source, str(reply)))
        elif reply.status == _OK:
            try:
                reads += [(source, merging.only(read, registered(source))) for read in _read(world, speech, reply)]
            except (ValueError, RecursionError, NgsiLdError):
                warnings.append(sources.warning(world, source, "its answer holds no entities that can be read"))
            if reply.headers.get(sources.WARNING.lower()):
                warnings.append((sources.WARNING, reply.headers[sources.WARNING.lower()][:500]))
        elif reply.status != _NOT_FOUND:
            warnings.append(sources.warning(world, source, f"it answered {reply.status}"))
    return reads, warnings


def _read(world: World, speech: Speech, reply: Reply) -> Iterable[Read]:
    body = json.loads(reply.body) if reply.body else []
    for document in body if isinstance(body, list) else [body]:
        if not isinstance(document, dict):
            raise NgsiLdError("an entity is a JSON object")
        local = document.get("@context")
        renaming = world.contexts.renaming(local) if local is not None else speech.renaming
        yield merging.remote(document, renaming)


def _together(held: Mapping[str, Read], reads: list[tuple[Source, Read]], found: list[Source]) -> dict[str, Read]:
    """Entities by id: what is held here, but for what others alone hold, and what they answered."""
    gathered: dict[str, list[Found]] = {}
    for name, read in held.items():
        rest: Read | None = read
        for source in found:
            if source.alone and rest is not None and _covers(source, name):
                rest = merging.without(rest, registered(source))
        if rest is not None:
            gathered[name] = [Found(rest)]
    for source, read in reads:
        gathered.setdefault(str(read.entity["id"]), []).append(Found(read, auxiliary=source.mode == "auxiliary"))
    return {name: merging.merged(several) for name, several in gathered.items()}


def _covers(source: Source, entity_id: str) -> bool:
    """Whether a registration means an entity, by its id, a pattern, or its type alone."""
    wanted = Wanted(frozenset({entity_id}))
    return any(entity_concerned(one, wanted) for part in source.parts for one in part.get("entities", ({"type": ""},)))
