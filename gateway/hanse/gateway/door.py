# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The client port: every method of the city's services, passed on unparsed, here or to another city."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import grpc

from hanse.gateway.exchange.asker import Ask
from hanse.gateway.forward import FirstStatus, check_size, passed_metadata, status_of, time_allowed
from hanse.gateway.routes import ROUTES
from hanse.gateway.serving import Incoming, end, fail, read_metadata
from hanse.kernel import access
from hanse.kernel.errors import HanseError, UnauthenticatedError, UnimplementedError, to_status

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from hanse.gateway.exchange.asker import Asker
    from hanse.gateway.forward import Backends
    from hanse.gateway.routes import Route
    from hanse.gateway.serving import Context
    from hanse.gateway.tls import Callers
    from hanse.kernel.config import CityConfig

_MAX_TOKEN = 16 * 1024


class ClientPort(grpc.GenericRpcHandler):
    """Finds the way of each call by its method's name."""

    def __init__(self, config: CityConfig, callers: Callers, backends: Backends, asker: Asker) -> None:
        self._handlers = {
            route.method: _Passage(config, callers, backends, asker, route).handler() for route in ROUTES.values()
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        """The handler of a routed method; None for all others."""
        return self._handlers.get(handler_call_details.method)


class NoSuchMethod(grpc.GenericRpcHandler):
    """Answers what no other handler knows, with a reason."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        """A handler that refuses."""
        method = handler_call_details.method

        async def refuse(_request: object, context: Context) -> None:
            error = UnimplementedError(
                f"{method[:200]} is no method of this gateway",
                remedy="Reflection lists the services; see the contracts for their methods.",
            )
            await end(context, to_status(error))

        return grpc.stream_stream_rpc_method_handler(refuse)


class _Passage:
    """One method's way through the gateway."""

    def __init__(self, config: CityConfig, callers: Callers, backends: Backends, asker: Asker, route: Route) -> None:
        self._authority, self._limits = config.city.authority, config.limits
        self._callers, self._asker, self._route = callers, asker, route
        self._backends = backends

    def handler(self) -> grpc.RpcMethodHandler[Any, Any]:
        """The handler in the method's own shape; messages stay bytes."""
        if self._route.unary:
            return grpc.unary_unary_rpc_method_handler(self._answer_unary)
        if not self._route.client_streams:
            return grpc.unary_stream_rpc_method_handler(self._answer_unary_stream)
        if not self._route.server_streams:
            return grpc.stream_unary_rpc_method_handler(self._answer_stream_unary)
        return grpc.stream_stream_rpc_method_handler(self._answer_stream)

    def _enter(self, context: Context) -> Incoming:
        return Incoming(
            self._callers.identify(context.auth_context()), read_metadata(context), context.time_remaining()
        )

    def _elsewhere(self, call: Incoming) -> str:
        """The other city that a call is for; empty when it is this one."""
        city = call.metadata.get(access.CITY, "")
        return "" if city == self._authority else city

    def _ask(self, call: Incoming, city: str) -> Ask:
        token = ""
        if self._route.needs_token:
            token = access.bearer(call.metadata)
            if len(token) > _MAX_TOKEN:
                raise UnauthenticatedError("the token is too long", remedy="Send an access token of this city.")
        return Ask(
            route=self._route,
            city=city,
            purpose=call.metadata.get(access.PURPOSE, ""),
            caller=call.caller,
            token=token,
            timeout_s=time_allowed(call.remaining_s, self._limits),
        )

    async def _answer_unary(self, request: bytes, context: Context) -> bytes:
        exchange = ""
        try:
            call = self._enter(context)
            check_size(request, self._limits.max_message_bytes)
            city = self._elsewhere(call)
            if city:
                sent = await self._asker.prepare(self._ask(call, city), request)
                exchange = sent.envelope.id
                answer = await self._asker.call(sent, request)
                context.set_trailing_metadata(((access.EXCHANGE_ID, exchange),))
                return answer
            return await self._backends.unary(self._route)(
                request,
                timeout=time_allowed(call.remaining_s, self._limits),
                metadata=passed_metadata(call.metadata, call.caller),
            )
        except grpc.aio.AioRpcError as error:
            await end(context, status_of(error, self._route.part))
        except BaseException as error:  # noqa: BLE001 - the last line before the wire: nothing may leak
            await fail(context, error, exchange)

    async def _answer_unary_stream(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        async with contextlib.aclosing(self._pass(_one(request), context)) as answers:
            async for answer in answers:
                yield answer

    async def _answer_stream(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        async with contextlib.aclosing(self._pass(requests, context)) as answers:
            async for answer in answers:
                yield answer

    async def _answer_stream_unary(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
        found = b""
        async with contextlib.aclosing(self._pass(requests, context)) as answers:
            async for answer in answers:
                found = answer
        return found

    async def _pass(self, requests: AsyncIterator[bytes], context: Context) -> AsyncGenerator[bytes, None]:
        """A stream's answers, from here or from elsewhere."""
        exchange = ""
        try:
            call = self._enter(context)
            city = self._elsewhere(call)
            checked = _Checked(requests, self._limits.max_message_bytes)
            if city:
                sent = await self._asker.prepare(self._ask(call, city), None)
                exchange = sent.envelope.id
                context.set_trailing_metadata(((access.EXCHANGE_ID, exchange),))
                answers = self._asker.stream(sent, checked.messages()).answers()
            else:
                answers = self._local(call, checked)
            async with contextlib.aclosing(answers):
                async for answer in answers:
                    yield answer
        except grpc.aio.AioRpcError as error:
            await end(context, status_of(error, self._route.part))
        except BaseException as error:  # noqa: BLE001 - as above
            await fail(context, error, exchange)

    async def _local(self, call: Incoming, checked: _Checked) -> AsyncGenerator[bytes, None]:
        stream = self._backends.stream(self._route)(
            checked.messages(),
            timeout=time_allowed(call.remaining_s, self._limits),
            metadata=passed_metadata(call.metadata, call.caller),
        )
        ending = FirstStatus(stream)
        try:
            async for answer in stream:
                yield answer
        except grpc.aio.AioRpcError as error:
            raise ending.behind(error) from None
        except asyncio.CancelledError:
            if checked.failure is not None:  # grpc cancels a call whose requests fail
                raise checked.failure from None
            raise
        finally:
            stream.cancel()


class _Checked:
    """A client's messages, each within the limit; what was wrong is kept in `failure`."""

    def __init__(self, messages: AsyncIterator[bytes], limit: int) -> None:
        self._messages, self._limit = messages, limit
        self.failure: HanseError | None = None

    async def messages(self) -> AsyncIterator[bytes]:
        """The messages. Raises LimitExceededError."""
        async for message in self._messages:
            try:
                check_size(message, self._limit)
            except HanseError as error:
                self.failure = error
                raise
            yield message


async def _one(message: bytes) -> AsyncIterator[bytes]:
    yield message
