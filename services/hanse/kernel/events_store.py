# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Events in a service's own database: what is to be sent (outbox) and what was already done (inbox).

An event is written in the transaction of the change it tells of, and an incoming event is noted in the transaction
of its effect. So nothing is told that did not happen, and nothing happens twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hanse.kernel.clock import Clock, timestamp
from hanse.kernel.events_model import Event, Received, encode, subject_of
from hanse.kernel.ids import new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from hanse.kernel.config import CityConfig
    from hanse.kernel.storage import Database

# One migration for a service that sends, receives or does both.
OUTBOX_SCHEMA = """
CREATE TABLE outbox (
  tenant TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, subject TEXT NOT NULL,
  contract TEXT NOT NULL, revision TEXT NOT NULL, body BLOB NOT NULL, created TEXT NOT NULL, published TEXT,
  PRIMARY KEY (tenant, position));
CREATE INDEX outbox_pending ON outbox (tenant, position) WHERE published IS NULL;
CREATE TABLE inbox (
  tenant TEXT NOT NULL, city TEXT NOT NULL, id TEXT NOT NULL, contract TEXT NOT NULL, name TEXT NOT NULL,
  received TEXT NOT NULL,
  PRIMARY KEY (tenant, city, id)) WITHOUT ROWID;
CREATE INDEX inbox_received ON inbox (tenant, received)
"""
KEEP_SENT = timedelta(days=1)
KEEP_RECEIVED = timedelta(days=30)  # longer than any stream keeps events


@dataclass(frozen=True, slots=True)
class Pending:
    """An event that waits to be sent."""

    position: int
    id: str
    subject: str
    body: bytes


class Outbox:
    """Events to be sent, in the service's own database."""

    def __init__(self, config: CityConfig, clock: Clock, part: str = "") -> None:
        self._authority, self._clock, self._part = config.city.authority, clock, part
        self._wake: Callable[[], None] = _nobody

    def name(self, part: str) -> None:
        """Says which part sends: it stands as the events' source."""
        self._part = part

    def add(self, connection: sqlite3.Connection, event: Event) -> str:
        """Writes an event inside the caller's transaction; returns its id.

        Raises:
            EventError: the event is malformed or too large.
        """
        identifier, now = new_id(self._clock), timestamp(self._clock.now())
        contract = event.contract.partition("/")[0]
        body = encode(event, authority=self._authority, part=self._part or contract, identifier=identifier, time=now)
        subject = subject_of(self._authority, event.contract, event.name)
        connection.execute(
            "INSERT INTO outbox (tenant, position, id, subject, contract, revision, body, created) VALUES"
            " (?, (SELECT COALESCE(MAX(position), 0) + 1 FROM outbox WHERE tenant = ?), ?, ?, ?, ?, ?, ?)",
            (self._authority, self._authority, identifier, subject, event.contract, event.revision, body, now),
        )
        self._wake()
        return identifier

    def on_add(self, wake: Callable[[], None]) -> None:
        """Calls `wake` when something was added; the transaction may not have ended yet."""
        self._wake = wake

    def pending(self, database: Database, limit: int) -> Sequence[Pending]:
        """The oldest events not yet sent."""
        rows = database.read().execute(
            "SELECT position, id, subject, body FROM outbox WHERE tenant = ? AND published IS NULL"
            " ORDER BY position LIMIT ?",
            (self._authority, limit),
        )
        return [Pending(*row) for row in rows]

    def mark_sent(self, database: Database, sent: Sequence[Pending]) -> None:
        """Notes that the broker has them."""
        now = timestamp(self._clock.now())
        with database.write() as connection:
            connection.executemany(
                "UPDATE outbox SET published = ? WHERE tenant = ? AND position = ?",
                [(now, self._authority, each.position) for each in sent],
            )

    def prune(self, database: Database) -> None:
        """Forgets events sent long ago, but for the newest, from which positions count on."""
        before = timestamp(self._clock.now() - KEEP_SENT)
        with database.write() as connection:
            connection.execute(
                "DELETE FROM outbox WHERE tenant = ? AND published < ?"
                " AND position < (SELECT MAX(position) FROM outbox WHERE tenant = ?)",
                (self._authority, before, self._authority),
            )


class Inbox:
    """Events already done, in the service's own database."""

    def __init__(self, config: CityConfig, clock: Clock) -> None:
        self._tenant, self._clock = config.tenant, clock

    def take(self, connection: sqlite3.Connection, event: Received) -> bool:
        """Notes an event inside the transaction of its effect; False when it was noted before."""
        row = (self._tenant, event.city, event.id, event.contract, event.name, timestamp(self._clock.now()))
        cursor = connection.execute("INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
        return cursor.rowcount == 1

    def prune(self, database: Database) -> None:
        """Forgets what no stream can bring again."""
        before = timestamp(self._clock.now() - KEEP_RECEIVED)
        with database.write() as connection:
            connection.execute("DELETE FROM inbox WHERE tenant = ? AND received < ?", (self._tenant, before))


def _nobody() -> None:
    """Nobody waits for events to be added."""
