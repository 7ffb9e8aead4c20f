# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Between the permit and zoning messages and what the domain knows."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from hanse.api.permit.v1 import permit_pb2 as pb
from hanse.api.types.v1 import types_pb2
from hanse.api.zoning.v1 import zoning_pb2
from hanse.kernel.access import parse_principal
from hanse.kernel.clock import local_date
from hanse.kernel.errors import invalid
from hanse.kernel.text import escape, steers
from hanse.permit.model import Source, SourceState
from hanse.permit.records import CheckInput, CheckRecord, ModelRecord, State, ZoningRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_TEXT = 200
_MAX_NEIGHBOURS = 32
_MAX_CHUNK = 1024 * 1024
_DEFAULT_TIMEOUT_MS, _MIN_TIMEOUT_MS, _MAX_TIMEOUT_MS = 10_000, 50, 120_000
_YEARS = range(1900, 3000)  # of contract permit/v1
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_STATES = {
    State.QUEUED: pb.Check.STATE_QUEUED,
    State.RUNNING: pb.Check.STATE_RUNNING,
    State.SUCCEEDED: pb.Check.STATE_SUCCEEDED,
    State.FAILED: pb.Check.STATE_FAILED,
    State.CANCELLED: pb.Check.STATE_CANCELLED,
    State.ABORTED: pb.Check.STATE_ABORTED,
}
_ANSWERS = {
    SourceState.ANSWERED: types_pb2.SourceAnswer.STATE_ANSWERED,
    SourceState.PARTIAL: types_pb2.SourceAnswer.STATE_PARTIAL,
    SourceState.REFUSED: types_pb2.SourceAnswer.STATE_REFUSED,
    SourceState.TIMED_OUT: types_pb2.SourceAnswer.STATE_TIMED_OUT,
    SourceState.UNAVAILABLE: types_pb2.SourceAnswer.STATE_UNAVAILABLE,
    SourceState.NOT_ASKED: types_pb2.SourceAnswer.STATE_NOT_ASKED,
}


def header_of(request: pb.UploadModelRequest) -> pb.UploadModelRequest.Header:
    """The header that an upload begins with. Raises InvalidInputError."""
    if request.WhichOneof("part") != "header":
        raise invalid("header", "the first message of an upload must be its header")
    header = request.header
    _check_filename(header.filename)
    if header.size_bytes < 0:
        raise invalid("header.size_bytes", "must not be negative; 0 means unknown")
    if header.sha256 and not _SHA256.fullmatch(header.sha256):
        raise invalid("header.sha256", "must be 64 hexadecimal digits, or empty")
    _short("header.request_id", header.request_id)
    return header


def _check_filename(name: str) -> None:
    """A name to show to people, never a path: contract permit/v1, `model.filename`."""
    if not 0 < len(name) <= _MAX_TEXT:
        raise invalid("header.filename", f"must have 1 to {_MAX_TEXT} characters")
    if "/" in name or "\\" in name or name in {".", ".."}:
        raise invalid("header.filename", "is a path", remedy="Send the file's name alone, without its folders.")
    if steers(name):
        raise invalid(
            "header.filename",
            f"holds characters that show nothing, such as line breaks or marks that turn the writing: {escape(name)}",
            remedy="Send another name for the file; printable characters of any language are welcome.",
        )


def chunks_of(requests: Iterator[pb.UploadModelRequest]) -> Iterator[bytes]:
    """The bytes after the header. Raises InvalidInputError."""
    for request in requests:
        if request.WhichOneof("part") != "chunk":
            raise invalid("chunk", "after the header only chunks may follow")
        if len(request.chunk) > _MAX_CHUNK:
            raise invalid("chunk", f"has {len(request.chunk)} bytes, at most {_MAX_CHUNK} are taken at once")
        yield request.chunk


def check_input(
    request: pb.CreateCheckRequest, zonings: tuple[tuple[str, str], ...], now: datetime, timezone: str, purpose: str
) -> CheckInput:
    """What a check is asked for; `purpose` is the call's, for a request without. Raises InvalidInputError."""
    if not request.model:
        raise invalid("model", "name the model, as UploadModel answered it")
    _short("purpose", request.purpose)
    _short("request_id", request.request_id)
    return CheckInput(
        model=request.model,
        zonings=zonings,
        day=_day(request.as_of_date, now, timezone).isoformat(),
        neighbours=_neighbours(request) if request.neighbours else None,
        purpose=request.purpose or purpose or "permit-check",
        request_id=request.request_id,
        neighbour_timeout_ms=_timeout(request.neighbour_timeout_ms),
        zoning=request.zoning,
    )


def _short(field: str, value: str) -> None:
    if len(value) > _MAX_TEXT:
        raise invalid(field, f"has {len(value)} characters, at most {_MAX_TEXT} are taken")


def _day(text: str, now: datetime, timezone: str) -> date:
    if not text:
        return local_date(now, timezone)
    try:
        if not _DAY.fullmatch(text):
            raise ValueError(text)  # Python reads more forms of ISO 8601 than the contract admits
        day = date.fromisoformat(text)
    except ValueError:
        raise invalid("as_of_date", f"{text[:40]!r} is no date", remedy="Write YYYY-MM-DD.") from None
    if day.year not in _YEARS:
        raise invalid("as_of_date", f"must lie in the years {_YEARS.start} to {_YEARS.stop - 1}")
    return day


def _neighbours(request: pb.CreateCheckRequest) -> tuple[str, ...]:
    if len(request.neighbours) > _MAX_NEIGHBOURS:
        raise invalid("neighbours", f"at most {_MAX_NEIGHBOURS} cities can be asked at once")
    for number, city in enumerate(request.neighbours):
        if parse_principal(f"urn:hanse:{city}:service:gateway") is None:
            raise invalid(
                f"neighbours[{number}]",
                f"{city[:80]!r} is no authority",
                remedy="Write a city's authority such as lindemond.example.",
            )
    return tuple(dict.fromkeys(request.neighbours))


def _timeout(milliseconds: int) -> int:
    if milliseconds == 0:
        return _DEFAULT_TIMEOUT_MS
    if not _MIN_TIMEOUT_MS <= milliseconds <= _MAX_TIMEOUT_MS:
        raise invalid("neighbour_timeout_ms", f"must be 0 or {_MIN_TIMEOUT_MS} to {_MAX_TIMEOUT_MS}")
    return milliseconds


def model(record: ModelRecord) -> pb.Model:
    """A model on the wire."""
    return pb.Model(
        id=record.id,
        filename=record.filename,
        size_bytes=record.size_bytes,
        sha256=record.sha256,
        schema=record.schema,
        create_time=record.created,
    )


def check(record: CheckRecord) -> pb.Check:
    """A check on the wire."""
    return pb.Check(
        id=record.id,
        state=_STATES[record.state],
        step=record.step,
        percent=record.percent,
        create_time=record.created,
        update_time=record.updated,
        verdict=record.verdict,
        outdated=record.outdated,
        outdated_reason=record.outdated_reason,
        error_reason=record.error_reason,
        error_detail=record.error_detail,
        sources=[_source(source) for source in record.sources],
        model=record.input.model,
        sequence=record.sequence,
    )


def _source(source: Source) -> types_pb2.SourceAnswer:
    return types_pb2.SourceAnswer(
        city=source.city,
        state=_ANSWERS[source.state],
        as_of=source.as_of,
        count=source.count,
        snapshot_sha256=source.snapshot_sha256,
        exchange_id=source.exchange_id,
        detail=source.detail,
        datasets=[
            types_pb2.Dataset(
                id=each.id,
                title=each.title,
                owner=each.owner,
                licence=each.licence,
                terms=each.terms,
                jurisdiction=each.jurisdiction,
                crs=each.crs,
                vertical_datum=each.vertical_datum,
                vertical_datum_source=each.vertical_datum_source,
            )
            for each in source.datasets
        ],
    )


def zoning_document(record: ZoningRecord, *, body: bool) -> zoning_pb2.ZoningDocument:
    """A zoning document on the wire, with its text or without."""
    return zoning_pb2.ZoningDocument(
        id=record.id,
        contract="zoning/v1",
        revision=record.revision,
        json=record.body if body else b"",
        sha256=record.sha256,
        create_time=record.created,
    )
