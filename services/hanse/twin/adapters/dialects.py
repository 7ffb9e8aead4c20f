# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What SQLite and PostgreSQL say differently; every other statement of the twin is the same on both.

Names in the SQL are ours, values are bound.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from hanse.twin.adapters.schema_postgres import PARTITION
from hanse.twin.adapters.statements import corners, stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from hanse.twin.model import Box, Operator, Scalar

LIVING, PAST = "", "past_"
# series, time_us, amount, json, written_us, observed
PointRow = tuple[int, int, float | None, bytes | None, int, int]
DEGREES, METRES = "geo", "plane"
_LETTERS = "abc"


_NUMBERS = "FROM point WHERE series=? AND time_us>=? AND time_us<? AND amount IS NOT NULL"
_COPY_HEADER = 19  # signature, flags, length of the extension
_COPIED = np.dtype([("fields", ">i2"), ("length", ">i4"), ("time", ">i8"), ("length_too", ">i4"), ("number", ">f8")])


class Connection(Protocol):
    """A database connection that takes `?` for values."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:  # noqa: ANN401 - a cursor of either driver
        """Runs one statement."""
        ...

    def executemany(self, sql: str, rows: Any, /) -> Any:  # noqa: ANN401 - drivers differ
        """Runs one statement for each row."""
        ...


class Dialect(Protocol):
    """The few places where the two differ. `text_column` is that of `entity_scalar` which holds texts."""

    text_column: str

    def among(self, column: str) -> str:
        """A condition: the column is one of the list that is bound as `listed` gives it."""
        ...

    def listed(self, values: Iterable[str]) -> Any:  # noqa: ANN401 - drivers differ
        """A list of texts as one bound value."""
        ...

    def in_box(self, tree: str, age: str, box: Box) -> tuple[str, list[Any]]:
        """A subquery of the numbers of rows whose box may meet `box`, in the tree of that age."""
        ...

    def put_boxes(self, connection: Connection, tree: str, age: str, boxes: Sequence[tuple[int, Box]]) -> None:
        """Writes boxes of rows into a tree."""
        ...

    def take_boxes(self, connection: Connection, age: str, numbers: Sequence[int]) -> None:
        """Takes the boxes of rows out of both trees."""
        ...

    def put_scalars(
        self, connection: Connection, tenant: str, scalars: Sequence[tuple[int, str, Scalar | None]]
    ) -> None:
        """Writes the values that queries filter on: of a row's number, by name."""
        ...

    def compares(self, operator: Operator, value: Scalar) -> tuple[str, list[Any]]:
        """A condition on `s`, a row of `entity_scalar`: its value is of the same kind and compares so."""
        ...

    def counted(self, values: Iterable[int]) -> Any:  # noqa: ANN401 - drivers differ
        """A list of whole numbers as one bound value."""
        ...

    def given(self, rows: Sequence[tuple[int, ...]]) -> tuple[str, list[Any]]:
        """A table of bound whole numbers, with the columns a, b and so on."""
        ...

    def rows(self, connection: Connection, sql: str, values: Sequence[Any]) -> Iterator[Any]:
        """The rows of a query, fetched while they are taken."""
        ...

    def put_points(self, connection: Connection, rows: Sequence[PointRow], *, replace: bool) -> None:
        """Writes points of series; one at the time of another replaces it, or is left out."""
        ...

    def take_points(self, connection: Connection, rows: Sequence[PointRow]) -> None:
        """Deletes points that are as they were: of the same series, time and time of writing."""
        ...

    def numbers(self, connection: Connection, series: int, start_us: int, end_us: int) -> NDArray[Any]:
        """The numbers of a series in a span, with the fields `time` and `number`."""
        ...


class SqliteDialect:
    """R*Trees, and one column for scalars of every kind."""

    text_column = "value"

    # SQLite has no booleans, and true is not 1: they are blobs, and so is the mark of an attribute without a scalar.
    _KINDS = {bool: "s.value IN (x'00', x'01')", str: "typeof(s.value)='text'"}  # noqa: RUF012 - never written
    _NUMBERS = "typeof(s.value) IN ('integer','real')"

    def among(self, column: str) -> str:
        """A condition on one bound JSON array."""
        return f"{column} IN (SELECT value FROM json_each(?))"  # noqa: S608

    def listed(self, values: Iterable[str]) -> str:
        """A JSON array."""
        return json.dumps(list(values))

    def in_box(self, tree: str, age: str, box: Box) -> tuple[str, list[Any]]:
        """The R*Tree holds 32-bit floats rounded outwards: exact boxes are compared after it."""
        x1, x2, y1, y2 = _NAMES[tree]
        sql = f"SELECT number FROM entity_{age}{tree} WHERE {x1}<=? AND {x2}>=? AND {y1}<=? AND {y2}>=?"  # noqa: S608
        return sql, [box.max_x, box.min_x, box.max_y, box.min_y]

    def put_boxes(self, connection: Connection, tree: str, age: str, boxes: Sequence[tuple[int, Box]]) -> None:
        """One row a box."""
        connection.executemany(
            f"INSERT INTO entity_{age}{tree} VALUES (?,?,?,?,?)",  # noqa: S608
            [(number, box.min_x, box.max_x, box.min_y, box.max_y) for number, box in boxes],
        )

    def take_boxes(self, connection: Connection, age: str, numbers: Sequence[int]) -> None:
        """From both trees."""
        for tree in (DEGREES, METRES):
            connection.executemany(f"DELETE FROM entity_{age}{tree} WHERE number=?", [(each,) for each in numbers])  # noqa: S608

    def put_scalars(
        self, connection: Connection, tenant: str, scalars: Sequence[tuple[int, str, Scalar | None]]
    ) -> None:
        """One row a value; equal ones of an entity once. Name by name, as they lie in the table: that is faster."""
        connection.executemany(
            "INSERT OR IGNORE INTO entity_scalar VALUES (?,?,?,?)",
            [(tenant, name, stored(value), number) for number, name, value in sorted(scalars, key=itemgetter(1))],
        )

    def compares(self, operator: Operator, value: Scalar) -> tuple[str, list[Any]]:
        """Kinds are told apart by `typeof`."""
        kind = self._KINDS.get(type(value), self._NUMBERS)
        return f"{kind} AND s.value{operator.value}?", [stored(value)]

    def counted(self, values: Iterable[int]) -> str:
        """A JSON array."""
        return json.dumps(list(values))

    def given(self, rows: Sequence[tuple[int, ...]]) -> tuple[str, list[Any]]:
        """One JSON array of arrays."""
        names = zip(_LETTERS, range(len(rows[0])), strict=False)
        columns = ", ".join(f"json_extract(value, '$[{index}]') AS {name}" for name, index in names)
        return f"(SELECT {columns} FROM json_each(?))", [json.dumps(rows)]  # noqa: S608

    def rows(self, connection: Connection, sql: str, values: Sequence[Any]) -> Iterator[Any]:
        """SQLite computes a row when it is taken."""
        return iter(connection.execute(sql, values))

    def put_points(self, connection: Connection, rows: Sequence[PointRow], *, replace: bool) -> None:
        """One row a point."""
        how = "REPLACE" if replace else "IGNORE"
        connection.executemany(f"INSERT OR {how} INTO point VALUES (?,?,?,?,?,?)", rows)  # noqa: S608

    def take_points(self, connection: Connection, rows: Sequence[PointRow]) -> None:
        """One statement a point."""
        connection.executemany(
            "DELETE FROM point WHERE series=? AND time_us=? AND written_us=?",
            [(row[0], row[1], row[4]) for row in rows],
        )

    def numbers(self, connection: Connection, series: int, start_us: int, end_us: int) -> NDArray[Any]:
        """Read as tuples."""
        rows = connection.execute(f"SELECT time_us, amount {_NUMBERS}", (series, start_us, end_us)).fetchall()
        return np.fromiter(rows, dtype=[("time", np.int64), ("number", np.float64)], count=len(rows))


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
        return f"(SELECT * FROM unnest({table}) AS u({','.join(_LETTERS[: len(columns)])}))", list(columns)  # noqa: S608

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
        chosen = f"SELECT time_us, amount {_NUMBERS}".replace("?", "{}").format(int(series), int(start_us), int(end_us))
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


_NAMES = {
    DEGREES: ("west", "east", "south", "north"),
    METRES: ("min_x", "max_x", "min_y", "max_y"),
}
