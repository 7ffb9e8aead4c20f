# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Bodies of the example cities are closed whatever their measure, and any seed draws towns in which the story holds."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanse.examples.borderland import solids
from hanse.examples.borderland.write import scene
from hanse.examples.borderland.zoning import NEIGHBOUR_MAX_ABOVE, NEIGHBOUR_RADIUS, PEIL

if TYPE_CHECKING:
    from hanse.examples.borderland.solids import Body


@st.composite
def quads(draw: st.DrawFn) -> np.ndarray:
    """A trapezium, front and back parallel, turned and moved."""
    width, depth = draw(st.floats(4, 30)), draw(st.floats(4, 30))
    left, right = (draw(st.floats(-0.15, 0.15)) * min(width, depth) for _ in "lr")
    angle = draw(st.floats(0, 2 * np.pi))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = np.array([[0, 0], [width, 0], [width + right, depth], [left, depth]])
    move = np.array([draw(st.floats(-500, 500)), draw(st.floats(-500, 500))])
    return corners @ turn + move


def bodies(quad: np.ndarray, wall: float, rise: float) -> list[Body]:
    base, eaves, ridge = 2.0, 2.0 + wall, 2.0 + wall + rise
    return [
        solids.flat(quad, base, eaves),
        solids.gable(quad, base, eaves, ridge),
        solids.gable_front(quad, base, eaves, ridge),
        solids.mansard(quad, base, eaves, eaves + 0.7 * rise, ridge),
        solids.hip(quad, base, eaves, ridge, 0.3),
        solids.lean_to(quad, base, eaves, ridge),
        solids.spire(quad, base, eaves, ridge),
        solids.apse(quad, base, eaves, ridge),
        solids.windmill(quad, base, eaves, ridge),
        solids.extruded(((0, base), (10, base), (10, ridge), (5, ridge + 1), (0, ridge)), quad[0], quad[1], 9.0),
    ]


@given(quads(), st.floats(2, 20), st.floats(1, 12))
def test_bodies_are_closed_plane_and_hold_a_volume(quad: np.ndarray, wall: float, rise: float) -> None:
    for body in bodies(quad, wall, rise):
        edges = Counter((a, b) for face in body for a, b in pairwise([*face.ring, face.ring[0]]))
        assert set(edges.values()) == {1}
        assert all((b, a) in edges for a, b in edges)
        assert volume(body) > 0
        assert max(unevenness(np.array(face.ring)) for face in body) < 0.01


@given(quads(), st.floats(2, 20), st.floats(1, 12))
def test_volumes_are_those_of_the_textbook(quad: np.ndarray, wall: float, rise: float) -> None:
    flat, gable, _, _, _, _, spire, *_ = bodies(quad, wall, rise)
    area = shapely.Polygon(quad).area
    assert np.isclose(volume(flat), area * wall)
    assert np.isclose(volume(spire), area * (wall + rise / 3))
    # The gable's ridge is as long as the trapezium's middle line: a prism with slanted ends.
    assert area * wall < volume(gable) < area * (wall + rise)


def volume(body: Body) -> float:
    origin = np.array(body[0].ring[0])
    total = 0.0
    for face in body:
        ring = np.array(face.ring) - origin
        total += sum(float(np.dot(ring[0], np.cross(p, q))) / 6 for p, q in pairwise(ring[1:]))
    return total


def unevenness(ring: np.ndarray) -> float:
    normal = np.sum(np.cross(ring[1:-1] - ring[0], ring[2:] - ring[0]), axis=0)
    return float(np.abs((ring - ring[0]) @ normal / np.linalg.norm(normal)).max())


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**31))
def test_any_seed_draws_two_towns_in_which_the_story_holds(seed: int) -> None:
    place = scene(seed)
    footprints = np.array([b.footprint for city in place.cities.values() for b in city.buildings])
    pairs = shapely.STRtree(footprints).query(footprints, predicate="intersects")
    first, second = pairs[:, pairs[0] < pairs[1]]
    assert shapely.area(shapely.intersection(footprints[first], footprints[second])).max() < 0.01
    low, high = PEIL + 8.95, PEIL + 10.90
    for key, city in place.cities.items():
        assert 450 <= len(city.buildings) <= 570
        near = [b.ridge for b in city.buildings if b.footprint.distance(place.plan.plot.area) <= NEIGHBOUR_RADIUS]
        assert low - min(near) < NEIGHBOUR_MAX_ABOVE
        assert (high - min(near) > NEIGHBOUR_MAX_ABOVE) == (key == "lindemond")
