# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A local tunnel to another city's gateway: gRPC dials a unix socket here, quantum-safe TLS goes out.

The socket lies in a folder that only this user may enter. For each connection that gRPC opens, one is made to the
peer; not a byte is read from gRPC before the peer has proved who it is and which key exchange it negotiated.
Buffers are bounded: each side is read only while the other takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from hanse.gateway.secure import CHUNK, Session, make_context
from hanse.kernel.config import split_address
from hanse.kernel.errors import HanseError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography import x509

    from hanse.gateway.secure import Identity

log = logging.getLogger(__name__)
CONNECT_S = 5.0
_BUFFER = 4 * CHUNK


class Tunnel:
    """The way to one city's gateway.

    Attributes:
        authority: the city.
        address: `host:port` of its peer port.
        failure: why the last connection could not be made, for the call that waits for it; None after a success.
    """

    def __init__(
        self, authority: str, address: str, own: Identity, roots: Sequence[x509.Certificate], socket: Path
    ) -> None:
        self.authority, self.address = authority, address
        self.failure: HanseError | None = None
        self._roots, self._socket = tuple(roots), socket
        self._context = make_context(own, roots)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def target(self) -> str:
        """What a gRPC channel dials."""
        return f"unix:{self._socket}"

    async def start(self) -> None:
        """Begins to listen on the unix socket."""
        self._server = await asyncio.start_unix_server(self._accepted, self._socket, limit=_BUFFER)

    async def close(self) -> None:
        """Stops listening and ends every connection."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._socket.unlink(missing_ok=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine run by the server is a task
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            self._connections.discard(task)
            await _close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self._context, self.authority, self._roots)
        try:
            async with asyncio.timeout(CONNECT_S):
                outside = await self._dial(session)
        except HanseError as error:
            self.failure = error
            return
        except TimeoutError:
            self.failure = self._unreachable(f"no answer in {CONNECT_S:.0f} s")
            return
        self.failure = None
        try:
            await _pump(session, (reader, writer), outside)
        except HanseError as error:
            self.failure = error  # e.g. the peer refused this city's certificate, which TLS 1.3 says afterwards
        except OSError as error:
            log.info("tunnel to %s ended: %s", self.authority, error)
        finally:
            await _close(outside[1])

    async def _dial(self, session: Session) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection whose handshake is complete and checked."""
        host, port = split_address(self.address)
        try:
            reader, writer = await asyncio.open_connection(host, port, limit=_BUFFER)
        except OSError as error:
            raise self._unreachable(error.strerror or type(error).__name__) from None
        try:
            session.step()
            while not session.established:
                await _flush(session, writer)
                data = await reader.read(CHUNK)
                if not data:
                    raise self._unreachable("it closed the connection during the handshake")
                session.receive(data)
                session.step()
            await _flush(session, writer)
        except OSError as error:
            await _close(writer)
            raise self._unreachable(error.strerror or type(error).__name__) from None
        except BaseException:
            await _alert(session, writer)
            raise
        return reader, writer

    def lost(self) -> UnavailableError:
        """What is said when a connection that stood has ended before the answer came."""
        return UnavailableError(
            f"the gateway of {self.authority} ended the connection without an answer",
            remedy="Try again; if it stays so, ask its operator whether that city still trusts this one.",
        )

    def _unreachable(self, why: str) -> UnavailableError:
        return UnavailableError(
            f"the gateway of {self.authority} cannot be reached at {self.address}: {why}",
            remedy="Try again later; the operator sees its state with `hanse status`.",
        )


async def _pump(
    session: Session,
    inside: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    outside: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    """Carries bytes both ways until either side closes."""
    sending = asyncio.Lock()

    async def outward() -> None:
        while data := await inside[0].read(CHUNK):
            session.encrypt(data)
            async with sending:
                await _flush(session, outside[1])

    async def inward() -> None:
        while (plain := session.decrypt()) is not None:  # what came with the handshake is there already
            if plain:
                inside[1].write(plain)
                await inside[1].drain()
            async with sending:  # key updates and the like
                await _flush(session, outside[1])
            data = await outside[0].read(CHUNK)
            if not data:
                return
            session.receive(data)

    tasks = [asyncio.create_task(outward()), asyncio.create_task(inward())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _flush(session: Session, writer: asyncio.StreamWriter) -> None:
    """Sends what TLS has to send, and waits until the network takes it."""
    data = session.to_send()
    if data:
        writer.write(data)
        await writer.drain()


async def _alert(session: Session, writer: asyncio.StreamWriter) -> None:
    """Tells the peer by TLS alert, as far as it still listens, and hangs up."""
    with contextlib.suppress(OSError):
        await _flush(session, writer)
    await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
