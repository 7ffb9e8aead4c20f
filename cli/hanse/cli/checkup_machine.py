# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse doctor` on the machine: interpreter, packages, ports, disk, clock, nats-server, neighbours."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
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
# What each part imports beyond the base, so that a missing extra is named before it fails.
NEEDS = {
    "gateway": ("nats", "OpenSSL"),
    "identity": ("nats",),
    "permit": ("nats", "babel", "ifcopenshell", "jinja2", "numpy", "pyproj", "shapely"),
    "translation": ("nats", "numpy", "pyproj", "shapely"),
    "twin": ("nats", "numpy", "pyproj", "shapely"),
    "nats": ("nats",),
}
_TRY_S = 1.0


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
    missing = {part: [name for name in needed if find_spec(name) is None] for part, needed in NEEDS.items()}
    for part, names in missing.items():
        if names:
            remedy = f"pip install 'hanse[{part}]', unless it runs elsewhere."
            yield Finding(part, Grade.WARNING, f"not installed here: {', '.join(names)}", remedy)
    if not any(missing.values()):
        yield Finding("packages", Grade.GOOD, f"hanse {_own_version()}, all parts installed")
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


def _own_version() -> str:
    try:
        return version("hanse")
    except PackageNotFoundError:
        return "of an unknown version"


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
