# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Draws docs/growth.svg from docs/growth.json, and puts its numbers into the table of docs/growth.md.

python benchmarks/common/plot.py docs/growth.json docs/growth.svg docs/growth.md
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 300, 76, 40, 44, 56
INK, GRID, BAND = "#1f2933", "#cbd2d9", "#9fb3c8"
_STEPS = (1, 2, 5)
_DIVISIONS = 5
_BEGIN, _END = "<!-- sizes -->", "<!-- /sizes -->"


@dataclass(frozen=True, slots=True)
class Panel:
    """One quantity over the number of buildings: its values, the spread where there is one, and a limit."""

    title: str
    unit: str
    colour: str
    values: list[float]
    spread: list[tuple[float, float]]
    limit: float
    limit_is: str


def panels(measured: dict[str, Any]) -> list[Panel]:
    """What is drawn of the measured numbers."""
    sizes = measured["sizes"]
    first = sizes[0]["box_ms"]
    box, side = measured["machine"]["limit"], measured["machine"]["box_m"]
    boxes = [one["box_ms"] for one in sizes]
    spread = [tuple(one["box_ms_spread"]) for one in sizes]
    memory = [float(one["rss_mb"]) for one in sizes]
    return [
        Panel(
            f"A box of {side} m by {side} m, {box} buildings with their solids, over gRPC and TLS",
            "milliseconds",
            "#0b69a3",
            boxes,
            spread,
            2 * first,
            "twice the time among 1,000",
        ),
        Panel("Resident memory of the twin's process", "megabytes", "#8d2b0b", memory, [], 1_000.0, "1 GB"),
    ]


def drawn(measured: dict[str, Any]) -> str:
    """The picture as SVG, with its text alternative inside."""
    numbers = [one["buildings"] for one in measured["sizes"]]
    every = panels(measured)
    height = HEIGHT * len(every)
    said = told(measured)
    looks = f'font-family="sans-serif" font-size="13" fill="{INK}"'
    view = f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title desc"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view} {looks}>',
        f'<title id="title">How the twin grows</title><desc id="desc">{escape(said)}</desc>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for index, panel in enumerate(every):
        parts += [f'<g transform="translate(0 {index * HEIGHT})">', *_panel(panel, numbers), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def told(measured: dict[str, Any]) -> str:
    """The same in a sentence a size."""
    return " ".join(
        f"Among {one['buildings']:,} buildings a box takes {one['box_ms']:.2f} ms, memory is {one['rss_mb']} MB."
        for one in measured["sizes"]
    )


def table(measured: dict[str, Any]) -> str:
    """The same as a table in Markdown."""
    head = "| buildings | a box, ms | against 1,000, in turns | scenario opened, ms | memory, MB | file, MB |\n"
    head += "|---:|---:|---:|---:|---:|---:|\n"
    return head + "".join(
        f"| {one['buildings']:,} | {one['box_ms']:.2f} ({one['box_ms_spread'][0]:.2f} to {one['box_ms_spread'][1]:.2f})"
        f" | {one['ratio']:.2f} ({one['ratio_spread'][0]:.2f} to {one['ratio_spread'][1]:.2f})"
        f" | {one['scenario_open_ms']:.1f} | {one['rss_mb']} | {one['store_mb']:,} |\n"
        for one in measured["sizes"]
    )


def _panel(panel: Panel, numbers: list[int]) -> list[str]:
    highest = max([*panel.values, panel.limit, *(high for _, high in panel.spread)])
    step = _step(highest / _DIVISIONS)
    top = step * math.ceil(highest * 1.02 / step)
    low, high = math.log10(numbers[0]), math.log10(numbers[-1])

    def x(number: int) -> float:
        return LEFT + (math.log10(number) - low) / max(high - low, 1e-9) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)

    parts = [f'<text x="{LEFT}" y="22" font-weight="bold">{escape(panel.title)}</text>']
    for index in range(round(top / step) + 1):
        at = y(index * step)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{GRID}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{index * step:,.4g}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<text transform="translate(20 {middle:.1f}) rotate(-90)" text-anchor="middle">{panel.unit}</text>')
    below = f'y="{HEIGHT - BOTTOM + 20}" text-anchor="middle"'
    parts += [f'<text x="{x(number):.1f}" {below}>{number:,}</text>' for number in numbers]
    across = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{across:.1f}" y="{HEIGHT - 14}" text-anchor="middle">buildings (logarithmic)</text>')
    at = y(panel.limit)
    dashed = f'stroke="{INK}" stroke-dasharray="6 4"'
    parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" {dashed}/>')
    parts.append(f'<text x="{LEFT + 6}" y="{at - 5:.1f}">limit: {escape(panel.limit_is)}</text>')
    for number, (least, most) in zip(numbers, panel.spread, strict=False):
        ends = f'y1="{y(least):.1f}" y2="{y(most):.1f}"'
        parts.append(f'<line x1="{x(number):.1f}" x2="{x(number):.1f}" {ends} stroke="{BAND}" stroke-width="7"/>')
    points = " ".join(f"{x(n):.1f},{y(v):.1f}" for n, v in zip(numbers, panel.values, strict=True))
    parts.append(f'<polyline points="{points}" fill="none" stroke="{panel.colour}" stroke-width="2"/>')
    for number, value in zip(numbers, panel.values, strict=True):
        right = number == numbers[-1]
        anchor, shift = ("end", -9) if right else ("start", 9)
        parts.append(f'<circle cx="{x(number):.1f}" cy="{y(value):.1f}" r="4" fill="{panel.colour}"/>')
        parts.append(
            f'<text x="{x(number) + shift:.1f}" y="{y(value) + 17:.1f}" text-anchor="{anchor}">{value:,.3g}</text>'
        )
    return parts


def _step(rough: float) -> float:
    """A round number not below this one."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next((step * power for step in _STEPS if step * power >= rough), 10 * power)


def main() -> int:
    """Reads the numbers, writes the picture and the table."""
    source, target, page = map(Path, sys.argv[1:4])
    measured = json.loads(source.read_text(encoding="utf-8"))
    target.write_text(drawn(measured), encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(_BEGIN)
    page.write_text(f"{before}{_BEGIN}\n{table(measured)}{_END}{rest.split(_END)[1]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
