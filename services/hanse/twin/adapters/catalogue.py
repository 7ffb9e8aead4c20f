# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the twin holds: types, attributes, and its feed of changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.twin.model import Changed, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hanse.twin.adapters.databases.dialects import Connection

KEPT_DAYS = 7
# One name after the other by the index, instead of reading every row.
_NEXT_TYPE = "SELECT MIN(type) FROM entity_kind WHERE tenant=? AND branch=0 AND type>?"
_NEXT_NAME = "SELECT MIN(name) FROM entity_scalar WHERE tenant=? AND name>?"
_COUNT_TYPE = "SELECT COUNT(*) FROM entity_kind WHERE tenant=? AND branch=0 AND type=?"
_COUNT_NAME = (
    "SELECT COUNT(DISTINCT s.number) FROM entity_scalar s JOIN entity e ON e.number=s.number"
    " WHERE s.tenant=? AND s.name=? AND e.branch=0"
)
# What was used once is remembered; what living entities use now is looked for from the attribute's side.
_LIVES = (
    " EXISTS (SELECT 1 FROM entity_scalar s CROSS JOIN entity_kind k WHERE s.tenant=a.tenant AND s.name=a.name"
    " AND k.number=s.number AND k.branch=0 AND k.type=a.type)"
)
_OF_TYPE = f"SELECT DISTINCT a.name FROM attribute_use a WHERE a.tenant=? AND a.type=? AND {_LIVES} ORDER BY a.name"  # noqa: S608
_KINDS_OF_TYPE = (
    f"SELECT a.name, a.kind FROM attribute_use a WHERE a.tenant=? AND a.type=? AND {_LIVES} ORDER BY a.name, a.kind"  # noqa: S608
)
_OF_NAME = (
    f"SELECT a.type, a.kind FROM attribute_use a WHERE a.tenant=? AND a.name=? AND {_LIVES} ORDER BY a.type, a.kind"  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Types, attributes and changes of one tenant's living twin."""

    read: Callable[[], Connection]
    tenant: str

    def types(self, after: str, limit: int) -> list[Kind]:
        """Types after a name, in order."""
        found: list[Kind] = []
        for name, count in self._names(_NEXT_TYPE, _COUNT_TYPE, after, limit):
            rows = self.read().execute(_OF_TYPE, (self.tenant, name)).fetchall()
            found.append(Kind(name, count, attributes=tuple(row[0] for row in rows)))
        return found

    def attributes(self, after: str, limit: int) -> list[Kind]:
        """Attributes after a name, in order."""
        found: list[Kind] = []
        for name, count in self._names(_NEXT_NAME, _COUNT_NAME, after, limit):
            rows = self.read().execute(_OF_NAME, (self.tenant, name)).fetchall()
            types, kinds = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
            found.append(Kind(name, count, types=tuple(types), kinds=tuple(kinds)))
        return found

    def type_of(self, name: str) -> Kind | None:
        """One type, None when no entity has it."""
        count = self.read().execute(_COUNT_TYPE, (self.tenant, name)).fetchone()[0]
        rows = self.read().execute(_OF_TYPE, (self.tenant, name)).fetchall() if count else []
        return Kind(name, count, attributes=tuple(row[0] for row in rows)) if count else None

    def attribute_of(self, name: str) -> Kind | None:
        """One attribute, None when no entity has it."""
        count = self.read().execute(_COUNT_NAME, (self.tenant, name)).fetchone()[0]
        rows = self.read().execute(_OF_NAME, (self.tenant, name)).fetchall() if count else []
        types, kinds = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
        return Kind(name, count, types=tuple(types), kinds=tuple(kinds)) if count else None

    def attributes_of(self, type_: str) -> list[Kind]:
        """Attributes of the entities of a type, with their kinds there."""
        rows = self.read().execute(_KINDS_OF_TYPE, (self.tenant, type_)).fetchall()
        kinds: dict[str, list[str]] = {}
        for name, kind in rows:
            kinds.setdefault(name, []).append(kind)
        return [Kind(name, 0, types=(type_,), kinds=tuple(some)) for name, some in kinds.items()]

    def _names(self, following: str, counting: str, name: str, limit: int) -> Iterable[tuple[str, int]]:
        given = 0
        while given < limit:
            row = self.read().execute(following, (self.tenant, name)).fetchone()
            if row[0] is None:
                return
            name = row[0]
            count = self.read().execute(counting, (self.tenant, name)).fetchone()[0]
            if count:
                given += 1
                yield name, count

    def changes(self, after: int, limit: int) -> Sequence[Changed]:
        """The feed after a position."""
        rows = self.read().execute(
            "SELECT position, id, type, outcome, time FROM change WHERE tenant=? AND position>? ORDER BY position"
            " LIMIT ?",
            (self.tenant, after, limit),
        )
        return [Changed(*row) for row in rows]

    def edge(self, function: str) -> int:
        """The feed's MIN or MAX position, 0 when it is empty."""
        row = self.read().execute(f"SELECT {function}(position) FROM change WHERE tenant=?", (self.tenant,)).fetchone()  # noqa: S608
        return row[0] or 0


def note_changes(connection: Connection, tenant: str, now: str, before: str, told: Sequence[dict[str, Any]]) -> int:
    """Writes changes into the feed, and forgets those from before a moment; gives the first one's position."""
    last = connection.execute("SELECT COALESCE(MAX(position),0) FROM change WHERE tenant=?", (tenant,)).fetchone()[0]
    connection.executemany(
        "INSERT INTO change VALUES (?,?,?,?,?,?)",
        [(tenant, last + 1 + index, one["id"], one["type"], one["change"], now) for index, one in enumerate(told)],
    )
    connection.execute("DELETE FROM change WHERE tenant=? AND time<? AND position<=?", (tenant, before, last))
    return int(last) + 1
