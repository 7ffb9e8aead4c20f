# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A city's streams: its own events, what each neighbour sends, and the consumers that feed neighbours and clients.

A neighbour reads ours through a consumer that we made beforehand, so it needs no right but to set that one consumer
to a message and to ask for what follows (`hanse.kernel.nats_feed`); what it missed while it was away follows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nats.errors import Error as NatsError

from hanse.kernel.events_connection import STREAM, STREAM_IN
from hanse.kernel.events_model import MAX_EVENT_BYTES, city_token
from hanse.kernel.nats_conf import (
    EXPORTED,
    client_consumer,
    client_reads,
    consumer_to,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nats.aio.client import Client

    from hanse.kernel.nats_conf import Neighbour

_SECOND = 1_000_000_000
MAX_AGE_NS = 7 * 86_400 * _SECOND
MAX_BYTES = 256 * 1024**2
ACK_WAIT_NS = 30 * _SECOND
DEDUPLICATION_NS = 3600 * _SECOND
_TIMEOUT_S = 5.0
MAX_WAITING = 8
FEED_BATCH = 100
FEED_WAIT_NS = 10 * _SECOND
_NOT_FOUND = 404


class StreamError(NatsError):  # type: ignore[misc]
    """JetStream refused a stream or consumer."""


async def ensure(client: Client, own: str, neighbours: Sequence[Neighbour], clients: Sequence[str]) -> None:
    """Makes what is missing, changes what differs, removes what is of cities and clients that are no more.

    Raises:
        StreamError: JetStream refuses.
        nats.errors.Error: it does not answer.
    """
    await _put_stream(client, _own_stream(own))
    wanted = {consumer_to(each.authority): each for each in neighbours}
    for name in await _names(client, f"CONSUMER.NAMES.{STREAM}", "consumers"):
        if name.startswith("to_") and name not in wanted:
            await _ask(client, f"CONSUMER.DELETE.{STREAM}.{name}", {})
    for name, each in wanted.items():
        await _put_consumer(client, STREAM, name, _feed(own, each))
    streams = {STREAM_IN + each.token: each for each in neighbours}
    for name in await _names(client, "STREAM.NAMES", "streams"):
        if name.startswith(STREAM_IN) and name not in streams:
            await _ask(client, f"STREAM.DELETE.{name}", {})
    for each in streams.values():
        await _put_stream(client, _neighbour_stream(each))
    cities = {STREAM: own, **{name: each.authority for name, each in streams.items()}}
    for stream, city in cities.items():
        await _put_readers(client, stream, city, clients)


async def _put_readers(client: Client, stream: str, city: str, clients: Sequence[str]) -> None:
    """The consumers through which clients read a stream, made for them because they may make none themselves."""
    wanted = {client_consumer(name): _reader(stream, city, name) for name in clients}
    for name in await _names(client, f"CONSUMER.NAMES.{stream}", "consumers"):
        if name.startswith(client_consumer("")) and name not in wanted:
            await _ask(client, f"CONSUMER.DELETE.{stream}.{name}", {})
    for name, config in wanted.items():
        await _put_consumer(client, stream, name, config)


async def _put_consumer(client: Client, stream: str, name: str, config: Mapping[str, object]) -> None:
    try:
        await _ask(client, f"CONSUMER.CREATE.{stream}.{name}", config)
    except StreamError:  # it is there and of another kind, which cannot be changed
        await _ask(client, f"CONSUMER.DELETE.{stream}.{name}", {})
        await _ask(client, f"CONSUMER.CREATE.{stream}.{name}", config)


def _reader(stream: str, city: str, name: str) -> dict[str, object]:
    """A client's consumer: what it may read, from the oldest that is kept, each until it says that it has it."""
    return {
        "stream_name": stream,
        "config": {
            "durable_name": client_consumer(name),
            "name": client_consumer(name),
            "filter_subjects": [f"hanse.{city_token(city)}.{contract}.>" for contract in client_reads(name)],
            "deliver_policy": "all",
            "ack_policy": "explicit",
            "ack_wait": ACK_WAIT_NS,
            "replay_policy": "instant",
            "max_deliver": -1,
        },
    }


def _own_stream(own: str) -> dict[str, object]:
    return {"name": STREAM, "subjects": [f"hanse.{city_token(own)}.>"], **_COMMON}


def _neighbour_stream(neighbour: Neighbour) -> dict[str, object]:
    return {"name": STREAM_IN + neighbour.token, "subjects": [f"hanse.{neighbour.token}.>"], **_COMMON}


_COMMON: Mapping[str, object] = {
    "storage": "file",
    "retention": "limits",
    "discard": "old",
    "max_age": MAX_AGE_NS,
    "max_bytes": MAX_BYTES,
    "max_msg_size": MAX_EVENT_BYTES + 8 * 1024,
    "duplicate_window": DEDUPLICATION_NS,
    "num_replicas": 1,
}


def _feed(own: str, neighbour: Neighbour) -> dict[str, object]:
    """The consumer that feeds a neighbour: what is exported. The neighbour knows its own place in it."""
    return {
        "stream_name": STREAM,
        "config": {
            "durable_name": consumer_to(neighbour.authority),
            "name": consumer_to(neighbour.authority),
            "filter_subjects": [f"hanse.{city_token(own)}.{contract}.>" for contract in EXPORTED],
            "deliver_policy": "all",
            "ack_policy": "none",
            "replay_policy": "instant",
            "max_waiting": MAX_WAITING,
            "max_batch": FEED_BATCH,
            "max_expires": FEED_WAIT_NS,
        },
    }


async def _put_stream(client: Client, config: dict[str, object]) -> None:
    try:
        await _ask(client, f"STREAM.UPDATE.{config['name']}", config)
    except StreamError as error:
        if error.args[1:] != (_NOT_FOUND,):
            raise
        await _ask(client, f"STREAM.CREATE.{config['name']}", config)


async def _names(client: Client, request: str, member: str) -> list[str]:
    return list((await _ask(client, request, {})).get(member) or [])


async def _ask(client: Client, request: str, body: Mapping[str, object]) -> dict[str, list[str]]:
    answer = await client.request(f"$JS.API.{request}", json.dumps(body).encode(), timeout=_TIMEOUT_S)
    document: dict[str, list[str]] = json.loads(answer.data)
    if "error" in document:
        error = document["error"]
        code = error.get("code") if isinstance(error, dict) else None
        raise StreamError(f"JetStream refused {request}: {error}", code)
    return document
