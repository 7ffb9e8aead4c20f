# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A solid's rings as flat arrays, so that numpy and GEOS see all surfaces of a building in one call."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hanse.geo.solid import Ring, Surface

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
MIN_RING = 3


@dataclass(frozen=True, slots=True)
class RingTable:
    """Rings of at least three points, laid end to end; surfaces whose exterior is shorter are left out.

    Attributes:
        points: (p, 3) coordinates in ring order, metres.
        ring_start: (r,) index of each ring's first point.
        ring_of: (p,) ring of each point.
        surface_of: (r,) row of ``surface`` each ring belongs to; the first ring of a row is its exterior.
        surface_start: (s,) index of the first point of each row's first ring.
        surface: (s,) index of the row's surface in the sequence that was handed in.
    """

    points: Floats
    ring_start: Ints
    ring_of: Ints
    surface_of: Ints
    surface_start: Ints
    surface: Ints

    def __len__(self) -> int:
        """Return the number of surfaces held."""
        return len(self.surface)

    def polygons(self, plane: Floats) -> NDArray[np.object_]:
        """Return one shapely polygon per surface (s,), of points (p, 2) in some plane."""
        rings = np.asarray(shapely.linearrings(plane, indices=self.ring_of))
        return np.asarray(shapely.polygons(rings, indices=self.surface_of))

    def successors(self) -> Floats:
        """Return for each point the next one on its ring (p, 3)."""
        following = np.arange(1, len(self.points) + 1)
        following[np.append(self.ring_start[1:], len(self.points)) - 1] = self.ring_start
        return self.points[following]

    def area_vectors(self) -> Floats:
        """Return per ring (r, 3) Newell's vector: normal to the ring, twice its area long."""
        # Relative to each ring's first point: national coordinates are large and the products would cancel.
        origin = self.points[self.ring_start][self.ring_of]
        here, there = self.points - origin, self.successors() - origin
        return np.add.reduceat(np.cross(here, there), self.ring_start, axis=0)


def ring_table(vertices: Floats, surfaces: Iterable[Surface]) -> RingTable | None:
    """Lay out the rings of surfaces; None when no ring has three points."""
    indices: list[int] = []
    ring_start: list[int] = []
    surface_of: list[int] = []
    surface_start: list[int] = []
    held: list[int] = []
    for number, surface in enumerate(surfaces):
        rings = surface.rings
        if not rings or len(rings[0]) < MIN_RING:
            continue
        surface_start.append(len(indices))
        for ring in rings:
            if len(ring) >= MIN_RING:
                ring_start.append(len(indices))
                surface_of.append(len(held))
                indices.extend(ring)
        held.append(number)
    if not held:
        return None
    starts = np.array(ring_start, dtype=np.intp)
    lengths = np.diff(np.append(starts, len(indices)))
    return RingTable(
        points=vertices[np.array(indices, dtype=np.intp)],
        ring_start=starts,
        ring_of=np.repeat(np.arange(len(starts)), lengths),
        surface_of=np.array(surface_of, dtype=np.intp),
        surface_start=np.array(surface_start, dtype=np.intp),
        surface=np.array(held, dtype=np.intp),
    )


def joined(tables: Sequence[RingTable]) -> RingTable | None:
    """Lay the tables of several solids end to end, their surfaces numbered on; None when there are none."""
    if not tables:
        return None

    points = _before([len(table.points) for table in tables])
    rings = _before([len(table.ring_start) for table in tables])
    rows = _before([len(table) for table in tables])
    return RingTable(
        points=np.concatenate([table.points for table in tables]),
        ring_start=np.concatenate([t.ring_start + by for t, by in zip(tables, points, strict=True)]),
        ring_of=np.concatenate([t.ring_of + by for t, by in zip(tables, rings, strict=True)]),
        surface_of=np.concatenate([t.surface_of + by for t, by in zip(tables, rows, strict=True)]),
        surface_start=np.concatenate([t.surface_start + by for t, by in zip(tables, points, strict=True)]),
        surface=np.arange(sum(map(len, tables)), dtype=np.intp),
    )


def _before(counts: list[int]) -> list[int]:
    """Return the sum of all counts before each."""
    return [0, *accumulate(counts[:-1])]


def distinct(vertices: Floats, snap: float) -> list[int]:
    """Give vertices that coincide within ``snap`` metres the same number."""
    if not len(vertices):
        return []
    seen: dict[tuple[int, ...], int] = {}
    cells: list[list[int]] = np.rint((vertices - vertices[0]) / snap).astype(np.int64).tolist()
    return [seen.setdefault(tuple(cell), len(seen)) for cell in cells]


def without_repeats(ring: Ring, number: list[int]) -> Ring:
    """Return the ring renumbered, with consecutive equal points (the closing one too) taken once."""
    renumbered = [number[index] for index in ring]
    return tuple(point for at, point in enumerate(renumbered) if point != renumbered[at - 1])
