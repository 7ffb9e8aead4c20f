# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Credentials, challenges and neighbours' status lists in SQLite."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hanse.identity.issuing import LIST_SIZE
from hanse.identity.model import CONTRACT, REVISION, Challenge, CredentialRecord, Issued, SignIn
from hanse.kernel.clock import parse_timestamp, timestamp
from hanse.kernel.errors import ConflictError, LimitExceededError, NotFoundError, UnauthenticatedError
from hanse.kernel.events import OUTBOX_SCHEMA, Event, Outbox
from hanse.statuslist import StatusReference

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from hanse.kernel.clock import Clock
    from hanse.kernel.storage import Database

MAX_CHALLENGES = 10_000
MAX_CHALLENGES_EACH = 1_000  # one caller must not shut the others out
REMEMBERED = timedelta(days=1)  # how long a request id is known, and the text kept that answers a retry

MIGRATIONS = (
    """
    CREATE TABLE credential (
      tenant TEXT NOT NULL, id TEXT NOT NULL, vct TEXT NOT NULL, status_index INTEGER NOT NULL,
      issued TEXT NOT NULL, expires TEXT NOT NULL, revoked TEXT, reason TEXT,
      contract TEXT NOT NULL, revision TEXT NOT NULL,
      PRIMARY KEY (tenant, id), UNIQUE (tenant, status_index)
    ) WITHOUT ROWID;
    CREATE TABLE issue_request (
      tenant TEXT NOT NULL, request_id TEXT NOT NULL, fingerprint TEXT NOT NULL, credential_id TEXT NOT NULL,
      text TEXT NOT NULL, created TEXT NOT NULL, PRIMARY KEY (tenant, request_id)
    ) WITHOUT ROWID;
    CREATE INDEX issue_request_created ON issue_request (tenant, created);
    CREATE TABLE challenge (
      tenant TEXT NOT NULL, nonce TEXT NOT NULL, caller TEXT NOT NULL, expires TEXT NOT NULL, used TEXT,
      PRIMARY KEY (tenant, nonce)
    ) WITHOUT ROWID;
    CREATE INDEX challenge_expires ON challenge (tenant, expires);
    CREATE INDEX challenge_caller ON challenge (tenant, caller);
    CREATE TABLE neighbour_list (
      tenant TEXT NOT NULL, issuer TEXT NOT NULL, uri TEXT NOT NULL, token BLOB NOT NULL,
      fetched TEXT NOT NULL, PRIMARY KEY (tenant, issuer, uri)
    ) WITHOUT ROWID;
    CREATE TABLE neighbour_revocation (
      tenant TEXT NOT NULL, issuer TEXT NOT NULL, uri TEXT NOT NULL, status_index INTEGER NOT NULL,
      told TEXT NOT NULL, PRIMARY KEY (tenant, issuer, uri, status_index)
    ) WITHOUT ROWID;
    """,
    OUTBOX_SCHEMA,
    # What was stored before rows named it is of the first revision.
    """
    ALTER TABLE neighbour_list ADD COLUMN contract TEXT NOT NULL DEFAULT 'identity/v1';
    ALTER TABLE neighbour_list ADD COLUMN revision TEXT NOT NULL DEFAULT '1.0.0';
    """,
    """
    CREATE TABLE sign_in (
      tenant TEXT NOT NULL, id TEXT NOT NULL, issuer TEXT NOT NULL, uri TEXT NOT NULL, status_index INTEGER NOT NULL,
      ends TEXT NOT NULL, PRIMARY KEY (tenant, id)
    ) WITHOUT ROWID;
    CREATE INDEX sign_in_ends ON sign_in (tenant, ends);
    """,
)
_RECORD = "c.id, c.vct, c.status_index, c.issued, c.expires, c.revoked"


class SqliteStore:
    """One city's identity store (`CredentialStore`)."""

    def __init__(self, database: Database, tenant: str, clock: Clock, outbox: Outbox) -> None:
        self._db, self._tenant, self._clock, self._outbox = database, tenant, clock, outbox

    def issue(self, request_id: str, fingerprint: str, make: Callable[[int], Issued]) -> Issued:
        """Stores a fresh credential, or gives the one of an earlier equal request."""
        now = self._clock.now()
        with self._db.write() as connection:
            connection.execute(
                "DELETE FROM issue_request WHERE tenant=? AND created<?", (self._tenant, timestamp(now - REMEMBERED))
            )
            if earlier := self._issued_before(connection, request_id, fingerprint):
                return earlier
            issued = make(self._free_index(connection))
            record = issued.record
            connection.execute(
                "INSERT INTO credential VALUES (?,?,?,?,?,?,NULL,NULL,?,?)",
                (
                    self._tenant,
                    record.id,
                    record.vct,
                    record.status_index,
                    timestamp(record.issued),
                    timestamp(record.expires),
                    CONTRACT,
                    REVISION,
                ),
            )
            if request_id:
                connection.execute(
                    "INSERT INTO issue_request VALUES (?,?,?,?,?,?)",
                    (self._tenant, request_id, fingerprint, record.id, issued.text, timestamp(now)),
                )
        return issued

    def _issued_before(self, connection: sqlite3.Connection, request_id: str, fingerprint: str) -> Issued | None:
        row = connection.execute(
            f"SELECT r.fingerprint, r.text, {_RECORD} FROM issue_request r JOIN credential c"  # noqa: S608 - names are ours
            " ON c.tenant=r.tenant AND c.id=r.credential_id WHERE r.tenant=? AND r.request_id=?",
            (self._tenant, request_id),
        ).fetchone()
        if row is None:
            return None
        if row[0] != fingerprint:
            raise ConflictError(
                f"request_id {request_id!r} was used for another credential",
                remedy="Use a new request_id for a new credential.",
            )
        return Issued(_record(row[2:]), row[1])

    def _free_index(self, connection: sqlite3.Connection) -> int:
        """A random free index, so that a list tells nothing of the order of issue."""
        for _ in range(64):
            index = secrets.randbelow(LIST_SIZE)
            if self._revoked(connection, index) is None:
                return index
        raise LimitExceededError("the status list is nearly full", remedy="Begin a second status list.")

    def is_revoked(self, index: int) -> bool | None:
        """Whether the credential at an index is revoked; None when the index was never given out."""
        return self._revoked(self._db.read(), index)

    def _revoked(self, connection: sqlite3.Connection, index: int) -> bool | None:
        row = connection.execute(
            "SELECT revoked IS NOT NULL FROM credential WHERE tenant=? AND status_index=?", (self._tenant, index)
        ).fetchone()
        return None if row is None else bool(row[0])

    def revoke(self, credential_id: str, reason: str, now: datetime) -> datetime:
        """Marks a credential revoked and puts the event into the outbox, both or neither."""
        with self._db.write() as connection:
            row = connection.execute(
                "SELECT revoked, status_index FROM credential WHERE tenant=? AND id=?",
                (self._tenant, credential_id),
            ).fetchone()
            if row is None:
                raise NotFoundError(
                    f"no credential {credential_id[:200]!r} was issued here",
                    remedy="List the credentials issued (`hanse credential list`).",
                )
            if row[0] is not None:
                return parse_timestamp(row[0])
            connection.execute(
                "UPDATE credential SET revoked=?, reason=? WHERE tenant=? AND id=?",
                (timestamp(now), reason, self._tenant, credential_id),
            )
            self._outbox.add(
                connection,
                Event(
                    contract=CONTRACT,
                    revision=REVISION,
                    name="credential-revoked",
                    subject=f"urn:hanse:{self._tenant}:status-list:1",
                    data={
                        "uri": f"urn:hanse:{self._tenant}:status-list:1",
                        "index": row[1],
                        "time": timestamp(now),
                    },
                ),
            )
        return now

    def revoked_indices(self) -> Sequence[int]:
        """Indices of every revoked credential."""
        rows = self._db.read().execute(
            "SELECT status_index FROM credential WHERE tenant=? AND revoked IS NOT NULL", (self._tenant,)
        )
        return [row[0] for row in rows]

    def list_credentials(self, after: str, limit: int) -> Sequence[CredentialRecord]:
        """A page of records in the order of their ids."""
        rows = self._db.read().execute(
            f"SELECT {_RECORD} FROM credential c WHERE tenant=? AND id>? ORDER BY id LIMIT ?",  # noqa: S608 - names are ours
            (self._tenant, after, limit),
        )
        return [_record(row) for row in rows]

    def add_challenge(self, challenge: Challenge, caller: str, now: datetime) -> None:
        """Stores a challenge; at most 10,000 may be open at once, 1,000 of one caller."""
        with self._db.write() as connection:
            connection.execute("DELETE FROM challenge WHERE tenant=? AND expires<?", (self._tenant, timestamp(now)))
            for limit, condition, values in (
                (MAX_CHALLENGES_EACH, " AND caller=?", (caller,)),
                (MAX_CHALLENGES, "", ()),
            ):
                count = connection.execute(
                    f"SELECT count(*) FROM challenge WHERE tenant=? AND used IS NULL{condition}",  # noqa: S608 - conditions are ours
                    (self._tenant, *values),
                ).fetchone()[0]
                if count >= limit:
                    raise LimitExceededError(
                        f"{count} challenges are open", remedy="Answer them, or wait until some expire (five minutes)."
                    )
            connection.execute(
                "INSERT INTO challenge VALUES (?,?,?,?,NULL)",
                (self._tenant, challenge.nonce, caller, timestamp(challenge.expires)),
            )

    def use_challenge(self, nonce: str, now: datetime) -> None:
        """Marks a challenge used; a second use is a replay."""
        with self._db.write() as connection:
            row = connection.execute(
                "SELECT expires, used FROM challenge WHERE tenant=? AND nonce=?", (self._tenant, nonce)
            ).fetchone()
            if row is None or parse_timestamp(row[0]) < now:
                raise UnauthenticatedError(
                    "the presentation answers no open challenge of this city",
                    remedy="Take a new challenge (CreateChallenge) and present within five minutes.",
                    reason="PRESENTATION_INVALID",
                )
            if row[1] is not None:
                raise ConflictError(
                    "this presentation was used before",
                    remedy="Take a new challenge and present again.",
                    reason="REPLAYED",
                )
            connection.execute(
                "UPDATE challenge SET used=? WHERE tenant=? AND nonce=?",
                (timestamp(now), self._tenant, nonce),
            )

    def add_sign_in(self, sign_in: SignIn, now: datetime) -> None:
        """Notes a sign-in; those that have ended go."""
        status = sign_in.status
        with self._db.write() as connection:
            connection.execute("DELETE FROM sign_in WHERE tenant=? AND ends<?", (self._tenant, timestamp(now)))
            connection.execute(
                "INSERT INTO sign_in VALUES (?,?,?,?,?,?)",
                (self._tenant, sign_in.id, sign_in.issuer, status.uri, status.index, timestamp(sign_in.ends)),
            )

    def sign_in(self, identifier: str) -> SignIn | None:
        """A sign-in by its id."""
        sql = "SELECT issuer, uri, status_index, ends FROM sign_in WHERE tenant=? AND id=?"
        row = self._db.read().execute(sql, (self._tenant, identifier)).fetchone()
        if row is None:
            return None
        return SignIn(identifier, row[0], StatusReference(row[1], row[2]), parse_timestamp(row[3]))

    def cached_list(self, issuer: str, uri: str) -> bytes | None:
        """A neighbour's status list token as fetched last."""
        row = (
            self._db.read()
            .execute(
                "SELECT token FROM neighbour_list WHERE tenant=? AND issuer=? AND uri=?",
                (self._tenant, issuer, uri),
            )
            .fetchone()
        )
        return bytes(row[0]) if row else None

    def keep_list(self, issuer: str, uri: str, token: bytes) -> None:
        """Keeps a verified status list token."""
        with self._db.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO neighbour_list VALUES (?,?,?,?,?,?,?)",
                (self._tenant, issuer, uri, token, timestamp(self._clock.now()), CONTRACT, REVISION),
            )

    def told_revoked(self, issuer: str, uri: str, index: int) -> bool:
        """Whether the neighbour has told by event that this index is revoked."""
        row = (
            self._db.read()
            .execute(
                "SELECT 1 FROM neighbour_revocation WHERE tenant=? AND issuer=? AND uri=? AND status_index=?",
                (self._tenant, issuer, uri, index),
            )
            .fetchone()
        )
        return row is not None

    def note_revocation(self, connection: sqlite3.Connection, issuer: str, uri: str, index: int) -> None:
        """Keeps what an event told, and drops the cached list that does not know it yet."""
        connection.execute(
            "INSERT OR IGNORE INTO neighbour_revocation VALUES (?,?,?,?,?)",
            (self._tenant, issuer, uri, index, timestamp(self._clock.now())),
        )
        connection.execute(
            "DELETE FROM neighbour_list WHERE tenant=? AND issuer=? AND uri=?", (self._tenant, issuer, uri)
        )


def _record(row: Sequence[Any]) -> CredentialRecord:
    identifier, vct, index, issued, expires, revoked = row
    return CredentialRecord(
        identifier,
        vct,
        index,
        parse_timestamp(issued),
        parse_timestamp(expires),
        parse_timestamp(revoked) if revoked else None,
    )
