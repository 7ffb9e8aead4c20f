# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Envelopes, answers and closings: what is signed comes back, what is not exactly so is refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hanse.gateway.exchange.envelope import (
    ENVELOPE_TYPE,
    NOTHING,
    Answer,
    Broken,
    Closing,
    Envelope,
    EnvelopeError,
    RunningHash,
    check_running,
    read_statement,
    sha256_hex,
    sign,
    verify_answer,
    verify_closing,
    verify_envelope,
)
from hanse.jose import ES256, KeySet, SigningKey, canonical_json, sign_compact

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
IAT = int(NOW.timestamp())
HERE, THERE = "marewijk.example", "lindemond.example"
KEY, OTHER = SigningKey.generate(ES256), SigningKey.generate(ES256)
KEYS = KeySet.of(KEY.public)
ENVELOPE = Envelope(
    id="01k2v7w3xq8d5m0r4t6y9a1b2g",
    iss=HERE,
    aud=THERE,
    iat=IAT,
    exp=IAT + 120,
    method="/hanse.api.twin.v1.TwinService/GetEntity",
    contract="twin/v1",
    purpose="permit-check",
    subject=f"urn:hanse:{THERE}:person:{'0f' * 20}",
    token_sha256=sha256_hex("token"),
    payload_sha256=sha256_hex(b"payload"),
    deadline_ms=5000,
    kind="unary",
)


def verify(text: str, now: datetime = NOW) -> Envelope:
    return verify_envelope(text, KEYS, now, issuer=HERE, audience=THERE)


@pytest.mark.parametrize(
    "envelope",
    [
        ENVELOPE,
        replace(ENVELOPE, idempotency_key="k-1"),
        replace(ENVELOPE, kind="stream", payload_sha256=NOTHING),
        replace(ENVELOPE, subject=f"urn:hanse:{HERE}:service:identity", token_sha256=NOTHING),
    ],
)
def test_comes_back(envelope: Envelope) -> None:
    assert verify(sign(envelope, KEY)) == envelope


@pytest.mark.parametrize(
    ("seconds", "holds"), [(-31, False), (-29, True), (0, True), (149, True), (151, False)], ids=str
)
def test_holds_in_its_time_with_little_skew(seconds: int, *, holds: bool) -> None:
    text = sign(ENVELOPE, KEY)
    if holds:
        verify(text, NOW + timedelta(seconds=seconds))
    else:
        with pytest.raises(EnvelopeError, match="clocks"):
            verify(text, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": THERE, "aud": HERE},
        {"aud": "elsewhere.example"},
        {"iss": "elsewhere.example"},
        {"id": ""},
        {"id": "a b"},
        {"id": "x" * 101},
        {"method": "TwinService/GetEntity"},
        {"contract": "twin/v0"},
        {"purpose": ""},
        {"purpose": "a\nb"},
        {"subject": "noor@example.org"},
        {"token_sha256": "AB" * 32},
        {"payload_sha256": "0"},
        {"deadline_ms": 600_001},
        {"deadline_ms": True},
        {"deadline_ms": 1.5},
        {"iat": "now"},
        {"kind": "both"},
        {"kind": "stream"},
    ],
    ids=str,
)
def test_each_claim_is_read_strictly(changed: dict[str, Any]) -> None:
    with pytest.raises(EnvelopeError):
        verify(sign(replace(ENVELOPE, **changed), KEY))


def claims(**changed: object) -> dict[str, object]:
    return {
        **{name: getattr(ENVELOPE, name) for name in Envelope.__slots__ if name != "idempotency_key"},
        **changed,
    }


def test_unknown_and_missing_claims() -> None:
    assert verify(sign_compact(canonical_json(claims()), KEY, typ=ENVELOPE_TYPE)) == ENVELOPE
    for wrong in (claims(extra=1), {k: v for k, v in claims().items() if k != "purpose"}):
        with pytest.raises(EnvelopeError):
            verify(sign_compact(canonical_json(wrong), KEY, typ=ENVELOPE_TYPE))


def test_only_canonical_claims_the_right_type_and_header() -> None:
    spaced = canonical_json(claims()).replace(b'":', b'": ', 1)
    for text in (
        sign_compact(spaced, KEY, typ=ENVELOPE_TYPE),
        sign_compact(canonical_json(claims()), KEY, typ="hanse-answer+jwt"),
        sign_compact(canonical_json(claims()), KEY, typ=ENVELOPE_TYPE, header={"cty": "x"}),
        sign(ENVELOPE, OTHER),
    ):
        with pytest.raises(EnvelopeError):
            verify(text)


def test_an_answer_belongs_to_one_envelope() -> None:
    text = sign(ENVELOPE, KEY)
    answer = Answer(ENVELOPE.id, THERE, HERE, IAT, sha256_hex(text), sha256_hex(b"answer"), "OK")
    assert verify_answer(sign(answer, KEY), KEYS, NOW, ENVELOPE, text) == answer
    refusal = replace(answer, status="NOT_FOUND", reason="NOT_FOUND")
    assert verify_answer(sign(refusal, KEY), KEYS, NOW, ENVELOPE, text) == refusal
    for wrong in (
        replace(answer, envelope_sha256=sha256_hex(text + "x")),
        replace(answer, id="another"),
        replace(answer, iss=HERE),
        replace(answer, aud=THERE),
        replace(answer, status="FINE"),
        replace(answer, reason="because"),
        replace(answer, iat=IAT + 60),
    ):
        with pytest.raises(EnvelopeError):
            verify_answer(sign(wrong, KEY), KEYS, NOW, ENVELOPE, text)


def test_running_hash_is_the_contracts() -> None:
    running, expected = RunningHash(), bytes(32)
    for message in (b"", b"one", b"two" * 1000):
        running.add(message)
        expected = hashlib.sha256(expected + hashlib.sha256(message).digest()).digest()
    assert (running.count, running.hex()) == (3, expected.hex())


def test_a_closing_closes_one_direction() -> None:
    running = RunningHash()
    running.add(b"one")
    closing = Closing(ENVELOPE.id, THERE, HERE, IAT, 1, running.hex(), "OK")

    def read(text: str) -> Closing:
        return verify_closing(text, KEYS, NOW, ENVELOPE, issuer=THERE)

    check_running(read(sign(closing, KEY)), running)
    for wrong in (replace(closing, iss=HERE, aud=THERE), replace(closing, id="another"), replace(closing, count=-1)):
        with pytest.raises(EnvelopeError):
            read(sign(wrong, KEY))
    running.add(b"two")
    with pytest.raises(EnvelopeError, match="2 messages came"):
        check_running(closing, running)
    with pytest.raises(EnvelopeError):
        check_running(replace(closing, count=2), running)


def test_statements_of_the_past_are_read_without_a_clock() -> None:
    broken = Broken(ENVELOPE.id, HERE, 0, NOTHING, "OPERATION_LOST")
    assert read_statement(sign(broken, KEY), Broken, KEYS) == broken
    assert read_statement(sign(ENVELOPE, KEY), Envelope, KEYS) == ENVELOPE
    with pytest.raises(EnvelopeError):
        read_statement(sign(broken, KEY), Envelope, KEYS)
