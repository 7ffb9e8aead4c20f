# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a consumer asks for: representation, projection, languages, instances, system times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from hanse.ngsild.errors import BadRequestDataError
from hanse.ngsild.kinds import DEFAULT_INSTANCE
from hanse.ngsild.names import SHORT_NAME
from hanse.ngsild.values import is_uri, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hanse.jsonld import Renaming

Json = Any
_RANGE: Final = re.compile(
    r"(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8})(?:[ ]?;[ ]?q=([01](?:\.\d{0,3})?))?", re.ASCII
)
_MAX_RANGES: Final = 50
_MAX_LENGTH: Final = 20_000
_MAX_JOIN_DEPTH: Final = 10


class Form(StrEnum):
    """Representations of an entity (CIM 009 clauses 4.5.1 and 4.5.4)."""

    NORMALIZED = "normalized"
    CONCISE = "concise"
    SIMPLIFIED = "simplified"


class TemporalForm(StrEnum):
    """Representations of an entity's evolution (clauses 4.5.6, 4.5.9 and 4.5.19)."""

    NORMALIZED = "normalized"
    TEMPORAL_VALUES = "temporalValues"
    AGGREGATED_VALUES = "aggregatedValues"


@dataclass(frozen=True, slots=True)
class Projection:
    """Members that are picked or omitted (clause 4.21): stored names, each with what is meant of a linked entity."""

    members: Mapping[str, Projection | None]

    def __contains__(self, name: object) -> bool:
        return name in self.members

    def linked(self, name: str) -> Projection | None:
        """Return the projection of the entities that a relationship leads to, if one is given."""
        return self.members.get(name)

    @property
    def depth(self) -> int:
        """How many relationships it follows; 0 when it names members of the entity alone."""
        return max((1 + below.depth for below in self.members.values() if below is not None), default=0)


@dataclass(frozen=True, slots=True)
class Languages:
    """Language ranges, the preferred first (clause 4.15)."""

    ranges: tuple[str, ...]

    def choose(self, tags: Iterable[str]) -> str:
        """Return the tag that fits best, by lookup in either direction (RFC 4647 section 3.4), else the default one."""
        known = {tag.lower(): tag for tag in tags}
        for wanted in self.ranges:
            found = _found(wanted, known)
            if found is not None:
                return found
        return DEFAULT_INSTANCE if DEFAULT_INSTANCE in known else next(iter(known.values()))


@dataclass(frozen=True, slots=True)
class Options:
    """How an entity is represented; names are stored names.

    Attributes:
        form: normalised, concise or simplified.
        attrs: attributes that are wanted, or None for all.
        pick: members that are wanted, id and type included.
        omit: members that are left out.
        languages: LanguageProperties become Properties in the language that fits best.
        datasets: instances that are wanted, by datasetId, "@none" being the default one; None for all.
        sys_attrs: whether createdAt and modifiedAt are given.
        geometry_property: the GeoProperty that a GeoJSON Feature takes its geometry from.

    Raises:
        BadRequestDataError: attrs with pick or omit, or a member both picked and omitted.
    """

    form: Form = Form.NORMALIZED
    attrs: frozenset[str] | None = None
    pick: Projection | None = None
    omit: Projection | None = None
    languages: Languages | None = None
    datasets: frozenset[str] | None = None
    sys_attrs: bool = False
    geometry_property: str = "location"

    def __post_init__(self) -> None:
        """Refuse projections that contradict each other (clause 5.7.1.3)."""
        if self.attrs is not None and (self.pick is not None or self.omit is not None):
            refuse("/attrs", "attrs goes with neither pick nor omit")
        if self.pick is not None and self.omit is not None:
            both = sorted(
                name
                for name, below in self.pick.members.items()
                if name in self.omit and below is None and self.omit.linked(name) is None
            )
            if both:
                refuse("/pick", f"{both[0]} is both picked and omitted")

    @property
    def plain(self) -> bool:
        """Whether the normalised entity is wanted as it is, so that stored bytes may do."""
        return self == PLAIN


PLAIN: Final = Options()


@dataclass(frozen=True, slots=True)
class Requested:
    """What the parameters ``format`` and ``options`` say: a representation, and flags such as sysAttrs."""

    form: Form = Form.NORMALIZED
    temporal: TemporalForm = TemporalForm.NORMALIZED
    flags: frozenset[str] = frozenset()


_FORMS: Final = {"normalized": Form.NORMALIZED, "concise": Form.CONCISE} | dict.fromkeys(
    ("simplified", "keyValues"), Form.SIMPLIFIED
)
_TEMPORAL: Final = {"temporalValues": TemporalForm.TEMPORAL_VALUES, "aggregatedValues": TemporalForm.AGGREGATED_VALUES}
_KNOWN: Final = frozenset(_FORMS) | frozenset(_TEMPORAL)


def parse_options(options: str | None, format_: str | None, flags: frozenset[str]) -> Requested:
    """Read ``options`` and ``format``, which wins; ``flags`` are those that the operation knows.

    Raises:
        BadRequestDataError: a value is unknown, or two representations are asked for at once.
    """
    found: set[str] = set()
    forms: set[str] = set()
    for value in _split(options, "options"):
        if value in _FORMS or value in _TEMPORAL:
            forms.add(value)
        elif value in flags:
            found.add(value)
        else:
            refuse("/options", f"{value[:60]!r} is none of {', '.join(sorted(flags | _KNOWN))}")
    if format_ is not None:
        if format_ not in _KNOWN:
            refuse("/format", f"{format_[:60]!r} is none of {', '.join(sorted(_KNOWN))}")
        forms = {format_}
    if len({_FORMS.get(form, form) for form in forms}) > 1:
        refuse("/options", f"one representation at a time, not {' and '.join(sorted(forms))}")
    form = next(iter(forms), "normalized")
    return Requested(_FORMS.get(form, Form.NORMALIZED), _TEMPORAL.get(form, TemporalForm.NORMALIZED), frozenset(found))


def parse_names(text: str | None, renaming: Renaming, parameter: str = "attrs") -> frozenset[str] | None:
    """Read a list of attribute names, such as ``attrs``, as stored names. Raises BadRequestDataError."""
    if text is None:
        return None
    return frozenset(_stored(name, renaming, parameter) for name in _split(text, parameter))


def parse_datasets(text: str | None) -> frozenset[str] | None:
    """Read the parameter ``datasetId``: URIs or @none. Raises BadRequestDataError."""
    if text is None:
        return None
    found = frozenset(_split(text, "datasetId"))
    for one in found:
        if one != DEFAULT_INSTANCE and not is_uri(one):
            refuse("/datasetId", f"{one[:60]!r} is neither a URI nor @none")
    return found


def parse_projection(text: str | None, renaming: Renaming, parameter: str) -> Projection | None:
    """Read ``pick`` or ``omit`` (clause 4.21): names with , or | between, {…} for linked entities.

    Raises:
        BadRequestDataError: it does not follow the grammar.
    """
    if text is None:
        return None
    if len(text) > _MAX_LENGTH:
        refuse("/" + parameter, f"{parameter} has at most {_MAX_LENGTH} characters")
    tokens = [token for token in re.split(r"([,|{}])", text) if token]
    projection, left = _projection(tokens, renaming, parameter, 0)
    if left:
        refuse("/" + parameter, "a } closes nothing")
    return projection


def parse_languages(text: str | None) -> Languages | None:
    """Read the parameter ``lang``: ranges with quality values, as in Accept-Language. Raises BadRequestDataError."""
    if text is None:
        return None
    found: list[tuple[float, str]] = []
    for part in _split(text, "lang"):
        match = _RANGE.fullmatch(part)
        if match is None or len(found) >= _MAX_RANGES:
            raise BadRequestDataError("/lang", "lang is like en or fr-CH,fr;q=0.9,*;q=0.5 (clause 4.15)")
        found.append((float(match[2] or 1), match[1].lower()))
    return Languages(tuple(tag for _, tag in sorted(found, key=lambda one: -one[0])))


def _split(text: str | None, parameter: str) -> list[str]:
    if text is None or text == "":
        return []
    parts = [part.strip() for part in text.split(",")] if len(text) <= _MAX_LENGTH else []
    if not all(parts) or not parts:
        refuse("/" + parameter, f"{parameter} is a list with commas between, none of its parts empty")
    return parts


def _stored(name: str, renaming: Renaming, parameter: str) -> str:
    if not SHORT_NAME.fullmatch(name) and not is_uri(name):
        refuse("/" + parameter, f"{name[:60]!r} is no name of an attribute")
    return renaming.inward(name).removeprefix("@")


def _projection(tokens: list[str], renaming: Renaming, parameter: str, depth: int) -> tuple[Projection, list[str]]:
    if depth > _MAX_JOIN_DEPTH:
        refuse("/" + parameter, f"{parameter} follows at most {_MAX_JOIN_DEPTH} relationships")
    members: dict[str, Projection | None] = {}
    while True:
        if not tokens or tokens[0] in {",", "|", "{", "}"}:
            refuse("/" + parameter, "a name is missing (clause 4.21)")
        name, tokens = _stored(tokens[0].strip(), renaming, parameter), tokens[1:]
        members[name] = None
        if tokens and tokens[0] == "{":
            members[name], tokens = _projection(tokens[1:], renaming, parameter, depth + 1)
            if not tokens:
                refuse("/" + parameter, "a { is not closed")
            tokens = tokens[1:]
        if not tokens or tokens[0] == "}":
            return Projection(members), tokens
        if tokens[0] == "{":
            refuse("/" + parameter, "a { follows no name")
        if tokens[0] in {",", "|"}:
            tokens = tokens[1:]
        else:
            refuse("/" + parameter, "a comma is missing after }")


def _found(wanted: str, known: Mapping[str, str]) -> str | None:
    if wanted == "*":
        return next(iter(known.values()), None)
    shorter = wanted
    while shorter:
        if shorter in known:
            return known[shorter]
        shorter = shorter.rpartition("-")[0]
    return next((tag for lower, tag in known.items() if lower.startswith(wanted + "-")), None)
