# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Callers that take more than their share, say nothing, or send what is no message: the others are still served."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from exchange_rogue import RogueAsker
from gateway_world import TIMEOUT_S, World, failure, make_world
from grpc_health.v1 import health_pb2, health_pb2_grpc

from hanse.api.exchange.v1 import exchange_pb2
from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.gateway import guard
from hanse.gateway.exchange import incoming
from hanse.gateway.guard import Shares
from hanse.kernel import channel as channels
from hanse.kernel import keys
from hanse.kernel.access import Principal
from hanse.kernel.errors import LimitExceededError, from_rpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports on which a share is four calls."""
    monkeypatch.setattr(guard, "SHARE", 4)
    monkeypatch.setattr(guard, "ENDLESS_AT_ONCE", 3)


def refused(call: Callable[[], object]) -> tuple[grpc.StatusCode, str]:
    error = failure(call)
    return error.code(), from_rpc(error).reason


TOO_MANY = (grpc.StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")


def test_nobody_takes_more_than_a_quarter_of_the_places() -> None:
    shares, many = Shares("a.example"), [Principal("b.example", "client", f"c{n}") for n in range(5)]
    own = [Principal("a.example", "client", f"c{n}") for n in range(5)]
    with ExitStack() as places:
        for _ in range(guard.SHARE):
            places.enter_context(shares.place(own[0], "/x"))
        with pytest.raises(LimitExceededError, match=r"a\.example:client:c0 has 512 calls"), shares.place(own[0], "/x"):
            pass
        for number in range(guard.SHARE):
            places.enter_context(shares.place(many[number % 5], "/x"))
        with pytest.raises(LimitExceededError, match=r"b\.example has 512"), shares.place(many[4], "/x"):
            pass
        for number in range(2 * guard.SHARE):
            places.enter_context(shares.place(own[1 + number % 4], "/x"))
        with pytest.raises(LimitExceededError, match="everybody together"), shares.place(own[4], "/x"):
            pass
    assert not shares._running, "places are given back"


@pytest.mark.usefixtures("small")
def test_a_caller_that_takes_all_its_places_hinders_nobody_else(world: World) -> None:
    world.there.twin.release.clear()
    stub, wait = world.twin(), twin_pb2.GetEntityRequest(id="wait")
    running = [stub.GetEntity.future(wait, metadata=world.abroad(), timeout=TIMEOUT_S) for _ in range(4)]
    try:
        until(lambda: len(world.there.twin.calls) >= 4)
        asked = twin_pb2.GetEntityRequest(id="a")
        assert refused(lambda: stub.GetEntity(asked, metadata=world.abroad(), timeout=TIMEOUT_S)) == TOO_MANY
        token = world.token(world.here.config, "client-platform")
        platform = twin_pb2_grpc.TwinServiceStub(world.channel(world.here.config, "client-platform"))
        sent = channels.metadata(token, purpose="test")
        assert platform.GetEntity(asked, metadata=sent, timeout=TIMEOUT_S).id == "a"
    finally:
        world.there.twin.release.set()
    assert [call.result().id for call in running] == ["wait"] * 4
    assert stub.GetEntity(asked, metadata=world.abroad(), timeout=TIMEOUT_S).id == "a"


@pytest.mark.usefixtures("small")
def test_streams_without_end_are_few(world: World) -> None:
    health = health_pb2_grpc.HealthStub(world.channel(world.here.config, "client-platform"))
    watching = [health.Watch(health_pb2.HealthCheckRequest()) for _ in range(3)]
    assert [next(each).status for each in watching] == [health_pb2.HealthCheckResponse.SERVING] * 3
    assert refused(lambda: next(health.Watch(health_pb2.HealthCheckRequest()))) == TOO_MANY
    assert health.Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S).status
    for each in watching:
        each.cancel()


@pytest.mark.usefixtures("small")
def test_a_city_that_opens_streams_and_says_nothing_is_hung_up_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "OPENING_S", 0.5)
    rogue, silent = RogueAsker(world.here.config, world.there.config, world.clock), threading.Event()

    def nothing() -> Iterator[exchange_pb2.Frame]:
        silent.wait(TIMEOUT_S)
        yield from ()

    with rogue.stub() as stub:
        try:
            streams = [stub.Stream(nothing(), timeout=None) for _ in range(4)]
            found = [failure(lambda each=each: next(each)) for each in streams]  # type: ignore[misc]
            assert {from_rpc(error).reason for error in found} == {"DEADLINE_EXCEEDED"}
        finally:
            silent.set()
    assert world.twin().GetEntity(twin_pb2.GetEntityRequest(id="a"), metadata=world.abroad(), timeout=TIMEOUT_S).id


OWN = ("PeerService/PutPeer", "PeerService/GetCityStatus", "ExchangeLogService/GetProof")


@pytest.mark.parametrize("method", [*OWN, "unary", "stream", "health", "reflection"])
def test_what_is_no_message_is_refused_with_a_reason(
    world: World, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    caplog.set_level(logging.INFO)
    config = world.here.config
    if method in OWN:
        call = raw(world.channel(config, "client-operator"), f"hanse.api.exchange.v1.{method}", world)
    elif method == "health":
        call = raw(world.channel(config, "client-operator"), "grpc.health.v1.Health/Check", world)
    elif method == "reflection":
        name = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
        stream: Any = world.channel(config, "client-operator").stream_stream(name)
        call = lambda: list(stream(iter([b"\xff" * 9]), timeout=TIMEOUT_S))  # noqa: E731 - called below
    else:
        key, chain = keys.certificate(world.there.config, "gateway")
        credentials = grpc.ssl_channel_credentials((config.keys / "ca.pem").read_bytes(), key, chain)
        options = [("grpc.ssl_target_name_override", f"gateway.{world.here.authority}")]
        channel = grpc.secure_channel(config.gateway.peer_reach, credentials, options)
        service = "/hanse.api.exchange.v1.ExchangeService/"
        unary: Any = channel.unary_unary(service + "Call")
        streaming: Any = channel.stream_stream(service + "Stream")
        call = {
            "unary": lambda: unary(b"\xff" * 9, timeout=TIMEOUT_S),
            "stream": lambda: list(streaming(iter([b"\xff" * 9]), timeout=TIMEOUT_S)),
        }[method]
    error = failure(call)
    assert (error.code(), from_rpc(error).reason) == (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
    assert "Error" not in (error.details() or "")
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info]


def raw(channel: grpc.Channel, method: str, world: World) -> Callable[[], object]:
    call: Any = channel.unary_unary(f"/{method}")
    return lambda: call(b"\xff" * 9, metadata=world.metadata(world.here), timeout=TIMEOUT_S)


def until(check: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_callers_that_are_gone_before_they_are_answered_are_no_defects(
    world: World, caplog: pytest.LogCaptureFixture, *, elsewhere: bool
) -> None:
    """Their deadline is past when their call arrives, so that nobody hears the refusal any more."""
    stub, asked = world.twin(), twin_pb2.GetEntityRequest(id="a")
    metadata = world.abroad() if elsewhere else world.metadata(world.here)
    assert stub.GetEntity(asked, metadata=metadata, timeout=TIMEOUT_S).id == "a"
    with caplog.at_level(logging.ERROR):
        for number in range(300):
            soon = (1e-6, 1e-4, 5e-4)[number % 3]
            error = failure(lambda soon=soon: stub.GetEntity(asked, metadata=metadata, timeout=soon))  # type: ignore[misc]
            assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert stub.GetEntity(asked, metadata=metadata, timeout=TIMEOUT_S).id == "a"
    assert [record.getMessage() for record in caplog.records] == []
