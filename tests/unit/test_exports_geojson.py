# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""GeoJSON as RFC 7946 wants it, with heights in the third place."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from pyproj import Geod
from shapely.geometry import shape as shaped

from hanse.cityjson import Feature, load
from hanse.exports import Shape, feature_geojson
from hanse.geo import Crs, CrsError
from hanse.ngsild import geojson

Json = Any
SIDES = [[[0, 3, 2, 1]], [[4, 5, 6, 7]], [[0, 1, 5, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 6]], [[3, 0, 4, 7]]]
KINDS = ["GroundSurface", "RoofSurface", "WallSurface", "WallSurface", "WallSurface", "WallSurface"]


def _feature(crs: str | None = "EPSG:7415", **attributes: Json) -> Feature:
    semantics = {
        "surfaces": [{"type": "GroundSurface"}, {"type": "RoofSurface"}, {"type": "WallSurface"}],
        "values": [[0, 1, 2, 2, 2, 2]],
    }
    solid = {"type": "Solid", "lod": "2", "boundaries": [SIDES], "semantics": semantics}
    plan = {"type": "MultiSurface", "lod": "0", "boundaries": [SIDES[0]]}
    document = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [155000.0, 463000.0, 1.5]},
        "metadata": {"referenceSystem": crs} if crs else {},
        "CityObjects": {"a": {"type": "Building", "attributes": attributes, "geometry": [plan, solid]}},
        "vertices": [[x, y, z] for z in (0, 6000) for x, y in ((0, 0), (20000, 0), (20000, 10000), (0, 10000))],
    }
    (feature,) = load(json.dumps(document).encode()).features
    return feature


def test_the_footprint_lies_at_the_height_of_the_ground() -> None:
    told = feature_geojson(_feature(naam="Huis"))
    assert (told["type"], told["id"], told["geometry"]["type"]) == ("Feature", "a", "Polygon")
    assert {position[2] for position in told["geometry"]["coordinates"][0]} == {1.5}
    assert told["properties"] == {
        "naam": "Huis",
        "objectType": "Building",
        "lod": "2",
        "verticalDatum": "NAP",
        "verticalDatumStatus": "declared",
    }
    area, _ = Geod(ellps="WGS84").geometry_area_perimeter(shaped(told["geometry"]))
    assert area == pytest.approx(200, rel=1e-3)  # positive: counterclockwise
    assert told["bbox"] == pytest.approx(
        # Amersfoort's tower is at 52.15517440 N, 5.38720621 E; 20 m east and 10 m north of it.
        [5.38720621, 52.15517440, 1.5, 5.38720621 + 20 / 68_430, 52.15517440 + 10 / 111_270, 1.5],
        abs=3e-6,
    )
    assert list(geojson.faults(told["geometry"])) == []


def test_the_plan_has_no_heights() -> None:
    told = feature_geojson(_feature(), shape=Shape.PLAN)
    assert {len(position) for position in told["geometry"]["coordinates"][0]} == {2}
    assert len(told["bbox"]) == 4


def test_surfaces_stand_in_space_each_with_its_type() -> None:
    told = feature_geojson(_feature(), shape=Shape.SURFACES)
    assert told["geometry"]["type"] == "MultiPolygon"
    assert told["properties"]["surfaceTypes"] == KINDS
    heights = [{position[2] for position in polygon[0]} for polygon in told["geometry"]["coordinates"]]
    assert heights == [{1.5}, {7.5}, *[{1.5, 7.5}] * 4]
    assert list(geojson.faults(told["geometry"])) == []
    assert (told["bbox"][2], told["bbox"][5]) == (1.5, 7.5)
    for polygon in told["geometry"]["coordinates"][:2]:
        assert shapely.LinearRing(polygon[0]).is_ccw
        assert polygon[0][0] == polygon[0][-1]


def test_attributes_do_not_hide_what_is_added() -> None:
    told = feature_geojson(_feature(objectType="house", lod=7))["properties"]
    assert (told["objectType"], told["source_objectType"]) == ("Building", "house")
    assert (told["lod"], told["source_lod"]) == ("2", 7)


def test_a_system_is_needed() -> None:
    with pytest.raises(CrsError, match="names no reference system"):
        feature_geojson(_feature(None))
    told = feature_geojson(_feature(None), crs=Crs.parse("EPSG:28992", assumed_vertical="NAP"))
    assert told["properties"]["verticalDatumStatus"] == "assumed"


def test_a_feature_without_area_has_no_geometry() -> None:
    document = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [0.0] * 3},
        "metadata": {"referenceSystem": "EPSG:7415"},
        "CityObjects": {"a": {"type": "Building"}},
        "vertices": [],
    }
    (feature,) = load(json.dumps(document).encode()).features
    for shape in Shape:
        told = feature_geojson(feature, shape=shape)
        assert told["geometry"] is None
        assert "bbox" not in told
