# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Wrong arguments and wrong files: one sentence and a remedy, the same object with --json, and nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hanse.cli.main import COMMANDS, build_parser, main
from hanse.cli.output import Exit, many

WRONG = [
    "nope",
    "statsu",
    "permit",
    "permit show",
    "permit check plan.ifc --date tomorrow",
    "permit check plan.ifc --language fr",
    "credential issue --holder-key k --out c --days nan",
    "credential issue --holder-key k --out c --form round",
    "exchange list --limit -5",
    "exchange list --limit x",
    "twin query --limit 0",
    "twin query --bbox 1,2,3,4 --circle 1,2,3",
    "trust entry --days -1",
    "trust sign e.json --anchor a --out l --version 0",
    "health kitchen",
    "health twin --wait nan",
    "status --wait -1",
    "status --clie operator",
    "federation join",
    "contracts show",
    "init",
    "up --nope",
]
# What stands at a path is not what the command needs: a folder, nothing, an empty file, no text, some JSON.
FILES = ("folder", "nothing", "empty", "binary", "some.json")
NAMING = [
    "permit check {}",
    "twin load {} --dataset b",
    "twin load {} --dataset b --format cityjson",
    "zoning put {}",
    "credential issue --out c --holder-key {}",
    "credential present --credential {} --key some.json",
    "credential present --credential some.json --key {}",
    "permit show x --certificate {}",
    "trust install {}",
    "trust sign {} --anchor anchor --version 1 --out list.json",
    "trust sign entry.json --anchor {} --version 1 --out list.json",
    "trust show --city {}",
    "up --city {}",
    "federation join {} {}",
    "exchange verify {}",
    "exchange verify some.json --anchor {}",
    "contracts validate {}",
]


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with a city that does not run, an anchor, and files of the wrong sorts."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "Town", "--base-port", "64000"]) == Exit.OK
    monkeypatch.setenv("HANSE_CITY", "town/city.toml")
    assert main(["trust", "anchor", "anchor.example", "--out", "anchor"]) == Exit.OK
    capsys.readouterr()
    assert main(["trust", "entry"]) == Exit.OK
    (tmp_path / "entry.json").write_text(capsys.readouterr().out)
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "some.json").write_text('{"a": 1}')
    (tmp_path / "some.json").chmod(0o600)
    capsys.readouterr()
    return tmp_path


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str]]:
    """A command's exit code and the error that it printed with --json."""
    code = main([*words, "--json"])
    shown = capsys.readouterr()
    *_, last = shown.err.splitlines()
    error: dict[str, str] = json.loads(last)["error"]
    assert error["message"]
    return code, error


@pytest.mark.parametrize("line", WRONG)
def test_wrong_arguments_are_told_like_every_other_error(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, error = told(line.split(), capsys)
    assert (code, error["reason"]) == (Exit.USAGE, "USAGE")
    assert error["remedy"]
    assert main(line.split()) == Exit.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert "\ndo: " in shown.err
    assert "usage:" not in shown.err


def test_nothing_at_all_is_answered_with_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == Exit.USAGE
    assert "usage: hanse" in capsys.readouterr().err


def test_a_word_that_is_nearly_right_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Did you mean status?" in told(["statsu"], capsys)[1]["remedy"]
    assert "Did you mean report?" in told(["permit", "raport"], capsys)[1]["remedy"]


def test_the_help_names_every_exit_code() -> None:
    text = " ".join(build_parser().format_help().split())
    for code in Exit:
        assert f" {code.value} " in text, code


def test_every_argument_of_every_command_is_explained() -> None:
    bare = []
    for name in COMMANDS:
        (commands,) = [a for a in build_parser(name)._actions if a.choices and a.metavar == "COMMAND"]
        parsers = [dict(commands.choices or {})[name]]
        for parser in parsers:
            for action in parser._actions:
                if action.metavar == "ACTION":
                    parsers += dict(action.choices or {}).values()
                elif not action.help:
                    bare.append(f"{parser.prog} {action.dest}")
    assert bare == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("line", NAMING)
def test_a_file_that_is_something_else_is_a_sentence_and_a_remedy(
    town: Path, line: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(town.rglob("*"))
    if line.startswith("contracts"):
        assert main([*line.format(name).split()]) != Exit.OK
        assert "Traceback" not in capsys.readouterr().err
        return
    code, error = told(line.replace("{}", name).split(), capsys)
    assert code in {Exit.FAILED, Exit.USAGE, Exit.UNAVAILABLE}
    assert error["remedy"], error
    assert "internal error" not in error["message"]
    if name == "nothing" and "--holder-key" not in line:
        assert code == Exit.USAGE
    assert [path for path in sorted(town.rglob("*")) if path.name != "nothing"] == before


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("init Nix --authority X_Y", "nix"),
        ("init Nix --authority nodot", "nix"),
        (f"init {'x' * 81}", "x" * 81),
        (f"init {'x' * 70}", "x" * 70),
        ("init Nix --base-port 99999", "nix"),
        ("init Nix --out some.json/x", "some.json/x"),
        ("federation new A A --out made", "made"),
        ("federation new Zürich Zurich --out made", "made"),
        ("federation new anchor B --out made", "made"),
        (f"federation new A {'x' * 70} --out made", "made"),
        ("federation new A B --out made --base-port 65430", "made"),
        ("federation new A 东京 --out made", "made"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_written(
    town: Path, line: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(town.rglob("*"))
    code, error = told(line.split(), capsys)
    assert code == Exit.USAGE
    assert error["remedy"]
    assert ".new" not in error["message"]
    assert not (town / place).exists()
    assert sorted(town.rglob("*")) == before


def test_names_with_accents_give_readable_folders(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "Zürich"]) == Exit.OK
    assert "zurich.example" in capsys.readouterr().out
    assert (town / "zurich" / "city.toml").exists()


@pytest.mark.parametrize(
    "cities", [["town/city.toml"], ["town/city.toml"] * 2, ["town/city.toml", "town/city.toml", "none/city.toml"]]
)
def test_cities_that_cannot_be_neighbours_are_not_asked(
    town: Path, cities: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert (town / "town").exists()
    code, error = told(["federation", "join", *cities], capsys)
    assert code == Exit.USAGE  # no gateway runs here: 3 would mean that one was asked
    assert error["remedy"]


def test_a_client_that_exists_is_not_written_over(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (town / "town/keys/client-operator.pem").read_bytes()
    code, error = told(["client", "add", "operator"], capsys)
    assert (code, error["reason"]) == (Exit.FAILED, "ALREADY_EXISTS")
    assert "another name" in error["remedy"]
    assert (town / "town/keys/client-operator.pem").read_bytes() == before
    code, error = told(["client", "add", "late", "--out", "some.json"], capsys)
    assert code == Exit.USAGE
    assert not (town / "town/keys/client-late.pem").exists()


def test_a_client_that_is_not_there_is_told_with_those_that_are(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert town.exists()
    code, error = told(["status", "--client", "nobody"], capsys)
    assert code == Exit.USAGE
    assert "operator, platform" in error["remedy"]


def test_a_client_that_is_not_there_cannot_be_revoked(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, error = told(["client", "revoke", "nobody"], capsys)
    assert code == Exit.USAGE
    assert "has no client 'nobody'" in error["message"]
    assert "operator, platform" in error["remedy"]
    code, error = told(["client", "revoke", "nobody", "--certificate", "some.json"], capsys)
    assert "some.json is no certificate" in error["message"]
    assert (town / "town").exists()


@pytest.mark.parametrize(
    ("line", "told_of"),
    [
        ("exchange list --limit 0", "0 is out of range: give a number of exchanges from 1 to "),
        (f"exchange list --limit {'9' * 5000}", "is out of range: give a number of exchanges from 1 to "),
        ("exchange list --limit x", "'x' is no number of exchanges: give a whole number from 1 to "),
        ("status --wait 1e9", "1e9 is out of range: give a number of seconds from 0 to 86400"),
        ("status --wait -1", "-1 is out of range: give a number of seconds from 0 to 86400"),
        ("status --wait soon", "'soon' is no number of seconds: give a number from 0 to 86400"),
    ],
)
def test_a_number_out_of_range_is_told_with_the_range(
    line: str, told_of: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, error = told(line.split(), capsys)
    assert code == Exit.USAGE
    assert told_of in error["message"]
    assert len(error["message"]) < 200


def test_a_result_that_could_not_be_written_is_not_asked_for(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert town.exists()
    for line in (
        "exchange proof x --out none/p",
        "permit report x --out some.json",
        "permit check entry.json --out empty",
    ):
        assert told(line.split(), capsys)[0] == Exit.USAGE  # and not 3: the city that does not run was not asked
    code, _ = told(["credential", "issue", "--holder-key", "key", "--out", "none/c"], capsys)
    assert code == Exit.USAGE
    assert not (town / "key").exists()


def test_an_interrupted_command_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hanse.cli.contracts.list_contracts", interrupted)
    code, error = told(["contracts", "list"], capsys)
    assert (code, error["reason"]) == (Exit.INTERRUPTED, "INTERRUPTED")


@pytest.mark.parametrize(
    ("count", "words", "expected"),
    [(1, ("city", "cities"), "1 city"), (2, ("city", "cities"), "2 cities"), (0, ("byte",), "0 bytes")],
)
def test_counts_agree_with_their_nouns(count: int, words: tuple[str, ...], expected: str) -> None:
    assert many(count, *words) == expected
