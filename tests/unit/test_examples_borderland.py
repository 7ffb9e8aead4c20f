# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""The two example cities: repeatable to the byte, of closed bodies that keep clear of each other, streets and water."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from hanse import cityjson
from hanse.examples.borderland import write
from hanse.examples.borderland.write import scene
from hanse.ngsild import FeatureMapping, to_entity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.examples.borderland import Borderland
    from hanse.examples.borderland.write import Scene

CITIES = ("marewijk", "lindemond")
SCHEMA = Path(__file__).parents[2] / "contracts/hanse/contracts/zoning/v1/zoning.schema.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Borderland:
    return write(tmp_path_factory.mktemp("borderland"))


@pytest.fixture(scope="module")
def place() -> Scene:
    return scene()


def features(made: Borderland, city: str) -> Iterator[tuple[np.ndarray, dict[str, Any]]]:
    header, *lines = made.twins[city].read_text().splitlines()
    transform = json.loads(header)["transform"]
    for line in lines:
        feature = json.loads(line)
        vertices = np.array(feature["vertices"]) * transform["scale"] + transform["translate"]
        yield vertices, feature["CityObjects"]


def solids(made: Borderland, city: str) -> Iterator[tuple[str, np.ndarray, list[list[int]], dict[str, Any]]]:
    for vertices, objects in features(made, city):
        for key, thing in objects.items():
            for geometry in thing["geometry"]:
                if geometry["type"] == "Solid":
                    yield key, vertices, [face[0] for face in geometry["boundaries"][0]], geometry["semantics"]


def test_another_process_writes_the_same_bytes(made: Borderland, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONHASHSEED": "4711"}
    command = [sys.executable, "-m", "hanse.examples.borderland", str(tmp_path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    assert "marewijk" in said
    names = sorted(p.relative_to(made.out) for p in made.out.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert len(names) == 10
    assert [n for n in names if (made.out / n).read_bytes() != (tmp_path / n).read_bytes()] == []


@pytest.mark.parametrize("city", CITIES)
def test_a_city_has_about_five_hundred_buildings_and_its_surroundings(made: Borderland, city: str) -> None:
    kinds = Counter(thing["type"] for _, objects in features(made, city) for thing in objects.values())
    assert kinds["Building"] == made.buildings[city]
    assert 470 <= kinds["Building"] <= 560
    assert kinds["TINRelief"] == 1
    assert min(kinds[k] for k in ("WaterBody", "Road", "TransportSquare", "LandUse", "BuildingPart")) >= 1


@pytest.mark.parametrize("city", CITIES)
def test_the_stream_declares_cityjson_two_in_rd_and_nap(made: Borderland, city: str) -> None:
    header = json.loads(made.twins[city].read_text().splitlines()[0])
    assert (header["type"], header["version"]) == ("CityJSON", "2.0")
    assert header["metadata"]["referenceSystem"] == "https://www.opengis.net/def/crs/EPSG/0/7415"
    assert header["transform"]["scale"] == [0.001] * 3
    for _, objects in features(made, city):
        children = {key for thing in objects.values() for key in thing.get("children", [])}
        assert children == {key for key, thing in objects.items() if "parents" in thing}


@pytest.mark.parametrize("city", CITIES)
def test_vertices_are_whole_used_and_indexed(made: Borderland, city: str) -> None:
    for line in made.twins[city].read_text().splitlines()[1:]:
        feature = json.loads(line)
        used = {i for t in feature["CityObjects"].values() for g in t["geometry"] for i in flat(g["boundaries"])}
        assert used == set(range(len(feature["vertices"])))
        assert all(type(c) is int and c >= 0 for vertex in feature["vertices"] for c in vertex)


def flat(nested: Any) -> Iterator[int]:
    if isinstance(nested, int):
        yield nested
    else:
        for item in nested:
            yield from flat(item)


@pytest.mark.parametrize("city", CITIES)
def test_every_body_is_closed_plane_and_turned_outwards(made: Borderland, city: str) -> None:
    for key, vertices, faces, semantics in solids(made, city):
        edges = Counter((a, b) for ring in faces for a, b in pairwise([*ring, ring[0]]))
        assert set(edges.values()) == {1}, key
        assert all((b, a) in edges for a, b in edges), key
        points = vertices - vertices[0]
        volume = sum(
            np.dot(points[r[0]], np.cross(points[p], points[q])) / 6 for r in faces for p, q in pairwise(r[1:])
        )
        assert volume > 10, key
        assert max(unevenness(points[ring]) for ring in faces) < 0.002, key
        assert len(semantics["values"][0]) == len(faces), key


def unevenness(ring: np.ndarray) -> float:
    normal = np.sum(np.cross(ring[1:-1] - ring[0], ring[2:] - ring[0]), axis=0)
    return float(np.abs((ring - ring[0]) @ normal / np.linalg.norm(normal)).max())


@pytest.mark.parametrize("city", CITIES)
def test_surfaces_face_the_way_their_name_says(made: Borderland, city: str) -> None:
    for key, vertices, faces, semantics in solids(made, city):
        for ring, value in zip(faces, semantics["values"][0], strict=True):
            kind = semantics["surfaces"][value]["type"]
            points = vertices[ring]
            up = float(np.sum(np.cross(points[1:-1] - points[0], points[2:] - points[0]), axis=0)[2])
            if kind == "GroundSurface":
                assert up < 0, key
            if kind == "RoofSurface":
                assert up > 0, key


def test_buildings_keep_clear_of_each_other_of_streets_and_of_water(place: Scene) -> None:
    buildings = [b for city in place.cities.values() for b in city.buildings]
    footprints = np.array([b.footprint for b in buildings])
    pairs = shapely.STRtree(footprints).query(footprints, predicate="intersects")
    first, second = pairs[:, pairs[0] < pairs[1]]
    assert shapely.area(shapely.intersection(footprints[first], footprints[second])).max() < 0.01
    kept_free = shapely.union_all([p.area for p in place.plan.places])
    streets = shapely.difference(shapely.union_all([s.area for s in place.plan.streets]), kept_free)
    assert shapely.area(shapely.intersection(footprints, streets)).max() < 0.05
    assert not shapely.intersects(footprints, place.land.water).any()
    assert not shapely.intersects(footprints, place.plan.plot.area).any()


def test_a_building_stands_wholly_in_the_city_of_its_centroid(place: Scene) -> None:
    for key, territory in (("marewijk", place.land.west), ("lindemond", place.land.east)):
        assert all(territory.contains(b.footprint) for b in place.cities[key].buildings)
    assert place.land.west.intersection(place.land.east).area == pytest.approx(0, abs=0.01)


def test_the_ground_is_whole_and_bears_the_houses(made: Borderland, place: Scene) -> None:
    area = 0.0
    for city in CITIES:
        for vertices, objects in features(made, city):
            (thing, *_) = objects.values()
            if thing["type"] == "TINRelief":
                corners = vertices[[face[0] for face in thing["geometry"][0]["boundaries"]]][:, :, :2]
                a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
                area += float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / 2
    assert area == pytest.approx(place.land.west.area + place.land.east.area, rel=0.002)
    for city in place.cities.values():
        for building in city.buildings:
            ground = place.land.ground(np.array([building.footprint.centroid.coords[0]]))
            assert abs(float(ground[0]) - building.base) < 1.6


@pytest.mark.parametrize("city", CITIES)
def test_zoning_keeps_to_its_contract(made: Borderland, city: str) -> None:
    document = json.loads(made.zoning[city].read_text())
    jsonschema_rs.validate(json.loads(SCHEMA.read_text()), document)
    zones = [shape(zone["geometry"]) for zone in document["zones"]]
    assert all(zone.is_valid for zone in zones)
    assert max(a.intersection(b).area for i, a in enumerate(zones) for b in zones[:i]) < 1.0
    rules = [rule for zone in document["zones"] for rule in zone["rules"]]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(set(rule["source"]["text"]) == {"nl", "en"} for rule in rules)


@pytest.mark.parametrize("city", CITIES)
def test_numbers_are_written_as_each_language_writes_them(made: Borderland, city: str) -> None:
    rules = [rule for zone in json.loads(made.zoning[city].read_text())["zones"] for rule in zone["rules"]]
    for rule in rules:
        texts = rule["source"]["text"]
        numbers = {language: re.findall(r"\d+(?:[.,]\d+)?", texts[language]) for language in texts}
        assert [number.replace(",", ".") for number in numbers["nl"]] == numbers["en"]
        assert not any("." in number for number in numbers["nl"])
    told = [rule["source"]["text"] for rule in rules if rule["measure"] == "max_height"]
    assert all(re.search(r"\d,\d", text["nl"]) and re.search(r"\d\.\d", text["en"]) for text in told)


@pytest.mark.parametrize("city", CITIES)
def test_no_building_is_flagged_by_the_twin(made: Borderland, city: str) -> None:
    mapping = FeatureMapping("urn:hanse:test.example:dataset:d")
    flags = {}
    with made.twins[city].open("rb") as file:
        for number, item in enumerate(cityjson.read_sequence(file)):
            assert isinstance(item, cityjson.Feature)
            mapped = to_entity(item, f"urn:hanse:test.example:building:{number}", mapping)
            if not mapped.valid:
                flags[item.id] = mapped.entity["validity"]
    assert flags == {}


def test_the_border_runs_between_the_territories(made: Borderland) -> None:
    things = json.loads(made.border.read_text())["features"]
    border, west, east, plot = (shape(thing["geometry"]) for thing in things)
    assert border.geom_type == "LineString"
    shared = west.boundary.intersection(east.buffer(0.5))
    assert shared.hausdorff_distance(border) < 1.0
    assert west.contains(plot)
    assert plot.distance(border) < 10
