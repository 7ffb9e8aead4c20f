# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A stream to another city: signed opening, messages under a running hash, signed closing, each way.

Messages are released as they come; the end is released only when the other city has signed what it sent.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.gateway.exchange import leaf
from hanse.gateway.exchange.clerk import ForeignStatusError, read_status, refused, take_in
from hanse.gateway.exchange.envelope import (
    NOTHING,
    Closing,
    EnvelopeError,
    RunningHash,
    check_running,
    verify_answer,
    verify_closing,
)
from hanse.gateway.exchange.ledger import Entry
from hanse.gateway.forward import FirstStatus
from hanse.kernel.errors import HanseError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    Frames = grpc.aio.StreamStreamCall[exchange_pb2.Frame, exchange_pb2.Frame]

    from hanse.gateway.exchange.asker import Sent
    from hanse.gateway.exchange.clerk import Clerk
    from hanse.gateway.peers import Peers


class OutgoingStream:
    """One stream exchange, asking side."""

    def __init__(self, clerk: Clerk, peers: Peers, sent: Sent, requests: AsyncIterator[bytes]) -> None:
        self._clerk, self._peers, self._sent, self._requests = clerk, peers, sent, requests
        self._entries: list[Entry] = []
        self._closed = ""  # this city's own closing, once it was sent

    async def answers(self) -> AsyncGenerator[bytes, None]:
        """The messages of the answer.

        Raises:
            ForeignStatusError: the other city's service failed the call.
            HanseError: the exchange broke; it is logged so.
        """
        sent = self._sent
        stub = exchange_pb2_grpc.ExchangeServiceStub(sent.way.channel)
        call: Frames = stub.Stream(timeout=sent.timeout_s)
        ending, sender = FirstStatus(call), asyncio.create_task(self._send(call))
        try:
            try:
                async for message in self._receive(call):
                    yield message
            except grpc.aio.AioRpcError as error:
                raise self._failed(sender, ending.behind(error)) from None
            closing, error_bytes = self._closing
            await self._write_down(closing)
        except BaseException as error:
            own = _failure_of(sender) if isinstance(error, asyncio.CancelledError) else None
            await self._clerk.failed(sent.envelope.id, sent.text, own or error)
            if own is not None:  # the call was cancelled here, because the requests could not go on
                raise own from None
            raise
        finally:
            sender.cancel()
            call.cancel()
            await asyncio.gather(sender, return_exceptions=True)
        if closing.status != "OK":
            raise ForeignStatusError(read_status(error_bytes, closing.status))

    async def _write_down(self, closing: Closing) -> None:
        self._peers.note(self._sent.envelope.aud, None)
        own = (Entry(leaf.CLOSING, self._closed),) if self._closed else ()
        await self._clerk.complete(self._sent.envelope.id, (*self._entries, *own), closing.status)

    def _failed(self, sender: asyncio.Task[None], error: grpc.aio.AioRpcError) -> HanseError:
        """Why a stream ended: the sender's own failure comes before what followed from it."""
        own = _failure_of(sender)
        if own is not None:
            return own
        failure = self._peers.failed(self._sent.way, error)
        self._peers.note(self._sent.envelope.aud, failure)
        return failure

    async def _send(self, call: Frames) -> None:
        sent, running = self._sent, RunningHash()
        try:
            await call.write(_opening(sent.text, sent.token))
            async for message in self._requests:
                await take_in(running, message)
                await call.write(exchange_pb2.Frame(message=message))
            envelope = sent.envelope
            now = max(self._clerk.seconds(), envelope.iat)
            closing = Closing(envelope.id, envelope.iss, envelope.aud, now, running.count, running.hex(), "OK")
            text = self._clerk.sign(closing)
            self._closed = text  # before it leaves: the other side may answer at once
            await call.write(exchange_pb2.Frame(closing=exchange_pb2.Closing(jws=text)))
            await call.done_writing()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError, grpc.aio.UsageError):
            return  # the call has ended; the receiving side says why
        except HanseError:
            call.cancel()
            raise

    async def _receive(self, call: Frames) -> AsyncIterator[bytes]:
        running, opened = RunningHash(), False
        async for frame in call:
            kind = frame.WhichOneof("part")
            if not opened:
                if kind != "opening":
                    raise refused(f"{self._sent.envelope.aud} did not open the stream with a signed answer")
                self._accept_opening(frame.opening.jws)
                opened = True
            elif kind == "message":
                await take_in(running, frame.message)
                yield frame.message
            elif kind == "closing":
                self._closing = self._accept_closing(frame.closing, running)
                return
            else:
                raise refused(f"{self._sent.envelope.aud} sent a frame out of order")
        raise UnavailableError(
            f"the stream from {self._sent.envelope.aud} ended without its signed closing; what came is not whole",
            remedy="Ask again.",
        )

    def _accept_opening(self, text: str) -> None:
        sent = self._sent
        keys = self._clerk.trust.city(sent.envelope.aud).exchange
        try:
            answer = verify_answer(text, keys, self._clerk.now(), sent.envelope, sent.text)
        except EnvelopeError as error:
            raise refused(f"the opening of {sent.envelope.aud} is refused: {error}") from None
        if (answer.status, answer.payload_sha256) != ("OK", NOTHING):
            raise refused(f"the opening of {sent.envelope.aud} is no opening")
        self._entries.append(Entry(leaf.ANSWER, text))

    def _accept_closing(self, frame: exchange_pb2.Closing, running: RunningHash) -> tuple[Closing, bytes]:
        envelope = self._sent.envelope
        keys = self._clerk.trust.city(envelope.aud).exchange
        try:
            closing = verify_closing(frame.jws, keys, self._clerk.now(), envelope, issuer=envelope.aud)
            check_running(closing, running)
        except EnvelopeError as error:
            raise refused(f"the closing of {envelope.aud} is refused: {error}") from None
        if closing.status != "OK":
            read_status(frame.error, closing.status)
        self._entries.append(Entry(leaf.CLOSING, frame.jws))
        return closing, bytes(frame.error)


def _failure_of(sender: asyncio.Task[None]) -> HanseError | None:
    """Why the requests could not be sent on, if that is what happened."""
    failure = sender.exception() if sender.done() and not sender.cancelled() else None
    return failure if isinstance(failure, HanseError) else None


def _opening(text: str, token: str) -> exchange_pb2.Frame:
    return exchange_pb2.Frame(opening=exchange_pb2.Opening(jws=text, subject_token=token))
