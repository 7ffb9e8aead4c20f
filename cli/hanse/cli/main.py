# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse`: finds the command's module, runs it, and turns whatever goes wrong into a sentence and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import TYPE_CHECKING

from hanse.cli.arguments import Parser
from hanse.cli.failures import explain
from hanse.cli.output import Exit, Output
from hanse.kernel.config import config_path

if TYPE_CHECKING:
    from collections.abc import Sequence

# Each module has `register(subparsers)` and is imported only when its command, or the help, is asked for.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what a person needs to know, the command itself says
COMMANDS = {
    "init": "hanse.cli.init",
    "up": "hanse.cli.up",
    "doctor": "hanse.cli.doctor",
    "status": "hanse.cli.status",
    "health": "hanse.cli.health",
    "federation": "hanse.cli.federate",
    "peer": "hanse.cli.peer",
    "trust": "hanse.cli.trust",
    "client": "hanse.cli.clients",
    "twin": "hanse.cli.twin",
    "zoning": "hanse.cli.zoning",
    "credential": "hanse.cli.credential",
    "permit": "hanse.cli.permit",
    "exchange": "hanse.cli.exchange",
    "contracts": "hanse.cli.contracts",
    "demo": "hanse.cli.demo",
}
_EPILOG = """\
exit codes: 0 done; 1 it ran and the answer is no; 2 wrong arguments or configuration; 3 something needed does not
answer; 4 not allowed; 130 interrupted (Ctrl-C). With --json the result is one document on stdout, and an error one on
stderr: {"error": {"message", "remedy", "reason", "details"}}. HANSE_CITY names the CITY.toml when --city does not.
"""


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands, or of the one named."""
    parser = Parser(
        prog="hanse",
        description="Interoperability middleware for cities: operate a city, ask another.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"hanse {_version()}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        if only in {None, name}:
            importlib.import_module(module).register(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = next((word for word in words if not word.startswith("-")), None)
    as_json = "--json" in words
    try:
        parser = build_parser(command if command in COMMANDS else None)
        if not words:
            parser.print_help(sys.stderr)
            return Exit.USAGE
        arguments = parser.parse_args(words)
        arguments.is_city_named = hasattr(arguments, "city")
        arguments.city = getattr(arguments, "city", config_path())
        output = Output(as_json=getattr(arguments, "as_json", False))
        return int(arguments.run(arguments, output))
    except KeyboardInterrupt:
        Output(as_json=as_json).error("interrupted", reason="INTERRUPTED")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has enough
        return Exit.OK
    except Exception as error:  # the last line before a person: no stack trace
        if os.environ.get("HANSE_DEBUG"):
            raise
        return explain(error, Output(as_json=as_json))


def _version() -> str:
    from importlib.metadata import version

    return version("hanse")


if __name__ == "__main__":
    sys.exit(main())
