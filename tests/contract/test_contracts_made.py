# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the services make fulfils the contracts, so that whoever implements them from the folder can read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from identity_world import Holder, IdentityWorld

from hanse.contracts import validate_document
from hanse.gateway.exchange.checkpoint import checkpoint_json
from hanse.gateway.exchange.envelope import NOTHING, Answer, Closing, Envelope, RunningHash, sign
from hanse.gateway.exchange.leaf import leaf_bytes, origin
from hanse.identity.model import HYBRID_TYP
from hanse.identity.tokens import Wish
from hanse.jose import HYBRID_ALGS, parse_object, read_general_unverified, read_unverified
from hanse.merkle import sign_checkpoint
from hanse.sdjwt import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clocks import StillClock

SUBJECT = f"urn:hanse:lindemond.example:person:{'0f' * 20}"


@pytest.fixture
def world(tmp_path: Any, clock: StillClock) -> Iterator[IdentityWorld]:
    made = IdentityWorld.make(tmp_path, clock)
    yield made
    made.close()


def claims(token: str) -> dict[str, Any]:
    return dict(parse_object(read_unverified(token)[1], place="token"))


def payload(general: bytes) -> dict[str, Any]:
    return dict(parse_object(read_general_unverified(general)[1], place="payload", max_bytes=2**24))


@pytest.mark.parametrize("disclose", [(), None])
def test_a_credential_as_the_verifier_sees_it(world: IdentityWorld, clock: StillClock, disclose: Any) -> None:
    holder = world.there.issue_to(Holder.new())
    shown = holder.present("nonce", "https://marewijk.example", clock.now(), disclose)
    seen = verify(
        shown,
        world.there.signer.public,
        aud="https://marewijk.example",
        nonce="nonce",
        now=clock.now(),
        required_algs=HYBRID_ALGS,
        typ=HYBRID_TYP,
    ).claims
    assert ("given_name" in seen) is (disclose is None)
    assert validate_document(dict(seen), "identity/v1", "architect-credential") == []


def test_tokens_of_every_grant(world: IdentityWorld) -> None:
    here, there = world.here, world.there
    holder = there.issue_to(Holder.new())
    person = here.exchange.for_presentation(here.presentation_of(holder), Wish(purpose="permit-check"))
    service = here.principal("service:permit")
    own = here.exchange.for_certificate(service, Wish())
    behalf = here.exchange.for_token(person.text, service, Wish())
    abroad = here.exchange.for_token(person.text, service, Wish(audience=there.authority))
    swapped = there.exchange.for_token(abroad.text, there.principal("service:gateway"), Wish())
    for token in (person, own, behalf, abroad, swapped):
        assert validate_document(claims(token.text), "identity/v1", "token") == []
    assert "act" in claims(swapped.text)


def test_lists_that_others_must_read(world: IdentityWorld) -> None:
    trust = payload(world.federation.trust_list())
    assert validate_document(trust, "identity/v1", "trust-list") == []
    status = payload(world.there.issuer.status_list())
    assert validate_document(status, "identity/v1", "status-list") == []


def test_a_revocation_as_it_is_told(world: IdentityWorld) -> None:
    holder = world.there.issue_to(Holder.new())
    world.there.issuer.revoke(holder.id, "lost")
    rows = world.there.database.read().execute("SELECT subject, body FROM outbox").fetchall()
    ((subject, body),) = rows
    assert subject == "hanse.lindemond_example.identity.v1.credential-revoked"
    assert validate_document(bytes(body), "identity/v1") == []
    assert json.loads(body)["type"] == "hanse.identity.v1.credential-revoked"


def test_statements_of_an_exchange(world: IdentityWorld, clock: StillClock) -> None:
    key, now = world.here.signer.es256, int(clock.now().timestamp())
    envelope = Envelope(
        id="01k2v7",
        iss="marewijk.example",
        aud="lindemond.example",
        iat=now,
        exp=now + 60,
        method="/hanse.api.twin.v1.TwinService/StreamEntities",
        contract="twin/v1",
        purpose="permit-check",
        subject=SUBJECT,
        token_sha256=NOTHING,
        payload_sha256=NOTHING,
        deadline_ms=9000,
        kind="stream",
    )
    answer = Answer("01k2v7", "lindemond.example", "marewijk.example", now, NOTHING, NOTHING, "NOT_FOUND", "NOT_FOUND")
    running = RunningHash()
    running.add(b"message")
    closing = Closing("01k2v7", "lindemond.example", "marewijk.example", now, 1, running.hex(), "OK")
    for statement, schema in ((envelope, "envelope"), (answer, "answer"), (closing, "closing")):
        text = sign(statement, key)
        assert validate_document(claims(text), "exchange/v1", schema) == []
        leaf = leaf_bytes("marewijk.example", "request", bytes(32), text)
        assert validate_document(leaf, "exchange/v1", "leaf") == []
    note = sign_checkpoint(origin("marewijk.example"), 3, bytes(32), world.here.signer, clock.now())
    assert validate_document(checkpoint_json("marewijk.example", note), "exchange/v1", "checkpoint") == []
