# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Exporting a proof: this city's receipt, the other city's as far as it can be had, and the trust list of that time."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.gateway.exchange.leaf import ANSWER, CONTRACT, REQUEST, REVISION
from hanse.gateway.exchange.ledger import ASKER
from hanse.gateway.exchange.proof import ProofError, verify_proof
from hanse.gateway.exchange.store import COMPLETE
from hanse.jose import JoseError, b64u_encode, canonical_json, parse_json, parse_object
from hanse.kernel.errors import HanseError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.gateway.exchange.ledger import Exchange, Opened
    from hanse.gateway.exchange.receipt import Receipts
    from hanse.gateway.peers import Peers
    from hanse.gateway.trust import Trust
    from hanse.kernel.clock import Clock

log = logging.getLogger(__name__)
_PEER_S = 5.0
_LARGEST_RECEIPT = 1024 * 1024
_LARGEST_PAYLOAD = 256 * 1024
_LARGEST_LIST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Exporter:
    """Puts proofs together and verifies each before it leaves."""

    receipts: Receipts
    peers: Peers
    trust: Trust
    clock: Clock

    async def proof(self, exchange: Exchange) -> bytes:
        """The proof of an exchange as canonical JSON.

        Raises:
            NotFoundError: it has no answer, or its subject was forgotten.
            UnavailableError: LOG_UNAVAILABLE.
        """
        if exchange.state != COMPLETE:
            raise NotFoundError(
                f"the exchange {exchange.id} has no answer, so there is nothing to prove",
                remedy="ListExchanges says how it ended.",
            )
        own, opened = await self.receipts.make(exchange)
        ledger = self.receipts.log.ledger
        listed = await self.receipts.log.read(lambda: ledger.trust_list(exchange.trust))
        theirs = await self._theirs(exchange)
        if theirs is not None:
            both = [own, theirs] if exchange.role == ASKER else [theirs, own]
            try:
                return await asyncio.to_thread(self._verified, exchange.id, opened, both, listed)
            except (ProofError, JoseError) as error:
                log.warning("the receipt of %s is left out of the proof of %s: %s", exchange.city, exchange.id, error)
        try:
            return await asyncio.to_thread(self._verified, exchange.id, opened, [own], listed)
        except (ProofError, JoseError) as error:
            raise HanseError(f"the proof of {exchange.id} does not verify: {error}") from error

    def _verified(
        self, identifier: str, opened: Sequence[Opened], sections: Sequence[Mapping[str, object]], listed: bytes
    ) -> bytes:
        """A proof that holds. Takes a while (every signature of it is verified), so not on the event loop."""
        document = proof_document(identifier, opened, sections, listed)
        verify_proof(document, self.trust.anchors(), self.clock.now())
        return document

    async def _theirs(self, exchange: Exchange) -> dict[str, object] | None:
        """The other city's receipt; None when it does not answer or has none."""
        try:
            way = await self.peers.way(exchange.city)
            stub = exchange_pb2_grpc.ExchangeServiceStub(way.channel)
            request = exchange_pb2.GetReceiptRequest(exchange_id=exchange.id)
            answer = await stub.GetReceipt(request, timeout=_PEER_S)
            return await asyncio.to_thread(_receipt, answer.json)
        except (grpc.aio.AioRpcError, HanseError, JoseError) as error:
            log.info("no receipt of %s for %s: %s", exchange.city, exchange.id, error)
            return None


def _receipt(data: bytes) -> dict[str, object]:
    """Another city's receipt. Raises JoseError: it is not canonical JSON, so it is none that a gateway wrote."""
    receipt = parse_object(data, place="receipt", max_bytes=_LARGEST_RECEIPT)
    if canonical_json(receipt) != data:
        raise JoseError("not-canonical", "The receipt is not canonical JSON (RFC 8785).")
    return receipt


def proof_document(
    identifier: str, opened: Sequence[Opened], sections: Sequence[Mapping[str, object]], trust_list: bytes
) -> bytes:
    """A proof as canonical JSON: receipts (asker's first), the inner messages where they are small, the trust list."""
    payloads: dict[str, object] = {REQUEST: None, ANSWER: None}
    for leaf in opened:
        if leaf.kind in payloads and leaf.payload is not None and len(leaf.payload) <= _LARGEST_PAYLOAD:
            payloads[leaf.kind] = b64u_encode(leaf.payload)
    return canonical_json(
        {
            "contract": CONTRACT,
            "revision": REVISION,
            "id": identifier,
            "logs": [dict(section) for section in sections],
            "payloads": payloads,
            "trust_list": parse_json(trust_list, place="trust list", max_bytes=_LARGEST_LIST),
        }
    )
