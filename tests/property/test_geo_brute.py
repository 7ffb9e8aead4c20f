# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Questions in space answered by arrays and boxes are those that plain Python answers triangle by triangle."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import LinearRing, Point, Polygon

from hanse.geo import (
    Scene,
    Solid,
    Sun,
    Surface,
    distance_3d,
    line_of_sight,
    meets_box,
    nearest,
    shadow,
    sunlit,
    triangles,
)

SIDES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
EAST, NORTH = 90_000, 436_000
whole = st.integers(-20, 20)
size = st.integers(1, 12)
blocks = st.lists(st.tuples(whole, whole, st.integers(0, 10), size, size, size), min_size=1, max_size=8)
points = st.tuples(whole, whole, whole)


def _solid(block: tuple[int, ...]) -> Solid:
    x, y, z, width, depth, height = block
    corners = [
        (x + a * width, y + b * depth, z + c * height) for c in (0, 1) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    shell = tuple(Surface((side,)) for side in SIDES)
    return Solid(np.array(corners, dtype=np.float64) + np.array([EAST, NORTH, 0]), (shell,), closed=True)


def _scene(held: list[tuple[int, ...]]) -> Scene:
    return Scene.of([_solid(block)] for block in held)


def _at(point: tuple[float, ...]) -> tuple[float, float, float]:
    return point[0] + EAST, point[1] + NORTH, point[2]


def _ranges(block: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(block[axis], block[axis] + block[axis + 3]) for axis in range(3)]


@given(blocks, points, points)
def test_boxes_meet_where_their_ranges_do(held: list[tuple[int, ...]], a: tuple[int, ...], b: tuple[int, ...]) -> None:
    box = list(zip(map(min, a, b), map(max, a, b), strict=True))
    expected = [
        all(low <= there and here <= high for (low, high), (here, there) in zip(box, _ranges(block), strict=True))
        for block in held
    ]
    low, high = _at([low for low, _ in box]), _at([high for _, high in box])  # type: ignore[arg-type]
    assert meets_box(_scene(held), [*low, *high]).tolist() == expected


@given(blocks, points, st.integers(1, 9))
def test_neighbours_are_those_of_the_distances(held: list[tuple[int, ...]], point: tuple[int, ...], k: int) -> None:
    expected = [
        math.dist(point, [min(max(p, low), high) for p, (low, high) in zip(point, _ranges(block), strict=True)])
        for block in held
    ]
    scene = _scene(held)
    assert distance_3d(scene, _at(point)).tolist() == pytest.approx(expected, abs=1e-9)
    found = nearest(scene, _at(point), k)
    assert [n.distance for n in found] == pytest.approx(sorted(expected)[:k], abs=1e-9)
    assert [n.distance for n in found] == pytest.approx([expected[n.body] for n in found], abs=1e-9)


def _passes(block: tuple[int, ...], a: tuple[int, ...], b: tuple[int, ...]) -> tuple[Fraction, Fraction] | None:
    """Where the segment enters and leaves the closed block, in exact arithmetic."""
    enter, leave = Fraction(0), Fraction(1)
    for (low, high), p, q in zip(_ranges(block), a, b, strict=True):
        if p == q:
            if not low <= p <= high:
                return None
            continue
        one, other = sorted((Fraction(low - p, q - p), Fraction(high - p, q - p)))
        enter, leave = max(enter, one), min(leave, other)
    return (enter, leave) if enter <= leave else None


@settings(max_examples=300)
@given(blocks, points, points)
def test_sight_is_blocked_exactly_by_the_blocks_on_the_way(
    held: list[tuple[int, ...]], a: tuple[int, ...], b: tuple[int, ...]
) -> None:
    assume(a != b)
    outside = [block for block in held if not any(_contains(block, end) for end in (a, b))]
    assume(outside)
    expected = {number: way[0] for number, block in enumerate(outside) if (way := _passes(block, a, b)) is not None}
    found = line_of_sight(_at(a), _at(b), _scene(outside))
    assert {obstacle.body for obstacle in found} == expected.keys()
    for obstacle in found:
        assert obstacle.distance == pytest.approx(float(expected[obstacle.body]) * math.dist(a, b), abs=1e-6)
    assert [o.distance for o in found] == sorted(o.distance for o in found)


def _contains(block: tuple[int, ...], point: tuple[int, ...]) -> bool:
    return all(low <= p <= high for p, (low, high) in zip(point, _ranges(block), strict=True))


@settings(deadline=None)
@given(blocks, st.floats(0, 360), st.floats(5, 85), st.tuples(st.floats(-40, 40), st.floats(-40, 40)))
def test_the_sun_shines_on_ground_points_that_no_shadow_covers(
    held: list[tuple[int, ...]], azimuth: float, elevation: float, place: tuple[float, float]
) -> None:
    scene = _scene(held)
    dark = shadow(scene, azimuth, elevation, ground=-0.5)
    point = Point(place[0] + EAST, place[1] + NORTH)
    assume(dark.boundary.distance(point) > 1e-3)
    lit = sunlit(np.array([(point.x, point.y, -0.5)]), scene, [Sun(azimuth, elevation)])
    assert bool(lit[0, 0]) is not dark.contains(point)


@given(blocks, st.floats(0, 360), st.floats(5, 85))
def test_a_shadow_lies_away_from_the_sun_and_is_as_long_as_it_is_high(
    held: list[tuple[int, ...]], azimuth: float, elevation: float
) -> None:
    cast = shadow(_scene(held), azimuth, elevation, ground=0.0)
    along = np.array([-math.sin(math.radians(azimuth)), -math.cos(math.radians(azimuth))])
    reach = 1 / math.tan(math.radians(elevation))
    corners = [
        (np.array([x, y]) @ along) + z * reach
        for block in held
        for x in _ranges(block)[0]
        for y in _ranges(block)[1]
        for z in _ranges(block)[2]
    ]
    plan = np.concatenate([np.array(part.exterior.coords) for part in getattr(cast, "geoms", [cast])])
    assert ((plan - (EAST, NORTH)) @ along).max() == pytest.approx(max(corners), abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=12, unique=True), whole, whole)
def test_triangles_cover_a_surface_once(ring: list[tuple[int, int]], slope: int, tilt: int) -> None:
    assume(LinearRing(ring).is_simple and Polygon(ring).is_valid and Polygon(ring).area > 0)
    vertices = np.array([(EAST + x, NORTH + y, x * slope + y * tilt) for x, y in ring], dtype=np.float64)
    solid = Solid(vertices, ((Surface((tuple(range(len(ring))),)),),))
    corners, surface = triangles(solid)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    signed = 1 if LinearRing(ring).is_ccw else -1
    assert (normal[:, 2] * signed >= 0).all()
    assert normal[:, 2].sum() / 2 * signed == pytest.approx(Polygon(ring).area)
    assert set(surface.tolist()) == {0}
    assert {tuple(corner) for corner in corners.reshape(-1, 3)} <= {tuple(vertex) for vertex in vertices}
