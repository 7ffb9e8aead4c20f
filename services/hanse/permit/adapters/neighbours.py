# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Other cities' twins, through the city's own gateway, which signs and logs each exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.kernel.channel import metadata, translate_errors
from hanse.permit.adapters.calls import entities

if TYPE_CHECKING:
    import grpc

    from hanse.permit.ports import Answer, Box, Terms


class GatewayNeighbours:
    """Asks through the gateway, by `hanse-city`. Fulfils NeighbourPort."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._peers = exchange_pb2_grpc.PeerServiceStub(channel)

    def cities(self, token: str, terms: Terms) -> tuple[str, ...]:
        """See NeighbourPort."""
        answer: exchange_pb2.ListPeersResponse = translate_errors(
            lambda: self._peers.ListPeers(
                exchange_pb2.ListPeersRequest(),
                timeout=terms.timeout_s,
                metadata=metadata(token, purpose=terms.purpose, request_id=terms.request_id),
            )
        )
        return tuple(peer.authority for peer in answer.peers if peer.neighbour)

    def buildings(self, city: str, box: Box, token: str, terms: Terms) -> Answer:
        """See NeighbourPort."""
        return entities(self._channel, "Building", box, token, terms, city)
