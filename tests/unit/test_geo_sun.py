# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The sun's place against published figures; grid north; shadows and hours of sun that geometry gives by hand."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from shapely import MultiPolygon, Polygon, box
from solids import ORIGIN, block, there

from hanse.geo import (
    Crs,
    CrsError,
    Scene,
    Sun,
    convergence,
    samples,
    shadow,
    shadows,
    sun_hours,
    sun_position,
    sunlit,
    suns,
)

RD = Crs.parse("EPSG:7415")
CUBE = Scene.of([[block((10, 10, 10))]])


def test_nrel_spa_example() -> None:
    # Reda and Andreas, Solar Position Algorithm for Solar Radiation Applications, NREL/TP-560-34302, table A5.1.
    moment = datetime.fromisoformat("2003-10-17T12:30:30-07:00")
    sun = sun_position(moment, -105.1786, 39.742476, pressure_hpa=820, temperature_c=11)
    assert 90 - sun.elevation == pytest.approx(50.11162, abs=0.001)
    assert sun.azimuth == pytest.approx(194.34024, abs=0.001)


@pytest.mark.parametrize(
    ("moment", "lat"),
    [
        # Equinoxes and solstices of the almanacs (UTC, to the minute) and the sun's declination then.
        ("2000-03-20T07:35:00Z", 0.0),
        ("2024-03-20T03:06:00Z", 0.0),
        ("2026-09-23T00:05:00Z", 0.0),
        ("2026-06-21T08:25:00Z", 23.436),
        ("2026-12-21T20:50:00Z", -23.436),
    ],
)
def test_declination_at_equinox_and_solstice(moment: str, lat: float) -> None:
    # At the pole, without air and far parallax apart, elevation is declination.
    sun = sun_position(datetime.fromisoformat(moment), 0.0, 90.0, pressure_hpa=0)
    assert sun.elevation == pytest.approx(lat, abs=0.004)


def test_meeus_example_25() -> None:
    # Astronomical Algorithms, example 25.b: 1992 October 13, 0h dynamical time, declination -7 deg 47' 01.74".
    moment = datetime(1992, 10, 13, tzinfo=UTC) - timedelta(seconds=59)
    sun = sun_position(moment, 0.0, -90.0, pressure_hpa=0)
    assert -sun.elevation == pytest.approx(-7.783817 + 8.794 / 3600, abs=0.0005)


def test_noon_is_in_the_south_and_sunrise_in_the_east() -> None:
    noon = sun_position(datetime(2026, 6, 21, 11, 44, tzinfo=UTC), 4.47, 51.91)
    assert noon.azimuth == pytest.approx(180, abs=0.5)
    assert noon.elevation == pytest.approx(90 - 51.91 + 23.436, abs=0.02)
    south = sun_position(datetime(2026, 6, 21, 4, 5, tzinfo=UTC), 115.86, -31.95)  # Perth: noon in the north
    assert min(south.azimuth, 360 - south.azimuth) < 4


@pytest.mark.parametrize(
    ("moment", "lon", "lat"),
    [
        (datetime(2026, 6, 21, 12), 4.0, 52.0),  # noqa: DTZ001 - a time without a zone is what is refused
        (datetime(1900, 1, 1, tzinfo=UTC), 4.0, 52.0),
        (datetime(2026, 1, 1, tzinfo=UTC), 200.0, 52.0),
        (datetime(2026, 1, 1, tzinfo=UTC), 4.0, 91.0),
        (datetime(2026, 1, 1, tzinfo=UTC), math.nan, 52.0),
    ],
)
def test_times_without_zone_and_places_off_the_earth_are_refused(moment: datetime, lon: float, lat: float) -> None:
    with pytest.raises(ValueError, match=r"zone|Earth"):
        sun_position(moment, lon, lat)


def test_grid_north_turns_away_from_true_north_off_the_central_meridian() -> None:
    # RD's central meridian goes through Amersfoort; west of it grid north lies west of true north.
    assert convergence(155_000, 463_000, RD) == pytest.approx(0, abs=1e-3)
    assert convergence(90_000, 436_000, RD) == pytest.approx((4.447 - 5.3876) * math.sin(math.radians(51.9)), abs=0.01)
    moment = datetime(2026, 6, 21, 11, 44, tzinfo=UTC)
    (sun,) = suns([moment], 90_000, 436_000, RD)
    true = sun_position(moment, 4.4503, 51.9095)
    assert sun.azimuth - true.azimuth == pytest.approx(0.74, abs=0.02)
    assert sun.elevation == pytest.approx(true.elevation, abs=0.001)
    with pytest.raises(CrsError, match="degrees"):
        suns([moment], 4.4, 51.9, Crs.parse("EPSG:4326"))


def _area(*points: tuple[float, float]) -> Polygon:
    return Polygon([(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in points])


def _same(a: Polygon | MultiPolygon, b: Polygon | MultiPolygon) -> bool:
    return a.symmetric_difference(b).area < 1e-6


def test_a_cube_casts_its_height_at_45_degrees() -> None:
    cast = shadow(CUBE, 180, 45, ground=1.0)  # the sun in the south: the shadow falls to the north
    assert _same(cast, box(*there(0, 0, 0)[:2], *there(10, 20, 0)[:2]))
    cast = shadow(CUBE, 225, 45, ground=1.0)  # south-west: a hexagon to the north-east
    d = 10 / math.sqrt(2)
    assert _same(cast, _area((0, 0), (10, 0), (10 + d, d), (10 + d, 10 + d), (d, 10 + d), (0, 10)))
    assert shadow(CUBE, 90, math.degrees(math.atan(0.5)), ground=1.0).area == pytest.approx(10 * 30)


def test_only_what_stands_above_the_ground_casts() -> None:
    assert _same(shadow(CUBE, 180, 45, ground=6.0), box(*there(0, 0, 0)[:2], *there(10, 15, 0)[:2]))
    assert shadow(CUBE, 180, 45, ground=11.0).area == pytest.approx(0, abs=1e-5)
    assert shadow(CUBE, 180, 45, ground=20.0).is_empty
    floating = Scene.of([[block((10, 10, 1), (0, 0, 20))]])
    assert _same(shadow(floating, 180, 45, ground=1.0), box(*there(0, 20, 0)[:2], *there(10, 31, 0)[:2]))


def test_night_and_noon_in_the_zenith() -> None:
    assert shadow(CUBE, 180, 0, ground=1.0).is_empty
    assert shadow(CUBE, 0, -30, ground=1.0).is_empty
    assert _same(shadow(CUBE, 0, 90, ground=1.0), box(*there(0, 0, 0)[:2], *there(10, 10, 0)[:2]))
    with pytest.raises(ValueError, match="finite"):
        shadow(CUBE, math.nan, 45, 0)


def test_shadows_are_told_apart_by_body() -> None:
    two = Scene.of([[block((10, 10, 10))], [], [block((10, 10, 30), (100, 0, 0))]])
    assert [plan.area for plan in shadows(two, 180, 45, 1.0)] == pytest.approx([200, 0, 400])
    assert isinstance(shadow(two, 180, 45, 1.0), MultiPolygon)


def test_the_sun_shines_where_no_shadow_falls() -> None:
    places = np.array([there(5, y, 0) for y in (10.5, 15, 19.9, 20.1, 25, -5)])
    south = Sun(180, 45)
    assert sunlit(places, CUBE, [south, Sun(0, 45), Sun(180, -1)]).tolist() == [
        [False, True, False],
        [False, True, False],
        [False, True, False],
        [True, True, False],
        [True, True, False],
        [True, False, False],
    ]


def test_a_wall_turned_away_and_a_roof_in_its_own_body() -> None:
    found = samples([block((10, 10, 10))], spacing=5)
    lit = sunlit(found.points, CUBE, [Sun(180, 45)], facing=found.facing)[:, 0]
    area = [float(found.area[lit & (found.surface == number)].sum()) for number in range(6)]
    assert area == pytest.approx([0, 100, 100, 0, 0, 0])  # the roof and the wall to the south


def test_samples_cover_the_surface() -> None:
    found = samples([block((10, 8, 6))], spacing=1.5)
    assert found.area.sum() == pytest.approx(2 * (80 + 60 + 48))
    assert np.linalg.norm(found.facing, axis=1) == pytest.approx(1)
    middle = (found.points * found.area[:, None]).sum(axis=0) / found.area.sum()
    assert middle == pytest.approx(there(5, 4, 3))
    with pytest.raises(ValueError, match="spacing"):
        samples([block((10, 8, 6))], spacing=0)
    with pytest.raises(ValueError, match="larger"):
        samples([block((10, 8, 6))], spacing=0.001)


def test_hours_of_sun_behind_a_wall() -> None:
    # A wall that runs east and west: 5 m north of it a point has sun from the sides and, in June, over the top.
    wall = Scene.of([[block((200, 1, 10))]])
    moments = [datetime(2026, 12, 21, tzinfo=UTC) + timedelta(minutes=10 * i) for i in range(144)]
    over = suns(moments, ORIGIN[0] + 100, ORIGIN[1], RD)
    behind, before = sun_hours(sunlit(np.array([there(100, 6, 0), there(100, -5, 0)]), wall, over), moments)
    assert behind == 0.0
    assert before == pytest.approx(7.7, abs=0.3)  # the shortest day
    with pytest.raises(ValueError, match="moments"):
        sun_hours(np.ones((1, 3), dtype=np.bool_), moments)


def test_points_of_a_wrong_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="points"):
        sunlit(np.zeros((3, 2)), CUBE, [Sun(180, 45)])
    with pytest.raises(ValueError, match="normals"):
        sunlit(np.zeros((3, 3)), CUBE, [Sun(180, 45)], facing=np.zeros((2, 3)))
