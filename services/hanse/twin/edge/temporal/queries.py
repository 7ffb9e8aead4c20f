# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Evolutions of entities over HTTP: retrieved and queried (CIM 009 clauses 5.7.3, 5.7.4, 6.18 to 6.20 and 6.24)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse import query as languages
from hanse.ngsild import TemporalForm
from hanse.ngsild.temporal import SERIES
from hanse.twin.adapters.history.store import SqlHistory, sql_history
from hanse.twin.edge.ngsild.querying import members_of, selectors_of
from hanse.twin.edge.ngsild.selecting import SELECTION, selected
from hanse.twin.edge.paging import PAGING, page_of
from hanse.twin.edge.parameters import LOCAL, REPRESENTATION, boolean
from hanse.twin.edge.problems import bad_data, not_found
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.speaking import Speech, answered, listen, received
from hanse.twin.edge.temporal import recording
from hanse.twin.edge.temporal.evolving import TEMPORAL, Evolution, TemporalAsked, evolution, temporal_asked
from hanse.twin.edge.temporal.summing import aggregates
from hanse.twin.history.instances import written
from hanse.twin.history.model import ALL_TIME, TimeOf
from hanse.twin.model import MAX_ORDERED, Query

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.query import Predicate
    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.edge.http import Answer, Request
    from hanse.twin.edge.paging import Page
    from hanse.twin.edge.world import World

Json = Any
_NARROW: Final = frozenset({"type", "id", "idPattern", "scopeQ"})
_SYSTEM: Final = frozenset({"createdAt", "modifiedAt", "deletedAt", "observedAt"})
_SELECTS: Final = ("type", "attrs", "q", "georel", "scopeQ")


@dataclass(frozen=True, slots=True)
class Asking:
    """A temporal query: candidates by the store's indexes, then what instances in the window must fulfil."""

    query: Query
    filter: Predicate | None
    want: TemporalAsked
    descending: bool
    page: Page


def get(world: World, request: Request) -> Answer:
    """Retrieve the evolution of an entity."""
    entity_id = recording.uri(request.values["id"])
    speech = listen(world, request)
    want = _shaped(temporal_asked(request.parameters, speech.renaming), request.parameters)
    history = _history(world, request)
    stored = history.head(entity_id)
    gone = stored is not None and history.twin.reader.by_id(entity_id) is None
    if stored is None or (gone and not history.series(entity_id)):
        raise not_found(f"evolution of an entity {entity_id}")
    found = evolution(history, stored, want, gone=gone)
    held = {**found.head, **found.instances("")}
    if not ngsild.has_wanted(held, want.options):
        raise not_found(f"evolution of {entity_id} with what is asked for")
    (shown,), told = _within([found], want, world.config.twin_edge.instances)
    return _partial(answered(world, request, speech, _document(world, shown, want, speech)), told)


def query(world: World, request: Request) -> Answer:
    """Query evolutions by GET."""
    speech = listen(world, request)
    asking = _asked(request.parameters, speech.renaming, None)
    return _answer(world, request, speech, asking, request.parameters)


def query_by_post(world: World, request: Request) -> Answer:
    """Query evolutions by POST: the body's members stand for parameters (clause 5.2.23)."""
    document, speech = received(world, request)
    if document.get("type") != "Query":
        raise bad_data("the body's type must be Query")
    parameters = {**request.parameters, **members_of(document), **_temporal_members(document)}
    selectors = selectors_of(document.get("entities"), speech.renaming)
    return _answer(world, request, speech, _asked(parameters, speech.renaming, selectors), request.parameters)


def _temporal_members(document: Mapping[str, Json]) -> dict[str, str]:
    """`temporalQ` and `aggrParams` as parameters (clauses 5.2.21 and 5.2.44). Raises Problem."""
    found: dict[str, str] = {}
    for member in ("temporalQ", "aggrParams"):
        value = document.get(member, {})
        if not isinstance(value, dict):
            raise bad_data(f"{member} must be an object")
        for name, given in value.items():
            if name not in TEMPORAL:
                raise bad_data(f"{member} has no member {name[:60]!r}")
            if isinstance(given, list) and name == "aggrMethods":
                found[name] = ",".join(map(str, given))
            elif isinstance(given, bool) or not isinstance(given, str | int | float):
                raise bad_data(f"{member}.{name} has a value of a wrong kind")
            else:
                found[name] = str(given)
    return found


def _shaped(want: TemporalAsked, parameters: Mapping[str, str]) -> TemporalAsked:
    """Methods of aggregation ask for aggregated values where nothing else is said."""
    said = "format" in parameters or "temporalValues" in parameters.get("options", "")
    if want.methods and not said and want.form is TemporalForm.NORMALIZED:
        return replace(want, form=TemporalForm.AGGREGATED_VALUES)
    return want


def _asked(parameters: Mapping[str, str], renaming: Renaming, selectors: Predicate | None) -> Asking:
    want = _shaped(temporal_asked(parameters, renaming), parameters)
    if want.window is None:
        raise bad_data("a query for evolutions needs timerel and timeAt")
    attrs = want.options.attrs
    wide = (
        attrs is not None and attrs <= _SYSTEM and not any(parameters.get(each) for each in _SELECTS if each != "attrs")
    )
    if wide or (
        selectors is None and not any(parameters.get(each) for each in _SELECTS) and not boolean(parameters, "local")
    ):
        raise bad_data("the query is too wide: give a type, attrs, q, georel or scopeQ, or local=true")
    if parameters.get("csf"):
        languages.parse_q(parameters["csf"], renaming.inward)
    narrow, type_ = selected({k: v for k, v in parameters.items() if k in _NARROW}, renaming)
    rest, _ = selected({k: v for k, v in parameters.items() if k not in _NARROW}, renaming)
    if rest is not None and languages.follows(rest):
        raise bad_data("q follows no relationships in an evolution")
    made = Query(type=type_, condition=languages.all_of(selectors, narrow))
    return Asking(made, rest, want, _descending(parameters, renaming), page_of(parameters))


def _descending(parameters: Mapping[str, str], renaming: Renaming) -> bool:
    if "orderBy" not in parameters:
        return False
    orders = languages.parse_order(parameters["orderBy"], renaming.inward)
    if any(order.path.names not in (("id",), ("@id",)) or order.origin is not None for order in orders):
        raise bad_data("evolutions are ordered by id only (clause 5.7.4.4)")
    return orders[0].descending


def _answer(world: World, request: Request, speech: Speech, asking: Asking, link: Mapping[str, str]) -> Answer:
    store = world.store(request)
    found = _found(_history(world, request), store, asking)
    page = asking.page
    some = list(islice(found, page.offset, page.end + 1))
    rest = sum(1 for _ in found) if page.count else 0
    shown, told = _within(some[: page.limit], asking.want, world.config.twin_edge.instances)
    documents = [_document(world, one, asking.want, speech) for one in shown]
    answer = answered(world, request, speech, documents)
    following = page.end if len(some) > page.limit else None
    headers = page.headers(request, link, following, page.offset + len(some) + rest)
    return _partial(replace(answer, headers=(*answer.headers, *headers)), told)


def _found(history: SqlHistory, store: SqlTwin, asking: Asking) -> Iterator[Evolution]:
    """Evolutions that have instances in the window and fulfil what these must."""
    stored = store.matching(asking.query)
    if asking.descending:
        every = list(islice(stored, MAX_ORDERED + 1))
        if len(every) > MAX_ORDERED:
            raise bad_data(f"more than {MAX_ORDERED} entities cannot be ordered: narrow the query")
        stored = reversed(every)
    for one in stored:
        wide = (
            evolution(history, one, replace(asking.want, options=ngsild.PLAIN)) if asking.filter is not None else None
        )
        if wide is not None and asking.filter is not None:
            held = {**wide.head, **wide.instances("")}
            if not languages.matches(asking.filter, held):
                continue
        found = evolution(history, one, asking.want)
        if found.tracks and ngsild.has_wanted({**found.head, **found.instances("")}, asking.want.options):
            yield found


def _within(
    evolutions: Sequence[Evolution], want: TemporalAsked, most: int
) -> tuple[list[Evolution], tuple[str, str, str] | None]:
    """As many instances as an answer has, and the range that it holds if that is not all (clause 6.3.10).

    A range is complete: all instances of all the entities in it are answered.
    """
    span_time = want.span.time
    times = sorted(
        point.written_us if span_time is TimeOf.WRITTEN else point.time_us for one in evolutions for point in one.points
    )
    if len(times) <= most or want.form is TemporalForm.AGGREGATED_VALUES:
        return list(evolutions), None
    window = want.window
    relation = "" if window is None else _relation(window.start, window.end)
    if want.last:
        least = times[-most]
        kept = [one.within(least, ALL_TIME[1] - 1, span_time) for one in evolutions]
        limits = {"before": window.end if window else None, "between": window.end if window else None}
        start = limits.get(relation) or times[-1]
        return kept, (written(start), written(least), str(want.last))
    latest = times[most - 1]
    kept = [one.within(ALL_TIME[0], latest, span_time) for one in evolutions]
    start = window.start if window is not None and window.start is not None else times[0]
    return kept, (written(start), written(latest), "*")


def _relation(start: int | None, end: int | None) -> str:
    return "before" if start is None else "after" if end is None else "between"


def _partial(answer: Answer, told: tuple[str, str, str] | None) -> Answer:
    if told is None:
        return answer
    start, end, size = told
    header = ("Content-Range", f"date-time {start}-{end}/{size}")
    return replace(answer, status=206, headers=(*answer.headers, header))


def _document(world: World, found: Evolution, want: TemporalAsked, speech: Speech) -> dict[str, Json]:
    renaming, options = speech.renaming, want.options
    if want.form is TemporalForm.AGGREGATED_VALUES:
        return ngsild.temporal_aggregated(found.head, _chosen(found, want), renaming, options)
    instances = found.instances(world.config.city.authority)
    scopes = instances.pop("scope", None)
    simple = want.form is TemporalForm.TEMPORAL_VALUES
    represent = ngsild.temporal_values if simple else ngsild.temporal_normalized
    answer = represent(found.head, instances, renaming, options, want.time_property)
    for name, kind in found.cut.items():
        if ngsild.has_wanted({name: {"type": kind}}, options):
            answer[renaming.outward(name)] = {"type": kind, SERIES[kind]: []} if simple else []
    if scopes and ngsild.has_wanted({"scope": "/"}, options):
        answer["scope"] = _scopes(scopes, want)
    return answer


def _scopes(instances: Sequence[Mapping[str, Json]], want: TemporalAsked) -> Json:
    """The evolution of a scope is that of a Property (clause 4.5.6)."""
    if want.form is TemporalForm.TEMPORAL_VALUES:
        pairs = [[one["value"], one[want.time_property]] for one in instances if want.time_property in one]
        return {"type": "Property", "values": pairs}
    hidden = () if want.options.sys_attrs else {"createdAt", "modifiedAt"} - {want.time_property}
    return [{name: value for name, value in one.items() if name not in hidden} for one in instances]


def _chosen(found: Evolution, want: TemporalAsked) -> dict[str, list[ngsild.Aggregate]]:
    shown = {name for name, _ in ngsild.projected(found.instances(""), want.options)}
    return {name: several for name, several in aggregates(found, want).items() if name in shown}


def _history(world: World, request: Request) -> SqlHistory:
    return sql_history(world.store(request), world.crs, world.clock)


_GET: Final = TEMPORAL | REPRESENTATION | LOCAL
_QUERY: Final = _GET | SELECTION | PAGING | {"orderBy"}
ROUTES: Final = (
    *recording.attribute_routes(),
    Route(
        f"{BASE}/temporal/entities/{{id}}",
        {"GET": get, "DELETE": recording.delete},
        {"GET": _GET, "DELETE": LOCAL | {"deleteAll", "datasetId"}},  # of a path whose id is missing, too
    ),
    Route(
        f"{BASE}/temporal/entities",
        {"GET": query, "POST": recording.post},
        {"GET": _QUERY, "POST": LOCAL},
    ),
    Route(
        f"{BASE}/temporal/entityOperations/query",
        {"POST": query_by_post},
        {"POST": PAGING | LOCAL | REPRESENTATION | TEMPORAL | {"orderBy"}},
        scopes={"POST": "twin:read"},
    ),
)
