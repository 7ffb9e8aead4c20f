# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Sums that draw on what hours add up to equal plain Python's over the same points, whatever was done to those."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_right
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule
from test_twin_history import MINUTE, START, TIMES, URN, VALUES, HistoryMachine

from hanse.twin.adapters.history.hours import LEAST, Hours
from hanse.twin.history.aggregating import Method, TooCoarseError, summarise
from hanse.twin.history.model import Appended, Span
from hanse.twin.history.periods import Periods, duration

PLAIN = {
    Method.COUNT: len,
    Method.SUM: math.fsum,
    Method.AVERAGE: statistics.fmean,
    Method.MINIMUM: min,
    Method.MAXIMUM: max,
    Method.DEVIATION: statistics.pstdev,
    Method.SQUARES: lambda some: math.fsum(one * one for one in some),
}
METHODS = list(PLAIN)


class HoursMachine(HistoryMachine):
    """Points by the minute, many at once, so that hours fill; and points that go without anybody saying so."""

    @rule(first=TIMES, count=st.integers(LEAST, 400), value=VALUES)
    def append_many(self, first: int, count: int, value: int) -> None:
        self.append(points={minute: value + minute % 7 for minute in range(first, first + count)})

    @rule(first=TIMES, count=st.integers(1, 200))
    def take_away(self, first: int, count: int) -> None:
        """What the entity shows stays."""
        sql = "DELETE FROM point WHERE time_us>=? AND time_us<?"
        with self.twin.database.write() as connection:
            connection.execute(sql, (START + first * MINUTE, START + (first + count) * MINUTE))
        left = set(self.minutes_stored())
        kept = None if self.latest is None else self.latest[0]
        self.series: dict[int, float] = {
            minute: value for minute, value in self.series.items() if minute in left or minute == kept
        }

    def minutes_stored(self) -> list[int]:
        """As the tracks have them, which know of no hours."""
        tracks = self.history.tracks([self.entity()], ["speed"], Span())
        return [(point.time_us - START) // MINUTE for track in tracks for point in track.points]

    @rule(
        first=TIMES,
        count=st.integers(1, 5_000),
        period=st.sampled_from(["", "PT1H", "PT3H", "P1D", "PT30M"]),
        zone=st.sampled_from(["UTC", "Europe/Amsterdam", "Asia/Kolkata"]),
    )
    def sum_up(self, first: int, count: int, period: str, zone: str) -> None:
        span = Span(START + first * MINUTE, START + (first + count) * MINUTE)
        expected = {
            START + minute * MINUTE: value for minute, value in self.series.items() if first <= minute < first + count
        }
        columns = list(self.history.columns([self.entity()], ["speed"], span, by_hour=True))
        assert sum(len(one.times) + int(one.hours["count"].sum()) for one in columns) == len(expected)
        if not expected:
            return
        periods = Periods(duration(period), zone)
        try:
            found = self.summary(columns[0], periods)
        except TooCoarseError:
            assert period == "PT30M" or zone == "Asia/Kolkata"
            (fine,) = self.history.columns([self.entity()], ["speed"], span)
            found = self.summary(fine, periods)
        check(found, expected, periods)

    @staticmethod
    def summary(one: Any, periods: Periods) -> Any:
        return summarise(one.times, one.numbers, METHODS, periods, hours=one.hours)


def check(found: Any, expected: dict[int, float], periods: Periods) -> None:
    edges = periods.split(min(expected), max(expected))
    groups: dict[int, list[float]] = {}
    for time, value in expected.items():
        start = min(expected) if edges is None else int(edges[bisect_right(edges.tolist(), time) - 1])
        groups.setdefault(start, []).append(value)
    assert found.starts.tolist() == sorted(groups)
    for method, row in zip(METHODS, found.values, strict=True):
        wanted = [float(PLAIN[method](groups[start])) for start in sorted(groups)]
        assert row.tolist() == pytest.approx(wanted, rel=1e-9, abs=1e-6)


class PostgresHoursMachine(HoursMachine):
    """The same on PostgreSQL."""

    store = "postgres"


SETTINGS = settings(max_examples=12, stateful_step_count=15, deadline=None)
HoursMachine.TestCase.settings = SETTINGS
PostgresHoursMachine.TestCase.settings = settings(SETTINGS, max_examples=5)
TestHours = HoursMachine.TestCase
TestPostgresHours = pytest.mark.usefixtures("postgres")(PostgresHoursMachine.TestCase)
del HistoryMachine


class Filled(HoursMachine):
    """A machine used as a fixture, step by step."""

    def begun(self) -> Filled:
        self.begin()
        return self


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_hours_are_kept_and_used(store: str, request: pytest.FixtureRequest) -> None:
    """Past hours that are full come put together; the newest, and one that was touched alone, point by point."""
    if store == "postgres":
        request.getfixturevalue("postgres")
    Filled.store = store
    machine = Filled().begun()
    try:
        machine.append_many(first=0, count=600, value=1)
        (whole,) = machine.history.columns([machine.entity()], ["speed"], Span(), by_hour=True)
        assert whole.hours["count"].tolist() == [60] * 9
        assert len(whole.times) == 60
        machine.take_away(first=70, count=1)
        (whole,) = machine.history.columns([machine.entity()], ["speed"], Span(), by_hour=True)
        assert whole.hours["count"].tolist() == [60] * 8
        assert len(whole.times) == 59 + 60
        machine.history.append([Appended(0, URN, "speed", "", "KMH", [START + 70 * MINUTE], [9.0])])
        (whole,) = machine.history.columns([machine.entity()], ["speed"], Span(), by_hour=True)
        assert whole.hours["count"].tolist() == [60] * 9
        assert whole.hours["highest"].max() == 9.0
    finally:
        machine.teardown()


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_a_stream_of_single_points_fills_hours(store: str, request: pytest.FixtureRequest) -> None:
    """As the entity is written again and again, the hour that ended is put together."""
    if store == "postgres":
        request.getfixturevalue("postgres")
    Filled.store = store
    machine = Filled().begun()
    try:
        for minute in range(0, 130, 3):
            machine.replace_value(minute=minute, value=minute)
        found = Hours(machine.twin.database.read(), machine.history.dialect).read(
            [one.number for one in machine.history.series(URN)], Span()
        )
        assert [one["count"].tolist() for one in found.values()] == [[20, 20]]
        machine.sum_up(first=0, count=200, period="PT1H", zone="UTC")
    finally:
        machine.teardown()


def test_numbers_that_squares_overflow_have_no_hour() -> None:
    Filled.store = "sqlite"
    machine = Filled().begun()
    try:
        times = [START + minute * MINUTE for minute in range(180)]
        machine.history.append([Appended(0, URN, "speed", "", "KMH", times, [1e300] * 60 + [1.0] * 120)])
        (whole,) = machine.history.columns([machine.entity()], ["speed"], Span(), by_hour=True)
        assert whole.hours["count"].tolist() == [60]
        assert len(whole.times) == 120
    finally:
        machine.teardown()


def test_hours_before_1970_are_counted_down() -> None:
    Filled.store = "sqlite"
    machine = Filled().begun()
    try:
        times = [-200 * MINUTE + minute * MINUTE for minute in range(180)]
        machine.history.append([Appended(0, URN, "speed", "", "KMH", times, [1.0] * 180)])
        (whole,) = machine.history.columns([machine.entity()], ["speed"], Span(), by_hour=True)
        assert whole.hours["hour"].tolist() == [-4, -3, -2]
        machine.history.append([Appended(0, URN, "speed", "", "KMH", [-130 * MINUTE], [5.0])])
        (whole,) = machine.history.columns([machine.entity()], ["speed"], Span(), by_hour=True)
        assert whole.hours["total"].tolist() == [20.0, 64.0, 60.0]
    finally:
        machine.teardown()
