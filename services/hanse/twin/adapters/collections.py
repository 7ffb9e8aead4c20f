# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a tenant's entities of one type come to: how many, where, and whether some are nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.twin.model import Box

if TYPE_CHECKING:
    from hanse.twin.adapters.reading import Reader

_OF_TYPE = "FROM entity_kind k JOIN entity e ON e.number=k.number WHERE k.tenant=? AND k.branch=0 AND k.type=?"
_SUMMARY = (
    "SELECT COUNT(*), COUNT(e.west), MIN(e.west), MIN(e.south), MAX(e.east), MAX(e.north), MIN(e.low), MAX(e.high) "
    + _OF_TYPE
)
_ANY = "SELECT 1 FROM entity_kind WHERE tenant=? AND branch=0 AND type=? LIMIT 1"
_TYPES = "SELECT MIN(type) FROM entity_kind WHERE tenant=? AND branch=0 AND type>?"
_NOWHERE = f"SELECT k.id {_OF_TYPE} AND e.west IS NULL ORDER BY k.id LIMIT ?"
_NOWHERE_SINCE = (
    "SELECT DISTINCT e.id FROM change c JOIN entity e ON e.tenant=c.tenant AND e.branch=0 AND e.id=c.id"
    " JOIN entity_kind k ON k.number=e.number"
    " WHERE c.tenant=? AND c.position>? AND e.west IS NULL AND k.type=? LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Summary:
    """The living entities of a type: their number, how many have a place, its box in degrees, lowest and highest."""

    count: int
    placed: int
    box: Box | None
    low: float | None
    high: float | None


def summary(reader: Reader, type_: str) -> Summary:
    """Looks at all entities of a type."""
    row = reader.read().execute(_SUMMARY, (reader.tenant, type_)).fetchone()
    box = None if row[2] is None else Box(*map(float, row[2:6]))
    return Summary(int(row[0]), int(row[1]), box, row[6], row[7])


def is_held(reader: Reader, type_: str) -> bool:
    """Whether there is a living entity of a type."""
    return reader.read().execute(_ANY, (reader.tenant, type_)).fetchone() is not None


def types_held(reader: Reader, limit: int) -> list[str]:
    """The types of living entities, in order."""
    found: list[str] = []
    name = ""
    while len(found) < limit:
        name = reader.read().execute(_TYPES, (reader.tenant, name)).fetchone()[0]
        if name is None:
            break
        found.append(name)
    return found


def nowhere(reader: Reader, type_: str, limit: int) -> list[str]:
    """The first entities of a type that have no place, in order."""
    return [row[0] for row in reader.read().execute(_NOWHERE, (reader.tenant, type_, limit))]


def nowhere_since(reader: Reader, type_: str, position: int, limit: int) -> list[str]:
    """Entities of a type without a place that were written after a position of the feed."""
    return [row[0] for row in reader.read().execute(_NOWHERE_SINCE, (reader.tenant, position, type_, limit))]
