# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a load refuses, as lines of a file: place, field, reason and remedy; and how far a load of records is."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from hanse.cli.output import Output


@dataclass(frozen=True, slots=True)
class Refused:
    """What was refused, at which place of it, why, and what to do."""

    place: str
    field: str
    reason: str
    remedy: str

    def line(self) -> str:
        """A JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False) + "\n"


def write_refused(path: Path | None, refused: Iterable[Refused]) -> None:
    """A line for each; the file stands also when there are none. Raises OSError."""
    if path is not None:
        path.write_text("".join(each.line() for each in refused), encoding="utf-8")


@contextmanager
def progress_of(output: Output, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; the function given counts on."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=output.notes, transient=True, disable=not output.notes.is_terminal) as progress:
        task = progress.add_task("", total=total)
        yield lambda count: progress.advance(task, count)
