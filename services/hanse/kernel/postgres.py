# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL as a service's store, behind the same interface as the SQLite file (`hanse.kernel.storage.Database`).

Statements are written once, with `?` for values; here they become psycopg's `%s`. A service that several processes
serve writes under one advisory lock a schema, so that numbers and positions stay in order.
"""

from __future__ import annotations

import os
import threading
import zlib
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.string import StrDumperUnknown, TextLoader

from hanse.kernel.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg.abc import Buffer

PASSWORD_VARIABLE = "HANSE_{}_DATABASE_PASSWORD"  # noqa: S105 - the variable's name
_CONNECT_S = 5
_AT_ONCE = 100
_REMEDY = "Look whether the PostgreSQL server runs and may be reached (`hanse doctor`), then try again."


@lru_cache(maxsize=1024)
def _translated(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


class Connection:
    """A psycopg connection that takes the statements of the SQLite stores."""

    def __init__(self, inner: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.inner = inner
        self._cursors = 0
        self._made = 0

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> psycopg.Cursor[tuple[Any, ...]]:
        """Runs one statement, and takes all that it answers."""
        with _storage_errors():
            return self.inner.execute(_translated(sql).encode(), parameters or None)

    def executemany(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Runs one statement for each row, pipelined."""
        if rows:
            with _storage_errors(), self.inner.cursor() as cursor:
                cursor.executemany(_translated(sql).encode(), rows)

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, fetched while they are taken; others may run beside it."""
        outside = self.inner.info.transaction_status != psycopg.pq.TransactionStatus.IDLE and not self._cursors
        if outside:  # a transaction that its owner ends
            yield from self.execute(sql, parameters)
            return
        if not self._cursors:
            self.execute("BEGIN READ ONLY")
        self._cursors += 1
        self._made += 1
        name = f"rows_{self._made}"
        try:
            self.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {sql}", parameters)
            while some := self.execute(f"FETCH {_AT_ONCE} FROM {name}").fetchall():
                yield from some
                if len(some) < _AT_ONCE:
                    return
        finally:
            self._cursors -= 1
            if not self.inner.closed:
                # The last one ends the transaction, and with it every cursor, whether it went well or not.
                if not self._cursors:
                    self.execute("ROLLBACK")
                elif self.inner.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS:
                    self.execute(f"CLOSE {name}")


class PostgresDatabase:
    """One schema of one PostgreSQL database, one service's.

    Args:
        url: a libpq connection string without a password; that comes from the environment variable
            `HANSE_<SERVICE>_DATABASE_PASSWORD` (of `service`) or from `.pgpass`.
        schema: the schema that holds the tables; it is made when missing.
        migrations: SQL scripts applied in order and counted in the table `schema_version`.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE, when it cannot be reached, or was written by a newer release.
    """

    def __init__(self, url: str, schema: str, migrations: Sequence[str], *, service: str = "") -> None:
        self.url, self.schema, self.service = url, schema, service or schema
        self._local = threading.local()
        self._lock, self._listing = threading.Lock(), threading.Lock()
        self._open_ones: list[Connection] = []
        with _storage_errors():
            self._writer = self._open()
            try:
                self._migrate(migrations)
            except BaseException:
                self._writer.inner.close()
                raise

    def _open(self) -> Connection:
        return opened(self.url, self.schema, self.service)

    def _migrate(self, migrations: Sequence[str]) -> None:
        inner = self._writer.inner
        with inner.transaction():
            inner.execute(b"SET LOCAL client_min_messages = warning")
            inner.execute(b"SELECT pg_advisory_xact_lock(%s)", (zlib.crc32(self.schema.encode()),))
            inner.execute(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"'.encode())
            inner.execute(b"CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
            row = inner.execute(b"SELECT version FROM schema_version").fetchone()
            version = row[0] if row else 0
            if version > len(migrations):
                raise UnavailableError(
                    f"the store {self.schema} has schema {version}, this program knows {len(migrations)}",
                    remedy="Run the newer release that wrote it, or restore a backup made by this one.",
                    reason="STORAGE_UNAVAILABLE",
                )
            for script in migrations[version:]:
                inner.execute(script.encode())
            inner.execute(b"DELETE FROM schema_version")
            inner.execute(b"INSERT INTO schema_version VALUES (%s)", (len(migrations),))

    def read(self) -> Connection:
        """This thread's reading connection; a broken one is opened anew."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None or connection.inner.closed:
            with _storage_errors():
                connection = self._open()
                connection.inner.execute(b"SET default_transaction_read_only = on")
            self._local.connection = connection
            with self._listing:
                self._open_ones.append(connection)
        return connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The writing connection inside one transaction: commits at the end, rolls back on any error.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE when the server is away.
        """
        with self._lock, _storage_errors():
            if self._writer.inner.closed:
                self._writer = self._open()
            with self._writer.inner.transaction():
                self._writer.execute("SELECT pg_advisory_xact_lock(?)", (zlib.crc32(self.schema.encode()),))
                yield self._writer

    def close(self) -> None:
        """Closes every connection."""
        with self._lock:
            self._writer.inner.close()
        with self._listing:
            for connection in self._open_ones:
                connection.inner.close()
            self._open_ones.clear()


def opened(url: str, schema: str, service: str) -> Connection:
    """One connection of its own, that commits after each statement; its owner closes it.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE.
    """
    password = os.environ.get(PASSWORD_VARIABLE.format(service.upper())) or None
    with _storage_errors():
        inner = psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_S, password=password)
        inner.adapters.register_dumper(str, _TextDumper)
        inner.adapters.register_loader("text", _TextLoader)
        inner.execute(f'SET search_path = "{schema}", public'.encode())
    return Connection(inner)


class _TextDumper(StrDumperUnknown):
    """PostgreSQL's texts have no U+0000: it is written as two others, so that texts keep their order by bytes."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\x01", "\x01\x02").replace("\x00", "\x01\x01"))


class _TextLoader(TextLoader):
    """Undoes it."""

    def load(self, data: Buffer) -> bytes | str:
        found = super().load(data)
        if isinstance(found, str) and "\x01" in found:
            return found.replace("\x01\x01", "\x00").replace("\x01\x02", "\x01")
        return found


@contextmanager
def _storage_errors() -> Iterator[None]:
    """Hides driver text that may name hosts and users: the caller learns that the store is away."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise UnavailableError(
            "the PostgreSQL store cannot be used", remedy=_REMEDY, reason="STORAGE_UNAVAILABLE"
        ) from error
