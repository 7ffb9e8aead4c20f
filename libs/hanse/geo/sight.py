# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What stands between two points in space.

Any contact with a triangle, an edge or a corner included, blocks: a line that grazes a ridge is blocked by it. Two
exceptions make the definition usable. Contact within ``clearance`` of either end does not count, so that a point
on a roof sees from there. A line that runs within a surface's plane is not blocked by that surface, so that two
points on one flat roof see each other; coming from beside the building the same line meets the walls' upper edges
and is blocked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from hanse.geo.contact import along_segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanse.geo.scene import Scene

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
CLEARANCE = 1e-3
_SPACE = 3
_BATCH = 200_000  # pairs of segment and triangle looked at in one go: some 50 MB


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A body in the way.

    Attributes:
        body: its number in the scene.
        distance: metres from the first point to the first contact.
        point: x, y and height of that contact.
    """

    body: int
    distance: float
    point: tuple[float, float, float]


def line_of_sight(
    a: Sequence[float] | Floats, b: Sequence[float] | Floats, scene: Scene, *, clearance: float = CLEARANCE
) -> list[Obstacle]:
    """Return what blocks the straight line from a to b, the nearest to a first; an empty list is a free sight.

    Args:
        a: x, y and height, metres in the scene's CRS.
        b: likewise.
        scene: the bodies.
        clearance: contact this near to either end, in metres, does not block.

    Raises:
        ValueError: a point is not three finite numbers.
    """
    start, end = (np.asarray(point, dtype=np.float64) for point in (a, b))
    for point in (start, end):
        if point.shape != (_SPACE,) or not np.isfinite(point).all():
            raise ValueError(f"a point in space is three finite numbers, not {point.tolist()}")
    first: dict[int, float] = {}
    for _, body, along in contacts(scene, start[None], end[None], clearance):
        for number, at in zip(body.tolist(), along.tolist(), strict=True):
            first[number] = min(at, first.get(number, np.inf))
    length = float(np.linalg.norm(end - start))
    return [
        Obstacle(number, at * length, tuple((start + at * (end - start)).tolist()))
        for number, at in sorted(first.items(), key=lambda item: (item[1], item[0]))
    ]


def blocked(scene: Scene, starts: Floats, ends: Floats, clearance: float = CLEARANCE) -> Bools:
    """Tell which of the segments (m, 3) to (m, 3) something stands in the way of."""
    result = np.zeros(len(starts), dtype=np.bool_)
    for segment, _, _ in contacts(scene, starts, ends, clearance):
        result[segment] = True
    return result


def contacts(scene: Scene, starts: Floats, ends: Floats, clearance: float) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield, batch by batch, (segment, body, place along the segment from 0 to 1) of every contact that counts."""
    segment, cluster = _near(scene, starts, ends)
    sizes = scene.cluster_start[cluster + 1] - scene.cluster_start[cluster]
    cuts = np.flatnonzero(np.diff((np.cumsum(sizes) // _BATCH), prepend=0))
    for part in np.split(np.arange(len(segment)), cuts):
        held, position = scene.in_clusters(cluster[part])
        row = segment[part][position]
        from_, to = starts[row], ends[row]
        along = along_segments(from_, to, scene.corners[held])
        length = np.linalg.norm(to - from_, axis=1)
        with np.errstate(invalid="ignore"):
            counts = (along * length > clearance) & ((1 - along) * length > clearance)
        if counts.any():
            yield row[counts], scene.bodies_of(held[counts]), along[counts]


def _near(scene: Scene, starts: Floats, ends: Floats) -> tuple[Ints, Ints]:
    """Return the pairs of segment and cluster whose boxes the segment passes through."""
    lines = np.asarray(shapely.linestrings(np.stack([starts[:, :2], ends[:, :2]], axis=1)))
    upright = (starts[:, :2] == ends[:, :2]).all(axis=1)
    lines[upright] = shapely.points(starts[upright, :2])
    segment, cluster = scene.tree.query(lines, predicate="intersects")
    start, way = starts[segment], ends[segment] - starts[segment]
    with np.errstate(divide="ignore", invalid="ignore"):
        one = (scene.cluster_low[cluster] - start) / way
        other = (scene.cluster_high[cluster] - start) / way
    # Along an axis that the segment does not run, 0/0 is no bound and x/0 an infinite one of the right sign.
    enter = np.nanmax(np.fmin(one, other), axis=1, initial=0.0)
    leave = np.nanmin(np.fmax(one, other), axis=1, initial=1.0)
    passes = enter <= leave
    return segment[passes], cluster[passes]
