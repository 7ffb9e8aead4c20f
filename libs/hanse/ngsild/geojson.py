# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""GeoJSON geometries (RFC 7946): written from shapely, and checked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any
_DECIMALS = 8  # of a degree: about a millimetre
_POSITION_LENGTHS = (2, 3)
_MIN_LINE, _MIN_RING = 2, 4
_LONGITUDE, _LATITUDE = 180.0, 90.0
# How deep below "coordinates" positions lie.
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


def write(shape: shapely.Geometry) -> dict[str, Json]:
    """Return a GeoJSON geometry; exterior rings run counterclockwise (RFC 7946 section 3.1.6)."""
    oriented: Any = shapely.orient_polygons(shape)
    mapping = oriented.__geo_interface__
    return {"type": mapping["type"], "coordinates": _lists(mapping["coordinates"])}


def _lists(node: Json) -> Json:
    return [_lists(child) for child in node] if isinstance(node, tuple | list) else round(float(node), _DECIMALS)


def faults(geometry: Json) -> Iterator[tuple[str, str]]:
    """Yield (JSON pointer, sentence) for what is wrong with a geometry in WGS 84 longitude and latitude."""
    if not isinstance(geometry, dict):
        yield "", "a GeoJSON geometry is an object"
        return
    type_ = geometry.get("type")
    if not isinstance(type_, str) or type_ not in _DEPTH:
        yield "/type", f"a geometry type is one of {', '.join(_DEPTH)}"
        return
    if "coordinates" not in geometry:
        yield "", "the geometry lacks coordinates"
        return
    yield from _coordinates(geometry["coordinates"], _DEPTH[type_], type_, "/coordinates")


def _coordinates(node: Json, depth: int, type_: str, at: str) -> Iterator[tuple[str, str]]:
    if depth == 0:
        yield from _position(node, at)
        return
    if not isinstance(node, list) or not node:
        yield at, "an array with at least one entry is needed here"
        return
    broken = False
    for number, child in enumerate(node):
        for fault in _coordinates(child, depth - 1, type_, f"{at}/{number}"):
            broken = True
            yield fault
    if depth == 1 and not broken:
        yield from _line(node, type_, at)


def _position(node: Json, at: str) -> Iterator[tuple[str, str]]:
    if not isinstance(node, list) or len(node) not in _POSITION_LENGTHS:
        yield at, "a position is [longitude, latitude] or [longitude, latitude, height]"
    elif not all(type(number) in {int, float} and math.isfinite(number) for number in node):
        yield at, "a position holds finite numbers"
    elif abs(node[0]) > _LONGITUDE or abs(node[1]) > _LATITUDE:
        yield at, f"{node[:2]} is no longitude and latitude in degrees; convert from the projected CRS first"


def _line(node: list[Json], type_: str, at: str) -> Iterator[tuple[str, str]]:
    if type_.endswith("LineString") and len(node) < _MIN_LINE:
        yield at, "a line has at least two positions"
    if not type_.endswith("Polygon"):
        return
    if len(node) < _MIN_RING:
        yield at, "a ring has at least four positions, the last equal to the first"
    elif node[0] != node[-1]:
        yield at, "the ring is not closed: repeat its first position at the end"
