# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the names of a query lead to in an entity (normalised NGSI-LD JSON with stored names).

An attribute of several instances (`datasetId`) leads to a target for each, at every step of a path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hanse.query.model import Path

Json = Any
# What holds the target value, by the member that names the kind of attribute (CIM 009 clause 4.5).
VALUE, LANGUAGE, VOCAB, JSON, LIST = "value", "languageMap", "vocab", "json", "valueList"
OBJECT, OBJECTS = "object", "objectList"
_HOLDERS = (VALUE, OBJECT, LANGUAGE, VOCAB, JSON, LIST, OBJECTS)
_RELATIONSHIPS = frozenset({OBJECT, OBJECTS})
# Members of an attribute or entity that a path may end in, though they are no attributes.
TEMPORAL = frozenset({"observedAt", "createdAt", "modifiedAt", "deletedAt", "expiresAt"})
_PLAIN = TEMPORAL | {"unitCode", "datasetId", "instanceId", "objectType"}
ENTITY = frozenset({"id", "type", "scope"})
_OF_ENTITY = ENTITY | TEMPORAL
TIME, PLAIN = "time", "plain"


class Target(NamedTuple):
    """A target element: what kind it is, and its value (of a LanguageProperty the map, of a Relationship the URIs)."""

    kind: str
    value: Json

    @property
    def is_relationship(self) -> bool:
        """Tell whether the value is URIs of entities."""
        return self.kind in _RELATIONSHIPS


def instances(attribute: Json) -> Iterator[Mapping[str, Json]]:
    """Yield an attribute's instances, the default one (without `datasetId`) first."""
    if isinstance(attribute, dict):
        yield attribute
    elif isinstance(attribute, list):
        yield from sorted((each for each in attribute if isinstance(each, dict)), key=lambda each: "datasetId" in each)


def of(instance: Mapping[str, Json]) -> Target | None:
    """Return the target that an attribute instance holds, None when it holds nothing."""
    for holder in _HOLDERS:
        if holder in instance:
            value = instance[holder]
            return Target(holder, _uris(value) if holder in _RELATIONSHIPS else value)
    return None


def _uris(value: Json) -> list[str]:
    found = []
    for each in value if isinstance(value, list) else (value,):
        uri = each.get("object") if isinstance(each, dict) else each
        if isinstance(uri, str):
            found.append(uri)
    return found


def targets(entity: Mapping[str, Json], path: Path) -> Iterator[Target]:
    """Yield what a path leads to; members in brackets are followed, but for the language of a LanguageProperty."""
    for target, rest in _followed(entity, path.names, _OF_ENTITY, loose=path.loose):
        if target.kind == LANGUAGE:
            if not rest:
                yield target
            continue
        if not rest and not path.members:
            yield target
            continue
        value = _member(target.value, rest)
        if value is not None:
            keys = [member.name if target.kind == JSON else member.term for member in path.members]
            value = _member(value, keys)
        if value is not None:
            yield Target(JSON if target.kind == JSON else VALUE, value)


def _followed(
    holder: Mapping[str, Json], names: tuple[str, ...], plain: frozenset[str], *, loose: bool
) -> Iterator[tuple[Target, tuple[str, ...]]]:
    """Yield targets and, where dots may lead into values, the names that are left."""
    name, rest = names[0], names[1:]
    if name not in holder:
        return
    if name in plain:
        yield from ((each, rest) for each in _plain(name, holder[name]) if not rest)
        return
    for instance in instances(holder[name]) if name not in _HOLDERS else ():
        if rest and (rest[0] in instance or not loose):
            yield from _followed(instance, rest, _PLAIN, loose=loose)
        elif (target := of(instance)) is not None:
            yield target, rest


def _plain(name: str, value: Json) -> Iterator[Target]:
    """A member that is no attribute; types and scopes are each a target."""
    for each in value if isinstance(value, list) else (value,):
        if isinstance(each, str):
            yield Target(TIME if name in TEMPORAL else PLAIN, each)


def _member(value: Json, keys: tuple[str, ...] | list[str]) -> Json:
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def texts_of(languages: Json, path: Path) -> list[str]:
    """Return the texts of a language map in the language that a path names (none or "*": in any); tags have no case."""
    found: list[str] = []
    wanted = path.members[0].name if path.members else "*"
    if isinstance(languages, dict) and len(path.members) <= 1:
        for tag, texts in languages.items():
            if wanted == "*" or tag.lower() == wanted.lower():
                found.extend(text for text in (texts if isinstance(texts, list) else [texts]) if isinstance(text, str))
    return found
