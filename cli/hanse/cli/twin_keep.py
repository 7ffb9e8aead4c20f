# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse twin keep`: the twin's upkeep now, on the machine that holds its state: archive old points, forget older ones.

The twin does the same once a day (`twin.archive_after_days`, `twin.keep_past_days`); both may run at the same time.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from hanse.cli.arguments import whole
from hanse.cli.output import CliError, Exit, many
from hanse.kernel.clock import system_clock
from hanse.kernel.config import load
from hanse.kernel.events import Outbox

if TYPE_CHECKING:
    import argparse

    from hanse.cli.output import Output
    from hanse.twin.adapters.history.upkeep import Done

_MOST_DAYS = 36_500


def register_keep(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse twin keep`."""
    action = actions.add_parser("keep", help="archive old points of time series, and forget what is too old")
    days = whole(0, _MOST_DAYS, "number of days")
    action.add_argument(
        "--archive-after", type=days, metavar="DAYS", help="default: twin.archive_after_days; 0: archive nothing"
    )
    action.add_argument(
        "--keep-past", type=days, metavar="DAYS", help="default: twin.keep_past_days; 0: forget nothing"
    )
    action.set_defaults(run=_keep)


def _keep(arguments: argparse.Namespace, output: Output) -> int:
    from hanse.twin.adapters.databases.opening import open_database
    from hanse.twin.adapters.history import upkeep

    config, clock = load(arguments.city), system_clock()
    said = (arguments.archive_after, arguments.keep_past)
    standing = (config.twin.archive_after_days, config.twin.keep_past_days)
    terms = upkeep.Terms(*(standing[at] if days is None else days for at, days in enumerate(said)))
    if terms == upkeep.Terms():
        raise CliError("nothing is to be archived or forgotten", "Give --archive-after DAYS or --keep-past DAYS.")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    done = upkeep.Done()
    with (
        closing(open_database(config)) as database,
        Progress(*columns, console=output.notes, transient=True, disable=not output.notes.is_terminal) as progress,
    ):
        task = progress.add_task("looking")
        for step in upkeep.round_of(
            upkeep.stores(database, config, clock, Outbox(config, clock, "twin")), clock.now(), terms
        ):
            done += step
            progress.update(task, description=_told(done))
    output.result(asdict(done) | asdict(terms), _told(done))
    return Exit.OK


def _told(done: Done) -> str:
    return (
        f"{many(done.archived, 'point')} archived; "
        f"{many(done.points, 'point')} and {many(done.versions, 'version')} of entities forgotten"
    )
