# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Between translation's wire messages and its domain types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hanse.api.translation.v1 import translation_pb2 as pb
from hanse.api.types.v1 import types_pb2 as types
from hanse.kernel.errors import invalid
from hanse.translation.model import LossKind, Options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanse.translation.coordinates import Points
    from hanse.translation.labels import Label
    from hanse.translation.model import Loss, Result

_AUTHORITY = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_MAX_AUTHORITY = 253
_KINDS = {
    LossKind.DROPPED: types.Loss.KIND_DROPPED,
    LossKind.DEFAULTED: types.Loss.KIND_DEFAULTED,
    LossKind.NARROWED: types.Loss.KIND_NARROWED,
    LossKind.PRECISION: types.Loss.KIND_PRECISION,
    LossKind.UNMAPPED: types.Loss.KIND_UNMAPPED,
    LossKind.LANGUAGE_DROPPED: types.Loss.KIND_LANGUAGE_DROPPED,
}


def options(wire: pb.TranslateOptions, own_authority: str) -> Options:
    """The options; URNs are made under this city's authority unless another is named.

    Raises:
        InvalidInputError: names the field.
    """
    authority = wire.authority or own_authority
    if len(authority) > _MAX_AUTHORITY or not _AUTHORITY.fullmatch(authority):
        raise invalid("options.authority", f"{authority[:80]!r} is no lower-case DNS name")
    if wire.language:
        language(wire.language, "options.language")
    return Options(authority, wire.target_crs, wire.language, wire.assumed_vertical_datum)


def language(tag: str, field: str) -> str:
    """A language tag. Raises InvalidInputError for `field`."""
    if not _LANGUAGE.fullmatch(tag):
        raise invalid(field, f"{tag[:40]!r} is no language tag (BCP 47)", remedy='Write it as e.g. "nl" or "en".')
    return tag


def response(result: Result, datasets: Iterable[types.Dataset]) -> pb.TranslateResponse:
    """The answer: documents as lines, losses, their number, and the terms that the source came under."""
    return pb.TranslateResponse(
        contract=result.contract,
        revision=result.revision,
        document=b"\n".join(result.lines),
        losses=map(loss, result.losses),
        count=result.count,
        datasets=datasets,
    )


def loss(held: Loss) -> types.Loss:
    """A loss as it travels."""
    return types.Loss(kind=_KINDS[held.kind], path=held.path, detail=held.detail)


def points(converted: Points) -> pb.TransformCoordinatesResponse:
    """Converted points; an accuracy that is not known is negative."""
    return pb.TransformCoordinatesResponse(
        coordinates=converted.coordinates,
        accuracy_m=-1.0 if converted.accuracy_m is None else converted.accuracy_m,
        height_note=converted.height_note,
    )


def label(held: Label) -> pb.Label:
    """A label as it travels."""
    return pb.Label(key=held.key, text=held.text, language=held.language, rung=held.rung)
