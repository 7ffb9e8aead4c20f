# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Areas in plan: united, intersected, cut, and only what covers an area kept.

Done on a grid of a micrometre: overlay on a grid cannot fail on nearly coinciding edges (Hobby, "Practical segment
intersection with finite precision output", 1999), and party walls of two surveys nearly coincide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

GRID_M = 1e-6
MIN_AREA_M2 = 1e-8


def unite(geometries: Iterable[BaseGeometry]) -> BaseGeometry:
    """The union of all, an empty polygon of none."""
    return areas(shapely.union_all(np.array(list(geometries), dtype=object), grid_size=GRID_M))


def common(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """The area that both cover."""
    return areas(shapely.intersection(one, other, grid_size=GRID_M))


def beyond(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """The area that one covers and the other does not."""
    return areas(shapely.difference(one, other, grid_size=GRID_M))


def areas(geometry: BaseGeometry) -> BaseGeometry:
    """Only what covers an area: overlay leaves points and lines behind. An empty polygon when nothing does."""
    pieces = shapely.get_parts(shapely.get_parts(geometry))  # a collection may hold several of several
    parts = [part for part in pieces if part.geom_type == "Polygon" and part.area > MIN_AREA_M2]
    if not parts:
        return Polygon()
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
