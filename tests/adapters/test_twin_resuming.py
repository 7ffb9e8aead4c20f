# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A load that is cut off anywhere goes on there: the end is that of a load that was never cut off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from clocks import StillClock
from twin_world import AUTHORITY, LocalTwin

from hanse.kernel.errors import ConflictError, DeadlineError
from hanse.kernel.workers import WorkerPool
from hanse.twin.adapters.loads import KEPT, Loads
from hanse.twin.loading.mapping import Columns
from hanse.twin.loading.slices import Format, Source
from hanse.twin.loading.uploads import Loader
from hanse.twin.loading.upserts import Home
from hanse.twin.model import BATCH, Outcome, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = "of-this-file"


class Here(WorkerPool):
    """Runs tasks in this process; slices of more than one line that hold "slow" overrun their time."""

    def __init__(self) -> None:
        super().__init__(0)

    def run(self, timeout_s: float, function: Callable[..., Any], *args: Any, **_: Any) -> Any:
        data = args[0].data
        if b"slow" in data and (data.count(b"\n") > 1 or b"slowest" in data):
            raise DeadlineError(f"the computation took longer than {timeout_s:.0f} s and was stopped")
        return function(*args)


@dataclass
class Yard:
    """A twin, and who loads into it."""

    twin: LocalTwin
    source: Source
    clock: StillClock
    data: bytes
    told: list[Any] = field(default_factory=list)

    def run(self, *, resume: bool, steps: int = -1) -> Tally:
        """A load, cut off after some steps; what it told of refusals is kept."""
        workers = Here()
        loads = Loads(self.twin.store, self.clock)
        loader = Loader(self.twin.store, workers, self.twin.config.state / "uploads", 10**9, loads)
        run = loader.begin(self.source, KEY, resume=resume)
        tally = run.start.tally
        self.told = []
        with loader.spooled([self.data]) as file:
            for number, (tally, _) in enumerate(loader.load(file, self.source, run)):
                self.told += tally.fresh
                if number == steps:
                    return tally
        run.end()
        return tally

    def counts(self) -> dict[Outcome, int]:
        """Changes that the feed tells of."""
        rows = self.twin.database.read().execute("SELECT outcome, COUNT(*) FROM change GROUP BY outcome").fetchall()
        return {Outcome(row[0]): row[1] for row in rows}

    def rest(self) -> int:
        """What is still noted of loads."""
        read = self.twin.database.read()
        return sum(read.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in ("load_run", "load_part"))


def trees() -> bytes:
    """1,203 records: some with no height, some with an id that came before, one slow slice with a hopeless line."""
    lines = ["id,height"]
    for number in range(1_203):
        name = "tree-1" if number in (7, 777) else f"slowest-{number}" if number == 1_100 else f"tree-{number}"
        name = f"slow-{number}" if number == 1_150 else name
        lines.append(f"{name},{'1.5' if number % 100 else 'x,y,z'}")
    return ("\n".join(lines) + "\n").encode()


def yard(folder: Path, store: str, data: bytes = b"") -> Yard:
    clock = StillClock()
    twin = LocalTwin.make(folder, clock, store=store)
    home = Home(AUTHORITY, twin.config.city.crs, twin.put("trees"))
    columns = Columns(id="id")
    return Yard(twin, Source(home, Format.CSV, type="Tree", columns=columns), clock, data or trees())


@pytest.fixture
def place(tmp_path: Path, store: str, request: pytest.FixtureRequest) -> Iterator[Yard]:
    if store == "postgres":
        request.getfixturevalue("postgres")
    made = yard(tmp_path, store)
    yield made
    made.twin.database.close()


def summary(tally: Tally) -> tuple[int, int, dict[Outcome, int], list[str]]:
    return tally.read, tally.refused, tally.outcomes, [each.source_id for each in tally.refusals]


@pytest.mark.parametrize(
    ("store", "steps"), [*(("sqlite", steps) for steps in (0, 1, 2, 3, 4, 50, 120, 205)), ("postgres", 120)]
)
def test_wherever_it_is_cut_off_the_end_is_the_same(tmp_path: Path, place: Yard, steps: int) -> None:
    whole = yard(tmp_path / "whole", "sqlite")
    expected = summary(whole.run(resume=False))
    refused = whole.told
    assert expected[2][Outcome.CREATED] + expected[1] == expected[0] == 1_203
    assert expected[1] == len(refused) > 14
    cut = place.run(resume=False, steps=steps)
    assert cut.read < 1_203
    again = place.run(resume=True)
    assert summary(again) == expected
    assert place.told == refused, "every refusal is told, once"
    assert place.counts() == whole.counts() == {Outcome.CREATED: expected[2][Outcome.CREATED]}
    assert place.rest() == 0
    whole.twin.database.close()


def test_it_may_be_cut_off_again_and_again(place: Yard) -> None:
    tally = place.run(resume=False, steps=0)
    for _ in range(5):
        before, tally = tally.read, place.run(resume=True, steps=25)
        assert tally.read >= before
    tally = place.run(resume=True)
    assert tally.read == 1_203
    assert tally.outcomes[Outcome.UNCHANGED] == 0, "nothing was done twice"


def test_without_the_word_a_load_begins_at_the_beginning(place: Yard) -> None:
    place.run(resume=False, steps=0)
    deleted = [row[0] for row in place.twin.database.read().execute("SELECT id FROM entity").fetchall()]
    place.twin.store.delete(deleted)
    again = place.run(resume=False)
    assert again.outcomes[Outcome.CREATED] == again.read - again.refused
    assert place.run(resume=True).outcomes[Outcome.UNCHANGED] == again.read - again.refused, "it had come to its end"


def test_a_week_later_it_begins_anew(place: Yard) -> None:
    place.run(resume=False, steps=0)
    place.clock.forward(seconds=KEPT.total_seconds() + 1)
    assert place.run(resume=True).outcomes[Outcome.UNCHANGED] > BATCH // 2


def test_the_newest_run_of_a_load_ends_the_others(place: Yard) -> None:
    loads = Loads(place.twin.store, place.clock)
    loader = Loader(place.twin.store, Here(), place.twin.config.state / "uploads", 10**9, loads)
    first = loader.begin(place.source, KEY, resume=False)
    with loader.spooled([place.data]) as file:
        running = loader.load(file, place.source, first)
        next(running)
        read = place.run(resume=True).read
        with pytest.raises(ConflictError, match="anew"):
            list(running)
        first.end()
    assert read == 1_203
    assert sum(place.counts().values()) == place.counts()[Outcome.CREATED]
