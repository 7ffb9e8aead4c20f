# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Members of NGSI-LD's data types, checked one by one: each check gives the value to be stored or refuses it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from hanse.ngsild import BadRequestDataError
from hanse.ngsild.values import is_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanse.jsonld import Renaming

Json = Any
NULL: Final = "urn:ngsi-ld:null"
MAX_TEXT: Final = 4_000
MAX_LIST: Final = 1_000
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([.,]\d{1,9})?(Z|[+-]\d{2}:\d{2})")
_TYPE_NAME: Final = re.compile(r"[^,|;()\s]+")


@dataclass(frozen=True, slots=True)
class Scope:
    """What checks may look at: the names of the document's context, and the moment."""

    renaming: Renaming
    now: datetime


if TYPE_CHECKING:
    Check = Callable[[Json, str, Scope], Json]


def refuse(at: str, reason: str) -> NoReturn:
    """Raise BadRequestData at a place."""
    raise BadRequestDataError(at, reason)


def members(document: Json, at: str, known: Mapping[str, Check], scope: Scope, required: frozenset[str]) -> Json:
    """An object with its members checked; "" in `known` takes those that are not named there."""
    if not isinstance(document, dict):
        refuse(at, "a JSON object is needed here")
    for name in required:
        if document.get(name) in (None, NULL):
            refuse(at, f"{name} is missing")
    found = {}
    for name, value in document.items():
        check = known.get(name) or known.get("")
        if check is None:
            refuse(f"{at}/{name[:60]}", f"this is no member here; known: {', '.join(sorted(known))}")
        checked = check(value, f"{at}/{name[:60]}", scope)
        if checked is not None:
            found[name] = checked
    return found


def fragment(
    document: Json, known: Mapping[str, Check], scope: Scope, lasting: frozenset[str]
) -> tuple[set[str], dict[str, Json]]:
    """What a fragment removes, by null, and what it sets (CIM 009 clauses 5.8.2 and 5.9.3); an id in it says nothing.

    Raises BadRequestDataError, also when a member of `lasting` is to go.
    """
    if not isinstance(document, dict):
        refuse("", "a fragment is a JSON object")
    gone = {name for name, value in document.items() if value in (None, NULL)}
    if gone & lasting:
        refuse("/" + min(gone & lasting), "this cannot be removed")
    rest = {name: value for name, value in document.items() if name not in gone and name != "id"}
    return gone, members(rest, "", known, scope, frozenset())


def text(value: Json, at: str, _: Scope) -> str:
    """A text."""
    if not isinstance(value, str) or not value or len(value) > MAX_TEXT:
        refuse(at, f"a text of 1 to {MAX_TEXT} characters is needed here")
    return value


def uri(value: Json, at: str, _: Scope) -> str:
    """A URI."""
    if not is_uri(value):
        refuse(at, "a URI is needed here")
    return str(value)


def uris(value: Json, at: str, scope: Scope) -> Json:
    """A URI, or a list of them."""
    return listed(uri)(value, at, scope) if isinstance(value, list) else uri(value, at, scope)


def boolean(value: Json, at: str, _: Scope) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        refuse(at, "true or false is needed here")
    return value


def positive(value: Json, at: str, _: Scope) -> float:
    """A number above 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not 0 < value < 1e9:  # noqa: PLR2004 - 30 years in seconds
        refuse(at, "a number above 0 is needed here")
    return value


def moment(value: Json, at: str, _: Scope) -> str:
    """A date and time with its offset."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        refuse(at, "a date and time in UTC is needed here, such as 2027-01-31T12:00:00Z")
    try:
        datetime.fromisoformat(value.replace(",", "."))
    except ValueError:
        refuse(at, "there is no such date and time")
    return value


def future(value: Json, at: str, scope: Scope) -> str:
    """A moment that is still to come."""
    found = moment(value, at, scope)
    if datetime.fromisoformat(found.replace(",", ".")) <= scope.now:
        refuse(at, "this moment is past")
    return found


def name(value: Json, at: str, scope: Scope) -> str:
    """A name of an attribute or type, as it is stored."""
    found = text(value, at, scope)
    if not re.fullmatch(r"[^\s,|;()\"<>{}\\^`]+", found):
        refuse(at, f"{found[:60]!r} is no name")
    stored = scope.renaming.inward(found)
    return stored.removeprefix("@")


def types(value: Json, at: str, scope: Scope) -> str:
    """A type selection (clause 4.17) with stored names."""
    return renamed_types(text(value, at, scope), scope.renaming.inward)


def renamed_types(selection: str, rename: Callable[[str], str]) -> str:
    """A type selection in other names."""
    return _TYPE_NAME.sub(lambda found: rename(found[0]), selection)


def one_of(*known: str) -> Check:
    """One of some words."""

    def check(value: Json, at: str, _: Scope) -> str:
        if value not in known:
            refuse(at, f"one of {', '.join(known)} is needed here")
        return str(value)

    return check


def listed(check: Check, least: int = 1) -> Check:
    """A list, each of whose values is checked."""

    def each(value: Json, at: str, scope: Scope) -> list[Json]:
        if not isinstance(value, list) or not least <= len(value) <= MAX_LIST:
            refuse(at, f"an array of {least} to {MAX_LIST} is needed here")
        return [check(one, f"{at}/{number}", scope) for number, one in enumerate(value)]

    return each


def ignored(_value: Json, _at: str, _scope: Scope) -> None:
    """What only the system writes: left out, whatever a client says."""


def pairs(value: Json, at: str, scope: Scope) -> list[dict[str, str]]:
    """Keys with values, such as headers (clause 5.2.22)."""
    found: list[dict[str, str]] = listed(_pair)(value, at, scope)
    return found


def _pair(value: Json, at: str, scope: Scope) -> Json:
    pair = members(value, at, {"key": _word, "value": _word}, scope, frozenset({"key"}))
    if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]{1,100}", pair["key"], re.ASCII):
        refuse(at + "/key", "this is no name of a header")
    return pair


def _word(value: Json, at: str, _: Scope) -> str:
    shown = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(shown, str) or len(shown) > MAX_TEXT or not shown.isprintable():
        refuse(at, "a text without control characters is needed here")
    return shown


def object_of(known: Mapping[str, Check], *required: str) -> Check:
    """An object with known members."""

    def check(value: Json, at: str, scope: Scope) -> Json:
        return members(value, at, known, scope, frozenset(required))

    return check


def anything(value: Json, _at: str, _scope: Scope) -> Json:
    """Any JSON value."""
    return value
