# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How a city's growth tells on its twin: boxes, memory, a scenario's opening and the file's size, size by size."""

from __future__ import annotations

import json
import os
import platform
import random
import time
from contextlib import nullcontext
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
    import subprocess
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    import grpc

    from hanse.twin.model import Row

    Service = tuple[grpc.Channel, Any, subprocess.Popen[bytes]]

SERVICE = "/hanse.api.twin.v1.TwinService/"
LIMIT, BOX_DEGREES = 10, (0.00145, 0.0009)  # 100 m by 100 m at 52 degrees
BOX_M = 100
QUESTIONS = 500
_MILLION, _THOUSAND = 1_000_000, 1_000


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured among so many buildings: milliseconds a box and a scenario, megabytes.

    `base` is a box in the smallest city, asked in turns with the one here: what disturbs the machine disturbs both.
    """

    buildings: int
    base: figures.Series
    box: figures.Series
    scenario: figures.Series
    memory: figures.Series
    store_mb: float
    load: float

    def to_json(self) -> dict[str, Any]:
        """For the page on growth."""
        return {
            "buildings": self.buildings,
            "box_ms": round(self.box.median, 3),
            "box_ms_spread": _spread(self.box.rounds),
            "ratio": round(figures.ratio("", self.box, self.base).value, 3),
            "ratio_spread": _spread(figures.ratio("", self.box, self.base).rounds),
            "scenario_open_ms": round(self.scenario.median, 2),
            "rss_mb": round(self.memory.median),
            "store_mb": round(self.store_mb),
            "load_average": round(self.load, 2),
        }


def _spread(rounds: Sequence[float]) -> list[float]:
    return [round(min(rounds), 3), round(max(rounds), 3)]


def short(size: int) -> str:
    """1k, 100k, 1m."""
    return f"{size // _MILLION}m" if size >= _MILLION else f"{size // _THOUSAND}k"


def measured(small: Alone, city: Alone, pattern: Sequence[Row], rounds: int) -> Size:
    """A box of 100 m around buildings drawn from all over a city, one call after another, over mutual TLS."""
    base, size = small.held(), city.held()
    scenarios, names = SqlScenarios(city.twin, system_clock()), iter(range(1_000))
    with served(small.config) as nearby, _beside(nearby, small, city) as (channel, who, process):
        near, near_who, _ = nearby

        def scenario() -> float:
            begin = time.perf_counter()
            scenarios.create(new_urn(AUTHORITY, "scenario", system_clock()), f"plan {os.getpid()} {size} {next(names)}")
            return (time.perf_counter() - begin) * 1000

        bases, boxes, opening = figures.in_turns(
            rounds,
            [
                (f"box among {base:,}", "ms", _boxes(near, near_who, questions(pattern, base))),
                (f"box among {size:,}", "ms", _boxes(channel, who, questions(pattern, size))),
                (f"a scenario opened on {size:,}", "ms", scenario),
            ],
        )
        memory = figures.Series(f"resident memory with {size:,}", "MB", (resident_mb(process.pid),))
    store_mb = (city.config.state / "twin.db").stat().st_size / 1e6
    return Size(size, bases, boxes, opening, memory, store_mb, os.getloadavg()[0])


def _beside(nearby: Service, small: Alone, city: Alone) -> AbstractContextManager[Service]:
    """The city's own service; the small one has it already."""
    return nullcontext(nearby) if city is small else served(city.config)


def _boxes(channel: grpc.Channel, who: Sequence[tuple[str, str]], asked: Sequence[bytes]) -> figures.Measure:
    call = channel.unary_unary(SERVICE + "QueryEntities")

    def milliseconds() -> float:
        begin = time.perf_counter()
        for each in asked:
            call(each, timeout=10, metadata=who)
        return (time.perf_counter() - begin) / len(asked) * 1000

    return milliseconds


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
    first, last, name = found[0], found[-1], short(found[-1].buildings)
    return [
        *(figures.ratio(f"bbox_growth_{short(one.buildings)}", one.box, one.base) for one in found[1:]),
        figures.absolute(f"scenario_open_{name}_ms", last.scenario, first.scenario),
        figures.absolute(f"rss_{name}_mb", last.memory, first.memory),
    ]


def write(path: Path, sizes: Sequence[dict[str, Any]]) -> None:
    """The measured numbers, from which the page's plot is drawn."""
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "limit": LIMIT, "box_m": BOX_M}
    path.write_text(json.dumps({"machine": machine, "sizes": list(sizes)}, indent=1) + "\n", encoding="utf-8")
