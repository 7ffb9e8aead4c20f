# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Conversion of coordinates between reference systems, honest about accuracy and about heights.

Horizontal coordinates are converted by the most accurate operation that PROJ has data for; a "ballpark"
operation (no datum shift, some 100 m off in the Netherlands) is never taken. Heights are not converted
here: a height keeps its value and the name of its datum, and the result says so. Converting them mostly needs
geoid grids which are not part of this distribution (``hanse.geo.heights``).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj.enums import TransformDirection
from pyproj.transformer import TransformerGroup

from hanse.geo.area import area
from hanse.geo.crs import Crs, CrsError, DatumStatus, VerticalDatum

Floats = NDArray[np.float64]
_PLANE, _SPACE = 2, 3


@dataclass(frozen=True, slots=True)
class Converted:
    """Converted coordinates and what is known about them.

    Attributes:
        coordinates: float64 (n, 2) or (n, 3), as handed in; x or longitude first; metres or degrees. Column
            three is the height as it was, in metres above ``vertical``.
        crs: system of the first two columns.
        vertical: datum of the third column, and whether it was declared, assumed or is unknown.
        accuracy_m: accuracy that the operation's author declares, in metres; None when none is declared.
        operation: the name of the operation in the EPSG register.
        height_note: a sentence when heights are not in the target's vertical datum; None when there is
            nothing to say.
    """

    coordinates: Floats
    crs: Crs
    vertical: VerticalDatum
    accuracy_m: float | None
    operation: str
    height_note: str | None


@dataclass(frozen=True, slots=True)
class Transformer:
    """One operation from ``source`` to ``target`` and, by ``back``, exactly its inverse.

    Points must lie where both systems are used, or near: elsewhere an operation gives numbers that mean nothing.
    """

    source: Crs
    target: Crs
    accuracy_m: float | None
    operation: str
    _proj: Any
    _inverted: bool = False
    _everywhere: bool = False

    def back(self) -> Transformer:
        """Return the inverse of this very operation, so that there and back is the identity."""
        return replace(self, source=self.target, target=self.source, _inverted=not self._inverted)

    def everywhere(self) -> Transformer:
        """Return the operation without regard to areas of use: for what is looked for, not for what is stored."""
        return replace(self, _everywhere=True)

    def __call__(self, coordinates: Floats) -> Converted:
        """Convert (n, 2) or (n, 3) float64 coordinates, x or longitude first.

        Raises:
            CrsError: wrong shape, non-finite input, or a point outside the area where either system is used.
        """
        points = np.asarray(coordinates, dtype=np.float64)
        if points.ndim != _PLANE or points.shape[1] not in {_PLANE, _SPACE}:
            raise CrsError(f"coordinates have shape (n, 2) or (n, 3), not {points.shape}")
        if not np.isfinite(points).all():
            raise CrsError("coordinates must be finite numbers")
        result = points.copy()
        self._check(points, self.source, points)
        if self._proj is not None and len(points):
            result[:, 0], result[:, 1] = self._convert(points[:, 0], points[:, 1])
            self._check(result, self.target, points)
        has_height = points.shape[1] == _SPACE
        note = height_note(self.source.vertical, self.target.vertical) if has_height else None
        return Converted(result, self.target, self.source.vertical, self.accuracy_m, self.operation, note)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Convert one point, x or longitude first. Raises CrsError as a call does."""
        if self._proj is None:
            return x, y
        direction = TransformDirection.INVERSE if self._inverted else TransformDirection.FORWARD
        out_x, out_y = self._proj.transform(x, y, direction=direction)
        if not (isfinite(out_x) and isfinite(out_y)):
            raise CrsError(f"the point ({x}, {y}) cannot be converted from {self.source.code} to {self.target.code}")
        return out_x, out_y

    def _check(self, points: Floats, crs: Crs, given: Floats) -> None:
        """Refuse points outside the area of ``crs``; the sentence names them as they were ``given``."""
        used = None if self._everywhere else area(crs.horizontal)
        if used is None or (at := used.first_outside(points[:, :_PLANE])) is None:
            return
        x, y = given[at, :_PLANE].tolist()
        raise CrsError(
            f"point {at} ({x:.10g}, {y:.10g}) in {self.source.code} lies outside the area where {crs.code} "
            f"({crs.name}) is used, {used}; check that the declared system is the one the coordinates are in"
        )

    def _convert(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        direction = TransformDirection.INVERSE if self._inverted else TransformDirection.FORWARD
        out_x, out_y = self._proj.transform(x, y, direction=direction)
        good = np.isfinite(out_x) & np.isfinite(out_y)
        if not good.all():
            at = int(np.argmin(good))
            raise CrsError(
                f"point {at} ({x[at]}, {y[at]}) cannot be converted from {self.source.code} "
                f"to {self.target.code}; check that the declared system is the one the coordinates are in"
            )
        return out_x, out_y


def height_note(source: VerticalDatum, target: VerticalDatum) -> str | None:
    """Say what happened to heights on the way from one vertical datum to another; None when they agree."""
    if source.status is DatumStatus.UNKNOWN:
        return "the vertical datum of the heights is unknown; they are kept as they are"
    assumed = " (assumed, not declared)" if source.status is DatumStatus.ASSUMED else ""
    if source.name == target.name:
        return f"heights are in {source.name}{assumed}" if assumed else None
    return f"heights are kept in {source.name}{assumed}; they were not converted to {target.name} heights"


@lru_cache(maxsize=256)
def transformer(source: Crs, target: Crs) -> Transformer:
    """Return the most accurate operation that can be carried out between two systems; cached, thread-safe.

    Raises:
        CrsError: no operation better than a ballpark guess is available.
    """
    if source.horizontal == target.horizontal:
        return Transformer(source, target, 0.0, "identity", None)
    with warnings.catch_warnings():
        # PROJ warns that a still better operation needs a grid it lacks; accuracy_m already says what we got.
        warnings.simplefilter("ignore", UserWarning)
        group = TransformerGroup(source.horizontal, target.horizontal, always_xy=True, allow_ballpark=False)
    if not group.transformers:
        raise CrsError(f"no conversion from {source.code} to {target.code} is known")
    best = group.transformers[0]
    accuracy = float(best.accuracy) if best.accuracy >= 0 else None
    return Transformer(source, target, accuracy, best.description, best)
