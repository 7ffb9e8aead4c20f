# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Writing entities: a batch is looked up at once, judged in memory, and written table by table.

`branch` 0 is the living twin; a number above 0 is a scenario, whose rows hide the living ones of the same id; a row
below 0 is a version of the past, `-number`, so that no two share a branch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import ConflictError
from hanse.twin.adapters.changes import around, change
from hanse.twin.adapters.databases.dialects import DEGREES, LIVING, METRES, PAST
from hanse.twin.adapters.databases.statements import corners
from hanse.twin.adapters.history.keeping import differences, observed
from hanse.twin.adapters.history.series import SeriesTable
from hanse.twin.model import CONTRACT, REVISION, Box, Outcome, Written
from hanse.twin.wire.convert import entity_wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.databases.dialects import Connection, Dialect
    from hanse.twin.model import Row

_ENTITY = (
    "INSERT INTO entity (number,tenant,id,type,dataset,sha256,modified,contract,revision,west,south,east,north,"
    "min_x,min_y,max_x,max_y,branch,gone,created,low,high,height,since)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
LIVING_BRANCH = 0
_OF_NUMBER = ("entity_body", "entity_scalar", "entity_kind", "entity_scope", "entity")


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored under an id: its number, hash, data set, type, its times, and its box in degrees.

    `since` is when this version began: `modified` too, but for observed values that changed after it.
    """

    number: int
    sha256: str
    dataset: str
    type: str
    created: str
    modified: str
    since: str
    box: Box | None
    gone: bool


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes into one branch of one tenant, inside the caller's transaction."""

    connection: Connection
    dialect: Dialect
    tenant: str
    clock: Clock
    branch: int = 0

    def known(self, ids: Iterable[str]) -> dict[str, Known]:
        """What this branch holds of these ids."""
        found = self.connection.execute(
            "SELECT id,number,sha256,dataset,type,created,modified,since,west,south,east,north,gone FROM entity"  # noqa: S608
            f" WHERE tenant=? AND branch=? AND {self.dialect.among('id')}",
            (self.tenant, self.branch, self.dialect.listed(ids)),
        ).fetchall()
        return {row[0]: _known(row) for row in found}

    def write(
        self, dataset: str, rows: Sequence[Row], *, always: bool = False
    ) -> tuple[list[Written], list[dict[str, Any]]]:
        """What was done with each row, and what is to be told of it; `always` writes also what is as it was.

        Raises:
            ConflictError: metadata `entity` names the row.
        """
        written, told = [], []
        for some in _without_doubles(rows):
            old = self.known(row.id for row in some)
            self._must_be_free(dataset, some, old)
            changed = [row for row in some if always or row.id not in old or old[row.id].sha256 != row.sha256]
            self._insert(dataset, self._replaced(changed, old), old)
            fresh = {row.id for row in changed}
            for row in some:
                outcome = _outcome(row.id in fresh, old.get(row.id))
                written.append(Written(row.id, outcome))
                if row.id in fresh:
                    box = around(old[row.id].box if row.id in old else None, row.degrees)
                    told.append(change(row.id, row.type, outcome.value, box, row.sha256))
        return written, told

    def _replaced(self, rows: Sequence[Row], old: dict[str, Known]) -> list[tuple[Row, str]]:
        """Takes what the rows replace away; gives the rows with their system times, and since when they hold."""
        now = timestamp(self.clock.now())
        if self.branch != LIVING_BRANCH:
            self._leave([old[row.id] for row in rows if row.id in old])
            return [(row, now) for row in rows]
        known = [row for row in rows if row.id in old and not old[row.id].gone]
        found = differences(self.connection, self.dialect, known, old, now)
        left = [kept for difference in found.values() for kept in difference.left]
        self._series.keep(left)
        quiet = [old[each] for each, difference in found.items() if difference.quiet]
        in_place = {one.number for one in quiet}
        self._drop(quiet)
        self._leave([old[row.id] for row in rows if row.id in old and old[row.id].number not in in_place])
        since = {each: old[each].since for each in found if old[each].number in in_place}
        return [
            (replace(row, system=found[row.id].system) if row.id in found else row, since.get(row.id, now))
            for row in rows
        ]

    @property
    def _series(self) -> SeriesTable:
        return SeriesTable(self.connection, self.dialect, self.tenant)

    def _must_be_free(self, dataset: str, rows: Sequence[Row], old: dict[str, Known]) -> None:
        """No id moves between data sets or comes again, and a source id is one entity's for good."""
        retired = self._column("SELECT id FROM entity_retired WHERE tenant=? AND ", "id", [r.id for r in rows])
        sources_among = self.dialect.among("source_id")
        sources = dict(
            self.connection.execute(
                f"SELECT source_id, id FROM entity_alias WHERE tenant=? AND dataset=? AND {sources_among}",  # noqa: S608
                (self.tenant, dataset, self.dialect.listed(row.source_id for row in rows if row.source_id)),
            ).fetchall()
        )
        for row in rows:
            about = {"entity": row.id}
            if row.id in old and old[row.id].dataset != dataset:
                sentence = f"{row.id} belongs to data set {old[row.id].dataset}"
                raise ConflictError(sentence, remedy="Write it to its own data set.", metadata=about)
            if row.id not in old and row.id in retired:
                sentence = f"{row.id} was deleted; ids are never used again"
                raise ConflictError(sentence, remedy="Leave the id empty.", metadata=about)
            holder = sources.setdefault(row.source_id, row.id) if row.source_id else row.id
            if holder != row.id:
                sentence = f"the source id {row.source_id[:200]!r} is that of {holder}"
                remedy = "Write to that entity; if somebody loads the same source at this moment, load again."
                raise ConflictError(sentence, remedy=remedy, metadata=about)

    def _column(self, sql: str, column: str, values: Iterable[str]) -> set[str]:
        found = self.connection.execute(
            sql + self.dialect.among(column), (self.tenant, self.dialect.listed(values))
        ).fetchall()
        return {row[0] for row in found}

    def _insert(self, dataset: str, dated: Sequence[tuple[Row, str]], old: dict[str, Known]) -> None:
        if not dated:
            return
        rows = [row for row, _ in dated]
        now = timestamp(self.clock.now())
        first = self.connection.execute("SELECT COALESCE(MAX(number),0)+1 FROM entity").fetchone()[0]
        numbered = list(enumerate(rows, first))
        run = self.connection.executemany
        run(
            _ENTITY,
            [
                (
                    number,
                    self.tenant,
                    row.id,
                    row.type,
                    dataset,
                    row.sha256,
                    now,
                    CONTRACT,
                    REVISION,
                    *corners(row.degrees),
                    *corners(row.metres),
                    self.branch,
                    0,
                    old[row.id].created if row.id in old else now,
                    row.low,
                    row.high,
                    row.height,
                    since,
                )
                for number, (row, since) in enumerate(dated, first)
            ],
        )
        run(
            "INSERT INTO entity_body VALUES (?,?,?,?)",
            [(number, entity_wire(row, dataset), row.footprint, row.system) for number, row in numbered],
        )
        run(
            "INSERT INTO entity_kind VALUES (?,?,?,?,?)",
            [(self.tenant, self.branch, name, row.id, number) for number, row in numbered for name in row.types],
        )
        run(
            "INSERT INTO entity_scope VALUES (?,?,?)",
            [(self.tenant, scope, number) for number, row in numbered for scope in row.scopes],
        )
        self.dialect.put_boxes(self.connection, DEGREES, LIVING, [(n, r.degrees) for n, r in numbered if r.degrees])
        self.dialect.put_boxes(self.connection, METRES, LIVING, _reaches(numbered))
        run(
            "INSERT INTO attribute_use VALUES (?,?,?,?) ON CONFLICT DO NOTHING",
            list(
                {
                    (self.tenant, name, used, kind)
                    for types, kinds in {(row.types, row.kinds) for row in rows}  # few, though rows are many
                    for name in types
                    for used, kind in kinds
                }
            ),
        )
        scalars = [(number, name, value) for number, row in numbered for name, value in row.scalars]
        self.dialect.put_scalars(self.connection, self.tenant, scalars)
        if self.branch == 0:
            run(
                "INSERT INTO entity_alias VALUES (?,?,?,?) ON CONFLICT DO NOTHING",
                [(self.tenant, dataset, row.source_id, row.id) for row in rows if row.source_id],
            )

    def _leave(self, old: Sequence[Known]) -> None:
        """Versions leave the present: the living twin's become the past, a scenario's are gone."""
        if not old:
            return
        if self.branch != LIVING_BRANCH:
            self._drop(old)
            return
        numbers = [each.number for each in old]
        now = timestamp(self.clock.now())
        some = [(number,) for number in numbers]
        for tree in (DEGREES, METRES):
            past = f"INSERT INTO entity_{PAST}{tree} SELECT * FROM entity_{tree} WHERE number=?"  # noqa: S608
            self.connection.executemany(past, some)
        self.dialect.take_boxes(self.connection, LIVING, numbers)
        self.connection.executemany(
            "UPDATE entity SET branch=-number, until=? WHERE number=?", [(now, number) for number in numbers]
        )
        self.connection.executemany("UPDATE entity_kind SET branch=-number WHERE number=?", some)

    def _drop(self, old: Sequence[Known]) -> None:
        """Rows that leave nothing behind."""
        numbers = [each.number for each in old]
        self.dialect.take_boxes(self.connection, LIVING, numbers)
        forget_rows(self.connection, numbers)

    def delete(self, ids: Iterable[str], *, retire: bool = True) -> list[tuple[str, dict[str, Any]]]:
        """Deletes what is there; gives the data set and what is to be told of each.

        Ids that the city gave are retired for good; what others named may be made again.
        """
        old = self.known(ids)
        if self.branch == LIVING_BRANCH:
            self._series.keep(list(observed(self.connection, self.dialect, old)))
        self._leave(list(old.values()))
        if retire:
            self.connection.executemany(
                "DELETE FROM entity_alias WHERE tenant=? AND id=?", [(self.tenant, each) for each in old]
            )
            keys = [(self.tenant, each) for each in old if each.startswith(f"urn:hanse:{self.tenant}:")]
            self.connection.executemany("INSERT INTO entity_retired VALUES (?,?) ON CONFLICT DO NOTHING", keys)
        return [(one.dataset, change(each, one.type, "deleted", one.box, None)) for each, one in old.items()]


def forget_rows(connection: Connection, numbers: Sequence[int]) -> None:
    """Takes rows out of every table but the trees of boxes."""
    for table in _OF_NUMBER:
        connection.executemany(f"DELETE FROM {table} WHERE number=?", [(each,) for each in numbers])  # noqa: S608


def _known(row: Any) -> Known:  # noqa: ANN401 - a row of either driver
    _, number, sha256, dataset, kind, created, modified, since, west, south, east, north, gone = row
    box = None if west is None else Box(west, south, east, north)
    return Known(number, sha256, dataset, kind, created, modified, since, box, bool(gone))


def _reaches(numbered: Sequence[tuple[int, Row]]) -> list[tuple[int, Box]]:
    """Boxes in the city's system that hold the footprints and all that overhangs them."""
    return [(number, box) for number, row in numbered if (box := row.reach or row.metres) is not None]


def _outcome(fresh: bool, old: Known | None) -> Outcome:  # noqa: FBT001 - one of two facts
    if not fresh:
        return Outcome.UNCHANGED
    return Outcome.REPLACED if old else Outcome.CREATED


def _without_doubles(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows in order, in portions in which no id and no source id comes twice: the later one replaces the earlier."""
    some: list[Row] = []
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            yield some
            some, seen = [], set()
        some.append(row)
        seen.add(row.id)
    if some:
        yield some
