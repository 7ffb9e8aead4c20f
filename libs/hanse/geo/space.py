# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Questions about bodies in space: heights, boxes, neighbours. Coordinates are metres in the scene's CRS.

What lies inside a body counts as the body: a point is inside where a solid's surfaces enclose it on more than half
of all directions, which for a watertight solid is exactly its interior, and for one with a missing wall the sensible
answer (generalised winding number, Jacobson et al. 2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from hanse.geo.contact import TOUCH, along_segments, distances, meet_box, solid_angles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.geo.scene import Scene

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_HALF = 0.5
_SPACE = 3
_BOX = 6


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A body and its distance in metres: 0 on its surface and inside."""

    body: int
    distance: float


def meets_box(scene: Scene, box: Sequence[float]) -> Bools:
    """Tell which bodies (n,) a box meets: surface or interior, boundary included.

    Args:
        scene: the bodies.
        box: minima of x, y, z, then maxima, as GeoJSON's bbox has them.

    Raises:
        ValueError: the box is not six finite numbers, or a minimum is above its maximum.
    """
    low, high = _box(box)
    found = np.zeros(len(scene), dtype=np.bool_)
    near = (scene.cluster_low <= high).all(axis=1) & (scene.cluster_high >= low).all(axis=1)
    held, _ = scene.in_clusters(np.flatnonzero(near))
    found[scene.bodies_of(held[meet_box(scene.corners[held], low, high)])] = True
    # Met by no surface, the box is outside of a body or inside as a whole, and so is its middle.
    middle = (low + high) / 2
    around = ((scene.low <= low) & (scene.high >= high)).all(axis=1) & ~found
    for body in np.flatnonzero(around).tolist():
        found[body] = _inside(scene, body, middle)
    return found


def _box(box: Sequence[float]) -> tuple[Floats, Floats]:
    numbers = np.asarray(box, dtype=np.float64)
    if numbers.shape != (_BOX,) or not np.isfinite(numbers).all():
        raise ValueError(f"a 3D box is six finite numbers, minima then maxima, not {list(box)}")
    low, high = numbers[:_SPACE], numbers[_SPACE:]
    if (low > high).any():
        raise ValueError(f"a box's minima come first: {list(box)} has one above its maximum")
    return low, high


def _point(point: Sequence[float] | Floats) -> Floats:
    numbers = np.asarray(point, dtype=np.float64)
    if numbers.shape != (_SPACE,) or not np.isfinite(numbers).all():
        raise ValueError(f"a point in space is three finite numbers, not {list(point)}")
    return numbers


def inside(scene: Scene, point: Sequence[float] | Floats) -> Bools:
    """Tell which bodies (n,) a point is inside of, or on the surface of.

    Raises:
        ValueError: the point is not three finite numbers.
    """
    return distance_3d(scene, point) <= TOUCH


def _inside(scene: Scene, body: int, point: Floats) -> bool:
    held = scene.of_body(body)
    _, solid = np.unique(scene.solid[held], return_inverse=True)
    turns = np.bincount(solid, weights=solid_angles(scene.corners[held], point))
    return bool((np.abs(turns) > _HALF).any())


def distance_3d(scene: Scene, point: Sequence[float] | Floats) -> Floats:
    """Return the distance in metres (n,) of a point to each body: 0 inside, infinite for one without surfaces.

    Raises:
        ValueError: the point is not three finite numbers.
    """
    at = _point(point)
    result = np.full(len(scene), np.inf)
    filled = np.flatnonzero(np.diff(scene.body_start))
    if len(filled):
        result[filled] = np.minimum.reduceat(distances(scene.corners, at), scene.body_start[filled])
    for body in np.flatnonzero(_around(scene, at)).tolist():
        if _inside(scene, body, at):
            result[body] = 0.0
    return result


def _around(scene: Scene, point: Floats) -> Bools:
    return np.asarray(((scene.low <= point) & (scene.high >= point)).all(axis=1))


def nearest(scene: Scene, point: Sequence[float] | Floats, k: int = 1, *, within: float = np.inf) -> list[Neighbour]:
    """Return the k bodies nearest to a point in space, nearest first; ties in the order of bodies.

    Args:
        scene: the bodies.
        point: x, y and height.
        k: how many at most.
        within: no body farther than this, in metres.

    Raises:
        ValueError: the point is not three finite numbers, or k is below 1.
    """
    at = _point(point)
    if k < 1:
        raise ValueError(f"at least one neighbour is asked for, not {k}")
    best = np.full(len(scene), np.inf)
    for body in np.flatnonzero(_around(scene, at)).tolist():
        if _inside(scene, body, at):
            best[body] = 0.0
    gap = np.maximum(np.maximum(scene.cluster_low - at, at - scene.cluster_high), 0.0)
    least = np.sqrt(np.einsum("ck,ck->c", gap, gap))
    order = np.argsort(least, kind="stable")
    done, step = 0, max(16, 2 * k)
    while done < len(order) and least[order[done]] <= min(_kth(best, k), within):
        held, position = scene.in_clusters(order[done : done + step])
        bodies = scene.cluster_body[order[done : done + step]][position]
        np.minimum.at(best, bodies, distances(scene.corners[held], at))
        done, step = done + step, 2 * step
    found = np.argsort(best, kind="stable")[:k]
    return [Neighbour(int(body), float(best[body])) for body in found if best[body] <= within and best[body] < np.inf]


def _kth(distances_: Floats, k: int) -> float:
    return float(np.partition(distances_, k - 1)[k - 1]) if k <= len(distances_) else np.inf


def surface_height(scene: Scene, points: Floats) -> Floats:
    """Return the height (p,) of the topmost surface above or below places (p, 2) in plan; NaN where there is none.

    Over a terrain's triangles this is the ground; over a city, what rain falls on.

    Raises:
        ValueError: the places are not finite numbers of shape (p, 2).
    """
    places = np.asarray(points, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 2 or not np.isfinite(places).all():  # noqa: PLR2004 - x and y
        raise ValueError(f"places are finite numbers of shape (p, 2), not {places.shape}")
    result = np.full(len(places), -np.inf)
    at, clusters = scene.tree.query(shapely.points(places), predicate="intersects")
    if len(at):
        held, position = scene.in_clusters(clusters)
        at = at[position]
        low, high = scene.cluster_low[:, 2].min() - 1.0, scene.cluster_high[:, 2].max() + 1.0
        upper = np.column_stack([places[at], np.full(len(at), high)])
        lower = np.column_stack([places[at], np.full(len(at), low)])
        along = along_segments(upper, lower, scene.corners[held])
        met = ~np.isnan(along)
        np.maximum.at(result, at[met], high + along[met] * (low - high))
    return np.where(np.isfinite(result), result, np.nan)
