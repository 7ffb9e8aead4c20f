# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Models, checks and zoning documents in SQLite."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from hanse.kernel.clock import Clock, timestamp
from hanse.kernel.errors import ConflictError
from hanse.kernel.events import Event
from hanse.permit.adapters.quotas import Quota
from hanse.permit.model import Dataset, Source, SourceState
from hanse.permit.records import (
    Change,
    CheckInput,
    CheckRecord,
    Ending,
    ModelRecord,
    State,
    ZoningRecord,
)
from hanse.permit.report.document import CONTRACT, REVISION

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from hanse.kernel.storage import Database
    from hanse.permit.check import Reliance

_ZONING_CONTRACT = "zoning/v1"
_CHECK = (
    "id, subject, input, state, sequence, step, percent, created, updated, verdict, outdated, outdated_reason,"
    " error_reason, error_detail, sources"
)
_MODEL = "id, subject, filename, size_bytes, sha256, schema, created, request_id"
_ZONING = "id, sha256, revision, body, created"
_REASONS = {
    "twin": "The twin of {city} has changed since: {detail}",
    "zoning": "A zoning document of {city} has changed since: {detail}",
}


class EventSink(Protocol):
    """Where events are written in the transaction of what they tell of."""

    def add(self, connection: sqlite3.Connection, event: Event) -> str:
        """Writes an event; returns its id."""
        ...


class SqliteStore:
    """One tenant's permit data. Fulfils ModelStore, CheckStore and ZoningStore."""

    def __init__(
        self, database: Database, tenant: str, clock: Clock, events: EventSink, quota: Quota | None = None
    ) -> None:
        self._database, self._tenant, self._clock, self._events = database, tenant, clock, events
        self._quota = quota or Quota()

    # Models

    def admit_model(self, subject: str, request_id: str, sha256: str, size_bytes: int) -> None:
        """See ModelStore."""
        connection = self._database.read()
        if self._model_of(connection, subject, request_id) is None:
            self._quota.admit_model(connection, self._tenant, self._clock, subject, sha256, size_bytes)

    def _model_of(self, connection: sqlite3.Connection, subject: str, request_id: str) -> ModelRecord | None:
        """What a subject uploaded under a request id; the empty one is none."""
        if not request_id:
            return None
        row = connection.execute(
            f"SELECT {_MODEL} FROM model WHERE tenant = ? AND subject = ? AND request_id = ?",  # noqa: S608 - column names
            (self._tenant, subject, request_id),
        ).fetchone()
        return None if row is None else ModelRecord(*row)

    def add_model(self, record: ModelRecord) -> ModelRecord:
        """See ModelStore."""
        with self._database.write() as connection:
            earlier = self._model_of(connection, record.subject, record.request_id)
            if earlier is not None:
                held = _same_bytes(earlier, record)
                connection.execute(
                    "UPDATE model SET stored = ? WHERE tenant = ? AND id = ?",
                    (record.created, self._tenant, held.id),
                )
                return held
            self._quota.admit_model(
                connection, self._tenant, self._clock, record.subject, record.sha256, record.size_bytes
            )
            connection.execute(
                "INSERT INTO model VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._tenant,
                    record.id,
                    record.subject,
                    record.filename,
                    record.size_bytes,
                    record.sha256,
                    record.schema,
                    record.created,
                    record.request_id,
                    record.created,
                    CONTRACT,
                    REVISION,
                ),
            )
        return record

    def model(self, model_id: str) -> ModelRecord | None:
        """See ModelStore."""
        row = (
            self._database.read()
            .execute(f"SELECT {_MODEL} FROM model WHERE tenant = ? AND id = ?", (self._tenant, model_id))  # noqa: S608
            .fetchone()
        )
        return None if row is None else ModelRecord(*row)

    # Checks

    def add_check(self, record: CheckRecord) -> CheckRecord:
        """See CheckStore."""
        request_id = record.input.request_id
        with self._database.write() as connection:
            if request_id:
                row = connection.execute(
                    f"SELECT {_CHECK} FROM permit_check WHERE tenant = ? AND subject = ? AND request_id = ?",  # noqa: S608
                    (self._tenant, record.subject, request_id),
                ).fetchone()
                if row is not None:
                    return _same_request(_check(row), record)
            self._quota.admit_check(connection, self._tenant, record.subject)
            connection.execute(
                "INSERT INTO permit_check VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, '', '', '', '[]', ?, ?)",
                (
                    self._tenant,
                    record.id,
                    record.subject,
                    _input_out(record.input),
                    request_id,
                    record.state.value,
                    record.sequence,
                    record.step,
                    record.percent,
                    record.created,
                    record.updated,
                    CONTRACT,
                    REVISION,
                ),
            )
        return record

    def check(self, check_id: str) -> CheckRecord | None:
        """See CheckStore."""
        sql = f"SELECT {_CHECK} FROM permit_check WHERE tenant = ? AND id = ?"  # noqa: S608
        row = self._database.read().execute(sql, (self._tenant, check_id)).fetchone()
        return None if row is None else _check(row)

    def unfinished(self) -> list[CheckRecord]:
        """See CheckStore."""
        sql = f"SELECT {_CHECK} FROM permit_check WHERE tenant = ? AND state IN ('queued', 'running') ORDER BY id"  # noqa: S608
        return [_check(row) for row in self._database.read().execute(sql, (self._tenant,))]

    def advance(self, check_id: str, step: str, percent: int) -> bool:
        """See CheckStore."""
        with self._database.write() as connection:
            return self._update(connection, check_id, "state = 'running', step = ?, percent = ?", (step, percent))

    def end(self, check_id: str, ending: Ending) -> bool:
        """See CheckStore."""
        with self._database.write() as connection:
            done = self._update(
                connection,
                check_id,
                "state = ?, step = '', percent = CASE ? WHEN 'succeeded' THEN 100 ELSE percent END, verdict = ?,"
                " error_reason = ?, error_detail = ?, sources = ?",
                (
                    ending.state.value,
                    ending.state.value,
                    ending.verdict,
                    ending.error_reason,
                    ending.error_detail[:2000],
                    json.dumps([asdict(source) for source in ending.sources]),
                ),
            )
            if done:
                for kind, body in ending.documents:
                    self._keep(connection, check_id, kind, body)
                if ending.reliance is not None:
                    self._rest(connection, check_id, ending.reliance)
                connection.execute(
                    "DELETE FROM check_document WHERE tenant = ? AND check_id = ? AND kind = 'gathered'",
                    (self._tenant, check_id),
                )
                self._events.add(connection, _finished(check_id, ending))
        return done

    def keep(self, check_id: str, kind: str, body: bytes) -> None:
        """See CheckStore."""
        with self._database.write() as connection:
            self._keep(connection, check_id, kind, body)

    def rest_on(self, check_id: str, reliance: Reliance) -> None:
        """See CheckStore."""
        with self._database.write() as connection:
            self._rest(connection, check_id, reliance)

    def document(self, check_id: str, kind: str) -> bytes | None:
        """See CheckStore."""
        sql = "SELECT body FROM check_document WHERE tenant = ? AND check_id = ? AND kind = ?"
        row = self._database.read().execute(sql, (self._tenant, check_id, kind)).fetchone()
        return None if row is None else bytes(row[0])

    def mark_outdated(self, connection: sqlite3.Connection, changes: Sequence[Change]) -> list[str]:
        """See CheckStore."""
        marked: list[str] = []
        for change in changes:
            for check_id in self._resting_on(connection, change):
                reason = _REASONS[change.kind].format(city=change.city, detail=change.detail)
                cursor = connection.execute(
                    "UPDATE permit_check SET outdated = 1, outdated_reason = ?, sequence = sequence + 1, updated = ?"
                    " WHERE tenant = ? AND id = ? AND outdated = 0",
                    (reason, timestamp(self._clock.now()), self._tenant, check_id),
                )
                if cursor.rowcount:
                    marked.append(check_id)
                    self._events.add(connection, _outdated(check_id, change, reason))
        return marked

    def _update(self, connection: sqlite3.Connection, check_id: str, what: str, values: tuple[Any, ...]) -> bool:
        cursor = connection.execute(
            f"UPDATE permit_check SET {what}, sequence = sequence + 1, updated = ?"  # noqa: S608 - from this file
            " WHERE tenant = ? AND id = ? AND state IN ('queued', 'running')",
            (*values, timestamp(self._clock.now()), self._tenant, check_id),
        )
        return cursor.rowcount == 1

    def _keep(self, connection: sqlite3.Connection, check_id: str, kind: str, body: bytes) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO check_document VALUES (?, ?, ?, ?, ?, ?)",
            (self._tenant, check_id, kind, body, CONTRACT, REVISION),
        )

    def _rest(self, connection: sqlite3.Connection, check_id: str, reliance: Reliance) -> None:
        if reliance.area is not None:
            connection.execute(
                "INSERT OR REPLACE INTO check_area VALUES (?, ?, ?, ?, ?, ?)", (self._tenant, check_id, *reliance.area)
            )
        connection.executemany(
            "INSERT OR IGNORE INTO check_rests_on VALUES (?, ?, ?)",
            [(self._tenant, cause, check_id) for cause in (*reliance.entities, *reliance.zonings)],
        )

    def _resting_on(self, connection: sqlite3.Connection, change: Change) -> list[str]:
        found = connection.execute(
            "SELECT check_id FROM check_rests_on WHERE tenant = ? AND cause = ?", (self._tenant, change.cause)
        ).fetchall()
        if change.box is not None:
            west, south, east, north = change.box
            found += connection.execute(
                "SELECT check_id FROM check_area WHERE tenant = ?"
                " AND west <= ? AND east >= ? AND south <= ? AND north >= ?",
                (self._tenant, east, west, north, south),
            ).fetchall()
        return sorted({str(row[0]) for row in found})

    # Zoning documents

    def put_zoning(self, record: ZoningRecord, change: Change) -> ZoningRecord:
        """See ZoningStore."""
        with self._database.write() as connection:
            held = self._zoning(connection, record.id, record.sha256)
            current = self._zoning(connection, record.id, "")
            if held is not None and current is not None and current.sha256 == record.sha256:
                return held
            connection.execute(
                "UPDATE zoning SET is_current = 0 WHERE tenant = ? AND id = ?", (self._tenant, record.id)
            )
            if held is None:
                connection.execute(
                    "INSERT INTO zoning VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
                    (
                        self._tenant,
                        record.id,
                        record.sha256,
                        _ZONING_CONTRACT,
                        record.revision,
                        record.body,
                        record.created,
                    ),
                )
            else:
                connection.execute(
                    "UPDATE zoning SET is_current = 1 WHERE tenant = ? AND id = ? AND sha256 = ?",
                    (self._tenant, record.id, record.sha256),
                )
            if current is not None:
                self.mark_outdated(connection, [change])
        return held or record

    def zoning(self, zoning_id: str, sha256: str = "") -> ZoningRecord | None:
        """See ZoningStore."""
        return self._zoning(self._database.read(), zoning_id, sha256)

    def zonings(self, after: str, limit: int) -> Iterator[ZoningRecord]:
        """See ZoningStore."""
        sql = f"SELECT {_ZONING} FROM zoning WHERE tenant = ? AND is_current = 1 AND id > ? ORDER BY id LIMIT ?"  # noqa: S608
        for row in self._database.read().execute(sql, (self._tenant, after, limit)).fetchall():
            yield ZoningRecord(*row)

    def _zoning(self, connection: sqlite3.Connection, zoning_id: str, sha256: str) -> ZoningRecord | None:
        sql = f"SELECT {_ZONING} FROM zoning WHERE tenant = ? AND id = ?"  # noqa: S608
        if sha256:
            row = connection.execute(f"{sql} AND sha256 = ?", (self._tenant, zoning_id, sha256)).fetchone()
        else:
            row = connection.execute(f"{sql} AND is_current = 1", (self._tenant, zoning_id)).fetchone()
        return None if row is None else ZoningRecord(*row)


def _finished(check_id: str, ending: Ending) -> Event:
    data = {
        "check": check_id,
        "state": ending.state.value,
        "verdict": ending.verdict or None,
        "report_sha256": ending.report_sha256 or None,
    }
    return Event(CONTRACT, REVISION, "check-finished", check_id, data)


def _outdated(check_id: str, change: Change, reason: str) -> Event:
    data = {
        "check": check_id,
        "reason": change.kind,
        "city": change.city,
        "cause": change.cause,
        "detail": reason,
    }
    return Event(CONTRACT, REVISION, "check-outdated", check_id, data)


def _same_bytes(held: ModelRecord, asked: ModelRecord) -> ModelRecord:
    if (held.sha256, held.filename) != (asked.sha256, asked.filename):
        raise _reused(asked.request_id)
    return held


def _same_request(held: CheckRecord, asked: CheckRecord) -> CheckRecord:
    """The zoning documents may have changed between two tries of one request; all that the caller said may not."""
    one, other = asdict(held.input), asdict(asked.input)
    if any(one[name] != other[name] for name in one if name != "zonings"):
        raise _reused(asked.input.request_id)
    return held


def _reused(request_id: str) -> ConflictError:
    return ConflictError(
        f"request_id {request_id!r} was used before with other content",
        remedy="Use a new request_id for a new request; the same one only to try the very same request again.",
    )


def _input_out(held: CheckInput) -> str:
    return json.dumps(asdict(held), separators=(",", ":"))


def _input_in(text: str) -> CheckInput:
    stored = json.loads(text)
    neighbours = stored["neighbours"]
    return CheckInput(
        **{
            **stored,
            "zonings": tuple((each[0], each[1]) for each in stored["zonings"]),
            "neighbours": None if neighbours is None else tuple(neighbours),
        }
    )


def _check(row: tuple[Any, ...]) -> CheckRecord:
    return CheckRecord(
        id=row[0],
        subject=row[1],
        input=_input_in(row[2]),
        state=State(row[3]),
        sequence=row[4],
        step=row[5],
        percent=row[6],
        created=row[7],
        updated=row[8],
        verdict=row[9],
        outdated=bool(row[10]),
        outdated_reason=row[11],
        error_reason=row[12],
        error_detail=row[13],
        sources=tuple(_source(each) for each in json.loads(row[14])),
    )


def _source(stored: dict[str, Any]) -> Source:
    datasets = tuple(Dataset(**each) for each in stored["datasets"])
    return Source(**{**stored, "state": SourceState(stored["state"]), "datasets": datasets})
