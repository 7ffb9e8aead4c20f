# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A CityJSON building as NGSI-LD entity: what it says, what it admits to have lost, and the way back."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from pyproj import Geod

from hanse.cityjson import Feature, load, solids
from hanse.geo import CrsError, DatumStatus
from hanse.ngsild import (
    FeatureMapping,
    LossKind,
    Mapped,
    NgsiLdError,
    canonical,
    digest,
    restore_losses,
    solid_crs,
    stable_urn,
    to_entity,
    to_feature,
    validate_entity,
)

Json = Any
ID = "urn:hanse:marewijk.example:building:1"
DATASET = "urn:hanse:marewijk.example:dataset:buildings"
MAPPING = FeatureMapping(DATASET, assumed_vertical="NAP")
SIDES = [[[0, 3, 2, 1]], [[4, 5, 6, 7]], [[0, 1, 5, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 6]], [[3, 0, 4, 7]]]
# 20 m by 10 m, 6 m high, its ground 1.5 m above datum, its south-west corner at the tower of Amersfoort.
BLOCK = [[x, y, z] for z in (0, 6000) for x, y in ((0, 0), (20000, 0), (20000, 10000), (0, 10000))]


def _document() -> dict[str, Json]:
    semantics = {
        "surfaces": [{"type": "GroundSurface"}, {"type": "RoofSurface", "slope": 0}, {"type": "WallSurface"}],
        "values": [[0, 1, 2, 2, 2, None]],
    }
    solid = {"type": "Solid", "lod": "2", "boundaries": [copy.deepcopy(SIDES)], "semantics": semantics}
    return {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001, 0.001, 0.001], "translate": [155000.0, 463000.0, 1.5]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": {"{A-1}": {"type": "Building", "attributes": {}, "geometry": [solid]}},
        "vertices": copy.deepcopy(BLOCK),
    }


def _feature(**changes: Json) -> Feature:
    """The one feature of the document, with members of its root object changed."""
    document = _document()
    document["CityObjects"]["{A-1}"].update(changes)
    reading = load(json.dumps(document).encode())
    assert reading.refused == ()
    return reading.features[0]


def _map(feature: Feature, mapping: FeatureMapping = MAPPING) -> Mapped:
    mapped = to_entity(feature, ID, mapping)
    assert validate_entity(mapped.entity) == []
    return mapped


def test_a_building_says_who_it_is() -> None:
    entity = _map(_feature()).entity
    assert (entity["id"], entity["type"]) == (ID, "Building")
    assert entity["sourceId"] == {"type": "Property", "value": "{A-1}"}
    assert entity["dataset"] == {"type": "Relationship", "object": DATASET}
    assert "@context" not in entity


def test_heights_are_metres_in_a_named_datum() -> None:
    entity = _map(_feature()).entity
    for name, metres in (("groundHeight", 1.5), ("ridgeHeight", 7.5), ("eavesHeight", 7.5), ("heightAboveGround", 6)):
        assert entity[name] == {
            "type": "Property",
            "value": metres,
            "unitCode": "MTR",
            "verticalDatum": {"type": "Property", "value": "NAP"},
            "verticalDatumStatus": {"type": "Property", "value": "declared"},
        }


def test_location_is_the_footprint_in_degrees_counterclockwise() -> None:
    location = _map(_feature()).entity["location"]
    (ring,) = location["value"]["coordinates"]
    assert location["accuracy"] == {"type": "Property", "value": 1.0, "unitCode": "MTR"}
    assert ring[0] == ring[-1]
    geod = Geod(ellps="WGS84")
    area, perimeter = geod.polygon_area_perimeter(*zip(*ring, strict=True))
    # RD's scale is 0.9999079 at its centre, so the ground measures a little more than the map.
    assert area == pytest.approx(200 / 0.9999079**2, rel=1e-5)  # positive: counterclockwise
    assert perimeter == pytest.approx(60 / 0.9999079, rel=1e-5)
    assert min(geod.inv(*corner, 5.387203657, 52.155172897)[2] for corner in ring) < 0.25


def test_solids_keep_their_crs_and_the_sources_integers() -> None:
    geometry = _map(_feature()).entity["solidGeometry"]
    assert geometry["type"] == "JsonProperty"
    body = geometry["json"]
    assert body["crs"] == "https://www.opengis.net/def/crs/EPSG/0/7415"
    assert body["transform"] == {"scale": [0.001, 0.001, 0.001], "translate": [155000.0, 463000.0, 1.5]}
    (lod,) = body["lods"]
    corners = [[lod["vertices"][index] for index in surface[0]] for surface in lod["boundaries"][0]]
    assert corners == [[BLOCK[index] for index in surface[0]] for surface in SIDES]
    assert (lod["object"], lod["lod"], lod["type"]) == ("{A-1}", "2", "Solid")


def test_an_assumed_datum_is_marked_and_reported() -> None:
    document = _document()
    document["metadata"]["referenceSystem"] = "urn:ogc:def:crs:EPSG::28992"
    feature = load(json.dumps(document).encode()).features[0]
    assumed = _map(feature)
    assert assumed.entity["ridgeHeight"]["verticalDatumStatus"]["value"] == "assumed"
    assert assumed.entity["solidGeometry"]["json"]["verticalDatumStatus"] == "assumed"
    assert [(loss.kind, loss.path) for loss in assumed.losses] == [(LossKind.DEFAULTED, "/metadata/referenceSystem")]
    crs = solid_crs(assumed.entity)
    assert (crs.horizontal, crs.vertical.name, crs.vertical.status) == (28992, "NAP", DatumStatus.ASSUMED)
    unknown = _map(feature, FeatureMapping(DATASET))
    assert unknown.entity["ridgeHeight"]["verticalDatum"]["value"] == "unknown"
    assert solid_crs(unknown.entity).vertical.status is DatumStatus.UNKNOWN
    assert solid_crs(_map(_feature()).entity).vertical.status is DatumStatus.DECLARED


def test_a_missing_crs_is_assumed_and_reported_or_else_refused() -> None:
    document = _document()
    del document["metadata"]
    feature = load(json.dumps(document).encode()).features[0]
    assumed = _map(feature, FeatureMapping(DATASET, assumed_crs="EPSG:7415"))
    assert assumed.entity["solidGeometry"]["json"]["crs"] == "https://www.opengis.net/def/crs/EPSG/0/7415"
    assert [loss.kind for loss in assumed.losses] == [LossKind.DEFAULTED]
    with pytest.raises(CrsError, match="no CRS is assumed"):
        to_entity(feature, ID, MAPPING)


@pytest.mark.parametrize("name", ["EPSG:4979", "EPSG:2263", "EPSG:999999", "somewhere"])
def test_a_crs_that_solids_cannot_stand_in_is_refused(name: str) -> None:
    document = _document()
    document["metadata"]["referenceSystem"] = name
    with pytest.raises(CrsError):
        to_entity(load(json.dumps(document).encode()).features[0], ID, MAPPING)


def test_attributes_become_properties_with_units_where_known() -> None:
    source = {"measuredHeight": 6.0, "storeys": 2, "rented": False, "tags": ["a", "b"], "h_dak": 5.5, "name": "Haven"}
    mapping = FeatureMapping(DATASET, units={"h_dak": "MTR", "name": "MTR"})
    entity = _map(_feature(attributes=source), mapping).entity
    assert entity["measuredHeight"] == {"type": "Property", "value": 6.0, "unitCode": "MTR"}
    assert entity["h_dak"]["unitCode"] == "MTR"
    assert entity["storeys"] == {"type": "Property", "value": 2}
    assert entity["rented"] == {"type": "Property", "value": False}
    assert entity["tags"] == {"type": "Property", "value": ["a", "b"]}
    assert entity["name"] == {"type": "Property", "value": "Haven"}


def test_structured_attributes_are_kept_from_json_ld() -> None:
    source = {"owner": {"@id": "x", "type": "y"}, "matrix": [[1, 2], [3, 4]], "gaps": [1, None], "none": []}
    entity = _map(_feature(attributes=source)).entity
    for name, value in source.items():
        assert entity[name] == {"type": "JsonProperty", "json": value}


def test_names_that_ngsi_ld_forbids_or_that_are_taken_are_rewritten_and_come_back() -> None:
    source = {
        "id": 1,
        "location": "Havenstraat",
        "ridgeHeight": 99,
        "val3dity-codes": "[]",
        "val3dity codes": "()",
        "1st": True,
        "": "nameless",
        "source_x": 1,
        "@type": "z",
        "Höhe": 3,
    }
    mapped = _map(_feature(attributes=source))
    assert mapped.entity["ridgeHeight"]["value"] == 7.5
    assert mapped.entity["source_ridgeHeight"]["value"] == 99
    assert mapped.entity["source_id"]["sourceName"] == {"type": "Property", "value": "id"}
    assert mapped.entity["Höhe"] == {"type": "Property", "value": 3}
    assert to_feature(mapped.entity).root.attributes == source
    assert mapped.losses == ()


def test_null_and_integers_beyond_json_are_losses() -> None:
    mapped = _map(_feature(attributes={"nothing": None, "big": 2**53, "deep": {"a/b": [-(2**60)]}}))
    assert "nothing" not in mapped.entity
    assert mapped.entity["big"]["value"] == str(2**53)
    assert mapped.entity["deep"]["json"] == {"a/b": [str(-(2**60))]}
    at = "/CityObjects/{A-1}/attributes"
    assert [(loss.kind, loss.path) for loss in mapped.losses] == [
        (LossKind.DROPPED, f"{at}/nothing"),
        (LossKind.NARROWED, f"{at}/big"),
        (LossKind.NARROWED, f"{at}/deep/a~1b/0"),
    ]
    canonical(mapped.entity)


def test_what_the_entity_has_no_place_for_is_reported() -> None:
    texture = {"x": {"values": [[[[None]]]]}}
    geometry = [{**_document()["CityObjects"]["{A-1}"]["geometry"][0], "texture": texture}]
    mapped = _map(
        _feature(
            geometry=geometry,
            address=[{"ThoroughfareName": "Havenstraat"}],
            geographicalExtent=[0, 0, 0, 1, 1, 1],
            **{"+energy": {"label": "A"}},
        )
    )
    assert [(loss.kind, loss.path) for loss in mapped.losses] == [
        (LossKind.DROPPED, "/CityObjects/{A-1}/geographicalExtent"),
        (LossKind.UNMAPPED, "/CityObjects/{A-1}/+energy"),
        (LossKind.DROPPED, "/CityObjects/{A-1}/geometry/0/texture"),
    ]
    assert mapped.entity["address"] == {"type": "JsonProperty", "json": [{"ThoroughfareName": "Havenstraat"}]}
    assert to_feature(mapped.entity).root.other == {"address": [{"ThoroughfareName": "Havenstraat"}]}


def test_invalid_geometry_is_flagged_by_object_and_level_not_dropped() -> None:
    document = _document()
    del document["CityObjects"]["{A-1}"]["geometry"][0]["boundaries"][0][5]
    del document["CityObjects"]["{A-1}"]["geometry"][0]["semantics"]["values"][0][5]
    mapped = _map(load(json.dumps(document).encode()).features[0])
    assert not mapped.valid
    (flag,) = mapped.entity["validity"]["json"]["flags"]
    assert (flag["object"], flag["lod"], flag["fault"], flag["count"]) == ("{A-1}", "2", "SHELL_NOT_CLOSED", 1)
    assert len(mapped.entity["solidGeometry"]["json"]["lods"][0]["boundaries"][0]) == 5
    assert _map(_feature()).entity["validity"]["json"] == {"valid": True, "flags": []}


def test_parts_keep_their_own_attributes_and_come_back_in_order() -> None:
    document = _document()
    root = document["CityObjects"]["{A-1}"]
    solid = root.pop("geometry")
    root["children"] = ["b", "a"]
    document["CityObjects"]["a"] = {"type": "BuildingPart", "parents": ["{A-1}"], "geometry": solid}
    document["CityObjects"]["b"] = {"type": "BuildingPart", "parents": ["{A-1}"], "attributes": {"n": 1}, "+x": 7}
    feature = load(json.dumps(document).encode()).features[0]
    mapped = _map(feature)
    assert [part["id"] for part in mapped.entity["parts"]["json"]] == ["b", "a"]
    assert mapped.entity["ridgeHeight"]["value"] == 7.5
    back = to_feature(json.loads(json.dumps(mapped.entity)))
    assert back.objects == feature.objects
    assert (back.quantized == feature.quantized).all()


def test_a_tree_is_found_at_a_point() -> None:
    geometry = [{"type": "MultiPoint", "lod": "1", "boundaries": [0]}]
    mapped = _map(_feature(type="SolitaryVegetationObject", geometry=geometry))
    assert mapped.entity["type"] == "SolitaryVegetationObject"
    assert mapped.entity["location"]["value"]["type"] == "Point"
    assert "ridgeHeight" not in mapped.entity
    assert [loss.kind for loss in mapped.losses] == [LossKind.NARROWED]


def test_a_feature_without_geometry_has_no_place_and_says_so() -> None:
    mapped = _map(_feature(geometry=[]))
    assert "location" not in mapped.entity
    assert "solidGeometry" not in mapped.entity
    assert [loss.kind for loss in mapped.losses] == [LossKind.UNMAPPED]
    assert to_feature(mapped.entity).root.type == "Building"


def test_extension_types_come_back_with_their_sign() -> None:
    mapped = _map(_feature(type="+NoiseWall"))
    assert mapped.entity["type"] == "NoiseWall"
    assert to_feature(mapped.entity).root.type == "+NoiseWall"
    odd = _map(_feature(type="+Noise wall!"))
    assert [loss.kind for loss in odd.losses] == [LossKind.NARROWED]


def test_stable_urns_depend_on_data_set_and_source_id_alone() -> None:
    urn = stable_urn("marewijk.example", DATASET, "Building", "{A-1}")
    assert urn == stable_urn("marewijk.example", DATASET, "Building", "{A-1}")
    assert urn.startswith("urn:hanse:marewijk.example:building:")
    assert urn != stable_urn("marewijk.example", DATASET + "2", "Building", "{A-1}")
    assert urn != stable_urn("marewijk.example", DATASET, "Building", "{A-2}")


def test_the_digest_sees_content_not_order() -> None:
    entity = _map(_feature()).entity
    turned = dict(reversed(entity.items()))
    assert canonical(entity) == canonical(turned)
    assert digest(entity) == digest(turned)
    turned["sourceId"] = {"type": "Property", "value": "{A-2}"}
    assert digest(entity) != digest(turned)


def test_solids_of_the_restored_feature_are_the_same_solids() -> None:
    feature = _feature()
    ((_, before),), ((_, after),) = solids(feature), solids(to_feature(_map(feature).entity))
    assert [surface.semantic for surface in before.surfaces] == [surface.semantic for surface in after.surfaces]
    assert (before.used() == after.used()).all()


def test_the_way_back_names_what_it_leaves() -> None:
    entity = _map(_feature(attributes={"storeys": 2})).entity
    assert [loss.path for loss in restore_losses(entity)] == ["/dataset"]
    entity["storeys"]["observedAt"] = "2026-01-01T00:00:00Z"
    entity["name"] = {"type": "LanguageProperty", "languageMap": {"nl": "Haven"}}
    assert [(loss.kind, loss.path) for loss in restore_losses(entity)] == [
        (LossKind.DROPPED, "/dataset"),
        (LossKind.UNMAPPED, "/name"),
        (LossKind.DROPPED, "/storeys/observedAt"),
    ]
    assert to_feature(entity).root.attributes == {"storeys": 2}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("sourceId",), None, "/sourceId/value"),
        (("solidGeometry", "json"), [], "/solidGeometry/json"),
        (("solidGeometry", "json", "lods"), {}, "lods must be an array"),
        (("solidGeometry", "json", "lods", 0, "type"), "Cube", "/lods/0"),
        (("solidGeometry", "json", "lods", 0, "type"), [], "/lods/0"),
        (("solidGeometry", "json", "lods", 0, "object"), "who", "/lods/0 must name an object"),
        (("solidGeometry", "json", "lods", 0, "object"), ["who"], "/lods/0 must name an object"),
        (("solidGeometry", "json", "lods", 0, "vertices"), [[1, 2, 3]], "its 1 vertices"),
        (("solidGeometry", "json", "lods", 0, "vertices", 0), [1, 2], "/vertices/0"),
        (("solidGeometry", "json", "lods", 0, "vertices", 0), [1, 2, 0.5], "fractions"),
        (("solidGeometry", "json", "lods", 0, "boundaries"), [[0]], "nested arrays"),
        (("solidGeometry", "json", "transform"), {}, "/transform/scale"),
        (("solidGeometry", "json", "semantics"), 0, ""),
        (("parts",), {"type": "JsonProperty", "json": [{"id": "{A-1}"}]}, "/parts/json/0"),
        (("parts",), {"type": "JsonProperty", "json": [{"id": "b", "type": "Castle", "parents": []}]}, "."),
    ],
)
def test_a_broken_entity_is_refused_in_a_sentence(path: tuple[str | int, ...], value: Json, message: str) -> None:
    entity = copy.deepcopy(_map(_feature()).entity)
    node: Json = entity
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    if not message:
        to_feature(entity)
        return
    with pytest.raises(NgsiLdError, match=message):
        to_feature(entity)
