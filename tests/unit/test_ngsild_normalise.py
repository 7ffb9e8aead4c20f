# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Documents of the NGSI-LD API to stored form: what each form becomes, and what is refused, with the place."""

from __future__ import annotations

from typing import Any

import pytest
from contexts_at_hand import TWIN, VEHICLES, renaming

from hanse.ngsild import (
    NULL,
    BadRequestDataError,
    Nulls,
    attribute_name,
    canonicalise,
    canonicalise_attribute,
    canonicalise_fragment,
    validate_entity,
)

Json = Any
POINT = {"type": "Point", "coordinates": [4.5, 51.9]}
EX = "https://example.org/terms#"


def _document(**attributes: Json) -> dict[str, Json]:
    return {"id": "urn:x:1", "type": "Vehicle", **attributes}


def _stored(value: Json, name: str = "probe", local: Json = None) -> Json:
    entity = canonicalise(_document(**{name: value}), renaming(local))
    assert validate_entity(entity) == []
    return entity[renaming(local).inward(name)]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (5, {"type": "Property", "value": 5}),
        ([1, "a"], {"type": "Property", "value": [1, "a"]}),
        ({"street": "A"}, {"type": "Property", "value": {"street": "A"}}),
        (POINT, {"type": "GeoProperty", "value": POINT}),
        ({"value": POINT}, {"type": "GeoProperty", "value": POINT}),
        ({"type": "Property", "value": POINT}, {"type": "Property", "value": POINT}),
        ({"value": 5, "unitCode": "MTR"}, {"type": "Property", "value": 5, "unitCode": "MTR"}),
        ({"value": 5, "by": "x"}, {"type": "Property", "value": 5, "by": {"type": "Property", "value": "x"}}),
        ({"object": "urn:x:2"}, {"type": "Relationship", "object": "urn:x:2"}),
        ({"object": ["urn:x:2", "urn:x:3"]}, {"type": "Relationship", "object": ["urn:x:2", "urn:x:3"]}),
        ({"languageMap": {"en": ["a", "b"]}}, {"type": "LanguageProperty", "languageMap": {"en": ["a", "b"]}}),
        ({"vocab": "bus"}, {"type": "VocabProperty", "vocab": "bus"}),
        ({"json": {"id": 1, "type": None}}, {"type": "JsonProperty", "json": {"id": 1, "type": None}}),
        ({"valueList": [1, [2]]}, {"type": "ListProperty", "valueList": [1, [2]]}),
        (
            {"objectList": ["urn:x:2", {"object": "urn:x:3"}]},
            {"type": "ListRelationship", "objectList": [{"object": "urn:x:2"}, {"object": "urn:x:3"}]},
        ),
        ({"type": "GeoProperty", "value": '{"type":"Point","coordinates":[1,2]}'},) * 1
        + ({"type": "GeoProperty", "value": {"type": "Point", "coordinates": [1, 2]}},),
        ({"@type": "ngsi-ld:Property", "ngsi-ld:hasValue": 5}, {"type": "Property", "value": 5}),
        (
            [{"value": 1, "datasetId": "@none"}, {"value": 2, "datasetId": "urn:d:1"}],
            [{"type": "Property", "value": 1}, {"type": "Property", "value": 2, "datasetId": "urn:d:1"}],
        ),
        ([{"value": 1}], {"type": "Property", "value": 1}),
        (
            {"value": 1, "observedAt": "2026-01-01T00:00:00,5Z", "createdAt": "yesterday", "instanceId": "x"},
            {"type": "Property", "value": 1, "observedAt": "2026-01-01T00:00:00.5Z"},
        ),
        (
            {"object": "urn:x:2", "objectType": "Vehicle", "valueless": {"value": True}},
            {
                "type": "Relationship",
                "object": "urn:x:2",
                "objectType": "Vehicle",
                "valueless": {"type": "Property", "value": True},
            },
        ),
        (
            {"value": "2026", "valueType": "DateTime"},
            {"type": "Property", "value": "2026", "valueType": "DateTime"},
        ),
    ],
)
def test_every_form_has_one_stored_form(given: Json, stored: Json) -> None:
    assert _stored(given) == stored
    assert _stored(stored) == stored


def test_names_become_stored_names_at_every_depth_and_values_stay() -> None:
    document = {
        "@context": VEHICLES,
        "@id": "urn:x:1",
        "@type": ["Vehicle", "Car", "Vehicle"],
        "speed": {"type": "Property", "value": {"speed": 1}, "isParked": {"type": "Relationship", "object": "urn:x:2"}},
        "category": {"vocab": ["commercial", "other"]},
    }
    assert canonicalise(document, renaming(VEHICLES)) == {
        "id": "urn:x:1",
        "type": [EX + "Vehicle", "Car"],
        EX + "speed": {
            "type": "Property",
            "value": {"speed": 1},
            EX + "isParked": {"type": "Relationship", "object": "urn:x:2"},
        },
        EX + "category": {"type": "VocabProperty", "vocab": [EX + "commercial", "other"]},
    }


def test_the_twins_own_entities_are_stored_as_they_are() -> None:
    entity = _document(
        groundHeight={"type": "Property", "value": 1.5, "unitCode": "MTR"},
        dataset={"type": "Relationship", "object": "urn:hanse:a.example:dataset:1"},
    )
    assert canonicalise(entity, renaming(TWIN)) == entity


@pytest.mark.parametrize(
    ("given", "stored"),
    [("/Madrid/Gardens", "/Madrid/Gardens"), (["/a", "/b", "/a"], ["/a", "/b"]), (["/a"], "/a"), ("škola", "škola")],
)
def test_scopes(given: Json, stored: Json) -> None:
    assert canonicalise(_document(scope=given), renaming())["scope"] == stored


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (5, ""),
        ({}, ""),
        ({"id": "urn:x:1"}, ""),
        ({"id": "no uri", "type": "T"}, "/id"),
        ({"id": "urn:x:a\u200bb", "type": "T"}, "/id"),
        ({"id": "urn:x:a\ufe0fb", "type": "T"}, "/id"),
        ({"id": NULL, "type": "T"}, "/id"),
        ({"id": "urn:x:1", "@id": "urn:x:1", "type": "T"}, "/@id"),
        ({"id": "urn:x:1", "type": []}, "/type"),
        ({"id": "urn:x:1", "type": ["T", 5]}, "/type/1"),
        ({"id": "urn:x:1", "type": "9T"}, "/type"),
        ({"id": "urn:x:1", "type": "type"}, "/type"),
        (_document(scope="9bad"), "/scope"),
        (_document(scope="/a//b"), "/scope"),
        (_document(scope=["/ok", "a-b"]), "/scope/1"),
        (_document(scope=NULL), "/scope"),
        (_document(expiresAt="tomorrow"), "/expiresAt"),
        (_document(datasetId={"type": "Property", "value": 1}), "/datasetId"),
        (_document(createdAt={"type": "Property", "value": 1}), "/createdAt"),
        (_document(**{"my attr": 5}), "/my attr"),
        (_document(**{"a~/": 5}), "/a~0~1"),
        (_document(a=None), "/a"),
        (_document(a=NULL), "/a"),
        (_document(a={"type": "Property"}), "/a"),
        (_document(a={"type": "Property", "value": None}), "/a/value"),
        (_document(a={"type": "Nothing", "value": 1}), "/a/type"),
        (_document(a={"type": ["Property"], "value": 1}), "/a/type"),
        (_document(a={"type": "Property", "value": 1, "object": "urn:x:2"}), "/a/object"),
        (_document(a={"type": "Property", "value": 1, "previousValue": 0}), "/a/previousValue"),
        (_document(a={"type": "Property", "value": 1, "entityIdSealed": "urn:x:1"}), "/a/entityIdSealed"),
        (_document(a={"type": "Property", "value": 1, "@context": {}}), "/a/@context"),
        (_document(a={"type": "Property", "value": 1, "id": "urn:x:1"}), "/a/id"),
        (_document(a={"value": 1, "observedAt": "2026-01-01T00:00:00+02:00"}), "/a/observedAt"),
        (_document(a={"value": 1, "observedAt": "2026-13-01T00:00:00Z"}), "/a/observedAt"),
        (_document(a={"value": 1, "unitCode": ""}), "/a/unitCode"),
        (_document(a={"value": 1, "datasetId": "no uri"}), "/a/datasetId"),
        (_document(a={"value": float("nan")}), "/a/value"),
        (_document(a={"value": {"b": [1, float("inf")]}}), "/a/value/b/1"),
        (_document(a={"value": {"b": {"c": NULL}}}), "/a/value/b/c"),
        (_document(a={"value": 1, "b": {"value": NULL}}), "/a/b/value"),
        (_document(a={"object": "no uri"}), "/a/object"),
        (_document(a={"object": []}), "/a/object"),
        (_document(a={"object": "urn:x:2", "unitCode": "MTR"}), "/a/unitCode"),
        (_document(a={"object": "urn:x:2", "valueType": "X"}), "/a/valueType"),
        (_document(a={"objectList": ["urn:x:2", "no uri"]}), "/a/objectList/1"),
        (_document(a={"languageMap": {}}), "/a/languageMap"),
        (_document(a={"languageMap": {"": "x"}}), "/a/languageMap/"),
        (_document(a={"languageMap": {"en": ["x", 5]}}), "/a/languageMap/en"),
        (_document(a={"languageMap": {"@none": NULL}}), "/a/languageMap"),
        (_document(a={"languageMap": {"en": "x"}, "valueType": "xsd:string"}), "/a/valueType"),
        (_document(a={"vocab": 5}), "/a/vocab"),
        (_document(a={"vocab": "type"}), "/a/vocab"),
        (_document(a={"json": 5}), "/a/json"),
        (_document(a={"json": {}, "unitCode": "MTR"}), "/a/unitCode"),
        (_document(a={"valueList": 5}), "/a/valueList"),
        (_document(location={"type": "Property", "value": 7}), "/location/type"),
        (_document(location={"type": "GeoProperty", "value": "no geometry"}), "/location/value"),
        (_document(a={"type": "GeoProperty", "value": {"type": "GeometryCollection"}}), "/a/value/type"),
        (
            _document(a={"type": "GeoProperty", "value": {"type": "Point", "coordinates": [1, 200]}}),
            "/a/value/coordinates",
        ),
        (_document(a=[{"value": 1}, {"value": 2, "datasetId": "@none"}]), "/a/1/datasetId"),
        (_document(a=[{"value": 1, "datasetId": "urn:d:1"}] * 2), "/a/1/datasetId"),
        (_document(ngsildproof={"type": "Property", "value": "text"}), "/ngsildproof"),
        (_document(**{"a": 1, "ngsi-ld:default-context/a": 2}), "/ngsi-ld:default-context~1a"),
        (_document(**{f"a{number}": 1 for number in range(2_000)}), ""),
    ],
)
def test_what_is_against_ngsi_ld_is_refused_with_its_place(document: Json, place: str) -> None:
    with pytest.raises(BadRequestDataError) as refused:
        canonicalise(document, renaming())
    assert refused.value.pointer == place
    assert refused.value.reason


def test_nesting_is_limited() -> None:
    deep: Json = 1
    for _ in range(70):
        deep = [deep]
    nested: Json = {"value": 1}
    for _ in range(20):
        nested = {"value": 1, "a": nested}
    for document in (_document(a={"value": deep}), _document(a=nested)):
        with pytest.raises(BadRequestDataError, match="deep"):
            canonicalise(document, renaming())


def test_proofs_keep_their_sealed_members() -> None:
    proof = {
        "type": "Property",
        "value": {"type": "DataIntegrityProof"},
        "entityIdSealed": "urn:x:1",
        "entityTypeSealed": "Vehicle",
    }
    stored = _stored(proof, "ngsildproof", VEHICLES)
    assert stored == {**proof, "entityTypeSealed": EX + "Vehicle"}


def test_fragments_take_nulls_where_the_operation_does() -> None:
    content = {"a": {"type": "Property", "value": NULL}, "b": NULL, "c": {"languageMap": {"@none": NULL}}}
    stored = canonicalise_fragment(content, renaming(), Nulls.CONTENTS)
    assert stored["b"] == {"type": "Property", "value": NULL}
    inside = {"a": {"value": {"b": NULL}}}
    assert canonicalise_fragment(inside, renaming(), Nulls.ANYWHERE)
    for nulls, fragment in ((Nulls.NOWHERE, content), (Nulls.CONTENTS, inside)):
        with pytest.raises(BadRequestDataError):
            canonicalise_fragment(fragment, renaming(), nulls)


def test_simplified_fragments_keep_the_targets_types() -> None:
    target = canonicalise(
        _document(
            at={"object": "urn:x:2"},
            name={"languageMap": {"nl": "Haven"}},
            kind={"vocab": "bus"},
            raw={"json": {}},
            steps={"valueList": [1]},
            way={"objectList": ["urn:x:2"]},
            speed=[{"value": 1}, {"value": 2, "datasetId": "urn:d:1"}],
        ),
        renaming(),
    )
    fragment = {
        "at": "urn:x:3",
        "name": "Harbour",
        "kind": "tram",
        "raw": {"a": 1},
        "steps": [2],
        "way": ["urn:x:3"],
        "speed": {"dataset": {"@none": 3, "urn:d:1": 4}},
        "new": "urn:x:4",
    }
    stored = canonicalise_fragment(fragment, renaming(), Nulls.ANYWHERE, target=target, lang="en")
    assert stored == {
        "at": {"type": "Relationship", "object": "urn:x:3"},
        "name": {"type": "LanguageProperty", "languageMap": {"en": "Harbour"}},
        "kind": {"type": "VocabProperty", "vocab": "tram"},
        "raw": {"type": "JsonProperty", "json": {"a": 1}},
        "steps": {"type": "ListProperty", "valueList": [2]},
        "way": {"type": "ListRelationship", "objectList": [{"object": "urn:x:3"}]},
        "speed": [{"type": "Property", "value": 3}, {"type": "Property", "value": 4, "datasetId": "urn:d:1"}],
        "new": {"type": "Property", "value": "urn:x:4"},
    }


def test_attribute_fragments_take_their_type_from_the_target() -> None:
    target = canonicalise(_document(a=[{"value": 1}, {"object": "urn:x:2", "datasetId": "urn:d:1"}]), renaming())
    for fragment, kind in (
        ({"unitCode": "MTR"}, "Property"),
        ({"datasetId": "urn:d:1", "observedAt": "2026-01-01T00:00:00Z"}, "Relationship"),
        ({"value": POINT}, "GeoProperty"),
    ):
        name, stored = canonicalise_attribute(fragment, "a", renaming(), Nulls.CONTENTS, target=target)
        assert (name, stored["type"]) == ("a", kind)
    with pytest.raises(BadRequestDataError, match="empty"):
        canonicalise_attribute({}, "a", renaming(), Nulls.CONTENTS, target=target)
    with pytest.raises(BadRequestDataError, match="cannot be deleted"):
        canonicalise_attribute({"datasetId": NULL}, "a", renaming(), Nulls.CONTENTS, target=target)


@pytest.mark.parametrize("name", ["@invalid", "a b", "", "type", "id", "observedAt"])
def test_names_that_no_attribute_may_have(name: str) -> None:
    with pytest.raises(BadRequestDataError):
        attribute_name(name, renaming())


def test_evolutions_keep_what_the_system_wrote() -> None:
    instance = {
        "type": "Property",
        "value": 1,
        "observedAt": "2026-01-01T00:00:00Z",
        "instanceId": "urn:i:1",
        "createdAt": "2026-01-02T00:00:00Z",
    }
    scope = [{"type": "Property", "value": ["/a", "/b"], "observedAt": "2026-01-01T00:00:00Z"}]
    stored = canonicalise(_document(speed=[instance, {**instance, "value": 2}], scope=scope), renaming(), temporal=True)
    assert [one["value"] for one in stored["speed"]] == [1, 2]
    assert stored["speed"][0] == instance
    assert stored["scope"] == scope
