# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The command line's manners: help for everything, one sentence and a remedy on error, exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hanse.cli.main import COMMANDS, build_parser, main
from hanse.cli.output import CliError, Exit, Output
from hanse.cli.twin_load import guess_format
from hanse.cli.twin_query import _filter, numbers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: hanse {command}" in capsys.readouterr().out


def test_the_help_lists_every_command() -> None:
    text = build_parser().format_help()
    assert all(f"\n    {command} " in text for command in COMMANDS)


def test_a_missing_configuration_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--city", str(tmp_path / "none.toml")]) == Exit.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "none.toml" in shown.err
    assert "hanse init" in shown.err
    assert "Traceback" not in shown.err


def test_an_id_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """A colon at each side of a word makes no emoji of it."""
    name, output = "urn:house:x:1 [red]", Output()
    output.result(None, name)
    output.table("", ("id",), [(name,)], None)
    output.note(name)
    output.error(name, name, details=[name])
    shown = capsys.readouterr()
    assert shown.out.count(name) == 2
    assert shown.err.count(name) == 4


def test_an_unknown_key_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "Town", "--out", str(tmp_path / "town")]) == Exit.OK
    path = tmp_path / "town" / "city.toml"
    path.write_text(path.read_text().replace("[twin]", "[twin]\ncolour = 1"))
    capsys.readouterr()
    assert main(["up", "--city", str(path)]) == Exit.USAGE
    assert "twin.colour" in capsys.readouterr().err


def test_an_error_can_be_read_by_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "status", "--city", str(tmp_path / "none.toml")]) == Exit.USAGE
    assert main(["status", "--city", str(tmp_path / "none.toml"), "--json"]) == Exit.USAGE
    for line in capsys.readouterr().err.splitlines():
        assert json.loads(line)["error"]["reason"] == "CONFIGURATION"


def test_init_refuses_to_overwrite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["init", "Town", "--out", str(tmp_path / "town")]
    assert main(arguments) == Exit.OK
    before = (tmp_path / "town" / "city.toml").read_bytes()
    assert main(arguments) == Exit.USAGE
    assert "nothing was changed" in capsys.readouterr().err
    assert (tmp_path / "town" / "city.toml").read_bytes() == before


def test_a_city_that_is_down_is_unavailable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "Town", "--out", str(tmp_path / "town"), "--base-port", "64000"])
    assert main(["status", "--city", str(tmp_path / "town" / "city.toml")]) == Exit.UNAVAILABLE
    assert "no gateway answers at 127.0.0.1:64000" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["init", "X", "--out", "a", "--base-port", "80"],
        ["init", "!!!", "--out", "a"],
        ["up", "--only", "kitchen"],
        ["up", "--only", ","],
        ["client", "add", "No Spaces"],
        ["peer", "add", "a.example", "nowhere"],
    ],
)
def test_wrong_arguments_are_usage_errors(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["init", "Town", "--out", "."])
    monkeypatch.setenv("HANSE_CITY", "city.toml")
    assert main(arguments) == Exit.USAGE
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"type":"CityJSON","version":"2.0","CityObjects":{}}', "cityjson"),
        ('{"CityObjects":{},\n "type": "CityJSON"}\n', "cityjson"),
        ('{"type":"CityJSON","version":"2.0"}\n{"type":"CityJSONFeature"}\n', "cityjsonseq"),
        ('[{"id":"urn:x:1","type":"Building"}]', "ngsi-ld"),
        ('{"id":"urn:x:1","type":"Building"}\n', "ngsi-ld"),
        ('{"type": "FeatureCollection", "features": []}', "geojson"),
        ('\x1e{"type":"Feature","properties":{}}\n', "geojson"),
        ('<?xml version="1.0"?>\n<!-- a <CityModel> -->\n<core:CityModel xmlns:core="x">', "citygml"),
    ],
)
def test_formats_are_told_by_their_beginning(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "file"
    for start in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(start + text.encode())
        assert guess_format(path) == expected


def test_csv_is_told_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "trees.CSV"
    path.write_text("a,b\n1,2\n")
    assert guess_format(path) == "csv"


def test_what_is_no_twin_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"ISO-10303-21;")
    with pytest.raises(CliError):
        guess_format(path)


@pytest.mark.parametrize(
    ("text", "attribute", "value"),
    [
        ("ridgeHeight>=12.5", "ridgeHeight", "12.5"),
        ("function=residential", "function", '"residential"'),
        ("listed = true", "listed", "true"),
        ("name!=null", "name", '"null"'),
        ("ridgeHeight", "ridgeHeight", ""),
    ],
)
def test_filters_are_read(text: str, attribute: str, value: str) -> None:
    found = _filter(text)
    assert (found.attribute, found.value) == (attribute, value)


@pytest.mark.parametrize("text", ["a>", "a =", "a!= ", ">5", "=", " "])
def test_half_a_filter_is_refused(text: str) -> None:
    with pytest.raises(CliError, match=r"--filter .*(compares with nothing|names no attribute)"):
        _filter(text)
    assert _filter('a=""').value == '""'


def test_numbers_are_counted() -> None:
    assert numbers("1,2.5,-3", 3, "--circle") == (1.0, 2.5, -3.0)
    with pytest.raises(CliError, match="--bbox"):
        numbers("1,2", 4, "--bbox")
