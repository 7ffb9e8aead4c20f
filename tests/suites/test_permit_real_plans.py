# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Real houses among real buildings, in one process: FZK-Haus and the Duplex in Delfshaven, cut by a border."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ifcopenshell
import pytest
from permit_world import LINDEMOND, MAREWIJK, MemoryTwin, Noon, World, law, run_check
from plans import place

from hanse import cityjson, geo

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.permit.check import Outcome
    from hanse.permit.model import ZoningPlan

# Open ground in Delfshaven, 6.5 m from the nearest house; the border runs north to south just east of it.
PLOT = (90_850.0, 435_580.0)
BORDER = 90_870.0
DAYS = {"from": "2020-01-01", "to": None}
TEXT = {"nl": "tekst", "en": "text"}


def rule(key: str, measure: str, **parameters: Any) -> dict[str, Any]:
    source = {"article": "art. 1", "title": TEXT, "text": TEXT, "in_force": DAYS}
    return {"id": key, "measure": measure, "parameters": parameters, "source": source}


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


@pytest.fixture(scope="module")
def zoning() -> ZoningPlan:
    x, y = PLOT
    return law(
        {
            "contract": "zoning/v1",
            "revision": "1.0.0",
            "id": f"urn:hanse:{MAREWIJK}:zoning:delfshaven",
            "authority": MAREWIJK,
            "title": TEXT,
            "in_force": DAYS,
            "jurisdiction": "NL",
            "licence": "CC0-1.0",
            "owner": "Marewijk",
            "terms": "",
            "crs": "https://www.opengis.net/def/crs/EPSG/0/28992",
            "zones": [
                {
                    "id": "delfshaven",
                    "name": TEXT,
                    "geometry": square(90_400, 435_400, 91_500, 436_100),
                    "rules": [
                        rule("use", "use_allowed", uses=["residential"]),
                        rule("height", "max_height", max_m=7.0, reference_level_m=3.0),
                        rule("plane", "footprint_within", building_plane=square(x - 1, y - 1, x + 13, y + 11)),
                        rule("distance", "neighbour_distance", min_m=5.0, search_radius_m=100.0),
                        rule("skyline", "neighbour_height", max_above_m=50.0, radius_m=100.0),
                    ],
                }
            ],
        }
    )


@pytest.fixture(scope="module")
def features(shared_data: Path) -> tuple[cityjson.Feature, ...]:
    path = shared_data / "data" / "cityjson" / "rotterdam_3-20-DELFSHAVEN.city.json"
    return cityjson.load(path.read_bytes()).features


@pytest.fixture(scope="module")
def twins(features: tuple[cityjson.Feature, ...]) -> tuple[MemoryTwin, MemoryTwin]:
    """A building belongs to the city in which the middle of its box lies: counted once."""
    west = [each for each in features if _middle(each) < BORDER]
    east = [each for each in features if _middle(each) >= BORDER]
    assert len(west) + len(east) == 853
    return (
        MemoryTwin.of(MAREWIJK, west, assumed_vertical="NAP"),
        MemoryTwin.of(LINDEMOND, east, assumed_vertical="NAP"),
    )


def _middle(feature: cityjson.Feature) -> float:
    low_x, _, _, high_x, _, _ = geo.bbox(feature.vertices)
    return (low_x + high_x) / 2


def check(model: Path, twins: tuple[MemoryTwin, MemoryTwin], zoning: ZoningPlan, cache: Path) -> Outcome:
    own, other = twins
    return run_check(model, World(Noon(), own, other), [zoning], cache)


def placed(source: Path, folder: Path) -> Path:
    model = place(ifcopenshell.open(str(source)), *PLOT, 3.0)
    path = folder / "placed.ifc"
    model.write(str(path))
    return path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("AC20-FZK-Haus.ifc", "no georeference"),
        ("Duplex_A_20110907.ifc", "no georeference"),
        ("Duplex_A_20110907_georeferenced.ifc", "EPSG:9897"),
        ("IFC-kalkzandsteen.ifc", "no georeference"),
        ("LargeBuilding.ifc", "no georeference"),
        ("building-architecture.ifc", "EPSG:32760"),
    ],
)
def test_a_house_that_stands_elsewhere_is_not_judged_and_told_why(
    shared_data: Path, tmp_path: Path, zoning: ZoningPlan, twins: tuple[MemoryTwin, MemoryTwin], name: str, words: str
) -> None:
    outcome = check(shared_data / "data" / "ifc" / name, twins, zoning, tmp_path)
    assert outcome.report["verdict"] == "INSUFFICIENT_DATA"
    assert any(words in issue["en"] for issue in outcome.report["placement"]["issues"])
    assert {rule["verdict"] for rule in outcome.report["rules"]} == {"INSUFFICIENT_DATA"}


def test_fzk_house_on_a_plot_is_judged_by_both_cities(
    shared_data: Path, tmp_path: Path, zoning: ZoningPlan, twins: tuple[MemoryTwin, MemoryTwin]
) -> None:
    outcome = check(placed(shared_data / "data" / "ifc" / "AC20-FZK-Haus.ifc", tmp_path), twins, zoning, tmp_path)
    rules = {each["id"]: each for each in outcome.report["rules"]}
    assert {key: each["verdict"] for key, each in rules.items()} == dict.fromkeys(rules, "COMPLIANT")
    measured = {each["name"]: each["value"] for each in outcome.report["measures"]}
    assert measured["height"] == pytest.approx(6.5, abs=0.05)
    assert measured["footprint_area"] == pytest.approx(13 * 11, abs=1)
    assert rules["height"]["evidence"]["measured"] == pytest.approx(6.32, abs=0.05)
    assert {each["city"] for each in rules["skyline"]["evidence"]["neighbours"]} == {MAREWIJK, LINDEMOND}
    assert all(source.count > 0 for source in outcome.sources)
    assert any("NAP" in each["en"] for each in rules["skyline"]["evidence"]["assumptions"])


def test_the_duplex_does_not_fit_on_the_same_plot(
    shared_data: Path, tmp_path: Path, zoning: ZoningPlan, twins: tuple[MemoryTwin, MemoryTwin]
) -> None:
    outcome = check(placed(shared_data / "data" / "ifc" / "Duplex_A_20110907.ifc", tmp_path), twins, zoning, tmp_path)
    rules = {each["id"]: each for each in outcome.report["rules"]}
    assert outcome.report["placement"]["declared_by"] == "ePSet_MapConversion"
    assert rules["plane"]["verdict"] == "NON_COMPLIANT"
    assert rules["plane"]["evidence"]["elements"]
    assert rules["use"]["verdict"] == "COMPLIANT"
    assert "rooms" in rules["use"]["evidence"]["assumptions"][0]["en"]


def test_no_building_is_asked_of_both_cities(
    shared_data: Path, tmp_path: Path, zoning: ZoningPlan, twins: tuple[MemoryTwin, MemoryTwin]
) -> None:
    outcome = check(placed(shared_data / "data" / "ifc" / "AC20-FZK-Haus.ifc", tmp_path), twins, zoning, tmp_path)
    assert len(outcome.reliance.entities) == sum(source.count for source in outcome.sources)
