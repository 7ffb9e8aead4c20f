# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""In which order faces must be painted, and which of them cannot be seen at all.

Sorting by distance alone paints long walls over the roofs before them. Instead every face is sampled on a grid of
screen points; where two cover the same point, the farther one is painted first. The order that satisfies all those
pairs is what the painter needs, and a face that is nearest at no point is left out.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.permit.report.pictures.svg import Floats

Ints = NDArray[np.int64]
_MOST_SAMPLES = 1_500_000


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Where faces cover the grid: grid point, face number, depth there (greater is nearer), alike in length."""

    point: Ints
    face: Ints
    depth: Floats


def painting_order(faces: Sequence[Sequence[Floats]], step: float) -> list[int]:
    """Return the numbers of the faces that can be seen, farthest first.

    `faces` holds each face's rings as (k, 3) screen points: x, y, and depth, greater being nearer. `step` is the
    grid's spacing in screen units, widened when there is very much to sample; what falls between its points is not
    painted.
    """
    samples = sampled(faces, max(step, affordable(faces)))
    if not len(samples.point):
        return []
    order = np.lexsort((samples.face, samples.depth, samples.point))
    point, face = samples.point[order], samples.face[order]
    nearest = np.append(point[1:] != point[:-1], True)
    visible = np.zeros(len(faces), dtype=bool)
    visible[face[nearest]] = True
    kept = visible[face]
    point, face = point[kept], face[kept]
    same = (point[1:] == point[:-1]) & (face[1:] != face[:-1])
    pairs = np.column_stack([face[:-1][same], face[1:][same]])
    depth = np.array([np.vstack(list(rings))[:, 2].mean() if len(rings) else 0.0 for rings in faces])
    return _sorted(np.flatnonzero(visible), pairs, depth)


def affordable(faces: Sequence[Sequence[Floats]]) -> float:
    """Return the spacing at which the samples of all faces together stay within `_MOST_SAMPLES`."""
    area = 0.0
    for ring in (ring for face in faces for ring in face):
        x, y = ring[:, 0], ring[:, 1]
        area += abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    return math.sqrt(area / _MOST_SAMPLES)


def sampled(faces: Sequence[Sequence[Floats]], step: float) -> Samples:
    """Fill all faces by the even-odd rule: crossings of edges with grid rows, paired into spans of grid points."""
    starts, ends, owners = _edges(faces)
    starts, ends = starts / [step, step, 1], ends / [step, step, 1]
    if not len(starts):
        return Samples(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    upward = starts[:, 1] > ends[:, 1]
    low, high = np.where(upward[:, None], ends, starts), np.where(upward[:, None], starts, ends)
    first, last = np.ceil(low[:, 1]).astype(np.int64), np.ceil(high[:, 1]).astype(np.int64)
    edge, offset = _counted(last - first)
    row = first[edge] + offset
    share = (row - low[edge, 1]) / (high[edge, 1] - low[edge, 1])
    crossing = low[edge] + share[:, None] * (high[edge] - low[edge])
    order = np.lexsort((crossing[:, 0], row, owners[edge]))
    crossing, row, face = crossing[order], row[order], owners[edge][order]
    # Each closed ring crosses a row an even number of times, so neighbours in this order pair up.
    left, right = crossing[0::2], crossing[1::2]
    start, stop = np.ceil(left[:, 0]).astype(np.int64), np.ceil(right[:, 0]).astype(np.int64)
    span, along = _counted(stop - start)
    column = start[span] + along
    width = np.maximum(right[span, 0] - left[span, 0], 1e-12)
    part = (column - left[span, 0]) / width
    depth = left[span, 2] + part * (right[span, 2] - left[span, 2])
    spread = int(row.max() - row.min()) + 1
    return Samples(column * spread + (row[0::2][span] - row.min()), face[0::2][span], depth)


def _edges(faces: Sequence[Sequence[Floats]]) -> tuple[Floats, Floats, Ints]:
    rings = [ring for face in faces for ring in face]
    if not rings:
        return np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, np.int64)
    owners = np.repeat(
        [number for number, face in enumerate(faces) for _ in face], [len(ring) for ring in rings]
    ).astype(np.int64)
    return np.vstack(rings), np.vstack([np.roll(ring, -1, axis=0) for ring in rings]), owners


def _counted(counts: Ints) -> tuple[Ints, Ints]:
    """Return, for counts [2, 0, 3], indices [0 0 2 2 2] and offsets [0 1 0 1 2]."""
    counts = np.maximum(counts, 0)
    index = np.repeat(np.arange(len(counts)), counts)
    return index, np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)


def _sorted(faces: Ints, pairs: Ints, depth: Floats) -> list[int]:
    """Sort topologically by (behind, before) pairs, the majority deciding; cycles are cut at the farthest face."""
    before: dict[int, list[int]] = {int(face): [] for face in faces}
    waiting = dict.fromkeys(before, 0)
    if len(pairs):
        kinds, counts = np.unique(pairs, axis=0, return_counts=True)
        votes = {(a, b): count for (a, b), count in zip(kinds.tolist(), counts.tolist(), strict=True)}
        for (behind, front), count in votes.items():
            other = votes.get((front, behind), 0)
            if count > other or (count == other and behind < front):
                before[behind].append(front)
                waiting[front] += 1
    ready = [(float(depth[face]), face) for face, count in waiting.items() if not count]
    heapq.heapify(ready)
    remaining = sorted(before, key=lambda face: (float(depth[face]), face))
    at, done, order = 0, set[int](), list[int]()
    while len(order) < len(before):
        if ready:
            face = heapq.heappop(ready)[1]
        else:
            while remaining[at] in done:
                at += 1
            face = remaining[at]
        if face in done:
            continue
        done.add(face)
        order.append(face)
        for front in before[face]:
            waiting[front] -= 1
            if not waiting[front]:
                heapq.heappush(ready, (float(depth[front]), front))
    return order
