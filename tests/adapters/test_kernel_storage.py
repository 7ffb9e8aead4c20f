# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Storage and workers on the real thing: SQLite files, spawned processes, a full disk."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

from hanse.kernel.errors import DeadlineError, UnavailableError
from hanse.kernel.server import fail
from hanse.kernel.storage import Database
from hanse.kernel.workers import WorkerPool

TABLE = "CREATE TABLE t (tenant TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tenant, id))"


def count(database: Database) -> int:
    return int(database.read().execute("SELECT count(*) FROM t").fetchone()[0])


def test_a_transaction_is_whole_or_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db", [TABLE])
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute("INSERT INTO t VALUES ('m', 1)")
        1 / 0  # noqa: B018
    assert count(database) == 0
    with database.write() as connection:
        connection.execute("INSERT INTO t VALUES ('m', 1)")
    assert count(database) == 1
    database.close()


def test_only_the_owner_may_read_a_database(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        (tmp_path / "b.db").touch(mode=0o644)  # of an earlier release
        for name in ("state/a.db", "b.db"):
            database = Database(tmp_path / name, [TABLE])
            with database.write() as connection:
                connection.execute("INSERT INTO t VALUES ('m', 1)")
            count(database)
            beside = list((tmp_path / name).parent.glob(f"{Path(name).stem}.db*"))
            assert len(beside) == 4, "the file, its log, its index and its lock"
            assert {path.stat().st_mode & 0o777 for path in beside} == {0o600}
            database.close()
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)


def test_a_folder_in_the_way_is_storage_away(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError, match=r"a\.db"):
        Database(tmp_path / "file" / "a.db", [TABLE])


def test_readers_cannot_write(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db", [TABLE])
    with pytest.raises(Exception, match="readonly"):
        database.read().execute("INSERT INTO t VALUES ('m', 1)")
    database.close()


def test_migrations_run_once_in_order_and_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Database(path, [TABLE]).close()
    second = "ALTER TABLE t ADD COLUMN extra TEXT"
    Database(path, [TABLE, second]).close()
    Database(path, [TABLE, second]).close()
    with pytest.raises(UnavailableError, match="schema 2"):
        Database(path, [TABLE])


def test_a_failing_migration_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Database(path, [TABLE]).close()
    with pytest.raises(UnavailableError):
        Database(path, [TABLE, "CREATE TABLE u (x); CREATE TABLE u (x)"])
    database = Database(path, [TABLE])
    assert database.read().execute("SELECT name FROM sqlite_master WHERE name='u'").fetchone() is None
    database.close()


def test_many_threads_read_while_one_writes(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db", [TABLE])
    seen: list[int] = []

    def read() -> None:
        seen.extend(count(database) for _ in range(50))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(50):
        with database.write() as connection:
            connection.execute("INSERT INTO t VALUES ('m', ?)", (number,))
    for reader in readers:
        reader.join()
    assert count(database) == 50
    assert len(seen) == 200
    database.close()


def test_whoever_writes_may_read_for_the_first_time(tmp_path: Path) -> None:
    database, seen = Database(tmp_path / "a.db", [TABLE]), list[int]()

    def work() -> None:
        with database.write() as connection:
            connection.execute("INSERT INTO t VALUES ('m', 1)")
            seen.append(count(database))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(20)
    assert seen == [0], "it reads what is committed, and waits for nobody"
    database.close()


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from hanse.kernel.storage import Database
        database = Database(Path({str(tmp_path / "a.db")!r}), [{TABLE!r}])
        number = 0
        while True:
            with database.write() as connection:
                connection.execute("INSERT INTO t VALUES ('m', ?)", (number,))
            print(number, flush=True)
            number += 1
    """)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(40)][-1]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    database = Database(tmp_path / "a.db", [TABLE])
    assert count(database) >= acknowledged + 1
    database.close()


FULL = """
import subprocess, sys
from pathlib import Path
from typing import Any, cast
from hanse.kernel.errors import UnavailableError
from hanse.kernel.server import fail
from hanse.kernel.storage import Database
folder = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
database = Database(folder / "a.db", ["CREATE TABLE t (tenant TEXT, body BLOB)"])
try:
    for _ in range(100):
        with database.write() as connection:
            connection.execute("INSERT INTO t VALUES ('m', ?)", (bytes(100_000),))
except UnavailableError as error:
    print(error.reason, "|", error.remedy)
print(database.read().execute("SELECT count(*) > 0 FROM t").fetchone()[0])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a full disk is made with mount, which only root may")
def test_a_full_disk_is_said_and_survived(tmp_path: Path) -> None:
    command = ["unshare", "--mount", sys.executable, "-c", FULL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("STORAGE_UNAVAILABLE | Look at free disk space")
    assert done.stdout.rstrip().endswith("1")


def test_a_worker_computes_raises_overruns_and_dies() -> None:
    pool = WorkerPool(1)
    try:
        assert pool.run(60, pow, 2, 10) == 1024
        with pytest.raises(ZeroDivisionError):
            pool.run(60, divmod, 1, 0)
        with pytest.raises(DeadlineError, match="longer than"):
            pool.run(0.3, time.sleep, 30)
        with pytest.raises(UnavailableError, match="worker process ended"):
            pool.run(60, os._exit, 1)
        assert pool.run(60, pow, 2, 3) == 8
    finally:
        pool.close()


def test_a_store_that_cannot_be_read_is_named_to_the_caller() -> None:
    ended: list[Any] = []

    class Context:
        def abort_with_status(self, status: Any) -> None:
            ended.append(status)
            raise RuntimeError("ended")  # as grpc does

    with pytest.raises(RuntimeError, match="ended"):
        fail(cast("Any", Context()), sqlite3.OperationalError("disk I/O error"))
    assert ended[0].code is grpc.StatusCode.UNAVAILABLE
    assert "disk I/O error" in ended[0].details


def test_processes_that_open_a_new_file_at_once_migrate_it_once(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from hanse.kernel.storage import Database;"
        "Database(pathlib.Path(sys.argv[1]), ['CREATE TABLE t (n)', 'INSERT INTO t VALUES (1)']).close()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "new.db")]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    assert [(each.communicate(timeout=30)[1], each.returncode) for each in running] == [(b"", 0)] * 4
    with sqlite3.connect(tmp_path / "new.db") as connection:
        assert connection.execute("SELECT n FROM t").fetchall() == [(1,)]
    connection.close()
