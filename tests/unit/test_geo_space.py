# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Heights, boxes, neighbours and sight among a few blocks, where the answer can be read off."""

from __future__ import annotations

import math

import numpy as np
import pytest
from solids import block, there

from hanse.geo import (
    Neighbour,
    Scene,
    Solid,
    Surface,
    distance_3d,
    inside,
    line_of_sight,
    meets_box,
    nearest,
    surface_height,
    triangles,
)

# A house 10 m high, a tower of 50 m 20 m east of it, a hall without volume said to be closed 40 m north.
HOUSE, TOWER, HALL = block((10, 8, 10)), block((10, 10, 50), (30, 0, 0)), block((10, 10, 5), (0, 48, 0), closed=False)
SCENE = Scene.of([[HOUSE], [TOWER], [HALL]])


def _box(low: tuple[float, float, float], high: tuple[float, float, float]) -> list[float]:
    return [*there(*low), *there(*high)]


def test_a_scene_counts_bodies_and_triangles() -> None:
    assert len(SCENE) == 3
    assert len(SCENE.corners) == 36
    assert SCENE.low[1].tolist() == list(there(30, 0, 0))
    assert SCENE.high[1].tolist() == list(there(40, 10, 50))


def test_a_scene_of_nothing_answers_nothing() -> None:
    empty = Scene.of([[], []])
    assert meets_box(empty, _box((0, 0, 0), (1, 1, 1))).tolist() == [False, False]
    assert distance_3d(empty, there(0, 0, 0)).tolist() == [math.inf, math.inf]
    assert nearest(empty, there(0, 0, 0), 2) == []
    assert line_of_sight(there(0, 0, 0), there(9, 9, 9), empty) == []
    assert np.isnan(surface_height(empty, np.array([there(0, 0, 0)[:2]]))).all()


@pytest.mark.parametrize(
    ("low", "high", "met"),
    [
        ((-5, -5, -5), (60, 60, 60), [True, True, True]),
        ((2, 2, 2), (3, 3, 3), [True, False, False]),  # within the house, touching no surface
        ((10, 2, 2), (12, 3, 3), [True, False, False]),  # touching a wall
        ((10.00001, 2, 2), (12, 3, 3), [False, False, False]),
        ((10, 8, 10), (12, 12, 12), [True, False, False]),  # touching a corner
        ((5, 4, 10), (5, 4, 10), [True, False, False]),  # a point on the roof
        ((2, 50, 1), (3, 51, 2), [False, False, True]),  # surrounded by surfaces that are not said to be closed
    ],
)
def test_a_box_meets_surface_and_interior(
    low: tuple[float, float, float], high: tuple[float, float, float], met: list[bool]
) -> None:
    assert meets_box(SCENE, _box(low, high)).tolist() == met


def test_a_courtyard_is_not_the_building() -> None:
    outer, inner = block((30, 30, 10)), block((10, 10, 10), (10, 10, 0))
    walls = [
        Surface(((0, 3, 2, 1), (8, 9, 10, 11)), "GroundSurface"),
        Surface(((4, 5, 6, 7), (15, 14, 13, 12)), "RoofSurface"),
        *outer.surfaces[2:],
        *(Surface((tuple(8 + i for i in reversed(s.rings[0])),), "WallSurface") for s in inner.surfaces[2:]),
    ]
    ring = Solid(np.concatenate([outer.vertices, inner.vertices]), (tuple(walls),), closed=True)
    scene = Scene.of([[ring]])
    assert not meets_box(scene, _box((12, 12, 1), (18, 18, 9)))[0]
    assert meets_box(scene, _box((2, 2, 1), (8, 8, 9)))[0]
    assert distance_3d(scene, there(15, 15, 5))[0] == pytest.approx(5.0)
    corners, surface = triangles(ring)
    roof = corners[surface == 1]
    assert np.linalg.norm(np.cross(roof[:, 1] - roof[:, 0], roof[:, 2] - roof[:, 0]), axis=1).sum() / 2 == 800.0


def test_distance_is_to_the_surface_and_zero_inside() -> None:
    assert distance_3d(SCENE, there(5, 4, 13)).tolist() == pytest.approx([3, 25, math.hypot(44, 8)])
    assert distance_3d(SCENE, there(5, 4, 5))[0] == 0.0
    assert distance_3d(SCENE, there(13, 12, 5))[0] == pytest.approx(5.0)  # to an edge
    assert inside(SCENE, there(5, 4, 5)).tolist() == [True, False, False]
    assert inside(SCENE, there(10, 4, 5)).tolist() == [True, False, False]


def test_the_nearest_come_first_and_no_farther_than_asked() -> None:
    assert [n.body for n in nearest(SCENE, there(22, 4, 5), 3)] == [1, 0, 2]
    assert nearest(SCENE, there(22, 4, 5), 3, within=8.5) == [Neighbour(1, 8.0)]
    assert nearest(SCENE, there(5, 4, 5), 1) == [Neighbour(0, 0.0)]
    assert len(nearest(SCENE, there(5, 4, 5), 10)) == 3


def test_the_topmost_surface_over_a_place() -> None:
    places = np.array([there(*at)[:2] for at in ((5, 4, 0), (35, 5, 0), (20, 4, 0), (10, 8, 0))])
    assert surface_height(SCENE, places).tolist() == pytest.approx([11.0, 51.0, math.nan, 11.0], nan_ok=True)


def test_sight_is_blocked_by_what_stands_between_nearest_first() -> None:
    found = line_of_sight(there(-10, 4, 5), there(60, 4, 5), SCENE)
    assert [obstacle.body for obstacle in found] == [0, 1]
    assert [obstacle.distance for obstacle in found] == pytest.approx([10, 40])
    assert found[0].point == pytest.approx(there(0, 4, 5))
    assert [obstacle.body for obstacle in line_of_sight(there(-10, 4, 15), there(60, 4, 15), SCENE)] == [1]
    assert line_of_sight(there(-10, 4, 55), there(60, 4, 55), SCENE) == []


def test_a_line_that_grazes_is_blocked_but_one_along_its_own_roof_is_not() -> None:
    assert [o.body for o in line_of_sight(there(-10, 4, 10), there(20, 4, 10), SCENE)] == [0]  # over both eaves
    assert [o.body for o in line_of_sight(there(-5, 13, 5), there(5, 3, 15), SCENE)] == [0]  # through one edge
    assert line_of_sight(there(2, 2, 10), there(8, 6, 10), SCENE) == []  # both on the flat roof
    assert line_of_sight(there(5, 4, 10), there(20, 4, 20), SCENE) == []  # from the roof away
    assert line_of_sight(there(5, 4, 10), there(20, 4, 0), SCENE) != []  # from the roof through the house


def test_a_line_straight_up_is_seen_along_too() -> None:
    assert [o.body for o in line_of_sight(there(5, 4, -3), there(5, 4, 30), SCENE)] == [0]
    assert line_of_sight(there(15, 4, -3), there(15, 4, 30), SCENE) == []


@pytest.mark.parametrize("bad", [(math.nan, 0, 0), (0, math.inf, 0), (0, 0)])
def test_what_is_no_point_is_refused(bad: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="three finite numbers"):
        distance_3d(SCENE, bad)
    with pytest.raises(ValueError, match="three finite numbers"):
        nearest(SCENE, bad)
    with pytest.raises(ValueError, match="three finite numbers"):
        line_of_sight(bad, there(0, 0, 0), SCENE)


def test_what_is_no_box_or_range_is_refused() -> None:
    with pytest.raises(ValueError, match="six finite numbers"):
        meets_box(SCENE, [0, 0, 0, 1, 1])
    with pytest.raises(ValueError, match="minima come first"):
        meets_box(SCENE, [0, 0, 5, 1, 1, 4])
    with pytest.raises(ValueError, match="at least one"):
        nearest(SCENE, there(0, 0, 0), 0)
    broken = Solid(HOUSE.vertices * np.array([1, 1, np.nan]), HOUSE.shells)
    with pytest.raises(ValueError, match="finite"):
        Scene.of([[broken]])


def test_rings_that_cross_or_collapse_still_become_triangles() -> None:
    vertices = np.array([(0, 0, 0), (2, 2, 0), (2, 0, 0), (0, 2, 0), (4, 0, 0)], dtype=np.float64)
    bow, line, dot = Surface(((0, 1, 2, 3),)), Surface(((0, 2, 4),)), Surface(((0, 1),))
    corners, surface = triangles(Solid(vertices, ((bow, line, dot),)))
    assert surface.tolist() == [0, 0, 1]
    assert distance_3d(Scene.of([[Solid(vertices, ((line,),))]]), (3.0, 1.0, 0.0)).tolist() == [1.0]
    assert np.isfinite(corners).all()


@pytest.mark.parametrize(("across", "met"), [(2.01, False), (2.0, True), (1.9, True)])
def test_a_needle_past_a_corner_of_a_box(across: float, met: bool) -> None:  # noqa: FBT001 - a case
    ends = np.array([there(across, 0, 0.5), there(0, across, 0.5), there(0, across, 0.5)])
    needle = Scene.of([[Solid(ends, ((Surface(((0, 1, 2),)),),))]])
    assert meets_box(needle, _box((0, 0, 0), (1, 1, 1))).tolist() == [met]
