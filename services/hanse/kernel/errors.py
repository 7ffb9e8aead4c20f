# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Domain errors, and the one map from them to gRPC statuses.

Services raise these; an interceptor turns them into a canonical status with exactly one `google.rpc.ErrorInfo`
(domain "hanse", reason from `hanse.api.types.v1.ErrorReason`) and a `BadRequest` with a violation per bad field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DOMAIN = "hanse"
_TEXT_LIMIT = 2000


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
    """The wire form: canonical code, sentence, one ErrorInfo, and a BadRequest when fields are named."""
    details: list[Any] = [
        error_details_pb2.ErrorInfo(
            reason=error.reason,
            domain=DOMAIN,
            metadata={**error.metadata, "remedy": error.remedy[:_TEXT_LIMIT]},
        )
    ]
    if error.violations:
        bad = error_details_pb2.BadRequest()
        for violation in error.violations[:100]:
            bad.field_violations.add(field=violation.field[:500], description=violation.description[:_TEXT_LIMIT])
        details.append(bad)
    packed = []
    for detail in details:
        holder = any_pb2.Any()
        holder.Pack(detail)
        packed.append(holder)
    return status_pb2.Status(code=error.status.value[0], message=error.message[:_TEXT_LIMIT], details=packed)


def from_status(status: status_pb2.Status) -> HanseError:
    """The domain error of a wire status, so that reason and remedy survive each hop."""
    code = next((c for c in grpc.StatusCode if c.value[0] == status.code), grpc.StatusCode.UNKNOWN)
    info, violations = error_details_pb2.ErrorInfo(), []
    for holder in status.details:
        if holder.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            holder.Unpack(info)
        elif holder.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            holder.Unpack(bad)
            violations = [FieldViolation(v.field, v.description) for v in bad.field_violations]
    metadata = dict(info.metadata)
    remedy = metadata.pop("remedy", "")
    kind = _BY_STATUS.get(code, HanseError)
    return kind(
        status.message or code_pb2.Code.Name(status.code),
        remedy=remedy,
        reason=info.reason or None,
        violations=violations,
        metadata=metadata,
    )


def from_rpc(error: grpc.RpcError) -> HanseError:
    """The domain error behind a failed call of another service."""
    call = cast("grpc.Call", error)
    trailing = call.trailing_metadata() or ()
    for key, value in trailing:
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            return from_status(status_pb2.Status.FromString(value))
    code, details = call.code(), call.details() or ""
    kind = _BY_STATUS.get(code, HanseError)
    return kind(details or code.name, remedy=_REMEDIES.get(code, ""))


_REMEDIES = {
    grpc.StatusCode.UNAVAILABLE: "Try again; if it stays so, run `hanse status` and `hanse doctor`.",
    grpc.StatusCode.DEADLINE_EXCEEDED: "Give the call more time, or try again.",
}
INTERNAL_ERROR = HanseError(
    "an internal error; nothing was changed by this call",
    remedy="Try again; if it happens again, give the operator the request id and the time.",
)
