# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A city's configuration: what needs a restart. Peers, policy, trust and zoning are data and live elsewhere.

`CITY.toml` is read once, checked whole and turned into frozen dataclasses. An unknown or missing key is an error
that names it, before anything starts.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
import types
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SERVICES = ("identity", "permit", "translation", "twin")
PARTS = ("gateway", *SERVICES)
_AUTHORITY = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):(?P<port>[0-9]{1,5})")
_MAXIMUM_BYTES = 64 * 1024
_LAST_PORT = 65535
_FEWEST_THREADS = 4  # fewer leave no room for short calls beside streams
_MOST_THREADS = 512
_MOST_DAYS = 36_500
_MOST_BYTES = 1024**5
_MOST_MESSAGE = 1024**3 - 1  # grpc counts in 32 bits, and a gateway takes twice as much
_MOST_SECONDS = 366 * 86_400
_MOST_AT_ONCE = 1_000_000
_LEAST_WORKER_MEMORY = 1024 * 1024 * 1024
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
_PATH = re.compile(r"[^\x00-\x1f\x7f]{1,4096}")
_JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")  # ISO 3166
_CRS = re.compile(
    r"EPSG:\d{4,6}|https?://www\.opengis\.net/def/crs/EPSG/[\d.]+/\d{4,6}|urn:ogc:def:crs:EPSG:[\d.]*:\d{4,6}"
)
_DATABASE_REMEDY = "write e.g. postgresql://hanse@db.example/hanse?sslmode=verify-full"
LANGUAGES = ("nl", "en")  # that reports are written in (contract permit/v1, labels.json)
T = TypeVar("T")


class ConfigError(ValueError):
    """The configuration cannot be used; the message names file, key and remedy."""


@dataclass(frozen=True, slots=True)
class City:
    """Who the city is. `authority` is its DNS-like name and the root of its URNs."""

    authority: str
    name: str
    timezone: str = "Europe/Amsterdam"
    languages: tuple[str, ...] = ("nl", "en")
    jurisdiction: str = "NL"
    crs: str = "https://www.opengis.net/def/crs/EPSG/0/7415"


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service listens (`host:port`) and where the others reach it (default: the same)."""

    listen: str
    address: str = ""
    threads: int = 16

    @property
    def reach(self) -> str:
        """The address that the others dial."""
        return self.address or self.listen


@dataclass(frozen=True, slots=True)
class Twin(Service):
    """The twin's service; `database` is the URL of a PostgreSQL database, empty for a SQLite file in `paths.state`.

    No password stands in it: that comes from HANSE_TWIN_DATABASE_PASSWORD or from `.pgpass`. After
    `archive_after_days` points of time series move into files in `paths.state`, which all processes of the twin must
    share; after `keep_past_days` points and former versions of entities are forgotten. 0: never.
    """

    database: str = ""
    archive_after_days: int = 0
    keep_past_days: int = 0


@dataclass(frozen=True, slots=True)
class TwinEdge:
    """The twin over HTTP; without `listen` there is none.

    `contexts` are beginnings of URLs from which JSON-LD contexts may be fetched; `preloaded` are lines "URL FILE" of
    contexts at hand. `networks` are private networks, such as "10.1.0.0/16", in which notification endpoints and
    context sources may be called. `url` is scheme and host as clients see them, where that differs. `open` serves
    plain HTTP to anybody, on loopback only: for conformance suites. `instances` is how many of attributes one answer
    about the past has at most.
    """

    listen: str = ""
    address: str = ""
    url: str = ""
    threads: int = 8
    contexts: tuple[str, ...] = ()
    preloaded: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    open: bool = False
    instances: int = 10_000

    @property
    def reach(self) -> str:
        """The address that others dial."""
        return self.address or self.listen


@dataclass(frozen=True, slots=True)
class Gateway:
    """The one door: `listen` for city platforms, `peer_listen` for other cities' gateways.

    `http_listen` is for HTTP clients: NGSI-LD and OGC API, of this city and of others. Without it there is no HTTP.
    """

    listen: str
    peer_listen: str
    address: str = ""
    peer_address: str = ""
    http_listen: str = ""
    http_address: str = ""

    @property
    def reach(self) -> str:
        """The address that platforms and this city's services dial."""
        return self.address or self.listen

    @property
    def peer_reach(self) -> str:
        """The address that other cities dial."""
        return self.peer_address or self.peer_listen

    @property
    def http_reach(self) -> str:
        """The address that HTTP clients dial; empty where there is none."""
        return self.http_address or self.http_listen


@dataclass(frozen=True, slots=True)
class Nats:
    """The city's NATS server: client port on loopback or inside the deployment, leaf port for neighbours."""

    listen: str
    leaf_listen: str
    address: str = ""
    leaf_address: str = ""
    enabled: bool = True

    @property
    def reach(self) -> str:
        """The address that this city's services dial."""
        return self.address or self.listen

    @property
    def leaf_reach(self) -> str:
        """The address that neighbours' leaf nodes dial."""
        return self.leaf_address or self.leaf_listen


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds; each is named in the error that it raises."""

    max_upload_bytes: int = 256 * 1024 * 1024
    max_message_bytes: int = 20 * 1024 * 1024
    max_load_bytes: int = 2 * 1024 * 1024 * 1024
    check_timeout_s: int = 300
    checks_running: int = 2
    deadline_default_ms: int = 30_000
    deadline_max_ms: int = 600_000
    keep_uploads_days: int = 90
    stream_idle_s: int = 30
    models_per_subject: int = 2000
    model_bytes_per_subject: int = 8 * 1024 * 1024 * 1024
    checks_open_per_subject: int = 20
    worker_memory_bytes: int = 4 * 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Exchange:
    """How the exchange log behaves."""

    checkpoint_interval_ms: int = 500
    envelope_lifetime_s: int = 120


@dataclass(frozen=True, slots=True)
class Paths:
    """Folders, relative to CITY.toml."""

    keys: str = "keys"
    state: str = "state"
    trust: str = "trust"


@dataclass(frozen=True, slots=True)
class CityConfig:
    """Everything in CITY.toml, and the folder it stands in (`root`)."""

    city: City
    gateway: Gateway
    identity: Service
    permit: Service
    translation: Service
    twin: Twin
    nats: Nats
    limits: Limits = field(default_factory=Limits)
    exchange: Exchange = field(default_factory=Exchange)
    twin_edge: TwinEdge = field(default_factory=TwinEdge)
    paths: Paths = field(default_factory=Paths)
    root: Path = Path()

    @property
    def tenant(self) -> str:
        """The first part of every stored key: the city's authority."""
        return self.city.authority

    @property
    def keys(self) -> Path:
        """Folder of keys and certificates."""
        return self.root / self.paths.keys

    @property
    def state(self) -> Path:
        """Folder of the services' databases and uploads."""
        return self.root / self.paths.state

    @property
    def trust(self) -> Path:
        """Folder of anchors and the installed trust list."""
        return self.root / self.paths.trust

    def reach(self, part: str) -> str:
        """The address at which a part's gRPC port is dialled from inside the city."""
        return str(getattr(self, part).reach)

    def listen(self, part: str) -> str:
        """The address at which a part listens."""
        return str(getattr(self, part).listen)


def load(path: Path) -> CityConfig:
    """Reads and checks CITY.toml.

    Raises:
        ConfigError: names the key that is unknown, missing, of the wrong type or out of range.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); make one with `hanse init NAME`") from None
    if len(raw) > _MAXIMUM_BYTES:
        raise ConfigError(f"{path}: {len(raw)} bytes; a configuration has at most {_MAXIMUM_BYTES}")
    try:
        document = tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    if "root" in document:
        raise ConfigError(f"{path}: unknown key root; remove it")
    config = _build(CityConfig, {**document, "root": path.resolve().parent}, str(path), "")
    _check(config, str(path))
    return config


def _build(kind: type[T], values: dict[str, Any], source: str, prefix: str) -> T:
    """A dataclass from a TOML table, strictly."""
    hints, known = get_type_hints(kind), {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            options = ", ".join(sorted(set(known) - {"root"}))
            raise ConfigError(f"{source}: unknown key {prefix}{key}; known here: {options}")
    built: dict[str, Any] = {}
    for name, spec in known.items():
        if name in values:
            built[name] = _convert(hints[name], values[name], source, f"{prefix}{name}")
        elif spec.default is MISSING and spec.default_factory is MISSING:
            raise ConfigError(f"{source}: missing key {prefix}{name}; add it")
    return kind(**built)


def _convert(hint: Any, value: Any, source: str, name: str) -> Any:  # noqa: ANN401 - TOML values are of any type
    """A TOML value as the type a field declares."""
    if is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, dict):
            raise ConfigError(f"{source}: {name} must be a table: write [{name}]")
        return _build(hint, value, source, f"{name}.")
    if get_origin(hint) is tuple:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ConfigError(f"{source}: {name} must be a list of texts")
        return tuple(value)
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(option for option in get_args(hint) if option is not type(None))
    if hint is not Path and (type(value) is not hint):
        raise ConfigError(f"{source}: {name} must be {hint.__name__}, not {type(value).__name__} ({value!r})")
    return value


def split_address(text: str) -> tuple[str, int]:
    """Host and port of `host:port`. Raises ValueError when it is none."""
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > _LAST_PORT:
        raise ValueError(f"{text!r} is no host:port")
    return match["host"].strip("[]"), int(match["port"])


def _check(config: CityConfig, source: str) -> None:
    """What the types alone do not say."""
    if not _AUTHORITY.fullmatch(config.city.authority):
        raise ConfigError(
            f"{source}: city.authority is {config.city.authority!r}; give a DNS name such as marewijk.example"
        )
    try:
        ZoneInfo(config.city.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, such as Europe
        raise ConfigError(f"{source}: city.timezone {config.city.timezone!r} is no IANA time zone") from None
    if not config.city.languages:
        raise ConfigError(f'{source}: city.languages is empty; name at least one, e.g. ["nl", "en"]')
    _check_words(config, source)
    _check_numbers(config, source)
    _check_addresses(config, source)
    _check_edge(config.twin_edge, source)
    _check_database(config.twin.database, source)
    _check_past(config.twin, source)


def _check_numbers(config: CityConfig, source: str) -> None:
    """Numbers that no system call or library takes are refused here, not by a part that ends with an overflow."""
    for section in ("limits", "exchange"):
        for spec in fields(getattr(config, section)):
            value, most = getattr(getattr(config, section), spec.name), _most(spec.name)
            if value <= 0:
                raise ConfigError(f"{source}: {section}.{spec.name} must be above zero")
            if value > most:
                raise ConfigError(f"{source}: {section}.{spec.name} must be at most {most}")
    limits = config.limits
    if limits.worker_memory_bytes < _LEAST_WORKER_MEMORY:
        raise ConfigError(
            f"{source}: limits.worker_memory_bytes must be at least {_LEAST_WORKER_MEMORY}, to read any model"
        )
    if limits.deadline_default_ms > limits.deadline_max_ms:
        raise ConfigError(f"{source}: limits.deadline_default_ms must be at most limits.deadline_max_ms")


def _most(name: str) -> int:
    """The largest value of a number with this name: its unit is the name's ending."""
    if name == "max_message_bytes":
        return _MOST_MESSAGE
    units = {"bytes": _MOST_BYTES, "days": _MOST_DAYS, "s": _MOST_SECONDS, "ms": _MOST_SECONDS * 1000}
    return next((units[word] for word in reversed(name.split("_")) if word in units), _MOST_AT_ONCE)


def _check_past(twin: Twin, source: str) -> None:
    """What is forgotten before it is archived would be archived never."""
    for name in ("archive_after_days", "keep_past_days"):
        if not 0 <= getattr(twin, name) <= _MOST_DAYS:
            raise ConfigError(f"{source}: twin.{name} must be 0, for never, to {_MOST_DAYS}, a hundred years")
    if 0 < twin.keep_past_days <= twin.archive_after_days:
        raise ConfigError(f"{source}: twin.keep_past_days must be more than twin.archive_after_days, or 0, for ever")


def _check_database(url: str, source: str) -> None:
    """A password would stand in a file that is copied and shown."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        named = {name.lower() for name, _ in parse_qsl(parts.query)}
    except ValueError:
        raise ConfigError(f"{source}: twin.database is no URL; {_DATABASE_REMEDY}") from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise ConfigError(f"{source}: twin.database is no PostgreSQL URL; {_DATABASE_REMEDY}")
    if parts.password is not None or "password" in named:
        raise ConfigError(
            f"{source}: twin.database holds a password; take it out and set HANSE_TWIN_DATABASE_PASSWORD or .pgpass"
        )


def _check_edge(edge: TwinEdge, source: str) -> None:
    """An edge without TLS and tokens is for this machine alone."""
    if edge.open and edge.listen and split_address(edge.listen)[0] not in ("127.0.0.1", "::1"):
        raise ConfigError(f"{source}: twin_edge.open serves anybody: twin_edge.listen must be 127.0.0.1 or [::1]")
    if not _FEWEST_THREADS <= edge.threads <= _MOST_THREADS:
        raise ConfigError(f"{source}: twin_edge.threads must be {_FEWEST_THREADS} to {_MOST_THREADS}")
    for network in edge.networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise ConfigError(f"{source}: twin_edge.networks has {network!r}; write it like 10.1.0.0/16") from None
    for prefix in edge.contexts:
        if not re.fullmatch(r"https?://[^/\s]+/\S*", prefix):
            raise ConfigError(f"{source}: twin_edge.contexts has {prefix!r}; write scheme, host and /")


def _check_words(config: CityConfig, source: str) -> None:
    """Texts of a form that only their use would show to be wrong."""
    city = config.city
    for name, text, form, example in (
        ("name", city.name, _PRINTABLE, "Marewijk"),
        ("jurisdiction", city.jurisdiction, _JURISDICTION, "NL"),
        ("crs", city.crs, _CRS, "https://www.opengis.net/def/crs/EPSG/0/7415"),
    ):
        if not form.fullmatch(text):
            raise ConfigError(f"{source}: city.{name} is {text!r}; write e.g. {example!r}")
    for spec in fields(config.paths):
        path = getattr(config.paths, spec.name)
        if not _PATH.fullmatch(path):
            raise ConfigError(f"{source}: paths.{spec.name} is {path!r}; write a folder, e.g. {spec.default!r}")
    for language in city.languages:
        if language not in LANGUAGES or city.languages.count(language) > 1:
            allowed = ", ".join(map(repr, LANGUAGES))
            raise ConfigError(f"{source}: city.languages has {language!r}; reports are in {allowed}: name each once")
    for part in SERVICES:
        if not _FEWEST_THREADS <= getattr(config, part).threads <= _MOST_THREADS:
            raise ConfigError(f"{source}: {part}.threads must be {_FEWEST_THREADS} to {_MOST_THREADS}")


def _check_addresses(config: CityConfig, source: str) -> None:
    """Every address is host:port, and no two parts listen on the same."""
    taken: dict[str, str] = {}
    for name, text in _addresses(config):
        try:
            if split_address(text)[1] == 0:
                raise ValueError(f"{text!r} names no port that others could dial")
        except ValueError as error:
            raise ConfigError(f"{source}: {name}: {error}; write e.g. 127.0.0.1:7100") from None
        if name.endswith("listen"):
            if text in taken:
                raise ConfigError(f"{source}: {name} and {taken[text]} are both {text}; give each its own port")
            taken[text] = name


def _addresses(config: CityConfig) -> list[tuple[str, str]]:
    """Every address in the configuration with its key, but for the empty ones."""
    sections = ((part, getattr(config, part)) for part in (*PARTS, "nats", "twin_edge"))
    return [
        (f"{part}.{spec.name}", getattr(section, spec.name))
        for part, section in sections
        for spec in fields(section)
        if spec.name.endswith(("listen", "address")) and getattr(section, spec.name)
    ]


def config_path() -> Path:
    """Where CITY.toml is when nobody says: `HANSE_CITY`, or city.toml in this folder."""
    return Path(os.environ.get("HANSE_CITY") or "city.toml")
