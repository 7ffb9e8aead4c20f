# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Events over real nats-servers: from one city to another, once, also after kills."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import shutil
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cities import Processes, make_city
from events_world import (
    Border,
    Desk,
    change,
    kill_server,
    streams,
    subjects_of,
    two_cities,
    until,
)
from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeoutError

from hanse.kernel.config import split_address
from hanse.kernel.errors import UnavailableError
from hanse.kernel.events_connection import STREAM, open_connection
from hanse.kernel.nats_conf import consumer_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.kernel.config import CityConfig

pytestmark = pytest.mark.cities


@pytest.fixture
def border(tmp_path: Path) -> Iterator[Border]:
    with two_cities(tmp_path) as made:
        yield made


def test_an_event_crosses_the_border_once_and_in_order(border: Border) -> None:
    border.sender.send(*(change(n) for n in range(50)))
    until(lambda: len(border.receiver.effects(border.here)) >= 50)
    assert border.receiver.effects(border.here) == list(range(50))
    until(lambda: border.sender.waiting() == 0)
    assert border.sender.events.detail == "connected"


def test_events_of_persons_plans_stay_in_the_city(border: Border) -> None:
    permit = Desk(border.federation.here, "permit")
    try:
        permit.send(change(1, "permit/v1", "check-finished"))
        until(lambda: permit.waiting() == 0)
        border.sender.send(change(2))
        until(lambda: border.receiver.effects(border.here) == [2])
        subjects = asyncio.run(subjects_of(border.federation.there, "HANSE_IN_marewijk_example"))
        assert subjects == {"hanse.marewijk_example.twin.v1.entities-changed": 1}
    finally:
        permit.close()


def test_what_a_killed_neighbour_missed_follows(border: Border) -> None:
    border.sender.send(change(0))
    until(lambda: border.receiver.effects(border.here) == [0])
    there = border.federation.there
    kill_server(border.nats[there.city.authority])
    border.sender.send(*(change(n) for n in range(1, 201)))
    until(lambda: border.sender.waiting() == 0)
    border.processes.start(there, "nats")
    until(lambda: len(border.receiver.effects(border.here)) >= 201)
    assert border.receiver.effects(border.here) == list(range(201))


def test_what_was_sent_while_the_own_server_was_away_is_not_lost(border: Border) -> None:
    here = border.federation.here
    kill_server(border.nats[here.city.authority])
    border.sender.send(*(change(n) for n in range(20)))
    until(lambda: border.sender.events.detail.startswith("NATS is away since"))
    assert border.sender.waiting() == 20
    border.processes.start(here, "nats")
    until(lambda: len(border.receiver.effects(border.here)) >= 20)
    assert border.receiver.effects(border.here) == list(range(20))


def test_events_that_were_delivered_elsewhere_are_asked_for_again(border: Border) -> None:
    here, there = border.federation.here, border.federation.there
    border.sender.send(change(0))
    until(lambda: border.receiver.effects(border.here) == [0])
    taken = asyncio.run(take_instead(here, consumer_to(there.city.authority), border, range(1, 20)))
    assert taken, "some were delivered to the thief"
    until(lambda: len(border.receiver.effects(border.here)) >= 20)
    assert border.receiver.effects(border.here) == list(range(20))


async def take_instead(config: CityConfig, consumer: str, border: Border, numbers: range) -> list[int]:
    """Asks for a neighbour's messages beside the neighbour while they are sent; what was got."""
    client = Client()
    await open_connection(client, config, "nats", asyncio.Event())
    inbox = client.new_inbox()
    arriving = await client.subscribe(inbox)
    asked = json.dumps({"batch": 50, "expires": 5_000_000_000}).encode()
    await client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{consumer}", asked, reply=inbox)
    await client.flush()
    border.sender.send(*(change(n) for n in numbers))
    found = []
    with contextlib.suppress(NatsTimeoutError):
        while (message := await arriving.next_msg(2)).reply:
            found.append(int(json.loads(message.data)["data"]["n"]))
    await client.close()
    return found


def test_a_neighbour_whose_stream_began_anew_is_heard(border: Border) -> None:
    here = border.federation.here
    border.sender.send(*(change(n) for n in range(5)))
    until(lambda: len(border.receiver.effects(border.here)) >= 5)
    kill_server(border.nats[here.city.authority])
    shutil.rmtree(here.state / "nats" / "jetstream")
    border.processes.start(here, "nats")
    border.sender.send(*(change(n) for n in range(5, 8)))
    until(lambda: len(border.receiver.effects(border.here)) >= 8)
    assert border.receiver.effects(border.here) == list(range(8))


def test_what_a_neighbour_may_not_say_is_left_out_and_stops_nothing(border: Border) -> None:
    here, there = border.federation.here, border.federation.there
    asyncio.run(export_everything(here, consumer_to(there.city.authority)))
    asyncio.run(say(here, "hanse.marewijk_example.permit.v1.check-finished", b"{}"))
    border.sender.send(change(1))
    until(lambda: border.receiver.effects(border.here) == [1])
    kept = asyncio.run(subjects_of(there, "HANSE_IN_marewijk_example"))
    assert kept == {"hanse.marewijk_example.twin.v1.entities-changed": 1}


async def export_everything(config: CityConfig, consumer: str) -> None:
    """As a city would do that keeps to nothing."""
    client = Client()
    await open_connection(client, config, "nats", asyncio.Event())
    filters = {"filter_subjects": ["hanse.marewijk_example.>"]}
    for request, body in (
        (f"CONSUMER.DELETE.{STREAM}.{consumer}", {}),
        (f"CONSUMER.CREATE.{STREAM}.{consumer}", {"ack_policy": "none", "durable_name": consumer, **filters}),
    ):
        config_of = {"stream_name": STREAM, "config": body} if body else {}
        answer = await client.request(f"$JS.API.{request}", json.dumps(config_of).encode(), timeout=5)
        assert b'"error"' not in answer.data, answer.data
    await client.close()


async def say(config: CityConfig, subject: str, body: bytes) -> None:
    client = Client()
    await open_connection(client, config, "nats", asyncio.Event())
    await client.jetstream().publish(subject, body)
    await client.close()


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # nats-py leaves the socket to the collector
def test_a_server_that_breaks_while_it_is_connected_to_is_tried_again(tmp_path: Path) -> None:
    config = make_city(tmp_path / "city")
    with Processes() as processes:
        with socket.create_server(split_address(config.nats.listen)) as listener:
            desk = Desk(config, "twin")
            half_made, _ = listener.accept()
            with half_made:  # ends with a reset, before TLS has begun
                half_made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        try:
            until(lambda: desk.events.detail.startswith("NATS is away since"))
            processes.start(config, "nats")
            until(lambda: desk.events.detail == "connected")
        finally:
            desk.close()
            gc.collect()


def test_a_killed_consumer_catches_up_and_does_nothing_twice(border: Border) -> None:
    border.sender.send(*(change(n) for n in range(10)))
    until(lambda: len(border.receiver.effects(border.here)) == 10)
    border.receiver.close()
    border.sender.send(*(change(n) for n in range(10, 20)))
    border.receiver = Desk(border.federation.there, "permit")
    until(lambda: len(border.receiver.effects(border.here)) >= 20)
    border.receiver.close()
    asyncio.run(forget_consumer(border.federation.there, "HANSE_IN_marewijk_example", "permit"))
    border.receiver = Desk(border.federation.there, "permit")  # everything is delivered again
    border.sender.send(change(20))
    until(lambda: 20 in border.receiver.effects(border.here))
    assert border.receiver.effects(border.here) == list(range(21))


def test_a_handler_that_fails_leaves_no_trace_and_is_asked_again(border: Border) -> None:
    border.receiver.fail = [ValueError("cannot"), UnavailableError("the disk is full")]
    border.sender.send(change(7))
    until(lambda: border.receiver.effects(border.here) == [7])
    assert not border.receiver.fail


def test_sending_the_same_row_again_makes_no_second_event(border: Border) -> None:
    border.sender.send(change(1))
    until(lambda: border.receiver.effects(border.here) == [1])
    with border.sender.database.write() as connection:
        connection.execute("UPDATE outbox SET published = NULL")  # as if the process died before marking it
    border.sender.send(change(2))
    until(lambda: 2 in border.receiver.effects(border.here))
    assert border.receiver.effects(border.here) == [1, 2]


def test_a_city_that_leaves_the_trust_list_is_heard_no_more(border: Border) -> None:
    border.sender.send(change(1))
    until(lambda: border.receiver.effects(border.here) == [1])
    there = border.federation.there
    document = border.federation.trust_list(2, leave_out=border.here)
    (there.trust / "list.json").write_bytes(document)
    until(lambda: streams(there) == {STREAM})
    border.sender.send(change(2))
    until(lambda: border.sender.waiting() == 0)
    assert f"no events with {border.here}" in border.nats[there.city.authority].output()
    assert border.receiver.effects(border.here) == [1]


def test_a_disabled_nats_is_said_and_stops_nothing(tmp_path: Path) -> None:
    config = make_city(tmp_path / "city", settings={"enabled = true": "enabled = false"})
    desk = Desk(config, "twin")
    desk.send(change(1))
    assert desk.events.detail == "disabled"
    assert desk.waiting() == 1
    desk.close()


async def forget_consumer(config: CityConfig, stream: str, consumer: str) -> None:
    client = Client()
    await open_connection(client, config, "nats", asyncio.Event())
    await client.jetstream().delete_consumer(stream, consumer)
    await client.close()
