# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Keywords of JSON Schema that judge a value by itself: is a new one implied by those that held before?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Json = Any
# "fraction" is a number that is no integer: `integer` then is a part of `number`.
_TYPES = frozenset({"null", "boolean", "object", "array", "integer", "fraction", "string"})
_NUMBER = frozenset({"integer", "fraction"})
_JUDGED = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), frozenset({"string"})),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems"), frozenset({"array"})),
    **dict.fromkeys(("minProperties", "maxProperties"), frozenset({"object"})),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _NUMBER),
}


@dataclass(frozen=True, slots=True)
class Old:
    """What is known of the values that a conjunction of schemas took.

    Attributes:
        schemas: the conjunction; none of them is `false`.
        types: the types of its values.
        values: all its values, when they are listed.
    """

    schemas: Sequence[Mapping[str, Json]]
    types: frozenset[str]
    values: Sequence[Json] | None

    @classmethod
    def of(cls, schemas: Iterable[Json]) -> Old:
        """Reads types and values off a conjunction."""
        held = [schema for schema in schemas if isinstance(schema, dict)]
        types, values = _TYPES, None
        for schema in held:
            if "type" in schema:
                types &= _types(schema["type"])
            for some in ([schema["const"]] if "const" in schema else None, schema.get("enum")):
                if some is not None:
                    values = [value for value in some if values is None or _in(value, values)]
        if values is not None:
            values = [value for value in values if _type_of(value) in types]
            types &= {_type_of(value) for value in values}
        return cls(held, types, values)

    def all(self, keyword: str) -> list[Json]:
        """A keyword's values in the conjunction."""
        return [schema[keyword] for schema in self.schemas if keyword in schema]

    def limit(self, keyword: str) -> float | None:
        """The narrowest of a limit's values."""
        found: list[float] = self.all(keyword)
        if not found:
            return None
        return max(found) if "min" in keyword.lower() else min(found)

    def all_hold(self, schema: Mapping[str, Json]) -> bool:
        """Whether the values are listed, and every one fulfils the schema."""
        return self.values is not None and all(holds(schema, value) for value in self.values)


def holds(schema: Mapping[str, Json], value: Json) -> bool:
    """Whether a value fulfils a schema without references. A pattern that cannot be read holds for none."""
    try:
        return bool(jsonschema_rs.validator_for(dict(schema)).is_valid(value))
    except jsonschema_rs.ValidationError:
        return False


def _type(old: Old, _keyword: str, value: Json) -> str:
    more = old.types - _types(value)
    return f"may no longer be {_words(more)}" if more else ""


def _listed(old: Old, keyword: str, value: Json) -> str:
    allowed = [value] if keyword == "const" else value
    if old.values is None:
        return f"must be {'one of ' if len(allowed) > 1 else ''}{_words(map(json.dumps, allowed))} from now on"
    lost = [each for each in old.values if not _in(each, allowed)]
    return f"may no longer be {_words(map(json.dumps, lost))}" if lost else ""


def _at_least(old: Old, keyword: str, value: Json) -> str:
    if keyword in {"minLength", "minItems", "minProperties"} and value <= 0:
        return ""
    before, beyond = old.limit(keyword), old.limit("exclusiveMinimum")
    if (before is not None and before >= value) or (keyword == "minimum" and beyond is not None and beyond >= value):
        return ""
    inclusive = old.limit("minimum")
    if keyword == "exclusiveMinimum" and inclusive is not None and inclusive > value:
        return ""
    return f"{keyword} is {value}, was {'none' if before is None else before}"


def _at_most(old: Old, keyword: str, value: Json) -> str:
    before, beyond = old.limit(keyword), old.limit("exclusiveMaximum")
    if (before is not None and before <= value) or (keyword == "maximum" and beyond is not None and beyond <= value):
        return ""
    inclusive = old.limit("maximum")
    if keyword == "exclusiveMaximum" and inclusive is not None and inclusive < value:
        return ""
    return f"{keyword} is {value}, was {'none' if before is None else before}"


def _equal(old: Old, keyword: str, value: Json) -> str:
    before = old.all(keyword)
    if value in before or value is False:
        return ""
    return f"{keyword} is {json.dumps(value)}, was {_words(map(json.dumps, before)) or 'none'}"


def _multiple(old: Old, keyword: str, value: Json) -> str:
    return "" if any(before % value == 0 for before in old.all(keyword)) else f"must be a multiple of {value}"


def _where_judged(rule: Callable[[Old, str, Json], str]) -> Callable[[Old, str, Json], str]:
    """A rule that says nothing where no value was of the type that its keyword judges."""
    return lambda old, keyword, value: rule(old, keyword, value) if old.types & _JUDGED[keyword] else ""


_LEAST = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum")
_MOST = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum")
# For each keyword: in what a new value of it is narrower than what held, or "".
ASSERTIONS: Mapping[str, Callable[[Old, str, Json], str]] = {
    "type": _type,
    "enum": _listed,
    "const": _listed,
    **dict.fromkeys(_LEAST, _where_judged(_at_least)),
    **dict.fromkeys(_MOST, _where_judged(_at_most)),
    **dict.fromkeys(("pattern", "format", "uniqueItems"), _where_judged(_equal)),
    "multipleOf": _where_judged(_multiple),
}


def _types(value: Json) -> frozenset[str]:
    """Types by JSON Schema's names."""
    names = {value} if isinstance(value, str) else set(value)
    return frozenset(names | {"integer", "fraction"} if "number" in names else names) - {"number"}


def _type_of(value: Json) -> str:
    """The type of a JSON value; 1.0 is an integer (Validation 2020-12 clause 6.1.1)."""
    if isinstance(value, float):
        return "integer" if value.is_integer() else "fraction"
    names = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object", type(None): "null"}
    return names[type(value)]


def _in(value: Json, values: Iterable[Json]) -> bool:
    """Whether a value is among others; true is not 1."""
    return any(type(value) is type(each) and value == each for each in values)


def _words(values: Iterable[str]) -> str:
    return ", ".join(sorted(values))
