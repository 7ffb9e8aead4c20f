# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From a validated NGSI-LD entity to the row that storage keeps: its place, its scalars, its hash."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import shape

from hanse import geo
from hanse.contracts.validation import ROOT, validate_document
from hanse.kernel.errors import FieldViolation, InvalidInputError
from hanse.ngsild import canonical, validate_entity, validate_solids
from hanse.twin.model import CONTRACT, INDEXED_TEXT, MAX_ENTITY_BYTES, Box, Row
from hanse.twin.places import WGS84, horizontal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hanse.twin.model import Scalar

Json = Any


def row(entity: Mapping[str, Json], city_crs: str, *, source_id: str = "", flagged: bool = False) -> Row:
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
    return Row(
        id=str(entity["id"]),
        type=str(entity["type"]),
        json=body,
        sha256=hashlib.sha256(body).hexdigest(),
        source_id=source_id or _source_id(entity),
        degrees=degrees,
        metres=metres,
        footprint=footprint,
        scalars=tuple(_scalars(entity)),
        flagged=flagged,
    )


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
    if not isinstance(location, dict) or location.get("type") != "GeoProperty":
        return None, None, None
    ground = shapely.force_2d(shape(location["value"]))
    degrees = _box(ground)
    try:
        convert = _projection(city_crs)
        projected = shapely.transform(ground, lambda points: convert(points).coordinates)
    except geo.CrsError:
        return degrees, None, None  # too far away for the city's system: found by longitude and latitude only
    return degrees, _box(projected), shapely.to_wkb(projected)


@lru_cache(maxsize=8)
def _projection(city_crs: str) -> geo.Transformer:
    return geo.transformer(WGS84, horizontal(city_crs))


def _box(geometry: shapely.Geometry) -> Box:
    return Box(*map(float, shapely.bounds(geometry)))


def _source_id(entity: Mapping[str, Json]) -> str:
    given = entity.get("sourceId")
    return str(given.get("value", "")) if isinstance(given, dict) else ""


def _scalars(entity: Mapping[str, Json]) -> Iterator[tuple[str, Scalar | None]]:
    """What queries may filter on: Property values and Relationship objects that are one scalar; else None."""
    for name, attribute in entity.items():
        instances = attribute if isinstance(attribute, list) else [attribute]
        for instance in instances:
            if isinstance(instance, dict) and name != "@context":
                value = instance.get("value", instance.get("object"))
                yield name, _indexed(value)


def _indexed(value: Json) -> Scalar | None:
    if isinstance(value, str):
        return value[:INDEXED_TEXT]
    return value if isinstance(value, bool | int | float) else None
