# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's figures: boxes beside those of peers, HTTP, batches, ingest, sums over time, growth.

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
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import edge, figures, growth, peers
from common.alone import AUTHORITY, DATASET, Alone, box_request, filled, served, template, tiled
from common.load import Target, rate
from rich.console import Console

from hanse.api.twin.v1 import history_pb2, history_pb2_grpc, twin_pb2, twin_pb2_grpc
from hanse.kernel import collector
from hanse.kernel.clock import system_clock
from hanse.twin.adapters.history.store import sql_history
from hanse.twin.history.model import Appended
from hanse.twin.loading.slices import Format, Source, convert, slices
from hanse.twin.loading.upserts import Home

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from hanse.kernel.config import CityConfig
    from hanse.twin.model import Row

SERVICE = growth.SERVICE
SECONDS, AT_A_TIME = 2.0, 16
HTTP_REQUESTS, BOX_REQUESTS = 20_000, 3_000
SRID = 28992  # of the outside data: the Dutch national grid
TURNED = 2  # objects by which answers may differ: a box of degrees is not quite one of metres
SMALL, LARGE, LARGEST = 1_000, 100_000, 1_000_000
SENSORS, POINTS_EACH, MINUTE_US = 100, 10_000, 60_000_000
INGESTED = 2_000


def main() -> int:
    """Measures everything in one run."""
    parser = figures.parser(__doc__)
    parser.add_argument("--million", action="store_true", help="grow to 1,000,000 buildings (ten minutes, 8 GB)")
    parser.add_argument("--small", action="store_true", help="grow to 10,000 buildings only, for a quick look")
    parser.add_argument("--folder", type=Path, help="where the cities are made (default: a temporary folder)")
    parser.add_argument(
        "--peers",
        type=Path,
        metavar="DIR",
        help="measure tipg and cjdb too, in an environment made in DIR",
    )
    parser.add_argument("--grown", type=Path, metavar="DIR", help="where the city grows and stays, for a later run")
    parser.add_argument("--growth", type=Path, metavar="FILE", help="write what growth did to this file")
    given = parser.parse_args()
    console = Console(stderr=True)
    sizes = [10 * SMALL if given.small else LARGE, *([LARGEST] if given.million else [])]
    data = os.environ.get("HANSE_TEST_DATA")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        with console.status("Measuring: ingest"):
            found = ingest(Path(folder) / "ingest", given.rounds)
        with console.status("Measuring: HTTP, peers"):
            found += small(Path(folder) / "quarter", Path(data) if data else None, given.peers, given.rounds)
        found += grown(Path(folder), sizes, given, console)
    figures.tell("Twin", found, given.json)
    return 0


def ingest(folder: Path, rounds: int) -> list[figures.Figure]:
    """Entities of NGSI-LD lines, read, validated, stored and told of, by CPU time of this one process, set as services.

    Beside it the same lines parsed and inserted into a SQLite table, with nothing looked at.
    """
    collector.seldom()
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


def grown(folder: Path, sizes: Sequence[int], given: argparse.Namespace, console: Console) -> list[figures.Figure]:
    """Boxes in turns with a small city, a scenario opened and memory at every size; batches and sums over time."""
    data = os.environ.get("HANSE_TEST_DATA")
    with filled(folder / "small") as little, filled(given.grown or folder / "growth") as city:
        pattern = template(folder, Path(data) if data else None, city.config.city.crs)
        little.fill(tiled(pattern, little.held(), SMALL))
        found = [growth.measured(little, little, pattern, given.rounds)]
        for size in sizes:
            grown_past = city.held() > size  # in an earlier run
            where = filled(folder / f"of-{size}") if grown_past else nullcontext(city)
            with where as one, console.status(f"Measuring: {size:,} buildings"):
                one.fill(tiled(pattern, one.held(), size))
                found.append(growth.measured(little, one, pattern, given.rounds))
            if given.growth is not None:
                growth.write(given.growth, [one.to_json() for one in found])
        with console.status("Measuring: a million points, batches"):
            return growth.told(found) + _points(little, given.rounds)


def _points(city: Alone, rounds: int) -> list[figures.Figure]:
    """Batches and sums over time, over gRPC and mutual TLS."""
    benches = _benches(city)
    with served(city.config) as (channel, who, _):
        twin, history = twin_pb2_grpc.TwinServiceStub(channel), history_pb2_grpc.TwinHistoryServiceStub(channel)
        ask = twin_pb2.BatchGetEntitiesRequest(ids=benches[:1_000])
        if len(twin.BatchGetEntities(ask, timeout=10, metadata=who).entities) != len(ask.ids):
            raise AssertionError("not every entity of the batch is there")
        target = _target(city, who, "BatchGetEntities")
        wire = ask.SerializeToString()

        def summed(period: str) -> float:
            sums = history_pb2.AggregatePointsRequest(
                ids=benches[:SENSORS],
                attributes=["flow"],
                period=period,
                methods=[history_pb2.AGGREGATION_METHOD_AVERAGE, history_pb2.AGGREGATION_METHOD_MAXIMUM],
            )
            begin = time.perf_counter()
            answer = history.AggregatePoints(sums, timeout=60, metadata=who)
            if answer.points != SENSORS * POINTS_EACH:
                raise AssertionError(f"{answer.points} points were summed up")
            return time.perf_counter() - begin

        batch, hourly, finer = figures.in_turns(
            rounds,
            [
                ("entities of batches of 1,000", "/s", lambda: 1_000 * rate(target, [wire], 4, SECONDS)),
                ("1,000,000 points by hour, average and maximum", "s", lambda: summed("PT1H")),
                ("the same by half an hour, point by point", "s", lambda: summed("PT30M")),
            ],
        )
    return [figures.absolute("batch_entities_per_s", batch, batch), figures.absolute("temporal_1m_s", hourly, finer)]


def _target(city: Alone, who: Sequence[tuple[str, str]], method: str) -> Target:
    return Target(city.config, "gateway", "twin", city.config.reach("twin"), SERVICE + method, tuple(who))


def small(folder: Path, data: Path | None, beside: Path | None, rounds: int) -> list[figures.Figure]:
    """One quarter: entities by id over HTTP, and boxes beside those of peers when there is a folder for them."""
    found: list[figures.Figure] = []
    with filled(folder) as city:
        pattern = template(folder, data, city.config.city.crs)
        city.fill(tiled(pattern, 0, len(pattern)))
        rows = list(tiled(pattern, 0, len(pattern)))
        wrk, ab = edge.generators()
        if ab:
            found.append(_by_id(city, rows, rounds, wrk=wrk))
        if data is not None and beside is not None and wrk:
            found += _beside_peers(city, rows, data, beside, rounds)
    return found


def _by_id(city: Alone, rows: Sequence[Row], rounds: int, *, wrk: bool) -> figures.Figure:
    """An entity by id over HTTP/1.1: one with certificate and token, and beside it all in turn without either."""
    bare = dict.fromkeys(range(rounds + 1), 0.0)
    with edge.edge(city.config) as served_, edge.edge(city.config, open_=True) as opened:
        paths = [f"{edge.NGSI}/entities/{row.id}" for row in rows]
        url, plain = (f"{scheme}://{at.twin_edge.listen}" for scheme, at in (("https", served_), ("http", opened)))
        token = city.token()
        if json.loads(edge.got(plain + paths[0]))["id"] != rows[0].id:
            raise AssertionError("another entity came")
        sides = [
            ("by id, TLS, token, content negotiated", "/s", lambda: _with_all(served_, url + paths[0], token)),
            (
                "each of them in turn, without TLS and token",
                "/s",
                (lambda: edge.asked(plain, paths, AT_A_TIME, SECONDS)) if wrk else (lambda: bare[0]),
            ),
        ]
        ours, unguarded = figures.in_turns(rounds, sides)
    return figures.absolute("point_http_per_s", ours, unguarded)


def _with_all(config: CityConfig, url: str, token: str) -> float:
    return edge.asked_with_certificate(config, url, token, AT_A_TIME, HTTP_REQUESTS)


def _beside_peers(city: Alone, rows: Sequence[Row], data: Path, folder: Path, rounds: int) -> list[figures.Figure]:
    """The same boxes of the same buildings: ours with solids over the network, tipg's footprints, cjdb in-process.

    Ours by NGSI-LD over HTTP, asked by the generator that asks tipg, neither with TLS; beside it over gRPC with TLS,
    and over HTTP with TLS, certificate and token.
    """
    boxes = [growth.around(row) for row in rows]
    metres = [growth.around_metres(row) for row in rows]
    asked = [box_request(box, growth.LIMIT) for box in boxes]
    own = [edge.box(box, growth.LIMIT) for box in boxes]
    folder.mkdir(parents=True, exist_ok=True)
    file = data / "data/cityjson/rotterdam_3-20-DELFSHAVEN.city.json"
    with (
        peers.peers(folder.resolve(), file, rows, SRID) as beside,
        served(city.config) as (channel, who, _),
        edge.edge(city.config) as guarded,
        edge.edge(city.config, open_=True) as opened,
    ):
        target, plain = _target(city, who, "QueryEntities"), f"http://{opened.twin_edge.listen}"
        paths = [peers.tipg_box(box, growth.LIMIT) for box in boxes]
        twin = twin_pb2_grpc.TwinServiceStub(channel)

        def by_grpc(number: int) -> int:
            request = twin_pb2.QueryEntitiesRequest.FromString(asked[number])
            return len(twin.QueryEntities(request, timeout=10, metadata=who).entities)

        _agree(
            [
                by_grpc,
                lambda number: _with_solids(edge.got(plain + own[number])),
                lambda number: len(json.loads(edge.got(beside.tipg + paths[number]))["features"]),
                lambda number: beside.boxes([metres[number]], growth.LIMIT),
            ],
            len(boxes),
        )

        def cjdb() -> float:
            begin = time.perf_counter()
            beside.boxes(metres, growth.LIMIT)
            return len(metres) / (time.perf_counter() - begin)

        url, token = f"https://{guarded.twin_edge.listen}{own[len(own) // 2]}", city.token()
        ours, tipg, inside, grpc_, tls = figures.in_turns(
            rounds,
            [
                ("boxes with solids, NGSI-LD, HTTP", "/s", lambda: edge.asked(plain, own, AT_A_TIME, SECONDS)),
                ("tipg, footprints, HTTP", "/s", lambda: edge.asked(beside.tipg, paths, AT_A_TIME, SECONDS)),
                ("cjdb's tables in-process", "/s", cjdb),
                ("boxes with solids, gRPC, TLS, token", "/s", lambda: rate(target, asked, AT_A_TIME, SECONDS)),
                (
                    "one box with solids, HTTP, TLS, token",
                    "/s",
                    lambda: edge.asked_with_certificate(guarded, url, token, AT_A_TIME, BOX_REQUESTS),
                ),
            ],
        )
    return [
        figures.ratio("bbox_vs_tipg", ours, tipg),
        figures.ratio("bbox_vs_cjdb", ours, inside),
        figures.absolute("bbox_tls_per_s", tls, grpc_),
    ]


def _with_solids(body: bytes) -> int:
    """How many entities came, each of which has its solids."""
    found = json.loads(body)
    if not all("solidGeometry" in one for one in found):
        raise AssertionError("an entity came without its solids")
    return len(found)


def _agree(ways: Sequence[Callable[[int], int]], count: int) -> None:
    """The same question must have an answer of the same size everywhere."""
    for number in range(0, count, 50):
        sizes = [way(number) for way in ways]
        if not min(sizes) > 0 or max(sizes) - min(sizes) > TURNED:
            raise AssertionError(f"question {number} has answers of {sizes}")


def _benches(city: Alone) -> list[str]:
    """Benches for batches, and a hundred sensors among them with a million minutes' values."""
    source = Source(Home(AUTHORITY, city.config.city.crs, DATASET), Format.NGSI_LD)
    ids: list[str] = []
    for piece in slices(io.BytesIO(_lines(0)), source.format):
        made = convert(piece, source, city.twin.aliases(DATASET))
        city.twin.write(DATASET, made.rows)
        ids += [row.id for row in made.rows]
    history, draw = sql_history(city.twin, city.config.city.crs, system_clock()), random.Random(1)  # noqa: S311
    end = int(system_clock().now().timestamp()) * 1_000_000
    times = range(end - POINTS_EACH * MINUTE_US, end, MINUTE_US)  # the last days: older ones lie in files
    for index, sensor in enumerate(ids[:SENSORS]):
        numbers = [draw.uniform(0, 3_000) for _ in times]
        history.append([Appended(index, sensor, "flow", "", "", times, numbers)])
    return ids


if __name__ == "__main__":
    sys.exit(main())
