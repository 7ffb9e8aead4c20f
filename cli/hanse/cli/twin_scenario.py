# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse twin scenario`: named branches over the living twin: plans tried out, compared, kept or dropped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanse.api.twin.v1 import scenario_pb2 as pb
from hanse.api.twin.v1 import scenario_pb2_grpc, twin_pb2
from hanse.api.types.v1 import types_pb2
from hanse.cli.arguments import day, within
from hanse.cli.client import GatewayClient
from hanse.cli.output import CliError, Exit, many
from hanse.cli.twin_load import guess_format
from hanse.cli.twin_query import scenario_id
from hanse.kernel.config import load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from hanse.cli.output import Output

_COMPARE_S = 150.0
_PAGE, _AT_ONCE, _BYTES = 1_000, 500, 8 * 1024 * 1024
_STATES = twin_pb2.ItemResult.State
_CHANGES = pb.CompareScenarioResponse.Change


def register(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> Iterator[argparse.ArgumentParser]:
    """Adds `scenario` with its own actions."""
    parser = actions.add_parser("scenario", help="plans over the twin: put in, compare, keep or drop")
    own = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    create = own.add_parser("create", help="open a scenario; it costs what will differ, not a copy")
    create.add_argument("name", help="what it is called; no other scenario of the city is")
    create.set_defaults(run=_create)
    yield create
    listed = own.add_parser("list", help="scenarios and how much each differs")
    listed.set_defaults(run=_list)
    yield listed
    put = own.add_parser("put", help="put in or replace entities of a file")
    put.add_argument("scenario", metavar="SCENARIO", help="its name or URN")
    put.add_argument("file", type=Path, help="NGSI-LD, CityJSON or CityJSONSeq")
    put.add_argument("--dataset", required=True, help="data set URN, or a short name such as buildings")
    put.add_argument("--assume-crs", default="", help="EPSG URI, when a CityJSON file declares none")
    put.add_argument("--assume-vertical-datum", default="", help="e.g. NAP, when its CRS has no heights")
    put.set_defaults(run=_put)
    yield put
    remove = own.add_parser("remove", help="take entities out")
    remove.add_argument("scenario", metavar="SCENARIO", help="its name or URN")
    remove.add_argument("ids", nargs="+", metavar="URN", help="entities of the living twin or of the scenario")
    remove.set_defaults(run=_remove)
    yield remove
    compare = own.add_parser("compare", help="what stands otherwise than today, and whose sunlight differs")
    compare.add_argument("scenario", metavar="SCENARIO", help="its name or URN")
    compare.add_argument("--sun", type=day, default="", metavar="DAY", help="compare hours of sun on this day")
    compare.add_argument("--radius", type=within(1, 1_000, "distance"), default=150.0, help="metres around (150)")
    compare.set_defaults(run=_compare)
    yield compare
    for name, help_, run in (
        ("keep", "make its differences the living twin's", _keep),
        ("drop", "throw it away", _drop),
    ):
        action = own.add_parser(name, help=help_)
        action.add_argument("scenario", metavar="SCENARIO", help="its name or URN")
        action.set_defaults(run=run)
        yield action


def _asking(arguments: argparse.Namespace) -> GatewayClient:
    return GatewayClient.of(load(arguments.city), arguments.client)


def _stub(client: GatewayClient) -> Any:  # noqa: ANN401 - generated stubs have no types
    return scenario_pb2_grpc.TwinScenarioServiceStub(client.channel)


def _create(arguments: argparse.Namespace, output: Output) -> int:
    with _asking(arguments) as client:
        request = pb.CreateScenarioRequest(name=arguments.name)
        made = client.call(_stub(client).CreateScenario, request, city=arguments.of)
    output.result(_document(made), f"{made.name}: {made.id}")
    return Exit.OK


def _list(arguments: argparse.Namespace, output: Output) -> int:
    request = pb.ListScenariosRequest(page_size=_PAGE)
    found: list[pb.Scenario] = []
    with _asking(arguments) as client:
        while True:
            page = client.call(_stub(client).ListScenarios, request, city=arguments.of)
            found += page.scenarios
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
    rows = [(each.name, each.added, each.replaced, each.removed, each.created, each.id) for each in found]
    columns = ("name", "added", "replaced", "removed", "opened", "id")
    output.table(many(len(found), "scenario"), columns, rows, [_document(each) for each in found])
    return Exit.OK


def _document(scenario: pb.Scenario) -> dict[str, object]:
    names = ("id", "name", "created", "added", "replaced", "removed")
    return {name: getattr(scenario, name) for name in names}


def _put(arguments: argparse.Namespace, output: Output) -> int:
    config = load(arguments.city)
    dataset = arguments.dataset
    if not dataset.startswith("urn:"):
        dataset = f"urn:hanse:{arguments.of or config.city.authority}:dataset:{dataset}"
    entities = list(_entities(arguments, dataset))
    results: list[twin_pb2.ItemResult] = []
    with _asking(arguments) as client:
        scenario = scenario_id(client, arguments.scenario, arguments)
        for batch in _batches(entities):
            put = twin_pb2.UpsertEntitiesRequest(dataset=dataset, entities=batch)
            request = pb.EditScenarioRequest(scenario=scenario, put=put)
            answer = client.call(_stub(client).EditScenario, request, timeout_s=_COMPARE_S, city=arguments.of)
            results += answer.results
            if not answer.committed:
                break
    states = [_STATES.Name(each.state).removeprefix("STATE_").lower().replace("_", " ") for each in results]
    rows = [(each.id, state, each.path, each.detail) for each, state in zip(results, states, strict=True)]
    document = [dict(zip(("id", "state", "path", "detail"), row, strict=True)) for row in rows]
    output.table(many(len(rows), "entity", "entities"), ("id", "state", "place", "reason"), rows, document)
    return Exit.FAILED if {"refused", "not written"} & set(states) else Exit.OK


def _batches(entities: list[types_pb2.Entity]) -> Iterator[list[types_pb2.Entity]]:
    some: list[types_pb2.Entity] = []
    size = 0
    for each in entities:
        if some and (len(some) == _AT_ONCE or size + len(each.json) > _BYTES):
            yield some
            some, size = [], 0
        some.append(each)
        size += len(each.json)
    if some:
        yield some


def _entities(arguments: argparse.Namespace, dataset: str) -> Iterator[types_pb2.Entity]:
    """What the file holds, as NGSI-LD. Raises CliError."""
    form = guess_format(arguments.file)
    data = arguments.file.read_bytes()
    for document in _documents(data) if form == "ngsi-ld" else _features(arguments, data, dataset):
        yield types_pb2.Entity(json=json.dumps(document, ensure_ascii=False).encode())


def _documents(data: bytes) -> Iterator[Any]:
    """An entity, an array of them, or one a line."""
    try:
        whole = json.loads(data)
    except ValueError:
        try:
            yield from [json.loads(line) for line in data.splitlines() if line.strip()]
        except ValueError:
            raise CliError("the file is no JSON", "Give an NGSI-LD entity, an array of them, or one a line.") from None
        return
    yield from whole if isinstance(whole, list) else [whole]


def _features(arguments: argparse.Namespace, data: bytes, dataset: str) -> Iterator[dict[str, Any]]:
    """City objects under their source ids, for which the twin gives its own."""
    from hanse import cityjson, geo, ngsild

    mapping = ngsild.FeatureMapping(
        dataset,
        assumed_crs=arguments.assume_crs or None,
        assumed_vertical=arguments.assume_vertical_datum or None,
    )
    try:
        reading = cityjson.load(data)
        if reading.refused:
            first = reading.refused[0]
            raise CliError(f"{arguments.file}: {first.pointer}: {first.reason}", "Mend the file.", Exit.FAILED)
        for feature in reading.features:
            yield ngsild.to_entity(feature, feature.id, mapping).entity
    except (cityjson.CityJsonError, geo.CrsError) as error:
        raise CliError(f"{arguments.file}: {error}", "Mend the file, or say --assume-crs.", Exit.FAILED) from None


def _remove(arguments: argparse.Namespace, output: Output) -> int:
    with _asking(arguments) as client:
        request = pb.EditScenarioRequest(
            scenario=scenario_id(client, arguments.scenario, arguments), remove=arguments.ids
        )
        client.call(_stub(client).EditScenario, request, city=arguments.of)
    output.result({"removed": arguments.ids}, f"{many(len(arguments.ids), 'entity', 'entities')} taken out")
    return Exit.OK


def _compare(arguments: argparse.Namespace, output: Output) -> int:
    with _asking(arguments) as client:
        request = pb.CompareScenarioRequest(
            scenario=scenario_id(client, arguments.scenario, arguments),
            sun_date=arguments.sun,
            radius_m=arguments.radius,
        )
        found = client.call(_stub(client).CompareScenario, request, timeout_s=_COMPARE_S, city=arguments.of)
    changes = [
        {
            "change": _CHANGES.Name(each.change).removeprefix("CHANGE_").lower(),
            "type": each.type,
            "id": each.id,
            "attributes": list(each.attributes),
        }
        for each in found.differences
    ]
    light = [{"id": each.id, "hours_today": each.hours_today, "hours_then": each.hours_then} for each in found.sunlight]
    if output.as_json:
        output.json({"differences": changes, "sunlight": light})
        return Exit.OK
    rows = [(each["change"], each["type"], each["id"], ", ".join(each["attributes"])) for each in changes]
    output.table(many(len(rows), "difference"), ("change", "type", "id", "attributes"), rows, None)
    if arguments.sun:
        hours = [(each.id, f"{each.hours_today:.1f}", f"{each.hours_then:.1f}") for each in found.sunlight]
        title = f"{many(len(hours), 'building')} with other sunlight on {arguments.sun}"
        output.table(title, ("id", "hours today", "hours then"), hours, None)
    return Exit.OK


def _keep(arguments: argparse.Namespace, output: Output) -> int:
    with _asking(arguments) as client:
        request = pb.KeepScenarioRequest(scenario=scenario_id(client, arguments.scenario, arguments))
        done = client.call(_stub(client).KeepScenario, request, timeout_s=_COMPARE_S, city=arguments.of)
    document = {"created": done.created, "replaced": done.replaced, "deleted": done.deleted}
    output.result(document, f"kept: {done.created} created, {done.replaced} replaced, {done.deleted} deleted")
    return Exit.OK


def _drop(arguments: argparse.Namespace, output: Output) -> int:
    with _asking(arguments) as client:
        request = pb.DeleteScenarioRequest(scenario=scenario_id(client, arguments.scenario, arguments))
        client.call(_stub(client).DeleteScenario, request, city=arguments.of)
    output.result({"dropped": arguments.scenario}, f"{arguments.scenario}: dropped")
    return Exit.OK
