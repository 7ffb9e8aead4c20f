# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The demo, run once for all scenarios that look at what it leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from story import Demo

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def demo() -> Demo:
    """`make demo`'s own command, in its own place; with a summary for programs."""
    out = ROOT / "build" / "demo"
    command = [sys.executable, "-m", "hanse.cli.main", "demo", "--json", "--out", "build/demo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return Demo(out, json.loads(done.stdout))
