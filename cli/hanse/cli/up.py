# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse up`: a whole city, or some of its parts, until Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.live import Live

from hanse.cli.health import EDGE
from hanse.cli.output import CliError, Exit, Output, make_table
from hanse.cli.supervisor import ORDER, Supervisor, configured, listening
from hanse.kernel.clock import system_clock
from hanse.kernel.config import CityConfig, load
from hanse.kernel.lifeline import follow_supervisor

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from types import FrameType

    from rich.table import Table

LOOK_S = 0.25


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse up`."""
    parser = subparsers.add_parser("up", help="start a city and keep it running")
    parser.add_argument("--only", metavar="PART[,PART]", help=f"only these, of: {', '.join(ORDER)}")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, output: Output) -> int:
    config = load(arguments.city)
    parts = _parts(config, arguments.only, output)
    show = _Show(output, config)
    asked = threading.Event()
    supervisor = Supervisor(config, arguments.city.resolve(), parts, system_clock(), show.changed)

    def stop(_number: int, _frame: FrameType | None) -> None:
        supervisor.stopping = True
        asked.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    follow_supervisor()  # the demo's cities end with the demo
    supervisor.check()
    with show.live():
        try:
            supervisor.start()
            if not asked.is_set():
                show.ready(supervisor)
            while not asked.wait(LOOK_S):
                supervisor.watch_once()
        finally:
            supervisor.stop()
    return Exit.OK


def _parts(config: CityConfig, only: str | None, output: Output) -> list[str]:
    """The parts to start. Raises CliError for one that there is not."""
    if only is None:
        if not config.nats.enabled:
            output.note("NATS is disabled in the configuration: no events")
        return [part for part in ORDER if configured(config, part)]
    parts = [part.strip() for part in only.split(",") if part.strip()]
    for part in parts:
        if part not in ORDER:
            raise CliError(f"there is no part {part!r}", f"Choose from {', '.join(ORDER)}.")
    if EDGE in parts and not configured(config, EDGE):
        raise CliError(f"{EDGE} is not configured", "Set listen in the section [twin_edge] of CITY.toml.")
    if not parts or len(set(parts)) != len(parts):
        raise CliError(f"--only {only!r} names no part, or one twice", f"Choose from {', '.join(ORDER)}.")
    return parts


@dataclass
class _Show:
    """A live table on a terminal; a line for each change elsewhere."""

    output: Output
    config: CityConfig
    _live: Live | None = None
    _said: dict[str, str] = field(default_factory=dict)

    @contextlib.contextmanager
    def live(self) -> Iterator[None]:
        """The table, while the city runs."""
        if self.output.as_json or not self.output.console.is_terminal:
            yield
            return
        with Live(console=self.output.console, auto_refresh=False) as self._live:
            yield

    def changed(self, supervisor: Supervisor) -> None:
        """Shows the newest state."""
        if self._live is not None:
            self._live.update(self._table(supervisor), refresh=True)
            return
        for child in supervisor.children:
            if self._said.get(child.name) != child.state:
                self._said[child.name] = child.state
                self.output.note(f"{self.config.city.name}: {child.name} {child.state}")

    def ready(self, supervisor: Supervisor) -> None:
        """Everything serves."""
        document = {
            "authority": self.config.city.authority,
            "parts": {child.name: {"pid": child.pid, "log": str(child.log)} for child in supervisor.children},
            "gateway": self.config.gateway.reach,
        }
        if self._live is None:
            parts = ", ".join(child.name for child in supervisor.children)
            self.output.result(document, f"{self.config.city.name} is up: {parts}. Ctrl-C stops it.")

    def _table(self, supervisor: Supervisor) -> Table:
        rows = [
            (
                child.name,
                child.state,
                ", ".join(address for _, address in listening(self.config, child.name)),
                child.pid or "",
                child.restarts or "",
                child.log,
            )
            for child in supervisor.children
        ]
        title = f"{self.config.city.name} ({self.config.city.authority}) - Ctrl-C stops it"
        return make_table(title, ("part", "state", "listens on", "process", "restarts", "log"), rows)
