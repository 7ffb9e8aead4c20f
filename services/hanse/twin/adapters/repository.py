# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's store over SQL: the same on SQLite and on PostgreSQL, which differ in a `Dialect` only."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

from hanse.kernel.clock import FixedClock, timestamp
from hanse.kernel.errors import NotFoundError
from hanse.kernel.events import Event, Outbox
from hanse.twin.adapters.catalogue import KEPT_DAYS, Catalogue, note_changes
from hanse.twin.adapters.changes import portions
from hanse.twin.adapters.images import Images
from hanse.twin.adapters.reading import Reader
from hanse.twin.adapters.requests import RequestLog
from hanse.twin.adapters.writing import Writer
from hanse.twin.model import CONTRACT, MAX_PAGE, REVISION, Dataset, Outcome, Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.databases.dialects import Connection, Dialect
    from hanse.twin.adapters.history.archive import Archive
    from hanse.twin.edits import Decide, Edit
    from hanse.twin.model import Aliases, Changed, Kind, Page, Query, Request, Row, Stored

_DATASET = (
    "id",
    "title",
    "owner",
    "licence",
    "terms",
    "jurisdiction",
    "crs",
    "vertical_datum",
    "vertical_datum_source",
)
_COLUMNS = ",".join(_DATASET)
_PUT_DATASET = (
    f"INSERT INTO dataset (tenant,contract,revision,{_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"  # noqa: S608
    " ON CONFLICT (tenant,id) DO UPDATE SET "
    + ",".join(f"{name}=excluded.{name}" for name in ("contract", "revision", *_DATASET[1:]))
)


class Store(Protocol):
    """A database: `hanse.kernel.storage.Database` or `hanse.kernel.postgres.PostgresDatabase`."""

    def read(self) -> Any:  # noqa: ANN401 - a connection of either driver
        """This thread's reading connection."""
        ...

    def write(self) -> AbstractContextManager[Any]:
        """The writing connection inside one transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Backend:
    """A database with its dialect, how other processes find entity ids by source id, and older days of its series."""

    database: Store
    dialect: Dialect
    aliases: Any
    older: Archive | None = None


class SqlTwin:
    """One city's twin (`TwinStore`)."""

    def __init__(self, backend: Backend, tenant: str, clock: Clock, outbox: Outbox) -> None:
        self.backend, self._db, self._dialect = backend, backend.database, backend.dialect
        self.tenant, self._clock, self._outbox = tenant, clock, outbox
        self._requests = RequestLog("upsert_request", tenant, clock)
        self._loads = RequestLog("load_request", tenant, clock)
        self.reader = Reader(self._db.read, backend.dialect, tenant, backend.older)
        self._catalogue = Catalogue(self._db.read, tenant)
        self.images = Images(backend.dialect, tenant)

    def get(self, entity_id: str, branch: int = 0, as_of: str = "") -> bytes | None:
        """Wire bytes by URN, else by source id."""
        found = self.reader.get(entity_id, branch, as_of)
        return found.wire if found else None

    def many(self, ids: Iterable[str], branch: int = 0, as_of: str = "") -> Mapping[str, Stored]:
        """Entities by the ids asked for."""
        return self.reader.many(ids, branch, as_of)

    def query(self, query: Query) -> Page:
        """A page; candidates come from an index, exact conditions decide."""
        return self.reader.page(query)

    def matching(self, query: Query) -> Iterator[Stored]:
        """All that a query finds, in the order of ids."""
        return self.reader.matching(query)

    def count(self, query: Query) -> dict[str, int]:
        """How many a query finds, by type."""
        return self.reader.count(query)

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
            written = self.put_in(connection, dataset, rows)
            if request is not None:
                done_now = json.dumps([(item.id, item.outcome.value) for item in written])
                self._requests.remember(connection, request, done_now)
        return written

    def edit(self, ids: Iterable[str], decide: Decide, home: str) -> Sequence[Edit]:
        """Reads living entities by id, and writes what is decided of them, in one transaction.

        What is new goes into the data set `home`; what is there stays in its own. What `decide` raises undoes all.

        Raises:
            ConflictError: an id or source id is taken; metadata `entity` names the row.
        """
        with self._db.write() as connection:
            now = self._clock.now()
            found = Reader(lambda: connection, self._dialect, self.tenant).exactly(ids)
            before = self.images.before(connection, found)
            edits = decide(found, timestamp(now))
            writer = Writer(connection, self._dialect, self.tenant, FixedClock(now, self._clock))
            for dataset, some in _runs(edits, found, home):
                gone = [each.id for each in some if each.row is None]
                rows = [each.row for each in some if each.row is not None]
                told = [about for _, about in writer.delete(gone)] if gone else []
                told += writer.write(dataset, rows, always=True)[1]
                self._tell(connection, dataset, told, before)
        return edits

    def put_in(self, connection: Connection, dataset: str, rows: Sequence[Row]) -> Sequence[Written]:
        """Writes rows into the living twin and tells of them, inside the caller's transaction."""
        before = self.images.before(connection, (row.id for row in rows))
        written, changes = self.writer(connection).write(dataset, rows)
        self._tell(connection, dataset, changes, before)
        return written

    def take_out(self, connection: Connection, ids: Iterable[str]) -> Sequence[str]:
        """Deletes what is there of the living twin and tells of it, inside the caller's transaction."""
        ids = list(ids)
        before = self.images.before(connection, ids)
        gone = self.writer(connection).delete(ids)
        changes: dict[str, list[dict[str, Any]]] = {}
        for dataset, told in gone:
            changes.setdefault(dataset, []).append(told)
        for dataset, some in changes.items():
            self._tell(connection, dataset, some, before)
        return [told["id"] for _, told in gone]

    def writer(self, connection: Connection, branch: int = 0) -> Writer:
        """Writes into a branch, inside a transaction."""
        clock = FixedClock(self._clock.now(), self._clock)  # what ends and what follows it share one moment
        return Writer(connection, self._dialect, self.tenant, clock, branch)

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

    def delete(self, ids: Sequence[str]) -> Sequence[str]:
        """Deletes what is there, retires its ids, tells of it."""
        with self._db.write() as connection:
            return self.take_out(connection, ids)

    def _tell(
        self,
        connection: Any,  # noqa: ANN401
        dataset: str,
        changes: Sequence[dict[str, Any]],
        before: Mapping[str, bytes] | None,
    ) -> None:
        """Events of a size that travels, in the transaction that made the changes."""
        for some in portions(changes):
            data = {"dataset": dataset, "changes": some}
            event = Event(contract=CONTRACT, revision=REVISION, name="entity-changed", subject=dataset, data=data)
            self._outbox.add(connection, event)
        if changes:
            now = self._clock.now()
            old = timestamp(now - timedelta(days=KEPT_DAYS))
            first = note_changes(connection, self.tenant, timestamp(now), old, changes)
            self.images.keep(connection, first, changes, before)

    def types(self, after: str = "", limit: int = MAX_PAGE) -> Sequence[Kind]:
        """Types, in order."""
        return self._catalogue.types(after, limit)

    def attributes(self, after: str = "", limit: int = MAX_PAGE) -> Sequence[Kind]:
        """Attributes, in order."""
        return self._catalogue.attributes(after, limit)

    def type_of(self, name: str) -> Kind | None:
        """One type."""
        return self._catalogue.type_of(name)

    def attribute_of(self, name: str) -> Kind | None:
        """One attribute."""
        return self._catalogue.attribute_of(name)

    def attributes_of(self, type_: str) -> Sequence[Kind]:
        """Attributes of the entities of a type."""
        return self._catalogue.attributes_of(type_)

    def changes(self, after: int, limit: int) -> Sequence[Changed]:
        """The feed after a position."""
        return self._catalogue.changes(after, limit)

    def last_change(self) -> int:
        """The feed's newest position."""
        return self._catalogue.edge("MAX")

    def first_change(self) -> int:
        """The feed's oldest position."""
        return self._catalogue.edge("MIN")

    def branch(self, scenario: str) -> int | None:
        """A scenario's number."""
        sql = "SELECT branch FROM scenario WHERE tenant=? AND id=?"
        row = self._db.read().execute(sql, (self.tenant, scenario)).fetchone()
        return row[0] if row else None

    def aliases(self, dataset: str) -> Aliases:
        """Finds entity ids by source id, also in a worker process."""
        found: Aliases = self.backend.aliases(self.tenant, dataset)
        return found

    def put_dataset(self, dataset: Dataset) -> None:
        """Creates or replaces."""
        values = [getattr(dataset, name) for name in _DATASET]
        with self._db.write() as connection:
            connection.execute(_PUT_DATASET, (self.tenant, CONTRACT, REVISION, *values))

    def datasets(self, after: str = "", limit: int = MAX_PAGE) -> Sequence[Dataset]:
        """A page of data sets."""
        rows = self._db.read().execute(
            f"SELECT {_COLUMNS} FROM dataset WHERE tenant=? AND id>? ORDER BY id LIMIT ?",  # noqa: S608
            (self.tenant, after, limit),
        )
        return [Dataset(*row) for row in rows]

    def dataset(self, dataset_id: str) -> Dataset | None:
        """One data set."""
        found = (
            self._db.read()
            .execute(f"SELECT {_COLUMNS} FROM dataset WHERE tenant=? AND id=?", (self.tenant, dataset_id))  # noqa: S608
            .fetchone()
        )
        return Dataset(*found) if found else None


def _runs(edits: Sequence[Edit], found: Mapping[str, Stored], home: str) -> Iterator[tuple[str, list[Edit]]]:
    """Edits in order, in portions of one data set that either write or delete."""

    def key(edit: Edit) -> tuple[str, bool]:
        return (found[edit.id].dataset if edit.id in found else home), edit.row is None

    for (dataset, _), some in groupby(edits, key):
        yield dataset, list(some)


def _written(answer: str | bytes) -> list[Written]:
    """A batch's outcomes as they were remembered."""
    return [Written(entity_id, Outcome(outcome)) for entity_id, outcome in json.loads(answer)]
