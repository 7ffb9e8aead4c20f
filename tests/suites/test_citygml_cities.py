# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Real CityGML: what another converter made of the same document is what is read here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hanse import citygml, cityjson

if TYPE_CHECKING:
    from pathlib import Path

Json = Any


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "data" / "payloads" / "citygml" / "citygml4j-samples" / "input" / "datasets"


def _places(feature: cityjson.Feature) -> Json:
    vertices = feature.vertices.tolist()

    def place(node: Json) -> Json:
        return [place(child) for child in node] if isinstance(node, list) else vertices[node]

    return [(one.type, one.lod, place(one.boundaries), one.semantics) for one in feature.root.geometry]


def test_a_hundred_buildings_are_those_of_citygml_tools(folder: Path) -> None:
    ours = citygml.load((folder / "lod2_buildings_v3.gml").read_bytes())
    theirs = {f.id: f for f in cityjson.load((folder / "lod2_buildings_v2.json").read_bytes()).features}
    assert ours.refused == ()
    assert [feature.id for feature in ours.features] == list(theirs)
    for feature in ours.features:
        same = theirs[feature.id]
        assert _places(feature) == _places(same)
        assert {name: value for name, value in feature.root.attributes.items() if name != "height"} == dict(
            same.root.attributes
        )
        assert feature.not_carried == ()


@pytest.mark.parametrize("name", ["lod2_test_ade_v2.gml", "test_ade_objects_v3.gml"])
def test_a_building_with_an_extension_keeps_what_is_standard(folder: Path, name: str) -> None:
    reading = citygml.load((folder / name).read_bytes())
    (feature,) = reading.features
    (refused,) = reading.refused
    assert "only buildings are" in refused.reason
    assert feature.root.attributes["measuredHeight"] == 5.0
    assert feature.root.other["address"][0]["PostalCodeNumber"] == "01234"
    assert feature.crs == "https://www.opengis.net/def/crs/EPSG/0/5555"
    (geometry,) = feature.root.geometry
    assert geometry.semantics is not None
    # Two of the roof's surfaces are of a type of the extension, which has no name in CityJSON.
    assert geometry.semantics["values"] == [[0, 1, 2, 3, 4, None, None]]
    assert len(feature.not_carried) >= 3
