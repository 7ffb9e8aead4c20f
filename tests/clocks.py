# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A clock for tests: it stands still until it is told to move."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class StillClock:
    """A clock that moves only when told."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    seconds: float = 1000.0

    def now(self) -> datetime:
        """The moment set."""
        return self.moment

    def monotonic(self) -> float:
        """Seconds set."""
        return self.seconds

    def forward(self, **delta: float) -> None:
        """Moves both on."""
        step = timedelta(**delta)
        self.moment += step
        self.seconds += step.total_seconds()
