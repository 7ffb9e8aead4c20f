# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Brings neighbours' events into this city's streams, each once and in order, whatever stops meanwhile.

The place in the neighbour's stream is nowhere but in the last message that is kept here. It is said anew with each
reading, and the numbers that the neighbour's server puts on what it delivers show when one is missing: then the
reading begins again behind what is kept. nats-server's own sources keep that place on both sides, and 2.15.1 loses
waiting messages when its consumer still delivers while it is being reset (seen once in about thirty restarts).
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from typing import TYPE_CHECKING

from nats.aio.client import Client
from nats.errors import Error as NatsError

from hanse.kernel.events_connection import STREAM_IN, close_connection, open_connection
from hanse.kernel.events_model import MAX_EVENT_BYTES
from hanse.kernel.nats_conf import EXPORTED, feeding
from hanse.kernel.nats_streams import FEED_BATCH, FEED_WAIT_NS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from nats.aio.msg import Msg

    from hanse.kernel.config import CityConfig
    from hanse.kernel.nats_conf import Neighbour

log = logging.getLogger(__name__)
NUMBER = "Hanse-Neighbour-Sequence"
MADE = "Hanse-Neighbour-Consumer"
KEPT_HEADERS = ("Nats-Msg-Id", "Content-Type")
RETRY_S = (0.2, 0.5, 1.0, 2.0)
HEARTBEAT_NS = 1_000_000_000
_SILENCE_S = 2.5
_TIMEOUT_S = 5.0
_HEARTBEAT = "100"
_TIME_OVER = "408"


class _GapError(NatsError):  # type: ignore[misc]
    """What was delivered is not what follows: the reading begins again."""


async def follow(config: CityConfig, part: str, neighbours: Sequence[Neighbour]) -> None:
    """Reads all neighbours, each by itself, until it is cancelled."""
    await asyncio.gather(*(_follow(config, part, each) for each in neighbours))


async def _follow(config: CityConfig, part: str, neighbour: Neighbour) -> None:
    """One neighbour: connects, reads, and again; a server that is away is asked later."""
    attempt = 0
    while True:
        client = Client()
        try:
            await open_connection(client, config, part, asyncio.Event())
            feed = Feed(client, config.city.authority, neighbour)
            while True:
                await feed.read()
                attempt = 0
        except (OSError, TimeoutError, NatsError, ValueError) as error:
            log.debug("events of %s: %s", neighbour.authority, str(error) or type(error).__name__)
        finally:
            await close_connection(client)
        await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
        attempt += 1


class Feed:
    """The way of one neighbour's events into the stream that is kept of it here."""

    def __init__(self, client: Client, own: str, neighbour: Neighbour) -> None:
        self._client, self._neighbour = client, neighbour
        self._name = STREAM_IN + neighbour.token
        self._publish = client.jetstream(timeout=_TIMEOUT_S).publish
        self._reset, self._next = feeding(neighbour.authority, own)
        self._subjects = tuple(f"hanse.{neighbour.token}.{contract}." for contract in EXPORTED)

    async def read(self) -> None:
        """Says where it stands and takes what follows, until for once nothing does.

        Raises:
            nats.errors.Error, TimeoutError: a server does not answer or does not keep a message, or one is missing.
        """
        number, made = await self.place()
        answer = await self._ask(self._reset, {"seq": number + 1})
        if made and answer.get("created") != made:  # the neighbour's stream began anew, and its numbers with it
            answer = await self._ask(self._reset, {"seq": 1})
        made, count = str(answer.get("created")), 0
        while True:
            before = count
            async for message in self._batch():
                count += 1
                sequence = message.metadata.sequence
                if sequence.consumer != count:
                    raise _GapError
                await self._keep(message, {NUMBER: str(sequence.stream), MADE: made})
            if count == before:
                return

    async def place(self) -> tuple[int, str]:
        """The number, in the neighbour's stream, of the last message that is kept here, and when its consumer was made.

        0 and nothing when no message is kept.
        """
        state = (await self._ask(f"$JS.API.STREAM.INFO.{self._name}", {})).get("state")
        if not isinstance(state, dict) or not state.get("messages"):
            return 0, ""
        last = await self._ask(f"$JS.API.STREAM.MSG.GET.{self._name}", {"seq": state["last_seq"]})
        message = last.get("message")
        given = _headers(base64.b64decode(message.get("hdrs", ""))) if isinstance(message, dict) else {}
        number = given.get(NUMBER, "")
        return (int(number), given.get(MADE, "")) if number.isdecimal() else (0, "")

    async def _batch(self) -> AsyncIterator[Msg]:
        """What the neighbour's server delivers upon one request, until it says that this is all."""
        inbox = self._client.new_inbox()
        arriving = await self._client.subscribe(inbox)
        try:
            asked = {"batch": FEED_BATCH, "expires": FEED_WAIT_NS, "idle_heartbeat": HEARTBEAT_NS}
            await self._client.publish(self._next, json.dumps(asked).encode(), reply=inbox)
            taken = 0
            while taken < FEED_BATCH:
                message = await arriving.next_msg(_SILENCE_S)
                if message.reply:
                    taken += 1
                    yield message
                elif (status := (message.headers or {}).get("Status")) == _TIME_OVER:
                    return
                elif status != _HEARTBEAT:  # asked again at once, it would only refuse again
                    raise NatsError(f"the neighbour's server does not deliver: {message.headers}")
        finally:
            await arriving.unsubscribe()

    async def _keep(self, message: Msg, place: dict[str, str]) -> None:
        """Kept when our server says so. What a neighbour may not say is left out: it would stop all that follows."""
        if not message.subject.startswith(self._subjects) or len(message.data) > MAX_EVENT_BYTES:
            log.warning("event %s of %s is left out: its subject or size", place[NUMBER], self._neighbour.authority)
            return
        given = message.headers or {}
        headers = {**place, **{name: given[name] for name in KEPT_HEADERS if name in given}}
        await self._publish(message.subject, message.data, stream=self._name, headers=headers)

    async def _ask(self, subject: str, body: object) -> dict[str, object]:
        answer = await self._client.request(subject, json.dumps(body).encode(), timeout=_TIMEOUT_S)
        document = json.loads(answer.data)
        if not isinstance(document, dict) or "error" in document:
            raise NatsError(f"JetStream refused {subject}: {answer.data[:200]!r}")
        return document


def _headers(block: bytes) -> dict[str, str]:
    """A message's headers as JetStream stores them."""
    lines = (line.partition(":") for line in block.decode("utf-8", "replace").splitlines())
    return {name: value.strip() for name, _, value in lines}
