# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Loads on their way, in the twin's own database: how far each is, what it saw and refused, for a week."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import ConflictError
from hanse.kernel.ids import new_id
from hanse.ngsild import Loss
from hanse.ngsild.losses import LossKind
from hanse.twin.loading.resuming import Place, Start, count
from hanse.twin.model import Outcome, Refusal, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.databases.dialects import Connection
    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.loading.resuming import Step
    from hanse.twin.model import Written

KEPT: Final = timedelta(days=7)
_FIRST: Final = 100  # refusals that a tally holds
_NEW: Final = "INSERT INTO load_run (tenant,id,run,number,piece,line,rows,tally,changed) VALUES (?,?,?,0,0,0,0,?,?)"
_STEP: Final = (
    "UPDATE load_run SET number=?, piece=?, line=?, rows=?, tally=?, changed=? WHERE tenant=? AND id=? AND run=?"
)


@dataclass(slots=True)
class SqlRun:
    """One load (`hanse.twin.loading.resuming.Run`)."""

    twin: SqlTwin
    clock: Clock
    dataset: str
    key: str
    run: str
    start: Start
    _number: int = 0

    def write(self, step: Step, tally: Tally) -> Sequence[Written]:
        """One transaction for the batch and for where the load is after it."""
        with self.twin.backend.database.write() as connection:
            written = self.twin.put_in(connection, self.dataset, step.rows) if step.rows else ()
            after = Tally(tally.read, tally.flagged, tally.refused, dict(tally.outcomes))
            count(after, step.rows, written)
            self._note(connection, step, after)
        count(tally, step.rows, written)
        return written

    def _note(self, connection: Connection, step: Step, tally: Tally) -> None:
        place, key = step.after, (self.twin.tenant, self.key)
        noted = connection.execute(
            _STEP,
            (
                self._number + 1,
                place.piece,
                place.line,
                place.rows,
                _tally(tally, step.losses),
                timestamp(self.clock.now()),
                *key,
                self.run,
            ),
        )
        if noted.rowcount != 1:
            raise ConflictError(
                "the same file was begun to be loaded anew meanwhile",
                remedy="Follow that load: it does all that is left.",
            )
        ids = [row.source_id for row in step.rows]
        refusals = [[each.source_id, each.path, each.reason, each.remedy] for each in step.refusals]
        connection.execute(
            "INSERT INTO load_part VALUES (?,?,?,?,?,?,?)",
            (*key, self._number, step.at.piece, step.at.line, json.dumps(ids), json.dumps(refusals)),
        )
        self._number += 1

    def end(self) -> None:
        """Forgets the load, unless another run has taken it over."""
        with self.twin.backend.database.write() as connection:
            sql = "DELETE FROM load_run WHERE tenant=? AND id=? AND run=?"
            if connection.execute(sql, (self.twin.tenant, self.key, self.run)).rowcount:
                connection.execute("DELETE FROM load_part WHERE tenant=? AND id=?", (self.twin.tenant, self.key))


@dataclass(frozen=True, slots=True)
class Loads:
    """The loads of one tenant."""

    twin: SqlTwin
    clock: Clock

    def begin(self, dataset: str, key: str, *, resume: bool) -> SqlRun:
        """A run of a load, known by what it loads (`key`); with `resume` it goes on where an earlier one stopped.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        now, run = self.clock.now(), new_id(self.clock)
        with self.twin.backend.database.write() as connection:
            self._forget(connection, "changed<?", timestamp(now - KEPT))
            if not resume:
                self._forget(connection, "id=?", key)
            number, start = self._start(connection, key) if resume else (0, None)
            if start is None:
                connection.execute(_NEW, (self.twin.tenant, key, run, _tally(Tally(), ()), timestamp(now)))
            else:
                sql = "UPDATE load_run SET run=?, changed=? WHERE tenant=? AND id=?"
                connection.execute(sql, (run, timestamp(now), self.twin.tenant, key))
        return SqlRun(self.twin, self.clock, dataset, key, run, start or Start(), number)

    def _forget(self, connection: Connection, which: str, value: str) -> None:
        chosen = f"SELECT id FROM load_run WHERE tenant=? AND {which}"  # noqa: S608
        tenant = self.twin.tenant
        connection.execute(f"DELETE FROM load_part WHERE tenant=? AND id IN ({chosen})", (tenant, tenant, value))  # noqa: S608
        connection.execute(f"DELETE FROM load_run WHERE tenant=? AND {which}", (tenant, value))  # noqa: S608

    def _start(self, connection: Connection, key: str) -> tuple[int, Start | None]:
        row = connection.execute(
            "SELECT number, piece, line, rows, tally FROM load_run WHERE tenant=? AND id=?", (self.twin.tenant, key)
        ).fetchone()
        if row is None:
            return 0, None
        place = Place(row[1], row[2], row[3])
        tally, losses = _told(json.loads(row[4]))
        start = Start(place, tally, losses)
        parts = connection.execute(
            "SELECT piece, line, ids, refusals FROM load_part WHERE tenant=? AND id=? ORDER BY number",
            (self.twin.tenant, key),
        )
        for piece, line, ids, refusals in parts.fetchall():
            start.refusals += [Refusal(*each) for each in json.loads(refusals)]
            if (piece, line) != place.source:  # what is under way is looked at again as a whole
                start.seen.update(json.loads(ids))
        tally.refusals = start.refusals[:_FIRST]
        return row[0], start


def _tally(tally: Tally, losses: Sequence[Loss]) -> str:
    return json.dumps(
        {
            "read": tally.read,
            "flagged": tally.flagged,
            "refused": tally.refused,
            "outcomes": {outcome.value: number for outcome, number in tally.outcomes.items()},
            "losses": [[loss.kind.value, loss.path, loss.detail] for loss in losses],
        }
    )


def _told(document: dict[str, Any]) -> tuple[Tally, list[Loss]]:
    outcomes = {Outcome(name): number for name, number in document["outcomes"].items()}
    tally = Tally(document["read"], document["flagged"], document["refused"], outcomes)
    return tally, [Loss(LossKind(kind), path, detail) for kind, path, detail in document["losses"]]
