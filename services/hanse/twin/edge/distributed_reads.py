# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities retrieved and queried together with what other sources hold of them (CIM 009 clauses 5.7.1, 5.7.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse import query as languages
from hanse.query.model import And, HasType
from hanse.twin.edge import distributed_asking, entities, entity_maps, linking, merging, querying, rendering, sources
from hanse.twin.edge.distributed_asking import FILTERS, QUERY, RETRIEVE, Asking
from hanse.twin.edge.distributed_gather import MAX_GATHERED, once, pages, together
from hanse.twin.edge.parameters import boolean, options_of
from hanse.twin.edge.problems import not_found
from hanse.twin.edge.rendering import Read
from hanse.twin.edge.speaking import ENTITY_OFFER, answered, listen, received
from hanse.twin.edge.subscriptions import uri_of
from hanse.twin.registrations.matching import Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.ngsild import Options
    from hanse.query import Predicate
    from hanse.twin.adapters.entity_maps import EntityMap
    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.edge.http import Answer, Request
    from hanse.twin.edge.sources import Source
    from hanse.twin.edge.world import World

Json = Any
_SPLIT: Final = "splitEntities"


def retrieve(world: World, request: Request) -> Answer:
    """Retrieve an entity from wherever parts of it are."""
    mapped = entity_maps.is_asked(request)
    if not mapped and not sources.is_federated(world, request):
        return entities.get(world, request)
    entity_id = uri_of(request.values["id"])
    speech = listen(world, request, ENTITY_OFFER)
    options = options_of(request.parameters, speech.renaming)
    types = request.parameters.get("type")
    selection = languages.parse_types(types, speech.renaming.inward) if types and types != "*" else None
    wanted = Wanted(frozenset({entity_id}), None, selection, _attributes(options))
    found = sources.concerned(world, request, wanted, RETRIEVE, _csf(request.parameters, speech.renaming))
    if not found and not mapped:
        return entities.get(world, request)
    kept = entity_maps.given(world, request)
    if kept is not None:
        known = kept.entities.get(entity_id, ())
        found = [each for each in found if each.registration.id in known]
    asking = Asking(speech, request.parameters, wanted)
    harvest = once(
        world, request, speech, [distributed_asking.retrieval(world, each, entity_id, asking) for each in found]
    )
    store = world.store(request)
    stored = store.reader.by_id(entity_id)
    held = {entity_id: Read.of(stored)} if stored is not None else {}
    read, origins = together(held, harvest.reads, found).get(entity_id, (None, []))
    if read is None or (not options.plain and not ngsild.has_wanted(read.entity, options)):
        problem = not_found(f"entity {entity_id}")
        problem.headers |= dict(harvest.warnings[:1])
        raise problem
    headers = [*harvest.warnings]
    if mapped:
        headers.append(entity_maps.header(world, request, kept, {entity_id: origins}))
    join = linking.asked(request.parameters, options)
    one = merging.as_stored(read)
    if join is not None:
        return linking.joined(world, request, speech, options, join, [one], store, single=True, headers=tuple(headers))
    answer = rendering.one(world, request, speech, options, one)
    return replace(answer, headers=(*headers, *answer.headers))


def create_map(world: World, request: Request) -> Answer:
    """Create an entity map for a query (clauses 5.14.4 and 6.34)."""
    made = _made_by_post(world, request) if request.method == "POST" else _made(world, request)
    fitting, warnings = _gathered(world, request, made, None)
    origins = {name: several for name, (_, several) in fitting.items()}
    name, location = entity_maps.header(world, request, None, origins)
    kept = entity_maps.kept_at(world, request, location)
    answer = answered(world, request, made.asking.speech, entity_maps.document(kept), 201)
    return replace(answer, headers=(*warnings, (name, location), *answer.headers))


@dataclass(frozen=True, slots=True)
class Queried:
    """A query among several sources.

    Attributes:
        want: what is asked for of this city's own store, and how the answer is paged.
        asking: the request in its names.
        found: the sources that it concerns.
        check: what an entity must fulfil once it is put together; None where its sources have judged it.
    """

    want: querying.Asked
    asking: Asking
    found: Sequence[Source]
    check: Predicate | None = None


def query(world: World, request: Request) -> Answer:
    """Query entities by GET."""
    mapped = entity_maps.is_asked(request)
    if not mapped and not sources.is_federated(world, request):
        return querying.query(world, request)
    made = _made(world, request)
    if not made.found and not mapped:
        return querying.query(world, request)
    return _answered(world, request, made)


def query_by_post(world: World, request: Request) -> Answer:
    """Query entities by POST."""
    mapped = entity_maps.is_asked(request)
    if not mapped and not sources.is_federated(world, request):
        return querying.query_by_post(world, request)
    made = _made_by_post(world, request)
    if not made.found and not mapped:
        return querying.query_by_post(world, request)
    return _answered(world, request, made)


def _made(world: World, request: Request) -> Queried:
    speech = listen(world, request, ENTITY_OFFER)
    want = querying.asked(request.parameters, speech.renaming)
    wanted = _wanted(request.parameters, speech.renaming, want.options)
    found = sources.concerned(world, request, wanted, QUERY, _csf(request.parameters, speech.renaming))
    asking = Asking(speech, request.parameters, wanted, _is_split(request.parameters))
    return _judged(Queried(want, asking, found), None)


def _made_by_post(world: World, request: Request) -> Queried:
    document, speech = received(world, request, offer=ENTITY_OFFER)
    want, parameters = querying.asked_by_post(request, document, speech)
    selectors = document.get("entities") or [{}]
    csf = _csf(parameters, speech.renaming)
    found: list[Source] = []
    wanted = Wanted()
    for one in selectors:
        wanted = _wanted({**parameters, **_texts(one)}, speech.renaming, want.options)
        found += sources.concerned(world, request, wanted, QUERY, csf)
    several = None
    if len(selectors) > 1:
        wanted = Wanted(attributes=wanted.attributes)
        several = querying.selectors_of(selectors, speech.renaming)
    else:
        parameters |= _texts(selectors[0])
    asking = Asking(speech, parameters, wanted, _is_split({**request.parameters, **_flag(document)}))
    return _judged(Queried(want, asking, sources.unique(found)), several)


def _judged(made: Queried, selectors: Predicate | None) -> Queried:
    """What remains to be judged here (clause 5.7.2.4): of split entities everything, else what sources were not told.

    Of split entities the store's own parts are found by id and type alone, as those of other sources are.
    """
    if not made.asking.split:
        return replace(made, check=selectors)
    own = made.want.query
    parts = [part for part in (own.condition, HasType(own.type) if own.type else None) if part is not None]
    check = None if not parts else parts[0] if len(parts) == 1 else And(tuple(parts))
    narrow = {name: value for name, value in made.asking.parameters.items() if name not in FILTERS | {"attrs", "pick"}}
    renaming = made.asking.speech.renaming
    wide = querying.asked({**narrow, "local": "true"}, renaming, selectors)
    return replace(made, want=replace(made.want, query=wide.query), check=check)


def _is_split(parameters: Mapping[str, str]) -> bool:
    return boolean(parameters, _SPLIT) or _SPLIT in parameters.get("options", "").split(",")


def _flag(document: Mapping[str, Json]) -> dict[str, str]:
    return {_SPLIT: str(document[_SPLIT]).lower()} if _SPLIT in document else {}


def _texts(selector: Mapping[str, Json]) -> dict[str, str]:
    """An entity selector's members as parameters."""
    given = {name: selector[name] for name in ("id", "idPattern", "type") if name in selector}
    return {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in given.items()}


def _wanted(parameters: Mapping[str, str], renaming: Renaming, options: Options) -> Wanted:
    ids, types = parameters.get("id"), parameters.get("type")
    return Wanted(
        languages.parse_ids(ids).ids if ids else None,
        parameters.get("idPattern"),
        languages.parse_types(types, renaming.inward) if types and types != "*" else None,
        _attributes(options),
    )


def _csf(parameters: Mapping[str, str], renaming: Renaming) -> Predicate | None:
    """What a source itself must fulfil (clause 4.9)."""
    return languages.parse_q(parameters["csf"], renaming.inward) if parameters.get("csf") else None


def _attributes(options: Options) -> frozenset[str] | None:
    if options.attrs is not None:
        return options.attrs
    if options.pick is not None:
        return frozenset(options.pick.members) - {"id", "type", "scope"} or None
    return None


def _answered(world: World, request: Request, made: Queried) -> Answer:
    mapped, kept = entity_maps.is_asked(request), entity_maps.given(world, request)
    if kept is not None:
        return _by_map(world, request, made, kept)
    want = made.want
    whole = bool(want.orders) or want.count or made.asking.split or mapped
    fitting, headers = _gathered(world, request, made, None if whole else want.offset + want.limit + 1)
    ordered = [read for read, _ in fitting.values()]
    if want.orders:
        by_id = {str(read.entity["id"]): read for read in ordered}
        ordered = [by_id[str(one["id"])] for one in languages.ordered([read.entity for read in ordered], want.orders)]
    if mapped:
        origins = {name: fitting[name][1] for name in (str(read.entity["id"]) for read in ordered)}
        headers = [*headers, entity_maps.header(world, request, None, origins)]
    page = ordered[want.offset : want.offset + want.limit]
    more = len(ordered) > want.offset + want.limit
    answer = _page(world, request, made, page, len(ordered), headers, more=more)
    return replace(answer, status=201) if mapped else answer


def _gathered(
    world: World, request: Request, made: Queried, most: int | None
) -> tuple[dict[str, tuple[Read, list[str]]], list[tuple[str, str]]]:
    """Entities that fulfil a query, in the order of ids, each with where it is from; and warnings.

    At least the first `most` are among them, all without it, up to what is gathered at all.
    """
    store, most = world.store(request), min(most or MAX_GATHERED, MAX_GATHERED)
    sendings = [distributed_asking.query(world, each, made.asking) for each in made.found]
    harvest = pages(world, request, made.asking.speech, sendings, most)
    held = {one.id: Read.of(one) for one in islice(store.matching(made.want.query), most)}
    missing = {str(read.entity["id"]) for _, read in harvest.reads} - held.keys()
    # what is held here of entities that others found, so that they are answered whole
    held |= {one.id: Read.of(one) for one in store.reader.exactly(missing).values()}
    merged = together(held, harvest.reads, made.found)
    return {name: merged[name] for name in sorted(merged) if _fits(merged[name][0], made)}, harvest.warnings


def _fits(read: Read, made: Queried) -> bool:
    options = made.want.options
    if made.check is not None and not languages.matches(made.check, read.entity):
        return False
    return options.plain or ngsild.has_wanted(read.entity, options)


def _page(
    world: World,
    request: Request,
    made: Queried,
    page: Sequence[Read],
    total: int,
    told: Sequence[tuple[str, str]],
    *,
    more: bool,
) -> Answer:
    want, speech = made.want, made.asking.speech
    headers = [*told, *querying.page_links(request, request.parameters, want, more=more)]
    if want.count:
        headers.append(("NGSILD-Results-Count", str(total)))
    stored = [merging.as_stored(read) for read in page]
    if want.join is not None:
        store = world.store(request)
        return linking.joined(world, request, speech, want.options, want.join, stored, store, headers=tuple(headers))
    bodies = [rendering.entity_bytes(one, speech, want.options) for one in stored]
    return rendering.several(world, request, speech, bodies, tuple(headers))


def _by_map(world: World, request: Request, made: Queried, kept: EntityMap) -> Answer:
    """A page of the entities of a map, filled as long as there are some (clause 5.5.9.3)."""
    want = made.want
    ids = [each for each in kept.entities if made.asking.wanted.ids is None or each in made.asking.wanted.ids]
    gone: set[str] = set()
    page: list[Read] = []
    warnings: list[tuple[str, str]] = []
    at = want.offset
    while at < len(ids) and len(page) < want.limit:
        chunk = ids[at : at + want.limit - len(page)]
        at += len(chunk)
        reads, lost, told = _of_map(world, request, made, kept, chunk)
        page += [reads[each] for each in chunk if each in reads]
        gone |= lost
        warnings += [each for each in told if each not in warnings]
    left = {name: origins for name, origins in kept.entities.items() if name not in gone}
    pruned = replace(kept, entities=left)
    if gone:
        entity_maps.put(world, request, pruned)
    headers = [*warnings, entity_maps.header(world, request, pruned, {})]
    return _page(world, request, made, page, len(ids) - len(gone & set(ids)), headers, more=at < len(ids))


def _of_map(
    world: World, request: Request, made: Queried, kept: EntityMap, ids: Sequence[str]
) -> tuple[dict[str, Read], set[str], list[tuple[str, str]]]:
    """Entities of a map as they are now, those that fit no more, and warnings."""
    store, by_id = world.store(request), {each.registration.id: each for each in made.found}
    sendings = []
    for identifier, source in by_id.items():
        mine = [each for each in ids if identifier in kept.entities[each]]
        sendings += [
            distributed_asking.query(world, source, made.asking, frozenset(some)) for some in entity_maps.portions(mine)
        ]
    harvest = pages(world, request, made.asking.speech, sendings, MAX_GATHERED)
    held = _held(store, made, [each for each in ids if "@none" in kept.entities[each]])
    merged = together(held, harvest.reads, made.found)
    reads = {name: read for name, (read, _) in merged.items() if name in ids and _fits(read, made)}
    asked = {*by_id, "@none"}
    unknown = harvest.failed | {origin for each in ids for origin in kept.entities[each] if origin not in asked}
    lost = {each for each in ids if each not in reads and unknown.isdisjoint(kept.entities[each])}
    return reads, lost, harvest.warnings


def _held(store: SqlTwin, made: Queried, ids: Sequence[str]) -> dict[str, Read]:
    """Entities of this city's own store that still fulfil the query."""
    own = made.want.query
    parts = [part for part in (own.condition, HasType(own.type) if own.type else None) if part is not None]
    reads = {one.id: Read.of(one) for one in store.reader.exactly(ids).values()}
    return {name: read for name, read in reads.items() if all(languages.matches(each, read.entity) for each in parts)}
