# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Loading a file into the twin: found out what it is, sent in chunks, progress shown, refusals reported."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TextIO

from google.protobuf.json_format import MessageToDict
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.cli.output import CliError, Exit
from hanse.cli.refused import Refused
from hanse.kernel.errors import CancelledError, DeadlineError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hanse.cli.client import GatewayClient
    from hanse.cli.output import Output

_Header = twin_pb2.LoadEntitiesRequest.Header
FORMATS = {
    "cityjson": _Header.FORMAT_CITYJSON,
    "cityjsonseq": _Header.FORMAT_CITYJSON_SEQ,
    "ngsi-ld": _Header.FORMAT_NGSI_LD,
    "citygml": _Header.FORMAT_CITYGML,
    "geojson": _Header.FORMAT_GEOJSON,
    "csv": _Header.FORMAT_CSV,
}
NAMED = "CityJSON, CityJSONSeq, CityGML, GeoJSON, NGSI-LD or CSV"
TYPELESS = frozenset({"geojson", "csv"})
CHUNK = 512 * 1024
_HEAD = 64 * 1024
_CITYJSON = re.compile(rb'"type"\s*:\s*"CityJSON"')
_CITYGML = re.compile(rb"<([A-Za-z_][\w.-]*:)?CityModel[\s>]")
_GEOJSON = re.compile(rb'"type"\s*:\s*"(FeatureCollection|Feature)"')
_COMMENTS = re.compile(rb"<\?.*?\?>|<!--.*?-->", re.DOTALL)
_SHOWN = 20
_AGAIN = "Load it again with --resume: it goes on where it stopped."


@dataclass(slots=True)
class Loading:
    """A file on its way: what it is and how much of it was sent."""

    path: Path
    header: _Header
    format: str | None = None
    refusals: Path | None = None
    sent: int = 0

    def requests(self) -> Iterator[twin_pb2.LoadEntitiesRequest]:
        """The header, then the bytes. The file is looked at now: grpc would hide an error met while it iterates.

        Raises:
            CliError: the file is empty, or of no format that is known.
            OSError: it cannot be read.
        """
        self.header.format = FORMATS[guess_format(self.path, self.format)]
        self.header.size_bytes = self.path.stat().st_size
        return self._parts()

    def _parts(self) -> Iterator[twin_pb2.LoadEntitiesRequest]:
        yield twin_pb2.LoadEntitiesRequest(header=self.header)
        with self.path.open("rb") as file:
            while chunk := file.read(CHUNK):
                self.sent += len(chunk)
                yield twin_pb2.LoadEntitiesRequest(chunk=chunk)


def guess_format(path: Path, said: str | None = None) -> str:
    """What a file is: what is said, else by its beginning.

    Raises:
        CliError: it is empty, or of no format that is known.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD).removeprefix(codecs.BOM_UTF8)
    if not head:
        raise CliError(f"{path} is empty", f"Give a file with {NAMED}.")
    if said is not None:
        return said
    first = head.lstrip()[:1]
    line = head.partition(b"\n")[0]
    if first == b"[":
        return "ngsi-ld"
    if first == b"{" and _CITYJSON.search(head):
        # A sequence's first line is a whole JSON object with more lines after it.
        return "cityjsonseq" if len(line) < len(head.rstrip()) and _is_object(line) else "cityjson"
    if first in (b"{", b"\x1e"):
        return "geojson" if _GEOJSON.search(head) else "ngsi-ld"
    if first == b"<" and _CITYGML.search(_COMMENTS.sub(b"", head)):
        return "citygml"
    if path.suffix.lower() in (".csv", ".tsv"):
        return "csv"
    raise CliError(f"{path}: not seen to be {NAMED}", "Say which with --format, if it is one.")


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def run_load(client: GatewayClient, loading: Loading, output: Output) -> int:
    """Sends the file and shows how it goes; 1 when something was refused.

    Raises:
        HanseError: the load failed as a whole.
    """
    stub = twin_pb2_grpc.TwinServiceStub(client.channel)
    answer = twin_pb2.LoadEntitiesResponse()
    size = loading.path.stat().st_size
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[counted]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=output.notes, transient=True, disable=not output.notes.is_terminal) as progress:
        task = progress.add_task(loading.path.name, total=size, counted="")
        with _Refusals(loading.refusals) as refusals:
            for answer in _answers(client.stream(stub.LoadEntities, loading.requests())):
                _show(progress, task, answer, loading.sent)
                refusals.note(answer)
    if not answer.done:
        raise CliError(f"{loading.path}: the load ended before its end", _AGAIN, Exit.UNAVAILABLE)
    _report(loading.path, answer, output)
    return Exit.FAILED if answer.refused else Exit.OK


def _answers(stream: Iterator[twin_pb2.LoadEntitiesResponse]) -> Iterator[twin_pb2.LoadEntitiesResponse]:
    """What a load tells; that it can go on is said when it was cut off. Raises HanseError."""
    begun = False
    try:
        for answer in stream:
            begun = True
            yield answer
    except (UnavailableError, DeadlineError, CancelledError) as error:
        error.remedy = f"{error.remedy} {_AGAIN}".strip() if begun else error.remedy
        raise


def _show(progress: Progress, task: TaskID, answer: twin_pb2.LoadEntitiesResponse, sent: int) -> None:
    """First the bytes that are sent, then the entities that are read, of as many as there seem to be."""
    if not answer.total:
        progress.update(task, completed=sent, counted="")
        return
    counted = f"{answer.read} of {'' if answer.done else 'about '}{answer.total}"
    if answer.resumed:
        counted += f", {answer.resumed} before"
    progress.update(task, completed=answer.read, total=max(answer.total, answer.read), counted=counted)


class _Refusals:
    """A file of what was refused and why, a JSON object a line; it stands also when nothing was."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        self._file = self._path.open("w", encoding="utf-8") if self._path is not None else None
        return self

    def note(self, answer: twin_pb2.LoadEntitiesResponse) -> None:
        """Writes the refusals that are new in a message."""
        if self._file is not None:
            for one in answer.new_refusals:
                self._file.write(Refused(one.source_id, one.path, one.reason, one.remedy).line())

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


def _report(path: Path, answer: twin_pb2.LoadEntitiesResponse, output: Output) -> None:
    """Counts, what was refused and why, and what could not be carried."""
    if output.as_json:
        output.json(MessageToDict(answer, preserving_proto_field_name=True, always_print_fields_with_no_presence=True))
        return
    output.result(
        None,
        f"{path.name}: {answer.read} read, {answer.created} created, {answer.replaced} replaced, "
        f"{answer.unchanged} unchanged, {answer.refused} refused, {answer.flagged} flagged as invalid geometry"
        + (f"; it went on after {answer.resumed}" if answer.resumed else ""),
    )
    if answer.refusals:
        rows = [(r.source_id, r.path, r.reason, r.remedy) for r in answer.refusals[:_SHOWN]]
        output.table("refused", ("place", "field", "reason", "do"), rows, None)
        if answer.refused > len(rows):
            output.note(f"and {answer.refused - len(rows)} more; --refused FILE writes all")
    for loss in answer.losses[:_SHOWN]:
        kind = types_pb2.Loss.Kind.Name(loss.kind).removeprefix("KIND_").lower()
        output.note(f"not carried ({kind}): {loss.path} {loss.detail}")
