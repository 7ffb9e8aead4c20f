# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How columns of a table, or properties of GeoJSON features, become attributes of entities.

A mapping is a JSON object: an attribute's name to `{"column": ..., "kind": ..., "unitCode": ..., "observedAt": ...,
"language": ...}`; `"id"`, `"longitude"` and `"latitude"` name columns. `kind` is Property (where it is left out),
Text (a Property that stays a text, such as a postcode), Relationship, GeoProperty (WKT or GeoJSON), JsonProperty,
VocabProperty or LanguageProperty; `observedAt` names the column of its time. Only the attributes named are made;
an empty mapping makes a Property of every column.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import shapely

from hanse.contracts.parsing import Limits
from hanse.kernel.errors import InvalidInputError, invalid
from hanse.ngsild.names import CORE, MAPPED, SHORT_NAME, URI, attribute_name
from hanse.twin.loading.upserts import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json = Any
Kind = Literal["Property", "Text", "Relationship", "GeoProperty", "JsonProperty", "VocabProperty", "LanguageProperty"]
MAX_MAPPING = 64 * 1024
MAX_COLUMNS = 1_000
_PLACES = ("id", "longitude", "latitude")
_KEYS = frozenset({"column", "kind", "unitCode", "observedAt", "language"})
_HOLDS: dict[str, str] = {
    "Relationship": "object",
    "GeoProperty": "value",
    "JsonProperty": "json",
    "VocabProperty": "vocab",
    "LanguageProperty": "languageMap",
}
# A number as JSON writes it: "007" and "+31" are texts.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
_TRUTH = {"true": True, "false": False}
_GUESSED = {"longitude": ("longitude", "lon", "lng"), "latitude": ("latitude", "lat")}


@dataclass(frozen=True, slots=True)
class Column:
    """One attribute, and the column that it is made of."""

    name: str
    column: str
    kind: Kind = "Property"
    unit_code: str = ""
    observed_at: str = ""
    language: str = ""

    def made(self, record: Mapping[str, Json]) -> dict[str, Json] | None:
        """The attribute, None where the record says nothing. Raises InvalidInputError."""
        value = record.get(self.column)
        if value is None or value == "":
            return None
        kind = "Property" if self.kind == "Text" else self.kind
        attribute: dict[str, Json] = {"type": kind, _HOLDS.get(self.kind, "value"): self._value(value)}
        if self.unit_code:
            attribute["unitCode"] = self.unit_code
        time = record.get(self.observed_at) if self.observed_at else None
        if time:
            attribute["observedAt"] = time
        return attribute

    def _value(self, value: Json) -> Json:
        if self.kind == "Property":
            return scalar(value) if isinstance(value, str) else value
        if self.kind == "GeoProperty":
            return _geometry(value, self.column)
        if self.kind == "JsonProperty":
            return parsed(value.encode(), _LIMITS) if isinstance(value, str) else value
        if self.kind == "LanguageProperty":
            return {self.language or "und": str(value)}
        return value if isinstance(value, list) else str(value)


@dataclass(frozen=True, slots=True)
class Columns:
    """A mapping as it was given; `id`, `longitude` and `latitude` are names of columns, "" where none is named."""

    attributes: tuple[Column, ...] = ()
    id: str = ""
    longitude: str = ""
    latitude: str = ""

    def of(self, names: Iterable[str]) -> Columns:
        """The mapping of a table with these columns: what is not said is found by names. Raises InvalidInputError."""
        there = list(names)
        for one in (self.id, self.longitude, self.latitude, *(each.column for each in self.attributes)):
            if one and one not in there:
                raise invalid(
                    "header.mapping",
                    f"names the column {one[:100]!r}, which is not there",
                    remedy=f"The columns are: {', '.join(there)[:500]}.",
                )
        longitude, latitude = (getattr(self, each) or _guessed(each, there) for each in _GUESSED)
        if not (longitude and latitude):
            longitude = latitude = ""
        return Columns(self.attributes or self.plain(there, longitude, latitude), self.id, longitude, latitude)

    def plain(self, names: Iterable[str], *besides: str) -> tuple[Column, ...]:
        """A Property of every column; names that NGSI-LD does not allow are made into such."""
        taken = set(CORE | MAPPED)
        made = []
        for column in names:
            if column and column not in (self.id, *besides):
                name = attribute_name(column, taken)
                taken.add(name)
                made.append(Column(name, column))
        return tuple(made)


def read(text: str) -> Columns:
    """A mapping from its JSON, "" for none. Raises InvalidInputError."""
    if not text:
        return Columns()
    if len(text) > MAX_MAPPING:
        raise invalid("header.mapping", f"has more than {MAX_MAPPING} characters")
    document = parsed(text.encode(), _LIMITS)
    if not isinstance(document, dict) or len(document) > MAX_COLUMNS:
        raise invalid("header.mapping", f"must be a JSON object with at most {MAX_COLUMNS} members")
    places = {name: document[name] for name in _PLACES if name in document}
    for name, column in places.items():
        if not isinstance(column, str):
            raise invalid("header.mapping", f"{name} must name a column")
    return Columns(tuple(_column(*each) for each in document.items() if each[0] not in _PLACES), **places)


def _column(name: str, said: Json) -> Column:
    if isinstance(said, str):
        said = {"column": said}
    if not SHORT_NAME.fullmatch(name) and not URI.fullmatch(name):
        raise invalid("header.mapping", f"{name[:100]!r} is no attribute name of NGSI-LD")
    if name in CORE - {"location"}:
        raise invalid("header.mapping", f"{name} is a name that NGSI-LD keeps for itself")
    if not isinstance(said, dict) or not said.keys() <= _KEYS or not isinstance(said.get("column"), str):
        raise invalid("header.mapping", f'{name[:100]} must be like {{"column": "height", "unitCode": "MTR"}}')
    if not all(isinstance(value, str) for value in said.values()):
        raise invalid("header.mapping", f"{name[:100]} has a member that is no text")
    kind = said.get("kind", "GeoProperty" if name == "location" else "Property")
    if kind not in get_args(Kind):
        raise invalid("header.mapping", f"{name[:100]} has the unknown kind {kind[:40]!r}")
    return Column(
        name, said["column"], kind, said.get("unitCode", ""), said.get("observedAt", ""), said.get("language", "")
    )


def scalar(text: str) -> str | int | float | bool:
    """What a cell holds: a number as JSON writes it, true or false, else the text."""
    if _NUMBER.fullmatch(text):
        number: int | float = json.loads(text)
        if math.isfinite(number):
            return number
    return _TRUTH.get(text, text)


def _guessed(which: str, names: list[str]) -> str:
    found = [name for name in names if name.strip().lower() in _GUESSED[which]]
    return found[0] if len(found) == 1 else ""


def _geometry(value: Json, column: str) -> Json:
    if isinstance(value, dict):
        return value
    text = str(value).strip()
    if text.startswith("{"):
        return parsed(text.encode(), _LIMITS)
    try:
        return json.loads(shapely.to_geojson(shapely.from_wkt(text)))
    except shapely.errors.GEOSException:
        raise InvalidInputError(f"the column {column[:100]} holds neither WKT nor GeoJSON") from None


_LIMITS = Limits(max_bytes=4 * 1024 * 1024)
