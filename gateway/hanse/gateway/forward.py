# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Passing calls on to this city's services: bytes in, bytes out, never parsed; deadlines shrink, errors stay whole."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc import status_pb2

from hanse.kernel import access
from hanse.kernel.channel import MARGIN_S, options
from hanse.kernel.config import SERVICES
from hanse.kernel.errors import DeadlineError, LimitExceededError, UnavailableError, from_rpc, to_status
from hanse.kernel.keys import channel_credentials

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Mapping, Sequence

    from hanse.gateway.routes import Route
    from hanse.kernel.config import CityConfig, Limits

R = TypeVar("R")
DETAILS = "grpc-status-details-bin"
# What a client may say and a service may hear; the caller's name is the gateway's to say.
_PASSED = frozenset({access.AUTHORIZATION, access.PURPOSE, access.REQUEST_ID})


class Unary(Protocol):
    """One method of a service of this city: message in, message out."""

    def __call__(self, request: bytes, /, *, timeout: float, metadata: Sequence[tuple[str, str]]) -> Awaitable[bytes]:
        """The answer. Raises grpc.aio.AioRpcError or HanseError."""
        ...


class Backends:
    """Where calls of this city's methods go: to its services by gRPC, or to what speaks another protocol."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel], others: Mapping[str, Unary]) -> None:
        """`channels` by part; `others` by the method's full name."""
        self._channels, self._others = channels, others

    def unary(self, route: Route) -> Unary:
        """One message each way."""
        other = self._others.get(route.method)
        if other is not None:
            return other
        return cast("Unary", self._channels[route.part].unary_unary(route.method))

    def stream(self, route: Route) -> grpc.aio.StreamStreamMultiCallable[bytes, bytes]:
        """A method of any shape, its messages as streams."""
        return self._channels[route.part].stream_stream(route.method)


def open_channels(config: CityConfig) -> dict[str, grpc.aio.Channel]:
    """A channel to each service of this city, as its gateway."""
    credentials = channel_credentials(config, "gateway")
    return {
        part: grpc.aio.secure_channel(config.reach(part), credentials, options=options(config, part))
        for part in SERVICES
    }


def time_allowed(remaining_s: float | None, limits: Limits) -> float:
    """Seconds for a call: what the client gave, the default where it gave nothing, never more than the maximum.

    Raises:
        DeadlineError: nothing is left.
    """
    if remaining_s is None:
        return limits.deadline_default_ms / 1000
    left = min(remaining_s, limits.deadline_max_ms / 1000) - MARGIN_S
    if left <= 0:
        raise DeadlineError("the deadline had passed when the call arrived", remedy="Give the call more time.")
    return left


def passed_metadata(metadata: Mapping[str, str], caller: access.Principal) -> Sequence[tuple[str, str]]:
    """What goes on to the service."""
    kept = [(key, value) for key, value in metadata.items() if key in _PASSED]
    kept.append((access.CALLER, caller.urn))
    return kept


def check_size(message: bytes, limit: int) -> None:
    """Raises LimitExceededError when a message is larger than the city takes."""
    if len(message) > limit:
        raise LimitExceededError(
            f"the message has {len(message)} bytes, limits.max_message_bytes is {limit}",
            remedy="Send less at a time; models and data sets are streamed in chunks.",
        )


class FirstStatus:
    """The status with which the other side ended a call, kept from its arrival.

    When a peer ends a stream while this side still writes, grpc.aio overwrites the status that had arrived with its own
    INTERNAL (grpc/grpc issue 36066). Done-callbacks run at the arrival, so what they see is the peer's.
    """

    def __init__(self, call: grpc.aio.StreamStreamCall[Any, Any]) -> None:
        self._known: grpc.aio.AioRpcError | None = None
        call.add_done_callback(self._arrived)

    def _arrived(self, call: grpc.aio.Call) -> None:
        code, details, trailing = _now(call.code()), _now(call.details()), _now(call.trailing_metadata())
        if code is not None and trailing is not None:
            self._known = grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details)

    def behind(self, error: grpc.aio.AioRpcError) -> grpc.aio.AioRpcError:
        """The peer's own error behind one that was raised here."""
        known = self._known
        return known if known is not None and known.code() is not grpc.StatusCode.OK else error


def _now(answer: Coroutine[None, None, R]) -> R | None:
    """What a coroutine answers without waiting: the status is there when the callback runs."""
    try:
        answer.send(None)
    except StopIteration as done:
        return cast("R", done.value)
    answer.close()
    return None


def status_of(error: grpc.aio.AioRpcError, part: str) -> status_pb2.Status:
    """The status of a failed call as the service gave it, or one made for it where the service gave no details."""
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS and isinstance(value, bytes):
            with contextlib.suppress(DecodeError):
                return status_pb2.Status.FromString(value)
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return to_status(
            UnavailableError(
                f"the service {part} of this city does not answer",
                remedy="Try again; the operator sees with `hanse status` what is down.",
            )
        )
    return to_status(from_rpc(error))
