# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Scenarios in SQL: rows of a branch that hide the living ones; a row that is `gone` hides and stands for nothing.

`base` of such a row is the SHA-256 of the living entity when the row was written, "" when there was none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import ConflictError, NotFoundError, PreconditionError
from hanse.twin.adapters.databases.dialects import LIVING
from hanse.twin.model import CONTRACT, REVISION, Outcome, Written
from hanse.twin.scenarios import Difference, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.databases.dialects import Connection
    from hanse.twin.adapters.repository import Backend, SqlTwin
    from hanse.twin.adapters.writing import Known
    from hanse.twin.model import Aliases, Row
    from hanse.twin.scenarios import Remade

_COLUMNS = "id, name, branch, created"
# Counted apart from the rows, which go: a reader may hold the number of a scenario that was dropped meanwhile.
_NEXT = (
    "INSERT INTO scenario_counter (tenant,branch) VALUES (?,1)"
    " ON CONFLICT (tenant) DO UPDATE SET branch=scenario_counter.branch+1 RETURNING branch"
)
_COUNTS = (
    "SELECT e.gone, l.number IS NULL, COUNT(*) FROM entity e"
    " LEFT JOIN entity l ON l.tenant=e.tenant AND l.branch=0 AND l.id=e.id"
    " WHERE e.tenant=? AND e.branch=? GROUP BY e.gone, l.number IS NULL"
)
_ROWS = "SELECT id, number, gone, base, sha256 FROM entity WHERE tenant=? AND branch=? ORDER BY id"
_HIDE = (
    "INSERT INTO entity (number,tenant,id,type,dataset,sha256,modified,contract,revision,branch,gone,created,since,"
    "base) VALUES (?,?,?,?,?,'',?,?,?,?,1,?,?,?)"
)
_OF_ROW = ("entity_body", "entity_scalar", "entity_kind", "entity_scope", "entity")
_NAMED = 10
CHANGED = "STATE_CHANGED"


@dataclass(frozen=True, slots=True)
class SqlScenarios:
    """One tenant's scenarios (`ScenarioStore`), beside its living twin."""

    twin: SqlTwin
    clock: Clock

    @property
    def tenant(self) -> str:
        """Whose they are."""
        return self.twin.tenant

    @property
    def backend(self) -> Backend:
        """The database and its dialect."""
        return self.twin.backend

    def create(self, scenario_id: str, name: str) -> Scenario:
        """One row."""
        now = timestamp(self.clock.now())
        with self.backend.database.write() as connection:
            taken = connection.execute("SELECT 1 FROM scenario WHERE tenant=? AND name=?", (self.tenant, name))
            if taken.fetchone() is not None:
                raise ConflictError(f"there is a scenario {name!r}", remedy="Choose another name, or use that one.")
            branch = connection.execute(_NEXT, (self.tenant,)).fetchone()[0]
            connection.execute(
                "INSERT INTO scenario (tenant,id,branch,name,created,contract,revision) VALUES (?,?,?,?,?,?,?)",
                (self.tenant, scenario_id, branch, name, now, CONTRACT, REVISION),
            )
        return Scenario(scenario_id, name, branch, now)

    def get(self, scenario_id: str) -> Scenario | None:
        """One, counted."""
        connection = self.backend.database.read()
        sql = f"SELECT {_COLUMNS} FROM scenario WHERE tenant=? AND id=?"  # noqa: S608 - our own names
        row = connection.execute(sql, (self.tenant, scenario_id)).fetchone()
        return self._counted(connection, row) if row else None

    def page(self, after: str, limit: int) -> Sequence[Scenario]:
        """Each counted."""
        connection = self.backend.database.read()
        sql = f"SELECT {_COLUMNS} FROM scenario WHERE tenant=? AND id>? ORDER BY id LIMIT ?"  # noqa: S608
        rows = connection.execute(sql, (self.tenant, after, limit)).fetchall()
        return [self._counted(connection, row) for row in rows]

    def _counted(self, connection: Connection, row: Sequence[Any]) -> Scenario:
        counts = {
            (bool(gone), bool(fresh)): count
            for gone, fresh, count in connection.execute(_COUNTS, (self.tenant, row[2])).fetchall()
        }
        added, replaced, removed = (counts.get(key, 0) for key in ((False, True), (False, False), (True, False)))
        scenario_id, name, branch, created = row
        return Scenario(scenario_id, name, branch, created, added, replaced, removed)

    def edit(self, scenario_id: str, dataset: str, rows: Sequence[Row], removed: Sequence[str]) -> Sequence[Written]:
        """All rows and removals in one transaction."""
        with self.backend.database.write() as connection:
            branch = self._branch(connection, scenario_id)
            writer = self.twin.writer(connection, branch)
            ids = [*(row.id for row in rows), *removed]
            living, own = self.twin.writer(connection).known(ids), writer.known(ids)
            _must_belong(dataset, rows, living)
            _must_be_there(removed, living, own)
            written = _outcomes(rows, living, own)
            self._clear(connection, [each.number for each in own.values()])
            last = {row.id: row for row in rows}
            others = [row for row in last.values() if row.id not in living or living[row.id].sha256 != row.sha256]
            if others:
                writer.write(dataset, others)
            self._hide(connection, branch, [(each, living[each]) for each in dict.fromkeys(removed) if each in living])
            self._remember(connection, branch, {row.id: living.get(row.id) for row in others})
        return written

    def _branch(self, connection: Connection, scenario_id: str) -> int:
        sql = "SELECT branch FROM scenario WHERE tenant=? AND id=?"
        row = connection.execute(sql, (self.tenant, scenario_id)).fetchone()
        if row is None:
            raise NotFoundError(f"no scenario {scenario_id[:200]!r}", remedy="List them with ListScenarios.")
        return int(row[0])

    def _hide(self, connection: Connection, branch: int, hidden: Sequence[tuple[str, Known]]) -> None:
        now = timestamp(self.clock.now())
        head = (CONTRACT, REVISION, branch)
        first = connection.execute("SELECT COALESCE(MAX(number),0)+1 FROM entity").fetchone()[0]
        connection.executemany(
            _HIDE,
            [
                (first + index, self.tenant, each, one.type, one.dataset, now, *head, one.created, now, one.sha256)
                for index, (each, one) in enumerate(hidden)
            ],
        )

    def _remember(self, connection: Connection, branch: int, bases: Mapping[str, Known | None]) -> None:
        """What the rows replace; an entity stays as old as it is."""
        connection.executemany(
            "UPDATE entity SET base=?, created=? WHERE tenant=? AND branch=? AND id=?",
            [(one.sha256, one.created, self.tenant, branch, each) for each, one in bases.items() if one is not None],
        )

    def _clear(self, connection: Connection, numbers: Sequence[int]) -> None:
        self.backend.dialect.take_boxes(connection, LIVING, numbers)
        for table in _OF_ROW:
            connection.executemany(f"DELETE FROM {table} WHERE number=?", [(each,) for each in numbers])  # noqa: S608

    def aliases(self, branch: int, dataset: str) -> Aliases:
        """The scenario's own come first."""
        others = self.twin.aliases(dataset)

        def find(source_ids: Iterable[str]) -> Mapping[str, str]:
            asked = list(source_ids)
            column = f"s.{self.backend.dialect.text_column}"
            own = self.backend.database.read().execute(
                f"SELECT {column}, e.id FROM entity_scalar s JOIN entity e ON e.number=s.number"  # noqa: S608
                f" WHERE s.tenant=? AND s.name='sourceId' AND {self.backend.dialect.among(column)}"
                " AND e.branch=? AND e.dataset=?",
                (self.tenant, self.backend.dialect.listed(asked), branch, dataset),
            )
            return {**others(asked), **dict(own.fetchall())}

        return find

    def differences(self, branch: int) -> Iterator[Difference]:
        """One entity after the other."""
        rows = self.backend.database.read().execute(_ROWS, (self.tenant, branch)).fetchall()
        for entity_id, *_ in rows:
            today, then = self.twin.reader.by_id(entity_id), self.twin.reader.by_id(entity_id, branch)
            if (today or then) and (today is None or then is None or today.wire != then.wire):
                yield Difference(entity_id, today, then)

    def keep(self, scenario_id: str, remade: Remade) -> tuple[int, int, int]:
        """Rows are made before the transaction begins, and it is looked at again in it whether they still stand."""
        branch = self._branch(self.backend.database.read(), scenario_id)
        seen = self._rows(self.backend.database.read(), branch)
        made: dict[str, tuple[str, Row]] = {}
        for each in (one for one in seen if not one[2]):
            found = self.twin.reader.by_id(each[0], branch)
            if found is not None:
                made[each[0]] = (found.dataset, remade(found.json))
        with self.backend.database.write() as connection:
            if branch != self._branch(connection, scenario_id) or seen != self._rows(connection, branch):
                raise PreconditionError(
                    "the scenario was edited meanwhile", remedy="Look at it again, then keep it.", reason=CHANGED
                )
            living = self.twin.writer(connection).known(each[0] for each in seen)
            _must_be_as_it_was(seen, living)
            deleted = self.twin.take_out(connection, [each[0] for each in seen if each[2] and each[0] in living])
            outcomes = [each.outcome for each in self._put(connection, made)]
            self._forget(connection, scenario_id, branch)
        return outcomes.count(Outcome.CREATED), outcomes.count(Outcome.REPLACED), len(deleted)

    def _rows(self, connection: Connection, branch: int) -> list[Sequence[Any]]:
        return [tuple(row) for row in connection.execute(_ROWS, (self.tenant, branch)).fetchall()]

    def _put(self, connection: Connection, made: Mapping[str, tuple[str, Row]]) -> Iterator[Written]:
        by_dataset: dict[str, list[Row]] = {}
        for dataset, row in made.values():
            by_dataset.setdefault(dataset, []).append(row)
        for dataset, rows in by_dataset.items():
            try:
                yield from self.twin.put_in(connection, dataset, rows)
            except ConflictError as error:
                raise PreconditionError(
                    f"the living twin has changed meanwhile: {error.message}", remedy=error.remedy, reason=CHANGED
                ) from None

    def drop(self, scenario_id: str) -> None:
        """With all its rows."""
        with self.backend.database.write() as connection:
            self._forget(connection, scenario_id, self._branch(connection, scenario_id))

    def _forget(self, connection: Connection, scenario_id: str, branch: int) -> None:
        self._clear(connection, [each[1] for each in self._rows(connection, branch)])
        connection.execute("DELETE FROM scenario WHERE tenant=? AND id=?", (self.tenant, scenario_id))


def _must_belong(dataset: str, rows: Sequence[Row], living: Mapping[str, Known]) -> None:
    for row in rows:
        if row.id in living and living[row.id].dataset != dataset:
            raise ConflictError(
                f"{row.id} belongs to data set {living[row.id].dataset}",
                remedy="Put it into its own data set.",
                metadata={"entity": row.id},
            )


def _must_be_there(removed: Iterable[str], living: Mapping[str, Known], own: Mapping[str, Known]) -> None:
    for each in removed:
        if each not in living and each not in own:
            raise NotFoundError(f"no entity {each[:200]!r}", remedy="Take out what is there, by URN.")


def _outcomes(rows: Sequence[Row], living: Mapping[str, Known], own: Mapping[str, Known]) -> list[Written]:
    """What each row does to what the scenario shows, one after the other."""
    shown: dict[str, str] = {}
    for each in (*living, *own):
        one = own.get(each) or living[each]
        if not one.gone:
            shown[each] = one.sha256
    written = []
    for row in rows:
        before = shown.get(row.id)
        outcome = Outcome.CREATED if before is None else Outcome.REPLACED
        written.append(Written(row.id, Outcome.UNCHANGED if before == row.sha256 else outcome))
        shown[row.id] = row.sha256
    return written


def _must_be_as_it_was(rows: Sequence[Sequence[Any]], living: Mapping[str, Known]) -> None:
    """Nothing that the scenario touches was changed since, unless to what the scenario wants."""
    changed = []
    for each, _, _, base, wanted in rows:
        now = living[each].sha256 if each in living else ""
        if now not in (base, wanted):
            changed.append(each)
    if changed:
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        raise PreconditionError(
            f"the living twin has changed what the scenario touches: {', '.join(changed[:_NAMED])}{more}",
            remedy="Compare the scenario, put in anew what is to be kept, then keep it.",
            reason=CHANGED,
            metadata={"entity": changed[0]},
        )
