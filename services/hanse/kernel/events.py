# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A service's events over NATS JetStream: sent from its outbox, received once.

    outbox = Outbox(config, clock)                     # OUTBOX_SCHEMA is one of the service's migrations
    events = Events(config, "twin", database, clock)
    events.publish(outbox)
    events.consume("zoning/v1", "changed", on_zoning)            # this city's
    events.consume_neighbours("identity/v1", "credential-revoked", on_revoked)
    events.start() ... events.stop()

A handler gets the writing connection inside a transaction, the city's authority and the event's data; its effect
and the note that it happened are committed together. NATS away or disabled stops no service: what is to be sent
waits in the outbox, what was missed comes when it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from hanse.kernel.events_connection import STREAM, STREAM_IN, close_connection, open_connection
from hanse.kernel.events_model import Event, EventError, Received, city_token
from hanse.kernel.events_receive import Handler, Receiver, pull
from hanse.kernel.events_store import OUTBOX_SCHEMA, Inbox, Outbox
from hanse.kernel.trust import TrustStore

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, TypeVar

    from nats.js import JetStreamContext

    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig
    from hanse.kernel.storage import Database

    R = TypeVar("R")

__all__ = ["OUTBOX_SCHEMA", "Event", "EventError", "Events", "Handler", "Inbox", "Outbox", "Received", "city_token"]

log = logging.getLogger(__name__)
BATCH = 100
ACK_TIMEOUT_S = 5.0
IDLE_S = 0.5  # how often the outbox is looked at when nobody wakes it
SCAN_S = 1.0  # how often streams of new neighbours are looked for
RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)
PRUNE_S = 3600.0
AWAY = (OSError, TimeoutError, NatsError, JetStreamError)


class Events:
    """Sends and receives in a thread of its own, with its own event loop and one connection."""

    def __init__(self, config: CityConfig, part: str, database: Database, clock: Clock) -> None:
        self._config, self._part, self._database, self._clock = config, part, database, clock
        self._outboxes: list[Outbox] = []
        self._inbox = Inbox(config, clock)
        self._own: dict[tuple[str, str], Handler] = {}
        self._neighbours: dict[tuple[str, str], Handler] = {}
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"{part}-events-db")
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._added = asyncio.Event()
        self._detail = "not started"

    def publish(self, outbox: Outbox) -> None:
        """Sends what is written into this outbox. Before `start`."""
        outbox.name(self._part)
        outbox.on_add(self._wake)
        self._outboxes.append(outbox)

    def consume(self, contract: str, name: str, handler: Handler) -> None:
        """Handles an event of this city's own services. Before `start`."""
        self._own[contract, name] = handler

    def consume_neighbours(self, contract: str, name: str, handler: Handler) -> None:
        """Handles an event of any trusted neighbour. Before `start`."""
        self._neighbours[contract, name] = handler

    @property
    def detail(self) -> str:
        """How it stands, for health and status: "connected", "disabled", or since when NATS is away and why."""
        return self._detail

    def start(self) -> None:
        """Begins sending and receiving; returns at once, whether or not NATS is there."""
        if not self._config.nats.enabled:
            self._detail = "disabled"
            log.warning("NATS is disabled in the configuration: no events are sent or received")
            return
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run()), name=f"{self._part}-events", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stops after what is being handled; what is not sent yet waits in the outbox."""
        if self._loop is not None and self._thread is not None:
            with contextlib.suppress(RuntimeError):  # the loop may just have ended
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)
        self._executor.shutdown(wait=True)

    def _wake(self) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._added.set)

    async def _run(self) -> None:
        """Connects, works until the connection is gone, and again."""
        self._loop = asyncio.get_running_loop()
        attempt = 0
        while not self._stopping.is_set():
            client = Client()
            gone = asyncio.Event()
            try:
                await open_connection(client, self._config, self._part, gone)
                self._detail, attempt = "connected", 0
                log.info("events: connected to NATS at %s", self._config.nats.reach)
                await self._work(client, gone)
                self._away("the connection was lost")
            except AWAY as error:
                self._away(str(error) or type(error).__name__)
            finally:
                await close_connection(client)
            pause = RETRY_S[min(attempt, len(RETRY_S) - 1)]
            attempt += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    def _away(self, why: str) -> None:
        """Says it once, when it begins."""
        if self._stopping.is_set() or self._detail.startswith("NATS is away"):
            return
        self._detail = f"NATS is away since {self._clock.now():%Y-%m-%dT%H:%M:%SZ}: {why}"
        log.warning("events wait: %s", self._detail)

    async def _work(self, client: Client, gone: asyncio.Event) -> None:
        """Sends and receives until the connection is gone or the service stops; raises what a task raised."""
        stream = client.jetstream(timeout=ACK_TIMEOUT_S)
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(gone.wait()),
            asyncio.create_task(self._stopping.wait()),
            asyncio.create_task(self._prune()),
            *(asyncio.create_task(self._send(stream, outbox)) for outbox in self._outboxes),
        ]
        if self._own or self._neighbours:
            tasks.append(asyncio.create_task(self._receive(client, stream)))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _cancel(tasks)

    async def _send(self, stream: JetStreamContext, outbox: Outbox) -> None:
        """Outbox to broker, in order; a row counts as sent when the broker has confirmed it."""
        while True:
            pending = await self._in_thread(lambda: outbox.pending(self._database, BATCH))
            sent = []
            try:
                for each in pending:
                    await stream.publish(
                        each.subject,
                        each.body,
                        stream=STREAM,
                        headers={"Nats-Msg-Id": each.id, "Content-Type": "application/cloudevents+json"},
                    )
                    sent.append(each)
            finally:
                if sent:
                    await self._in_thread(lambda sent=sent: outbox.mark_sent(self._database, sent))  # type: ignore[misc]
            if not pending:
                self._added.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._added.wait(), IDLE_S)
                    await asyncio.sleep(0.01)  # the transaction that added it is about to end

    async def _receive(self, client: Client, stream: JetStreamContext) -> None:
        """One puller for each stream that holds what this service handles; streams come and go."""
        trust = TrustStore(self._config, self._clock)
        authority = self._config.city.authority
        own = Receiver(authority, self._own, self._database, self._inbox, None)
        foreign = Receiver(authority, self._neighbours, self._database, self._inbox, trust)
        pullers: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                for name in await _stream_names(client):
                    receiver = own if name == STREAM else foreign
                    task = pullers.get(name)
                    if receiver.handlers and (task is None or task.done()):
                        if task is not None and (error := task.exception()) is not None:
                            log.info("events: reading %s again after: %s", name, error)
                        city = city_token(authority) if name == STREAM else name.removeprefix(STREAM_IN)
                        work = pull(stream, name, city, self._part, receiver, self._in_thread)
                        pullers[name] = asyncio.create_task(work)
                await asyncio.sleep(SCAN_S)
        finally:
            await _cancel(list(pullers.values()))

    async def _prune(self) -> None:
        while True:
            await self._in_thread(lambda: self._inbox.prune(self._database))
            for outbox in self._outboxes:
                await self._in_thread(lambda outbox=outbox: outbox.prune(self._database))  # type: ignore[misc]
            await asyncio.sleep(PRUNE_S)

    def _in_thread(self, function: Callable[[], R]) -> Coroutine[Any, Any, R]:
        """Database work, off the loop, one at a time."""

        async def run() -> R:
            return await asyncio.get_running_loop().run_in_executor(self._executor, function)

        return run()


async def _stream_names(client: Client) -> list[str]:
    """This city's stream and those of neighbours that stand here."""
    answer = await client.request("$JS.API.STREAM.NAMES", b"", timeout=ACK_TIMEOUT_S)
    names = json.loads(answer.data).get("streams") or []
    return [name for name in names if name == STREAM or name.startswith(STREAM_IN)]


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    """Ends tasks and waits for them; what they raised was looked at, or ended with the connection."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
