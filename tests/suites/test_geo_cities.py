# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Real cities: what boxes and clusters find is what a look at every triangle finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from hanse.cityjson import best_solids, load
from hanse.geo import (
    Crs,
    Scene,
    Sun,
    distance_3d,
    footprint,
    line_of_sight,
    meets_box,
    nearest,
    shadow,
    shadows,
    sun_hours,
    sunlit,
    suns,
    surface_height,
)

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.geo import Solid

RD = Crs.parse("EPSG:7415")


@pytest.fixture(scope="module")
def buildings(shared_data: Path) -> list[list[Solid]]:
    document = (shared_data / "data" / "cityjson" / "rotterdam_3-20-DELFSHAVEN.city.json").read_bytes()
    return [best_solids(feature) for feature in load(document).features]


@pytest.fixture(scope="module")
def delfshaven(buildings: list[list[Solid]]) -> Scene:
    return Scene.of(buildings)


def test_every_building_is_there_with_its_area(buildings: list[list[Solid]], delfshaven: Scene) -> None:
    assert len(delfshaven) == 853
    assert (np.diff(delfshaven.body_start) > 0).all()
    for number, solids in enumerate(buildings):
        points = np.concatenate([solid.used() for solid in solids])
        assert (delfshaven.low[number] == points.min(axis=0)).all()
        assert (delfshaven.high[number] == points.max(axis=0)).all()


def test_box_queries_agree_with_every_triangle(delfshaven: Scene) -> None:
    random = np.random.default_rng(7)
    low, high = delfshaven.low.min(axis=0), delfshaven.high.max(axis=0)
    for _ in range(20):
        middle, half = random.uniform(low, high), random.uniform(1, 40, 3)
        box = [*(middle - half), *(middle + half)]
        found = meets_box(delfshaven, box)
        apart = (delfshaven.high < box[:3]).any(axis=1) | (delfshaven.low > box[3:]).any(axis=1)
        assert not (found & apart).any()
        # A corner of a triangle within the box is enough to be met, and to have no distance from it.
        corner = ((delfshaven.corners >= box[:3]) & (delfshaven.corners <= box[3:])).all(axis=2).any(axis=1)
        assert found[delfshaven.bodies_of(np.flatnonzero(corner))].all()
        beyond = distance_3d(delfshaven, middle) > np.linalg.norm(half)
        assert not (found & beyond).any()
        near = distance_3d(delfshaven, middle) < half.min()
        assert found[near].all()


def test_neighbours_are_those_of_all_distances(delfshaven: Scene) -> None:
    random = np.random.default_rng(8)
    low, high = delfshaven.low.min(axis=0), delfshaven.high.max(axis=0)
    for point in random.uniform(low - 50, high + 50, (20, 3)):
        every = np.sort(distance_3d(delfshaven, point))[:25]
        assert [n.distance for n in nearest(delfshaven, point, 25)] == pytest.approx(every.tolist(), abs=1e-9)


def test_nothing_blocks_above_the_roofs_and_something_does_below(delfshaven: Scene) -> None:
    low, high = delfshaven.low.min(axis=0), delfshaven.high.max(axis=0)
    assert line_of_sight([low[0], low[1], 41.2], [high[0], high[1], 41.2], delfshaven) == []
    found = line_of_sight([low[0], low[1], 5.0], [high[0], high[1], 5.0], delfshaven)
    line = shapely.LineString([low[:2], high[:2]])
    boxes = shapely.box(*delfshaven.low[:, :2].T, *delfshaven.high[:, :2].T)
    assert len(found) > 20
    assert {o.body for o in found} <= set(np.flatnonzero(shapely.intersects(boxes, line)).tolist())


def test_shade_on_the_ground_is_where_the_shadows_are(buildings: list[list[Solid]], delfshaven: Scene) -> None:
    some = np.flatnonzero((delfshaven.low[:, :2] < delfshaven.low[:, :2].min(axis=0) + 300).all(axis=1))
    scene = Scene.of([buildings[number] for number in some])
    random = np.random.default_rng(9)
    points = np.column_stack(
        [random.uniform(scene.low[:, axis].min(), scene.high[:, axis].max(), 300) for axis in (0, 1)]
    )
    for sun in (Sun(135, 20), Sun(220, 45), Sun(180, 61)):
        dark = shadow(scene, sun.azimuth, sun.elevation, ground=-1.0)
        spot = shapely.points(points)
        clear = shapely.distance(spot, dark.boundary) > 0.05
        lit = sunlit(np.column_stack([points, np.full(300, -1.0)]), scene, [sun])[:, 0]
        assert (lit[clear] == ~shapely.contains(dark, spot)[clear]).all()
        assert 0 < lit.sum() < 300


def test_a_shadow_holds_the_footprint_of_what_casts_it(buildings: list[list[Solid]], delfshaven: Scene) -> None:
    cast = shadows(delfshaven, 180, 40, ground=-1.0)
    for number in range(0, 853, 50):
        reach = (delfshaven.high[number, 2] + 1.0) / np.tan(np.radians(40))
        grown = shapely.box(*delfshaven.low[number, :2], *(delfshaven.high[number, :2] + (0, reach)))
        assert grown.buffer(1e-6).contains(cast[number])
        assert cast[number].area > 0.9 * footprint(buildings[number]).area


def test_a_summer_day_is_sunnier_than_a_winter_day(delfshaven: Scene) -> None:
    random = np.random.default_rng(10)
    low, high = delfshaven.low.min(axis=0), delfshaven.high.max(axis=0)
    points = np.column_stack([random.uniform(low[:2], high[:2], (60, 2)), np.full(60, 1.5)])
    hours = []
    for start in (datetime(2026, 6, 21, tzinfo=UTC), datetime(2026, 12, 21, tzinfo=UTC)):
        moments = [start + timedelta(hours=number) for number in range(24)]
        day = suns(moments, *low[:2].tolist(), RD)
        hours.append(sun_hours(sunlit(points, delfshaven, day), moments).mean())
    assert hours[0] > 2 * hours[1] > 0


def test_terrain_gives_the_ground_under_buildings(shared_data: Path) -> None:
    features = load((shared_data / "data" / "cityjson" / "denhaag_01.city.json").read_bytes()).features
    relief = next(feature for feature in features if feature.root.type == "TINRelief")
    terrain = Scene.of([best_solids(relief)])
    corners = terrain.corners[::100]
    middles = corners.mean(axis=1)
    assert surface_height(terrain, middles[:, :2]) == pytest.approx(middles[:, 2], abs=1e-6)
