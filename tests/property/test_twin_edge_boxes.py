# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A small box answered at once is answered as the general way answers it, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ogc_world import Handlers, building

from hanse.twin.edge.http import Answer, Request
from hanse.twin.edge.ngsild import boxes
from hanse.twin.edge.ngsild.querying import query
from hanse.twin.edge.problems import Problem

Json = Any
WEST, SOUTH, STEP, LAST = 4.40, 51.90, 0.0008, 20
BUILDING = "urn:hanse:vocab:Building"
MEDIA = ["application/json", "application/ld+json"]
PATH = "/ngsi-ld/v1/entities"
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CORNERS = st.integers(0, LAST - 1).flatmap(lambda low: st.tuples(st.just(low), st.integers(low + 1, LAST)))


class Headers(dict[str, str]):
    """Of a request."""

    def get_all(self, key: str) -> list[str]:
        return [self[key]] if key in self else []


def at(column: float, row: float) -> list[float]:
    return [round(WEST + column * STEP / 2, 7), round(SOUTH + row * STEP / 2, 7)]


def thing(number: int) -> dict[str, Json]:
    """Buildings, some with places that fill little of their own boxes, and some with none."""
    column, row = number % 10, number // 10
    made = building(number, *at(2 * column, 2 * row))
    first, last = at(2 * column, 2 * row), at(2 * column + 5, 2 * row + 5)
    places: list[Json] = [
        {"type": "LineString", "coordinates": [first, last]},
        {"type": "MultiPoint", "coordinates": [first, last]},
        {"type": "Polygon", "coordinates": [[first, [last[0], first[1]], last, first]]},
    ]
    if number % 4:
        made["location"] = {"type": "GeoProperty", "value": places[number % 4 - 1]}
    if number % 11 == 0:
        del made["location"]
    if number % 13 == 0:
        made["type"] = ["Home", "Building"]
    return made


@pytest.fixture(scope="module")
def handlers(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[Handlers]:
    made = Handlers.of(tmp_path_factory.mktemp("city"), store)
    made.put([thing(number) for number in range(60)])
    yield made
    made.close()


def asked(ring: Json, limit: int, type_: str = BUILDING, georel: str = "intersects") -> str:
    place = json.dumps([ring], separators=(",", ":"))
    return f"type={type_}&georel={georel}&geometry=Polygon&coordinates={place}&limit={limit}"


def ring_of(xs: tuple[float, float], ys: tuple[float, float]) -> Json:
    (west, east), (south, north) = xs, ys
    return [at(west, south), at(east, south), at(east, north), at(west, north), at(west, south)]


def request(text: str, accept: str = "application/json") -> Request:
    return Request("GET", PATH, text, Headers(accept=accept, host="127.0.0.1"))


@FEW
@given(
    CORNERS,
    CORNERS,
    st.integers(1, 30),
    st.sampled_from([BUILDING, "Home"]),
    st.sampled_from(MEDIA),
)
@example((0, LAST), (0, LAST), 100, BUILDING, "application/json")
def test_answers_are_the_same(
    handlers: Handlers, xs: tuple[int, int], ys: tuple[int, int], limit: int, type_: str, media: str
) -> None:
    text = asked(ring_of(xs, ys), limit, type_)
    fast = boxes.in_box(handlers.world, request(text, media))
    assert fast == query(handlers.world, request(text, media))
    assert fast == boxes.in_box(handlers.world, request(text, media))  # from what is remembered


def test_there_is_something_to_find(handlers: Handlers) -> None:
    found = boxes.in_box(handlers.world, request(asked(ring_of((0, 6), (0, 6)), 100)))
    assert found is not None
    assert 3 < len(json.loads(found.body)) < 30


TRIANGLE = [at(0, 0), at(4, 0), at(4, 4), at(0, 0), at(0, 0)]


@pytest.mark.parametrize(
    "text",
    [
        asked(TRIANGLE, 10),
        asked(ring_of((0, 4), (2, 2)), 10),
        asked([[0, 0], [400, 0], [400, 4], [0, 4], [0, 0]], 10),
        asked([[0, 0], [True, 0], [True, 4], [0, 4], [0, 0]], 10),
        asked(ring_of((0, 4), (0, 4)), 10, georel="within"),
        asked(ring_of((0, 4), (0, 4)), 10, type_=f"{BUILDING},Home"),
        asked(ring_of((0, 4), (0, 4)), 500),
        asked(ring_of((0, 4), (0, 4)), 10) + "&q=name",
        f"type={BUILDING}",
    ],
)
def test_what_is_no_small_box_is_left_to_the_general_way(handlers: Handlers, text: str) -> None:
    assert boxes.in_box(handlers.world, request(text)) is None


def test_a_crowd_is_left_to_the_general_way(handlers: Handlers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "MOST_NEAR", 5)
    assert boxes.in_box(handlers.world, request(asked(ring_of((0, 20), (0, 20)), 10))) is None


def test_a_wrong_limit_is_refused_at_once(handlers: Handlers) -> None:
    with pytest.raises(Problem, match="limit is a number"):
        boxes.in_box(handlers.world, request(asked(ring_of((0, 4), (0, 4)), 10).replace("limit=10", "limit=ten")))


def test_what_changed_is_seen(handlers: Handlers) -> None:
    """What is remembered of a place and of names is that of the very bytes."""
    text = asked(ring_of((0, 1), (0, 1)), 10)
    before = boxes.in_box(handlers.world, request(text))
    moved = {**thing(1), "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": at(0.5, 0.5)}}}
    handlers.put([moved])
    after = boxes.in_box(handlers.world, request(text))
    handlers.put([thing(1)])
    assert isinstance(before, Answer)
    assert after is not None
    assert before.body != after.body
    assert after.body.count(b'"location"') == before.body.count(b'"location"') + 1
