# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What SQLite and PostgreSQL say differently; every other statement of the twin is the same on both.

Each is in a file of its own (`sqlite.py`, `postgresql.py`). Names in the SQL are ours, values are bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from hanse.twin.model import Box, Operator, Scalar

LIVING, PAST = "", "past_"
# series, time_us, amount, json, written_us, observed
PointRow = tuple[int, int, float | None, bytes | None, int, int]
DEGREES, METRES = "geo", "plane"
LETTERS = "abc"  # columns of a bound table


NUMBERS = "FROM point WHERE series=? AND time_us>=? AND time_us<? AND amount IS NOT NULL"


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
