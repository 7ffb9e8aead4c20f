# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's statements as PostgreSQL with PostGIS has them (`hanse.twin.adapters.databases.dialects.Dialect`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from hanse.twin.adapters.databases.dialects import DEGREES, LETTERS, METRES, NUMBERS
from hanse.twin.adapters.databases.schema_postgres import PARTITION
from hanse.twin.adapters.databases.statements import corners

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from hanse.twin.adapters.databases.dialects import Connection, PointRow
    from hanse.twin.model import Box, Operator, Scalar

_COPY_HEADER = 19  # signature, flags, length of the extension
_COPIED = np.dtype([("fields", ">i2"), ("length", ">i4"), ("time", ">i8"), ("length_too", ">i4"), ("number", ">f8")])


class PostgresDialect:
    """PostGIS boxes under GiST, and a column for each kind of scalar."""

    text_column = "text"

    def among(self, column: str) -> str:
        """A condition on one bound array."""
        return f"{column} = ANY(?)"

    def listed(self, values: Iterable[str]) -> list[str]:
        """An array."""
        return list(values)

    def in_box(self, tree: str, age: str, box: Box) -> tuple[str, list[Any]]:
        """PostGIS boxes are 32-bit floats rounded outwards too."""
        sql = f"SELECT number FROM entity_{age}{tree} WHERE box && ST_MakeEnvelope(?,?,?,?)"  # noqa: S608
        return sql, [*corners(box)]

    def put_boxes(self, connection: Connection, tree: str, age: str, boxes: Sequence[tuple[int, Box]]) -> None:
        """One row a box."""
        connection.executemany(
            f"INSERT INTO entity_{age}{tree} VALUES (?, ST_MakeEnvelope(?,?,?,?))",  # noqa: S608
            [(number, *corners(box)) for number, box in boxes],
        )

    def take_boxes(self, connection: Connection, age: str, numbers: Sequence[int]) -> None:
        """From both trees."""
        for tree in (DEGREES, METRES):
            connection.execute(f"DELETE FROM entity_{age}{tree} WHERE number = ANY(?)", (list(numbers),))  # noqa: S608

    def put_scalars(
        self, connection: Connection, tenant: str, scalars: Sequence[tuple[int, str, Scalar | None]]
    ) -> None:
        """One row a value."""
        connection.executemany(
            "INSERT INTO entity_scalar VALUES (?,?,?,?,?,?)",
            [(tenant, name, *self._columns(value), number) for number, name, value in dict.fromkeys(scalars)],
        )

    @staticmethod
    def _columns(value: Scalar | None) -> tuple[str | None, float | None, bool | None]:
        if isinstance(value, bool):
            return None, None, value
        if isinstance(value, str):
            return value, None, None
        return None, None if value is None else float(value), None

    def compares(self, operator: Operator, value: Scalar) -> tuple[str, list[Any]]:
        """A null column compares with nothing."""
        column = "truth" if isinstance(value, bool) else "text" if isinstance(value, str) else "amount"
        return f"s.{column}{operator.value}?", [value]

    def counted(self, values: Iterable[int]) -> list[int]:
        """An array."""
        return list(values)

    def given(self, rows: Sequence[tuple[int, ...]]) -> tuple[str, list[Any]]:
        """An array for each column."""
        columns = [list(column) for column in zip(*rows, strict=True)]
        table = ",".join(["?::bigint[]"] * len(columns))
        return f"(SELECT * FROM unnest({table}) AS u({','.join(LETTERS[: len(columns)])}))", list(columns)  # noqa: S608

    def rows(self, connection: Any, sql: str, values: Sequence[Any]) -> Iterator[Any]:  # noqa: ANN401
        """Through a cursor of the server's (`hanse.kernel.postgres.Connection.stream`)."""
        found: Iterator[Any] = connection.stream(sql, values)
        return found

    def put_points(self, connection: Connection, rows: Sequence[PointRow], *, replace: bool) -> None:
        """One statement, of a column each; partitions are made by month."""
        if not rows:
            return
        for month in sorted({found for row in rows if (found := _month(row[1]))}):
            self._partition(connection, *month)
        # No statement may write a row twice.
        once = list({row[:2]: row for row in rows}.values())
        sql = (
            "INSERT INTO point SELECT * FROM unnest(?::bigint[],?::bigint[],?::double precision[],?::bytea[],"
            "?::bigint[],?::integer[]) ON CONFLICT (series, time_us) DO "
        )
        names = ("amount", "json", "written_us", "observed")
        sql += "UPDATE SET " + ", ".join(f"{name}=excluded.{name}" for name in names) if replace else "NOTHING"
        connection.execute(sql, [list(column) for column in zip(*once, strict=True)])

    def take_points(self, connection: Connection, rows: Sequence[PointRow]) -> None:
        """One statement."""
        columns = [list(column) for column in zip(*((row[0], row[1], row[4]) for row in rows), strict=True)]
        connection.execute(
            "DELETE FROM point p USING unnest(?::bigint[],?::bigint[],?::bigint[]) AS d(series, time_us, written_us)"
            " WHERE p.series=d.series AND p.time_us=d.time_us AND p.written_us=d.written_us",
            columns or [[], [], []],
        )

    def numbers(self, connection: Connection, series: int, start_us: int, end_us: int) -> NDArray[Any]:
        """Copied in PostgreSQL's binary format, in which such rows have all the same length."""
        inner: Any = connection
        chosen = f"SELECT time_us, amount {NUMBERS}".replace("?", "{}").format(int(series), int(start_us), int(end_us))
        with inner.inner.cursor() as cursor, cursor.copy(f"COPY ({chosen}) TO STDOUT (FORMAT BINARY)".encode()) as copy:
            data = b"".join(copy)
        found = np.frombuffer(
            data, dtype=_COPIED, offset=_COPY_HEADER, count=(len(data) - _COPY_HEADER) // _COPIED.itemsize
        )
        made = np.empty(len(found), dtype=[("time", np.int64), ("number", np.float64)])
        made["time"], made["number"] = found["time"], found["number"]
        return made

    @staticmethod
    def _partition(connection: Connection, year: int, month: int) -> None:
        name = f"point_{year:04}_{month:02}"
        if connection.execute("SELECT to_regclass(?)", (name,)).fetchone()[0] is None:
            start, end = _start(year, month), _start(year + month // 12, month % 12 + 1)
            connection.execute(PARTITION.format(name, start, end))


def _month(time_us: int) -> tuple[int, int] | None:
    """The month whose partition holds a moment; what is far from our time stands in the partition of the rest."""
    if not _PARTITIONED[0] <= time_us < _PARTITIONED[1]:
        return None
    moment = _EPOCH + timedelta(microseconds=time_us)
    return moment.year, moment.month


def _start(year: int, month: int) -> int:
    return (datetime(year, month, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PARTITIONED = (_start(2000, 1), _start(2100, 1))
