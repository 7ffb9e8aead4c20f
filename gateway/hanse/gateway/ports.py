# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway's two gRPC servers: one for platforms and own services, one for other cities."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from hanse.api.exchange.v1 import exchange_pb2_grpc
from hanse.gateway.door import NoSuchMethod
from hanse.gateway.guard import CALLS_AT_ONCE, Guard
from hanse.gateway.routes import SERVICES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.gateway.peer_port import PeerPort
    from hanse.kernel.config import Limits

OWN_SERVICES = ("hanse.api.exchange.v1.ExchangeLogService", "hanse.api.exchange.v1.PeerService")
# Beyond the limits of `Guard`, whose refusals carry a reason, there is this one, whose refusals carry none.
_MOST_CALLS = CALLS_AT_ONCE * 5 // 4


class Ports:
    """Both servers and the health of the gateway. `client_port` and `peer_port` are the ports in use."""

    def __init__(
        self, authority: str, limits: Limits, handlers: Sequence[grpc.GenericRpcHandler], peer: PeerPort
    ) -> None:
        self._authority = authority
        self._health = health.aio.HealthServicer()
        # Above the documented limit, where the refusal carries a reason, there is a hard one without.
        self._options = [
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", 2 * limits.max_message_bytes + 64 * 1024),
            ("grpc.max_send_message_length", limits.max_message_bytes + 64 * 1024),
            ("grpc.max_metadata_size", 32 * 1024),
            ("grpc.http2.max_ping_strikes", 0),
        ]
        self.client_port = self.peer_port = 0
        self._client = self._server([*handlers])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._client)
        names = (*SERVICES, *OWN_SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._client)
        self._client.add_generic_rpc_handlers((NoSuchMethod(),))
        self._peer = self._server([])
        exchange_pb2_grpc.add_ExchangeServiceServicer_to_server(peer, self._peer)
        self._peer.add_generic_rpc_handlers((NoSuchMethod(),))

    def _server(self, handlers: Sequence[grpc.GenericRpcHandler]) -> grpc.aio.Server:
        return grpc.aio.server(
            handlers=handlers,
            interceptors=[Guard(self._authority)],
            options=self._options,
            maximum_concurrent_rpcs=_MOST_CALLS,
        )

    async def start(
        self,
        client: tuple[str, grpc.ServerCredentials],
        peer: tuple[str, grpc.ServerCredentials],
    ) -> None:
        """Listens on both addresses, healthy at once.

        Raises:
            OSError: an address cannot be listened on.
        """
        self.client_port = _listen(self._client, *client)
        self.peer_port = _listen(self._peer, *peer)
        await self._peer.start()
        await self._client.start()
        for name in ("", *SERVICES, *OWN_SERVICES):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_s: float) -> None:
        """Health off first, then no new calls, then the running ones have `grace_s` seconds."""
        await self._health.enter_graceful_shutdown()
        await asyncio.gather(self._client.stop(grace_s), self._peer.stop(grace_s))


def _listen(server: grpc.aio.Server, address: str, credentials: grpc.ServerCredentials) -> int:
    try:
        return server.add_secure_port(address, credentials)
    except RuntimeError:
        raise OSError(f"the gateway cannot listen on {address}: is the port taken? (`hanse doctor` says)") from None
