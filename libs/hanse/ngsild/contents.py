# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What stands in an attribute: its content by kind, its metadata, and the words that are names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from hanse.ngsild import kinds, values
from hanse.ngsild.values import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanse.jsonld import Renaming

Json = Any
_RELATIONSHIPS: Final = frozenset({"Relationship", "ListRelationship"})
_LANG_STRING: Final = "langString"
_MAX_UNIT: Final = 100


class Nulls(Enum):
    """Where a document may hold the NGSI-LD Null (clause 5.5.4)."""

    NOWHERE = 0
    CONTENTS = 1  # as the content of an attribute or sub-attribute, or in place of a member: updates
    ANYWHERE = 2  # also inside values: merges


@dataclass(frozen=True, slots=True)
class Reading:
    """What one document is read with.

    Attributes:
        renaming: between the document's names and the stored ones.
        nulls: where the NGSI-LD Null may stand.
        temporal: whether it is the evolution of an entity.
        target: the stored entity that it changes, if that matters to its reading.
        lang: the language of bare texts.
    """

    renaming: Renaming
    nulls: Nulls = Nulls.NOWHERE
    temporal: bool = False
    target: Mapping[str, Json] | None = None
    lang: str | None = None


_BY_KIND: Final[dict[str, Callable[[Json, str], Json]]] = {
    "GeoProperty": values.geometry,
    "Relationship": values.target,
    "ListRelationship": values.target_list,
    "JsonProperty": values.raw,
}


def content(kind: str, value: Json, read: Reading, at: str) -> Json:
    """Return the stored form of an attribute's content. Raises BadRequestDataError."""
    if value is None:
        refuse(at, "null is no value in NGSI-LD (clause 4.5.0)")
    if kinds.is_null_content(value):
        if read.nulls is Nulls.NOWHERE:
            refuse(at, "the NGSI-LD Null is taken in updates only (clause 5.5.4)")
        return value
    if kind in _BY_KIND:
        return _BY_KIND[kind](value, at)
    if kind == "VocabProperty":
        return vocabulary(value, read, at, "vocab")
    deep = read.nulls is Nulls.ANYWHERE
    if kind == "LanguageProperty":
        return values.language_map(value, at, nulls=deep)
    if kind == "ListProperty" and not isinstance(value, list):
        refuse(at, "valueList must be an array")
    return values.plain(value, at, nulls=deep)


def vocabulary(value: Json, read: Reading, at: str, what: str) -> Json:
    """Return words, each expanded like a name. Raises BadRequestDataError."""
    if not values.is_texts(value):
        refuse(at, f"{what} must be a string or an array of strings")
    return [_word(one, read, at) for one in value] if isinstance(value, list) else _word(value, read, at)


def meta(kind: str, member: str, value: Json, read: Reading, at: str, name: str) -> Json:
    """Return the stored form of a member that is neither content nor sub-attribute. Raises BadRequestDataError."""
    if member in _TIMES:
        return values.time(value, at)
    if member in kinds.SEALED and name != "ngsildproof":
        refuse(at, "sealed members stand in ngsildproof only (clause 4.5.2.2)")
    if member == "instanceId":
        return values.uri(value, at, "instanceId")
    if member == "objectType":
        if kind not in _RELATIONSHIPS:
            refuse(at, f"a {kind} has no objectType")
        return vocabulary(value, read, at, "objectType")
    found = values.text(value, at, member, _MAX_UNIT if member == "unitCode" else values.MAX_TEXT)
    if member == "unitCode" and kind not in kinds.WITH_UNIT:
        refuse(at, f"a {kind} has no unit")
    if member == "valueType":
        return _value_type(kind, found, read, at)
    return _word(found, read, at) if member == "entityTypeSealed" else found


_TIMES: Final = frozenset({"observedAt", "expiresAt", "createdAt", "modifiedAt", "deletedAt"})


def _word(value: str, read: Reading, at: str) -> str:
    stored = read.renaming.inward(values.text(value, at, "a word of a vocabulary"))
    if stored.startswith("@"):
        refuse(at, f"{value[:60]!r} is a keyword, no word of a vocabulary")
    return stored


def _value_type(kind: str, value: str, read: Reading, at: str) -> str:
    stored = _word(value, read, at)
    if kind in _RELATIONSHIPS:
        refuse(at, f"a {kind} has no valueType")
    if kind == "LanguageProperty" and stored != _LANG_STRING:
        refuse(at, "a LanguageProperty's valueType is langString")
    return stored
