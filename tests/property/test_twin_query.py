# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Queries of the store against a second, plain implementation over the same entities; paging loses and repeats none."""

from __future__ import annotations

import json
import math
import operator
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import shape
from twin_world import AUTHORITY, LocalTwin

from hanse import geo
from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.api.types.v1 import types_pb2 as types
from hanse.twin import rows
from hanse.twin.adapters import reading
from hanse.twin.model import Page, Query
from hanse.twin.wire import convert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WEST, SOUTH, EAST, NORTH = 4.40, 51.88, 4.50, 51.94  # about 7 by 7 km of Rotterdam
RD, UTM = "EPSG:28992", "EPSG:25831"
COUNT = 300
OPS: dict[int, Callable[[Any, Any], bool]] = {
    pb.AttributeFilter.OPERATOR_EQUAL: operator.eq,
    pb.AttributeFilter.OPERATOR_NOT_EQUAL: operator.ne,
    pb.AttributeFilter.OPERATOR_LESS: operator.lt,
    pb.AttributeFilter.OPERATOR_LESS_OR_EQUAL: operator.le,
    pb.AttributeFilter.OPERATOR_GREATER: operator.gt,
    pb.AttributeFilter.OPERATOR_GREATER_OR_EQUAL: operator.ge,
}
NUMBERS: list[Any] = [0, 1, 2, -3, 2.0, 2.5, 10**15, 1e-9, 1e300]
TEXTS = ["", "a", "aa", "B", "é", "\U0001f3db", "true", "1", "x" * 600]
VALUES: list[Any] = [*NUMBERS, *TEXTS, True, False]
NAMES = ["use", "height", "open", "tags", "owner"]


@dataclass(frozen=True)
class World:
    """The store, and the same entities as plain dicts in the order of their ids, each with its data set."""

    twin: LocalTwin
    entities: list[tuple[dict[str, Any], str]]
    footprints: dict[str, dict[str, shapely.Geometry]]


def some_entities(rng: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(COUNT):
        entity: dict[str, Any] = {
            "id": f"urn:hanse:{AUTHORITY}:thing:{number:05d}",
            "type": rng.choice(["Building", "Road", "Tree"]),
        }
        if rng.random() < 0.95:
            entity["location"] = {"type": "GeoProperty", "value": some_place(rng)}
        for name in NAMES:
            if rng.random() < 0.6:
                entity[name] = some_attribute(rng)
        yield entity


def some_place(rng: random.Random) -> dict[str, Any]:
    x, y = rng.uniform(WEST, EAST), rng.uniform(SOUTH, NORTH)
    ring = [[x, y], [x + 0.002, y], [x + 0.002, y + 0.001], [x, y + 0.001], [x, y]]
    kind = rng.randrange(4)
    if kind == 0:
        return {"type": "Point", "coordinates": [x, y]}
    if kind == 1:
        return {"type": "LineString", "coordinates": [[x, y], [x + 0.01, y - 0.004]]}
    if kind == 2:
        return {"type": "MultiPolygon", "coordinates": [[ring], [[[p + 0.02, q + 0.01] for p, q in ring]]]}
    return {"type": "Polygon", "coordinates": [ring]}


def some_attribute(rng: random.Random) -> Any:
    kind = rng.randrange(8)
    if kind == 0:
        return {"type": "Property", "value": [1, 2]}
    if kind == 1:
        return {"type": "JsonProperty", "json": {"a": 1}}
    if kind == 2:
        return {"type": "Relationship", "object": f"urn:x:{rng.randrange(3)}"}
    if kind == 3:
        return [{"type": "Property", "value": rng.choice(VALUES), "datasetId": f"urn:d:{i}"} for i in range(2)]
    return {"type": "Property", "value": rng.choice(VALUES)}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[World]:
    twin = LocalTwin.make(tmp_path_factory.mktemp("twin"), store=store)
    urns = [twin.put(name) for name in ("one", "two")]
    rng, made = random.Random(7), []  # noqa: S311 - entities that are the same each time
    for entity in some_entities(rng):
        dataset = rng.choice(urns)
        twin.store.write(dataset, [rows.row(entity, twin.config.city.crs)])
        made.append((entity, dataset))
    yield World(twin, made, {entity["id"]: places(entity) for entity, _ in made if "location" in entity})
    twin.database.close()


def places(entity: dict[str, Any]) -> dict[str, shapely.Geometry]:
    """The footprint in each system: from degrees to the city's metres, from there elsewhere."""
    degrees = shape(entity["location"]["value"])
    plane = moved(degrees, "EPSG:4326", RD)
    return {"": degrees, RD: plane, UTM: moved(plane, RD, UTM)}


def moved(ground: shapely.Geometry, source: str, target: str) -> shapely.Geometry:
    convert_ = geo.transformer(geo.Crs.parse(source), geo.Crs.parse(target))
    return shapely.transform(ground, lambda points: convert_(points).coordinates)


def brute_force(world: World, request: pb.QueryEntitiesRequest) -> list[str]:
    """The ids that a query means, by looking at every entity."""
    return [entity["id"] for entity, dataset in world.entities if meant(world, request, entity, dataset)]


def meant(world: World, request: pb.QueryEntitiesRequest, entity: dict[str, Any], dataset: str) -> bool:
    return (
        request.type in ("", entity["type"])
        and request.dataset in ("", dataset)
        and all(holds(entity, condition) for condition in request.filters)
        and is_there(world, request, entity["id"])
    )


def is_there(world: World, request: pb.QueryEntitiesRequest, entity_id: str) -> bool:
    place = request.WhichOneof("place")
    if place is None or entity_id not in world.footprints:
        return place is None
    footprints = world.footprints[entity_id]
    if place == "circle":
        centre = moved(shapely.Point(request.circle.x, request.circle.y), request.circle.crs or "EPSG:4326", RD)
        return bool(footprints[RD].distance(centre) <= request.circle.radius_m)
    box = request.bounding_box
    if box.crs == UTM:
        return bool(footprints[UTM].intersects(shapely.box(box.min_x, box.min_y, box.max_x, box.max_y)))
    west, south, east, north = footprints[box.crs].bounds
    return not (west > box.max_x or east < box.min_x or south > box.max_y or north < box.min_y)


def holds(entity: dict[str, Any], condition: pb.AttributeFilter) -> bool:
    if condition.attribute not in entity:
        return False
    if condition.operator == pb.AttributeFilter.OPERATOR_EXISTS:
        return True
    wanted = json.loads(condition.value)
    held = entity[condition.attribute]
    instances = held if isinstance(held, list) else [held]
    values = [value for instance in instances for value in scalars_of(instance)]
    return any(kind(value) == kind(wanted) and OPS[condition.operator](value, wanted) for value in values)


def scalars_of(instance: dict[str, Any]) -> list[Any]:
    """The value or its elements, the URIs, the texts in all languages, the terms (twin/v1's query)."""
    held = next(
        (instance[k] for k in ("value", "object", "languageMap", "vocab", "json", "valueList") if k in instance), None
    )
    texts = list(held.values()) if isinstance(held, dict) and "languageMap" in instance else [held]
    return [each for text in texts for each in (text if isinstance(text, list) else [text])]


def kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "text" if isinstance(value, str) else "none"


def no_scenario(name: str) -> int:
    raise AssertionError(name)


def found(world: World, request: pb.QueryEntitiesRequest) -> list[str]:
    """What the store finds, page by page, with the pages' form checked."""
    asked = pb.QueryEntitiesRequest()
    asked.CopyFrom(request)
    ids: list[str] = []
    for _ in range(COUNT + 2):
        page = world.twin.store.query(convert.query(asked, world.twin.config.city.crs, no_scenario))
        entities = [types.Entity.FromString(wire) for wire in page.entities]
        assert len(entities) <= (asked.page_size or 100)
        assert page.more is False or entities
        assert page.datasets == tuple(sorted({entity.dataset for entity in entities}))
        ids += [entity.id for entity in entities]
        if not page.more:
            return ids
        asked.page_token = convert.page_token(asked, page.last_id)
    raise AssertionError("paging does not end")


filters = st.builds(
    lambda attribute, op, value: pb.AttributeFilter(
        attribute=attribute, operator=op, value="" if op == pb.AttributeFilter.OPERATOR_EXISTS else json.dumps(value)
    ),
    st.sampled_from([*NAMES, "location", "unheard"]),
    st.sampled_from([*OPS, pb.AttributeFilter.OPERATOR_EXISTS]),
    st.sampled_from(
        [value for value in VALUES if value != "x" * 600] + ["x" * 511, "urn:x:1", 1.5, 10**400 // 10**390]
    ),
)


def comparable(condition: pb.AttributeFilter) -> bool:
    ordered = condition.operator in {
        pb.AttributeFilter.OPERATOR_LESS,
        pb.AttributeFilter.OPERATOR_LESS_OR_EQUAL,
        pb.AttributeFilter.OPERATOR_GREATER,
        pb.AttributeFilter.OPERATOR_GREATER_OR_EQUAL,
    }
    return not (ordered and condition.value in ("true", "false"))


requests = st.builds(
    pb.QueryEntitiesRequest,
    type=st.sampled_from(["", "Building", "Road", "Tree", "Ship"]),
    filters=st.lists(filters.filter(comparable), max_size=2),
    page_size=st.sampled_from([0, 1, 7, 100, 1000]),
    dataset=st.sampled_from(["", f"urn:hanse:{AUTHORITY}:dataset:one", f"urn:hanse:{AUTHORITY}:dataset:none"]),
)


@given(request=requests)
@settings(max_examples=150, deadline=None)
def test_type_data_set_and_attributes(world: World, request: pb.QueryEntitiesRequest) -> None:
    assert found(world, request) == brute_force(world, request)


@st.composite
def boxes(draw: st.DrawFn, crs: str) -> types.BoundingBox:
    """Boxes of all sizes around and beyond the place, in degrees or in the metres of a system."""
    size = draw(st.sampled_from([0.0, 1e-6, 0.003, 0.02, 0.2, 3.0]))
    x, y = draw(st.floats(WEST - 0.02, EAST + 0.02)), draw(st.floats(SOUTH - 0.02, NORTH + 0.02))
    if not crs:
        return types.BoundingBox(min_x=x - size, min_y=y - size / 2, max_x=x + size, max_y=y + size / 2)
    centre = moved(moved(shapely.Point(x, y), "EPSG:4326", RD), RD, crs)
    half = max(size * 100_000, 1e-6 if crs == UTM else 0.0)  # conversions agree to a micrometre, not to the last bit
    return types.BoundingBox(
        crs=crs, min_x=centre.x - half, min_y=centre.y - half, max_x=centre.x + half, max_y=centre.y + half
    )


@given(request=requests, box=st.sampled_from(["", RD, UTM]).flatmap(boxes))
@settings(max_examples=200, deadline=None)
def test_boxes(world: World, request: pb.QueryEntitiesRequest, box: types.BoundingBox) -> None:
    request.bounding_box.CopyFrom(box)
    assert found(world, request) == brute_force(world, request)


@given(data=st.data(), crs=st.sampled_from(["", RD, UTM]))
@settings(max_examples=150, deadline=None)
def test_boxes_that_just_touch(world: World, data: st.DataObject, crs: str) -> None:
    """A box is closed: what touches it meets it, and a hair's breadth away does not (a micrometre where converted)."""
    name = data.draw(st.sampled_from(sorted(world.footprints)))
    side = data.draw(st.sampled_from(["west", "south", "east", "north"]))
    away = data.draw(st.booleans())
    west, south, east, north = world.footprints[name][crs].bounds

    def step(edge: float, towards: float) -> float:
        if crs == UTM:
            return edge + math.copysign(1e-6, towards if away else -towards)
        return math.nextafter(edge, towards) if away else edge

    low, high = (west, south), (east, north)
    if side == "west":
        edge = step(west, -math.inf)
        low, high = (edge - 1e-3, south), (edge, north)
    elif side == "east":
        edge = step(east, math.inf)
        low, high = (edge, south), (edge + 1e-3, north)
    elif side == "south":
        edge = step(south, -math.inf)
        low, high = (west, edge - 1e-3), (east, edge)
    else:
        edge = step(north, math.inf)
        low, high = (west, edge), (east, edge + 1e-3)
    margin = 1e-6 if crs == UTM else 0.0
    if side in ("west", "east"):
        low, high = (low[0], low[1] - margin), (high[0], high[1] + margin)
    else:
        low, high = (low[0] - margin, low[1]), (high[0] + margin, high[1])
    request = pb.QueryEntitiesRequest(
        bounding_box=types.BoundingBox(crs=crs, min_x=low[0], min_y=low[1], max_x=high[0], max_y=high[1]),
        page_size=1000,
    )
    ids = found(world, request)
    assert (name in ids) is not away
    assert crs == UTM or ids == brute_force(world, request)


@given(
    request=requests,
    crs=st.sampled_from(["", RD, UTM]),
    x=st.floats(WEST - 0.05, EAST + 0.05),
    y=st.floats(SOUTH - 0.05, NORTH + 0.05),
    radius=st.one_of(st.floats(0.001, 50_000), st.sampled_from([1e-9, 50.0, 500.0, 50_000.0])),
)
@settings(max_examples=200, deadline=None)
def test_circles(world: World, request: pb.QueryEntitiesRequest, crs: str, x: float, y: float, radius: float) -> None:
    centre = shapely.Point(x, y) if not crs else moved(moved(shapely.Point(x, y), "EPSG:4326", RD), RD, crs)
    request.circle.CopyFrom(types.Circle(crs=crs, x=centre.x, y=centre.y, radius_m=radius))
    assert found(world, request) == brute_force(world, request)


@given(data=st.data(), off=st.sampled_from([-1e-6, 1e-6]))
@settings(max_examples=60, deadline=None)
def test_circles_that_just_reach(world: World, data: st.DataObject, off: float) -> None:
    name = data.draw(st.sampled_from(sorted(world.footprints)))
    x, y = data.draw(st.floats(WEST, EAST)), data.draw(st.floats(SOUTH, NORTH))
    centre = moved(shapely.Point(x, y), "EPSG:4326", RD)
    distance = world.footprints[name][RD].distance(centre)
    assume(distance > 1)
    circle = types.Circle(crs=RD, x=centre.x, y=centre.y, radius_m=distance + off)
    ids = found(world, pb.QueryEntitiesRequest(circle=circle, page_size=1000))
    assert (name in ids) is (off > 0)


@given(size=st.integers(1, 40), after=st.integers(0, COUNT), chosen=st.sampled_from(["", "Tree"]))
@settings(max_examples=40, deadline=None)
def test_pages_and_streams_agree(world: World, size: int, after: int, chosen: str) -> None:
    query = Query(type=chosen, limit=size, after=f"urn:hanse:{AUTHORITY}:thing:{after:05d}")
    pages: list[Page] = list(world.twin.store.pages(query))
    ids = [types.Entity.FromString(wire).id for page in pages for wire in page.entities]
    whole = [e["id"] for e, _ in world.entities if e["id"] > query.after and (not chosen or e["type"] == chosen)]
    assert ids == whole
    assert all(len(page.entities) == size for page in pages[:-1])
    assert all(page.last_id == types.Entity.FromString(page.entities[-1]).id for page in pages)


def test_large_entities_make_shorter_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = found(world, pb.QueryEntitiesRequest(page_size=1000))
    for limit in (1, 20_000):
        monkeypatch.setattr(reading, "MAX_PAGE_BYTES", limit)
        assert found(world, pb.QueryEntitiesRequest(page_size=1000)) == everything
        pages = list(world.twin.store.pages(Query(limit=1000)))
        assert all(len(page.entities) == 1 or sum(map(len, page.entities)) <= limit for page in pages)
        assert len(pages) > 5


def test_the_world_is_worth_asking(world: World) -> None:
    """The random entities hold every case that the properties speak of."""
    assert len(world.footprints) not in (0, COUNT)
    kinds = {type(shape(e["location"]["value"])).__name__ for e, _ in world.entities if "location" in e}
    assert kinds == {"Point", "LineString", "Polygon", "MultiPolygon"}
    assert {len(found(world, pb.QueryEntitiesRequest(type=t, page_size=1000))) > 50 for t in ("Building", "Road")} == {
        True
    }
    whole = np.array([world.footprints[name][RD].bounds for name in sorted(world.footprints)])
    assert np.ptp(whole[:, 0]) > 5_000
