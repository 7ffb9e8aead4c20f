# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What asker and answerer share: signing statements, writing them down in the right order, ending what broke."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from google.rpc import code_pb2, status_pb2

from hanse.gateway.exchange import leaf, store
from hanse.gateway.exchange.envelope import NOTHING, Broken, RunningHash, Statement, sha256_hex, sign
from hanse.gateway.exchange.ledger import Begin, Continue, Entry
from hanse.kernel.errors import HanseError, InvalidInputError, UnavailableError, error_info, from_status, to_status

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

    from hanse.gateway.exchange.ledger import Exchange
    from hanse.gateway.exchange.log import ExchangeLog
    from hanse.gateway.trust import Trust
    from hanse.jose import SigningKey
    from hanse.kernel.clock import Clock

log = logging.getLogger(__name__)
# Hashing more than this on the event loop would hold up everybody else.
_INLINE = 256 * 1024
CANCELLED = "CANCELLED"
_ENDING: set[asyncio.Task[None]] = set()


class ForeignStatusError(Exception):
    """The other city's service failed the call; its status goes to the client as it is."""

    def __init__(self, status: status_pb2.Status) -> None:
        super().__init__(status.message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Clerk:
    """Signs and logs in the name of one city."""

    authority: str
    key: SigningKey
    log: ExchangeLog
    trust: Trust
    clock: Clock
    unfinished: dict[str, str] = field(default_factory=dict)  # id of an exchange, and why it is broken

    def now(self) -> datetime:
        """The time of judgement."""
        return self.clock.now()

    def seconds(self) -> int:
        """Now as NumericDate."""
        return int(self.clock.now().timestamp())

    def sign(self, statement: Statement) -> str:
        """A statement of this city."""
        return sign(statement, self.key)

    async def begin(self, exchange: Exchange, entries: tuple[Entry, ...], issuer: str, expires: int) -> None:
        """Logs the start. Errors as `ExchangeLog.append`."""
        written = self.log.put(Begin(exchange, entries, issuer, expires))
        try:
            await asyncio.shield(written)
        except asyncio.CancelledError:
            finish_anyway(self._end_after(written, exchange.id, entries[0].statement))
            raise

    async def _end_after(self, begun: asyncio.Future[None], identifier: str, envelope: str) -> None:
        """Ends what nobody waits for any more, if it was begun at all: its id may be that of another that goes on."""
        try:
            await begun
        except HanseError:
            return
        await self.broken(identifier, envelope, CANCELLED)

    async def complete(self, identifier: str, entries: tuple[Entry, ...], status: str) -> None:
        """Logs the end. Errors as `ExchangeLog.append`; the exchange is broken then, which `finish` logs."""
        await self._write(Continue(identifier, entries, store.COMPLETE, status), "LOG_UNAVAILABLE")

    async def broken(self, identifier: str, envelope: str, reason: str) -> None:
        """Logs that an exchange ended without its answer; if that cannot be written now, `finish` does it later."""
        digest = sha256_hex(envelope) if envelope else NOTHING
        statement = self.sign(Broken(identifier, self.authority, self.seconds(), digest, reason))
        try:
            await self._write(Continue(identifier, (Entry(leaf.BROKEN, statement),), store.BROKEN, reason), reason)
        except HanseError as error:
            log.error("the end of exchange %s is not logged: %s", identifier, error)  # noqa: TRY400 - the sentence says all

    async def failed(self, identifier: str, envelope: str, error: BaseException) -> None:
        """Logs what broke an exchange, whatever it was: none stays open because of what came from elsewhere."""
        if isinstance(error, HanseError):
            await self.broken(identifier, envelope, error.reason)
        elif isinstance(error, asyncio.CancelledError | GeneratorExit):
            finish_anyway(self.broken(identifier, envelope, CANCELLED))
        else:
            finish_anyway(self.broken(identifier, envelope, "INTERNAL"))

    async def _write(self, job: Continue, reason: str) -> None:
        def look(written: asyncio.Future[None]) -> None:
            if isinstance(written.exception(), UnavailableError):
                self.unfinished[job.id] = reason

        try:
            written = self.log.put(job)
        except UnavailableError:
            self.unfinished[job.id] = reason
            raise
        written.add_done_callback(look)
        await asyncio.shield(written)

    async def finish(self) -> None:
        """Ends what could not be ended when the log could not be written."""
        for identifier in tuple(self.unfinished):
            reason = self.unfinished.pop(identifier)
            try:
                exchange = await self.log.read(lambda identifier=identifier: self.log.ledger.exchange(identifier))  # type: ignore[misc]
                if exchange is not None and exchange.state == store.OPEN:
                    await self._end(exchange, reason)
            except HanseError:
                self.unfinished[identifier] = reason
            if identifier in self.unfinished:
                return  # the log is still away

    async def reconcile(self) -> int:
        """Ends what a former life of this process left open; how many there were."""
        left = await self.log.read(self.log.ledger.open_exchanges)
        for exchange in left:
            await self._end(exchange, "OPERATION_LOST")
        return len(left)

    async def _end(self, exchange: Exchange, reason: str) -> None:
        opened = await self.log.read(lambda: self.log.ledger.opened(exchange))
        await self.broken(exchange.id, opened[0].statement if opened else "", reason)


def finish_anyway(work: Coroutine[None, None, None]) -> None:
    """Runs to its end what a cancelled call must still write down."""
    task = asyncio.get_running_loop().create_task(work)
    _ENDING.add(task)
    task.add_done_callback(_ENDING.discard)


async def drain() -> None:
    """Waits for everything that `finish_anyway` began."""
    while _ENDING:
        await asyncio.wait(tuple(_ENDING))


async def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal; large data in a thread."""
    if len(data) <= _INLINE:
        return hashlib.sha256(data).hexdigest()
    return await asyncio.to_thread(sha256_hex, data)


async def take_in(running: RunningHash, message: bytes) -> None:
    """Adds a message to a running hash; a large one in a thread."""
    if len(message) <= _INLINE:
        running.add(message)
    else:
        await asyncio.to_thread(running.add, message)


def refused(sentence: str) -> InvalidInputError:
    """The error for a statement that does not hold."""
    return InvalidInputError(
        sentence,
        remedy="Nothing was done. If both gateways run current releases, look for who changed it on the way.",
        reason="ENVELOPE_INVALID",
    )


def reason_of(status: status_pb2.Status) -> str:
    """The ErrorReason that a status carries; empty when there is none."""
    return str(error_info(status).reason)


def status_name(status: status_pb2.Status) -> str:
    """The canonical name of a failed call's code; UNKNOWN for what is no code of an error."""
    failed = status.code in code_pb2.Code.values() and status.code != code_pb2.OK
    return str(code_pb2.Code.Name(status.code)) if failed else "UNKNOWN"


def read_status(data: bytes, name: str) -> status_pb2.Status:
    """The status that failed a call, which must be the one that was signed, as this city passes it on.

    That is: its code, one ErrorInfo, fields that were named, all of bounded length and free of what steers a terminal.

    Raises:
        InvalidInputError: ENVELOPE_INVALID.
    """
    try:
        status = status_pb2.Status.FromString(data)
    except DecodeError:
        raise refused("the other city's error cannot be read") from None
    if status_name(status) != name:
        raise refused("the other city's error is not the one that it signed")
    return to_status(from_status(status))
