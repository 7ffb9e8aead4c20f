# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""The three example plans, meshed and held against the written zoning and twins: which one breaks what, and why."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ifcopenshell
import ifcopenshell.geom
import ifcopenshell.validate
import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPoint, Polygon, shape

from hanse.examples.borderland import write

if TYPE_CHECKING:
    from hanse.examples.borderland import Borderland

NAMES = ("complies", "too-high", "data-missing")


@dataclass(frozen=True)
class Measured:
    """A plan in EPSG:7415: its outline from above and the height of its ridge above NAP (None: not said)."""

    footprint: Polygon
    ridge: float | None


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Borderland:
    return write(tmp_path_factory.mktemp("borderland"))


def measured(made: Borderland, name: str) -> Measured:
    model = ifcopenshell.open(str(made.plans[name]))
    settings = ifcopenshell.geom.settings()
    settings.set("use-world-coords", True)
    shell = [e for kind in ("IfcWall", "IfcSlab") for e in model.by_type(kind)]
    points = []
    iterator = ifcopenshell.geom.iterator(
        settings, model, 1, include=shell, geometry_library="hybrid-cgal-simple-opencascade"
    )
    assert iterator.initialize()
    while True:
        points.append(np.array(iterator.get().geometry.verts).reshape(-1, 3))
        if not iterator.next():
            break
    assert len(points) == len(shell)
    local = np.vstack(points)
    (to_map,) = model.by_type("IfcMapConversion")
    cos, sin = to_map.XAxisAbscissa, to_map.XAxisOrdinate
    east = to_map.Eastings + cos * local[:, 0] - sin * local[:, 1]
    north = to_map.Northings + sin * local[:, 0] + cos * local[:, 1]
    outline = MultiPoint(np.column_stack([east, north])).convex_hull
    level = to_map.OrthogonalHeight
    return Measured(Polygon(outline), None if level is None else level + float(local[:, 2].max()))


def rules(made: Borderland, footprint: Polygon) -> dict[str, dict[str, Any]]:
    document = json.loads(made.zoning["marewijk"].read_text())
    (zone,) = [z for z in document["zones"] if shape(z["geometry"]).intersects(footprint)]
    assert shape(zone["geometry"]).contains(footprint)
    return {rule["measure"]: rule["parameters"] for rule in zone["rules"]}


def neighbours(made: Borderland, city: str) -> list[tuple[Polygon, float]]:
    header, *lines = made.twins[city].read_text().splitlines()
    transform = json.loads(header)["transform"]
    found = []
    for line in lines:
        feature = json.loads(line)
        if not feature["id"].startswith(f"{city}-building-"):
            continue
        vertices = np.array(feature["vertices"]) * transform["scale"] + transform["translate"]
        floors = [
            Polygon(vertices[face[0]][:, :2])
            for thing in feature["CityObjects"].values()
            for solid in thing["geometry"]
            if solid["type"] == "Solid"
            for face, kind in zip(solid["boundaries"][0], solid["semantics"]["values"][0], strict=True)
            if solid["semantics"]["surfaces"][kind]["type"] == "GroundSurface"
        ]
        found.append((Polygon(shapely.convex_hull(shapely.union_all(floors))), float(vertices[:, 2].max())))
    return found


def excess(made: Borderland, plan: Measured, city: str) -> float:
    """Return by how much the plan breaks the neighbour rule with one city's twin alone; at most 0 is fine."""
    limit = rules(made, plan.footprint)["neighbour_height"]
    assert plan.ridge is not None
    near = [r for f, r in neighbours(made, city) if f.distance(plan.footprint) <= limit["radius_m"]]
    assert len(near) >= 3
    return max(plan.ridge - ridge - limit["max_above_m"] for ridge in near)


@pytest.mark.parametrize("name", ["complies", "too-high"])
def test_plans_are_valid_ifc(made: Borderland, name: str) -> None:
    assert complaints(made, name) == []


def test_data_missing_lacks_only_the_height_of_the_map_conversion(made: Borderland) -> None:
    (complaint,) = complaints(made, "data-missing")
    assert complaint["instance"].is_a("IfcMapConversion")
    assert complaint["attribute"].endswith("OrthogonalHeight")


def complaints(made: Borderland, name: str) -> list[dict[str, Any]]:
    logger = ifcopenshell.validate.json_logger()
    ifcopenshell.validate.validate(ifcopenshell.open(str(made.plans[name])), logger, express_rules=False)
    return list(logger.statements)


@pytest.mark.parametrize("name", NAMES)
def test_every_plan_stands_in_the_building_plane_and_off_its_neighbours(made: Borderland, name: str) -> None:
    plan = measured(made, name)
    limits = rules(made, plan.footprint)
    assert shape(limits["footprint_within"]["building_plane"]).contains(plan.footprint)
    distances = [f.distance(plan.footprint) for city in made.twins for f, _ in neighbours(made, city)]
    assert min(distances) >= limits["neighbour_distance"]["min_m"] + 0.5


@pytest.mark.parametrize("name", ["complies", "too-high"])
def test_marewijk_alone_finds_nothing_wrong(made: Borderland, name: str) -> None:
    plan = measured(made, name)
    limit = rules(made, plan.footprint)["max_height"]
    assert plan.ridge is not None
    assert plan.ridge - limit["reference_level_m"] <= limit["max_m"]
    assert excess(made, plan, "marewijk") <= -0.25


def test_only_lindemonds_twin_shows_that_the_high_plan_is_too_high(made: Borderland) -> None:
    assert excess(made, measured(made, "too-high"), "lindemond") >= 0.75
    assert excess(made, measured(made, "complies"), "lindemond") <= -0.25


@pytest.mark.parametrize("name", NAMES)
def test_georeference_and_units_are_stated(made: Borderland, name: str) -> None:
    model = ifcopenshell.open(str(made.plans[name]))
    assert model.schema == "IFC4"
    (system,) = model.by_type("IfcProjectedCRS")
    assert (system.Name, system.VerticalDatum) == ("EPSG:7415", "NAP")
    assert [u.Name for u in model.by_type("IfcSIUnit") if u.UnitType == "LENGTHUNIT"] == ["METRE"]
    assert (model.by_type("IfcMapConversion")[0].OrthogonalHeight is None) == (name == "data-missing")


@pytest.mark.parametrize("name", NAMES)
def test_use_is_stated_on_building_and_rooms_or_nowhere(made: Borderland, name: str) -> None:
    model = ifcopenshell.open(str(made.plans[name]))
    said = [p.NominalValue.wrappedValue for p in model.by_type("IfcPropertySingleValue") if p.Name == "OccupancyType"]
    rooms = model.by_type("IfcSpace")
    assert len(rooms) >= 8
    if name == "data-missing":
        assert said == []
        assert not re.search(r"wonen|woning|woonkamer|slaapkamer", made.plans[name].read_text(), re.IGNORECASE)
    else:
        assert said == ["wonen"] * (1 + len(rooms))


def test_identifiers_are_whole_and_differ_within_and_between_plans(made: Borderland) -> None:
    found = [root.GlobalId for path in made.plans.values() for root in ifcopenshell.open(str(path)).by_type("IfcRoot")]
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"[0-3][0-9A-Za-z_$]{21}", guid) for guid in found)
