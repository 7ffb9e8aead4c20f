# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""SQLite as the embedded store: one writer, readers beside it, schema migrations.

WAL lets any number of readers run beside the one writer. Each thread has its own reading connection; all writing
goes through `write()`, which holds the process's lock and one transaction.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hanse.kernel.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BUSY_MS = 5000


class Database:
    """One SQLite file of one service.

    `migrations` are SQL scripts applied in order and counted in `user_version`; a file newer than the program is
    refused. Durable by default (`synchronous=FULL`): what was acknowledged survives a power cut.
    """

    def __init__(self, path: Path, migrations: Sequence[str], *, durable: bool = True) -> None:
        self._path = path
        self._synchronous = "FULL" if durable else "NORMAL"
        self._local = threading.local()
        self._lock = threading.Lock()
        self._listing = threading.Lock()  # not `_lock`: whoever writes may read for the first time
        self._readers: list[sqlite3.Connection] = []
        _make_private(path)
        with _storage_errors(path), _alone(path):
            self._writer = self._open()
            self._migrate(migrations)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            timeout=_BUSY_MS / 1000,
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={self._synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA trusted_schema=OFF")
        return connection

    def _migrate(self, migrations: Sequence[str]) -> None:
        version = self._writer.execute("PRAGMA user_version").fetchone()[0]
        if version > len(migrations):
            raise UnavailableError(
                f"{self._path.name} has schema {version}, this program knows {len(migrations)}",
                remedy="Run the newer release that wrote it, or restore a backup made by this one.",
                reason="STORAGE_UNAVAILABLE",
            )
        for number, script in enumerate(migrations[version:], start=version + 1):
            self._writer.executescript(f"BEGIN IMMEDIATE;\n{script};\nPRAGMA user_version={number};\nCOMMIT;")

    def read(self) -> sqlite3.Connection:
        """This thread's reading connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            with _storage_errors(self._path):
                connection = self._open()
                connection.execute("PRAGMA query_only=ON")
            self._local.connection = connection
            with self._listing:
                self._readers.append(connection)
        return connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The writing connection inside one transaction: commits at the end, rolls back on any error.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE when the disk is full or the file cannot be written.
        """
        with self._lock, _storage_errors(self._path):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Closes every connection; the write-ahead log is folded in."""
        with self._lock:
            with self._listing:
                for connection in self._readers:
                    connection.close()
                self._readers.clear()
            self._writer.close()


def _make_private(path: Path) -> None:
    """Only the owner may read the file; SQLite gives its log and index the same rights."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise storage_error(f"the store {path.name}", error) from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Of several processes that open a new file at once, one after the other makes and migrates it."""
    try:
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise storage_error(f"the store {path.name}", error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    """Hides driver text: the caller learns that the store is away, the operator which file."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise
        raise storage_error(f"the store {path.name}", error) from error


def storage_error(store: str, error: sqlite3.Error | OSError) -> UnavailableError:
    """What a caller learns when a database cannot be read or written."""
    return UnavailableError(
        f"{store} cannot be used: {error}",
        remedy="Look at free disk space and file rights (`hanse doctor`), then try again.",
        reason="STORAGE_UNAVAILABLE",
    )
