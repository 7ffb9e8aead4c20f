# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a building is in plan, how high it stands, and how far it is from another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from hanse.geo.crs import Crs, CrsError
from hanse.geo.rings import ring_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanse.geo.solid import Solid, Surface

Floats = NDArray[np.float64]
Plan = Polygon | MultiPolygon
GROUND, ROOF = "GroundSurface", "RoofSurface"
_MIN_AREA = 1e-6  # square metres: what remains of a vertical wall in plan after rounding
_PLANE = 2
# Uniting takes time that grows with the square where many surfaces cross: at this number a minute or two on one core,
# and GEOS cannot be stopped. Surfaces that only touch along whole edges, as a terrain's do, are united in seconds.
MAX_SURFACES = 20_000
_COVERAGE = 500  # from so many surfaces on it pays to look whether they only touch


class FootprintError(ValueError):
    """Surfaces whose outline in plan cannot be drawn within reason."""


def bbox(points: Floats) -> tuple[float, ...]:
    """Return minima, then maxima, of (n, 2) or (n, 3) points, as GeoJSON's bbox does (RFC 7946 section 5).

    Raises:
        ValueError: there are no points.
    """
    if not len(points):
        raise ValueError("a bounding box needs at least one point")
    return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


def footprint(solids: Iterable[Solid]) -> Plan:
    """Return the union in plan, in the units of the vertices; empty when nothing covers an area.

    Each solid contributes its ground surfaces or, when it has none that cover an area, the projection of all
    its surfaces. Polygons that are invalid in plan are repaired rather than left out.

    Raises:
        FootprintError: more than 20,000 surfaces that overlap, upright walls apart, would have to be united.
    """
    pieces: list[shapely.Geometry] = []
    for solid in solids:
        ground = _projected(solid, [s for s in solid.surfaces if s.semantic == GROUND])
        pieces.extend(ground or _projected(solid, solid.surfaces))
    return polygonal(pieces)


def _projected(solid: Solid, surfaces: Iterable[Surface]) -> list[shapely.Geometry]:
    table = ring_table(solid.vertices, surfaces)
    if table is None:
        return []
    polygons = table.polygons(table.points[:, :_PLANE])
    if not shapely.is_valid(polygons).all():
        polygons = np.asarray(shapely.make_valid(polygons, method="structure", keep_collapsed=False))
    return list(polygons[shapely.area(polygons) > _MIN_AREA])


def polygonal(pieces: list[shapely.Geometry]) -> Plan:
    """Unite, and keep only what covers an area: repairs may leave lines and points behind."""
    if len(pieces) == 1 and isinstance(pieces[0], Polygon):
        return pieces[0]
    parts = np.asarray(shapely.get_parts(_united(pieces)))
    polygons = [part for part in parts if isinstance(part, Polygon) and part.area > _MIN_AREA]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons) if polygons else Polygon()


def _united(pieces: list[shapely.Geometry]) -> shapely.Geometry:
    held = np.asarray(pieces)
    if len(held) > _COVERAGE and bool(shapely.coverage_is_valid(held)):
        return shapely.coverage_union_all(held)
    if len(held) > MAX_SURFACES:
        raise FootprintError(
            f"more than {MAX_SURFACES} overlapping surfaces would make the outline in plan; split it into parts or "
            "tiles that are features of their own, or tell which surfaces are GroundSurface"
        )
    return shapely.union_all(held)


def ground_height(solids: Iterable[Solid]) -> float | None:
    """Return the lowest point of the ground surfaces, else of everything, in metres above the datum."""
    held = list(solids)
    lows = [float(z.min()) for s in held if len(z := s.used(GROUND)[:, 2])]
    return min(lows or [float(z.min()) for s in held if len(z := s.used()[:, 2])], default=None)


def ridge_height(solids: Iterable[Solid]) -> float | None:
    """Return the highest point, in metres above the datum."""
    return max((float(z.max()) for s in solids if len(z := s.used()[:, 2])), default=None)


def eaves_height(solids: Iterable[Solid]) -> float | None:
    """Return the lowest point of the roof surfaces in metres above the datum; None without roof semantics."""
    return min((float(z.min()) for s in solids if len(z := s.used(ROOF)[:, 2])), default=None)


def distance(a: Plan, b: Plan, crs: Crs) -> float:
    """Return the horizontal distance between two footprints in metres; 0 where they touch or overlap.

    Raises:
        CrsError: ``crs``, the system both are in, is geographic: degrees are no distance.
        ValueError: a footprint is empty.
    """
    if crs.metres is None:
        raise CrsError(f"distances need a projected CRS, {crs.code} counts degrees; convert the footprints first")
    if a.is_empty or b.is_empty:
        raise ValueError("the distance to an empty footprint is not defined")
    return float(shapely.distance(a, b)) * crs.metres
