# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""OGC API Features answers what a plain filter over the same entities finds, page after page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ogc_world import Handlers, building
from query_trees import INSTANTS, NAMES, NUMBERS, TEXTS
from query_trees import cql2_trees as predicates

from hanse import geo
from hanse import query as languages
from hanse.query import times
from hanse.query.model import Box, Geometry, Path, Spatial, TimeWindow
from hanse.twin.edge.ogc import memory

COUNT = 60
FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
WEST, SOUTH, STEP = 4.40, 51.90, 0.0008


def thing(number: int) -> dict[str, Any]:
    """One entity of few values: some without a place, some observed."""
    column, row = number % 10, number // 10
    made = building(number, round(WEST + column * STEP, 6), round(SOUTH + row * STEP, 6))
    values: list[Any] = [*NUMBERS[:6], *TEXTS, True, False]
    for place, name in enumerate(NAMES):
        if (number + place) % 4:
            value: Any = values[(number * 7 + place * 5) % len(values)]
            made[name] = {"type": "Property", "value": value}
            if (number + place) % 3 == 0:
                made[name]["observedAt"] = f"2020-01-{1 + number % 28:02}T00:00:00Z"
    if number % 9 == 0:
        del made["location"]
    if number % 7 == 0:
        slope = [[WEST, SOUTH], [round(WEST + 8 * STEP, 6), round(SOUTH + (1 + number % 4) * STEP, 6)]]
        made["location"] = {"type": "GeoProperty", "value": {"type": "LineString", "coordinates": slope}}
    return made


THINGS = [thing(number) for number in range(COUNT)]


@pytest.fixture(scope="module")
def handlers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handlers]:
    made = Handlers.of(tmp_path_factory.mktemp("city"))
    made.put(THINGS)
    yield made
    made.close()


def meets(entity: dict[str, Any], box: tuple[float, ...]) -> bool:
    if "location" not in entity:
        return True
    return languages.matches(Spatial("s_intersects", Path(("location",)), Box(box)), entity)


corners = st.tuples(
    st.integers(-2, 22).map(lambda n: round(WEST + n * STEP / 2, 6)),
    st.integers(-2, 14).map(lambda n: round(SOUTH + n * STEP / 2, 6)),
)
boxes = st.tuples(corners, corners).map(
    lambda pair: (
        min(pair[0][0], pair[1][0]),
        min(pair[0][1], pair[1][1]),
        max(pair[0][0], pair[1][0]),
        max(pair[0][1], pair[1][1]),
    )
)

# Sides that no entity touches: a conversion moves what touches by a billionth of a metre, to either side.
apart = boxes.map(lambda box: (box[0] - 7e-5, box[1] - 6e-5, box[2] + 5e-5, box[3] + 8e-5))


def text(box: tuple[float, ...]) -> str:
    return ",".join(map(str, box))


@FEW
@given(boxes, st.sampled_from((1, 3, 1000)))
def test_a_box_finds_what_meets_it_and_what_is_nowhere(handlers: Handlers, box: tuple[float, ...], limit: int) -> None:
    expected = [each["id"] for each in THINGS if meets(each, box)]
    assert handlers.ids({"bbox": text(box)}, limit=limit) == expected


def test_both_stores_find_the_same(tmp_path: FilePath, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = Handlers.of(tmp_path, store)
    handlers.put(THINGS)
    box = (WEST, SOUTH, round(WEST + 4 * STEP, 6), round(SOUTH + 2 * STEP, 6))
    expected = [each["id"] for each in THINGS if meets(each, box)]
    for most in (10_000, 2):  # ids without a place that are remembered: all of them, or too many
        monkeypatch.setattr(memory, "_MAX_NOWHERE", most)
        handlers.world.ogc = memory.Memory()
        assert handlers.ids({"bbox": text(box)}, limit=4) == expected
        assert handlers.ids({"bbox": text(box), "filter": "storeys > 1"}, limit=3) == [
            each["id"] for each in THINGS if meets(each, box) and each["storeys"]["value"] > 1
        ]
    (found,) = handlers.ask("/collections")[1]["collections"]
    assert found["itemCount"] == COUNT
    assert found["extent"]["spatial"]["bbox"][0][:2] == [WEST, SOUTH]
    handlers.put([building(COUNT, WEST, SOUTH), {"id": "urn:x:building:999", "type": "Building"}])
    assert handlers.ids({"bbox": "0,0,1,1"})[-1] == "urn:x:building:999"
    assert handlers.ask("/collections/Building/queryables")[1]["properties"]["storeys"]["type"] == "number"
    handlers.close()


class Still:
    """A clock that stands still: what was remembered never grows old by itself."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


def test_what_comes_without_a_place_is_found_at_once(tmp_path: FilePath) -> None:
    handlers = Handlers.of(tmp_path)
    handlers.world.clock = Still()
    handlers.put([building(1, WEST, SOUTH)])
    asked = {"bbox": "0,0,1,1"}
    assert handlers.ids(asked) == []
    handlers.put([{"id": "urn:x:building:000", "type": "Building"}, building(2, WEST, SOUTH)])
    assert handlers.ids(asked) == ["urn:x:building:000"]
    assert handlers.ids({"storeys": "2"}) == ["urn:x:building:002"]
    handlers.close()


@FEW
@given(boxes)
def test_a_box_over_the_meridian_is_all_but_what_lies_between(handlers: Handlers, box: tuple[float, ...]) -> None:
    around = (box[2], box[1], box[0], box[3])
    asked = around if around[0] > around[2] else box
    expected = [each["id"] for each in THINGS if meets(each, asked)]
    assert handlers.ids({"bbox": text(asked)}) == expected


@FEW
@given(apart, st.sampled_from((28992, 7415, 25831, 4326, 3857)))
def test_a_box_in_another_system_finds_what_meets_it_there(
    handlers: Handlers, box: tuple[float, ...], code: int
) -> None:
    there = geo.transformer(geo.Crs.parse(4326), geo.Crs.parse(code))

    def moved(shape: Any) -> Any:
        return shapely.transform(shape, lambda points: there(points).coordinates)

    west, south, east, north = moved(shapely.box(*box)).bounds
    rectangle = shapely.box(west, south, east, north)
    expected = []
    for each in THINGS:
        place = shapely.geometry.shape(each["location"]["value"]) if "location" in each else None
        if place is None or rectangle.intersects(moved(place)):
            expected.append(each["id"])
    asked = (south, west, north, east) if code == 4326 else (west, south, east, north)
    assert handlers.ids({"bbox": ",".join(map(repr, asked)), "bbox-crs": f"{EPSG}{code}"}) == expected


@FEW
@given(predicates, st.sampled_from(("cql2-text", "cql2-json")), boxes | st.none())
def test_a_filter_finds_what_matches(handlers: Handlers, predicate: Any, language: str, box: Any) -> None:
    written = {
        "cql2-text": languages.to_cql2_text,
        "cql2-json": lambda tree: json.dumps(languages.to_cql2_json(tree)),
    }[language](predicate)
    asked = {"filter": written, "filter-lang": language}
    if box is not None:
        asked["bbox"] = text(box)
    if any(isinstance(each, languages.model.Call) for each in languages.nodes(predicate)):
        assert handlers.ask("/collections/Building/items", asked)[0] == 400
        return
    expected = [
        each["id"] for each in THINGS if languages.matches(predicate, each) and (box is None or meets(each, box))
    ]
    assert handlers.ids(asked) == expected


@FEW
@given(boxes, st.sampled_from((28992, 4326, 3035)))
def test_a_filter_in_another_system_means_the_same_place(handlers: Handlers, box: tuple[float, ...], code: int) -> None:
    there = geo.transformer(geo.Crs.parse(4326), geo.Crs.parse(code))
    swapped = code in {4326, 3035}

    def outward(points: Any) -> Any:
        found = there(points).coordinates
        return found[:, ::-1] if swapped else found

    shape = shapely.box(*box) if box[0] < box[2] and box[1] < box[3] else shapely.Point(box[:2])
    inside = Spatial("s_within", Path(("location",)), Geometry(shapely.to_wkb(shape.buffer(1e-7))))
    expected = [each["id"] for each in THINGS if languages.matches(inside, each)]
    told = shapely.to_wkt(shapely.transform(shape.buffer(1e-7), outward), rounding_precision=12)
    asked = {"filter": f"S_WITHIN(location, {told})", "filter-crs": f"{EPSG}{code}"}
    assert handlers.ids(asked) == expected


@FEW
@given(st.sampled_from(INSTANTS[:2]) | st.none(), st.integers(0, 40), st.sampled_from(("instant", "interval")))
def test_a_time_finds_what_was_observed_then_or_never(
    handlers: Handlers, start: int | None, days: int, kind: str
) -> None:
    end = 1_577_836_800_000_000 + days * 86_400_000_000
    low = end if kind == "instant" else start
    window = TimeWindow("observedAt", low, end + 1)
    ever = TimeWindow("observedAt", None, None)
    expected = [each["id"] for each in THINGS if languages.matches(window, each) or not languages.matches(ever, each)]
    moments = [".." if each is None else shown(each) for each in (low, end)]
    assert handlers.ids({"datetime": moments[1] if kind == "instant" else "/".join(moments)}) == expected


def shown(micros: int) -> str:
    return times.write(languages.model.DateTime(micros))


@FEW
@given(st.sampled_from(NAMES), st.sampled_from([*TEXTS, "1", "2.5", "-1", "true", "false", "10.0", "1e1"]))
def test_a_property_finds_what_has_the_value(handlers: Handlers, name: str, wanted: str) -> None:
    expected = []
    for each in THINGS:
        value = each.get(name, {}).get("value")
        as_number = type(value) in {int, float} and number_of(wanted) == value
        if value == wanted or as_number or (isinstance(value, bool) and str(value).lower() == wanted):
            expected.append(each["id"])
    assert handlers.ids({name: wanted}) == expected


def number_of(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@FEW
@given(st.sampled_from((28992, 7415, 25831, 4326, 4258, 3857, 3035)))
def test_a_system_changes_positions_and_nothing_else(handlers: Handlers, code: int) -> None:
    _, plain = handlers.ask("/collections/Building/items", {"limit": 1000})
    _, other = handlers.ask("/collections/Building/items", {"limit": 1000, "crs": f"{EPSG}{code}"})
    back = geo.transformer(geo.Crs.parse(code), geo.Crs.parse(4326))
    for one, two in zip(plain["features"], other["features"], strict=True):
        assert {**one, "geometry": None} == {**two, "geometry": None}
        if one["geometry"] is None:
            assert two["geometry"] is None
            continue
        before, after = (shapely.geometry.shape(each["geometry"]) for each in (one, two))
        positions = shapely.get_coordinates(after, include_z=True)
        if code in {4326, 4258, 3035}:
            positions = positions[:, [1, 0, 2]]
        degrees = back(positions[:, :2]).coordinates
        assert abs(degrees - shapely.get_coordinates(before)).max() < 2e-8
        assert (positions[:, 2] == shapely.get_coordinates(before, include_z=True)[:, 2]).all()
