# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Requests that were done, remembered for a day, so that a retry is answered and not done again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import ConflictError
from hanse.twin.model import Outcome, Request, Written

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hanse.kernel.clock import Clock

REMEMBERED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RequestLog:
    """The table `upsert_request` of one tenant."""

    tenant: str
    clock: Clock

    def done(self, connection: sqlite3.Connection, request: Request) -> list[Written] | None:
        """What an earlier equal request did. Raises ConflictError when it asked something else."""
        row = connection.execute(
            "SELECT fingerprint, written FROM upsert_request WHERE tenant=? AND request_id=?",
            (self.tenant, request.id),
        ).fetchone()
        if row is None:
            return None
        if row[0] != request.fingerprint:
            raise ConflictError(
                f"request_id {request.id!r} was used for another batch", remedy="Use a new request_id for a new batch."
            )
        return [Written(entity_id, Outcome(outcome)) for entity_id, outcome in json.loads(row[1])]

    def remember(self, connection: sqlite3.Connection, request: Request, written: Sequence[Written]) -> None:
        """Notes a request in the transaction of its effect, and forgets the old."""
        now = self.clock.now()
        connection.execute(
            "DELETE FROM upsert_request WHERE tenant=? AND created<?", (self.tenant, timestamp(now - REMEMBERED))
        )
        done = json.dumps([(item.id, item.outcome.value) for item in written])
        connection.execute(
            "INSERT INTO upsert_request VALUES (?,?,?,?,?)",
            (self.tenant, request.id, request.fingerprint, done, timestamp(now)),
        )
