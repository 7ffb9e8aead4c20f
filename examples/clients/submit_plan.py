# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Has a building plan (IFC) checked by a city: uploads it, watches the check, saves the report.

python submit_plan.py --city build/demo/cities/marewijk/city.toml build/demo/borderland/plans/complies.ifc --out .
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import door

from hanse.api.permit.v1 import permit_pb2, permit_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc

CHUNK = 256 * 1024
PURPOSE = "permit-check"
REPORTS = {
    "report.json": permit_pb2.GetReportRequest.FORMAT_JSON,
    "report.html": permit_pb2.GetReportRequest.FORMAT_HTML,
    "plan.svg": permit_pb2.GetReportRequest.FORMAT_PLAN_SVG,
}


def main() -> int:
    """Checks the plan; exit code 1 also when the check came to no verdict."""
    parser = door.arguments(__doc__)
    parser.add_argument("plan", type=Path, help="an IFC file")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the report")
    parser.add_argument("--language", default="en", choices=("en", "nl"), help="of the report for people")
    given = parser.parse_args()
    with given.plan.open("rb") as plan, door.door(given).channel as channel:
        given.out.mkdir(parents=True, exist_ok=True)  # before the city is troubled
        return submit(channel, plan, given.out, given.language)


def submit(channel: grpc.Channel, plan: BinaryIO, out: Path, language: str) -> int:
    """Uploads, checks, watches, saves."""
    permit, who = permit_pb2_grpc.PermitServiceStub(channel), door.sign_in(channel, PURPOSE)
    model = permit.UploadModel(upload(plan), timeout=300, metadata=who)
    check = permit.CreateCheck(permit_pb2.CreateCheckRequest(model=model.id, purpose=PURPOSE), timeout=30, metadata=who)
    # The check runs on whether or not anybody watches; GetCheck with its id finds it again.
    watched = permit_pb2.WatchCheckRequest(id=check.id)
    for check in permit.WatchCheck(watched, timeout=300, metadata=who):
        print(f"{check.percent:3d} %  {check.step}", flush=True)
    if check.state != permit_pb2.Check.STATE_SUCCEEDED:
        print(f"{check.error_reason}: {check.error_detail}", file=sys.stderr)
        return 1
    for name, form in REPORTS.items():
        request = permit_pb2.GetReportRequest(check=check.id, format=form, language=language)
        parts = permit.GetReport(request, timeout=60, metadata=who)
        (out / name).write_bytes(b"".join(part.chunk for part in parts))
    print(f"{check.verdict}: {', '.join(str(out / name) for name in REPORTS)}")
    return 0


def upload(plan: BinaryIO) -> Iterator[permit_pb2.UploadModelRequest]:
    """The header, then the file in pieces. It is open already: grpc would hide that it cannot be read."""
    path = Path(plan.name)
    header = permit_pb2.UploadModelRequest.Header(filename=path.name, size_bytes=path.stat().st_size)
    yield permit_pb2.UploadModelRequest(header=header)
    while chunk := plan.read(CHUNK):
        yield permit_pb2.UploadModelRequest(chunk=chunk)


if __name__ == "__main__":
    sys.exit(door.run(main))
