# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""The lie of the land: the river Liede, its old arm, the border between the cities, and heights above NAP.

The place is made up. It is set in the flat Dutch river country, at `ORIGIN` in EPSG:7415 (RD New eastings and
northings, NAP heights, metres); everything else is in local metres around that point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon, box

from hanse.examples.borderland.curves import arc, smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

ORIGIN: Final = (150_000.0, 438_000.0)
SCENE: Final = (-560.0, -400.0, 560.0, 420.0)
WATER_LEVEL: Final = 0.90
RIVER_HALF_WIDTH: Final = 21.0
OLD_TOWN: Final = (-40.0, 105.0)
MOAT_RADIUS: Final = 168.0
MOAT_WIDTH: Final = 14.0
_SHALLOW: Final = 0.4
# From south to north: v rises all along, so that a place on the river can be named by its northing.
_RIVER: Final = (
    (-95.0, -560.0), (-30.0, -430.0), (22.0, -320.0), (46.0, -200.0), (38.0, -80.0),
    (8.0, 40.0), (-14.0, 160.0), (-4.0, 280.0), (45.0, 400.0), (95.0, 560.0),
)  # fmt: skip
# The bend that was cut off in 1871. The border still follows it.
_OLD_ARM: Final = (
    (8.0, -352.0), (-40.0, -322.0), (-82.0, -262.0), (-92.0, -196.0), (-70.0, -138.0), (-22.0, -100.0), (36.0, -74.0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Land:
    """What lay there before any street: river and old arm (n, 2), waters, border and the two territories."""

    river: NDArray[np.float64]
    old_arm: NDArray[np.float64]
    liede: Polygon
    moat: Polygon
    border: LineString
    west: Polygon
    east: Polygon

    @property
    def water(self) -> BaseGeometry:
        """River and moat as one area."""
        return self.liede.union(self.moat)

    def ground(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the height of the land above NAP in metres at points (n, 2), as if no water were there."""
        places = shapely.points(points)
        bank = np.maximum(shapely.distance(places, LineString(self.river)) - RIVER_HALF_WIDTH, 0.0)
        u, v = points[:, 0], points[:, 1]
        quay = _step((v + 95) / 50) * _step((330 - v) / 50)
        dike = 1.9 * np.exp(-(((bank - 14) / 12) ** 2)) * (1 - quay)
        hill = 1.4 * np.exp(-(((u + 95) ** 2 + (v - 105) ** 2) / 120**2))
        green = 0.9 * np.exp(-(((u - 165) ** 2 + (v - 92) ** 2) / 110**2))
        fall = 1.1 * _step(bank / 480)
        swell = 0.12 * np.sin(u / 71) * np.cos(v / 57)
        return np.asarray(2.55 + dike + hill + green - fall + swell, dtype=np.float64)

    def bed(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the height above NAP in metres of the ground, under water where there is water."""
        depth = np.minimum(shapely.distance(shapely.points(points), shapely.boundary(self.water)), 6.0)
        wet = shapely.contains_xy(self.water, points[:, 0], points[:, 1]) & (depth > _SHALLOW)
        return np.where(wet, WATER_LEVEL - 0.9 - 0.35 * depth, self.ground(points))


def land() -> Land:
    """Return the land both cities stand on; always the same."""
    river, old_arm = smooth(_RIVER), smooth(_OLD_ARM)
    stream = LineString(river)
    liede = stream.buffer(RIVER_HALF_WIDTH, quad_segs=16)
    ring = LineString(arc(OLD_TOWN, MOAT_RADIUS, 80, 280)).buffer(MOAT_WIDTH / 2, cap_style="flat")
    scene = box(*SCENE)
    liede = _area(shapely.intersection(liede, scene))
    border = _border(river, old_arm)
    west_edge = [(SCENE[0] - 200, border[-1][1]), (SCENE[0] - 200, border[0][1])]
    west = _area(shapely.intersection(Polygon([*border.tolist(), *west_edge]), scene))
    moat = _area(shapely.difference(shapely.intersection(ring, west), liede))
    east = _area(shapely.difference(scene, west))
    line = shapely.get_coordinates(shapely.intersection(LineString(border), scene))
    return Land(river, old_arm, liede, moat, LineString(line), west, east)


def _border(river: NDArray[np.float64], old_arm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Follow the middle of the river, but leave it for the old arm."""
    south = river[river[:, 1] < old_arm[0, 1]]
    north = river[river[:, 1] > old_arm[-1, 1]]
    return np.vstack([south, old_arm, north])


def _area(shape: shapely.Geometry) -> Polygon:
    """Return the largest polygon of a shape; slivers left by clipping are not wanted."""
    return max((Polygon(p) for p in shapely.get_parts(shape) if p.geom_type == "Polygon"), key=lambda p: p.area)


def _step(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Go smoothly from 0 at x <= 0 to 1 at x >= 1."""
    t = np.clip(x, 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float64)
