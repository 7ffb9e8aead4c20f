# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The peer port: ExchangeService, for other cities' gateways only, over quantum-safe connections only."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.gateway.exchange.checkpoint import checkpoint_json
from hanse.gateway.exchange.incoming import IncomingStream
from hanse.gateway.serving import fail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hanse.gateway.exchange.answerer import Answerer
    from hanse.gateway.exchange.receipt import Receipts
    from hanse.gateway.serving import Context
    from hanse.gateway.tls import Callers


class PeerPort(exchange_pb2_grpc.ExchangeServiceServicer):
    """What another city's gateway may call."""

    def __init__(self, callers: Callers, answerer: Answerer, receipts: Receipts) -> None:
        self._callers, self._answerer, self._receipts = callers, answerer, receipts

    async def Call(self, request: exchange_pb2.CallRequest, context: Context) -> exchange_pb2.CallResponse:  # noqa: N802
        """One wrapped call."""
        try:
            peer = self._callers.identify_peer(context.auth_context())
            return await self._answerer.call(request, peer, context.time_remaining())
        except BaseException as error:  # noqa: BLE001 - the last line before the wire: nothing may leak
            await fail(context, error)

    async def Stream(  # noqa: N802
        self, request_iterator: AsyncIterator[exchange_pb2.Frame], context: Context
    ) -> AsyncIterator[exchange_pb2.Frame]:
        """One wrapped call whose request or answer is a stream."""
        try:
            peer = self._callers.identify_peer(context.auth_context())
            stream = IncomingStream(self._answerer, request_iterator, peer, context.time_remaining())
            async with contextlib.aclosing(stream.answers()) as frames:
                async for frame in frames:
                    yield frame
        except BaseException as error:  # noqa: BLE001 - as above
            await fail(context, error)

    async def GetPeerCheckpoint(  # noqa: N802
        self, _request: exchange_pb2.GetPeerCheckpointRequest, context: Context
    ) -> exchange_pb2.Checkpoint:
        """The newest checkpoint."""
        try:
            self._callers.identify_peer(context.auth_context())
            return exchange_pb2.Checkpoint(json=checkpoint_json(*await self._receipts.newest()))
        except BaseException as error:  # noqa: BLE001 - as above
            await fail(context, error)

    async def GetReceipt(  # noqa: N802
        self, request: exchange_pb2.GetReceiptRequest, context: Context
    ) -> exchange_pb2.GetReceiptResponse:
        """This city's entries of an exchange with the caller's."""
        try:
            peer = self._callers.identify_peer(context.auth_context())
            found = await self._receipts.for_peer(request.exchange_id, peer.authority)
            return exchange_pb2.GetReceiptResponse(json=found)
        except BaseException as error:  # noqa: BLE001 - as above
            await fail(context, error)
