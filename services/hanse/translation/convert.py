# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Between translation's wire messages and its domain types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hanse import geo
from hanse.api.translation.v1 import translation_pb2 as pb
from hanse.api.types.v1 import types_pb2 as types
from hanse.kernel.errors import invalid
from hanse.translation.model import Options, Result, Translation

if TYPE_CHECKING:
    from hanse.ngsild import Loss
    from hanse.translation.labels import Label

MAX_NUMBERS = 300_000
_DIMENSIONS = 3


def options(message: pb.TranslateOptions) -> Options:
    """What is asked beside the contracts."""
    return Options(message.target_crs, message.language, message.authority, message.assumed_vertical_datum)


def loss(value: Loss) -> types.Loss:
    """One loss."""
    return types.Loss(kind=f"KIND_{value.kind.value.upper()}", path=value.path, detail=value.detail)


def result(value: Result) -> pb.TranslateResponse:
    """A translated document, a JSON document a line."""
    return pb.TranslateResponse(
        contract=value.contract,
        revision=value.revision,
        document=b"\n".join(value.carried.lines),
        losses=[loss(item) for item in value.carried.losses],
        count=len(value.carried.lines),
    )


def translation(value: Translation) -> pb.Translation:
    """One way, and what it always loses."""
    return pb.Translation(
        source_contract=value.source,
        target_contract=value.target,
        static_losses=[loss(item) for item in value.static_losses],
    )


def label(value: Label) -> pb.Label:
    """One label."""
    return pb.Label(key=value.key, text=value.text, language=value.language, rung=value.rung)


def transformed(request: pb.TransformCoordinatesRequest) -> pb.TransformCoordinatesResponse:
    """Points in the system asked for.

    Raises:
        InvalidInputError: unknown system, points outside its area, not a multiple of three numbers, too many.
    """
    count = len(request.coordinates)
    if count % _DIMENSIONS or count > MAX_NUMBERS:
        raise invalid("coordinates", f"must be x, y, z interleaved, at most {MAX_NUMBERS} numbers; {count} came")
    points = np.array(request.coordinates, dtype=np.float64).reshape(-1, _DIMENSIONS)
    heights = points[:, 2].copy()
    try:
        source = geo.Crs.parse(request.source_crs, assumed_vertical=request.assumed_vertical_datum or None)
        convert = geo.transformer(source, geo.Crs.parse(request.target_crs))
        done = convert(np.column_stack([points[:, :2], np.nan_to_num(heights)]))
    except geo.CrsError as error:
        raise invalid("coordinates", str(error)) from None
    made = done.coordinates.copy()
    made[np.isnan(heights), 2] = np.nan
    accuracy = -1.0 if done.accuracy_m is None else done.accuracy_m
    return pb.TransformCoordinatesResponse(
        coordinates=made.ravel().tolist(), accuracy_m=accuracy, height_note=done.height_note or ""
    )
