# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""One client's HTTP/1.1 connection. h11 reads and writes the protocol; here are limits and times.

A request is read whole before anything is done, and what goes on is made anew of its parts: no byte of it reaches
another server as it came. Framing that two servers could read differently is refused and ends the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import h11

from hanse.gateway.web.messages import BODYLESS, MAX_TARGET, METHODS
from hanse.gateway.web.model import Answer, Asked
from hanse.gateway.web.problems import WebError, answer_of, too_large

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from hanse.kernel.errors import HanseError

IDLE_S: Final = 30.0  # for a request's head, from the end of the one before
BODY_S: Final = 30.0
WRITE_S: Final = 30.0
LINGER_S, SHORTLY_S = 2.0, 0.2  # after a refusal, for a client that still sends a body, and for any other
MAX_HEAD: Final = 32 * 1024
MAX_HEADERS: Final = 100
_READ: Final = 64 * 1024


class Connection:
    """Requests from a client and answers to it, one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._gone = asyncio.ensure_future(writer.wait_closed())
        self._gone.add_done_callback(_seen)
        self._bodyless = False

    async def request(self, limit: int) -> Asked | None:
        """The next request with its body of at most `limit` bytes; None when none comes.

        Raises:
            WebError: it is not taken, and the connection cannot go on.
            OSError: the client is gone.
        """
        try:
            async with asyncio.timeout(IDLE_S):
                head = await self._event()
        except TimeoutError:
            return None
        if not isinstance(head, h11.Request):
            return None
        method, target = _checked(head, limit)
        self._bodyless = method == "HEAD"
        headers = [(name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers]
        try:
            async with asyncio.timeout(BODY_S):
                return Asked(method, target, headers, await self._body(limit))
        except TimeoutError:
            raise WebError(
                HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {BODY_S:.0f} s", remedy="Send it at once."
            ) from None

    async def _event(self) -> Any:  # noqa: ANN401 - h11's events share no type
        while True:
            try:
                event = self._protocol.next_event()
            except h11.RemoteProtocolError as error:
                status = HTTPStatus(error.error_status_hint)
                raise WebError(status, f"the request is no HTTP/1.1: {error}", remedy="Use an HTTP library.") from None
            if event is not h11.NEED_DATA:
                return event
            if self._protocol.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=HTTPStatus.CONTINUE, headers=[]))
            self._protocol.receive_data(await self._reader.read(_READ))

    async def _body(self, limit: int) -> bytes:
        chunks, size = [], 0
        while isinstance(event := await self._event(), h11.Data):
            size += len(event.data)
            if size > limit:
                raise too_large(limit)
            chunks.append(bytes(event.data))
        if not isinstance(event, h11.EndOfMessage):
            raise ConnectionResetError("the client left in the middle of its request")
        return b"".join(chunks)

    async def while_here(self, work: Coroutine[Any, Any, Answer]) -> Answer | None:
        """What the work gives; None when the client leaves before, which ends the work."""
        working = asyncio.ensure_future(work)
        try:
            await asyncio.wait({working, self._gone}, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def answer(self, answer: Answer, *, last: bool) -> bool:
        """Sends an answer; whether another request may follow. Raises OSError: the client is gone or takes nothing."""
        headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in answer.headers]
        bodyless = self._bodyless or answer.status in BODYLESS
        body = b"" if bodyless else answer.body
        if not bodyless:
            headers.append((b"content-length", str(len(body)).encode()))
        if last:
            headers.append((b"connection", b"close"))
        await self._send(h11.Response(status_code=answer.status, headers=headers))
        if body:
            await self._send(h11.Data(data=body))
        await self._send(h11.EndOfMessage())
        if last or self._protocol.our_state is not h11.DONE or self._protocol.their_state is not h11.DONE:
            return False
        self._protocol.start_next_cycle()
        return True

    async def refuse(self, error: HanseError) -> None:
        """Tells why the connection ends, and lets the client finish what it was sending, for a moment."""
        if self._protocol.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return
        patience = LINGER_S if self._protocol.their_state is h11.SEND_BODY else SHORTLY_S
        await self.answer(answer_of(error), last=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while await self._reader.read(_READ):
                    pass

    async def _send(self, event: h11.Event) -> None:
        self._writer.write(self._protocol.send(event) or b"")
        async with asyncio.timeout(WRITE_S):
            await self._writer.drain()

    async def close(self) -> None:
        """Ends the connection."""
        self._writer.close()
        await asyncio.wait({self._gone}, timeout=1)
        if not self._gone.done():
            self._writer.transport.abort()


def _seen(gone: asyncio.Future[None]) -> None:
    """How a connection ended is nobody's business: whoever writes to it learns of it."""
    if not gone.cancelled():
        gone.exception()


def _checked(head: h11.Request, limit: int) -> tuple[str, str]:
    """Method and target of a request whose head can be taken. Raises WebError."""
    names = [name for name, _ in head.headers]
    if len(names) > MAX_HEADERS or sum(len(name) + len(value) for name, value in head.headers) > MAX_HEAD:
        raise WebError(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            f"it has more than {MAX_HEADERS} headers, or more than {MAX_HEAD} bytes of them",
            remedy="Send fewer.",
        )
    if b"content-length" in names and b"transfer-encoding" in names:
        raise WebError(
            HTTPStatus.BAD_REQUEST, "it has both Content-Length and Transfer-Encoding", remedy="Send one of them."
        )
    if head.http_version != b"1.1":
        raise WebError(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "it is no HTTP/1.1", remedy="Use HTTP/1.1.")
    method, target = head.method.decode("ascii"), head.target.decode("ascii")
    if method not in METHODS:
        known = ", ".join(sorted(METHODS))
        raise WebError(HTTPStatus.NOT_IMPLEMENTED, f"its method is none of {known}", remedy="Use one of them.")
    if len(target) > MAX_TARGET:
        raise WebError(
            HTTPStatus.REQUEST_URI_TOO_LONG, f"its target has more than {MAX_TARGET} bytes", remedy="Query by POST."
        )
    if not target.startswith("/"):
        raise WebError(HTTPStatus.BAD_REQUEST, "its target does not begin with /", remedy="Send a path.")
    declared = [value for name, value in head.headers if name == b"content-length"]
    if declared and int(declared[0]) > limit:
        raise too_large(limit)
    return method, target
