# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the points of an hour (UTC) of a series add up to, kept in the table `point_hour` beside them.

Whatever touches a point takes its hour's row away, by triggers in the database itself: a row that is there is right.
Hours without one are read point by point, so rows are made when it suits: where points were written, for hours that
are past and hold enough of them, in the transaction that wrote them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from hanse.twin.history.aggregating import HOUR_US, HOURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from hanse.twin.adapters.databases.dialects import Connection, Dialect, PointRow
    from hanse.twin.history.model import Span

LEAST = 16  # points that make an hour worth a row
_POINTS_A_GAP = 200  # reading a gap between hours costs about as much as so many points
_BACK_US = 24 * HOUR_US
# An hour's numbers; squares of what is larger than this could overflow, such hours have no row.
_LARGEST = 1e100
_AROUND = (
    "SELECT g.a, (SELECT MAX(time_us) FROM point WHERE series=g.a AND time_us>=g.b-{back} AND time_us<g.b),"
    " EXISTS (SELECT 1 FROM point WHERE series=g.a AND time_us>=g.c) FROM {given} g"
)
_HELD = "SELECT g.a, g.b FROM {given} g JOIN point_hour h ON h.series=g.a AND h.hour=g.b"
_MAKE = """
INSERT INTO point_hour SELECT series, hour, MIN(time_us), MAX(time_us), COUNT(*), SUM(amount), SUM(amount*amount),
 SUM((amount-mean)*(amount-mean)), MIN(amount), MAX(amount)
FROM (
  SELECT s.*, AVG(amount) OVER (PARTITION BY series, hour) AS mean FROM (
    SELECT g.a AS series, g.b AS hour, p.time_us,
      CASE WHEN ABS(p.amount)<{largest} THEN p.amount END AS amount
    FROM {given} g JOIN point p ON p.series=g.a AND p.time_us>=g.b*{hour} AND p.time_us<g.b*{hour}+{hour}
    WHERE p.amount IS NOT NULL
  ) s
) t GROUP BY series, hour HAVING COUNT(*)>={least} AND COUNT(*)=COUNT(amount) ON CONFLICT DO NOTHING
"""
_READ = (
    "SELECT series, hour, first_us, last_us, count, total, squares, spread, lowest, highest FROM point_hour"
    " WHERE {} AND first_us>=? AND last_us<? ORDER BY series, hour"
)


@dataclass(frozen=True, slots=True)
class Hours:
    """The table, through one connection."""

    connection: Connection
    dialect: Dialect

    def note(self, rows: Sequence[PointRow]) -> None:
        """Makes rows of past hours that these points, which were just written, belong to or follow."""
        touched: dict[int, set[int]] = defaultdict(set)
        for series, time_us, amount, *_ in rows:
            if amount is not None:
                touched[series].add(time_us // HOUR_US)
        if not touched:
            return
        wanted: list[tuple[int, int]] = []
        before: list[tuple[int, int]] = []
        ends = [(series, min(hours) * HOUR_US, (max(hours) + 1) * HOUR_US) for series, hours in touched.items()]
        for series, previous, followed in self._run(_AROUND, ends):
            newest = max(touched[series])
            wanted += [(series, hour) for hour in touched[series] if followed or hour != newest]
            if previous is not None:
                before.append((series, previous // HOUR_US))
        wanted += set(before).difference(map(tuple, self._run(_HELD, before)))
        if wanted:
            sql = _MAKE.replace("{hour}", str(HOUR_US)).replace("{least}", str(LEAST))
            given, values = self.dialect.given(sorted(wanted))
            self.connection.execute(sql.replace("{largest}", str(_LARGEST)).replace("{given}", given), values)

    def _run(self, sql: str, given: Sequence[tuple[int, ...]]) -> list[Any]:
        if not given:
            return []
        table, values = self.dialect.given(given)
        found: list[Any] = self.connection.execute(
            sql.replace("{back}", str(_BACK_US)).replace("{given}", table), values
        ).fetchall()
        return found

    def read(self, series: Iterable[int], span: Span) -> dict[int, NDArray[Any]]:
        """The hours of series that lie in a span with all their points, in order; of dtype `HOURS` and `hour`."""
        rows = self.connection.execute(
            _READ.format(self.dialect.among("series")), (self.dialect.counted(series), span.start_us, span.end_us)
        ).fetchall()
        if not rows:
            return {}
        every = np.array([tuple(row) for row in rows], dtype=_ROW)
        bounds = [0, *(np.flatnonzero(np.diff(every["series"])) + 1).tolist(), len(every)]
        return {int(every["series"][a]): every[a:b] for a, b in pairwise(bounds)}


_ROW = np.dtype([("series", np.int64), ("hour", np.int64), *HOURS.descr])


def gaps(hours: NDArray[Any], span: Span) -> Iterator[tuple[int, int]]:
    """The parts of a span that lie between these hours."""
    start = span.start_us
    for hour in hours["hour"].tolist():
        if hour * HOUR_US > start:
            yield start, hour * HOUR_US
        start = (hour + 1) * HOUR_US
    if start < span.end_us:
        yield start, span.end_us


def worth(hours: NDArray[Any]) -> bool:
    """Whether reading hours and the gaps between them is less than reading all their points."""
    breaks = int(np.count_nonzero(np.diff(hours["hour"]) != 1)) if len(hours) else 0
    return len(hours) > 0 and breaks * _POINTS_A_GAP < int(hours["count"].sum())
