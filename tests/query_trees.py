# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Strategies for queries and the entities that they are asked of: few names and values, so that they meet."""

from __future__ import annotations

from datetime import date
from typing import Any

import shapely
from hypothesis import strategies as st

from hanse.query import model
from hanse.query.model import Path

NAMES = ("a", "b", "c")
TEXTS = ("red", "Red", "réd", "blue", "it's", 'say "x"', "a;b|c", "", "%", "10", "2020-01-01", "2020-01-01T00:00:00Z")
URIS = ("urn:x:1", "urn:x:2", "http://example.org/red")
NUMBERS = (-1, 0, 1, 2.5, 10, 20, 1e21)
INSTANTS = (0, 1_577_836_800_000_000, 1_577_836_800_000_001, 1_600_000_000_123_000)
DAYS = (date(2020, 1, 1), date(2021, 6, 30))

numbers = st.sampled_from(NUMBERS).map(model.Number)
texts = st.sampled_from(TEXTS).map(model.Text)
uris = st.sampled_from(URIS).map(lambda uri: model.Text(uri, uri))
booleans = st.booleans().map(model.Boolean)
instants = st.sampled_from(INSTANTS).map(model.DateTime)
days = st.sampled_from(DAYS).map(model.Date)
clocks = st.sampled_from((0, 1_500_000)).map(model.Time)
names = st.sampled_from(NAMES)
members = st.lists(names.map(lambda name: model.Member(name, name)), max_size=2).map(tuple)
places = st.sampled_from((0.0, 0.25, 0.5, 1.0, 2.0))


def _ring(west: float, south: float, width: float, height: float) -> list[list[float]]:
    return [[x, y] for x, y in shapely.box(west, south, west + width, south + height).exterior.coords]


points = st.tuples(places, places).map(lambda at: {"type": "Point", "coordinates": list(at)})
lines = st.lists(st.tuples(places, places).map(list), min_size=2, max_size=3, unique_by=tuple).map(
    lambda at: {"type": "LineString", "coordinates": at}
)
polygons = st.tuples(places, places, st.sampled_from((0.25, 1.0)), st.sampled_from((0.25, 1.0))).map(
    lambda at: {"type": "Polygon", "coordinates": [_ring(*at)]}
)
shapes = st.one_of(points, lines, polygons)
geometries = shapes.map(lambda form: model.Geometry(shapely.to_wkb(shapely.geometry.shape(form), flavor="iso")))
boxes = st.tuples(places, places, places, places).map(
    lambda b: model.Box((b[0], min(b[1], b[3]), b[2], max(b[1], b[3])))
)


# NGSI-LD

_sub_attributes = st.lists(names, min_size=1, max_size=2).map(tuple)
_of_times = names.map(lambda name: (name, "observedAt"))
paths = st.builds(Path, _sub_attributes, members) | st.builds(Path, _of_times)
_comparable = st.one_of(numbers, texts, uris, instants, days, clocks)
_ranges = st.one_of(*(st.builds(model.Range, kind, kind) for kind in (numbers, texts, instants, days, clocks)))
_values = st.lists(_comparable | booleans, min_size=2, max_size=3).map(lambda items: model.Values(tuple(items)))
_order = st.sampled_from([op for op in model.Op if op not in {model.Op.EQ, model.Op.NE}])
_equal = st.sampled_from([model.Op.EQ, model.Op.NE])
_regexes = st.sampled_from(("^r", "(e|u)d?$", "[;|)]", "'", '"', "."))
terms = st.one_of(
    st.builds(model.Exists, paths),
    st.builds(model.QueryTerm, paths, _order, _comparable),
    st.builds(model.QueryTerm, paths, _equal, st.one_of(_comparable, booleans, _ranges, _values)),
    st.builds(model.Pattern, paths, _regexes, st.booleans()),
)
linked = st.builds(model.Linked, names, st.sampled_from(((), ("T",), ("T", "U"))), terms)


def _joined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    items = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(model.And, items) | st.builds(model.Or, items)


q_trees = st.recursive(terms | linked, _joined, max_leaves=6)
scopes = st.builds(
    model.InScope, st.lists(st.sampled_from(("x", "y", "+")), min_size=1, max_size=2).map(tuple), st.booleans()
)
nears = st.builds(
    model.Near,
    names.map(lambda name: Path((name,))),
    geometries,
    st.sampled_from((1.0, 30_000.0, 120_000.0)),
    st.booleans(),
)
selections = st.one_of(
    scopes,
    st.builds(model.HasType, st.sampled_from(("T", "U"))),
    st.builds(model.Ids, st.frozensets(st.sampled_from(URIS), min_size=1)),
    st.builds(
        model.TimeWindow, st.just("observedAt"), st.none() | st.sampled_from(INSTANTS), st.sampled_from(INSTANTS)
    ),
    nears,
)

# CQL2

properties = st.builds(Path, st.lists(names, min_size=1, max_size=2).map(tuple), members, st.just(True))
whole = st.sampled_from((*((name,) for name in NAMES), ("id",), ("type",))).map(lambda steps: Path(steps, loose=True))
_calls = st.builds(model.Call, st.just("f"), properties.map(lambda path: (path,)))
_any = properties | whole | _calls
_sums = st.builds(
    model.Arithmetic, st.sampled_from(sorted(model.ARITHMETIC)), numbers | properties, numbers | properties
)
_folds = st.builds(model.Fold, st.sampled_from(sorted(model.FOLDS)), texts | properties)
scalars = st.one_of(numbers, texts, booleans, instants, days, _any, _sums, _folds)
_ends = st.none() | instants | days | properties
_intervals = st.builds(model.Interval, _ends, _ends)
_arrays = st.lists(st.one_of(numbers, texts, instants), max_size=3).map(lambda items: model.Array(tuple(items)))
_textual = texts | _any | _folds
_like = st.sampled_from(("r%", "_ed", "%", "R_d", "100\\%")).map(model.Text)
_patterns = _like | st.builds(model.Fold, st.just("casei"), _like)


def _related(kind: Any, relations: frozenset[str], operands: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, st.sampled_from(sorted(relations)), operands, operands)


cql2_predicates = st.one_of(
    st.builds(model.Comparison, st.sampled_from(list(model.Op)), scalars, scalars),
    st.builds(model.Like, _textual, _patterns),
    st.builds(model.Between, numbers | _any, numbers | _any, numbers | _any),
    st.builds(model.Among, scalars, st.lists(scalars, min_size=1, max_size=3).map(tuple)),
    st.builds(model.IsNull, _any),
    _related(model.Spatial, model.SPATIAL, st.one_of(geometries, boxes, _any)),
    _related(model.Temporal, model.TEMPORAL, st.one_of(instants, days, _intervals, _any)),
    _related(model.ArrayTest, model.ARRAY, st.one_of(_arrays, _any)),
)
cql2_trees = st.recursive(cql2_predicates, lambda inner: _joined(inner) | st.builds(model.Not, inner), max_leaves=5)
trees = st.recursive(
    st.one_of(terms, linked, selections, cql2_predicates),
    lambda inner: _joined(inner) | st.builds(model.Not, inner),
    max_leaves=6,
)

# Entities

_json = st.recursive(
    st.sampled_from((*NUMBERS, *TEXTS, True, False)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
_stamps = st.sampled_from(("2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000001Z", "1970-01-01T00:00:00Z"))
_words = st.sampled_from(TEXTS)


def _with(kind: str, holder: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind), holder: value}, optional={"observedAt": _stamps})


_attribute = st.one_of(
    _with("Property", "value", _json),
    _with("Property", "value", st.builds(lambda text: {"@type": "DateTime", "@value": text}, _stamps)),
    _with("GeoProperty", "value", shapes),
    _with("Relationship", "object", st.sampled_from(URIS) | st.lists(st.sampled_from(URIS), min_size=1, max_size=2)),
    _with(
        "LanguageProperty",
        "languageMap",
        st.dictionaries(st.sampled_from(("a", "en")), _words | st.lists(_words, max_size=2)),
    ),
    _with("VocabProperty", "vocab", st.sampled_from(URIS) | st.lists(st.sampled_from(URIS), min_size=1, max_size=2)),
    _with("JsonProperty", "json", _json | st.none()),
    _with("ListProperty", "valueList", st.lists(_json, max_size=3)),
    _with(
        "ListRelationship",
        "objectList",
        st.lists(st.builds(lambda uri: {"object": uri}, st.sampled_from(URIS)), max_size=2),
    ),
)


@st.composite
def _nested(draw: st.DrawFn) -> dict[str, Any]:
    attribute = dict(draw(_attribute))
    if draw(st.booleans()):
        attribute[draw(names)] = draw(_attribute)
    return attribute


@st.composite
def entities(draw: st.DrawFn) -> dict[str, Any]:
    """An entity in normalised form, some of its attributes in several instances."""
    entity: dict[str, Any] = {"id": draw(st.sampled_from(URIS)), "type": draw(st.sampled_from(("T", "U", ["T", "U"])))}
    if draw(st.booleans()):
        entity["scope"] = draw(st.sampled_from(("/x", "/x/y", ["/y", "/x/y/x"])))
    for name in draw(st.sets(names)):
        several = [{**draw(_nested()), "datasetId": f"urn:d:{index}"} for index in range(draw(st.integers(0, 2)))]
        entity[name] = [draw(_nested()), *several] if several else draw(_nested())
    return entity
