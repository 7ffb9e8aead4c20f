# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The demo's two cities: made from nothing, started as a city would be, stopped whatever happens."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.cli import federation
from hanse.cli.init import Ports, create_city
from hanse.cli.output import CliError
from hanse.kernel.clock import system_clock
from hanse.kernel.config import PARTS
from hanse.kernel.lifeline import SUPERVISOR

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

    from hanse.kernel.config import CityConfig

MAREWIJK, LINDEMOND = "marewijk.example", "lindemond.example"
ANCHOR = "borderland.example"
_STOPPING = (signal.SIGINT, signal.SIGTERM)
TRUST_DAYS = 30
START_TIMEOUT_S = 90.0
_PROBE_S = 2.0
STOP_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Cities:
    """Both cities' configurations, and the public anchor they trust."""

    marewijk: CityConfig
    lindemond: CityConfig
    anchor: Path

    @property
    def both(self) -> tuple[CityConfig, CityConfig]:
        """Marewijk and Lindemond."""
        return (self.marewijk, self.lindemond)


@contextlib.contextmanager
def alone(out: Path) -> Iterator[None]:
    """One demo at a time in a folder of demos: the next one begins with deleting this one's cities.

    Raises:
        CliError: one runs there now, or the folder holds what no demo wrote; nothing is written then.
    """
    lock = out / ".demo.lock"
    if not lock.exists() and any(out.iterdir()):
        raise CliError(f"{out} holds something else than a demo", "Give another folder with --out: an empty one.")
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CliError(f"a demo runs in {out} now", "Stop that one, or give another folder with --out.") from None
        yield


@contextlib.contextmanager
def noticed(asked: threading.Event) -> Iterator[None]:
    """Ctrl-C or SIGTERM is remembered as well as raised: libraries that are just being loaded may swallow it."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        asked.set()
        raise KeyboardInterrupt

    before = [(number, signal.signal(number, interrupt)) for number in _STOPPING]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def create(folder: Path) -> Cities:
    """Configurations, keys, one anchor and a signed trust list in a fresh `folder`.

    Raises:
        CliError: the folder holds what no demo wrote; it is left as it is.
    """
    if folder.exists():
        if not _is_demo(folder):
            raise CliError(f"{folder} holds something else than a demo's cities", "Give another folder with --out.")
        shutil.rmtree(folder)
    anchor = federation.make_anchor(folder / "anchor", ANCHOR)
    marewijk = create_city(folder / "marewijk", "Marewijk", MAREWIJK, Ports.free())
    lindemond = create_city(
        folder / "lindemond", "Lindemond", LINDEMOND, Ports.free(), ("operator", "platform", "architect")
    )
    cities = Cities(marewijk, lindemond, anchor)
    entries = [federation.city_entry(c.keys, c.city.authority, c.city.name) for c in cities.both]
    document = federation.sign_trust_list(folder / "anchor", entries, 1, TRUST_DAYS)
    # This installation will believe the anchor: nobody may sign another list with it.
    (folder / "anchor" / federation.ANCHOR_PRIVATE).unlink()
    for config in cities.both:
        (config.trust / "anchors" / f"{ANCHOR}.json").write_bytes(anchor.read_bytes())
        (config.trust / "list.json").write_bytes(document)
    return cities


def _is_demo(folder: Path) -> bool:
    """Whether a demo wrote it, or began to."""
    if not any(folder.iterdir()):
        return True
    try:
        anchor = json.loads((folder / "anchor" / federation.ANCHOR_PUBLIC).read_bytes())
    except (OSError, ValueError):
        return not [path for path in folder.iterdir() if path.name != "anchor"]
    return isinstance(anchor, dict) and anchor.get("id") == ANCHOR


@contextlib.contextmanager
def running(
    cities: Cities, meanwhile: Callable[[], None], waiting: Callable[[str], None], leaving: Callable[[], None]
) -> Iterator[None]:
    """Both cities up (`hanse up`), every part serving; stopped at the end. They start while `meanwhile` runs.

    Each has a session of its own, so that Ctrl-C reaches the demo alone and both are stopped in order; should the demo
    be killed, they end by themselves.

    Args:
        cities: which.
        meanwhile: what is done while they start.
        waiting: told what is waited for.
        leaving: called before they are stopped, whatever happened.

    Raises:
        CliError: a part did not start; its log is named.
    """
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for config in cities.both:
            with (config.root / "up.log").open("wb") as log:
                command = [sys.executable, "-m", "hanse.cli.main", "up", "--city", str(config.root / "city.toml")]
                process = subprocess.Popen(  # noqa: S603 - our own module
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    env={**os.environ, SUPERVISOR: str(os.getpid())},
                )
                processes.append(process)
        meanwhile()
        for config, process in zip(cities.both, processes, strict=True):
            _wait(config, process, waiting)
        yield
    finally:
        with _undisturbed():
            leaving()
            _stop(processes)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """No second Ctrl-C: stopping takes some seconds and leaves nothing behind only when it comes to its end."""
    before = [(number, signal.signal(number, signal.SIG_IGN)) for number in _STOPPING]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _wait(config: CityConfig, process: subprocess.Popen[bytes], waiting: Callable[[str], None]) -> None:
    from hanse.cli.health import EDGE
    from hanse.cli.supervisor import configured, serves

    clock = system_clock()
    deadline = clock.monotonic() + START_TIMEOUT_S
    for part in (*PARTS, EDGE) if configured(config, EDGE) else PARTS:
        waiting(f"{config.city.name}: {part}")
        while not serves(config, part, _PROBE_S):
            if process.poll() is not None or clock.monotonic() > deadline:
                raise CliError(
                    f"{config.city.name} did not start: no answer from {part}",
                    f"Look at {config.root / 'up.log'} and {config.state / 'log'}.",
                    code=1,
                )


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
