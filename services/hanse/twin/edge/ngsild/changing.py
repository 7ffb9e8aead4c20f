# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Operations upon entities, one or many, carried out in the store's one transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse.kernel.errors import ConflictError
from hanse.ngsild import Times, advanced
from hanse.twin import rows
from hanse.twin.edge.problems import KNOWN, Kind, Problem, not_found, problem_of
from hanse.twin.edits import Edit
from hanse.twin.timed import times_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hanse.ngsild import Outcome
    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.edge.world import World
    from hanse.twin.model import Stored

Json = Any
GONE: Final = "type"  # what only a deleted entity lacks


@dataclass(frozen=True, slots=True)
class Item:
    """An operation upon one entity: what it makes of the entity as it is stored, None when it is not there."""

    id: str
    apply: Callable[[Mapping[str, Json] | None], Outcome]


@dataclass(frozen=True, slots=True)
class Failed:
    """An operation that was not done."""

    id: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in order, what was not, and which entities were there before."""

    outcomes: tuple[tuple[str, Outcome], ...]
    failures: tuple[Failed, ...]
    known: frozenset[str]


def existing(entity_id: str, before: Mapping[str, Json] | None) -> Mapping[str, Json]:
    """The entity as it is stored. Raises Problem: ResourceNotFound."""
    if before is None:
        raise not_found(f"entity {entity_id}")
    return before


def single(world: World, store: SqlTwin, item: Item) -> Outcome:
    """One operation. Raises what it raises, and Problem."""
    done = carry_out(world, store, [item])
    if done.failures:
        raise done.failures[0].problem
    return done.outcomes[0][1]


def carry_out(world: World, store: SqlTwin, items: Sequence[Item]) -> Done:
    """Operations in order: each that fails is left out and told of, the others are done together."""
    home, refused = world.settled(store), dict[str, Problem]()
    while True:
        batch = _Batch(world.crs, [item for item in items if item.id not in refused])
        try:
            store.edit([item.id for item in batch.items], batch.decide, home)
        except ConflictError as error:
            name = error.metadata.get("entity", "")
            if name in refused or all(item.id != name for item in batch.items):
                raise
            refused[name] = problem_of(error)
            continue
        failures = [*batch.failures, *(Failed(name, problem) for name, problem in refused.items())]
        return Done(tuple(batch.outcomes), tuple(failures), batch.known)


class _Batch:
    """Decides on a batch inside its transaction; what comes later sees what came before."""

    def __init__(self, crs: str, items: Sequence[Item]) -> None:
        self._crs, self.items = crs, items
        self.outcomes: list[tuple[str, Outcome]] = []
        self.failures: list[Failed] = []
        self.known: frozenset[str] = frozenset()

    def decide(self, found: Mapping[str, Stored], at: str) -> Sequence[Edit]:
        """The edits (`hanse.twin.edits.Decide`)."""
        state: dict[str, tuple[Mapping[str, Json], Times] | None] = {}
        self.known = frozenset(found)
        edits: list[Edit] = []
        for item in self.items:
            if item.id in found and item.id not in state:
                stored = found[item.id]
                state[item.id] = json.loads(stored.json), times_of(stored)
            before = state.setdefault(item.id, None)
            try:
                outcome = item.apply(before[0] if before else None)
                edit = self._edit(item.id, outcome, before[1] if before else Times.born(at), at)
            except KNOWN as error:
                self.failures.append(Failed(item.id, problem_of(error)))
                continue
            self.outcomes.append((item.id, outcome))
            if not outcome.changes:
                continue
            edits.append(edit)
            state[item.id] = (outcome.entity, edit.times) if edit.times is not None else None
        return edits

    def _edit(self, entity_id: str, outcome: Outcome, times: Times, at: str) -> Edit:
        if GONE not in outcome.entity:
            return Edit(entity_id, None, outcome)
        after = advanced(times, outcome, at)
        system = json.dumps(after.to_json(), separators=(",", ":")).encode()
        return Edit(entity_id, rows.row(outcome.entity, self._crs, system=system), outcome, after)


def create(entity: Mapping[str, Json]) -> Item:
    """Creates an entity (clause 5.6.1)."""

    def apply(before: Mapping[str, Json] | None) -> Outcome:
        if before is not None:
            raise Problem(Kind.ALREADY_EXISTS, f"the entity {entity['id']} exists already")
        return ngsild.created(entity)

    return Item(str(entity["id"]), apply)


def delete(entity_id: str) -> Item:
    """Deletes an entity (clause 5.6.6)."""
    return Item(entity_id, lambda before: ngsild.removed(existing(entity_id, before)))
