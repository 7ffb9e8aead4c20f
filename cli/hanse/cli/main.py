# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse`: finds the command's module, runs it, and turns whatever goes wrong into a sentence and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.cli.output import CliError, Exit, Output
from hanse.kernel.config import ConfigError, config_path

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
answer; 4 not allowed. With --json the result is one document on stdout and an error one on stderr.
HANSE_CITY names the CITY.toml when --city does not.
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose every command takes --city and --json, wherever they stand."""

    def __init__(self, **settings: object) -> None:
        super().__init__(conflict_handler="resolve", **settings)  # type: ignore[arg-type]
        self.add_argument(
            "--city", type=Path, default=argparse.SUPPRESS, metavar="CITY.toml", help="the city's configuration"
        )
        self.add_argument("--json", dest="as_json", action="store_true", default=argparse.SUPPRESS, help="print JSON")


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands, or of the one named."""
    parser = _Parser(
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
        arguments = parser.parse_args(words)
        arguments.city = getattr(arguments, "city", config_path())
        output = Output(as_json=getattr(arguments, "as_json", False))
        return int(arguments.run(arguments, output))
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has enough
        return Exit.OK
    except Exception as error:  # the last line before a person: no stack trace
        if os.environ.get("HANSE_DEBUG"):
            raise
        return _explain(error, Output(as_json=as_json))


def _explain(error: Exception, output: Output) -> int:
    """Prints what went wrong; returns the exit code."""
    if isinstance(error, CliError):
        output.error(error.message, error.remedy, error.reason)
        return error.code
    if isinstance(error, ConfigError):
        output.error(str(error), "", "CONFIGURATION")
        return Exit.USAGE
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        part = f"the package {error.name} is not installed"
        output.error(part, "Install the extra that brings it, e.g. `pip install 'hanse[demo]'`.")
        return Exit.USAGE
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        output.error(f"{name}{error.strerror or error}", "Look at the path, its rights and the disk.")
        return Exit.FAILED
    return _explain_call(error, output)


def _explain_call(error: Exception, output: Output) -> int:
    """What services and libraries raise."""
    import grpc

    from hanse.kernel.errors import HanseError, from_rpc

    if isinstance(error, grpc.RpcError):
        error = from_rpc(error)
    if isinstance(error, HanseError):
        details = [f"{each.field}: {each.description}" for each in error.violations]
        output.error(error.message, error.remedy, error.reason, details)
        if error.status in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}:
            return Exit.UNAVAILABLE
        denied = {grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED}
        return Exit.DENIED if error.status in denied else Exit.FAILED
    if isinstance(error, ValueError):
        output.error(str(error))
        return Exit.FAILED
    output.error(
        f"an internal error: {type(error).__name__}",
        "Run it again with HANSE_DEBUG=1 and send what it prints to the authors.",
        "INTERNAL",
    )
    return Exit.FAILED


def _version() -> str:
    from importlib.metadata import version

    return version("hanse")


if __name__ == "__main__":
    sys.exit(main())
