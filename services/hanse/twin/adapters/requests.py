# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Requests that were done, remembered for a day, so that a retry is answered and not done again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import ConflictError

if TYPE_CHECKING:
    import sqlite3

    from hanse.kernel.clock import Clock
    from hanse.twin.model import Request

REMEMBERED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RequestLog:
    """Requests of one kind that one tenant's clients made: ids, what was asked, what was answered."""

    table: Literal["upsert_request", "load_request"]
    tenant: str
    clock: Clock

    def done(self, connection: sqlite3.Connection, request: Request) -> Any:  # noqa: ANN401 - text or bytes, as remembered
        """What an earlier equal request was answered; None when there was none.

        Raises:
            ConflictError: it asked something else.
        """
        row = connection.execute(
            f"SELECT fingerprint, written FROM {self.table} WHERE tenant=? AND request_id=?",  # noqa: S608 - one of two names
            (self.tenant, request.id),
        ).fetchone()
        if row is None:
            return None
        fingerprint, answer = row
        if fingerprint != request.fingerprint:
            raise ConflictError(
                f"request_id {request.id!r} was used for something else",
                remedy="Use a new request_id for a new request; the same one only to try the very same request again.",
            )
        return answer

    def remember(self, connection: sqlite3.Connection, request: Request, answer: str | bytes) -> None:
        """Notes a request in the transaction of its effect, and forgets the old."""
        now = self.clock.now()
        connection.execute(
            f"DELETE FROM {self.table} WHERE tenant=? AND created<?",  # noqa: S608
            (self.tenant, timestamp(now - REMEMBERED)),
        )
        connection.execute(
            f"INSERT INTO {self.table} VALUES (?,?,?,?,?)",  # noqa: S608
            (self.tenant, request.id, request.fingerprint, answer, timestamp(now)),
        )
