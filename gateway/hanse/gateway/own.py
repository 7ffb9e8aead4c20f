# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway's own services on the client port: admitted by the same rules as everywhere, errors mapped the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import message_factory

from hanse.gateway.forward import time_allowed
from hanse.gateway.serving import fail, read_metadata
from hanse.kernel import access

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from google.protobuf.descriptor import ServiceDescriptor
    from google.protobuf.message import Message

    from hanse.gateway.serving import Context
    from hanse.gateway.tls import Callers
    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig

    Behaviour = Callable[[Any], Awaitable[Message]]


class OwnServices(grpc.GenericRpcHandler):
    """Unary services answered by coroutines `name(request) -> message`; `add` each before the server starts."""

    def __init__(self, config: CityConfig, callers: Callers, tokens: access.TokenVerifier, clock: Clock) -> None:
        self._limits, self._callers, self._clock = config.limits, callers, clock
        self._self = access.Principal(config.city.authority, "service", "gateway")
        self._rules: dict[str, access.Access] = {}
        self._door = access.Door(config.city.authority, self._rules, tokens)
        self._handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    def add(self, service: ServiceDescriptor, servicer: object, rules: Mapping[str, access.Access]) -> None:
        """Serves every method of a service by the servicer's coroutine of that name."""
        for method in service.methods:
            name = f"/{service.full_name}/{method.name}"
            self._rules[name] = rules[method.name]
            self._handlers[name] = grpc.unary_unary_rpc_method_handler(
                self._guarded(name, getattr(servicer, method.name)),
                request_deserializer=message_factory.GetMessageClass(method.input_type).FromString,
                response_serializer=_serialise,
            )

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        """The handler of an own method; None for all others."""
        return self._handlers.get(handler_call_details.method)

    def _guarded(self, method: str, behaviour: Behaviour) -> Callable[[Any, Context], Awaitable[Message]]:
        async def serve(request: Any, context: Context) -> Message:  # noqa: ANN401 - the method's own request
            token = None
            try:
                token = access.enter_call(self._admit(method, context))
                return await behaviour(request)
            except BaseException as error:  # noqa: BLE001 - the last line before the wire: nothing may leak
                await fail(context, error)
            finally:
                if token is not None:
                    access.leave_call(token)

        return serve

    def _admit(self, method: str, context: Context) -> access.CallContext:
        """As a service behind the gateway would admit it: the caller is whom the gateway vouches for."""
        caller = self._callers.identify(context.auth_context())
        metadata = {**read_metadata(context), access.CALLER: caller.urn}
        deadline = self._clock.monotonic() + time_allowed(context.time_remaining(), self._limits)
        return self._door.admit(method, self._self, metadata, deadline)


def _serialise(message: Message) -> bytes:
    return message.SerializeToString()
