# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Changes followed as they are written: only what a query means, in order, and on after the service was killed."""

from __future__ import annotations

import json
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cities import Processes, make_city
from refusals import refusal
from twin_world import AUTHORITY, NO_EVENTS, Served, dataset_urn, entity, point

from hanse.api.twin.v1 import history_pb2, history_pb2_grpc
from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.api.types.v1 import types_pb2 as types

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Code = grpc.StatusCode
Change = pb.SubscribeEntitiesResponse
MORNING = 1_795_000_000_000_000 - 86_400_000_000 * 5


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes() as running:
        yield running


def served(processes: Processes, folder: Path) -> Served:
    """A twin of its own."""
    made = Served.of(processes.start(make_city(folder, settings=NO_EVENTS), "twin"))
    made.put("benches")
    return made


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, processes: Processes) -> Iterator[Served]:
    made = served(processes, tmp_path_factory.mktemp("city"))
    yield made
    assert "defect" not in made.part.output(), made.part.output()
    made.channel.close()


def urn(number: int) -> str:
    return f"urn:hanse:{AUTHORITY}:bench:{number}"


def bench(number: int, size: int) -> types.Entity:
    return entity({"id": urn(number), "size": size, "location": point(4.4 + number / 100, 51.9)})


@contextmanager
def following(twin: Served, **request: Any) -> Iterator[Iterator[pb.SubscribeEntitiesResponse]]:
    """A subscription, ended with the block. It has begun: what is written in the block is told."""
    start = request.pop("cursor", None) or str(position(twin))
    query = request.pop("query", pb.QueryEntitiesRequest())
    call = twin.call("SubscribeEntities", pb.SubscribeEntitiesRequest(query=query, cursor=start, **request), timeout=60)
    try:
        yield call
    finally:
        call.cancel()


def position(twin: Served) -> int:
    """Where the feed stands: the cursor of a change that is written for it."""
    (written,) = twin.upsert("benches", entity({"type": "Marker"})).results
    call = twin.call("SubscribeEntities", pb.SubscribeEntitiesRequest(cursor="0"), timeout=60)
    found = next(int(told.cursor) for told in call if told.id == written.id)
    call.cancel()
    return found


def some(call: Iterator[pb.SubscribeEntitiesResponse], count: int) -> list[tuple[str, int]]:
    return [(told.id, told.change) for told in islice(call, count)]


def test_changes_come_in_their_order(twin: Served) -> None:
    with following(twin, with_entities=True) as call:
        twin.upsert("benches", bench(1, 1), bench(2, 1))
        twin.upsert("benches", bench(1, 5))
        told = list(islice(call, 3))
        twin.call("DeleteEntities", pb.DeleteEntitiesRequest(ids=[urn(2)]))
        told.append(next(iter(call)))
    assert [(each.id, each.change) for each in told if each.id == urn(1)] == [
        (urn(1), Change.CHANGE_CREATED),
        (urn(1), Change.CHANGE_REPLACED),
    ]
    assert told[-1].id == urn(2)
    assert told[-1].change == Change.CHANGE_DELETED
    assert not told[-1].HasField("entity")
    assert json.loads(told[2].entity.json)["size"]["value"] == 5
    cursors = [int(each.cursor) for each in told]
    assert cursors == sorted(set(cursors))
    assert all(each.time.endswith("Z") and each.type == "Bench" for each in told)


def test_only_what_the_query_means_is_told(twin: Served) -> None:
    query = pb.QueryEntitiesRequest(type="Bench", q="size>3", dataset=dataset_urn("benches"))
    query.circle.CopyFrom(types.Circle(x=4.44, y=51.9, radius_m=1_000))
    with following(twin, query=query) as call:
        twin.upsert("benches", bench(4, 1))  # too small
        twin.upsert("benches", bench(9, 9))  # too far
        twin.upsert("benches", entity({"type": "Tree", "size": 9, "location": point(4.44, 51.9)}))
        twin.upsert("benches", bench(4, 4))
        # What is told is decided by how the entity stands when it is told, so that its creation may be told too.
        assert {each for each, _ in some(call, 1)} == {urn(4)}


def test_a_follower_goes_on_after_the_service_was_killed(processes: Processes, tmp_path: Path) -> None:
    twin = served(processes, tmp_path)
    with following(twin) as call:
        twin.upsert("benches", bench(1, 1))
        first = next(iter(call))
        twin.upsert("benches", bench(2, 1))
        twin.part.kill()
        with pytest.raises(grpc.RpcError) as caught:
            list(call)
        assert caught.value.code() in {Code.UNAVAILABLE, Code.CANCELLED, Code.UNKNOWN}
    again = Served.of(processes.start(twin.part.config, "twin"))
    with following(again, cursor=first.cursor) as call:
        again.upsert("benches", bench(3, 1))
        assert some(call, 2) == [(urn(2), Change.CHANGE_CREATED), (urn(3), Change.CHANGE_CREATED)]
    again.channel.close()


def test_what_has_no_meaning_is_refused(twin: Served) -> None:
    def ask(cursor: str = "", **query: Any) -> Any:
        request = pb.SubscribeEntitiesRequest(query=pb.QueryEntitiesRequest(**query), cursor=cursor)
        return twin.call("SubscribeEntities", request, timeout=10)

    assert refusal(lambda: ask(page_size=3)).fields == ("query.page_size",)
    assert refusal(lambda: ask(order_by="size")).fields == ("query.order_by",)
    assert refusal(lambda: ask(as_of="2026-01-01T00:00:00Z")).fields == ("query.as_of",)
    assert refusal(lambda: ask(nearest=pb.Nearest(x=4, y=52))).fields == ("query.nearest",)
    for wrong in ("yesterday", "-1", "9" * 30, "9" * 19, "\u0661"):
        refused = refusal(lambda cursor=wrong: ask(cursor))
        assert (refused.code, refused.reason) == (Code.INVALID_ARGUMENT, "TOKEN_MALFORMED")


def test_a_twin_with_followers_stops_at_once(processes: Processes, tmp_path: Path) -> None:
    stopped = served(processes, tmp_path)
    following = stopped.stub.SubscribeEntities(
        pb.SubscribeEntitiesRequest(), timeout=60, metadata=stopped.metadata, wait_for_ready=True
    )
    stopped.upsert("benches", entity({"number": 1}, id="urn:x:1"))
    assert next(following).change == Change.CHANGE_CREATED
    stopped.part.process.terminate()
    with pytest.raises(grpc.RpcError) as ended:
        next(following)
    assert ended.value.code() == Code.UNAVAILABLE
    assert "stopping" in ended.value.details()
    assert stopped.part.stop() == 0
    stopped.channel.close()


def test_an_observation_that_moves_the_latest_value_is_told_and_a_late_one_is_not(twin: Served) -> None:
    twin.upsert("benches", bench(6, 1))
    stub = history_pb2_grpc.TwinHistoryServiceStub(twin.channel)

    def append(time_us: int, number: float) -> None:
        series = history_pb2.Series(entity=urn(6), attribute="noise", times_us=[time_us], numbers=[number])
        (answer,) = stub.AppendPoints(
            iter([history_pb2.AppendPointsRequest(series=[series])]), timeout=20, metadata=twin.metadata
        )
        assert answer.written == 1

    with following(twin, with_entities=True, query=pb.QueryEntitiesRequest(type="Bench")) as call:
        append(MORNING, 40.0)
        append(MORNING - 1_000_000, 39.0)  # late: what the bench shows is newer
        append(MORNING + 1_000_000, 41.0)
        told = list(islice(call, 2))
    assert [(each.id, each.change) for each in told] == [(urn(6), Change.CHANGE_REPLACED)] * 2
    assert json.loads(told[-1].entity.json)["noise"]["value"] == 41.0
