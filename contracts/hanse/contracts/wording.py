# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Says in plain words what a schema's rule expects, and what stands there instead."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema_rs import ValidationErrorKind

Json = Any
_SHOWN = 80
_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} elements",
    "maxItems": "at most {} elements",
    "minProperties": "at least {} members",
    "maxProperties": "at most {} members",
}


def expected(keyword: str, kind: ValidationErrorKind, rule: str) -> str:
    """What was expected, by the keyword and by what the schema says about the place."""
    told = {} if keyword in _OTHERS else kind.as_dict()
    if keyword in _LIMITS:
        limit = _LIMITS[keyword].format(told["limit"])
        return _with(limit.rstrip("s") if told["limit"] == 1 else limit, rule)
    if keyword == "type":
        return _with(" or ".join(_TYPES.get(str(name), str(name)) for name in told["types"]), rule)
    if keyword == "pattern":
        return _phrase(rule) if rule else f"text of the form {told['pattern']}"
    return _plain(keyword, told) or rule or f"what the schema's {keyword} asks for"


def _plain(keyword: str, told: dict[str, Json]) -> str:
    if keyword == "required":
        return f"the member {shown(told['property'])}"
    if keyword == "enum":
        return "one of " + ", ".join(shown(option) for option in told["options"])
    return shown(told["expected_value"]) if keyword == "const" else _OTHERS.get(keyword, "")


_OTHERS = {
    "additionalProperties": "no other members",
    "false": "no such member here",
    "uniqueItems": "no element twice",
    "propertyNames": "names of another form",
    "not": "another value",
}


def found(keyword: str, kind: ValidationErrorKind, value: Json) -> str:
    """What stands there: shown when it is short, described when it is long."""
    if keyword == "additionalProperties":
        names = kind.as_dict().get("unexpected") or list(value)
        return "also " + ", ".join(shown(name) for name in names[:5]) + (", ..." if len(names) > 5 else "")  # noqa: PLR2004
    if keyword == "propertyNames":
        return str(kind.as_dict()["error"].instance)[:_SHOWN]
    return shown(value)


def shown(value: Json) -> str:
    """A value in short."""
    if isinstance(value, dict):
        names = ", ".join(str(name)[:30] for name in list(value)[:6])
        return f"an object with {names}{', ...' if len(value) > 6 else ''}" if value else "an empty object"  # noqa: PLR2004
    if isinstance(value, list):
        return f"an array of {len(value)}" if value else "an empty array"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _with(limit: str, rule: str) -> str:
    return f"{limit} ({_phrase(rule)})" if rule else limit


def _phrase(sentence: str) -> str:
    """A sentence as part of another; a leading abbreviation keeps its capitals."""
    text = sentence.rstrip(".")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
