# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Lossless forms come back, merges agree with RFC 7396, rubbish is refused in words."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from contexts_at_hand import TWIN, VEHICLES, renaming
from hypothesis import given
from hypothesis import strategies as st

from hanse.jsonld import Renaming
from hanse.ngsild import (
    NULL,
    BadRequestDataError,
    Form,
    NgsiLdError,
    Nulls,
    Options,
    Times,
    advanced,
    append,
    canonicalise,
    canonicalise_attribute,
    canonicalise_fragment,
    created,
    feature,
    merge,
    names_in,
    parse_datasets,
    parse_languages,
    parse_names,
    parse_options,
    parse_projection,
    replace,
    represent,
    update,
    validate_entity,
)

Json = Any
EX = "https://example.org/terms#"
RENAMINGS = st.sampled_from([renaming(), renaming(VEHICLES), renaming(TWIN)])
NAMES = st.sampled_from(["speed", "brand", "groundHeight", EX + "speed", EX + "value", "urn:y:z", "title"])
URIS = st.sampled_from(["urn:x:1", "urn:x:2", "https://x.example/ä"])
KEYS = st.sampled_from(["a", "b", "type", "value", "object", "json", "dataset", "@type", "coordinates", "speed", ""])
SCALARS = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS | st.just({"type": "Point", "coordinates": [1, 2]}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
TEXTS = st.text(max_size=5) | st.lists(st.text(max_size=5), min_size=1, max_size=2)
WORDS = st.text(min_size=1, max_size=5, alphabet="abc ") | st.sampled_from([EX + "commercial", "groundHeight"])
POINTS = st.builds(
    lambda x, y: {"type": "Point", "coordinates": [x, y]}, st.integers(-180, 180), st.floats(-90, 90, allow_nan=False)
)
CONTENTS = st.one_of(
    VALUES.map(lambda value: {"type": "Property", "value": value}),
    POINTS.map(lambda value: {"type": "GeoProperty", "value": value}),
    URIS.map(lambda value: {"type": "Relationship", "object": value}),
    st.lists(URIS, min_size=1, max_size=3).map(lambda value: {"type": "Relationship", "object": value}),
    st.dictionaries(st.sampled_from(["en", "fr-CH", "@none"]), TEXTS, min_size=1).map(
        lambda value: {"type": "LanguageProperty", "languageMap": value}
    ),
    WORDS.map(lambda value: {"type": "VocabProperty", "vocab": value}),
    st.dictionaries(KEYS, VALUES | st.none(), max_size=3).map(lambda value: {"type": "JsonProperty", "json": value}),
    st.lists(VALUES, max_size=3).map(lambda value: {"type": "ListProperty", "valueList": value}),
    st.lists(URIS, max_size=3).map(
        lambda value: {"type": "ListRelationship", "objectList": [{"object": one} for one in value]}
    ),
)
META = st.fixed_dictionaries({}, optional={"observedAt": st.just("2026-01-01T00:00:00Z"), "lang": st.just("en")})


def _with(content: dict[str, Json], meta: dict[str, Json], below: dict[str, Json]) -> dict[str, Json]:
    return {**content, **meta, **below}


def _numbered(instances: list[dict[str, Json]]) -> Json:
    if len(instances) == 1:
        return instances[0]
    return [one if not number else {**one, "datasetId": f"urn:d:{number}"} for number, one in enumerate(instances)]


LEAVES = st.builds(_with, CONTENTS, META, st.just({}))
INSTANCES = st.builds(_with, CONTENTS, META, st.dictionaries(NAMES, LEAVES, max_size=2))
ATTRIBUTES = st.lists(INSTANCES, min_size=1, max_size=3).map(_numbered)
ENTITIES = st.builds(
    lambda head, attributes: {"id": "urn:x:1", **head, **attributes},
    st.fixed_dictionaries(
        {"type": st.sampled_from(["Vehicle", EX + "Vehicle", ["Building", "Landmark"]])},
        optional={"scope": st.sampled_from(["/a", ["/a", "/b/c"]]), "expiresAt": st.just("2030-01-01T00:00:00Z")},
    ),
    st.dictionaries(NAMES, ATTRIBUTES, max_size=4),
)
RUBBISH = st.recursive(
    st.none() | st.floats() | SCALARS | st.just(NULL),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | NAMES | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(ENTITIES, RENAMINGS)
def test_stored_form_is_valid_and_stays_what_it_is(entity: Json, names: Renaming) -> None:
    assert validate_entity(entity) == []
    assert canonicalise(represent(entity, names), names) == entity


@given(ENTITIES, RENAMINGS)
def test_concise_form_is_lossless(entity: Json, names: Renaming) -> None:
    assert canonicalise(represent(entity, names, Options(form=Form.CONCISE)), names) == entity


@given(ENTITIES, RENAMINGS)
def test_bytes_pass_only_where_nothing_would_change(entity: Json, names: Renaming) -> None:
    if names.unchanged_by(names_in(entity)):
        assert represent(entity, names) == entity


@given(ENTITIES, RENAMINGS)
def test_simplified_and_features_take_any_entity(entity: Json, names: Renaming) -> None:
    options = Options(form=Form.SIMPLIFIED, languages=parse_languages("fr,*;q=0.1"))
    assert feature(entity, names, options)["properties"].keys() == represent(entity, names, options).keys() - {"id"}


@given(ENTITIES, ENTITIES)
def test_operations_say_all_that_they_changed(before: Json, fragment: Json) -> None:
    for operation in (append, update, merge, replace):
        outcome = operation(before, fragment)
        assert validate_entity(outcome.entity) == []
        untouched = before.keys() - set(outcome.updated)
        assert {name: outcome.entity[name] for name in untouched} == {name: before[name] for name in untouched}
        assert operation(outcome.entity, fragment).entity == outcome.entity


@given(ENTITIES, ENTITIES)
def test_times_say_what_was_written_when(before: Json, fragment: Json) -> None:
    times = advanced(Times.born("1"), created(before), "1")
    outcome = append(before, fragment)
    after = advanced(times, outcome, "2")
    for change in outcome.changes:
        if change.attribute not in {"type", "scope", "expiresAt"}:
            found = after.of(change.attribute, change.dataset_id)
            assert (found.created, found.modified) == ("2" if change.before is None else "1", "2")
    assert Times.from_json(after.to_json()) == after


def _rfc7396(target: Json, patch: Json) -> Json:
    """The pseudo-code of RFC 7396 section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _rfc7396(result.get(name), value)
    return result


PATCHES = st.recursive(
    SCALARS | st.none(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=8
)


def _nulls(patch: Json) -> Json:
    if isinstance(patch, dict):
        return {name: _nulls(value) for name, value in patch.items()}
    return NULL if patch is None else patch


@given(PATCHES.filter(lambda value: value is not None), PATCHES.filter(lambda value: value is not None))
def test_values_merge_as_rfc_7396_merges(target: Json, patch: Json) -> None:
    target = _rfc7396({}, target)  # what is stored holds no null
    entity = {"id": "urn:x:1", "type": "T", "a": {"type": "Property", "value": target}}
    merged = merge(entity, {"a": {"type": "Property", "value": _nulls(patch)}}).entity
    assert merged["a"]["value"] == _rfc7396(target, patch)


@given(RUBBISH, RENAMINGS, st.sampled_from(Nulls))
def test_rubbish_is_refused_in_words(document: Json, names: Renaming, nulls: Nulls) -> None:
    target = {"id": "urn:x:1", "type": "T", "speed": {"type": "Relationship", "object": "urn:x:2"}}
    readings: list[Callable[[], Json]] = [
        lambda: canonicalise(document, names),
        lambda: canonicalise({"id": "urn:x:1", "type": "T", "speed": document}, names),
        lambda: canonicalise(
            {"id": "urn:x:1", "type": "T", "speed": document, "scope": document}, names, temporal=True
        ),
        lambda: merge(target, canonicalise_fragment(document, names, nulls, target=target, lang="en")),
        lambda: update(target, canonicalise_fragment({"speed": document}, names, nulls)),
        lambda: canonicalise_attribute(document, "speed", names, nulls, target=target),
    ]
    for reading in readings:
        with contextlib.suppress(NgsiLdError):
            assert reading()


@given(st.text(max_size=12, alphabet="abid,|{};q=0.5*-@: ") | st.text(max_size=12), RENAMINGS)
def test_parameters_are_read_or_refused(text: str, names: Renaming) -> None:
    readings: list[Callable[[], Json]] = [
        lambda: parse_projection(text, names, "pick"),
        lambda: parse_languages(text),
        lambda: parse_names(text, names),
        lambda: parse_datasets(text),
        lambda: parse_options(text, text, frozenset({"sysAttrs"})),
    ]
    for reading in readings:
        with contextlib.suppress(BadRequestDataError):
            assert reading() is not None
