# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""A city's outline as an NGSI-LD entity of its twin: type City, its ground as location in WGS 84."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hanse.examples.borderland import cityjson, zoning
from hanse.geo import Crs, transformer

if TYPE_CHECKING:
    from shapely.geometry import Polygon

_WGS84: Final = Crs.parse("EPSG:4326")
_DECIMALS: Final = 8  # of a degree: a millimetre


def entity(city: cityjson.City, territory: Polygon) -> dict[str, Any]:
    """Return the entity of contract twin/v1; `territory` is in local metres."""
    rings = zoning.geojson(territory)["coordinates"]
    convert = transformer(Crs.parse(cityjson.CRS), _WGS84)
    degrees = [np.round(convert(np.array(ring)).coordinates, _DECIMALS).tolist() for ring in rings]
    return {
        "id": f"urn:hanse:{city.authority}:city:{city.key}",
        "type": "City",
        "name": {"type": "Property", "value": city.title},
        "location": {"type": "GeoProperty", "value": {"type": "Polygon", "coordinates": degrees}},
    }
