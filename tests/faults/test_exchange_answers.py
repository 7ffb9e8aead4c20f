# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
# ruff: noqa: ARG005 - each case takes what the others need
"""The asking side against a peer with a city's real keys whose answers and streams do not hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import grpc
import pytest
from exchange_rogue import exchange_key, rogue_answerer
from gateway_world import TIMEOUT_S, World, failure, make_world
from google.rpc import error_details_pb2, status_pb2

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.api.twin.v1 import twin_pb2
from hanse.api.types.v1 import types_pb2
from hanse.gateway.exchange.envelope import NOTHING, Answer, Closing, RunningHash, sha256_hex, sign
from hanse.jose import SigningKey, parse_object, read_unverified
from hanse.kernel.errors import NotFoundError, from_rpc, to_status
from hanse.kernel.text import steers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BODY = types_pb2.Entity(id="rogue").SerializeToString()
PAGE = twin_pb2.QueryEntitiesResponse(next_page_token="x").SerializeToString()  # noqa: S106 - no secret

OTHER = twin_pb2.QueryEntitiesResponse(next_page_token="y").SerializeToString()  # noqa: S106 - no secret


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


class Rogue(exchange_pb2_grpc.ExchangeServiceServicer):
    """Answers with what `answer` and `frames` make of the right thing."""

    def __init__(self, world: World) -> None:
        self.key, self.clock = exchange_key(world.there.config), world.clock
        self.answer: Callable[[Answer], tuple[str, bytes, bytes]] = lambda right: (sign(right, self.key), BODY, b"")
        self.frames: Callable[[Answer, Closing], Iterator[exchange_pb2.Frame]] = self.right_frames
        self.status = "OK"

    def right(self, envelope: str, body: bytes) -> Answer:
        """The answer that a real gateway would sign."""
        claims = parse_object(read_unverified(envelope)[1])
        now = int(self.clock.now().timestamp())
        return Answer(
            str(claims["id"]), str(claims["aud"]), str(claims["iss"]), now, sha256_hex(envelope), sha256_hex(body), "OK"
        )

    def Call(self, request: exchange_pb2.CallRequest, _context: object) -> exchange_pb2.CallResponse:  # noqa: N802
        text, payload, error = self.answer(self.right(request.envelope, BODY))
        return exchange_pb2.CallResponse(answer=text, payload=payload, error=error)

    def Stream(  # noqa: N802
        self, request_iterator: Iterator[exchange_pb2.Frame], _context: object
    ) -> Iterator[exchange_pb2.Frame]:
        opening = next(request_iterator)
        for _ in request_iterator:
            pass
        answer = replace(self.right(opening.opening.jws, b""), payload_sha256=NOTHING)
        running = RunningHash()
        running.add(PAGE)
        closing = Closing(answer.id, answer.iss, answer.aud, answer.iat, 1, running.hex(), "OK")
        yield from self.frames(answer, closing)

    def right_frames(self, answer: Answer, closing: Closing) -> Iterator[exchange_pb2.Frame]:
        """A stream as it should be."""
        yield self.opening(answer)
        yield exchange_pb2.Frame(message=PAGE)
        yield self.closing(closing)

    def opening(self, answer: Answer, key: SigningKey | None = None) -> exchange_pb2.Frame:
        return exchange_pb2.Frame(opening=exchange_pb2.Opening(jws=sign(answer, key or self.key)))

    def closing(self, closing: Closing, key: SigningKey | None = None, error: bytes = b"") -> exchange_pb2.Frame:
        return exchange_pb2.Frame(closing=exchange_pb2.Closing(jws=sign(closing, key or self.key), error=error))


@pytest.fixture
def rogue(world: World) -> Iterator[Rogue]:
    servicer = Rogue(world)
    with rogue_answerer(world.there.config, servicer) as address:
        world.register(world.here, world.there, address)
        yield servicer


def ask(world: World) -> types_pb2.Entity:
    return world.twin().GetEntity(twin_pb2.GetEntityRequest(id="a"), metadata=world.abroad(), timeout=TIMEOUT_S)


def read(world: World) -> list[twin_pb2.QueryEntitiesResponse]:
    query = twin_pb2.QueryEntitiesRequest(page_size=1)
    return list(world.twin().StreamEntities(query, metadata=world.abroad(), timeout=TIMEOUT_S))


def last(world: World) -> tuple[int, str]:
    record = world.exchanges(world.here)[0]
    return record.state, record.status


def test_the_right_answer_is_taken(world: World, rogue: Rogue) -> None:
    assert ask(world).id == "rogue"
    assert len(read(world)) == 1
    assert last(world) == (exchange_pb2.ExchangeRecord.STATE_COMPLETE, "OK")
    assert rogue.status == "OK"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda rogue, right: ("", BODY, b""),
        lambda rogue, right: (sign(right, SigningKey.generate("ES256")), BODY, b""),
        lambda rogue, right: (sign(right, rogue.key), BODY + b"\0", b""),
        lambda rogue, right: (sign(right, rogue.key), b"", BODY),
        lambda rogue, right: (sign(replace(right, envelope_sha256="0" * 64), rogue.key), BODY, b""),
        lambda rogue, right: (sign(replace(right, id="another"), rogue.key), BODY, b""),
        lambda rogue, right: (sign(replace(right, aud="elsewhere.example"), rogue.key), BODY, b""),
        lambda rogue, right: (sign(replace(right, iat=right.iat + 3600), rogue.key), BODY, b""),
        lambda rogue, right: (sign(replace(right, status="NOT_FOUND"), rogue.key), BODY, b""),
        lambda rogue, right: _denied(rogue, right, "UNAVAILABLE"),
    ],
    ids=["none", "key", "payload", "error", "envelope", "id", "city", "future", "status", "another-status"],
)
def test_an_answer_that_does_not_hold_is_not_released(
    world: World, rogue: Rogue, wrong: Callable[[Rogue, Answer], tuple[str, bytes, bytes]]
) -> None:
    rogue.answer = lambda right: wrong(rogue, right)
    error = failure(lambda: ask(world))
    assert from_rpc(error).reason == "ENVELOPE_INVALID"
    assert last(world) == (exchange_pb2.ExchangeRecord.STATE_BROKEN, "ENVELOPE_INVALID")


def _denied(rogue: Rogue, right: Answer, name: str) -> tuple[str, bytes, bytes]:
    error = to_status(NotFoundError("no")).SerializeToString()
    return sign(replace(right, payload_sha256=sha256_hex(error), status=name), rogue.key), b"", error


def test_a_signed_refusal_comes_through(world: World, rogue: Rogue) -> None:
    rogue.answer = lambda right: _denied(rogue, right, "NOT_FOUND")
    assert failure(lambda: ask(world)).code() is grpc.StatusCode.NOT_FOUND
    assert last(world) == (exchange_pb2.ExchangeRecord.STATE_COMPLETE, "NOT_FOUND")


GARBAGE = b"\xff" * 9
STEERING = "no\n2026-11-23 ERROR forged\x1b[2J\u202e\u2028"


def garbled() -> status_pb2.Status:
    """A status whose every detail is broken or more than one wants."""
    status = status_pb2.Status(code=5, message=STEERING + "x" * 1_000_000)
    status.details.add(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=GARBAGE)
    for number in range(3):
        info = error_details_pb2.ErrorInfo(reason=f"REASON_{number}", domain="elsewhere")
        info.metadata["remedy"] = STEERING + "y" * 100_000
        status.details.add().Pack(info)
    bad = error_details_pb2.BadRequest()
    for number in range(1000):
        bad.field_violations.add(field=f"field{number}", description=STEERING)
    status.details.add().Pack(bad)
    return status


@pytest.mark.parametrize("shape", ["unary", "stream"])
def test_a_refusal_of_any_shape_is_passed_on_in_ours(world: World, rogue: Rogue, shape: str) -> None:
    body = garbled().SerializeToString()
    signed = {"status": "NOT_FOUND", "reason": "REASON_0"}
    rogue.answer = lambda right: (
        sign(replace(right, payload_sha256=sha256_hex(body), **signed), rogue.key), b"", body,
    )  # fmt: skip
    rogue.frames = lambda answer, closing: iter(
        [rogue.opening(answer), exchange_pb2.Frame(message=PAGE), rogue.closing(replace(closing, **signed), error=body)]
    )
    error = failure(lambda: ask(world) if shape == "unary" else read(world))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    _is_ours(error, "REASON_0")
    assert last(world) == (exchange_pb2.ExchangeRecord.STATE_COMPLETE, "NOT_FOUND")


def _is_ours(error: grpc.RpcError, reason: str) -> None:
    (details,) = [value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"]  # type: ignore[attr-defined]
    status = status_pb2.Status.FromString(details)
    assert len(details) < 6000
    assert len(status.message) <= 2000
    assert sum(detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR) for detail in status.details) == 1
    domain = from_rpc(error)
    assert domain.reason == reason
    for text in (status.message, domain.message, domain.remedy, *(v.description for v in domain.violations)):
        assert not steers(text), text


@pytest.mark.parametrize("shape", ["unary", "stream"])
@pytest.mark.parametrize(
    ("body", "status"), [(GARBAGE, "INTERNAL"), (b"\x08\xe7\x07", "OK"), (b"\x08\x00", "INTERNAL")]
)
def test_a_refusal_that_is_none_breaks_the_exchange(
    world: World, rogue: Rogue, shape: str, body: bytes, status: str
) -> None:
    rogue.answer = lambda right: (
        sign(replace(right, payload_sha256=sha256_hex(body), status=status), rogue.key), b"", body,
    )  # fmt: skip
    rogue.frames = lambda answer, closing: iter(
        [rogue.opening(answer), rogue.closing(replace(closing, status=status), error=body)]
    )
    error = failure(lambda: ask(world) if shape == "unary" else read(world))
    assert from_rpc(error).reason == "ENVELOPE_INVALID"
    assert last(world) == (exchange_pb2.ExchangeRecord.STATE_BROKEN, "ENVELOPE_INVALID")


@pytest.mark.parametrize("shape", ["unary", "stream"])
@pytest.mark.parametrize("details", ["none", "garbage", "garbled", "success"])
def test_a_call_that_the_other_gateway_ends_breaks_the_exchange(
    world: World, rogue: Rogue, monkeypatch: pytest.MonkeyPatch, shape: str, details: str
) -> None:
    found = {
        "garbage": GARBAGE,
        "garbled": status_pb2.Status(code=5, message=STEERING, details=garbled().details[:2]).SerializeToString(),
        "success": status_pb2.Status(code=0, message=STEERING).SerializeToString(),
    }

    def end(context: grpc.ServicerContext) -> None:
        if details in found:
            value = found[details] if details != "garbled" else found[details][:3000]
            context.set_trailing_metadata((("grpc-status-details-bin", value),))
        context.abort(grpc.StatusCode.NOT_FOUND, STEERING)

    def stream(_requests: object, context: grpc.ServicerContext) -> Iterator[exchange_pb2.Frame]:
        end(context)
        yield from ()

    monkeypatch.setattr(rogue, "Call", lambda _request, context: end(context), raising=False)
    monkeypatch.setattr(rogue, "Stream", stream, raising=False)
    with rogue_answerer(world.there.config, rogue) as address:
        world.register(world.here, world.there, address)
        error = failure(lambda: ask(world) if shape == "unary" else read(world))
    _is_ours(error, "NOT_FOUND")
    assert last(world)[0] == exchange_pb2.ExchangeRecord.STATE_BROKEN


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        (lambda r, a, c: [r.opening(a), exchange_pb2.Frame(message=PAGE)], "PEER_UNAVAILABLE"),
        (lambda r, a, c: [], "PEER_UNAVAILABLE"),
        (lambda r, a, c: [exchange_pb2.Frame(message=PAGE), r.closing(c)], "ENVELOPE_INVALID"),
        (lambda r, a, c: [r.opening(a), r.opening(a), r.closing(c)], "ENVELOPE_INVALID"),
        (lambda r, a, c: [r.opening(a), r.closing(c)], "ENVELOPE_INVALID"),
        (lambda r, a, c: [r.opening(a), *[exchange_pb2.Frame(message=PAGE)] * 2, r.closing(c)], "ENVELOPE_INVALID"),
        (lambda r, a, c: [r.opening(a), exchange_pb2.Frame(message=OTHER), r.closing(c)], "ENVELOPE_INVALID"),
        (
            lambda r, a, c: [
                r.opening(a),
                exchange_pb2.Frame(message=PAGE),
                r.closing(c, SigningKey.generate("ES256")),
            ],
            "ENVELOPE_INVALID",
        ),
        (
            lambda r, a, c: [r.opening(a), exchange_pb2.Frame(message=PAGE), r.closing(replace(c, id="another"))],
            "ENVELOPE_INVALID",
        ),
        (lambda r, a, c: [r.opening(a, SigningKey.generate("ES256"))], "ENVELOPE_INVALID"),
        (lambda r, a, c: [r.opening(replace(a, status="NOT_FOUND"))], "ENVELOPE_INVALID"),
    ],
    ids=["cut-off", "empty", "unopened", "twice", "fewer", "more", "altered", "key", "id", "opening-key", "opening"],
)
def test_a_stream_that_does_not_hold_ends_in_an_error(
    world: World, rogue: Rogue, frames: Callable[[Rogue, Answer, Closing], list[exchange_pb2.Frame]], reason: str
) -> None:
    rogue.frames = lambda answer, closing: iter(frames(rogue, answer, closing))
    error = failure(lambda: read(world))
    assert from_rpc(error).reason == reason
    assert last(world) == (exchange_pb2.ExchangeRecord.STATE_BROKEN, reason)
