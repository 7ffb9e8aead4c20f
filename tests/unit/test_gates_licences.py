# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The gate over licences: what counts as running, and which licences that may come under."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def gate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("licences", ROOT / ".ci/licences.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LICENCES = gate()


def test_every_extra_counts_as_running_and_no_group() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    named = {re.split(r"[\[<>=~! ]", each)[0].lower() for needed in extras.values() for each in needed} - {"hanse"}
    assert {"psycopg", "duckdb", "pyshacl"} < named
    running = LICENCES.runtime()
    assert named <= running
    assert "psycopg-binary" in running  # by an extra of a dependency
    assert "owlrl" in running  # by a dependency of one
    assert not {"pytest", "hypothesis", "mypy", "reuse", "hatchling"} & running


@pytest.mark.parametrize(
    "text",
    [
        "GPL-3.0-or-later",
        "AGPL-3.0",
        "License :: OSI Approved :: GNU General Public License v3 (GPLv3)",
        "GNU GENERAL PUBLIC LICENSE FOR ALL, MIT",
        "MIT AND GPL-2.0-only",
        "Proprietary, example and implementation permitted",
        "",
    ],
)
def test_what_runs_may_not_come_under(text: str) -> None:
    assert LICENCES.refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "MIT",
        "BSD-3-Clause",
        "LGPL-3.0-only",
        "License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)",
        "GPL-2.0-only OR MIT",
        "MPL-2.0 AND (Apache-2.0 OR MIT)",
    ],
)
def test_what_runs_may_come_under(text: str) -> None:
    assert not LICENCES.refused(text)
