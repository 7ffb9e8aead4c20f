# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Documents held to contracts: what is refused before it is looked at, and what is said about the rest."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from hanse.contracts import (
    ContractError,
    Limits,
    detect_contract,
    detect_schema,
    get,
    validate_document,
)

FOLDER = Path(__file__).resolve().parents[2] / "contracts/hanse/contracts"


def example(contract: str, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / contract / f"examples/valid/{name}.json").read_bytes())
    return loaded


@pytest.mark.parametrize(
    ("text", "keyword", "expected", "found"),
    [
        (b"", "json", "JSON", "line 1, column 1"),
        (b"{", "json", "JSON", "line 1, column 2"),
        (b'{"a": 1,}', "json", "JSON", "line 1"),
        (b"\xff\xfe", "json", "UTF-8", "byte 0"),
        (b'{"a": NaN}', "json", "every reader reads alike", "NaN"),
        (b'{"a": 1, "a": 2}', "json", "every reader reads alike", "'a' twice"),
        (b'{"a": ' + b"9" * 5000 + b"}", "json", "every reader reads alike", "digits"),
        (b"[" * 65 + b"]" * 65, "limit", "64 levels", "more"),
        (b"[" * 100_000, "limit", "64 levels", "more"),
        (b'{"a":' * 100_000, "limit", "64 levels", "more"),
        (b'{"a": "' + b"[" * 100_000 + b'"}', "required", "the member", "an object with a"),
    ],
)
def test_what_cannot_be_looked_at_is_a_violation(text: bytes, keyword: str, expected: str, found: str) -> None:
    first = validate_document(text, "zoning/v1")[0]
    assert first.keyword == keyword
    assert expected in first.expected
    assert found in first.found
    assert first.pointer == ""


@pytest.mark.parametrize("nested", [b"[" * 64 + b"]" * 64, b'{"a":' * 64 + b"1" + b"}" * 64])
def test_the_deepest_nesting_allowed_is_looked_at(nested: bytes) -> None:
    assert all(violation.keyword != "limit" for violation in validate_document(nested, "zoning/v1"))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(max_bytes=100), "at most 100 bytes"),
        (Limits(max_values=20), "at most 20 values"),
        (Limits(max_depth=5), "at most 5 levels"),
    ],
)
def test_limits_are_named(limits: Limits, said: str) -> None:
    text = json.dumps(example("zoning/v1", "residential")).encode()
    (violation,) = validate_document(text, "zoning/v1", limits=limits)
    assert (violation.keyword, violation.pointer) == ("limit", "")
    assert said in violation.expected


def test_no_more_violations_than_asked_for() -> None:
    document = example("zoning/v1", "residential")
    document["zones"] = [{}] * 50
    assert len(validate_document(document, "zoning/v1", limits=Limits(max_violations=7))) == 7
    assert len(validate_document(document, "zoning/v1")) == 200


def test_an_unknown_measure_says_which_there_are() -> None:
    document = example("zoning/v1", "residential")
    document["zones"][0]["rules"][2]["measure"] = "max_shadow"
    (violation,) = validate_document(document, "zoning/v1")
    assert str(violation) == (
        '/zones/0/rules/2/measure: expected one of "use_allowed", "max_height", "footprint_within", '
        '"neighbour_distance", "neighbour_height", found "max_shadow"'
    )
    assert violation.schema_pointer == "urn:hanse:contract:zoning:v1:zoning#/$defs/rule/properties/measure/enum"


def test_every_violation_is_told_with_its_place() -> None:
    document = example("zoning/v1", "residential")
    first = document["zones"][0]["rules"][1]
    first["parameters"] = {"max_m": -1}
    del first["source"]["text"]
    document["in_force"]["to"] = "2023-02-29"
    told = {(violation.pointer, violation.keyword) for violation in validate_document(document, "zoning/v1")}
    assert told == {
        ("/zones/0/rules/1/parameters", "required"),
        ("/zones/0/rules/1/parameters/max_m", "exclusiveMinimum"),
        ("/zones/0/rules/1/source", "required"),
        ("/in_force/to", "pattern"),
    }


def test_words_come_from_the_schema() -> None:
    document = example("zoning/v1", "residential")
    document["in_force"]["from"] = "31-12-2024"
    (violation,) = validate_document(document, "zoning/v1")
    assert violation.expected == "calendar date in the city's own time zone (ISO 8601, 1900 to 2999)"
    assert violation.found == '"31-12-2024"'


def test_members_without_a_name_keep_their_place() -> None:
    """jsonschema-rs leaves them out of its paths."""
    entity = example("twin/v1", "building")
    entity["function"][""] = {"type": "Property", "value": None}
    told = {violation.pointer for violation in validate_document(entity, "twin/v1", "entity")}
    assert told == {"/function", "/function//value"}


def test_pointers_are_escaped() -> None:
    entity = example("twin/v1", "building")
    entity["urn:a/b~c"] = {"type": "Property"}
    (violation,) = validate_document(entity, "twin/v1", "entity")
    assert violation.pointer == "/urn:a~1b~0c"


@pytest.mark.parametrize("document", [{1: 2}, {2}, b"bytes", object()])
def test_values_that_are_no_json_are_told(document: object) -> None:
    holder = {**example("twin/v1", "building"), "function": document}
    assert validate_document(holder, "twin/v1", "entity")[0].keyword == "json"


def test_a_long_value_is_cut() -> None:
    document = example("zoning/v1", "residential")
    document["authority"] = "x" * 10_000
    assert all(len(violation.found) <= 80 for violation in validate_document(document, "zoning/v1"))


@pytest.mark.parametrize("contract", ["", "twin", "twin/v2", "nobody/v1", "../zoning/v1"])
def test_an_unknown_contract_names_those_there_are(contract: str) -> None:
    with pytest.raises(ContractError, match=r"known: exchange/v1, .*zoning/v1"):
        validate_document({}, contract)


def test_an_unknown_schema_names_those_there_are() -> None:
    with pytest.raises(ContractError, match="it has entity-changed, dataset, entity"):
        validate_document({}, "twin/v1", "building")


@pytest.mark.parametrize(
    ("document", "folder", "contract"),
    [
        ({"contract": "zoning/v1", "revision": "1.0.0"}, None, "zoning/v1"),
        ({"contract": "zoning/v1", "revision": "1.0.0"}, "twin/v1", "zoning/v1"),
        ({"contract": "twin/v1", "method": "/a.B/C"}, "exchange/v1", "exchange/v1"),
        ({"contract": "zoning/v1"}, None, "zoning/v1"),
        ({"hansecontract": "twin/v1", "type": "x"}, None, "twin/v1"),
        ({"contract": 7, "revision": "1.0.0"}, None, None),
        ({"contract": "Zoning"}, None, None),
        ({}, None, None),
        ([], "twin/v1", "twin/v1"),
        ("text", None, None),
    ],
)
def test_a_document_says_its_contract(document: object, folder: str | None, contract: str | None) -> None:
    assert detect_contract(document, folder) == contract


def test_a_schema_is_recognised_by_its_mark() -> None:
    twin = get("twin/v1")
    names = {name: detect_schema(example("twin/v1", name), twin).name for name in ("dataset", "entity-changed")}
    assert names == {"dataset": "dataset", "entity-changed": "entity-changed"}
    assert detect_schema(example("twin/v1", "building"), twin).name == "entity"
    assert detect_schema(3, twin).name == "entity"


@pytest.mark.parametrize(
    ("day", "good"),
    [
        ("2024-02-29", True),
        ("2000-02-29", True),
        ("2400-02-29", True),
        ("1900-02-29", False),
        ("2100-02-29", False),
        ("2023-02-29", False),
        ("2024-04-31", False),
        ("2024-12-31", True),
        ("2024-13-01", False),
        ("2024-00-10", False),
        ("24-01-01", False),
        ("2024-01-01\n", False),
        ("2024-01-01T00:00:00Z", False),
        ("1899-12-31", False),
    ],
)
def test_dates_are_days_of_the_calendar(day: str, good: bool) -> None:  # noqa: FBT001 - a table's column
    document = example("zoning/v1", "residential")
    document["in_force"]["from"] = day
    assert (not validate_document(document, "zoning/v1")) is good


def test_schemas_are_handed_out_as_copies() -> None:
    first = get("zoning/v1").schema("zoning")
    before = copy.deepcopy(first)
    first["type"] = "array"
    assert get("zoning/v1").schema("zoning") == before
    assert validate_document(example("zoning/v1", "residential"), "zoning/v1") == []
