# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Parallel projection from the side and above: lengths along one direction keep one scale everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from hanse.permit.report.pictures.svg import polygons_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from hanse.permit.report.pictures.faces import Face
    from hanse.permit.report.pictures.svg import Floats

_SIDES: Final = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
_AMBIENT: Final = 0.3


@dataclass(frozen=True, slots=True)
class Camera:
    """Looks at the world from the side and above.

    `azimuth` is where the viewer stands (radians, counter-clockwise from east), `elevation` how high (radians).
    Screen x goes right and y down, `scale` units a metre; what lies at (left, top) comes to the corner.
    """

    azimuth: float
    elevation: float
    scale: float = 1.0
    left: float = 0.0
    top: float = 0.0

    @property
    def right(self) -> Floats:
        """Unit vector of the world that points right on the screen."""
        return np.array([-math.sin(self.azimuth), math.cos(self.azimuth), 0.0])

    @property
    def viewer(self) -> Floats:
        """Unit vector towards the viewer."""
        flat = math.cos(self.elevation)
        return np.array([math.cos(self.azimuth) * flat, math.sin(self.azimuth) * flat, math.sin(self.elevation)])

    @property
    def light(self) -> Floats:
        """Unit vector towards the light: from the left, a little behind the viewer, above."""
        vector = -0.62 * self.right + 0.36 * self.viewer * [1, 1, 0] + np.array([0.0, 0.0, 0.95])
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)

    @property
    def side(self) -> str:
        """Where the viewer stands, as a point of the compass."""
        return _SIDES[round((math.pi / 2 - self.azimuth) / (math.pi / 4)) % len(_SIDES)]

    @property
    def upright(self) -> float:
        """Screen units of one metre of height."""
        return self.scale * math.cos(self.elevation)

    def at(self, points: Floats) -> Floats:
        """Return (n, 3) screen x, y and depth (greater is nearer) of (n, 3) world points."""
        up = np.cross(self.viewer, self.right)
        x = points @ self.right * self.scale - self.left
        y = -(points @ up) * self.scale - self.top
        return np.column_stack([x, y, points @ self.viewer * self.scale])

    def ground(self, points: Floats, height: float) -> Floats:
        """Return (n, 2) screen points of plan points (n, 2) at one height."""
        return self.at(np.column_stack([points[:, :2], np.full(len(points), height)]))[:, :2]

    def fitted(self, low: Floats, high: Floats, box: tuple[float, float, float, float]) -> Camera:
        """Return the camera that shows what reaches from `low` to `high` on its screen inside a box (x, y, w, h)."""
        x, y, wide, tall = box
        scale = min(wide / (high[0] - low[0]), tall / (high[1] - low[1]))
        middle = (low + high) / 2 * scale
        return replace(
            self, scale=self.scale * scale, left=float(middle[0] - x - wide / 2), top=float(middle[1] - y - tall / 2)
        )

    def lit(self, face: Face) -> float:
        """Return how much light falls on the side of a face that is seen, 0 to 1."""
        normal = face.normal if float(face.normal @ self.viewer) >= 0 else -face.normal
        return _AMBIENT + (1 - _AMBIENT) * max(0.0, float(normal @ self.light))


def shadow(footprint: BaseGeometry, height: float, light: Floats) -> BaseGeometry:
    """Return the area that a block of a height in metres shades on level ground."""
    reach = -light[:2] / light[2] * height
    pieces = [footprint, shapely.transform(footprint, lambda points: points + reach)]
    for ring in (ring for part in polygons_of(footprint) for ring in (part.exterior, *part.interiors)):
        points = np.asarray(ring.coords, dtype=np.float64)[:, :2]
        quads = np.stack([points[:-1], points[1:], points[1:] + reach, points[:-1] + reach], axis=1)
        pieces.extend(np.atleast_1d(np.asarray(shapely.make_valid(shapely.polygons(quads)))).tolist())
    return shapely.union_all(pieces)
