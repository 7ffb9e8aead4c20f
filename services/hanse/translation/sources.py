# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Reads what comes in: documents held to the contract they are said to be of, features made entities."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from hanse import cityjson
from hanse.cityjson.errors import pointer
from hanse.contracts import validate_document
from hanse.contracts.parsing import DocumentError, parse
from hanse.contracts.validation import ROOT
from hanse.geo import CrsError, FootprintError
from hanse.kernel.errors import FieldViolation, InvalidInputError
from hanse.ngsild import FeatureMapping, stable_urn, to_entity
from hanse.translation.model import TWIN, Held, Loss, LossKind, Options, carried

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanse.cityjson import Feature, Refused
    from hanse.translation.model import Step

Json = Any
_POINTER = re.compile(r"(/\S*) ")
_MANY = 100
_MAX_NAME = 500
_NO_DATASET = "urn:hanse:none"


def violation(contract: str, found: Sequence[FieldViolation]) -> InvalidInputError:
    """The error for a document that does not fulfil its contract."""
    first = found[0]
    return InvalidInputError(
        f"the document does not fulfil {contract}: {first.field or ROOT}: {first.description}",
        remedy="Mend the places named, or say which contract the document is of.",
        reason="CONTRACT_VIOLATION",
        violations=found[:_MANY],
    )


def is_lines(data: bytes) -> bool:
    """Whether the text is documents line by line: its first line closes what it opens, and another begins."""
    head, _, rest = data.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    return rest.lstrip().startswith(b"{") and head.rstrip().endswith(b"}")


def twin_entities(data: bytes) -> list[Held]:
    """Entities of twin/v1: one document, or one a line.

    Raises:
        InvalidInputError: CONTRACT_VIOLATION, with a pointer for each violation.
    """
    several = is_lines(data)
    texts = [line for line in data.split(b"\n") if line.strip()] if several else [data]
    held, found = [], []
    for number, text in enumerate(texts):
        place = pointer(number) if several else ""
        try:
            entity = parse(text)
        except DocumentError as error:
            found.append(FieldViolation(place, str(error)))
            continue
        found += check_entity(entity, place)
        held.append(Held(entity, place, place))
        if len(found) >= _MANY:
            break
    if found:
        raise violation(TWIN, found)
    return held


def check_entity(entity: Json, place: str = "") -> list[FieldViolation]:
    """What is wrong with an entity of twin/v1."""
    return [
        FieldViolation(place + each.pointer, f"expected {each.expected}, found {each.found}")
        for each in validate_document(entity, TWIN, "entity")
    ]


def cityjson_entities(contract: str, held: list[Held], options: Options) -> list[Held]:
    """The features of a CityJSON document or sequence as entities.

    A feature that cannot be read is told as dropped and the others go on; when none can, the document is refused.

    Raises:
        InvalidInputError: CONTRACT_VIOLATION.
    """
    form, _, version = contract.partition("/")
    lines = _Lines(held[0].value) if form == "cityjson-seq" else None
    entities: list[Held] = []
    refused: list[Refused] = []
    try:
        for item in cityjson.read_document(held[0].value) if lines is None else cityjson.read_sequence(lines):
            if isinstance(item, cityjson.Refused):
                refused.append(item)
                continue
            if item.version != version:
                told = FieldViolation("/version", f"expected {version}, found {item.version}")
                raise violation(contract, [told])
            entities.append(_entity(item, None if lines is None else lines.number, options))
    except (cityjson.CityJsonError, CrsError, FootprintError) as error:
        match = _POINTER.match(str(error))
        raise violation(contract, [FieldViolation(match[1] if match else "", str(error))]) from None
    told_refusals = [_told(each) for each in refused]
    if not entities:
        none = [FieldViolation("/CityObjects", "expected at least one object, found none")]
        raise violation(contract, [FieldViolation(loss.path, loss.detail) for loss in told_refusals] or none)
    first = entities[0]
    entities[0] = replace(first, losses=(*told_refusals, *first.losses))
    return entities


class _Lines:
    """The lines of a sequence; `number` is that of the line being read, from 0."""

    def __init__(self, data: bytes) -> None:
        self._lines, self.number = data.splitlines(), -1

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.number += 1
            yield line


def _entity(feature: Feature, line: int | None, options: Options) -> Held:
    """One feature as an entity. It belongs to no data set yet: whoever stores it says to which."""
    source = str(feature.metadata.get("identifier", ""))[:_MAX_NAME]
    urn = stable_urn(options.authority, source, feature.root.type.removeprefix("+"), feature.id)
    mapping = FeatureMapping(_NO_DATASET, assumed_vertical=options.assumed_vertical_datum or None)
    mapped = to_entity(feature, urn, mapping)
    entity = {name: value for name, value in mapped.entity.items() if name != "dataset"}
    if line is None:
        start = Held(feature, pointer("CityObjects", feature.id), "")
    else:
        start = Held(feature, pointer(line), pointer(line))
    return start.became(entity, carried(mapped.losses))


def _told(refused: Refused) -> Loss:
    line = "" if refused.line is None else pointer(refused.line - 1)
    return Loss(LossKind.DROPPED, line + refused.pointer, refused.reason)


def reader(contract: str) -> Step:
    """The step from a CityJSON contract to twin/v1."""
    return partial(cityjson_entities, contract)
