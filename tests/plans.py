# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Plans and rules that tests write at run time: a real model put on a plot, a zoning document over a rectangle."""

from __future__ import annotations

from typing import Any

import ifcopenshell
import ifcopenshell.api.georeference


def place(model: Any, eastings: float, northings: float, height: float) -> Any:
    """The model with its origin on a point in EPSG:7415: an IfcMapConversion, or the property sets of IFC2X3."""
    ifcopenshell.api.georeference.add_georeferencing(model, name="EPSG:7415")
    ifcopenshell.api.georeference.edit_georeferencing(
        model,
        projected_crs={"Name": "EPSG:7415", "VerticalDatum": "NAP"},
        coordinate_operation={"Eastings": eastings, "Northings": northings, "OrthogonalHeight": height},
    )
    return model


def rectangle(box: tuple[float, float, float, float]) -> dict[str, Any]:
    """A GeoJSON polygon."""
    x0, y0, x1, y1 = map(float, box)
    return {"type": "Polygon", "coordinates": [[[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]]}


def rule(identifier: str, measure: str, **parameters: Any) -> dict[str, Any]:
    """One rule with its source."""
    return {
        "id": identifier,
        "measure": measure,
        "parameters": parameters,
        "source": {
            "article": "3.1",
            "title": {"nl": "Bouwregels", "en": "Building rules"},
            "text": {"nl": "Zoals hier gesteld.", "en": "As stated here."},
            "in_force": {"from": "2024-01-01", "to": None},
        },
    }


def zoning(authority: str, box: tuple[float, float, float, float], max_m: float = 12.0) -> dict[str, Any]:
    """One residential zone over a rectangle, with every measure."""
    plane = rectangle(box)
    return {
        "contract": "zoning/v1",
        "revision": "1.0.0",
        "id": f"urn:hanse:{authority}:zoning:test-2026",
        "authority": authority,
        "title": {"nl": "Proefplan", "en": "Test plan"},
        "in_force": {"from": "2024-01-01", "to": None},
        "jurisdiction": "NL",
        "licence": "CC0-1.0",
        "owner": "Test",
        "terms": "",
        "crs": "https://www.opengis.net/def/crs/EPSG/0/7415",
        "zones": [
            {
                "id": "W-1",
                "name": {"nl": "Wonen", "en": "Residential"},
                "geometry": plane,
                "rules": [
                    rule("W-1.use", "use_allowed", uses=["residential"]),
                    rule("W-1.height", "max_height", max_m=max_m, reference_level_m=1.0),
                    rule("W-1.plane", "footprint_within", building_plane=plane),
                    rule("W-1.distance", "neighbour_distance", min_m=2.0, search_radius_m=50.0),
                    rule("W-1.neighbours", "neighbour_height", max_above_m=10.0, radius_m=50.0),
                ],
            }
        ],
    }
