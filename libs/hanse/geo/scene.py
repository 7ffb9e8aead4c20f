# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Many bodies (a building with its parts, a terrain) as one array of triangles, with boxes to look through first.

Triangles are kept body by body and, within a body, in clusters of neighbours, so that a question about a place
looks at the boxes of a few clusters rather than at every triangle of a large terrain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from hanse.geo.rings import joined, ring_table
from hanse.geo.triangles import table_triangles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanse.geo.rings import RingTable
    from hanse.geo.solid import Solid

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
CLUSTER = 32  # triangles that share a box at most
_MARGIN = 1e-6  # metres by which boxes exceed what they hold, so that contact with a boundary is not missed
_CELLS = 1 << 10  # per side, when triangles are put in order of neighbourhood


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Triangles of numbered bodies, in one projected CRS in metres, heights in one vertical datum.

    Attributes:
        corners: float64 (t, 3, 3), grouped by body, then by cluster.
        solid: (t,) number of the solid of each triangle, counted over those of all bodies that have surfaces.
        body_start: (n + 1,) first triangle of each body, and the end.
        low, high: float64 (n, 3) boxes of bodies; a body without triangles has low above high.
        cluster_start: (c + 1,) first triangle of each cluster, and the end.
        cluster_body: (c,) body of each cluster.
        cluster_low, cluster_high: float64 (c, 3) boxes of clusters, a little larger than what they hold.
        tree: the clusters' boxes in plan.
    """

    corners: Floats
    solid: Ints
    body_start: Ints
    low: Floats
    high: Floats
    cluster_start: Ints
    cluster_body: Ints
    cluster_low: Floats
    cluster_high: Floats
    tree: shapely.STRtree

    def __len__(self) -> int:
        """Return the number of bodies."""
        return len(self.body_start) - 1

    @classmethod
    def of(cls, bodies: Iterable[Iterable[Solid]]) -> Scene:
        """Build from the solids of each body, all in the same CRS; bodies are numbered in the order given.

        Raises:
            ValueError: a vertex is not a finite number.
        """
        tables: list[RingTable] = []
        body_of: list[int] = []
        count = 0
        for count, body in enumerate(bodies, start=1):
            for solid in body:
                table = ring_table(solid.vertices, solid.surfaces)
                if table is not None:
                    tables.append(table)
                    body_of.append(count - 1)
        # All at once: numpy and GEOS are called as often for a city as for a house.
        corners, row = table_triangles(joined(tables))
        ends = np.cumsum([len(table) for table in tables], dtype=np.intp)
        number = np.searchsorted(ends, row, side="right")
        return _arranged(corners, number, np.array(body_of, dtype=np.intp)[number], count)

    def of_body(self, body: int) -> slice:
        """Return where a body's triangles stand."""
        return slice(int(self.body_start[body]), int(self.body_start[body + 1]))

    def bodies_of(self, triangle: Ints) -> Ints:
        """Return the body of each triangle."""
        return np.searchsorted(self.body_start, triangle, side="right") - 1

    def in_clusters(self, clusters: Ints) -> tuple[Ints, Ints]:
        """Return the triangles of clusters, and for each the position in ``clusters`` that it came from."""
        sizes = self.cluster_start[clusters + 1] - self.cluster_start[clusters]
        position = np.repeat(np.arange(len(clusters)), sizes)
        step = np.arange(len(position)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.cluster_start[clusters][position] + step, position


def _arranged(corners: Floats, solid: Ints, body: Ints, count: int) -> Scene:
    middle = corners[:, :, :2].mean(axis=1)
    order = np.lexsort((_neighbourhood(middle), body))
    corners, solid, body = corners[order], solid[order], body[order]
    body_start = np.searchsorted(body, np.arange(count + 1))
    rank = np.arange(len(body)) - body_start[body]
    cluster_start = np.flatnonzero(rank % CLUSTER == 0)
    cluster_body = body[cluster_start]
    cluster_low, cluster_high = _boxes(corners, cluster_start)
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    filled = np.unique(body)
    low[filled], high[filled] = _boxes(corners, body_start[filled])
    cluster_low, cluster_high = cluster_low - _MARGIN, cluster_high + _MARGIN
    boxes = shapely.box(cluster_low[:, 0], cluster_low[:, 1], cluster_high[:, 0], cluster_high[:, 1])
    return Scene(
        corners=corners,
        solid=solid,
        body_start=body_start,
        low=low,
        high=high,
        cluster_start=np.append(cluster_start, len(corners)),
        cluster_body=cluster_body,
        cluster_low=cluster_low,
        cluster_high=cluster_high,
        tree=shapely.STRtree(boxes),
    )


def _boxes(corners: Floats, starts: Ints) -> tuple[Floats, Floats]:
    if not len(starts):
        return np.empty((0, 3)), np.empty((0, 3))
    lows = np.minimum.reduceat(corners.min(axis=1), starts, axis=0)
    return lows, np.maximum.reduceat(corners.max(axis=1), starts, axis=0)


def _neighbourhood(points: Floats) -> Ints:
    """Number points (p, 2) along a Z-order curve: near in number is near in place."""
    if not len(points):
        return np.empty(0, dtype=np.intp)
    low, high = points.min(axis=0), points.max(axis=0)
    cell = ((points - low) / np.maximum(high - low, 1e-9) * (_CELLS - 1)).astype(np.intp)
    number = np.zeros(len(points), dtype=np.intp)
    for bit in range(_CELLS.bit_length() - 1):
        number |= ((cell[:, 0] >> bit) & 1) << (2 * bit) | ((cell[:, 1] >> bit) & 1) << (2 * bit + 1)
    return number
