# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Sums by periods equal what plain Python makes of the same points."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_right

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.twin.history.aggregating import Method, summarise
from hanse.twin.history.periods import Periods, duration

NUMBERS = st.one_of(st.integers(-50, 50).map(float), st.floats(-1e6, 1e6, allow_nan=False))
POINTS = st.lists(
    st.tuples(st.integers(1_700_000_000_000_000, 1_700_000_000_000_000 + 86_400_000_000 * 9), NUMBERS), max_size=60
)
PLAIN = {
    Method.COUNT: len,
    Method.DISTINCT: lambda some: len(set(some)),
    Method.SUM: math.fsum,
    Method.AVERAGE: statistics.fmean,
    Method.MINIMUM: min,
    Method.MAXIMUM: max,
    Method.DEVIATION: statistics.pstdev,
    Method.SQUARES: lambda some: math.fsum(one * one for one in some),
}


@given(points=POINTS, period=st.sampled_from(["", "PT6H", "P1D", "P1W", "PT37M", "P1M", "P1DT1H"]), data=st.data())
def test_sums_by_periods_equal_plain_python(points: list[tuple[int, float]], period: str, data: st.DataObject) -> None:
    zone = data.draw(st.sampled_from(["UTC", "Europe/Amsterdam", "Asia/Kolkata"]))
    methods = data.draw(st.lists(st.sampled_from(list(Method)), min_size=1, unique=True))
    periods = Periods(duration(period), zone)
    times = np.array([time for time, _ in points], dtype=np.int64)
    found = summarise(times, np.array([value for _, value in points]), methods, periods)
    groups: dict[int, list[float]] = {}
    edges = periods.split(int(times.min()), int(times.max())) if points else None
    for time, value in points:
        start = int(times.min()) if edges is None else edges.tolist()[bisect_right(edges.tolist(), time) - 1]
        groups.setdefault(start, []).append(value)
    assert found.starts.tolist() == sorted(groups)
    for method, row in zip(methods, found.values, strict=True):
        expected = [float(PLAIN[method](groups[start])) for start in sorted(groups)]
        assert row.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-3 if method is Method.DEVIATION else 1e-6)
