# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What NATS of a city lets parts, clients and neighbours say and hear, on real nats-servers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cities import Processes, make_city, make_federation
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from events_world import (
    Border,
    Desk,
    change,
    join,
    streams,
    subjects_of,
    two_cities,
    until,
)
from nats.aio.client import Client
from nats.errors import Error as NatsError

from hanse.jose import SigningKey
from hanse.kernel.config import split_address
from hanse.kernel.events_connection import STREAM, inbox_of, open_connection
from hanse.kernel.nats_conf import CLIENT_API, LEAF, LEAF_CA, consumer_to, leaf_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nats.aio.msg import Msg

    from hanse.kernel.config import CityConfig

pytestmark = pytest.mark.cities


@pytest.fixture
def border(tmp_path: Path) -> Iterator[Border]:
    with two_cities(tmp_path) as made:
        yield made


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


def test_the_link_is_dialled_from_one_side_and_names_its_consumer(border: Border) -> None:
    border.sender.send(change(1))
    until(lambda: border.receiver.effects(border.here) == [1])
    assert "Leafnode connection created for account" in border.nats[border.federation.there.city.authority].output()
    assert consumer_to("lindemond.example") == "to_lindemond_example"


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
