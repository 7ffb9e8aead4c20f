# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Versions of a schema compared: each kind of change by itself, and `hanse contracts diff`."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hanse.cli.main import main
from hanse.contracts.compatibility import breaking, compare_contracts, compare_schemas

Json = Any
FOLDER = Path(__file__).resolve().parents[2] / "contracts/hanse/contracts"
CLOSED = {
    "$id": "urn:hanse:contract:house:v1:house",
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "maxLength": 40, "pattern": "^urn:"},
        "kind": {"enum": ["house", "tower"]},
        "height": {"type": "number", "minimum": 0, "maximum": 400},
        "built": {"type": ["string", "null"], "format": "date"},
        "rooms": {"type": "array", "maxItems": 9, "items": {"$ref": "#/$defs/room"}},
    },
    "additionalProperties": False,
    "allOf": [
        {
            "if": {"required": ["kind"], "properties": {"kind": {"const": "tower"}}},
            "then": {"required": ["height"], "properties": {"height": {"minimum": 30}}},
        }
    ],
    "$defs": {"room": {"type": "object", "required": ["area"], "properties": {"area": {"type": "number"}}}},
}
GONE = object()


def changed(*steps: Any) -> Json:
    """The schema with a value put at a path, or taken away (GONE)."""
    *path, last, value = steps
    new = copy.deepcopy(CLOSED)
    place: Json = new
    for step in path:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return new


BREAKING = {
    "member removed": (changed("properties", "kind", GONE), "/kind", "properties"),
    "member removed below": (changed("$defs", "room", "properties", "area", GONE), "/rooms/*/area", "properties"),
    "newly required": (changed("required", ["id", "built"]), "/built", "required"),
    "type narrowed": (changed("properties", "height", "type", "integer"), "/height", "type"),
    "null no longer": (changed("properties", "built", "type", "string"), "/built", "type"),
    "enum narrowed": (changed("properties", "kind", "enum", ["house"]), "/kind", "enum"),
    "enum become const": (changed("properties", "kind", {"const": "house"}), "/kind", "const"),
    "pattern changed": (changed("properties", "id", "pattern", "^urn:hanse:"), "/id", "pattern"),
    "format changed": (changed("properties", "built", "format", "date-time"), "/built", "format"),
    "format added": (changed("properties", "id", "format", "uri"), "/id", "format"),
    "shorter": (changed("properties", "id", "maxLength", 39), "/id", "maxLength"),
    "longer at least": (changed("properties", "id", "minLength", 1), "/id", "minLength"),
    "lower": (changed("properties", "height", "maximum", 399.5), "/height", "maximum"),
    "exclusive": (changed("properties", "height", "exclusiveMinimum", 0), "/height", "exclusiveMinimum"),
    "fewer elements": (changed("properties", "rooms", "maxItems", 8), "/rooms", "maxItems"),
    "closed below": (changed("$defs", "room", "additionalProperties", False), "/rooms/*", "additionalProperties"),
    "open made typed": (
        changed("$defs", "room", "properties", "name", {"type": "string"}),
        "/rooms/*/name",
        "properties",
    ),
    "condition sharper": (changed("allOf", 0, "then", "properties", "height", "minimum", 31), "/height", "minimum"),
    "condition wider": (changed("allOf", 0, "if", "properties", "kind", {"type": "string"}), "", "if"),
    "other name": (changed("$id", "urn:hanse:contract:house:v1:home"), "", "$id"),
    "excluded": (changed("not", {"required": ["built"]}), "", "not"),
    "unknown keyword": (changed("properties", "rooms", "contains", {"required": ["area"]}), "/rooms", "contains"),
}
COMPATIBLE = {
    "nothing": CLOSED,
    "words": changed("properties", "id", "description", "names a house"),
    "new member": changed("properties", "owner", {"type": "string"}),
    "no longer required": changed("required", []),
    "wider type": changed("properties", "height", "type", ["number", "null"]),
    "more values": changed("properties", "kind", "enum", ["tower", "barn", "house"]),
    "higher": changed("properties", "height", "maximum", 500),
    "no pattern": changed("properties", "id", "pattern", GONE),
    "opened": changed("additionalProperties", GONE),
    "limit for another type": changed("properties", "id", "maxItems", 3),
    "required of members that are objects": changed("properties", "id", "required", ["x"]),
    "written otherwise": changed("properties", "kind", {"anyOf": [{"const": "tower"}, {"enum": ["house"]}]}),
    "named apart": {
        **changed("properties", "id", {"$ref": "#/$defs/urn"}),
        "$defs": {**CLOSED["$defs"], "urn": CLOSED["properties"]["id"]},
    },
    "condition for a value that is new": {
        **changed("properties", "kind", "enum", ["house", "tower", "barn"]),
        "allOf": [
            *CLOSED["allOf"],
            {
                "if": {"required": ["kind"], "properties": {"kind": {"const": "barn"}}},
                "then": {"required": ["built"]},
            },
        ],
    },
}


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_is_told_with_its_place(name: str) -> None:
    new, pointer, keyword = BREAKING[name]
    found = breaking(compare_schemas(CLOSED, new))
    assert (pointer, keyword) in {(change.pointer, change.keyword) for change in found}
    assert all(change.sentence for change in found)


@pytest.mark.parametrize("name", COMPATIBLE)
def test_what_does_not_break_is_let_pass(name: str) -> None:
    assert breaking(compare_schemas(CLOSED, COMPATIBLE[name])) == []


def test_a_renamed_member_is_one_gone_and_one_new() -> None:
    new = changed("properties", "levels", CLOSED["properties"]["rooms"])
    del new["properties"]["rooms"]
    told = {(change.pointer, change.breaking, change.sentence) for change in compare_schemas(CLOSED, new)}
    assert told == {("/rooms", True, "is gone"), ("/levels", False, "is new")}


def test_schemas_that_refer_to_others_are_followed() -> None:
    one = {"$id": "urn:x:one", "items": {"$ref": "urn:x:two#/$defs/b"}}
    two = {"$id": "urn:x:two", "$defs": {"b": {"type": "string"}}}
    new = {**two, "$defs": {"b": {"type": "string", "maxLength": 1}}}
    (change,) = breaking(compare_contracts({"one": one, "two": two}, {"one": one, "two": new}))
    assert (change.schema, change.pointer, change.keyword) == ("one", "/*", "maxLength")


def test_a_schema_that_refers_to_itself_is_compared() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#"}, "label": {"type": "string"}}}
    new = {**tree, "properties": {**tree["properties"], "label": {"type": "string", "minLength": 1}}}
    assert compare_schemas(tree, copy.deepcopy(tree)) == []
    assert "/label" in {change.pointer for change in breaking(compare_schemas(tree, new))}


def test_values_named_twice_over_are_compared() -> None:
    schema = {"const": "a", "enum": ["b"]}
    assert compare_schemas(schema, copy.deepcopy(schema)) == []
    assert breaking(compare_schemas({"const": "a", "enum": ["a", "b"]}, {"enum": ["b"]}))


@pytest.fixture
def twice(tmp_path: Path) -> tuple[Path, Path]:
    """Two versions of the zoning contract, equal so far."""
    folders = tmp_path / "old/zoning/v1", tmp_path / "new/zoning/v1"
    for folder in folders:
        shutil.copytree(FOLDER / "zoning/v1", folder)
    return folders


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = main(["contracts", "diff", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_diff_finds_nothing_between_equal_folders(twice: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *twice)[:2] == (0, "")
    assert run(capsys, "zoning", twice[1])[:2] == (0, "")


def test_diff_tells_what_breaks(twice: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    path = twice[1] / "zoning.schema.json"
    schema = json.loads(path.read_bytes())
    schema["required"].append("title") if "title" not in schema["required"] else schema["required"].append("note")
    path.write_text(json.dumps(schema))
    code, out, _ = run(capsys, *twice)
    assert code == 1
    assert out.startswith("breaking: zoning /")
    assert run(capsys, twice[1], twice[0])[0] == 0
    code, out, _ = run(capsys, "--json", twice[0] / "zoning.schema.json", path)
    assert code == 1
    told = json.loads(out)
    assert told["compatible"] is False
    assert [change["keyword"] for change in told["changes"]] == ["required"]


@pytest.mark.parametrize(
    "words", [("nobody", "twin"), ("twin", "/nowhere/v1"), ("twin", str(FOLDER)), ("twin", __file__)]
)
def test_diff_says_what_it_cannot_read(capsys: pytest.CaptureFixture[str], words: tuple[str, str]) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert "do:" in err


def test_diff_reads_schemas_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"properties": 3}')
    assert run(capsys, path, path)[0] == 2
