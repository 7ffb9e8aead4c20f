# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The peer port against envelopes that do not hold, and callers that are not who they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from exchange_rogue import RogueAsker, token_for
from gateway_world import TIMEOUT_S, World, failure, make_world

from hanse.api.exchange.v1 import exchange_pb2
from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc
from hanse.api.twin.v1 import twin_pb2
from hanse.cli.keys import write_city_keys
from hanse.gateway import secure
from hanse.gateway.exchange.envelope import ENVELOPE_TYPE
from hanse.jose import SigningKey, canonical_json, sign_compact
from hanse.kernel import channel as channels
from hanse.kernel import keys
from hanse.kernel.errors import from_rpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAYLOAD = twin_pb2.GetEntityRequest(id="a").SerializeToString()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def rogue(world: World) -> RogueAsker:
    return RogueAsker(world.here.config, world.there.config, world.clock)


def refused(call: Callable[[], object], code: grpc.StatusCode, reason: str) -> None:
    error = failure(call)
    assert (error.code(), from_rpc(error).reason) == (code, reason), error


def test_right_envelope_is_answered(world: World, rogue: RogueAsker) -> None:
    assert rogue.call(rogue.envelope(PAYLOAD), PAYLOAD).answer
    assert world.there.twin.calls[-1].caller.urn == "urn:hanse:marewijk.example:service:gateway"


def test_replayed(world: World, rogue: RogueAsker) -> None:
    envelope = rogue.envelope(PAYLOAD)
    rogue.call(envelope, PAYLOAD)
    served = len(world.there.twin.calls)
    refused(lambda: rogue.call(envelope, PAYLOAD), grpc.StatusCode.ALREADY_EXISTS, "REPLAYED")
    same_id = rogue.envelope(PAYLOAD, id=rogue.claims(PAYLOAD, id="again")["id"])
    rogue.call(same_id, PAYLOAD)
    other = rogue.envelope(PAYLOAD, id="again", purpose="another")
    refused(lambda: rogue.call(other, PAYLOAD), grpc.StatusCode.ALREADY_EXISTS, "REPLAYED")
    assert len(world.there.twin.calls) == served + 1


@pytest.mark.parametrize(
    "changed",
    [
        {"iat": 0, "exp": 60},
        {"iat": 4_000_000_000, "exp": 4_000_000_060},
        {"exp": 4_000_000_000},
        {"aud": "elsewhere.example"},
        {"iss": "elsewhere.example"},
        {"kind": "stream", "payload_sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"method": "/hanse.api.twin.v1.TwinService/StreamEntities"},
        {"payload_sha256": "0" * 64},
        {"token_sha256": "0" * 64},
        {"subject": "urn:hanse:lindemond.example:person:" + "0" * 40},
        {"id": "../x"},
        {"deadline_ms": 10**9},
        {"deadline_ms": -1},
        {"purpose": ""},
        {"purpose": "a\u202eb"},
        {"contract": "twin"},
    ],
    ids=str,
)
def test_wrong_envelope(world: World, rogue: RogueAsker, changed: dict[str, Any]) -> None:
    served = len(world.there.twin.calls)
    call = lambda: rogue.call(rogue.envelope(PAYLOAD, **changed), PAYLOAD)  # noqa: E731 - it is called below
    refused(call, grpc.StatusCode.INVALID_ARGUMENT, "ENVELOPE_INVALID")
    assert len(world.there.twin.calls) == served


def test_unknown_claim(rogue: RogueAsker) -> None:
    claims = rogue.claims(PAYLOAD, extra="x")
    envelope = sign_compact(canonical_json(claims), rogue.key, typ=ENVELOPE_TYPE)
    refused(lambda: rogue.call(envelope, PAYLOAD), grpc.StatusCode.INVALID_ARGUMENT, "ENVELOPE_INVALID")


def test_other_key_or_altered(rogue: RogueAsker) -> None:
    claims = canonical_json(rogue.claims(PAYLOAD))
    forged = sign_compact(claims, SigningKey.generate("ES256"), typ=ENVELOPE_TYPE)
    right = rogue.envelope(PAYLOAD)
    head, body, signature = right.split(".")
    swapped = f"{head}.{rogue.envelope(PAYLOAD).split('.')[1]}.{signature}"
    for envelope in (forged, swapped, f"{head}.{body}.", "", "x", f"{head}.{body}.{signature}A"):
        refused(lambda e=envelope: rogue.call(e, PAYLOAD), grpc.StatusCode.INVALID_ARGUMENT, "ENVELOPE_INVALID")  # type: ignore[misc]


def test_altered_payload_or_token(rogue: RogueAsker) -> None:
    envelope = rogue.envelope(PAYLOAD)
    for payload, token in ((PAYLOAD + b"\0", None), (PAYLOAD, ""), (PAYLOAD, rogue.token + "x")):
        refused(
            lambda p=payload, t=token: rogue.call(envelope, p, t),  # type: ignore[misc]
            grpc.StatusCode.INVALID_ARGUMENT,
            "ENVELOPE_INVALID",
        )
    assert rogue.call(envelope, PAYLOAD).answer, "what was refused has not used up the id"


def test_a_token_for_another_purpose(world: World) -> None:
    rogue = RogueAsker(world.here.config, world.there.config, world.clock, purpose="permit-check")
    other = rogue.envelope(PAYLOAD, purpose="marketing")
    refused(lambda: rogue.call(other, PAYLOAD), grpc.StatusCode.INVALID_ARGUMENT, "ENVELOPE_INVALID")
    assert rogue.call(rogue.envelope(PAYLOAD, purpose="permit-check"), PAYLOAD).answer


def test_each_purpose_has_its_own_token(world: World) -> None:
    for purpose in ("permit-check", "statistics", "permit-check"):
        request = twin_pb2.GetEntityRequest(id="a")
        world.twin().GetEntity(request, metadata=world.abroad(purpose=purpose), timeout=TIMEOUT_S)
        call = world.there.twin.calls[-1]
        assert call.subject is not None
        assert (call.purpose, call.subject.purpose) == (purpose, purpose)


def test_a_token_for_another_purpose_is_not_sent(world: World) -> None:
    token, _ = token_for(world.here.config, "permit", world.there.authority, "permit-check")
    sent = channels.metadata(token, city=world.there.authority, purpose="marketing")
    request = twin_pb2.GetEntityRequest(id="a")
    known = len(world.exchanges(world.here))
    refused(
        lambda: world.twin().GetEntity(request, metadata=sent, timeout=TIMEOUT_S),
        grpc.StatusCode.UNAUTHENTICATED,
        "SUBJECT_TOKEN_INVALID",
    )
    assert len(world.exchanges(world.here)) == known


def test_methods_that_are_not_there(rogue: RogueAsker) -> None:
    unknown = rogue.envelope(PAYLOAD, method="/hanse.api.exchange.v1.PeerService/PutPeer", contract="exchange/v1")
    refused(lambda: rogue.call(unknown, PAYLOAD), grpc.StatusCode.UNIMPLEMENTED, "UNIMPLEMENTED")
    newer = rogue.envelope(PAYLOAD, contract="twin/v2")
    refused(lambda: rogue.call(newer, PAYLOAD), grpc.StatusCode.FAILED_PRECONDITION, "CONTRACT_VERSION_UNSUPPORTED")


def test_certificate_of_an_unknown_authority(world: World, rogue: RogueAsker, tmp_path: Path) -> None:
    write_city_keys(tmp_path / "keys", world.here.authority)
    pair = ((tmp_path / "keys/gateway.key.pem").read_bytes(), (tmp_path / "keys/gateway.pem").read_bytes())
    with rogue.stub(pair) as stub:
        error = failure(lambda: stub.GetPeerCheckpoint(exchange_pb2.GetPeerCheckpointRequest(), timeout=TIMEOUT_S))
    assert error.code() is grpc.StatusCode.UNAVAILABLE, "refused in TLS"


@pytest.mark.parametrize("name", ["client-operator", "twin"])
def test_who_is_no_gateway(rogue: RogueAsker, name: str) -> None:
    with rogue.stub(keys.certificate(rogue.here, name)) as stub:
        refused(
            lambda: stub.GetPeerCheckpoint(exchange_pb2.GetPeerCheckpointRequest(), timeout=TIMEOUT_S),
            grpc.StatusCode.PERMISSION_DENIED,
            "CALLER_NOT_ALLOWED",
        )


@pytest.mark.parametrize("name", ["client-operator", "permit", "gateway"])
def test_one_city_cannot_certify_for_another(world: World, tmp_path: Path, name: str) -> None:
    """Lindemond's authority, which is trusted here, issues a certificate that names a principal of Marewijk."""
    here = world.here.config
    write_city_keys(tmp_path / "keys", world.here.authority)
    pair = _issue_with(world.there.config.keys, tmp_path / "keys", name)
    credentials = grpc.ssl_channel_credentials((here.keys / "ca.pem").read_bytes(), *pair)
    options = [("grpc.ssl_target_name_override", f"gateway.{world.here.authority}")]
    with grpc.secure_channel(here.gateway.reach, credentials, options) as channel:
        stub = identity_pb2_grpc.IdentityServiceStub(channel)
        grant = identity_pb2.ExchangeTokenRequest(certificate=identity_pb2.ExchangeTokenRequest.CertificateGrant())
        refused(
            lambda: stub.ExchangeToken(grant, timeout=TIMEOUT_S),
            grpc.StatusCode.UNAUTHENTICATED,
            "CALLER_NOT_ALLOWED",
        )


def _issue_with(authority: Path, forged: Path, name: str) -> tuple[bytes, bytes]:
    """A certificate for the forged city, issued by another city's authority without its constraints."""
    ca = x509.load_pem_x509_certificate((authority / "ca.pem").read_bytes())
    ca_key = serialization.load_pem_private_key((authority / "ca.key.pem").read_bytes(), None)
    template = x509.load_pem_x509_certificate((forged / f"{name}.pem").read_bytes())
    builder = x509.CertificateBuilder(
        ca.subject,
        template.subject,
        template.public_key(),  # type: ignore[arg-type]
        template.serial_number,
        template.not_valid_before_utc,
        template.not_valid_after_utc,
    )
    names = template.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uris = [name for name in names if isinstance(name, x509.UniformResourceIdentifier)]
    builder = builder.add_extension(x509.SubjectAlternativeName(uris), critical=False)
    made = builder.sign(ca_key, hashes.SHA256())  # type: ignore[arg-type]
    return (forged / f"{name}.key.pem").read_bytes(), made.public_bytes(serialization.Encoding.PEM)


def test_classical_key_exchange_is_refused_by_the_answering_side(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The asking gateway is made to offer and accept X25519 only; the other side still refuses it."""
    monkeypatch.setattr(secure, "GROUP", "X25519")
    world.run(world.here.gateway.peers.drop(world.there.authority))  # type: ignore[union-attr]
    try:
        error = failure(
            lambda: world.twin().GetEntity(
                twin_pb2.GetEntityRequest(id="a"), metadata=world.abroad(), timeout=TIMEOUT_S
            )
        )
    finally:
        monkeypatch.undo()
        world.run(world.here.gateway.peers.drop(world.there.authority))  # type: ignore[union-attr]
    assert (error.code(), from_rpc(error).reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "QUANTUM_SAFE_REQUIRED",
    )
