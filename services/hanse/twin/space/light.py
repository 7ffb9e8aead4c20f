# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Sight, shadow and sunlight among entities: what a worker process computes, from their JSON.

Points are metres in the city's projected system, heights metres above its vertical datum.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray

from hanse import geo
from hanse.twin.rows import amount
from hanse.twin.space.places import footprint, horizontal
from hanse.twin.space.solids import held, solids_of, volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Point = tuple[float, float, float]
NEIGHBOURS = 5
FACES = 12  # facades and roofs of a building, the largest, whose middles stand for it
_DOWNWARD = -0.3


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day where the sun is looked at: every `step_minutes` from midnight to midnight."""

    date: date
    timezone: str
    step_minutes: int = 10

    def moments(self) -> list[datetime]:
        """In UTC, both midnights included."""
        zone = ZoneInfo(self.timezone)
        start = datetime(self.date.year, self.date.month, self.date.day, tzinfo=zone).astimezone(UTC)
        after = self.date + timedelta(days=1)
        end = datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC)
        step = timedelta(minutes=self.step_minutes)
        return [start + step * number for number in range((end - start) // step + 1)]


@dataclass(frozen=True, slots=True)
class Cast:
    """A shadow: the sun's azimuth from true north and elevation in degrees, WKB in the city's system, square metres."""

    azimuth: float
    elevation: float
    shadow: bytes
    area: float


def sight(bodies: Sequence[bytes], city_crs: str, one: Point, other: Point) -> list[tuple[int, float]]:
    """Numbers of the bodies between two points, nearest first, and how far from `one` each is met."""
    scene = held(city_crs).scene(bodies)
    return [(met.body, met.distance) for met in geo.line_of_sight(one, other, scene)]


def cast(bodies: Sequence[bytes], city_crs: str, moment: datetime) -> Cast | None:
    """The shadow of all bodies together, each on level ground at its own foot; None when none has a solid."""
    solids = [list(_on_the_ground(held(city_crs).of(body))) for body in bodies]
    scene = geo.Scene.of(solids)
    if not len(scene.corners):
        return None
    low, high = scene.corners.min(axis=(0, 1)), scene.corners.max(axis=(0, 1))
    (x, y), crs = ((low + high) / 2)[:2].tolist(), horizontal(city_crs)
    (sun,) = geo.suns([moment], x, y, crs)
    plan = geo.shadow(scene, sun.azimuth, sun.elevation, 0.0)
    azimuth = (sun.azimuth + geo.convergence(x, y, crs)) % 360.0
    return Cast(azimuth, sun.elevation, shapely.to_wkb(plan), float(plan.area))


def _on_the_ground(solids: Sequence[geo.Solid]) -> Iterator[geo.Solid]:
    """The solids of a body, moved so that its lowest point is at height 0."""
    heights = [used[:, 2].min() for solid in solids if len(used := solid.used())]
    for solid in solids:
        yield replace(solid, vertices=solid.vertices - np.array([0.0, 0.0, min(heights, default=0.0)]))


def hours(bodies: Sequence[bytes], city_crs: str, points: Sequence[Point], day: Day) -> tuple[list[float], float]:
    """Hours of direct sun at each point over a day, and those without anything in the way."""
    moments, suns = _suns(city_crs, points[0], day)
    lit = geo.sunlit(np.array(points), held(city_crs).scene(bodies), suns)
    up = np.array([[sun.up for sun in suns]])
    return geo.sun_hours(lit, moments).tolist(), float(geo.sun_hours(up, moments)[0])


def _suns(city_crs: str, at: Point, day: Day) -> tuple[list[datetime], list[geo.Sun]]:
    moments = day.moments()
    return moments, geo.suns(moments, at[0], at[1], horizontal(city_crs))


@dataclass(frozen=True, slots=True)
class Change:
    """What stands differently among what stays: JSON of bodies, and which of those that stay are looked at."""

    stays: tuple[bytes, ...]
    looked_at: tuple[int, ...]
    today: tuple[bytes, ...]
    then: tuple[bytes, ...]


def changed(change: Change, city_crs: str, day: Day) -> list[tuple[int, float, float]]:
    """For each body looked at whose sunlight changes: its number, and the hours of sun today and then.

    At the middle of that facade or roof where they differ most. What changes shades few points: only those are then
    looked at among all that stays.
    """
    solids = held(city_crs)
    faces = [_faces(solids.of(change.stays[number])) for number in change.looked_at]
    body = np.repeat(np.array(change.looked_at, dtype=np.intp), [len(middles) for middles, _ in faces])
    if not len(body):
        return []
    points, facing = (np.concatenate(column) for column in zip(*faces, strict=True))
    moments, suns = _suns(city_crs, (float(points[0, 0]), float(points[0, 1]), 0.0), day)
    weights = geo.sun_hours(np.eye(len(moments), dtype=np.bool_), moments)
    today = geo.sunlit(points, solids.scene(change.today), suns, facing=facing)
    then = geo.sunlit(points, solids.scene(change.then), suns, facing=facing)
    differs = today != then
    some, when = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(some):
        return []
    scene = solids.scene(change.stays)
    free = geo.sunlit(points[some], scene, [suns[number] for number in when.tolist()], facing=facing[some])
    gained = (free * (then[some][:, when].astype(float) - today[some][:, when])) @ weights[when]
    chosen = _most(body[some], gained)
    at = some[chosen]
    lit = geo.sunlit(points[at], scene, suns, facing=facing[at])
    before, after = (lit & today[at]) @ weights, (lit & then[at]) @ weights
    return list(zip(body[at].tolist(), before.tolist(), after.tolist(), strict=True))


def _most(body: NDArray[np.intp], gained: Floats) -> NDArray[np.intp]:
    """For each body the position of the point that gains or loses most; none where nothing is gained or lost."""
    order = np.lexsort((-np.abs(gained), body))
    first = order[np.unique(body[order], return_index=True)[1]]
    return np.asarray(first[gained[first] != 0])


def _faces(solids: Sequence[geo.Solid]) -> tuple[Floats, Floats]:
    """Middles and outward normals of a body's largest facades and roofs: of the largest triangle of each."""
    middles, normals, sizes = [np.empty((0, 3))], [np.empty((0, 3))], [np.empty(0)]
    for solid in solids:
        corners, surface = geo.triangles(solid)
        doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        size = np.linalg.norm(doubled, axis=1)
        order = np.lexsort((-size, surface))
        largest = order[np.unique(surface[order], return_index=True)[1]]
        largest = largest[size[largest] > 0]
        normal = doubled[largest] / size[largest, None]
        open_air = normal[:, 2] > _DOWNWARD
        middles.append(corners[largest][open_air].mean(axis=1))
        normals.append(normal[open_air])
        sizes.append(np.bincount(surface, size)[surface[largest]][open_air])
    most = np.argsort(-np.concatenate(sizes), kind="stable")[:FACES]
    return np.concatenate(middles)[most], np.concatenate(normals)[most]


def measures(
    bodies: Sequence[bytes], attributes: Sequence[str], city_crs: str
) -> list[tuple[float | None, list[float | None]]]:
    """Of each body the cubic metres of its closed solids, None without one, and the numbers that attributes hold."""
    found = []
    for body in bodies:
        entity = json.loads(body)
        numbers = [amount(entity, name) for name in attributes]
        found.append((volume(solids_of(body, city_crs)), numbers))
    return found


def grounds(
    terrain: Sequence[bytes], buildings: Sequence[tuple[bytes, float]], asked: Sequence[bytes], city_crs: str
) -> list[float | None]:
    """The height of the ground at the middle of each body asked about.

    That of the terrain, else the median of the grounds of the five nearest buildings; None where there is neither, or
    where the body says nothing of its place.
    """
    scene = held(city_crs).scene(terrain)
    known = [(place, low) for body, low in buildings if (place := _middle(body, city_crs))]
    tree = shapely.STRtree([shapely.Point(place) for place, _ in known])
    found: list[float | None] = []
    for body in asked:
        place = _middle(body, city_crs)
        if place is None:
            found.append(None)
            continue
        height = float(geo.surface_height(scene, np.array([place]))[0]) if len(scene) else np.nan
        if np.isnan(height) and known:
            distances = shapely.distance(tree.geometries, shapely.Point(place))
            nearest = np.argsort(distances, kind="stable")[:NEIGHBOURS]
            height = float(np.median([known[number][1] for number in nearest.tolist()]))
        found.append(None if np.isnan(height) else height)
    return found


def _middle(body: bytes, city_crs: str) -> tuple[float, float] | None:
    ground = footprint(body, city_crs)
    if ground is None or shapely.is_empty(ground):
        return None
    middle = shapely.centroid(ground)
    return middle.x, middle.y
