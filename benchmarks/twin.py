# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's figures: boxes, batches, ingest, sums over time, growth.

One city's twin, tiled copies of real buildings (Delfshaven where HANSE_TEST_DATA names a folder with it, else the
made-up example) with their solids. The measuring client shares the cores. See benchmarks/README.md.
"""

from __future__ import annotations

import io
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import figures
from common.alone import AUTHORITY, DATASET, Alone, box_request, filled, served, template, tiled
from common.load import Target, rate
from rich.console import Console

from hanse.api.twin.v1 import history_pb2, history_pb2_grpc, twin_pb2, twin_pb2_grpc
from hanse.kernel.clock import system_clock
from hanse.kernel.ids import new_urn
from hanse.twin.adapters.history import sql_history
from hanse.twin.adapters.scenarios import SqlScenarios
from hanse.twin.history import Appended
from hanse.twin.load import Format, Source, convert, slices
from hanse.twin.model import Box
from hanse.twin.upserts import Home

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.twin.model import Row

SERVICE = "/hanse.api.twin.v1.TwinService/"
LIMIT, BOX_DEGREES = 10, (0.00145, 0.0009)  # 100 m by 100 m at 52 degrees
SECONDS, AT_A_TIME = 2.0, 16
SMALL, LARGE, LARGEST = 1_000, 100_000, 1_000_000
SENSORS, POINTS_EACH, MINUTE_US = 100, 10_000, 60_000_000
START_US = 1_767_225_600_000_000  # 2026-01-01
INGESTED = 2_000


def main() -> int:
    """Measures everything in one run."""
    parser = figures.parser(__doc__)
    parser.add_argument(
        "--million", action="store_true", help="grow to 1,000,000 buildings (about half an hour, 20 GB)"
    )
    parser.add_argument("--small", action="store_true", help="grow to 10,000 buildings only, for a quick look")
    given = parser.parse_args()
    console = Console(stderr=True)
    sizes = [SMALL, 10 * SMALL if given.small else LARGE, *([LARGEST] if given.million else [])]
    with tempfile.TemporaryDirectory() as folder:
        with console.status("Measuring: ingest"):
            found = ingest(Path(folder) / "ingest", given.rounds)
        found += growth(Path(folder) / "growth", sizes, given.rounds, console)
    figures.tell("Twin", found, given.json)
    return 0


def ingest(folder: Path, rounds: int) -> list[figures.Figure]:
    """Entities of NGSI-LD lines, read, validated, stored and told of, by CPU time of this one process.

    Beside it the same lines parsed and inserted into a SQLite table, with nothing looked at.
    """
    with filled(folder) as city:
        turn = iter(range(1_000))
        ours, floor = figures.in_turns(
            rounds,
            [
                ("validated, stored, evented", "/s of CPU", lambda: _ingested(city, next(turn))),
                ("parsed and inserted only", "/s of CPU", lambda: _inserted(city, next(turn))),
            ],
        )
    return [figures.absolute("ingest_per_s", ours, floor)]


def _lines(first: int) -> bytes:
    draw = random.Random(first)  # noqa: S311 - the same each time
    return b"".join(json.dumps(bench(number, draw)).encode() + b"\n" for number in range(first, first + INGESTED))


def bench(number: int, draw: random.Random) -> dict[str, Any]:
    """An entity as sensors of a city have them."""
    place = {"type": "Point", "coordinates": [4.4 + draw.random() / 10, 51.9 + draw.random() / 10]}
    return {
        "id": f"urn:ngsi-ld:Bench:{number:08d}",
        "type": "Bench",
        "number": {"type": "Property", "value": number},
        "colour": {"type": "Property", "value": draw.choice(["red", "green", "blue"])},
        "open": {"type": "Property", "value": True},
        "temperature": {
            "type": "Property",
            "value": round(draw.uniform(-5, 35), 1),
            "unitCode": "CEL",
            "observedAt": "2026-11-23T12:00:00Z",
        },
        "location": {"type": "GeoProperty", "value": place},
    }


def _ingested(city: Alone, turn: int) -> float:
    data, source = _lines(turn * INGESTED), Source(Home(AUTHORITY, city.config.city.crs, DATASET), Format.NGSI_LD)
    begin = time.process_time()
    for piece in slices(io.BytesIO(data), source.format):
        made = convert(piece, source, city.twin.aliases(DATASET))
        if made.refusals:
            raise AssertionError(made.refusals[0])
        city.twin.write(DATASET, made.rows)
    return INGESTED / (time.process_time() - begin)


def _inserted(city: Alone, turn: int) -> float:
    data = _lines(turn * INGESTED)
    begin = time.process_time()
    with city.database.write() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS floor (id TEXT PRIMARY KEY, body BLOB)")
        parsed = ((json.loads(line)["id"], line) for line in data.splitlines())
        connection.executemany("INSERT OR REPLACE INTO floor VALUES (?,?)", parsed)
    return INGESTED / (time.process_time() - begin)


def growth(folder: Path, sizes: Sequence[int], rounds: int, console: Console) -> list[figures.Figure]:
    """Boxes at every size, and at the largest batches, sums over a million points, a scenario opened, memory."""
    found: list[figures.Figure] = []
    data = os.environ.get("HANSE_TEST_DATA")
    with filled(folder) as city:
        pattern = template(folder, Path(data) if data else None, city.config.city.crs)
        boxes: list[figures.Series] = []
        held = 0
        for size in sizes:
            with console.status(f"Measuring: {size:,} buildings"):
                city.fill(tiled(pattern, held, size))
                held = size
                boxes.append(_boxes(city, pattern, size, rounds))
        found += [
            figures.ratio(f"bbox_growth_{_short(size)}", later, boxes[0])
            for size, later in zip(sizes[1:], boxes[1:], strict=True)
        ]
        with console.status("Measuring: a million points, batches"):
            found += _at_size(city, sizes[-1], rounds)
    return found


def _short(size: int) -> str:
    return f"{size // 1_000_000}m" if size >= LARGEST else f"{size // 1_000}k"


def _boxes(city: Alone, pattern: Sequence[Row], size: int, rounds: int) -> figures.Series:
    """Milliseconds of a box over gRPC, one call after another."""
    draw = random.Random(size)  # noqa: S311
    asked = [
        box_request(_around(row), LIMIT) for row in tiled(pattern, 0, min(size, LARGE)) if draw.random() < 500 / size
    ]
    with served(city.config) as (channel, who, _):
        call = channel.unary_unary(SERVICE + "QueryEntities")

        def milliseconds() -> float:
            begin = time.perf_counter()
            for each in asked:
                call(each, timeout=10, metadata=who)
            return (time.perf_counter() - begin) / len(asked) * 1000

        (series,) = figures.in_turns(rounds, [(f"box among {size:,}", "ms", milliseconds)])
    return series


def _around(row: Row) -> Box:
    if row.degrees is None:
        raise AssertionError(row.id)
    x, y = row.degrees.min_x, row.degrees.min_y
    half_x, half_y = BOX_DEGREES[0] / 2, BOX_DEGREES[1] / 2
    return Box(x - half_x, y - half_y, x + half_x, y + half_y)


def _at_size(city: Alone, size: int, rounds: int) -> list[figures.Figure]:
    scenarios, names = SqlScenarios(city.twin, system_clock()), iter(range(1_000))

    def opened() -> float:
        begin = time.perf_counter()
        scenarios.create(new_urn(AUTHORITY, "scenario", system_clock()), f"plan {next(names)}")
        return (time.perf_counter() - begin) * 1000

    (opening,) = figures.in_turns(rounds, [(f"a scenario opened on {size:,}", "ms", opened)])
    benches = _benches(city)
    sensors = benches[:SENSORS]
    with served(city.config) as (channel, who, process):
        twin, history = twin_pb2_grpc.TwinServiceStub(channel), history_pb2_grpc.TwinHistoryServiceStub(channel)
        ask = twin_pb2.BatchGetEntitiesRequest(ids=benches[:1_000])
        if len(twin.BatchGetEntities(ask, timeout=10, metadata=who).entities) != len(ask.ids):
            raise AssertionError("not every entity of the batch is there")
        target = Target(
            city.config, "gateway", "twin", city.config.reach("twin"), SERVICE + "BatchGetEntities", tuple(who)
        )
        wire = ask.SerializeToString()
        sums = history_pb2.AggregatePointsRequest(
            ids=sensors,
            attributes=["flow"],
            period="PT1H",
            methods=[history_pb2.AGGREGATION_METHOD_AVERAGE, history_pb2.AGGREGATION_METHOD_MAXIMUM],
        )

        def summed() -> float:
            begin = time.perf_counter()
            answer = history.AggregatePoints(sums, timeout=60, metadata=who)
            if answer.points != SENSORS * POINTS_EACH:
                raise AssertionError(f"{answer.points} points were summed up")
            return time.perf_counter() - begin

        batch, total = figures.in_turns(
            rounds,
            [
                ("entities of batches of 1,000", "/s", lambda: 1_000 * rate(target, [wire], 4, SECONDS)),
                ("1,000,000 points by hour, average and maximum", "s", summed),
            ],
        )
        memory = figures.Series("resident memory of the twin", "MB", (_resident_mb(process.pid),))
    return [
        figures.absolute("batch_entities_per_s", batch, batch),
        figures.absolute("temporal_1m_s", total, total),
        figures.absolute(f"scenario_open_{_short(size)}_ms", opening, opening),
        figures.absolute(f"rss_{_short(size)}_mb", memory, memory),
    ]


def _benches(city: Alone) -> list[str]:
    """Benches for batches, and a hundred sensors among them with a million minutes' values."""
    source = Source(Home(AUTHORITY, city.config.city.crs, DATASET), Format.NGSI_LD)
    ids: list[str] = []
    for piece in slices(io.BytesIO(_lines(0)), source.format):
        made = convert(piece, source, city.twin.aliases(DATASET))
        city.twin.write(DATASET, made.rows)
        ids += [row.id for row in made.rows]
    history, draw = sql_history(city.twin, city.config.city.crs, system_clock()), random.Random(1)  # noqa: S311
    times = range(START_US, START_US + POINTS_EACH * MINUTE_US, MINUTE_US)
    for index, sensor in enumerate(ids[:SENSORS]):
        numbers = [draw.uniform(0, 3_000) for _ in times]
        history.append([Appended(index, sensor, "flow", "", "", times, numbers)])
    return ids


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
