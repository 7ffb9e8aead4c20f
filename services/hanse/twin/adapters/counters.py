# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How often the documents of a shelf were changed, by whichever process: what was read of it stands until then.

The counter is raised in the transaction of the change. Times say nothing of this: clocks of processes differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hanse.twin.adapters.databases.dialects import Connection

_RAISE: Final = (
    "INSERT INTO shelf_counter (tenant, shelf, changes) VALUES (?,?,1)"
    " ON CONFLICT (tenant, shelf) DO UPDATE SET changes=shelf_counter.changes+1"
)


def raise_counter(connection: Connection, tenant: str, shelf: str) -> None:
    """Notes that a document came, went or was changed."""
    connection.execute(_RAISE, (tenant, shelf))


def counter(connection: Connection, tenant: str, shelf: str) -> int:
    """How often documents were changed; what is read after it is at least as new."""
    row = connection.execute("SELECT changes FROM shelf_counter WHERE tenant=? AND shelf=?", (tenant, shelf)).fetchone()
    return int(row[0]) if row else 0
