# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Plane geometry of a drawn town: smooth curves, offsets, arcs and rectangles.

Everything is in local metres (u east, v north) around `hanse.examples.borderland.terrain.ORIGIN`;
an array of points has shape (n, 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry import Polygon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def smooth(points: Sequence[tuple[float, float]], step: float = 5.0) -> NDArray[np.float64]:
    """Return a Catmull-Rom curve through `points`, sampled about every `step` metres; shape (n, 2)."""
    knots = np.asarray(points, dtype=np.float64)
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    pieces: list[NDArray[np.float64]] = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        count = max(2, round(float(np.hypot(*(p2 - p1))) / step))
        t = np.linspace(0.0, 1.0, count, endpoint=False)[:, None]
        pieces.append(
            0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
        )
    return np.vstack([*pieces, knots[-1:]])


def normals(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the unit normal to the left of the line at each of its points; shape (n, 2)."""
    tangent = np.gradient(line, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    return np.column_stack([-tangent[:, 1], tangent[:, 0]])


def shifted(line: NDArray[np.float64], offset: float) -> NDArray[np.float64]:
    """Return the line moved `offset` metres to its left (negative: right); shape (n, 2)."""
    return line + offset * normals(line)


def between(line: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return the part of a line that rises steadily in v with low <= v <= high; shape (n, 2)."""
    return line[(line[:, 1] >= low) & (line[:, 1] <= high)]


def at_northing(line: NDArray[np.float64], v: float) -> tuple[float, float]:
    """Return the point of a line that rises steadily in v at the given v."""
    return float(np.interp(v, line[:, 1], line[:, 0])), v


def arc(
    centre: tuple[float, float], radius: float, start: float, end: float, wobble: float = 0.0
) -> NDArray[np.float64]:
    """Return an arc from `start` to `end` degrees whose radius varies by the share `wobble`; shape (n, 2)."""
    count = max(8, round(abs(end - start) * np.pi / 180 * radius / 5))
    angle = np.radians(np.linspace(start, end, count))
    r = radius * (1 + wobble * np.sin(3 * angle + 0.7))
    return np.column_stack([centre[0] + r * np.cos(angle), centre[1] + r * np.sin(angle)])


def rectangle(centre: tuple[float, float], length: float, width: float, degrees: float) -> Polygon:
    """Return a rectangle around `centre`, its long side turned `degrees` against the u axis."""
    return Polygon(corners(centre, length, width, degrees))


def corners(centre: tuple[float, float], length: float, width: float, degrees: float) -> NDArray[np.float64]:
    """Return the four corners, counter-clockwise, of a turned rectangle; the first edge is a long one."""
    angle = np.radians(degrees)
    along = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    across = np.array([-np.sin(angle), np.cos(angle)]) * width / 2
    middle = np.asarray(centre)
    return np.array(
        [
            middle - along - across,
            middle + along - across,
            middle + along + across,
            middle - along + across,
        ]
    )
