# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What stands around: from entities of contract twin/v1 to buildings with their heights, and to cities' outlines."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape

from hanse import geo
from hanse.cityjson import best_solids
from hanse.geo import Crs, CrsError, DatumStatus, Solid, VerticalDatum, transformer
from hanse.ngsild import NgsiLdError, to_feature
from hanse.permit import planar
from hanse.permit.model import Floats, Neighbour, Outline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

Json = Any
_WGS84 = Crs.parse("EPSG:4326")


class BuildingError(ValueError):
    """An entity whose place cannot be told; the sentence says why."""


def horizontal_of(entity: Mapping[str, Json]) -> int | None:
    """EPSG code of the horizontal system of an entity's solids; None when it has none or it is not understood."""
    geometry = _member(entity, "solidGeometry", "json")
    name = geometry.get("crs") if isinstance(geometry, dict) else None
    try:
        return Crs.parse(name).horizontal if isinstance(name, str) else None
    except CrsError:
        return None


def read(document: bytes, city: str, target: Crs) -> Neighbour:
    """The building that an entity describes, in the horizontal system `target`.

    Its solids are taken when they are in that system, else its location (WGS 84).

    Raises:
        BuildingError: it has neither, only a point or a line, or is no JSON.
    """
    entity = _entity(document)
    solids = _solids(entity, target)
    outline, accuracy = _outline(entity, solids, target)
    footprint = planar.areas(outline)
    if footprint.is_empty:
        raise BuildingError(f"{entity['id']} has a place but no outline, so nobody knows how near it stands")
    return Neighbour(
        id=entity["id"],
        city=city,
        footprint=footprint,
        ground=_number(entity, "groundHeight"),
        ridge=_number(entity, "ridgeHeight"),
        datum=_datum(entity),
        surfaces=_surfaces(solids),
        accuracy_m=accuracy,
    )


def read_outline(document: bytes, target: Crs) -> Outline:
    """The outline of a city that an entity describes (its location), in the horizontal system `target`.

    Raises:
        BuildingError: it has none that encloses anything, or is no JSON.
    """
    entity = _entity(document)
    name, (area, _) = _member(entity, "name", "value"), _outline(entity, (), target)
    if area.geom_type not in {"Polygon", "MultiPolygon"} or not all(map(math.isfinite, area.bounds)):
        raise BuildingError(f"{entity['id']} has a location that is no area on earth")
    return Outline(name if isinstance(name, str) else "", shapely.make_valid(area))


def _entity(document: bytes) -> dict[str, Json]:
    try:
        entity = json.loads(document)
    except ValueError:
        raise BuildingError("the entity is no JSON") from None
    if not isinstance(entity, dict) or not isinstance(entity.get("id"), str):
        raise BuildingError("the entity is no object with an id")
    return entity


def _member(entity: Mapping[str, Json], name: str, member: str) -> Json:
    attribute = entity.get(name)
    return attribute.get(member) if isinstance(attribute, dict) else None


def _number(entity: Mapping[str, Json], name: str) -> float | None:
    value = _member(entity, name, "value")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _solids(entity: dict[str, Json], target: Crs) -> list[Solid]:
    if "solidGeometry" not in entity or horizontal_of(entity) != target.horizontal:
        return []
    try:
        return best_solids(to_feature(entity))
    except NgsiLdError:
        return []


def _outline(entity: Mapping[str, Json], solids: Sequence[Solid], target: Crs) -> tuple[BaseGeometry, float | None]:
    """The outline, and how accurately its place is known in metres (None: not known)."""
    try:
        if solids and not (footprint := geo.footprint(solids)).is_empty:
            return footprint, 0.0
    except geo.FootprintError as error:
        raise BuildingError(f"{entity['id']}: {error}") from None
    location = _member(entity, "location", "value")
    if not isinstance(location, dict):
        raise BuildingError(f"{entity['id']} has neither solids nor a location")
    try:
        degrees = shapely.make_valid(shape(location))
        convert = transformer(_WGS84, target)
        moved: BaseGeometry = shapely.transform(degrees, lambda points: convert(points).coordinates)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, ShapelyError) as error:
        raise BuildingError(f"{entity['id']} has a location that cannot be read: {error}") from None
    told = _number(entity["location"], "accuracy")
    return moved, None if convert.accuracy_m is None else max(convert.accuracy_m, told or 0.0)


def _datum(entity: Mapping[str, Json]) -> VerticalDatum:
    """The datum that the ridge's height names, else that of the solids."""
    ridge, solids = entity.get("ridgeHeight"), _member(entity, "solidGeometry", "json")
    name = status = None
    if isinstance(ridge, dict):
        name, status = _member(ridge, "verticalDatum", "value"), _member(ridge, "verticalDatumStatus", "value")
    if name is None and isinstance(solids, dict):
        name, status = solids.get("verticalDatum"), solids.get("verticalDatumStatus")
    known = {each.value: each for each in DatumStatus}
    if not isinstance(name, str) or status not in known:
        return VerticalDatum("unknown", None, DatumStatus.UNKNOWN)
    return VerticalDatum(name, None, known[status])


def _surfaces(solids: Sequence[Solid]) -> tuple[tuple[str, tuple[Floats, ...]], ...]:
    return tuple(
        (surface.semantic or "", tuple(solid.vertices[list(ring)] for ring in surface.rings))
        for solid in solids
        for surface in solid.surfaces
    )
