# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The asking side: log, send, check, log, release. In that order, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.gateway.exchange import leaf
from hanse.gateway.exchange.clerk import ForeignStatusError, digest, read_status, refused
from hanse.gateway.exchange.envelope import (
    NOTHING,
    STREAM,
    UNARY,
    Envelope,
    EnvelopeError,
    is_purpose,
    sha256_hex,
    verify_answer,
)
from hanse.gateway.exchange.ledger import ASKER, Entry
from hanse.gateway.exchange.outgoing import OutgoingStream
from hanse.kernel.errors import DeadlineError, DeniedError, invalid
from hanse.kernel.ids import new_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hanse.gateway.exchange.clerk import Clerk
    from hanse.gateway.exchange.vault import Vault
    from hanse.gateway.peers import Peers, Way
    from hanse.gateway.routes import Route
    from hanse.gateway.tokens import Tokens
    from hanse.kernel.access import Principal

MARGIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Ask:
    """A call that someone of this city makes of another city."""

    route: Route
    city: str
    purpose: str
    caller: Principal
    token: str = field(repr=False)
    timeout_s: float
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """An exchange that is logged and may be sent."""

    envelope: Envelope
    text: str
    token: str = field(repr=False)
    way: Way
    timeout_s: float


class Asker:
    """Makes exchanges for this city."""

    def __init__(self, clerk: Clerk, peers: Peers, tokens: Tokens, vault: Vault, lifetime_s: int) -> None:
        self._clerk, self._peers, self._tokens, self._vault = clerk, peers, tokens, vault
        self._lifetime_s = lifetime_s

    async def prepare(self, ask: Ask, payload: bytes | None) -> Sent:
        """Checks the call, signs its envelope and logs it; `payload` is None for a stream.

        Raises:
            HanseError: CITY_UNKNOWN, NOT_TRUSTED, FIELD_INVALID, SUBJECT_TOKEN_INVALID, CALLER_NOT_ALLOWED,
                DEADLINE_EXCEEDED, LOG_UNAVAILABLE. Nothing has left the city then.
        """
        began = self._clerk.clock.monotonic()
        way = await self._peers.way(ask.city)
        self._clerk.trust.city(ask.city)
        self._check(ask)
        token, subject, owner = "", ask.caller.urn, ""
        if ask.route.needs_token:
            presented = await self._tokens.outgoing(ask.token, ask.city, ask.purpose, ask.timeout_s)
            token, subject, owner = presented.token, presented.subject, presented.owner
        payload_sha256 = NOTHING if payload is None else await digest(payload)
        left = ask.timeout_s - (self._clerk.clock.monotonic() - began) - MARGIN_S
        if left <= 0:
            raise DeadlineError("too little time was left to ask the other city", remedy="Give the call more time.")
        now = self._clerk.seconds()
        envelope = Envelope(
            id=new_id(self._clerk.clock),
            iss=self._clerk.authority,
            aud=ask.city,
            iat=now,
            exp=now + self._lifetime_s,
            method=ask.route.method,
            contract=ask.route.contract,
            purpose=ask.purpose,
            subject=subject,
            token_sha256=sha256_hex(token),
            payload_sha256=payload_sha256,
            deadline_ms=max(1, int(left * 1000)),
            kind=STREAM if payload is None else UNARY,
            idempotency_key=ask.idempotency_key,
        )
        text = self._clerk.sign(envelope)
        exchange = self._clerk.log.ledger.new(
            id=envelope.id,
            role=ASKER,
            city=ask.city,
            method=envelope.method,
            contract=envelope.contract,
            purpose=envelope.purpose,
            subject=self._vault.handle(subject),
            owner=self._vault.handle(owner) if owner else None,
            caller=ask.caller.urn,
            trust=self._clerk.trust.snapshot.digest,
        )
        entry = Entry(leaf.REQUEST, text, payload)
        await self._clerk.begin(exchange, (entry,), self._clerk.authority, envelope.exp)
        return Sent(envelope, text, token, way, left)

    def _check(self, ask: Ask) -> None:
        if ask.caller.authority != self._clerk.authority:
            raise DeniedError(
                f"{ask.caller.urn} may not ask other cities through {self._clerk.authority}",
                remedy="Ask through the gateway of your own city.",
            )
        if not is_purpose(ask.purpose):
            raise invalid(
                "hanse-purpose",
                "must be 1 to 200 printable characters" if ask.purpose else "is missing",
                remedy="Say in this metadata why the other city is asked, in a few words.",
            )

    async def call(self, sent: Sent, payload: bytes) -> bytes:
        """The other city's answer to one message.

        Raises:
            ForeignStatusError: its service failed the call.
            HanseError: the exchange failed; it is logged as broken.
        """
        stub = exchange_pb2_grpc.ExchangeServiceStub(sent.way.channel)
        request = exchange_pb2.CallRequest(envelope=sent.text, payload=payload, subject_token=sent.token)
        try:
            response = await self._ask(stub, request, sent)
            body = response.error or response.payload
            status = await self._accept(sent, response.answer, body, failed=bool(response.error))
        except BaseException as error:
            await self._clerk.failed(sent.envelope.id, sent.text, error)
            raise
        self._peers.note(sent.envelope.aud, None)
        await self._clerk.complete(sent.envelope.id, (Entry(leaf.ANSWER, response.answer, body),), status)
        if response.error:
            raise ForeignStatusError(read_status(response.error, status))
        return bytes(response.payload)

    async def _ask(
        self, stub: exchange_pb2_grpc.ExchangeServiceStub, request: exchange_pb2.CallRequest, sent: Sent
    ) -> exchange_pb2.CallResponse:
        """What the other gateway returns. Raises HanseError: what kept it from returning anything."""
        try:
            answer: exchange_pb2.CallResponse = await stub.Call(request, timeout=sent.timeout_s)
        except grpc.aio.AioRpcError as error:
            failure = self._peers.failed(sent.way, error)
            self._peers.note(sent.envelope.aud, failure)
            raise failure from None
        return answer

    async def _accept(self, sent: Sent, text: str, body: bytes, *, failed: bool) -> str:
        """The status of an answer that belongs to what was asked. Raises InvalidInputError ENVELOPE_INVALID."""
        keys = self._clerk.trust.city(sent.envelope.aud).exchange
        try:
            answer = verify_answer(text, keys, self._clerk.now(), sent.envelope, sent.text)
        except EnvelopeError as error:
            raise refused(f"the answer of {sent.envelope.aud} is refused: {error}") from None
        if answer.payload_sha256 != await digest(body) or failed != (answer.status != "OK"):
            raise refused(f"what came from {sent.envelope.aud} is not what it signed")
        if failed:
            read_status(body, answer.status)
        return answer.status

    def stream(self, sent: Sent, requests: AsyncIterator[bytes]) -> OutgoingStream:
        """The other city's answers to a stream of messages."""
        return OutgoingStream(self._clerk, self._peers, sent, requests)
