# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Fixtures that every test may use: where outside data lies, and a clock that stands still."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import postgres_cluster
import pytest
from clocks import StillClock

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder that holds `data/` and `suites/`: `HANSE_TEST_DATA`, or `../shared`. Absent, the test is skipped."""
    folder = Path(os.environ.get("HANSE_TEST_DATA", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"no test data: set HANSE_TEST_DATA to a folder with data/ and suites/ ({folder} has none)")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL database of the tests' own, with PostGIS at hand, as a URL. Without the packages, a skip."""
    binaries = postgres_cluster.programs()
    if binaries is None:
        pytest.skip("no PostgreSQL with PostGIS: run deploy/test-packages.sh")
    with postgres_cluster.cluster(binaries):
        yield postgres_cluster.url()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> str:
    """Each kind of store that the twin has."""
    if request.param == "postgres":
        request.getfixturevalue("postgres")
    return str(request.param)


@pytest.fixture
def clock() -> StillClock:
    """A clock standing at 2026-11-23 12:00 UTC."""
    return StillClock()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Counts what was skipped for want of outside data, so that a green run does not hide it."""
    reports = terminalreporter.stats.get("skipped", [])
    without = [report for report in reports if "no test data" in str(report.longrepr)]
    if without:
        terminalreporter.write_line(f"{len(without)} tests skipped: no outside data (HANSE_TEST_DATA)", yellow=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With `HANSE_NO_SKIPS` set, a skipped test is a failed run."""
    if not os.environ.get("HANSE_NO_SKIPS") or exitstatus != 0:
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if isinstance(reporter, pytest.TerminalReporter) and reporter.stats.get("skipped"):
        reporter.write_line("HANSE_NO_SKIPS is set and tests were skipped: see the list below", red=True)
        session.exitstatus = 1
