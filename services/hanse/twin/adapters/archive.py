# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Older days of time series as Parquet files, one a day (UTC), written and read by DuckDB.

A day is written beside, made durable and put in place before its points leave the database; killed in between, both
hold them, and the database's count. DuckDB is the optional extra `history`.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from hanse.kernel.errors import UnavailableError
from hanse.twin.adapters.series import made
from hanse.twin.history import TimeOf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hanse.twin.adapters.dialects import Dialect
    from hanse.twin.adapters.repository import Store
    from hanse.twin.history import Span
    from hanse.twin.instances import Point

DAY_US = 86_400_000_000
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

    def points(self, series: int, span: Span) -> list[Point]:
        """Points of a series within a span, in the order of time; more than `span.last` may come."""
        files = self._files(span)
        if not files:
            return []
        rows = _run(
            "SELECT time_us, amount, json, written_us, observed FROM read_parquet(?)"  # noqa: S608
            f" WHERE series=? AND {span.condition} ORDER BY time_us",
            [files, series, span.start_us, span.end_us],
        ).fetchall()
        return [made(row) for row in rows]

    def numbers(self, series: int, span: Span) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Times and numbers of a series within a span."""
        files = self._files(span)
        if not files:
            return np.empty(0, np.int64), np.empty(0, np.float64)
        found = _run(
            "SELECT time_us, amount FROM read_parquet(?) WHERE series=? AND time_us>=? AND time_us<?"
            " AND amount IS NOT NULL ORDER BY time_us",
            [files, series, span.start_us, span.end_us],
        ).fetchnumpy()
        return np.asarray(found["time_us"], np.int64), np.asarray(found["amount"], np.float64)

    def take(self, database: Store, dialect: Dialect, tenant: str, before_us: int) -> int:
        """Moves a tenant's whole days that end by a moment out of a database; gives how many points."""
        moved = 0
        end = before_us // DAY_US * DAY_US
        for day in self._hot_days(database, tenant, end):
            start = day * DAY_US
            rows = (
                database.read()
                .execute(
                    f"SELECT {_COLUMNS} FROM point WHERE {_OF_TENANT} ORDER BY series, time_us",  # noqa: S608
                    (tenant, start, start + DAY_US),
                )
                .fetchall()
            )
            self._merge(day, rows)
            with database.write() as connection:
                # What was written since then stays: it is newer than the file.
                dialect.take_points(connection, rows)
            moved += len(rows)
        return moved

    @staticmethod
    def _hot_days(database: Store, tenant: str, end_us: int) -> Iterator[int]:
        sql = f"SELECT MIN(time_us) FROM point WHERE {_OF_TENANT}"  # noqa: S608
        start = -(2**62)
        while (first := database.read().execute(sql, (tenant, start, end_us)).fetchone()[0]) is not None:
            yield first // DAY_US
            start = (first // DAY_US + 1) * DAY_US

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


def _run(sql: str, values: Sequence[Any] = (), *, fresh: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
    """One statement in a database of its own; `fresh` can be named in it as a table."""
    try:
        import duckdb  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise UnavailableError(
            "archived time series need DuckDB, which is not installed",
            remedy="Install it: pip install 'hanse[history]'.",
            reason="STORAGE_UNAVAILABLE",
        ) from None
    connection = getattr(_local, "connection", None)
    if connection is None:
        connection = _local.connection = duckdb.connect(":memory:", config={"threads": "1"})
    if fresh is not None:
        connection.register("given", fresh)
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE fresh AS SELECT series, time_us,"
            " CASE WHEN isnan(amount) THEN NULL ELSE amount END AS amount, CAST(json AS VARCHAR) AS json,"
            " written_us, observed FROM given"
        )
        connection.unregister("given")
    try:
        return connection.execute(sql, list(values))
    finally:
        if fresh is not None:
            connection.execute("DROP TABLE fresh")
