# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Real city models: every object is counted, and what their publishers say of heights and validity is met."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from shapely import box

from hanse import geo
from hanse.cityjson import Reading, best_solids, load, solids, write_sequence
from hanse.ngsild import FeatureMapping, LossKind, to_entity, to_feature, validate_entity

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.ngsild import Mapped

DELFSHAVEN = "rotterdam_3-20-DELFSHAVEN.city.json"
DEN_HAAG = "denhaag_01.city.json"
DEN_HAAG_SEQUENCE = "denhaag_random_5.city.jsonl"
BAG = "3dbag_tile_901_trimmed.city.jsonl"
MAPPING = FeatureMapping("urn:hanse:test.example:dataset:city", assumed_vertical="NAP")


@pytest.fixture(scope="module")
def cities(shared_data: Path) -> dict[str, Reading]:
    folder = shared_data / "data" / "cityjson"
    return {name: load((folder / name).read_bytes()) for name in (DELFSHAVEN, DEN_HAAG, DEN_HAAG_SEQUENCE, BAG)}


@pytest.fixture(scope="module")
def entities(cities: dict[str, Reading]) -> dict[str, list[Mapped]]:
    return {
        name: [
            to_entity(feature, f"urn:hanse:test.example:building:{number}", MAPPING)
            for number, feature in enumerate(reading.features)
        ]
        for name, reading in cities.items()
    }


@pytest.mark.parametrize(
    ("name", "version", "features", "objects"),
    [
        (DELFSHAVEN, "2.0", 853, {"Building": 853}),
        (DEN_HAAG, "1.1", 845, {"Building": 844, "BuildingPart": 1653, "TINRelief": 1}),
        (DEN_HAAG_SEQUENCE, "1.1", 5, {"Building": 5, "BuildingPart": 12}),
        (BAG, "1.1", 52, {"Building": 52, "BuildingPart": 52}),
    ],
)
def test_every_object_is_loaded(
    cities: dict[str, Reading], name: str, version: str, features: int, objects: dict[str, int]
) -> None:
    reading = cities[name]
    assert reading.refused == ()
    assert len(reading.features) == features
    assert {feature.version for feature in reading.features} == {version}
    assert Counter(held.type for feature in reading.features for held in feature.objects.values()) == objects


def test_coordinates_fill_the_extent_that_the_file_declares(cities: dict[str, Reading]) -> None:
    for name in (DELFSHAVEN, DEN_HAAG):
        features = cities[name].features
        boxes = [geo.bbox(feature.vertices) for feature in features if len(feature.quantized)]
        extent = [*(min(b[i] for b in boxes) for i in range(3)), *(max(b[i] for b in boxes) for i in range(3, 6))]
        assert extent == pytest.approx(features[0].metadata["geographicalExtent"], abs=0.002)


def test_validity_is_close_to_val3dity(entities: dict[str, list[Mapped]]) -> None:
    # val3dity finds 646 of 853 and 525 of 845 valid; ours are cheaper checks.
    valid = {name: sum(mapped.valid for mapped in mapped_all) for name, mapped_all in entities.items()}
    assert valid[DELFSHAVEN] == pytest.approx(646, abs=10)
    assert valid[DEN_HAAG] == pytest.approx(525, abs=10)
    assert valid[BAG] >= 51  # its publisher's val3dity codes are empty for all 52


def test_heights_are_those_that_the_publisher_computed(cities: dict[str, Reading]) -> None:
    for feature in cities[BAG].features:
        ground = geo.ground_height(best_solids(feature))
        assert ground == pytest.approx(feature.root.attributes["h_maaiveld"], abs=0.001)
    ridges = [
        (geo.ridge_height([solid]), feature.objects[key].attributes["AbsoluteRidgeHeight"])
        for feature in cities[DEN_HAAG].features
        for key, solid in solids(feature)
        if feature.root.type == "Building"
    ]
    assert len(ridges) == 1990
    assert all(ours == pytest.approx(theirs, abs=0.002) for ours, theirs in ridges)


def test_every_building_stands_where_the_city_is(entities: dict[str, list[Mapped]]) -> None:
    places = {DELFSHAVEN: box(4.44, 51.90, 4.47, 51.92), DEN_HAAG: box(4.26, 52.09, 4.29, 52.11)}
    for name, place in places.items():
        for mapped in entities[name]:
            location = mapped.entity["location"]["value"]
            rings = location["coordinates"] if location["type"] == "Polygon" else location["coordinates"][0]
            assert place.covers(box(*rings[0][0], *rings[0][0])), mapped.entity["sourceId"]


def test_every_entity_keeps_the_rules_and_comes_back_exactly(
    cities: dict[str, Reading], entities: dict[str, list[Mapped]]
) -> None:
    for name, reading in cities.items():
        for feature, mapped in zip(reading.features, entities[name], strict=True):
            assert validate_entity(mapped.entity) == []
            back = to_feature(mapped.entity)
            assert list(back.objects) == list(feature.objects)
            assert [held.attributes for held in back.objects.values()] == [
                held.attributes for held in feature.objects.values()
            ]
            assert back.transform == feature.transform
            for (key, solid), (key_back, solid_back) in zip(solids(feature), solids(back), strict=True):
                assert (key, solid.lod, solid.closed) == (key_back, solid_back.lod, solid_back.closed)
                for surface, surface_back in zip(solid.surfaces, solid_back.surfaces, strict=True):
                    assert surface.semantic == surface_back.semantic
                    for ring, ring_back in zip(surface.rings, surface_back.rings, strict=True):
                        assert (solid.vertices[list(ring)] == solid_back.vertices[list(ring_back)]).all()


def test_the_losses_are_the_appearances_and_the_assumed_datum(entities: dict[str, list[Mapped]]) -> None:
    losses = {
        name: Counter((loss.kind, loss.path.rsplit("/", 1)[1]) for mapped in all_mapped for loss in mapped.losses)
        for name, all_mapped in entities.items()
    }
    assert losses[DELFSHAVEN] == {
        (LossKind.DEFAULTED, "referenceSystem"): 853,
        (LossKind.DROPPED, "texture"): 853,
    }
    assert losses[DEN_HAAG] == {(LossKind.DROPPED, "material"): 1990}
    assert losses[BAG] == {}


def test_several_levels_of_detail_are_kept(entities: dict[str, list[Mapped]]) -> None:
    for mapped in entities[BAG]:
        lods = mapped.entity["solidGeometry"]["json"]["lods"]
        assert [(lod["lod"], lod["type"]) for lod in lods] == [
            ("0", "MultiSurface"),
            ("1.2", "Solid"),
            ("1.3", "Solid"),
            ("2.2", "Solid"),
        ]


def test_what_is_written_as_a_sequence_is_read_back_the_same(cities: dict[str, Reading]) -> None:
    for reading in cities.values():
        again = load(b"".join(write_sequence(reading.features)))
        assert again.refused == ()
        for feature, back in zip(reading.features, again.features, strict=True):
            assert back.objects == feature.objects
            assert (back.quantized == feature.quantized).all()


def test_a_document_and_the_sequence_that_others_made_of_it_agree(shared_data: Path) -> None:
    folder = shared_data / "data" / "payloads" / "citygml" / "citygml4j-samples" / "input" / "datasets"
    document = {f.id: f for f in load((folder / "lod2_buildings_v2.json").read_bytes()).features}
    sequence = load((folder / "lod2_buildings_as_CityJSON_features.jsonl").read_bytes())
    assert sequence.refused == ()
    assert sorted(feature.id for feature in sequence.features) == sorted(document)
    for feature in sequence.features:
        same = document[feature.id]
        assert feature.root.attributes == same.root.attributes
        assert geo.bbox(feature.vertices) == pytest.approx(geo.bbox(same.vertices))
        assert geo.footprint(best_solids(feature)).equals(geo.footprint(best_solids(same)))
        assert [flag.fault for _, solid in solids(feature) for flag in geo.check(solid)] == []
