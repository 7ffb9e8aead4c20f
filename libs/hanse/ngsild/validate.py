# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Structural rules of normalised NGSI-LD entities (ETSI GS CIM 009 clauses 4.5 to 4.7); canonical bytes."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from hanse.cityjson.errors import pointer
from hanse.ngsild import geojson
from hanse.ngsild.kinds import CONTENT, SEALED
from hanse.ngsild.names import SHORT_NAME, URI
from hanse.ngsild.writing import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = Any
_TIMES = frozenset({"createdAt", "modifiedAt", "deletedAt", "observedAt", "expiresAt"})
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
_ENTITY_MEMBERS = frozenset({"id", "type", "@context", "scope"}) | _TIMES
_META = frozenset({"type", "unitCode", "datasetId", "objectType", "valueType", "instanceId", "lang"}) | SEALED | _TIMES
_WITH_UNIT = frozenset({"Property", "ListProperty"})
_LINK = ("type", "object")
_MAX_NESTING = 16
_MAX_DEPTH = 64
_MAX_MEMBERS = 2_000
_MAX_VIOLATIONS = 100


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: JSON pointer into the entity, and a sentence."""

    pointer: str
    reason: str


def validate_entity(entity: Json) -> list[Violation]:
    """Return what is wrong with a normalised entity: empty when nothing is, at most 100 violations."""
    return list(islice((Violation(at, reason) for at, reason in _entity(entity)), _MAX_VIOLATIONS))


def canonical(entity: Mapping[str, Json]) -> bytes:
    """Return the entity's canonical JSON (RFC 8785). Raises ValueError when a value has no JSON form."""
    return canonical_json(dict(entity))


def digest(entity: Mapping[str, Json]) -> str:
    """Return SHA-256 of the canonical form, in hex: equal for equal content whatever the order of members."""
    return hashlib.sha256(canonical(entity)).hexdigest()


def _entity(entity: Json) -> Iterator[tuple[str, str]]:
    if not isinstance(entity, dict):
        yield "", "an entity is a JSON object"
        return
    if not _is_uri(entity.get("id")):
        yield "/id", "id must be a URI, such as urn:hanse:rotterdam:building:42"
    yield from _types(entity.get("type"))
    yield from _times(entity, "")
    if len(entity) > _MAX_MEMBERS:
        yield "", f"the entity has {len(entity)} members, at most {_MAX_MEMBERS} are taken"
        return
    for name, attribute in entity.items():
        if name not in _ENTITY_MEMBERS and not _is_usual(name, attribute):
            at = pointer(name)
            yield from _name(name, at)
            yield from _instances(attribute, at, 1)


def _types(value: Json) -> Iterator[tuple[str, str]]:
    names = value if isinstance(value, list) else [value]
    if not names:
        yield "/type", "type must name at least one entity type"
    for name in names:
        if not isinstance(name, str):
            yield "/type", "type must be a name or an array of names"
        else:
            yield from _name(name, "/type")


def _name(name: str, at: str) -> Iterator[tuple[str, str]]:
    """Clause 4.6.2: a short name, a compact IRI, or a full one."""
    if not SHORT_NAME.fullmatch(name) and not URI.fullmatch(name):
        yield at, f"{name[:60]!r} is no NGSI-LD name: a letter, then letters, digits or _, or else a URI"


def _is_usual(name: str, attribute: Json) -> bool:
    """Tell at a glance whether an attribute is sound: a Property of a plain value or a Relationship, as most are.

    What it does not know is left to the rules, which alone say what is wrong.
    """
    if type(attribute) is not dict or not SHORT_NAME.fullmatch(name):
        return False
    if attribute.get("type") == "Property":
        value = attribute.get("value")
        kind = type(value)
        sound = math.isfinite(value) if isinstance(value, float) else kind is str or kind is int or kind is bool
        known = 2
        if "observedAt" in attribute:
            known += 1
            sound = sound and _is_time(attribute["observedAt"])
        if "unitCode" in attribute:
            known += 1
            unit = attribute["unitCode"]
            sound = sound and type(unit) is str and unit != ""
        return sound and len(attribute) == known
    return attribute.get("type") == "Relationship" and len(attribute) == len(_LINK) and _is_uri(attribute.get("object"))


def _instances(attribute: Json, at: str, nesting: int) -> Iterator[tuple[str, str]]:
    """Several instances of one attribute are told apart by datasetId (clause 4.5.5)."""
    if not isinstance(attribute, list):
        yield from _attribute(attribute, at, nesting)
        return
    if not attribute:
        yield at, "an attribute's array of instances must not be empty"
    seen: set[str] = set()
    for number, instance in enumerate(attribute):
        yield from _attribute(instance, f"{at}/{number}", nesting)
        identity = str(instance.get("datasetId")) if isinstance(instance, dict) else ""
        if identity in seen:
            yield f"{at}/{number}/datasetId", "instances of one attribute need different datasetId"
        seen.add(identity)


def _attribute(attribute: Json, at: str, nesting: int) -> Iterator[tuple[str, str]]:
    if not isinstance(attribute, dict):
        yield at, "an attribute in normalised form is an object with a type"
        return
    if nesting > _MAX_NESTING:
        yield at, f"attributes nest at most {_MAX_NESTING} deep"
        return
    type_ = attribute.get("type")
    content = CONTENT.get(type_) if isinstance(type_, str) else None
    if not isinstance(type_, str) or content is None:
        yield f"{at}/type", f"an attribute's type is one of {', '.join(CONTENT)}"
        return
    if attribute.get(content) is None:
        yield f"{at}/{content}", f"a {type_} must have a {content}, which is not null"
    else:
        yield from _content(type_, attribute[content], f"{at}/{content}")
    yield from _meta(type_, attribute, at)
    for name, sub in attribute.items():
        if name in _META or name == content:
            continue
        if name in CONTENT.values():
            yield f"{at}/{name}", f"a {type_} has {content}, not {name}"
            continue
        below = at + pointer(name)
        yield from _name(name, below)
        yield from _instances(sub, below, nesting + 1)


def _meta(type_: str, attribute: dict[str, Json], at: str) -> Iterator[tuple[str, str]]:
    yield from _times(attribute, at)
    if "datasetId" in attribute and not _is_uri(attribute["datasetId"]):
        yield f"{at}/datasetId", "datasetId must be a URI"
    if "unitCode" in attribute:
        unit = attribute["unitCode"]
        if type_ not in _WITH_UNIT:
            yield f"{at}/unitCode", f"a {type_} has no unit"
        elif not isinstance(unit, str) or not unit:
            yield f"{at}/unitCode", "unitCode must be a UN/CEFACT code such as MTR"


def _content(type_: str, value: Json, at: str) -> Iterator[tuple[str, str]]:
    if type_ == "GeoProperty":
        yield from ((at + where, reason) for where, reason in geojson.faults(value))
    elif type_ in {"Relationship", "ListRelationship"}:
        yield from _targets(type_, value, at)
    elif type_ == "LanguageProperty":
        yield from _languages(value, at)
    elif type_ == "VocabProperty":
        if not _texts(value):
            yield at, "vocab must be a string or an array of strings"
    elif type_ == "ListProperty" and not isinstance(value, list):
        yield at, "valueList must be an array"
    else:
        yield from _plain(value, at)


def _targets(type_: str, value: Json, at: str) -> Iterator[tuple[str, str]]:
    if type_ == "ListRelationship" and not isinstance(value, list):
        yield at, "objectList must be an array"
        return
    for number, target in enumerate(value if isinstance(value, list) else [value]):
        uri = target.get("object") if type_ == "ListRelationship" and isinstance(target, dict) else target
        if not _is_uri(uri):
            yield (
                (f"{at}/{number}" if isinstance(value, list) else at),
                "a relationship's object must be a URI",
            )


def _languages(value: Json, at: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict) or not value:
        yield at, "languageMap must map language tags to strings"
        return
    for tag, text in value.items():
        if not _texts(text):
            yield at + pointer(tag), "a language's text is a string or an array of strings"


def _texts(value: Json) -> bool:
    texts = value if isinstance(value, list) else [value]
    return bool(texts) and all(isinstance(text, str) for text in texts)


def _times(holder: dict[str, Json], at: str) -> Iterator[tuple[str, str]]:
    for name in sorted(_TIMES & holder.keys()):
        if not _is_time(holder[name]):
            yield f"{at}/{name}", "a time is written like 2026-03-01T12:00:00Z, with its zone (clause 4.6.3)"


def _is_time(value: Json) -> bool:
    return isinstance(value, str) and _says_time(value)


@lru_cache(maxsize=1024)
def _says_time(value: str) -> bool:
    """Remembered, for sensors tell of the same moments."""
    if not _TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_uri(value: Json) -> bool:
    return isinstance(value, str) and URI.fullmatch(value) is not None


def _plain(value: Json, at: str) -> Iterator[tuple[str, str]]:
    """A JSON value: finite, string-keyed, of limited depth. Walked without recursion."""
    waiting = [(value, at, 0)]
    while waiting:
        node, here, depth = waiting.pop()
        if type(node) is int or isinstance(node, str | bool) or node is None:
            continue
        if isinstance(node, float):
            if not math.isfinite(node):
                yield here, "a number must be finite"
        elif depth >= _MAX_DEPTH:
            yield here, f"values nest at most {_MAX_DEPTH} deep"
        elif isinstance(node, list):
            waiting.extend((child, f"{here}/{number}", depth + 1) for number, child in enumerate(node))
        elif isinstance(node, dict) and all(isinstance(key, str) for key in node):
            waiting.extend((child, here + pointer(key), depth + 1) for key, child in node.items())
        else:
            yield here, f"{type(node).__name__} has no JSON form"
