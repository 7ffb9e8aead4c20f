# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Coordinate reference systems, solids, footprints, distances, validity; space, sight, sun and shadow.

Pure functions over numpy and shapely. Horizontal coordinates are always x (easting or longitude) before
y (northing or latitude); heights stay in their own, named vertical datum.
"""

from __future__ import annotations

from hanse.geo.crs import Crs, CrsError, DatumStatus, VerticalDatum
from hanse.geo.footprint import (
    FootprintError,
    Plan,
    bbox,
    distance,
    eaves_height,
    footprint,
    ground_height,
    ridge_height,
)
from hanse.geo.scene import Scene
from hanse.geo.shadow import Samples, samples, shadow, shadows, sun_hours, sunlit
from hanse.geo.sight import Obstacle, line_of_sight
from hanse.geo.solid import Solid, Surface
from hanse.geo.space import (
    Neighbour,
    distance_3d,
    inside,
    meets_box,
    nearest,
    surface_height,
)
from hanse.geo.sun import Sun, convergence, sun_position, suns
from hanse.geo.transform import Converted, Transformer, transformer
from hanse.geo.triangles import triangles
from hanse.geo.validity import Fault, Flag, Tolerances, check, overlaps

__all__ = [
    "Converted",
    "Crs",
    "CrsError",
    "DatumStatus",
    "Fault",
    "Flag",
    "FootprintError",
    "Neighbour",
    "Obstacle",
    "Plan",
    "Samples",
    "Scene",
    "Solid",
    "Sun",
    "Surface",
    "Tolerances",
    "Transformer",
    "VerticalDatum",
    "bbox",
    "check",
    "convergence",
    "distance",
    "distance_3d",
    "eaves_height",
    "footprint",
    "ground_height",
    "inside",
    "line_of_sight",
    "meets_box",
    "nearest",
    "overlaps",
    "ridge_height",
    "samples",
    "shadow",
    "shadows",
    "sun_hours",
    "sun_position",
    "sunlit",
    "suns",
    "surface_height",
    "transformer",
    "triangles",
]
