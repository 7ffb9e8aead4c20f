# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Sight, shadow and sunlight asked of a twin: what stands around is found here, a worker process computes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from hanse.kernel.errors import LimitExceededError, invalid
from hanse.twin.model import Box, Query
from hanse.twin.space import light, places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from hanse.kernel.workers import WorkerPool
    from hanse.twin.model import Stored
    from hanse.twin.scenarios import Difference
    from hanse.twin.space.around import Around
    from hanse.twin.space.light import Point

TIMEOUT_S = 120.0
MAX_SIGHT_M = 20_000.0
MAX_SPREAD_M = 5_000.0
MAX_CHANGED = 200
MAX_LOOKED_AT = 2_000
BUILDING = "Building"


@dataclass(frozen=True, slots=True)
class Sight:
    """A straight line: its length in metres, and what stands in it, nearest first, with its distance."""

    length: float
    obstacles: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Looking:
    """Questions of light to one city's twin; `timezone` is that of its calendar days."""

    around: Around
    workers: WorkerPool
    city_crs: str
    timezone: str

    def sight(self, one: Point, other: Point, branch: int) -> Sight:
        """Whether a point can be seen from another. Raises InvalidInputError, LimitExceededError."""
        length = math.dist(one, other)
        if length > MAX_SIGHT_M:
            raise invalid("to", f"is {length:.0f} m away; at most {MAX_SIGHT_M:.0f} m are looked along")
        bodies = self.around.line(one, other, branch)
        met = self.workers.run(TIMEOUT_S, light.sight, _json(bodies), self.city_crs, one, other) if bodies else []
        return Sight(length, tuple((bodies[number].id, distance) for number, distance in met))

    def shadow(self, bodies: Sequence[Stored], moment: datetime) -> light.Cast | None:
        """What bodies cast together; None when none of them has a solid."""
        return self.workers.run(TIMEOUT_S, light.cast, _json(bodies), self.city_crs, moment)

    def sunlight(self, points: Sequence[Point], day: date, step_minutes: int, branch: int) -> tuple[list[float], float]:
        """Hours of sun at points, and those possible. Raises LimitExceededError."""
        box, lowest = _box(points), min(point[2] for point in points)
        if max(box.max_x - box.min_x, box.max_y - box.min_y) > MAX_SPREAD_M:
            raise LimitExceededError(
                f"the points lie more than {MAX_SPREAD_M:.0f} m apart",
                remedy="Ask for each part of the city by itself.",
            )
        bodies = self.around.sun(box, lowest, branch)
        asked = light.Day(day, self.timezone, step_minutes)
        return self.workers.run(TIMEOUT_S, light.hours, _json(bodies), self.city_crs, list(points), asked)

    def changed_sunlight(
        self, differences: Sequence[Difference], radius: float, day: date
    ) -> list[tuple[str, float, float]]:
        """Buildings within `radius` metres whose sunlight differs, by id: hours of the living twin, of the scenario.

        Raises:
            LimitExceededError: too much differs, or too many buildings stand around it.
        """
        if len(differences) > MAX_CHANGED:
            raise LimitExceededError(
                f"the sun is compared for at most {MAX_CHANGED} differences; there are {len(differences)}",
                remedy="Compare without sun_date, or make the scenario smaller.",
            )
        touched = {difference.id for difference in differences}
        near = self._near(differences, radius)
        looked_at = [each for each in near if each not in touched]
        if not looked_at:
            return []
        footprints = [shapely.from_wkb(one.footprint) for one in near.values()]
        west, south, east, north = shapely.bounds(shapely.GeometryCollection(footprints)).tolist()
        lowest = min((one.low for one in near.values() if one.low is not None), default=0.0)
        stays = {one.id: one for one in self.around.sun(Box(west, south, east, north), lowest, 0)}
        stays = {each: one for each, one in ({**stays, **near}).items() if each not in touched}
        place = {each: number for number, each in enumerate(stays)}
        change = light.Change(
            tuple(_json(list(stays.values()))),
            tuple(place[each] for each in looked_at),
            tuple(_json([each.today for each in differences if each.today])),
            tuple(_json([each.then for each in differences if each.then])),
        )
        found = self.workers.run(TIMEOUT_S, light.changed, change, self.city_crs, light.Day(day, self.timezone))
        ids = list(stays)
        return [(ids[number], today, then) for number, today, then in found]

    def _near(self, differences: Sequence[Difference], radius: float) -> Mapping[str, Stored]:
        """Living buildings that stand near to what differs, by id."""
        found: dict[str, Stored] = {}
        for difference in differences:
            for version in (difference.today, difference.then):
                ground = places.footprint(version.json, self.city_crs) if version else None
                if ground is None or shapely.is_empty(ground):
                    continue
                west, south, east, north = shapely.bounds(ground).tolist()
                reach = radius + math.dist((west, south), (east, north)) / 2
                query = places.about(Query(type=BUILDING), (west + east) / 2, (south + north) / 2, reach)
                for one in self.around.store.matching(query):
                    if shapely.distance(shapely.from_wkb(one.footprint), ground) <= radius:
                        found[one.id] = one
                if len(found) > MAX_LOOKED_AT:
                    raise LimitExceededError(
                        f"more than {MAX_LOOKED_AT} buildings stand around what differs",
                        remedy="Compare with a smaller radius_m.",
                    )
        return found


def _json(bodies: Sequence[Stored]) -> list[bytes]:
    return [body.json for body in bodies]


def _box(points: Sequence[Point]) -> Box:
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return Box(min(xs), min(ys), max(xs), max(ys))
