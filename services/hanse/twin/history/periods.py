# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Periods of an aggregation: ISO 8601 durations, days and months by a calendar in a time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from hanse.kernel.errors import LimitExceededError, invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_PERIODS = 100_000
_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9}(?:\.\d{1,6})?)S)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_DAY_US = 86_400_000_000
_MONTHS = 12
_MAX_YEAR = 9999


@dataclass(frozen=True, slots=True)
class Duration:
    """An ISO 8601 duration: calendar months and days, and microseconds."""

    months: int = 0
    days: int = 0
    micros: int = 0

    @property
    def endless(self) -> bool:
        """No duration at all: one period for the whole span."""
        return not (self.months or self.days or self.micros)


def duration(text: str, field: str = "period") -> Duration:
    """Reads an ISO 8601 duration; "" and a duration of zero are the whole span. Raises InvalidInputError."""
    if not text:
        return Duration()
    match = _DURATION.fullmatch(text)
    if match is None:
        raise invalid(field, "must be an ISO 8601 duration such as PT5M, PT1H, P1D or P1M")
    years, months, weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    micros = round(((hours * 60 + minutes) * 60 + seconds) * 1_000_000)
    return Duration(int(years * _MONTHS + months), int(weeks * 7 + days), micros)


@dataclass(frozen=True, slots=True)
class Periods:
    """How time is divided.

    `anchor_us` begins a period when it is given; without it periods begin where a clock and a calendar on the wall
    have them: at midnight, on Mondays, on the first of the month, in `zone`.
    """

    length: Duration
    zone: str = "UTC"
    anchor_us: int | None = None

    def split(self, first_us: int, last_us: int) -> NDArray[np.int64] | None:
        """Beginnings of all periods from that of `first_us` to that after `last_us`; None for one period alone.

        Raises:
            LimitExceededError: there are more than `MAX_PERIODS`.
        """
        if self.length.endless:
            return None
        if self.length.months or self.length.days:
            return self._calendar(first_us, last_us)
        start, step = self._fixed_start(first_us), self.length.micros
        if (last_us - start) // step >= MAX_PERIODS:
            raise _too_many()
        return np.arange(start, last_us + step + 1, step, dtype=np.int64)

    def _fixed_start(self, first_us: int) -> int:
        if self.anchor_us is not None:
            anchor = self.anchor_us
        else:
            midnight = self._local(first_us).replace(hour=0, minute=0, second=0, microsecond=0)
            anchor = _micros(midnight)
        return anchor + (first_us - anchor) // self.length.micros * self.length.micros

    def _calendar(self, first_us: int, last_us: int) -> NDArray[np.int64]:
        base = self._local(self.anchor_us) if self.anchor_us is not None else self._beginning(first_us)
        count = 0
        rough = max(self.length.months * 28 * _DAY_US + self.length.days * _DAY_US + self.length.micros, 1)
        count = max(0, (first_us - _micros(base)) // (rough + rough // 8) - 2)
        while self._at(base, count + 1) <= first_us:
            count += 1
        found = [self._at(base, count)]
        while found[-1] <= last_us:
            count += 1
            found.append(self._at(base, count))
            if len(found) > MAX_PERIODS:
                raise _too_many()
        return np.array(found, dtype=np.int64)

    def _at(self, base: datetime, count: int) -> int:
        """The beginning of the period of that number, reckoned on the wall clock from the first."""
        months = base.year * _MONTHS + base.month - 1 + self.length.months * count
        year, month = divmod(months, _MONTHS)
        if year > _MAX_YEAR:
            raise _too_many()
        day = min(base.day, _days_in(year, month + 1))
        try:
            moved = base.replace(year=year, month=month + 1, day=day) + timedelta(days=self.length.days * count)
        except (OverflowError, ValueError):
            raise _too_many() from None
        return _micros(moved) + self.length.micros * count

    def _beginning(self, time_us: int) -> datetime:
        day = self._local(time_us).replace(hour=0, minute=0, second=0, microsecond=0)
        if self.length.months:
            month = 1 if self.length.months % _MONTHS == 0 else day.month
            return day.replace(month=month, day=1)
        return day - timedelta(days=day.weekday()) if self.length.days % 7 == 0 else day

    def _local(self, time_us: int) -> datetime:
        return (_EPOCH + timedelta(microseconds=time_us)).astimezone(ZoneInfo(self.zone))


def _micros(moment: datetime) -> int:
    return (moment.astimezone(UTC) - _EPOCH) // _US


def _days_in(year: int, month: int) -> int:
    following = datetime(year + month // _MONTHS, month % _MONTHS + 1, 1, tzinfo=UTC) if year < _MAX_YEAR else None
    return (following - timedelta(days=1)).day if following else 28


def _too_many() -> LimitExceededError:
    return LimitExceededError(
        f"the span has more than {MAX_PERIODS} periods", remedy="Ask for longer periods or a shorter span."
    )
