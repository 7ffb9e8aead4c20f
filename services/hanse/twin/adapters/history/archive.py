# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Older days of time series as Parquet files, one a day (UTC), written and read by DuckDB.

A day is written beside, made durable and put in place before its points leave the database; killed in between, both
hold them, and the database's count. One process at a time changes the files (`alone`); all may read them meanwhile.
DuckDB is the optional extra `history`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from hanse.kernel.errors import UnavailableError
from hanse.twin.adapters.history.series import made
from hanse.twin.history.model import TimeOf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hanse.twin.adapters.databases.dialects import Dialect
    from hanse.twin.adapters.repository import Store
    from hanse.twin.history.instances import Point
    from hanse.twin.history.model import Span

DAY_US = 86_400_000_000
PORTION = 200_000  # points in memory at once
_COLUMNS = "series, time_us, amount, json, written_us, observed"
_OF_TENANT = "series IN (SELECT number FROM series WHERE tenant=?) AND time_us>=? AND time_us<?"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Archive:
    """The files of one tenant, in a folder of their own."""

    folder: Path

    def days(self) -> dict[int, Path]:
        """The days that there are, by their number since 1970."""
        try:
            return _days(self.folder, self.folder.stat().st_mtime_ns)
        except FileNotFoundError:
            return {}

    def _files(self, span: Span) -> list[str]:
        days = self.days()
        if span.time is not TimeOf.WRITTEN:
            first, last = span.start_us // DAY_US, (span.end_us - 1) // DAY_US
            return [str(path) for day, path in days.items() if first <= day <= last]
        return [str(path) for path in days.values()]

    def _read(self, sql: str, series: int, span: Span) -> Any:  # noqa: ANN401 - DuckDB's result, None without files
        """What a statement finds in the files of a span; looked for again where one was forgotten meanwhile."""
        while files := self._files(span):
            with contextlib.suppress(FileNotFoundError):
                return _run(sql, [files, series, span.start_us, span.end_us])
        return None

    def points(self, series: int, span: Span) -> list[Point]:
        """Points of a series within a span, in the order of time; more than `span.last` may come."""
        found = self._read(
            "SELECT time_us, amount, json, written_us, observed FROM read_parquet(?)"  # noqa: S608
            f" WHERE series=? AND {span.condition} ORDER BY time_us",
            series,
            span,
        )
        return [] if found is None else [made(row) for row in found.fetchall()]

    def numbers(self, series: int, span: Span) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Times and numbers of a series within a span."""
        result = self._read(
            "SELECT time_us, amount FROM read_parquet(?) WHERE series=? AND time_us>=? AND time_us<?"
            " AND amount IS NOT NULL ORDER BY time_us",
            series,
            span,
        )
        if result is None:
            return np.empty(0, np.int64), np.empty(0, np.float64)
        found = result.fetchnumpy()
        return np.asarray(found["time_us"], np.int64), np.asarray(found["amount"], np.float64)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """For as long as the block runs, no other thread or process changes the files.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE: the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise UnavailableError(
                f"the folder of archived time series cannot be written: {error.strerror}",
                remedy="Let the twin write to its state folder, and see that its disk has room.",
                reason="STORAGE_UNAVAILABLE",
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def take(self, database: Store, dialect: Dialect, tenant: str, before_us: int) -> Iterator[int]:
        """Moves a tenant's whole days that end by a moment out of a database; gives how many points, part by part.

        Raises:
            UnavailableError: DuckDB is not installed, or the disk is full.
        """
        end = before_us // DAY_US * DAY_US
        for day in hot_days(database, tenant, end):
            while True:
                with self.alone():
                    rows = _hot(database, tenant, day)
                    if not rows:  # deleted meanwhile
                        break
                    self._merge(day, rows)
                    with database.write() as connection:
                        # What was written since then stays: it is newer than the file.
                        dialect.take_points(connection, rows)
                yield len(rows)
                if len(rows) < PORTION:
                    break

    def _merge(self, day: int, rows: Sequence[Any]) -> None:
        """Writes a day's file anew with further points; they count over what stands there at their time."""
        columns = _columns(rows)
        older = self.days().get(day)
        source = f"SELECT {_COLUMNS} FROM fresh"  # noqa: S608
        if older is not None:
            source += (
                f" UNION ALL SELECT {_COLUMNS} FROM read_parquet('{_quoted(older)}') old"  # noqa: S608
                " WHERE NOT EXISTS (SELECT 1 FROM fresh f WHERE f.series=old.series AND f.time_us=old.time_us)"
            )
        self._write(day, source, columns)

    def _write(self, day: int, source: str, columns: dict[str, Any] | None = None) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = (_EPOCH + timedelta(days=day)).date().isoformat()
        beside, place = self.folder / f"{name}.part", self.folder / f"{name}.parquet"
        sql = f"COPY ({source} ORDER BY series, time_us) TO '{_quoted(beside)}' (FORMAT parquet, COMPRESSION zstd)"
        _run(sql, fresh=columns)
        for path in (beside, None):
            descriptor = os.open(path or self.folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if path is not None:
                path.replace(place)

    def delete(self, series: Sequence[int], time_us: int | None = None) -> int:
        """Forgets series, or their point at one time; gives how many points."""
        days = self.days() if time_us is None else {time_us // DAY_US: self.days().get(time_us // DAY_US)}
        which = f"series IN ({','.join(map(str, series))})" + ("" if time_us is None else f" AND time_us={time_us}")
        return sum(self._without(day, path, which) for day, path in days.items() if path is not None)

    def prune(self, series: Sequence[int], before_us: int) -> int:
        """Forgets points of series from before a moment."""
        if not series:
            return 0
        which = f"series IN ({','.join(map(str, series))}) AND time_us<{before_us}"
        return sum(self._without(day, path, which) for day, path in self.days().items() if day * DAY_US < before_us)

    def _without(self, day: int, path: Path, which: str) -> int:
        """A day's file without some points; `which` is made of numbers alone."""
        file = _quoted(path)
        gone, left = _run(
            f"SELECT COUNT(*) FILTER ({which}), COUNT(*) FILTER (NOT ({which})) FROM read_parquet('{file}')"  # noqa: S608
        ).fetchone()
        if gone and left:
            self._write(day, f"SELECT * FROM read_parquet('{file}') WHERE NOT ({which})")  # noqa: S608
        elif gone:
            path.unlink()
        return int(gone)


def hot_days(database: Store, tenant: str, end_us: int) -> Iterator[int]:
    """Days, by their number since 1970, of which a database holds points from before a moment."""
    of_series = "SELECT MIN(time_us) FROM point p WHERE p.series=s.number AND p.time_us>=? AND p.time_us<?"
    sql = f"SELECT MIN(({of_series})) FROM series s WHERE s.tenant=?"  # noqa: S608 - one look into the key for each series
    start = -(2**62)
    while (first := database.read().execute(sql, (start, end_us, tenant)).fetchone()[0]) is not None:
        yield first // DAY_US
        start = (first // DAY_US + 1) * DAY_US


def _hot(database: Store, tenant: str, day: int) -> list[Any]:
    """Points of a day, as many as a portion has."""
    sql = f"SELECT {_COLUMNS} FROM point WHERE {_OF_TENANT} ORDER BY series, time_us LIMIT {PORTION}"  # noqa: S608
    found: list[Any] = database.read().execute(sql, (tenant, day * DAY_US, (day + 1) * DAY_US)).fetchall()
    return found


@lru_cache(maxsize=8)
def _days(folder: Path, _changed: int) -> dict[int, Path]:
    """The files of a folder as it was when it was changed last."""
    found = {
        (datetime.fromisoformat(path.stem).replace(tzinfo=UTC) - _EPOCH).days: path for path in folder.glob("*.parquet")
    }
    return dict(sorted(found.items()))


def _columns(rows: Sequence[Any]) -> dict[str, Any]:
    """Rows as arrays that DuckDB reads in place."""
    count = len(rows)
    texts = np.empty(count, dtype=object)
    texts[:] = [None if row[3] is None else bytes(row[3]).decode() for row in rows]
    return {
        "series": np.fromiter((row[0] for row in rows), np.int64, count),
        "time_us": np.fromiter((row[1] for row in rows), np.int64, count),
        "amount": np.fromiter((np.nan if row[2] is None else row[2] for row in rows), np.float64, count),
        "json": texts,
        "written_us": np.fromiter((row[4] for row in rows), np.int64, count),
        "observed": np.fromiter((row[5] for row in rows), np.int64, count),
    }


_local = threading.local()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _duckdb() -> Any:  # noqa: ANN401 - a module
    """DuckDB, an optional extra. Raises UnavailableError."""
    try:
        import duckdb  # noqa: PLC0415
    except ImportError:
        raise UnavailableError(
            "archived time series need DuckDB, which is not installed",
            remedy="Install it: pip install 'hanse[history]'.",
            reason="STORAGE_UNAVAILABLE",
        ) from None
    return duckdb


def _run(sql: str, values: Sequence[Any] = (), *, fresh: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
    """One statement in a database of this thread's own; `fresh` can be named in it as a table.

    Raises:
        FileNotFoundError: a file that it names is gone.
        UnavailableError: STORAGE_UNAVAILABLE: the disk is full, a file is broken, there is no DuckDB.
    """
    duckdb = _duckdb()
    if getattr(_local, "connection", None) is None:
        _local.connection = duckdb.connect(":memory:", config={"threads": "1"})
    cursor = _local.connection.cursor()  # of its own: a result that is not read to its end is in nobody's way
    try:
        if fresh is not None:
            cursor.register("given", fresh)
            cursor.execute(
                "CREATE TEMP TABLE fresh AS SELECT series, time_us,"
                " CASE WHEN isnan(amount) THEN NULL ELSE amount END AS amount, CAST(json AS VARCHAR) AS json,"
                " written_us, observed FROM given"
            )
        return cursor.execute(sql, list(values))
    except duckdb.IOException as error:
        if "No files found" in str(error):
            raise FileNotFoundError(str(error)) from None
        raise _storage_error(error) from error
    except duckdb.Error as error:
        raise _storage_error(error) from error


def _storage_error(error: Exception) -> UnavailableError:
    return UnavailableError(
        f"archived time series cannot be read or written: {str(error).splitlines()[0][:300]}",
        remedy="See that the disk of the twin's state folder has room and that its files are whole.",
        reason="STORAGE_UNAVAILABLE",
    )
