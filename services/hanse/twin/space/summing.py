# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Sums over areas: how many entities, how much ground they cover, how much room they enclose, what they add up to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

import shapely

from hanse.kernel.errors import CancelledError, LimitExceededError
from hanse.twin.model import Box, Circle
from hanse.twin.space import light
from hanse.twin.space.looking import TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.kernel.workers import WorkerPool
    from hanse.twin.model import Query, Stored
    from hanse.twin.search import Search

MAX_ENTITIES = 100_000
BATCH = 200
# Whether anybody still waits for the answer.
Awaited = Callable[[], bool]


@dataclass(slots=True)
class Sum:
    """Of one attribute, over the entities that have a number there."""

    count: int = 0
    total: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf

    def add(self, value: float) -> None:
        """One more number."""
        self.count += 1
        self.total += value
        self.minimum, self.maximum = min(self.minimum, value), max(self.maximum, value)


@dataclass(slots=True)
class Indicators:
    """Of one area: square metres, cubic metres, and the sums in the order in which attributes were named."""

    area: float
    sums: list[Sum]
    count: int = 0
    footprint: float = 0.0
    volume: float = 0.0
    without_volume: int = 0


@dataclass(slots=True)
class Summing:
    """Sums up one city's twin, at most 100,000 entities a call."""

    search: Search
    workers: WorkerPool
    city_crs: str
    left: int = field(default=MAX_ENTITIES)

    def of(self, area: shapely.Geometry, query: Query, attributes: Sequence[str], awaited: Awaited) -> Indicators:
        """The indicators of an area in the city's projected system. Raises LimitExceededError, CancelledError."""
        made = Indicators(float(shapely.area(area)), [Sum() for _ in attributes])
        west, south, east, north = shapely.bounds(area).tolist()
        radius = math.dist((west, south), (east, north)) / 2 + 1.0
        # The circle, which holds the box, makes the store give footprints.
        near = replace(
            query,
            metres=Box(west, south, east, north),
            circle=Circle((west + east) / 2, (south + north) / 2, radius),
        )
        shapely.prepare(area)
        inside = (one for one in self.search.store.matching(near) if self._counts(one, area, made))
        while some := list(islice(inside, BATCH)):
            if not awaited():
                raise CancelledError("nobody waits for the sums any more", remedy="Call again.")
            bodies = [one.json for one in some]
            measured = self.workers.run(TIMEOUT_S, light.measures, bodies, list(attributes), self.city_crs)
            for volume, values in measured:
                if volume is None:
                    made.without_volume += 1
                else:
                    made.volume += volume
                for held, value in zip(made.sums, values, strict=True):
                    if value is not None:
                        held.add(value)
        return made

    def _counts(self, one: Stored, area: shapely.Geometry, made: Indicators) -> bool:
        """Adds what an entity covers of an area; whether it is counted there: its footprint's centroid is inside."""
        self.left -= 1
        if self.left < 0:
            raise LimitExceededError(
                f"more than {MAX_ENTITIES} entities lie in or at the areas",
                remedy="Ask for fewer or smaller areas, or for one type.",
            )
        footprint = shapely.from_wkb(one.footprint)
        if shapely.intersects(area, footprint):
            made.footprint += float(shapely.area(shapely.intersection(area, shapely.make_valid(footprint))))
        if not shapely.covers(area, shapely.centroid(footprint)):
            return False
        made.count += 1
        return True
