# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a command line may say: a parser that explains itself as commands do, and the kinds of arguments."""

from __future__ import annotations

import argparse
import difflib
import math
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from hanse.cli.output import CliError, Exit

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_WAIT_S = 86_400.0
_WHOLE = re.compile(r"-?[0-9]+")
_DIGITS = 20


class Parser(argparse.ArgumentParser):
    """A parser whose every command takes --city and --json, wherever they stand. It never writes to stderr itself."""

    def __init__(self, **settings: object) -> None:
        # No abbreviations: --jso would be a word of scripts that the next option breaks.
        super().__init__(conflict_handler="resolve", allow_abbrev=False, **settings)  # type: ignore[arg-type]
        self.add_argument(
            "--city",
            type=Path,
            default=argparse.SUPPRESS,
            metavar="CITY.toml",
            help="the city's configuration (default: HANSE_CITY, else city.toml here)",
        )
        self.add_argument("--json", dest="as_json", action="store_true", default=argparse.SUPPRESS, help="print JSON")

    def error(self, message: str) -> NoReturn:
        """Raises what is wrong with the arguments, to be told as any other error is."""
        raise CliError(message, f"See `{self.prog} --help`.", Exit.USAGE, "USAGE")

    def _check_value(self, action: argparse.Action, value: Any) -> None:  # noqa: ANN401 - argparse's own signature
        """A word that is none of the choices: says which there are, and which was perhaps meant."""
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        near = difflib.get_close_matches(str(value), known, 1)
        meant = f"Did you mean {near[0]}? " if near else ""
        name = "/".join(action.option_strings) or str(action.metavar or action.dest).lower()
        raise CliError(
            f"there is no {name} {str(value)[:80]!r}",
            f"{meant}Choose from {', '.join(known)}.",
            Exit.USAGE,
            "USAGE",
        )


def within(least: float, most: float, what: str) -> Callable[[str], float]:
    """A type of argument: a number from `least` to `most`; `what` names it in the error."""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise argparse.ArgumentTypeError(f"{text!r} is no {what}: give a number from {least:g} to {most:g}")
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is out of range: give a {what} from {least:g} to {most:g}")
        return value

    return number


def whole(least: int, most: int, what: str) -> Callable[[str], int]:
    """A type of argument: a whole number from `least` to `most`."""

    def number(text: str) -> int:
        if not _WHOLE.fullmatch(text):
            raise argparse.ArgumentTypeError(f"{text!r} is no {what}: give a whole number from {least} to {most}")
        # Not all digits are read: a number of thousands of them takes long.
        value = int(text[:_DIGITS])
        if len(text) > _DIGITS or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text[:_DIGITS]} is out of range: give a {what} from {least} to {most}")
        return value

    return number


seconds = within(0, _LONGEST_WAIT_S, "number of seconds")


def day(text: str) -> str:
    """A type of argument: a date as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write YYYY-MM-DD") from None
