# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities in SQLite: bodies as wire bytes, boxes in R*Trees, scalars in an index of their own.

A read passes stored bytes on; nothing is parsed. The geometry stands apart from the body, so that a search by place
touches few pages.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import ConflictError, NotFoundError
from hanse.kernel.events import Event, Outbox
from hanse.twin.adapters.aliases import SqliteAliases
from hanse.twin.adapters.changes import around, change, portions
from hanse.twin.adapters.requests import RequestLog
from hanse.twin.adapters.statements import corners, select, stored
from hanse.twin.convert import entity_wire
from hanse.twin.model import (
    CONTRACT,
    MAX_PAGE,
    REVISION,
    Box,
    Dataset,
    Outcome,
    Page,
    Query,
    Request,
    Row,
    Written,
)
from hanse.twin.places import accepts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from hanse.kernel.clock import Clock
    from hanse.kernel.storage import Database

MAX_PAGE_BYTES = 8 * 1024 * 1024
_WIRE = "SELECT b.wire FROM entity e JOIN entity_body b ON b.number=e.number WHERE e.tenant=? AND e.id=?"
_DATASET = "id,title,owner,licence,terms,jurisdiction,crs,vertical_datum,vertical_datum_source"
_TABLES = ("entity", "entity_body", "entity_geo", "entity_plane", "entity_scalar")


class SqliteTwin:
    """One city's twin (`TwinStore`)."""

    def __init__(self, database: Database, tenant: str, clock: Clock, outbox: Outbox) -> None:
        self._db, self._tenant, self._clock, self._outbox = database, tenant, clock, outbox
        self._requests = RequestLog("upsert_request", tenant, clock)
        self._loads = RequestLog("load_request", tenant, clock)

    def get(self, entity_id: str) -> bytes | None:
        """Wire bytes by URN, else by source id."""
        reader = self._db.read()
        found = reader.execute(_WIRE, (self._tenant, entity_id)).fetchone()
        if found is None:
            alias = reader.execute(
                "SELECT id FROM entity_alias WHERE tenant=? AND source_id=? ORDER BY dataset LIMIT 1",
                (self._tenant, entity_id),
            ).fetchone()
            found = reader.execute(_WIRE, (self._tenant, alias[0])).fetchone() if alias else None
        return found[0] if found else None

    def query(self, query: Query) -> Page:
        """A page; candidates come from an R*Tree or an index, exact conditions decide."""
        sql, values = select(self._tenant, query)
        entities: list[bytes] = []
        datasets: set[str] = set()
        last_id, size, more = "", 0, False
        for entity_id, dataset, wire, footprint in self._db.read().execute(sql, values):
            if not accepts(footprint, query):
                continue
            if len(entities) == query.limit or (entities and size + len(wire) > MAX_PAGE_BYTES):
                more = True
                break
            entities.append(wire)
            datasets.add(dataset)
            last_id, size = entity_id, size + len(wire)
        return Page(tuple(entities), last_id, more, tuple(sorted(datasets)))

    def pages(self, query: Query) -> Iterator[Page]:
        """Page after page; each is read when it is asked for."""
        while True:
            page = self.query(query)
            if page.entities:
                yield page
            if not page.more:
                return
            query = replace(query, after=page.last_id)

    def write(self, dataset: str, rows: Sequence[Row], request: Request | None = None) -> Sequence[Written]:
        """Writes all the rows and the events that tell of them, or nothing."""
        if self.dataset(dataset) is None:
            raise NotFoundError(f"no data set {dataset[:200]!r}", remedy="Create it with PutDataset first.")
        with self._db.write() as connection:
            if request is not None and (earlier := self._requests.done(connection, request)) is not None:
                return _written(earlier)
            written, changes = [], []
            for row in rows:
                before = self._box(connection, row.id)
                done = self._write(connection, dataset, row)
                written.append(done)
                if done.outcome is not Outcome.UNCHANGED:
                    box = around(before, row.degrees)
                    changes.append(change(row.id, row.type, done.outcome.value, box, row.sha256))
            self._tell(connection, dataset, changes)
            if request is not None:
                done_now = json.dumps([(item.id, item.outcome.value) for item in written])
                self._requests.remember(connection, request, done_now)
        return written

    def done_before(self, request: Request) -> Sequence[Written] | None:
        """What an earlier equal request did."""
        earlier = self._requests.done(self._db.read(), request)
        return None if earlier is None else _written(earlier)

    def loaded_before(self, request: Request) -> bytes | None:
        """What an earlier equal load was answered at its end."""
        earlier: bytes | None = self._loads.done(self._db.read(), request)
        return earlier

    def remember_load(self, request: Request, answer: bytes) -> bytes:
        """Notes how a load ended; one that ran beside it may have done so before."""
        with self._db.write() as connection:
            earlier: bytes | None = self._loads.done(connection, request)
            if earlier is None:
                self._loads.remember(connection, request, answer)
        return earlier or answer

    def _write(self, connection: sqlite3.Connection, dataset: str, row: Row) -> Written:
        key = (self._tenant, row.id)
        old = connection.execute("SELECT number, sha256, dataset FROM entity WHERE tenant=? AND id=?", key).fetchone()
        self._must_be_free(connection, dataset, row, old[2] if old else None)
        if old is not None and old[1] == row.sha256:
            return Written(row.id, Outcome.UNCHANGED)
        if old is not None:
            self._remove(connection, old[0])
        self._insert(connection, dataset, row, old[0] if old else None)
        if row.source_id:
            connection.execute(
                "INSERT OR IGNORE INTO entity_alias VALUES (?,?,?,?)", (self._tenant, dataset, row.source_id, row.id)
            )
        return Written(row.id, Outcome.REPLACED if old else Outcome.CREATED)

    def _must_be_free(self, connection: sqlite3.Connection, dataset: str, row: Row, held_by: str | None) -> None:
        """No id moves between data sets or comes again, and a source id is one entity's for good."""
        key, about = (self._tenant, row.id), {"entity": row.id}
        if held_by not in (None, dataset):
            sentence = f"{row.id} belongs to data set {held_by}"
            raise ConflictError(sentence, remedy="Write it to its own data set.", metadata=about)
        if (
            held_by is None
            and connection.execute("SELECT 1 FROM entity_retired WHERE tenant=? AND id=?", key).fetchone()
        ):
            sentence = f"{row.id} was deleted; ids are never used again"
            raise ConflictError(sentence, remedy="Leave the id empty.", metadata=about)
        alias = connection.execute(
            "SELECT id FROM entity_alias WHERE tenant=? AND dataset=? AND source_id=?",
            (self._tenant, dataset, row.source_id),
        ).fetchone()
        if alias is not None and alias[0] != row.id:
            sentence = f"the source id {row.source_id[:200]!r} is that of {alias[0]}"
            remedy = "Write to that entity; if somebody loads the same source at this moment, load again."
            raise ConflictError(sentence, remedy=remedy, metadata=about)

    def _insert(self, connection: sqlite3.Connection, dataset: str, row: Row, number: int | None) -> None:
        number = connection.execute(
            "INSERT INTO entity (number,tenant,id,type,dataset,sha256,modified,contract,revision,"
            "west,south,east,north,min_x,min_y,max_x,max_y) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                number,
                self._tenant,
                row.id,
                row.type,
                dataset,
                row.sha256,
                timestamp(self._clock.now()),
                CONTRACT,
                REVISION,
                *corners(row.degrees),
                *corners(row.metres),
            ),
        ).lastrowid
        connection.execute("INSERT INTO entity_body VALUES (?,?,?)", (number, entity_wire(row, dataset), row.footprint))
        for tree, box in (("entity_geo", row.degrees), ("entity_plane", row.metres)):
            if box is not None:
                values = (number, box.min_x, box.max_x, box.min_y, box.max_y)
                connection.execute(f"INSERT INTO {tree} VALUES (?,?,?,?,?)", values)  # noqa: S608 - names are ours
        connection.executemany(
            "INSERT OR IGNORE INTO entity_scalar VALUES (?,?,?,?)",
            [(self._tenant, name, stored(value), number) for name, value in row.scalars],
        )

    def _remove(self, connection: sqlite3.Connection, number: int) -> None:
        for table in _TABLES:
            connection.execute(f"DELETE FROM {table} WHERE number=?", (number,))  # noqa: S608 - names are ours

    def delete(self, ids: Sequence[str]) -> Sequence[str]:
        """Deletes what is there, retires its ids, tells of it."""
        changes: dict[str, list[dict[str, Any]]] = {}
        with self._db.write() as connection:
            for entity_id in ids:
                key = (self._tenant, entity_id)
                row = connection.execute(
                    "SELECT number, dataset, type FROM entity WHERE tenant=? AND id=?", key
                ).fetchone()
                if row is None:
                    continue
                told = change(entity_id, row[2], "deleted", self._box(connection, entity_id), None)
                changes.setdefault(row[1], []).append(told)
                self._remove(connection, row[0])
                connection.execute("DELETE FROM entity_alias WHERE tenant=? AND id=?", key)
                connection.execute("INSERT OR IGNORE INTO entity_retired VALUES (?,?)", key)
            for dataset, some in changes.items():
                self._tell(connection, dataset, some)
        return [told["id"] for some in changes.values() for told in some]

    def _box(self, connection: sqlite3.Connection, entity_id: str) -> Box | None:
        row = connection.execute(
            "SELECT west, south, east, north FROM entity WHERE tenant=? AND id=? AND west IS NOT NULL",
            (self._tenant, entity_id),
        ).fetchone()
        return Box(*row) if row else None

    def _tell(self, connection: sqlite3.Connection, dataset: str, changes: Sequence[dict[str, Any]]) -> None:
        """Events of a size that travels, in the transaction that made the changes."""
        for some in portions(changes):
            data = {"dataset": dataset, "changes": some}
            event = Event(contract=CONTRACT, revision=REVISION, name="entity-changed", subject=dataset, data=data)
            self._outbox.add(connection, event)

    def aliases(self, dataset: str) -> SqliteAliases:
        """Finds entity ids by source id, also in a worker process."""
        path = self._db.read().execute("PRAGMA database_list").fetchone()[2]
        return SqliteAliases(path, self._tenant, dataset)

    def put_dataset(self, dataset: Dataset) -> None:
        """Creates or replaces."""
        with self._db.write() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO dataset (tenant,contract,revision,{_DATASET})"  # noqa: S608 - names are ours
                " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    self._tenant,
                    CONTRACT,
                    REVISION,
                    dataset.id,
                    dataset.title,
                    dataset.owner,
                    dataset.licence,
                    dataset.terms,
                    dataset.jurisdiction,
                    dataset.crs,
                    dataset.vertical_datum,
                    dataset.vertical_datum_source,
                ),
            )

    def datasets(self, after: str = "", limit: int = MAX_PAGE) -> Sequence[Dataset]:
        """A page of data sets."""
        rows = self._db.read().execute(
            f"SELECT {_DATASET} FROM dataset WHERE tenant=? AND id>? ORDER BY id LIMIT ?",  # noqa: S608
            (self._tenant, after, limit),
        )
        return [Dataset(*row) for row in rows]

    def dataset(self, dataset_id: str) -> Dataset | None:
        """One data set."""
        reader = self._db.read()
        row = reader.execute(f"SELECT {_DATASET} FROM dataset WHERE tenant=? AND id=?", (self._tenant, dataset_id))  # noqa: S608
        found = row.fetchone()
        return Dataset(*found) if found else None


def _written(answer: str | bytes) -> list[Written]:
    """A batch's outcomes as they were remembered."""
    return [Written(entity_id, Outcome(outcome)) for entity_id, outcome in json.loads(answer)]
