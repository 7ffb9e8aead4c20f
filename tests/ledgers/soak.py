# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`make soak`: two cities under a bounded load while parts of either are killed; writes `soak-YYYY-MM-DD.md`.

Everything is on loopback. Exit code 1 when something did not hold that must hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from cities import Processes
from ledgers.journal import Journal
from ledgers.load import Applicant, Auditor, Neighbourly, Worker, reader, run, writer
from ledgers.soak_audit import Audit, audit
from ledgers.soak_ledger import markdown
from ledgers.soak_world import begin, dataset_of
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from hanse.cli.output import many
from hanse.kernel.clock import system_clock

if TYPE_CHECKING:
    from ledgers.soak_world import World

HERE = Path(__file__).resolve().parent
BETWEEN_KILLS_S = (3.0, 9.0)


def main() -> int:
    """Runs and writes the ledger."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1, help="draws which part is killed when")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the ledger")
    given = parser.parse_args()
    console, journal = Console(stderr=True), Journal()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hanse-soak-")))
        processes = stack.enter_context(Processes())
        with console.status("Building and starting two cities"):
            world = begin(folder, processes, given.seed)
        found = soak(world, journal, given.minutes, console)
    day = system_clock().now().date().isoformat()
    path = given.out / f"soak-{day}.md"
    path.write_text(markdown(day, given.minutes, given.seed, journal, found), encoding="utf-8")
    wrong = [*journal.violations, *(sentence for each in found.broken.values() for sentence in each)]
    for sentence in wrong[:50]:
        console.print(sentence, style="red", markup=False)
    console.print(f"{many(sum(journal.killed.values()), 'kill')}, {many(len(wrong), 'violation')}; ledger: {path}")
    return 1 if wrong else 0


def soak(world: World, journal: Journal, minutes: float, console: Console) -> Audit:
    """Load and kills for so long; then everything is left alone and looked at."""
    here, there = world.federation.here, world.federation.there
    neighbourly = Neighbourly(here, there.city.authority, world.buildings(there), journal)
    applicant = Applicant(here, world.files.plans["too-high"], journal)
    auditors = {config.city.authority: Auditor(config, journal) for config in (here, there)}
    workers = [Worker("a neighbour's building", neighbourly.ask, 0.2), Worker("permit check", applicant.apply, 4.0)]
    for config in (here, there):
        workers.append(Worker("own building", reader(config, world.buildings(config)), 0.1))
        workers.append(Worker("write", writer(config, dataset_of(config), journal), 0.3))
        workers.append(Worker("checkpoint", auditors[config.city.authority].look, 2.0))
    stop = threading.Event()
    threads = [threading.Thread(target=run, args=(worker, journal, stop), name=worker.name) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        _kill(world, journal, minutes * 60, console)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    with console.status("Holding what the cities say against what they acknowledged"):
        return audit(world, journal, applicant, neighbourly, auditors)


def _kill(world: World, journal: Journal, seconds: float, console: Console) -> None:
    """Kills one part after another until the time is up; all parts serve at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(30), TimeElapsedColumn(), TimeRemainingColumn())
    began = time.monotonic()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("load", total=seconds)
        while (passed := time.monotonic() - began) < seconds:
            progress.update(task, completed=passed)
            time.sleep(min(world.draw.uniform(*BETWEEN_KILLS_S), seconds - passed))
            authority, part = world.kill_one()
            journal.killed[authority, part] += 1
            progress.update(task, description=f"{sum(journal.killed.values())} kills, last {part} of {authority}")
        progress.update(task, completed=seconds)


if __name__ == "__main__":
    sys.exit(main())
