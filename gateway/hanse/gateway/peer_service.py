# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""PeerService: peers, trust and the city's state, for operators and platforms of this city."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.api.exchange.v1 import exchange_pb2 as pb
from hanse.gateway.peers import Peer
from hanse.kernel.access import Access, current_call
from hanse.kernel.clock import timestamp
from hanse.kernel.errors import DeniedError

if TYPE_CHECKING:
    from hanse.gateway.exchange.log import ExchangeLog
    from hanse.gateway.peers import Peers
    from hanse.gateway.status import CityStatus
    from hanse.gateway.trust import Trust

READ, ADMIN = "exchange:read", "exchange:admin"
RULES = {
    "PutPeer": Access(ADMIN),
    "ListPeers": Access(READ),
    "DeletePeer": Access(ADMIN),
    "PutTrustList": Access(ADMIN),
    "GetCityStatus": Access(None),
}


class PeerService:
    """The service's methods, one coroutine each; errors are raised and mapped by the port."""

    def __init__(self, log: ExchangeLog, peers: Peers, trust: Trust, status: CityStatus) -> None:
        self._log, self._peers, self._trust, self._status = log, peers, trust, status

    async def PutPeer(self, request: pb.PutPeerRequest) -> pb.Peer:  # noqa: N802
        """Registers a peer; its city must be trusted."""
        wanted = request.peer
        self._trust.city(wanted.authority)
        peer = Peer(wanted.authority, wanted.address, wanted.leaf_address, wanted.neighbour)
        await self._log.write(lambda: self._peers.table.put(peer))
        await self._peers.drop(peer.authority)
        return peer_message(peer)

    async def ListPeers(self, _request: pb.ListPeersRequest) -> pb.ListPeersResponse:  # noqa: N802
        """Every peer."""
        found = await self._log.read(self._peers.table.all)
        return pb.ListPeersResponse(peers=[peer_message(peer) for peer in found])

    async def DeletePeer(self, request: pb.DeletePeerRequest) -> pb.DeletePeerResponse:  # noqa: N802
        """Forgets a peer."""
        await self._log.write(lambda: self._peers.table.delete(request.authority))
        await self._peers.drop(request.authority)
        return pb.DeletePeerResponse()

    async def PutTrustList(self, request: pb.PutTrustListRequest) -> pb.PutTrustListResponse:  # noqa: N802
        """Installs a newer list."""
        installed = await self._log.write(lambda: self._trust.install(request.document))
        return pb.PutTrustListResponse(
            version=installed.version, cities=len(installed.cities), expire_time=timestamp(installed.expires)
        )

    async def GetCityStatus(self, _request: pb.GetCityStatusRequest) -> pb.GetCityStatusResponse:  # noqa: N802
        """How the city is."""
        caller = current_call().caller
        if caller.authority != self._trust.authority:
            raise DeniedError(
                f"{caller.urn} may not see the state of {self._trust.authority}",
                remedy="Only clients and services of the city itself may.",
            )
        return await self._status.answer()


def peer_message(peer: Peer) -> pb.Peer:
    """A peer on the wire."""
    return pb.Peer(
        authority=peer.authority,
        address=peer.address,
        state=peer.state,
        detail=peer.detail,
        neighbour=peer.neighbour,
        last_seen=peer.last_seen,
        leaf_address=peer.leaf_address,
    )
