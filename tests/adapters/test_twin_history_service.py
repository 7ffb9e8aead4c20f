# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""TwinHistoryService as a process: points written, read and summed up, versions, refusals, and a kill in the middle."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cities import Processes, make_city
from refusals import refusal
from twin_world import NO_EVENTS, Served, entity, in_store, point

from hanse.api.twin.v1 import history_pb2 as pb
from hanse.api.twin.v1 import history_pb2_grpc, twin_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MINUTE = 60_000_000
START = 1_780_000_000_000_000 // (60 * MINUTE) * (60 * MINUTE)  # an hour in May 2026
A, S, V, M = (
    pb.AGGREGATION_METHOD_AVERAGE,
    pb.AGGREGATION_METHOD_SUM,
    pb.AGGREGATION_METHOD_STANDARD_DEVIATION,
    pb.AGGREGATION_METHOD_DISTINCT_COUNT,
)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[Served]:
    config = make_city(tmp_path_factory.mktemp("city"), settings={**NO_EVENTS, **in_store(store)})
    with Processes() as processes:
        served = Served.of(processes.start(config, "twin"))
        served.put("sensors")
        yield served
        output = served.part.output()
        assert "defect" not in output, output
        assert "Traceback" not in output, output
        served.channel.close()


def sensor(twin: Served, name: str, **values: Any) -> str:
    """A sensor; returns its URN."""
    made = entity({"id": f"source:{name}", "type": "Sensor", "location": point(4.48, 51.92), **values})
    answer = twin.upsert("sensors", made)
    assert answer.committed
    return str(answer.results[0].id)


def call(twin: Served, method: str, request: Any, timeout: float = 20) -> Any:
    stub = history_pb2_grpc.TwinHistoryServiceStub(twin.channel)
    return getattr(stub, method)(request, timeout=timeout, metadata=twin.metadata)


def series(name: str, values: list[float], *, start: int = START, **rest: Any) -> pb.Series:
    times = [start + index * MINUTE for index in range(len(values))]
    return pb.Series(entity=name, attribute="speed", times_us=times, numbers=values, **rest)


def append(twin: Served, *batch: pb.Series) -> pb.AppendPointsResponse:
    (answer,) = call(twin, "AppendPoints", iter([pb.AppendPointsRequest(series=batch)]))
    return answer


def points(twin: Served, **request: Any) -> list[tuple[int, float]]:
    answers = call(twin, "QueryPoints", pb.QueryPointsRequest(**request))
    found = [one for answer in answers for one in answer.series]
    return [pair for one in found for pair in zip(one.times_us, one.numbers, strict=True)]


def test_points_are_written_and_the_entity_shows_the_latest(twin: Served) -> None:
    name = sensor(twin, "latest")
    assert append(twin, series("source:latest", [1.0, 2.5, 4.0], unit_code="KMH")).written == 3
    shown = json.loads(twin.call("GetEntity", twin_pb2.GetEntityRequest(id=name)).json)["speed"]
    assert (shown["value"], shown["unitCode"], shown["observedAt"]) == (4, "KMH", "2026-05-28T20:02:00Z")
    assert points(twin, ids=[name]) == [(START, 1.0), (START + MINUTE, 2.5), (START + 2 * MINUTE, 4.0)]
    append(twin, series(name, [7.0], start=START + MINUTE))
    assert [value for _, value in points(twin, ids=["source:latest"])] == [1.0, 7.0, 4.0]
    assert points(twin, ids=[name], last_n=1) == [(START + 2 * MINUTE, 4.0)]
    span = pb.TimeSpan(**{"from": "2026-05-28T20:01:00Z", "to": "2026-05-28T20:02:00Z"})
    assert points(twin, ids=[name], span=span) == [(START + MINUTE, 7.0)]


def test_values_that_are_no_numbers_come_back_as_json(twin: Served) -> None:
    name = sensor(twin, "door")
    given = pb.Series(entity=name, attribute="state", times_us=[START, START + 1], json=['"open"', '{"by": 1}'])
    assert append(twin, given).committed
    (answer,) = call(twin, "QueryPoints", pb.QueryPointsRequest(ids=[name]))
    assert [json.loads(each) for each in answer.series[0].json] == ["open", {"by": 1}]


def test_a_stream_comes_in_many_messages_in_order(twin: Served) -> None:
    name = sensor(twin, "long")
    values = [float(index % 97) for index in range(45_000)]
    assert append(twin, series(name, values)).written == len(values)
    answers = list(call(twin, "QueryPoints", pb.QueryPointsRequest(ids=[name])))
    assert len(answers) > 2
    assert [value for answer in answers for one in answer.series for value in one.numbers] == values


def test_periods_are_those_of_the_city_and_sums_those_of_plain_python(twin: Served) -> None:
    first, second = sensor(twin, "one"), sensor(twin, "two")
    values = [float((index * 7) % 50) for index in range(600)]
    append(twin, series(first, values), series(second, values[::-1]))
    request = pb.AggregatePointsRequest(ids=[second, first], attributes=["speed"], methods=[A, S, V, M], period="PT1H")
    answer = call(twin, "AggregatePoints", request)
    assert answer.points == 1200
    assert [one.entity for one in answer.aggregates] == sorted([first, second])
    one = next(each for each in answer.aggregates if each.entity == first)
    hours = [values[start : start + 60] for start in range(0, 600, 60)]
    assert list(one.times_us) == [START + index * 60 * MINUTE for index in range(10)]
    assert list(one.values[0].numbers) == pytest.approx([statistics.fmean(each) for each in hours])
    assert list(one.values[1].numbers) == pytest.approx([sum(each) for each in hours])
    assert list(one.values[2].numbers) == pytest.approx([statistics.pstdev(each) for each in hours])
    assert list(one.values[3].numbers) == [len(set(each)) for each in hours]
    request.together, request.period = True, "P1D"
    (day, next_day) = call(twin, "AggregatePoints", request).aggregates[0].times_us
    assert (day, next_day - day) == (1_779_919_200_000_000, 24 * 60 * MINUTE)  # midnight in Amsterdam


def test_entities_of_a_query(twin: Served) -> None:
    name = sensor(twin, "asked", zone="north")
    append(twin, series(name, [5.0]))
    query = twin_pb2.QueryEntitiesRequest(type="Sensor", q='zone=="north"')
    assert points(twin, query=query, attributes=["speed"]) == [(START, 5.0)]


def test_versions_are_listed_and_values_make_none(twin: Served) -> None:
    name = sensor(twin, "versions", zone="a")
    sensor(twin, "versions", zone="b")
    append(twin, series(name, [1.0]))
    append(twin, series(name, [2.0, 3.0]))
    request = pb.ListVersionsRequest(id="source:versions", page_size=2)
    page = call(twin, "ListVersions", request)
    assert [bool(each.until) for each in page.versions] == [False, True]
    request.page_token = page.next_page_token
    assert len(call(twin, "ListVersions", request).versions) == 1
    twin.call("DeleteEntities", twin_pb2.DeleteEntitiesRequest(ids=[name]))
    latest = call(twin, "ListVersions", pb.ListVersionsRequest(id=name)).versions[0]
    assert latest.deleted
    assert latest.until == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"entity": "urn:nobody"}, "no entity"),
        ({"unit_code": "CEL"}, "unit"),
        ({"times_us": [START]}, "equally many"),
        ({"numbers": [1.0, float("nan")]}, "finite"),
        ({"attribute": "location"}, "no attribute that has points"),
        ({"attribute": "no name"}, "no name"),
        ({"times_us": [START, 4_000_000_000_000_000]}, "one day ahead"),
        ({"json": ["1", "2"]}, "not with json"),
        ({"numbers": [], "json": ["1", "1" + "0" * 400]}, "RFC 8785"),
        ({"numbers": [], "json": ["1", '"\\ud800"']}, "RFC 8785"),
        ({"numbers": [], "json": ["1", "[" * 70 + "]" * 70]}, "nest at most"),
        ({"attribute": "solidGeometry"}, "JsonProperty"),
    ],
)
def test_a_batch_is_refused_whole_and_says_which_series(twin: Served, changes: dict[str, Any], said: str) -> None:
    name = sensor(twin, "refused", speed={"type": "Property", "value": 1, "unitCode": "KMH"})
    before = points(twin, ids=[name])
    values = {"entity": name, "attribute": "speed", "times_us": [START, START + 1], "numbers": [1.0, 2.0], **changes}
    bad, good = pb.Series(**values), series(name, [9.0], start=START - MINUTE)
    answers = list(
        call(twin, "AppendPoints", iter([pb.AppendPointsRequest(series=[good, bad]), pb.AppendPointsRequest()]))
    )
    assert [answer.committed for answer in answers] == [False, True]
    assert answers[0].index == 1
    assert said in answers[0].detail
    assert points(twin, ids=[name]) == before


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.AggregatePointsRequest(methods=[A]), "ids"),
        (pb.AggregatePointsRequest(ids=["x"]), "methods"),
        (pb.AggregatePointsRequest(ids=["x"], methods=[A], period="1 hour"), "period"),
        (pb.AggregatePointsRequest(ids=["x"], methods=[A, 77]), "methods[1]"),
        (pb.AggregatePointsRequest(ids=["x"], methods=[A], span=pb.TimeSpan(to="yesterday")), "span.to"),
    ],
)
def test_what_cannot_be_asked_is_named(twin: Served, request_: Any, field: str) -> None:
    refused = refusal(lambda: call(twin, "AggregatePoints", request_))
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert field in refused.fields
    assert twin.alive()


def test_a_kill_in_the_middle_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    config = make_city(tmp_path, settings=NO_EVENTS)
    with Processes() as processes:
        twin = Served.of(processes.start(config, "twin"))
        twin.put("sensors")
        name = sensor(twin, "killed")
        acknowledged = 0

        def batches() -> Iterator[pb.AppendPointsRequest]:
            for number in range(10_000):
                yield pb.AppendPointsRequest(
                    series=[series(name, [float(number)] * 50, start=START + number * 50 * MINUTE)]
                )

        with pytest.raises(grpc.RpcError) as ended:
            for answer in call(twin, "AppendPoints", batches(), timeout=250):  # however busy the machine is
                acknowledged += answer.written
                if acknowledged >= 1_000 and twin.part.process.poll() is None:
                    twin.part.kill()
        assert ended.value.code() is grpc.StatusCode.UNAVAILABLE, "the kill ended it, and no deadline"
        assert acknowledged >= 1_000
        twin.channel.close()
        again = Served.of(processes.start(config, "twin"))
        found = points(again, ids=[name])
        assert len(found) >= acknowledged
        assert len(found) % 50 == 0  # each batch is all or nothing
        assert [value for _, value in found] == [float(index // 50) for index in range(len(found))]
        shown = json.loads(again.call("GetEntity", twin_pb2.GetEntityRequest(id=name)).json)["speed"]
        assert shown["value"] == found[-1][1]
        again.channel.close()
