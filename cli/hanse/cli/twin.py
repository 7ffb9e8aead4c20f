# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse twin load|get|query`: fill a city's twin and ask it, or a neighbour's."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.cli.arguments import whole
from hanse.cli.client import GatewayClient
from hanse.cli.output import CliError, Exit, many
from hanse.cli.twin_load import FORMATS, Loading, guess_format, run_load
from hanse.kernel.config import load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from hanse.cli.output import Output

_OPERATORS = {
    "!=": twin_pb2.AttributeFilter.OPERATOR_NOT_EQUAL,
    "<=": twin_pb2.AttributeFilter.OPERATOR_LESS_OR_EQUAL,
    ">=": twin_pb2.AttributeFilter.OPERATOR_GREATER_OR_EQUAL,
    "=": twin_pb2.AttributeFilter.OPERATOR_EQUAL,
    "<": twin_pb2.AttributeFilter.OPERATOR_LESS,
    ">": twin_pb2.AttributeFilter.OPERATOR_GREATER,
}
_BOX, _CIRCLE = 4, 3
_EXAMPLES = {_BOX: "4.47,51.91,4.49,51.93", _CIRCLE: "4.47,51.92,100"}
_LARGEST_PAGE, _MOST = 1000, 1_000_000


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse twin`."""
    parser = subparsers.add_parser("twin", help="load a city's twin and ask it")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _register_load(actions)
    get = actions.add_parser("get", help="one entity, by URN or source id, as NGSI-LD")
    get.add_argument("id", help="its URN, or the id that its source gave it")
    get.set_defaults(run=_get)
    query = actions.add_parser("query", help="entities by type, attribute and place")
    query.add_argument("--type", default="", help="NGSI-LD type, e.g. Building")
    query.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar="EXPR",
        help="e.g. 'ridgeHeight>12', 'function=residential', 'ridgeHeight'",
    )
    place = query.add_mutually_exclusive_group()
    place.add_argument("--bbox", metavar="MINX,MINY,MAXX,MAXY", help="only what stands in this box")
    place.add_argument("--circle", metavar="X,Y,METRES", help="only what stands this near to a point")
    query.add_argument("--crs", default="", help="EPSG URI of --bbox or --circle (default: WGS 84 lon, lat)")
    query.add_argument("--dataset", default="", help="data set URN, or its short name")
    query.add_argument(
        "--limit", type=whole(1, _MOST, "number"), default=100, help="at most so many entities (default: 100)"
    )
    query.set_defaults(run=_query)
    for action in (get, query):
        action.add_argument("--of", default="", metavar="AUTHORITY", help="ask this city, through the gateway")
        action.add_argument("--client", default="operator", help="whose certificate asks (default: operator)")


def _register_load(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    action = actions.add_parser("load", help="load CityJSON, CityJSONSeq or NGSI-LD")
    action.add_argument("file", type=Path, help="CityJSON, CityJSONSeq or NGSI-LD")
    action.add_argument("--dataset", required=True, help="data set URN, or a short name such as buildings")
    action.add_argument("--format", choices=sorted(FORMATS), help="default: by the file's beginning")
    action.add_argument("--title", help="the data set's title; this and the next are written when given")
    action.add_argument("--owner", help="who publishes it (default: the city's name)")
    action.add_argument("--licence", help="SPDX identifier or URI (default: CC0-1.0)")
    action.add_argument("--terms", help="terms of use, as text or URI")
    action.add_argument("--jurisdiction", help="ISO 3166 (default: the city's)")
    action.add_argument("--crs", help="EPSG URI of the solids (default: the city's)")
    action.add_argument("--vertical-datum", help="e.g. NAP")
    action.add_argument("--assume-crs", default="", help="EPSG URI, when the file declares none")
    action.add_argument("--assume-vertical-datum", default="", help="e.g. NAP, when the file's CRS has no heights")
    action.set_defaults(run=_load)


def _load(arguments: argparse.Namespace, output: Output) -> int:
    config = load(arguments.city)
    guess_format(arguments.file, arguments.format)  # before anything is declared
    city = config.city
    dataset = _dataset(arguments.dataset, city.authority)
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
        header = twin_pb2.LoadEntitiesRequest.Header(
            dataset=dataset,
            assumed_crs=arguments.assume_crs,
            assumed_vertical_datum=arguments.assume_vertical_datum,
        )
        return run_load(client, Loading(arguments.file, header, arguments.format), output)


def _dataset(name: str, authority: str) -> str:
    """A data set's URN; a short name is one of the city's own, and "" stays what it is."""
    return f"urn:hanse:{authority}:dataset:{name}" if name and not name.startswith("urn:") else name


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
    config = load(arguments.city)
    request = twin_pb2.QueryEntitiesRequest(
        type=arguments.type,
        dataset=_dataset(arguments.dataset, arguments.of or config.city.authority),
        filters=[_filter(text) for text in arguments.filter],
        page_size=min(arguments.limit, _LARGEST_PAGE),
    )
    if arguments.bbox:
        x0, y0, x1, y1 = _numbers(arguments.bbox, _BOX, "--bbox")
        box = types_pb2.BoundingBox(crs=arguments.crs, min_x=x0, min_y=y0, max_x=x1, max_y=y1)
        request.bounding_box.CopyFrom(box)
    elif arguments.circle:
        x, y, radius = _numbers(arguments.circle, _CIRCLE, "--circle")
        request.circle.CopyFrom(types_pb2.Circle(crs=arguments.crs, x=x, y=y, radius_m=radius))
    with GatewayClient.of(config, arguments.client) as client:
        found = list(_pages(client, request, arguments.limit, arguments.of))
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
    client: GatewayClient, request: twin_pb2.QueryEntitiesRequest, limit: int, city: str
) -> Iterator[types_pb2.Entity]:
    stub = twin_pb2_grpc.TwinServiceStub(client.channel)
    left = limit
    while left > 0:
        request.page_size = min(left, _LARGEST_PAGE)
        page = client.call(stub.QueryEntities, request, city=city)
        yield from page.entities
        left -= len(page.entities)
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def _filter(text: str) -> twin_pb2.AttributeFilter:
    """`name OP value`, or a name alone for "has it". A value that is no JSON scalar is text."""
    if not text.strip() or text.strip()[0] in "!<>=":
        raise CliError(f"--filter {text!r} names no attribute", "Write e.g. --filter 'ridgeHeight>12'.")
    for sign, operator in _OPERATORS.items():
        name, found, value = text.partition(sign)
        if found and name.strip():
            if not value.strip():
                hint = f"Write e.g. --filter 'ridgeHeight{sign}12', with \"\" for an empty text."
                raise CliError(f"--filter {text!r} compares with nothing", hint)
            return twin_pb2.AttributeFilter(attribute=name.strip(), operator=operator, value=_scalar(value.strip()))
    return twin_pb2.AttributeFilter(attribute=text.strip(), operator=twin_pb2.AttributeFilter.OPERATOR_EXISTS)


def _scalar(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return json.dumps(text)
    return text if isinstance(value, str | int | float | bool) else json.dumps(text)


def _numbers(text: str, count: int, option: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise CliError(
            f"{option} {text!r} is not {count} numbers", f"Separate them by commas, e.g. {_EXAMPLES[count]}."
        )
    return numbers


def _brief(document: dict[str, object]) -> str:
    """A few plain values, to tell entities apart."""

    def values() -> Iterable[str]:
        for name, attribute in document.items():
            value = attribute.get("value") if isinstance(attribute, dict) else None
            if isinstance(value, str | int | float | bool):
                yield f"{name}={value}"

    return ", ".join(list(values())[:4])
