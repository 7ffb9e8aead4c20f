# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which registrations a request concerns (CIM 009 clauses 4.3.6, 5.10.2 and 5.12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from hanse import query as languages
from hanse.query.model import And, HasType, Or
from hanse.twin.registrations.documents import KNOWN_MEMBERS, PLACES, attributes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hanse.query import Predicate

Json = Any
_APART: Final = frozenset({"id", "type", "scope"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request is about; None where it does not say.

    Attributes:
        ids: entity ids.
        pattern: a regular expression for ids.
        types: a type selection.
        attributes: stored names.
        datasets: values of datasetId, "@none" for default instances.
    """

    ids: frozenset[str] | None = None
    pattern: str | None = None
    types: Predicate | None = None
    attributes: frozenset[str] | None = None
    datasets: frozenset[str] | None = None


def matching(document: Mapping[str, Json], wanted: Wanted) -> list[Mapping[str, Json]]:
    """The parts of a registration's information that a request concerns."""
    if wanted.datasets and "datasetId" in document and wanted.datasets.isdisjoint(document["datasetId"]):
        return []
    return [each for each in document["information"] if _concerns(each, wanted)]


def _concerns(information: Mapping[str, Json], wanted: Wanted) -> bool:
    named = attributes_of(information)
    if wanted.attributes and named and not named & wanted.attributes:
        return False
    given = information.get("entities")
    return given is None or any(entity_concerned(one, wanted) for one in given)


def entity_concerned(one: Mapping[str, Json], wanted: Wanted) -> bool:
    """Whether an EntityInfo and a request may mean the same entity."""
    if wanted.types is not None and not may_have(wanted.types, types_of(one)):
        return False
    ids = ids_of(one)
    if ids is not None:
        if wanted.ids is not None:
            return not ids.isdisjoint(wanted.ids)
        return wanted.pattern is None or any(fits(wanted.pattern, each) for each in ids)
    if "idPattern" in one and wanted.ids is not None:
        return any(fits(one["idPattern"], each) for each in wanted.ids)
    return True  # of two patterns nobody can say that they never meet


def ids_of(one: Mapping[str, Json]) -> frozenset[str] | None:
    """Ids that an EntityInfo names."""
    if "id" not in one:
        return None
    return frozenset(one["id"] if isinstance(one["id"], list) else [one["id"]])


def types_of(one: Mapping[str, Json]) -> frozenset[str]:
    """Types that an EntityInfo names."""
    named = one["type"]
    return frozenset(named if isinstance(named, list) else [named])


def fits(pattern: str, entity_id: str) -> bool:
    """Whether an id fits a pattern."""
    return languages.matches(languages.parse_id_pattern(pattern), {"id": entity_id, "type": "x"})


def may_have(selection: Predicate, types: frozenset[str]) -> bool:
    """Whether an entity of one of these types may be in a type selection: each of its names may be another type's."""
    match selection:
        case HasType(name):
            return name in types
        case Or(items) | And(items):
            return any(may_have(item, types) for item in items)
    return True


def properties(document: Mapping[str, Json]) -> dict[str, Json]:
    """A registration as an entity: its Context Source Properties, and what it says of itself in a word."""
    entity: dict[str, Json] = {"id": document["id"], "type": "ContextSourceRegistration"}
    if "scope" in document:
        entity["scope"] = document["scope"]
    for name, value in document.items():
        if name in PLACES:
            entity[name] = {"type": "GeoProperty", "value": value}
        elif name not in KNOWN_MEMBERS:
            given = isinstance(value, dict) and "type" in value
            entity[name] = value if given else {"type": "Property", "value": value}
        elif isinstance(value, str) and name not in _APART:
            entity[name] = {"type": "Property", "value": value}
    return entity


def in_time(document: Mapping[str, Json], window: languages.TimeWindow | None) -> bool:
    """Whether a registration is for the present, or, with a temporal query, holds something of that time."""
    if window is None:
        return "observationInterval" not in document and "managementInterval" not in document
    member = "observationInterval" if window.property == "observedAt" else "managementInterval"
    interval = document.get(member)
    if interval is None:
        return False
    start, end = _micros(interval["startAt"]), _micros(interval["endAt"]) if "endAt" in interval else None
    if window.end is not None and start > window.end:
        return False
    return window.start is None or end is None or end >= window.start


def _micros(moment: str) -> int:
    return round(datetime.fromisoformat(moment.replace(",", ".")).timestamp() * 1_000_000)


def expired(document: Mapping[str, Json], now: datetime) -> bool:
    """Whether a registration has ended."""
    expires = document.get("expiresAt")
    return expires is not None and datetime.fromisoformat(expires.replace(",", ".")) <= now


def conflicts(new: Mapping[str, Json], others: Iterator[Mapping[str, Json]]) -> str | None:
    """The id of a registration that cannot stand beside a new one: what is exclusive is one source's (clause 5.9.2)."""
    for other in others:
        modes = {new.get("mode", "inclusive"), other.get("mode", "inclusive")}
        if "exclusive" in modes and modes <= {"exclusive", "redirect"} and _overlap(new, other):
            return str(other["id"])
    return None


def _overlap(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    for information in one["information"]:
        for entity in information.get("entities", ()):
            selection = Or(tuple(HasType(name) for name in types_of(entity)))
            attributes = attributes_of(information)
            wanted = Wanted(ids_of(entity), entity.get("idPattern"), selection, attributes or None)
            if matching(other, wanted):
                return True
    return False
