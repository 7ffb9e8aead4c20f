# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse demo`: two cities on this machine, one borderless permit check, from keys to proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from hanse.cli.output import Output


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse demo`."""
    parser = subparsers.add_parser("demo", help="run two cities and one borderless permit check")
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="folder for report, pictures and proof")
    parser.add_argument("--keep", action="store_true", help="leave the two cities running until Ctrl-C")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, output: Output) -> int:
    from hanse.cli.demo.story import tell

    return tell(arguments.out, output, keep=arguments.keep)
