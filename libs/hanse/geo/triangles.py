# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Surfaces as triangles: the corners stay the surfaces' own, so nothing is moved and nothing is added.

Rings of three and convex rings of four points, most of a city, are cut by numpy; the others, holes included, by
GEOS's constrained Delaunay triangulation in the coordinate plane that shows most of them. A surface that is not
planar is the triangles' surface. A ring that crosses itself has no interior to cut and becomes a fan of its points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from hanse.geo.rings import ring_table

if TYPE_CHECKING:
    from hanse.geo.rings import RingTable
    from hanse.geo.solid import Solid

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
_CORNERS, _QUAD = 3, 4
# The two axes that remain when the one along which a surface is steepest is dropped.
_KEPT = np.array([(1, 2), (2, 0), (0, 1)])


def triangles(solid: Solid) -> tuple[Floats, Ints]:
    """Return a solid's triangles, float64 (t, 3, 3), and the surface (t,) of ``solid.surfaces`` each belongs to.

    Corners run as the surface's exterior does: normals point the same way. Surfaces of fewer than three points
    give none.

    Raises:
        ValueError: a vertex in use is not a finite number.
    """
    table = ring_table(solid.vertices, solid.surfaces)
    corners, rows = table_triangles(table)
    return corners, table.surface[rows] if table is not None else rows


def table_triangles(table: RingTable | None) -> tuple[Floats, Ints]:
    """Return the triangles of a table's surfaces, in their order, and the row of each.

    Raises:
        ValueError: a point is not a finite number.
    """
    if table is None:
        return np.empty((0, 3, 3)), np.empty(0, dtype=np.intp)
    if not np.isfinite(table.points).all():
        raise ValueError("a surface has a vertex that is not a finite number; leave it out or mend it")
    areas = table.area_vectors()
    lengths = np.diff(np.append(table.ring_start, len(table.points)))
    exterior = np.flatnonzero(np.diff(table.surface_of, prepend=-1))
    single = np.diff(np.append(exterior, len(table.surface_of))) == 1
    normal = areas[exterior]
    kept = _KEPT[np.argmax(np.abs(normal), axis=1)]
    fan = single & (lengths[exterior] == _CORNERS)
    quads = np.flatnonzero(single & (lengths[exterior] == _QUAD))
    fan[quads[_convex(table, quads, normal)]] = True
    corners, rows = _fans(table, np.flatnonzero(fan), exterior, lengths)
    others = np.flatnonzero(~fan)
    if len(others):
        cut, cut_rows = _cut(table, others, kept, exterior, lengths)
        corners, rows = np.concatenate([corners, cut]), np.concatenate([rows, cut_rows])
    order = np.argsort(rows, kind="stable")
    corners, rows = corners[order], rows[order]
    turned = np.einsum("tk,tk->t", normals(corners), normal[rows]) < 0
    corners[turned] = corners[turned][:, ::-1]
    return corners, rows


def normals(corners: Floats) -> Floats:
    """Return per triangle (t, 3) the normal, twice the area long."""
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def _convex(table: RingTable, quads: Ints, normal: Floats) -> NDArray[np.bool_]:
    """A ring of four points whose corners all turn the same way is convex and does not cross itself."""
    corners = table.points[table.surface_start[quads][:, None] + np.arange(_QUAD)]
    sides = np.roll(corners, -1, axis=1) - corners
    turns = np.cross(sides, np.roll(sides, -1, axis=1))
    return np.asarray((np.einsum("qik,qk->qi", turns, normal[quads]) > 0).all(axis=1))


def _fans(table: RingTable, rows: Ints, exterior: Ints, lengths: Ints) -> tuple[Floats, Ints]:
    """Cut each row's exterior from its first point."""
    counts = lengths[exterior[rows]] - 2
    row = np.repeat(rows, counts)
    step = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    first = table.surface_start[row]
    return table.points[np.stack([first, first + step + 1, first + step + 2], axis=1)], row


def _cut(table: RingTable, rows: Ints, kept: Ints, exterior: Ints, lengths: Ints) -> tuple[Floats, Ints]:
    """Cut surfaces in the plane; those that are invalid there become fans."""
    surface_of_point = table.surface_of[table.ring_of]
    start = table.points[table.surface_start[surface_of_point]]
    plane = np.take_along_axis(table.points - start, kept[surface_of_point], axis=1)
    wanted = np.isin(table.surface_of, rows)
    points = wanted[table.ring_of]
    ring_number = np.cumsum(wanted) - 1
    rings = np.asarray(shapely.linearrings(plane[points], indices=ring_number[table.ring_of[points]]))
    polygons = np.asarray(shapely.polygons(rings, indices=np.searchsorted(rows, table.surface_of[wanted])))
    valid = shapely.is_valid(polygons) & (shapely.area(polygons) > 0)
    pieces, row = _delaunay(polygons[valid], rows[valid])
    done = np.isin(rows, row)
    fans, fan_row = _fans(table, rows[~done], exterior, lengths)
    own = {
        (at, x, y): number
        for number, at, (x, y) in zip(
            np.flatnonzero(points).tolist(), surface_of_point[points].tolist(), plane[points].tolist(), strict=True
        )
    }
    indices = [[own[at, x, y] for x, y in piece] for at, piece in zip(row.tolist(), pieces.tolist(), strict=True)]
    corners = table.points[np.array(indices, dtype=np.intp).reshape(-1, _CORNERS)]
    return np.concatenate([corners, fans]), np.concatenate([row, fan_row])


def _delaunay(polygons: NDArray[np.object_], rows: Ints) -> tuple[Floats, Ints]:
    """Return triangles (t, 3, 2) and the row of each; polygons that GEOS gives up on have none."""
    try:
        cut = np.asarray(shapely.constrained_delaunay_triangles(polygons))
    except shapely.GEOSException:
        cut = np.array([_delaunay_of(polygon) for polygon in polygons], dtype=np.object_)
    pieces, of = shapely.get_parts(cut, return_index=True)
    corners = np.asarray(shapely.get_coordinates(pieces)).reshape(-1, _CORNERS + 1, 2)[:, :_CORNERS]
    return corners, rows[np.asarray(of, dtype=np.intp)]


def _delaunay_of(polygon: shapely.Geometry) -> shapely.Geometry:
    try:
        return shapely.constrained_delaunay_triangles(polygon)
    except shapely.GEOSException:
        return shapely.GeometryCollection()
