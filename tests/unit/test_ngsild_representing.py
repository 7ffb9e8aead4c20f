# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities as consumers ask for them: every representation and projection, each against the clause's own example."""

from __future__ import annotations

from typing import Any

import pytest
from contexts_at_hand import TWIN, VEHICLES, renaming

from hanse.ngsild import (
    NULL,
    Aggregate,
    BadRequestDataError,
    Form,
    Options,
    TemporalForm,
    Times,
    canonicalise,
    feature,
    has_wanted,
    names_in,
    parse_datasets,
    parse_languages,
    parse_names,
    parse_options,
    parse_projection,
    represent,
    temporal_aggregated,
    temporal_normalized,
    temporal_values,
    unchanged_by,
)
from hanse.ngsild.kinds import deleted

Json = Any
POINT = {"type": "Point", "coordinates": [4.5, 51.9]}
EX = "https://example.org/terms#"
DOCUMENT = {
    "id": "urn:x:1",
    "type": "Vehicle",
    "scope": "/a",
    "speed": [
        {"type": "Property", "value": 55, "unitCode": "KMH", "isParked": {"type": "Relationship", "object": "urn:x:2"}},
        {"type": "Property", "value": 11, "datasetId": "urn:d:gps"},
    ],
    "brandName": {"type": "Property", "value": "Volvo"},
    "says": {"type": "LanguageProperty", "languageMap": {"en": "hi", "fr-CH": "salut"}},
    "ticket": {"type": "JsonProperty", "json": {"id": 1}},
    "category": {"type": "VocabProperty", "vocab": "commercial"},
    "depths": {"type": "ListProperty", "valueList": [1.2, 3.4]},
    "isParked": {"type": "Relationship", "object": "urn:x:2", "objectType": "Vehicle"},
    "route": {"type": "ListRelationship", "objectList": [{"object": "urn:x:3"}, {"object": "urn:x:4"}]},
    "location": {"type": "GeoProperty", "value": POINT},
    "shape": {"type": "Property", "value": POINT},
}
NAMES = renaming(VEHICLES)
ENTITY = canonicalise(DOCUMENT, NAMES)
LIMITED = {"id", "type", "scope"}


def test_normalised_comes_back_as_it_was_given() -> None:
    assert represent(ENTITY, NAMES) == DOCUMENT


def test_other_contexts_give_other_names_words_included() -> None:
    answer = represent(ENTITY, renaming())
    assert answer["type"] == EX + "Vehicle"
    assert answer[EX + "speed"][0][EX + "isParked"]["object"] == "urn:x:2"
    assert answer[EX + "category"]["vocab"] == EX + "commercial"
    assert answer[EX + "isParked"]["objectType"] == EX + "Vehicle"
    assert answer["location"] == DOCUMENT["location"]


def test_concise_leaves_out_what_a_reader_infers() -> None:
    answer = represent(ENTITY, NAMES, Options(form=Form.CONCISE))
    assert answer == {
        "id": "urn:x:1",
        "type": "Vehicle",
        "scope": "/a",
        "speed": [
            {"value": 55, "unitCode": "KMH", "isParked": {"object": "urn:x:2"}},
            {"value": 11, "datasetId": "urn:d:gps"},
        ],
        "brandName": "Volvo",
        "says": {"languageMap": {"en": "hi", "fr-CH": "salut"}},
        "ticket": {"json": {"id": 1}},
        "category": {"vocab": "commercial"},
        "depths": {"valueList": [1.2, 3.4]},
        "isParked": {"object": "urn:x:2", "objectType": "Vehicle"},
        "route": {"objectList": ["urn:x:3", "urn:x:4"]},
        "location": POINT,
        "shape": {"type": "Property", "value": POINT},
    }


def test_simplified_has_contents_alone() -> None:
    """Clause 4.5.4."""
    assert represent(ENTITY, NAMES, Options(form=Form.SIMPLIFIED)) == {
        "id": "urn:x:1",
        "type": "Vehicle",
        "scope": "/a",
        "speed": {"dataset": {"@none": 55, "urn:d:gps": 11}},
        "brandName": "Volvo",
        "says": {"languageMap": {"en": "hi", "fr-CH": "salut"}},
        "ticket": {"json": {"id": 1}},
        "category": {"vocab": "commercial"},
        "depths": [1.2, 3.4],
        "isParked": "urn:x:2",
        "route": ["urn:x:3", "urn:x:4"],
        "location": POINT,
        "shape": POINT,
    }


@pytest.mark.parametrize(
    ("lang", "tag"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("en-GB", "en"),
        ("fr", "fr-CH"),
        ("fr;q=0.2,en;q=0.9", "en"),
        ("de,fr-CH;q=0.9,*;q=0.5", "fr-CH"),
        ("*", "en"),
        ("pt", "en"),
    ],
)
def test_languages(lang: str, tag: str) -> None:
    """Clause 4.15."""
    options = Options(languages=parse_languages(lang))
    assert represent(ENTITY, NAMES, options)["says"] == {
        "type": "Property",
        "value": DOCUMENT["says"]["languageMap"][tag],
        "lang": tag,
    }
    simplified = represent(ENTITY, NAMES, Options(form=Form.SIMPLIFIED, languages=options.languages))
    assert simplified["says"] == DOCUMENT["says"]["languageMap"][tag]


def test_projections() -> None:
    def members(**options: Json) -> set[str]:
        return set(represent(ENTITY, NAMES, Options(**options)))

    def read(text: str) -> Json:
        return parse_projection(text, NAMES, "pick")

    assert members(attrs=parse_names("speed,says", NAMES)) == LIMITED | {"speed", "says"}
    assert members(pick=read("id,speed|says")) == {"id", "speed", "says"}
    assert members(omit=read("id,type")) == set(DOCUMENT) - {"id", "type"}
    assert members(pick=read("isParked{speed}")) == {"isParked"}
    assert members(omit=read("isParked{speed}")) == set(DOCUMENT)  # what is left out lies beyond
    assert read("a,isParked{speed,b{c}}").depth == 2
    assert read("isParked{speed}").linked(EX + "isParked").members == {EX + "speed": None}


def test_what_is_left_of_an_entity_decides_whether_it_is_answered() -> None:
    assert has_wanted(ENTITY, Options(attrs=frozenset({EX + "speed"})))
    assert not has_wanted(ENTITY, Options(attrs=frozenset({"speed"})))
    assert has_wanted(ENTITY, Options(pick=parse_projection("id", NAMES, "pick")))
    assert not has_wanted(ENTITY, Options(pick=parse_projection("unknown", NAMES, "pick")))
    assert not has_wanted(ENTITY, Options(attrs=frozenset({EX + "speed"}), datasets=frozenset({"urn:d:x"})))


def test_instances_by_dataset() -> None:
    answer = represent(ENTITY, NAMES, Options(datasets=parse_datasets("urn:d:gps")))
    assert set(answer) == LIMITED | {"speed"}
    assert answer["speed"]["value"] == 11
    assert represent(ENTITY, NAMES, Options(datasets=parse_datasets("@none")))["speed"]["value"] == 55


def test_system_times_stand_where_they_are_asked_for() -> None:
    sub = Times("a3", "b3")
    times = Times("a", "b", {EX + "speed": {"": Times("a2", "b2", {EX + "isParked": {"": sub}})}})
    answer = represent(ENTITY, NAMES, Options(sys_attrs=True), times)
    assert (answer["createdAt"], answer["modifiedAt"]) == ("a", "b")
    assert (answer["speed"][0]["createdAt"], answer["speed"][1]["modifiedAt"]) == ("a2", "b")
    assert answer["speed"][0]["isParked"]["modifiedAt"] == "b3"
    assert "createdAt" not in represent(ENTITY, NAMES, Options(), times)


def test_features() -> None:
    """Clauses 4.5.16 and 4.5.17."""
    one = feature(ENTITY, NAMES)
    assert (one["id"], one["type"], one["geometry"]) == ("urn:x:1", "Feature", POINT)
    assert one["properties"] == {name: value for name, value in DOCUMENT.items() if name != "id"}
    assert feature(ENTITY, NAMES, Options(geometry_property="operationSpace"))["geometry"] is None
    assert feature(ENTITY, NAMES, Options(geometry_property="brandName"))["geometry"] is None
    simple = feature(ENTITY, NAMES, Options(form=Form.SIMPLIFIED))
    assert simple["properties"]["location"] == POINT


def test_a_features_geometry_is_that_of_one_instance() -> None:
    other = {"type": "Point", "coordinates": [1.0, 2.0]}
    places = [
        {"type": "GeoProperty", "value": POINT, "datasetId": "urn:d:gps"},
        {"type": "GeoProperty", "value": other},
    ]
    entity = {"id": "urn:x:1", "type": "T", "location": places}
    assert feature(entity, NAMES)["geometry"] == other
    assert feature(entity, NAMES, Options(datasets=frozenset({"urn:d:gps"})))["geometry"] == POINT
    assert feature({**entity, "location": places[0]}, NAMES)["geometry"] is None


def test_names_tell_whether_bytes_may_pass() -> None:
    used = names_in(ENTITY)
    assert {EX + "Vehicle", EX + "speed", EX + "isParked", EX + "commercial", "location"} <= used
    assert unchanged_by(renaming(TWIN), used)
    assert represent(ENTITY, renaming(TWIN)) == ENTITY
    assert not unchanged_by(NAMES, used)


@pytest.mark.parametrize(
    ("options", "format_", "form", "temporal", "flags"),
    [
        (None, None, "normalized", "normalized", set()),
        ("", None, "normalized", "normalized", set()),
        ("keyValues", None, "simplified", "normalized", set()),
        ("sysAttrs,concise", None, "concise", "normalized", {"sysAttrs"}),
        ("normalized", "keyValues", "simplified", "normalized", set()),
        ("temporalValues,sysAttrs", None, "normalized", "temporalValues", {"sysAttrs"}),
        (None, "aggregatedValues", "normalized", "aggregatedValues", set()),
        ("keyValues,simplified", None, "simplified", "normalized", set()),
    ],
)
def test_options(options: str | None, format_: str | None, form: str, temporal: str, flags: set[str]) -> None:
    found = parse_options(options, format_, frozenset({"sysAttrs"}))
    assert (found.form, found.temporal, found.flags) == (Form(form), TemporalForm(temporal), flags)


def test_parameters_that_say_nothing_sensible_are_refused() -> None:
    for options, format_ in (("bogus", None), (None, "bogus"), ("keyValues,", None), ("keyValues,concise", None)):
        with pytest.raises(BadRequestDataError):
            parse_options(options, format_, frozenset())
    for text in (
        "",
        "id;name",
        "a{b",
        "a{{b}",
        "a,,b",
        "a{,b}",
        "a{}",
        "a}",
        "a{b}c",
        "||",
        "a{" * 20 + "b" + "}" * 20,
    ):
        with pytest.raises(BadRequestDataError):
            parse_projection(text, NAMES, "pick")
    for text in ("e n", "en;q=2", "en,", "1"):
        with pytest.raises(BadRequestDataError):
            parse_languages(text)
    for text in ("a b", "a,,b"):
        with pytest.raises(BadRequestDataError):
            parse_names(text, NAMES)
    with pytest.raises(BadRequestDataError):
        parse_datasets("no uri")


def test_projections_that_contradict_each_other_are_refused() -> None:
    pick = parse_projection("a,b", NAMES, "pick")
    for options in (
        {"pick": pick, "omit": pick},
        {"pick": pick, "attrs": frozenset()},
        {"omit": pick, "attrs": frozenset()},
    ):
        with pytest.raises(BadRequestDataError):
            Options(**options)


HEAD = {"id": "urn:x:1", "type": EX + "Vehicle"}
SERIES = {
    EX + "speed": [
        {
            "type": "Property",
            "value": 1,
            "observedAt": "t1",
            "instanceId": "urn:i:1",
            "createdAt": "c",
            "modifiedAt": "m",
        },
        {"type": "Property", "value": 2, "observedAt": "t2", "datasetId": "urn:d:gps"},
        {"type": "Property", "value": 3, "observedAt": "t3"},
        {"type": "Property", "value": 4, "modifiedAt": "m"},
    ],
    "says": [{"type": "LanguageProperty", "languageMap": {"en": "hi"}, "observedAt": "t1"}],
    "route": [{"type": "ListRelationship", "objectList": [{"object": "urn:x:3"}], "observedAt": "t1"}],
}


def test_evolutions_as_pairs() -> None:
    """Clause 4.5.9."""
    assert temporal_values(HEAD, SERIES, NAMES) == {
        "id": "urn:x:1",
        "type": "Vehicle",
        "speed": [
            {"type": "Property", "values": [[1, "t1"], [3, "t3"]]},
            {"type": "Property", "datasetId": "urn:d:gps", "values": [[2, "t2"]]},
        ],
        "says": {"type": "LanguageProperty", "languageMaps": [[{"languageMap": {"en": "hi"}}, "t1"]]},
        "route": {"type": "ListRelationship", "objectLists": [[["urn:x:3"], "t1"]]},
    }
    by_change = temporal_values(HEAD, SERIES, NAMES, time_property="modifiedAt")
    assert by_change["speed"] == {"type": "Property", "values": [[1, "m"], [4, "m"]]}
    assert set(by_change) == {"id", "type", "speed"}


def test_evolutions_in_full() -> None:
    answer = temporal_normalized(HEAD, SERIES, NAMES)
    assert answer["speed"][0] == {"type": "Property", "value": 1, "observedAt": "t1", "instanceId": "urn:i:1"}
    assert len(answer["speed"]) == 4
    assert "createdAt" in temporal_normalized(HEAD, SERIES, NAMES, Options(sys_attrs=True))["speed"][0]
    by_change = temporal_normalized(HEAD, SERIES, NAMES, time_property="modifiedAt")["speed"][0]
    assert ("modifiedAt" in by_change, "createdAt" in by_change) == (True, False)
    picked = Options(pick=parse_projection("speed", NAMES, "pick"), datasets=frozenset({"urn:d:gps"}))
    assert set(temporal_normalized(HEAD, SERIES, NAMES, picked)) == {"speed"}


def test_deletions_stand_in_an_evolution() -> None:
    for kind, content in (
        ({"type": "Property", "value": 1}, {"value": NULL}),
        ({"type": "LanguageProperty", "languageMap": {}}, {"languageMap": {"@none": NULL}}),
        ({"type": "ListRelationship", "objectList": []}, {"objectList": [{"object": NULL}]}),
    ):
        marker = deleted({**kind, "datasetId": "urn:d:1", "unitCode": "X"}, "now")
        assert marker == {"type": kind["type"], **content, "datasetId": "urn:d:1", "deletedAt": "now"}


def test_evolutions_aggregated() -> None:
    """Clause 4.5.19."""
    rows = [(1.5, "t1", "t2"), (2.5, "t2", "t3")]
    aggregates = {EX + "speed": [Aggregate("Property", None, {"avg": rows, "max": rows[:1]})]}
    assert temporal_aggregated(HEAD, aggregates, NAMES)["speed"] == {
        "type": "Property",
        "avg": [[1.5, "t1", "t2"], [2.5, "t2", "t3"]],
        "max": [[1.5, "t1", "t2"]],
    }
