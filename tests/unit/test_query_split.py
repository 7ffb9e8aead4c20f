# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a store is given to narrow by, and what it has still to decide."""

from __future__ import annotations

import pytest

from hanse import query
from hanse.query import Either, Envelope, Has, Scalar, model
from hanse.query.model import And, HasType, Ids, Number, Op, Text


def test_types_scopes_ids_and_existence_are_decided_by_the_index_alone() -> None:
    predicate = And(
        (query.parse_types("T"), query.parse_ids("urn:x:1"), query.parse_scope_q("/a/#"), query.parse_q("a"))
    )
    halves = query.split(predicate)
    assert halves.index == (HasType("T"), Ids(frozenset({"urn:x:1"})), model.InScope(("a",), below=True), Has("a"))
    assert halves.residual is None
    assert query.split(query.parse_types("T,U")).residual is None


def test_comparisons_narrow_and_stay() -> None:
    predicate = query.parse_q('a>5;b=="x"|c==1..2')
    assert query.split(predicate).index == (
        Either(
            (
                (Scalar("a", Op.GT, Number(5)), Scalar("b", Op.EQ, Text("x"))),
                (Scalar("c", Op.GE, Number(1)), Scalar("c", Op.LE, Number(2))),
            )
        ),
    )
    assert query.split(predicate).residual == predicate


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("a = 5 AND 6 < b", (Scalar("a", Op.EQ, Number(5)), Scalar("b", Op.GT, Number(6)))),
        ("a <> 5", (Has("a"),)),
        ("a BETWEEN 1 AND 2", (Scalar("a", Op.GE, Number(1)), Scalar("a", Op.LE, Number(2)))),
        ("a IN (1, 2)", (Either(((Scalar("a", Op.EQ, Number(1)),), (Scalar("a", Op.EQ, Number(2)),))),)),
        ("id = 'urn:x:1'", (Ids(frozenset({"urn:x:1"})),)),
        ("type = 'T'", (HasType("T"),)),
        ("a.b = 5", (Has("a"),)),
        ("a IS NOT NULL", (Has("a"),)),
        ("a LIKE 'x%'", (Has("a"),)),
        ("a IS NULL", ()),
        ("NOT a = 5", ()),
        ("a = 5 OR b IS NULL", ()),
        ("a + 1 = 5", ()),
        ("S_WITHIN(a, BBOX(1,2,3,4))", (Envelope("a", (1, 2, 3, 4)),)),
        ("S_INTERSECTS(POINT(1 2), a)", (Envelope("a", (1, 2, 1, 2)),)),
        ("S_DISJOINT(a, POINT(1 2))", (Has("a"),)),
        ("S_WITHIN(a, f(b))", (Has("a"),)),
    ],
)
def test_what_cql2_gives_to_the_index(text: str, index: tuple[query.IndexTerm, ...]) -> None:
    assert query.split(query.parse_cql2_text(text)).index == index


def test_a_distance_becomes_a_box_that_holds_the_circle() -> None:
    import pyproj

    geod = pyproj.Geod(ellps="WGS84")
    for latitude in (0.0, 52.0, -70.0):
        (term,) = query.split(query.parse_geo("near;maxDistance==50000", "Point", f"[4,{latitude}]")).index
        assert isinstance(term, Envelope)
        west, south, east, north = term.box
        for bearing in range(0, 360, 5):
            x, y, _ = geod.fwd(4, latitude, bearing, 50_000)
            assert west <= x <= east
            assert south <= y <= north
        assert north - south < 0.93
    for place in ("[4,89.9]", "[179.9,0]"):
        assert query.split(query.parse_geo("near;maxDistance==50000", "Point", place)).index == (Has("location"),)
    assert query.split(query.parse_geo("near;minDistance==5", "Point", "[4,5]")).index == (Has("location"),)
