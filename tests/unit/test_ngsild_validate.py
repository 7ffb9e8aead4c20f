# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Structural rules of NGSI-LD, each kept and broken once, with the place named."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from hanse.ngsild import to_feature, validate_entity

Json = Any
EXAMPLES = Path(__file__).resolve().parents[2] / "contracts/hanse/contracts/twin/v1/examples"
SQUARE = [[4.4, 51.9], [4.5, 51.9], [4.5, 52.0], [4.4, 51.9]]


def _entity(**attributes: Json) -> dict[str, Json]:
    return {"id": "urn:hanse:marewijk.example:building:1", "type": "Building", **attributes}


def _geometry(type_: Json, coordinates: Json) -> dict[str, Json]:
    return _entity(location={"type": "GeoProperty", "value": {"type": type_, "coordinates": coordinates}})


@pytest.mark.parametrize(
    "entity",
    [
        _entity(),
        {**_entity(), "type": ["Building", "https://uri.etsi.org/ngsi-ld/default-context/Landmark"]},
        {**_entity(), "@context": ["https://example.org/context.jsonld"], "scope": "/city"},
        _entity(height={"type": "Property", "value": 3.5, "unitCode": "MTR", "observedAt": "2026-03-01T12:00:00.5Z"}),
        _entity(height={"type": "Property", "value": 0, "by": {"type": "Relationship", "object": "urn:x:1"}}),
        _entity(**{"https://example.org/height": {"type": "Property", "value": False}}),
        _entity(
            height=[
                {"type": "Property", "value": 1},
                {"type": "Property", "value": 2, "datasetId": "urn:x:lidar"},
            ]
        ),
        _entity(near={"type": "Relationship", "object": ["urn:x:1", "urn:x:2"]}),
        _entity(name={"type": "LanguageProperty", "languageMap": {"nl": "Haven", "en": ["Port", "Harbour"]}}),
        _entity(kind={"type": "VocabProperty", "vocab": "residential"}),
        _entity(raw={"type": "JsonProperty", "json": {"a": [None, {"@id": 1}]}}),
        _entity(steps={"type": "ListProperty", "valueList": [1, 2], "unitCode": "MTR"}),
        _entity(way={"type": "ListRelationship", "objectList": [{"object": "urn:x:1"}]}),
        _geometry("Point", [4.4, 51.9, 12.0]),
        _geometry("Polygon", [SQUARE]),
        _geometry("MultiPolygon", [[SQUARE], [SQUARE]]),
        _geometry("LineString", SQUARE[:2]),
    ],
)
def test_proper_entities_pass(entity: Json) -> None:
    assert validate_entity(entity) == []


@pytest.mark.parametrize(
    ("entity", "pointer"),
    [
        ([], ""),
        ({"type": "Building"}, "/id"),
        ({"id": "building-1", "type": "Building"}, "/id"),
        ({"id": "urn:x:a b", "type": "Building"}, "/id"),
        ({"id": "urn:x:1"}, "/type"),
        ({"id": "urn:x:1", "type": []}, "/type"),
        ({"id": "urn:x:1", "type": "Big building"}, "/type"),
        ({**_entity(), "createdAt": "yesterday"}, "/createdAt"),
        ({**_entity(), "createdAt": "2026-13-01T00:00:00Z"}, "/createdAt"),
        ({**_entity(), "createdAt": "2026-01-01T00:00:00"}, "/createdAt"),
        (_entity(height=3), "/height"),
        (_entity(height=None), "/height"),
        (_entity(height=[]), "/height"),
        (_entity(height={"value": 3}), "/height/type"),
        (_entity(height={"type": ["Property"], "value": 3}), "/height/type"),
        (_entity(height={"type": "Number", "value": 3}), "/height/type"),
        (_entity(height={"type": "Property"}), "/height/value"),
        (_entity(height={"type": "Property", "value": None}), "/height/value"),
        (_entity(height={"type": "Property", "value": math.nan}), "/height/value"),
        (_entity(height={"type": "Property", "value": [1, {"a/b": math.inf}]}), "/height/value/1/a~1b"),
        (_entity(height={"type": "Property", "value": {1: 2}}), "/height/value"),
        (_entity(height={"type": "Property", "value": 1, "object": "urn:x:1"}), "/height/object"),
        (_entity(height={"type": "Property", "value": 1, "unitCode": 3}), "/height/unitCode"),
        (_entity(height={"type": "Property", "value": 1, "observedAt": 0}), "/height/observedAt"),
        (_entity(height={"type": "Property", "value": 1, "by": {"type": "Property"}}), "/height/by/value"),
        (_entity(height={"type": "Property", "value": 1, "a b": {"type": "Property", "value": 1}}), "/height/a b"),
        (_entity(**{"ridge height": {"type": "Property", "value": 1}}), "/ridge height"),
        (_entity(height=[{"type": "Property", "value": 1}, {"type": "Property", "value": 2}]), "/height/1/datasetId"),
        (_entity(height={"type": "Property", "value": 1, "datasetId": "one"}), "/height/datasetId"),
        (_entity(near={"type": "Relationship", "object": "x"}), "/near/object"),
        (_entity(near={"type": "Relationship", "object": ["urn:x:1", 2]}), "/near/object/1"),
        (_entity(near={"type": "Relationship", "object": "urn:x:1", "unitCode": "MTR"}), "/near/unitCode"),
        (_entity(way={"type": "ListRelationship", "objectList": "urn:x:1"}), "/way/objectList"),
        (_entity(name={"type": "LanguageProperty", "languageMap": {"nl": 1}}), "/name/languageMap/nl"),
        (_entity(name={"type": "LanguageProperty", "languageMap": {}}), "/name/languageMap"),
        (_entity(kind={"type": "VocabProperty", "vocab": 1}), "/kind/vocab"),
        (_entity(steps={"type": "ListProperty", "valueList": 1}), "/steps/valueList"),
        (_entity(location={"type": "GeoProperty", "value": "here"}), "/location/value"),
        (_entity(location={"type": "GeoProperty", "value": {"type": "Point"}}), "/location/value"),
        (_geometry("GeometryCollection", []), "/location/value/type"),
        (_geometry(["Point"], [1, 2]), "/location/value/type"),
        (_geometry("Point", [4.4]), "/location/value/coordinates"),
        (_geometry("Point", [4.4, "51"]), "/location/value/coordinates"),
        (_geometry("Point", [4.4, True]), "/location/value/coordinates"),
        (_geometry("Point", [4.4, math.inf]), "/location/value/coordinates"),
        (_geometry("Point", [90409.32, 435440.44]), "/location/value/coordinates"),
        (_geometry("Point", [51.9, 104.4]), "/location/value/coordinates"),
        (_geometry("LineString", SQUARE[:1]), "/location/value/coordinates"),
        (_geometry("Polygon", []), "/location/value/coordinates"),
        (_geometry("Polygon", [SQUARE[:3]]), "/location/value/coordinates/0"),
        (_geometry("Polygon", [[*SQUARE[:3], SQUARE[1]]]), "/location/value/coordinates/0"),
        (_geometry("Polygon", SQUARE), "/location/value/coordinates/0/0"),
        (_geometry("MultiPolygon", [[SQUARE], [SQUARE[:2]]]), "/location/value/coordinates/1/0"),
    ],
)
def test_each_broken_rule_is_named_by_its_place(entity: Json, pointer: str) -> None:
    violations = validate_entity(entity)
    assert violations
    assert violations[0].pointer == pointer
    assert violations[0].reason


def test_a_projected_location_says_what_to_do() -> None:
    assert "convert" in validate_entity(_geometry("Point", [90409.32, 435440.44]))[0].reason


def test_depth_and_number_are_limited() -> None:
    deep: Json = 1
    for _ in range(5000):
        deep = [deep]
    assert "deep" in validate_entity(_entity(x={"type": "Property", "value": deep}))[0].reason
    nested: Json = {"type": "Property", "value": 1}
    for _ in range(5000):
        nested = {"type": "Property", "value": 1, "x": nested}
    assert "deep" in validate_entity(_entity(x=nested))[0].reason
    many = {f"a{number}": 1 for number in range(3000)}
    assert "members" in validate_entity(_entity(**many))[0].reason
    assert len(validate_entity(_geometry("MultiPoint", [[0]] * 1000))) == 100


def test_the_contracts_examples_are_told_apart() -> None:
    for path in (EXAMPLES / "valid").glob("building*.json"):
        entity = json.loads(path.read_bytes())
        assert validate_entity(entity) == [], path.name
        assert to_feature(entity).id == entity["sourceId"]["value"]
    for name in ("attribute-bare-value", "attribute-null", "attribute-type-unknown", "attribute-without-type", "no-id"):
        entity = json.loads((EXAMPLES / "invalid" / f"{name}.json").read_bytes())
        expected = json.loads((EXAMPLES / "invalid" / f"{name}.expect.json").read_bytes())["pointer"]
        assert any(violation.pointer.startswith(expected) for violation in validate_entity(entity)), name
    located = json.loads((EXAMPLES / "invalid" / "location-in-metres.json").read_bytes())
    assert "/location/value/coordinates" in {violation.pointer for violation in validate_entity(located)}
