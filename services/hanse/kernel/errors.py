# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Domain errors, and the one map from them to gRPC statuses.

Services raise these; an interceptor turns them into a canonical status with exactly one `google.rpc.ErrorInfo`
(domain "hanse", reason from `hanse.api.types.v1.ErrorReason`) and a `BadRequest` with a violation per bad field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from hanse.kernel.text import escape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from google.protobuf.message import Message

DOMAIN = "hanse"
_TEXT_LIMIT = 2000
_REASON_LIMIT = 63
_METADATA_LIMIT = 16
_VIOLATION_LIMIT = 100
_DETAILS_LIMIT = 16
_STATUS_BYTES = 4000
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
_CODES = {code.value[0]: code for code in grpc.StatusCode if code is not grpc.StatusCode.OK}


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One thing wrong with a request: the field's path and a sentence."""

    field: str
    description: str


class HanseError(Exception):
    """What went wrong, for the caller: a sentence, a remedy, and a machine-readable reason."""

    status: grpc.StatusCode = grpc.StatusCode.INTERNAL
    reason: str = "INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        reason: str | None = None,
        violations: Sequence[FieldViolation] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.reason = reason or type(self).reason
        self.violations = tuple(violations)
        self.metadata = dict(metadata or {})


class InvalidInputError(HanseError):
    """A field is missing, malformed or out of range."""

    status = grpc.StatusCode.INVALID_ARGUMENT
    reason = "FIELD_INVALID"


class NotFoundError(HanseError):
    """No such resource for this tenant and subject."""

    status = grpc.StatusCode.NOT_FOUND
    reason = "NOT_FOUND"


class ConflictError(HanseError):
    """The id is taken, or a request_id was used with other content."""

    status = grpc.StatusCode.ALREADY_EXISTS
    reason = "ALREADY_EXISTS"


class LimitExceededError(HanseError):
    """A documented limit was reached."""

    status = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "LIMIT_EXCEEDED"


class UnauthenticatedError(HanseError):
    """Nobody, or nobody valid, stands behind the call."""

    status = grpc.StatusCode.UNAUTHENTICATED
    reason = "SUBJECT_TOKEN_INVALID"


class DeniedError(HanseError):
    """Known, and not allowed."""

    status = grpc.StatusCode.PERMISSION_DENIED
    reason = "CALLER_NOT_ALLOWED"


class PreconditionError(HanseError):
    """Right in itself, but not in this state."""

    status = grpc.StatusCode.FAILED_PRECONDITION
    reason = "CONTRACT_VERSION_UNSUPPORTED"


class UnavailableError(HanseError):
    """Something needed does not answer; trying again may help."""

    status = grpc.StatusCode.UNAVAILABLE
    reason = "PEER_UNAVAILABLE"


class DeadlineError(HanseError):
    """The time allowed has passed."""

    status = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "DEADLINE_EXCEEDED"


class AbortedError(HanseError):
    """An operation was lost on the way."""

    status = grpc.StatusCode.ABORTED
    reason = "OPERATION_LOST"


class CancelledError(HanseError):
    """The caller or an operator stopped it."""

    status = grpc.StatusCode.CANCELLED
    reason = "CANCELLED"


class UnimplementedError(HanseError):
    """Not in this version."""

    status = grpc.StatusCode.UNIMPLEMENTED
    reason = "UNIMPLEMENTED"


_BY_STATUS: dict[grpc.StatusCode, type[HanseError]] = {
    kind.status: kind
    for kind in (
        InvalidInputError,
        NotFoundError,
        ConflictError,
        LimitExceededError,
        UnauthenticatedError,
        DeniedError,
        PreconditionError,
        UnavailableError,
        DeadlineError,
        AbortedError,
        CancelledError,
        UnimplementedError,
    )
}


def invalid(field: str, description: str, *, remedy: str = "", reason: str | None = None) -> InvalidInputError:
    """The error for one bad field."""
    return InvalidInputError(
        f"{field}: {description}",
        remedy=remedy or f"Correct {field}, then call again.",
        reason=reason,
        violations=[FieldViolation(field, description)],
    )


def to_status(error: HanseError) -> status_pb2.Status:
    """The wire form: canonical code, sentence, one ErrorInfo, and a BadRequest when fields are named.

    It is as large as a gRPC client takes in trailers by default (8 KiB, where the sentence stands twice and the details
    are base64): fields that find no room are left out.
    """
    info = error_details_pb2.ErrorInfo(reason=error.reason[:_REASON_LIMIT], domain=DOMAIN)
    status = status_pb2.Status(code=error.status.value[0], message=_cut(error.message))
    for key, value in (("remedy", error.remedy), *error.metadata.items()):
        if key == "remedy" or status.ByteSize() + info.ByteSize() + len(value.encode()) < _STATUS_BYTES:
            info.metadata[_cut(key, _REASON_LIMIT)] = _cut(value)
    status.details.add().Pack(info)
    bad = error_details_pb2.BadRequest()
    for violation in error.violations[:_VIOLATION_LIMIT]:
        bad.field_violations.add(field=_cut(violation.field, 500), description=_cut(violation.description))
        if len(bad.field_violations) > 1 and status.ByteSize() + bad.ByteSize() > _STATUS_BYTES:
            bad.field_violations.pop()
            break
    if error.violations:
        status.details.add().Pack(bad)
    return status


def from_status(status: status_pb2.Status) -> HanseError:
    """The domain error of a wire status, so that reason and remedy survive each hop.

    What another wrote into it is bounded and steers nothing (see `hanse.kernel.text`); details that cannot be read
    are left out, and a code that is none, or that of success, is UNKNOWN.
    """
    code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    info, bad = error_info(status), error_details_pb2.BadRequest()
    _unpack(status, bad)
    metadata = {_bounded(key): _bounded(value) for key, value in info.metadata.items()}
    remedy = metadata.pop("remedy", "")
    made = _BY_STATUS.get(code, HanseError)(
        _bounded(status.message) or code.name,
        remedy=remedy,
        reason=info.reason if _REASON.fullmatch(info.reason) else None,
        violations=[
            FieldViolation(_bounded(v.field), _bounded(v.description)) for v in bad.field_violations[:_VIOLATION_LIMIT]
        ],
        metadata=dict(sorted(metadata.items())[:_METADATA_LIMIT]),
    )
    made.status = code
    return made


def error_info(status: status_pb2.Status) -> error_details_pb2.ErrorInfo:
    """The first ErrorInfo of a status that can be read; an empty one when there is none."""
    info = error_details_pb2.ErrorInfo()
    _unpack(status, info)
    return info


def _unpack(status: status_pb2.Status, into: Message) -> None:
    for holder in status.details[:_DETAILS_LIMIT]:
        if holder.Is(into.DESCRIPTOR):
            try:
                holder.Unpack(into)
            except DecodeError:
                into.Clear()
            else:
                return


def _bounded(text: str) -> str:
    return escape(_cut(text))[:_TEXT_LIMIT]


def _cut(text: str, limit: int = _TEXT_LIMIT) -> str:
    """The text, or as much of it as has `limit` bytes in UTF-8."""
    return text if len(text) * 4 <= limit else text.encode(errors="replace")[:limit].decode(errors="ignore")


def from_rpc(error: grpc.RpcError) -> HanseError:
    """The domain error behind a failed call of another service. The call's own code is the one that counts."""
    call = cast("grpc.Call", error)
    code = call.code()
    for key, value in call.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            try:
                status = status_pb2.Status.FromString(value)
            except DecodeError:
                break
            status.code = code.value[0]
            return from_status(status)
    made = _BY_STATUS.get(code, HanseError)(_bounded(call.details() or "") or code.name, remedy=_REMEDIES.get(code, ""))
    made.status = code
    return made


_REMEDIES = {
    grpc.StatusCode.UNAVAILABLE: "Try again; if it stays so, run `hanse status` and `hanse doctor`.",
    grpc.StatusCode.DEADLINE_EXCEEDED: "Give the call more time, or try again.",
}
INTERNAL_ERROR = HanseError(
    "an internal error; nothing was changed by this call",
    remedy="Try again; if it happens again, give the operator the request id and the time.",
)
