# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Turns the buildings of a scene into flat faces: coplanar pieces joined, so that no triangulation shows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import shapely

from hanse.permit.report.pictures.svg import Floats, polygons_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shapely.geometry.base import BaseGeometry

    from hanse.permit.report.scene import SceneBuilding, ScenePlan

Kind = Literal["wall", "roof"]
_ROOF_RISE: Final = 0.3  # a face whose normal rises more than this is seen as roof
_CORNERS: Final = 3
_PLANE_STEP: Final = 0.05  # metres within which parallel faces count as one plane
_DIGITS: Final = 2
_THIN: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A flat piece of a building.

    Attributes:
        rings: (k, 3) corners each, exterior first, metres.
        normal: unit vector; which of both sides it points to is not promised.
        kind: what it is drawn as.
        owner: number of the building that it belongs to.
    """

    rings: tuple[Floats, ...]
    normal: Floats
    kind: Kind
    owner: int


def building_faces(building: SceneBuilding, owner: int) -> list[Face]:
    """Return the faces of a neighbour; one without a solid is a block as high as is known."""
    surfaces = [rings for semantic, rings in building.surfaces if semantic != "GroundSurface" and len(rings)]
    if not surfaces:
        surfaces = _block(building.footprint, building.ground, building.ridge)
    return _joined([rings for rings in surfaces if len(rings[0]) >= _CORNERS], owner)


def plan_faces(plan: ScenePlan, owner: int) -> list[Face]:
    """Return the faces of the submitted building, its triangles joined where they lie in one plane."""
    return _joined([(triangle,) for triangle in plan.triangles], owner)


def flat_faces(footprint: BaseGeometry, level: float, owner: int) -> list[Face]:
    """Return a footprint lying flat: what is drawn of a building whose height nobody told."""
    return _joined(_lids(footprint, level), owner)


def skirt_faces(footprint: BaseGeometry, low: float, high: float, owner: int) -> list[Face]:
    """Return upright faces under a footprint, from a lower level to the building's ground."""
    return _joined(_walls(footprint, low, high), owner) if high - low > _PLANE_STEP else []


def _block(footprint: BaseGeometry, ground: float | None, ridge: float | None) -> list[tuple[Floats, ...]]:
    if ground is None or ridge is None or ridge <= ground:
        return []
    return _lids(footprint, ridge) + _walls(footprint, ground, ridge)


def _lids(footprint: BaseGeometry, level: float) -> list[tuple[Floats, ...]]:
    return [
        tuple(_at_height(np.asarray(ring.coords)[:-1, :2], level) for ring in (part.exterior, *part.interiors))
        for part in polygons_of(footprint)
    ]


def _walls(footprint: BaseGeometry, low: float, high: float) -> list[tuple[Floats, ...]]:
    walls: list[tuple[Floats, ...]] = []
    for part in polygons_of(footprint):
        for ring in (part.exterior, *part.interiors):
            points = np.asarray(ring.coords)[:, :2]
            for start, end in pairwise(points):
                pair = np.array([start, end])
                walls.append((np.vstack([_at_height(pair, low), _at_height(pair[::-1], high)]),))
    return walls


def _at_height(points: Floats, height: float) -> Floats:
    return np.column_stack([points, np.full(len(points), height)])


def normals(rings: Sequence[Floats]) -> Floats:
    """Return the unit normals (n, 3) of rings by Newell's method; zeros for a ring without an area."""
    sizes = np.array([len(ring) for ring in rings])
    first = np.cumsum(sizes) - sizes
    points = np.vstack(list(rings))
    # Counted from the ring's first corner: coordinates of hundreds of kilometres would eat the digits.
    points = points - np.repeat(points[first], sizes, axis=0)
    following = np.arange(1, len(points) + 1)
    following[first + sizes - 1] = first
    sums = np.add.reduceat(np.cross(points, points[following]), first, axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.where(lengths > _THIN, sums / np.maximum(lengths, _THIN), 0.0)


def _joined(surfaces: Sequence[tuple[Floats, ...]], owner: int) -> list[Face]:
    if not surfaces:
        return []
    upright = normals([rings[0] for rings in surfaces])
    rounded = np.round(upright, _DIGITS)
    # Both sides of a plane are one plane: the first component that is not zero is made positive.
    leading = np.take_along_axis(rounded, (rounded != 0).argmax(axis=1)[:, None], axis=1)
    upright = np.where(leading < 0, -upright, upright)
    rounded = np.round(upright, _DIGITS) + 0.0
    groups: dict[tuple[float, ...], list[tuple[tuple[Floats, ...], Floats]]] = {}
    for rings, normal, key in zip(surfaces, upright, rounded.tolist(), strict=True):
        if any(key):
            level = round(float(rings[0].mean(axis=0) @ normal) / _PLANE_STEP)
            groups.setdefault((*key, level), []).append((rings, normal))
    return [face for group in groups.values() for face in _united(group, owner)]


def _united(group: list[tuple[tuple[Floats, ...], Floats]], owner: int) -> Iterable[Face]:
    rings, normal = group[0]
    kind: Kind = "roof" if abs(normal[2]) > _ROOF_RISE else "wall"
    if len(group) == 1:
        return [Face(rings, normal, kind, owner)]
    origin = rings[0][0]
    across = np.cross(normal, [0.0, 0.0, 1.0] if abs(normal[2]) < 0.9 else [1.0, 0.0, 0.0])  # noqa: PLR2004 (any vector not along the normal)
    across /= np.linalg.norm(across)
    basis = np.vstack([across, np.cross(normal, across)])
    flat = [
        shapely.Polygon((one[0] - origin) @ basis.T, [(hole - origin) @ basis.T for hole in one[1:]])
        for one, _ in group
    ]
    united = shapely.union_all(shapely.set_precision(shapely.make_valid(flat), 0.002))
    return [
        Face(
            tuple(np.asarray(ring.coords)[:-1, :2] @ basis + origin for ring in (part.exterior, *part.interiors)),
            normal,
            kind,
            owner,
        )
        for part in polygons_of(shapely.simplify(united, 0.01))
    ]
