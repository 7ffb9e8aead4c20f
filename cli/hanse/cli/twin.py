# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse twin`: fill a city's twin and ask it, or a neighbour's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.cli import twin_export, twin_place, twin_scenario
from hanse.cli.arguments import whole
from hanse.cli.client import GatewayClient
from hanse.cli.observations import read_observations
from hanse.cli.output import CliError, Exit, many
from hanse.cli.twin_history import register_history
from hanse.cli.twin_keep import register_keep
from hanse.cli.twin_load import FORMATS, NAMED, TYPELESS, Loading, guess_format, run_load
from hanse.cli.twin_observations import load_observations
from hanse.cli.twin_query import add_query, asked, dataset_urn, plain
from hanse.kernel.config import load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from hanse.cli.observations import Misfit, Observation
    from hanse.cli.output import Output

_OBSERVATIONS = "observations"
_LARGEST_PAGE, _MOST = 1000, 1_000_000


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse twin`."""
    parser = subparsers.add_parser("twin", help="load a city's twin and ask it")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _register_load(actions)
    register_history(actions)
    register_keep(actions)
    get = actions.add_parser("get", help="one entity, by URN or source id, as NGSI-LD")
    get.add_argument("id", help="its URN, or the id that its source gave it")
    get.set_defaults(run=_get)
    query = actions.add_parser("query", help="entities by type, attribute and place")
    add_query(query)
    query.add_argument(
        "--limit", type=whole(1, _MOST, "number"), default=100, help="at most so many entities (default: 100)"
    )
    query.add_argument("--order-by", default="", metavar="NAMES", help="e.g. ridgeHeight:desc (default: by id)")
    query.set_defaults(run=_query)
    others = (twin_export.register(actions), *twin_place.register(actions), *twin_scenario.register(actions))
    for action in (get, query, *others):
        action.add_argument("--of", default="", metavar="AUTHORITY", help="ask this city, through the gateway")
        action.add_argument("--client", default="operator", help="whose certificate asks (default: operator)")


def _register_load(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    action = actions.add_parser("load", help=f"load {NAMED}")
    action.add_argument("file", type=Path, help=NAMED)
    action.add_argument("--dataset", required=True, help="data set URN, or a short name such as buildings")
    action.add_argument("--format", choices=[*sorted(FORMATS), _OBSERVATIONS], help="default: by the file's beginning")
    action.add_argument("--title", help="the data set's title; this and the next are written when given")
    action.add_argument("--owner", help="who publishes it (default: the city's name)")
    action.add_argument("--licence", help="SPDX identifier or URI (default: CC0-1.0)")
    action.add_argument("--terms", help="terms of use, as text or URI")
    action.add_argument("--jurisdiction", help="ISO 3166 (default: the city's)")
    action.add_argument("--crs", help="EPSG URI of the solids (default: the city's)")
    action.add_argument("--vertical-datum", help="e.g. NAP")
    action.add_argument("--assume-crs", default="", help="EPSG URI, when the file declares none")
    action.add_argument("--assume-vertical-datum", default="", help="e.g. NAP, when the file's CRS has no heights")
    action.add_argument("--type", default="", help="type of the entities of GeoJSON or CSV, e.g. Tree")
    action.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help="JSON: which column is which attribute, or what is where in observations",
    )
    action.add_argument("--id", default="", metavar="COLUMN", help="the column that names an entity at its source")
    action.add_argument("--longitude", default="", metavar="COLUMN", help="of CSV: longitude, or x in --assume-crs")
    action.add_argument("--latitude", default="", metavar="COLUMN", help="of CSV: latitude, or y in --assume-crs")
    action.add_argument(
        "--refused",
        "--refusals",
        dest="refused",
        type=Path,
        metavar="FILE",
        help="write what was refused, why, and what to do: a JSON object a line",
    )
    action.add_argument("--resume", action="store_true", help="go on where a load of this file was cut off")
    action.add_argument("--request-id", default="", help="load once: the same again is told, not done")
    action.set_defaults(run=_load)


def _load(arguments: argparse.Namespace, output: Output) -> int:
    config = load(arguments.city)
    observed = _observed(arguments, config.city.timezone)
    form = guess_format(arguments.file, arguments.format)  # before anything is declared
    mapping = _mapping(arguments, form) if observed is None else ""
    city = config.city
    dataset = dataset_urn(arguments.dataset, city.authority)
    given = {
        "title": arguments.title,
        "owner": arguments.owner,
        "licence": arguments.licence,
        "terms": arguments.terms,
        "jurisdiction": arguments.jurisdiction,
        "crs": arguments.crs,
        "vertical_datum": arguments.vertical_datum,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    defaults = {
        "title": dataset.rpartition(":")[2],
        "owner": city.name,
        "licence": "CC0-1.0",
        "jurisdiction": city.jurisdiction,
        "crs": city.crs,
    }
    if "vertical_datum" in chosen:
        chosen["vertical_datum_source"] = "declared"
    with GatewayClient.of(config) as client:
        _declare(client, dataset, chosen, defaults)
        if observed is not None:
            return load_observations(client, dataset, observed, arguments.refused, output)
        header = twin_pb2.LoadEntitiesRequest.Header(
            dataset=dataset,
            assumed_crs=arguments.assume_crs,
            assumed_vertical_datum=arguments.assume_vertical_datum,
            type=arguments.type,
            mapping=mapping,
            request_id=arguments.request_id,
            resume=arguments.resume,
        )
        return run_load(client, Loading(arguments.file, header, form, arguments.refused), output)


def _observed(arguments: argparse.Namespace, zone: str) -> list[Observation | Misfit] | None:
    """What sensors said, where that is what the file holds."""
    if arguments.format != _OBSERVATIONS:
        return None
    if arguments.mapping is None:
        raise CliError("--format observations needs --mapping", "Give a JSON file that says what is where.")
    return read_observations(arguments.file, arguments.mapping, zone)


def _mapping(arguments: argparse.Namespace, form: str) -> str:
    """The mapping that a file and options say together, as JSON; "" for none."""
    named = {name: value for name in ("id", "longitude", "latitude") if (value := getattr(arguments, name))}
    if form not in TYPELESS:
        if named or arguments.mapping or arguments.type:
            raise CliError(
                f"{arguments.file}: {form} says types and attributes itself", "Leave out --type and columns."
            )
        return ""
    if not arguments.type:
        raise CliError(f"{arguments.file}: {form} has no types of entities", "Say what they are, e.g. --type Tree.")
    if arguments.mapping is None:
        return json.dumps(named) if named else ""
    try:
        document = json.loads(arguments.mapping.read_bytes())
    except ValueError as error:
        raise CliError(f"{arguments.mapping}: not JSON: {error}", 'Write e.g. {"height": {"column": "H"}}.') from None
    if not isinstance(document, dict):
        raise CliError(f"{arguments.mapping}: not a JSON object", 'Write e.g. {"height": {"column": "H"}}.')
    return json.dumps({**document, **named})


def _declare(client: GatewayClient, dataset: str, chosen: dict[str, str], defaults: dict[str, str]) -> None:
    """Describes the data set: what is given, over what stands there, over defaults; untouched when nothing is given."""
    stub = twin_pb2_grpc.TwinServiceStub(client.channel)
    request = twin_pb2.ListDatasetsRequest(page_size=_LARGEST_PAGE)
    there = None
    while there is None:
        page = client.call(stub.ListDatasets, request)
        there = next((each for each in page.datasets if each.id == dataset), None)
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    if there is not None and not chosen:
        return
    wanted = types_pb2.Dataset(id=dataset, **defaults)
    if there is not None:
        wanted.MergeFrom(there)
    wanted.MergeFrom(types_pb2.Dataset(**chosen))
    client.call(stub.PutDataset, twin_pb2.PutDatasetRequest(dataset=wanted))


def _get(arguments: argparse.Namespace, output: Output) -> int:
    with GatewayClient.of(load(arguments.city), arguments.client) as client:
        stub = twin_pb2_grpc.TwinServiceStub(client.channel)
        entity = client.call(stub.GetEntity, twin_pb2.GetEntityRequest(id=arguments.id), city=arguments.of)
    output.json(json.loads(entity.json))
    return Exit.OK


def _query(arguments: argparse.Namespace, output: Output) -> int:
    plain(arguments)  # before anybody is dialled
    config = load(arguments.city)
    with GatewayClient.of(config, arguments.client) as client:
        request = asked(arguments, client, arguments.of or config.city.authority)
        request.order_by = arguments.order_by
        found = list(_pages(client, request, arguments.limit, arguments.of, output))
    documents = [json.loads(entity.json) for entity in found]
    rows = [
        (e.id, e.type, e.contract, e.dataset.rpartition(":")[2], _brief(d))
        for e, d in zip(found, documents, strict=True)
    ]
    output.table(
        many(len(found), "entity", "entities"), ("id", "type", "contract", "data set", "attributes"), rows, documents
    )
    return Exit.OK


def _pages(
    client: GatewayClient, request: twin_pb2.QueryEntitiesRequest, limit: int, city: str, output: Output
) -> Iterator[types_pb2.Entity]:
    stub = twin_pb2_grpc.TwinServiceStub(client.channel)
    left = limit
    while left > 0:
        request.page_size = min(left, _LARGEST_PAGE)
        page = client.call(stub.QueryEntities, request, city=city)
        if page.nothing_loaded:
            output.note(f"no {request.type or 'entity'} is loaded in this twin, at any place")
        yield from page.entities
        left -= len(page.entities)
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def _brief(document: dict[str, object]) -> str:
    """A few plain values, to tell entities apart."""

    def values() -> Iterable[str]:
        for name, attribute in document.items():
            value = attribute.get("value") if isinstance(attribute, dict) else None
            if isinstance(value, str | int | float | bool):
                yield f"{name}={value}"

    return ", ".join(list(values())[:4])
