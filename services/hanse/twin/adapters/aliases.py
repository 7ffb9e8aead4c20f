# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entity ids by source id, asked for from any process."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ASKED_AT_ONCE = 500
_SELECT = "SELECT source_id, id FROM entity_alias WHERE tenant=? AND dataset=? AND source_id IN ({})"


@dataclass(frozen=True, slots=True)
class SqliteAliases:
    """`Aliases` of a data set, for any process: opens the file, reads, closes it."""

    path: str
    tenant: str
    dataset: str

    def __call__(self, source_ids: Iterable[str]) -> dict[str, str]:
        """Entity ids by source id."""
        found: dict[str, str] = {}
        asked = iter(source_ids)
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=5)) as connection:
            while some := list(islice(asked, _ASKED_AT_ONCE)):
                sql = _SELECT.format(",".join("?" * len(some)))
                found.update(connection.execute(sql, (self.tenant, self.dataset, *some)).fetchall())
        return found


@dataclass(frozen=True, slots=True)
class PostgresAliases:
    """The same from PostgreSQL: connects, reads, closes."""

    url: str
    schema: str
    service: str
    tenant: str
    dataset: str

    def __call__(self, source_ids: Iterable[str]) -> dict[str, str]:
        """Entity ids by source id."""
        from hanse.kernel.postgres import opened  # noqa: PLC0415 - psycopg is an optional extra

        asked = list(source_ids)
        if not asked:
            return {}
        with closing(opened(self.url, self.schema, self.service).inner) as connection:
            found = connection.execute(
                "SELECT source_id, id FROM entity_alias WHERE tenant=%s AND dataset=%s AND source_id = ANY(%s)",
                (self.tenant, self.dataset, asked),
            )
            return dict(found.fetchall())
