# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities' solids from one coordinate system to another, and plain points, with heights and accuracy.

Heights of points are converted where `hanse.geo.heights` can. Solids keep the heights of their source, exactly, and
the name of their datum; when that is not the datum of the system asked for, the result's system is a composed one, or
names no vertical part, so that nobody misreads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hanse.geo import Crs, CrsError, DatumStatus, Transformer, transformer
from hanse.geo.heights import height_shift
from hanse.geo.transform import height_note
from hanse.ngsild import NgsiLdError, solid_crs
from hanse.translation.model import Loss, LossKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Json = Any
MILLIMETRE = 0.001
_DEGREE_STEP = 1e-9  # of a degree: about a tenth of a millimetre
_PLANE, _SPACE = 2, 3
_AT = "/solidGeometry/json"


@dataclass(frozen=True, slots=True)
class Points:
    """Converted points: x, y, z interleaved; NaN where there is no height. `accuracy_m` is None when unknown."""

    coordinates: list[float]
    accuracy_m: float | None
    height_note: str


def convert_points(coordinates: Sequence[float], source: Crs, target: Crs) -> Points:
    """Points (x, y, z interleaved, metres or degrees) in another system.

    Raises:
        CrsError: not a multiple of three numbers, numbers that are not finite, or no conversion.
    """
    if len(coordinates) % _SPACE:
        raise CrsError(f"coordinates come in threes (x, y, z; NaN without a height), not {len(coordinates)} numbers")
    points = np.array(coordinates, dtype=np.float64).reshape(-1, _SPACE)
    way = transformer(source, target)
    if np.isinf(points[:, _PLANE]).any():
        raise CrsError("a height is a finite number, or NaN when there is none")
    plane = way(points[:, :_PLANE]).coordinates
    note = _converted_heights(points, source, target)
    points[:, :_PLANE] = plane
    return Points(points.ravel().tolist(), way.accuracy_m, note)


def _converted_heights(points: NDArray[np.float64], source: Crs, target: Crs) -> str:
    """Converts the third column in place where that can be done; says what was done, nothing when nothing was to do."""
    held = np.isfinite(points[:, _PLANE])
    if not held.any():
        return ""
    shift = height_shift(source, target)
    heights = None if shift is None else shift(points[held])
    if shift is None or heights is None:
        return height_note(source.vertical, target.vertical) or ""
    points[held, _PLANE] = heights
    assumed = " (assumed, not declared)" if source.vertical.status is DatumStatus.ASSUMED else ""
    accuracy = "an accuracy that is not known" if shift.accuracy_m is None else f"an accuracy of {shift.accuracy_m:g} m"
    return (
        f"heights were converted from {source.vertical.name}{assumed} to {target.vertical.name} with {accuracy} "
        f"({shift.operation})"
    )


def in_crs(entity: Mapping[str, Json], target: Crs) -> tuple[dict[str, Json], tuple[Loss, ...]]:
    """The entity with its solids in the horizontal system of `target`.

    `location` stays in WGS 84 and heights stay as they are; an entity without solids comes back unchanged.

    Raises:
        CrsError: its system is not known or cannot be converted.
        NgsiLdError: its solids name no system.
    """
    if "solidGeometry" not in entity:
        return dict(entity), ()
    source = solid_crs(entity)
    geometry = entity["solidGeometry"]["json"]
    losses = _height_losses(geometry, source, target)
    if source.horizontal == target.horizontal:
        return dict(entity), losses
    way = transformer(source, target)
    moved = {**geometry, "crs": _system(source, target).uri, **_converted(geometry, way)}
    accuracy = "an accuracy that is not known" if way.accuracy_m is None else f"an accuracy of {way.accuracy_m:g} m"
    detail = f"coordinates were converted from {source.code} to {target.code} ({way.operation}) with {accuracy}"
    precision = Loss(LossKind.PRECISION, f"{_AT}/lods", detail)
    return {**entity, "solidGeometry": {**entity["solidGeometry"], "json": moved}}, (precision, *losses)


def _converted(geometry: Mapping[str, Json], way: Transformer) -> dict[str, Json]:
    """Transform and geometries on a grid of the target; the integers of heights are untouched."""
    scale, shift = (np.array(geometry["transform"][name], dtype=np.float64) for name in ("scale", "translate"))
    tables = [np.array(entry["vertices"], dtype=np.int64).reshape(-1, _SPACE) for entry in geometry["lods"]]
    plane = np.concatenate([table[:, :_PLANE] for table in tables]) if tables else np.empty((0, _PLANE))
    moved = way(plane * scale[:_PLANE] + shift[:_PLANE]).coordinates
    step = _DEGREE_STEP if way.target.is_geographic else _metric_step(scale[:_PLANE], way.source)
    origin = np.floor(moved.min(axis=0)) if len(moved) else np.zeros(_PLANE)
    whole = np.rint((moved - origin) / step).astype(np.int64)
    lods, start = [], 0
    for entry, table in zip(geometry["lods"], tables, strict=True):
        table[:, :_PLANE] = whole[start : start + len(table)]
        start += len(table)
        lods.append({**entry, "vertices": table.tolist()})
    transform = {
        "scale": [step, step, float(scale[_PLANE])],
        "translate": [*origin.tolist(), float(shift[_PLANE])],
    }
    return {"transform": transform, "lods": lods}


def _metric_step(scale: NDArray[np.float64], source: Crs) -> float:
    """A millimetre, or the source's own step where that is finer."""
    return MILLIMETRE if source.is_geographic else min(MILLIMETRE, *np.abs(scale).tolist())


def _system(source: Crs, target: Crs) -> Crs:
    """The target's plane with the source's heights."""
    own, asked = source.vertical, target.vertical
    if own.status is DatumStatus.DECLARED and own.name == asked.name:
        return target
    if own.status is DatumStatus.DECLARED and own.epsg is not None:
        return Crs.parse(f"EPSG:{target.horizontal}+{own.epsg}")
    return Crs.parse(target.horizontal)


def _height_losses(geometry: Mapping[str, Json], source: Crs, target: Crs) -> tuple[Loss, ...]:
    """Told when a vertical datum is asked for and the heights are not in it."""
    named = str(geometry.get("verticalDatum", source.vertical.name))
    if target.vertical.status is DatumStatus.UNKNOWN or target.vertical.name in {named, source.vertical.name}:
        return ()
    unknown = source.vertical.status is DatumStatus.UNKNOWN and named == source.vertical.name
    why = "their vertical datum is unknown" if unknown else f"they are kept in {named}"
    detail = f"heights were not converted to {target.vertical.name}: {why}"
    return (Loss(LossKind.UNMAPPED, f"{_AT}/verticalDatum", detail),)


__all__ = ["Crs", "CrsError", "NgsiLdError", "Points", "convert_points", "in_crs"]
