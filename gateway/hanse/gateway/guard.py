# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What every call to a port passes before its handler: a share of the places, a message that can be read, a reason.

A port serves so many calls at once. Nobody may take more than a quarter of them, neither one certificate nor all of
another city together, so that the others are always served; and of calls that have no end, few.
"""

from __future__ import annotations

import contextlib
import inspect
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf.message import DecodeError

from hanse.gateway.serving import fail
from hanse.kernel import access
from hanse.kernel.errors import InvalidInputError, LimitExceededError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from hanse.gateway.serving import Context

CALLS_AT_ONCE: Final = 2048
SHARE: Final = CALLS_AT_ONCE // 4
ENDLESS_AT_ONCE: Final = 16
# They may last for ever: nothing bounds them but the client.
_ENDLESS = ("/grpc.health.v1.Health/Watch", "/grpc.reflection.")


class Shares:
    """Counts the calls that run, by certificate and by city."""

    def __init__(self, authority: str, at_once: int = 0) -> None:
        """`at_once` is how many calls there may be in all; 0 stands for what a gRPC port has."""
        self._authority, self._at_once = authority, at_once
        self._running: Counter[str] = Counter()

    @contextlib.contextmanager
    def place(self, caller: access.Principal, method: str) -> Iterator[None]:
        """A place for one call, while the block runs. Raises LimitExceededError."""
        share = self._at_once // 4 or SHARE
        limits = {"": self._at_once or CALLS_AT_ONCE, caller.urn: share}
        if caller.authority != self._authority:
            limits[caller.authority] = share
        if method.startswith(_ENDLESS):
            limits[f"{caller.urn} without end"] = ENDLESS_AT_ONCE
        for holder, limit in limits.items():
            if self._running[holder] >= limit:
                raise LimitExceededError(
                    f"{holder or 'everybody together'} has {limit} calls running here, which is the most",
                    remedy="Wait for calls to end, or end some; then try again.",
                )
        self._running.update(limits.keys())
        try:
            yield
        finally:
            self._running.subtract(limits.keys())
            for holder in limits:
                if not self._running[holder]:
                    del self._running[holder]


class Guard(grpc.aio.ServerInterceptor):
    """Wraps each handler of a port."""

    def __init__(self, authority: str) -> None:
        self._shares = Shares(authority)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """The method's handler, guarded."""
        handler = await continuation(handler_call_details)
        return None if handler is None else self._guarded(handler, handler_call_details.method)

    def _guarded(self, handler: Any, method: str) -> grpc.RpcMethodHandler[Any, Any]:  # noqa: ANN401 - grpc's handler has no public type
        inner = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
        read = _reader(handler.request_deserializer, streaming=handler.request_streaming)

        async def answer(request: Any, context: Context) -> Any:  # noqa: ANN401 - whatever the handler takes and gives
            try:
                with self._shares.place(access.principal_of(context.auth_context()), method):
                    return await inner(read(request), context)
            except BaseException as error:  # noqa: BLE001 - the last line before the wire: nothing may leak
                await fail(context, error)

        async def stream(request: Any, context: Context) -> AsyncIterator[Any]:  # noqa: ANN401 - as above
            try:
                with self._shares.place(access.principal_of(context.auth_context()), method):
                    async with contextlib.aclosing(inner(read(request), context)) as answers:
                        async for message in answers:
                            yield message
            except BaseException as error:  # noqa: BLE001 - as above
                await fail(context, error)

        kind = {
            (False, False): grpc.unary_unary_rpc_method_handler,
            (False, True): grpc.unary_stream_rpc_method_handler,
            (True, False): grpc.stream_unary_rpc_method_handler,
            (True, True): grpc.stream_stream_rpc_method_handler,
        }[handler.request_streaming, handler.response_streaming]
        behaviour: Any = stream if inspect.isasyncgenfunction(inner) else answer
        made: grpc.RpcMethodHandler[Any, Any] = kind(behaviour, None, handler.response_serializer)
        return made


def _reader(parse: Callable[[bytes], Any] | None, *, streaming: bool) -> Callable[[Any], Any]:
    """From what grpc hands over, bytes or many of them, to what the handler takes. Raises InvalidInputError."""

    def read(data: bytes) -> Any:  # noqa: ANN401 - the method's own message
        try:
            return data if parse is None else parse(data)
        except DecodeError:
            raise InvalidInputError(
                "a message of the call is not one of this method",
                remedy="Encode it by the contract's .proto file.",
            ) from None

    async def read_each(requests: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        async for data in requests:
            yield read(data)

    if parse is None:
        return lambda request: request
    return read_each if streaming else read
