# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Small solids whose answers are plain to see, far from the origin as national coordinates are."""

from __future__ import annotations

import numpy as np

from hanse.geo import Solid, Surface

ORIGIN = (85_000.0, 447_000.0, 1.0)
SIDES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
NAMES = ("GroundSurface", "RoofSurface", "WallSurface", "WallSurface", "WallSurface", "WallSurface")
CORNERS = np.array([(x, y, z) for z in (0, 1) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))], dtype=np.float64)


def block(
    size: tuple[float, float, float], at: tuple[float, float, float] = (0, 0, 0), *, closed: bool = True
) -> Solid:
    """A box of `size`, its lowest corner `at` metres from ORIGIN."""
    surfaces = tuple(Surface((side,), name) for side, name in zip(SIDES, NAMES, strict=True))
    return Solid(CORNERS * size + np.array(at) + ORIGIN, (surfaces,), closed=closed, lod="2")


def there(x: float, y: float, z: float) -> tuple[float, float, float]:
    """The point at x, y, z from ORIGIN."""
    return ORIGIN[0] + x, ORIGIN[1] + y, ORIGIN[2] + z
