# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The contents of attributes, judged one kind at a time and brought to the one form that is stored."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from hanse.ngsild import geojson
from hanse.ngsild.errors import BadRequestDataError
from hanse.ngsild.kinds import NULL
from hanse.ngsild.names import URI

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any
MAX_DEPTH: Final = 64
MAX_TEXT: Final = 2_048
_MAX_GEOMETRY_TEXT: Final = 1_000_000
_MAX_TARGETS: Final = 10_000
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,6})?Z", re.ASCII)
_SCOPE: Final = re.compile(r"/?[^\W\d_]\w{0,254}(?:/[^\W\d_]\w{0,254}){0,63}")
_LANGUAGE: Final = re.compile(r"@none|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}", re.ASCII)
_PLAIN_TYPES: Final = frozenset({str, int, bool})
_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
# Variation selectors and fillers are letters or marks by category, yet nobody sees them.
_UNSEEN: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}
_SUPPLEMENTARY_SELECTORS: Final = range(0xE0100, 0xE01F0)


def refuse(at: str, reason: str) -> NoReturn:
    """Raise BadRequestData at a place."""
    raise BadRequestDataError(at, reason)


def below(at: str, name: str) -> str:
    """Return the JSON pointer of a member; as hanse.cityjson's, and cheaper where nothing needs escaping."""
    if "/" in name or "~" in name:
        name = name.replace("~", "~0").replace("/", "~1")
    return f"{at}/{name}"


def is_uri(value: Json) -> bool:
    """Say whether a value is an absolute URI or IRI, without characters that nobody sees."""
    if not isinstance(value, str) or URI.fullmatch(value) is None:
        return False
    return value.isascii() or not any(map(_unseen, value))


def _unseen(char: str) -> bool:
    return char in _UNSEEN or ord(char) in _SUPPLEMENTARY_SELECTORS or unicodedata.category(char) in _UNSEEN_CATEGORIES


def uri(value: Json, at: str, what: str) -> str:
    """Return a URI."""
    if not is_uri(value):
        refuse(at, f"{what} must be a URI, such as urn:ngsi-ld:Building:42")
    return str(value)


def time(value: Json, at: str) -> str:
    """Return a DateTime in UTC (clause 4.6.3); a comma before the fraction becomes a point."""
    if isinstance(value, str) and _TIME.fullmatch(value):
        moment = value.replace(",", ".")
        try:
            datetime.fromisoformat(moment)
        except ValueError:
            pass
        else:
            return moment
    refuse(at, "a time is written in UTC, like 2026-03-01T12:00:00Z (clause 4.6.3)")


def scopes(value: Json, at: str) -> Json:
    """Return one scope, or an array of several different ones (clause 4.18)."""
    given = value if isinstance(value, list) else [value]
    if not given or len(given) > _MAX_TARGETS:
        refuse(at, "scope is a string, or an array of at least one")
    for number, scope in enumerate(given):
        if not isinstance(scope, str) or not _SCOPE.fullmatch(scope):
            refuse(_entry(value, at, number), "a scope is like /Madrid/Gardens: letters, then letters, digits or _")
    several = list(dict.fromkeys(given))
    return several if len(several) > 1 else several[0]


def text(value: Json, at: str, what: str, limit: int = MAX_TEXT) -> str:
    """Return a text that is neither empty nor longer than the limit."""
    if not isinstance(value, str) or not value or len(value) > limit:
        refuse(at, f"{what} must be a text of 1 to {limit} characters")
    return value


def geometry(value: Json, at: str) -> Json:
    """Return a GeoJSON geometry in WGS 84, which may come as JSON in a string (clause 4.7.2)."""
    found = value
    if isinstance(value, str):
        try:
            found = json.loads(value) if len(value) <= _MAX_GEOMETRY_TEXT else None
        except (ValueError, RecursionError):
            refuse(at, "a geometry in a string must be JSON")
    for where, reason in geojson.faults(found):
        refuse(at + where, reason)
    return found


def target(value: Json, at: str) -> Json:
    """Return a relationship's object: a URI, or an array of them."""
    if not isinstance(value, list):
        return uri(value, at, "a relationship's object")
    if not value or len(value) > _MAX_TARGETS:
        refuse(at, f"an array of objects holds 1 to {_MAX_TARGETS} URIs")
    return [uri(one, f"{at}/{number}", "a relationship's object") for number, one in enumerate(value)]


def target_list(value: Json, at: str) -> Json:
    """Return the objects of a ListRelationship, each as {"object": URI} (clause 4.5.22)."""
    if not isinstance(value, list):
        refuse(at, "objectList must be an array")
    found = []
    for number, one in enumerate(value):
        plain = one.get("object") if isinstance(one, dict) and len(one) == 1 else one
        found.append({"object": uri(plain, f"{at}/{number}", "a relationship's object")})
    return found


def language_map(value: Json, at: str, *, nulls: bool) -> Json:
    """Return texts by language tag (clause 4.6.5); with ``nulls`` a text may be the NGSI-LD Null."""
    if not isinstance(value, dict) or not value:
        refuse(at, "languageMap must map language tags to texts")
    for tag, texts in value.items():
        here = below(at, str(tag))
        if not isinstance(tag, str) or not _LANGUAGE.fullmatch(tag):
            refuse(here, "a language tag is like en, fr-CH or @none (RFC 5646)")
        if not is_texts(texts):
            refuse(here, "a language's text is a string or an array of strings")
        if not nulls and NULL in (texts if isinstance(texts, list) else [texts]):
            refuse(here, "the NGSI-LD Null is taken in updates only (clause 5.5.4)")
    return value


def is_texts(value: Json) -> bool:
    """Say whether a value is a string or an array of at least one."""
    given = value if isinstance(value, list) else [value]
    return bool(given) and all(isinstance(one, str) for one in given)


def raw(value: Json, at: str) -> Json:
    """Return the JSON of a JsonProperty: an object or an array, which nothing looks into (clause 4.5.24)."""
    if not isinstance(value, dict | list):
        refuse(at, "json must be an object or an array")
    plain(value, at, nulls=True)
    return value


def plain(value: Json, at: str, *, nulls: bool) -> Json:
    """Return a JSON value that is finite, string-keyed and not too deep.

    Without ``nulls``, the NGSI-LD Null as the value of a member is refused at any depth (clause 5.5.4).
    """
    if type(value) in _PLAIN_TYPES:
        return value
    waiting = [(value, at, 0)]
    while waiting:
        node, here, depth = waiting.pop()
        if depth > MAX_DEPTH:
            refuse(here, f"values nest at most {MAX_DEPTH} deep")
        if type(node) is list:
            for number, child in enumerate(node):
                kind = type(child)
                if kind is list or kind is dict:
                    waiting.append((child, f"{here}/{number}", depth + 1))
                elif kind is not int:
                    _scalar(child, f"{here}/{number}")
        elif type(node) is dict:
            waiting.extend((child, where, depth + 1) for child, where in _members(node, here, nulls=nulls))
        else:
            _scalar(node, here)
    return value


def _members(node: dict[Json, Json], at: str, *, nulls: bool) -> Iterator[tuple[Json, str]]:
    for key, child in node.items():
        if not isinstance(key, str):
            refuse(at, "a JSON object's keys are strings")
        if child == NULL and not nulls:
            refuse(below(at, key), "the NGSI-LD Null is taken in merges only (clause 5.5.4)")
        yield child, below(at, key)


def _scalar(value: Json, at: str) -> None:
    if isinstance(value, float):
        if not math.isfinite(value):
            refuse(at, "a number must be finite")
    elif not (value is None or isinstance(value, str | bool | int)):
        refuse(at, f"{type(value).__name__} has no JSON form")


def _entry(value: Json, at: str, number: int) -> str:
    return f"{at}/{number}" if isinstance(value, list) else at
