# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Peers of the twin on PostGIS with the same buildings: tipg (OGC API Features) and a city database of cjdb's schema.

Their packages live in an environment of their own, which is made when it is not there. PostgreSQL runs as in the tests.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from common.edge import free_port

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

import postgres_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanse.twin.model import Box, Row

PACKAGES = ("tipg==1.6.*", "uvicorn", "cjdb==2.3.*", "sqlalchemy<2.1")
TABLE = "building"
_STARTS_WITHIN_S = 60.0
# A box in the city's system, as cjdb's documentation asks for one: all of each object, geometry and attributes.
_BOX = (
    b"SELECT id, object_id, type, attributes, geometry FROM cjdb.city_object"
    b" WHERE type='Building' AND ground_geometry && ST_MakeEnvelope(%s,%s,%s,%s,%s) LIMIT %s"
)


@dataclass(frozen=True, slots=True)
class Peers:
    """Both at work: the address of tipg, a connection to cjdb's tables, and their coordinate system."""

    tipg: str
    cjdb: psycopg.Connection[tuple[Any, ...]]
    srid: int

    def boxes(self, boxes: Sequence[Box], limit: int) -> int:
        """Asks cjdb's tables about boxes of metres, in this process; gives how many objects came."""
        count = 0
        for box in boxes:
            values = (box.min_x, box.min_y, box.max_x, box.max_y, self.srid, limit)
            count += len(self.cjdb.execute(_BOX, values).fetchall())
        return count


def tipg_box(box: Box, limit: int) -> str:
    """The path of a box of degrees."""
    corners = ",".join(f"{each:.7f}" for each in (box.min_x, box.min_y, box.max_x, box.max_y))
    return f"/collections/public.{TABLE}/items?bbox={corners}&limit={limit}&f=geojson"


@contextlib.contextmanager
def peers(folder: Path, file: Path, rows: Sequence[Row], srid: int) -> Iterator[Peers]:
    """Both with the buildings of a CityJSON file; `rows` are the same as the twin holds them."""
    binaries = postgres_cluster.programs()
    if binaries is None:
        raise RuntimeError("PostGIS is not installed: apt-get install postgresql-15-postgis-3")
    programs = _programs(folder)
    port = free_port()
    os.environ["PGPORT"] = str(port)
    postgres_cluster.SETTINGS.update(listen_addresses="127.0.0.1", port=str(port), shared_buffers="256MB")
    with postgres_cluster.cluster(binaries):
        url = postgres_cluster.new_database()
        name = url.partition("?")[0].rpartition("/")[2]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(b"CREATE EXTENSION postgis")
            _footprints(connection, rows)
            _imported(programs, folder, file, port, name, srid)
            connection.execute(b"ANALYZE")
            with _serving(programs, folder, port, name) as address:
                yield Peers(address, connection, srid)


def _programs(folder: Path) -> Path:
    """The folder of their programs; both are installed at the first run."""
    programs = folder / "venv/bin"
    if not (programs / "cjdb").exists():
        venv.create(folder / "venv", with_pip=True)
        subprocess.run([programs / "pip", "install", "-q", *PACKAGES], check=True)
    return programs


def _footprints(connection: psycopg.Connection[tuple[Any, ...]], rows: Sequence[Row]) -> None:
    """A table as a city would serve it: footprints in two dimensions, and an attribute a column."""
    names = sorted({name for row in rows for name, value in row.scalars if isinstance(value, str | float | int)})
    columns = "".join(f', "{name}" TEXT' for name in names)
    connection.execute(f"CREATE TABLE {TABLE} (id TEXT PRIMARY KEY, geom GEOMETRY(GEOMETRY, 4326){columns})".encode())
    places = ",".join(["%s"] * len(names))
    insert = f"INSERT INTO {TABLE} VALUES (%s, ST_Force2D(ST_SetSRID(ST_GeomFromGeoJSON(%s), 4326)), {places})"  # noqa: S608
    with connection.cursor() as cursor:
        for row in rows:
            held = dict(row.scalars)
            place = json.dumps(json.loads(row.json)["location"]["value"])
            values = [None if held.get(name) is None else str(held[name]) for name in names]
            cursor.execute(insert.encode(), (row.id, place, *values))
    connection.execute(f"CREATE INDEX ON {TABLE} USING gist (geom)".encode())


def _imported(programs: Path, folder: Path, file: Path, port: int, database: str, srid: int) -> None:
    """The file by cjdb's own importer, which takes lines: cjio writes them."""
    lines = folder / "peers.city.jsonl"
    _run([programs / "cjio", "--suppress_msg", file, "export", "jsonl", lines])
    command = [programs / "cjdb", "import", "-H", "127.0.0.1", "-p", str(port), "-U", postgres_cluster.USER]
    _run([*command, "-P", "none", "-d", database, "-s", "cjdb", "-I", str(srid), "-f", lines])


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout[-1_000:]}{done.stderr[-2_000:]}")


@contextlib.contextmanager
def _serving(programs: Path, folder: Path, port: int, database: str) -> Iterator[str]:
    """Runs tipg with one worker."""
    own = free_port()
    address = f"http://127.0.0.1:{own}"
    settings = {"DATABASE_URL": f"postgresql://{postgres_cluster.USER}@127.0.0.1:{port}/{database}"}
    settings |= {"TIPG_DB_SCHEMAS": '["public"]', "TIPG_DB_SPATIAL_EXTENT": "FALSE", "PGPASSWORD": "none"}
    command = [programs / "uvicorn", "tipg.main:app", "--host", "127.0.0.1", "--port", str(own), "--no-access-log"]
    with (folder / "tipg.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | settings, cwd=folder)
    try:
        end = time.monotonic() + _STARTS_WITHIN_S
        while not _answers(f"{address}/healthz"):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((folder / "tipg.log").read_text(encoding="utf-8")[-2_000:])
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status)
    except (urllib.error.URLError, OSError):
        return False
