# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities in SQLite: bodies as wire bytes, boxes in an R*Tree, scalars in an index of their own.

A read passes stored bytes on; nothing is parsed. The geometry stands apart from the body, so that a search by place
touches few pages. The R*Tree holds 32-bit floats rounded outwards, so exact boxes decide after it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import shapely

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import ConflictError, NotFoundError
from hanse.kernel.events import OUTBOX_SCHEMA, Event, Outbox
from hanse.twin.convert import entity_wire
from hanse.twin.model import (
    BATCH,
    CONTRACT,
    MAX_PAGE,
    REVISION,
    Box,
    Dataset,
    Filter,
    Operator,
    Outcome,
    Page,
    Query,
    Row,
    Written,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from hanse.kernel.clock import Clock
    from hanse.kernel.storage import Database

MIGRATIONS = (
    """
    CREATE TABLE dataset (
      tenant TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, owner TEXT NOT NULL, licence TEXT NOT NULL,
      terms TEXT NOT NULL, jurisdiction TEXT NOT NULL, crs TEXT NOT NULL, vertical_datum TEXT NOT NULL,
      vertical_datum_source TEXT NOT NULL, contract TEXT NOT NULL, revision TEXT NOT NULL,
      PRIMARY KEY (tenant, id)
    ) WITHOUT ROWID;
    CREATE TABLE entity (
      number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, dataset TEXT NOT NULL,
      sha256 TEXT NOT NULL, modified TEXT NOT NULL, contract TEXT NOT NULL, revision TEXT NOT NULL,
      west REAL, south REAL, east REAL, north REAL, min_x REAL, min_y REAL, max_x REAL, max_y REAL
    );
    CREATE UNIQUE INDEX entity_id ON entity (tenant, id);
    CREATE INDEX entity_type ON entity (tenant, type, id);
    CREATE TABLE entity_body (number INTEGER PRIMARY KEY, wire BLOB NOT NULL, footprint BLOB);
    CREATE VIRTUAL TABLE entity_geo USING rtree(number, west, east, south, north);
    CREATE TABLE entity_alias (
      tenant TEXT NOT NULL, dataset TEXT NOT NULL, source_id TEXT NOT NULL, id TEXT NOT NULL,
      PRIMARY KEY (tenant, dataset, source_id)
    ) WITHOUT ROWID;
    CREATE INDEX entity_alias_source ON entity_alias (tenant, source_id);
    CREATE INDEX entity_alias_id ON entity_alias (tenant, id);
    CREATE TABLE entity_scalar (
      tenant TEXT NOT NULL, name TEXT NOT NULL, value, number INTEGER NOT NULL,
      PRIMARY KEY (tenant, name, value, number)
    ) WITHOUT ROWID;
    CREATE INDEX entity_scalar_number ON entity_scalar (number);
    CREATE TABLE entity_retired (tenant TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (tenant, id)) WITHOUT ROWID;
    """,
    OUTBOX_SCHEMA,
)
MAX_PAGE_BYTES = 8 * 1024 * 1024
_WIRE = "SELECT b.wire FROM entity e JOIN entity_body b ON b.number=e.number WHERE e.tenant=? AND e.id=?"


class SqliteTwin:
    """One city's twin (`TwinStore`)."""

    def __init__(self, database: Database, tenant: str, clock: Clock, outbox: Outbox) -> None:
        self._db, self._tenant, self._clock, self._outbox = database, tenant, clock, outbox

    def get(self, entity_id: str) -> bytes | None:
        """Wire bytes by URN, else by source id."""
        reader = self._db.read()
        found = reader.execute(_WIRE, (self._tenant, entity_id)).fetchone()
        if found is None:
            alias = reader.execute(
                "SELECT id FROM entity_alias WHERE tenant=? AND source_id=? LIMIT 1", (self._tenant, entity_id)
            ).fetchone()
            found = reader.execute(_WIRE, (self._tenant, alias[0])).fetchone() if alias else None
        return found[0] if found else None

    def query(self, query: Query) -> Page:
        """A page; candidates come from the R*Tree or an index, exact conditions decide."""
        sql, values = _select(self._tenant, query)
        entities: list[bytes] = []
        datasets: set[str] = set()
        last_id, size, more = "", 0, False
        for entity_id, dataset, wire, footprint in self._db.read().execute(sql, values):
            if query.circle is not None and not _within(footprint, query):
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

    def write(self, dataset: str, rows: Sequence[Row]) -> Sequence[Written]:
        """Writes all the rows and the event that tells of them, or nothing.

        Raises:
            ConflictError: an id was deleted before, or belongs to another data set.
            NotFoundError: the data set is unknown.
        """
        if self.dataset(dataset) is None:
            raise NotFoundError(f"no data set {dataset[:200]!r}", remedy="Create it with PutDataset first.")
        with self._db.write() as connection:
            before = {row.id: self._box(connection, row.id) for row in rows}
            written = [self._write(connection, dataset, row) for row in rows]
            self._tell(
                connection,
                dataset,
                [
                    _change(row.id, row.type, done.outcome.value, _around(before[row.id], row.degrees), row.sha256)
                    for row, done in zip(rows, written, strict=True)
                    if done.outcome is not Outcome.UNCHANGED
                ],
            )
        return written

    def _write(self, connection: sqlite3.Connection, dataset: str, row: Row) -> Written:
        key = (self._tenant, row.id)
        old = connection.execute("SELECT number, sha256, dataset FROM entity WHERE tenant=? AND id=?", key).fetchone()
        if old is not None and old[2] != dataset:
            raise ConflictError(f"{row.id} belongs to data set {old[2]}", remedy="Write it to its own data set.")
        if old is not None and old[1] == row.sha256:
            return Written(row.id, Outcome.UNCHANGED)
        if old is None and connection.execute("SELECT 1 FROM entity_retired WHERE tenant=? AND id=?", key).fetchone():
            raise ConflictError(f"{row.id} was deleted; ids are never used again", remedy="Leave the id empty.")
        if old is not None:
            self._remove(connection, old[0])
        boxes = [value for box in (row.degrees, row.metres) for value in _corners(box)]
        number = connection.execute(
            "INSERT INTO entity (number,tenant,id,type,dataset,sha256,modified,contract,revision,"
            "west,south,east,north,min_x,min_y,max_x,max_y) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                old[0] if old else None,
                *key,
                row.type,
                dataset,
                row.sha256,
                timestamp(self._clock.now()),
                CONTRACT,
                REVISION,
                *boxes,
            ),
        ).lastrowid
        connection.execute("INSERT INTO entity_body VALUES (?,?,?)", (number, entity_wire(row, dataset), row.footprint))
        if row.degrees is not None:
            west, south, east, north = _corners(row.degrees)
            connection.execute("INSERT INTO entity_geo VALUES (?,?,?,?,?)", (number, west, east, south, north))
        connection.executemany(
            "INSERT OR IGNORE INTO entity_scalar VALUES (?,?,?,?)",
            [(self._tenant, name, value, number) for name, value in row.scalars],
        )
        if row.source_id:
            connection.execute(
                "INSERT OR REPLACE INTO entity_alias VALUES (?,?,?,?)", (self._tenant, dataset, row.source_id, row.id)
            )
        return Written(row.id, Outcome.REPLACED if old else Outcome.CREATED)

    def _remove(self, connection: sqlite3.Connection, number: int) -> None:
        for table in ("entity", "entity_body", "entity_geo", "entity_scalar"):
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
                change = _change(entity_id, row[2], "deleted", self._box(connection, entity_id), None)
                changes.setdefault(row[1], []).append(change)
                self._remove(connection, row[0])
                connection.execute("DELETE FROM entity_alias WHERE tenant=? AND id=?", key)
                connection.execute("INSERT OR IGNORE INTO entity_retired VALUES (?,?)", key)
            for dataset, told in changes.items():
                self._tell(connection, dataset, told)
        return [change["id"] for told in changes.values() for change in told]

    def _box(self, connection: sqlite3.Connection, entity_id: str) -> Box | None:
        row = connection.execute(
            "SELECT west, south, east, north FROM entity WHERE tenant=? AND id=? AND west IS NOT NULL",
            (self._tenant, entity_id),
        ).fetchone()
        return Box(*row) if row else None

    def _tell(self, connection: sqlite3.Connection, dataset: str, changes: Sequence[dict[str, Any]]) -> None:
        """Events of at most 500 changes each, in the transaction that made them."""
        for start in range(0, len(changes), BATCH):
            data = {"dataset": dataset, "changes": list(changes[start : start + BATCH])}
            event = Event(contract=CONTRACT, revision=REVISION, name="entity-changed", subject=dataset, data=data)
            self._outbox.add(connection, event)

    def aliases(self, dataset: str) -> dict[str, str]:
        """Entity ids by source id."""
        rows = self._db.read().execute(
            "SELECT source_id, id FROM entity_alias WHERE tenant=? AND dataset=?", (self._tenant, dataset)
        )
        return dict(rows.fetchall())

    def put_dataset(self, dataset: Dataset) -> None:
        """Creates or replaces."""
        with self._db.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO dataset VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    self._tenant,
                    dataset.id,
                    dataset.title,
                    dataset.owner,
                    dataset.licence,
                    dataset.terms,
                    dataset.jurisdiction,
                    dataset.crs,
                    dataset.vertical_datum,
                    dataset.vertical_datum_source,
                    CONTRACT,
                    REVISION,
                ),
            )

    def datasets(self, after: str = "", limit: int = MAX_PAGE) -> Sequence[Dataset]:
        """A page of data sets."""
        rows = self._db.read().execute(
            "SELECT id,title,owner,licence,terms,jurisdiction,crs,vertical_datum,vertical_datum_source"
            " FROM dataset WHERE tenant=? AND id>? ORDER BY id LIMIT ?",
            (self._tenant, after, limit),
        )
        return [Dataset(*row) for row in rows]

    def dataset(self, dataset_id: str) -> Dataset | None:
        """One data set."""
        row = (
            self._db.read()
            .execute(
                "SELECT id,title,owner,licence,terms,jurisdiction,crs,vertical_datum,vertical_datum_source"
                " FROM dataset WHERE tenant=? AND id=?",
                (self._tenant, dataset_id),
            )
            .fetchone()
        )
        return Dataset(*row) if row else None


def _corners(box: Box | None) -> tuple[float | None, ...]:
    return (None,) * 4 if box is None else (box.min_x, box.min_y, box.max_x, box.max_y)


def _around(before: Box | None, after: Box | None) -> Box | None:
    """The box that holds both, for whoever relied on the place that an entity has left."""
    if before is None or after is None:
        return before or after
    return Box(
        min(before.min_x, after.min_x),
        min(before.min_y, after.min_y),
        max(before.max_x, after.max_x),
        max(before.max_y, after.max_y),
    )


def _change(entity_id: str, kind: str, change: str, box: Box | None, sha256: str | None) -> dict[str, Any]:
    """One entity's change (contract twin/v1, schema entity-changed)."""
    return {
        "id": entity_id,
        "type": kind,
        "change": change,
        "bbox": None if box is None else list(_corners(box)),
        "sha256": sha256,
    }


def _within(footprint: bytes | None, query: Query) -> bool:
    circle = query.circle
    if footprint is None or circle is None:
        return False
    return bool(shapely.distance(shapely.from_wkb(footprint), shapely.Point(circle.x, circle.y)) <= circle.radius)


def _select(tenant: str, query: Query) -> tuple[str, list[Any]]:
    """The statement of a query and its values; names in it are ours, values are bound."""
    tables, where = "entity e", ["e.tenant=?", "e.id>?"]
    values: list[Any] = [tenant, query.after]
    if query.degrees is not None:
        # CROSS JOIN fixes the order: the R*Tree first, then the rows it names.
        tables = "entity_geo g CROSS JOIN entity e ON e.number=g.number"
        box = query.degrees
        where += ["g.west<=?", "g.east>=?", "g.south<=?", "g.north>=?"]
        values += [box.max_x, box.min_x, box.max_y, box.min_y]
        where += ["e.west<=?", "e.east>=?", "e.south<=?", "e.north>=?"]
        values += [box.max_x, box.min_x, box.max_y, box.min_y]
    if query.metres is not None:
        box = query.metres
        where += ["e.min_x<=?", "e.max_x>=?", "e.min_y<=?", "e.max_y>=?"]
        values += [box.max_x, box.min_x, box.max_y, box.min_y]
    for name, wanted in (("e.type", query.type), ("e.dataset", query.dataset)):
        if wanted:
            where.append(f"{name}=?")
            values.append(wanted)
    for condition in query.filters:
        text, bound = _filter(tenant, condition)
        where.append(text)
        values += bound
    footprint = "b.footprint" if query.circle is not None else "NULL"
    limit = "" if query.circle is not None else f" LIMIT {query.limit + 1}"
    sql = (
        f"SELECT e.id, e.dataset, b.wire, {footprint} FROM {tables} JOIN entity_body b ON b.number=e.number"  # noqa: S608
        f" WHERE {' AND '.join(where)} ORDER BY e.id{limit}"
    )
    return sql, values


def _filter(tenant: str, condition: Filter) -> tuple[str, list[Any]]:
    exists = "EXISTS (SELECT 1 FROM entity_scalar s WHERE s.tenant=? AND s.name=? AND s.number=e.number"
    if condition.operator is Operator.EXISTS:
        return f"{exists})", [tenant, condition.attribute]
    value = condition.value
    kinds = "('text')" if isinstance(value, str) else "('integer','real')"
    text = f"{exists} AND typeof(s.value) IN {kinds} AND s.value{condition.operator.value}?)"
    return text, [tenant, condition.attribute, value]
