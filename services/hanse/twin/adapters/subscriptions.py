# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Subscriptions and what waits to be sent, in SQL: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.twin.adapters.counters import counter, raise_counter
from hanse.twin.subscriptions.images import ENTITIES
from hanse.twin.subscriptions.model import Kept, State, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hanse.twin.adapters.databases.dialects import Connection
    from hanse.twin.adapters.repository import Store

_STATE = "due, sent, failed, last, success, failure, streak, again, refused"
_COLUMNS = f"id, document, created, modified, start, {_STATE}"


@dataclass(frozen=True, slots=True)
class SubscriptionShelf:
    """One tenant's subscriptions of one kind ("entities" or "registrations")."""

    database: Store
    tenant: str
    kind: str

    def add(self, kept: Kept) -> bool:
        """Keeps a new subscription; False when its id is taken. Changes from now on count for it."""
        with self.database.write() as connection:
            feed = "change" if self.kind == ENTITIES else "registration_change"
            row = connection.execute(
                f"SELECT COALESCE(MAX(position),0) FROM {feed} WHERE tenant=?",  # noqa: S608
                (self.tenant,),
            ).fetchone()
            done = connection.execute(
                "INSERT INTO subscription (tenant, kind, id, document, created, modified, start, due, sent, failed,"
                " last, success, failure, streak, again, refused) VALUES (?,?,?,?,?,?,?,?,0,0,'','','',0,'','')"
                " ON CONFLICT DO NOTHING",
                (
                    self.tenant,
                    self.kind,
                    kept.id,
                    json.dumps(kept.document),
                    kept.created,
                    kept.modified,
                    row[0],
                    kept.state.due,
                ),
            )
            if done.rowcount:
                raise_counter(connection, self.tenant, self.kind)
            return bool(done.rowcount)

    def get(self, subscription: str) -> Kept | None:
        """One subscription."""
        row = (
            self.database.read()
            .execute(
                f"SELECT {_COLUMNS} FROM subscription WHERE tenant=? AND kind=? AND id=?",  # noqa: S608
                (self.tenant, self.kind, subscription),
            )
            .fetchone()
        )
        return _kept(row) if row else None

    def all(self) -> list[Kept]:
        """Every subscription, the oldest first."""
        rows = self.database.read().execute(
            f"SELECT {_COLUMNS} FROM subscription WHERE tenant=? AND kind=? ORDER BY created, id",  # noqa: S608
            (self.tenant, self.kind),
        )
        return [_kept(row) for row in rows]

    def page(self, offset: int, limit: int) -> list[Kept]:
        """Some of them, the oldest first."""
        rows = self.database.read().execute(
            f"SELECT {_COLUMNS} FROM subscription WHERE tenant=? AND kind=?"  # noqa: S608
            " ORDER BY created, id LIMIT ? OFFSET ?",
            (self.tenant, self.kind, limit, offset),
        )
        return [_kept(row) for row in rows]

    def count(self) -> int:
        """How many there are."""
        sql = "SELECT COUNT(*) FROM subscription WHERE tenant=? AND kind=?"
        return int(self.database.read().execute(sql, (self.tenant, self.kind)).fetchone()[0])

    def replace(self, kept: Kept) -> None:
        """Writes a changed document; a new try is made at once, since the endpoint may be another."""
        with self.database.write() as connection:
            connection.execute(
                "UPDATE subscription SET document=?, modified=?, due=?, again='', streak=0"
                " WHERE tenant=? AND kind=? AND id=?",
                (json.dumps(kept.document), kept.modified, kept.state.due, self.tenant, self.kind, kept.id),
            )
            raise_counter(connection, self.tenant, self.kind)

    def delete(self, subscription: str) -> bool:
        """Forgets one, with what waits for it; False when it is not there."""
        with self.database.write() as connection:
            keys = (self.tenant, self.kind, subscription)
            connection.execute("DELETE FROM notification WHERE tenant=? AND kind=? AND subscription=?", keys)
            gone = connection.execute("DELETE FROM subscription WHERE tenant=? AND kind=? AND id=?", keys)
            if gone.rowcount:
                raise_counter(connection, self.tenant, self.kind)
            return bool(gone.rowcount)

    def version(self) -> int:
        """Grows whenever a subscription comes, goes or is changed, by whichever process."""
        return counter(self.database.read(), self.tenant, self.kind)

    def put(self, connection: Connection, waiting: Iterable[Waiting], now: str, most: int) -> None:
        """Puts notifications at the end of their subscriptions' queues; what a full one has waited for longest goes.

        What goes is counted as failed: nobody was told of it.
        """
        touched = set()
        for each in waiting:
            number = self._number(connection)
            connection.execute(
                "INSERT INTO notification (tenant, number, kind, subscription, created, body) VALUES (?,?,?,?,?,?)",
                (self.tenant, number, self.kind, each.subscription, now, each.body),
            )
            touched.add(each.subscription)
        for subscription in touched:
            keys = (self.tenant, self.kind, subscription)
            waits = "SELECT number FROM notification WHERE tenant=? AND kind=? AND subscription=?"
            numbers = [row[0] for row in connection.execute(waits + " ORDER BY number", keys).fetchall()]
            excess = numbers[: max(0, len(numbers) - most)]
            for number in excess:
                connection.execute("DELETE FROM notification WHERE tenant=? AND number=?", (self.tenant, number))
            if excess:
                connection.execute(
                    "UPDATE subscription SET failed=failed+? WHERE tenant=? AND kind=? AND id=?", (len(excess), *keys)
                )

    def _number(self, connection: Connection) -> int:
        sql = "SELECT COALESCE(MAX(number),0)+1 FROM notification WHERE tenant=?"
        return int(connection.execute(sql, (self.tenant,)).fetchone()[0])

    def due(self, now: str, busy: Sequence[str]) -> list[Waiting]:
        """The first of each queue that may be sent now, but for the subscriptions that are busy."""
        rows = self.database.read().execute(
            "SELECT n.number, n.subscription, n.created, n.body FROM notification n JOIN subscription s"
            " ON s.tenant=n.tenant AND s.kind=n.kind AND s.id=n.subscription"
            " WHERE n.tenant=? AND n.kind=? AND s.again<=? AND n.number=(SELECT MIN(m.number) FROM notification m"
            " WHERE m.tenant=n.tenant AND m.kind=n.kind AND m.subscription=n.subscription) ORDER BY n.number",
            (self.tenant, self.kind, now),
        )
        return [Waiting(row[1], bytes(row[3]), row[0], row[2]) for row in rows if row[1] not in busy]

    def drop(self, waiting: Waiting) -> None:
        """Takes a notification out of its queue unsent: its subscription has ended."""
        with self.database.write() as connection:
            connection.execute("DELETE FROM notification WHERE tenant=? AND number=?", (self.tenant, waiting.number))

    def begin(self, subscriptions: Sequence[str], now: str) -> None:
        """Notes that a notification of each is sent now; how it went is noted by `settle`."""
        with self.database.write() as connection:
            connection.executemany(
                "UPDATE subscription SET sent=sent+1, last=? WHERE tenant=? AND kind=? AND id=?",
                [(now, self.tenant, self.kind, each) for each in subscriptions],
            )

    def settle(self, waiting: Waiting, state: State, *, gone: bool) -> None:
        """Notes how what was begun went; with `gone` the notification leaves the queue."""
        with self.database.write() as connection:
            if gone:
                connection.execute(
                    "DELETE FROM notification WHERE tenant=? AND number=?", (self.tenant, waiting.number)
                )
            connection.execute(
                "UPDATE subscription SET failed=failed+?, success=?, failure=?, streak=?, again=?,"
                " refused=? WHERE tenant=? AND kind=? AND id=?",
                (
                    1 if state.streak else 0,
                    state.success,
                    state.failure,
                    state.streak,
                    state.again,
                    state.refused,
                    self.tenant,
                    self.kind,
                    waiting.subscription,
                ),
            )

    def postpone(self, connection: Connection, subscription: str, due: str) -> None:
        """Sets when a periodic notification is due next."""
        connection.execute(
            "UPDATE subscription SET due=? WHERE tenant=? AND kind=? AND id=?",
            (due, self.tenant, self.kind, subscription),
        )

    def cursor(self) -> int:
        """How far the feed of changes was followed."""
        row = (
            self.database.read()
            .execute("SELECT position FROM subscription_cursor WHERE tenant=? AND kind=?", (self.tenant, self.kind))
            .fetchone()
        )
        return row[0] if row else 0

    def move(self, connection: Connection, position: int) -> None:
        """Notes how far the feed of changes was followed."""
        connection.execute(
            "INSERT INTO subscription_cursor (tenant, kind, position) VALUES (?,?,?)"
            " ON CONFLICT (tenant, kind) DO UPDATE SET position=excluded.position",
            (self.tenant, self.kind, position),
        )


def subscribed_tenants(database: Store) -> list[str]:
    """Tenants that have a subscription of any kind."""
    return [row[0] for row in database.read().execute("SELECT DISTINCT tenant FROM subscription").fetchall()]


def _kept(row: Sequence[object]) -> Kept:
    identifier, document, created, modified, start, *state = row
    return Kept(str(identifier), json.loads(str(document)), str(created), str(modified), int(str(start)), State(*state))  # type: ignore[arg-type]
