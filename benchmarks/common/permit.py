# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Permit checks of one plan, each time as if it were new, and the floor that no check can go below."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

import ifcopenshell
from common.borderland import token_of

from hanse.api.permit.v1 import permit_pb2, permit_pb2_grpc
from hanse.kernel.channel import connect, metadata
from hanse.permit.ifc.geometry import mesh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from hanse.kernel.config import CityConfig

_CHUNK = 256 * 1024
_PURPOSE = "permit-check"


class Checks:
    """Uploads a plan under another hash for each check, since a known file is not read again."""

    def __init__(self, config: CityConfig, plan: Path) -> None:
        self._config, self._plan, self._stack, self._number = config, plan.read_bytes(), ExitStack(), 0

    def __enter__(self) -> Self:
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        channel = self._stack.enter_context(connect(self._config, "client-platform", "gateway"))
        self._permit = permit_pb2_grpc.PermitServiceStub(channel)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def check(self) -> float:
        """Seconds from asking for a check to its end."""
        who = metadata(token_of(self._config, "client-platform"), purpose=_PURPOSE)
        model = self._permit.UploadModel(_upload(self._fresh()), timeout=60, metadata=who)
        begin = time.perf_counter()
        request = permit_pb2.CreateCheckRequest(model=model.id, purpose=_PURPOSE)
        check = self._permit.CreateCheck(request, timeout=60, metadata=who)
        watched = permit_pb2.WatchCheckRequest(id=check.id)
        *_, check = self._permit.WatchCheck(watched, timeout=120, metadata=who)
        taken = time.perf_counter() - begin
        if check.state != permit_pb2.Check.STATE_SUCCEEDED or check.verdict != "NON_COMPLIANT":
            raise AssertionError(f"the check ended {check.state} {check.verdict} {check.error_detail}")
        return taken

    def floor(self) -> float:
        """Seconds that IfcOpenShell takes to open the file and to mesh walls, roofs and slabs."""
        path = self._fresh()
        begin = time.perf_counter()
        mesh(ifcopenshell.open(str(path)))
        return time.perf_counter() - begin

    def _fresh(self) -> Path:
        """The same model in a file of its own: a comment after the first line changes its hash."""
        self._number += 1
        first, rest = self._plan.split(b"\n", 1)
        path = self._folder / "plan.ifc"
        path.write_bytes(first + f"\n/* {self._number} */\n".encode() + rest)
        return path


def _upload(path: Path) -> Iterator[permit_pb2.UploadModelRequest]:
    header = permit_pb2.UploadModelRequest.Header(filename=path.name, size_bytes=path.stat().st_size)
    yield permit_pb2.UploadModelRequest(header=header)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield permit_pb2.UploadModelRequest(chunk=chunk)
