# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Scenarios: what stands otherwise than in the living twin, under a name; and the port to where they are kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hanse.twin.model import Aliases, Row, Stored, Written

Json = Any
KIND = "scenario"
MAX_NAME = 200
MAX_DIFFERENCES = 10_000
# Makes the row again of which an entity's JSON was stored.
Remade = Callable[[bytes], "Row"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario: its URN, its name, the number that queries know it by, and how much it differs."""

    id: str
    name: str
    branch: int
    created: str
    added: int = 0
    replaced: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """An entity that stands otherwise: as it is today and as it would be then, None where it is not there."""

    id: str
    today: Stored | None
    then: Stored | None

    @property
    def change(self) -> str:
        """What the scenario does: it adds, replaces or removes the entity."""
        if self.today is None:
            return "added"
        return "removed" if self.then is None else "replaced"

    @property
    def type(self) -> str:
        """The entity's first type, as it would be if it is there then."""
        one = self.then or self.today
        return one.type if one else ""

    def attributes(self) -> list[str]:
        """Names of the attributes that differ, in order."""
        return differing(*(json.loads(one.json) if one else {} for one in (self.today, self.then)))


def differing(one: Mapping[str, Json], other: Mapping[str, Json]) -> list[str]:
    """Names of members, the id aside, that two entities have not alike, in order."""
    return sorted(name for name in one.keys() | other.keys() if name != "id" and one.get(name) != other.get(name))


class ScenarioStore(Protocol):
    """Where scenarios are kept."""

    def create(self, scenario_id: str, name: str) -> Scenario:
        """Opens a scenario; nothing is copied. Raises ConflictError when the name is taken."""
        ...

    def get(self, scenario_id: str) -> Scenario | None:
        """A scenario, with its counts."""
        ...

    def page(self, after: str, limit: int) -> Sequence[Scenario]:
        """Scenarios after an id, in the order of their ids."""
        ...

    def edit(self, scenario_id: str, dataset: str, rows: Sequence[Row], removed: Sequence[str]) -> Sequence[Written]:
        """Puts rows in and takes entities out, or does nothing; says what was done with each row.

        Raises:
            NotFoundError: the scenario, or an entity to be taken out, is not there.
            ConflictError: an id or source id is taken, metadata `entity` names the row.
        """
        ...

    def aliases(self, branch: int, dataset: str) -> Aliases:
        """Finds entity ids of a data set by source id: the living twin's and the scenario's own."""
        ...

    def differences(self, branch: int) -> Iterator[Difference]:
        """What stands otherwise, in the order of ids."""
        ...

    def keep(self, scenario_id: str, remade: Remade) -> tuple[int, int, int]:
        """Makes the differences the living twin's; gives how many entities were created, replaced, deleted.

        Raises:
            NotFoundError: there is no such scenario.
            PreconditionError: what it touches was changed in the living twin since; names it.
        """
        ...

    def drop(self, scenario_id: str) -> None:
        """Throws a scenario away. Raises NotFoundError."""
        ...
