# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities of twin/v1 in another coordinate system, with what that costs.

Solids keep their integers when the system stays the same. Otherwise they are converted, and rounded to the millimetre:
a loss that is told. Heights keep their value and the name of their datum; the conversion says where that matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hanse import geo
from hanse.kernel.errors import invalid
from hanse.ngsild import Loss, LossKind, NgsiLdError, solid_crs

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any
MILLIMETRE = 0.001
_SOLID = "/solidGeometry/json"


def target_of(name: str) -> geo.Crs:
    """The coordinate system asked for. Raises InvalidInputError."""
    try:
        crs = geo.Crs.parse(name)
    except geo.CrsError as error:
        raise invalid("options.target_crs", str(error)) from None
    if crs.is_geographic:
        raise invalid(
            "options.target_crs",
            "solids are kept in metres",
            remedy="Name a projected system, e.g. https://www.opengis.net/def/crs/EPSG/0/7415.",
        )
    return crs


def reprojected(entity: Mapping[str, Json], target: geo.Crs) -> tuple[dict[str, Json], list[Loss]]:
    """The entity with its solids in `target`, and what was lost.

    Raises:
        InvalidInputError: the solid's own system is unknown, or its points lie outside the target's area.
    """
    if "solidGeometry" not in entity:
        return dict(entity), []
    try:
        source = solid_crs(entity)
        if source.horizontal == target.horizontal:
            return _same_plane(entity, source, target)
        convert = geo.transformer(source, target)
        solid = entity["solidGeometry"]["json"]
        made, note = _converted(solid, convert)
    except (NgsiLdError, geo.CrsError) as error:
        raise invalid("document", f"{entity.get('id')}: {error}") from None
    losses = [
        Loss(
            LossKind.PRECISION,
            f"{_SOLID}/lods",
            f"converted from {source.code} to {target.code} by {convert.operation!r}, accuracy "
            f"{_accuracy(convert.accuracy_m)}, then rounded to 1 mm",
        )
    ]
    if note:
        losses.append(Loss(LossKind.PRECISION, f"{_SOLID}/verticalDatum", note))
    made["crs"] = target.uri
    return {**entity, "solidGeometry": {**entity["solidGeometry"], "json": made}}, losses


def _same_plane(entity: Mapping[str, Json], source: geo.Crs, target: geo.Crs) -> tuple[dict[str, Json], list[Loss]]:
    """Nothing moves; only an assumption about heights may have to be told."""
    if source.vertical.status is geo.DatumStatus.DECLARED or target.vertical.status is not geo.DatumStatus.DECLARED:
        return dict(entity), []
    detail = f"heights are {source.vertical.status.value} to be in {source.vertical.name}; they were kept as they are"
    return dict(entity), [Loss(LossKind.DEFAULTED, f"{_SOLID}/verticalDatum", detail)]


def _converted(solid: Mapping[str, Json], convert: geo.Transformer) -> tuple[dict[str, Json], str | None]:
    """All levels of detail in the new system, as integers of a millimetre from one corner."""
    scale = np.array(solid["transform"]["scale"])
    translate = np.array(solid["transform"]["translate"])
    moved, note = [], None
    for lod in solid["lods"]:
        points = np.array(lod["vertices"], dtype=np.float64).reshape(-1, 3) * scale + translate
        done = convert(points)
        note = note or done.height_note
        moved.append(done.coordinates)
    corner = np.floor(np.min([points.min(axis=0) for points in moved if len(points)], axis=0))
    lods = [
        {**lod, "vertices": np.rint((points - corner) / MILLIMETRE).astype(np.int64).tolist()}
        for lod, points in zip(solid["lods"], moved, strict=True)
    ]
    transform = {"scale": [MILLIMETRE] * 3, "translate": corner.tolist()}
    return {**solid, "transform": transform, "lods": lods}, note


def _accuracy(metres: float | None) -> str:
    return "unknown" if metres is None else f"{metres:g} m"
