# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin as a process over mutual TLS: data sets, upsert, get, query, stream, delete, and how each is refused."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cities import Processes, make_city
from refusals import refusal
from twin_world import (
    AUTHORITY,
    NO_EVENTS,
    OPERATOR,
    RD,
    Served,
    dataset_message,
    dataset_urn,
    entity,
    in_store,
    point,
    signed_token,
)

from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.api.twin.v1 import twin_pb2_grpc
from hanse.api.types.v1 import types_pb2 as types
from hanse.kernel.channel import connect, metadata
from hanse.permit.adapters.calls import entities
from hanse.permit.ports import Box, Terms

if TYPE_CHECKING:
    from collections.abc import Iterator

Code = grpc.StatusCode
State = pb.ItemResult
ROTTERDAM = (4.48, 51.92)
COUNT = 230


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[Served]:
    config = make_city(tmp_path_factory.mktemp("city"), settings={**NO_EVENTS, **in_store(store)})
    with Processes() as processes:
        served = Served.of(processes.start(config, "twin"))
        yield served
        output = served.part.output()
        assert "defect" not in output, output
        assert "Traceback" not in output, output
        served.channel.close()


@pytest.fixture(scope="module")
def grid(twin: Served) -> list[types.Entity]:
    """Benches in a row to the east, 0.0001 degrees (about 7 m) apart, every third red."""
    twin.put("grid")
    colours = ("red", "green", "blue")
    batch = [
        entity({"number": i, "colour": colours[i % 3], "location": point(ROTTERDAM[0] + i * 0.0001, ROTTERDAM[1])})
        for i in range(COUNT)
    ]
    answer = twin.upsert("grid", *batch)
    assert answer.committed
    assert {result.state for result in answer.results} == {State.STATE_CREATED}
    return twin.all(dataset=dataset_urn("grid"))


def numbers(found: list[types.Entity]) -> list[int]:
    return sorted(json.loads(each.json)["number"]["value"] for each in found)


def test_data_sets_are_put_again_and_listed_page_by_page(twin: Served) -> None:
    for number in range(5):
        twin.put(f"listed-{number}")
    again = twin.put("listed-3", title="Anew", terms="")
    assert (again.title, again.terms) == ("Anew", "")
    seen: list[types.Dataset] = []
    token = ""
    while True:
        page = twin.call("ListDatasets", pb.ListDatasetsRequest(page_size=2, page_token=token))
        assert len(page.datasets) <= 2
        seen += page.datasets
        token = page.next_page_token
        if not token:
            break
    listed = {each.id: each for each in seen}
    assert len(listed) == len(seen)
    assert {dataset_urn(f"listed-{number}") for number in range(5)} <= listed.keys()
    assert listed[dataset_urn("listed-3")].title == "Anew"
    assert listed[dataset_urn("listed-2")] == types.Dataset(
        **{
            **{field.name: value for field, value in dataset_message("listed-2").ListFields()},
            "crs": "https://www.opengis.net/def/crs/EPSG/0/7415",
            "vertical_datum": "NAP",
            "vertical_datum_source": "declared",
        }
    )


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("dataset.id", {"id": "urn:hanse:lindemond.example:dataset:x"}),
        ("dataset.id", {"id": "urn:hanse:marewijk.example:dataset:"}),
        ("dataset.id", {"id": "urn:hanse:marewijk.example:dataset:a b"}),
        ("dataset.id", {"id": f"urn:hanse:{AUTHORITY}:dataset:" + "x" * 300}),
        ("dataset.id", {"id": ""}),
        ("dataset.title", {"title": ""}),
        ("dataset.owner", {"owner": ""}),
        ("dataset.licence", {"licence": ""}),
        ("dataset.jurisdiction", {"jurisdiction": "Holland"}),
        ("dataset.terms", {"terms": "x" * 5000}),
        ("dataset.crs", {"crs": "EPSG:999999"}),
        ("dataset.crs", {"crs": "somewhere"}),
        ("dataset.vertical_datum_source", {"vertical_datum_source": "guessed"}),
    ],
)
def test_bad_data_sets(twin: Served, field: str, change: dict[str, str]) -> None:
    found = refusal(lambda: twin.put("bad", **change))
    assert (found.code, found.reason, found.fields) == (Code.INVALID_ARGUMENT, "FIELD_INVALID", (field,))


def test_an_empty_answer_says_whether_anything_of_the_type_is_loaded_at_all(twin: Served) -> None:
    twin.put("loaded")
    sea = types.BoundingBox(crs="EPSG:4326", min_x=3.0, min_y=53.0, max_x=3.1, max_y=53.1)
    box = Box("EPSG:4326", 3.0, 53.0, 3.1, 53.1)

    def asked() -> tuple[bool, bool, str]:
        request = pb.QueryEntitiesRequest(type="Lighthouse", bounding_box=sea)
        page, (streamed,) = twin.call("QueryEntities", request), list(twin.call("StreamEntities", request))
        terms = Terms("check", "r", 20)
        return (
            page.nothing_loaded,
            streamed.nothing_loaded,
            entities(twin.channel, "Lighthouse", box, twin.token, terms).broken,
        )

    page, streamed, broken = asked()
    assert page
    assert streamed
    assert "nothing is known of the place" in broken, "a permit check relies on no such answer"
    twin.upsert("loaded", entity({"type": "Lighthouse", "location": point(*ROTTERDAM)}))
    assert asked() == (False, False, "")


def test_get_by_urn_and_by_source_id(twin: Served) -> None:
    twin.put("get")
    answer = twin.upsert("get", entity({"name": "first"}, id="urn:ngsi-ld:Bench:77"))
    urn = answer.results[0].id
    assert urn.startswith(f"urn:hanse:{AUTHORITY}:bench:")
    by_urn, by_source = (twin.call("GetEntity", pb.GetEntityRequest(id=i)) for i in (urn, "urn:ngsi-ld:Bench:77"))
    assert by_urn == by_source
    assert (by_urn.id, by_urn.type, by_urn.contract, by_urn.revision) == (urn, "Bench", "twin/v1", "1.1.0")
    document = json.loads(by_urn.json)
    assert document["name"] == {"type": "Property", "value": "first"}
    assert document["dataset"]["object"] == by_urn.dataset == dataset_urn("get")


@pytest.mark.parametrize(
    ("asked", "code", "reason"),
    [
        ("", Code.INVALID_ARGUMENT, "FIELD_INVALID"),
        ("x" * 513, Code.INVALID_ARGUMENT, "FIELD_INVALID"),
        ("urn:hanse:marewijk.example:bench:none", Code.NOT_FOUND, "NOT_FOUND"),
        ("'; DROP TABLE entity; --", Code.NOT_FOUND, "NOT_FOUND"),
        ("\x00", Code.NOT_FOUND, "NOT_FOUND"),
    ],
)
def test_what_is_not_there(twin: Served, asked: str, code: Code, reason: str) -> None:
    found = refusal(lambda: twin.call("GetEntity", pb.GetEntityRequest(id=asked)))
    assert (found.code, found.reason) == (code, reason)


def test_query_by_type_attribute_box_and_circle(twin: Served, grid: list[types.Entity]) -> None:
    assert len(grid) == COUNT
    red = pb.AttributeFilter(attribute="colour", operator=OPERATOR.OPERATOR_EQUAL, value='"red"')
    low = pb.AttributeFilter(attribute="number", operator=OPERATOR.OPERATOR_LESS, value="10")
    mine = {"dataset": dataset_urn("grid")}
    assert numbers(twin.all(filters=[red, low], **mine)) == [0, 3, 6, 9]
    assert len(twin.all(type="Bench", **mine)) == COUNT
    assert twin.all(type="Road", **mine) == []
    degrees = types.BoundingBox(min_x=4.48095, min_y=51.9, max_x=4.48205, max_y=52.0)
    assert numbers(twin.all(bounding_box=degrees, **mine)) == list(range(10, 21))
    circle = types.Circle(x=4.481, y=51.92, radius_m=15)  # 6.9 m apart
    assert numbers(twin.all(circle=circle, **mine)) == [8, 9, 10, 11, 12]
    plane = types.BoundingBox(crs=RD, min_x=0, min_y=400_000, max_x=300_000, max_y=500_000)
    assert len(twin.all(bounding_box=plane, **mine)) == COUNT
    everywhere = types.BoundingBox(crs=RD, min_x=-1e9, min_y=-1e9, max_x=1e9, max_y=1e9)
    assert len(twin.all(bounding_box=everywhere, **mine)) == COUNT
    assert twin.all(bounding_box=types.BoundingBox(crs=RD, min_x=1e300, max_x=1e301), **mine) == []


@pytest.mark.parametrize("size", [1, 7, 0, 229, 230, 231, 1000])
def test_pages_cover_everything_exactly_once(twin: Served, grid: list[types.Entity], size: int) -> None:
    pages = list(twin.pages(pb.QueryEntitiesRequest(dataset=dataset_urn("grid"), page_size=size)))
    found = [each for page in pages for each in page.entities]
    assert found == grid
    assert len(pages) == math.ceil(COUNT / (size or 100))
    for page in pages:
        assert [each.id for each in page.datasets] == [dataset_urn("grid")]
        assert page.datasets[0].licence == "CC0-1.0"
        assert page.datasets[0].terms == "https://marewijk.example/terms"


def test_a_stream_gives_the_same_as_pages(twin: Served, grid: list[types.Entity]) -> None:
    request = pb.QueryEntitiesRequest(dataset=dataset_urn("grid"), page_size=50)
    messages = list(twin.call("StreamEntities", request))
    assert [each for message in messages for each in message.entities] == grid
    assert [len(message.entities) for message in messages] == [50, 50, 50, 50, 30]
    assert all(message.datasets[0].terms for message in messages)
    empty = list(twin.call("StreamEntities", pb.QueryEntitiesRequest(type="Ship")))
    assert [len(message.entities) for message in empty] == [0]


def test_a_stream_that_is_broken_off_holds_nothing_up(twin: Served, grid: list[types.Entity]) -> None:
    assert grid
    for _ in range(40):  # more than the service has threads
        call = twin.call("StreamEntities", pb.QueryEntitiesRequest(dataset=dataset_urn("grid"), page_size=1))
        next(iter(call))
        call.cancel()
    assert twin.alive()


def test_a_page_token_fits_its_query_only(twin: Served, grid: list[types.Entity]) -> None:
    assert grid
    request = pb.QueryEntitiesRequest(dataset=dataset_urn("grid"), page_size=10)
    token = twin.call("QueryEntities", request).next_page_token
    other_size = pb.QueryEntitiesRequest(dataset=dataset_urn("grid"), page_size=20, page_token=token)
    assert len(twin.call("QueryEntities", other_size).entities) == 20
    wrong = [
        pb.QueryEntitiesRequest(page_token=token),
        pb.QueryEntitiesRequest(dataset=dataset_urn("grid"), type="Bench", page_token=token),
        *(
            pb.QueryEntitiesRequest(dataset=dataset_urn("grid"), page_token=bad)
            for bad in ("made up", token[:-4], "W10=", "bnVsbA==", "MQ==", "W1tb" * 20_000, "[" * 100_000, "é")
        ),
    ]
    for bad in wrong:
        for method in ("QueryEntities", "StreamEntities"):
            found = refusal(lambda bad=bad, method=method: twin.call(method, bad))  # type: ignore[misc]
            assert (found.code, found.reason, found.fields) == (
                Code.INVALID_ARGUMENT,
                "TOKEN_MALFORMED",
                ("page_token",),
            )


def _filter(**values: Any) -> pb.QueryEntitiesRequest:
    usual = {"attribute": "number", "operator": OPERATOR.OPERATOR_EQUAL, "value": "1"}
    return pb.QueryEntitiesRequest(filters=[pb.AttributeFilter(**{**usual, **values})])


def _box(**values: Any) -> pb.QueryEntitiesRequest:
    return pb.QueryEntitiesRequest(bounding_box=types.BoundingBox(**values))


def _circle(**values: Any) -> pb.QueryEntitiesRequest:
    return pb.QueryEntitiesRequest(circle=types.Circle(**{"x": 4.4, "y": 51.9, "radius_m": 10.0, **values}))


NAN, INF = float("nan"), float("inf")
UTM, BESSEL = "EPSG:25831", "EPSG:4289"


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("page_size", pb.QueryEntitiesRequest(page_size=-1)),
        ("page_size", pb.QueryEntitiesRequest(page_size=1001)),
        ("page_size", pb.QueryEntitiesRequest(page_size=2**31 - 1)),
        ("filters[0].operator", _filter(operator=OPERATOR.OPERATOR_UNSPECIFIED)),
        ("filters[0].operator", _filter(operator=99)),
        ("filters[0].operator", _filter(operator=OPERATOR.OPERATOR_LESS, value="true")),
        ("filters[0].attribute", _filter(attribute="")),
        ("filters[0].attribute", _filter(attribute="x" * 3000)),
        ("filters[0].value", _filter(value="")),
        ("filters[0].value", _filter(value="red")),
        ("filters[0].value", _filter(value="null")),
        ("filters[0].value", _filter(value="[1]")),
        ("filters[0].value", _filter(value="NaN")),
        ("filters[0].value", _filter(value="-Infinity")),
        ("filters[0].value", _filter(value="1e999")),
        ("filters[0].value", _filter(value="9" * 400)),
        ("filters[0].value", _filter(value="9" * 5000)),
        ("filters[0].value", _filter(value="[" * 100_000)),
        ("filters[0].value", _filter(value='"\\ud800"')),
        ("filters[0].value", _filter(value=json.dumps("x" * 512))),
        ("bounding_box", _box(min_x=NAN, max_x=1, max_y=1)),
        ("bounding_box", _box(min_x=-INF, max_x=INF, max_y=1)),
        ("bounding_box", _box(min_x=2, max_x=1, max_y=1)),
        ("bounding_box", _box(min_y=2, max_x=1, max_y=1)),
        ("bounding_box.crs", _box(crs="EPSG:1", max_x=1, max_y=1)),
        ("bounding_box.crs", _box(crs="x" * 10_000, max_x=1, max_y=1)),
        ("bounding_box", _box(crs=UTM, max_x=2_000_000, max_y=1)),
        ("bounding_box", _box(crs=BESSEL, max_x=1, max_y=1)),
        ("circle.radius_m", _circle(radius_m=0)),
        ("circle.radius_m", _circle(radius_m=-1)),
        ("circle.radius_m", _circle(radius_m=50_001)),
        ("circle.radius_m", _circle(radius_m=NAN)),
        ("circle", _circle(x=NAN)),
        ("circle", _circle(x=500)),
        ("circle", _circle(y=-91)),
        ("circle.crs", _circle(crs="nowhere")),
    ],
)
def test_bad_queries_name_their_field(twin: Served, field: str, request_: pb.QueryEntitiesRequest) -> None:
    for method in ("QueryEntities", "StreamEntities"):
        found = refusal(lambda method=method: twin.call(method, request_))  # type: ignore[misc]
        assert (found.code, found.reason, found.fields) == (Code.INVALID_ARGUMENT, "FIELD_INVALID", (field,))
    assert twin.alive()


def test_too_many_filters(twin: Served) -> None:
    many = pb.QueryEntitiesRequest(filters=list(_filter().filters) * 17)
    found = refusal(lambda: twin.call("QueryEntities", many))
    assert (found.code, found.reason) == (Code.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")


def test_true_is_not_one_and_text_is_no_number(twin: Served) -> None:
    twin.put("kinds")
    values: list[Any] = [1, True, "1", 1.0, "true"]
    twin.upsert("kinds", *(entity({"kind": value}) for value in values))

    def count(text: str) -> int:
        chosen = pb.AttributeFilter(attribute="kind", operator=OPERATOR.OPERATOR_EQUAL, value=text)
        return len(twin.all(filters=[chosen], dataset=dataset_urn("kinds")))

    assert [count(text) for text in ("1", "1.0", "true", "false", '"1"', '"true"')] == [2, 2, 1, 0, 1, 1]


def test_upsert_is_all_or_nothing_with_a_result_for_each(twin: Served) -> None:
    twin.put("batch")
    good, bad = entity({"name": "good"}), entity({"name": None})
    answer = twin.upsert("batch", good, bad, good)
    assert not answer.committed
    assert [result.state for result in answer.results] == [
        State.STATE_NOT_WRITTEN,
        State.STATE_REFUSED,
        State.STATE_NOT_WRITTEN,
    ]
    assert [result.index for result in answer.results] == [0, 1, 2]
    assert answer.results[1].path == "/name/value"
    assert answer.results[1].detail
    assert twin.all(dataset=dataset_urn("batch")) == []
    assert twin.upsert("batch", good, good).committed
    assert len(twin.all(dataset=dataset_urn("batch"))) == 2


def test_batches_of_a_stream_stand_for_themselves(twin: Served) -> None:
    twin.put("stream")
    urn = dataset_urn("stream")
    batches = [
        pb.UpsertEntitiesRequest(dataset=urn, entities=[entity({"n": 1})]),
        pb.UpsertEntitiesRequest(dataset=urn, entities=[entity({"n": None})]),
        pb.UpsertEntitiesRequest(dataset=urn, entities=[entity({"n": 3})]),
    ]
    answers = list(twin.call("UpsertEntities", iter(batches)))
    assert [answer.committed for answer in answers] == [True, False, True]
    assert len(twin.all(dataset=urn)) == 2


def test_upserting_again_replaces_or_leaves_unchanged(twin: Served) -> None:
    twin.put("again")
    urn = twin.upsert("again", entity({"n": 1})).results[0].id
    same = twin.upsert("again", entity({"n": 1}, id=urn))
    assert (same.results[0].state, same.results[0].id) == (State.STATE_UNCHANGED, urn)
    assert twin.upsert("again", entity({"n": 2}, id=urn)).results[0].state == State.STATE_REPLACED
    stored = twin.call("GetEntity", pb.GetEntityRequest(id=urn))
    assert json.loads(stored.json)["n"]["value"] == 2
    stored.json = stored.json.replace(b'"value":2', b'"value":3')  # what was got can be put back
    assert twin.upsert("again", stored).results[0].state == State.STATE_REPLACED


def test_a_retry_gives_the_same_ids_and_nothing_twice(twin: Served) -> None:
    twin.put("retry")
    batch = [entity({"n": 1}), entity({"n": 2}, id="urn:x:retry"), entity({"n": 3})]
    first = twin.upsert("retry", *batch, request_id="request-1")
    assert first.committed
    twin.upsert("retry", entity({"n": 99}, id=first.results[0].id))  # somebody else goes on meanwhile
    assert twin.upsert("retry", *batch, request_id="request-1") == first
    held = {each.id: json.loads(each.json)["n"]["value"] for each in twin.all(dataset=dataset_urn("retry"))}
    assert held == {first.results[0].id: 99, first.results[1].id: 2, first.results[2].id: 3}
    found = refusal(lambda: twin.upsert("retry", entity({"n": 4}), request_id="request-1"))
    assert (found.code, found.reason) == (Code.ALREADY_EXISTS, "ALREADY_EXISTS")
    found = refusal(lambda: twin.upsert("retry", entity(), request_id="r" * 201))
    assert found.fields == ("request_id",)


def test_deleted_ids_are_never_used_again(twin: Served) -> None:
    twin.put("delete")
    urn = twin.upsert("delete", entity({"n": 1}, id="urn:x:deleted")).results[0].id
    unknown = f"urn:hanse:{AUTHORITY}:bench:unknown"
    gone = twin.call("DeleteEntities", pb.DeleteEntitiesRequest(ids=[urn, unknown, urn]))
    assert (gone.deleted, list(gone.unknown)) == (1, [unknown])
    for asked in (urn, "urn:x:deleted"):
        assert refusal(lambda asked=asked: twin.call("GetEntity", pb.GetEntityRequest(id=asked))).code == Code.NOT_FOUND  # type: ignore[misc]
    again = twin.upsert("delete", entity({"n": 2}, id=urn))
    assert not again.committed
    assert again.results[0].state == State.STATE_REFUSED
    assert "never used again" in again.results[0].detail
    fresh = twin.upsert("delete", entity({"n": 1}, id="urn:x:deleted")).results[0]
    assert (fresh.state, fresh.id != urn) == (State.STATE_CREATED, True)
    assert list(twin.call("DeleteEntities", pb.DeleteEntitiesRequest(ids=[urn])).unknown) == [urn]


def test_an_entity_stays_in_its_data_set(twin: Served) -> None:
    for name in ("mine", "yours"):
        twin.put(name)
    urn = twin.upsert("mine", entity({"n": 1})).results[0].id
    answer = twin.upsert("yours", entity({"n": 1}), entity({"n": 2}, id=urn))
    assert not answer.committed
    assert [result.state for result in answer.results] == [State.STATE_NOT_WRITTEN, State.STATE_REFUSED]
    assert dataset_urn("mine") in answer.results[1].detail


@pytest.mark.parametrize(
    ("batch", "code", "reason"),
    [
        (pb.UpsertEntitiesRequest(dataset=dataset_urn("limits")), Code.INVALID_ARGUMENT, "FIELD_INVALID"),
        (
            pb.UpsertEntitiesRequest(dataset=dataset_urn("limits"), entities=[entity()] * 1001),
            Code.RESOURCE_EXHAUSTED,
            "LIMIT_EXCEEDED",
        ),
        (
            pb.UpsertEntitiesRequest(dataset=dataset_urn("limits"), entities=[entity({"n": "x" * 17_000_000})]),
            Code.RESOURCE_EXHAUSTED,
            "LIMIT_EXCEEDED",
        ),
        (pb.UpsertEntitiesRequest(dataset=dataset_urn("unknown"), entities=[entity()]), Code.NOT_FOUND, "NOT_FOUND"),
        (
            pb.UpsertEntitiesRequest(dataset="urn:hanse:lindemond.example:dataset:x", entities=[entity()]),
            Code.NOT_FOUND,
            "NOT_FOUND",
        ),
    ],
    ids=["empty", "too many", "too large", "unknown data set", "another city's data set"],
)
def test_bad_batches(twin: Served, batch: pb.UpsertEntitiesRequest, code: Code, reason: str) -> None:
    twin.put("limits")
    found = refusal(lambda: twin.call("UpsertEntities", iter([batch])))
    assert (found.code, found.reason) == (code, reason)
    assert twin.alive()


@pytest.mark.parametrize("ids", [[], ["x"] * 1001])
def test_bad_deletions(twin: Served, ids: list[str]) -> None:
    found = refusal(lambda: twin.call("DeleteEntities", pb.DeleteEntitiesRequest(ids=ids)))
    assert (found.code, found.reason, found.fields) == (Code.INVALID_ARGUMENT, "FIELD_INVALID", ("ids",))


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (pb.ListDatasetsRequest(page_size=1001), "FIELD_INVALID"),
        (pb.ListDatasetsRequest(page_token="made up"), "TOKEN_MALFORMED"),  # noqa: S106 - no password
    ],
)
def test_bad_pages_of_data_sets(twin: Served, request_: pb.ListDatasetsRequest, reason: str) -> None:
    assert refusal(lambda: twin.call("ListDatasets", request_)).reason == reason


def test_a_message_over_the_limit(twin: Served) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        twin.call("GetEntity", pb.GetEntityRequest(id="x" * (twin.part.config.limits.max_message_bytes + 1)))
    assert caught.value.code() == Code.RESOURCE_EXHAUSTED  # type: ignore[attr-defined]
    assert twin.alive()


def test_a_deadline_already_past(twin: Served) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        twin.call("QueryEntities", pb.QueryEntitiesRequest(), timeout=-1)
    assert caught.value.code() == Code.DEADLINE_EXCEEDED  # type: ignore[attr-defined]
    assert twin.alive()


def test_who_may_read_and_write(twin: Served) -> None:
    config = twin.part.config
    read, write = pb.QueryEntitiesRequest(), pb.PutDatasetRequest(dataset=dataset_message("mine"))
    reader = metadata(signed_token(config, scope="twin:read translate"))
    assert refusal(lambda: twin.stub.PutDataset(write, timeout=5, metadata=reader)).reason == "SCOPE_MISSING"
    assert refusal(lambda: twin.stub.QueryEntities(read, timeout=5)).reason == "SUBJECT_TOKEN_INVALID"
    bad = {
        "other audience": (signed_token(config, scope="twin:read", aud="lindemond.example"), "SCOPE_MISSING"),
        "expired": (signed_token(config, scope="twin:read", iat=1, exp=2), "SUBJECT_TOKEN_INVALID"),
        "other issuer": (signed_token(config, scope="twin:read", iss="lindemond.example"), "SUBJECT_TOKEN_INVALID"),
        "altered": (twin.token[:-6] + "AAAAAA", "SUBJECT_TOKEN_INVALID"),
    }
    for token, reason in bad.values():
        found = refusal(lambda token=token: twin.stub.QueryEntities(read, timeout=5, metadata=metadata(token)))  # type: ignore[misc]
        assert found.reason == reason
    everything = metadata(twin.token)
    with connect(config, "permit", "twin") as channel:
        stub = twin_pb2_grpc.TwinServiceStub(channel)
        stub.QueryEntities(read, timeout=5, metadata=reader)
        assert refusal(lambda: stub.PutDataset(write, timeout=5, metadata=everything)).reason == "CALLER_NOT_ALLOWED"
    with connect(config, "client-operator", "twin") as channel:
        stub = twin_pb2_grpc.TwinServiceStub(channel)
        assert refusal(lambda: stub.QueryEntities(read, timeout=5, metadata=everything)).reason == "CALLER_NOT_ALLOWED"
