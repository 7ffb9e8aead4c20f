# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What must hold for any plan and neighbours: silence never helps, place does not matter, no bytes crash it."""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from permit_world import RD
from shapely.geometry import box

from hanse.geo import DatumStatus, VerticalDatum
from hanse.permit import buildings
from hanse.permit.ifc.geometry import Mesh
from hanse.permit.ifc.georeference import Placement
from hanse.permit.ifc.header import ModelError, check_bytes
from hanse.permit.measures import Context, measure_named
from hanse.permit.model import (
    InForce,
    LegalSource,
    Neighbour,
    Plan,
    Rule,
    Source,
    SourceState,
    Surroundings,
    Verdict,
)
from hanse.permit.outdating import changes_of
from hanse.permit.plan import make_plan, part_in
from hanse.permit.verdict import PRECEDENCE, worst

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

NAP = VerticalDatum("NAP", 5709, DatumStatus.DECLARED)
LAW = LegalSource("art. 1", {"nl": "x"}, {"nl": "x"}, InForce(date(2024, 1, 1), None))
HEIGHT = Rule("h", "neighbour_height", {"max_above_m": 3.0, "radius_m": 40.0}, (), None, LAW)
DISTANCE = Rule("d", "neighbour_distance", {"min_m": 5.0, "search_radius_m": 40.0}, (), None, LAW)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def house(width: float, depth: float, eaves: float, ridge: float) -> tuple[np.ndarray, Mesh]:
    """A roof of two slopes over a rectangle, one element."""
    a, b, c, d = (0, 0, eaves), (width, 0, eaves), (width, depth, eaves), (0, depth, eaves)
    e, f = (0, depth / 2, ridge), (width, depth / 2, ridge)
    triangles = np.array([(a, b, f), (a, f, e), (d, e, f), (d, f, c)], dtype=np.float64)
    return triangles, Mesh(triangles, np.zeros(4, dtype=np.int64), ("roof",), ("IfcRoof",), ())


def plan(ridge: float = 12.0) -> Plan:
    triangles, mesh = house(10.0, 8.0, 1.0, ridge)
    return make_plan(mesh, triangles, NAP, (), heights=True)


neighbours = st.lists(
    st.builds(
        lambda number, west, south, ridge: Neighbour(
            f"n{number}", "b.example", box(west, south, west + 8, south + 8), 0.0, ridge, NAP
        ),
        st.integers(0, 99),
        st.floats(-60, 60),
        st.floats(-60, 60),
        st.none() | st.floats(0, 30),
    ),
    max_size=6,
    unique_by=lambda neighbour: neighbour.id,
).map(tuple)


def judged(rule: Rule, known: tuple[Neighbour, ...], state: SourceState) -> Verdict:
    context = Context(Surroundings(known, (Source("b.example", state),)), NAP)
    return measure_named(rule.measure)(plan(), rule, context).verdict


@given(neighbours, st.sampled_from([HEIGHT, DISTANCE]), st.sampled_from(list(SourceState)), st.data())
def test_hearing_less_never_makes_a_plan_compliant(
    known: tuple[Neighbour, ...], rule: Rule, state: SourceState, data: st.DataObject
) -> None:
    whole = judged(rule, known, SourceState.ANSWERED)
    kept = tuple(each for each in known if data.draw(st.booleans()))
    heard = judged(rule, kept, state if state is not SourceState.ANSWERED else SourceState.PARTIAL)
    assert heard in {Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA}
    if heard is Verdict.NON_COMPLIANT:
        assert whole is Verdict.NON_COMPLIANT


@given(neighbours, st.sampled_from([HEIGHT, DISTANCE]))
def test_a_rule_is_no_milder_than_its_worst_neighbour(known: tuple[Neighbour, ...], rule: Rule) -> None:
    context = Context(Surroundings(known, (Source("b.example", SourceState.ANSWERED),)), NAP)
    found = measure_named(rule.measure)(plan(), rule, context)
    for evidence in found.evidence.neighbours:
        assert PRECEDENCE.index(found.verdict) <= PRECEDENCE.index(evidence.verdict)


cells = st.lists(st.booleans(), min_size=16, max_size=16).filter(any)


@settings(max_examples=30, deadline=None)
@given(cells, cells, st.floats(-0.03, 0.03), st.floats(-0.03, 0.03))
def test_the_reach_beyond_the_plane_is_that_of_its_farthest_point(
    built: list[bool], allowed: list[bool], east: float, north: float
) -> None:
    """Against points sampled all over outlines and planes of squares of 4 m, with courtyards, notches and gaps."""

    def squares(held: list[bool], x: float = 0.0, y: float = 0.0) -> BaseGeometry:
        return shapely.union_all(
            [
                box(x + at % 4 * 4, y + at // 4 * 4, x + at % 4 * 4 + 4, y + at // 4 * 4 + 4)
                for at in range(16)
                if held[at]
            ]
        )

    outline, plane = squares(built, east, north), squares(allowed)
    step = 0.2
    x, y = np.meshgrid(np.arange(-0.05, 16.1, step), np.arange(-0.05, 16.1, step))
    points = shapely.points(x.ravel(), y.ravel())
    inside = np.concatenate(
        [points[shapely.contains(outline, points)], shapely.points(shapely.get_coordinates(outline))]
    )
    sampled = float(shapely.distance(inside, plane).max())
    rule = Rule("p", "footprint_within", {}, (), plane, LAW)
    held = replace(plan(), footprint=outline, elements=())
    found = measure_named("footprint_within")(held, rule, Context(Surroundings((), ()), NAP))
    assert isinstance(found.evidence.measured, float)
    assert sampled - 0.002 <= found.evidence.measured <= sampled + step
    if abs(sampled - 0.01) > 0.001 or sampled == 0:
        assert found.verdict is (Verdict.COMPLIANT if sampled <= 0.01 else Verdict.NON_COMPLIANT)


@given(st.lists(st.sampled_from(list(Verdict)), min_size=1), st.randoms())
def test_the_order_of_verdicts_does_not_matter(verdicts: list[Verdict], random: object) -> None:
    shuffled = list(verdicts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert worst(verdicts) is worst(shuffled)
    assert worst(verdicts) in verdicts


@given(
    st.floats(-180, 180),
    st.floats(10_000, 280_000),
    st.floats(300_000, 620_000),
    st.floats(3, 60),
    st.floats(3, 60),
    st.floats(0.5, 40),
)
def test_turning_and_moving_a_house_keep_its_size(
    angle: float, east: float, north: float, width: float, depth: float, height: float
) -> None:
    triangles, mesh = house(width, depth, 0.0, height)
    placement = Placement("IfcMapConversion", "EPSG:7415", "", east, north, 2.0, angle, (1.0, 1.0, 1.0))
    held = make_plan(mesh, placement.place(triangles), NAP, (), heights=True)
    assert held.footprint.area == pytest.approx(width * depth, rel=1e-6)
    assert held.ridge == pytest.approx(2.0 + height)
    assert held.height == pytest.approx(height)
    corner = placement.place(np.array([width, 0.0, 0.0]))
    turned = math.degrees(math.atan2(corner[1] - north, corner[0] - east))
    assert (turned - angle + 180) % 360 - 180 == pytest.approx(0, abs=1e-3)


@given(st.floats(0.5, 7.5))
def test_each_zone_s_part_has_its_own_height(cut: float) -> None:
    """A roof of two slopes over 8 m: up to `cut` it reaches as high as the slope does there."""
    whole = plan(9.0)
    south, north = part_in(whole, box(-1, -1, 11, cut)), part_in(whole, box(-1, cut, 11, 9))
    assert south is not None
    assert north is not None
    assert south.footprint.area + north.footprint.area == pytest.approx(80)
    slope = 8.0 / 4.0
    assert south.ridge == pytest.approx(1.0 + slope * min(cut, 4.0))
    assert north.ridge == pytest.approx(1.0 + slope * min(8.0 - cut, 4.0))


def test_a_zone_that_only_touches_holds_no_part() -> None:
    assert part_in(plan(), box(10, 0, 20, 8)) is None
    assert part_in(plan(), box(9.985, 0, 20, 8)) is None
    assert part_in(plan(), box(9.9, 0, 20, 8)) is not None


@given(st.binary(max_size=400), st.binary(max_size=100))
def test_any_bytes_are_a_header_or_refused(first: bytes, last: bytes) -> None:
    for head in (first, b"ISO-10303-21;" + first, b"ISO-10303-21;FILE_SCHEMA(('" + first):
        with contextlib.suppress(ModelError):
            assert check_bytes(head, last).family in {"IFC2X3", "IFC4", "IFC4X3"}


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(["id", "location", "solidGeometry", "ridgeHeight", "sourceId"]), JSON))
def test_any_entity_is_read_or_refused(entity: dict[str, object]) -> None:
    try:
        found = buildings.read(json.dumps(entity).encode(), "b.example", RD)
    except buildings.BuildingError:
        return
    assert found.id == entity["id"]


@given(st.dictionaries(st.sampled_from(["changes", "dataset"]), JSON))
def test_any_event_is_understood_or_left(data: dict[str, object]) -> None:
    for change in changes_of("b.example", data):
        assert change.cause.startswith("urn:hanse:b.example:")


def test_a_datum_never_gets_better_by_losing_its_name() -> None:
    unknown = replace(NAP, status=DatumStatus.UNKNOWN)
    known = (Neighbour("n", "b.example", box(20, 0, 28, 8), 0.0, 11.0, unknown),)
    assert judged(HEIGHT, known, SourceState.ANSWERED) is Verdict.INSUFFICIENT_DATA
