# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Two cities with NATS, and desks that send and receive events there without the rest of their services."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cities import Federation, Part, Processes, make_federation
from nats.aio.client import Client
from nats.errors import Error as NatsError

from hanse.kernel.clock import system_clock
from hanse.kernel.config import CityConfig
from hanse.kernel.events import OUTBOX_SCHEMA, Event, Events, Outbox
from hanse.kernel.events_connection import open_connection
from hanse.kernel.neighbours import write_neighbours
from hanse.kernel.storage import Database

EFFECTS = "CREATE TABLE effect (tenant TEXT NOT NULL, city TEXT NOT NULL, n INTEGER NOT NULL)"
CONTRACT, NAME = "twin/v1", "entities-changed"


def change(n: int, contract: str = CONTRACT, name: str = NAME) -> Event:
    return Event(contract, "1.0.0", name, "urn:hanse:marewijk.example:dataset:d", {"n": n})


@dataclass
class Desk:
    """A service's events and its database, without the rest of the service."""

    config: CityConfig
    part: str
    fail: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = system_clock()
        self.database = Database(self.config.state / f"{self.part}.db", (OUTBOX_SCHEMA, EFFECTS))
        self.outbox = Outbox(self.config, clock)
        self.events = Events(self.config, self.part, self.database, clock)
        self.events.publish(self.outbox)
        self.events.consume(CONTRACT, NAME, self.note)
        self.events.consume_neighbours(CONTRACT, NAME, self.note)
        self.events.start()

    def note(self, connection: sqlite3.Connection, city: str, data: Mapping[str, object]) -> None:
        connection.execute("INSERT INTO effect VALUES (?, ?, ?)", (self.config.tenant, city, data["n"]))
        if self.fail:
            raise self.fail.pop()

    def send(self, *events: Event) -> None:
        with self.database.write() as connection:
            for event in events:
                self.outbox.add(connection, event)

    def effects(self, city: str) -> list[int]:
        rows = self.database.read().execute("SELECT n FROM effect WHERE city = ? ORDER BY rowid", (city,))
        return [row[0] for row in rows]

    def waiting(self) -> int:
        return len(self.outbox.pending(self.database, 10_000))

    def close(self) -> None:
        self.events.stop()
        self.database.close()


@dataclass
class Border:
    """Two cities with NATS, a sender here and a receiver there."""

    federation: Federation
    processes: Processes
    nats: dict[str, Part]
    sender: Desk
    receiver: Desk

    @property
    def here(self) -> str:
        return self.federation.here.city.authority


@contextlib.contextmanager
def two_cities(folder: Path) -> Iterator[Border]:
    """Runs both cities' NATS, with a sender here and a receiver there."""
    federation = make_federation(folder)
    join(federation)
    with Processes() as processes:
        nats = {c.city.authority: processes.start(c, "nats") for c in federation.cities}
        sender, receiver = Desk(federation.here, "twin"), Desk(federation.there, "permit")
        try:
            yield Border(federation, processes, nats, sender, receiver)
        finally:
            sender.close()
            receiver.close()


def join(federation: Federation) -> None:
    for config in federation.cities:
        others = {c.city.authority: c.nats.leaf_reach for c in federation.cities if c is not config}
        write_neighbours(config, others)


def until(check: Callable[[], bool], timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def kill_server(part: Part) -> None:
    """SIGKILL to the runner and to nats-server itself, so that nothing is closed in order."""
    children = Path(f"/proc/{part.process.pid}/task/{part.process.pid}/children").read_text().split()
    part.kill()
    for child in children:
        os.kill(int(child), signal.SIGKILL)


def streams(config: CityConfig) -> set[str]:
    async def ask() -> set[str]:
        client = Client()
        try:
            await open_connection(client, config, "nats", asyncio.Event())
            names = await client.jetstream().streams_info()
            return {each.config.name for each in names if each.config.name}
        except (OSError, TimeoutError, NatsError):
            return set()
        finally:
            if client.is_connected:
                await client.close()

    return asyncio.run(ask())


async def subjects_of(config: CityConfig, stream: str) -> dict[str, int]:
    client = Client()
    await open_connection(client, config, "nats", asyncio.Event())
    info = await client.jetstream().stream_info(stream, subjects_filter=">")
    await client.close()
    return dict(info.state.subjects or {})
