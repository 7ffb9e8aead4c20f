# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The operations on an entity: clause by clause of CIM 009, with what changed and when."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from hanse.ngsild import (
    NULL,
    AttributeNotFoundError,
    BadRequestDataError,
    ChangeKind,
    NgsiLdError,
    Outcome,
    Times,
    advanced,
    append,
    created,
    delete_attribute,
    merge,
    removed,
    replace,
    replace_attribute,
    update,
    update_attribute,
)

Json = Any
OLD, NEW, LATER = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"
TEMPERATURE = {"type": "Property", "value": 25, "unitCode": "CEL", "observedAt": OLD}
GPS = {"type": "Property", "value": 11, "datasetId": "urn:d:gps"}


def _entity(**attributes: Json) -> dict[str, Json]:
    return {"id": "urn:x:1", "type": "Building", **attributes}


def _property(value: Json, **more: Json) -> dict[str, Json]:
    return {"type": "Property", "value": value, **more}


def _kinds(outcome: Outcome) -> list[tuple[str, str | None, str]]:
    return [(change.attribute, change.dataset_id, change.kind.value) for change in outcome.changes]


def test_an_update_replaces_an_attribute_whole() -> None:
    """Clause 5.5.8 example 2."""
    outcome = update(_entity(temperature=TEMPERATURE), {"temperature": _property(100, observedAt=NEW)})
    assert outcome.entity["temperature"] == _property(100, observedAt=NEW)
    assert _kinds(outcome) == [("temperature", None, "updated")]
    assert outcome.changes[0].before == TEMPERATURE


def test_a_partial_update_replaces_members() -> None:
    """Clause 5.5.8 example 1."""
    outcome = update_attribute(_entity(temperature=TEMPERATURE), "temperature", _property(100, observedAt=NEW))
    assert outcome.entity["temperature"] == _property(100, observedAt=NEW, unitCode="CEL")


def test_null_deletes_in_an_update() -> None:
    """Clause 5.5.8 example 3."""
    outcome = update(_entity(temperature=TEMPERATURE), {"temperature": _property(NULL), "absent": _property(NULL)})
    assert outcome.entity == _entity()
    assert _kinds(outcome) == [("temperature", None, "deleted")]
    assert [one.attribute for one in outcome.not_updated] == ["absent"]


def test_a_merge_leaves_what_it_does_not_name() -> None:
    """Clause 5.5.12 examples 1 and 2."""
    address = _property({"street": "Straße des 17. Juni", "city": "Berlin", "country": "Germany"})
    fragment = {
        "temperature": _property(100, observedAt=NEW),
        "address": _property({"street": "Pariser Platz", "country": NULL}),
    }
    outcome = merge(_entity(temperature=TEMPERATURE, address=address), fragment)
    assert outcome.entity["temperature"] == {**TEMPERATURE, "value": 100, "observedAt": NEW}
    assert outcome.entity["address"]["value"] == {"street": "Pariser Platz", "city": "Berlin"}


def test_only_the_instance_named_is_touched() -> None:
    entity = _entity(speed=[_property(55), GPS])
    for operation in (update, merge, append):
        outcome = operation(entity, {"speed": _property(60)})
        assert outcome.entity["speed"] == [_property(60), GPS]
        outcome = operation(entity, {"speed": _property(61, datasetId="urn:d:other")})
        assert outcome.entity["speed"] == [_property(55), GPS, _property(61, datasetId="urn:d:other")]
        assert _kinds(outcome) == [("speed", "urn:d:other", "created")]
    assert update(entity, {"speed": {**GPS, "value": NULL}}).entity["speed"] == _property(55)


def test_appending_without_overwriting() -> None:
    entity = _entity(speed=_property(55), scope="/a")
    outcome = append(entity, {"speed": [_property(1), GPS], "scope": ["/a", "/b"]}, overwrite=False)
    assert outcome.entity["speed"] == [_property(55), GPS]
    assert outcome.entity["scope"] == ["/a", "/b"]
    assert [(one.attribute, one.dataset_id) for one in outcome.not_updated] == [("speed", None)]
    assert append(entity, {"scope": "/c"}).entity["scope"] == "/c"


def test_types_are_added_and_never_taken_away() -> None:
    outcome = update(_entity(), {"type": ["Landmark", "Building"]})
    assert outcome.entity["type"] == ["Building", "Landmark"]
    assert outcome.updated == ("type",)
    assert merge(_entity(), {"type": "Building"}).changes == ()


def test_an_update_sets_no_scope_that_was_not_there() -> None:
    assert update(_entity(), {"scope": "/a"}).not_updated[0].attribute == "scope"
    assert update(_entity(scope="/b"), {"scope": "/a"}).entity["scope"] == "/a"
    assert "scope" not in update(_entity(scope="/b"), {"scope": NULL}).entity
    assert merge(_entity(), {"scope": "/a"}).entity["scope"] == "/a"


def test_merging_languages() -> None:
    name = {"type": "LanguageProperty", "languageMap": {"nl": "Haven", "en": "Port"}}
    patch = {"type": "LanguageProperty", "languageMap": {"en": NULL, "fr": "Port"}}
    assert merge(_entity(name=name), {"name": patch}).entity["name"]["languageMap"] == {"nl": "Haven", "fr": "Port"}
    gone = {"type": "LanguageProperty", "languageMap": {"nl": NULL, "en": NULL}}
    assert "name" not in merge(_entity(name=name), {"name": gone}).entity
    null = {"type": "LanguageProperty", "languageMap": {"@none": NULL}}
    assert "name" not in merge(_entity(name=name), {"name": null}).entity


def test_merging_sub_attributes_and_members() -> None:
    accuracy, method = _property(1), _property("laser")
    entity = _entity(height=_property(3, unitCode="MTR", accuracy=accuracy, method=method))
    fragment = {
        "height": _property(4, unitCode=NULL, accuracy=_property(NULL), method=_property("lidar", by=_property(1)))
    }
    assert merge(entity, fragment).entity["height"] == _property(4, method=_property("lidar", by=_property(1)))
    partial = update_attribute(entity, "height", _property(4, accuracy=_property(NULL), unitCode=NULL))
    assert partial.entity["height"] == _property(4, method=method)


def test_merging_another_type_replaces_the_content() -> None:
    entity = _entity(at=_property("here", unitCode="X", by=_property(1)))
    outcome = merge(entity, {"at": {"type": "Relationship", "object": "urn:x:2"}})
    assert outcome.entity["at"] == {"type": "Relationship", "object": "urn:x:2", "by": _property(1)}


def test_a_common_time_is_set_where_there_was_one() -> None:
    entity = _entity(a=_property(1, observedAt=OLD), b=_property(1), c=_property(1, observedAt=OLD))
    fragment = {"a": _property(2), "b": _property(2), "c": _property(2, observedAt=LATER), "d": _property(2)}
    merged = merge(entity, fragment, observed_at=NEW).entity
    assert [merged[name].get("observedAt") for name in "abcd"] == [NEW, None, LATER, None]


def test_merging_nothing_changes_nothing() -> None:
    entity = _entity(speed=[_property(55), GPS])
    assert merge(entity, {"absent": _property(NULL)}) == Outcome(entity, ())


def test_partial_updates_keep_the_type_and_need_the_instance() -> None:
    entity = _entity(speed=GPS, at={"type": "Relationship", "object": "urn:x:2"})
    with pytest.raises(BadRequestDataError, match="do not change"):
        update_attribute(entity, "at", _property("x"))
    for name, fragment in (("speed", _property(1)), ("speed", {**GPS, "datasetId": "urn:d:x"}), ("none", _property(1))):
        with pytest.raises(AttributeNotFoundError):
            update_attribute(entity, name, fragment)
        with pytest.raises(AttributeNotFoundError):
            replace_attribute(entity, name, fragment)
    with pytest.raises(BadRequestDataError):
        replace_attribute(_entity(scope="/a"), "scope", _property("/b"))
    assert update_attribute(entity, "speed", {**GPS, "value": NULL}).entity == _entity(at=entity["at"])


def test_deleting_attributes() -> None:
    entity = _entity(speed=[_property(55), GPS], scope="/a")
    assert delete_attribute(entity, "speed").entity["speed"] == GPS
    assert delete_attribute(entity, "speed", "@none").entity["speed"] == GPS
    assert delete_attribute(entity, "speed", "urn:d:gps").entity["speed"] == _property(55)
    everything = delete_attribute(entity, "speed", delete_all=True)
    assert everything.entity == _entity(scope="/a")
    assert [change.kind for change in everything.changes] == [ChangeKind.DELETED] * 2
    assert delete_attribute(entity, "scope").entity == _entity(speed=entity["speed"])
    for name, dataset, everything_ in (("none", None, False), ("none", None, True), ("speed", "urn:d:x", False)):
        with pytest.raises(AttributeNotFoundError):
            delete_attribute(entity, name, dataset, delete_all=everything_)


def test_replacing_creating_and_removing_say_what_changed() -> None:
    entity = _entity(speed=[_property(55), GPS], name=_property("x"))
    outcome = replace(entity, {"id": "urn:other", "type": "House", "speed": _property(1), "new": _property(2)})
    assert outcome.entity == {"id": "urn:x:1", "type": "House", "speed": _property(1), "new": _property(2)}
    assert sorted(_kinds(outcome), key=str) == [
        ("name", None, "deleted"),
        ("new", None, "created"),
        ("speed", "urn:d:gps", "deleted"),
        ("speed", None, "updated"),
        ("type", None, "updated"),
    ]
    assert created(entity).entity == entity
    assert {change.kind for change in created(entity).changes} == {ChangeKind.CREATED}
    assert removed(entity).entity == {"id": "urn:x:1"}
    assert len(removed(entity).changes) == len(created(entity).changes)


def test_nothing_that_is_handed_in_is_altered() -> None:
    entity = _entity(speed=[_property({"a": {"b": 1}}, sub=_property(1)), GPS], scope="/a")
    fragment = {"speed": _property({"a": {"b": NULL}}, sub=_property(NULL)), "type": "House", "scope": "/b"}
    before = deepcopy((entity, fragment))
    for operation in (append, update, merge):
        operation(entity, fragment)
    update_attribute(entity, "speed", fragment["speed"])
    assert (entity, fragment) == before


def test_times_follow_the_changes() -> None:
    entity = _entity(speed=[_property(55, by=_property("a"), how=_property("b")), GPS], name=_property("x"))
    times = Times.born(OLD)
    assert times.to_json() == [OLD, OLD]
    fragment = _property(56, by=_property("c"), how=_property("b"), new=_property(1))
    outcome = replace_attribute(entity, "speed", fragment)
    times = advanced(times, outcome, NEW)
    assert (times.created, times.modified) == (OLD, NEW)
    speed = times.of("speed", None)
    assert (speed.created, speed.modified) == (OLD, NEW)
    assert speed.of("by", None) == Times(OLD, NEW)
    assert speed.of("how", None) == Times(OLD, OLD)
    assert speed.of("new", None) == Times(NEW, NEW)
    assert times.of("speed", "urn:d:gps") == times.of("name", None) == Times(OLD, OLD)
    outcome = append(outcome.entity, {"later": _property(1)})
    times = advanced(times, outcome, LATER)
    assert times.of("later", None) == Times(LATER, LATER)
    assert times.of("speed", None) == speed
    assert Times.from_json(times.to_json()) == times
    assert advanced(times, Outcome(outcome.entity, ()), "x") is times


@pytest.mark.parametrize("value", [None, [], ["a"], "ab", {}])
def test_system_times_that_are_none(value: Json) -> None:
    with pytest.raises(NgsiLdError):
        Times.from_json(value)
