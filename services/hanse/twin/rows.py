# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From a validated NGSI-LD entity to the row that storage keeps: its place, its scalars, its hash."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import shape

from hanse import geo
from hanse.contracts.validation import ROOT, validate_document
from hanse.kernel.errors import FieldViolation, InvalidInputError
from hanse.ngsild import NgsiLdError, canonical, solid_crs, validate_entity, validate_solids
from hanse.query.splitting import scalars
from hanse.twin.model import CONTRACT, INDEXED_TEXT, MAX_ENTITY_BYTES, Box, Row
from hanse.twin.space.places import WGS84, horizontal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hanse.twin.model import Scalar

Json = Any
_PLANE = 2
_SCALARS = (str, int, float)
_WKB_POINT = struct.Struct("<BIdd")  # byte order, kind, x, y
HEAD = frozenset({"@context", "id", "type", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt"})


def row(
    entity: Mapping[str, Json],
    city_crs: str,
    *,
    source_id: str = "",
    flagged: bool = False,
    system: bytes | None = None,
) -> Row:
    """The row of an entity; distances are measured in the city's projected system `city_crs`.

    Raises:
        InvalidInputError: CONTRACT_VIOLATION, with a JSON pointer and a sentence for each violation.
    """
    _check(entity)
    try:
        body = canonical(entity)
    except ValueError as error:
        raise _violation([FieldViolation("", f"cannot be written as canonical JSON (RFC 8785): {error}")]) from None
    if len(body) > MAX_ENTITY_BYTES:
        raise _violation(
            [FieldViolation("", f"the entity has {len(body)} bytes; at most {MAX_ENTITY_BYTES} are taken")]
        )
    degrees, metres, footprint = _place(entity.get("location"), city_crs)
    names = tuple(entity["type"]) if isinstance(entity["type"], list) else (str(entity["type"]),)
    low, high, reach = _extent(entity, metres, city_crs)
    return Row(
        id=str(entity["id"]),
        type=names[0],
        json=body,
        sha256=hashlib.sha256(body).hexdigest(),
        source_id=source_id or _source_id(entity),
        degrees=degrees,
        metres=metres,
        reach=reach,
        footprint=footprint,
        scalars=tuple(_scalars(entity)),
        flagged=flagged,
        types=names,
        kinds=tuple(_kinds(entity)),
        scopes=_listed(entity.get("scope")),
        low=high if low is None else low,
        high=low if high is None else high,
        height=amount(entity, "heightAboveGround"),
        system=system,
    )


def remade(body: bytes, city_crs: str) -> Row:
    """The row of an entity that was stored as this JSON. Raises InvalidInputError as `row`."""
    return row(json.loads(body), city_crs)


def amount(entity: Mapping[str, Json], name: str) -> float | None:
    """A number that an attribute holds; of several instances the first."""
    attribute = entity.get(name)
    first = attribute[0] if isinstance(attribute, list) and attribute else attribute
    value = first.get("value") if isinstance(first, dict) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _extent(
    entity: Mapping[str, Json], footprint: Box | None, city_crs: str
) -> tuple[float | None, float | None, Box | None]:
    """The ground, the highest point, and the box around footprint and solids.

    Attributes say the ground; the highest point is never below that of the solids, whatever attributes say.
    """
    low, high = amount(entity, "groundHeight"), amount(entity, "ridgeHeight")
    solid = entity.get("solidGeometry")
    around = _around(solid["json"]) if isinstance(solid, dict) else None
    if around is None:
        return (*(_heights(entity.get("location")) if low is None and high is None else (low, high)), None)
    (west, south, bottom), (east, north, top) = around
    low = bottom if low is None else low
    high = top if high is None else max(top, high)
    if not _in_city(entity, city_crs):
        return low, high, None
    plan = footprint or Box(west, south, east, north)
    reach = Box(min(west, plan.min_x), min(south, plan.min_y), max(east, plan.max_x), max(north, plan.max_y))
    return low, high, reach


def _heights(location: Json) -> tuple[float | None, float | None]:
    """The lowest and the highest point of a location that has heights."""
    point = _point(location)
    if point is not None:
        return (point[_PLANE], point[_PLANE]) if len(point) > _PLANE else (None, None)
    if not isinstance(location, dict) or location.get("type") != "GeoProperty":
        return None, None
    points = shapely.get_coordinates(shape(location["value"]), include_z=True)[:, _PLANE]
    heights = points[~np.isnan(points)].tolist()
    return (min(heights), max(heights)) if heights else (None, None)


def _around(geometry: Mapping[str, Json]) -> tuple[list[float], list[float]] | None:
    """The lowest and the highest corner of all vertices; None when there are none."""
    scale, shift = geometry["transform"]["scale"], geometry["transform"]["translate"]
    columns = [tuple(zip(*lod["vertices"], strict=True)) for lod in geometry["lods"] if lod["vertices"]]
    if not columns:
        return None
    lowest = [min(min(lod[axis]) for lod in columns) * scale[axis] + shift[axis] for axis in range(3)]
    highest = [max(max(lod[axis]) for lod in columns) * scale[axis] + shift[axis] for axis in range(3)]
    return (lowest, highest) if all(map(math.isfinite, (*lowest, *highest))) else None


def _in_city(entity: Mapping[str, Json], city_crs: str) -> bool:
    """Whether the solids are in the city's projected system."""
    try:
        return solid_crs(entity).horizontal == horizontal(city_crs).horizontal
    except (NgsiLdError, geo.CrsError):
        return False


def _kinds(entity: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for name, attribute in entity.items():
        if name not in HEAD:
            first = attribute[0] if isinstance(attribute, list) else attribute
            yield name, str(first["type"])


def _instances(attribute: Json) -> list[Mapping[str, Json]]:
    """An attribute's instances, none where it is missing."""
    found = attribute if isinstance(attribute, list) else [attribute]
    return [each for each in found if isinstance(each, dict)]


def _listed(value: Json) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),) if value else ()


def _check(entity: Mapping[str, Json]) -> None:
    found = [FieldViolation(v.pointer, v.reason) for v in validate_entity(entity)]
    found = found or [
        FieldViolation(v.pointer, f"expected {v.expected}, found {v.found}")
        for v in validate_document(entity, contract=CONTRACT, schema="entity")
    ]
    found = found or [FieldViolation(v.pointer, v.reason) for v in validate_solids(entity)]
    if found:
        raise _violation(found)


def _violation(found: list[FieldViolation]) -> InvalidInputError:
    return InvalidInputError(
        f"{found[0].field or ROOT}: {found[0].description}",
        remedy="Make the entity fulfil contract twin/v1: `hanse contracts validate --contract twin/v1 FILE`.",
        reason="CONTRACT_VIOLATION",
        violations=found,
    )


def _place(location: Json, city_crs: str) -> tuple[Box | None, Box | None, bytes | None]:
    """The footprint's box in degrees, its box in the city's system, and the footprint there."""
    point = _point(location)
    if point is not None:
        return _place_of_point(float(point[0]), float(point[1]), city_crs)
    shapes = [shape(each["value"]) for each in _instances(location) if each.get("type") == "GeoProperty"]
    if not shapes:
        return None, None, None
    ground = shapely.force_2d(shapes[0] if len(shapes) == 1 else shapely.union_all(shapes))
    degrees = _box(ground)
    try:
        convert = _projection(city_crs)
        projected = shapely.transform(ground, lambda points: convert(points).coordinates)
    except geo.CrsError:
        return degrees, None, None  # too far away for the city's system: found by longitude and latitude only
    return degrees, _box(projected), shapely.to_wkb(projected)


def _point(location: Json) -> list[float] | None:
    """The position of a location that is a single point: most are, and need no geometry library."""
    if isinstance(location, dict) and location.get("type") == "GeoProperty":
        value = location["value"]
        if value["type"] == "Point":
            found: list[float] = value["coordinates"]
            return found
    return None


def _place_of_point(x: float, y: float, city_crs: str) -> tuple[Box, Box | None, bytes | None]:
    degrees = Box(x, y, x, y)
    try:
        east, north = _projection(city_crs).point(x, y)
    except geo.CrsError:
        return degrees, None, None
    return degrees, Box(east, north, east, north), _WKB_POINT.pack(1, 1, east, north)


@lru_cache(maxsize=8)
def _projection(city_crs: str) -> geo.Transformer:
    return geo.transformer(WGS84, horizontal(city_crs))


def _box(geometry: shapely.Geometry) -> Box:
    return Box(*map(float, shapely.bounds(geometry)))


def _source_id(entity: Mapping[str, Json]) -> str:
    given = entity.get("sourceId")
    return str(given.get("value", "")) if isinstance(given, dict) else ""


def _scalars(entity: Mapping[str, Json]) -> Iterator[tuple[str, Scalar | None]]:
    """What queries may filter on: each scalar that an attribute holds; None for one that holds none."""
    for name, attribute in entity.items():
        if name not in HEAD:
            if type(attribute) is dict:  # as most are: what the query's own reading of them would say too
                kind, value = attribute["type"], attribute.get("value")
                if kind == "Property" and isinstance(value, _SCALARS):
                    yield name, _indexed(value)
                    continue
                if kind == "Relationship" and isinstance(attribute["object"], str):
                    yield name, _indexed(attribute["object"])
                    continue
                if kind == "GeoProperty" and isinstance(value, dict):
                    yield name, None
                    continue
            held = [(name, _indexed(value)) for value, _ in scalars(entity, name)]
            yield from dict.fromkeys(held) or [(name, None)]


def _indexed(value: Json) -> Scalar | None:
    if isinstance(value, str):
        return value[:INDEXED_TEXT]
    return value if isinstance(value, _SCALARS) else None
