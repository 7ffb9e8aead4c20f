# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The city's one sequencer: asks of many calls become few durable transactions (group commit), and checkpoints follow.

Whoever awaits `append` goes on only once the leaf is on disk. If it cannot be written, the exchange must not happen.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from hanse.kernel.config import ConfigError
from hanse.kernel.errors import HanseError, UnavailableError
from hanse.kernel.storage import storage_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeVar

    from hanse.gateway.exchange.ledger import Job, Ledger
    from hanse.jose import HybridSigner

    R = TypeVar("R")

log = logging.getLogger(__name__)
_BATCH = 256
_QUEUE = 4096
_SCRUBS, _SCRUB_S = 20, 0.1


class ExchangeLog:
    """Writes jobs in batches from one thread and signs the tree at an interval.

    `start` and `close` frame its life; both in the event loop that uses it.
    """

    def __init__(self, ledger: Ledger, signer: HybridSigner, interval_s: float) -> None:
        self.ledger = ledger
        self._signer, self._interval_s = signer, interval_s
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="log-writer")
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="log-reader")
        self._queue: asyncio.Queue[tuple[Job, asyncio.Future[None]]] = asyncio.Queue(_QUEUE)
        self._tasks: list[asyncio.Task[None]] = []
        self._unscrubbed = False
        self._signing: asyncio.Task[tuple[int, str]] | None = None

    def start(self) -> None:
        """Begins to write and to sign."""
        self._tasks = [asyncio.create_task(self._write_batches()), asyncio.create_task(self._sign_at_intervals())]

    async def close(self) -> None:
        """Writes what is queued, signs a last checkpoint, ends the threads."""
        await self._queue.join()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(HanseError):
            await self.checkpoint()
        self._writer.shutdown()
        self._readers.shutdown()

    def put(self, job: Job) -> asyncio.Future[None]:
        """Takes a job into the queue; what it answers is done when the job is durable, or holds why it is not.

        Jobs are written in the order in which they were put. Who waits may go away; the job is done all the same.

        Raises:
            UnavailableError: LOG_UNAVAILABLE: the queue is full.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((job, done))
        except asyncio.QueueFull:
            raise _unavailable("too many exchanges wait to be logged") from None
        return done

    async def append(self, job: Job) -> None:
        """Returns when the job is durable.

        Raises:
            UnavailableError: LOG_UNAVAILABLE.
            ConflictError: REPLAYED.
        """
        await asyncio.shield(self.put(job))

    async def read(self, question: Callable[[], R]) -> R:
        """Asks the ledger from a reading thread. Raises UnavailableError STORAGE_UNAVAILABLE."""
        with _storage_errors():
            return await asyncio.get_running_loop().run_in_executor(self._readers, question)

    async def write(self, change: Callable[[], R]) -> R:
        """Changes something beside the tree, in the one writing thread. Raises UnavailableError as `read`."""
        with _storage_errors():
            return await asyncio.get_running_loop().run_in_executor(self._writer, change)

    async def forget(self, subject: str) -> int:
        """Erases a subject, in the tables and in older copies in the files; how many exchanges were theirs.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE: nothing was erased, or an older copy is still being read; it is
                erased as soon as it is not.
        """
        count = await self.write(lambda: self.ledger.forget(subject))
        self._unscrubbed = True
        for _ in range(_SCRUBS):
            if await self._scrub():
                return count
            await asyncio.sleep(_SCRUB_S)
        raise UnavailableError(
            f"{count} exchanges were erased, but an older copy is still being read and stays in a file until then",
            remedy="It is erased as soon as nobody reads it; ask again to hear that it is.",
            reason="STORAGE_UNAVAILABLE",
        )

    async def _scrub(self) -> bool:
        if self._unscrubbed and await self.write(self.ledger.scrub):
            self._unscrubbed = False
        return not self._unscrubbed

    async def checkpoint(self) -> tuple[int, str]:
        """A checkpoint that covers everything appended before now: its size and note. Callers share one signature.

        Raises:
            UnavailableError: LOG_UNAVAILABLE.
        """
        running = self._signing
        if running is not None and not running.done():
            await asyncio.wait({running})  # it may have begun before what its caller wants covered
        if self._signing is running or self._signing is None or self._signing.done():
            self._signing = asyncio.create_task(self.write(lambda: self.ledger.checkpoint(self._signer)))
        try:
            return await asyncio.shield(self._signing)
        except HanseError as error:
            raise _unavailable(error.message) from error

    async def _write_batches(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            jobs = [job for job, _ in batch]
            outcomes: list[HanseError | None]
            try:
                outcomes = await self.write(lambda jobs=jobs: self.ledger.commit(jobs))  # type: ignore[misc]
            except HanseError as error:
                log.error("the exchange log cannot be written: %s", error)  # noqa: TRY400 - the sentence says all
                outcomes = [_unavailable(error.message) for _ in batch]
            except Exception as error:
                log.exception("defect in the exchange log")
                outcomes = [_unavailable(type(error).__name__) for _ in batch]
            for (_, done), outcome in zip(batch, outcomes, strict=True):
                if not done.done():
                    done.set_result(None) if outcome is None else done.set_exception(outcome)
                self._queue.task_done()

    async def _sign_at_intervals(self) -> None:
        signed = -1
        while True:
            await asyncio.sleep(self._interval_s)
            try:
                await self._scrub()
                if signed != await self.read(self.ledger.size):
                    signed = (await self.checkpoint())[0]
            except HanseError as error:
                log.error("no checkpoint: %s", error)  # noqa: TRY400 - the sentence says all


@contextlib.contextmanager
def _storage_errors() -> Iterator[None]:
    """A database that cannot be read or written is away; the caller learns no more than that."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise
        raise storage_error("the exchange log", error) from error


def _unavailable(why: str) -> UnavailableError:
    return UnavailableError(
        f"the exchange log cannot be written ({why}), so nothing is exchanged",
        remedy="Look at free disk space and file rights of the gateway's state folder (`hanse doctor` says).",
        reason="LOG_UNAVAILABLE",
    )


@contextlib.contextmanager
def only_sequencer(path: Path) -> Iterator[None]:
    """Holds the city's sequencer lock. Raises ConfigError when another gateway process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(f"{path} is held: another gateway of this city runs; stop it first") from None
        yield
    finally:
        os.close(descriptor)
