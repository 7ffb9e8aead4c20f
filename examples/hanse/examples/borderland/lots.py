# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Lots along the streets: how the front of a block is cut into house footprints that never overlap."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from hanse.examples.borderland.plan import Plan, Street, Style


@dataclass(frozen=True, slots=True)
class Measure:
    """How a style builds: front width, depth, set-back from the street and gap between houses, all in metres."""

    width: tuple[float, float]
    depth: tuple[float, float]
    setback: float
    gap: float = 0.0
    shortest: float = 6.0


MEASURES: Final[dict[Style, Measure]] = {
    "core": Measure((5.6, 8.2), (9.5, 13.5), 0.3),
    "quay": Measure((6.8, 9.6), (13.0, 17.0), 0.3),
    "perimeter": Measure((7.6, 11.0), (9.5, 11.5), 0.6),
    "row": Measure((5.6, 5.6), (8.8, 8.8), 3.2, shortest=30.0),
    "villa": Measure((10.0, 13.0), (8.5, 10.5), 6.0, gap=11.0),
    "cottage": Measure((7.0, 9.0), (6.4, 7.4), 2.2, gap=2.6),
    "lane": Measure((7.2, 8.6), (8.6, 10.0), 2.2),
    "shed": Measure((18.0, 26.0), (20.0, 26.0), 4.0, gap=6.0),
}
_BEND: Final = np.radians(26)
_TOUCH: Final = 0.005
_SHARPEST: Final = 0.6
_STEEP: Final = 0.8
_NEAR: Final = 0.4


@dataclass(frozen=True, slots=True)
class Lot:
    """A house footprint (4, 2), counter-clockwise with the street front first, and the row it stands in."""

    quad: NDArray[np.float64]
    style: Style
    street: str
    row: int

    @property
    def area(self) -> Polygon:
        """The footprint as a polygon."""
        return Polygon(self.quad)


@dataclass(frozen=True, slots=True)
class _Run:
    """A piece of a block's edge along one street, walked with the block on the left."""

    line: NDArray[np.float64]
    street: Street
    before: NDArray[np.float64] | None


def lots(plan: Plan, east: Polygon, rng: np.random.Generator) -> list[Lot]:
    """Return the footprints along all streets, block by block; the same for the same state of `rng`."""
    found: list[Lot] = []
    row = 0
    for block in plan.blocks:
        placed: list[Polygon] = []
        room = block.buffer(0.001)
        shapely.prepare(room)
        abroad = bool(east.contains(block.representative_point()))
        for run in _runs(block, plan.streets):
            row += 1
            style = run.street.fronted(east=abroad)
            for quad in _cut(run, style, rng):
                area = Polygon(quad)
                if not _square(quad) or not room.contains(area) or _hits(area, placed):
                    continue
                placed.append(area)
                found.append(Lot(quad, style, run.street.name, row))
    return found


def _square(quad: NDArray[np.float64]) -> bool:
    """Say whether a footprint's corners are near enough to right angles to live in."""
    sides = np.roll(quad, -1, axis=0) - quad
    sides /= np.linalg.norm(sides, axis=1, keepdims=True)
    return bool(np.all(np.abs(np.sum(sides * np.roll(sides, 1, axis=0), axis=1)) < _SHARPEST))


def _hits(area: Polygon, placed: Sequence[Polygon]) -> bool:
    return any(area.intersection(other).area > _TOUCH for other in placed)


def _runs(block: Polygon, streets: Sequence[Street]) -> Iterator[_Run]:
    """Yield the street sides of a block, longest first so that main fronts get the corners."""
    runs: list[_Run] = []
    for ring in (block.exterior, *block.interiors):
        runs += _runs_of(np.asarray(ring.coords)[:-1], streets)
    yield from sorted(runs, key=lambda r: -LineString(r.line).length)


def _runs_of(ring: NDArray[np.float64], streets: Sequence[Street]) -> list[_Run]:
    count = len(ring)
    fronts = [_street_at((ring[i] + ring[(i + 1) % count]) / 2, streets) for i in range(count)]
    heading = np.array([np.arctan2(*(ring[(i + 1) % count] - ring[i])[::-1]) for i in range(count)])
    turns = [
        fronts[i] is None or fronts[i] is not fronts[i - 1] or abs(_wrap(heading[i] - heading[i - 1])) > _BEND
        for i in range(count)
    ]
    starts = [i for i in range(count) if turns[i]] or [0]
    runs = []
    for start, end in zip(starts, [*starts[1:], starts[0] + count], strict=True):
        street = fronts[start]
        if street is None or street.style == "none":
            continue
        line = ring[[i % count for i in range(start, end + 1)]]
        before = ring[start] - ring[start - 1] if fronts[start - 1] is not None else None
        runs.append(_Run(line, street, before))
    return runs


def _street_at(point: NDArray[np.float64], streets: Sequence[Street]) -> Street | None:
    """Return the street whose edge runs through a point."""
    place = shapely.Point(point)
    edges = [(abs(s.line.distance(place) - s.width / 2), s) for s in streets]
    gap, street = min(edges, key=lambda e: e[0])
    return street if gap < _NEAR else None


def _wrap(angle: float) -> float:
    return float((angle + np.pi) % (2 * np.pi) - np.pi)


def _cut(run: _Run, style: Style, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """Yield footprints along a run."""
    measure = MEASURES[style]
    line = LineString(run.line)
    if line.length < measure.shortest:
        return
    first = measure.setback if measure.setback < 1 else measure.setback + 0.6
    length = line.length - 2 * first
    pitch = sum(measure.width) / 2 + measure.gap
    count = int(length / pitch + 0.35)
    if count < 1:
        return
    shares = rng.uniform(*measure.width, size=count) + measure.gap
    stations = first + np.concatenate([[0.0], np.cumsum(shares)]) * (length / shares.sum())
    for number, (a, b) in enumerate(pairwise(stations)):
        depth = float(rng.uniform(*measure.depth))
        start = run.before if number == 0 and measure.setback < 1 else None
        yield _footprint(line, (a + measure.gap / 2, b - measure.gap / 2), measure, depth, start)


def _footprint(
    line: LineString,
    span: tuple[float, float],
    measure: Measure,
    depth: float,
    before: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Return a house between two stations: front and back parallel, sides square to the street."""
    a, b = (np.array(line.interpolate(s).coords[0]) for s in span)
    front = (b - a) / np.linalg.norm(b - a)
    inward = np.array([-front[1], front[0]])
    if measure.gap:
        sides = [inward, inward]
    else:
        sides = [_inward(line, s) for s in span]
        if before is not None:
            sides[0] = _along_corner(before, inward, sides[0])
    sides = [s / float(np.dot(s, inward)) for s in sides]
    near, far = measure.setback, measure.setback + depth
    return np.array([a + near * sides[0], b + near * sides[1], b + far * sides[1], a + far * sides[0]])


def _along_corner(
    before: NDArray[np.float64], inward: NDArray[np.float64], square: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Let a corner house follow the side street, unless that street meets the front too sharply."""
    side = -before / np.linalg.norm(before)
    return side if float(np.dot(side, inward)) > _STEEP else square


def _inward(line: LineString, station: float) -> NDArray[np.float64]:
    """Return the unit normal into the block, smoothed over the bends of the line."""
    low, high = max(0.0, station - 3.0), min(line.length, station + 3.0)
    p, q = (np.array(line.interpolate(s).coords[0]) for s in (low, high))
    along = (q - p) / np.linalg.norm(q - p)
    return np.array([-along[1], along[0]])
