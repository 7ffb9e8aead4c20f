# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Events over real nats-servers: from one city to another, once, also after kills."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import shutil
import signal
import socket
import ssl
import struct
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cities import Federation, Part, Processes, make_city, make_federation
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError

from hanse.jose import SigningKey
from hanse.kernel.clock import system_clock
from hanse.kernel.config import split_address
from hanse.kernel.errors import UnavailableError
from hanse.kernel.events import OUTBOX_SCHEMA, Event, Events, Outbox
from hanse.kernel.events_connection import STREAM, inbox_of, open_connection
from hanse.kernel.nats_conf import CLIENT_API, LEAF, LEAF_CA, consumer_to, leaf_user
from hanse.kernel.neighbours import write_neighbours
from hanse.kernel.storage import Database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping

    from nats.aio.msg import Msg

    from hanse.kernel.config import CityConfig

pytestmark = pytest.mark.cities
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


@pytest.fixture
def border(tmp_path: Path) -> Iterator[Border]:
    federation = make_federation(tmp_path)
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


def test_a_part_may_publish_its_own_contracts_only(tmp_path: Path) -> None:
    config = make_city(tmp_path / "city")
    with Processes() as processes:
        processes.start(config, "nats")
        until(lambda: STREAM in streams(config))
        assert asyncio.run(publish_as(config, "twin", "hanse.marewijk_example.twin.v1.entities-changed"))
        for part, subject in (
            ("twin", "hanse.marewijk_example.identity.v1.credential-revoked"),
            ("twin", "hanse.lindemond_example.twin.v1.entities-changed"),
            ("twin", "$JS.API.STREAM.DELETE.HANSE"),
            ("client-platform", "hanse.marewijk_example.twin.v1.entities-changed"),
        ):
            assert not asyncio.run(publish_as(config, part, subject)), (part, subject)


DELIVERIES = (
    "hx.marewijk_example.lindemond_example",
    "$JS.API.STREAM.PURGE.HANSE",
    "hanse.marewijk_example.permit.v1.forged",
    f"{inbox_of('client-operator')}.x",
)


def test_a_client_reads_what_is_for_it_and_says_nothing(border: Border) -> None:
    here, there = border.federation.here, border.federation.there
    permit = Desk(here, "permit")
    try:
        permit.send(change(1, "permit/v1", "check-finished"))
        border.sender.send(change(2), change(3))
        until(lambda: border.receiver.effects(border.here) == [2, 3])
        until(lambda: permit.waiting() == 0)
        for name, expected in (("platform", [2, 3]), ("operator", [1, 2, 3])):
            assert sorted(asyncio.run(read_as(here, name, STREAM, 4))) == expected, name
            assert asyncio.run(read_as(here, name, STREAM, 1)) == [], "each is read once"
        assert asyncio.run(read_as(there, "platform", "HANSE_IN_marewijk_example", 3)) == [2, 3]
        before = asyncio.run(subjects_of(here, STREAM)), asyncio.run(subjects_of(there, "HANSE_IN_marewijk_example"))
        heard = asyncio.run(misuse(here, there))
        after = asyncio.run(subjects_of(here, STREAM)), asyncio.run(subjects_of(there, "HANSE_IN_marewijk_example"))
        assert after == before
        assert heard == []
        border.sender.send(change(4))
        until(lambda: border.receiver.effects(border.here) == [2, 3, 4])
    finally:
        permit.close()


async def read_as(config: CityConfig, name: str, stream: str, count: int) -> list[int]:
    """What a client reads, at most so many."""
    client, consumer = Client(), f"client-{name}"
    await open_connection(client, config, consumer, asyncio.Event())
    events = client.jetstream(prefix=CLIENT_API)
    await events.consumer_info(stream, consumer)
    pull = await events.pull_subscribe_bind(consumer=consumer, stream=stream)
    found = []
    with contextlib.suppress(TimeoutError):
        for _ in range(count):
            (message,) = await pull.fetch(1, timeout=0.5)
            found.append(int(json.loads(message.data)["data"]["n"]))
            await message.ack_sync()
    await client.close()
    return found


async def misuse(here: CityConfig, there: CityConfig) -> list[str]:
    """A client asks for messages to be sent where it may not write; the subjects on which anything came of it."""
    heard: list[str] = []
    listeners = [Client(), Client()]
    for listener, config in zip(listeners, (here, there), strict=True):
        await open_connection(listener, config, "nats", asyncio.Event())

        async def note(message: Msg) -> None:
            if b'"n":' in message.data.replace(b" ", b""):
                heard.append(message.subject)

        for subject in DELIVERIES:
            await listener.subscribe(subject, cb=note)
        await listener.flush()
    client, name = Client(), "client-architect"
    await open_connection(client, here, name, asyncio.Event())
    refused: list[object] = []
    for subject in DELIVERIES:
        config = {"durable_name": name, "name": name, "deliver_subject": subject, "ack_policy": "none"}
        body = json.dumps({"stream_name": STREAM, "config": config}).encode()
        for request in ("$JS.API.CONSUMER.CREATE", "events.CONSUMER.CREATE", "$JS.API.CONSUMER.DURABLE.CREATE"):
            try:
                refused.append(await client.request(f"{request}.{STREAM}.{name}", body, timeout=0.2))
            except (TimeoutError, NatsError):
                continue
        body = json.dumps({"batch": 10, "expires": 500_000_000}).encode()
        for api in ("$JS.API", CLIENT_API):
            await client.publish(f"{api}.CONSUMER.MSG.NEXT.{STREAM}.{name}", body, reply=subject)
    await client.flush()
    await asyncio.sleep(1)
    assert refused == []
    for each in (client, *listeners):
        await each.close()
    return heard


def test_a_disabled_nats_is_said_and_stops_nothing(tmp_path: Path) -> None:
    config = make_city(tmp_path / "city", settings={"enabled = true": "enabled = false"})
    desk = Desk(config, "twin")
    desk.send(change(1))
    assert desk.events.detail == "disabled"
    assert desk.waiting() == 1
    desk.close()


def test_the_link_is_dialled_from_one_side_and_names_its_consumer(border: Border) -> None:
    border.sender.send(change(1))
    until(lambda: border.receiver.effects(border.here) == [1])
    assert "Leafnode connection created for account" in border.nats[border.federation.there.city.authority].output()
    assert consumer_to("lindemond.example") == "to_lindemond_example"


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


async def forget_consumer(config: CityConfig, stream: str, consumer: str) -> None:
    client = Client()
    await open_connection(client, config, "nats", asyncio.Event())
    await client.jetstream().delete_consumer(stream, consumer)
    await client.close()


async def publish_as(config: CityConfig, name: str, subject: str) -> bool:
    """Whether the server answers a message that `name` publishes."""
    client = Client()
    await open_connection(client, config, name, asyncio.Event())
    assert client._inbox_prefix.decode() == inbox_of(name)
    try:
        await client.request(subject, b"{}", timeout=0.5)
    except (TimeoutError, NatsError):
        return False
    else:
        return True
    finally:
        await client.close()


def test_a_neighbour_cannot_speak_for_another(tmp_path: Path) -> None:
    cities = (("a.example", "A"), ("b.example", "B"), ("c.example", "C"))
    federation = make_federation(tmp_path, cities)
    join(federation)
    here, forger, victim = federation.cities
    forge_leaf(forger, victim)
    with Processes() as processes:
        nats = processes.start(forger, "nats")  # dials c.example, and is dialled by a.example
        listener = processes.start(victim, "nats")
        until(lambda: "is not permitted by any constraint" in listener.output())
        assert "Leafnode connection created for account: NEIGHBOUR_a_example" not in listener.output()
        assert here.city.authority not in nats.output().partition("Server is ready")[0]


def test_the_leaf_port_refuses_classical_key_exchange(border: Border) -> None:
    # RFC 8446 section 4.1.4 and draft-ietf-tls-ecdhe-mlkem: a client that offers classical groups only has none in
    # common with a server that wants X25519MLKEM768.
    here, there = border.federation.here, border.federation.there
    host, port = split_address(here.nats.leaf_listen)
    context = ssl.create_default_context(cafile=str(here.keys / LEAF_CA))
    context.load_cert_chain(there.keys / f"{LEAF}.pem", there.keys / f"{LEAF}.key.pem")
    context.set_ecdh_curve("prime256v1")
    until(lambda: "Server is ready" in border.nats[here.city.authority].output())
    with socket.create_connection((host, port), 5) as raw, pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"):
        context.wrap_socket(raw, server_hostname="nats.marewijk.example")


def forge_leaf(forger: CityConfig, victim: CityConfig) -> None:
    """A leaf node certificate by the forger's own authority that names the victim's neighbour a.example."""
    authority = x509.load_pem_x509_certificate((forger.keys / LEAF_CA).read_bytes())
    signer = SigningKey.from_pem((forger.keys / "leaf-ca.key.pem").read_bytes()).key
    old = x509.load_pem_x509_certificate((forger.keys / f"{LEAF}.pem").read_bytes())
    builder = x509.CertificateBuilder(
        issuer_name=authority.subject,
        subject_name=old.subject,
        public_key=old.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=old.not_valid_before_utc,
        not_valid_after=old.not_valid_after_utc,
    )
    names = [x509.RFC822Name(leaf_user("a.example")), x509.DNSName("localhost")]
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    forged = builder.sign(signer, hashes.SHA256())
    (forger.keys / f"{LEAF}.pem").write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    assert victim.city.authority > forger.city.authority, "the forger dials"
