# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""ISO 8601 durations and the periods of clock and calendar, days of 23 and 25 hours among them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hanse.kernel.errors import InvalidInputError, LimitExceededError
from hanse.twin.history.periods import Duration, Periods, duration

HOUR = 3_600_000_000


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * 1_000_000


def beginnings(text: str, zone: str, first: str, last: str, anchor: int | None = None) -> list[str]:
    found = Periods(duration(text), zone, anchor).split(us(first), us(last))
    assert found is not None
    return [datetime.fromtimestamp(each / 1e6, UTC).isoformat()[:16] for each in found.tolist()]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("PT5M", Duration(micros=5 * 60_000_000)),
        ("PT1H30M", Duration(micros=90 * 60_000_000)),
        ("PT0.5S", Duration(micros=500_000)),
        ("P1D", Duration(days=1)),
        ("P2W", Duration(days=14)),
        ("P1Y2M", Duration(months=14)),
        ("P1DT12H", Duration(days=1, micros=12 * HOUR)),
        ("PT0S", Duration()),
        ("", Duration()),
    ],
)
def test_durations_are_read(text: str, made: Duration) -> None:
    assert duration(text) == made


@pytest.mark.parametrize("text", ["P", "PT", "1H", "PT1D", "P1H", "PT-1H", "P1.5D", "PT1H ", "P1DT", "PT1\u0663M"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="ISO 8601"):
        duration(text)


def test_days_begin_at_midnight_on_the_wall_and_are_23_or_25_hours_long() -> None:
    spring = beginnings("P1D", "Europe/Amsterdam", "2026-03-28T12:00:00Z", "2026-03-30T01:00:00Z")
    assert spring == ["2026-03-27T23:00", "2026-03-28T23:00", "2026-03-29T22:00", "2026-03-30T22:00"]
    autumn = beginnings("P1D", "Europe/Amsterdam", "2026-10-25T12:00:00Z", "2026-10-25T22:59:00Z")
    assert autumn == ["2026-10-24T22:00", "2026-10-25T23:00"]


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    assert beginnings("P1W", "UTC", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z") == [
        "2026-11-23T00:00",
        "2026-11-30T00:00",
    ]
    assert beginnings("P1M", "UTC", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z") == [
        "2026-01-01T00:00",
        "2026-02-01T00:00",
        "2026-03-01T00:00",
    ]


def test_an_anchor_begins_a_period_and_months_keep_to_their_last_day() -> None:
    anchor = us("2024-01-31T06:00:00Z")
    assert beginnings("P1M", "UTC", "2024-02-01T00:00:00Z", "2024-03-30T00:00:00Z", anchor) == [
        "2024-01-31T06:00",
        "2024-02-29T06:00",
        "2024-03-31T06:00",
    ]
    far = beginnings("P1D", "UTC", "2026-11-23T05:00:00Z", "2026-11-23T07:00:00Z", anchor)
    assert far == ["2026-11-22T06:00", "2026-11-23T06:00", "2026-11-24T06:00"]


def test_hours_stand_on_the_hour_where_the_zone_is_half_an_hour_off() -> None:
    assert beginnings("PT1H", "Asia/Kolkata", "2026-11-23T12:10:00Z", "2026-11-23T12:40:00Z") == [
        "2026-11-23T11:30",
        "2026-11-23T12:30",
        "2026-11-23T13:30",
    ]


@pytest.mark.parametrize("text", ["PT1S", "PT0.000001S", "P1D"])
def test_too_many_periods_are_refused(text: str) -> None:
    with pytest.raises(LimitExceededError):
        beginnings(text, "UTC", "1900-01-01T00:00:00Z", "2199-01-01T00:00:00Z")
