# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the comparison of schemas calls compatible is: `jsonschema-rs`, which knows nothing of it, is the judge."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from hanse.contracts import list_contracts
from hanse.contracts.compatibility import breaking, compare_contracts, compare_schemas
from hanse.contracts.registry import all_schemas

Json = Any
SCHEMAS = {contract.key: {e.name: contract.schema(e.name) for e in contract.schemas} for contract in list_contracts()}
FOLDER = Path(__file__).resolve().parents[2] / "contracts/hanse/contracts"
CASES = [(key, name) for key, schemas in SCHEMAS.items() for name in schemas]
REGISTRY = jsonschema_rs.Registry(list(all_schemas().items()))
FEW = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
SMALL = [case for case in CASES if case[1] not in {"entity", "proof"}]  # half a second each
# Nothing but sound JSON Schema is drawn: a keyword that judges and its value.
VALUES: dict[str, st.SearchStrategy[Json]] = {
    "type": st.sampled_from(["string", "number", "integer", "object", "array", "null", ["string", "null"]]),
    "enum": st.lists(st.sampled_from(["", "a", "EC", "ES256", "Property", 1, 12.5, None]), min_size=1, unique_by=repr),
    "const": st.sampled_from(["", "EC", "Property", 1, True, None]),
    "required": st.lists(st.sampled_from(["id", "type", "value", "crs", "x"]), unique=True),
    "properties": st.sampled_from([{}, {"id": False}, {"type": {"const": "EC"}}, {"value": {"maximum": 3}}]),
    "additionalProperties": st.sampled_from([True, False, {"type": "string"}]),
    "patternProperties": st.sampled_from([{}, {"^[a-m]": {"type": "string"}}, {"d$": False}]),
    "propertyNames": st.sampled_from([True, {"maxLength": 6}, {"pattern": "^[a-z]"}, {"enum": ["id", "type"]}]),
    "items": st.sampled_from([True, False, {"type": "number"}, {"minLength": 2}]),
    "prefixItems": st.sampled_from([[True], [{"type": "string"}], [False, {"type": "number"}]]),
    "pattern": st.sampled_from(["^urn:", "^[0-9]", "."]),
    "anyOf": st.sampled_from(
        [[True], [{"type": "string"}, {"required": ["x"]}], [{"required": ["id"]}, {"maximum": 1}]]
    ),
    "oneOf": st.sampled_from([[{"type": "string"}, {"type": "object"}], [{"type": "object"}, {"required": ["id"]}]]),
    "not": st.sampled_from([{"type": "null"}, {"required": ["id"]}, {"const": "EC"}]),
    "if": st.sampled_from([True, {"required": ["id"]}, {"type": "string"}, {"properties": {"type": {"const": "EC"}}}]),
    "then": st.sampled_from([True, False, {"maxProperties": 2}, {"required": ["value"]}]),
    "else": st.sampled_from([True, False, {"type": "object"}, {"minProperties": 3}]),
    "allOf": st.sampled_from([[True], [{"required": ["id"]}], [{"type": ["string", "object"]}, {"maxLength": 9}]]),
    "contains": st.sampled_from([True, {"type": "string"}]),
    "dependentRequired": st.sampled_from([{}, {"id": ["type"]}]),
    "uniqueItems": st.booleans(),
    "multipleOf": st.sampled_from([1, 2, 0.5]),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), st.integers(0, 40)),
    **dict.fromkeys(("minProperties", "maxProperties"), st.integers(0, 6)),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), st.integers(-2, 400)),
}


def places(schema: Json) -> Iterator[dict[str, Json]]:
    """Every schema inside a schema, that stands as an object."""
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword, value in schema.items():
        if keyword in {"properties", "patternProperties", "$defs"}:
            for each in value.values():
                yield from places(each)
        elif keyword in {"allOf", "anyOf", "oneOf", "prefixItems"}:
            for each in value:
                yield from places(each)
        elif keyword in {"items", "additionalProperties", "propertyNames", "if", "then", "else", "not"}:
            yield from places(value)


@st.composite
def altered(draw: st.DrawFn, schema: Json) -> Json:
    """The same schema with one to three keywords set, changed or taken away somewhere."""
    new = copy.deepcopy(schema)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(list(places(new))))
        present = sorted(set(place) & set(VALUES))
        keyword = draw(st.sampled_from(present) if present and draw(st.booleans()) else st.sampled_from(sorted(VALUES)))
        if keyword in place and draw(st.booleans()):
            del place[keyword]
        else:
            place[keyword] = copy.deepcopy(draw(VALUES[keyword]))
    return new


def validator(schema: Json) -> Callable[[Json], bool]:
    """A judge of documents; other schemas of the contracts may be referred to."""
    nameless = {key: value for key, value in schema.items() if key != "$id"}
    return jsonschema_rs.Draft202012Validator(nameless, registry=REGISTRY, offline=True).is_valid


@cache
def documents(key: str) -> list[Json]:
    """Good and bad examples of a contract, whatever their schema, and what is left of each without one member."""
    paths = [path for path in (FOLDER / key).glob("examples/*/*.json") if not path.name.endswith(".expect.json")]
    whole = [json.loads(path.read_bytes()) for path in paths]
    return [*whole, *(less for document in whole if isinstance(document, dict) for less in without_one(document))]


def without_one(value: Json) -> Iterator[Json]:
    """A document with one of its members left out, each in turn, and of the first members within."""
    if isinstance(value, dict):
        for name in value:
            yield {key: each for key, each in value.items() if key != name}
            yield from ({**value, name: less} for less in islice(without_one(value[name]), 8))
    elif isinstance(value, list):
        for index in range(min(len(value), 2)):
            yield from ([*value[:index], less, *value[index + 1 :]] for less in islice(without_one(value[index]), 8))


@pytest.mark.parametrize("key", SCHEMAS)
def test_a_contract_is_compatible_with_itself(key: str) -> None:
    assert compare_contracts(SCHEMAS[key], copy.deepcopy(SCHEMAS[key])) == []


@given(st.data())
@FEW
def test_whatever_is_compared_with_itself_is_compatible(data: st.DataObject) -> None:
    key, name = data.draw(st.sampled_from(SMALL))
    schema = data.draw(altered(SCHEMAS[key][name]))
    assert compare_schemas(schema, copy.deepcopy(schema)) == []


@given(st.data())
@settings(FEW, max_examples=60)
def test_what_was_valid_stays_valid_when_the_change_is_called_compatible(data: st.DataObject) -> None:
    key, name = data.draw(st.sampled_from(SMALL))
    schema = SCHEMAS[key][name]
    other = data.draw(altered(schema))
    old, new = data.draw(st.sampled_from([(schema, other), (other, schema), (other, data.draw(altered(other)))]))
    compatible = not breaking(compare_contracts({**SCHEMAS[key], name: old}, {**SCHEMAS[key], name: new}))
    event("compatible" if compatible else "breaking")
    if compatible:
        was, is_now = validator(old), validator(new)
        assert all(is_now(document) for document in documents(key) if was(document))


def removals() -> Iterator[tuple[str, str, int, str]]:
    """Every member that a schema of a contract tells of: contract, schema, which place, member."""
    for key, name in SMALL:
        for number, place in enumerate(places(SCHEMAS[key][name])):
            for member, described in place.get("properties", {}).items():
                if described is not False:
                    yield key, name, number, member


@given(st.sampled_from(list(removals())))
@settings(FEW, max_examples=60)
def test_taking_a_member_away_breaks(removal: tuple[str, str, int, str]) -> None:
    key, name, number, member = removal
    new = copy.deepcopy(SCHEMAS[key])
    del list(places(new[name]))[number]["properties"][member]
    assert breaking(compare_contracts(SCHEMAS[key], new))


@given(st.data())
@FEW
def test_asking_for_one_more_member_breaks(data: st.DataObject) -> None:
    key, name = data.draw(st.sampled_from(SMALL))
    new = copy.deepcopy(SCHEMAS[key])
    objects = [each for each in places(new[name]) if each.get("type") == "object" and spare(each)]
    assume(objects)
    place = data.draw(st.sampled_from(objects))
    place["required"] = [*place.get("required", ()), data.draw(st.sampled_from(spare(place)))]
    assert breaking(compare_contracts(SCHEMAS[key], new))


def spare(schema: dict[str, Json]) -> list[str]:
    """Members that may be left out."""
    return sorted(set(schema.get("properties", ())) - set(schema.get("required", ())))
