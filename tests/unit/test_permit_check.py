# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Whole checks in one process: the example's three plans and two cities, with neighbours that answer, fail or lie."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from permit_ifc import Block
from permit_world import LINDEMOND, MAREWIJK, MemoryTwin, Noon, World, law, record, rule, run_check, verdicts
from shapely.geometry import shape

from hanse import cityjson
from hanse.contracts import validate_document
from hanse.examples.borderland import Borderland, write
from hanse.kernel.errors import DeadlineError, DeniedError, HanseError, UnavailableError
from hanse.permit.model import SourceState, Verdict
from hanse.permit.report.scene import from_bytes, to_bytes
from hanse.permit.zoning import ZoningError

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.permit.check import Outcome
    from hanse.permit.model import ZoningPlan
    from hanse.permit.ports import Record


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Borderland:
    return write(tmp_path_factory.mktemp("borderland"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def twins(made: Borderland) -> tuple[MemoryTwin, MemoryTwin]:
    def twin(name: str, city: str) -> MemoryTwin:
        return MemoryTwin.of(city, cityjson.load(made.twins[name].read_bytes()).features)

    return twin("marewijk", MAREWIJK), twin("lindemond", LINDEMOND)


@pytest.fixture
def world(twins: tuple[MemoryTwin, MemoryTwin]) -> World:
    own, other = (MemoryTwin(twin.city, twin.records) for twin in twins)
    return World(Noon(), own, other)


@pytest.fixture(scope="module")
def zoning(made: Borderland) -> ZoningPlan:
    return law(json.loads(made.zoning["marewijk"].read_text()))


def test_the_plan_that_complies(made: Borderland, world: World, zoning: ZoningPlan, cache: Path) -> None:
    outcome = run_check(made.plans["complies"], world, [zoning], cache)
    assert outcome.verdict is Verdict.COMPLIANT
    assert set(verdicts(outcome).values()) == {"COMPLIANT"}
    assert [(source.city, source.state) for source in outcome.sources] == [
        (MAREWIJK, SourceState.ANSWERED),
        (LINDEMOND, SourceState.ANSWERED),
    ]
    assert outcome.sources[1].exchange_id == f"exchange-with-{LINDEMOND}"
    assert outcome.reliance.zonings == (zoning.id,)
    assert len(outcome.reliance.entities) == sum(source.count for source in outcome.sources)


def test_only_the_neighbour_s_twin_shows_that_a_plan_is_too_high(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path
) -> None:
    outcome = run_check(made.plans["too-high"], world, [zoning], cache)
    assert outcome.verdict is Verdict.NON_COMPLIANT
    against = [key for key, verdict in verdicts(outcome).items() if verdict != "COMPLIANT"]
    assert against == ["neighbour_height"]
    wrong = rule(outcome, "neighbour_height")["evidence"]["neighbours"]
    assert {each["city"] for each in wrong if each["verdict"] == "NON_COMPLIANT"} == {LINDEMOND}


def test_missing_data_is_named_and_not_held_against_the_plan(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path
) -> None:
    outcome = run_check(made.plans["data-missing"], world, [zoning], cache)
    assert outcome.verdict is Verdict.INSUFFICIENT_DATA
    assert verdicts(outcome) == {
        "use_allowed": "INSUFFICIENT_DATA",
        "max_height": "INSUFFICIENT_DATA",
        "footprint_within": "COMPLIANT",
        "neighbour_distance": "COMPLIANT",
        "neighbour_height": "INSUFFICIENT_DATA",
    }


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (UnavailableError("gone"), SourceState.UNAVAILABLE),
        (DeadlineError("slow"), SourceState.TIMED_OUT),
        (DeniedError("no"), SourceState.REFUSED),
    ],
)
@pytest.mark.parametrize("name", ["complies", "too-high"])
def test_a_neighbour_that_does_not_answer_is_never_compliant(
    made: Borderland,
    world: World,
    zoning: ZoningPlan,
    cache: Path,
    error: HanseError,
    state: SourceState,
    name: str,
) -> None:
    world.other.fails = error
    outcome = run_check(made.plans[name], world, [zoning], cache)
    assert outcome.verdict is Verdict.INSUFFICIENT_DATA
    assert verdicts(outcome)["neighbour_height"] == "INSUFFICIENT_DATA"
    assert verdicts(outcome)["max_height"] == "COMPLIANT"
    assert outcome.report["sources"][1]["state"] == state.value
    assert error.message in outcome.report["sources"][1]["detail"]


@pytest.mark.parametrize(("whose", "place"), [("own", 0), ("other", 1)])
def test_a_twin_that_holds_nothing_makes_nothing_compliant(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path, whose: str, place: int
) -> None:
    getattr(world, whose).nothing_loaded = True
    outcome = run_check(made.plans["complies"], world, [zoning], cache)
    assert outcome.verdict is Verdict.INSUFFICIENT_DATA
    assert verdicts(outcome)["neighbour_height"] == verdicts(outcome)["neighbour_distance"] == "INSUFFICIENT_DATA"
    source = outcome.report["sources"][place]
    assert (source["state"], source["count"]) == ("partial", 0)
    assert "nothing is known of the place" in source["detail"]


def test_an_answer_that_breaks_off_is_partial(made: Borderland, world: World, zoning: ZoningPlan, cache: Path) -> None:
    world.other.breaks_after = 1
    outcome = run_check(made.plans["complies"], world, [zoning], cache)
    assert outcome.report["sources"][1]["state"] == "partial"
    assert outcome.report["sources"][1]["count"] == 1
    assert outcome.verdict is Verdict.INSUFFICIENT_DATA


def test_an_entity_that_translation_cannot_carry_makes_its_city_s_answer_partial(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path
) -> None:
    whole = run_check(made.plans["complies"], world, [zoning], cache)
    lost = rule(whole, "neighbour_height")["evidence"]["neighbours"]
    world.translation.refused = {next(each["id"] for each in lost if each["city"] == LINDEMOND)}
    outcome = run_check(made.plans["complies"], world, [zoning], cache)
    assert outcome.report["sources"][1]["state"] == "partial"
    assert verdicts(outcome)["neighbour_height"] == "INSUFFICIENT_DATA"


def test_an_entity_that_cannot_be_read_leaves_the_rules_open(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path
) -> None:
    first = run_check(made.plans["complies"], world, [zoning], cache)
    known = next(each for each in world.own.records if each.id in first.reliance.entities)
    entity = json.loads(known.json)
    entity["solidGeometry"]["json"]["lods"][0]["boundaries"] = [[[[10**6]]]]
    entity["location"]["value"] = {**entity["location"]["value"], "type": "Curve"}
    broken = replace(record(entity), json=json.dumps(entity).encode())
    world.own.records = [broken if each.id == known.id else each for each in world.own.records]
    world.own.buildings = lambda *_: replace_answer(world, first)  # type: ignore[method-assign]
    outcome = run_check(made.plans["complies"], world, [zoning], cache)
    assert outcome.verdict is Verdict.INSUFFICIENT_DATA


def replace_answer(world: World, first: Outcome) -> Any:
    from hanse.permit.ports import Answer

    return Answer(tuple(each for each in world.own.records if each.id in first.reliance.entities))


def test_an_unreachable_list_of_peers_leaves_the_rules_open(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path
) -> None:
    world.neighbours.fails = UnavailableError("the gateway is away")
    outcome = run_check(made.plans["complies"], world, [zoning], cache)
    assert verdicts(outcome)["neighbour_distance"] == "INSUFFICIENT_DATA"
    assert "the gateway is away" in rule(outcome, "neighbour_distance")["explanation"]["en"]


@pytest.mark.parametrize("name", ["complies", "too-high"])
def test_a_neighbour_that_the_applicant_left_out_is_told_and_nothing_complies_for_it(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path, name: str
) -> None:
    outcome = run_check(made.plans[name], world, [zoning], cache, neighbours=(MAREWIJK,))
    assert world.other.asked == []
    assert outcome.verdict is Verdict.INSUFFICIENT_DATA
    assert verdicts(outcome)["neighbour_distance"] == verdicts(outcome)["neighbour_height"] == "INSUFFICIENT_DATA"
    assert [(each["city"], each["state"]) for each in outcome.report["sources"]] == [
        (MAREWIJK, "answered"),
        (LINDEMOND, "not_asked"),
    ]
    assert f"Not asked: {LINDEMOND}." in rule(outcome, "neighbour_distance")["explanation"]["en"]


def test_naming_the_neighbour_that_there_is_changes_nothing(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path
) -> None:
    asked = run_check(made.plans["complies"], world, [zoning], cache)
    named = run_check(made.plans["complies"], world, [zoning], cache, neighbours=(LINDEMOND,))
    assert named.report == asked.report


def test_who_names_cities_must_still_know_which_are_registered(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path
) -> None:
    world.neighbours.fails = UnavailableError("the gateway is away")
    outcome = run_check(made.plans["complies"], world, [zoning], cache, neighbours=(LINDEMOND,))
    assert outcome.verdict is Verdict.INSUFFICIENT_DATA


def test_cities_beyond_the_most_that_are_asked_are_told_as_not_asked(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path
) -> None:
    many = [f"city{number:02d}.example" for number in range(40)]
    world.neighbours.registered = (*many, LINDEMOND)
    for city in many:
        world.neighbours.twins[city] = MemoryTwin(city)
    outcome = run_check(made.plans["complies"], world, [zoning], cache)
    states = [each["state"] for each in outcome.report["sources"]]
    assert (states.count("answered"), states.count("not_asked")) == (33, 9)
    assert outcome.verdict is Verdict.INSUFFICIENT_DATA


def test_a_neighbour_is_asked_for_no_more_than_the_rules_need(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path
) -> None:
    outcome = run_check(made.plans["complies"], world, [zoning], cache)
    assert outcome.scene.plan is not None
    west, south, east, north = outcome.scene.plan.footprint.bounds
    (asked,) = world.other.asked
    radius = 60.0  # of the example's neighbour_distance
    assert (asked.min_x, asked.min_y) == pytest.approx((west - radius, south - radius))
    assert (asked.max_x, asked.max_y) == pytest.approx((east + radius, north + radius))


def test_the_same_inputs_give_the_same_report(made: Borderland, world: World, zoning: ZoningPlan, cache: Path) -> None:
    one = run_check(made.plans["too-high"], world, [zoning], cache)
    other = run_check(made.plans["too-high"], world, [zoning], cache)
    assert one.report == other.report
    assert to_bytes(one.scene) == to_bytes(other.scene)


def test_a_scene_comes_back_from_its_bytes(made: Borderland, world: World, zoning: ZoningPlan, cache: Path) -> None:
    scene = run_check(made.plans["too-high"], world, [zoning], cache).scene
    stored = to_bytes(scene)
    assert to_bytes(from_bytes(stored)) == stored
    assert {each.verdict for each in scene.neighbours} == {"COMPLIANT", "NON_COMPLIANT", None}
    assert all(each.surfaces for each in scene.neighbours)
    assert scene.plan is not None
    assert len(scene.plan.classes) == len(scene.plan.triangles)


def outline(made: Borderland, city: str) -> Record:
    (entity,) = json.loads(made.outlines[city].read_text())
    assert validate_document(entity, "twin/v1", "entity") == []
    return record(entity)


def test_the_border_is_drawn_where_the_outlines_of_the_cities_meet(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path
) -> None:
    line = shape(json.loads(made.border.read_text())["features"][0]["geometry"])
    for cities in (("marewijk",), ("marewijk", "lindemond"), ("lindemond", "marewijk")):
        world.own.outlines = [outline(made, city) for city in cities]
        scene = from_bytes(to_bytes(run_check(made.plans["complies"], world, [zoning], cache).scene))
        assert scene.border is not None
        assert scene.plan is not None
        near = scene.plan.footprint.buffer(100)
        drawn, true = scene.border.intersection(near), line.intersection(near)
        assert drawn.hausdorff_distance(true) < 1.0
        assert drawn.length == pytest.approx(true.length, rel=0.01), "once, also when two cities tell of it"
        assert drawn.distance(scene.plan.footprint) < 30
        assert {each.name for each in scene.territories} == {city.title() for city in cities}


def test_no_verdict_rests_on_an_outline(made: Borderland, world: World, zoning: ZoningPlan, cache: Path) -> None:
    plain = run_check(made.plans["too-high"], world, [zoning], cache)
    assert plain.scene.border is None
    good = outline(made, "marewijk")
    places: list[Any] = [
        None,
        {"type": "Point", "coordinates": [5.3, 51.9]},
        {"type": "Polygon", "coordinates": [[[5, 51], [6, 52], [6, 51], [5, 52], [5, 51]]]},
        {"type": "Polygon", "coordinates": [[[500, 51], [6, 520], [6, 51], [500, 51]]]},
        {"type": "MultiPolygon", "coordinates": []},
        {"type": "Ring"},
    ]
    entity = {"id": f"urn:hanse:{MAREWIJK}:city:a", "type": "City", "name": {"type": "Property", "value": 7}}
    odd = [record({**entity, "location": {"type": "GeoProperty", "value": place}}) for place in places]
    world.own.outlines = [good, replace(good, json=b"{"), *odd]
    drawn = run_check(made.plans["too-high"], world, [zoning], cache)
    world.own.outlines_fail = DeadlineError("slow")
    without = run_check(made.plans["too-high"], world, [zoning], cache)
    assert without.report == plain.report
    assert to_bytes(without.scene) == to_bytes(plain.scene)
    assert drawn.report["rules"] == plain.report["rules"]
    assert drawn.reliance == plain.reliance
    assert drawn.scene.border is not None
    told = [each["id"] for each in drawn.report["sources"][0]["datasets"]]
    assert told == [f"urn:hanse:{MAREWIJK}:dataset:{name}" for name in ("twin", "outline")]


def test_a_plan_without_a_place_is_judged_by_nothing_and_asks_nobody(
    world: World, zoning: ZoningPlan, tmp_path: Path
) -> None:
    file = tmp_path / "nowhere.ifc"
    file.write_text(Block(georeference=None, latitude=True).step())
    outcome = run_check(file, world, [zoning], tmp_path)
    assert outcome.verdict is Verdict.INSUFFICIENT_DATA
    assert outcome.report["rules"][0]["measure"] == "placement"
    assert {each["verdict"] for each in outcome.report["rules"]} == {"INSUFFICIENT_DATA"}
    assert "no georeference" in outcome.report["placement"]["issues"][0]["en"]
    assert (world.own.asked, world.other.asked, outcome.reliance.area) == ([], [], None)


def test_a_plan_outside_every_zone_is_judged_by_nothing(world: World, zoning: ZoningPlan, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.ifc"
    file.write_text(Block().step())
    outcome = run_check(file, world, [zoning], tmp_path)
    assert verdicts(outcome) == {"placement": "INSUFFICIENT_DATA"}


def test_without_a_law_in_force_nothing_is_judged(
    made: Borderland, world: World, zoning: ZoningPlan, cache: Path
) -> None:
    past = replace(zoning, in_force=replace(zoning.in_force, to=date(2026, 11, 22)))
    outcome = run_check(made.plans["complies"], world, [past], cache)
    assert verdicts(outcome) == {"placement": "INSUFFICIENT_DATA"}
    assert "2026-11-23" in rule(outcome, "placement")["explanation"]["nl"]


@pytest.mark.parametrize("system", ["25831", "25832", "31370"])
def test_areas_in_another_system_than_the_document_says_are_refused(made: Borderland, system: str) -> None:
    document = json.loads(made.zoning["marewijk"].read_text())
    document["crs"] = f"https://www.opengis.net/def/crs/EPSG/0/{system}"  # its numbers are RD's
    with pytest.raises(ZoningError, match=rf"^/zones/0/\S* ?.*EPSG:{system} .*is used"):
        law(document)


def test_areas_nowhere_in_the_city_s_own_system_are_refused(made: Borderland) -> None:
    document = json.loads(made.zoning["marewijk"].read_text())
    ring = [[9e5, 9e5], [9e5 + 9, 9e5], [9e5 + 9, 9e5 + 9], [9e5, 9e5]]
    document["zones"][0]["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    with pytest.raises(ZoningError, match="lies outside the area where EPSG:7415"):
        law(document)
