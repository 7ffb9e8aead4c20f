# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Queries for entities, by GET and by POST, and purges (CIM 009 clauses 5.7.2, 5.6.21, 6.4.3 and 6.23)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse import query as languages
from hanse.query.model import Exists, HasType, Path
from hanse.twin.edge.http import Answer
from hanse.twin.edge.ngsild import changing, linking, rendering
from hanse.twin.edge.ngsild.changing import Item, existing
from hanse.twin.edge.ngsild.selecting import SELECTION, narrows, selected
from hanse.twin.edge.paging import PAGING, page_of
from hanse.twin.edge.parameters import LOCAL, REPRESENTATION, boolean, options_of
from hanse.twin.edge.problems import Kind, Problem, bad_data
from hanse.twin.edge.speaking import ENTITY_OFFER, dumped, listen, received, tenant_header
from hanse.twin.model import MAX_PAGE_BYTES, Query
from hanse.twin.search import Search

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.jsonld import Renaming
    from hanse.ngsild import Options, Outcome
    from hanse.query import Order, Predicate
    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.paging import Page
    from hanse.twin.edge.speaking import Speech
    from hanse.twin.edge.world import World
    from hanse.twin.model import Stored

Json = Any
_ORDER: Final = frozenset({"orderBy", "orderFrom", "orderGeometry", "collation"})
_JOINS: Final = frozenset({"join", "joinLevel", "containedBy"})
_MAPS: Final = frozenset({"entityMap", "entityMapLifetime", "splitEntities"})
QUERY_PARAMETERS: Final = SELECTION | REPRESENTATION | PAGING | LOCAL | _ORDER | _JOINS | _MAPS
POST_PARAMETERS: Final = PAGING | LOCAL | REPRESENTATION | _MAPS | _ORDER | _JOINS
PURGE_PARAMETERS: Final = SELECTION | LOCAL | {"keep", "drop", "options"}
MAX_PURGED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A query for entities, with how it is paged and put in order."""

    query: Query
    options: Options
    orders: tuple[Order, ...]
    join: linking.Join | None
    page: Page


def query(world: World, request: Request) -> Answer:
    """Query entities by GET."""
    speech = listen(world, request, ENTITY_OFFER)
    return _answer(world, request, speech, asked(request.parameters, speech.renaming), request.parameters)


def query_by_post(world: World, request: Request) -> Answer:
    """Query entities by POST: the body's members stand for parameters (clause 5.2.23)."""
    document, speech = received(world, request, offer=ENTITY_OFFER)
    made, _ = asked_by_post(request, document, speech)
    return _answer(world, request, speech, made, request.parameters)


def asked_by_post(request: Request, document: Mapping[str, Json], speech: Speech) -> tuple[Asked, dict[str, str]]:
    """What a Query asks for, and the parameters that its members stand for. Raises as `asked`."""
    if document.get("type") != "Query":
        raise bad_data("the body's type must be Query")
    parameters = {**request.parameters, **members_of(document)}
    selectors = selectors_of(document.get("entities"), speech.renaming)
    return asked(parameters, speech.renaming, selectors), parameters


def asked(parameters: Mapping[str, str], renaming: Renaming, selectors: Predicate | None = None) -> Asked:
    """What is asked for. Raises Problem, QueryError or BadRequestDataError."""
    options = options_of(parameters, renaming)
    page = page_of(parameters)
    predicate, type_ = selected(parameters, renaming)
    narrowed = narrows(parameters) or selectors is not None or options.attrs is not None or _picks(options)
    if not narrowed and not boolean(parameters, "local"):
        raise bad_data("the query is too wide: give a type, attrs, q, georel or scopeQ, or local=true")
    made = Query(type=type_, condition=languages.all_of(selectors, predicate, _with_any(options)))
    order = parameters.get("orderBy")
    orders: tuple[Order, ...] = ()
    if order is not None:
        origin, kind = parameters.get("orderFrom"), parameters.get("orderGeometry", "Point")
        orders = languages.parse_order(order, renaming.inward, origin=origin, origin_geometry=kind)
    return Asked(made, options, orders, linking.asked(parameters, options), page)


def _picks(options: Options) -> bool:
    return options.pick is not None and bool(options.pick.members.keys() - {"id", "type", "scope"})


def _with_any(options: Options) -> Predicate | None:
    """An entity that has none of the attributes asked for is not answered (clause 5.7.2.4)."""
    names = options.attrs
    if names is None and options.pick is not None and not {"id", "type", "scope"} & options.pick.members.keys():
        names = frozenset(options.pick.members)
    if not names:
        return None
    return languages.any_of([Exists(Path((name,))) for name in sorted(names)])


def _answer(world: World, request: Request, speech: Speech, want: Asked, link: Mapping[str, str]) -> Answer:
    store = world.store(request)
    page, more = _page(world, store, want)
    total = sum(store.count(want.query).values()) if want.page.count else 0
    headers = want.page.headers(request, link, want.page.offset + len(page) if more else None, total)
    if want.join is not None:
        return linking.joined(world, request, speech, want.options, want.join, page, store, headers=headers)
    bodies = [rendering.entity_bytes(one, speech, want.options) for one in page]
    return rendering.several(world, request, speech, bodies, headers)


def _page(world: World, store: SqlTwin, want: Asked) -> tuple[list[Stored], bool]:
    """The entities of a page, and whether there are more."""
    if want.page.limit == 0:
        return [], False
    found = store.matching(want.query)
    if want.orders:
        found = iter(Search(store, world.crs).ordered(want.query, want.orders))
    kept: list[Stored] = []
    size = 0
    for one in islice(found, want.page.offset, None):
        if len(kept) == want.page.limit or (kept and size + len(one.wire) > MAX_PAGE_BYTES):
            return kept, True
        kept.append(one)
        size += len(one.wire)
    return kept, False


def members_of(document: Mapping[str, Json]) -> dict[str, str]:
    """Members of a Query as the parameters that they stand for. Raises Problem."""
    found: dict[str, str] = {}
    for name in ("q", "csf", "scopeQ", "lang", "orderBy", "join"):
        if name in document:
            if not isinstance(document[name], str):
                raise bad_data(f"{name} must be a text")
            found[name] = document[name]
    for name in ("attrs", "pick", "omit", "datasetId", "containedBy", "expandValues", "jsonKeys"):
        if name in document:
            found[name] = _listed(document[name], name)
    if "joinLevel" in document:
        found["joinLevel"] = str(document["joinLevel"])
    found |= _ordering(document.get("ordering"))
    return found | _geo(document.get("geoQ"))


def _listed(value: Json, name: str) -> str:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, str) and one for one in values):
        raise bad_data(f"{name} must be a list of texts")
    return ",".join(values)


def _ordering(value: Json) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or "orderBy" not in value:
        raise bad_data("ordering is an object with orderBy")
    found = {"orderBy": _listed(value["orderBy"], "orderBy")}
    if "coordinates" in value:
        found["orderFrom"] = _text(value["coordinates"])
        found["orderGeometry"] = str(value.get("geometry", "Point"))
    return found


def _geo(value: Json) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_data("geoQ must be an object")
    found = {name: str(value[name]) for name in ("georel", "geometry", "geoproperty") if name in value}
    if "coordinates" in value:
        found["coordinates"] = _text(value["coordinates"])
    return found


def _text(value: Json) -> str:
    return value if isinstance(value, str) else dumped(value).decode()


def selectors_of(value: Json, renaming: Renaming) -> Predicate | None:
    """Entity selectors (clause 5.2.33), any of which may hold. Raises Problem."""
    if value is None:
        return None
    if not isinstance(value, list) or not value:
        raise bad_data("entities must be a list of entity selectors that is not empty")
    parts: list[Predicate] = []
    for one in value:
        if not isinstance(one, dict) or not isinstance(one.get("type", "*"), str):
            raise bad_data("an entity selector is an object with a type")
        given = {name: _text(one[name]) for name in ("type", "idPattern") if name in one}
        if "id" in one:
            given["id"] = _listed(one["id"], "id")
        inner, type_ = selected(given, renaming)
        both = languages.all_of(inner, HasType(type_) if type_ else None)
        if both is None:
            return None  # it stands for all entities
        parts.append(both)
    return languages.any_of(parts)


def purge(world: World, request: Request) -> Answer:
    """Purge entities: all that a query finds, or attributes of them (CIM 009 V1.9.1 clause 5.6.21)."""
    speech = listen(world, request)
    parameters = request.parameters
    keep = ngsild.parse_names(parameters.get("keep"), speech.renaming, "keep")
    drop = ngsild.parse_names(parameters.get("drop"), speech.renaming, "drop")
    if keep is not None and drop is not None:
        raise bad_data("keep and drop do not go together")
    chosen = {name: value for name, value in parameters.items() if name in SELECTION | LOCAL}
    if chosen.keys() & {"id", "idPattern"}:
        chosen["local"] = "true"  # what they name is narrow enough
    want = asked(chosen, speech.renaming)
    store = world.store(request)
    ids = [one.id for one in islice(store.matching(want.query), MAX_PURGED + 1)]
    if len(ids) > MAX_PURGED:
        raise Problem(Kind.TOO_MANY, f"more than {MAX_PURGED} entities would be purged; nothing was")
    if keep is None and drop is None:
        changing.carry_out(world, store, [changing.delete(each) for each in ids])
        return Answer(204, headers=tenant_header(request))

    def lessened(entity_id: str) -> Item:
        def apply(before: Mapping[str, Json] | None) -> Outcome:
            target = existing(entity_id, before)
            rest = {
                name: value
                for name, value in target.items()
                if name in {"id", "type", "scope"} or (name in keep if keep is not None else name not in (drop or ()))
            }
            return ngsild.replace(target, rest)

        return Item(entity_id, apply)

    changing.carry_out(world, store, [lessened(each) for each in ids])
    return Answer(204, headers=tenant_header(request))
