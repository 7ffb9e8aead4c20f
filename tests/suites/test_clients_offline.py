# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The clients without a city: a folder of data against a contract, and what each says of wrong arguments and files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cities import make_city

from hanse.examples import borderland

CLIENTS = Path(__file__).resolve().parents[2] / "examples" / "clients"


def run(*arguments: str, client: str = "validate_folder.py") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CLIENTS / client), *arguments]
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
    done = run("--contract", "twin/v1", str(tmp_path))
    assert done.returncode == 2
    assert "no .json or .jsonl files" in done.stderr
    (tmp_path / "a.json").write_text("{}")
    done = run("--contract", "twins/v1", str(tmp_path))
    assert done.returncode == 2
    assert "twin/v1" in done.stderr


@pytest.mark.parametrize("place", ["nothing", "a.json"])
def test_a_folder_that_is_none_is_said(tmp_path: Path, place: str) -> None:
    (tmp_path / "a.json").write_text("{}")
    done = run("--contract", "twin/v1", str(tmp_path / place))
    assert done.returncode == 2
    assert f"{tmp_path / place} is no folder" in done.stderr


@pytest.mark.parametrize(("pattern", "count"), [("", 0), ("/abs", 0), ("**", 1), ("a*", 1)])
def test_any_pattern_will_do(tmp_path: Path, pattern: str, count: int) -> None:
    (tmp_path / "a.json").write_text("{}")
    done = run("--contract", "twin/v1", "--pattern", pattern, str(tmp_path))
    assert done.returncode == (1 if count else 2)
    assert "Traceback" not in done.stderr
    assert ("1 document, 1 with violations" in done.stderr) is bool(count)


@pytest.fixture(scope="module")
def down(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city that does not run, among files of the wrong sorts."""
    folder = tmp_path_factory.mktemp("down")
    make_city(folder / "city")
    (folder / "folder").mkdir()
    (folder / "empty").touch()
    (folder / "binary").write_bytes(bytes(range(256)))
    (folder / "other.toml").write_text("[city]\nauthority = 7\n")
    (folder / "plan.ifc").write_text("ISO-10303-21;")
    return folder


ASK, SUBMIT, EVENTS = "ask_twin.py --at 1,2", "submit_plan.py plan.ifc", "subscribe_events.py"
CITY = "--city city/city.toml"


def said(down: Path, line: str) -> tuple[int, str]:
    """Exit code and stderr of a client."""
    client, *words = line.split()
    command = [sys.executable, str(CLIENTS / client), *words]
    done = subprocess.run(command, cwd=down, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stderr.strip()
    return done.returncode, done.stderr


@pytest.mark.parametrize("client", [ASK, SUBMIT, EVENTS])
@pytest.mark.parametrize("city", ["/nope", "folder", "empty", "binary", "other.toml"])
def test_a_city_that_is_none_is_said_in_a_sentence(down: Path, client: str, city: str) -> None:
    code, text = said(down, f"{client} --city {city}")
    assert code == 2
    assert text.startswith(f"--city {city} ")
    assert text.count("\n") == 1


@pytest.mark.parametrize("client", [ASK, SUBMIT, EVENTS])
def test_a_client_without_files_is_said_in_a_sentence(down: Path, client: str) -> None:
    code, text = said(down, f"{client} {CITY} --client nobody")
    assert code == 2
    assert "hanse client add nobody" in text


@pytest.mark.parametrize("client", [ASK, SUBMIT, EVENTS])
def test_a_city_that_does_not_answer_is_said_in_a_sentence(down: Path, client: str) -> None:
    code, text = said(down, f"{client} {CITY}")
    assert code == 1
    assert text.count("\n") == 1
    assert "UNAVAILABLE" in text or "no events from 127.0.0.1:" in text


@pytest.mark.parametrize(
    "line",
    [
        f"ask_twin.py {CITY}",
        f"ask_twin.py {CITY} --at 1",
        f"ask_twin.py {CITY} --at a,b",
        f"{ASK} {CITY} --radius nan",
        f"{ASK} {CITY} --radius 0",
        f"submit_plan.py {CITY}",
        f"submit_plan.py {CITY} nofile",
        f"submit_plan.py {CITY} folder",
        f"{SUBMIT} {CITY} --out empty",
        f"{SUBMIT} {CITY} --language fr",
        f"{EVENTS} {CITY} --count 0",
        f"{EVENTS} {CITY} --count x",
        f"{EVENTS} {CITY} --timeout 0",
        f"{EVENTS} {CITY} --timeout nan",
        f"{EVENTS} --city",
    ],
)
def test_wrong_arguments_are_said_before_the_city_is_asked(down: Path, line: str) -> None:
    assert said(down, line)[0] == 2  # 1 would mean that it was asked
    assert not (down / "nofile").exists()
