# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Credentials, challenges and neighbours' status lists in SQLite."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from hanse.identity.issuing import LIST_SIZE
from hanse.identity.model import CONTRACT, REVISION, Challenge, CredentialRecord
from hanse.kernel.clock import parse_timestamp, timestamp
from hanse.kernel.errors import ConflictError, LimitExceededError, NotFoundError, UnauthenticatedError
from hanse.kernel.events import OUTBOX_SCHEMA, Event, Outbox

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from hanse.kernel.clock import Clock
    from hanse.kernel.storage import Database

MAX_CHALLENGES = 10_000

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
      text TEXT NOT NULL, PRIMARY KEY (tenant, request_id)
    ) WITHOUT ROWID;
    CREATE TABLE challenge (
      tenant TEXT NOT NULL, nonce TEXT NOT NULL, expires TEXT NOT NULL, used TEXT, PRIMARY KEY (tenant, nonce)
    ) WITHOUT ROWID;
    CREATE INDEX challenge_expires ON challenge (tenant, expires);
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
)


class SqliteStore:
    """One city's identity store (`CredentialStore`)."""

    def __init__(self, database: Database, tenant: str, clock: Clock, outbox: Outbox) -> None:
        self._db, self._tenant, self._clock, self._outbox = database, tenant, clock, outbox

    def add_credential(self, record: CredentialRecord, request_id: str, fingerprint: str, text: str) -> str:
        """Stores a record once; an equal request gets the text of the first time."""
        with self._db.write() as connection:
            if request_id:
                earlier = connection.execute(
                    "SELECT fingerprint, text FROM issue_request WHERE tenant=? AND request_id=?",
                    (self._tenant, request_id),
                ).fetchone()
                if earlier is not None:
                    if earlier[0] != fingerprint:
                        raise ConflictError(
                            f"request_id {request_id!r} was used for another credential",
                            remedy="Use a new request_id for a new credential.",
                        )
                    return str(earlier[1])
                connection.execute(
                    "INSERT INTO issue_request VALUES (?,?,?,?,?)",
                    (self._tenant, request_id, fingerprint, record.id, text),
                )
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
        return text

    def free_index(self) -> int:
        """A random free index, so that a list tells nothing of the order of issue."""
        reader = self._db.read()
        for _ in range(64):
            index = secrets.randbelow(LIST_SIZE)
            taken = reader.execute(
                "SELECT 1 FROM credential WHERE tenant=? AND status_index=?", (self._tenant, index)
            ).fetchone()
            if taken is None:
                return index
        raise LimitExceededError("the status list is nearly full", remedy="Begin a second status list.")

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
            "SELECT id, vct, status_index, issued, expires, revoked FROM credential"
            " WHERE tenant=? AND id>? ORDER BY id LIMIT ?",
            (self._tenant, after, limit),
        )
        return [
            CredentialRecord(
                row[0],
                row[1],
                row[2],
                parse_timestamp(row[3]),
                parse_timestamp(row[4]),
                parse_timestamp(row[5]) if row[5] else None,
            )
            for row in rows
        ]

    def add_challenge(self, challenge: Challenge, now: datetime) -> None:
        """Stores a challenge; at most 10,000 may be open at once."""
        with self._db.write() as connection:
            connection.execute("DELETE FROM challenge WHERE tenant=? AND expires<?", (self._tenant, timestamp(now)))
            count = connection.execute("SELECT count(*) FROM challenge WHERE tenant=?", (self._tenant,)).fetchone()[0]
            if count >= MAX_CHALLENGES:
                raise LimitExceededError(
                    f"{MAX_CHALLENGES} challenges are open", remedy="Wait until some expire (five minutes)."
                )
            connection.execute(
                "INSERT INTO challenge VALUES (?,?,?,NULL)",
                (self._tenant, challenge.nonce, timestamp(challenge.expires)),
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
                "INSERT OR REPLACE INTO neighbour_list VALUES (?,?,?,?,?)",
                (self._tenant, issuer, uri, token, timestamp(self._clock.now())),
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
