# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse init`: a new city's configuration and keys."""

from __future__ import annotations

import os
import re
import secrets
import socket
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.cli.failures import told
from hanse.cli.files import will_fill
from hanse.cli.keys import write_city_keys
from hanse.cli.output import CliError, Output
from hanse.cli.program import command
from hanse.kernel.config import CityConfig, ConfigError, load

if TYPE_CHECKING:
    import argparse

    from hanse.kernel.clock import Clock

DEFAULT_BASE_PORT = 7100
_FIRST_PORT, _LAST_PORT = 1024, 65535
_FREE_FROM, _FREE_TO = 12_000, 32_000
_NO_LABEL = "Give --authority, e.g. marewijk.example, and --out FOLDER (or a name with Latin letters)."
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
_TEMPLATE = """\
# {name}: what needs a restart. Peers, policy, trust and zoning are data and change at run time
# (`hanse peer`, `hanse trust`, `hanse zoning`). An unknown or missing key is an error that names it.
# Check with `hanse doctor`.

[city]
authority = "{authority}"  # DNS-like; the root of every URN of this city; never changes
name = "{title}"
timezone = "{timezone}"  # IANA; in-force dates are local dates here
languages = ["nl", "en"]  # of reports, the default first; these two are there
jurisdiction = "NL"  # ISO 3166
crs = "https://www.opengis.net/def/crs/EPSG/0/7415"  # RD New and NAP: the city's own rules

# `listen` is where a part listens, `address` (optional) where others reach it, e.g. "twin:7105".
[gateway]
listen = "{host}:{gateway}"  # city platforms, operators, this city's services
peer_listen = "{host}:{peer}"  # other cities' gateways
{off}http_listen = "{host}:{http}"  # HTTP clients: NGSI-LD and OGC API, of this city and of neighbours

[identity]
listen = "{host}:{identity}"

[permit]
listen = "{host}:{permit}"

[translation]
listen = "{host}:{translation}"

[twin]
listen = "{host}:{twin}"
archive_after_days = 90  # points of time series, into Parquet files in the state folder; 0: never
keep_past_days = 0  # points and former versions of entities; 0: for ever
# database = "postgresql://hanse@db.example/hanse?sslmode=verify-full"  # PostgreSQL with PostGIS; else a SQLite file

{off}[twin_edge]  # the twin over HTTP, behind the gateway's http_listen
{off}listen = "{host}:{edge}"

[nats]
listen = "{host}:{nats}"  # this city's services
leaf_listen = "{host}:{leaf}"  # neighbours' NATS servers
enabled = true  # false: no events; everything else still serves

[limits]
max_upload_bytes = 268_435_456  # one building model
max_message_bytes = 20_971_520  # one gRPC message
max_load_bytes = 2_147_483_648  # one load of the twin
check_timeout_s = 300  # one permit check
checks_running = 2  # side by side; each takes a core
deadline_default_ms = 30_000
deadline_max_ms = 600_000
keep_uploads_days = 90  # building models; reports stay
models_per_subject = 2000  # uploaded and still kept
model_bytes_per_subject = 8_589_934_592
checks_open_per_subject = 20  # waiting or running
worker_memory_bytes = 4_294_967_296  # of each process that reads a building model
stream_idle_s = 30  # how long a stream's client may send nothing

[exchange]
checkpoint_interval_ms = 500
envelope_lifetime_s = 120

[paths]  # relative to this file
keys = "keys"
state = "state"
trust = "trust"
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """A city's ten ports on one host; the last two are for HTTP."""

    gateway: int
    peer: int
    identity: int
    permit: int
    translation: int
    twin: int
    nats: int
    leaf: int
    http: int
    edge: int

    @classmethod
    def from_base(cls, base: int) -> Ports:
        """Ten ports in a row. Raises CliError when they do not fit."""
        if not _FIRST_PORT <= base <= _LAST_PORT - 9:
            raise CliError(f"--base-port {base} is out of range", "Give a port from 1024 to 65526.")
        return cls(*range(base, base + 10))

    @classmethod
    def free(cls) -> Ports:
        """Ten ports that nobody listens on just now, below those that the system gives to callers."""
        found: list[int] = []
        while len(found) < len(cls.__slots__):
            port = _FREE_FROM + secrets.randbelow(_FREE_TO - _FREE_FROM)
            if port not in found and _is_free(port):
                found.append(port)
        return cls(*found)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def city_toml(
    name: str,
    authority: str,
    ports: Ports,
    *,
    host: str = "127.0.0.1",
    timezone: str = "Europe/Amsterdam",
    http: bool = False,
) -> str:
    """A commented CITY.toml; `http` serves the twin over HTTP, too."""
    title = name.replace("\\", "\\\\").replace('"', '\\"')
    values = {part: getattr(ports, part) for part in Ports.__slots__}
    off = "" if http else "# "
    return _TEMPLATE.format(
        name=name, title=title, authority=authority, host=host, timezone=timezone, off=off, **values
    )


def create_city(
    folder: Path,
    name: str,
    authority: str,
    ports: Ports,
    clients: tuple[str, ...] = ("operator", "platform"),
    *,
    clock: Clock | None = None,
    http: bool = False,
) -> CityConfig:
    """Writes `city.toml`, keys and empty folders; returns the configuration as the parts will read it.

    Raises:
        CliError: a city stands there already, or the name or authority cannot be used; nothing was written.
        OSError: the folder cannot be made.
    """
    refuse_city(folder, name, authority, ports)
    path = folder / "city.toml"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / ".city.toml.new"
    draft.write_text(city_toml(name, authority, ports, http=http), encoding="utf-8")
    try:
        config = load(draft)
        write_city_keys(config.keys, authority, clients, clock=clock)
        (config.trust / "anchors").mkdir(parents=True, exist_ok=True)
        config.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.replace(draft, path)  # noqa: PTH105 - the same in one call
    finally:
        draft.unlink(missing_ok=True)
    return load(path)


def refuse_city(folder: Path, name: str, authority: str, ports: Ports) -> None:
    """Says before anything is written why a city cannot be made; returns when it can.

    Raises:
        CliError: a city stands there already, or the name or authority cannot be used.
        OSError: the folder cannot be made.
    """
    if not _NAME.fullmatch(name):
        raise CliError(f"{name[:100]!r} is no city's name", "Give 1 to 80 printable characters.")
    will_fill(folder)
    for existing in (folder / "city.toml", folder / "keys"):
        if existing.exists():
            raise CliError(f"{existing} exists; nothing was changed", "Give another folder with --out.")
    with tempfile.TemporaryDirectory() as draft:
        path = Path(draft) / "city.toml"
        path.write_text(city_toml(name, authority, ports), encoding="utf-8")
        try:
            load(path)
        except ConfigError as error:
            message, remedy = told(error)
            raise CliError(f"{message.removeprefix(f'{path}: ')}; nothing was written", remedy) from None


def authority_label(name: str) -> str:
    """The part of an authority and the folder that a name gives: Latin letters without accents, digits, dashes.

    Raises:
        CliError: the name has none of them.
    """
    if not _NAME.fullmatch(name):
        raise CliError(f"{name[:100]!r} is no city's name", "Give 1 to 80 printable characters.")
    plain = "".join(each for each in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(each))
    label = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not label:
        raise CliError(f"{name!r} has no Latin letters to make an authority of", _NO_LABEL)
    return label


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse init`."""
    parser = subparsers.add_parser("init", help="write a new city's configuration and keys")
    parser.add_argument("name", help="the city's name, e.g. Marewijk")
    parser.add_argument("--authority", help="DNS-like name, the root of the city's URNs (default NAME.example)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where (default: NAME in lower case)")
    parser.add_argument("--base-port", type=int, default=DEFAULT_BASE_PORT, metavar="PORT", help="first of ten")
    parser.add_argument("--http", action="store_true", help="serve the twin over HTTP, too: NGSI-LD and OGC API")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, output: Output) -> int:
    authority = arguments.authority
    if authority is None:
        authority = f"{authority_label(arguments.name)}.example"
    folder = arguments.out
    if folder is None:
        folder = Path(authority_label(arguments.name))
    config = create_city(folder, arguments.name, authority, Ports.from_base(arguments.base_port), http=arguments.http)
    path = config.root / "city.toml"
    where = ("--city", str(path))
    output.result(
        {"city": str(path), "authority": authority, "keys": str(config.keys)},
        f"{arguments.name} ({authority}) stands in {config.root}.\n"
        f"Next: {command('doctor', *where)}, then {command('up', *where)}",
    )
    return 0
