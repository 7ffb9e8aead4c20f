# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Coordinate reference systems, solids, footprints, distances and cheap validity checks.

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
from hanse.geo.solid import Solid, Surface
from hanse.geo.transform import Converted, Transformer, transformer
from hanse.geo.validity import Fault, Flag, Tolerances, check, overlaps

__all__ = [
    "Converted",
    "Crs",
    "CrsError",
    "DatumStatus",
    "Fault",
    "Flag",
    "FootprintError",
    "Plan",
    "Solid",
    "Surface",
    "Tolerances",
    "Transformer",
    "VerticalDatum",
    "bbox",
    "check",
    "distance",
    "eaves_height",
    "footprint",
    "ground_height",
    "overlaps",
    "ridge_height",
    "transformer",
]
