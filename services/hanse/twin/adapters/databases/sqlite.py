# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's statements as SQLite has them (`hanse.twin.adapters.databases.dialects.Dialect`)."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from hanse.twin.adapters.databases.dialects import DEGREES, LETTERS, METRES, NUMBERS
from hanse.twin.adapters.databases.statements import stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from hanse.twin.adapters.databases.dialects import Connection, PointRow
    from hanse.twin.model import Box, Operator, Scalar

_NAMES = {
    DEGREES: ("west", "east", "south", "north"),
    METRES: ("min_x", "max_x", "min_y", "max_y"),
}


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
        names = zip(LETTERS, range(len(rows[0])), strict=False)
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
        rows = connection.execute(f"SELECT time_us, amount {NUMBERS}", (series, start_us, end_us)).fetchall()
        return np.fromiter(rows, dtype=[("time", np.int64), ("number", np.float64)], count=len(rows))
