# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From a validated NGSI-LD entity to the row that storage keeps: its place, its scalars, its hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import shape

from hanse import geo
from hanse.contracts.validation import validate_document
from hanse.kernel.errors import FieldViolation, InvalidInputError
from hanse.ngsild import canonical, validate_entity
from hanse.twin.model import CONTRACT, Box, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = Any
WGS84 = geo.Crs.parse("EPSG:4326")
_MAX_TEXT = 512
_LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """The city's projected system, in which distances are measured."""

    crs: str

    def metric(self) -> geo.Crs:
        """The horizontal part of the city's system."""
        return geo.Crs.parse(geo.Crs.parse(self.crs).horizontal)


def row(entity: Mapping[str, Json], place: Place, *, source_id: str = "", flagged: bool = False) -> Row:
    """The row of an entity.

    Raises:
        InvalidInputError: CONTRACT_VIOLATION, with a JSON pointer and a sentence for each violation.
    """
    found = [FieldViolation(v.pointer, v.reason) for v in validate_entity(entity)]
    found = found or [
        FieldViolation(v.pointer, f"expected {v.expected}, found {v.found}")
        for v in validate_document(entity, contract=CONTRACT, schema="entity")
    ]
    if found:
        raise InvalidInputError(
            f"{found[0].field or '/'}: {found[0].description}",
            remedy="Make the entity fulfil contract twin/v1: `hanse contracts validate --contract twin/v1 FILE`.",
            reason="CONTRACT_VIOLATION",
            violations=found,
        )
    body = canonical(entity)
    degrees = metres = footprint = None
    location = entity.get("location")
    if isinstance(location, dict) and location.get("type") == "GeoProperty":
        ground = shape(location["value"])
        degrees = _box(ground)
        projected = shapely.transform(ground, _projector(place))
        metres, footprint = _box(projected), shapely.to_wkb(projected)
    return Row(
        id=str(entity.get("id", "")),
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


def _projector(place: Place) -> Any:  # noqa: ANN401 - a callable over numpy arrays
    convert = geo.transformer(WGS84, place.metric())
    return lambda points: convert(points[:, :2]).coordinates


def _box(geometry: shapely.Geometry) -> Box:
    return Box(*map(float, shapely.bounds(geometry)))


def _source_id(entity: Mapping[str, Json]) -> str:
    given = entity.get("sourceId")
    return str(given.get("value", "")) if isinstance(given, dict) else ""


def _scalars(entity: Mapping[str, Json]) -> Iterator[tuple[str, str | float | bool]]:
    """What queries may filter on: Property values and Relationship objects that are one short scalar."""
    for name, attribute in entity.items():
        instances = attribute if isinstance(attribute, list) else [attribute]
        for instance in instances:
            if not isinstance(instance, dict):
                continue
            value = instance.get("value", instance.get("object"))
            if isinstance(value, bool | int | float):
                yield name, float(value) if abs(value) > _LARGEST_INTEGER else value
            elif isinstance(value, str) and len(value) <= _MAX_TEXT:
                yield name, value
