# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Points of a series summed up by periods, in arrays (CIM 009 clause 4.5.19)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hanse.twin.history.periods import Periods


HOUR_US = 3_600_000_000
# What several points are together: from when to when, how many, their sum, that of their squares and of the squares of
# their distances from their mean, their extremes.
HOURS = np.dtype(
    [
        ("first", np.int64),
        ("last", np.int64),
        ("count", np.int64),
        ("total", np.float64),
        ("squares", np.float64),
        ("spread", np.float64),
        ("lowest", np.float64),
        ("highest", np.float64),
    ]
)
NO_HOURS: NDArray[Any] = np.empty(0, dtype=HOURS)


class Method(StrEnum):
    """How a period's numbers become one, by NGSI-LD's names; the deviation is that of the whole population."""

    COUNT = "totalCount"
    DISTINCT = "distinctCount"
    SUM = "sum"
    AVERAGE = "avg"
    MINIMUM = "min"
    MAXIMUM = "max"
    DEVIATION = "stddev"
    SQUARES = "sumsq"


class TooCoarseError(Exception):
    """A period begins within an hour of which only the sum is at hand: read its points."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Beginnings and ends of the periods that hold points, and a row of numbers for each method."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    values: tuple[NDArray[np.float64], ...]


def summarise(
    times: NDArray[np.int64],
    numbers: NDArray[np.float64],
    methods: Sequence[Method],
    periods: Periods,
    end_us: int | None = None,
    hours: NDArray[Any] = NO_HOURS,
) -> Summary:
    """Sums up points; those of several series may be put together.

    Args:
        times: microseconds since 1970, in any order.
        numbers: a value for each, all finite.
        methods: what to compute.
        periods: how time is divided; periods without points are left out.
        end_us: where the one period of a whole span ends; by default with its last point.
        hours: further points, put together hour by hour (dtype `HOURS`).

    Raises:
        LimitExceededError: the span has too many periods.
        TooCoarseError: hours are not fine enough for these periods.
    """
    if len(hours):
        blocks = np.sort(
            np.concatenate([hours[list(HOURS.names or ())].astype(HOURS), _blocks(times, numbers)]), order="first"
        )
        return _summarise(
            blocks["first"], blocks["last"], methods, periods, end_us, lambda bounds: _Blocks(blocks, bounds)
        )
    if not len(times):
        empty = np.empty(0, dtype=np.int64)
        return Summary(empty, empty, tuple(np.empty(0) for _ in methods))
    if np.any(times[1:] < times[:-1]):
        order = np.argsort(times, kind="stable")
        times, numbers = times[order], numbers[order]
    return _summarise(times, times, methods, periods, end_us, lambda bounds: _Groups(numbers, bounds))


def _summarise(
    firsts: NDArray[np.int64],
    lasts: NDArray[np.int64],
    methods: Sequence[Method],
    periods: Periods,
    end_us: int | None,
    grouped: Callable[[NDArray[np.int64]], _Computing],
) -> Summary:
    """Sums up what begins and ends at these times, ordered by them."""
    end = int(lasts.max())
    edges = periods.split(int(firsts[0]), end)
    if edges is None:
        start = periods.anchor_us if periods.anchor_us is not None else int(firsts[0])
        edges = np.array([start, end if end_us is None else end_us], dtype=np.int64)
        bounds = np.zeros(1, dtype=np.int64)
        starts, ends = edges[:1], edges[1:]
    else:
        if firsts is not lasts and np.any(
            np.searchsorted(edges, firsts, "right") != np.searchsorted(edges, lasts, "right")
        ):
            raise TooCoarseError
        found = np.searchsorted(firsts, edges)
        held = np.flatnonzero(found[1:] > found[:-1])
        bounds, starts, ends = found[held], edges[held], edges[held + 1]
    groups = grouped(bounds)
    return Summary(starts, ends, tuple(groups.compute(method) for method in methods))


def _blocks(times: NDArray[np.int64], numbers: NDArray[np.float64]) -> NDArray[Any]:
    """Each point by itself, as hours are."""
    made = np.zeros(len(times), dtype=HOURS)
    made["first"] = made["last"] = times
    made["count"] = 1
    made["total"] = made["lowest"] = made["highest"] = numbers
    made["squares"] = numbers * numbers
    return made


class _Computing(Protocol):
    """Groups of what lies in one period each."""

    def compute(self, method: Method) -> NDArray[np.float64]:
        """One number a group."""
        ...


class _Blocks:
    """Blocks in the order of time, and where each group begins."""

    def __init__(self, blocks: NDArray[Any], bounds: NDArray[np.int64]) -> None:
        self._blocks, self._bounds = blocks, bounds

    def compute(self, method: Method) -> NDArray[np.float64]:
        """One number a group. Raises TooCoarseError for what blocks do not tell."""
        match method:
            case Method.COUNT:
                found = self._sums("count")
            case Method.SUM:
                found = self._sums("total")
            case Method.AVERAGE:
                found = self._sums("total") / self._sums("count")
            case Method.SQUARES:
                found = self._sums("squares")
            case Method.MINIMUM:
                found = np.minimum.reduceat(self._blocks["lowest"], self._bounds)
            case Method.MAXIMUM:
                found = np.maximum.reduceat(self._blocks["highest"], self._bounds)
            case Method.DEVIATION:
                found = self._deviation()
            case Method.DISTINCT:
                raise TooCoarseError
        return np.asarray(found, dtype=np.float64)

    def _sums(self, name: str) -> NDArray[Any]:
        return np.add.reduceat(self._blocks[name], self._bounds)

    def _deviation(self) -> NDArray[Any]:
        """Distances within blocks, and of the blocks' means from the group's (Chan, Golub and LeVeque 1983)."""
        counts, sizes = self._sums("count"), np.diff(np.append(self._bounds, len(self._blocks)))
        means = np.repeat(self._sums("total") / counts, sizes)
        away = self._blocks["total"] / self._blocks["count"] - means
        spread = self._sums("spread") + np.add.reduceat(self._blocks["count"] * away * away, self._bounds)
        return np.asarray(np.sqrt(spread / counts))


class _Groups:
    """Numbers in the order of time, and where each group begins."""

    def __init__(self, numbers: NDArray[np.float64], bounds: NDArray[np.int64]) -> None:
        self._numbers, self._bounds = numbers, bounds
        self._counts = np.diff(np.append(bounds, len(numbers)))
        self._ways: dict[Method, Callable[[], NDArray[np.float64]]] = {
            Method.COUNT: lambda: self._counts.astype(np.float64),
            Method.SUM: lambda: self._sums(self._numbers),
            Method.AVERAGE: lambda: self._sums(self._numbers) / self._counts,
            Method.MINIMUM: lambda: np.minimum.reduceat(self._numbers, self._bounds),
            Method.MAXIMUM: lambda: np.maximum.reduceat(self._numbers, self._bounds),
            Method.SQUARES: lambda: self._sums(self._numbers * self._numbers),
            Method.DEVIATION: self._deviation,
            Method.DISTINCT: self._distinct,
        }

    def compute(self, method: Method) -> NDArray[np.float64]:
        """One number a group."""
        found: NDArray[np.float64] = self._ways[method]()
        return found

    def _sums(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.add.reduceat(numbers, self._bounds)

    def _deviation(self) -> NDArray[np.float64]:
        means = np.repeat(self._sums(self._numbers) / self._counts, self._counts)
        return np.asarray(np.sqrt(self._sums((self._numbers - means) ** 2) / self._counts), dtype=np.float64)

    def _distinct(self) -> NDArray[np.float64]:
        group = np.repeat(np.arange(len(self._bounds)), self._counts)
        order = np.lexsort((self._numbers, group))
        ordered, belongs = self._numbers[order], group[order]
        fresh = np.ones(len(ordered), dtype=bool)
        fresh[1:] = (ordered[1:] != ordered[:-1]) | (belongs[1:] != belongs[:-1])
        return np.bincount(belongs[fresh], minlength=len(self._bounds)).astype(np.float64)
