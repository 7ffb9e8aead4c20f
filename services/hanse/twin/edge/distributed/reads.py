# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities retrieved and queried together with what other sources hold of them (CIM 009 clauses 5.7.1, 5.7.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse import query as languages
from hanse.query.model import HasType
from hanse.twin.edge.distributed import asking as distributed_asking
from hanse.twin.edge.distributed import entity_maps, merging, sources
from hanse.twin.edge.distributed.asking import FILTERS, QUERY, RETRIEVE, Asking
from hanse.twin.edge.distributed.gather import once, together
from hanse.twin.edge.distributed.paging import Queried, answer_to, gathered
from hanse.twin.edge.ngsild import entities, linking, querying, rendering
from hanse.twin.edge.ngsild.rendering import Read
from hanse.twin.edge.parameters import boolean, options_of, uri_of
from hanse.twin.edge.problems import not_found
from hanse.twin.edge.speaking import ENTITY_OFFER, answered, listen, received
from hanse.twin.registrations.matching import Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.jsonld import Renaming
    from hanse.ngsild import Options
    from hanse.query import Predicate
    from hanse.twin.edge.distributed.sources import Source
    from hanse.twin.edge.http import Answer, Request
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
    fitting, warnings = gathered(world, request, made, None)
    origins = {name: several for name, (_, several) in fitting.items()}
    name, location = entity_maps.header(world, request, None, origins)
    kept = entity_maps.kept_at(world, request, location)
    answer = answered(world, request, made.asking.speech, entity_maps.document(kept), 201)
    return replace(answer, headers=(*warnings, (name, location), *answer.headers))


def query(world: World, request: Request) -> Answer:
    """Query entities by GET."""
    mapped = entity_maps.is_asked(request)
    if not mapped and not sources.is_federated(world, request):
        return querying.query(world, request)
    made = _made(world, request)
    if not made.found and not mapped:
        return querying.query(world, request)
    return answer_to(world, request, made)


def query_by_post(world: World, request: Request) -> Answer:
    """Query entities by POST."""
    mapped = entity_maps.is_asked(request)
    if not mapped and not sources.is_federated(world, request):
        return querying.query_by_post(world, request)
    made = _made_by_post(world, request)
    if not made.found and not mapped:
        return querying.query_by_post(world, request)
    return answer_to(world, request, made)


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
    check = languages.all_of(own.condition, HasType(own.type) if own.type else None)
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
