# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entity maps of queries (CIM 009 clause 5.2.39), kept until they expire: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hanse.kernel.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hanse.twin.adapters.repository import Store

Json = Any
MAX_MAPS: Final = 1_000  # of a tenant; the oldest go


@dataclass(frozen=True, slots=True)
class EntityMap:
    """Ids of entities, in order, each with the ids of the registrations that hold parts of it ("@none": this city)."""

    id: str
    expires: str
    entities: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class EntityMaps:
    """One tenant's maps."""

    database: Store
    tenant: str

    def put(self, kept: EntityMap, now: datetime) -> None:
        """Keeps a map; what has expired goes, and of too many those that expire first."""
        with self.database.write() as connection:
            connection.execute("DELETE FROM entity_map WHERE tenant=? AND expires<=?", (self.tenant, timestamp(now)))
            sql = "SELECT COUNT(*) FROM entity_map WHERE tenant=?"
            excess = connection.execute(sql, (self.tenant,)).fetchone()[0] - MAX_MAPS + 1
            if excess > 0:
                connection.execute(
                    "DELETE FROM entity_map WHERE tenant=? AND id IN"
                    " (SELECT id FROM entity_map WHERE tenant=? ORDER BY expires, id LIMIT ?)",
                    (self.tenant, self.tenant, excess),
                )
            connection.execute(
                "INSERT INTO entity_map (tenant, id, expires, entities) VALUES (?,?,?,?)"
                " ON CONFLICT (tenant, id) DO UPDATE SET expires=excluded.expires, entities=excluded.entities",
                (self.tenant, kept.id, kept.expires, json.dumps(kept.entities)),
            )

    def get(self, identifier: str, now: datetime) -> EntityMap | None:
        """A map that has not expired."""
        sql = "SELECT id, expires, entities FROM entity_map WHERE tenant=? AND id=? AND expires>?"
        row = self.database.read().execute(sql, (self.tenant, identifier, timestamp(now))).fetchone()
        return EntityMap(row[0], row[1], json.loads(row[2])) if row else None

    def delete(self, identifier: str, now: datetime) -> bool:
        """Forgets a map; False when there is none."""
        with self.database.write() as connection:
            sql = "DELETE FROM entity_map WHERE tenant=? AND id=? AND expires>?"
            return bool(connection.execute(sql, (self.tenant, identifier, timestamp(now))).rowcount)
