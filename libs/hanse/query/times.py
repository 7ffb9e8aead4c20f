# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Dates, times and instants: read from their text (CIM 009 clause 4.6.3, RFC 3339) and written back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from hanse.query.model import Date, DateTime, Time

DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,](\d{1,6}))?Z", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?Z", re.ASCII)
_STORED = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,](\d{1,12}))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_LONGEST = 48
_HOURS, _MINUTES, _SECONDS = 24, 60, 60


def instant(text: str) -> DateTime | None:
    """Read a timestamp with an offset; digits beyond microseconds are cut. None when it is none."""
    if len(text) > _LONGEST or (match := _STORED.fullmatch(text)) is None:
        return None
    day, clock, fraction, offset = match.groups()
    try:
        when = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if offset == 'Z' else offset}")
        micros = (when - _EPOCH) // _MICRO
    except (ValueError, OverflowError):
        return None
    return DateTime(micros + int((fraction or "0")[:6].ljust(6, "0")))


def day(text: str) -> Date | None:
    """Read a calendar date; None when it is none."""
    if DATE.fullmatch(text) is None:
        return None
    try:
        return Date(date.fromisoformat(text))
    except ValueError:
        return None


def moment(text: str) -> DateTime | Date | None:
    """Read a timestamp or a calendar date; None when it is neither."""
    return instant(text) or day(text)


def time_of_day(text: str) -> Time | None:
    """Read a UTC time of day; None when it is none."""
    if (match := TIME.fullmatch(text)) is None:
        return None
    hours, minutes, seconds = (int(part) for part in match.groups()[:3])
    if hours >= _HOURS or minutes >= _MINUTES or seconds >= _SECONDS:
        return None
    fraction = int((match[4] or "0").ljust(6, "0"))
    return Time(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + fraction)


def micros(value: DateTime | Date) -> int:
    """Return the instant in microseconds since 1970; a date is its midnight in UTC."""
    if isinstance(value, DateTime):
        return value.micros
    return (value.value.toordinal() - _EPOCH.toordinal()) * 86_400_000_000


def write(value: DateTime | Date | Time) -> str:
    """Write a date or time as clause 4.6.3 has it, without a fraction that is zero."""
    if isinstance(value, Date):
        return value.value.isoformat()
    if isinstance(value, Time):
        return (_EPOCH + timedelta(microseconds=value.micros)).time().isoformat() + "Z"
    return (_EPOCH + timedelta(microseconds=value.micros)).replace(tzinfo=None).isoformat() + "Z"
