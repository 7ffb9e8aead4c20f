# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Runs a city's parts as child processes: starts, watches, starts again, stops in order.

Children have a session of their own, so that Ctrl-C reaches the supervisor alone and the order of stopping is ours;
should the supervisor be killed, the kernel ends them.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING

from hanse.cli.health import EDGE, edge_is_serving, is_serving
from hanse.cli.keyfiles import refuse_parts
from hanse.cli.output import CliError, Exit
from hanse.kernel.clock import timestamp
from hanse.kernel.config import PARTS, split_address
from hanse.kernel.lifeline import SUPERVISOR
from hanse.kernel.start import EX_CONFIG

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig

ORDER = ("nats", "identity", "translation", "twin", EDGE, "permit", "gateway")  # stopped the other way round
_MODULES = {"nats": "hanse.kernel.nats", EDGE: "hanse.twin.edge.server"}
START_S = 90.0
STOP_S = 20.0
BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
STEADY_S = 60.0  # after so long a crash counts as the first again
LOG_BYTES = 10 * 1024 * 1024
_TAIL = 4096


@dataclass(slots=True)
class Child:
    """A part and its process."""

    name: str
    log: Path
    process: subprocess.Popen[bytes] | None = None
    state: str = "starting"
    restarts: int = 0
    failures: int = 0
    since: float = 0.0
    again_at: float = 0.0

    @property
    def pid(self) -> int:
        """Its process id, or 0."""
        return self.process.pid if self.process is not None and self.process.poll() is None else 0

    def last_words(self) -> str:
        """The last line of its log: a part that cannot start says why there."""
        try:
            with self.log.open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - _TAIL))
                lines = file.read().decode(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1].strip() if lines else "it said nothing"


@dataclass(slots=True)
class Supervisor:
    """The parts of one city on this machine. `changed` is called after each change of state."""

    config: CityConfig
    path: Path
    parts: Sequence[str]
    clock: Clock
    changed: Callable[[Supervisor], None]
    children: list[Child] = field(default_factory=list)
    _locks: list[IO[str]] = field(default_factory=list)
    stopping: bool = False

    def check(self) -> None:
        """What can be said before anything starts.

        Raises:
            CliError: a part is not installed, lacks key files, runs already, or its port is taken.
        """
        for part in self.parts:
            if part in PARTS and find_spec(f"hanse.{part}") is None:
                raise CliError(f"{part} is not installed", f"Install it: pip install 'hanse[{part}]'.")
        refuse_parts(self.config.keys, dict.fromkeys("twin" if part == EDGE else part for part in self.parts))
        if "nats" in self.parts:
            from hanse.kernel.nats import find_server

            find_server()
        self._lock()
        self._status.unlink(missing_ok=True)  # of an earlier run
        for part in self.parts:
            for name, address in listening(self.config, part):
                if not can_listen(address):
                    raise CliError(
                        f"{name} = {address}: the port is taken or the address is not this machine's",
                        f"Stop what listens there, or give another port in {self.path}.",
                        Exit.UNAVAILABLE,
                    )

    def _lock(self) -> None:
        """One supervisor a part: held until this process ends, however it ends."""
        self.config.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        for part in self.parts:
            file = (self.config.state / f"{part}.lock").open("a+")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                raise CliError(
                    f"{part} of {self.config.city.authority} runs already", "Stop the other `hanse up` first."
                ) from None
            self._locks.append(file)

    def start(self) -> None:
        """Starts every part and waits until all serve.

        Raises:
            CliError: a part ended or did not serve in time; everything is stopped again by `stop`.
        """
        folder = self.config.state / "log"
        folder.mkdir(parents=True, exist_ok=True)
        for part in sorted(self.parts, key=ORDER.index):
            child = Child(part, folder / f"{part}.log")
            self.children.append(child)
            self._spawn(child)
        deadline = self.clock.monotonic() + START_S
        while not self.stopping and any(child.state != "serving" for child in self.children):
            for child in self.children:
                self._await(child)
            if self.clock.monotonic() > deadline:
                late = next(child for child in self.children if child.state != "serving")
                raise CliError(
                    f"{late.name} did not serve within {START_S:.0f} s: {late.last_words()}",
                    f"Look at {late.log}.",
                    Exit.UNAVAILABLE,
                )

    def _await(self, child: Child) -> None:
        if child.state == "serving" or child.process is None:
            return
        code = child.process.poll()
        if code is not None:
            raise CliError(
                f"{child.name} cannot start: {child.last_words()}",
                f"Look at {child.log}; `hanse doctor --city {self.path}` says what else is wrong.",
                Exit.USAGE if code == EX_CONFIG else Exit.FAILED,
            )
        if serves(self.config, child.name, 0.5):
            child.state = "serving"
            self._tell()

    def watch_once(self) -> None:
        """Looks at every child once; one that ended is started again, later each time."""
        now = self.clock.monotonic()
        for child in self.children:
            if child.process is not None and (code := child.process.poll()) is not None:
                child.failures = 1 if now - child.since > STEADY_S else child.failures + 1
                pause = BACKOFF_S[min(child.failures, len(BACKOFF_S)) - 1]
                child.process, child.again_at = None, now + pause
                child.state = f"ended with {code}, again in {pause:g} s"
                self._tell()
            elif child.process is None and now >= child.again_at:
                child.restarts += 1
                self._spawn(child)
            elif child.state != "serving" and serves(self.config, child.name, 0.5):
                child.state = "serving"
                self._tell()

    def stop(self) -> None:
        """SIGTERM to each in reverse order, and SIGKILL to one that does not end in time."""
        self.stopping = True
        for child in reversed(self.children):
            if child.process is None:
                continue
            if child.process.poll() is None:
                child.state = "stopping"
                self._tell()
                child.process.send_signal(signal.SIGTERM)
                try:
                    child.process.wait(STOP_S)
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()
            child.state = "stopped"
            self._tell()
        for file in self._locks:
            file.close()
        self._locks.clear()

    def _spawn(self, child: Child) -> None:
        with contextlib.suppress(FileNotFoundError):
            if child.log.stat().st_size > LOG_BYTES:
                child.log.replace(child.log.with_suffix(".log.1"))
        module = _MODULES.get(child.name, f"hanse.{child.name}.main")
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", module, "--city", str(self.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, SUPERVISOR: str(os.getpid())},
            )
        child.state, child.since = "starting", self.clock.monotonic()
        self._tell()

    def _tell(self) -> None:
        """Writes who runs where, for scripts and `hanse doctor`, and calls back."""
        document = {
            "pid": os.getpid(),
            "authority": self.config.city.authority,
            "time": timestamp(self.clock.now()),
            "parts": {
                child.name: {"pid": child.pid, "state": child.state, "restarts": child.restarts, "log": str(child.log)}
                for child in self.children
            },
        }
        draft = self._status.with_suffix(".new")
        draft.write_text(json.dumps(document, indent=1), encoding="utf-8")
        draft.replace(self._status)
        self.changed(self)

    @property
    def _status(self) -> Path:
        name = "up" if set(self.parts) >= set(PARTS) else f"up-{'-'.join(self.parts)}"
        return self.config.state / f"{name}.json"


def configured(config: CityConfig, part: str) -> bool:
    """Whether the city has the part: NATS and the twin's edge may be left out."""
    return {"nats": config.nats.enabled, EDGE: bool(config.twin_edge.listen)}.get(part, True)


def listening(config: CityConfig, part: str) -> list[tuple[str, str]]:
    """Every address that a part listens on, with its key in CITY.toml."""
    found = [(f"{part}.listen", str(getattr(config, part).listen))]
    if part == "gateway":
        found.append(("gateway.peer_listen", config.gateway.peer_listen))
        if config.gateway.http_listen:
            found.append(("gateway.http_listen", config.gateway.http_listen))
    if part == "nats":
        found.append(("nats.leaf_listen", config.nats.leaf_listen))
    return found


def can_listen(address: str) -> bool:
    """Whether a port could be opened there just now."""
    host, port = split_address(address)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError:
        return False
    return True


def serves(config: CityConfig, part: str, timeout_s: float) -> bool:
    """Whether a part answers: its port, and behind it its health service (NATS has none)."""
    try:
        with socket.create_connection(split_address(getattr(config, part).reach), timeout_s):
            pass
    except OSError:
        return False
    if part == EDGE:
        return edge_is_serving(config, timeout_s)
    return part == "nats" or is_serving(config, part, timeout_s)
