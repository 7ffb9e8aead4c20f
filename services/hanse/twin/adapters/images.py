# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What entities were before and after a change, kept beside the feed for as long as somebody is to be notified of it.

Nothing is kept of a tenant without subscriptions, so a load costs nothing more there than one look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.api.types.v1 import types_pb2 as types
from hanse.twin.subscriptions.images import ENTITIES, Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hanse.twin.adapters.databases.dialects import Connection, Dialect


@dataclass(frozen=True, slots=True)
class Images:
    """One tenant's images."""

    dialect: Dialect
    tenant: str

    def before(self, connection: Connection, ids: Iterable[str]) -> Mapping[str, bytes] | None:
        """What is about to change, by id; None when nobody is to be notified."""
        row = connection.execute(
            "SELECT 1 FROM subscription WHERE tenant=? AND kind=? LIMIT 1", (self.tenant, ENTITIES)
        ).fetchone()
        return self._of(connection, ids) if row else None

    def keep(
        self, connection: Connection, first: int, told: Sequence[Mapping[str, Any]], before: Mapping[str, bytes] | None
    ) -> None:
        """Keeps the images of changes at the positions from `first` on; of an entity's changes with its last."""
        if before is None:
            return
        last = {one["id"]: first + index for index, one in enumerate(told)}
        after = self._of(connection, last)
        connection.executemany(
            "INSERT INTO change_image (tenant, position, past, present) VALUES (?,?,?,?)",
            [(self.tenant, position, before.get(each), after.get(each)) for each, position in last.items()],
        )

    def _of(self, connection: Connection, ids: Iterable[str]) -> dict[str, bytes]:
        found = connection.execute(
            "SELECT e.id, e.created, e.modified, b.system, b.wire FROM entity e"  # noqa: S608
            " JOIN entity_body b ON b.number=e.number"
            f" WHERE e.tenant=? AND e.branch=0 AND e.gone=0 AND {self.dialect.among('e.id')}",
            (self.tenant, self.dialect.listed(ids)),
        ).fetchall()
        return {row[0]: _image(*row[1:]) for row in found}

    def following(self, connection: Connection, after: int, limit: int) -> list[Change]:
        """Changes after a position, with their images."""
        rows = connection.execute(
            "SELECT c.position, c.id, c.time, i.past, i.present FROM change c JOIN change_image i"
            " ON i.tenant=c.tenant AND i.position=c.position"
            " WHERE c.tenant=? AND c.position>? ORDER BY c.position LIMIT ?",
            (self.tenant, after, limit),
        )
        return [Change(*row) for row in rows]

    def forget(self, connection: Connection, until: int) -> None:
        """Lets the images go that nobody needs any more."""
        connection.execute("DELETE FROM change_image WHERE tenant=? AND position<=?", (self.tenant, until))


def _image(created: str, modified: str, system: bytes | None, wire: bytes) -> bytes:
    """JSON: [created, modified, system times or null, entity]."""
    body = types.Entity.FromString(wire).json
    return b'["%b","%b",%b,%b]' % (created.encode(), modified.encode(), system or b"null", body)
