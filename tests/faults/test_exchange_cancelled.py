# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Calls that are given up at every moment of an exchange, and streams that stop: no exchange stays open for it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from exchange_rogue import RogueAsker
from gateway_world import TIMEOUT_S, Place, World, failure, make_world

from hanse.api.exchange.v1 import exchange_pb2
from hanse.api.twin.v1 import twin_pb2
from hanse.gateway.exchange.envelope import NOTHING, Closing, RunningHash, sign
from hanse.gateway.exchange.ledger import Begin, Ledger
from hanse.jose import parse_object, read_unverified
from hanse.kernel.errors import from_rpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hanse.gateway.exchange.ledger import Job
    from hanse.kernel.errors import HanseError

UPSERT = "/hanse.api.twin.v1.TwinService/UpsertEntities"
BROKEN, COMPLETE = exchange_pb2.ExchangeRecord.STATE_BROKEN, exchange_pb2.ExchangeRecord.STATE_COMPLETE


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


def ledger(place: Place) -> Ledger:
    assert place.gateway is not None
    return place.gateway.log.ledger


def until(check: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@contextmanager
def slow_log(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """A city's log that writes the next beginning only when told: it came, and go on."""
    came, on, commit, slow = threading.Event(), threading.Event(), Ledger.commit, ledger(place)

    def held(log: Ledger, jobs: Sequence[Job]) -> list[HanseError | None]:
        if log is slow and any(isinstance(job, Begin) for job in jobs):
            came.set()
            on.wait(TIMEOUT_S)
        return commit(log, jobs)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "commit", held)
        yield came, on
        on.set()


def start(world: World, shape: str) -> grpc.Future:
    if shape == "unary":
        request = twin_pb2.GetEntityRequest(id="a")
        call: Any = world.twin().GetEntity.future(request, metadata=world.abroad(), timeout=TIMEOUT_S)
    else:
        query = twin_pb2.QueryEntitiesRequest(page_size=1)
        call = world.twin().StreamEntities(query, metadata=world.abroad(), timeout=TIMEOUT_S)
    return call


@pytest.mark.parametrize("shape", ["unary", "stream"])
@pytest.mark.parametrize("side", ["asker", "answerer"])
def test_given_up_while_its_beginning_is_written(
    world: World, monkeypatch: pytest.MonkeyPatch, side: str, shape: str
) -> None:
    place, known = world.here if side == "asker" else world.there, len(world.exchanges(world.there))
    with slow_log(place, monkeypatch) as (came, on):
        call = start(world, shape)
        assert came.wait(TIMEOUT_S)
        call.cancel()
        if side == "answerer":  # the cancellation has to cross the border
            until(lambda: not ledger(world.here).open_exchanges())
        time.sleep(0.2)
        on.set()
    until(lambda: [(one.state, one.status) for one in world.exchanges(place)[:1]] == [(BROKEN, "CANCELLED")])
    if side == "asker":
        assert len(world.exchanges(world.there)) == known, "it was never sent"


def test_a_replay_that_is_given_up_does_not_end_the_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rogue = RogueAsker(world.here.config, world.there.config, world.clock)
    world.there.twin.release.clear()
    world.there.twin.arrived.clear()
    payload = twin_pb2.GetEntityRequest(id="wait").SerializeToString()
    envelope = rogue.envelope(payload, deadline_ms=10_000)
    request = exchange_pb2.CallRequest(envelope=envelope, payload=payload, subject_token=rogue.token)
    with rogue.stub() as stub:
        first = stub.Call.future(request, timeout=TIMEOUT_S)
        assert world.there.twin.arrived.wait(TIMEOUT_S)
        with slow_log(world.there, monkeypatch) as (came, on):
            again = stub.Call.future(request, timeout=TIMEOUT_S)
            assert came.wait(TIMEOUT_S)
            again.cancel()
            time.sleep(0.2)
            on.set()
        world.there.twin.release.set()
        assert first.result().answer
    assert (world.exchanges(world.there)[0].state, world.exchanges(world.there)[0].status) == (COMPLETE, "OK")


def test_given_up_at_any_moment(world: World) -> None:
    world.there.twin.release.set()
    for number in range(60):
        call = start(world, "unary" if number % 2 else "stream")
        time.sleep(number * 0.0005)
        call.cancel()
    for place in world.places:
        until(lambda place=place: not ledger(place).open_exchanges())  # type: ignore[misc]


def test_what_could_not_be_ended_while_the_disk_was_full_is_ended_afterwards(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, slow = Ledger.commit, ledger(world.here)

    def full(log: Ledger, jobs: Sequence[Job]) -> list[HanseError | None]:
        if log is slow and not any(isinstance(job, Begin) for job in jobs):
            monkeypatch_full(log)
        return commit(log, jobs)

    def monkeypatch_full(log: Ledger) -> None:
        with log._database.write() as connection:
            connection.execute("INSERT INTO nowhere VALUES (1)")

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "commit", full)
        error = failure(lambda: start(world, "unary").result())
        assert from_rpc(error).reason == "LOG_UNAVAILABLE"
        assert len(slow.open_exchanges()) == 1
    until(lambda: not slow.open_exchanges())
    record = world.exchanges(world.here)[0]
    assert (record.state, record.status) == (BROKEN, "LOG_UNAVAILABLE")


def frames(rogue: RogueAsker, closing: str) -> Iterator[exchange_pb2.Frame]:
    """A stream with its signed opening and one message, that ends as `closing` says."""
    envelope = rogue.envelope(b"", method=UPSERT, kind="stream", payload_sha256=NOTHING, deadline_ms=1500)
    identifier = str(parse_object(read_unverified(envelope)[1])["id"])
    yield exchange_pb2.Frame(opening=exchange_pb2.Opening(jws=envelope, subject_token=rogue.token))
    message, running = twin_pb2.UpsertEntitiesRequest(request_id="x").SerializeToString(), RunningHash()
    running.add(message)
    yield exchange_pb2.Frame(message=message)
    if closing == "none":
        return
    if closing == "waits":
        time.sleep(5)
        return
    here, there = rogue.here.city.authority, rogue.there.city.authority
    now, count = int(rogue.clock.now().timestamp()), 2 if closing == "count" else 1
    named = "another" if closing == "id" else identifier
    right = Closing(named, here, there, now, count, running.hex(), "OK")
    signed = sign(right, rogue.key)
    yield exchange_pb2.Frame(closing=exchange_pb2.Closing(jws=signed[:-4] + "AAAA" if closing == "forged" else signed))


@pytest.mark.parametrize(
    ("closing", "reason"),
    [
        ("right", "OK"),
        ("none", "ENVELOPE_INVALID"),
        ("count", "ENVELOPE_INVALID"),
        ("id", "ENVELOPE_INVALID"),
        ("forged", "ENVELOPE_INVALID"),
        ("waits", "DEADLINE_EXCEEDED"),
    ],
)
def test_a_stream_from_the_other_city_without_its_closing(world: World, closing: str, reason: str) -> None:
    rogue = RogueAsker(world.here.config, world.there.config, world.clock)
    with rogue.stub() as stub:
        try:
            ended = list(stub.Stream(frames(rogue, closing), timeout=TIMEOUT_S))[-1].closing
            said = str(parse_object(read_unverified(ended.jws)[1]).get("reason", "OK"))
        except grpc.RpcError as error:
            said = from_rpc(error).reason
    assert said == reason
    until(lambda: not ledger(world.there).open_exchanges())
    record = world.exchanges(world.there)[0]
    # That the time was up is an answer, which is signed and logged as such.
    assert record.state == (COMPLETE if closing in {"right", "waits"} else BROKEN)
    assert record.status in {"OK", reason}
