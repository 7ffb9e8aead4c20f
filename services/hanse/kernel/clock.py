# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The one clock: everything that asks for the time asks here.

`HANSE_CLOCK_OFFSET` (seconds, may be negative or fractional) moves a process in time; tests use it, because time
namespaces leave the wall clock alone.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Now, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back; for durations and deadlines."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock, moved by `offset`."""

    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC) + self.offset

    def monotonic(self) -> float:
        """Seconds, never going back; the offset does not touch durations."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A moment that holds for a whole operation; durations are `beneath`'s."""

    moment: datetime
    beneath: Clock

    def now(self) -> datetime:
        """The moment."""
        return self.moment

    def monotonic(self) -> float:
        """Seconds, never going back."""
        return self.beneath.monotonic()


def system_clock() -> SystemClock:
    """The process's clock, with the offset of `HANSE_CLOCK_OFFSET`.

    Raises:
        ValueError: when the variable is no finite number of at most ten years.
    """
    text = os.environ.get("HANSE_CLOCK_OFFSET", "0")
    try:
        seconds = float(text)
        if not abs(seconds) <= 10 * 366 * 86400:
            raise ValueError(text)
    except ValueError:
        raise ValueError(f"HANSE_CLOCK_OFFSET is {text!r}: give seconds, at most ten years") from None
    return SystemClock(timedelta(seconds=seconds))


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: how times are stored and sent."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(text: str) -> datetime:
    """The moment of an RFC 3339 text. Raises ValueError when it has no offset or is malformed."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset: write e.g. 2026-01-31T12:00:00Z")
    return moment.astimezone(UTC)


def local_date(moment: datetime, timezone: str) -> date:
    """The calendar date of a moment in the city's own time zone: what in-force dates are compared with."""
    return moment.astimezone(ZoneInfo(timezone)).date()
