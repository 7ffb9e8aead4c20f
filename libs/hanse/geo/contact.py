# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Where triangles, boxes, points and segments meet: kernels over arrays, one row for each pair.

All of them work near the origin (differences first), since national coordinates squared would eat millimetres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hanse.geo.triangles import normals

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
TOUCH = 1e-9  # metres: nearer than this is contact; float64 resolves national coordinates to 1e-10
_EDGE = 1e-9  # of an edge's length: a segment this near to a triangle's edge meets it
_FLAT = 1e-14  # relative: a segment this nearly parallel to a triangle runs along it


def meet_box(corners: Floats, low: Floats, high: Floats) -> Bools:
    """Tell which triangles (t, 3, 3) meet a box, boundary included.

    Separating axes (Akenine-Moeller 2001): the box's three, the triangle's normal, and nine products of edges.
    """
    half = (high - low) / 2 + TOUCH
    local = corners - (low + high) / 2
    apart = (local.min(axis=1) > half).any(axis=1) | (local.max(axis=1) < -half).any(axis=1)
    normal = normals(local)
    apart |= np.abs(np.einsum("tk,tk->t", normal, local[:, 0])) > np.abs(normal) @ half
    edges = np.roll(local, -1, axis=1) - local
    for axis in range(3):
        across = np.cross(edges, np.eye(3)[axis])
        shadow = np.einsum("tek,tck->tec", across, local)
        reach = np.abs(across) @ half
        apart |= ((shadow.min(axis=2) > reach) | (shadow.max(axis=2) < -reach)).any(axis=1)
    return np.asarray(~apart)


def distances(corners: Floats, point: Floats) -> Floats:
    """Return the distance (t,) of a point to each triangle (t, 3, 3), in the coordinates' units."""
    local = corners - point
    edges = np.roll(local, -1, axis=1) - local
    length = np.einsum("tek,tek->te", edges, edges)
    along = -np.einsum("tek,tek->te", local, edges) / np.where(length > 0, length, 1.0)
    foot = local + np.clip(along, 0.0, 1.0)[..., None] * edges
    nearest: Floats = np.sqrt(np.einsum("tek,tek->te", foot, foot).min(axis=1))
    normal = np.cross(edges[:, 0], edges[:, 1])
    # The foot on the plane lies within the triangle when it is on the inner side of all three edges.
    side = np.einsum("tek,tk->te", np.cross(edges, -local), normal)
    size = np.sqrt(np.einsum("tk,tk->t", normal, normal))
    inside = (side >= 0).all(axis=1) & (size > 0)
    height = np.abs(np.einsum("tk,tk->t", normal, local[:, 0])) / np.where(size > 0, size, 1.0)
    return np.where(inside, np.minimum(height, nearest), nearest)


def solid_angles(corners: Floats, point: Floats) -> Floats:
    """Return the signed solid angle (t,) of each triangle as seen from a point, in turns of the whole sphere.

    Van Oosterom and Strackee 1983. The sum over a closed shell is 1 inside and 0 outside, without the ties that
    counting a ray's crossings has.
    """
    local = corners - point
    length = np.sqrt(np.einsum("tck,tck->tc", local, local))
    a, b, c = local[:, 0], local[:, 1], local[:, 2]
    volume = np.einsum("tk,tk->t", a, np.cross(b, c))
    spread = (
        length.prod(axis=1)
        + np.einsum("tk,tk->t", a, b) * length[:, 2]
        + np.einsum("tk,tk->t", b, c) * length[:, 0]
        + np.einsum("tk,tk->t", c, a) * length[:, 1]
    )
    return np.asarray(np.arctan2(volume, spread) / (2 * np.pi))


def along_segments(starts: Floats, ends: Floats, corners: Floats) -> Floats:
    """Return per row where segment (m, 3) to (m, 3) meets triangle (m, 3, 3): 0 at its start, 1 at its end.

    NaN where they do not meet. Edges and corners belong to the triangle. A segment within the triangle's plane
    runs along it and does not meet it. Moeller and Trumbore 1997.
    """
    direction = ends - starts
    local = corners - starts[:, None]
    first, second = local[:, 1] - local[:, 0], local[:, 2] - local[:, 0]
    across = np.cross(direction, second)
    slope = np.einsum("mk,mk->m", first, across)
    scale = np.sqrt(
        np.einsum("mk,mk->m", direction, direction)
        * np.einsum("mk,mk->m", first, first)
        * np.einsum("mk,mk->m", second, second)
    )
    crosses = np.abs(slope) > _FLAT * scale
    over = 1.0 / np.where(crosses, slope, 1.0)
    u = np.einsum("mk,mk->m", -local[:, 0], across) * over
    other = np.cross(-local[:, 0], first)
    v = np.einsum("mk,mk->m", direction, other) * over
    at: Floats = np.einsum("mk,mk->m", second, other) * over
    crosses &= (u >= -_EDGE) & (v >= -_EDGE) & (u + v <= 1 + _EDGE) & (at >= 0) & (at <= 1)
    return np.where(crosses, at, np.nan)
