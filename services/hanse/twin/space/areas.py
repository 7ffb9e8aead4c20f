# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Areas that are asked about: GeoJSON polygons in WGS 84, and footprints of entities."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import shape

from hanse import query as languages
from hanse.kernel.errors import NotFoundError, invalid
from hanse.ngsild import geojson
from hanse.query import QueryError
from hanse.twin.space import places

if TYPE_CHECKING:
    from hanse.twin.model import Query, Stored

MAX_BYTES = 64 * 1024
POLYGONAL = ("Polygon", "MultiPolygon")
_LONGITUDE, _LATITUDE = 180.0, 90.0


def parsed(text: str, field: str) -> shapely.Geometry:
    """A polygon or several, that do not cross themselves. Raises InvalidInputError."""
    _, area = _read(text, field)
    return area


def within(query: Query, text: str, field: str) -> Query:
    """The query narrowed to what meets a polygon. Raises InvalidInputError."""
    if len(text) > MAX_BYTES:
        raise invalid(field, f"has more than {MAX_BYTES} bytes")
    document, _ = _read(text, field)
    try:
        meets = languages.parse_geo("intersects", document["type"], document["coordinates"], "location")
    except QueryError as error:
        raise invalid(field, str(error)) from None
    return replace(query, condition=meets)


def _read(text: str, field: str) -> tuple[dict[str, Any], shapely.Geometry]:
    try:
        document = json.loads(text)
        if document["type"] not in POLYGONAL:
            raise invalid(field, f"is a {str(document['type'])[:40]}; it must be a Polygon or MultiPolygon")
        area = shapely.force_2d(shape(document))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, shapely.GEOSException):
        raise invalid(field, "must be a GeoJSON polygon (RFC 7946)") from None
    west, south, east, north = shapely.bounds(area).tolist()
    if area.is_empty or not (west >= -_LONGITUDE and east <= _LONGITUDE and south >= -_LATITUDE and north <= _LATITUDE):
        raise invalid(field, "must have longitudes and latitudes in degrees")
    if not area.is_valid:
        raise invalid(field, f"is no valid area: {shapely.is_valid_reason(area)}")
    return document, area


def of_entity(found: Stored | None, city_crs: str, entity_id: str) -> shapely.Geometry:
    """The footprint of an entity in the city's projected system. Raises NotFoundError, InvalidInputError."""
    if found is None:
        raise NotFoundError(f"no entity {entity_id[:200]!r}", remedy="Ask by URN or by the source's own id.")
    area = places.footprint(found.json, city_crs)
    if not isinstance(area, shapely.Polygon | shapely.MultiPolygon):
        raise invalid("areas_of", f"{entity_id[:200]} has no polygon as its location")
    return area if area.is_valid else shapely.make_valid(area)


def multipolygon(plan: shapely.Geometry) -> str:
    """A plan in degrees as a GeoJSON MultiPolygon, "" for an empty one."""
    if shapely.is_empty(plan):
        return ""
    written = geojson.write(plan)
    coordinates = written["coordinates"] if written["type"] == "MultiPolygon" else [written["coordinates"]]
    return json.dumps({"type": "MultiPolygon", "coordinates": coordinates}, separators=(",", ":"))
