# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What asker and answerer share: signing statements, writing them down in the right order, ending what broke."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.rpc import code_pb2, error_details_pb2, status_pb2

from hanse.gateway.exchange import leaf, store
from hanse.gateway.exchange.envelope import NOTHING, Broken, RunningHash, Statement, sha256_hex, sign
from hanse.gateway.exchange.ledger import Begin, Continue, Entry
from hanse.kernel.errors import HanseError, InvalidInputError

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
        await self.log.append(Begin(exchange, entries, issuer, expires))

    async def complete(
        self, identifier: str, entries: tuple[Entry, ...], status: str, owner: bytes | None = None
    ) -> None:
        """Logs the end. Errors as `ExchangeLog.append`."""
        await self.log.append(Continue(identifier, entries, store.COMPLETE, status, owner))

    async def broken(self, identifier: str, envelope: str, reason: str) -> None:
        """Logs that an exchange ended without its answer. Left open if that cannot be written: a restart ends it."""
        digest = sha256_hex(envelope) if envelope else NOTHING
        statement = self.sign(Broken(identifier, self.authority, self.seconds(), digest, reason))
        try:
            await self.log.append(Continue(identifier, (Entry(leaf.BROKEN, statement),), store.BROKEN, reason))
        except HanseError as error:
            log.error("exchange %s stays open: %s", identifier, error)  # noqa: TRY400 - the sentence says all

    async def reconcile(self) -> int:
        """Ends what a former life of this process left open; how many there were."""
        left = await self.log.read(self.log.ledger.open_exchanges)
        for exchange in left:
            opened = await self.log.read(lambda exchange=exchange: self.log.ledger.opened(exchange))  # type: ignore[misc]
            await self.broken(exchange.id, opened[0].statement if opened else "", "OPERATION_LOST")
        return len(left)


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
    for holder in status.details:
        if holder.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            holder.Unpack(info)
            return str(info.reason)
    return ""


def status_name(status: status_pb2.Status) -> str:
    """The canonical name of a status's code."""
    return str(code_pb2.Code.Name(status.code)) if status.code in code_pb2.Code.values() else "UNKNOWN"


def read_status(data: bytes, name: str) -> status_pb2.Status:
    """The status that failed a call, which must be the one that was signed. Raises InvalidInputError."""
    try:
        status = status_pb2.Status.FromString(data)
    except ValueError:
        raise refused("the other city's error cannot be read") from None
    if status_name(status) != name:
        raise refused("the other city's error is not the one that it signed")
    return status
