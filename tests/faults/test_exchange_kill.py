# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A gateway killed between request and answer: the other side says so, and a restart settles what was left open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc
import pytest
from gateway_world import TIMEOUT_S, World, failure, make_world

from hanse.api.exchange.v1 import exchange_pb2
from hanse.api.twin.v1 import twin_pb2
from hanse.kernel.errors import from_rpc

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = exchange_pb2.ExchangeRecord


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("world"), apart=True)
    yield made
    made.close()


@pytest.mark.parametrize("shape", ["unary", "stream"])
@pytest.mark.parametrize("killed", ["asker", "answerer"])
def test_killed_while_the_other_city_works(world: World, killed: str, shape: str) -> None:
    twin = world.twin()
    world.there.twin.arrived.clear()
    world.there.twin.release.clear()

    def ask() -> object:
        if shape == "unary":
            request = twin_pb2.GetEntityRequest(id="wait")
            return twin.GetEntity(request, metadata=world.abroad(), timeout=TIMEOUT_S)
        query = twin_pb2.QueryEntitiesRequest(page_size=1, type="wait")
        return list(twin.StreamEntities(query, metadata=world.abroad(), timeout=TIMEOUT_S))

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lambda: failure(ask))
        assert world.there.twin.arrived.wait(TIMEOUT_S)
        number = 0 if killed == "asker" else 1
        place = world.places[number]
        world.gateways[number].kill()
        error = asked.result(TIMEOUT_S)
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    if killed == "answerer":
        assert from_rpc(error).reason == "PEER_UNAVAILABLE"
    world.there.twin.release.set()
    restarted = world.gateways[number] = world.processes.start(place.config, "gateway")
    record = world.exchanges(place)[0]
    assert (record.state, record.status) == (Record.STATE_BROKEN, "OPERATION_LOST")
    assert "1 exchanges were left open" in restarted.output()
    other = world.there if killed == "asker" else world.here
    state = world.exchanges(other)[0].state
    assert state in {Record.STATE_BROKEN, Record.STATE_COMPLETE}
    assert state == Record.STATE_BROKEN or killed == "asker"
    answer = twin.GetEntity(
        twin_pb2.GetEntityRequest(id="after"), metadata=world.abroad(), timeout=TIMEOUT_S, wait_for_ready=True
    )
    assert answer.id == "after"


def test_second_gateway_of_a_city_is_refused(world: World) -> None:
    second = world.processes.start(world.here.config, "gateway", wait=False)
    assert second.process.wait(20) == 78
    assert "another gateway of this city runs" in second.output()


def test_stops_gracefully(world: World) -> None:
    for gateway in world.gateways:
        assert gateway.stop() == 0
        assert "Traceback" not in gateway.output()
