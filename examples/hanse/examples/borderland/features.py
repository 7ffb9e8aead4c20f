# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""What is neither house nor zone: terrain, water, streets and greens of one city, as surfaces in local metres."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from hanse.examples.borderland.terrain import SCENE, WATER_LEVEL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hanse.examples.borderland.plan import Plan
    from hanse.examples.borderland.solids import Point
    from hanse.examples.borderland.terrain import Land

Kind = Literal["LandUse", "Road", "SolitaryVegetationObject", "TINRelief", "TransportSquare", "WaterBody"]
_GRID: Final = 20.0
_FINE: Final = 10.0
_DIKE: Final = 60.0
_SEAM: Final = 4.0
_SQUARE: Final = 30.0
_SLIVER: Final = 2.0


@dataclass(frozen=True, slots=True)
class Feature:
    """A thing made of open surfaces: rings of points (u, v, metres above NAP), seen from above counter-clockwise."""

    kind: Kind
    name: str
    rings: tuple[tuple[Point, ...], ...]
    surface: str = ""
    attributes: dict[str, str | float] = field(default_factory=dict)


def features(land: Land, plan: Plan, territory: Polygon) -> list[Feature]:
    """Return terrain, waters, streets and greens of the city with this territory."""
    return [
        terrain(land, territory),
        *_waters(land, territory),
        *_streets(land, plan, territory),
        *_greens(land, plan, territory),
    ]


def terrain(land: Land, territory: Polygon) -> Feature:
    """Return the ground of a territory, water beds included, as one irregular network of triangles."""
    scene = shapely.box(*SCENE)
    seams = [shapely.intersection(shapely.boundary(land.water.buffer(d)), scene) for d in (0.2, -1.4)]
    edges = [land.border, shapely.boundary(scene)]
    along = [shapely.get_coordinates(shapely.segmentize(line, _SEAM)) for line in seams]
    along += [shapely.get_coordinates(shapely.segmentize(line, _GRID)) for line in edges]
    coarse, fine = _grid(_GRID), _grid(_FINE)
    by_river = shapely.distance(shapely.points(fine), land.liede) < _DIKE
    grid = np.vstack([coarse[shapely.distance(shapely.points(coarse), land.liede) >= _DIKE], fine[by_river]])
    clear = shapely.distance(shapely.points(grid), shapely.union_all([*seams, *edges])) > _SEAM / 2
    points = np.unique(np.round(np.vstack([*along, grid[clear]]), 3), axis=0)
    triangles = shapely.get_parts(shapely.delaunay_triangles(shapely.MultiPoint(points)))
    inside = triangles[shapely.contains(territory, shapely.centroid(triangles))]
    return Feature("TINRelief", "Maaiveld", draped(list(inside), land.bed))


def _grid(step: float) -> NDArray[np.float64]:
    u = np.arange(SCENE[0] + step / 2, SCENE[2], step)
    v = np.arange(SCENE[1] + step / 2, SCENE[3], step)
    return np.column_stack([a.ravel() for a in np.meshgrid(u, v)])


def _waters(land: Land, territory: Polygon) -> list[Feature]:
    found = []
    for name, area in (("Liede", land.liede), ("Singelgracht", land.moat)):
        for part in polygons(shapely.intersection(area, territory)):
            ring = tuple((x, y, WATER_LEVEL) for x, y in _ring(shapely.simplify(part, 0.05)))
            level: dict[str, str | float] = {"waterLevel": WATER_LEVEL}
            found.append(Feature("WaterBody", name, (ring,), "WaterSurface", level))
    return found


def _streets(land: Land, plan: Plan, territory: Polygon) -> list[Feature]:
    """Return the streets, each without what an earlier street already covers."""
    found = []
    covered: shapely.Geometry = land.liede
    for street in sorted(plan.streets, key=lambda s: -s.width):
        rest = shapely.difference(shapely.intersection(street.area, territory), covered)
        covered = shapely.union(covered, street.area)
        triangles = triangles_of(shapely.difference(rest, shapely.union_all([p.area for p in plan.places])))
        if triangles:
            kind: Kind = "TransportSquare" if street.width > _SQUARE else "Road"
            found.append(Feature(kind, street.name, draped(triangles, land.ground), "TrafficArea"))
    return found


def _greens(land: Land, plan: Plan, territory: Polygon) -> list[Feature]:
    return [
        Feature("LandUse", place.name, draped(triangles_of(place.area), land.ground), "", {"function": place.kind})
        for place in plan.places
        if territory.contains(place.area.centroid)
    ]


def triangles_of(area: shapely.Geometry, step: float = 12.0) -> list[shapely.Geometry]:
    """Cut an area into triangles small enough to follow the ground."""
    return [
        triangle
        for part in polygons(area)
        for triangle in shapely.get_parts(
            shapely.constrained_delaunay_triangles(shapely.segmentize(shapely.simplify(part, 0.05), step))
        )
    ]


def draped(
    triangles: Sequence[shapely.Geometry], height: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> tuple[tuple[Point, ...], ...]:
    """Lay triangles on the ground."""
    plane = np.array([_ring(t) for t in triangles])
    z = height(plane.reshape(-1, 2)).reshape(len(triangles), 3)
    return tuple(
        tuple((float(x), float(y), float(h)) for (x, y), h in zip(ring, heights, strict=True))
        for ring, heights in zip(plane, z, strict=True)
    )


def polygons(shape: shapely.Geometry) -> list[Polygon]:
    """Return the polygons of a shape, without slivers, in a fixed order."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > _SLIVER]
    return sorted(parts, key=lambda p: p.bounds)


def _ring(polygon: shapely.Geometry) -> list[tuple[float, float]]:
    """Return a polygon's outer ring, counter-clockwise, not closed."""
    return [(float(x), float(y)) for x, y in shapely.get_coordinates(shapely.orient_polygons(polygon))[:-1]]


def border_line(land: Land) -> LineString:
    """Return the border, thinned to a tenth of a metre."""
    return LineString(shapely.get_coordinates(shapely.simplify(land.border, 0.1)))
