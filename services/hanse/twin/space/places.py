# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Places that a query asks about, in any coordinate system, and whether a footprint is there."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import shape

from hanse import geo
from hanse.kernel.errors import invalid
from hanse.query.geometry import rectangle
from hanse.twin.model import Box, Circle, Elsewhere

if TYPE_CHECKING:
    from hanse.twin.model import Query

WGS84 = geo.Crs.parse("EPSG:4326")
MAX_RADIUS_M = 50_000.0
MAX_SIDE_M = 1_000_000.0
_DEGREES = frozenset({4326, 4258})  # WGS 84 and ETRS89 agree within a metre, and so does what is stored
_LONGITUDE, _LATITUDE = 180.0, 90.0
_STEPS = 8


def horizontal(name: str) -> geo.Crs:
    """The two-dimensional part of a coordinate system."""
    return geo.Crs.parse(geo.Crs.parse(name).horizontal)


def in_box(query: Query, crs: str, box: Box, city_crs: str) -> Query:
    """The query narrowed to a box. Raises InvalidInputError."""
    corners = (box.min_x, box.min_y, box.max_x, box.max_y)
    if not all(map(math.isfinite, corners)) or box.min_x > box.max_x or box.min_y > box.max_y:
        raise invalid("bounding_box", "needs finite corners with min at most max")
    source, city = crs_of(crs, "bounding_box"), horizontal(city_crs)
    if source.horizontal in _DEGREES:
        return replace(query, degrees=box)
    if source.horizontal == city.horizontal:
        return replace(query, metres=box)
    if source.is_geographic or max(box.max_x - box.min_x, box.max_y - box.min_y) > MAX_SIDE_M:
        raise invalid(
            "bounding_box",
            f"in {source.code} cannot be looked for: a box is in WGS 84, in the city's {city.code}, "
            f"or in another projected system with sides of at most {MAX_SIDE_M / 1000:.0f} km",
        )
    grid = np.linspace(0.0, 1.0, _STEPS + 1)
    width, height = box.max_x - box.min_x, box.max_y - box.min_y
    _converted(source, WGS84, np.array([(box.min_x + width / 2, box.min_y + height / 2)]), "bounding_box")
    rim = np.array([(box.min_x + u * width, box.min_y + v * height) for u in grid for v in grid])
    around = _around(_converted(source, WGS84, rim, "bounding_box", everywhere=True))
    _can_be_compared(city, source)
    return replace(query, degrees=around, elsewhere=Elsewhere(source.code, city.code, box))


def in_circle(
    query: Query, crs: str, x: float, y: float, radius_m: float, city_crs: str, field: str = "circle"
) -> Query:
    """The query narrowed to what comes within `radius_m` metres of a point. Raises InvalidInputError."""
    if not 0 < radius_m <= MAX_RADIUS_M:
        raise invalid(f"{field}.radius_m", f"must be above 0 and at most {MAX_RADIUS_M:.0f}")
    if not (math.isfinite(x) and math.isfinite(y)):
        raise invalid(field, "needs a finite centre")
    east, north = in_plane(crs, x, y, city_crs, field)
    return about(query, east, north, radius_m)


def about(query: Query, east: float, north: float, radius_m: float) -> Query:
    """The query narrowed to what comes within `radius_m` metres of a point in the city's projected system."""
    square = Box(east - radius_m, north - radius_m, east + radius_m, north + radius_m)
    return replace(query, metres=square, circle=Circle(east, north, radius_m))


def in_plane(crs: str, x: float, y: float, city_crs: str, field: str) -> tuple[float, float]:
    """A point in the city's projected system. Raises InvalidInputError."""
    source, city = crs_of(crs, field), horizontal(city_crs)
    if source.is_geographic and (abs(x) > _LONGITUDE or abs(y) > _LATITUDE):
        raise invalid(field, f"({x}, {y}) is no longitude and latitude in degrees")
    ((east, north),) = _converted(source, city, np.array([(x, y)]), field).tolist()
    return east, north


def to_plane(ground: shapely.Geometry, city_crs: str, field: str) -> shapely.Geometry:
    """A geometry in WGS 84 longitude and latitude, in the city's projected system. Raises InvalidInputError."""
    return shapely.transform(ground, lambda points: _converted(WGS84, horizontal(city_crs), points, field))


def to_degrees(plane: shapely.Geometry, city_crs: str, field: str) -> shapely.Geometry:
    """The way back. Raises InvalidInputError."""
    return shapely.transform(plane, lambda points: _converted(horizontal(city_crs), WGS84, points, field))


def accepts(footprint: bytes | None, query: Query) -> bool:
    """Whether a footprint (WKB in the city's projected system) is where the query's circle or far box says."""
    if query.circle is None and query.elsewhere is None:
        return True
    if footprint is None:
        return False
    shape = shapely.from_wkb(footprint)
    if query.circle is not None:
        centre = shapely.Point(query.circle.x, query.circle.y)
        return bool(shapely.distance(shape, centre) <= query.circle.radius)
    return query.elsewhere is None or _meets(shape, query.elsewhere)


def _meets(shape: shapely.Geometry, place: Elsewhere) -> bool:
    convert = _between(place.city, place.crs)
    there = shapely.transform(shape, lambda points: convert(points).coordinates)
    box = place.box
    return bool(shapely.intersects(there, rectangle(box.min_x, box.min_y, box.max_x, box.max_y)))


def _can_be_compared(city: geo.Crs, source: geo.Crs) -> None:
    """Refuses before the first footprint what `accepts` could not do. Raises InvalidInputError."""
    try:
        _between(city.code, source.code)
    except geo.CrsError as error:
        raise invalid("bounding_box", str(error)) from None


@lru_cache(maxsize=32)
def _between(source: str, target: str) -> geo.Transformer:
    return geo.transformer(geo.Crs.parse(source), geo.Crs.parse(target)).everywhere()


def crs_of(name: str, field: str) -> geo.Crs:
    """The horizontal part of a named system, WGS 84 for none. Raises InvalidInputError."""
    try:
        return horizontal(name) if name else WGS84
    except geo.CrsError as error:
        raise invalid(f"{field}.crs", str(error)) from None


def _converted(
    source: geo.Crs, target: geo.Crs, points: np.typing.NDArray[np.float64], field: str, *, everywhere: bool = False
) -> geo.transform.Floats:
    try:
        convert = geo.transformer(source, target)  # which is not known between any two
        return (convert.everywhere() if everywhere else convert)(points).coordinates
    except geo.CrsError as error:
        raise invalid(field, str(error)) from None


def _around(points: geo.transform.Floats) -> Box:
    """The points' box, a little larger: straight edges bend between the points that were converted."""
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    x, y = 1e-6 + (east - west) * 0.01, 1e-6 + (north - south) * 0.01
    return Box(float(west - x), float(south - y), float(east + x), float(north + y))


def footprint(body: bytes, city_crs: str) -> shapely.Geometry | None:
    """Where an entity's JSON says that it is, in the city's projected system; None when it says nothing."""
    location = json.loads(body).get("location")
    value = location.get("value") if isinstance(location, dict) else None
    if not isinstance(value, dict):
        return None
    return to_plane(shapely.force_2d(shape(value)), city_crs, "location")
