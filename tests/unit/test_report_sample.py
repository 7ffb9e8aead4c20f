# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A made-up check that the tests of reports share: a plan too high beside two low houses across the border."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import numpy as np
import pytest
from shapely.geometry import LineString, Polygon, box

from hanse.permit.report.scene import Scene, SceneArea, SceneBuilding, ScenePlan

CONTRACT = Path(__file__).parents[2] / "contracts/hanse/contracts/permit/v1"
SCHEMA = json.loads((CONTRACT / "report.schema.json").read_text("utf-8"))
OWN, OTHER = "marewijk.example", "lindemond.example"
EAST, NORTH = 85_000.0, 445_000.0


def house(
    at: tuple[float, float], size: tuple[float, float], heights: tuple[float, float, float]
) -> list[tuple[str, Any]]:
    """A house with a ridge along its length: (semantic, corners) of each side. Heights: ground, eaves, ridge."""
    (x, y), (wide, deep), (ground, eaves, ridge) = at, size, heights
    x += EAST
    y += NORTH
    east, north, middle = x + wide, y + deep, y + deep / 2
    sides = [
        ("GroundSurface", [(x, y, ground), (x, north, ground), (east, north, ground), (east, y, ground)]),
        ("WallSurface", [(x, y, ground), (east, y, ground), (east, y, eaves), (x, y, eaves)]),
        ("WallSurface", [(east, north, ground), (x, north, ground), (x, north, eaves), (east, north, eaves)]),
        ("WallSurface", [(x, north, ground), (x, y, ground), (x, y, eaves), (x, middle, ridge), (x, north, eaves)]),
        (
            "WallSurface",
            [(east, y, ground), (east, north, ground), (east, north, eaves), (east, middle, ridge), (east, y, eaves)],
        ),
        ("RoofSurface", [(x, y, eaves), (east, y, eaves), (east, middle, ridge), (x, middle, ridge)]),
        ("RoofSurface", [(east, north, eaves), (x, north, eaves), (x, middle, ridge), (east, middle, ridge)]),
    ]
    return [(semantic, np.array(corners)) for semantic, corners in sides]


def building(name: str, city: str, at: tuple[float, float], ridge: float, verdict: str | None = None) -> SceneBuilding:
    """A neighbour of 8 by 10 metres standing at 1 m."""
    sides = house(at, (8.0, 10.0), (1.0, ridge - 2.5, ridge))
    x, y = at[0] + EAST, at[1] + NORTH
    return SceneBuilding(
        id=f"urn:hanse:{city}:building:{name}",
        city=city,
        footprint=box(x, y, x + 8, y + 10),
        ground=1.0,
        ridge=ridge,
        surfaces=tuple((semantic, (ring,)) for semantic, ring in sides),
        verdict=verdict,
    )


def plan(ridge: float | None = 13.0) -> ScenePlan:
    """A plan of 12 by 10 metres at the origin; without a ridge its level is not known."""
    top = 13.0 if ridge is None else ridge
    triangles = []
    for _, ring in house((0.0, 0.0), (12.0, 10.0), (1.0, 9.0, top)):
        triangles += [ring[[0, at, at + 1]] for at in range(1, len(ring) - 1)]
    return ScenePlan(
        footprint=box(EAST, NORTH, EAST + 12, NORTH + 10),
        triangles=np.array(triangles),
        classes=("IfcWall",) * len(triangles),
        ground=None if ridge is None else 1.0,
        ridge=ridge,
    )


def scene(ridge: float | None = 13.0, title: str = "Wonen aan de kade") -> Scene:
    """The plan between one house of its own city and two across the border, twenty metres east of it."""
    x, y = EAST, NORTH
    return Scene(
        crs="https://www.opengis.net/def/crs/EPSG/0/28992",
        vertical_datum="NAP",
        city=OWN,
        plan=plan(ridge),
        neighbours=(
            building("thuis-1", OWN, (-22.0, 1.0), 11.0, "COMPLIANT"),
            building("over-1", OTHER, (32.0, 0.0), 7.0, "NON_COMPLIANT"),
            building("over-2", OTHER, (33.0, 14.0), 7.5, "NON_COMPLIANT"),
            building("over-3", OTHER, (50.0, -16.0), 9.0),
        ),
        zones=(SceneArea("wonen-1", {"nl": title}, box(x - 60, y - 40, x + 20, y + 50)),),
        building_planes=(SceneArea("vlak", {"nl": "Bouwvlak"}, box(x - 2, y - 2, x + 14, y + 12)),),
        border=LineString([(x + 20, y - 60), (x + 22, y), (x + 21, y + 70)]),
        extent=(x - 60, y - 60, x + 90, y + 70),
    )


def rule(name: str, measure: str, verdict: str, **evidence: object) -> dict[str, Any]:
    """One judged rule with an article of its own."""
    given = {"measured": None, "allowed": None, "unit": "m", "tolerance": 0.01, "elements": [], "neighbours": []}
    return {
        "id": name,
        "zone": "wonen-1",
        "measure": measure,
        "verdict": verdict,
        "title": {"nl": f"Regel {name}", "en": f"Rule {name}"},
        "explanation": {"nl": f"Uitleg bij {name}.", "en": f"Why {name}."},
        "evidence": {**given, "geometry": None, "assumptions": [], **evidence},
        "source": {
            "article": "art. 3.2.1",
            "title": {"nl": "Bouwen"},
            "text": {"nl": "De bouwhoogte bedraagt ten hoogste 12 m."},
            "in_force": {"from": "2024-01-01", "to": None},
        },
    }


def neighbour(one: SceneBuilding, distance: float, measured: float, verdict: str) -> dict[str, Any]:
    """What a rule found about one neighbour."""
    return {
        "id": one.id,
        "city": one.city,
        "distance_m": distance,
        "measured": measured,
        "allowed": 4.0,
        "verdict": verdict,
    }


def source(city: str, state: str = "answered") -> dict[str, Any]:
    """What a city answered; nothing unless it answered."""
    told = state == "answered"
    data = {
        "id": f"urn:hanse:{city}:dataset:gebouwen",
        "title": f"Gebouwen van {city}",
        "owner": "Gemeente",
        "licence": "CC-BY-4.0",
        "terms": "Noem de bron.",
        "jurisdiction": "NL",
        "crs": "https://www.opengis.net/def/crs/EPSG/0/7415",
        "vertical_datum": "NAP",
        "vertical_datum_source": "assumed",
    }
    return {
        "city": city,
        "state": state,
        "as_of": "2026-11-23T11:59:59.120Z" if told else None,
        "count": 3 if told else 0,
        "snapshot_sha256": "34" * 32 if told else None,
        "exchange_id": "01k2v7w3xq8d5m0r4t6y9a1b2g" if told and city != OWN else None,
        "detail": "" if told else "no answer within 10 s",
        "datasets": [data] if told else [],
    }


def report(**changes: object) -> dict[str, Any]:
    """A whole report of permit/v1, with members changed by name."""
    whole = json.loads((CONTRACT / "examples/valid/report-too-high.json").read_text("utf-8"))
    own, first, second, _ = scene().neighbours
    whole |= {
        "verdict": "NON_COMPLIANT",
        "rules": [
            rule(
                "use", "use_allowed", "COMPLIANT", measured=["residential"], allowed=["residential", "office"], unit=""
            ),
            rule("height", "max_height", "COMPLIANT", measured=12.0, allowed=14.0, elements=["2O2Fr$t4X7Zf8NOew3FLOH"]),
            rule(
                "skyline",
                "neighbour_height",
                "NON_COMPLIANT",
                measured=6.0,
                allowed=4.0,
                neighbours=[
                    neighbour(own, 14.0, 2.0, "COMPLIANT"),
                    neighbour(second, 21.4, 5.5, "NON_COMPLIANT"),
                    neighbour(first, 20.0, 6.0, "NON_COMPLIANT"),
                ],
            ),
        ],
        "sources": [source(OWN), source(OTHER)],
    }
    return {**whole, **changes}


def silent_report() -> dict[str, Any]:
    """The same with the neighbouring city silent, so that nothing can be said of it."""
    rules = report()["rules"][:2]
    rules.append(rule("skyline", "neighbour_height", "INSUFFICIENT_DATA", measured=2.0, allowed=4.0))
    return report(verdict="INSUFFICIENT_DATA", rules=rules, sources=[source(OWN), source(OTHER, "timed_out")])


@pytest.mark.parametrize("made", [report(), silent_report()])
def test_sample_is_valid_against_the_contract(made: dict[str, Any]) -> None:
    assert [error.message for error in jsonschema_rs.validator_for(SCHEMA).iter_errors(made)] == []


def test_sample_houses_are_closed_and_of_the_size_said() -> None:
    sides = dict(building("x", OWN, (0.0, 0.0), 9.0).surfaces)
    ground = Polygon(sides["GroundSurface"][0][:, :2])
    assert ground.area == pytest.approx(80.0)
