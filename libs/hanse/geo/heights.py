# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Heights from one vertical datum to another, where PROJ has what that needs; never by a guess.

Between height systems whose offset is published as a number (NAP and TAW) PROJ needs nothing more. To and from the
ellipsoid it needs a geoid grid (for NAP: nl_nsgi_nlgeo2018.tif), which no Python wheel brings; docs/decisions/0010
says how an operator adds it. Without it there is no shift, and heights stay in their own, named datum.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj.transformer import TransformerGroup

from hanse.geo.crs import Crs, DatumStatus

Floats = NDArray[np.float64]
_WITH_ELLIPSOIDAL = {4326: 4979, 4258: 4937}


@dataclass(frozen=True, slots=True)
class HeightShift:
    """The operation that converts heights between two systems' vertical datums.

    Attributes:
        accuracy_m: what its author declares, in metres; None when nothing is declared.
        operation: its name in the EPSG register.
    """

    accuracy_m: float | None
    operation: str
    _proj: Any

    def __call__(self, points: Floats) -> Floats | None:
        """Return the heights (n,) of (n, 3) points of the source; None when one lies outside the grid."""
        heights: Floats = np.asarray(self._proj.transform(points[:, 0], points[:, 1], points[:, 2])[2])
        return heights if np.isfinite(heights).all() else None


@lru_cache(maxsize=256)
def height_shift(source: Crs, target: Crs) -> HeightShift | None:
    """Return how heights of ``source`` become heights of ``target``.

    None when they are in the same datum already, when either is unknown, or when PROJ has no data for it.
    """
    if DatumStatus.UNKNOWN in {source.vertical.status, target.vertical.status}:
        return None
    if source.vertical.name == target.vertical.name:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a better operation needs a grid: accuracy_m says it
        group = TransformerGroup(_whole(source), _whole(target), always_xy=True, allow_ballpark=False)
    if not group.transformers:
        return None
    best = group.transformers[0]
    return HeightShift(float(best.accuracy) if best.accuracy >= 0 else None, best.description, best)


def _whole(crs: Crs) -> str:
    """Return plane and heights as PROJ names them."""
    if crs.vertical.epsg is None:
        return f"EPSG:{_WITH_ELLIPSOIDAL[crs.horizontal]}"
    return f"EPSG:{crs.horizontal}+{crs.vertical.epsg}"
