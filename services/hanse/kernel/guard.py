# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What stands around every handler of a service: admission, a place for what lasts, reading, and the error map.

Every method is served as if its client streamed, so that nothing is read before the caller is admitted and every
message is parsed here, where a bad one gets a proper answer. A call that waits for its client does so in a thread
with a place of its own (`Places`) and for a limited time.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NoReturn, cast

import grpc
from google.protobuf.message import DecodeError
from grpc_status import rpc_status

from hanse.kernel import access
from hanse.kernel.errors import (
    INTERNAL_ERROR,
    CancelledError,
    DeadlineError,
    HanseError,
    InvalidInputError,
    invalid,
    to_status,
)
from hanse.kernel.storage import storage_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hanse.kernel.lasting import Places

log = logging.getLogger(__name__)
VERSION_KEY = "hanse-version"
_HEALTH = "/grpc.health.v1.Health/"
_REFLECTION = "/grpc.reflection."
_HEALTH_THREADS = 2
# A reader whose call has ended may need a moment to see that; new calls need not wait for it.
_READERS = 2


class Guard(grpc.ServerInterceptor):
    """Admits each call, keeps its context while it is served, and turns errors into statuses.

    Health is answered by threads of its own (`health_threads`), whatever else goes on.
    """

    def __init__(self, door: access.Door, places: Places, idle_s: float) -> None:
        self._door, self._places, self._idle_s = door, places, idle_s
        self._readers = ThreadPoolExecutor(places.most * _READERS, thread_name_prefix="reader")
        self.health_threads = ThreadPoolExecutor(_HEALTH_THREADS, thread_name_prefix="health")

    def close(self) -> None:
        """Lets the threads go; for when every call has ended."""
        self._readers.shutdown(wait=False)
        self.health_threads.shutdown(wait=False)

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Wraps the method's handler, whatever its shape."""
        handler: Any = continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None:
            return None
        if method.startswith(_HEALTH):
            return handler if handler.unary_unary is None else self._with_version(handler)
        served = _Served(self, method, tuple(handler_call_details.invocation_metadata or ()), handler)
        kind: Any = (
            grpc.stream_stream_rpc_method_handler
            if handler.response_streaming
            else grpc.stream_unary_rpc_method_handler
        )
        behaviour = served.stream if handler.response_streaming else served.unary
        made: grpc.RpcMethodHandler[Any, Any] = kind(behaviour, None, handler.response_serializer)
        return made

    def _with_version(self, handler: Any) -> grpc.RpcMethodHandler[Any, Any]:  # noqa: ANN401 - grpc's handler has no public type
        """The health check, which also says which release answers: whoever asks for health asks for that too."""

        def check(request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 - grpc's messages
            context.send_initial_metadata(((VERSION_KEY, version("hanse")),))
            return handler.unary_unary(request, context)

        # The one way in which grpc lets a method have threads of its own; its health servicer does the same.
        cast("Any", check).experimental_thread_pool = self.health_threads
        return grpc.unary_unary_rpc_method_handler(check, handler.request_deserializer, handler.response_serializer)

    def admit(self, method: str, metadata: dict[str, str], context: grpc.ServicerContext) -> access.CallContext:
        """The context of an allowed call. Raises HanseError."""
        remaining = context.time_remaining()
        if remaining is not None and remaining <= 0:
            raise DeadlineError("the deadline had passed when the call arrived", remedy="Give the call more time.")
        deadline = None if remaining is None else time.monotonic() + remaining
        peer = access.principal_of(cast("Any", context).auth_context())
        if method.startswith(_REFLECTION):
            return access.CallContext(method, peer, peer, deadline=deadline)
        return self._door.admit(method, peer, metadata, deadline)

    def place(self, call: access.CallContext) -> Any:  # noqa: ANN401 - contextlib's type is private
        """A place for a call that lasts."""
        return self._places.place(call.holder)

    def receive(self, messages: Iterator[bytes], parse: Callable[[bytes], Any], *, waits: bool) -> Iterator[Any]:
        """What the client sends, parsed; with `waits`, nothing may be waited for longer than `limits.stream_idle_s`.

        Raises:
            InvalidInputError: a message that is no message of this method.
            DeadlineError: nothing came for too long.
            CancelledError: the client broke off.
        """
        while True:
            try:
                message = self._readers.submit(next, messages, None).result(self._idle_s) if waits else next(messages)
            except StopIteration:
                return
            except TimeoutError:
                raise DeadlineError(
                    f"nothing came from the client for {self._idle_s:g} s (limits.stream_idle_s)",
                    remedy="Call again, and send without such pauses; end the stream when all is sent.",
                ) from None
            except grpc.RpcError:
                raise CancelledError("the client broke off", remedy="Call again.") from None
            if message is None:
                return
            try:
                yield parse(message)
            except DecodeError:
                raise invalid(
                    "request",
                    "the bytes are no message of this method",
                    remedy="Send what the method's contract says, encoded as protobuf; see the .proto files.",
                ) from None


@dataclass(frozen=True, slots=True)
class _Served:
    """One call's handler with admission before it and the error map around it."""

    guard: Guard
    method: str
    metadata: Sequence[tuple[str, str | bytes]]
    handler: Any

    def unary(self, messages: Iterator[bytes], context: grpc.ServicerContext) -> Any:  # noqa: ANN401 - grpc's messages
        """A call with one answer."""
        with ExitStack() as held:
            try:
                call = self._enter(context, held)
                held.callback(access.leave_call, access.enter_call(call))
                return self._inner(call, messages, context)
            except BaseException as error:  # noqa: BLE001 - the last line before the wire: nothing may leak
                fail(context, error)

    def stream(self, messages: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[Any]:
        """A call with any number of answers."""
        # A generator may be resumed in another thread: the call is entered anew around each step.
        with ExitStack() as held:
            try:
                call = self._enter(context, held)
                token = access.enter_call(call)
                try:
                    answers = iter(self._inner(call, messages, context))
                finally:
                    access.leave_call(token)
                while True:
                    token = access.enter_call(call)
                    try:
                        answer = next(answers)
                    except StopIteration:
                        return
                    finally:
                        access.leave_call(token)
                    yield answer
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001 - as above
                fail(context, error)

    def _enter(self, context: grpc.ServicerContext, held: ExitStack) -> access.CallContext:
        call = self.guard.admit(self.method, access.said(self.metadata), context)
        if self._lasts(call):
            held.enter_context(self.guard.place(call))
        return call

    def _lasts(self, call: access.CallContext) -> bool:
        """Whether the call may hold its thread while it waits for its client.

        The city's own services have a single message ready when they call; of anybody else that is not known.
        """
        return self.handler.request_streaming or self.handler.response_streaming or call.peer.kind != "service"

    def _inner(self, call: access.CallContext, messages: Iterator[bytes], context: grpc.ServicerContext) -> Any:  # noqa: ANN401
        handler = self.handler
        waits = handler.request_streaming or call.peer.kind != "service"
        received = self.guard.receive(messages, handler.request_deserializer, waits=waits)
        inner = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
        return inner(received if handler.request_streaming else _single(received), context)


def _single(received: Iterator[Any]) -> Any:  # noqa: ANN401 - grpc's messages
    for message in received:
        return message
    raise InvalidInputError("the call came without its message", remedy="Send exactly one message.")


def fail(context: grpc.ServicerContext, error: BaseException) -> NoReturn:
    """Ends a call with the status of an error; a defect is logged here and named only as INTERNAL outside."""
    if isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError):
        log.error("the store failed a read", exc_info=error)
        error = storage_error("the service's store", error)
    if isinstance(error, HanseError):
        context.abort_with_status(rpc_status.to_status(to_status(error)))
    code = cast("Any", context).code()  # set when the handler itself has ended the call
    if code is None and not isinstance(error, KeyboardInterrupt | SystemExit):
        log.error("defect while serving", exc_info=error)
        context.abort_with_status(rpc_status.to_status(to_status(INTERNAL_ERROR)))
    raise error
