# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Cheap checks of geometry after ISO 19107, named as val3dity names them.

Nothing is repaired or dropped: what is wrong is flagged. Overlaps of building parts are told in plan.
Left out, because they need exact arithmetic over all pairs of faces: intersections between the faces of one
shell and between shells (val3dity 306, 4xx apart from orientation, 5xx).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from hanse.geo.footprint import footprint
from hanse.geo.rings import MIN_RING, RingTable, distinct, ring_table, without_repeats

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanse.geo.solid import Solid, Surface

Floats = NDArray[np.float64]
_LINE = 1e-6  # metres: points nearer to a line than this are on it


class Fault(StrEnum):
    """What may be wrong, with val3dity's number."""

    TOO_FEW_POINTS = "TOO_FEW_POINTS"  # 101
    CONSECUTIVE_POINTS_SAME = "CONSECUTIVE_POINTS_SAME"  # 102
    RING_SELF_INTERSECTION = "RING_SELF_INTERSECTION"  # 104
    ZERO_AREA = "ZERO_AREA"  # a collapsed ring, 104 as well
    INTERSECTION_RINGS = "INTERSECTION_RINGS"  # 201, 205 to 208
    NON_PLANAR = "NON_PLANAR"  # 203
    SHELL_NOT_CLOSED = "SHELL_NOT_CLOSED"  # 302
    NON_MANIFOLD = "NON_MANIFOLD"  # 303
    MULTIPLE_COMPONENTS = "MULTIPLE_COMPONENTS"  # 305
    WRONG_ORIENTATION = "WRONG_ORIENTATION"  # 307, 405
    PARTS_OVERLAP = "PARTS_OVERLAP"  # 601


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Thresholds in metres and square metres; the defaults are val3dity's.

    Attributes:
        snap: points nearer than this are the same point.
        planarity: largest distance of a vertex to its surface's best-fitting plane.
        overlap: area in plan that two parts may share; val3dity allows none, this leaves room for floating point.
            Parts that meet along edges rounded to millimetres share more, and val3dity calls them invalid (601): of
            denhaag_01's 845 buildings it passes 525. This passes 526; a strip of twice `snap` would pass 687.
    """

    snap: float = 0.001
    planarity: float = 0.01
    overlap: float = 1e-6


@dataclass(frozen=True, slots=True)
class Flag:
    """One fault: where (index among the solid's surfaces, or None for a whole shell) and how much."""

    fault: Fault
    surface: int | None
    detail: str


def check(solid: Solid, tolerances: Tolerances | None = None) -> list[Flag]:
    """Return what is wrong with a solid's rings, surfaces and, when it claims to be closed, shells."""
    limits = tolerances or Tolerances()
    number = distinct(solid.vertices, limits.snap)
    flags = [flag for at, s in enumerate(solid.surfaces) for flag in _ring_flags(at, s, number)]
    broken = {flag.surface for flag in flags if flag.fault is Fault.TOO_FEW_POINTS}
    table = ring_table(solid.vertices, solid.surfaces)
    if table is not None:
        flags += [flag for flag in _surface_flags(table, limits) if flag.surface not in broken]
    if solid.closed:
        for shell_number, shell in enumerate(solid.shells):
            flags += _shell_flags(shell, number)
            flags += _orientation_flags(solid.vertices, shell, outward=shell_number == 0)
    return flags


def overlaps(solids: Sequence[Solid], tolerances: Tolerances | None = None) -> list[Flag]:
    """Return a flag for each pair of solids that share an area in plan and a range of heights.

    Solids that stand on one another or side by side do not overlap. Meant for the parts of one building at one
    level of detail.
    """
    limits = tolerances or Tolerances()
    plans = [footprint([solid]) for solid in solids]
    flags = []
    for a, b in shapely.STRtree(plans).query(plans, predicate="intersects").T.tolist():
        if a >= b or not _heights_overlap(solids[a], solids[b], limits.snap):
            continue
        shared = shapely.intersection(plans[a], plans[b])
        area = float(shapely.area(shared))
        if area > limits.overlap:
            detail = f"parts {a} and {b} share {area:.6f} m2 in plan{_thin(shared, 2 * limits.snap)}"
            flags.append(Flag(Fault.PARTS_OVERLAP, None, detail))
    return flags


def _thin(shared: shapely.Geometry, thickness: float) -> str:
    """Tells what rounding leaves where two parts touch from parts that stand in one another."""
    if not shapely.buffer(shared, -thickness / 2, join_style="mitre").is_empty:
        return ""
    return f", nowhere more than {thickness * 1000:g} mm thick: edges that meet, but for rounding"


def _heights_overlap(a: Solid, b: Solid, snap: float) -> bool:
    first, second = a.used()[:, 2], b.used()[:, 2]
    return bool(min(first.max(), second.max()) - max(first.min(), second.min()) > snap)


def _ring_flags(at: int, surface: Surface, number: list[int]) -> Iterator[Flag]:
    for ring in surface.rings or ((),):
        distinct_points = without_repeats(ring, number)
        if len(set(distinct_points)) < MIN_RING:
            detail = f"{len(set(distinct_points))} distinct points, a ring needs {MIN_RING}"
            yield Flag(Fault.TOO_FEW_POINTS, at, detail)
        elif len(distinct_points) < len(ring):
            detail = f"{len(ring) - len(distinct_points)} points repeat the one before"
            yield Flag(Fault.CONSECUTIVE_POINTS_SAME, at, detail)


def _surface_flags(table: RingTable, limits: Tolerances) -> Iterator[Flag]:
    centre, axes = _planes(table)
    surface_of_point = table.surface_of[table.ring_of]
    relative = table.points - centre[surface_of_point]
    local = np.einsum("pk,pkj->pj", relative, axes[surface_of_point])
    off_plane, width = np.maximum.reduceat(np.abs(local[:, :2]), table.surface_start).T
    polygons = table.polygons(local[:, 2:0:-1])
    valid = shapely.is_valid(polygons)
    for row in np.flatnonzero((off_plane > limits.planarity) | ~valid | (width < _LINE)):
        at = int(table.surface[row])
        if width[row] < _LINE:
            yield Flag(Fault.ZERO_AREA, at, "all points lie on one line")
            continue
        if off_plane[row] > limits.planarity:
            yield Flag(Fault.NON_PLANAR, at, f"a vertex lies {off_plane[row]:.3f} m off the surface's plane")
        if not valid[row]:
            exterior = shapely.Polygon(polygons[row].exterior)
            fault = Fault.INTERSECTION_RINGS if exterior.is_valid else Fault.RING_SELF_INTERSECTION
            yield Flag(fault, at, shapely.is_valid_reason(polygons[row]).split("[")[0])


def _planes(table: RingTable) -> tuple[Floats, Floats]:
    """Return per surface the centroid (s, 3) and axes (s, 3, 3) in columns, the fitted normal first."""
    counts = np.diff(np.append(table.surface_start, len(table.points)))[:, None]
    # Sums are taken near the origin: national coordinates squared would eat the millimetres.
    near = table.points - table.points[0]
    centre = np.add.reduceat(near, table.surface_start, axis=0) / counts
    relative = near - np.repeat(centre, counts[:, 0], axis=0)
    spread = np.add.reduceat(relative[:, :, None] * relative[:, None, :], table.surface_start, axis=0)
    return centre + table.points[0], np.linalg.eigh(spread)[1]


def _shell_flags(shell: tuple[Surface, ...], number: list[int]) -> Iterator[Flag]:
    """In a closed, oriented 2-manifold every edge is used once in each direction."""
    edges: Counter[tuple[int, int]] = Counter()
    leader = _Leaders()
    for surface in shell:
        rings = [ring for ring in (without_repeats(r, number) for r in surface.rings) if len(ring) >= MIN_RING]
        for ring in rings:
            edges.update([*pairwise(ring), (ring[-1], ring[0])])
        leader.join([point for ring in rings for point in ring])
    open_edges = crowded = turned = 0
    for (a, b), count in edges.items():
        opposite = edges.get((b, a), 0)
        total = count + opposite
        open_edges += total == 1
        crowded += total > 2 and (a < b or not opposite)  # noqa: PLR2004 - two faces share an edge
        turned += total == 2 and count == 2  # noqa: PLR2004
    if open_edges or not edges:
        yield Flag(Fault.SHELL_NOT_CLOSED, None, f"{open_edges} edges belong to one surface only")
    if crowded:
        yield Flag(Fault.NON_MANIFOLD, None, f"{crowded} edges are shared by more than two surfaces")
    if turned:
        yield Flag(Fault.WRONG_ORIENTATION, None, f"{turned} edges run the same way in both surfaces")
    if (components := leader.count()) > 1:
        yield Flag(Fault.MULTIPLE_COMPONENTS, None, f"the shell falls into {components} pieces")


class _Leaders:
    """Union-find over vertex numbers."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def join(self, points: list[int]) -> None:
        for point in points:
            self._parent[self._find(point)] = self._find(points[0])

    def _find(self, point: int) -> int:
        parent = self._parent
        root = parent.setdefault(point, point)
        while parent[root] != root:
            root = parent[root]
        parent[point] = root
        return root

    def count(self) -> int:
        return sum(point == parent for point, parent in self._parent.items())


def _orientation_flags(vertices: Floats, shell: tuple[Surface, ...], *, outward: bool) -> Iterator[Flag]:
    """An exterior shell's normals point outwards (positive volume), a cavity's into it."""
    table = ring_table(vertices, shell)
    if table is None:
        return
    starts = table.points[table.ring_start] - table.points[0]
    volume = float(np.sum(starts * table.area_vectors())) / 6.0
    if (volume < 0) if outward else (volume > 0):
        yield Flag(Fault.WRONG_ORIENTATION, None, f"the shell is inside out (signed volume {volume:.3f} m3)")
