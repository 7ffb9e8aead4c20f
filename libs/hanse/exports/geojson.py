# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Features as GeoJSON (RFC 7946): longitude, latitude and height.

RFC 7946 counts heights from the WGS 84 ellipsoid. Heights here stay in the source's vertical datum, since turning
them needs geoid grids, and each feature's properties name that datum.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hanse import geo
from hanse.cityjson import Feature, best_solids

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any
Floats = NDArray[np.float64]
_WGS84 = geo.Crs.parse("EPSG:4979")
_DEGREES, _METRES = 8, 4  # decimals: about a millimetre, and a tenth of one
_PLANE = 2


class Shape(StrEnum):
    """What stands for a feature.

    PLAN is the footprint without heights; FOOTPRINT is the footprint at the height of the ground; SURFACES is a
    MultiPolygon of all surfaces in space, walls included, which in plan are lines. RFC 7946 wants exterior rings
    counterclockwise as seen from above, so that a surface's ring no longer tells its outside.
    """

    PLAN = "plan"
    FOOTPRINT = "footprint"
    SURFACES = "surfaces"


def feature_geojson(feature: Feature, *, shape: Shape = Shape.FOOTPRINT, crs: geo.Crs | None = None) -> dict[str, Json]:
    """Return one feature, of its most detailed geometry, as a GeoJSON Feature; a null geometry when it has no area.

    Attributes of the root object are properties. Beside them stand objectType, lod, verticalDatum and
    verticalDatumStatus and, for SURFACES, surfaceTypes, one for each polygon. An attribute of such a name is kept as
    source_<name>.

    Args:
        feature: in a projected CRS.
        shape: what stands for it.
        crs: the system of its coordinates; by default the one that its header names.

    Raises:
        hanse.geo.CrsError: the CRS is not named, not known, or cannot be converted to WGS 84.
    """
    system = crs or _crs(feature)
    solids = best_solids(feature)
    polygons, semantics = _polygons(solids, shape, system)
    own: dict[str, Json] = {
        "objectType": feature.root.type,
        "verticalDatum": system.vertical.name,
        "verticalDatumStatus": system.vertical.status.value,
    }
    if solids:
        own["lod"] = solids[0].lod
    if shape is Shape.SURFACES:
        own["surfaceTypes"] = semantics
    kept = {(f"source_{name}" if name in own else name): value for name, value in feature.root.attributes.items()}
    result: dict[str, Json] = {"type": "Feature", "id": feature.id, "geometry": None, "properties": {**kept, **own}}
    if polygons:
        whole = shape is not Shape.SURFACES and len(polygons) == 1
        result["geometry"] = {
            "type": "Polygon" if whole else "MultiPolygon",
            "coordinates": polygons[0] if whole else polygons,
        }
        positions = np.array([position for polygon in polygons for ring in polygon for position in ring])
        result["bbox"] = list(geo.bbox(positions))
    return result


def _crs(feature: Feature) -> geo.Crs:
    if feature.crs is None:
        raise geo.CrsError(f"feature {feature.id!r} names no reference system; say which its coordinates are in")
    return geo.Crs.parse(feature.crs)


def _polygons(solids: list[geo.Solid], shape: Shape, crs: geo.Crs) -> tuple[list[Json], list[str | None]]:
    """Return the coordinates of polygons, and for surfaces the semantic type of each."""
    surfaces = list(_surfaces(solids)) if shape is Shape.SURFACES else [(None, p) for p in _plans(solids, shape)]
    rings = [ring for _, polygon in surfaces for ring in polygon]
    if not rings:
        return [], []
    degrees = geo.transformer(crs, _WGS84)(np.concatenate(rings)).coordinates
    placed = iter(np.split(degrees, np.cumsum([len(ring) for ring in rings])[:-1]))
    return [_polygon([next(placed) for _ in polygon]) for _, polygon in surfaces], [told for told, _ in surfaces]


def _surfaces(solids: list[geo.Solid]) -> Iterator[tuple[str | None, list[Floats]]]:
    for solid in solids:
        for surface in solid.surfaces:
            if surface.rings and all(len(ring) > _PLANE for ring in surface.rings):
                yield surface.semantic, [solid.vertices[list(ring)] for ring in surface.rings]


def _plans(solids: list[geo.Solid], shape: Shape) -> Iterator[list[Floats]]:
    plan = geo.footprint(solids)
    ground = geo.ground_height(solids)
    for part in [] if plan.is_empty else getattr(plan, "geoms", [plan]):
        rings = [np.array(ring.coords)[:-1, :_PLANE] for ring in (part.exterior, *part.interiors)]
        if shape is Shape.FOOTPRINT and ground is not None:
            rings = [np.column_stack([ring, np.full(len(ring), ground)]) for ring in rings]
        yield rings


def _polygon(rings: list[Floats]) -> list[Json]:
    """Close rings and turn them as RFC 7946 section 3.1.6 wants; an upright one keeps its direction."""
    result = []
    for number, ring in enumerate(rings):
        closed = np.concatenate([ring, ring[:1]])
        if _area(ring) * (1 if number == 0 else -1) < 0:
            closed = closed[::-1]
        result.append(
            [
                [*(round(c, _DEGREES) for c in p[:_PLANE]), *(round(c, _METRES) for c in p[_PLANE:])]
                for p in closed.tolist()
            ]
        )
    return result


def _area(ring: Floats) -> float:
    """Return twice the signed area in plan; 0 for a ring that is all but upright."""
    near = ring[:, :_PLANE] - ring[0, :_PLANE]
    x, y = near.T
    area = float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    longest = float(np.abs(near).max())
    return area if abs(area) > 1e-6 * longest * longest else 0.0
