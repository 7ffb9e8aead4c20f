# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Real cities as GLB and GeoJSON: every building, where it stands, as high as it is, by another reader's account."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import glb
import numpy as np
import pytest
import shapely
import trimesh
from shapely.geometry import shape as shaped

from hanse.cityjson import best_solids, load
from hanse.exports import Shape, feature_geojson, models, write_glb
from hanse.geo import Crs, Scene, ridge_height

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.cityjson import Feature

RD = Crs.parse("EPSG:7415")
CITIES = ["rotterdam_3-20-DELFSHAVEN.city.json", "denhaag_01.city.json"]


@pytest.fixture(scope="module", params=CITIES)
def city(request: pytest.FixtureRequest, shared_data: Path) -> tuple[Feature, ...]:
    return load((shared_data / "data" / "cityjson" / request.param).read_bytes()).features


def test_a_city_as_glb(city: tuple[Feature, ...]) -> None:
    data = write_glb(models(city), crs=RD)
    document = glb.check(data)
    assert [node["extras"]["id"] for node in document["nodes"][1:]] == [feature.id for feature in city]
    assert len(document["meshes"]) == sum(bool(best_solids(feature)) for feature in city)
    scene = trimesh.load_scene(io.BytesIO(data), file_type="glb")
    told = Scene.of(best_solids(feature) for feature in city)
    assert sum(len(mesh.faces) for mesh in scene.geometry.values()) == len(told.corners)
    east, north, _ = document["nodes"][0]["extras"]["origin"]
    low, high = told.low.min(axis=0), told.high.max(axis=0)
    assert scene.bounds[0] == pytest.approx(np.array([low[0] - east, low[2], north - high[1]]), abs=1e-3)
    assert scene.bounds[1] == pytest.approx(np.array([high[0] - east, high[2], north - low[1]]), abs=1e-3)


@pytest.mark.parametrize("form", [Shape.PLAN, Shape.SURFACES])
def test_a_city_as_geojson(city: tuple[Feature, ...], form: Shape) -> None:
    for feature in city:
        told = json.loads(json.dumps(feature_geojson(feature, shape=form, crs=RD), allow_nan=False))
        assert told["id"] == feature.id
        place = shaped(told["geometry"])
        assert shapely.box(4.2, 51.8, 4.6, 52.2).contains(shapely.box(*place.bounds))
        if form is Shape.SURFACES:
            assert place.has_z
            assert told["bbox"][5] == pytest.approx(ridge_height(best_solids(feature)), abs=1e-4)
