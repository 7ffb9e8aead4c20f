# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Clocks that differ and clocks that are put: what is forgiven, what is refused, and that nothing stays open for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import grpc
import pytest
from cities import make_federation
from exchange_rogue import RogueAsker
from gateway_world import TIMEOUT_S, World, failure

from hanse.api.exchange.v1 import exchange_pb2
from hanse.api.twin.v1 import twin_pb2
from hanse.gateway.exchange.proof import verify_proof
from hanse.kernel.clock import SystemClock
from hanse.kernel.errors import from_rpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAYLOAD = twin_pb2.GetEntityRequest(id="a").SerializeToString()
BROKEN, COMPLETE = exchange_pb2.ExchangeRecord.STATE_BROKEN, exchange_pb2.ExchangeRecord.STATE_COMPLETE


@dataclass
class PutClock:
    """The machine's clock, as someone has put it."""

    put: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.put

    def monotonic(self) -> float:
        return time.monotonic()


@pytest.fixture(scope="module")
def clock() -> PutClock:
    return PutClock()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, clock: PutClock) -> Iterator[World]:
    """Both gateways go by a clock that the tests put; identity goes by the machine's."""
    federation = make_federation(tmp_path_factory.mktemp("world"), settings={"enabled = true": "enabled = false"})
    made = World(federation, clock=clock)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _right_again(clock: PutClock) -> Iterator[None]:
    yield
    clock.put = timedelta(0)


def until(check: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def rogue(world: World, **off: float) -> RogueAsker:
    """A gateway of the first city whose clock is off."""
    return RogueAsker(world.here.config, world.there.config, SystemClock(timedelta(**off)))


@pytest.mark.parametrize("seconds", [-25, 25])
def test_seconds_between_two_cities_are_forgiven(world: World, seconds: float) -> None:
    asker = rogue(world, seconds=seconds)
    answer = asker.call(asker.envelope(PAYLOAD), PAYLOAD)
    assert answer.answer
    assert not answer.error


@pytest.mark.parametrize("off", [{"seconds": 40}, {"hours": 1}, {"minutes": -3}, {"days": -1}], ids=str)
def test_more_is_refused_and_says_what_to_look_at(world: World, off: dict[str, float]) -> None:
    asker, known = rogue(world, **off), len(world.exchanges(world.there))
    error = failure(lambda: asker.call(asker.envelope(PAYLOAD), PAYLOAD))
    assert (error.code(), from_rpc(error).reason) == (grpc.StatusCode.INVALID_ARGUMENT, "ENVELOPE_INVALID")
    assert "clocks" in str(error.details())  # type: ignore[attr-defined]
    assert len(world.exchanges(world.there)) == known


@pytest.mark.parametrize("minutes", [60, -2])
@pytest.mark.parametrize("shape", ["unary", "stream"])
def test_put_while_an_exchange_runs(world: World, clock: PutClock, shape: str, minutes: int) -> None:
    twin = world.there.twin
    twin.release.clear()
    twin.arrived.clear()
    if shape == "unary":
        asked = twin_pb2.GetEntityRequest(id="wait")
        call = world.twin().GetEntity.future(asked, metadata=world.abroad(), timeout=TIMEOUT_S)
        finish = call.result
    else:
        query = twin_pb2.QueryEntitiesRequest(page_size=1, type="wait")
        stream = world.twin().StreamEntities(query, metadata=world.abroad(), timeout=TIMEOUT_S)
        finish = lambda: list(stream)  # noqa: E731 - it is called below
    assert twin.arrived.wait(TIMEOUT_S)
    clock.put = timedelta(minutes=minutes)
    twin.release.set()
    if minutes > 0:  # deadlines do not go by this clock
        finish()
    else:  # what was asked at noon cannot be answered before it
        assert from_rpc(failure(finish)).reason in {"ENVELOPE_INVALID", "NOT_TRUSTED"}
    clock.put = timedelta(0)
    for place in world.places:
        assert place.gateway is not None
        until(lambda place=place: not place.gateway.log.ledger.open_exchanges())  # type: ignore[misc]
    record = world.exchanges(world.here)[0]
    assert record.state == (COMPLETE if minutes > 0 else BROKEN)


def test_an_envelope_is_not_taken_twice_though_the_clock_was_put(world: World, clock: PutClock) -> None:
    asker = rogue(world)
    envelope = asker.envelope(PAYLOAD)
    asker.call(envelope, PAYLOAD)  # and nothing has signed the tree since
    there = world.there.gateway
    assert there is not None
    clock.put = timedelta(days=10)  # long after it has expired: its mark goes
    world.run(there.log.checkpoint())
    (marks,) = there.log.ledger._database.read().execute("SELECT count(*) FROM seen").fetchone()
    assert marks == 0
    clock.put = timedelta(0)
    error = failure(lambda: asker.call(envelope, PAYLOAD))
    assert (error.code(), from_rpc(error).reason) == (grpc.StatusCode.ALREADY_EXISTS, "REPLAYED")


def test_a_proof_holds_after_the_clock_was_put_right(world: World, clock: PutClock) -> None:
    clock.put = timedelta(seconds=-20)
    request = twin_pb2.GetEntityRequest(id="a")
    _, done = world.twin().GetEntity.with_call(request, metadata=world.abroad(), timeout=TIMEOUT_S)
    identifier = str(dict(done.trailing_metadata())["hanse-exchange-id"])
    clock.put = timedelta(seconds=-80)
    asked = exchange_pb2.GetProofRequest(exchange_id=identifier)
    made = world.log().GetProof(asked, metadata=world.metadata(world.here), timeout=TIMEOUT_S).json
    assert verify_proof(bytes(made), [world.anchor], datetime.now(UTC)).id == identifier
