# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CQL2 (OGC 21-065r2): each production read in text and JSON, and what each operator decides."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from hanse import query
from hanse.query import QueryError, matches, model, parse_cql2_json, parse_cql2_text, to_cql2_json
from hanse.query.model import Path


def prop(value: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Property", "value": value, **more}


HOUSE: dict[str, Any] = {
    "id": "urn:x:house",
    "type": ["Building", "House"],
    "floors": prop(5, observedAt="2020-01-01T10:00:00Z"),
    "height": prop(12.5),
    "owner": prop("Mike Jönes"),
    "material": prop("brick_red"),
    "pool": prop(True),
    "built": prop("2012-06-05"),
    "updated": prop({"@type": "DateTime", "@value": "2012-08-10T05:30:00Z"}),
    "starts": prop("2005-01-01T00:00:00Z"),
    "ends": prop("2006-01-01T00:00:00Z"),
    "tags": prop(["a", "b", 3]),
    "tag": prop("a"),
    "address": prop({"city": "Lübeck", "number": 3}),
    "nothing": {"type": "JsonProperty", "json": None},
    "name": {"type": "LanguageProperty", "languageMap": {"de": "Haus", "nl": "huis"}},
    "cityOf": {"type": "Relationship", "object": "urn:x:city"},
    "use": {"type": "VocabProperty", "vocab": "housing"},
    "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [4.5, 51.9]}},
    "outline": {"type": "GeoProperty", "value": {"type": "LineString", "coordinates": [[4.0, 51.0], [5.0, 52.0]]}},
    "twisted": {
        "type": "GeoProperty",
        "value": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
    },
    "weight": [prop(10), prop(20, datasetId="urn:d:1")],
}
FUNCTIONS = {"double": lambda value: 2 * value, "yes": lambda *_: True, "grown": lambda *_: HOUSE["location"]["value"]}


def found(text: str) -> bool:
    predicate = parse_cql2_text(text)
    assert parse_cql2_json(to_cql2_json(predicate)) == predicate
    assert parse_cql2_text(query.to_cql2_text(predicate)) == predicate
    return matches(predicate, HOUSE, functions=FUNCTIONS)


@pytest.mark.parametrize(
    "text",
    [
        "floors = 5",
        "floors=5.0 AND height<>12",
        "height > 12 and height <= 12.5",
        "5 = floors",
        "NOT (floors < 5) OR pool = FALSE",
        "NOT floors < 5 AND pool = true",
        "floors = 1 OR floors = 2 OR pool = TRUE",
        "TRUE",
        "owner LIKE 'Mike%'",
        "owner LIKE 'M_ke%'",
        "owner NOT LIKE '%Jones'",
        "material LIKE 'brick\\_red'",
        "material NOT LIKE 'bric\\_red'",
        "CASEI(owner) = CASEI('mike jÖnes')",
        "ACCENTI(owner) = ACCENTI('Mike Jones')",
        "CASEI(ACCENTI(owner)) LIKE CASEI('%JONES')",
        "owner LIKE CASEI('mike%')",
        "owner IN ('x', 'Mike Jönes')",
        "floors NOT IN (1, 2)",
        "height BETWEEN 12 AND 12.5",
        "height NOT BETWEEN 1 AND 2",
        "missing IS NULL",
        "nothing IS NULL",
        "owner IS NOT NULL",
        "id = 'urn:x:house'",
        "type = 'House'",
        "type IN ('Tree', 'Building')",
        "cityOf = 'urn:x:city'",
        "use = 'housing'",
        "name = 'huis'",
        "\"name[de]\" = 'Haus'",
        "address.city = 'Lübeck'",
        '"address[number]" = 3',
        "floors.observedAt < TIMESTAMP('2020-01-01T10:00:00.1Z')",
        "weight = 20",
        "weight = 10",
        "weight * 2 = 20",
        "built = DATE('2012-06-05')",
        "built < TIMESTAMP('2012-06-05T00:00:00.5Z')",
        "updated >= TIMESTAMP('2012-08-10T05:30:00Z')",
        "height > floors",
        "height - 7.5 = floors",
        "floors + 2 * 3 = 11",
        "(floors + 2) * 3 = 21",
        "floors % 3 = 2 AND floors div 2 = 2 AND floors / 2 = 2.5 AND floors ^ 2 = 25",
        "-floors = -5",
        "10 - 3 - 2 = floors",
        "S_INTERSECTS(location, BBOX(4, 51, 5, 52))",
        "S_INTERSECTS(location, BBOX(4, 51, -10, 5, 52, 100))",
        "S_INTERSECTS(location, BBOX(170, 51, 5, 52))",
        "S_WITHIN(location, POLYGON((4 51, 5 51, 5 52, 4 52, 4 51)))",
        "S_CONTAINS(POLYGON Z ((4 51 1, 5 51 1, 5 52 1, 4 52 1, 4 51 1)), location)",
        "S_DISJOINT(location, MULTIPOINT(1 1, 2 2))",
        "S_EQUALS(location, MULTIPOINT((4.5 51.9)))",
        "S_CROSSES(outline, LINESTRING(4 52, 5 51))",
        "S_TOUCHES(outline, POINT(4 51))",
        "S_OVERLAPS(outline, MULTILINESTRING((4 51, 4.5 51.5), (4 50, 4 51)))",
        "S_INTERSECTS(outline, GEOMETRYCOLLECTION(POINT(9 9), LINESTRING(4 52, 5 51)))",
        "S_INTERSECTS(twisted, MULTIPOLYGON(((0 0, 1 0, 1 1, 0 1, 0 0))))",
        "S_EQUALS(location, grown(location, 10, 'm'))",
        "T_AFTER(built, DATE('2012-06-04'))",
        "T_BEFORE(built, TIMESTAMP('2012-06-05T00:00:01Z'))",
        "T_DURING(INTERVAL(starts, ends), INTERVAL('2004-12-31', '2006-01-02'))",
        "T_CONTAINS(INTERVAL('2000-01-01', '..'), INTERVAL(starts, ends))",
        "T_DISJOINT(INTERVAL('..', '2004-01-01'), INTERVAL(starts, ends))",
        "T_EQUALS(INTERVAL(starts, ends), INTERVAL('2005-01-01', '2006-01-01T00:00:00Z'))",
        "T_FINISHEDBY(INTERVAL(starts, ends), INTERVAL('2005-06-01', '2006-01-01'))",
        "T_FINISHES(INTERVAL('2005-06-01', '2006-01-01'), INTERVAL(starts, ends))",
        "T_INTERSECTS(INTERVAL(starts, ends), INTERVAL('2006-01-01', '..'))",
        "T_MEETS(INTERVAL('2004-01-01', '2005-01-01'), INTERVAL(starts, ends))",
        "T_METBY(INTERVAL('2006-01-01', '2007-01-01'), INTERVAL(starts, ends))",
        "T_OVERLAPPEDBY(INTERVAL(starts, ends), INTERVAL('2004-01-01', '2005-06-01'))",
        "T_OVERLAPS(INTERVAL(starts, ends), INTERVAL('2005-06-01', '2007-01-01'))",
        "T_STARTEDBY(INTERVAL(starts, ends), INTERVAL('2005-01-01', '2005-02-01'))",
        "T_STARTS(INTERVAL('2005-01-01', '2005-02-01'), INTERVAL(starts, ends))",
        "A_CONTAINS(tags, ('b', 'a', 'a'))",
        "A_CONTAINS(tags, ())",
        "A_CONTAINS(tags, ('b'))",
        "A_CONTAINEDBY(tags, ('a', 'b', 3, 4))",
        "A_EQUALS(tags, (3, 'b', 'a'))",
        "A_OVERLAPS(tags, (TRUE, 3))",
        "A_EQUALS(tag, ('a'))",
        "double(floors) = 10",
        "yes(floors > 3, NOT pool = TRUE, (1, 2))",
        "double(floors) BETWEEN 9 AND 11",
    ],
)
def test_what_holds(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize(
    "text",
    [
        "floors <> 5",
        "floors = '5'",
        "missing = 1",
        "missing <> 1",
        "NOT missing = 1",
        "missing = 1 OR FALSE",
        "NOT (missing = 1 AND TRUE)",
        "missing NOT IN (1)",
        "missing NOT LIKE 'x'",
        "NOT owner < 5",
        "owner IS NULL",
        "owner LIKE 'Mike'",
        "owner LIKE 'mike%'",
        "material LIKE 'brick\\_re'",
        "weight * 2 = 40",
        "floors / 0 = 1",
        "NOT floors / 0 = 1",
        "floors ^ 10000 > 1",
        "(0 - floors) ^ 0.5 > 1",
        "A_CONTAINS(tags, ('a', 'z'))",
        "A_OVERLAPS(tags, ('3'))",
        "T_AFTER(built, built)",
        "T_AFTER(owner, built)",
        "T_INTERSECTS(INTERVAL(ends, starts), INTERVAL('..', '..'))",
        "S_DISJOINT(missing, POINT(1 1))",
        "S_DISJOINT(owner, POINT(1 1))",
        "built = DATE('2012-06-06')",
        "address.town = 'Lübeck'",
        "use = 'shop'",
        "pool < TRUE",
    ],
)
def test_what_does_not_hold_or_is_unknown(text: str) -> None:
    assert not found(text)


def test_unlike_types_differ_but_have_no_order() -> None:
    assert found("NOT floors = '5'")
    assert found("floors <> '5'")
    assert found("missing = 1 OR TRUE")
    assert found("NOT (missing = 1 AND FALSE)")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("floors", "neither true nor false"),
        ("floors + 1", "neither true nor false"),
        ("floors = 1 AND 2", "neither true nor false"),
        ("floors = ", "ends too early"),
        ("floors == 5", "found '= 5'"),
        ("floors = 5 floors", "found 'floors'"),
        ("floors BETWEEN 1", "AND and the other end"),
        ("floors IS 5", "expected NULL"),
        ("floors NOT 5", "LIKE, BETWEEN or IN"),
        ("floors IN ()", "empty"),
        ("floors IN 5", "'('"),
        ("(floors = 5", "')'"),
        ("owner LIKE floors", "pattern"),
        ("owner = 'Mike", "expected a value"),
        ('owner = "Mike', "expected a value"),
        ("AND = 5", "double quotes"),
        ("2 ^ 3 ^ 4 = 5", "found '^ 4"),
        ("CASEI(5) = 'x'", "no use for"),
        ("(floors = 5) = TRUE", "no use for"),
        ("owner + 'x' = 5", "no use for"),
        ("S_WITHIN(location, 5)", "no use for"),
        ("S_WITHIN(location)", "1 arguments"),
        ("S_WITHIN(location, POINT())", "empty"),
        ("S_WITHIN(location, POINT(1))", "two or three numbers"),
        ("S_WITHIN(location, POINT(1 2 3 4))", "two or three numbers"),
        ("S_WITHIN(location, POINT(1 nan))", "')'"),
        ("S_WITHIN(location, POINT(1 1e999))", "too large"),
        ("S_WITHIN(location, POLYGON((0 0, 1 1, 0 0)))", "at least 4"),
        ("S_WITHIN(location, POLYGON((0 0, 1 1, 1 0, 0 1)))", "not closed"),
        ("S_WITHIN(location, GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(1 1))))", "no collection"),
        ("S_WITHIN(location, BBOX(1,2,3))", "box"),
        ("S_WITHIN(location, BBOX(1,5,3,4))", "south"),
        ("T_AFTER(built, DATE('2012-02-30'))", "2012-02-30"),
        ("T_AFTER(built, TIMESTAMP('2012-02-03'))", "2012-02-03"),
        ("T_AFTER(built, INTERVAL('..'))", "start and an end"),
        ("T_AFTER(built, INTERVAL('x', '..'))", "found 'x'"),
        ("T_AFTER(built, INTERVAL(1, '..'))", "end of an interval"),
        ("T_AFTER(built, 5)", "no use for"),
        ("A_CONTAINS(tags, 5)", "no use for"),
        ("floors = " + "9" * 500, "too large"),
        ("(" * 3000 + "floors = 5", "nested"),
        ("NOT " * 1000 + "TRUE", "nested"),
        ("floors = " + " + ".join(["1"] * 100), "nested"),
        ("floors IN (" + ",".join(["1"] * 400) + ")", "more than 256"),
        ("owner LIKE '" + "%a" * 300 + "'", "at most 512"),
        ("floors = 5 OR " * 1000, "at most 8192"),
        ("floors = 5; DROP TABLE x", "found"),
        ("floors = 5 /* x */", "found '* x"),
        ("a[b] = 1", "found '[b] = 1'"),
        ('"a b" = 1', "no name of a property"),
    ],
)
def test_text_that_is_none_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse_cql2_text(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (5, ""),
        (None, ""),
        ("x", 0),
        ({}, ""),
        ({"op": "and", "args": [True]}, "/args"),
        ({"op": "and", "args": [True, 5]}, "/args/1"),
        ({"op": "not", "args": [True, True]}, "/args"),
        ({"op": "=", "args": [1]}, "/args"),
        ({"op": "=", "args": {"a": 1}}, ""),
        ({"op": 5, "args": []}, ""),
        ({"op": "=", "args": [{"property": 5}, 1]}, "/args/0/property"),
        ({"op": "=", "args": [{"property": "a"}, None]}, "/args/1"),
        ({"op": "=", "args": [{"property": "a"}, float("nan")]}, "/args/1"),
        ({"op": "=", "args": [{"property": "a"}, 10**400]}, "/args/1"),
        ({"op": "=", "args": [{"property": "a"}, {"date": "2012"}]}, "/args/1/date"),
        ({"op": "in", "args": [{"property": "a"}, 5]}, "/args/1"),
        ({"op": "in", "args": [{"property": "a"}, []]}, "/args"),
        ({"op": "like", "args": [{"property": "a"}, {"property": "b"}]}, "/args"),
        ({"op": "like", "args": [{"property": "a"}]}, "/args"),
        ({"op": "t_after", "args": [{"property": "a"}, {"interval": ["..", 5]}]}, "/args/1/interval/1"),
        ({"op": "s_within", "args": [{"property": "a"}, {"type": "Circle"}]}, "/args/1"),
        ({"op": "s_within", "args": [{"property": "a"}, {"bbox": [1, 2]}]}, "/args/1/bbox"),
        ({"op": "=", "args": [{"property": "a"}, "\ud800"]}, "/args/1"),
    ],
)
def test_json_that_is_none_is_refused_at_its_place(document: Any, pointer: str | int) -> None:
    with pytest.raises(QueryError) as refused:
        parse_cql2_json(document)
    assert refused.value.position == pointer


@pytest.mark.parametrize(
    "text",
    ["[" * 5000, '{"op":"not","args":[' * 300, "{", "NaN", '{"op":"=","args":[1,1e999]}', "9" * 5000, '"' + "x" * 9000],
)
def test_json_text_that_is_a_bomb_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parse_cql2_json(text)


def test_json_that_is_too_deep_or_too_long_is_refused() -> None:
    deep: Any = True
    for _ in range(40):
        deep = {"op": "not", "args": [deep]}
    for document in (deep, {"op": "and", "args": [True] * 300}):
        with pytest.raises(QueryError, match="more than"):
            parse_cql2_json(document)


def test_functions_are_known_or_refused() -> None:
    assert parse_cql2_text("f(a) = 1", functions={"f"})
    for read, call in ((parse_cql2_text, "g(a) = 1"), (parse_cql2_json, {"op": "g", "args": []})):
        with pytest.raises(QueryError, match="no function 'g'"):
            read(call, functions={"f"})
    with pytest.raises(QueryError, match="no function 'g'"):
        matches(parse_cql2_text("g() = 1"), HOUSE)


def test_functions_are_given_json() -> None:
    given: list[Any] = []
    matches(
        parse_cql2_text("f(location, DATE('2020-01-01'), INTERVAL('2020-01-01', '..'), missing, (1, 'a')) = 1"),
        HOUSE,
        functions={"f": lambda *args: given.extend(json.loads(json.dumps(args)))},
    )
    interval = {"interval": ["2020-01-01T00:00:00Z", ".."]}
    assert given == [{"type": "Point", "coordinates": [4.5, 51.9]}, "2020-01-01", interval, None, [1, "a"]]


def test_quotes_and_numbers_survive() -> None:
    predicate = parse_cql2_text("a = 'it''s \\'x\\\\y' AND b = 12345678901234567890 AND \"c.d[e]\" = .5")
    assert isinstance(predicate, model.And)
    assert [getattr(item, "right", None) for item in predicate.items] == [
        model.Text("it's 'x\\\\y"),
        model.Number(12345678901234567890),
        model.Number(0.5),
    ]
    with pytest.raises(QueryError, match="backslash"):
        query.to_cql2_text(model.Comparison(model.Op.EQ, Path(("a",), loose=True), model.Text("\\")))


def test_names_are_resolved() -> None:
    predicate = parse_cql2_text('eo:cloud = 1 AND "a.b[c]" = 2', str.upper)
    assert query.mentions(predicate) == {"EO:CLOUD", "A", "B"}
    assert query.to_cql2_text(predicate, str.lower) == '(("eo:cloud" = 1) AND ("a.b[c]" = 2))'
    assert parse_cql2_text('"http://example.org/a.b" = 1') == model.Comparison(
        model.Op.EQ, Path(("http://example.org/a.b",), loose=True), model.Number(1)
    )


def test_geometries_are_converted_from_other_reference_systems() -> None:
    predicate = parse_cql2_text(
        "S_WITHIN(location, POLYGON((51 4, 51 5, 52 5, 52 4, 51 4))) OR S_WITHIN(a, BBOX(0,0,1,2))"
    )
    turned = query.map_geometries(predicate, lambda positions: np.flip(positions, axis=1))
    assert not matches(predicate, HOUSE)
    assert matches(turned, HOUSE)
    assert query.mentions(turned) == {"location", "a"}


def test_what_ngsi_ld_alone_has_is_refused_by_name() -> None:
    with pytest.raises(QueryError, match="InScope has no form in CQL2"):
        query.to_cql2_json(model.InScope(("a",)))
    with pytest.raises(QueryError, match="Not has no form in q"):
        query.to_q(model.Not(model.Exists(Path(("a",)))))
