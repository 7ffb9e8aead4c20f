# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse twin place|sight|shadow|sun`: questions about a place that need solids or several owners."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.api.twin.v1 import place_pb2 as pb
from hanse.api.twin.v1 import place_pb2_grpc
from hanse.cli.arguments import day, whole
from hanse.cli.client import GatewayClient
from hanse.cli.output import CliError, Exit, many
from hanse.cli.twin_query import add_scenario, box, circle, point, scenario_id
from hanse.kernel.config import load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from hanse.cli.output import Output

_LOOK_S = 150.0
_MOST, _HOUR = 10_000, 60
_POINT = "X,Y,HEIGHT"


def register(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> Iterator[argparse.ArgumentParser]:
    """Adds the actions."""
    place = actions.add_parser("place", help="everything within a place, of every owner")
    where = place.add_mutually_exclusive_group(required=True)
    where.add_argument("--bbox", metavar="MINX,MINY,MAXX,MAXY", help="everything in this box")
    where.add_argument("--circle", metavar="X,Y,METRES", help="everything this near to a point")
    where.add_argument("--polygon", type=Path, metavar="FILE", help="a GeoJSON polygon in WGS 84")
    place.add_argument("--limit", type=whole(1, _MOST, "number"), default=1_000, help="at most so many entities")
    place.set_defaults(run=_place)
    yield place
    sight = actions.add_parser("sight", help="whether one point can be seen from another")
    sight.add_argument("start", metavar="FROM", help=_POINT)
    sight.add_argument("end", metavar="TO", help=_POINT)
    sight.set_defaults(run=_sight)
    yield sight
    shadow = actions.add_parser("shadow", help="the shadow that entities cast on level ground")
    shadow.add_argument("ids", nargs="+", metavar="ID", help="URN or source id")
    shadow.add_argument("--at", required=True, metavar="TIME", help="e.g. 2026-06-21T15:00:00+02:00")
    shadow.add_argument("--out", type=Path, metavar="FILE", help="writes the shadow as GeoJSON")
    shadow.set_defaults(run=_shadow)
    yield shadow
    sun = actions.add_parser("sun", help="hours of direct sun at points over a day")
    sun.add_argument("points", nargs="+", metavar="POINT", help=_POINT)
    sun.add_argument("--day", required=True, type=day, help="YYYY-MM-DD")
    sun.add_argument("--step", type=whole(1, _HOUR, "number of minutes"), default=10, help="minutes between looks")
    sun.set_defaults(run=_sun)
    yield sun
    for action in (place, sight, shadow, sun):
        add_scenario(action)
        action.add_argument("--crs", default="", help="EPSG URI of coordinates (default: WGS 84 lon, lat)")


def _asking(arguments: argparse.Namespace) -> GatewayClient:
    return GatewayClient.of(load(arguments.city), arguments.client)


def _place(arguments: argparse.Namespace, output: Output) -> int:
    request = pb.GetPlaceRequest(limit=arguments.limit)
    if arguments.bbox:
        request.bounding_box.CopyFrom(box(arguments))
    elif arguments.circle:
        request.circle.CopyFrom(circle(arguments))
    else:
        request.polygon = arguments.polygon.read_text(encoding="utf-8")
    with _asking(arguments) as client:
        request.scenario = scenario_id(client, arguments.scenario, arguments)
        stub = place_pb2_grpc.TwinPlaceServiceStub(client.channel)
        found = client.call(stub.GetPlace, request, timeout_s=_LOOK_S, city=arguments.of)
    sides = {"above": found.above, "below": found.below}
    rows = [
        (side, each.type, each.id, group.dataset.owner, group.dataset.licence)
        for side, groups in sides.items()
        for group in groups
        for each in group.entities
    ]
    document = {
        **{side: [_group(group) for group in groups] for side, groups in sides.items()},
        "cut": found.cut,
    }
    output.table(many(len(rows), "entity", "entities"), ("ground", "type", "id", "owner", "licence"), rows, document)
    if found.cut:
        output.note("there is more: ask for a smaller place, or with a larger --limit")
    return Exit.OK


def _group(group: pb.GetPlaceResponse.Group) -> dict[str, object]:
    described = group.dataset
    return {
        "dataset": described.id,
        "owner": described.owner,
        "licence": described.licence,
        "terms": described.terms,
        "modified": group.modified,
        "entities": [json.loads(each.json) for each in group.entities],
    }


def _sight(arguments: argparse.Namespace, output: Output) -> int:
    request = pb.GetLineOfSightRequest(to=point(arguments.end, arguments.crs))
    getattr(request, "from").CopyFrom(point(arguments.start, arguments.crs))
    with _asking(arguments) as client:
        request.scenario = scenario_id(client, arguments.scenario, arguments)
        stub = place_pb2_grpc.TwinPlaceServiceStub(client.channel)
        found = client.call(stub.GetLineOfSight, request, timeout_s=_LOOK_S, city=arguments.of)
    met = [{"id": each.id, "distance_m": each.distance_m} for each in found.obstacles]
    document = {"visible": found.visible, "length_m": found.length_m, "obstacles": met}
    if found.visible:
        output.result(document, f"free sight over {found.length_m:.1f} m")
        return Exit.OK
    rows = [(each.id, f"{each.distance_m:.1f} m") for each in found.obstacles]
    output.table(f"no sight: {many(len(rows), 'body', 'bodies')} in the way", ("id", "met after"), rows, document)
    return Exit.FAILED


def _shadow(arguments: argparse.Namespace, output: Output) -> int:
    request = pb.GetShadowRequest(ids=arguments.ids, moment=_moment(arguments.at))
    with _asking(arguments) as client:
        request.scenario = scenario_id(client, arguments.scenario, arguments)
        stub = place_pb2_grpc.TwinPlaceServiceStub(client.channel)
        found = client.call(stub.GetShadow, request, timeout_s=_LOOK_S, city=arguments.of)
    document = {
        "sun_azimuth": found.sun_azimuth,
        "sun_elevation": found.sun_elevation,
        "area_m2": found.area_m2,
        "shadow": json.loads(found.shadow) if found.shadow else None,
    }
    if arguments.out:
        feature = {"type": "Feature", "geometry": document.pop("shadow"), "properties": dict(document)}
        arguments.out.write_text(json.dumps(feature), encoding="utf-8")
    sun = f"the sun stands {found.sun_elevation:.1f} degrees high, at {found.sun_azimuth:.1f} from north"
    output.result(document, f"{found.area_m2:.0f} m2 in shadow; {sun}" if found.shadow else f"no shadow; {sun}")
    return Exit.OK


def _moment(text: str) -> str:
    """A time with its offset. Raises CliError."""
    try:
        if datetime.fromisoformat(text).tzinfo is None:
            raise ValueError(text)
    except ValueError:
        raise CliError(f"--at {text!r} is no time with its offset", "Write e.g. 2026-06-21T15:00:00+02:00.") from None
    return text


def _sun(arguments: argparse.Namespace, output: Output) -> int:
    points: Sequence[pb.Point3d] = [point(text, arguments.crs) for text in arguments.points]
    request = pb.GetSunlightRequest(points=points, date=arguments.day, step_minutes=arguments.step)
    with _asking(arguments) as client:
        request.scenario = scenario_id(client, arguments.scenario, arguments)
        stub = place_pb2_grpc.TwinPlaceServiceStub(client.channel)
        found = client.call(stub.GetSunlight, request, timeout_s=_LOOK_S, city=arguments.of)
    rows = [(text, f"{hours:.1f}") for text, hours in zip(arguments.points, found.hours, strict=True)]
    document = {"hours": list(found.hours), "possible_hours": found.possible_hours}
    output.table(f"of {found.possible_hours:.1f} hours possible", ("point", "hours of sun"), rows, document)
    return Exit.OK
