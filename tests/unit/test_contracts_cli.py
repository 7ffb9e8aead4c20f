# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse contracts` as people and programs use it: files, folders, lines, exit codes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from hanse.cli.main import main

FOLDER = Path(__file__).resolve().parents[2] / "contracts/hanse/contracts"
ZONING = FOLDER / "zoning/v1/examples/valid/residential.json"
BUILDING = FOLDER / "twin/v1/examples/valid/building.json"
BROKEN = FOLDER / "zoning/v1/examples/invalid/unknown-measure.json"


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = main(["contracts", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def feed(monkeypatch: pytest.MonkeyPatch, *lines: object) -> None:
    text = b"".join((each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in lines)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))


def load(path: Path) -> Any:
    return json.loads(path.read_bytes())


def test_list_names_every_contract(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "list", "--json")
    assert code == 0
    listed = {each["contract"]: each["status"] for each in json.loads(out)}
    assert listed == dict.fromkeys(
        ["exchange/v1", "http/v1", "identity/v1", "permit/v1", "translation/v1", "twin/v1", "zoning/v1"], "draft"
    )


@pytest.mark.parametrize("name", ["twin", "twin/v1"])
def test_show_tells_what_a_contract_stands_on(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, out, _ = run(capsys, "show", name)
    assert code == 0
    for word in ("City objects", "NGSI-LD", "entity-changed", "MIM1", "twin.proto", "Apache-2.0", "draft"):
        assert word in out


def test_show_prints_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "show", "permit", "--schema", "report")
    assert code == 0
    assert json.loads(out) == load(FOLDER / "permit/v1/report.schema.json")


@pytest.mark.parametrize("words", [["show", "nobody"], ["show", "twin", "--schema", "house"]])
def test_show_names_what_there_is(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert "twin/v1" in err


def test_valid_examples_of_all_contracts_pass_as_folders(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "validate", *sorted(FOLDER.glob("*/v1/examples/valid")))
    assert (code, out) == (0, "")
    count = sum(1 for _ in FOLDER.glob("*/v1/examples/valid/*.json"))
    assert f"{count} documents: none broken" in err


def test_a_violation_is_told_with_file_pointer_and_what_was_expected(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "validate", BROKEN)
    assert code == 1
    assert out.startswith(f"{BROKEN}: /zones/0/rules/0/measure: expected one of ")
    assert out.rstrip().endswith('found "max_shadow" [enum]')
    assert "1 document: 1 broken, 1 violation" in err


def test_lines_are_told_by_their_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = json.dumps(load(ZONING))
    bad = json.dumps(load(BROKEN))
    path = tmp_path / "plans.jsonl"
    path.write_text(f"{good}\n\n{bad}\n{good[:-1]}\n")
    code, out, _ = run(capsys, "validate", path)
    assert code == 1
    places = [line.split(": ")[0] for line in out.splitlines()]
    assert places == [f"{path}:3", f"{path}:4"]


def test_a_stream_of_lines_is_read_from_stdin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, load(BUILDING), {**load(BUILDING), "id": "house-1"}, b"{")
    code, out, _ = run(capsys, "validate", "-", "--contract", "twin/v1")
    assert code == 1
    assert [line.split(": ")[:2] for line in out.splitlines()] == [["stdin:2", "/id"], ["stdin:3", "(root)"]]


def test_an_array_is_many_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "entities.json"
    path.write_text(json.dumps([load(BUILDING), {"id": "urn:hanse:a.example:b:1"}]))
    code, out, err = run(capsys, "validate", "--contract", "twin", path)
    assert code == 1
    assert out.startswith(f'{path}: /1: expected the member "type"')
    assert "2 documents: 1 broken" in err


def test_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "validate", "--json", BROKEN, ZONING)
    assert code == 1
    told = json.loads(out)
    assert (told["documents"], told["broken"], told["unreadable"]) == (2, 1, [])
    (violation,) = told["violations"]
    assert set(violation) == {"place", "pointer", "expected", "found", "keyword", "schema_pointer"}
    assert violation["pointer"] == "/zones/0/rules/0/measure"


def test_a_contract_that_nobody_knows_is_the_documents_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({**load(ZONING), "contract": "zoning/v9"}))
    code, out, _ = run(capsys, "validate", path)
    assert code == 1
    assert "/contract: expected a contract known here" in out


def test_folders_name_the_contract_of_documents_that_do_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "twin/v1/2026"
    folder.mkdir(parents=True)
    (folder / "a.json").write_bytes(BUILDING.read_bytes())
    (folder / "a.expect.json").write_text("{}")
    (folder / "notes.txt").write_text("no document")
    assert run(capsys, "validate", tmp_path)[0] == 0


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_what_cannot_be_read_is_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    (tmp_path / "entity.json").write_bytes(BUILDING.read_bytes())
    code, out, err = run(capsys, "validate", *words, tmp_path / "entity.json", tmp_path / "away.json", BROKEN)
    assert code == 2
    said = out + err
    assert "its contract is not known" in said
    assert "no such file or folder" in said
    assert "max_shadow" in said, "the rest is still validated"
    if words:
        told = json.loads(out)
        assert (told["documents"], told["broken"], told["not_judged"]) == (1, 1, 2)
        assert len(told["unreadable"]) == 2
    else:
        assert "1 document: 1 broken, 1 violation; 2 not judged" in err


def test_what_was_not_judged_is_not_called_unbroken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "entity.json").write_bytes(BUILDING.read_bytes())
    code, _, err = run(capsys, "validate", tmp_path / "entity.json", tmp_path / "away.json")
    assert code == 2
    assert err.splitlines()[-1] == "2 not judged"
    assert "none broken" not in err
    code, _, err = run(capsys, "validate", ZONING, tmp_path / "away.json")
    assert code == 2
    assert err.splitlines()[-1] == "1 document: none broken; 1 not judged"


def test_the_root_has_a_name_for_people_and_an_empty_pointer_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"": 1}))
    _, out, _ = run(capsys, "validate", "--contract", "zoning", path)
    assert f"{path}: (root): expected the member" in out
    _, out, _ = run(capsys, "validate", "--contract", "zoning", path, "--json")
    assert json.loads(out)["violations"][0]["pointer"] == ""


@pytest.mark.parametrize("words", [["--contract", "nobody/v1"], ["--contract", "twin/v1", "--schema", "house"]])
def test_wrong_arguments_are_exit_code_2(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert run(capsys, "validate", ZONING, *words)[0] == 2


def test_an_empty_folder_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "validate", tmp_path)
    assert code == 2
    assert "nothing to validate" in err
