# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Where a coordinate reference system is used: numbers far outside it belong to another system, or to none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyproj
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Neighbours across a border or in the next zone are written in the same system, so a third of the area's extent, and
# at least 100 km or a degree, is allowed on each side. That keeps all of the Netherlands in UTM zone 32, and RD's
# numbers out of UTM and out of Belgian Lambert 72.
_MARGIN = 1 / 3
_LEAST_M, _LEAST_DEG = 100_000.0, 1.0
_GLOBE = np.array([180.0, 90.0])


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """A system's area of use with its margin: least and greatest x and y, in the system's own units."""

    low: Floats
    high: Floats

    def first_outside(self, points: Floats) -> int | None:
        """Return the number of the first of (n, 2) points that lies outside; None when none does."""
        outside = ((points < self.low) | (points > self.high)).any(axis=1)
        return int(np.argmax(outside)) if outside.any() else None

    def __str__(self) -> str:
        """Return the bounds as a sentence has them, short of false precision."""
        (west, south), (east, north) = self.low.tolist(), self.high.tolist()
        return f"x {west:.6g} to {east:.6g}, y {south:.6g} to {north:.6g}"


@lru_cache(maxsize=256)
def area(code: int) -> Area | None:
    """Return where the two-dimensional system ``code`` of EPSG is used; None when EPSG or PROJ cannot tell."""
    crs = pyproj.CRS.from_epsg(code)
    use, base = crs.area_of_use, crs.geodetic_crs
    if use is None or base is None or use.west > use.east:
        return None
    bounds = use.bounds
    if not crs.is_geographic:
        bounds = pyproj.Transformer.from_crs(base, crs, always_xy=True).transform_bounds(*bounds)
    low, high = np.array(bounds[:2]), np.array(bounds[2:])
    if not (np.isfinite(low) & np.isfinite(high)).all():
        return None
    least = _LEAST_DEG if crs.is_geographic else _LEAST_M / crs.axis_info[0].unit_conversion_factor
    margin = np.maximum((high - low) * _MARGIN, least)
    if crs.is_geographic:
        return Area(np.maximum(low - margin, -_GLOBE), np.minimum(high + margin, _GLOBE))
    return Area(low - margin, high + margin)
