# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Loading files: cut into slices, each converted in a worker process, each batch written as one transaction."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any

from hanse import cityjson, geo
from hanse.kernel.clock import system_clock
from hanse.kernel.errors import HanseError, InvalidInputError
from hanse.kernel.ids import new_urn
from hanse.ngsild import FeatureMapping, Loss, to_entity
from hanse.twin import rows
from hanse.twin.model import BATCH, Refusal, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hanse.kernel.clock import Clock

Json = Any
MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_DOCUMENT_BYTES = 512 * 1024 * 1024
MAX_LOSSES = 200


class Format(Enum):
    """File formats that the twin loads."""

    CITYJSON = "CityJSON"
    CITYJSON_SEQ = "CityJSONSeq"
    NGSI_LD = "NGSI-LD"


@dataclass(frozen=True, slots=True)
class Source:
    """How a file is to be read: its data set, format, and what is assumed where it is silent."""

    authority: str
    city_crs: str
    dataset: str
    format: Format
    assumed_crs: str = ""
    assumed_vertical_datum: str = ""


@dataclass(frozen=True, slots=True)
class Slice:
    """A piece that a worker converts alone; `head` is a sequence's first line."""

    number: int
    data: bytes
    head: bytes = b""
    first_line: int = 1


@dataclass(slots=True)
class Converted:
    """What a worker made of a slice. Losses are counted by kind and detail, with the first path of each."""

    rows: list[Row] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    read: int = 0


def slices(path: Path, source: Source) -> Iterator[Slice]:
    """The pieces of a file, in order.

    Raises:
        InvalidInputError: a line or document over the limit, or an empty file.
    """
    if path.stat().st_size == 0:
        raise InvalidInputError("the file is empty", remedy="Send a file with content.", reason="CONTRACT_VIOLATION")
    with path.open("rb") as file:
        first = file.readline(MAX_LINE_BYTES + 1)
        lines = source.format is Format.CITYJSON_SEQ or (
            source.format is Format.NGSI_LD and first.lstrip().startswith(b"{") and first.rstrip().endswith(b"}")
        )
        if not lines:
            file.seek(0)
            data = file.read(MAX_DOCUMENT_BYTES + 1)
            if len(data) > MAX_DOCUMENT_BYTES:
                raise _too_large("a document", MAX_DOCUMENT_BYTES, "Write it as CityJSONSeq or NGSI-LD lines.")
            yield Slice(0, data)
            return
        head = first if source.format is Format.CITYJSON_SEQ else b""
        number, line_number = 0, 1
        pending = [] if head else [first]
        while True:
            pending += list(islice(iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""), BATCH - len(pending)))
            if any(len(line) > MAX_LINE_BYTES for line in pending):
                raise _too_large("a line", MAX_LINE_BYTES, "Split the feature.")
            if not pending and number:
                return
            yield Slice(number, b"".join(pending), head, line_number)
            number, line_number, pending = number + 1, line_number + len(pending), []


def _too_large(what: str, limit: int, remedy: str) -> InvalidInputError:
    return InvalidInputError(f"{what} is larger than {limit} bytes", remedy=remedy, reason="LIMIT_EXCEEDED")


def convert(piece: Slice, source: Source, aliases: Mapping[str, str]) -> Converted:
    """Rows and refusals of a slice. Runs in a worker process; `aliases` are entity ids by source id.

    Raises:
        InvalidInputError: CONTRACT_VIOLATION, when nothing of the document can be read.
    """
    made = _ngsi_ld(piece, source, aliases) if source.format is Format.NGSI_LD else _cityjson(piece, source, aliases)
    made.losses = _condensed(made.losses)
    return made


def _cityjson(piece: Slice, source: Source, aliases: Mapping[str, str]) -> Converted:
    made, place, clock = Converted(), rows.Place(source.city_crs), system_clock()
    mapping = FeatureMapping(
        source.dataset,
        assumed_crs=source.assumed_crs or None,
        assumed_vertical=source.assumed_vertical_datum or None,
    )
    try:
        for item in (
            cityjson.read_sequence([piece.head, *piece.data.splitlines()]) if piece.head else cityjson.read(piece.data)
        ):
            made.read += 1
            if isinstance(item, cityjson.Refused):
                where = item.feature_id or f"line {(item.line or 1) + piece.first_line - 1}"
                made.refusals.append(Refusal(where, item.pointer, item.reason))
                continue
            kind = item.root.type.removeprefix("+").lower()
            urn = aliases.get(item.id) or new_urn(source.authority, kind, clock)
            try:
                mapped = to_entity(item, urn, mapping)
                made.rows.append(rows.row(mapped.entity, place, source_id=item.id, flagged=not mapped.valid))
                made.losses.extend(mapped.losses)
            except (geo.CrsError, HanseError) as error:
                made.refusals.append(Refusal(item.id, "", str(error)))
    except cityjson.CityJsonError as error:
        raise InvalidInputError(
            f"the file cannot be read: {error}",
            remedy="Send CityJSON 1.0, 1.1 or 2.0, or CityJSONSeq with its header line first.",
            reason="CONTRACT_VIOLATION",
        ) from None
    return made


def _ngsi_ld(piece: Slice, source: Source, aliases: Mapping[str, str]) -> Converted:
    made, place, clock = Converted(), rows.Place(source.city_crs), system_clock()
    for name, text in _documents(piece):
        made.read += 1
        try:
            entity = json.loads(text) if isinstance(text, bytes) else text
            if not isinstance(entity, dict):
                raise InvalidInputError("an entity is a JSON object")
            made.rows.append(rows.row(adopted(entity, source, aliases, clock), place))
        except HanseError as error:
            path = error.violations[0].field if error.violations else ""
            made.refusals.append(Refusal(name, path, error.message))
        except (ValueError, RecursionError) as error:
            made.refusals.append(Refusal(name, "", f"not JSON: {error}"))
    return made


def adopted(entity: Mapping[str, Json], source: Source, aliases: Mapping[str, str], clock: Clock) -> dict[str, Json]:
    """The entity as this city's own: its data set named, and an id of another authority kept as its source id."""
    own = {**entity, "dataset": {"type": "Relationship", "object": source.dataset}}
    given = entity.get("id")
    if isinstance(given, str) and given.startswith(f"urn:hanse:{source.authority}:"):
        return own
    kind = re.sub(r"[^a-z0-9-]", "", str(entity.get("type", "")).lower())[:63] or "entity"
    if isinstance(given, str) and given:
        own["id"] = aliases.get(given) or new_urn(source.authority, kind, clock)
        own.setdefault("sourceId", {"type": "Property", "value": given})
    else:
        own["id"] = new_urn(source.authority, kind, clock)
    return own


def _documents(piece: Slice) -> Iterator[tuple[str, Json]]:
    """Entities of an array, or the lines of a stream, each with the name a refusal would give it."""
    if not piece.data.lstrip().startswith(b"["):
        for offset, line in enumerate(piece.data.splitlines()):
            if line.strip():
                yield f"line {piece.first_line + offset}", line
        return
    try:
        entities = json.loads(piece.data)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            f"the file is not JSON: {error}",
            remedy="Send an array of NGSI-LD entities, or one entity a line.",
            reason="CONTRACT_VIOLATION",
        ) from None
    for index, entity in enumerate(entities):
        yield f"/{index}", entity


def _condensed(losses: list[Loss]) -> list[Loss]:
    """One loss for each kind and what it says, counted, with the first path."""
    first: dict[tuple[str, str], Loss] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for loss in losses:
        key = (loss.kind.value, loss.detail)
        first.setdefault(key, loss)
        counts[key] += 1
    return [
        loss if counts[key] == 1 else Loss(loss.kind, loss.path, f"{loss.detail} ({counts[key]} times)")
        for key, loss in list(first.items())[:MAX_LOSSES]
    ]
