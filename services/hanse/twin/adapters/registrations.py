# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Context source registrations in SQL, and what changed of them: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from hanse.kernel.clock import timestamp
from hanse.twin.adapters.counters import counter, raise_counter
from hanse.twin.adapters.remembering import Read, memory_of
from hanse.twin.registrations.model import Health, Registration, RegistrationChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hanse.twin.adapters.databases.dialects import Connection
    from hanse.twin.adapters.repository import Store

Json = Any
_DOCUMENT: Final = "id, document, created, modified"
_HEALTH: Final = "sent, failed, success, failure, streak, again"
_SHELF: Final = "sources"
_FEW: Final = 32  # whose health is asked for by id; one statement for any number of them
_OF_SOME: Final = f"SELECT id, {_HEALTH} FROM registration WHERE tenant=? AND id IN ({','.join('?' * _FEW)}) AND sent>0"  # noqa: S608


@dataclass(frozen=True, slots=True)
class RegistrationShelf:
    """One tenant's registrations."""

    database: Store
    tenant: str

    def add(self, identifier: str, document: Mapping[str, Json], now: datetime) -> bool:
        """Keeps a new registration; False when its id is taken."""
        moment, text = timestamp(now), json.dumps(document)
        with self.database.write() as connection:
            done = connection.execute(
                "INSERT INTO registration (tenant, id, document, created, modified, sent, failed, success, failure,"
                " streak, again) VALUES (?,?,?,?,?,0,0,'','',0,'') ON CONFLICT DO NOTHING",
                (self.tenant, identifier, text, moment, moment),
            )
            if done.rowcount:
                raise_counter(connection, self.tenant, _SHELF)
                self._note(connection, identifier, "", text, moment)
            return bool(done.rowcount)

    def replace(self, identifier: str, document: Mapping[str, Json], now: datetime) -> None:
        """Writes a changed document; its source may be called again at once."""
        moment, text = timestamp(now), json.dumps(document)
        with self.database.write() as connection:
            before = self._text(connection, identifier)
            connection.execute(
                "UPDATE registration SET document=?, modified=?, streak=0, again='' WHERE tenant=? AND id=?",
                (text, moment, self.tenant, identifier),
            )
            raise_counter(connection, self.tenant, _SHELF)
            self._note(connection, identifier, before, text, moment)

    def delete(self, identifier: str, now: datetime) -> bool:
        """Forgets one; False when it is not there."""
        with self.database.write() as connection:
            before = self._text(connection, identifier)
            if before:
                connection.execute("DELETE FROM registration WHERE tenant=? AND id=?", (self.tenant, identifier))
                raise_counter(connection, self.tenant, _SHELF)
                self._note(connection, identifier, before, "", timestamp(now))
            return bool(before)

    def _text(self, connection: Connection, identifier: str) -> str:
        sql = "SELECT document FROM registration WHERE tenant=? AND id=?"
        row = connection.execute(sql, (self.tenant, identifier)).fetchone()
        return str(row[0]) if row else ""

    def _note(self, connection: Connection, identifier: str, past: str, present: str, moment: str) -> None:
        """Told to those who follow, if anybody does."""
        sql = "SELECT 1 FROM subscription WHERE tenant=? AND kind='registrations' LIMIT 1"
        if connection.execute(sql, (self.tenant,)).fetchone() is None:
            return
        sql = "SELECT COALESCE(MAX(position),0)+1 FROM registration_change WHERE tenant=?"
        position = connection.execute(sql, (self.tenant,)).fetchone()[0]
        connection.execute(
            "INSERT INTO registration_change (tenant, position, id, past, present, time) VALUES (?,?,?,?,?,?)",
            (self.tenant, position, identifier, past, present, moment),
        )

    def get(self, identifier: str) -> Registration | None:
        """One registration, for its reader alone."""
        sql = f"SELECT {_DOCUMENT}, {_HEALTH} FROM registration WHERE tenant=? AND id=?"  # noqa: S608
        row = self.database.read().execute(sql, (self.tenant, identifier)).fetchone()
        return replace(_registration(row[:4]), health=Health(*row[4:])) if row else None

    def all(self) -> list[Registration]:
        """Every registration, the oldest first; their documents are shared, and not to be changed."""
        return self.with_health(self.documents())

    def documents(self) -> Sequence[Registration]:
        """Every registration, the oldest first, without its health; shared, and not to be changed.

        Read anew when one came, went or was changed since, by this process or by another.
        """
        connection, memory = self.database.read(), memory_of(self.database)
        changes = counter(connection, self.tenant, _SHELF)
        found = memory.get(self.tenant, changes)
        if found is None:
            sql = f"SELECT {_DOCUMENT} FROM registration WHERE tenant=? ORDER BY created, id"  # noqa: S608
            rows = connection.execute(sql, (self.tenant,)).fetchall()
            found = tuple(map(_registration, rows))
            memory.put(self.tenant, Read(changes, found, sum(len(row[1]) for row in rows)))
        return found

    def with_health(self, some: Sequence[Registration]) -> list[Registration]:
        """Registrations with how calls to their sources go now."""
        if not some:
            return []
        connection = self.database.read()
        if len(some) <= _FEW:
            ids = [each.id for each in some]
            rows = connection.execute(_OF_SOME, (self.tenant, *ids, *ids[-1:] * (_FEW - len(ids))))
        else:
            sql = f"SELECT id, {_HEALTH} FROM registration WHERE tenant=? AND sent>0"  # noqa: S608
            rows = connection.execute(sql, (self.tenant,))
        health = {row[0]: Health(*row[1:]) for row in rows}
        return [replace(each, health=health[each.id]) if each.id in health else each for each in some]

    def any(self) -> bool:
        """Whether there is one."""
        sql = "SELECT 1 FROM registration WHERE tenant=? LIMIT 1"
        return self.database.read().execute(sql, (self.tenant,)).fetchone() is not None

    def settle(self, identifier: str, *, failed: bool, now: datetime, again: datetime | None) -> None:
        """Notes how a call went, and until when no other is made."""
        moment = timestamp(now)
        with self.database.write() as connection:
            if failed:
                connection.execute(
                    "UPDATE registration SET sent=sent+1, failed=failed+1, failure=?, streak=streak+1, again=?"
                    " WHERE tenant=? AND id=?",
                    (moment, timestamp(again) if again else "", self.tenant, identifier),
                )
            else:
                connection.execute(
                    "UPDATE registration SET sent=sent+1, success=?, streak=0, again='' WHERE tenant=? AND id=?",
                    (moment, self.tenant, identifier),
                )

    def changes(self, after: int, limit: int) -> list[RegistrationChange]:
        """What changed after a position."""
        rows = self.database.read().execute(
            "SELECT position, id, past, present FROM registration_change WHERE tenant=? AND position>?"
            " ORDER BY position LIMIT ?",
            (self.tenant, after, limit),
        )
        return [RegistrationChange(row[0], row[1], _document(row[2]), _document(row[3])) for row in rows]

    def forget(self, connection: Connection, until: int) -> None:
        """Lets changes go that nobody needs any more, but for the last, which holds the place."""
        connection.execute("DELETE FROM registration_change WHERE tenant=? AND position<?", (self.tenant, until))


def _document(text: str) -> dict[str, Json] | None:
    return json.loads(text) if text else None


def _registration(row: Sequence[Any]) -> Registration:
    identifier, document, created, modified = row
    return Registration(identifier, json.loads(document), created, modified)
