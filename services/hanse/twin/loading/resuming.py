# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Where a load stands, so that one that was killed goes on there: noted with each batch, in its transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from hanse.twin.model import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.ngsild import Loss
    from hanse.twin.model import Refusal, Row, TwinStore, Written


@dataclass(frozen=True, slots=True)
class Place:
    """How far a file was loaded.

    Attributes:
        piece: so many slices are done.
        line: of the next one, where its lines are taken one by one: so many are done, and one more is under way or
            next; 0 where the slice is taken whole.
        rows: so many rows of what comes next are written.
    """

    piece: int = 0
    line: int = 0
    rows: int = 0

    @property
    def source(self) -> tuple[int, int]:
        """The slice or line alone."""
        return self.piece, self.line

    @property
    def following(self) -> Place:
        """Where the slice or line is done."""
        return Place(self.piece, self.line + 1) if self.line else Place(self.piece + 1)


@dataclass(slots=True)
class Start:
    """What a load begins with.

    Attributes:
        place: how far it is.
        tally: what was done before; the first hundred refusals are in it.
        losses: what could not be carried before.
        seen: ids at the source of the features that came before.
        refusals: all that was refused before.
    """

    place: Place = field(default_factory=Place)
    tally: Tally = field(default_factory=Tally)
    losses: list[Loss] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """A batch, and what is to be known after it.

    Attributes:
        rows: to be written.
        at: the slice or line that they are of.
        after: how far the load is with them.
        refusals: what was refused with them.
        losses: what could not be carried until now.
    """

    rows: Sequence[Row]
    at: Place
    after: Place
    refusals: Sequence[Refusal] = ()
    losses: Sequence[Loss] = ()


class Run(Protocol):
    """One load on its way. Another run of the same load ends it."""

    start: Start

    def write(self, step: Step, tally: Tally) -> Sequence[Written]:
        """Writes a batch and notes it, or neither; `tally` is counted on.

        Raises:
            ConflictError: the same load was begun anew meanwhile.
        """
        ...

    def end(self) -> None:
        """Forgets where the load stands: it is done."""
        ...


class Loads(Protocol):
    """Where loads are noted."""

    def begin(self, dataset: str, key: str, *, resume: bool) -> Run:
        """A run of a load, known by what it loads; with `resume` it goes on where an earlier one stopped."""
        ...


@dataclass(slots=True)
class Unnoted:
    """A load that begins at the beginning whenever it is run."""

    store: TwinStore
    dataset: str
    start: Start = field(default_factory=Start)

    def write(self, step: Step, tally: Tally) -> Sequence[Written]:
        """Writes."""
        written = self.store.write(self.dataset, step.rows) if step.rows else ()
        count(tally, step.rows, written)
        return written

    def end(self) -> None:
        """Nothing is kept."""


def count(tally: Tally, rows: Sequence[Row], written: Sequence[Written]) -> None:
    """Counts what became of rows."""
    for row, one in zip(rows, written, strict=True):
        tally.outcomes[one.outcome] += 1
        tally.flagged += row.flagged
