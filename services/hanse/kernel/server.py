# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The gRPC server that every service runs in: mutual TLS, access, errors, health, reflection, graceful stop.

Synchronous handlers on threads: a call here is one short database read or a wait for a worker, and a thread costs
less per call than a task does (`docs/decisions/0004`). The gateway, which fans out, has its own asyncio door.
"""

from __future__ import annotations

import logging
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NoReturn, cast

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

from hanse.kernel import access
from hanse.kernel.errors import INTERNAL_ERROR, DeadlineError, HanseError, to_status
from hanse.kernel.keys import server_credentials
from hanse.kernel.storage import storage_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from hanse.kernel.config import CityConfig

log = logging.getLogger(__name__)
VERSION_KEY = "hanse-version"
OPEN_METHODS = ("/grpc.health.v1.Health/", "/grpc.reflection.")
_DRAIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Registration:
    """One gRPC service of a process: its full name, how it is added, and the rule of each method."""

    name: str
    add: Callable[[grpc.Server], None]
    rules: dict[str, access.Access]


class _Guard(grpc.ServerInterceptor):
    """Admits each call, keeps its context while it is served, and turns errors into statuses."""

    def __init__(self, door: access.Door) -> None:
        self._door = door

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Wraps the method's handler, whatever its shape."""
        handler = continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(OPEN_METHODS):
            return handler if handler is None or handler.unary_unary is None else _with_version(handler)
        metadata = {
            key: value for key, value in handler_call_details.invocation_metadata or () if isinstance(value, str)
        }

        def enter(context: grpc.ServicerContext) -> access.CallContext:
            remaining = context.time_remaining()
            if remaining is not None and remaining <= 0:
                raise DeadlineError("the deadline had passed when the call arrived", remedy="Give the call more time.")
            deadline = None if remaining is None else time.monotonic() + remaining
            return self._door.admit(
                method, access.principal_of(cast("Any", context).auth_context()), metadata, deadline
            )

        return _wrap(handler, enter)


def _with_version(handler: grpc.RpcMethodHandler[Any, Any]) -> grpc.RpcMethodHandler[Any, Any]:
    """The health check, which also says which release answers: whoever asks for health asks for that too."""
    inner: Any = handler.unary_unary

    def check(request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 - grpc's messages
        context.send_initial_metadata(((VERSION_KEY, version("hanse")),))
        return inner(request, context)

    return grpc.unary_unary_rpc_method_handler(check, handler.request_deserializer, handler.response_serializer)


def _wrap(handler: Any, enter: Callable[[grpc.ServicerContext], access.CallContext]) -> grpc.RpcMethodHandler[Any, Any]:  # noqa: ANN401 - grpc's handler has no public type
    """The handler with admission before it and the error map around it."""
    inner = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream

    def unary(request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401
        token = None
        try:
            token = access.enter_call(enter(context))
            return inner(request, context)
        except BaseException as error:  # noqa: BLE001 - the last line before the wire: nothing may leak
            fail(context, error)
        finally:
            if token is not None:
                access.leave_call(token)

    def stream(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: ANN401
        # A generator may be resumed in another thread: the call is entered anew around each step.
        try:
            call = enter(context)
            token = access.enter_call(call)
            try:
                answers = iter(inner(request, context))
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

    kind = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[handler.request_streaming, handler.response_streaming]
    behaviour: Any = stream if handler.response_streaming else unary
    made: grpc.RpcMethodHandler[Any, Any] = kind(behaviour, handler.request_deserializer, handler.response_serializer)
    return made


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


class ServiceProcess:
    """A service from start to stop.

    Not serving until `ready` says so; on SIGTERM or SIGINT health goes to NOT_SERVING, running calls are drained,
    then `on_stop` callbacks run in reverse order.
    """

    def __init__(self, config: CityConfig, part: str, tokens: access.TokenVerifier) -> None:
        self._config, self._part, self._tokens = config, part, tokens
        self._health = health.HealthServicer()
        self._stop = threading.Event()
        self._on_stop: list[Callable[[], None]] = []
        self._server: grpc.Server | None = None

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Runs `callback` after the last call has ended."""
        self._on_stop.append(callback)

    @property
    def stopping(self) -> threading.Event:
        """Set when the process is asked to stop; long streams look at it."""
        return self._stop

    def start(self, registrations: Sequence[Registration]) -> int:
        """Starts listening, healthy at once; returns the port."""
        rules = {f"/{r.name}/{method}": rule for r in registrations for method, rule in r.rules.items()}
        door = access.Door(self._config.city.authority, rules, self._tokens)
        threads = getattr(self._config, self._part).threads
        limit = self._config.limits.max_message_bytes
        server = grpc.server(
            ThreadPoolExecutor(threads, thread_name_prefix=self._part),
            interceptors=[_Guard(door)],
            options=[
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", limit),
                ("grpc.max_send_message_length", limit),
                ("grpc.max_metadata_size", 32 * 1024),
                ("grpc.http2.max_ping_strikes", 0),
            ],
            maximum_concurrent_rpcs=threads * 8,
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = [r.name for r in registrations]
        for registration in registrations:
            registration.add(server)
        reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
        listen = self._config.listen(self._part)
        try:
            port = server.add_secure_port(listen, server_credentials(self._config, self._part))
        except RuntimeError:
            raise OSError(f"{self._part} cannot listen on {listen}: is the port taken? (`hanse doctor` says)") from None
        server.start()
        for name in ("", *names):
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        self._server = server
        log.info("%s of %s serves on %s", self._part, self._config.city.authority, listen)
        return port

    def stop(self) -> None:
        """Asks the process to stop; safe from any thread."""
        self._stop.set()

    def run(self) -> None:
        """Waits for SIGTERM or SIGINT, then stops gracefully. Main thread only."""

        def asked(_signal: int, _frame: FrameType | None) -> None:
            self._stop.set()

        signal.signal(signal.SIGTERM, asked)
        signal.signal(signal.SIGINT, asked)
        while not self._stop.wait(1.0):
            pass
        self.close()

    def close(self) -> None:
        """Health off, drain, stop, then the callbacks."""
        self._stop.set()
        self._health.enter_graceful_shutdown()
        if self._server is not None:
            self._server.stop(_DRAIN_S).wait()
        for callback in reversed(self._on_stop):
            callback()
