# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Files as slices, and slices as rows: what a worker process does with a piece of a file."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from hanse import citygml, cityjson, geo
from hanse.contracts.parsing import Limits
from hanse.kernel.clock import system_clock
from hanse.kernel.errors import HanseError, InvalidInputError, LimitExceededError
from hanse.ngsild import FeatureMapping, Loss, to_entity
from hanse.twin import rows
from hanse.twin.loading import records
from hanse.twin.loading.forms import normalised
from hanse.twin.loading.mapping import Columns
from hanse.twin.loading.upserts import Adoption, Home, foreign_ids, parsed
from hanse.twin.model import BATCH, MAX_ENTITY_BYTES, Refusal, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.twin.model import Aliases

Json = Any
MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_DOCUMENT_BYTES = 512 * 1024 * 1024
MAX_LOSSES = 200
_HEAD = 64 * 1024
_LOOKED_AT = 3  # lines, to tell a document from a stream of lines


class Format(Enum):
    """File formats that the twin loads."""

    CITYJSON = "CityJSON"
    CITYJSON_SEQ = "CityJSONSeq"
    NGSI_LD = "NGSI-LD"
    CITYGML = "CityGML"
    GEOJSON = "GeoJSON"
    CSV = "CSV"


TYPELESS = frozenset({Format.GEOJSON, Format.CSV})  # the caller says what their entities are


@dataclass(frozen=True, slots=True)
class Source:
    """How a file is to be read: where it goes, its format, and what is assumed where it is silent.

    `type` and `columns` are of formats that have neither types nor attributes.
    """

    home: Home
    format: Format
    assumed_crs: str = ""
    assumed_vertical_datum: str = ""
    type: str = ""
    columns: Columns = Columns()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Slice:
    """A piece that a worker converts alone.

    `head` is a sequence's first line; `first_line` the number, less the head's, of the piece's first line, 0 when the
    piece is a whole document.
    """

    data: bytes
    head: bytes = b""
    first_line: int = 0

    def lines(self) -> list[Slice]:
        """Each line that is not blank as a piece of its own; none when the piece is a whole document."""
        every = enumerate(self.data.splitlines(keepends=True), self.first_line)
        return [Slice(line, self.head, number) for number, line in every if line.strip()] if self.first_line else []

    def place(self) -> str:
        """What a reader of the file calls the piece."""
        return f"line {self.first_line + bool(self.head)}" if self.first_line else "document"


@dataclass(slots=True)
class Converted:
    """What a worker made of a slice. Losses are counted by kind and detail, with the first path of each."""

    rows: list[Row] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    read: int = 0


def slices(file: BinaryIO, form: Format) -> Iterator[Slice]:
    """The pieces of a file, in order: a document whole, lines by 500.

    Raises:
        InvalidInputError: the file is empty.
        LimitExceededError: a line or document is over the limit.
    """
    if not file.read(1):
        raise InvalidInputError("the file is empty", remedy="Send a file with content.", reason="CONTRACT_VIOLATION")
    file.seek(0)
    if form is Format.CITYJSON_SEQ:
        yield from _lines(file, _line(file))
    elif form is Format.CSV:
        yield from _records(file, _line(file))
    elif _may_be_lines(file, form) and _is_lines(file):
        yield from _lines(file, b"")
    else:
        data = file.read(MAX_DOCUMENT_BYTES + 1)
        if len(data) > MAX_DOCUMENT_BYTES:
            raise _too_large("a document", MAX_DOCUMENT_BYTES, "Split it, or write a feature or entity a line.")
        yield Slice(data)


def _lines(file: BinaryIO, head: bytes) -> Iterator[Slice]:
    number = 1
    while lines := list(islice(iter(lambda: _line(file), b""), BATCH)):
        yield Slice(b"".join(lines), head, number)
        number += len(lines)
    if head and number == 1:
        yield Slice(b"", head, number)  # a header may hold city objects itself, and its faults must be found


def _records(file: BinaryIO, head: bytes) -> Iterator[Slice]:
    """CSV by 500 records; a quoted cell may hold line ends."""
    records.header(head)
    some: list[bytes] = []
    count = lines = 0
    first = 1
    while True:
        record = _record(file)
        if record:
            some += record
            count, lines = count + 1, lines + len(record)
        if some and (count == BATCH or not record):
            yield Slice(b"".join(some), head, first)
            first, some, count, lines = first + lines, [], 0, 0
        if not record:
            return


def _record(file: BinaryIO) -> list[bytes]:
    lines: list[bytes] = []
    size = quotes = 0
    while line := _line(file):
        lines.append(line)
        size, quotes = size + len(line), quotes + line.count(b'"')
        if quotes % 2 == 0:
            break
        if size > records.MAX_RECORD_BYTES:
            raise _too_large("a record", records.MAX_RECORD_BYTES, "Look for a quote that is not closed.")
    return lines


def _may_be_lines(file: BinaryIO, form: Format) -> bool:
    if form is Format.GEOJSON:
        head = file.read(_HEAD)
        file.seek(0)
        return not records.is_collection(head)
    return form is Format.NGSI_LD


def _line(file: BinaryIO) -> bytes:
    line = file.readline(MAX_LINE_BYTES + 1)
    if len(line) > MAX_LINE_BYTES:
        raise _too_large("a line", MAX_LINE_BYTES, "Split the feature.")
    return line


def _is_lines(file: BinaryIO) -> bool:
    """Whether one of the first lines is an object by itself; a document may be printed over many lines."""
    lines = [line for line in islice(iter(lambda: _line(file), b""), _LOOKED_AT * 10) if line.strip()]
    file.seek(0)
    return any(map(_is_object, lines[:_LOOKED_AT]))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(parsed(line.lstrip(b"\x1e"), Limits(max_bytes=MAX_LINE_BYTES)), dict)
    except InvalidInputError:
        return False


def _too_large(what: str, limit: int, remedy: str) -> LimitExceededError:
    return LimitExceededError(f"{what} is larger than {limit} bytes", remedy=remedy)


def convert(piece: Slice, source: Source, aliases: Aliases) -> Converted:
    """Rows and refusals of a slice. Runs in a worker process.

    Raises:
        InvalidInputError: CONTRACT_VIOLATION, when nothing of the document can be read.
    """
    if source.format in _SOLID:
        made = _solid(piece, source, aliases)
    else:
        made = _adopted(_items(piece, source), source, aliases)
    made.losses = _condensed(made.losses)
    return made


_SOLID = frozenset({Format.CITYJSON, Format.CITYJSON_SEQ, Format.CITYGML})


def _solid(piece: Slice, source: Source, aliases: Aliases) -> Converted:
    made = Converted()
    features = []
    try:
        for item in _features(piece, source):
            made.read += 1
            if isinstance(item, cityjson.Refused):
                where = item.feature_id or ""
                if not where and source.format is not Format.CITYGML:
                    where = f"line {(item.line or 1) + max(piece.first_line, 1) - 1}"
                made.refusals.append(Refusal(where, item.pointer, item.reason))
            else:
                features.append(item)
    except cityjson.CityJsonError as error:
        raise InvalidInputError(
            f"the file cannot be read: {error}",
            remedy="Send CityJSON 1.0, 1.1 or 2.0, or CityJSONSeq with its header line first.",
            reason="CONTRACT_VIOLATION",
        ) from None
    except citygml.CityGmlError as error:
        raise InvalidInputError(
            f"the file cannot be read: {error}",
            remedy="Send CityGML 1.0, 2.0 or 3.0 with buildings.",
            reason="CONTRACT_VIOLATION",
        ) from None
    adopt = Adoption(source.home, dict(aliases(item.id for item in features)), system_clock())
    mapping = FeatureMapping(
        source.home.dataset,
        assumed_crs=source.assumed_crs or None,
        assumed_vertical=source.assumed_vertical_datum or None,
    )
    for item in features:
        try:
            mapped = to_entity(item, adopt.urn(item.id, item.root.type), mapping)
            row = rows.row(mapped.entity, source.home.city_crs, source_id=item.id, flagged=not mapped.valid)
        except (geo.CrsError, geo.FootprintError, HanseError) as error:
            remedy = error.remedy if isinstance(error, HanseError) else _CRS if isinstance(error, geo.CrsError) else ""
            made.refusals.append(refusal(item.id, "", str(error), remedy))
        else:
            made.rows.append(row)
            made.losses.extend(mapped.losses)
    return made


def _features(piece: Slice, source: Source) -> Iterator[cityjson.Feature | cityjson.Refused]:
    if source.format is Format.CITYGML:
        return citygml.read(io.BytesIO(piece.data), options=citygml.Options(crs=source.assumed_crs or None))
    if source.format is Format.CITYJSON_SEQ:
        head = piece.head if piece.first_line == 1 else _bare(piece.head)
        return cityjson.read_sequence([head, *piece.data.splitlines()])
    return cityjson.read(piece.data)


_CRS = "Name the coordinate system in the file, or, where it names none, give the one to be assumed."


def _bare(head: bytes) -> bytes:
    """The header without the city objects that it may hold: they were read with the first slice."""
    return json.dumps({**json.loads(head), "CityObjects": {}, "vertices": []}).encode()


def _items(piece: Slice, source: Source) -> Iterator[tuple[str, Json | HanseError]]:
    if source.format is Format.GEOJSON:
        return records.from_features(
            piece.data, piece.first_line, source.columns, source.type, source.assumed_crs, MAX_DOCUMENT_BYTES
        )
    if source.format is Format.CSV:
        return records.from_records(
            piece.data, piece.head, piece.first_line, source.columns, source.type, source.assumed_crs
        )
    return _entities(piece)


def _adopted(items: Iterator[tuple[str, Json | HanseError]], source: Source, aliases: Aliases) -> Converted:
    made = Converted()
    found = list(items)
    entities = [entity for _, entity in found if isinstance(entity, dict)]
    adopt = Adoption(source.home, dict(aliases(foreign_ids(entities, source.home))), system_clock())
    for name, entity in found:
        made.read += 1
        try:
            if isinstance(entity, HanseError):
                raise entity
            if not isinstance(entity, dict):
                raise InvalidInputError("an entity is a JSON object")
            own, source_id = adopt(entity)
            if source.format is Format.NGSI_LD:
                own = normalised(own)
            made.rows.append(rows.row(own, source.home.city_crs, source_id=source_id))
        except HanseError as error:
            path = error.violations[0].field if error.violations else ""
            made.refusals.append(refusal(_called(entity) or name, path, error.message, error.remedy))
    return made


def _entities(piece: Slice) -> Iterator[tuple[str, Json | HanseError]]:
    """Entities of a document or of lines, each with its place; a line that cannot be read stands as its error."""
    if not piece.first_line:
        document = parsed(piece.data, Limits(max_bytes=MAX_DOCUMENT_BYTES))
        entities = document if isinstance(document, list) else [document]
        yield from ((f"/{index}", entity) for index, entity in enumerate(entities))
        return
    for offset, line in enumerate(piece.data.splitlines()):
        if line.strip():
            try:
                yield f"line {piece.first_line + offset}", parsed(line, Limits(max_bytes=MAX_ENTITY_BYTES))
            except InvalidInputError as error:
                yield f"line {piece.first_line + offset}", error


def refusal(name: str, path: str, reason: str, remedy: str) -> Refusal:
    """A refusal with what to do, where that is known."""
    return Refusal(name, path, reason, remedy) if remedy else Refusal(name, path, reason)


def _called(entity: Json) -> str:
    name = entity.get("id") if isinstance(entity, dict) else None
    return name[:500] if isinstance(name, str) else ""


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
