# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A stream from another city: its signed opening, messages under a running hash, its signed closing, each way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc

from hanse.api.exchange.v1 import exchange_pb2
from hanse.gateway.exchange import leaf
from hanse.gateway.exchange.clerk import reason_of, refused, status_name, take_in
from hanse.gateway.exchange.envelope import STREAM, Closing, EnvelopeError, RunningHash, check_running, verify_closing
from hanse.gateway.exchange.ledger import Entry
from hanse.gateway.forward import FirstStatus, check_size, status_of
from hanse.kernel.errors import DeadlineError, HanseError, to_status

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from google.rpc import status_pb2

    from hanse.gateway.exchange.answerer import Answerer, Introduction, Received
    from hanse.kernel.access import Principal

OPENING_S = 5.0


class IncomingStream:
    """One stream exchange, answering side."""

    def __init__(
        self, answerer: Answerer, frames: AsyncIterator[exchange_pb2.Frame], peer: Principal, remaining_s: float | None
    ) -> None:
        self._answerer, self._clerk = answerer, answerer.clerk
        self._frames, self._peer, self._remaining_s = frames, peer, remaining_s
        self._closings: list[Entry] = []
        self._failure: HanseError | None = None

    async def answers(self) -> AsyncGenerator[exchange_pb2.Frame, None]:
        """The frames of the answer: opening, messages, closing.

        Raises:
            HanseError: the envelope does not hold, or the exchange broke, which is logged.
        """
        received = await self._opened()
        opening = self._answerer.sign_opening(received)
        entries = (Entry(leaf.REQUEST, received.text), Entry(leaf.ANSWER, opening))
        introduction = await self._answerer.introduce(received)
        await self._answerer.log_request(received, entries, introduction.owner)
        running, identifier = RunningHash(), received.envelope.id
        try:
            yield exchange_pb2.Frame(opening=exchange_pb2.Opening(jws=opening))
            status: status_pb2.Status | None = None
            try:
                async for message in self._serve(received, introduction):
                    await take_in(running, message)
                    yield exchange_pb2.Frame(message=message)
            except grpc.aio.AioRpcError as error:
                status = status_of(error, received.route.part)
            except HanseError as error:
                status = to_status(error)
            if self._failure is not None:  # the asking side broke the exchange; no closing of ours mends it
                raise self._failure
            yield await self._close(received, running, status)
        except BaseException as error:
            await self._clerk.failed(identifier, received.text, error)
            raise

    async def _close(
        self, received: Received, running: RunningHash, status: status_pb2.Status | None
    ) -> exchange_pb2.Frame:
        """Signs the end of this direction and logs it; only then may it leave."""
        name, envelope = status_name(status) if status else "OK", received.envelope
        closing = Closing(
            id=envelope.id,
            iss=envelope.aud,
            aud=envelope.iss,
            iat=max(self._clerk.seconds(), envelope.iat),
            count=running.count,
            running_sha256=running.hex(),
            status=name,
            reason=reason_of(status) if status else "",
        )
        text = self._clerk.sign(closing)
        entries = (*self._closings, Entry(leaf.CLOSING, text))
        await self._clerk.complete(envelope.id, entries, name)
        error = status.SerializeToString() if status else b""
        return exchange_pb2.Frame(closing=exchange_pb2.Closing(jws=text, error=error))

    async def _opened(self) -> Received:
        try:
            async with asyncio.timeout(min(OPENING_S, OPENING_S if self._remaining_s is None else self._remaining_s)):
                first = await anext(aiter(self._frames), None)
        except TimeoutError:
            raise DeadlineError(
                f"the stream was not opened within {OPENING_S:.0f} s", remedy="Send the signed opening at once."
            ) from None
        if first is None or first.WhichOneof("part") != "opening":
            raise refused("a stream begins with its signed opening")
        opening = first.opening
        return self._answerer.receive(opening.jws, opening.subject_token, self._peer, STREAM, self._remaining_s)

    async def _serve(self, received: Received, introduction: Introduction) -> AsyncIterator[bytes]:
        """What the own service answers to the messages that come."""
        metadata = introduction.metadata()
        method = self._answerer.backends.stream(received.route)
        call = method(self._messages(received), timeout=self._answerer.time_left(received), metadata=metadata)
        ending = FirstStatus(call)
        try:
            async for message in call:
                yield message
        except grpc.aio.AioRpcError as error:
            raise ending.behind(error) from None
        except asyncio.CancelledError:
            if self._failure is not None:  # grpc cancels a call whose requests fail
                raise self._failure from None
            raise
        finally:
            call.cancel()

    async def _messages(self, received: Received) -> AsyncIterator[bytes]:
        """The asking side's messages, up to its closing. What does not hold is kept in `_failure`."""
        running = RunningHash()
        try:
            async for frame in self._frames:
                kind = frame.WhichOneof("part")
                if kind == "closing":
                    self._accept_closing(received, frame.closing.jws, running)
                    return
                if kind != "message":
                    raise refused("a frame came out of order")
                check_size(frame.message, self._answerer.message_limit)
                await take_in(running, frame.message)
                yield frame.message
            raise refused("the stream ended without its signed closing")
        except HanseError as error:
            self._failure = error
            raise

    def _accept_closing(self, received: Received, text: str, running: RunningHash) -> None:
        envelope = received.envelope
        keys = self._clerk.trust.city(envelope.iss).exchange
        try:
            closing = verify_closing(text, keys, self._clerk.now(), envelope, issuer=envelope.iss)
            check_running(closing, running)
        except EnvelopeError as error:
            raise refused(f"the closing is refused: {error}") from None
        self._closings.append(Entry(leaf.CLOSING, text))
