# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A PostgreSQL cluster of the tests' own: in a temporary folder, on a Unix socket there, gone at the end.

It listens on no port, and fsync is off. As root it runs as the user `postgres`, which its packages made.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

USER = "postgres"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
    "timezone": "UTC",
}
_STARTS_WITHIN_S = 30.0
_numbers = count()
_running: list[Path] = []
SCHEMAS_A_DATABASE = 20
_rooms = count()
_room: list[str] = []


def programs() -> Path | None:
    """The folder of the newest PostgreSQL server that has PostGIS, None where there is none."""
    found = [
        folder
        for folder in Path("/usr/lib/postgresql").glob("*/bin")
        if (folder / "initdb").exists()
        and (Path("/usr/share/postgresql") / folder.parent.name / "extension/postgis.control").exists()
    ]
    return max(found, key=lambda folder: float(folder.parent.name), default=None)


def url(database: str = USER) -> str:
    """A database of the running cluster."""
    return f"postgresql:///{database}?host={_running[-1]}&user={USER}"


def new_database() -> str:
    """The URL of a database that no test has used."""
    name = f"city_{next(_numbers)}"
    with psycopg.connect(url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return url(name)


def roomy_url() -> str:
    """A database with few schemas: the catalogue of one that has thousands of tables is slow."""
    if next(_rooms) % SCHEMAS_A_DATABASE == 0:
        _room[:] = [new_database()]
    return _room[0]


def new_schema() -> str:
    """A schema's name that no test has used."""
    return f"twin_{next(_numbers)}"


@contextmanager
def cluster(binaries: Path) -> Iterator[None]:
    """A running cluster with an empty database."""
    with server(binaries, USER, SETTINGS) as (folder, _):
        _running.append(folder)
        try:
            yield
        finally:
            _running.remove(folder)


@contextmanager
def server(binaries: Path, user: str, options: Mapping[str, str]) -> Iterator[tuple[Path, int]]:
    """A running server whose superuser is `user`: the folder of its data and its socket, and its process."""
    folder = Path(tempfile.mkdtemp(prefix="hanse-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, USER, USER)
        as_user = ["--reuid", USER, "--regid", USER, "--clear-groups"]
    run = ["setpriv", "--pdeathsig", "INT", *as_user]
    data = folder / "data"
    made = ["-D", data, "-U", user, "-A", "trust", "-E", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"]
    subprocess.run([*run, binaries / "initdb", *made], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*run, binaries / "postgres", "-D", data, "-k", folder, *settings], stdout=log, stderr=log, cwd=folder
        )
    try:
        _wait(binaries, folder, process)
        yield folder, process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        shutil.rmtree(folder)


def _wait(binaries: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _STARTS_WITHIN_S
    ready = [binaries / "pg_isready", "-q", "-h", folder]
    while subprocess.run(ready, check=False).returncode != 0:
        if server.poll() is not None or time.monotonic() > end:
            raise RuntimeError("PostgreSQL did not start: " + (folder / "log").read_text(errors="replace"))
        time.sleep(0.05)
