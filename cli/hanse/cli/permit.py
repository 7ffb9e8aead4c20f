# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse permit check|show|report|cancel`: have a building plan checked, watch it, fetch the report."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf.json_format import MessageToDict
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from hanse.api.permit.v1 import permit_pb2, permit_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.cli.arguments import day
from hanse.cli.client import LONG_S
from hanse.cli.credential import add_holder_options, sign_in
from hanse.cli.files import will_fill
from hanse.cli.output import CliError, Exit, many
from hanse.kernel.config import LANGUAGES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from hanse.cli.client import GatewayClient
    from hanse.cli.output import Output

CHUNK = 512 * 1024
PURPOSE = "permit-check"
_Format = permit_pb2.GetReportRequest
REPORTS = (
    ("report.json", _Format.FORMAT_JSON),
    ("report.html", _Format.FORMAT_HTML),
    ("plan.svg", _Format.FORMAT_PLAN_SVG),
    ("view.svg", _Format.FORMAT_VIEW_SVG),
)
_GOOD = frozenset({"COMPLIANT", "NOT_APPLICABLE"})
_State = permit_pb2.Check.State
_ENDED = frozenset(
    {
        permit_pb2.Check.STATE_SUCCEEDED,
        permit_pb2.Check.STATE_FAILED,
        permit_pb2.Check.STATE_CANCELLED,
        permit_pb2.Check.STATE_ABORTED,
    }
)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse permit`."""
    parser = subparsers.add_parser("permit", help="check building plans")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    check = actions.add_parser(
        "check",
        help="upload an IFC model and check it",
        description="Exit code 0: compliant, or started without --watch; 1: any other verdict, or the check failed.",
    )
    check.add_argument("file", type=Path, help="IFC model")
    check.add_argument("--zoning", default="", help="zoning document URN (default: those in force at the place)")
    check.add_argument("--date", type=day, metavar="YYYY-MM-DD", help="whose law applies (default: today)")
    check.add_argument("--neighbour", action="append", default=[], metavar="AUTHORITY", help="ask only these")
    check.add_argument("--watch", action="store_true", help="wait for the verdict")
    check.add_argument(
        "--out", type=Path, metavar="FOLDER", help="folder for report and pictures; waits for the verdict"
    )
    show = actions.add_parser("show", help="a check as it stands")
    report = actions.add_parser("report", help="fetch a finished check's report")
    cancel = actions.add_parser("cancel", help="stop a check that has not ended")
    report.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to write it")
    for action, run in ((check, _check), (show, _show), (report, _report), (cancel, _cancel)):
        if action is not check:
            action.add_argument("id", help="the check's URN")
        if action in {check, report}:
            action.add_argument(
                "--language", choices=LANGUAGES, default="", help="of the HTML page (default: the city's)"
            )
        add_holder_options(action)
        action.set_defaults(run=run)


def _check(arguments: argparse.Namespace, output: Output) -> int:
    with arguments.file.open("rb"):  # before anybody is asked
        pass
    if arguments.out is not None:
        will_fill(arguments.out)
    client, _ = sign_in(arguments)
    with client:
        stub = permit_pb2_grpc.PermitServiceStub(client.channel)
        model = _upload(client, stub, arguments.file, output)
        request = permit_pb2.CreateCheckRequest(
            model=model.id,
            zoning=arguments.zoning,
            as_of_date=arguments.date or "",
            neighbours=arguments.neighbour,
            purpose=PURPOSE,
        )
        check = client.call(stub.CreateCheck, request)
        if arguments.watch or arguments.out is not None:
            check = _watch(client, stub, check, output)
        else:
            output.note(f"it goes on by itself: hanse permit show {check.id}")
        _print(check, output)
        if arguments.out is not None and check.state == permit_pb2.Check.STATE_SUCCEEDED:
            _fetch(client, stub, check.id, arguments.out, arguments.language, output)
        elif check.state == permit_pb2.Check.STATE_SUCCEEDED:
            output.note(f"its report says why: hanse permit report {check.id} --out FOLDER")
    return _code(check)


def _show(arguments: argparse.Namespace, output: Output) -> int:
    client, _ = sign_in(arguments)
    with client:
        stub = permit_pb2_grpc.PermitServiceStub(client.channel)
        check = client.call(stub.GetCheck, permit_pb2.GetCheckRequest(id=arguments.id))
    _print(check, output)
    return _code(check)


def _cancel(arguments: argparse.Namespace, output: Output) -> int:
    client, _ = sign_in(arguments)
    with client:
        stub = permit_pb2_grpc.PermitServiceStub(client.channel)
        check = client.call(stub.CancelCheck, permit_pb2.CancelCheckRequest(id=arguments.id))
    _print(check, output)
    return Exit.OK


def _report(arguments: argparse.Namespace, output: Output) -> int:
    will_fill(arguments.out)
    client, _ = sign_in(arguments)
    with client:
        stub = permit_pb2_grpc.PermitServiceStub(client.channel)
        _fetch(client, stub, arguments.id, arguments.out, arguments.language, output)
    output.result({"folder": str(arguments.out)}, f"{arguments.out}")
    return Exit.OK


def _upload(
    client: GatewayClient, stub: permit_pb2_grpc.PermitServiceStub, path: Path, output: Output
) -> permit_pb2.Model:
    """Sends the file; the server compares size and hash."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size

    def requests() -> Iterator[permit_pb2.UploadModelRequest]:
        header = permit_pb2.UploadModelRequest.Header(filename=path.name, size_bytes=size, sha256=digest)
        yield permit_pb2.UploadModelRequest(header=header)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield permit_pb2.UploadModelRequest(chunk=chunk)

    model: permit_pb2.Model = client.call(stub.UploadModel, requests(), timeout_s=LONG_S)
    output.note(f"{path.name}: {model.schema}, {many(model.size_bytes, 'byte')}, {model.id}")
    return model


def _watch(
    client: GatewayClient, stub: permit_pb2_grpc.PermitServiceStub, check: permit_pb2.Check, output: Output
) -> permit_pb2.Check:
    """Follows a check to its end, with a bar."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=output.notes, transient=True, disable=not output.notes.is_terminal) as progress:
        task = progress.add_task("queued", total=100)
        newest = check
        try:
            for newest in client.stream(stub.WatchCheck, permit_pb2.WatchCheckRequest(id=check.id)):
                progress.update(task, completed=newest.percent, description=newest.step or "queued")
        except KeyboardInterrupt:
            output.note(f"the check goes on: hanse permit show {check.id}")
            raise
    if newest.state not in _ENDED:
        raise CliError(
            f"{check.id}: nothing more was heard of it", f"Ask again: hanse permit show {check.id}", Exit.UNAVAILABLE
        )
    return newest


def _fetch(
    client: GatewayClient,
    stub: permit_pb2_grpc.PermitServiceStub,
    check: str,
    folder: Path,
    language: str,
    output: Output,
) -> None:
    """Writes report and pictures into the folder, which is made once there is something to write."""
    for name, kind in REPORTS:
        request = permit_pb2.GetReportRequest(check=check, format=kind, language=language)
        chunks = [answer.chunk for answer in client.stream(stub.GetReport, request)]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"".join(chunks))
        output.note(f"wrote {folder / name}")


def _print(check: permit_pb2.Check, output: Output) -> None:
    if output.as_json:
        output.json(MessageToDict(check, preserving_proto_field_name=True, always_print_fields_with_no_presence=True))
        return
    state = _State.Name(check.state).removeprefix("STATE_").lower()
    lines = [f"{check.id}: {state}"]
    if check.verdict:
        lines.append(
            f"verdict: {check.verdict}{' (outdated: ' + check.outdated_reason + ')' if check.outdated else ''}"
        )
    if check.error_reason:
        lines.append(f"{check.error_reason}: {check.error_detail}")
    output.result(None, "\n".join(lines))
    if check.sources:
        rows = [
            (
                source.city,
                types_pb2.SourceAnswer.State.Name(source.state).removeprefix("STATE_").lower(),
                source.count,
                source.as_of,
                source.exchange_id,
                source.detail,
            )
            for source in check.sources
        ]
        output.table("", ("city", "answer", "entities", "as of", "exchange", "detail"), rows, None)


def _code(check: permit_pb2.Check) -> int:
    if check.state == permit_pb2.Check.STATE_SUCCEEDED:
        return Exit.OK if check.verdict in _GOOD else Exit.FAILED
    return Exit.FAILED if check.state in _ENDED else Exit.OK
