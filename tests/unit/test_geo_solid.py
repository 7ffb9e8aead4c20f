# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Footprints, heights, distances and validity of small solids whose answers are plain to see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from shapely import MultiPolygon, Polygon, box

from hanse.geo import (
    Crs,
    CrsError,
    Fault,
    FootprintError,
    Solid,
    Surface,
    Tolerances,
    bbox,
    check,
    distance,
    eaves_height,
    footprint,
    ground_height,
    overlaps,
    ridge_height,
)
from hanse.geo.footprint import MAX_SURFACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RD = Crs.parse("EPSG:7415")
# A house 10 m by 8 m in plan, eaves 3 m and ridge 5 m above a ground 1 m above datum; far from the origin, as RD is.
ORIGIN = np.array([85_000.0, 447_000.0, 1.0])
CORNERS = np.array(
    [(0, 0, 0), (10, 0, 0), (10, 8, 0), (0, 8, 0), (0, 0, 3), (10, 0, 3), (10, 8, 3), (0, 8, 3), (0, 4, 5), (10, 4, 5)],
    dtype=np.float64,
)
HOUSE = Solid(
    vertices=CORNERS + ORIGIN,
    shells=(
        (
            Surface(((0, 3, 2, 1),), "GroundSurface"),
            Surface(((0, 1, 5, 4),), "WallSurface"),
            Surface(((1, 2, 6, 9, 5),), "WallSurface"),
            Surface(((2, 3, 7, 6),), "WallSurface"),
            Surface(((3, 0, 4, 8, 7),), "WallSurface"),
            Surface(((4, 5, 9, 8),), "RoofSurface"),
            Surface(((6, 7, 8, 9),), "RoofSurface"),
        ),
    ),
    closed=True,
    lod="2",
)


def _faults(solid: Solid, tolerances: Tolerances | None = None) -> set[Fault]:
    return {flag.fault for flag in check(solid, tolerances)}


def _with(*surfaces: Surface, closed: bool = True) -> Solid:
    return replace(HOUSE, shells=(surfaces,), closed=closed)


def _shifted(x: float, y: float, z: float) -> Solid:
    return replace(HOUSE, vertices=HOUSE.vertices + np.array([x, y, z]))


def _moved(index: int, by: tuple[float, float, float]) -> Solid:
    vertices = HOUSE.vertices.copy()
    vertices[index] += by
    return replace(HOUSE, vertices=vertices)


def _mesh(vertices: Any, triangles: Iterable[Sequence[int]], *, closed: bool = False) -> Solid:
    return Solid(vertices, (tuple(Surface((tuple(triangle),)) for triangle in triangles),), closed)


def test_a_proper_house_has_no_flags() -> None:
    assert check(HOUSE) == []


def test_heights_come_from_what_the_semantics_say() -> None:
    assert (ground_height([HOUSE]), eaves_height([HOUSE]), ridge_height([HOUSE])) == (1.0, 4.0, 6.0)


def test_without_semantics_the_lowest_point_is_the_ground_and_eaves_are_not_guessed() -> None:
    plain = _with(*(Surface(surface.rings) for surface in HOUSE.surfaces))
    assert (ground_height([plain]), eaves_height([plain]), ridge_height([plain])) == (1.0, None, 6.0)


def test_nothing_has_no_heights() -> None:
    assert (ground_height([]), eaves_height([]), ridge_height([])) == (None, None, None)


def test_vertices_that_no_surface_uses_do_not_count() -> None:
    tower = replace(HOUSE, vertices=np.vstack([HOUSE.vertices, HOUSE.vertices[0] + (0, 0, 99)]))
    assert ridge_height([tower]) == 6.0


def test_footprint_is_the_ground_surface() -> None:
    assert footprint([HOUSE]).equals(box(85_000, 447_000, 85_010, 447_008))


def test_eaves_that_hang_over_are_not_part_of_the_footprint() -> None:
    overhang = HOUSE.vertices.copy()
    overhang[[4, 7], 0] -= 0.8
    assert footprint([replace(HOUSE, vertices=overhang)]).area == 80


def test_footprint_without_ground_surface_is_the_projection_of_all_surfaces() -> None:
    roofs = _with(*(s for s in HOUSE.surfaces if s.semantic != "GroundSurface"), closed=False)
    assert footprint([roofs]).equals(footprint([HOUSE]))


def test_footprint_of_walls_alone_is_empty() -> None:
    walls = _with(*(s for s in HOUSE.surfaces if s.semantic == "WallSurface"), closed=False)
    assert footprint([walls]).is_empty
    assert footprint([]).is_empty


def test_footprint_keeps_a_courtyard() -> None:
    square = np.array([(0, 0, 0), (9, 0, 0), (9, 9, 0), (0, 9, 0), (3, 3, 0), (3, 6, 0), (6, 6, 0), (6, 3, 0)], float)
    block = Solid(square, ((Surface(((0, 1, 2, 3), (4, 5, 6, 7)), "GroundSurface"),),))
    assert footprint([block]).area == 81 - 9


def test_a_footprint_of_too_many_surfaces_is_refused_before_it_takes_minutes() -> None:
    count = MAX_SURFACES + 1
    slivers = np.array([(x / 1000, y, 0.0) for i in range(count) for x, y in ((i, 0), (i + 2, 0), (i, 1))])
    many = _mesh(slivers, np.arange(3 * count).reshape(-1, 3).tolist())
    with pytest.raises(FootprintError, match="more than 20000 overlapping"):
        footprint([many])
    floor = Surface((tuple(range(3)),), "GroundSurface")
    assert footprint([replace(many, shells=((floor, *many.surfaces),))]).area == pytest.approx(0.001)


def test_a_terrain_of_many_triangles_that_only_touch_has_its_outline() -> None:
    side = 120  # 28,800 triangles
    points = np.array([(x, y, (x * y) % 7 / 10) for x in range(side + 1) for y in range(side + 1)], float)
    corner = [x * (side + 1) + y for x in range(side) for y in range(side)]
    across = side + 1
    triangles = [t for c in corner for t in ((c, c + across, c + across + 1), (c, c + across + 1, c + 1))]
    assert len(triangles) > MAX_SURFACES
    outline = footprint([_mesh(points, triangles)])
    assert outline.equals(box(0, 0, side, side))


def test_footprints_unite_where_they_touch_and_stay_apart_where_not() -> None:
    beside = _shifted(10, 0, 0)
    apart = _shifted(30, 0, 0)
    assert isinstance(footprint([HOUSE, beside]), Polygon)
    assert isinstance(footprint([HOUSE, apart]), MultiPolygon)
    assert footprint([HOUSE, beside, apart]).area == pytest.approx(240)


def test_footprint_of_a_bow_tie_is_repaired_not_lost() -> None:
    points = np.array([(0, 0, 0), (10, 10, 0), (10, 0, 0), (0, 10, 0)], float)
    plan = footprint([Solid(points, ((Surface(((0, 1, 2, 3),), "GroundSurface"),),))])
    assert plan.is_valid
    assert plan.area == pytest.approx(50)


def test_footprint_of_a_spiked_ring_leaves_the_spike_out() -> None:
    ring = [(0, 0, 0), (10, 0, 0), (20, 0, 0), (10, 0, 0), (10, 10, 0), (0, 10, 0)]
    spiked = Solid(np.array(ring, float), ((Surface((tuple(range(6)),), "GroundSurface"),),))
    plan = footprint([spiked, replace(spiked, vertices=spiked.vertices + np.array([5.0, 5.0, 0.0]))])
    assert plan.is_valid
    assert plan.area == pytest.approx(175)


def test_a_hole_in_a_collapsed_ring_covers_nothing() -> None:
    points = np.array([(0, 1, 0), (0, 0, 0), (1, 0, 0), (0, -1, 0)], float)
    assert footprint([Solid(points, ((Surface(((0, 0, 0), (1, 2, 3))),),))]).is_empty


def test_distance_is_horizontal_and_in_metres() -> None:
    other = _shifted(13, 12, 100)
    assert distance(footprint([HOUSE]), footprint([other]), RD) == pytest.approx(5.0)  # 3 and 4 m between corners
    assert distance(footprint([HOUSE]), footprint([HOUSE]), RD) == 0.0


def test_distance_in_degrees_or_to_nothing_is_refused() -> None:
    plan = footprint([HOUSE])
    with pytest.raises(CrsError, match="projected"):
        distance(plan, plan, Crs.parse("EPSG:4326"))
    with pytest.raises(ValueError, match="empty"):
        distance(plan, Polygon(), RD)


def test_distance_counts_the_units_of_the_system() -> None:
    us_feet = Crs.parse("EPSG:2263")
    assert distance(box(0, 0, 1, 1), box(2, 0, 3, 1), us_feet) == pytest.approx(0.3048006096)


def test_bbox_is_minima_then_maxima() -> None:
    assert bbox(HOUSE.vertices) == (85_000, 447_000, 1, 85_010, 447_008, 6)
    assert bbox(HOUSE.vertices[:, :2]) == (85_000, 447_000, 85_010, 447_008)
    with pytest.raises(ValueError, match="at least one"):
        bbox(np.empty((0, 3)))


def test_a_missing_wall_opens_the_shell() -> None:
    assert _faults(_with(*HOUSE.surfaces[:-1])) == {Fault.SHELL_NOT_CLOSED}
    assert _faults(_with(*HOUSE.surfaces[:-1], closed=False)) == set()


def test_a_surface_given_twice_is_no_manifold() -> None:
    assert Fault.NON_MANIFOLD in _faults(_with(*HOUSE.surfaces, HOUSE.surfaces[0]))


def test_one_surface_turned_round_is_a_wrong_orientation() -> None:
    turned = Surface((HOUSE.surfaces[0].rings[0][::-1],))
    assert _faults(_with(turned, *HOUSE.surfaces[1:])) == {Fault.WRONG_ORIENTATION}


def test_a_shell_inside_out_is_a_wrong_orientation() -> None:
    inside_out = _with(*(Surface((surface.rings[0][::-1],)) for surface in HOUSE.surfaces))
    assert _faults(inside_out) == {Fault.WRONG_ORIENTATION}


def test_a_cavity_is_oriented_the_other_way() -> None:
    cavity = 0.5 * CORNERS + ORIGIN + (2, 2, 0.5)
    turned = tuple(Surface((tuple(i + 10 for i in s.rings[0][::-1]),)) for s in HOUSE.surfaces)
    hollow = Solid(np.vstack([HOUSE.vertices, cavity]), (HOUSE.shells[0], turned), closed=True)
    assert check(hollow) == []
    outward = tuple(Surface((surface.rings[0][::-1],)) for surface in turned)
    assert _faults(replace(hollow, shells=(HOUSE.shells[0], outward))) == {Fault.WRONG_ORIENTATION}


def test_two_bodies_in_one_shell_are_two_components() -> None:
    far = tuple(Surface((tuple(i + 10 for i in s.rings[0]),)) for s in HOUSE.surfaces)
    two = Solid(np.vstack([HOUSE.vertices, HOUSE.vertices + 50]), ((*HOUSE.shells[0], *far),), closed=True)
    assert _faults(two) == {Fault.MULTIPLE_COMPONENTS}


def test_planarity_is_a_distance_to_the_best_plane_in_metres() -> None:
    # One corner of the 10 m by 8 m ground lifted by h lies h/4 off the best plane, as the other three do.
    assert _faults(_moved(0, (0, 0, 0.039))) == set()
    assert Fault.NON_PLANAR in _faults(_moved(0, (0, 0, 0.045)))
    assert _faults(_moved(0, (0, 0, 0.045)), Tolerances(planarity=0.02)) == set()


def test_a_ring_of_two_points_is_flagged() -> None:
    assert _faults(_with(Surface(((0, 1),)), closed=False)) == {Fault.TOO_FEW_POINTS}
    assert _faults(_with(Surface(()), closed=False)) == {Fault.TOO_FEW_POINTS}
    assert _faults(_with(Surface(((0, 1, 0),)), closed=False)) == {Fault.TOO_FEW_POINTS}


def test_points_nearer_than_the_snap_tolerance_are_the_same_point() -> None:
    doubled = replace(HOUSE, vertices=np.vstack([HOUSE.vertices, HOUSE.vertices[1] + (0.0004, 0, 0)]))
    ring = Surface(((0, 3, 2, 10, 1),))
    assert _faults(replace(doubled, shells=((ring,),), closed=False)) == {Fault.CONSECUTIVE_POINTS_SAME}


def test_a_bow_tie_intersects_itself() -> None:
    flags = check(_with(Surface(((0, 1, 3, 2),)), closed=False))
    assert [(flag.fault, flag.surface) for flag in flags] == [(Fault.RING_SELF_INTERSECTION, 0)]


def test_points_on_one_line_enclose_nothing() -> None:
    line = np.array([(0, 0, 0), (5, 0, 0), (10, 0, 0)], float)
    assert Fault.ZERO_AREA in _faults(Solid(line, ((Surface(((0, 1, 2),)),),)))


def test_a_hole_outside_its_ring_is_flagged() -> None:
    points = np.array([(0, 0, 0), (4, 0, 0), (4, 4, 0), (0, 4, 0), (6, 1, 0), (6, 2, 0), (7, 2, 0)], float)
    assert _faults(Solid(points, ((Surface(((0, 1, 2, 3), (4, 5, 6))),),))) == {Fault.INTERSECTION_RINGS}


def test_flags_name_the_surface() -> None:
    flags = check(_with(HOUSE.surfaces[0], Surface(((4, 5, 7, 6),)), closed=False))
    assert [flag.surface for flag in flags] == [1]


def test_parts_overlap_when_they_share_volume_not_when_they_touch() -> None:
    beside = _shifted(10, 0, 0)
    above = _shifted(0, 0, 5)
    into = _shifted(9.5, 0, 0)
    assert overlaps([HOUSE, beside, above]) == []
    (flag,) = overlaps([HOUSE, into])
    assert flag.fault is Fault.PARTS_OVERLAP
    assert "4.000000 m2" in flag.detail
    assert "rounding" not in flag.detail


@pytest.mark.parametrize(("depth", "rounded"), [(0.0005, True), (0.0019, True), (0.0025, False)])
def test_a_strip_that_rounding_left_is_an_overlap_and_told_as_such(depth: float, *, rounded: bool) -> None:
    """As val3dity: it allows no overlap however thin."""
    (flag,) = overlaps([HOUSE, _shifted(10 - depth, 0, 0)])
    assert flag.fault is Fault.PARTS_OVERLAP
    assert ("rounding" in flag.detail) is rounded


def test_a_triangle_mesh_is_a_solid() -> None:
    points = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], float)
    mesh = _mesh(points, [(0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2)], closed=True)
    assert check(mesh) == []
    assert footprint([mesh]).area == pytest.approx(0.5)
