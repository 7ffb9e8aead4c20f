# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL as a service's store, behind the same interface as the SQLite file (`hanse.kernel.storage.Database`).

Statements are written once, with `?` for values; here they become psycopg's `%s`. A service that several processes
serve writes under one advisory lock a tenant, so that numbers and positions stay in order.
"""

from __future__ import annotations

import threading
import zlib
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import psycopg

from hanse.kernel.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CONNECT_S = 5
_REMEDY = "Look whether the PostgreSQL server runs and may be reached (`hanse doctor`), then try again."


@lru_cache(maxsize=1024)
def _translated(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


class Connection:
    """A psycopg connection that takes the statements of the SQLite stores."""

    def __init__(self, inner: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.inner = inner

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> psycopg.Cursor[tuple[Any, ...]]:
        """Runs one statement."""
        return self.inner.execute(_translated(sql).encode(), parameters or None)

    def executemany(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Runs one statement for each row, pipelined."""
        if rows:
            with self.inner.cursor() as cursor:
                cursor.executemany(_translated(sql).encode(), rows)


class PostgresDatabase:
    """One schema of one PostgreSQL database, one service's.

    Args:
        url: a libpq connection string without a password; that comes from the environment or `.pgpass`.
        schema: the schema that holds the tables; it is made when missing.
        migrations: SQL scripts applied in order and counted in the table `schema_version`.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE, when it cannot be reached, or was written by a newer release.
    """

    def __init__(self, url: str, schema: str, migrations: Sequence[str]) -> None:
        self._url, self._schema = url, schema
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open_ones: list[Connection] = []
        with _storage_errors():
            self._writer = self._open(autocommit=True)
            self._migrate(migrations)

    def _open(self, *, autocommit: bool) -> Connection:
        inner = psycopg.connect(self._url, autocommit=autocommit, connect_timeout=_CONNECT_S)
        inner.execute(f'SET search_path = "{self._schema}", public'.encode())
        return Connection(inner)

    def _migrate(self, migrations: Sequence[str]) -> None:
        inner = self._writer.inner
        with inner.transaction():
            inner.execute(b"SELECT pg_advisory_xact_lock(%s)", (zlib.crc32(self._schema.encode()),))
            inner.execute(f'CREATE SCHEMA IF NOT EXISTS "{self._schema}"'.encode())
            inner.execute(b"CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
            row = inner.execute(b"SELECT version FROM schema_version").fetchone()
            version = row[0] if row else 0
            if version > len(migrations):
                raise UnavailableError(
                    f"the store {self._schema} has schema {version}, this program knows {len(migrations)}",
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
                connection = self._open(autocommit=True)
                connection.inner.execute(b"SET default_transaction_read_only = on")
            self._local.connection = connection
            with self._lock:
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
                self._writer = self._open(autocommit=True)
            with self._writer.inner.transaction():
                self._writer.execute("SELECT pg_advisory_xact_lock(?)", (zlib.crc32(self._schema.encode()),))
                yield self._writer

    def close(self) -> None:
        """Closes every connection."""
        with self._lock:
            for connection in (*self._open_ones, self._writer):
                connection.inner.close()
            self._open_ones.clear()


@contextmanager
def _storage_errors() -> Iterator[None]:
    """Hides driver text that may name hosts and users: the caller learns that the store is away."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise UnavailableError(
            "the PostgreSQL store cannot be used", remedy=_REMEDY, reason="STORAGE_UNAVAILABLE"
        ) from error
