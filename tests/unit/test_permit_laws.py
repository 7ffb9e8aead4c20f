# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Checks against laws made for the case: several zones and documents, days in force, distances, other systems."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from permit_ifc import Block
from permit_world import LINDEMOND, MAREWIJK, MemoryTwin, Noon, World, law, record, rule, run_check, verdicts

from hanse.permit.model import Verdict
from hanse.permit.zoning import ZoningError

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.permit.model import ZoningPlan
    from hanse.permit.ports import Record

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


@pytest.fixture
def world() -> World:
    return World(Noon(), MemoryTwin(MAREWIJK), MemoryTwin(LINDEMOND))


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
