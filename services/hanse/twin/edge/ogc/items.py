# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Features of a collection, and one of them (Part 1 clauses 7.15 and 7.16).

Features come in the order of their ids, and a page's link to the next names the last id: what is written meanwhile
neither doubles nor hides what was there all the time.
"""

from __future__ import annotations

import heapq
import json
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from hanse import cityjson
from hanse.cityjson import CityJsonError
from hanse.kernel.clock import timestamp
from hanse.ngsild import NgsiLdError, to_feature
from hanse.query.model import And, Ids
from hanse.twin.edge.http import JSON, LD_JSON, Answer
from hanse.twin.edge.ogc import asking, links, pages, systems
from hanse.twin.edge.ogc.media import CITY_JSON, FEATURES, HTML, SCHEMA, chosen
from hanse.twin.edge.problems import Kind, Problem, bad_data, not_found
from hanse.twin.edge.routes import BASE as NGSI_LD
from hanse.twin.edge.speaking import dumped, tenant_header
from hanse.twin.model import MAX_PAGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.ogc.asking import Asked
    from hanse.twin.edge.ogc.features import Feature
    from hanse.twin.edge.world import World
    from hanse.twin.model import Stored

Json = Any
_AT_ONCE: Final = 200  # ids in one query
_NOT_OF_CITY_JSON: Final = "CityJSON has its own coordinate system: ask without crs"


@dataclass(frozen=True, slots=True)
class Page:
    """Features of a page with the entities that they tell, and the last id where there are more."""

    found: Sequence[tuple[Stored, Feature]]
    last: str


def items(world: World, request: Request) -> Answer:
    """Features of a collection: in a box, a time, by properties or by a CQL2 filter."""
    media = chosen(request, FEATURES)
    store, name, parameters = world.store(request), request.values["collectionId"], request.parameters
    held, exact = world.ogc.of(store, name, world.clock)
    want = asking.read(parameters, name, world.crs)
    if want.names and (unknown := world.ogc.unknown(store, name, want.names)):
        raise _unknown(sorted(unknown), world.ogc.queryables(store, name))
    if media == CITY_JSON and "crs" in parameters:
        raise bad_data(_NOT_OF_CITY_JSON)
    page = _page(world, store, want, held.nowhere)
    matched = held.summary.count if exact and want.everything else None
    if not page.last and not want.cursor:
        matched = len(page.found)
    told = [*links.itself(url := _url(world, request), parameters, FEATURES, media)]
    if page.last:
        query = urlencode({**parameters, "cursor": page.last})
        told.append(links.link(f"{url}?{query}", "next", media, "The next page"))
    base = links.root(world, request)
    told += _above(base, name)
    headers = (*links.header(told), want.system.header, *tenant_header(request))
    if media == CITY_JSON:
        return Answer(200, _city_json(one for one, _ in page.found), CITY_JSON, (*links.header(told), *headers[-1:]))
    if media == HTML:
        features = [json.loads(feature.body) for _, feature in page.found]
        return Answer(200, pages.items(name, features, told, base, matched), HTML, headers)
    return Answer(200, _collection(page, told, matched, timestamp(world.clock.now())), media, headers)


def item(world: World, request: Request) -> Answer:
    """One feature."""
    media = chosen(request, FEATURES)
    store, name, parameters = world.store(request), request.values["collectionId"], request.parameters
    system = systems.named(world.crs, parameters.get("crs"), "crs")
    found = store.reader.living(request.values["featureId"])
    if found is None or (found.type != name and name not in _types(found)):
        raise not_found(f"feature {request.values['featureId']} in the collection {name}")
    base = links.root(world, request)
    told = [*links.itself(links.of_feature(base, name, found.id), parameters, FEATURES, media)]
    entity = f"{world.base(request)}{NGSI_LD}/entities/{links.quoted(found.id)}"
    told += [
        links.link(links.of_collection(base, name), "collection", JSON, f"The collection {name}"),
        links.link(entity, "alternate", LD_JSON, "This as an NGSI-LD entity"),
    ]
    headers = (*links.header(told), *tenant_header(request))
    if media == CITY_JSON:
        if "crs" in parameters:
            raise bad_data(_NOT_OF_CITY_JSON)
        return Answer(200, _city_json([found]), CITY_JSON, headers)
    body = world.ogc.shelf.of(found, system, world.crs).body
    headers = (system.header, *headers)
    if media == HTML:
        return Answer(200, pages.item(name, json.loads(body), told, base), HTML, headers)
    return Answer(200, body[:-1] + b',"links":' + dumped(told) + b"}", media, headers)


def _unknown(names: Sequence[str], known: Mapping[str, Json]) -> Problem:
    said = ", ".join(each[:60] for each in names[:5])
    return Problem(
        Kind.INVALID_REQUEST,
        f"neither a parameter nor a property of this collection: {said}; its properties: {', '.join(sorted(known))}",
    )


def _types(found: Stored) -> list[str]:
    types = json.loads(found.json).get("type")
    return types if isinstance(types, list) else [types]


def _url(world: World, request: Request) -> str:
    return f"{links.of_collection(links.root(world, request), request.values['collectionId'])}/items"


def _above(base: str, name: str) -> list[dict[str, Json]]:
    of = links.of_collection(base, name)
    return [
        links.link(of, "collection", JSON, f"The collection {name}"),
        links.link(f"{of}/queryables", links.QUERYABLES, SCHEMA, "What features can be asked by"),
    ]


def _page(world: World, store: SqlTwin, want: Asked, nowhere: Sequence[str] | None) -> Page:
    kept: list[tuple[Stored, Feature]] = []
    size = 0
    for one in _candidates(store, want, nowhere):
        if not _observed(one, want):
            continue
        feature = world.ogc.shelf.of(one, want.system, world.crs)
        if want.place is not None and not want.place.meets(feature):
            continue
        if len(kept) == want.limit or (kept and size + len(one.wire) > MAX_PAGE_BYTES):
            return Page(kept, kept[-1][0].id)
        kept.append((one, feature))
        size += len(one.wire)
    return Page(kept, "")


def _candidates(store: SqlTwin, want: Asked, nowhere: Sequence[str] | None) -> Iterator[Stored]:
    """Entities in the order of ids, each once: in the boxes, and those without a place, which are in every box."""
    queries = (want.query,) if want.place is None else want.place.queries
    streams = [store.matching(replace(each, after=want.cursor) if want.cursor else each) for each in queries]
    if want.place is not None and (nowhere is None or nowhere):
        streams.append(one for one in _placeless(store, want, nowhere) if b'"location"' not in one.wire)
    if len(streams) == 1:
        yield from streams[0]
        return
    last = ""
    for one in heapq.merge(*streams, key=attrgetter("id")):
        if one.id != last:
            last = one.id
            yield one


def _placeless(store: SqlTwin, want: Asked, nowhere: Sequence[str] | None) -> Iterator[Stored]:
    """What a query finds among ids that are known to have no place; among all where they are too many to know."""
    query = replace(want.query, after=want.cursor)
    if nowhere is None:
        yield from store.matching(query)
        return
    left = [each for each in nowhere if each > want.cursor]
    for start in range(0, len(left), _AT_ONCE):
        among = Ids(frozenset(left[start : start + _AT_ONCE]))
        condition = among if query.condition is None else And((among, query.condition))
        yield from store.matching(replace(query, condition=condition))


def _observed(one: Stored, want: Asked) -> bool:
    if want.window is None or b'"observedAt"' not in one.wire:
        return True
    return asking.answers(want.window, json.loads(one.json))


def _collection(page: Page, told: Sequence[Mapping[str, Json]], matched: int | None, now: str) -> bytes:
    rest: dict[str, Json] = {"links": told, "timeStamp": now, "numberReturned": len(page.found)}
    if matched is not None:
        rest["numberMatched"] = matched
    features = b",".join(feature.body for _, feature in page.found)
    return b'{"type":"FeatureCollection","features":[' + features + b"]," + dumped(rest)[1:]


def _city_json(found: Iterable[Stored]) -> bytes:
    """Entities as a CityJSON text sequence. Raises Problem: one of them is no city object."""
    features = []
    for one in found:
        try:
            features.append(to_feature(json.loads(one.json)))
        except (NgsiLdError, CityJsonError) as error:
            detail = f"{one.id} is no city object that CityJSON can tell: {error}"
            raise Problem(Kind.NOT_ACCEPTABLE, detail) from None
    try:
        return b"".join(cityjson.write_sequence(features, rounded=True))
    except CityJsonError as error:
        raise Problem(Kind.NOT_ACCEPTABLE, str(error)) from None
