# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Points of a series summed up by periods, in arrays (CIM 009 clause 4.5.19)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hanse.twin.periods import Periods


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
) -> Summary:
    """Sums up points; those of several series may be put together.

    Args:
        times: microseconds since 1970, in any order.
        numbers: a value for each, all finite.
        methods: what to compute.
        periods: how time is divided; periods without points are left out.
        end_us: where the one period of a whole span ends; by default with its last point.

    Raises:
        LimitExceededError: the span has too many periods.
    """
    if not len(times):
        empty = np.empty(0, dtype=np.int64)
        return Summary(empty, empty, tuple(np.empty(0) for _ in methods))
    if np.any(times[1:] < times[:-1]):
        order = np.argsort(times, kind="stable")
        times, numbers = times[order], numbers[order]
    edges = periods.split(int(times[0]), int(times[-1]))
    if edges is None:
        start = periods.anchor_us if periods.anchor_us is not None else int(times[0])
        edges = np.array([start, int(times[-1]) if end_us is None else end_us], dtype=np.int64)
        bounds = np.zeros(1, dtype=np.int64)
        starts, ends = edges[:1], edges[1:]
    else:
        firsts = np.searchsorted(times, edges)
        held = np.flatnonzero(firsts[1:] > firsts[:-1])
        bounds, starts, ends = firsts[held], edges[held], edges[held + 1]
    groups = _Groups(numbers, bounds)
    return Summary(starts, ends, tuple(groups.compute(method) for method in methods))


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
