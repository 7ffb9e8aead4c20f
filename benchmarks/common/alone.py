# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""One city with nothing but its twin: filled in this process, then served as a process of its own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from hanse import cityjson
from hanse.api.twin.v1 import twin_pb2
from hanse.cli.init import Ports, create_city
from hanse.examples import borderland
from hanse.jose import HybridSigner, parse_object, sign_jwt
from hanse.kernel import keys
from hanse.kernel.channel import connect, metadata
from hanse.kernel.clock import system_clock
from hanse.kernel.config import load
from hanse.kernel.events import Outbox
from hanse.kernel.ids import new_id
from hanse.kernel.storage import Database
from hanse.ngsild import FeatureMapping, canonical, to_entity
from hanse.twin import rows
from hanse.twin.adapters.databases.opening import sqlite_twin
from hanse.twin.adapters.databases.schema import MIGRATIONS
from hanse.twin.model import Box, Dataset

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hanse.kernel.config import CityConfig
    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.model import Row

AUTHORITY = "marewijk.example"
DATASET = f"urn:hanse:{AUTHORITY}:dataset:buildings"
FILLED_AT_ONCE, CACHE_KB = 5_000, 256 * 1024
_STARTS_WITHIN_S = 60.0
# About 600 m north to south and east to west: how far one copy of the template stands from the next.
TILE_DEGREES, TILE_METRES = (0.009, 0.0055), (600.0, 600.0)


@dataclass(frozen=True, slots=True)
class Alone:
    """A city's configuration and its store, in this process."""

    config: CityConfig
    database: Database
    twin: SqlTwin

    def token(self) -> str:
        """As the city's identity signs them; it outlives the run."""
        return _token(self.config)

    def held(self) -> int:
        """How many buildings there are."""
        sql = "SELECT COUNT(*) FROM entity_kind WHERE tenant=? AND branch=0 AND type='Building'"
        found: int = self.database.read().execute(sql, (self.config.tenant,)).fetchone()[0]
        return found

    def fill(self, made: Iterator[Row]) -> int:
        """Writes rows, in larger batches than a load does and with more of the file in memory; gives how many."""
        count, some = 0, []
        with self.database.write() as connection:
            connection.execute(f"PRAGMA cache_size=-{CACHE_KB}")
        for row in made:
            some.append(row)
            if len(some) == FILLED_AT_ONCE:
                self.twin.write(DATASET, some)
                count, some = count + len(some), []
        if some:
            self.twin.write(DATASET, some)
        return count + len(some)


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[Alone]:
    """A new city in a folder, with an empty data set; or the one that was made there before."""
    path = folder / "city.toml"
    if not path.exists():
        create_city(folder, "Marewijk", AUTHORITY, Ports.free())
        path.write_text(path.read_text(encoding="utf-8").replace("enabled = true", "enabled = false"), encoding="utf-8")
    config = load(path)
    clock = system_clock()
    database = Database(config.state / "twin.db", MIGRATIONS)
    twin = sqlite_twin(database, config.tenant, clock, Outbox(config, clock, "twin"))
    owner = ("Buildings", "City of Marewijk", "CC0-1.0", "", "NL")
    twin.put_dataset(Dataset(DATASET, *owner, config.city.crs, "NAP", "declared"))
    try:
        yield Alone(config, database, twin)
    finally:
        database.close()


@contextlib.contextmanager
def served(config: CityConfig) -> Iterator[tuple[grpc.Channel, Any, subprocess.Popen[bytes]]]:
    """The twin as a process: a channel as the gateway has, the metadata of its calls, and the process."""
    command = [sys.executable, "-m", "hanse.twin.main", "--city", str(config.root / "city.toml")]
    with (config.root / "twin.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with connect(config, "gateway", "twin") as channel:
            _wait(channel, process)
            yield channel, metadata(_token(config)), process
    finally:
        process.terminate()
        process.wait(30)


def _wait(channel: grpc.Channel, process: subprocess.Popen[bytes]) -> None:
    stub, end = health_pb2_grpc.HealthStub(channel), time.monotonic() + _STARTS_WITHIN_S
    while True:
        try:
            stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
        except grpc.RpcError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def _token(config: CityConfig) -> str:
    """As the city's identity signs them; it outlives the run."""
    signer = HybridSigner.from_jwks(parse_object(keys.read_secret(config.keys / keys.IDENTITY)))
    now, authority = int(system_clock().now().timestamp()), config.city.authority
    who = {"iss": authority, "aud": authority, "sub": f"urn:hanse:{authority}:client:operator"}
    claims = {"iat": now, "exp": now + 3600, "jti": new_id(system_clock()), "scope": "twin:read twin:write"}
    return sign_jwt({**who, **claims}, signer.es256, typ="at+jwt")


def template(folder: Path, data: Path | None, city_crs: str) -> list[Row]:
    """Buildings with their solids: Delfshaven where outside data is at hand, else the made-up example."""
    if data is None:
        text = borderland.write(folder / "borderland").twins["marewijk"].read_bytes()
        features = [each for each in cityjson.read_sequence(text.splitlines()) if isinstance(each, cityjson.Feature)]
    else:
        features = list(
            cityjson.load((data / "data/cityjson/rotterdam_3-20-DELFSHAVEN.city.json").read_bytes()).features
        )
    mapping = FeatureMapping(DATASET, assumed_vertical="NAP")
    made = []
    for number, feature in enumerate(features):
        mapped = to_entity(feature, f"urn:hanse:{AUTHORITY}:building:{number:08d}", mapping)
        row = rows.row(mapped.entity, city_crs, source_id=feature.id)
        if row.type == "Building" and row.degrees is not None:
            made.append(row)
    return made


def tiled(pattern: Sequence[Row], start: int, end: int) -> Iterator[Row]:
    """Copies of the template beside one another, from one number to another; a square city grows."""
    moulds: dict[int, _Mould] = {}
    for number in range(start, end):
        tile, index = divmod(number, len(pattern))
        ring = int(tile**0.5)
        rest = tile - ring * ring
        east, north = (ring, rest) if rest <= ring else (2 * ring - rest, ring)
        if index not in moulds:
            moulds[index] = _mould(pattern[index])
        yield _moved(pattern[index], moulds[index], number, east, north)


@dataclass(frozen=True, slots=True)
class _Mould:
    """An entity's canonical JSON in pieces, between which its copies differ: id, place, where its solids begin."""

    body: bytes
    place: dict[str, Any]
    translate: list[float]


def _mould(row: Row) -> _Mould:
    entity = json.loads(row.json)
    solid = entity["solidGeometry"]["json"]
    place, translate = entity["location"]["value"], solid["transform"]["translate"]
    entity["id"], entity["location"]["value"], solid["transform"]["translate"] = "<id>", "<place>", "<translate>"
    return _Mould(canonical(entity), place, translate)


def _moved(row: Row, mould: _Mould, number: int, east: int, north: int) -> Row:
    identifier = f"urn:hanse:{AUTHORITY}:building:{number:08d}"
    degrees = (east * TILE_DEGREES[0], north * TILE_DEGREES[1])
    metres = (east * TILE_METRES[0], north * TILE_METRES[1])
    x, y, z = mould.translate
    body = (
        mould.body.replace(b"<id>", identifier.encode(), 1)
        .replace(b'"<place>"', canonical(_shifted(mould.place, degrees)), 1)
        .replace(b'"<translate>"', canonical({"": [x + metres[0], y + metres[1], z]})[4:-1], 1)
    )
    return replace(
        row,
        id=identifier,
        json=body,
        sha256=f"{number:064x}",
        source_id=f"copy-{number}",
        degrees=_box(row.degrees, degrees),
        metres=_box(row.metres, metres),
    )


def _shifted(geometry: dict[str, Any], by: tuple[float, float]) -> dict[str, Any]:
    def moved(value: Any) -> Any:  # noqa: ANN401 - positions at any depth
        if isinstance(value[0], list):
            return [moved(each) for each in value]
        return [value[0] + by[0], value[1] + by[1], *value[2:]]

    return {**geometry, "coordinates": moved(geometry["coordinates"])}


def _box(box: Box | None, by: tuple[float, float]) -> Box | None:
    return None if box is None else Box(box.min_x + by[0], box.min_y + by[1], box.max_x + by[0], box.max_y + by[1])


def box_request(box: Box, limit: int) -> bytes:
    """A query of buildings in a box of degrees."""
    request = twin_pb2.QueryEntitiesRequest(type="Building", page_size=limit)
    place = request.bounding_box
    place.min_x, place.min_y, place.max_x, place.max_y = box.min_x, box.min_y, box.max_x, box.max_y
    return request.SerializeToString()
