# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Closed bodies with roofs: the LoD2 shapes that the buildings of the two cities are made of.

A body is a tuple of faces, each a ring seen counter-clockwise from outside, so that every edge is walked once in
either direction. Footprints are counter-clockwise; heights are metres above NAP. Where a footprint has four corners
(a, b, c, d), a-b is the street front.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Point = tuple[float, float, float]
Surface = Literal["GroundSurface", "WallSurface", "RoofSurface"]
_FLATNESS: Final = 0.002


@dataclass(frozen=True, slots=True)
class Face:
    """One plane surface of a body: its ring (not repeated at the end) and what it is."""

    ring: tuple[Point, ...]
    surface: Surface


Body = tuple[Face, ...]


def flat(footprint: NDArray[np.float64], base: float, top: float) -> Body:
    """Return a block with a flat roof over any simple footprint."""
    low, high = _at(footprint, base), _at(footprint, top)
    return (*_shell(low, high), Face(tuple(high), "RoofSurface"))


def gable(quad: NDArray[np.float64], base: float, eaves: float, ridge: float) -> Body:
    """Return a house whose ridge runs along a-b, with gables over b-c and d-a."""
    a, b, c, d = _at(quad, eaves)
    left, right = _middle(d, a, 0.5, ridge), _middle(b, c, 0.5, ridge)
    walls = [
        _wall(quad, base, 0, (b, a)),
        _wall(quad, base, 1, (c, right, b)),
        _wall(quad, base, 2, (d, c)),
        _wall(quad, base, 3, (a, left, d)),
    ]
    return (_floor(quad, base), *walls, *_slope(a, b, right, left), *_slope(c, d, left, right))


def gable_front(quad: NDArray[np.float64], base: float, eaves: float, ridge: float) -> Body:
    """Return a house that shows its gable to the street: the ridge runs from a-b to c-d."""
    return gable(np.roll(quad, -1, axis=0), base, eaves, ridge)


def mansard(quad: NDArray[np.float64], base: float, eaves: float, knee: float, ridge: float) -> Body:
    """Return a house with a steep lower and a shallow upper slope on the front and back."""
    a, b, c, d = _at(quad, eaves)
    left, right = _middle(d, a, 0.5, ridge), _middle(b, c, 0.5, ridge)
    fl, fr = _middle(a, d, 0.14, knee), _middle(b, c, 0.14, knee)
    bl, br = _middle(d, a, 0.14, knee), _middle(c, b, 0.14, knee)
    walls = [
        _wall(quad, base, 0, (b, a)),
        _wall(quad, base, 1, (c, br, right, fr, b)),
        _wall(quad, base, 2, (d, c)),
        _wall(quad, base, 3, (a, fl, left, bl, d)),
    ]
    slopes = [*_slope(a, b, fr, fl), *_slope(fl, fr, right, left), *_slope(c, d, bl, br), *_slope(br, bl, left, right)]
    return (_floor(quad, base), *walls, *slopes)


def hip(quad: NDArray[np.float64], base: float, eaves: float, ridge: float, inset: float) -> Body:
    """Return a house whose roof slopes on all four sides; `inset` is the hip's share of the ridge line (below 0.5)."""
    a, b, c, d = _at(quad, eaves)
    left, right = np.add(quad[3], quad[0]) / 2, np.add(quad[1], quad[2]) / 2
    one: Point = (*_xy(left + inset * (right - left)), ridge)
    two: Point = (*_xy(right - inset * (right - left)), ridge)
    slopes = [
        *_slope(a, b, two, one),
        *_slope(c, d, one, two),
        Face((b, c, two), "RoofSurface"),
        Face((d, a, one), "RoofSurface"),
    ]
    return (*_shell(_at(quad, base), [a, b, c, d]), *slopes)


def lean_to(quad: NDArray[np.float64], base: float, low: float, high: float) -> Body:
    """Return a body whose roof rises from `low` over a-b to `high` over c-d."""
    (a, b), (c, d) = _at(quad[:2], low), _at(quad[2:], high)
    return (*_shell(_at(quad, base), [a, b, c, d]), *_slope(a, b, c, d))


def spire(footprint: NDArray[np.float64], base: float, eaves: float, top: float) -> Body:
    """Return a body under a pointed roof over a convex footprint, the apex over the mean of its corners."""
    edge = _at(footprint, eaves)
    tip: Point = (*_xy(footprint.mean(axis=0)), top)
    slopes = [Face((p, q, tip), "RoofSurface") for p, q in _around(edge)]
    return (*_shell(_at(footprint, base), edge), *slopes)


def apse(quad_side: NDArray[np.float64], base: float, eaves: float, top: float) -> Body:
    """Return a choir end: a convex footprint whose last edge leans on a nave, the apex over that edge's middle."""
    edge = _at(quad_side, eaves)
    tip = _middle(edge[-1], edge[0], 0.5, top)
    low = _at(quad_side, base)
    walls = [Face((p, q, s, r), "WallSurface") for (p, q), (r, s) in zip(pairwise(low), pairwise(edge), strict=True)]
    back = Face((low[-1], low[0], edge[0], tip, edge[-1]), "WallSurface")
    slopes = [Face((p, q, tip), "RoofSurface") for p, q in pairwise(edge)]
    return (_floor(quad_side, base), *walls, back, *slopes)


def windmill(footprint: NDArray[np.float64], base: float, neck: float, top: float) -> Body:
    """Return a tapering tower under a pointed cap: walls lean inwards to 0.55 of the footprint at `neck`."""
    middle = footprint.mean(axis=0)
    edge = _at(middle + 0.55 * (footprint - middle), neck)
    tip: Point = (*_xy(middle), top)
    low = _at(footprint, base)
    walls = [Face((p, q, s, r), "WallSurface") for (p, q), (r, s) in zip(_around(low), _around(edge), strict=True)]
    return (_floor(footprint, base), *walls, *(Face((p, q, tip), "RoofSurface") for p, q in _around(edge)))


def extruded(
    profile: Sequence[tuple[float, float]], start: NDArray[np.float64], end: NDArray[np.float64], width: float
) -> Body:
    """Return a bridge: a profile of (way along start-end in metres, height), counter-clockwise, given a width."""
    along = (end - start) / np.linalg.norm(end - start)
    across = np.array([-along[1], along[0]]) * width / 2
    near = [(*_xy(start + s * along - across), z) for s, z in profile]
    far = [(*_xy(start + s * along + across), z) for s, z in profile]
    sides = [Face((q, p, r, s), "WallSurface") for (p, q), (r, s) in zip(_around(near), _around(far), strict=True)]
    return (Face(tuple(near), "WallSurface"), Face(tuple(reversed(far)), "WallSurface"), *sides)


def highest(body: Body) -> float:
    """Return the height of a body's highest point in metres above NAP."""
    return max(z for face in body for _, _, z in face.ring)


def _xy(point: NDArray[np.float64]) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _at(points: NDArray[np.float64], z: float) -> list[Point]:
    return [(float(x), float(y), z) for x, y in points]


def _around(ring: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(zip(ring, [*ring[1:], ring[0]], strict=True))


def _middle(p: Point, q: Point, share: float, z: float) -> Point:
    return p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1]), z


def _floor(footprint: NDArray[np.float64], base: float) -> Face:
    return Face(tuple(reversed(_at(footprint, base))), "GroundSurface")


def _wall(quad: NDArray[np.float64], base: float, side: int, above: Sequence[Point]) -> Face:
    """Return the wall over one side of a quad; `above` is its upper edge, walked back to the side's start."""
    p, q = _at(quad[[side, (side + 1) % 4]], base)
    return Face((p, q, *above), "WallSurface")


def _shell(low: Sequence[Point], high: Sequence[Point]) -> list[Face]:
    """Return floor and walls between two rings of equal length."""
    edges = zip(_around(low), _around(high), strict=True)
    floor = Face(tuple(reversed(low)), "GroundSurface")
    return [floor, *(Face((p, q, s, r), "WallSurface") for (p, q), (r, s) in edges)]


def _slope(p: Point, q: Point, r: Point, s: Point) -> list[Face]:
    """Return a roof slope: one face where its four corners lie in a plane, else two triangles."""
    a, b, c, d = (np.asarray(x) for x in (p, q, r, s))
    normal = np.cross(b - a, c - a)
    if abs(float(np.dot(normal, d - a))) <= _FLATNESS * float(np.linalg.norm(normal)):
        return [Face((p, q, r, s), "RoofSurface")]
    return [Face((p, q, r), "RoofSurface"), Face((p, r, s), "RoofSurface")]
