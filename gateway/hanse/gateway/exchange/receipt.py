# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Receipts: one city's leaves of an exchange, opened, with the way to a signed checkpoint."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.gateway.exchange.checkpoint import checkpoint_document
from hanse.jose import b64u_encode, canonical_json
from hanse.kernel.errors import NotFoundError
from hanse.merkle import inclusion_proof

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.gateway.exchange.ledger import Exchange, Ledger, Opened
    from hanse.gateway.exchange.log import ExchangeLog


@dataclass(frozen=True, slots=True)
class Receipts:
    """Makes receipts from a city's log."""

    authority: str
    log: ExchangeLog

    async def newest(self) -> tuple[str, str]:
        """Whose log it is, and its newest checkpoint's note."""
        found = await self._latest() or await self.log.checkpoint()
        return self.authority, found[1]

    async def _latest(self) -> tuple[int, str] | None:
        return await self.log.read(lambda: self.log.ledger.latest_checkpoint())  # noqa: PLW0108 - it takes a connection

    async def for_peer(self, identifier: str, peer: str) -> bytes:
        """This city's side of an exchange with another city, as canonical JSON. Raises NotFoundError."""
        exchange = await self.log.read(lambda: self.log.ledger.exchange(identifier))
        if exchange is None or exchange.city != peer:
            raise no_such_exchange(identifier)
        return canonical_json((await self.make(exchange))[0])

    async def make(self, exchange: Exchange) -> tuple[dict[str, object], Sequence[Opened]]:
        """The receipt of an exchange under a checkpoint that covers it, and what its leaves commit to.

        Raises:
            NotFoundError: its subject was forgotten.
            UnavailableError: LOG_UNAVAILABLE.
        """
        opened = await self.log.read(lambda: self.log.ledger.opened(exchange))
        if not opened:
            raise NotFoundError(
                f"what the exchange {exchange.id} was about has been erased; its leaves stay in the log",
                remedy="Whoever kept its proof can still verify it.",
            )
        size, note = await self._latest() or (0, "")
        if size <= opened[-1].index:
            size, note = await self.log.checkpoint()
        entries = await self.log.read(lambda: [_entry(self.log.ledger, leaf, size) for leaf in opened])
        receipt: dict[str, object] = {
            "authority": self.authority,
            "role": exchange.role,
            "entries": entries,
            "checkpoint": checkpoint_document(self.authority, note),
        }
        return receipt, opened


def _entry(ledger: Ledger, leaf: Opened, size: int) -> dict[str, object]:
    path = inclusion_proof(leaf.index, size, ledger.read_node)
    return {
        "kind": leaf.kind,
        "index": leaf.index,
        "salt": b64u_encode(leaf.salt),
        "statement": leaf.statement,
        "inclusion": [base64.b64encode(value).decode() for value in path],
    }


def no_such_exchange(identifier: str) -> NotFoundError:
    """The same answer whether it does not exist or is not the asker's."""
    return NotFoundError(f"no exchange {identifier[:100]!r} of yours", remedy="ListExchanges shows those that are.")
