# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL as a store: transactions, migrations, rows fetched while others are asked for, texts with U+0000."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import postgres_cluster
import psycopg
import pytest

from hanse.kernel.errors import UnavailableError
from hanse.kernel.postgres import PostgresDatabase

TABLE = 'CREATE TABLE t (tenant TEXT COLLATE "C" NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (tenant, n))'


@pytest.fixture
def database(postgres: str) -> Iterator[PostgresDatabase]:
    made = PostgresDatabase(postgres, postgres_cluster.new_schema(), [TABLE])
    with made.write() as connection:
        connection.executemany("INSERT INTO t VALUES (?,?)", [("a", n) for n in range(1_000)])
    yield made
    made.close()


def numbers(database: PostgresDatabase, start: int = 0) -> Iterator[int]:
    sql = "SELECT n FROM t WHERE tenant=? AND n>=? ORDER BY n"
    yield from (row[0] for row in database.read().stream(sql, ("a", start)))


def test_streams_run_beside_one_another_and_may_be_left(database: PostgresDatabase) -> None:
    one, two = numbers(database), numbers(database, 500)
    assert list(islice(one, 150)) == list(range(150))
    assert list(two) == list(range(500, 1_000))
    assert database.read().execute("SELECT COUNT(*) FROM t").fetchone() == (1_000,)
    assert list(islice(one, 150)) == list(range(150, 300))
    one.close()
    assert database.read().inner.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert list(numbers(database, 990)) == list(range(990, 1_000))


def test_a_stream_that_fails_leaves_the_connection_usable(database: PostgresDatabase) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        list(database.read().stream("SELECT 1/(n-400) FROM t ORDER BY n"))
    assert len(list(numbers(database))) == 1_000


def test_a_stream_inside_a_transaction_is_part_of_it(database: PostgresDatabase) -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO t VALUES ('b', 1)")
        assert list(connection.stream("SELECT n FROM t WHERE tenant=?", ("b",))) == [(1,)]
    assert database.read().execute("SELECT n FROM t WHERE tenant='b'").fetchall() == [(1,)]


def test_what_raises_is_rolled_back(database: PostgresDatabase) -> None:
    with pytest.raises(KeyError), database.write() as connection:
        connection.execute("INSERT INTO t VALUES ('b', 1)")
        raise KeyError
    assert database.read().execute("SELECT n FROM t WHERE tenant='b'").fetchall() == []


def test_reading_connections_write_nothing(database: PostgresDatabase) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        database.read().execute("INSERT INTO t VALUES ('b', 1)")


def test_texts_with_nul_keep_apart_and_in_order(database: PostgresDatabase) -> None:
    texts = ["", "\x00", "\x00\x00", "\x01", "\x01\x01", "\x01\x02", "\x02", "a", "a\x00", "a\x00b", "a\x01", "b"]
    with database.write() as connection:
        connection.executemany("INSERT INTO t VALUES (?,?)", [(text, 2_000) for text in texts])
    rows = database.read().execute("SELECT tenant FROM t WHERE n=? ORDER BY tenant", (2_000,))
    assert [row[0] for row in rows] == texts
    some = ["\x00", "a\x00"]
    rows = database.read().execute("SELECT tenant FROM t WHERE n=2000 AND tenant = ANY(?) ORDER BY tenant", (some,))
    assert [row[0] for row in rows] == some


def test_migrations_are_applied_once_and_newer_ones_refused(postgres: str) -> None:
    schema, second = postgres_cluster.new_schema(), "CREATE TABLE u (x INTEGER)"
    PostgresDatabase(postgres, schema, [TABLE]).close()
    PostgresDatabase(postgres, schema, [TABLE, second]).close()
    PostgresDatabase(postgres, schema, [TABLE, second]).close()
    with pytest.raises(UnavailableError, match="schema 2"):
        PostgresDatabase(postgres, schema, [TABLE])


def test_a_connection_that_was_cut_is_opened_anew(database: PostgresDatabase) -> None:
    own = database.read().execute("SELECT pg_backend_pid()").fetchone()
    assert own is not None
    with database.write() as connection:
        connection.execute("SELECT pg_terminate_backend(?)", own)
    with pytest.raises(UnavailableError) as caught:
        database.read().execute("SELECT 1")
    assert "host" not in caught.value.message
    assert database.read().execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_is_away() -> None:
    with pytest.raises(UnavailableError) as caught:
        PostgresDatabase("postgresql:///none?host=/nowhere", "x", [])
    assert caught.value.reason == "STORAGE_UNAVAILABLE"
    assert "nowhere" not in caught.value.message
