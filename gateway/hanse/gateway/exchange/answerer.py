# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The answering side: verify, log, do, sign, log, answer. In that order, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc

from hanse.api.exchange.v1 import exchange_pb2
from hanse.gateway.exchange import leaf
from hanse.gateway.exchange.clerk import digest, reason_of, refused, status_name
from hanse.gateway.exchange.envelope import NOTHING, UNARY, Answer, EnvelopeError, sha256_hex, verify_envelope
from hanse.gateway.exchange.ledger import ANSWERER, Entry
from hanse.gateway.forward import check_size, status_of
from hanse.gateway.routes import ROUTES
from hanse.gateway.tokens import claims_of
from hanse.kernel import access
from hanse.kernel.errors import (
    DeadlineError,
    HanseError,
    PreconditionError,
    UnimplementedError,
    to_status,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.rpc import status_pb2

    from hanse.gateway.exchange.clerk import Clerk
    from hanse.gateway.exchange.envelope import Envelope
    from hanse.gateway.exchange.vault import Vault
    from hanse.gateway.forward import Backends
    from hanse.gateway.routes import Route
    from hanse.gateway.tokens import Tokens
    from hanse.kernel.access import Principal

MARGIN_S = 0.1
_LONGEST_LIFE_S = 3600


@dataclass(frozen=True, slots=True)
class Received:
    """An envelope that holds, and how long there is to answer it. `deadline` is in monotonic seconds."""

    envelope: Envelope
    text: str
    route: Route
    token: str = field(repr=False)
    peer: Principal
    deadline: float


@dataclass(frozen=True, slots=True)
class Introduction:
    """What goes with the call to the own service: who asks, and a local token for the other city's.

    `owner` is the handle of the subject in this city; `failure` is why identity gave no token.
    """

    values: Sequence[tuple[str, str]] = field(repr=False)
    owner: bytes | None = None
    failure: HanseError | None = None

    def metadata(self) -> Sequence[tuple[str, str]]:
        """The call's metadata. Raises HanseError: there is no token."""
        if self.failure is not None:
            raise self.failure
        return self.values


class Answerer:
    """Answers other cities' gateways from this city's services."""

    def __init__(
        self,
        clerk: Clerk,
        tokens: Tokens,
        vault: Vault,
        backends: Backends,
        message_limit: int,
    ) -> None:
        self.clerk = clerk
        self._tokens, self._vault, self.backends = tokens, vault, backends
        self.message_limit = message_limit

    def receive(self, text: str, token: str, peer: Principal, kind: str, remaining_s: float | None) -> Received:
        """Checks an envelope and what it says about the call. Nothing is logged and nothing done before it holds.

        Raises:
            InvalidInputError: ENVELOPE_INVALID.
            DeniedError: NOT_TRUSTED.
            UnimplementedError, PreconditionError: no such method here, or another contract version.
        """
        keys = self.clerk.trust.city(peer.authority).exchange
        try:
            envelope = verify_envelope(
                text, keys, self.clerk.now(), issuer=peer.authority, audience=self.clerk.authority
            )
        except EnvelopeError as error:
            raise refused(f"the envelope is refused: {error}") from None
        route = ROUTES.get(envelope.method)
        if route is None:
            raise UnimplementedError(f"{envelope.method} is no method of this city", remedy="Ask for its contracts.")
        if envelope.contract != route.contract:
            raise PreconditionError(
                f"{envelope.method} was asked in contract {envelope.contract}, here it is {route.contract}",
                remedy=f"Ask in {route.contract}.",
            )
        if envelope.kind != kind or (kind == UNARY) != route.unary:
            raise refused(f"{envelope.method} was not asked in its own shape")
        if envelope.exp - envelope.iat > _LONGEST_LIFE_S:
            raise refused(f"the envelope lives longer than {_LONGEST_LIFE_S} s")
        _check_subject(envelope, token, needed=route.needs_token)
        given = envelope.deadline_ms / 1000
        deadline = self.clerk.clock.monotonic() + (given if remaining_s is None else min(given, remaining_s))
        return Received(envelope, text, route, token, peer, deadline)

    async def log_request(self, received: Received, entries: tuple[Entry, ...], owner: bytes | None) -> None:
        """Logs that it was asked.

        Raises:
            ConflictError: REPLAYED.
            UnavailableError: LOG_UNAVAILABLE.
        """
        envelope = received.envelope
        exchange = self.clerk.log.ledger.new(
            id=envelope.id,
            role=ANSWERER,
            city=envelope.iss,
            method=envelope.method,
            contract=envelope.contract,
            purpose=envelope.purpose,
            subject=self._vault.handle(envelope.subject),
            owner=owner,
            caller=received.peer.urn,
            trust=self.clerk.trust.snapshot.digest,
        )
        await self.clerk.begin(exchange, entries, envelope.iss, envelope.exp)

    async def call(
        self, request: exchange_pb2.CallRequest, peer: Principal, remaining_s: float | None
    ) -> exchange_pb2.CallResponse:
        """One call of another city."""
        received = self.receive(request.envelope, request.subject_token, peer, UNARY, remaining_s)
        check_size(request.payload, self.message_limit)
        if await digest(request.payload) != received.envelope.payload_sha256:
            raise refused("the payload is not the one that the envelope was signed for")
        introduction = await self.introduce(received)
        entries = (Entry(leaf.REQUEST, received.text, request.payload),)
        await self.log_request(received, entries, introduction.owner)
        try:
            payload, status = await self._do(received, introduction, request.payload)
            error = status.SerializeToString() if status is not None else b""
            answer = await self._sign(received, error or payload, status)
            entry = Entry(leaf.ANSWER, answer, error or payload)
            await self.clerk.complete(received.envelope.id, (entry,), status_name(status) if status else "OK")
        except BaseException as failure:
            await self.clerk.failed(received.envelope.id, received.text, failure)
            raise
        return exchange_pb2.CallResponse(answer=answer, payload=b"" if error else payload, error=error)

    async def _do(
        self, received: Received, introduction: Introduction, payload: bytes
    ) -> tuple[bytes, status_pb2.Status | None]:
        """The service's answer, or the status with which it or the way to it failed."""
        try:
            metadata = introduction.metadata()
            method = self.backends.unary(received.route)
            answer = await method(payload, timeout=self.time_left(received), metadata=metadata)
        except grpc.aio.AioRpcError as error:
            return b"", status_of(error, received.route.part)
        except HanseError as error:
            return b"", to_status(error)
        return answer, None

    async def _sign(self, received: Received, body: bytes, status: status_pb2.Status | None) -> str:
        envelope = received.envelope
        return self.clerk.sign(
            Answer(
                id=envelope.id,
                iss=envelope.aud,
                aud=envelope.iss,
                iat=max(self.clerk.seconds(), envelope.iat),  # where the clocks differ, ours gives way
                envelope_sha256=sha256_hex(received.text),
                payload_sha256=await digest(body),
                status=status_name(status) if status else "OK",
                reason=reason_of(status) if status else "",
            )
        )

    def sign_opening(self, received: Received) -> str:
        """The signed opening of an answering stream."""
        envelope = received.envelope
        return self.clerk.sign(
            Answer(
                id=envelope.id,
                iss=envelope.aud,
                aud=envelope.iss,
                iat=max(self.clerk.seconds(), envelope.iat),  # where the clocks differ, ours gives way
                envelope_sha256=sha256_hex(received.text),
                payload_sha256=NOTHING,
                status="OK",
            )
        )

    async def introduce(self, received: Received) -> Introduction:
        """Who the subject is here. Asked before anything is logged, so that the log can forget them from its start."""
        envelope = received.envelope
        values: tuple[tuple[str, str], ...] = (
            (access.CALLER, received.peer.urn),
            (access.PURPOSE, envelope.purpose),
            (access.REQUEST_ID, envelope.id),
            (access.EXCHANGE_ID, envelope.id),
        )
        if not received.route.needs_token:
            return Introduction(values)
        try:
            swapped = await self._tokens.swap(
                received.token, self.clerk.authority, envelope.purpose, self.time_left(received)
            )
        except HanseError as error:
            return Introduction(values, failure=error)
        values = (*values, (access.AUTHORIZATION, f"Bearer {swapped.token}"))
        return Introduction(values, self._vault.handle(swapped.subject))

    def time_left(self, received: Received) -> float:
        """Seconds for the next step. Raises DeadlineError."""
        left = received.deadline - self.clerk.clock.monotonic() - MARGIN_S
        if left <= 0:
            raise DeadlineError("the deadline of the exchange has passed", remedy="Give the call more time.")
        return left


def _check_subject(envelope: Envelope, token: str, *, needed: bool) -> None:
    """Whether the token is the one that the envelope was signed for, and its subject the one named."""
    if sha256_hex(token.encode()) != envelope.token_sha256:
        raise refused("the subject's token is not the one that the envelope was signed for")
    if not needed:
        if token or not envelope.subject.startswith(f"urn:hanse:{envelope.iss}:"):
            raise refused("the envelope's subject is not of the asking city")
        return
    claims = claims_of(token)
    if (claims.get("sub"), claims.get("iss"), claims.get("aud")) != (envelope.subject, envelope.iss, envelope.aud):
        raise refused("the token is another subject's, or of or for another city than the envelope")
    if claims.get("purpose", envelope.purpose) != envelope.purpose:
        raise refused("the token was given for another purpose than the envelope's")
