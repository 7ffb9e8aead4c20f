# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Fixtures that every test may use: where outside data lies, and a clock that stands still."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder that holds `data/` and `suites/`: `HANSE_TEST_DATA`, or `../shared`. Absent, the test is skipped."""
    folder = Path(os.environ.get("HANSE_TEST_DATA", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"no test data: set HANSE_TEST_DATA to a folder with data/ and suites/ ({folder} has none)")
    return folder


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


@pytest.fixture
def clock() -> StillClock:
    """A clock standing at 2026-11-23 12:00 UTC."""
    return StillClock()
