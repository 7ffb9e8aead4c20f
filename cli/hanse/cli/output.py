# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How a command speaks: rich text for people, JSON for programs, a sentence and a remedy on error."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape as escape_markup
from rich.table import Table

from hanse.kernel.text import escape as spell_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


_WIDE = 240


class Exit(IntEnum):
    """Exit codes of `hanse`."""

    OK = 0
    FAILED = 1  # it ran, and the answer is no: a proof that does not hold, a document with violations
    USAGE = 2  # wrong arguments or configuration
    UNAVAILABLE = 3  # something that is needed does not answer
    DENIED = 4  # not allowed
    INTERRUPTED = 130


class CliError(Exception):
    """What a command could not do: a sentence, what to do about it, and the exit code."""

    def __init__(self, message: str, remedy: str = "", code: int = Exit.USAGE, reason: str = "") -> None:
        super().__init__(message)
        self.message, self.remedy, self.code, self.reason = message, remedy, code, reason


@dataclass(slots=True)
class Output:
    """Where a command's results and notes go. Results are on stdout, all else on stderr."""

    as_json: bool = False
    console: Console = field(default_factory=lambda: _console(stderr=False))
    notes: Console = field(default_factory=lambda: _console(stderr=True))

    def result(self, document: object, text: str) -> None:
        """The command's result: the document as JSON, or the text."""
        if self.as_json:
            self.json(document)
        else:
            self.console.print(escape(text))

    def json(self, document: object) -> None:
        """One JSON document on stdout."""
        self.console.file.write(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        self.console.file.flush()

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], document: object) -> None:
        """A table for people, the document for programs."""
        if self.as_json:
            self.json(document)
            return
        listed = list(rows)
        if listed:
            self.console.print(make_table(title, columns, listed))
        else:
            self.console.print(escape(title or "none"))

    def note(self, text: str) -> None:
        """A remark beside the result; nothing depends on it."""
        self.notes.print(escape(text))

    def error(self, message: str, remedy: str = "", reason: str = "", details: Iterable[str] = ()) -> None:
        """What went wrong, in a sentence, and what to do."""
        if self.as_json:
            document: Mapping[str, object] = {
                "error": {"message": message, "remedy": remedy, "reason": reason, "details": list(details)}
            }
            self.notes.file.write(json.dumps(document, ensure_ascii=False) + "\n")
            return
        self.notes.print(f"[bold red]error[/]: {escape(message)}")
        for detail in details:
            self.notes.print(f"  - {escape(detail)}")
        if remedy:
            self.notes.print(f"[bold]do[/]: {escape(remedy)}")


def escape(text: str) -> str:
    """Text as it is: no markup of ours, and nothing that steers a terminal, whoever wrote it; lines stay lines."""
    return escape_markup("\n".join(map(spell_out, text.split("\n"))))


def many(count: int, one: str, several: str = "") -> str:
    """A count with its noun: `1 city`, `2 cities`; `several` when it is not made with an s."""
    return f"{count} {one if count == 1 else several or f'{one}s'}"


def _console(*, stderr: bool) -> Console:
    """A terminal's own width; in a pipe or file, wide enough that tables need not fold."""
    console = Console(stderr=stderr, highlight=False, soft_wrap=True, emoji=False)  # urn:x:1 is no emoji
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDE
    return console


def make_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A rich table; cells are plain text, but True and False are signs with words."""
    table = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _cell(value: object) -> str:
    if value is True:
        return "[green]✓ yes[/]"
    if value is False:
        return "[red]✗ no[/]"
    return escape(spell_out(str(value)))
