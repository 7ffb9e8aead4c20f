# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Solids are found where they stand, whatever an entity's location and heights say of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from clocks import StillClock
from twin_world import AUTHORITY, LocalTwin, cubes, dataset_urn, point

from hanse import cityjson
from hanse.api.twin.v1 import history_pb2, twin_pb2
from hanse.kernel.clock import timestamp
from hanse.kernel.errors import InvalidInputError
from hanse.ngsild import FeatureMapping, to_entity, to_feature
from hanse.twin import rows
from hanse.twin.model import Box, Query
from hanse.twin.search import Search
from hanse.twin.space.around import Around
from hanse.twin.wire import convert, history_asking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CITY = "EPSG:7415"
NAMES = ("usual", "low", "ground", "elsewhere", "nowhere", "point")


def urn(name: str, authority: str = AUTHORITY) -> str:
    return f"urn:hanse:{authority}:building:{name}"


def cube(name: str, authority: str = AUTHORITY) -> dict[str, Any]:
    """A cube of 8 by 8 by 10 m at (90000, 437000, 0), of which the attributes say otherwise, as `name` has it."""
    (feature,) = cityjson.load(json.dumps(cubes(1)).encode()).features
    entity: dict[str, Any] = dict(
        to_entity(feature, urn(name, authority), FeatureMapping(dataset_urn("one"), assumed_vertical="NAP")).entity
    )
    del entity["sourceId"]  # made here, by nobody's file
    for lod in entity["solidGeometry"]["json"]["lods"]:
        lod["object"] = urn(name, authority)
    match name:
        case "low":
            entity["ridgeHeight"] = {**entity["ridgeHeight"], "value": 3.0}
            entity["groundHeight"] = {**entity["groundHeight"], "value": 2.0}
        case "ground":
            del entity["ridgeHeight"]
        case "elsewhere":
            entity["location"] = point(4.5, 51.95)
        case "nowhere":
            del entity["location"]
        case "point":
            entity["location"] = point(4.4424, 51.9177)
    return entity


@dataclass(frozen=True)
class World:
    """A store of cubes that was changed after `before`, when there were none elsewhere."""

    twin: LocalTwin
    before: str


@pytest.fixture
def world(tmp_path: Path, store: str) -> Iterator[World]:
    clock = StillClock()
    twin = LocalTwin.make(tmp_path, clock, store=store)
    home = twin.put("one")
    made = [rows.row(cube(name), CITY) for name in NAMES]
    twin.store.write(home, made)
    before = timestamp(clock.now())
    clock.forward(seconds=1)
    twin.store.delete([each.id for each in made])
    clock.forward(seconds=1)
    yield World(twin, before)
    twin.database.close()


def asked(world: World, box: tuple[float, ...], as_of: str) -> set[str]:
    low_x, low_y, low_z, high_x, high_y, high_z = box
    space = twin_pb2.Box3d(min_x=low_x, min_y=low_y, min_z=low_z, max_x=high_x, max_y=high_y, max_z=high_z)
    request = twin_pb2.QueryEntitiesRequest(box_3d=space, as_of=as_of)
    search = Search(world.twin.store, CITY)
    query = convert.query(request, CITY, lambda _: 0)
    found = {each.id.rpartition(":")[2] for each in search.matching(query)}
    assert sum(search.count(query).values()) == len(found)
    return found


BOXES = (
    ((90_001, 437_001, 8, 90_002, 437_002, 9), True),
    ((90_001, 437_001, 1, 90_002, 437_002, 1.5), True),
    ((90_001, 437_001, 0.1, 90_002, 437_002, 0.2), True),
    ((90_001, 437_001, 10.5, 90_002, 437_002, 12), False),
    ((90_001, 437_001, -3, 90_002, 437_002, -1), False),
    ((90_009, 437_001, 1, 90_012, 437_002, 9), False),
)


@pytest.mark.parametrize("store", ["sqlite", "postgres"], indirect=True)
def test_a_box_meets_solids_living_and_past(world: World) -> None:
    for box, meets in BOXES:
        assert asked(world, box, "") == set()
        assert asked(world, box, world.before) == (set(NAMES) if meets else set()), box
    home = dataset_urn("one")
    world.twin.store.write(home, [rows.row(cube(name, "other.example"), CITY) for name in NAMES])
    for box, meets in BOXES:
        assert asked(world, box, "") == (set(NAMES) if meets else set()), box
    across = Around(world.twin.store).line((89_990.0, 437_004.0, 5.0), (90_020.0, 437_004.0, 5.0), 0)
    assert len(across) == len(NAMES)
    plane = Query(metres=Box(90_001, 437_001, 90_002, 437_002))
    footprints = {each.id.rpartition(":")[2] for each in world.twin.store.matching(plane)}
    assert footprints == {"usual", "low", "ground"}  # a box on the ground asks for footprints, as before


def test_the_highest_point_is_never_below_the_solids() -> None:
    made = {name: rows.row(cube(name), CITY) for name in NAMES}
    assert {name: (row.low, row.high) for name, row in made.items()} == {
        **dict.fromkeys(NAMES, (0.0, 10.0)),
        "low": (2.0, 10.0),
    }
    reach = made["nowhere"].reach
    assert reach is not None
    assert (reach.min_x, reach.max_y) == pytest.approx((90_000, 437_008))
    bench = {"id": urn("bench"), "type": "Bench", "location": point(4.5, 51.95)}
    assert rows.row(bench, CITY).reach is None


def test_spans_are_told_apart_to_the_microsecond() -> None:
    def span(start: str, end: str) -> tuple[int, int]:
        request = history_pb2.QueryPointsRequest(ids=["x"], span=history_pb2.TimeSpan(to=end, **{"from": start}))
        found = history_asking.asked(request).span
        return found.start_us, found.end_us

    start, end = span("2026-01-01T00:00:00.000300Z", "2026-01-01T01:00:00.000700+01:00")
    assert (start % 1_000_000, end - start) == (300, 400)
    with pytest.raises(InvalidInputError, match="must lie after"):
        span("2026-01-01T00:00:00.000700Z", "2026-01-01T00:00:00.000700Z")


def test_what_came_from_no_file_has_solids_under_its_own_id_and_any_of_its_types() -> None:
    entity = cube("usual")
    assert [each.root.type for each in (to_feature(entity), to_feature({**entity, "type": ["Shed", "Building"]}))] == [
        "Building",
        "Building",
    ]
    assert to_feature({**entity, "type": ["Shed", "Hut"]}).root.type == "+Shed"
    (lod,) = entity["solidGeometry"]["json"]["lods"]
    lod["object"] = "cube-0"
    with pytest.raises(InvalidInputError, match="/solidGeometry/json/lods/0/object: names no object"):
        rows.row(entity, CITY)
    named = {**entity, "sourceId": {"type": "Property", "value": "cube-0"}}
    assert rows.row(named, CITY).high == 10.0
