# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Places asked of a served twin: sight, shadow and sun against plain geometry, sums, everything within a place."""

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
    CITYJSON,
    NO_EVENTS,
    RD,
    Served,
    cubes,
    dataset_urn,
    entity,
    point,
)

from hanse import geo
from hanse.api.twin.v1 import place_pb2 as pb
from hanse.api.twin.v1 import place_pb2_grpc, scenario_pb2, scenario_pb2_grpc, twin_pb2
from hanse.api.types.v1 import types_pb2 as types

if TYPE_CHECKING:
    from collections.abc import Iterator

Code = grpc.StatusCode
WEST, SOUTH = 90_000.0, 437_000.0
SIDE, HEIGHT, STEP = 8.0, 10.0, 12.0


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A row of 20 cubes to the east, 8 m wide, 10 m high, every 12 m; far north of them a hill of terrain."""
    config = make_city(tmp_path_factory.mktemp("city"), settings=NO_EVENTS)
    with Processes() as processes:
        served = Served.of(processes.start(config, "twin"))
        assert served.loaded("cubes", json.dumps(cubes(20)).encode(), CITYJSON, assumed_vertical_datum="NAP").created
        loaded = served.loaded("terrain", json.dumps(hill()).encode(), CITYJSON, assumed_vertical_datum="NAP")
        assert (loaded.created, list(loaded.refusals)) == (1, [])
        yield served
        output = served.part.output()
        assert "defect" not in output, output
        assert "Traceback" not in output, output
        served.channel.close()


def hill() -> dict[str, Any]:
    """Terrain of two triangles, a ridge 30 m high from west to east, 2 km north of the cubes."""
    document = cubes(0)
    corners = [(0, 2_000, 0), (300, 2_000, 0), (150, 2_050, 30), (0, 2_100, 0), (300, 2_100, 0)]
    document["vertices"] = [[x * 1000, y * 1000, z * 1000] for x, y, z in corners]
    faces = [[[0, 1, 2]], [[2, 4, 3]], [[0, 2, 3]], [[1, 4, 2]]]
    geometry = {"type": "CompositeSurface", "lod": "2", "boundaries": faces}
    document["CityObjects"] = {"hill": {"type": "TINRelief", "geometry": [geometry]}}
    return document


def ask(twin: Served, method: str, request: Any) -> Any:
    stub = place_pb2_grpc.TwinPlaceServiceStub(twin.channel)
    return getattr(stub, method)(request, timeout=60, metadata=twin.metadata)


def plan(twin: Served, method: str, request: Any) -> Any:
    stub = scenario_pb2_grpc.TwinScenarioServiceStub(twin.channel)
    return getattr(stub, method)(request, timeout=60, metadata=twin.metadata)


def at(x: float, y: float, z: float) -> pb.Point3d:
    """Metres east, north and up from the first cube's corner."""
    return pb.Point3d(crs=RD, x=WEST + x, y=SOUTH + y, z=z)


def degrees(x: float, y: float) -> list[float]:
    """The same as longitude and latitude."""
    convert = geo.transformer(geo.Crs.parse("EPSG:28992"), geo.Crs.parse("EPSG:4326"))
    return [float(each) for each in convert([[WEST + x, SOUTH + y]]).coordinates[0]]


def rectangle(x0: float, y0: float, x1: float, y1: float) -> str:
    ring = [degrees(x, y) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def cube(twin: Served, number: int) -> str:
    (found,) = twin.call("BatchGetEntities", twin_pb2.BatchGetEntitiesRequest(ids=[f"cube-{number}"])).entities
    return str(found.id)


def sight(one: pb.Point3d, other: pb.Point3d, **more: Any) -> pb.GetLineOfSightRequest:
    return pb.GetLineOfSightRequest(**{"from": one, "to": other, **more})


def test_what_stands_in_a_line_is_named_in_its_order(twin: Served) -> None:
    answer = ask(twin, "GetLineOfSight", sight(at(-5, 4, 5), at(41, 4, 5)))
    assert not answer.visible
    assert [each.id for each in answer.obstacles] == [cube(twin, number) for number in range(4)]
    assert [each.distance_m for each in answer.obstacles] == pytest.approx([5, 17, 29, 41], abs=1e-6)
    assert answer.length_m == pytest.approx(46)
    assert ask(twin, "GetLineOfSight", sight(at(-5, 4, 10.5), at(400, 4, 10.5))).visible
    assert ask(twin, "GetLineOfSight", sight(at(-5, 9, 5), at(400, 9, 5))).visible


def test_points_in_degrees_see_the_same(twin: Served) -> None:
    one, other = degrees(-5, 4), degrees(41, 4)
    request = sight(pb.Point3d(x=one[0], y=one[1], z=5), pb.Point3d(x=other[0], y=other[1], z=5))
    answer = ask(twin, "GetLineOfSight", request)
    assert [round(each.distance_m, 2) for each in answer.obstacles] == [5, 17, 29, 41]


def test_terrain_stands_in_the_way(twin: Served) -> None:
    low = ask(twin, "GetLineOfSight", sight(at(150, 1_990, 10), at(150, 2_110, 10)))
    assert [each.distance_m for each in low.obstacles] == pytest.approx([10 + 50 / 3], abs=1e-3)
    assert ask(twin, "GetLineOfSight", sight(at(150, 1_990, 31), at(150, 2_110, 31))).visible


def test_a_shadow_is_as_long_as_the_sun_is_low(twin: Served) -> None:
    for moment in ("2026-06-21T12:00:00+02:00", "2026-03-20T09:00:00Z", "2026-12-21T10:30:00+01:00"):
        answer = ask(twin, "GetShadow", pb.GetShadowRequest(ids=["cube-0"], moment=moment))
        length = HEIGHT / math.tan(math.radians(answer.sun_elevation))
        turned = math.radians(answer.sun_azimuth)
        width = SIDE * (abs(math.sin(turned)) + abs(math.cos(turned)))
        assert answer.area_m2 == pytest.approx(SIDE * SIDE + length * width, rel=0.01)
        assert json.loads(answer.shadow)["type"] == "MultiPolygon"
    sun = geo.sun_position(*_noon())
    answer = ask(twin, "GetShadow", pb.GetShadowRequest(ids=["cube-0"], moment="2026-06-21T12:00:00Z"))
    assert (answer.sun_azimuth, answer.sun_elevation) == pytest.approx((sun.azimuth, sun.elevation), abs=1e-3)


def _noon() -> tuple[Any, float, float]:
    from datetime import UTC, datetime

    longitude, latitude = degrees(4, 4)
    return datetime(2026, 6, 21, 12, tzinfo=UTC), longitude, latitude


def test_at_night_nothing_casts(twin: Served) -> None:
    answer = ask(twin, "GetShadow", pb.GetShadowRequest(ids=["cube-0"], moment="2026-06-21T00:30:00Z"))
    assert (answer.shadow, answer.area_m2) == ("", 0.0)
    assert answer.sun_elevation < 0


def test_shadows_of_a_query_are_one_shape(twin: Served) -> None:
    query = twin_pb2.QueryEntitiesRequest(type="Building", dataset=dataset_urn("cubes"))
    moment = "2026-06-21T12:00:00+02:00"
    whole = ask(twin, "GetShadow", pb.GetShadowRequest(query=query, moment=moment))
    one = ask(twin, "GetShadow", pb.GetShadowRequest(ids=["cube-0"], moment=moment))
    assert one.area_m2 < whole.area_m2 <= 20 * one.area_m2 + 1e-6


def test_the_sun_shines_longest_where_nothing_stands(twin: Served) -> None:
    points = [at(4, 4, 40), at(4, 8.05, 1), at(4, -30, 1)]
    answer = ask(twin, "GetSunlight", pb.GetSunlightRequest(points=points, date="2026-06-21", step_minutes=10))
    free, behind, before = answer.hours
    assert answer.possible_hours == pytest.approx(16.8, abs=0.3)  # sunrise 5:22, sunset 22:05 in Rotterdam
    assert free == pytest.approx(answer.possible_hours)
    assert behind < 8 < before <= free


@pytest.mark.parametrize(
    ("method", "request_", "field"),
    [
        ("GetLineOfSight", sight(at(0, 0, 1), at(30_000, 0, 1)), "to"),
        ("GetLineOfSight", sight(pb.Point3d(x=400, y=0), at(0, 0, 1)), "from"),
        ("GetLineOfSight", sight(pb.Point3d(crs="EPSG:999999"), at(0, 0, 1)), "from.crs"),
        ("GetLineOfSight", sight(at(0, 0, math.nan), at(0, 0, 1)), "from"),
        ("GetShadow", pb.GetShadowRequest(ids=["cube-0"], moment="2026-06-21"), "moment"),
        ("GetShadow", pb.GetShadowRequest(ids=["cube-0"]), "moment"),
        ("GetShadow", pb.GetShadowRequest(ids=["cube-0"], moment="1900-01-01T12:00:00Z"), "moment"),
        ("GetShadow", pb.GetShadowRequest(ids=["cube-0"], moment="9999-12-31T23:59:59Z"), "moment"),
        (
            "GetSunlight",
            pb.GetSunlightRequest(points=[pb.Point3d(crs="EPSG:27700", x=5e5, y=2e5, z=1)], date="2026-06-21"),
            "points[0]",
        ),
        (
            "GetPlace",
            pb.GetPlaceRequest(circle=types.Circle(crs="EPSG:2056", x=2.6e6, y=1.2e6, radius_m=10)),
            "circle",
        ),
        (
            "GetPlace",
            pb.GetPlaceRequest(
                bounding_box=types.BoundingBox(crs="EPSG:27700", min_x=5e5, min_y=2e5, max_x=5.1e5, max_y=2.1e5)
            ),
            "bounding_box",
        ),
        ("GetShadow", pb.GetShadowRequest(moment="2026-06-21T12:00:00Z"), "ids"),
        ("GetSunlight", pb.GetSunlightRequest(date="2026-06-21"), "points"),
        ("GetSunlight", pb.GetSunlightRequest(points=[at(0, 0, 1)], date="21 June"), "date"),
        ("GetSunlight", pb.GetSunlightRequest(points=[at(0, 0, 1)], date="2200-01-01"), "date"),
        (
            "GetSunlight",
            pb.GetSunlightRequest(points=[at(0, 0, 1)], date="2026-06-21", step_minutes=90),
            "step_minutes",
        ),
        ("AggregateArea", pb.AggregateAreaRequest(), "areas"),
        ("AggregateArea", pb.AggregateAreaRequest(areas=["{}"]), "areas[0]"),
        (
            "AggregateArea",
            pb.AggregateAreaRequest(
                areas=['{"type":"Polygon","coordinates":[[[4,52],[4.1,52.1],[4.1,52],[4,52.1],[4,52]]]}']
            ),
            "areas[0]",
        ),
        (
            "AggregateArea",
            pb.AggregateAreaRequest(
                areas=[rectangle(0, 0, 9, 9)],
                query=twin_pb2.QueryEntitiesRequest(circle=types.Circle(x=4, y=52, radius_m=10)),
            ),
            "query.circle",
        ),
        ("GetPlace", pb.GetPlaceRequest(), "place"),
        ("GetPlace", pb.GetPlaceRequest(polygon='{"type":"Point","coordinates":[4,52]}'), "polygon"),
        ("GetPlace", pb.GetPlaceRequest(polygon="[" * 5_000), "polygon"),
        ("GetPlace", pb.GetPlaceRequest(polygon=rectangle(0, 0, 9, 9), limit=20_000), "limit"),
    ],
)
def test_what_cannot_be_asked_is_named(twin: Served, method: str, request_: Any, field: str) -> None:
    refused = refusal(lambda: ask(twin, method, request_))
    assert refused.code is Code.INVALID_ARGUMENT
    assert refused.fields == (field,)


def test_too_much_is_a_limit(twin: Served) -> None:
    far = [at(0, 0, 1), at(9_000, 0, 1)]
    many = [at(0, 0, 1)] * 1_000
    for request in (
        pb.GetSunlightRequest(points=far, date="2026-06-21"),
        pb.GetSunlightRequest(points=many, date="2026-06-21", step_minutes=1),
    ):
        assert refusal(lambda each=request: ask(twin, "GetSunlight", each)).code is Code.RESOURCE_EXHAUSTED


def test_what_is_not_there_is_said(twin: Served) -> None:
    twin.put("flat")
    twin.upsert("flat", entity({"id": f"urn:hanse:{AUTHORITY}:bench:flat", "location": point(*degrees(0, 0))}))
    nowhere = f"urn:hanse:{AUTHORITY}:scenario:none"
    moment = "2026-06-21T12:00:00Z"
    for method, request in (
        ("GetShadow", pb.GetShadowRequest(ids=["nobody"], moment=moment)),
        ("GetShadow", pb.GetShadowRequest(ids=[f"urn:hanse:{AUTHORITY}:bench:flat"], moment=moment)),
        ("GetLineOfSight", sight(at(0, 0, 1), at(1, 1, 1), scenario=nowhere)),
        ("AggregateArea", pb.AggregateAreaRequest(areas_of=["nobody"])),
    ):
        assert refusal(lambda how=method, what=request: ask(twin, how, what)).code is Code.NOT_FOUND


def test_sums_are_those_of_the_cubes_inside(twin: Served) -> None:
    request = pb.AggregateAreaRequest(
        areas=[rectangle(-2, -2, 5 * STEP - 2, 10), rectangle(-2, -2, 4, 10), rectangle(0, 5_000, 10, 5_010)],
        query=twin_pb2.QueryEntitiesRequest(type="Building"),
        attributes=["number", "heightAboveGround", "name"],
    )
    five, half, none = ask(twin, "AggregateArea", request).areas
    assert (five.count, five.without_volume) == (5, 0)
    assert five.area_m2 == pytest.approx(5 * STEP * 12, rel=1e-4)
    assert five.footprint_m2 == pytest.approx(5 * SIDE * SIDE, rel=1e-4)
    assert five.volume_m3 == pytest.approx(5 * SIDE * SIDE * HEIGHT, rel=1e-6)
    number, height, name = five.sums
    assert (number.count, number.total, number.minimum, number.maximum) == (5, 10, 0, 4)
    assert (height.count, height.total) == (5, pytest.approx(50))
    assert (name.attribute, name.count, name.total) == ("name", 0, 0)
    # Half a cube lies in the second area; its centroid is on the edge and so within.
    assert half.footprint_m2 == pytest.approx(SIDE * SIDE / 2, rel=1e-3)
    assert (none.count, none.footprint_m2, none.volume_m3) == (0, 0, 0)


def test_areas_may_be_entities(twin: Served) -> None:
    twin.put("areas")
    quarter = {"type": "GeoProperty", "value": json.loads(rectangle(-2, -2, 3 * STEP - 2, 10))}
    urn = f"urn:hanse:{AUTHORITY}:neighbourhood:first"
    assert twin.upsert("areas", entity({"id": urn, "type": "Neighbourhood", "location": quarter})).committed
    request = pb.AggregateAreaRequest(
        areas_of=[urn, urn], query=twin_pb2.QueryEntitiesRequest(type="Building", q="number>0")
    )
    assert [area.count for area in ask(twin, "AggregateArea", request).areas] == [2, 2]


def test_a_place_has_everything_by_owner(twin: Served) -> None:
    twin.put("sensors", owner="Air Quality Agency")
    twin.put("pipes", owner="Water Company", licence="CC-BY-4.0")
    sensor, room = f"urn:hanse:{AUTHORITY}:sensor:1", f"urn:hanse:{AUTHORITY}:room:1"
    pipe = {"type": "LineString", "coordinates": [[*degrees(-1, 4), -3.0], [*degrees(30, 4), -2.5]]}
    value = {"type": "Property", "value": 21.5, "observedAt": "2026-11-23T11:00:00Z"}
    twin.upsert("sensors", entity({"id": sensor, "type": "Sensor", "no2": value, "location": point(*degrees(2, 9))}))
    twin.upsert(
        "sensors", entity({"id": room, "type": "Room", "partOf": {"type": "Relationship", "object": cube(twin, 0)}})
    )
    twin.upsert(
        "pipes",
        entity(
            {
                "id": f"urn:hanse:{AUTHORITY}:pipe:1",
                "type": "WaterPipe",
                "location": {"type": "GeoProperty", "value": pipe},
            }
        ),
    )
    around = types.BoundingBox(crs=RD, min_x=WEST - 2, min_y=SOUTH - 2, max_x=WEST + 10, max_y=SOUTH + 10)
    centre = degrees(4, 4)
    for place in (
        {"bounding_box": around},
        {"circle": types.Circle(x=centre[0], y=centre[1], radius_m=7)},
        {"polygon": rectangle(-2, -2, 10, 10)},
    ):
        answer = ask(twin, "GetPlace", pb.GetPlaceRequest(**place))
        above = {group.dataset.id: {each.type for each in group.entities} for group in answer.above}
        assert above[dataset_urn("sensors")] == {"Sensor", "Room"}
        assert above[dataset_urn("cubes")] == {"Building"}
        assert [(group.dataset.owner, [each.type for each in group.entities]) for group in answer.below] == [
            ("Water Company", ["WaterPipe"])
        ]
        assert answer.below[0].dataset.licence == "CC-BY-4.0"
        assert all(group.modified.endswith("Z") for group in (*answer.above, *answer.below))
        assert not answer.cut
    (held,) = (each for group in answer.above for each in group.entities if each.id == sensor)
    assert json.loads(held.json)["no2"]["value"] == 21.5
    cut = ask(twin, "GetPlace", pb.GetPlaceRequest(bounding_box=around, limit=2))
    assert cut.cut
    assert sum(len(group.entities) for group in (*cut.above, *cut.below)) == 2


def test_a_planned_tower_is_seen_and_shades_in_its_scenario_alone(twin: Served) -> None:
    scenario = plan(twin, "CreateScenario", scenario_pb2.CreateScenarioRequest(name="a tower")).id
    tower = json.loads(twin.call("GetEntity", twin_pb2.GetEntityRequest(id="cube-3")).json)
    tower["solidGeometry"]["json"]["transform"]["scale"][2] *= 8
    for name in ("ridgeHeight", "heightAboveGround"):
        tower[name]["value"] *= 8
    batch = twin_pb2.UpsertEntitiesRequest(
        dataset=dataset_urn("cubes"), entities=[types.Entity(json=json.dumps(tower).encode())]
    )
    edit = scenario_pb2.EditScenarioRequest(scenario=scenario, put=batch, remove=[cube(twin, 0)])
    assert plan(twin, "EditScenario", edit).committed
    high = (at(-5, 4, 50), at(100, 4, 50))
    assert ask(twin, "GetLineOfSight", sight(*high)).visible
    seen = ask(twin, "GetLineOfSight", sight(*high, scenario=scenario))
    assert [each.id for each in seen.obstacles] == [cube(twin, 3)]
    gone = ask(twin, "GetLineOfSight", sight(at(-5, 4, 5), at(20, 4, 5), scenario=scenario))
    assert [each.id for each in gone.obstacles] == [cube(twin, 1)]
    moment = "2026-06-21T12:00:00+02:00"
    today, then = (
        ask(twin, "GetShadow", pb.GetShadowRequest(ids=["cube-3"], moment=moment, scenario=which)).area_m2
        for which in ("", scenario)
    )
    assert then > 4 * today
    request = scenario_pb2.CompareScenarioRequest(scenario=scenario, sun_date="2026-03-20", radius_m=100)
    answer = plan(twin, "CompareScenario", request)
    assert {(each.id, each.change) for each in answer.differences} == {
        (cube(twin, 3), scenario_pb2.CompareScenarioResponse.CHANGE_REPLACED),
        (cube(twin, 0), scenario_pb2.CompareScenarioResponse.CHANGE_REMOVED),
    }
    assert next(each.attributes for each in answer.differences if each.id == cube(twin, 3)) == [
        "heightAboveGround",
        "ridgeHeight",
        "solidGeometry",
    ]
    hours = {each.id: (each.hours_today, each.hours_then) for each in answer.sunlight}
    assert hours[cube(twin, 1)][0] < hours[cube(twin, 1)][1], "what stood before it is gone"
    assert hours[cube(twin, 4)][0] > hours[cube(twin, 4)][1], "the tower shades it in the afternoon"
    assert not {cube(twin, 0), cube(twin, 3)} & set(hours)
    assert all(0 <= each <= 12.5 for pair in hours.values() for each in pair)
