# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How a city's growth tells on its twin: boxes, memory, a scenario's opening and the file's size, size by size."""

from __future__ import annotations

import json
import os
import platform
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import figures
from common.alone import AUTHORITY, Alone, box_request, served, tiled

from hanse.kernel.clock import system_clock
from hanse.kernel.ids import new_urn
from hanse.twin.adapters.scenarios import SqlScenarios
from hanse.twin.model import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.twin.model import Row

SERVICE = "/hanse.api.twin.v1.TwinService/"
LIMIT, BOX_DEGREES = 10, (0.00145, 0.0009)  # 100 m by 100 m at 52 degrees
BOX_M = 100
QUESTIONS = 500
_MILLION, _THOUSAND = 1_000_000, 1_000


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured among so many buildings: milliseconds a box and a scenario, megabytes."""

    buildings: int
    box: figures.Series
    scenario: figures.Series
    memory: figures.Series
    load: float

    def to_json(self, city: Alone) -> dict[str, Any]:
        """For the page on growth."""
        spread = [min(self.box.rounds), max(self.box.rounds)]
        return {
            "buildings": self.buildings,
            "box_ms": round(self.box.median, 3),
            "box_ms_spread": [round(each, 3) for each in spread],
            "scenario_open_ms": round(self.scenario.median, 2),
            "rss_mb": round(self.memory.median),
            "store_mb": round((city.config.state / "twin.db").stat().st_size / 1e6),
            "load_average": round(self.load, 2),
        }


def short(size: int) -> str:
    """1k, 100k, 1m."""
    return f"{size // _MILLION}m" if size >= _MILLION else f"{size // _THOUSAND}k"


def measured(city: Alone, pattern: Sequence[Row], size: int, rounds: int) -> Size:
    """A box of 100 m around buildings drawn from all over the city, one call after another, over mutual TLS."""
    asked = questions(pattern, size)
    scenarios, names = SqlScenarios(city.twin, system_clock()), iter(range(1_000))
    with served(city.config) as (channel, who, process):
        call = channel.unary_unary(SERVICE + "QueryEntities")

        def box() -> float:
            begin = time.perf_counter()
            for each in asked:
                call(each, timeout=10, metadata=who)
            return (time.perf_counter() - begin) / len(asked) * 1000

        def scenario() -> float:
            begin = time.perf_counter()
            scenarios.create(new_urn(AUTHORITY, "scenario", system_clock()), f"plan {size} {next(names)}")
            return (time.perf_counter() - begin) * 1000

        sides = [(f"box among {size:,}", "ms", box), (f"a scenario opened on {size:,}", "ms", scenario)]
        boxes, opening = figures.in_turns(rounds, sides)
        memory = figures.Series(f"resident memory with {size:,}", "MB", (resident_mb(process.pid),))
    return Size(size, boxes, opening, memory, os.getloadavg()[0])


def questions(pattern: Sequence[Row], size: int) -> list[bytes]:
    """Boxes around buildings from all over a city of that size."""
    draw = random.Random(size)  # noqa: S311 - the same each time
    numbers = sorted(draw.sample(range(size), min(QUESTIONS, size)))
    return [box_request(around(next(tiled(pattern, number, number + 1))), LIMIT) for number in numbers]


def around(row: Row) -> Box:
    """A box of 100 m by 100 m about the corner of a building."""
    if row.degrees is None:
        raise AssertionError(row.id)
    x, y = row.degrees.min_x, row.degrees.min_y
    half_x, half_y = BOX_DEGREES[0] / 2, BOX_DEGREES[1] / 2
    return Box(x - half_x, y - half_y, x + half_x, y + half_y)


def around_metres(row: Row) -> Box:
    """A box of 100 m by 100 m about the same corner in the city's system."""
    if row.metres is None:
        raise AssertionError(row.id)
    x, y = row.metres.min_x, row.metres.min_y
    return Box(x - BOX_M / 2, y - BOX_M / 2, x + BOX_M / 2, y + BOX_M / 2)


def resident_mb(pid: int) -> float:
    """What a process holds in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def told(found: Sequence[Size]) -> list[figures.Figure]:
    """The figures: time of a box against that of the smallest city, and the rest at the largest."""
    last, name = found[-1], short(found[-1].buildings)
    return [
        *(figures.ratio(f"bbox_growth_{short(one.buildings)}", one.box, found[0].box) for one in found[1:]),
        figures.absolute(f"scenario_open_{name}_ms", last.scenario, found[0].scenario),
        figures.absolute(f"rss_{name}_mb", last.memory, found[0].memory),
    ]


def write(path: Path, sizes: Sequence[dict[str, Any]]) -> None:
    """The measured numbers, from which the page's plot is drawn."""
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "limit": LIMIT, "box_m": BOX_M}
    path.write_text(json.dumps({"machine": machine, "sizes": list(sizes)}, indent=1) + "\n", encoding="utf-8")
