# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a command asks of a twin: the options that say which entities, and the query that they make."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from hanse.api.twin.v1 import place_pb2, scenario_pb2, scenario_pb2_grpc, twin_pb2
from hanse.api.types.v1 import types_pb2
from hanse.cli.output import CliError

if TYPE_CHECKING:
    import argparse

    from hanse.cli.client import GatewayClient

_OPERATORS = {
    "!=": twin_pb2.AttributeFilter.OPERATOR_NOT_EQUAL,
    "<=": twin_pb2.AttributeFilter.OPERATOR_LESS_OR_EQUAL,
    ">=": twin_pb2.AttributeFilter.OPERATOR_GREATER_OR_EQUAL,
    "=": twin_pb2.AttributeFilter.OPERATOR_EQUAL,
    "<": twin_pb2.AttributeFilter.OPERATOR_LESS,
    ">": twin_pb2.AttributeFilter.OPERATOR_GREATER,
}
BOX, CIRCLE, POINT, RANGE = 4, 3, 3, 2
_EXAMPLES = {BOX: "4.47,51.91,4.49,51.93", CIRCLE: "4.47,51.92,100", RANGE: "0,12.5"}
_PAGE = 1000
LAYERS = ("planet", "region", "country", "city", "component", "building", "citizen", "biomolecule")


def add_query(parser: argparse.ArgumentParser) -> None:
    """Options that say which entities."""
    parser.add_argument("--type", default="", help="NGSI-LD type, e.g. Building")
    parser.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar="EXPR",
        help="e.g. 'ridgeHeight>12', 'function=residential', 'ridgeHeight'",
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--bbox", metavar="MINX,MINY,MAXX,MAXY", help="only what stands in this box")
    place.add_argument("--circle", metavar="X,Y,METRES", help="only what stands this near to a point")
    parser.add_argument("--crs", default="", help="EPSG URI of --bbox or --circle (default: WGS 84 lon, lat)")
    heights = parser.add_mutually_exclusive_group()
    heights.add_argument("--between", metavar="LOW,HIGH", help="only what reaches between these metres above the datum")
    heights.add_argument("--height", metavar="LOW,HIGH", help="only what is so many metres high above its own ground")
    parser.add_argument("--dataset", default="", help="data set URN, or its short name")
    parser.add_argument(
        "--q", default="", metavar="QUERY", help="NGSI-LD query, e.g. 'ridgeHeight>12;function==\"home\"'"
    )
    parser.add_argument("--cql2", default="", metavar="QUERY", help="OGC CQL2 text or JSON, e.g. 'ridgeHeight > 12'")
    parser.add_argument("--scope", default="", help="NGSI-LD scope, e.g. /delfshaven/#")
    parser.add_argument("--layer", default="", choices=LAYERS, help="layer of the twin")
    parser.add_argument("--under", default="", metavar="URN", help="only what hangs under this entity")
    parser.add_argument("--as-of", default="", metavar="TIME", help="as the twin stood then, e.g. 2026-11-23T12:00:00Z")
    add_scenario(parser)


def add_scenario(parser: argparse.ArgumentParser) -> None:
    """The option that names a scenario."""
    parser.add_argument("--scenario", default="", metavar="NAME", help="as if this scenario stood (name or URN)")


def dataset_urn(name: str, authority: str) -> str:
    """A data set's URN; a short name is one of the city's own, and "" stays what it is."""
    return f"urn:hanse:{authority}:dataset:{name}" if name and not name.startswith("urn:") else name


def asked(arguments: argparse.Namespace, client: GatewayClient, authority: str) -> twin_pb2.QueryEntitiesRequest:
    """The query that the options make, of the city `authority`. Raises CliError."""
    request = plain(arguments)
    request.dataset = dataset_urn(request.dataset, authority)
    request.scenario = scenario_id(client, arguments.scenario, arguments)
    return request


def plain(arguments: argparse.Namespace) -> twin_pb2.QueryEntitiesRequest:
    """The query without its scenario, which nobody need be asked about. Raises CliError."""
    request = twin_pb2.QueryEntitiesRequest(
        type=arguments.type,
        dataset=arguments.dataset,
        filters=[_filter(text) for text in arguments.filter],
        q=arguments.q,
        cql2=arguments.cql2,
        scope_q=arguments.scope,
        layer=arguments.layer,
        under=arguments.under,
        as_of=arguments.as_of,
    )
    if arguments.bbox:
        request.bounding_box.CopyFrom(box(arguments))
    elif arguments.circle:
        request.circle.CopyFrom(circle(arguments))
    if arguments.between:
        request.heights.CopyFrom(_heights(arguments.between, "--between", twin_pb2.HeightRange.REFERENCE_DATUM))
    elif arguments.height:
        request.heights.CopyFrom(_heights(arguments.height, "--height", twin_pb2.HeightRange.REFERENCE_ABOVE_GROUND))
    return request


def _heights(text: str, option: str, reference: twin_pb2.HeightRange.Reference) -> twin_pb2.HeightRange:
    low, high = numbers(text, RANGE, option)
    return twin_pb2.HeightRange(reference=reference, min_m=low, max_m=high)


def box(arguments: argparse.Namespace) -> types_pb2.BoundingBox:
    """What --bbox says. Raises CliError."""
    x0, y0, x1, y1 = numbers(arguments.bbox, BOX, "--bbox")
    return types_pb2.BoundingBox(crs=arguments.crs, min_x=x0, min_y=y0, max_x=x1, max_y=y1)


def circle(arguments: argparse.Namespace) -> types_pb2.Circle:
    """What --circle says. Raises CliError."""
    x, y, radius = numbers(arguments.circle, CIRCLE, "--circle")
    return types_pb2.Circle(crs=arguments.crs, x=x, y=y, radius_m=radius)


def point(text: str, crs: str) -> place_pb2.Point3d:
    """A point with its height. Raises CliError."""
    x, y, z = numbers(text, POINT, "point", "4.47,51.92,12")
    return place_pb2.Point3d(crs=crs, x=x, y=y, z=z)


def scenario_id(client: GatewayClient, name: str, arguments: argparse.Namespace) -> str:
    """A scenario's URN by its name; a URN is one already. Raises CliError when there is none of that name."""
    if not name or name.startswith("urn:"):
        return name
    stub = scenario_pb2_grpc.TwinScenarioServiceStub(client.channel)
    request = scenario_pb2.ListScenariosRequest(page_size=_PAGE)
    while True:
        page = client.call(stub.ListScenarios, request, city=getattr(arguments, "of", ""))
        for each in page.scenarios:
            if each.name == name:
                return str(each.id)
        if not page.next_page_token:
            raise CliError(f"there is no scenario {name!r}", "List them with `hanse twin scenario list`.")
        request.page_token = page.next_page_token


def numbers(text: str, count: int, option: str, example: str = "") -> tuple[float, ...]:
    """Numbers by comma. Raises CliError."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) != count or not all(map(math.isfinite, found)):
        example = example or _EXAMPLES[count]
        raise CliError(f"{option} {text!r} is not {count} numbers", f"Separate them by commas, e.g. {example}.")
    return found


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
