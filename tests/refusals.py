# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a refused call must look like on the wire: one canonical status, exactly one ErrorInfo, a remedy in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from hanse.api.types.v1 import error_reason_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

REASONS = {name.removeprefix("ERROR_REASON_") for name in error_reason_pb2.ErrorReason.keys()}  # noqa: SIM118 - an enum wrapper


@dataclass(frozen=True)
class Refusal:
    """A refused call: its status, reason, sentence, remedy, and the fields it names."""

    code: grpc.StatusCode
    reason: str
    message: str
    remedy: str
    fields: tuple[str, ...]


def refusal(call: Callable[[], Any]) -> Refusal:
    """Makes the call (a stream is read to its end), which must be refused as the wire contract says."""
    with pytest.raises(grpc.RpcError) as caught:
        answer = call()
        if not hasattr(answer, "SerializeToString"):
            list(answer)
    return read(caught.value)


def read(error: grpc.RpcError) -> Refusal:
    """The refusal in a gRPC error; asserts its form."""
    status = rpc_status.from_call(error)
    assert status is not None, f"no details came with {error!r}"
    infos, bad = [], error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            infos.append(info)
        else:
            assert detail.Unpack(bad), f"unknown detail {detail.type_url}"
    assert len(infos) == 1
    (info,) = infos
    assert info.domain == "hanse"
    assert info.reason in REASONS - {"UNSPECIFIED"}
    remedy = info.metadata["remedy"]
    assert remedy.rstrip().endswith((".", "`", ")")), f"no sentence: {remedy!r}"
    assert status.message
    assert "Traceback" not in status.message
    return Refusal(
        error.code(),  # type: ignore[attr-defined]
        info.reason,
        status.message,
        remedy,
        tuple(violation.field for violation in bad.field_violations),
    )
