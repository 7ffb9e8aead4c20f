# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What hangs under entities in the hierarchy of layers (`partOf`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanse.twin.adapters.repository import SqlTwin


@dataclass(frozen=True, slots=True)
class SqlHierarchy:
    """One city's hierarchy."""

    twin: SqlTwin

    def below(self, ids: Iterable[str], branch: int, most: int) -> list[str]:
        """Ids of what hangs at any depth under entities, without those themselves, in order; at most so many."""
        top = set(ids)
        met, level = set(top), sorted(top)
        found: list[str] = []
        while level and len(found) < most:
            level = sorted(set(self._directly(level, branch)) - met)
            met.update(level)
            found += level
        return sorted(found)[:most]

    def _directly(self, ids: list[str], branch: int) -> Iterable[str]:
        dialect = self.twin.backend.dialect
        column = f"s.{dialect.text_column}"
        rows = self.twin.backend.database.read().execute(
            "SELECT e.id, e.branch FROM entity_scalar s JOIN entity e ON e.number=s.number"  # noqa: S608 - our own names
            f" WHERE s.tenant=? AND s.name='partOf' AND {dialect.among(column)} AND e.branch IN (0,?)"
            " AND (e.branch=? OR NOT EXISTS"
            " (SELECT 1 FROM entity o WHERE o.tenant=e.tenant AND o.branch=? AND o.id=e.id))",
            (self.twin.tenant, dialect.listed(ids), branch, branch, branch),
        )
        return [row[0] for row in rows.fetchall()]
