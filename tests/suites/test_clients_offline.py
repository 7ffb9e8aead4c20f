# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The client that needs no city: a folder of data against a contract."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hanse.examples import borderland

CLIENTS = Path(__file__).resolve().parents[2] / "examples" / "clients"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CLIENTS / "validate_folder.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return borderland.write(tmp_path_factory.mktemp("land")).out


def test_both_cities_rules_fulfil_the_contract(land: Path) -> None:
    done = run("--contract", "zoning/v1", "--pattern", "zoning.json", str(land))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "2 documents, 0 with violations\n"


def test_a_violation_is_told_with_its_place(land: Path, tmp_path: Path) -> None:
    document = json.loads((land / "marewijk" / "zoning.json").read_text())
    document["zones"][1]["rules"][0]["measure"] = "beauty"
    (tmp_path / "zoning.json").write_text(json.dumps(document))
    done = run("--contract", "zoning/v1", str(tmp_path))
    assert done.returncode == 1
    assert done.stdout.startswith("zoning.json: /zones/1/rules/0/measure: expected ")


def test_lines_are_documents_and_are_counted(tmp_path: Path) -> None:
    (tmp_path / "observations.jsonl").write_text('{"a": 1}\n\n{"b"\n')
    done = run("--contract", "twin/v1", "--schema", "entity", str(tmp_path))
    assert done.returncode == 1
    assert {line.split(":")[1] for line in done.stdout.splitlines()} == {"1", "3"}
    assert done.stderr == "2 documents, 2 with violations\n"


def test_an_unknown_contract_and_an_empty_folder_are_said(tmp_path: Path) -> None:
    assert run("--contract", "twin/v1", str(tmp_path)).returncode == 2
    (tmp_path / "a.json").write_text("{}")
    done = run("--contract", "twins/v1", str(tmp_path))
    assert done.returncode == 2
    assert "twin/v1" in done.stderr
