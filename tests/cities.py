# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Real cities for tests: configurations with keys and trust in a temporary folder, parts as processes.

    federation = make_federation(tmp_path)
    with Processes() as processes:
        processes.start_city(federation.here)
        channel = connect(federation.here, "client-operator", "gateway")

Every process that was started is ended when the block ends, whatever happened inside.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import grpc
from grpc_health.v1 import health_pb2
from ports import free_port

from hanse.cli.federate import join
from hanse.cli.federation import ANCHOR_PUBLIC, city_entry, make_anchor, sign_trust_list
from hanse.cli.init import Ports, create_city
from hanse.cli.keys import add_client
from hanse.kernel.channel import connect
from hanse.kernel.config import CityConfig, load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from hanse.kernel.clock import Clock

MAREWIJK, LINDEMOND = "marewijk.example", "lindemond.example"
CLIENTS = ("operator", "platform", "architect")
START_TIMEOUT_S = 60.0


def make_city(
    folder: Path,
    authority: str = MAREWIJK,
    name: str = "Marewijk",
    *,
    clients: tuple[str, ...] = CLIENTS,
    clock: Clock | None = None,
    settings: Mapping[str, str] | None = None,
) -> CityConfig:
    """A city in `folder` on free ports; `settings` replaces texts in its city.toml.

    E.g. `settings={"enabled = true": "enabled = false"}`; a text that does not stand there is an error.
    """
    ports = Ports(*(free_port() for _ in Ports.__slots__))
    config = create_city(folder, name, authority, ports, clients, clock=clock)
    path = city_path(config)
    text = path.read_text(encoding="utf-8")
    for old, new in (settings or {}).items():
        assert old in text, f"city.toml has no {old!r}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return load(path)


def city_path(config: CityConfig) -> Path:
    """A city's CITY.toml."""
    return config.root / "city.toml"


@dataclass(frozen=True)
class Federation:
    """Cities that trust one anchor: `here` (Marewijk) and `there` (Lindemond) in most tests."""

    anchor: Path
    cities: tuple[CityConfig, ...]

    @property
    def here(self) -> CityConfig:
        """The first city."""
        return self.cities[0]

    @property
    def there(self) -> CityConfig:
        """The second city."""
        return self.cities[1]

    def trust_list(
        self, version: int = 1, valid_days: float = 30, *, leave_out: str = "", clock: Clock | None = None
    ) -> bytes:
        """A trust list of all cities but `leave_out`."""
        entries = [
            city_entry(c.keys, c.city.authority, c.city.name, clock=clock)
            for c in self.cities
            if c.city.authority != leave_out
        ]
        return sign_trust_list(self.anchor, entries, version, valid_days, clock=clock)


def make_federation(
    folder: Path,
    cities: Sequence[tuple[str, str]] = ((MAREWIJK, "Marewijk"), (LINDEMOND, "Lindemond")),
    *,
    clock: Clock | None = None,
    settings: Mapping[str, str] | None = None,
) -> Federation:
    """Cities with keys, one anchor, and a trust list of all of them installed in each."""
    anchor = folder / "anchor"
    make_anchor(anchor, "anchor.example")
    configs = tuple(
        make_city(folder / authority, authority, name, clock=clock, settings=settings) for authority, name in cities
    )
    federation = Federation(anchor, configs)
    document = federation.trust_list(clock=clock)
    for config in configs:
        (config.trust / "anchors" / "anchor.example.json").write_bytes((anchor / ANCHOR_PUBLIC).read_bytes())
        (config.trust / "list.json").write_bytes(document)
    return federation


def connect_cities(federation: Federation) -> None:
    """Registers the running cities with each other, through their gateways."""
    join(federation.cities)


def new_client(config: CityConfig, name: str) -> str:
    """A certificate for one more client; returns the name that `connect` takes."""
    add_client(config.keys, config.city.authority, name)
    return f"client-{name}"


@dataclass
class Part:
    """A running process of a city."""

    config: CityConfig
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def output(self) -> str:
        """What it wrote to stdout and stderr."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """As a crash would: SIGKILL."""
        self.process.kill()
        self.process.wait(10)

    def stop(self, timeout_s: float = 20) -> int:
        """SIGTERM and wait; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop in {timeout_s} s:\n{self.output()}") from None


@dataclass
class Processes:
    """Starts parts as processes and ends all of them when its block ends."""

    parts: list[Part] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        running = [part for part in reversed(self.parts) if part.process.poll() is None]
        for part in running:
            part.process.terminate()
        deadline = time.monotonic() + 15
        for part in running:
            try:
                part.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                part.process.kill()
                part.process.wait(10)

    def start(self, config: CityConfig, name: str, *, wait: bool = True, env: Mapping[str, str] | None = None) -> Part:
        """`python -m hanse.<name>.main --city ...`, healthy when this returns (unless `wait` is off)."""
        module = "hanse.kernel.nats" if name == "nats" else f"hanse.{name}.main"
        part = self.run([sys.executable, "-m", module, "--city", str(city_path(config))], config, name, env)
        if wait:
            wait_serving(part)
        return part

    def run(self, command: Sequence[str], config: CityConfig, name: str, env: Mapping[str, str] | None = None) -> Part:
        """Any command, ended with the block; its output goes to a file."""
        log = config.root / f"{name}-{len(self.parts)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
            )
        part = Part(config, name, process, log)
        self.parts.append(part)
        return part

    def start_city(
        self,
        config: CityConfig,
        parts: Sequence[str] = ("identity", "translation", "twin", "permit", "gateway"),
    ) -> dict[str, Part]:
        """Several parts at once; all healthy when this returns."""
        started = {name: self.start(config, name, wait=False) for name in parts}
        for part in started.values():
            wait_serving(part)
        return started


def is_serving(config: CityConfig, part: str, timeout_s: float = 2.0) -> bool:
    """Whether the part's health service says SERVING."""
    with connect(config, "client-operator", part) as channel:
        try:
            check = channel.unary_unary(
                "/grpc.health.v1.Health/Check",
                health_pb2.HealthCheckRequest.SerializeToString,
                health_pb2.HealthCheckResponse.FromString,
            )
            answer = check(health_pb2.HealthCheckRequest(), timeout=timeout_s, wait_for_ready=True)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _answers(part: Part) -> bool:
    if part.name == "nats":
        return "NATS serves on" in part.output()
    return is_serving(part.config, part.name)


def wait_serving(part: Part, timeout_s: float = START_TIMEOUT_S) -> None:
    """Until the part serves; fails at once with its output when it has ended."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        code = part.process.poll()
        assert code is None, f"{part.name} ended with {code}:\n{part.output()}"
        if _answers(part):
            return
        time.sleep(0.05)
    raise AssertionError(f"{part.name} did not serve within {timeout_s} s:\n{part.output()}")
