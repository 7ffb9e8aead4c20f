# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Delfshaven cut in two by a line: a real border between real buildings, each of which is counted once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ifcopenshell
import pytest
import shapely
from cities import Processes, make_federation
from plans import place, zoning
from story import Border, quiet

from hanse import cityjson, geo

pytestmark = [pytest.mark.cities, pytest.mark.timeout(600)]
WEST, EAST = "west.example", "east.example"
BORDER_X = 90900.0
REACH_M = 60.0


@dataclass
class Cut:
    """The two halves as files, and every footprint by source id."""

    west: Path
    east: Path
    footprints: dict[str, geo.Plan]
    counts: tuple[int, int]


@pytest.fixture(scope="module")
def cut(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Cut:
    folder = tmp_path_factory.mktemp("cut")
    data = (shared_data / "data" / "cityjson" / "rotterdam_3-20-DELFSHAVEN.city.json").read_bytes()
    features = cityjson.load(data).features
    footprints = {feature.id: geo.footprint(cityjson.best_solids(feature)) for feature in features}
    west = [f for f in features if footprints[f.id].centroid.x < BORDER_X]
    east = [f for f in features if footprints[f.id].centroid.x >= BORDER_X]
    for name, half in (("west", west), ("east", east)):
        (folder / f"{name}.city.jsonl").write_bytes(b"".join(cityjson.write_sequence(half)))
    return Cut(folder / "west.city.jsonl", folder / "east.city.jsonl", footprints, (len(west), len(east)))


@pytest.fixture(scope="module")
def border(cut: Cut, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Border]:
    folder = tmp_path_factory.mktemp("cities")
    federation = make_federation(folder, ((WEST, "West"), (EAST, "East")))
    with Processes() as processes:
        made = Border.open(federation, processes)
        loaded = (
            made.here.load_twin(cut.west, "West", quiet, assumed_vertical_datum="NAP"),
            made.there.load_twin(cut.east, "East", quiet, assumed_vertical_datum="NAP"),
        )
        assert tuple(answer.created for answer in loaded) == cut.counts
        assert sum(answer.created for answer in loaded) == 853
        document = folder / "zoning.json"
        rules = zoning(WEST, (90409, 435440, BORDER_X, 436090), max_m=40.0)
        for rule in rules["zones"][0]["rules"]:
            if rule["measure"] == "neighbour_height":
                rule["parameters"] = {"max_above_m": 40.0, "radius_m": REACH_M}
        document.write_text(json.dumps(rules), encoding="utf-8")
        made.here.put_zoning(document)
        yield made


def free_plot(cut: Cut, size: float) -> tuple[float, float]:
    """A place west of the border where a house of `size` metres stands free and both cities have near buildings."""
    tree = shapely.STRtree(list(cut.footprints.values()))
    centroids = [footprint.centroid.x for footprint in cut.footprints.values()]
    for step in range(400):
        x, y = BORDER_X - size - 4 - (step % 10) * 2, 435480 + (step // 10) * 15
        house = shapely.box(x, y, x + size, y + size)
        if len(tree.query(house.buffer(3), predicate="intersects")):
            continue
        near = tree.query(house.buffer(REACH_M - 15), predicate="intersects")
        sides = {centroids[index] < BORDER_X for index in near}
        if sides == {True, False}:
            return x, y
    pytest.fail("no free plot near the border")


def test_each_neighbour_is_found_once_whichever_city_it_is_in(
    border: Border, cut: Cut, shared_data: Path, tmp_path: Path
) -> None:
    x, y = free_plot(cut, 15.0)
    model = place(ifcopenshell.open(str(shared_data / "data" / "ifc" / "AC20-FZK-Haus.ifc")), x, y, 1.0)
    plan = tmp_path / "house.ifc"
    model.write(str(plan))
    architect, _ = border.architect()
    _, report = border.check(architect, plan)
    rule = next(rule for rule in report["rules"] if rule["measure"] == "neighbour_height")
    found = rule["evidence"]["neighbours"]
    assert len({neighbour["id"] for neighbour in found}) == len(found)
    assert {neighbour["city"] for neighbour in found} == {WEST, EAST}
    house = shapely.box(x - 1, y - 1, x + 13, y + 12)
    inner, outer = house.buffer(REACH_M - 4), house.buffer(REACH_M + 4)
    at_least = sum(inner.intersects(footprint) for footprint in cut.footprints.values())
    at_most = sum(outer.intersects(footprint) for footprint in cut.footprints.values())
    assert at_least <= len(found) <= at_most


def test_the_border_makes_no_difference_to_the_distances(
    border: Border, cut: Cut, shared_data: Path, tmp_path: Path
) -> None:
    x, y = free_plot(cut, 15.0)
    plan = tmp_path / "house.ifc"
    place(ifcopenshell.open(str(shared_data / "data" / "ifc" / "AC20-FZK-Haus.ifc")), x, y, 1.0).write(str(plan))
    architect, _ = border.architect()
    _, report = border.check(architect, plan)
    rule = next(rule for rule in report["rules"] if rule["measure"] == "neighbour_height")
    nearest = min(neighbour["distance_m"] for neighbour in rule["evidence"]["neighbours"])
    # The house's box, of 13 by 11 metres with its overhangs, from the files alone.
    house = shapely.box(x - 0.5, y - 0.5, x + 12.5, y + 10.5)
    plain = min(house.distance(footprint) for footprint in cut.footprints.values())
    assert nearest == pytest.approx(plain, abs=1.5)
