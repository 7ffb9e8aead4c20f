# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Writes what goes out, and holds it to the contract asked for before anyone sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hanse import cityjson
from hanse.contracts import get
from hanse.kernel.errors import FieldViolation
from hanse.ngsild import NgsiLdError, restore_losses, to_feature
from hanse.translation.model import (
    CITYJSON,
    CITYJSON_SEQ,
    TWIN,
    Held,
    Loss,
    LossKind,
    Options,
    Result,
    bounded,
    carried,
)
from hanse.translation.sources import check_entity, violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hanse.cityjson import Feature

Json = Any


def to_features(held: list[Held], _options: Options) -> list[Held]:
    """Entities as CityJSON features.

    Raises:
        InvalidInputError: CONTRACT_VIOLATION: an entity lacks what a feature is made of.
    """
    made = []
    for each in held:
        try:
            feature = to_feature(each.value)
        except NgsiLdError as error:
            raise violation(TWIN, [FieldViolation(each.origin, str(error))]) from None
        made.append(each.became(feature, (*carried(restore_losses(each.value)), *_datum_losses(each.value))))
    return made


def _datum_losses(entity: Json) -> Iterable[Loss]:
    """CityJSON knows a system but not whether its vertical datum was assumed."""
    status = entity.get("solidGeometry", {}).get("json", {}).get("verticalDatumStatus")
    if status == "assumed":
        detail = "CityJSON has no place for a vertical datum that was assumed"
        yield Loss(LossKind.DROPPED, "/solidGeometry/json/verticalDatumStatus", detail)


def entities_out(held: list[Held]) -> Result:
    """Documents of twin/v1. Raises InvalidInputError when the source holds what the contract cannot carry."""
    found = [each for one in held for each in check_entity(one.value, one.origin)]
    if found:
        raise violation(TWIN, found)
    return _result(TWIN, [_line(each.value) for each in held], held, get(TWIN).revision)


def documents_out(held: list[Held]) -> Result:
    """CityJSON 2.0 documents, one for each feature."""
    lines = []
    for each in held:
        feature: Feature = each.value
        body = cityjson.feature_json(feature)
        whole = {
            **cityjson.header_json(feature.header),
            "CityObjects": body["CityObjects"],
            "vertices": body["vertices"],
        }
        lines.append(_line(whole))
        _check(cityjson.load(lines[-1]), CITYJSON)
    return _result(CITYJSON, lines, held, CITYJSON.partition("/")[2])


def sequence_out(held: list[Held]) -> Result:
    """A CityJSONSeq 2.0.

    Raises:
        InvalidInputError: the features are in different systems or on different grids.
    """
    try:
        lines = [line.rstrip(b"\n") for line in cityjson.write_sequence(each.value for each in held)]
    except cityjson.CityJsonError as error:
        raise violation(CITYJSON_SEQ, [FieldViolation("", str(error))]) from None
    _check(cityjson.load(b"\n".join(lines)), CITYJSON_SEQ)
    return _result(CITYJSON_SEQ, lines, held, CITYJSON_SEQ.partition("/")[2])


def _check(reading: cityjson.Reading, contract: str) -> None:
    if reading.refused:
        raise violation(contract, [FieldViolation(each.pointer, each.reason) for each in reading.refused])


def _result(contract: str, lines: list[bytes], held: list[Held], revision: str) -> Result:
    losses = bounded(loss for each in held for loss in each.losses)
    return Result(contract, revision, tuple(lines), len(held), losses)


def _line(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


OUT: dict[str, Callable[[list[Held]], Result]] = {
    TWIN: entities_out,
    CITYJSON: documents_out,
    CITYJSON_SEQ: sequence_out,
}
