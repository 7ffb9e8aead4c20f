# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Every way to ask a served twin, against looking at each entity: languages, places, heights, order, time, form."""

from __future__ import annotations

import json
import math
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pyproj
import pytest
import shapely
from cities import Processes, make_city
from refusals import refusal
from shapely.geometry import shape
from twin_world import AUTHORITY, CITYJSON, NO_EVENTS, RD, Served, cubes, dataset_urn, entity

from hanse import geo
from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.api.types.v1 import types_pb2 as types
from hanse.query import matches, parse_cql2_json, parse_cql2_text, parse_q, parse_scope_q

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = dict[str, Any]
Code = grpc.StatusCode
WEST, SOUTH = 4.40, 51.88
COUNT = 80
GEOD = pyproj.Geod(ellps="WGS84")
MIDDLE = (WEST + 0.05, SOUTH + 0.03)


def urn(kind: str, number: int) -> str:
    return f"urn:hanse:{AUTHORITY}:{kind}:{number:03d}"


def made(rng: random.Random, number: int) -> Json:
    """Something with most kinds of attribute, each there now and then."""
    kind = rng.choice(["bench", "tree"])
    x, y = WEST + rng.random() / 10, SOUTH + rng.random() / 16
    ring = [[x, y], [x + 0.004, y], [x + 0.004, y + 0.002], [x, y + 0.002], [x, y]]
    ground: Json = {"type": "Point", "coordinates": [x, y]}
    if rng.random() < 0.4:
        ground = {"type": "Polygon", "coordinates": [ring]}
    thing: Json = {
        "id": urn(kind, number),
        "type": kind.capitalize(),
        "name": {"type": "Property", "value": f"n {number}"},
        "location": {"type": "GeoProperty", "value": ground},
        "dataset": {"type": "Relationship", "object": dataset_urn("things")},
    }
    some: Json = {
        "size": {"type": "Property", "value": rng.randrange(10), "unitCode": "MTR"},
        "tags": {"type": "Property", "value": rng.sample(["red", "green", "blue"], 2)},
        "title": {"type": "LanguageProperty", "languageMap": {"nl": f"boom {number % 3}", "en": f"tree {number % 3}"}},
        "info": {"type": "JsonProperty", "json": {"a": number % 4, "b": {"c": "x"}}},
        "use": {"type": "VocabProperty", "vocab": rng.choice(["open", "closed"])},
        "groundHeight": height(float(rng.randrange(-5, 5))),
        "ridgeHeight": height(float(rng.randrange(5, 30))),
        "heightAboveGround": height(float(rng.randrange(30))),
        "twinLayer": {"type": "Property", "value": rng.choice(["building", "component"])},
        "partOf": {"type": "Relationship", "object": urn(rng.choice(["bench", "tree"]), rng.randrange(COUNT))},
    }
    thing |= {name: value for name, value in some.items() if rng.random() < 0.6}
    if rng.random() < 0.5:
        thing["scope"] = rng.choice(["/delfshaven/noord", "/delfshaven/zuid", ["/centrum", "/delfshaven/noord/plein"]])
    return thing


def height(value: float) -> Json:
    datum = {"verticalDatum": {"type": "Property", "value": "NAP"}}
    return {"type": "Property", "value": value, "unitCode": "MTR", **datum}


@dataclass(frozen=True)
class World:
    """A served twin and what it holds, in the order of ids."""

    twin: Served
    things: list[Json]
    cubes: dict[str, tuple[float, float]]

    def found(self, **query: Any) -> list[str]:
        """Ids that a query finds, which pages, a stream and counts agree on."""
        request = pb.QueryEntitiesRequest(**query)
        ids = [
            each.id for page in self.twin.pages(pb.QueryEntitiesRequest(page_size=7, **query)) for each in page.entities
        ]
        counted = self.twin.call("CountEntities", request)
        assert counted.count == len(ids) == sum(each.count for each in counted.types)
        if not request.order_by:
            stream = pb.QueryEntitiesRequest(page_size=4, **query)
            streamed = [each.id for some in self.twin.call("StreamEntities", stream) for each in some.entities]
            assert streamed == ids
        return ids


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    config = make_city(tmp_path_factory.mktemp("city"), settings=NO_EVENTS)
    with Processes() as processes:
        served = Served.of(processes.start(config, "twin"))
        rng = random.Random(11)  # noqa: S311 - the same things each time
        things = [made(rng, number) for number in range(COUNT)]
        served.put("things")
        answer = served.upsert("things", *(entity_of(each) for each in things))
        assert answer.committed, answer
        served.loaded("cubes", json.dumps(cubes(30)).encode(), CITYJSON, assumed_vertical_datum="NAP")
        places = {}
        for each in served.all(dataset=dataset_urn("cubes")):
            number = json.loads(each.json)["number"]["value"]
            places[each.id] = (90_000.0 + number * 12, 437_000.0)
        yield World(served, sorted(things, key=lambda each: str(each["id"])), places)
        output = served.part.output()
        assert "defect" not in output, output
        assert "Traceback" not in output, output
        served.channel.close()


def entity_of(document: Json) -> types.Entity:
    return types.Entity(json=json.dumps(document).encode())


def those(world: World, holds: Callable[[Json], bool]) -> list[str]:
    return [each["id"] for each in world.things if holds(each)]


THINGS = dataset_urn("things")


@pytest.mark.parametrize(
    "q",
    [
        "size>5",
        "size==3..6",
        "size!=3",
        "size",
        'name=="n 3","n 4"',
        'name~="^n 1"',
        'name!~="^n 1"',
        'tags=="red"',
        '(tags=="red"|size<2);name',
        'title[nl]=="boom 1"',
        'title[*]=="tree 2"',
        "info[a]==2",
        'info[b.c]=="x"',
        'use=="open"',
        f'partOf=="{urn("bench", 5)}"',
        "partOf{size}>4",
        "createdAt>2020-01-01T00:00:00Z",
        "modifiedAt<2020-01-01T00:00:00Z",
        'size.unitCode=="MTR"',
    ],
)
def test_ngsi_ld_queries(world: World, q: str) -> None:
    condition = parse_q(q)
    now = datetime.now(UTC).isoformat()
    linked = {each["id"]: each for each in world.things}

    def holds(thing: Json) -> bool:
        return matches(condition, {"createdAt": now, "modifiedAt": now, **thing}, linked=linked.get)

    assert world.found(q=q, dataset=THINGS) == those(world, holds)
    trees = those(world, lambda thing: thing["type"] == "Tree" and holds(thing))
    assert world.found(q=q, type="Tree", dataset=THINGS) == trees


@pytest.mark.parametrize(
    "scope", ["/delfshaven/noord", "/delfshaven/+", "/delfshaven/#", "/#", "/centrum,/delfshaven/zuid"]
)
def test_scopes(world: World, scope: str) -> None:
    condition = parse_scope_q(scope)
    assert world.found(scope_q=scope, dataset=THINGS) == those(world, lambda thing: matches(condition, thing))


AREA = (
    f"POLYGON(({WEST} {SOUTH},{WEST + 0.05} {SOUTH},{WEST + 0.05} {SOUTH + 0.04},{WEST} {SOUTH + 0.04},{WEST} {SOUTH}))"
)


@pytest.mark.parametrize(
    "cql2",
    [
        "size > 5 AND size <= 7",
        "NOT (size > 3)",
        "name LIKE 'n 1%'",
        "size BETWEEN 2 AND 4",
        "size IN (1, 2, 3) OR use = 'open'",
        "size IS NULL",
        "CASEI(name) = CASEI('N 3')",
        "A_CONTAINS(tags, ('red', 'blue'))",
        f"S_INTERSECTS(location, {AREA})",
        f"NOT S_INTERSECTS(location, {AREA}) AND size > 2",
        '{"op": ">=", "args": [{"property": "size"}, 8]}',
        "size * 2 = 8",
    ],
)
def test_cql2(world: World, cql2: str) -> None:
    condition = parse_cql2_json(cql2) if cql2.startswith("{") else parse_cql2_text(cql2)
    expected = those(world, lambda thing: matches(condition, thing) is True)
    assert world.found(cql2=cql2, dataset=THINGS) == expected
    assert expected


BLOCK = shapely.box(WEST + 0.02, SOUTH + 0.01, WEST + 0.07, SOUTH + 0.05)
RELATIONS: dict[str, Callable[[shapely.Geometry], bool]] = {
    "INTERSECTS": lambda ground: bool(shapely.intersects(ground, BLOCK)),
    "WITHIN": lambda ground: bool(shapely.within(ground, BLOCK)),
    "DISJOINT": lambda ground: bool(shapely.disjoint(ground, BLOCK)),
    "OVERLAPS": lambda ground: bool(shapely.overlaps(ground, BLOCK)),
    "CONTAINS": lambda ground: bool(shapely.contains(ground, BLOCK)),
}


@pytest.mark.parametrize("kind", RELATIONS)
def test_relations_to_a_geometry(world: World, kind: str) -> None:
    relation = pb.Relation(kind=f"KIND_{kind}", geometry=shapely.to_geojson(BLOCK))
    expected = those(world, lambda thing: RELATIONS[kind](shape(thing["location"]["value"])))
    assert world.found(relation=relation, dataset=THINGS) == expected


@pytest.mark.parametrize("distance", [500.0, 2_500.0])
def test_near_and_far(world: World, distance: float) -> None:
    geometry = json.dumps({"type": "Point", "coordinates": MIDDLE})

    def away(thing: Json) -> float:
        x, y = thing["location"]["value"]["coordinates"]
        return float(GEOD.inv(*MIDDLE, x, y)[2])

    points = [each for each in world.things if each["location"]["value"]["type"] == "Point"]
    for kind, near in (("KIND_NEAR", True), ("KIND_FAR", False)):
        found = world.found(relation=pb.Relation(kind=kind, geometry=geometry, distance_m=distance), dataset=THINGS)
        assert [each["id"] for each in points if each["id"] in found] == [
            each["id"] for each in points if (away(each) <= distance) is near
        ]


@pytest.mark.parametrize(("low", "high"), [(0.0, 3.0), (-10.0, -4.5), (20.0, 100.0), (4.0, 4.0)])
def test_heights(world: World, low: float, high: float) -> None:
    def value(thing: Json, name: str) -> float | None:
        return thing[name]["value"] if name in thing else None

    def reaches(thing: Json) -> bool:
        held = [each for name in ("groundHeight", "ridgeHeight") if (each := value(thing, name)) is not None]
        return bool(held) and min(held) <= high and max(held) >= low

    def stands(thing: Json) -> bool:
        own = value(thing, "heightAboveGround")
        return own is not None and low <= own <= high

    for reference, holds in (("REFERENCE_DATUM", reaches), ("REFERENCE_ABOVE_GROUND", stands)):
        heights = pb.HeightRange(reference=reference, min_m=low, max_m=high)
        assert world.found(heights=heights, dataset=THINGS) == those(world, holds)


def test_a_box_in_space_meets_solids(world: World) -> None:
    rng = random.Random(3)  # noqa: S311
    sizes = []
    for _ in range(25):
        low = np.array([90_000 + rng.uniform(-20, 370), 437_000 + rng.uniform(-6, 12), rng.uniform(-5, 14)])
        high = low + np.array([rng.uniform(0, 40), rng.uniform(0, 6), rng.uniform(0, 6)])
        box = pb.Box3d(crs=RD, min_x=low[0], min_y=low[1], min_z=low[2], max_x=high[0], max_y=high[1], max_z=high[2])
        meant = [
            each
            for each, (x, y) in sorted(world.cubes.items())
            if x <= high[0] and x + 8 >= low[0] and y <= high[1] and y + 8 >= low[1] and high[2] >= 0 and low[2] <= 10
        ]
        assert world.found(box_3d=box, dataset=dataset_urn("cubes")) == meant
        sizes.append(len(meant))
    assert 0 in sizes
    assert max(sizes) > 2


def test_the_nearest_come_in_order_of_distance(world: World) -> None:
    rng = random.Random(5)  # noqa: S311
    for _ in range(15):
        x, y, z = 90_000 + rng.uniform(-20, 370), 437_000 + rng.uniform(-20, 30), rng.uniform(-5, 30)

        def away(each: str, *, space: bool, at: tuple[float, float, float] = (x, y, z)) -> float:
            cube = (*world.cubes[each], 0.0)
            gaps = [max(c - a, 0.0, a - c - side) for a, c, side in zip(at, cube, (8, 8, 10), strict=True)]
            return math.hypot(*(gaps if space else gaps[:2]))

        for space in (False, True):
            nearest = pb.Nearest(crs=RD, x=x, y=y, count=9, radius_m=60)
            if space:
                nearest.z = z
            found = world.found(nearest=nearest, dataset=dataset_urn("cubes"))
            distances = sorted(away(each, space=space) for each in world.cubes)
            expected = [each for each in distances if each <= 60][:9]
            assert [away(each, space=space) for each in found] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    "order", ["size", "size:desc", "name:desc", "use,size:desc", "createdAt,id:desc", "title[nl],id"]
)
def test_orders_over_pages(world: World, order: str) -> None:
    whole = [
        each.id
        for each in world.twin.call(
            "QueryEntities", pb.QueryEntitiesRequest(order_by=order, dataset=THINGS, page_size=1000)
        ).entities
    ]
    assert sorted(whole) == [each["id"] for each in world.things]
    assert world.found(order_by=order, dataset=THINGS) == whole
    held = {each["id"]: each for each in world.things}
    if order.startswith("size"):
        sizes = [held[each]["size"]["value"] for each in whole if "size" in held[each]]
        assert sizes == sorted(sizes, reverse=order.endswith("desc"))
    if order == "name:desc":
        names = [held[each]["name"]["value"] for each in whole]
        assert names == sorted(names, reverse=True)


@pytest.mark.parametrize("layer", ["building", "component", "planet"])
def test_layers(world: World, layer: str) -> None:
    expected = those(world, lambda thing: thing.get("twinLayer", {}).get("value") == layer)
    assert world.found(layer=layer, dataset=THINGS) == expected


def test_what_hangs_under_an_entity(world: World) -> None:
    parents = {each["id"]: each["partOf"]["object"] for each in world.things if "partOf" in each}
    sizes = set()
    for top in sorted({*parents, *parents.values()}):
        found: set[str] = set()
        while more := {each for each, parent in parents.items() if parent in found | {top}} - found:
            found |= more
        assert world.found(under=top, dataset=THINGS) == sorted(found - {top})
        sizes.add(len(found))
    assert len(sizes) > 2


def test_circles_in_the_hierarchy_come_to_an_end_and_other_cities_may_be_above(world: World) -> None:
    region = "urn:hanse:region.example:region:1"
    world.twin.put("layers")

    def hung(number: int, above: str, layer: str) -> types.Entity:
        relation = {"type": "Relationship", "object": above}
        return entity({"id": urn("layer", number), "type": "Layer", "twinLayer": layer, "partOf": relation})

    ring = [hung(1, urn("layer", 2), "city"), hung(2, urn("layer", 1), "city"), hung(3, urn("layer", 3), "city")]
    assert world.twin.upsert("layers", *ring, hung(4, region, "city"), hung(5, urn("layer", 4), "building")).committed
    assert world.found(under=urn("layer", 1)) == [urn("layer", 2)]
    assert world.found(under=urn("layer", 3)) == []
    assert world.found(under=region) == [urn("layer", 4), urn("layer", 5)]
    assert world.found(under=region, layer="building") == [urn("layer", 5)]


def test_the_twin_as_it_stood(world: World) -> None:
    world.twin.put("clocks")
    states: list[tuple[str, dict[str, int]]] = []
    held: dict[str, int] = {}

    def remember() -> None:
        time.sleep(0.01)
        states.append((datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"), dict(held)))
        time.sleep(0.01)

    remember()
    for number in range(4):
        one = urn("clock", number % 2)
        world.twin.upsert("clocks", entity({"id": one, "type": "Clock", "hour": number}))
        held[one] = number
        remember()
    world.twin.call("DeleteEntities", pb.DeleteEntitiesRequest(ids=[urn("clock", 0)]))
    del held[urn("clock", 0)]
    remember()
    moment, _ = states[-1]
    too_fine = pb.BatchGetEntitiesRequest(ids=[urn("clock", 1)], as_of=moment.replace("Z", "001Z"))
    assert refusal(lambda: world.twin.call("BatchGetEntities", too_fine)).fields == ("as_of",)
    for moment, expected in states:
        found = world.twin.all(dataset=dataset_urn("clocks"), as_of=moment)
        assert {each.id: json.loads(each.json)["hour"]["value"] for each in found} == expected
        assert world.found(as_of=moment, type="Clock", q="hour>1") == sorted(
            each for each, hour in expected.items() if hour > 1
        )
        got = world.twin.call(
            "BatchGetEntities", pb.BatchGetEntitiesRequest(ids=[urn("clock", 0), urn("clock", 1)], as_of=moment)
        )
        assert {each.id for each in got.entities} == set(expected)
        assert set(got.missing) == {urn("clock", 0), urn("clock", 1)} - set(expected)


def test_attributes_may_be_picked_and_left_out(world: World) -> None:
    for thing, found in zip(world.things, world.twin.all(dataset=THINGS, pick=["name", "size"]), strict=True):
        assert json.loads(found.json) == {each: thing[each] for each in ("id", "type", "name", "size") if each in thing}
        assert (found.id, found.dataset) == (thing["id"], THINGS)
    for thing, found in zip(world.things, world.twin.all(dataset=THINGS, omit=["name", "location"]), strict=True):
        assert json.loads(found.json) == {each: thing[each] for each in thing if each not in ("name", "location")}


def test_texts_come_in_one_language(world: World) -> None:
    titled = [each for each in world.things if "title" in each]
    for thing, found in zip(titled, world.twin.all(dataset=THINGS, q="title", language="nl"), strict=True):
        title = json.loads(found.json)["title"]
        assert (title["type"], title["value"], title["lang"]) == (
            "Property",
            thing["title"]["languageMap"]["nl"],
            "nl",
        )


def test_a_batch_is_got_in_the_order_asked(world: World) -> None:
    ids = [world.things[number]["id"] for number in (7, 3, 60)]
    asked = [ids[0], "cube-4", "nobody", ids[1], ids[2], ids[0], "nobody either"]
    answer = world.twin.call("BatchGetEntities", pb.BatchGetEntitiesRequest(ids=asked))
    got = [each.id for each in answer.entities]
    assert [got[0], *got[2:]] == [*ids, ids[0]]
    assert world.cubes[got[1]] == (90_048.0, 437_000.0)
    assert list(answer.missing) == ["nobody", "nobody either"]
    assert {each.id for each in answer.datasets} == {THINGS, dataset_urn("cubes")}
    for wrong in ([], ["x"] * 1001, [""], ["x" * 513]):
        refused = refusal(lambda ids=wrong: world.twin.call("BatchGetEntities", pb.BatchGetEntitiesRequest(ids=ids)))
        assert refused.code is Code.INVALID_ARGUMENT


def test_types_and_attributes_are_those_held(world: World) -> None:
    found, token = {}, ""
    while True:
        page = world.twin.call("ListTypes", pb.ListTypesRequest(page_size=2, page_token=token))
        assert len(page.types) <= 2
        found |= {each.type: each for each in page.types}
        token = page.next_page_token
        if not token:
            break
    assert list(found) == sorted(found)
    for kind in ("Bench", "Tree"):
        some = [each for each in world.things if each["type"] == kind]
        assert found[kind].count == len(some)
        assert set(found[kind].attributes) == {n for each in some for n in each} - {"id", "type", "scope"}
    attributes, token = {}, ""
    while True:
        listed = world.twin.call("ListAttributes", pb.ListAttributesRequest(page_size=3, page_token=token))
        attributes |= {each.name: each for each in listed.attributes}
        token = listed.next_page_token
        if not token:
            break
    assert list(attributes) == sorted(attributes)
    tags = attributes["tags"]
    assert tags.count == sum("tags" in each for each in world.things)
    assert (list(tags.types), list(tags.kinds)) == (["Bench", "Tree"], ["Property"])
    assert list(attributes["use"].kinds) == ["VocabProperty"]
    assert list(attributes["location"].kinds) == ["GeoProperty"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"q": "size=="}, ""),
        ({"q": "(" * 5_000}, ""),
        ({"q": 'name~="(a+)+$"' + "x" * 9_000}, ""),
        ({"scope_q": "no slash#"}, ""),
        ({"cql2": "size >"}, ""),
        ({"cql2": "x" * 17_000}, "cql2"),
        ({"order_by": "a,b,c,d,e,f"}, ""),
        (
            {"relation": pb.Relation(kind="KIND_NEAR", geometry='{"type":"Point","coordinates":[4,52]}')},
            "relation.distance_m",
        ),
        ({"relation": pb.Relation(geometry='{"type":"Point","coordinates":[4,52]}')}, "relation.kind"),
        ({"relation": pb.Relation(kind="KIND_WITHIN", geometry="none")}, "relation.geometry"),
        ({"heights": pb.HeightRange(reference="REFERENCE_DATUM", min_m=3, max_m=1)}, "heights"),
        ({"heights": pb.HeightRange(min_m=1, max_m=3)}, "heights.reference"),
        ({"box_3d": pb.Box3d(min_x=3)}, "box_3d"),
        ({"box_3d": pb.Box3d(crs="EPSG:25831", max_x=3)}, "box_3d.crs"),
        ({"nearest": pb.Nearest(x=4, y=52, count=2_000)}, "nearest.count"),
        ({"nearest": pb.Nearest(x=4, y=52, radius_m=60_000)}, "nearest.radius_m"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "2026-11-23T12:00:00.1234Z"}, "as_of"),
        ({"as_of": "2026-11-23T12:00:00,123001+01:00"}, "as_of"),
        ({"layer": "street"}, "layer"),
        ({"pick": ["a"], "omit": ["b"]}, "omit"),
        ({"pick": ["a"] * 101}, "pick"),
    ],
)
def test_what_cannot_be_asked_is_refused(world: World, query: dict[str, Any], field: str) -> None:
    refused = refusal(lambda: world.twin.call("QueryEntities", pb.QueryEntitiesRequest(**query)))
    assert refused.code is Code.INVALID_ARGUMENT
    assert field in ("", *refused.fields)
    assert refused.remedy


def test_the_world_is_worth_asking(world: World) -> None:
    names = {name for each in world.things for name in each}
    assert {"size", "tags", "title", "info", "use", "scope", "partOf", "twinLayer", "groundHeight"} <= names
    kinds = {each["location"]["value"]["type"] for each in world.things}
    assert kinds == {"Point", "Polygon"}
    assert geo.Crs.parse(RD).metres == 1.0
