# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Receiving: durable pull consumers, each event's effect committed together with the note that it happened."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from hanse.kernel.errors import DeniedError, UnavailableError
from hanse.kernel.events_model import EventError, decode, subject_of

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext

    from hanse.kernel.events_store import Inbox
    from hanse.kernel.storage import Database
    from hanse.kernel.trust import TrustStore

Handler = Callable[[sqlite3.Connection, str, Mapping[str, object]], None]

log = logging.getLogger(__name__)
FETCH, FETCH_WAIT_S = 50, 10.0
ACK_WAIT_S = 30.0
ATTEMPTS = 10  # for an event whose handler fails; a store that is away counts as none
LONGEST_PAUSE_S = 60.0


class Outcome(Enum):
    """What the broker is told of an event."""

    DONE = "ack"
    AGAIN = "nak"
    NEVER = "term"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Turns events of one stream into effects. `trust` is None for the city's own."""

    authority: str
    handlers: Mapping[tuple[str, str], Handler]
    database: Database
    inbox: Inbox
    trust: TrustStore | None

    def receive(self, subject: str, body: bytes, attempt: int) -> Outcome:
        """Handles one event: decode, check the city, then effect and inbox in one transaction."""
        try:
            event = decode(subject, body)
            if self.trust is not None:
                self.trust.city(event.city)
        except (EventError, DeniedError) as error:
            log.warning("event refused: %s", error)
            return Outcome.NEVER
        handler = self.handlers.get((event.contract, event.name))
        if handler is None:
            return Outcome.DONE
        try:
            with self.database.write() as connection:
                if self.inbox.take(connection, event):
                    handler(connection, event.city, event.data)
        except UnavailableError as error:
            log.warning("event %s waits: %s", event.id, error)
            return Outcome.AGAIN
        except Exception:
            # The handler's transaction was rolled back; one event that it cannot take must not stop all others.
            log.exception("event %s (%s) failed, attempt %d", event.id, event.name, attempt)
            return Outcome.AGAIN if attempt < ATTEMPTS else Outcome.NEVER
        return Outcome.DONE

    def filters(self, city: str) -> list[str]:
        """The subjects that this receiver handles in the stream of one city (its token)."""
        return [subject_of(city, contract, name) for contract, name in sorted(self.handlers)]


async def pull(
    stream: JetStreamContext,
    name: str,
    city: str,
    durable: str,
    receiver: Receiver,
    in_thread: Callable[[Callable[[], Any]], Awaitable[Any]],
) -> None:
    """Reads the stream of one city from where this service last was, for ever.

    Only subjects of that city are read, whatever a neighbour may have put into its stream.

    Raises:
        nats.errors.Error, nats.js.errors.Error: the stream or the connection is gone.
    """
    await stream.add_consumer(
        name,
        ConsumerConfig(
            durable_name=durable,
            filter_subjects=receiver.filters(city),
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=ACK_WAIT_S,
            max_deliver=-1,
        ),
    )
    subscription = await stream.pull_subscribe_bind(consumer=durable, stream=name)
    while True:
        try:
            messages = await subscription.fetch(FETCH, timeout=FETCH_WAIT_S)
        except TimeoutError:  # nothing came; nats-py's own is one of these
            continue
        for message in messages:
            await _handle(message, receiver, in_thread)


async def _handle(message: Msg, receiver: Receiver, in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]) -> None:
    attempt = message.metadata.num_delivered or 1
    outcome = await in_thread(lambda: receiver.receive(message.subject, message.data, attempt))
    if outcome is Outcome.DONE:
        await message.ack()
    elif outcome is Outcome.NEVER:
        await message.term()
    else:
        await message.nak(delay=min(0.1 * 2**attempt, LONGEST_PAUSE_S))
