# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How figures are taken and told: ours and its peer in turns, medians, spread, a table, and JSON."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

Measure = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Series:
    """What one side measured: a number a round."""

    name: str
    unit: str
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.rounds)

    def __str__(self) -> str:
        spread = f"{_number(min(self.rounds))} to {_number(max(self.rounds))}"
        return f"{_number(self.median)} {self.unit}  ({spread})"


@dataclass(frozen=True, slots=True)
class Figure:
    """A named figure: ours beside its peer or floor, `rounds` what it is in each round."""

    name: str
    ours: Series
    peer: Series
    rounds: tuple[float, ...]

    @property
    def value(self) -> float:
        """The median over the rounds, to four digits."""
        return float(f"{statistics.median(self.rounds):.4g}")


def in_turns(rounds: int, sides: Sequence[tuple[str, str, Measure]]) -> list[Series]:
    """Measures every side (name, unit, measure) in each round, a different one first each time.

    One round before is thrown away: caches fill, connections open, the interpreter specialises.
    """
    taken: list[list[float]] = [[] for _ in sides]
    for number in range(rounds + 1):
        for place in range(len(sides)):
            side = (place + number) % len(sides)
            value = sides[side][2]()
            if number:
                taken[side].append(value)
    return [Series(name, unit, tuple(values)) for (name, unit, _), values in zip(sides, taken, strict=True)]


def ratio(name: str, ours: Series, peer: Series) -> Figure:
    """Ours divided by its peer, round by round: what disturbs a round disturbs both."""
    return Figure(name, ours, peer, tuple(a / b for a, b in zip(ours.rounds, peer.rounds, strict=True)))


def absolute(name: str, ours: Series, beside: Series) -> Figure:
    """Our own number, with something to compare it with beside it."""
    return Figure(name, ours, beside, ours.rounds)


def parser(description: str | None) -> argparse.ArgumentParser:
    """What every benchmark takes."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--json", type=Path, metavar="FILE", help='add {"figure": number} to this file')
    made.add_argument("--rounds", type=int, default=5, help="rounds beside the one thrown away (default 5)")
    return made


def tell(title: str, figures: Sequence[Figure], file: Path | None) -> None:
    """Prints the table; adds the figures to the JSON file, beside those that other benchmarks wrote."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in ("figure", "median", "spread", "ours, median (spread)", "beside it, median (spread)"):
        table.add_column(column, justify="right" if column in {"median", "spread"} else "left")
    for figure in figures:
        spread = f"{_number(min(figure.rounds))} to {_number(max(figure.rounds))}"
        ours, peer = (f"{series.name}\n{series}" for series in (figure.ours, figure.peer))
        table.add_row(figure.name, _number(figure.value), spread, ours, peer)
    Console(width=150, highlight=False).print(table)
    if file is not None:
        kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        kept |= {figure.name: figure.value for figure in figures}
        file.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004 - three digits are enough
