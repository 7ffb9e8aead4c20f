# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse twin export`: what a query finds as a file for other tools."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.cli.client import GatewayClient
from hanse.cli.output import CliError, Exit, many
from hanse.cli.twin_query import add_query, asked
from hanse.kernel.config import load

if TYPE_CHECKING:
    import argparse

    from hanse.cli.output import Output

_Request = twin_pb2.ExportEntitiesRequest
FORMATS = {
    "cityjsonseq": _Request.FORMAT_CITYJSON_SEQ,
    "geojson": _Request.FORMAT_GEOJSON,
    "gltf": _Request.FORMAT_GLTF,
}
_SHOWN = 20


def register(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Adds `export`."""
    action = actions.add_parser("export", help="entities as CityJSONSeq, GeoJSON or glTF")
    action.add_argument("--format", choices=sorted(FORMATS), required=True, help="of the file")
    action.add_argument("--out", type=Path, metavar="FILE", help="where to (default: stdout)")
    action.add_argument("--surfaces", action="store_true", help="GeoJSON: every surface in space, not the footprint")
    add_query(action)
    action.set_defaults(run=_export)
    return action


def _export(arguments: argparse.Namespace, output: Output) -> int:
    if arguments.out is None:
        if sys.stdout.isatty():
            raise CliError("the file would go to the terminal", "Name a file with --out, or redirect stdout.")
        summary = _received(arguments, sys.stdout.buffer, output)
        _note(summary, output)
        return Exit.OK
    part = arguments.out.with_name(arguments.out.name + ".part")
    try:
        with part.open("wb") as file:
            summary = _received(arguments, file, output)
        part.replace(arguments.out)
    finally:
        part.unlink(missing_ok=True)
    document = {"file": str(arguments.out), "entities": summary.entities, "sha256": summary.sha256}
    output.result(document, f"{arguments.out}: {many(summary.entities, 'entity', 'entities')}, sha256 {summary.sha256}")
    _note(summary, output)
    return Exit.OK


def _received(arguments: argparse.Namespace, file: BinaryIO, output: Output) -> twin_pb2.ExportEntitiesResponse.Summary:
    """Writes the file as it comes; gives the summary, which must be of what came."""
    digest = hashlib.sha256()
    summary: twin_pb2.ExportEntitiesResponse.Summary | None = None
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
    )
    bar = Progress(*columns, console=output.notes, transient=True, disable=not output.notes.is_terminal)
    config = load(arguments.city)
    with GatewayClient.of(config, arguments.client) as client, bar as progress:
        query = asked(arguments, client, arguments.of or config.city.authority)
        request = _Request(query=query, format=FORMATS[arguments.format], surfaces=arguments.surfaces)
        task = progress.add_task(arguments.format, total=None)
        stub = twin_pb2_grpc.TwinServiceStub(client.channel)
        for answer in client.stream(stub.ExportEntities, request, city=arguments.of):
            if answer.WhichOneof("part") == "summary":
                summary = answer.summary
                continue
            file.write(answer.chunk)
            digest.update(answer.chunk)
            progress.advance(task, len(answer.chunk))
    if summary is None or summary.sha256 != digest.hexdigest():
        raise CliError("the export broke off before its end", "Export again.", Exit.UNAVAILABLE)
    return summary


def _note(summary: twin_pb2.ExportEntitiesResponse.Summary, output: Output) -> None:
    for each in summary.datasets:
        output.note(f"{each.title or each.id}: {each.owner}, {each.licence} {each.terms}".rstrip())
    for loss in summary.losses[:_SHOWN]:
        kind = types_pb2.Loss.Kind.Name(loss.kind).removeprefix("KIND_").lower()
        output.note(f"not carried ({kind}): {loss.path} {loss.detail}")
