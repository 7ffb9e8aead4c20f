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
from permit_world import LINDEMOND, MAREWIJK, MemoryTwin, Noon, World, law, record, run_check
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


def verdicts(outcome: Outcome) -> dict[str, str]:
    return {rule["measure"]: rule["verdict"] for rule in outcome.report["rules"]}


def rule(outcome: Outcome, measure: str) -> dict[str, Any]:
    return next(each for each in outcome.report["rules"] if each["measure"] == measure)


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


@pytest.mark.parametrize("place", ["document", "rule"])
def test_days_in_reverse_are_refused(place: str) -> None:
    days = {"from": "2026-05-01", "to": "2026-04-30"}
    rules = [_rule("h", "max_height", {"max_m": 5.0, "reference_level_m": 0.0})]
    if place == "rule":
        rules[0]["source"]["in_force"] = days
    document = {**_HEAD, "zones": [_zone("z", _square(89_900, 439_900, 200), *rules)]}
    if place == "document":
        document["in_force"] = days
    with pytest.raises(ZoningError, match="ends on 2026-04-30, before it begins"):
        law(document)
    days["to"] = days["from"]
    assert law(document).zones


def test_evidence_is_written_in_the_model_s_own_system(world: World, tmp_path: Path) -> None:
    import pyproj
    from permit_ifc import Georeference

    east, north = pyproj.Transformer.from_crs(4258, 25831, always_xy=True).transform(5.3872037, 52.1551729)
    file = tmp_path / "utm.ifc"
    where = Georeference(eastings=east, northings=north, crs="EPSG:25831", vertical_datum="'NAP'")
    file.write_text(Block(georeference=where).step())
    plan = law(
        {
            **_HEAD,
            "zones": [
                {
                    "id": "z",
                    "name": {"nl": "Zone"},
                    "geometry": _square(154_900, 462_900, 200),
                    "rules": [_rule("plane", "footprint_within", {"building_plane": _square(154_900, 462_900, 102)})],
                }
            ],
        }
    )
    outcome = run_check(file, world, [plan], tmp_path)
    geometry = rule(outcome, "footprint_within")["evidence"]["geometry"]
    assert outcome.report["placement"]["crs"].endswith("/25831")
    x, y = geometry["coordinates"][0][0]
    assert abs(x - east) < 20
    assert abs(y - north) < 20


_HEAD: dict[str, Any] = {
    "contract": "zoning/v1",
    "revision": "1.0.0",
    "id": f"urn:hanse:{MAREWIJK}:zoning:test",
    "authority": MAREWIJK,
    "title": {"nl": "Toets"},
    "in_force": {"from": "2020-01-01", "to": None},
    "jurisdiction": "NL",
    "licence": "CC0-1.0",
    "owner": "Marewijk",
    "terms": "",
    "crs": "https://www.opengis.net/def/crs/EPSG/0/28992",
}


def _square(west: float, south: float, side: float, depth: float = 0.0) -> dict[str, Any]:
    depth = depth or side
    corners = [(0, 0), (side, 0), (side, depth), (0, depth), (0, 0)]
    return {"type": "Polygon", "coordinates": [[[west + x, south + y] for x, y in corners]]}


def _rule(key: str, measure: str, parameters: dict[str, Any], **in_force: str | None) -> dict[str, Any]:
    days = {"from": "2020-01-01", "to": None, **in_force}
    text = {"nl": key}
    return {
        "id": key,
        "measure": measure,
        "parameters": parameters,
        "source": {"article": "art. 1", "title": text, "text": text, "in_force": days},
    }


def _zone(key: str, area: dict[str, Any], *rules: dict[str, Any]) -> dict[str, Any]:
    return {"id": key, "name": {"nl": key}, "geometry": area, "rules": list(rules)}


def test_a_building_over_two_zones_is_judged_in_each(world: World, tmp_path: Path) -> None:
    file = tmp_path / "block.ifc"
    file.write_text(Block().step())  # 90000..90010, 440000..440008, ridge 7 m NAP
    high = {"max_m": 20.0, "reference_level_m": 0.0}
    low = {"max_m": 5.0, "reference_level_m": 0.0}
    zones = [
        _zone("west", _square(89_900, 439_900, 105, 200), _rule("w", "max_height", high)),
        _zone("east", _square(90_005, 439_900, 105, 200), _rule("e", "max_height", low)),
        _zone("beyond", _square(90_010, 439_900, 105, 200), _rule("b", "max_height", low)),
    ]
    outcome = run_check(file, world, [law({**_HEAD, "zones": zones})], tmp_path)
    found = {(each["zone"], each["verdict"]) for each in outcome.report["rules"]}
    assert found == {("west", "COMPLIANT"), ("east", "NON_COMPLIANT")}


def test_what_stands_in_no_zone_is_said(world: World, tmp_path: Path) -> None:
    file = tmp_path / "block.ifc"
    file.write_text(Block().step())
    zones = [_zone("west", _square(89_900, 439_900, 108, 200), _rule("w", "use_allowed", {"uses": ["residential"]}))]
    outcome = run_check(file, world, [law({**_HEAD, "zones": zones})], tmp_path)
    assert verdicts(outcome) == {"placement": "INSUFFICIENT_DATA", "use_allowed": "COMPLIANT"}
    assert "16.0 m²" in rule(outcome, "placement")["explanation"]["en"]


def test_an_article_that_is_no_longer_law_does_not_apply(world: World, tmp_path: Path) -> None:
    file = tmp_path / "block.ifc"
    file.write_text(Block().step())
    low = {"max_m": 5.0, "reference_level_m": 0.0}
    zones = [
        _zone(
            "z",
            _square(89_900, 439_900, 200),
            _rule("old", "max_height", low, to="2026-11-22"),
            _rule("last-day", "max_height", low, to="2026-11-23"),
        )
    ]
    outcome = run_check(file, world, [law({**_HEAD, "zones": zones})], tmp_path)
    assert [(each["id"], each["verdict"]) for each in outcome.report["rules"]] == [
        ("old", "NOT_APPLICABLE"),
        ("last-day", "NON_COMPLIANT"),
    ]


@pytest.fixture
def two_laws() -> tuple[ZoningPlan, ZoningPlan]:
    """At one place, a document that allows six metres and one that allows two."""
    everywhere = _square(89_900, 439_900, 200)

    def law_of(name: str, most: float) -> ZoningPlan:
        rules = [_rule(f"{name}.height", "max_height", {"max_m": most, "reference_level_m": 1.0})]
        zone = _zone(f"{name}.z", everywhere, *rules)
        return law({**_HEAD, "id": f"urn:hanse:{MAREWIJK}:zoning:{name}", "title": {"nl": name}, "zones": [zone]})

    return law_of("mild", 6.0), law_of("strict", 2.0)


def test_who_chooses_a_law_is_told_which_was_left_out(
    world: World, tmp_path: Path, two_laws: tuple[ZoningPlan, ZoningPlan]
) -> None:
    file = tmp_path / "block.ifc"
    file.write_text(Block().step())
    mild, strict = two_laws
    assert run_check(file, world, two_laws, tmp_path).verdict is Verdict.NON_COMPLIANT
    chosen = run_check(file, world, two_laws, tmp_path, zoning=mild.id)
    assert chosen.verdict is Verdict.INSUFFICIENT_DATA
    assert verdicts(chosen) == {"law": "INSUFFICIENT_DATA", "max_height": "COMPLIANT"}
    assert strict.id in rule(chosen, "law")["explanation"]["en"]
    assert [each["id"] for each in chosen.report["zoning"]] == [mild.id]
    assert set(chosen.reliance.zonings) == {mild.id, strict.id}
    assert run_check(file, world, two_laws, tmp_path, zoning=strict.id).verdict is Verdict.NON_COMPLIANT


@pytest.mark.parametrize("days", [{"to": date(2026, 11, 22)}, {"start": date(2026, 11, 24)}])
def test_law_of_another_day_or_place_is_not_left_out(
    world: World, tmp_path: Path, two_laws: tuple[ZoningPlan, ZoningPlan], days: dict[str, date]
) -> None:
    file = tmp_path / "block.ifc"
    file.write_text(Block().step())
    mild, strict = two_laws
    past = replace(strict, in_force=replace(strict.in_force, **days))
    elsewhere = law({**_HEAD, "zones": [_zone("far", _square(91_000, 441_000, 50))]})
    assert run_check(file, world, (mild, past, elsewhere), tmp_path, zoning=mild.id).verdict is Verdict.COMPLIANT


def _standing(key: str, city: str, place: dict[str, Any], **members: Any) -> Record:
    """A building of a city's twin that has a location and no solids."""
    location = {"type": "GeoProperty", "value": place, **members}
    return record({"id": key, "type": "Building", "location": location}, f"urn:hanse:{city}:dataset:twin")


def _ground(west: float, south: float, side: float) -> dict[str, Any]:
    """A square of RD in WGS 84."""
    import pyproj

    way = pyproj.Transformer.from_crs(28992, 4326, always_xy=True)
    (ring,) = _square(west, south, side)["coordinates"]
    return {"type": "Polygon", "coordinates": [[list(way.transform(x, y)) for x, y in ring]]}


@pytest.fixture
def apart() -> ZoningPlan:
    rules = [_rule("d", "neighbour_distance", {"min_m": 5.0, "search_radius_m": 60.0})]
    return law({**_HEAD, "zones": [_zone("z", _square(89_900, 439_900, 200), *rules)]})


@pytest.mark.parametrize("kind", ["Point", "LineString", "a polygon without area"])
def test_a_building_that_has_a_place_but_no_outline_leaves_the_distance_open(
    apart: ZoningPlan, tmp_path: Path, kind: str
) -> None:
    """Its middle is thirty metres away; how far its walls are, nobody knows."""
    file = tmp_path / "block.ifc"
    file.write_text(Block().step())
    ring = _ground(90_040, 440_004, 0.001)["coordinates"][0]
    place: dict[str, Any] = {"type": "Polygon", "coordinates": [[ring[0]] * 4]}
    if kind != "a polygon without area":
        place = {"type": kind, "coordinates": ring[0] if kind == "Point" else ring[:2]}
    there = MemoryTwin(LINDEMOND, [_standing(f"urn:hanse:{LINDEMOND}:building:a", LINDEMOND, place)])
    outcome = run_check(file, World(Noon(), MemoryTwin(MAREWIJK), there), [apart], tmp_path)
    assert outcome.verdict is Verdict.INSUFFICIENT_DATA
    assert "1 buildings could not be read" in rule(outcome, "neighbour_distance")["explanation"]["en"]


def test_no_city_hides_another_s_building_behind_one_of_the_same_id(apart: ZoningPlan, tmp_path: Path) -> None:
    file = tmp_path / "block.ifc"
    file.write_text(Block().step())
    key = f"urn:hanse:{LINDEMOND}:building:a"
    near = _standing(key, LINDEMOND, _ground(90_012, 440_000, 8))
    far = _standing(key, "aardorp.example", _ground(90_050, 440_000, 8))
    world = World(Noon(), MemoryTwin(MAREWIJK), MemoryTwin(LINDEMOND, [near]))
    world.neighbours.twins["aardorp.example"] = MemoryTwin("aardorp.example", [far])
    world.neighbours.registered = ("aardorp.example", LINDEMOND)
    assert run_check(file, world, [apart], tmp_path).verdict is Verdict.NON_COMPLIANT


@pytest.mark.parametrize(
    ("west", "verdict"),
    [(90_017.0, Verdict.COMPLIANT), (90_015.5, Verdict.REVIEW_REQUIRED), (90_013.5, Verdict.NON_COMPLIANT)],
)
def test_a_location_in_degrees_is_as_exact_as_its_conversion(
    apart: ZoningPlan, tmp_path: Path, west: float, verdict: Verdict
) -> None:
    file = tmp_path / "block.ifc"
    file.write_text(Block().step())
    there = MemoryTwin(
        LINDEMOND, [_standing(f"urn:hanse:{LINDEMOND}:building:a", LINDEMOND, _ground(west, 440_000, 8))]
    )
    outcome = run_check(file, World(Noon(), MemoryTwin(MAREWIJK), there), [apart], tmp_path)
    assert outcome.verdict is verdict
    assert "the accuracy of that is 1 m" in rule(outcome, "neighbour_distance")["evidence"]["assumptions"][0]["en"]


@pytest.mark.parametrize(("edge", "verdict"), [(1.0, Verdict.COMPLIANT), (0.1, Verdict.REVIEW_REQUIRED)])
def test_a_plan_in_another_system_near_a_border_of_a_zone_is_for_a_person(
    world: World, tmp_path: Path, edge: float, verdict: Verdict
) -> None:
    import pyproj
    from permit_ifc import Georeference

    east, north = pyproj.Transformer.from_crs(28992, 25831, always_xy=True).transform(90_000.0, 440_000.0)
    where = Georeference(eastings=east, northings=north, crs="EPSG:25831", vertical_datum="'NAP'")
    file = tmp_path / "utm.ifc"
    file.write_text(Block(georeference=where).step())
    placed = run_check(file, world, [law({**_HEAD, "zones": [_zone("z", _square(89_900, 439_900, 200))]})], tmp_path)
    assert placed.scene.plan is not None
    _, south, _, _ = placed.scene.plan.footprint.bounds
    rules = [_rule("h", "max_height", {"max_m": 20.0, "reference_level_m": 0.0})]
    zone = _zone("z", _square(89_900, south - edge, 200), *rules)
    outcome = run_check(file, world, [law({**_HEAD, "zones": [zone]})], tmp_path)
    assert outcome.verdict is verdict
    told = {each["name"]: each for each in outcome.report["measures"]}["place_accuracy"]
    assert (told["value"], told["unit"]) == (0.25, "m")
