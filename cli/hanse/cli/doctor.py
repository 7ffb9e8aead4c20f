# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse doctor`: what is wrong with a city on this machine, and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from hanse.cli import checkup_keys, checkup_machine
from hanse.cli.checkup import Finding, Grade
from hanse.cli.failures import told
from hanse.cli.output import Exit, many
from hanse.kernel.clock import system_clock
from hanse.kernel.config import ConfigError, load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from hanse.cli.output import Output

_SIGNS = {Grade.GOOD: "[green]✓ good[/]", Grade.WARNING: "[yellow]! look[/]", Grade.WRONG: "[red]✗ wrong[/]"}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse doctor`."""
    parser = subparsers.add_parser("doctor", help="find out what is wrong with a city and how to mend it")
    parser.set_defaults(run=_run)


def examine(path: Path) -> Iterator[Finding]:
    """Everything that can be found out about a city from this machine."""
    yield from checkup_machine.interpreter()
    try:
        config = load(path)
    except ConfigError as error:
        message, remedy = told(error)
        yield Finding("configuration", Grade.WRONG, message, f"{remedy} Nothing else can be looked at before.")
        return
    yield Finding("configuration", Grade.GOOD, f"{path}: {config.city.name} ({config.city.authority})")
    clock = system_clock()
    yield from checkup_machine.parts(config)
    yield from checkup_machine.ports(config)
    yield from checkup_machine.http(config)
    yield from checkup_machine.database(config)
    yield from checkup_machine.disk(config)
    yield from checkup_machine.time(clock)
    yield from checkup_keys.files(config)
    yield from checkup_keys.certificates(config, clock)
    yield from checkup_keys.trust(config, clock)
    yield from checkup_machine.peers(config)


def _run(arguments: argparse.Namespace, output: Output) -> int:
    findings = list(examine(arguments.city))
    wrong = sum(finding.grade is Grade.WRONG for finding in findings)
    if output.as_json:
        output.json([finding.document() for finding in findings])
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("", "what", "found", "do"):
            table.add_column(column, overflow="fold")
        for each in findings:
            table.add_row(_SIGNS[each.grade], escape(each.what), escape(each.found), escape(each.remedy))
        output.console.print(table)
        output.note("nothing is wrong" if not wrong else f"{many(wrong, 'thing')} wrong")
    return Exit.FAILED if wrong else Exit.OK
