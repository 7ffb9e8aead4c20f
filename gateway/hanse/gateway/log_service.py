# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""ExchangeLogService: what a platform or operator may ask of the exchange log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.api.exchange.v1 import exchange_pb2 as pb
from hanse.gateway.exchange.checkpoint import checkpoint_json
from hanse.gateway.exchange.receipt import no_such_exchange
from hanse.kernel.access import Access, current_call, current_subject
from hanse.kernel.errors import invalid

if TYPE_CHECKING:
    from hanse.gateway.exchange.export import Exporter
    from hanse.gateway.exchange.ledger import Exchange
    from hanse.gateway.exchange.log import ExchangeLog
    from hanse.gateway.exchange.receipt import Receipts
    from hanse.gateway.exchange.vault import Vault
    from hanse.gateway.tokens import Tokens

READ, ADMIN = "exchange:read", "exchange:admin"
RULES = {
    "GetCheckpoint": Access(READ),
    "GetProof": Access(READ),
    "ListExchanges": Access(READ),
    "ForgetSubject": Access(ADMIN),
}
_PAGE, _LARGEST_PAGE = 100, 1000
_NEWEST = 1 << 62
_TOKEN_S = 5.0


class LogService:
    """The service's methods, one coroutine each; errors are raised and mapped by the port."""

    def __init__(self, log: ExchangeLog, receipts: Receipts, exporter: Exporter, vault: Vault, tokens: Tokens) -> None:
        self._log, self._receipts, self._exporter = log, receipts, exporter
        self._vault, self._tokens = vault, tokens

    async def GetCheckpoint(self, _request: pb.GetCheckpointRequest) -> pb.Checkpoint:  # noqa: N802
        """The newest checkpoint."""
        return pb.Checkpoint(json=checkpoint_json(*await self._receipts.newest()))

    async def GetProof(self, request: pb.GetProofRequest) -> pb.GetProofResponse:  # noqa: N802
        """The proof of one's own exchange; a checkpoint is signed at once if none covers it yet."""
        exchange = await self._log.read(lambda: self._log.ledger.exchange(request.exchange_id))
        if exchange is None or not await self._is_own(exchange):
            raise no_such_exchange(request.exchange_id)
        return pb.GetProofResponse(json=await self._exporter.proof(exchange))

    async def ListExchanges(self, request: pb.ListExchangesRequest) -> pb.ListExchangesResponse:  # noqa: N802
        """A page of one's own exchanges; all of them for who may administer the log."""
        if not 0 <= request.page_size <= _LARGEST_PAGE:
            raise invalid("page_size", f"must be 0 to {_LARGEST_PAGE}")
        size, before = request.page_size or _PAGE, _read_token(request.page_token)
        wanted: dict[str, object] = {"city": request.city}
        if ADMIN not in current_subject().scopes:
            wanted |= {"handle": self._vault.handle(current_subject().id), "caller": current_call().caller.urn}
        found = await self._log.read(lambda: self._log.ledger.exchanges(wanted, before, size + 1))
        page = found[:size]
        return pb.ListExchangesResponse(
            exchanges=[_record(exchange) for exchange in page],
            next_page_token=str(page[-1].request_leaf) if len(found) > size else "",
        )

    async def ForgetSubject(self, request: pb.ForgetSubjectRequest) -> pb.ForgetSubjectResponse:  # noqa: N802
        """Erases what the log holds of a subject."""
        if not request.subject.startswith("urn:hanse:"):
            raise invalid("subject", "is no pairwise identifier", remedy="Give urn:hanse:<authority>:person:<id>.")
        count = await self._log.forget(request.subject)
        return pb.ForgetSubjectResponse(exchanges=count)

    async def _is_own(self, exchange: Exchange) -> bool:
        """Whether the caller took part: as administrator, as who called, as subject here, or as subject there."""
        subject, call = current_subject(), current_call()
        if ADMIN in subject.scopes or (exchange.caller and exchange.caller == call.caller.urn):
            return True
        handle = self._vault.handle(subject.id)
        if handle in {exchange.owner, exchange.subject}:
            return True
        there = await self._tokens.subject_in(exchange.city, call.token, _TOKEN_S)
        return bool(there) and self._vault.handle(there) == exchange.subject


def _read_token(token: str) -> int:
    if not token:
        return _NEWEST
    if not token.isascii() or not token.isdecimal() or len(token) > 18:  # noqa: PLR2004 - fits 63 bits
        raise invalid("page_token", "is not one that this service gave", reason="TOKEN_MALFORMED")
    return int(token)


def _record(exchange: Exchange) -> pb.ExchangeRecord:
    return pb.ExchangeRecord(
        id=exchange.id,
        role=exchange.role,
        city=exchange.city,
        method=exchange.method,
        purpose=exchange.purpose,
        state=exchange.state,  # type: ignore[arg-type] # the same numbers
        create_time=exchange.create_time,
        status=exchange.status,
        leaf_index=exchange.request_leaf,
    )
