# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Scenarios of a served twin: opened, edited, asked, compared, kept or dropped; and how each is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cities import Processes, make_city
from refusals import refusal
from twin_world import AUTHORITY, NO_EVENTS, Served, dataset_urn, entity, point, signed_token

from hanse.api.twin.v1 import scenario_pb2 as pb
from hanse.api.twin.v1 import scenario_pb2_grpc
from hanse.api.twin.v1 import twin_pb2 as twin_api
from hanse.kernel.channel import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.api.types.v1 import types_pb2 as types

Code = grpc.StatusCode
State = twin_api.ItemResult
NOWHERE = f"urn:hanse:{AUTHORITY}:scenario:none"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    config = make_city(tmp_path_factory.mktemp("city"), settings=NO_EVENTS)
    with Processes() as processes:
        served = Served.of(processes.start(config, "twin"))
        served.put("benches")
        served.put("others")
        yield served
        output = served.part.output()
        assert "defect" not in output, output
        assert "Traceback" not in output, output
        served.channel.close()


def plan(twin: Served, method: str, request: Any) -> Any:
    stub = scenario_pb2_grpc.TwinScenarioServiceStub(twin.channel)
    return getattr(stub, method)(request, timeout=20, metadata=twin.metadata)


def opened(twin: Served, name: str) -> str:
    return str(plan(twin, "CreateScenario", pb.CreateScenarioRequest(name=name)).id)


def urn(name: str) -> str:
    return f"urn:hanse:{AUTHORITY}:bench:{name}"


def bench(name: str, colour: str) -> types.Entity:
    return entity({"id": urn(name), "colour": colour, "location": point(4.4, 51.9)})


def edit(
    twin: Served, scenario: str, *benches: types.Entity, remove: tuple[str, ...] = (), dataset: str = "benches"
) -> pb.EditScenarioResponse:
    put = twin_api.UpsertEntitiesRequest(dataset=dataset_urn(dataset), entities=benches) if benches else None
    return plan(twin, "EditScenario", pb.EditScenarioRequest(scenario=scenario, put=put, remove=remove))


def colours(twin: Served, scenario: str = "", **query: Any) -> dict[str, str]:
    found = twin.all(type="Bench", scenario=scenario, **query)
    return {each.id: json.loads(each.json)["colour"]["value"] for each in found}


def test_a_scenario_is_opened_found_and_dropped(twin: Served) -> None:
    made = plan(twin, "CreateScenario", pb.CreateScenarioRequest(name="  first "))
    assert made.name == "first"
    assert made.id.startswith(f"urn:hanse:{AUTHORITY}:scenario:")
    assert plan(twin, "GetScenario", pb.GetScenarioRequest(id=made.id)) == made
    others = [opened(twin, f"other {number}") for number in range(3)]
    seen, token = [], ""
    while True:
        page = plan(twin, "ListScenarios", pb.ListScenariosRequest(page_size=2, page_token=token))
        assert len(page.scenarios) <= 2
        seen += [each.id for each in page.scenarios]
        token = page.next_page_token
        if not token:
            break
    assert seen == sorted([made.id, *others])
    for each in seen:
        plan(twin, "DeleteScenario", pb.DeleteScenarioRequest(scenario=each))
    assert not plan(twin, "ListScenarios", pb.ListScenariosRequest()).scenarios
    assert opened(twin, "first"), "a name is free again"
    plan(twin, "DeleteScenario", pb.DeleteScenarioRequest(scenario=plan_named(twin, "first")))


def plan_named(twin: Served, name: str) -> str:
    found = plan(twin, "ListScenarios", pb.ListScenariosRequest()).scenarios
    return next(str(each.id) for each in found if each.name == name)


def test_every_way_to_read_sees_the_scenario(twin: Served) -> None:
    twin.upsert("benches", bench("a", "red"), bench("b", "red"), bench("c", "red"))
    scenario = opened(twin, "repainted")
    answer = edit(twin, scenario, bench("b", "blue"), bench("d", "green"), bench("c", "red"), remove=(urn("a"),))
    assert answer.committed
    assert [each.state for each in answer.results] == [State.STATE_REPLACED, State.STATE_CREATED, State.STATE_UNCHANGED]
    then = {urn("b"): "blue", urn("c"): "red", urn("d"): "green"}
    assert colours(twin, scenario) == then
    assert colours(twin, scenario, q='colour!="red"') == {urn("b"): "blue", urn("d"): "green"}
    assert set(colours(twin)) == {urn("a"), urn("b"), urn("c")}
    query = twin_api.QueryEntitiesRequest(type="Bench", scenario=scenario)
    assert twin.call("CountEntities", query).count == 3
    assert [each.id for some in twin.call("StreamEntities", query) for each in some.entities] == sorted(then)
    request = twin_api.BatchGetEntitiesRequest(ids=[urn("a"), urn("d")], scenario=scenario)
    got = twin.call("BatchGetEntities", request)
    assert ([each.id for each in got.entities], list(got.missing)) == ([urn("d")], [urn("a")])
    export = twin_api.ExportEntitiesRequest(query=query, format="FORMAT_GEOJSON")
    written = b"".join(part.chunk for part in twin.call("ExportEntities", export))
    assert {each["id"] for each in json.loads(written)["features"]} == set(then)
    paged = [page.entities[0].id for page in twin.pages(twin_api.QueryEntitiesRequest(scenario=scenario, page_size=1))]
    assert paged == sorted(then)
    found = plan(twin, "GetScenario", pb.GetScenarioRequest(id=scenario))
    assert (found.added, found.replaced, found.removed) == (1, 1, 1)
    differences = plan(twin, "CompareScenario", pb.CompareScenarioRequest(scenario=scenario)).differences
    assert [(each.id, each.change, list(each.attributes)) for each in differences] == [
        (urn("a"), pb.CompareScenarioResponse.CHANGE_REMOVED, ["colour", "dataset", "location", "type"]),
        (urn("b"), pb.CompareScenarioResponse.CHANGE_REPLACED, ["colour"]),
        (urn("d"), pb.CompareScenarioResponse.CHANGE_ADDED, ["colour", "dataset", "location", "type"]),
    ]
    edit(twin, scenario, bench("a", "red"), bench("b", "red"), remove=(urn("d"),))
    assert not plan(twin, "CompareScenario", pb.CompareScenarioRequest(scenario=scenario)).differences
    plan(twin, "DeleteScenario", pb.DeleteScenarioRequest(scenario=scenario))
    twin.call("DeleteEntities", twin_api.DeleteEntitiesRequest(ids=[urn(name) for name in "abc"]))


def test_what_changed_meanwhile_is_not_overwritten(twin: Served) -> None:
    twin.upsert("benches", bench("k", "red"), bench("l", "red"), bench("m", "red"))
    scenario = opened(twin, "late")
    edit(twin, scenario, bench("k", "blue"), bench("n", "blue"), remove=(urn("m"),))
    twin.upsert("benches", bench("k", "yellow"), bench("l", "yellow"))
    keep = pb.KeepScenarioRequest(scenario=scenario)
    refused = refusal(lambda: plan(twin, "KeepScenario", keep))
    assert (refused.code, refused.reason) == (Code.FAILED_PRECONDITION, "STATE_CHANGED")
    assert urn("k") in refused.message
    assert urn("l") not in refused.message, "the scenario does not touch it"
    assert colours(twin) == {urn("k"): "yellow", urn("l"): "yellow", urn("m"): "red"}
    edit(twin, scenario, bench("k", "blue"))
    kept = plan(twin, "KeepScenario", keep)
    assert (kept.created, kept.replaced, kept.deleted) == (1, 1, 1)
    assert colours(twin) == {urn("k"): "blue", urn("l"): "yellow", urn("n"): "blue"}
    assert refusal(lambda: plan(twin, "KeepScenario", keep)).code is Code.NOT_FOUND
    twin.call("DeleteEntities", twin_api.DeleteEntitiesRequest(ids=[urn(name) for name in "kln"]))


def test_an_edit_is_all_or_nothing(twin: Served) -> None:
    twin.upsert("benches", bench("p", "red"))
    scenario = opened(twin, "wrong")
    wrong = entity({"id": urn("r"), "colour": {"type": "Colour"}})
    answer = edit(twin, scenario, bench("q", "blue"), wrong, remove=(urn("p"),))
    assert not answer.committed
    assert [each.state for each in answer.results] == [State.STATE_NOT_WRITTEN, State.STATE_REFUSED]
    answer = edit(twin, scenario, bench("q", "blue"), bench("p", "red"), dataset="others")
    assert [each.state for each in answer.results] == [State.STATE_NOT_WRITTEN, State.STATE_REFUSED]
    assert "benches" in answer.results[1].detail
    missing = refusal(lambda: edit(twin, scenario, bench("q", "blue"), remove=(urn("nobody"),)))
    assert missing.code is Code.NOT_FOUND
    assert colours(twin, scenario) == {urn("p"): "red"}
    plan(twin, "DeleteScenario", pb.DeleteScenarioRequest(scenario=scenario))
    twin.call("DeleteEntities", twin_api.DeleteEntitiesRequest(ids=[urn("p")]))


def test_what_cannot_be_done_is_named(twin: Served) -> None:
    scenario = opened(twin, "named")

    def fields(method: str, request: Any) -> tuple[str, ...]:
        refused = refusal(lambda: plan(twin, method, request))
        assert refused.code is Code.INVALID_ARGUMENT
        return refused.fields

    put = twin_api.UpsertEntitiesRequest(dataset=dataset_urn("benches"), entities=[bench("x", "red")], request_id="1")
    both = pb.EditScenarioRequest(
        scenario=scenario,
        put=twin_api.UpsertEntitiesRequest(dataset=dataset_urn("benches"), entities=[bench("x", "red")]),
        remove=[urn("x")],
    )
    compare = pb.CompareScenarioRequest
    assert fields("CreateScenario", pb.CreateScenarioRequest()) == ("name",)
    assert fields("CreateScenario", pb.CreateScenarioRequest(name="x" * 201)) == ("name",)
    assert fields("CreateScenario", pb.CreateScenarioRequest(name="a\nb")) == ("name",)
    assert fields("EditScenario", pb.EditScenarioRequest(scenario=scenario)) == ("put",)
    assert fields("EditScenario", pb.EditScenarioRequest(scenario=scenario, put=put)) == ("put.request_id",)
    assert fields("EditScenario", both) == ("remove",)
    assert fields("CompareScenario", compare(scenario=scenario, radius_m=2_000)) == ("radius_m",)
    assert fields("CompareScenario", compare(scenario=scenario, sun_date="today")) == ("sun_date",)
    assert fields("ListScenarios", pb.ListScenariosRequest(page_size=2_000)) == ("page_size",)
    again = refusal(lambda: opened(twin, "named"))
    assert again.code is Code.ALREADY_EXISTS
    for method, request in (
        ("GetScenario", pb.GetScenarioRequest(id=NOWHERE)),
        ("EditScenario", pb.EditScenarioRequest(scenario=NOWHERE, remove=[urn("x")])),
        ("CompareScenario", compare(scenario=NOWHERE)),
        ("KeepScenario", pb.KeepScenarioRequest(scenario=NOWHERE)),
        ("DeleteScenario", pb.DeleteScenarioRequest(scenario=NOWHERE)),
    ):
        assert refusal(lambda how=method, what=request: plan(twin, how, what)).code is Code.NOT_FOUND
    nowhere = refusal(lambda: twin.call("QueryEntities", twin_api.QueryEntitiesRequest(scenario=NOWHERE)))
    assert nowhere.code is Code.NOT_FOUND
    past = twin_api.QueryEntitiesRequest(scenario=scenario, as_of="2026-01-01T00:00:00Z")
    assert refusal(lambda: twin.call("QueryEntities", past)).fields == ("as_of",)
    plan(twin, "DeleteScenario", pb.DeleteScenarioRequest(scenario=scenario))


def test_readers_may_not_plan(twin: Served) -> None:
    stub = scenario_pb2_grpc.TwinScenarioServiceStub(twin.channel)
    reader = metadata(signed_token(twin.part.config, scope="twin:read"))
    request = pb.CreateScenarioRequest(name="mine")
    refused = refusal(lambda: stub.CreateScenario(request, timeout=20, metadata=reader))
    assert refused.code is Code.PERMISSION_DENIED
    assert not stub.ListScenarios(pb.ListScenariosRequest(), timeout=20, metadata=reader).scenarios
