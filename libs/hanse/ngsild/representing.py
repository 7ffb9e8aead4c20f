# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Stored entities as a consumer asked for them: projected, in one of the representations, in the request's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hanse.ngsild import kinds
from hanse.ngsild.kinds import CONTENT, DEFAULT_INSTANCE
from hanse.ngsild.normalise import looks_like_attribute
from hanse.ngsild.options import PLAIN, Form, Options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hanse.jsonld import Renaming
    from hanse.ngsild.times import Times

Json = Any
_WORDS: Final = frozenset({"vocab", "objectType", "valueType", "entityTypeSealed"})  # values that are names
_HEAD: Final = ("id", "type", "scope", "expiresAt")


def represent(
    entity: Mapping[str, Json], renaming: Renaming, options: Options = PLAIN, times: Times | None = None
) -> dict[str, Json]:
    """Return an entity as it is answered, without @context.

    Args:
        entity: stored form.
        renaming: to the names of the request's context.
        options: what the consumer asked for.
        times: system times, needed when options.sys_attrs is set.
    """
    answer = {
        name: _words(entity[name], renaming) if name == "type" else entity[name]
        for name in _HEAD
        if name in entity and _shown(name, options)
    }
    if options.sys_attrs and times is not None:
        answer |= {"createdAt": times.created, "modifiedAt": times.modified}
    for name, instances in projected(entity, options):
        answer[renaming.outward(name)] = _attribute(name, instances, renaming, options, times)
    return answer


def feature(
    entity: Mapping[str, Json], renaming: Renaming, options: Options = PLAIN, times: Times | None = None
) -> dict[str, Json]:
    """Return an entity as a GeoJSON Feature (CIM 009 clauses 4.5.16 and 4.5.17), without @context."""
    properties = represent(entity, renaming, options, times)
    properties.pop("id", None)
    return {"id": entity["id"], "type": "Feature", "geometry": _geometry(entity, options), "properties": properties}


def has_wanted(entity: Mapping[str, Json], options: Options) -> bool:
    """Say whether anything is left of an entity that was asked for; if not, it is not answered (clause 5.7.1.4)."""
    if any(True for _ in projected(entity, options)):
        return True
    return options.attrs is None and any(name in entity and _shown(name, options) for name in _HEAD)


def names_in(entity: Mapping[str, Json]) -> frozenset[str]:
    """Return every stored name that an entity uses: types, attributes at every depth, words of vocabularies.

    Where they are a request's names too (Renaming.unchanged_by), the stored bytes may be answered as they are.
    """
    names = set(_texts(entity.get("type", [])))
    waiting = list(kinds.attributes(entity))
    while waiting:
        name, value = waiting.pop()
        names.add(name)
        for instance in kinds.instances(value):
            for member in _WORDS & instance.keys():
                names.update(_texts(instance[member]))
            waiting.extend(kinds.sub_attributes(instance))
    return frozenset(names)


def unchanged_by(renaming: Renaming, names: Iterable[str]) -> bool:
    """Say whether a request's context leaves all these stored names as they are."""
    return renaming.unchanged_by(names)


def represent_instance(
    name: str, instance: Mapping[str, Json], renaming: Renaming, options: Options = PLAIN, times: Times | None = None
) -> dict[str, Json]:
    """Return one instance of an attribute, normalised or concise; anything simplified has no such form."""
    found: dict[str, Json] = _instance(name, in_language(instance, options), renaming, options, times, bare=False)
    return found


def projected(entity: Mapping[str, Json], options: Options) -> Iterator[tuple[str, list[dict[str, Json]]]]:
    """Yield the attributes that are asked for, with the instances that are."""
    for name, value in kinds.attributes(entity):
        if not _shown(name, options) or (options.attrs is not None and name not in options.attrs):
            continue
        instances = kinds.instances(value)
        if options.datasets is not None:
            instances = [one for one in instances if (kinds.dataset_of(one) or DEFAULT_INSTANCE) in options.datasets]
        if instances:
            yield name, instances


def _shown(name: str, options: Options) -> bool:
    """A member that is omitted for its linked entities' sake is itself shown."""
    if options.pick is not None and name not in options.pick:
        return False
    return options.omit is None or name not in options.omit or options.omit.linked(name) is not None


def _attribute(
    name: str, instances: list[dict[str, Json]], renaming: Renaming, options: Options, times: Times | None
) -> Json:
    shown = [in_language(one, options) for one in instances]
    if options.form is Form.SIMPLIFIED:
        if len(shown) == 1:
            return simplified(shown[0], renaming)
        return {"dataset": {kinds.dataset_of(one) or DEFAULT_INSTANCE: simplified(one, renaming) for one in shown}}
    found = [
        _instance(name, one, renaming, options, times and times.of(name, kinds.dataset_of(one)), bare=len(shown) == 1)
        for one in shown
    ]
    return found if len(found) > 1 else found[0]


def simplified(instance: Mapping[str, Json], renaming: Renaming) -> Json:
    """Return an instance's content as the simplified representation has it (clause 4.5.4)."""
    kind = instance["type"]
    content = instance[CONTENT[kind]]
    match kind:
        case "LanguageProperty" | "JsonProperty":
            return {CONTENT[kind]: content}
        case "VocabProperty":
            return {"vocab": _words(content, renaming)}
        case "ListRelationship":
            return [one["object"] if isinstance(one, dict) else one for one in content]
    return content


def _instance(
    name: str, instance: Mapping[str, Json], renaming: Renaming, options: Options, times: Times | None, *, bare: bool
) -> Json:
    concise = options.form is Form.CONCISE
    kind = instance["type"]
    content = CONTENT[kind]
    answer: dict[str, Json] = {}
    for member, value in instance.items():
        if member == "type":
            if not concise or not _inferred(name, kind, instance.get(content)):
                answer["type"] = kind
        elif member in _WORDS:
            answer[member] = _words(value, renaming)
        elif member == "objectList" and concise:
            answer[member] = simplified(instance, renaming)
        elif member in kinds.META or member in kinds.CONTENTS or member in kinds.SEALED:
            answer[member] = value
        elif member not in kinds.OUTPUT_MEMBERS:
            answer[renaming.outward(member)] = _sub(member, value, renaming, options, times)
        else:
            answer[member] = value
    if options.sys_attrs and times is not None:
        answer |= {"createdAt": times.created, "modifiedAt": times.modified}
    if concise and bare and list(answer) == ["value"] and _may_stand_alone(kind, answer["value"], renaming):
        return answer["value"]
    return answer


def _sub(name: str, value: Json, renaming: Renaming, options: Options, times: Times | None) -> Json:
    several = kinds.instances(value)
    found = [
        _instance(
            name,
            in_language(one, options),
            renaming,
            options,
            times and times.of(name, kinds.dataset_of(one)),
            bare=len(several) == 1,
        )
        for one in several
    ]
    return found if len(found) > 1 else found[0]


def _inferred(name: str, kind: str, content: Json) -> bool:
    """Say whether a reader finds an attribute's type by its content alone (clauses 4.5.2.3 and 4.7.3)."""
    if CONTENT[kind] != "value":
        return True
    geographic = kinds.is_geometry(content) or (name in kinds.GEO_ATTRIBUTES and isinstance(content, str))
    return geographic == (kind == "GeoProperty")


def _may_stand_alone(kind: str, value: Json, renaming: Renaming) -> bool:
    if kind == "GeoProperty":
        return kinds.is_geometry(value)
    if isinstance(value, list):
        return not any(looks_like_attribute(one, renaming) for one in value)
    return not looks_like_attribute(value, renaming)


def in_language(instance: Mapping[str, Json], options: Options) -> Mapping[str, Json]:
    """Return a LanguageProperty as a Property in the language that fits best (clause 4.15)."""
    if options.languages is None or instance["type"] != "LanguageProperty":
        return instance
    texts = instance["languageMap"]
    tag = options.languages.choose(texts)
    rest = {member: value for member, value in instance.items() if member not in {"type", "languageMap", "valueType"}}
    return {"type": "Property", "value": texts[tag], "lang": tag, **rest}


def _geometry(entity: Mapping[str, Json], options: Options) -> Json:
    """Clause 4.5.16.1: the default instance's, or that of the one datasetId asked for; else null."""
    held = entity.get(options.geometry_property)
    if held is None or options.geometry_property in kinds.ENTITY_MEMBERS:
        return None
    datasets = options.datasets or {DEFAULT_INSTANCE}
    wanted = next(iter(datasets)) if len(datasets) == 1 else DEFAULT_INSTANCE
    for instance in kinds.instances(held):
        if (kinds.dataset_of(instance) or DEFAULT_INSTANCE) == wanted:
            return instance["value"] if instance["type"] == "GeoProperty" else None
    return None


def _words(value: Json, renaming: Renaming) -> Json:
    return [renaming.outward(one) for one in value] if isinstance(value, list) else renaming.outward(value)


def _texts(value: Json) -> list[str]:
    return value if isinstance(value, list) else [value]
