# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Geometries of queries and entities: read from GeoJSON with limits, compared, and their distance in metres.

Relations are those of Simple Features in the plane of longitude and latitude (heights take no part). Distances
are geodesic on WGS 84: the nearest two points are found in a plane where a degree of longitude has its length at
their latitude, and the geodesic between these is measured.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyproj
import shapely
from shapely.geometry import shape as _shape

from hanse.query.errors import LIMITS, Limits, QueryError
from hanse.query.model import Box, Geometry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shapely.geometry.base import BaseGeometry

Json = Any
_GEOD = pyproj.Geod(ellps="WGS84")
# Nesting of coordinates, and positions that the innermost list needs.
_FORMS = {
    "Point": (0, 1),
    "MultiPoint": (1, 1),
    "LineString": (1, 2),
    "MultiLineString": (2, 2),
    "Polygon": (2, 4),
    "MultiPolygon": (3, 4),
}
KINDS = frozenset(_FORMS) | {"GeometryCollection"}
_RELATIONS: Mapping[str, Callable[..., Any]] = {
    "s_contains": shapely.contains,
    "s_crosses": shapely.crosses,
    "s_disjoint": shapely.disjoint,
    "s_equals": shapely.equals,
    "s_intersects": shapely.intersects,
    "s_overlaps": shapely.overlaps,
    "s_touches": shapely.touches,
    "s_within": shapely.within,
}
_DEGREE = 110_574.0  # metres of latitude to one degree where it is shortest, at the equator
_SLACK = 1.01  # more than the ellipsoid's difference from the sphere in _reach
_FLAT, _SOLID = 4, 6


def read_geometry(
    language: str, value: Json, *, position: int | str | None = None, limits: Limits = LIMITS, simple: bool = False
) -> Geometry:
    """Read a GeoJSON geometry; with `simple`, refuse collections and what is no valid geometry (RFC 7946 section 3.1).

    Raises:
        QueryError: the form is not GeoJSON's, a number is not finite, a ring is open, or there are too many positions.
    """
    reader = _Reader(language, position, limits)
    form = reader.geometry(value, collections=not simple)
    made = _shape(form)
    if simple:
        reader.check_valid(made)
    return Geometry(shapely.to_wkb(made, flavor="iso"))


class _Reader:
    """Checks structure before shapely sees it, and counts positions."""

    def __init__(self, language: str, position: int | str | None, limits: Limits) -> None:
        self.language, self.position, self.left, self.limits = language, position, limits.positions, limits

    def geometry(self, value: Json, *, collections: bool) -> dict[str, Json]:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind == "GeometryCollection" and collections:
            parts = value.get("geometries")
            if not isinstance(parts, list) or not parts:
                raise self.error("a GeometryCollection has no geometries", "a list of geometries")
            return {"type": kind, "geometries": [self.geometry(part, collections=False) for part in parts]}
        if not isinstance(kind, str) or kind not in _FORMS:
            known = ", ".join(sorted(KINDS if collections else _FORMS))
            raise self.error(f"there is no geometry type {str(kind)[:40]!r}", f"one of {known}")
        depth, fewest = _FORMS[kind]
        coordinates = self.coordinates(value.get("coordinates"), depth, fewest, ring=fewest == _FORMS["Polygon"][1])
        if len(self.dimensions(coordinates, depth)) > 1:
            raise self.error("some positions have a height and some have none", "positions of one kind")
        return {"type": kind, "coordinates": coordinates}

    def coordinates(self, value: Json, depth: int, fewest: int, *, ring: bool) -> Json:
        if not isinstance(value, list):
            raise self.error("coordinates are no list", "GeoJSON coordinates")
        if depth == 0:
            return self.point(value)
        if len(value) < (fewest if depth == 1 else 1):
            raise self.error(
                f"a list of coordinates has {len(value)} members", f"at least {fewest if depth == 1 else 1}"
            )
        result = [self.coordinates(each, depth - 1, fewest, ring=ring) for each in value]
        if ring and depth == 1 and result[0] != result[-1]:
            raise self.error("a ring is not closed", "the first position again at its end")
        return result

    def point(self, value: list[Json]) -> list[float]:
        self.left -= 1
        if self.left < 0:
            raise self.error(f"it has more than {self.limits.positions} positions", "a simpler geometry")
        if len(value) not in {2, 3} or not all(type(each) in {int, float} for each in value):
            raise self.error("a position is not two or three numbers", "longitude, latitude and perhaps height")
        try:
            numbers = [float(each) + 0.0 for each in value]  # no negative zero
        except OverflowError:
            numbers = [math.inf]
        if not all(map(math.isfinite, numbers)):
            raise self.error("a coordinate is not finite", "finite numbers")
        return numbers

    def dimensions(self, coordinates: Json, depth: int) -> set[int]:
        if depth == 0:
            return {len(coordinates)}
        return set().union(*(self.dimensions(each, depth - 1) for each in coordinates))

    def check_valid(self, geometry: BaseGeometry) -> None:
        west, south, east, north = geometry.bounds
        if west < -180 or east > 180 or south < -90 or north > 90:  # noqa: PLR2004 - degrees
            raise self.error(
                "a coordinate is beyond the globe", "longitudes from -180 to 180, latitudes from -90 to 90"
            )
        if not geometry.is_valid:
            raise self.error(f"the geometry is not valid ({shapely.is_valid_reason(geometry)})", "a valid geometry")

    def error(self, problem: str, expected: str) -> QueryError:
        return QueryError(self.language, problem, position=self.position, expected=expected)


def read_box(language: str, value: Json, *, position: int | str | None = None) -> Box:
    """Read a bounding box of four or six numbers (RFC 7946 section 5).

    Raises:
        QueryError: another count, a number that is not finite, or north below south.
    """
    expected = "west, south, east, north, or with heights west, south, lowest, east, north, highest"
    right = isinstance(value, list) and len(value) in {_FLAT, _SOLID} and all(type(n) in {int, float} for n in value)
    try:
        numbers = tuple(float(each) + 0.0 for each in value) if right else (math.nan,)
    except OverflowError:
        numbers = (math.inf,)
    if not all(map(math.isfinite, numbers)):
        raise QueryError(language, "a box has other than finite numbers", position=position, expected=expected)
    half = len(numbers) // 2
    if numbers[1] > numbers[half + 1]:
        raise QueryError(language, "a box has its south above its north", position=position, expected=expected)
    return Box(numbers)


@lru_cache(maxsize=512)
def shape(geometry: Geometry | Box) -> BaseGeometry:
    """Return a query's geometry for computing; one that crosses itself is made valid, a box over 180° is two."""
    if isinstance(geometry, Geometry):
        made = _sound(shapely.from_wkb(geometry.wkb))
    else:
        half = len(geometry.bounds) // 2
        west, south, east, north = (*geometry.bounds[:2], *geometry.bounds[half : half + 2])
        made = rectangle(west, south, east, north)
    shapely.prepare(made)
    return made


def rectangle(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """Return a box as a polygon, as a line or point where it has no area; two where west is above east."""
    if west > east:
        return shapely.union(rectangle(west, south, 180, north), rectangle(-180, south, east, north))
    if west < east and south < north:
        return shapely.box(west, south, east, north)
    ends = [(west, south), (east, north)]
    return shapely.Point(ends[0]) if ends[0] == ends[1] else shapely.LineString(ends)


def geojson(geometry: Geometry) -> dict[str, Json]:
    """Write a geometry as GeoJSON."""
    result: dict[str, Json] = json.loads(shapely.to_geojson(shapely.from_wkb(geometry.wkb)))
    return result


def from_entity(value: Json) -> BaseGeometry | None:
    """Return a GeoJSON geometry of an entity for computing; None when it is none."""
    if not isinstance(value, dict) or value.get("type") not in KINDS:
        return None
    try:
        return _sound(_shape(_Reader("", None, _UNBOUNDED).geometry(value, collections=True)))
    except QueryError:
        return None


_UNBOUNDED = Limits(positions=10_000_000)


def _sound(geometry: BaseGeometry) -> BaseGeometry:
    return geometry if geometry.is_valid else shapely.make_valid(geometry)


def relates(relation: str, left: BaseGeometry, right: BaseGeometry) -> bool:
    """Tell whether a relation of Simple Features holds; False where the two kinds have no such relation."""
    try:
        return bool(_RELATIONS[relation](left, right))
    except shapely.errors.GEOSException:
        return False


def metres(one: BaseGeometry, other: BaseGeometry) -> float:
    """Return the geodesic distance in metres, 0 where they meet."""
    (west, south), (east, north) = nearest(one, other)
    return float(_GEOD.inv(west, south, east, north)[2])


def nearest(one: BaseGeometry, other: BaseGeometry) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the nearest two positions of two geometries, longitude first."""
    middle = (one.bounds[1] + one.bounds[3] + other.bounds[1] + other.bounds[3]) / 4
    (_, south), (_, north) = _nearest(one, other, middle)
    return _nearest(one, other, (south + north) / 2)  # at the latitude of the positions that were found


def _nearest(
    one: BaseGeometry, other: BaseGeometry, latitude: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    scale = max(math.cos(math.radians(min(max(latitude, -89.9), 89.9))), 1e-3)

    def plane(geometry: BaseGeometry) -> BaseGeometry:
        return shapely.transform(geometry, lambda xy: xy * (scale, 1.0))

    line = shapely.shortest_line(plane(one), plane(other))
    (x0, y0), (x1, y1) = shapely.get_coordinates(line)
    return (float(x0 / scale), float(y0)), (float(x1 / scale), float(y1))


def envelope(geometry: Geometry | Box, reach: float = 0.0) -> tuple[float, float, float, float] | None:
    """Return the box outside of which nothing is within `reach` metres; None when it leaves the map."""
    west, south, east, north = shape(geometry).bounds
    if reach == 0.0:
        return west, south, east, north
    up = reach * _SLACK / _DEGREE
    highest = max(abs(south - up), abs(north + up))
    if highest >= 89:  # noqa: PLR2004 - degrees: near a pole every longitude is near
        return None
    across = up / math.cos(math.radians(highest))
    if west - across < -180 or east + across > 180:  # noqa: PLR2004 - degrees
        return None
    return west - across, south - up, east + across, north + up
