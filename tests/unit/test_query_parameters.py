# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""NGSI-LD's parameters beside `q`: scopes, types, ids, geoqueries, times, ordering (CIM 009 clauses 4.10 to 4.23)."""

from __future__ import annotations

from typing import Any

import pytest

from hanse import query
from hanse.query import QueryError, matches, model

AREA = "[[[4.0,52.0],[4.1,52.0],[4.1,52.1],[4.0,52.1],[4.0,52.0]]]"


def entity(**attributes: Any) -> dict[str, Any]:
    return {"id": "urn:x:1", "type": "T", **attributes}


def at(kind: str, coordinates: Any) -> dict[str, Any]:
    return {"type": "GeoProperty", "value": {"type": kind, "coordinates": coordinates}}


@pytest.mark.parametrize(
    ("text", "scope", "expected"),
    [
        ("/Madrid", "/Madrid", True),
        ("/Madrid", "Madrid", True),
        ("/Madrid", "/Madrid/Gardens", False),
        ("/Madrid/Gardens/#", "/Madrid/Gardens", True),
        ("/Madrid/Gardens/#", ["/Paris", "/Madrid/Gardens/ParqueNorte/Parterre1"], True),
        ("/Madrid/Gardens/#", "/Madrid", False),
        ("/Madrid/+/ParqueNorte", "/Madrid/Sights/ParqueNorte", True),
        ("/Madrid/+/ParqueNorte", "/Madrid/ParqueNorte", False),
        ("(/Madrid/Districts;/CompanyA)", ["/Madrid/Districts", "/CompanyA"], True),
        ("(/Madrid/Districts;/CompanyA)", "/CompanyA", False),
        ("(/Madrid/Districts;/CompanyA)|CompanyB", "/CompanyB", True),
        ("(/Madrid/Districts;/CompanyA),CompanyB", "/CompanyB", True),
        ("/#", "/a", True),
        ("/#", None, False),
    ],
)
def test_scopes(text: str, scope: Any, expected: bool) -> None:  # noqa: FBT001 - a table
    holder = entity() if scope is None else entity(scope=scope)
    assert matches(query.parse_scope_q(text), holder) is expected


def test_types_ids_and_patterns_of_ids() -> None:
    both = {**entity(), "type": ["T", "U"]}
    assert matches(query.parse_types("(T;U)|V"), both)
    assert not matches(query.parse_types("(T;U),V"), entity())
    assert query.parse_types("Car", lambda name: f"ex:{name}") == model.HasType("ex:Car")
    assert query.parse_types("https://example.org/Car#1") == model.HasType("https://example.org/Car#1")
    assert matches(query.parse_ids("urn:y:1,urn:x:1"), entity())
    assert matches(query.parse_id_pattern("^urn:x:"), entity())
    for read, text in ((query.parse_ids, "x"), (query.parse_types, "A;B"), (query.parse_id_pattern, "(")):
        with pytest.raises(QueryError):
            read(text)


@pytest.mark.parametrize(
    ("georel", "geometry", "coordinates", "place", "expected"),
    [
        ("near;maxDistance==1200", "Point", "[4.0,52.0]", at("Point", [4.0, 52.01]), True),
        ("near;maxDistance==1100", "Point", "[4.0,52.0]", at("Point", [4.0, 52.01]), False),
        ("near;minDistance==1100", "Point", "[4.0,52.0]", at("Point", [4.0, 52.01]), True),
        ("near;minDistance==1200.5", "Point", "[4.0,52.0]", at("Point", [4.0, 52.01]), False),
        ("near;maxDistance==10", "Polygon", AREA, at("Point", [4.05, 52.05]), True),
        ("near;maxDistance==700", "LineString", "[[4.0,52.0],[4.0,52.1]]", at("Point", [4.01, 52.05]), True),
        ("near;maxDistance==680", "LineString", "[[4.0,52.0],[4.0,52.1]]", at("Point", [4.01, 52.05]), False),
        ("within", "Polygon", AREA, at("Point", [4.05, 52.05]), True),
        ("within", "Polygon", AREA, at("Point", [4.0, 52.05]), False),
        ("contains", "Point", "[4.05,52.05]", at("Polygon", [[[4, 52], [5, 52], [5, 53], [4, 53], [4, 52]]]), True),
        ("intersects", "Polygon", AREA, at("LineString", [[3, 52.05], [5, 52.05]]), True),
        ("disjoint", "Polygon", AREA, at("Point", [5, 52]), True),
        ("equals", "Point", "[5,52]", at("Point", [5, 52, 30]), True),
        ("overlaps", "Polygon", AREA, at("Polygon", [[[4.05, 52.05], [5, 52], [5, 53], [4.05, 52.05]]]), True),
        ("disjoint", "Point", "[5,52]", {"type": "Property", "value": 4}, False),
        (
            "within",
            "Polygon",
            AREA,
            [at("Point", [0, 0]), {**at("Point", [4.05, 52.05]), "datasetId": "urn:d:1"}],
            True,
        ),
    ],
)
def test_geoqueries(georel: str, geometry: str, coordinates: str, place: Any, expected: bool) -> None:  # noqa: FBT001
    predicate = query.parse_geo(georel, geometry, coordinates)
    assert matches(predicate, entity(location=place)) is expected
    assert not matches(predicate, entity())


@pytest.mark.parametrize(("place", "metres"), [([0, 1], 110_574.3886), ([1, 0], 111_319.4908)])
def test_distances_are_those_of_the_ellipsoid(place: list[float], metres: float) -> None:
    """A degree of the meridian from the equator, and a degree of the equator, on WGS 84."""
    holder = entity(location=at("Point", place))
    assert matches(query.parse_geo(f"near;maxDistance=={metres + 0.001}", "Point", "[0,0]"), holder)
    assert not matches(query.parse_geo(f"near;maxDistance=={metres - 0.001}", "Point", "[0,0]"), holder)


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        (("touches", "Point", "[1,2]"), "georel"),
        (("near", "Point", "[1,2]"), "georel"),
        (("near;maxDistance==-5", "Point", "[1,2]"), "georel"),
        (("near;maxDistance==0", "Point", "[1,2]"), "georel"),
        (("near;maxDistance=5", "Point", "[1,2]"), "georel"),
        (("within", "GeometryCollection", "[1,2]"), "coordinates"),
        (("within", "Circle", "[1,2]"), "coordinates"),
        (("within", "Point", "[1]"), "coordinates"),
        (("within", "Point", "[1,NaN]"), "coordinates"),
        (("within", "Point", "[1,1e999]"), "coordinates"),
        (("within", "Point", '[1,"2"]'), "coordinates"),
        (("within", "Point", "[1,true]"), "coordinates"),
        (("within", "Point", "1,2"), "coordinates"),
        (("within", "Point", "[181,2]"), "coordinates"),
        (("within", "Point", "[" * 8000), "coordinates"),
        (("within", "LineString", "[[1,2]]"), "coordinates"),
        (("within", "Polygon", "[[[0,0],[1,0],[1,1]]]"), "coordinates"),
        (("within", "Polygon", "[[[0,0],[1,0],[1,1],[0,2]]]"), "coordinates"),
        (("within", "Polygon", "[[[0,0],[1,1],[1,0],[0,1],[0,0]]]"), "coordinates"),
        (("within", "LineString", "[[0,0],[1,1,1]]"), "coordinates"),
        (("within", "Point", "[1,2]", "a b"), "geoproperty"),
    ],
)
def test_what_is_no_geoquery_is_refused_with_its_parameter(arguments: tuple[str, ...], parameter: str) -> None:
    with pytest.raises(QueryError) as refused:
        query.parse_geo(*arguments)
    assert refused.value.language == parameter


def test_a_geometry_of_too_many_positions_is_refused() -> None:
    many = [[0, index / 100] for index in range(200)]
    with pytest.raises(QueryError, match="more than 100 positions"):
        query.parse_geo("within", "LineString", many, limits=query.Limits(positions=100))


def test_times() -> None:
    seen = entity(a=[{"type": "Property", "value": 1, "observedAt": "2020-01-01T00:00:00Z", "datasetId": "urn:d:1"}])
    first, later = "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"
    assert not matches(query.parse_temporal("before", first), seen)
    assert matches(query.parse_temporal("after", first), seen)
    assert matches(query.parse_temporal("between", first, later), seen)
    assert not matches(query.parse_temporal("between", "2019-01-01T00:00:00Z", first), seen)
    assert not matches(query.parse_temporal("after", first, timeproperty="modifiedAt"), seen)
    assert not matches(query.parse_temporal("after", first, timeproperty="createdAt"), {**seen, "createdAt": later})
    assert query.in_window(query.parse_temporal("before", "1970-01-01T00:00:01,5Z"), 1_499_999)


@pytest.mark.parametrize(
    "arguments",
    [
        ("during", "2020-01-01T00:00:00Z"),
        ("before", "2020-01-01"),
        ("before", "2020-01-01T00:00:00+01:00"),
        ("before", "2020-13-01T00:00:00Z"),
        ("between", "2020-01-01T00:00:00Z"),
        ("between", "2020-01-01T00:00:00Z", "later"),
        ("before", "2020-01-01T00:00:00Z", None, "a;b"),
    ],
)
def test_what_is_no_temporal_query_is_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(QueryError):
        query.parse_temporal(*arguments)


def _order(text: str, *values: Any, **options: Any) -> list[int]:
    entities = [
        {"id": f"urn:x:{index}", "type": "T", **({} if value is None else {"a": value})}
        for index, value in enumerate(values)
    ]
    return [int(str(each["id"])[-1]) for each in query.ordered(entities, query.parse_order(text, **options))]


def _prop(value: Any) -> dict[str, Any]:
    return {"type": "Property", "value": value}


def test_values_are_ordered_by_type_then_value_and_what_is_missing_comes_last() -> None:
    values = [None, *map(_prop, ("2020-01-01T00:00:00Z", "2020-01-01", "10:00:00Z", True, [1], {"x": 1}, "text", 5))]
    assert _order("a", *values) == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert _order("a;desc", *values) == [1, 2, 3, 4, 5, 6, 7, 8, 0]


def test_texts_are_ordered_by_letters_before_accents_and_case() -> None:
    assert _order("a;asc", *map(_prop, ("Zoo", "éclair", "eclair", "Apple", "apple"))) == [4, 3, 2, 1, 0]


def test_several_keys_paths_and_directions() -> None:
    values = [
        {**_prop({"city": "B"}), "observedAt": "2021-01-01T00:00:00Z"},
        {**_prop({"city": "A"}), "observedAt": "2021-01-01T00:00:00Z"},
        {**_prop({"city": "A"}), "observedAt": "2020-01-01T00:00:00Z"},
    ]
    assert _order("a[city],a.observedAt;desc", *values) == [1, 2, 0]
    assert _order("id;desc", *values) == [2, 1, 0]


def test_distance_orders_by_haversine() -> None:
    places = [at("Point", [8, 41]), at("Point", [8, 40]), _prop("far"), at("Point", [9, 40])]
    assert _order("a;dist-asc", *places, origin="[8,40]") == [1, 3, 0, 2]
    assert _order("a;dist-desc", *places, origin="[[8,40],[9,40]]", origin_geometry="LineString")[0] == 2


@pytest.mark.parametrize("text", ["", "a;", "a;up", "a;dist-asc", "a,", "a b", "a;ascending", "5"])
def test_what_is_no_ordering_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        query.parse_order(text)
