# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""JSON-LD contexts that the twin keeps: hosted, implicitly created, and copies of remote ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.twin.adapters.repository import Store

_COLUMNS = "id, url, kind, body, created"


@dataclass(frozen=True, slots=True)
class KeptContext:
    """A context document: its id here, the URL that stands for it, "Hosted", "Cached" or "ImplicitlyCreated", JSON."""

    id: str
    url: str
    kind: str
    body: str
    created: str


@dataclass(frozen=True, slots=True)
class ContextShelf:
    """One tenant's contexts."""

    database: Store
    tenant: str

    def put(self, context: KeptContext) -> None:
        """Keeps a context; one under the same URL is replaced."""
        with self.database.write() as connection:
            connection.execute("DELETE FROM context WHERE tenant=? AND url=?", (self.tenant, context.url))
            values = (context.id, context.url, context.kind, context.body, context.created)
            connection.execute(
                "INSERT INTO context (tenant, id, url, kind, body, created) VALUES (?,?,?,?,?,?)",
                (self.tenant, *values),
            )

    def get(self, name: str) -> KeptContext | None:
        """A context by its id or its URL."""
        row = (
            self.database.read()
            .execute(
                f"SELECT {_COLUMNS} FROM context WHERE tenant=? AND (id=? OR url=?)",  # noqa: S608
                (self.tenant, name, name),
            )
            .fetchone()
        )
        return KeptContext(*row) if row else None

    def all(self) -> Sequence[KeptContext]:
        """Every context, the oldest first."""
        rows = self.database.read().execute(
            f"SELECT {_COLUMNS} FROM context WHERE tenant=? ORDER BY created, id",  # noqa: S608
            (self.tenant,),
        )
        return [KeptContext(*row) for row in rows]

    def oldest(self, kind: str) -> KeptContext | None:
        """The one of a kind that has been kept longest."""
        sql = f"SELECT {_COLUMNS} FROM context WHERE tenant=? AND kind=? ORDER BY created, id LIMIT 1"  # noqa: S608
        row = self.database.read().execute(sql, (self.tenant, kind)).fetchone()
        return KeptContext(*row) if row else None

    def count(self) -> int:
        """How many there are."""
        row = self.database.read().execute("SELECT COUNT(*) FROM context WHERE tenant=?", (self.tenant,)).fetchone()
        return int(row[0])

    def delete(self, context_id: str) -> None:
        """Forgets one."""
        with self.database.write() as connection:
            connection.execute("DELETE FROM context WHERE tenant=? AND id=?", (self.tenant, context_id))
