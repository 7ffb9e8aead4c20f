# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What bodies cast on level ground, and where and how long the sun shines.

The sun is a point infinitely far away: no penumbra (0.5 degrees wide), no curvature of the Earth. Azimuths are from
the projected system's grid north, as ``hanse.geo.suns`` gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from hanse.geo.footprint import Plan, polygonal
from hanse.geo.sight import blocked
from hanse.geo.sun import Sun
from hanse.geo.triangles import normals, triangles

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from hanse.geo.scene import Scene
    from hanse.geo.solid import Solid

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_OFF_SURFACE = 0.01  # metres: what is nearer to a point than this is the surface that the point lies on
_MIN_AREA = 1e-9  # square metres: a triangle seen edge-on casts no shadow of its own
_MAX_SAMPLES = 1_000_000


def shadow(scene: Scene, azimuth: float, elevation: float, ground: float) -> Plan:
    """Return what the bodies together cast on a level ground, where they stand on it included; empty at night.

    Args:
        scene: the bodies, metres in a projected CRS.
        azimuth: of the sun, degrees clockwise from grid north.
        elevation: of the sun, degrees; at or below 0 there is no shadow.
        ground: height of the ground; what lies on it or below casts nothing.

    Raises:
        ValueError: an angle or the height is not finite.
    """
    return polygonal([plan for plan in shadows(scene, azimuth, elevation, ground) if not plan.is_empty])


def shadows(scene: Scene, azimuth: float, elevation: float, ground: float) -> list[Plan]:
    """Return the shadow of each body by itself, as ``shadow`` does; empty for one that casts none."""
    if not np.isfinite([azimuth, elevation, ground]).all():
        raise ValueError(f"azimuth, elevation and ground are finite, not {azimuth}, {elevation}, {ground}")
    if elevation <= 0:
        return [shapely.Polygon()] * len(scene)
    direction = Sun(azimuth, elevation).direction
    corners, body = _above(scene, ground)
    plane = corners[:, :, :2] - (corners[:, :, 2:] - ground) * (direction[:2] / direction[2])
    side = plane[:, 1:] - plane[:, :1]
    area = side[:, 0, 0] * side[:, 1, 1] - side[:, 0, 1] * side[:, 1, 0]
    seen = np.abs(area) > _MIN_AREA
    pieces = np.asarray(shapely.polygons(plane[seen]))
    starts = np.searchsorted(body[seen], np.arange(len(scene) + 1))
    return [polygonal(list(pieces[low:high])) for low, high in pairwise(starts.tolist())]


def _above(scene: Scene, ground: float) -> tuple[Floats, NDArray[np.intp]]:
    """Return the triangles above the ground, those that reach below it cut off there, and the body of each."""
    heights = scene.corners[:, :, 2]
    body = np.repeat(np.arange(len(scene)), np.diff(scene.body_start))
    rises = heights.max(axis=1) > ground
    whole = rises & (heights.min(axis=1) >= ground)
    reaching = np.flatnonzero(rises & ~whole)
    pieces = [(piece, body[number]) for number in reaching for piece in _cut(scene.corners[number], ground)]
    if not pieces:
        return scene.corners[whole], body[whole]
    corners = np.concatenate([scene.corners[whole], np.array([piece for piece, _ in pieces])])
    bodies = np.concatenate([body[whole], np.array([number for _, number in pieces])])
    order = np.argsort(bodies, kind="stable")
    return corners[order], bodies[order]


def _cut(triangle: Floats, ground: float) -> list[Floats]:
    """Return the part of a triangle above the ground: a triangle, or a quadrilateral as two."""
    ring = []
    for here, there in zip(triangle, np.roll(triangle, -1, axis=0), strict=True):
        if here[2] >= ground:
            ring.append(here)
        if (here[2] >= ground) != (there[2] >= ground):
            ring.append(here + (ground - here[2]) / (there[2] - here[2]) * (there - here))
    return [np.array([ring[0], ring[at], ring[at + 1]]) for at in range(1, len(ring) - 1)]


def sunlit(points: Floats, scene: Scene, suns: Sequence[Sun], *, facing: Floats | None = None) -> Bools:
    """Tell at which points (p,) the sun shines at which times (m,): bool (p, m).

    Args:
        points: float64 (p, 3), on the ground, on a surface or in the air; what is within a centimetre shades nothing.
        scene: the bodies that may shade, the points' own included.
        suns: the sun at each time, from grid north.
        facing: outward normals (p, 3) of the surfaces that points lie on; one turned away from the sun is not lit.

    Raises:
        ValueError: points or normals have another shape or are not finite.
    """
    at = np.asarray(points, dtype=np.float64)
    for name, array in (("points", at), ("normals", at if facing is None else np.asarray(facing))):
        if array.shape != (len(at), 3) or not np.isfinite(array).all():
            raise ValueError(f"{name} are finite numbers of shape ({len(at)}, 3), not {array.shape}")
    result = np.zeros((len(at), len(suns)), dtype=np.bool_)
    top = float(scene.high[:, 2].max(initial=-np.inf)) + 1.0
    for moment, sun in enumerate(suns):
        if not sun.up:
            continue
        lit = np.ones(len(at), dtype=np.bool_) if facing is None else facing @ sun.direction > 0
        below = np.flatnonzero(lit & (at[:, 2] < top))
        reach = (top - at[below, 2]) / sun.direction[2]
        lit[below] = ~blocked(scene, at[below], at[below] + reach[:, None] * sun.direction, _OFF_SURFACE)
        result[:, moment] = lit
    return result


def sun_hours(lit: Bools, moments: Sequence[datetime]) -> Floats:
    """Return the hours (p,) that ``sunlit`` (p, m) amounts to; each moment stands for half the time to its neighbours.

    Raises:
        ValueError: the moments do not match, or do not follow one another.
    """
    hours = np.array([(moment - moments[0]).total_seconds() / 3600 for moment in moments])
    steps = np.diff(hours)
    if lit.shape[1] != len(hours) or (steps <= 0).any():
        raise ValueError(f"{lit.shape[1]} columns need as many moments in order, not {len(hours)}")
    weight = np.zeros(len(hours))
    weight[:-1] += steps / 2
    weight[1:] += steps / 2
    return np.asarray(lit @ weight)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Points spread over surfaces.

    Attributes:
        points: float64 (p, 3).
        facing: unit normals (p, 3), as the surfaces are oriented.
        area: (p,) square metres that each stands for.
        surface: (p,) number of the surface among those of all solids in their order.
    """

    points: Floats
    facing: Floats
    area: Floats
    surface: NDArray[np.intp]


def samples(solids: Iterable[Solid], spacing: float) -> Samples:
    """Spread points over the surfaces of solids, no farther apart than about ``spacing`` metres.

    Raises:
        ValueError: the spacing is not above 0, or so small that there would be more than a million points.
    """
    if not spacing > 0:
        raise ValueError(f"a spacing is above 0 m, not {spacing}")
    pieces: list[tuple[Floats, Floats, Floats, NDArray[np.intp]]] = []
    before = count = 0
    for solid in solids:
        corners, of = triangles(solid)
        doubled = normals(corners)
        size = np.linalg.norm(doubled, axis=1)
        longest = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2).max(axis=1)
        for number in np.flatnonzero(size > 0):
            n = ceil(longest[number] / spacing)
            count += n * n
            if count > _MAX_SAMPLES:
                raise ValueError(f"a spacing of {spacing} m gives more than {_MAX_SAMPLES} points; choose a larger one")
            placed = _lattice(n) @ corners[number]
            pieces.append(
                (
                    placed,
                    np.broadcast_to(doubled[number] / size[number], placed.shape),
                    np.full(len(placed), size[number] / 2 / len(placed)),
                    np.full(len(placed), before + of[number]),
                )
            )
        before += len(solid.surfaces)
    none = np.empty((0, 3))
    pieces.append((none, none, none[:, 0], np.empty(0, dtype=np.intp)))
    return Samples(*(np.concatenate(column) for column in zip(*pieces, strict=True)))


def _lattice(n: int) -> Floats:
    """Return the barycentric centres (n * n, 3) of the equal triangles that n parts of each side make."""
    i, j = np.divmod(np.arange(n * n), n)
    upright = i + j < n
    # Those beyond the diagonal are the upside-down ones, folded back.
    a = np.where(upright, i + 1 / 3, n - 1 - i + 2 / 3)
    b = np.where(upright, j + 1 / 3, n - 1 - j + 2 / 3)
    return np.column_stack([a, b, n - a - b]) / n
