# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Documents of the NGSI-LD API, normalised or concise, to the one form that is stored.

The stored form is the normalised representation (CIM 009 clause 4.5) with stored names, times in UTC, default
instances without datasetId, and geometries as objects. Names inside values stay as they came: they are data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hanse.ngsild import contents, kinds, values
from hanse.ngsild.contents import Nulls, Reading
from hanse.ngsild.kinds import CONTENT, DEFAULT_INSTANCE, NULL
from hanse.ngsild.names import SHORT_NAME
from hanse.ngsild.values import below, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.jsonld import Renaming

Json = Any
Entity = dict[str, Json]
_MAX_MEMBERS: Final = 2_000
_MAX_INSTANCES: Final = 1_000
_MAX_TYPES: Final = 100
_MAX_NESTING: Final = 16


def canonicalise(document: Json, renaming: Renaming, *, temporal: bool = False) -> Entity:
    """Return the stored form of an entity that is created or replaced.

    Args:
        document: parsed JSON, normalised or concise, attribute by attribute; its @context is not looked at.
        renaming: between the names of the document's context and the stored ones.
        temporal: the document is the temporal evolution of an entity (clause 5.2.20): instances of one attribute
            may share a datasetId, and keep their instanceId and system times.

    Raises:
        BadRequestDataError: it is against NGSI-LD; the error names the place.
    """
    read = Reading(renaming, temporal=temporal)
    members = _members(document, read, "")
    if "id" not in members or "type" not in members:
        refuse("", f"an entity has an id and a type; {'id' if 'id' not in members else 'type'} is missing")
    return _entity(members, read)


def canonicalise_fragment(
    document: Json,
    renaming: Renaming,
    nulls: Nulls,
    *,
    target: Mapping[str, Json] | None = None,
    lang: str | None = None,
) -> Entity:
    """Return the stored form of an entity fragment (clause 5.4), without id.

    Args:
        document: parsed JSON.
        renaming: between the names of the document's context and the stored ones.
        nulls: what the operation takes.
        target: the stored entity, whose attributes give bare values their type (clause 5.6.17.4); also lets the
            document be in simplified representation.
        lang: the language of bare texts for LanguageProperties.

    Raises:
        BadRequestDataError: it is against NGSI-LD.
    """
    read = Reading(renaming, nulls, target=target, lang=lang)
    fragment = _entity(_members(document, read, ""), read)
    fragment.pop("id", None)
    return fragment


def canonicalise_attribute(
    document: Json, name: str, renaming: Renaming, nulls: Nulls, *, target: Mapping[str, Json]
) -> tuple[str, dict[str, Json]]:
    """Return the stored name of an attribute and the stored form of a fragment of one instance.

    The type, if absent, is that of the target's instance; content may be absent.

    Raises:
        BadRequestDataError: the name is none of an attribute, or the fragment is against NGSI-LD.
    """
    read = Reading(renaming, nulls, target=target)
    stored = attribute_name(name, renaming)
    members = _members(document, read, "")
    if not members:
        refuse("", "the fragment is empty: give what is to change")
    return stored, _instance(members, read, stored, "", 1, partial=True)


def attribute_name(name: str, renaming: Renaming, at: str = "") -> str:
    """Return the stored name of an attribute that a request names. Raises BadRequestDataError for no such name."""
    _check_name(name, at)
    stored = renaming.inward(name)
    if stored in kinds.RESERVED or stored.startswith("@"):
        refuse(at, f"{name[:60]!r} is no name that an attribute may have (clause 4.5.1)")
    return stored


def looks_like_attribute(value: Json, renaming: Renaming) -> bool:
    """Say whether an object would be read as an attribute's instance rather than as a bare value."""
    if not isinstance(value, dict):
        return False
    return any(isinstance(key, str) and renaming.inward(key) in _TELLING for key in value)


_TELLING: Final = kinds.CONTENTS | {"type", "@type", "@context"}


def _members(document: Json, read: Reading, at: str) -> dict[str, tuple[Json, str]]:
    """Return an object's members by stored name, each with its place; @context is left out at the top only."""
    if not isinstance(document, dict):
        refuse(at, "a JSON object is needed here")
    if len(document) > _MAX_MEMBERS:
        refuse(at, f"an object has at most {_MAX_MEMBERS} members")
    members: dict[str, tuple[Json, str]] = {}
    for name, value in document.items():
        if name == "@context" and not at:
            continue
        here = below(at, str(name))
        stored = _member(name, read, here)
        if stored in members:
            refuse(here, f"{members[stored][1]} and this are the same name in this @context")
        members[stored] = value, here
    return members


def _member(name: Json, read: Reading, at: str) -> str:
    if name == "@context":
        refuse(at, "a @context stands at the top of a document only (clause 5.5.7)")
    if not isinstance(name, str):
        refuse(at, "a JSON object's keys are strings")
    stored = read.renaming.inward(name)
    if stored in {"@id", "@type"}:
        return stored[1:]
    if stored not in kinds.RESERVED:
        _check_name(name, at)
    return stored


def _check_name(name: str, at: str) -> None:
    if not SHORT_NAME.fullmatch(name) and not values.is_uri(name):
        refuse(at, f"{name[:60]!r} is no NGSI-LD name: a letter, then letters, digits or _, or else a URI")


def _entity(members: dict[str, tuple[Json, str]], read: Reading) -> Entity:
    entity: Entity = {}
    for name in ("id", "type", "scope", "expiresAt"):
        if name in members:
            value, at = members.pop(name)
            entity[name] = _head(name, value, at, read)
    for name, (value, at) in members.items():
        if name in kinds.SYSTEM_MEMBERS and isinstance(value, str):
            continue  # the system writes them, whatever a client says
        if name in kinds.RESERVED:
            refuse(at, "this is no name that an attribute may have (clause 4.5.1)")
        entity[name] = _attribute(value, read, name, at, 1)
    return entity


def _head(name: str, value: Json, at: str, read: Reading) -> Json:
    if name == "id":
        if value == NULL:
            refuse(at, "the NGSI-LD Null is no id")
        return values.uri(value, at, "id")
    if name == "type":
        return _types(value, at, read)
    if value == NULL and read.nulls is not Nulls.NOWHERE:
        return NULL
    if name == "expiresAt":
        return values.time(value, at)
    return _scope_history(value, at, read) if read.temporal else values.scopes(value, at)


def _types(value: Json, at: str, read: Reading) -> Json:
    names = value if isinstance(value, list) else [value]
    if not names or len(names) > _MAX_TYPES:
        refuse(at, f"type names 1 to {_MAX_TYPES} entity types")
    stored: list[str] = []
    for number, name in enumerate(names):
        here = f"{at}/{number}" if isinstance(value, list) else at
        if not isinstance(name, str):
            refuse(here, "type must be a name or an array of names")
        _check_name(name, here)
        stored.append(read.renaming.inward(name))
        if stored[-1].startswith("@"):
            refuse(here, f"{name[:60]!r} stands for a keyword and names no type")
    different = list(dict.fromkeys(stored))
    return different if len(different) > 1 else different[0]


def _scope_history(value: Json, at: str, read: Reading) -> Json:
    """In a temporal evolution the scope is a Property with instances (clause 4.18)."""
    if not looks_like_attribute(value[0] if isinstance(value, list) and value else value, read.renaming):
        return values.scopes(value, at)
    found = []
    for number, one in enumerate(value if isinstance(value, list) else [value]):
        here = f"{at}/{number}" if isinstance(value, list) else at
        instance = _instance(_members(one, read, here), read, "scope", here, 1)
        instance["value"] = values.scopes(instance.get("value"), here + "/value")
        found.append(instance)
    return found


def _attribute(value: Json, read: Reading, name: str, at: str, nesting: int) -> Json:
    if nesting > _MAX_NESTING:
        refuse(at, f"attributes nest at most {_MAX_NESTING} deep")
    if isinstance(value, list) and any(looks_like_attribute(one, read.renaming) for one in value):
        return _several(value, read, name, at, nesting)
    if isinstance(value, dict) and read.target is not None and list(value) == ["dataset"]:
        return _by_dataset(value["dataset"], read, name, at, nesting)
    return _one(value, read, name, at, nesting)


def _several(value: list[Json], read: Reading, name: str, at: str, nesting: int) -> Json:
    if len(value) > _MAX_INSTANCES and not read.temporal:
        refuse(at, f"an attribute has at most {_MAX_INSTANCES} instances")
    found = []
    seen: set[str | None] = set()
    for number, one in enumerate(value):
        here = f"{at}/{number}"
        instance = _one(one, read, name, here, nesting)
        dataset = kinds.dataset_of(instance)
        if dataset in seen and not read.temporal:
            refuse(here + "/datasetId", "instances of one attribute need different datasetId (clause 4.5.5)")
        seen.add(dataset)
        found.append(instance)
    return found if len(found) > 1 or read.temporal else found[0]


def _by_dataset(value: Json, read: Reading, name: str, at: str, nesting: int) -> Json:
    """Several instances in simplified representation (clause 4.5.4)."""
    if not isinstance(value, dict) or not value:
        refuse(at + "/dataset", "dataset maps datasetIds to values")
    found = []
    for dataset, content in value.items():
        here = below(at + "/dataset", str(dataset))
        instance = _one(content, read, name, here, nesting)
        if dataset != DEFAULT_INSTANCE:
            instance["datasetId"] = values.uri(dataset, here, "datasetId")
        found.append(instance)
    return found if len(found) > 1 else found[0]


def _one(value: Json, read: Reading, name: str, at: str, nesting: int) -> dict[str, Json]:
    if kinds.is_geometry(value):
        return {"type": "GeoProperty", "value": values.geometry(value, at)}
    if looks_like_attribute(value, read.renaming):
        return _instance(_members(value, read, at), read, name, at, nesting)
    content = _bare_content(value, read, name)
    if content == "languageMap" and isinstance(value, str):
        value = {read.lang: value}
    return _instance({content: (value, at)}, read, name, at, nesting)


def _bare_content(value: Json, read: Reading, name: str) -> str:
    """Return the member that a bare value belongs to: a Property's, unless the target has another kind of attribute."""
    present = read.target.get(name) if read.target is not None else None
    if present is None or value == NULL:
        return "value"
    content = CONTENT[kinds.instances(present)[0]["type"]]
    fits = {
        "object": values.is_texts(value),
        "languageMap": isinstance(value, dict) or (isinstance(value, str) and read.lang is not None),
        "vocab": values.is_texts(value),
        "json": isinstance(value, dict | list),
        "valueList": isinstance(value, list),
        "objectList": isinstance(value, list),
    }
    return content if fits.get(content) else "value"


def _instance(
    members: dict[str, tuple[Json, str]], read: Reading, name: str, at: str, nesting: int, *, partial: bool = False
) -> dict[str, Json]:
    kind = _kind(members, read, name, at)
    content = CONTENT[kind]
    if partial and content not in members and (other := next((c for c in kinds.CONTENTS if c in members), None)):
        refuse(members[other][1], f"a {kind} has {content}, not {other}")
    if not partial and content not in members:
        refuse(at, f"a {kind} must have a {content}")
    if name in kinds.GEO_ATTRIBUTES and nesting == 1 and kind != "GeoProperty" and not _deletes(members, content):
        refuse(at + "/type", f"{name} is a GeoProperty (clause 4.7.1)")
    instance: dict[str, Json] = {"type": kind}
    if content in members:
        value, here = members[content]
        instance[content] = contents.content(kind, value, read, here)
    if name == "ngsildproof" and not (kind == "Property" and isinstance(instance.get("value"), dict)):
        refuse(at, "ngsildproof is a Property whose value is an object (clause 4.5.2.2)")
    for member, (value, here) in members.items():
        if member not in {"type", content}:
            _extra(instance, member, value, read, name, here, nesting)
    return instance


def _deletes(members: dict[str, tuple[Json, str]], content: str) -> bool:
    return content in members and kinds.is_null_content(members[content][0])


def _kind(members: dict[str, tuple[Json, str]], read: Reading, name: str, at: str) -> str:
    if "type" in members:
        value, here = members["type"]
        kind = read.renaming.inward(value) if isinstance(value, str) else ""
        if kind not in CONTENT:
            refuse(here, f"an attribute's type is one of {', '.join(CONTENT)}")
        return kind
    given = [content for content in CONTENT.values() if content in members]
    if "value" in members:
        return "GeoProperty" if _is_geo(members["value"][0], name) else "Property"
    if given:
        return kinds.KIND_OF[given[0]]
    return _present_kind(members, read, name, at)


def _is_geo(value: Json, name: str) -> bool:
    return kinds.is_geometry(value) or (name in kinds.GEO_ATTRIBUTES and isinstance(value, str) and value != NULL)


def _present_kind(members: dict[str, tuple[Json, str]], read: Reading, name: str, at: str) -> str:
    if read.target is None:
        refuse(at, f"an attribute has one of {', '.join(sorted(kinds.CONTENTS))}")
    dataset = members.get("datasetId", (None, ""))[0]
    wanted = None if dataset == DEFAULT_INSTANCE else dataset
    for instance in kinds.instances(read.target.get(name, [])):
        if kinds.dataset_of(instance) == wanted:
            return str(instance["type"])
    return "Property"


def _extra(
    instance: dict[str, Json], member: str, value: Json, read: Reading, name: str, at: str, nesting: int
) -> None:
    """Add what stands beside an attribute's type and content: metadata, or a sub-attribute."""
    if member in kinds.CONTENTS or member in kinds.OUTPUT_MEMBERS or member == "id":
        refuse(at, f"a {instance['type']} never has {member} (clause 4.5)")
    if member in kinds.SYSTEM_MEMBERS and not read.temporal:
        return
    if member == "datasetId":
        if value == NULL:
            refuse(at, "a datasetId cannot be deleted (clause 5.5.8)")
        if value != DEFAULT_INSTANCE:
            instance["datasetId"] = values.uri(value, at, "datasetId")
    elif member in kinds.META or member in kinds.SEALED:
        null = value == NULL and read.nulls is not Nulls.NOWHERE
        instance[member] = NULL if null else contents.meta(instance["type"], member, value, read, at, name)
    else:
        instance[member] = _attribute(value, _without_target(read), member, at, nesting + 1)


def _without_target(read: Reading) -> Reading:
    return Reading(read.renaming, read.nulls) if read.target is not None else read
