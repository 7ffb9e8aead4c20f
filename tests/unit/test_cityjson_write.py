# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CityJSONSeq written: header, features, and grids that must fall together."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from hanse.cityjson import (
    CityJsonError,
    CityObject,
    Feature,
    Geometry,
    Header,
    Transform,
    load,
    write_sequence,
)

HEADER = Header(
    "1.1", Transform((0.001, 0.001, 0.001), (85000.0, 447000.0, 0.0)), "urn:ogc:def:crs:EPSG::7415", {"title": "Haven"}
)
GEOMETRY = Geometry("MultiSurface", "2", [[[0, 1, 2]]], {"surfaces": [{"type": "RoofSurface"}], "values": [0]})
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=np.int64)
FEATURE = Feature("a", {"a": CityObject("a", "Building", geometry=(GEOMETRY,))}, CORNERS, HEADER)


def _other(**header: object) -> Feature:
    objects = {"b": CityObject("b", "Building", geometry=(GEOMETRY,))}
    return Feature("b", objects, CORNERS, replace(HEADER, **header))  # type: ignore[arg-type]


def test_the_first_line_is_the_header_in_the_newest_version() -> None:
    first, second = (json.loads(line) for line in write_sequence([FEATURE]))
    assert (first["type"], first["version"], first["vertices"], first["CityObjects"]) == ("CityJSON", "2.0", [], {})
    assert first["metadata"] == {"title": "Haven", "referenceSystem": "urn:ogc:def:crs:EPSG::7415"}
    assert second["type"] == "CityJSONFeature"
    assert second["vertices"] == CORNERS.tolist()


def test_what_is_written_is_read_back() -> None:
    (back,) = load(b"".join(write_sequence([FEATURE]))).features
    assert back.objects == FEATURE.objects
    assert (back.quantized == FEATURE.quantized).all()
    assert back.crs == FEATURE.crs


def test_another_grid_that_falls_together_is_shifted_exactly() -> None:
    moved = _other(transform=Transform((0.001, 0.001, 0.001), (85001.5, 446999.0, -0.001)))
    lines = [json.loads(line) for line in write_sequence([FEATURE, moved])]
    assert lines[2]["vertices"][0] == [1500, -1000, -1]
    assert np.allclose(load(b"".join(write_sequence([FEATURE, moved]))).features[1].vertices, moved.vertices)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"transform": Transform((0.01, 0.01, 0.01), (85000.0, 447000.0, 0.0))}, "rounded"),
        ({"transform": Transform((0.001, 0.001, 0.001), (85000.0005, 447000.0, 0.0))}, "rounded"),
        ({"crs": "urn:ogc:def:crs:EPSG::25832"}, "one sequence for each reference system"),
    ],
)
def test_features_that_cannot_share_a_header_exactly_are_refused(header: dict[str, object], message: str) -> None:
    with pytest.raises(CityJsonError, match=message):
        list(write_sequence([FEATURE, _other(**header)]))


def test_a_sequence_of_nothing_is_its_header() -> None:
    lines = list(write_sequence([]))
    assert [(held["type"], held["version"]) for held in map(json.loads, lines)] == [("CityJSON", "2.0")]
    back = load(b"".join(lines))
    assert (list(back.features), list(back.refused)) == ([], [])


def _apart(scale: float, translate: float, key: str, *, bare: bool = False) -> Feature:
    document = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [scale] * 3, "translate": [translate] * 3},
        "metadata": {} if bare else {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": {
            key: {
                "type": "Building",
                "geometry": [] if bare else [{"type": "MultiPoint", "lod": "1", "boundaries": [0]}],
            }
        },
        "vertices": [] if bare else [[123456, 7, 8]],
    }
    (feature,) = load(json.dumps(document).encode()).features
    return feature


def test_a_feature_without_vertices_goes_with_any_header() -> None:
    bare, placed = _apart(1.0, 0.0, "bare", bare=True), _apart(0.001, 85_000.0, "placed")
    for features in ([bare, placed], [placed, bare]):
        lines = list(write_sequence(features))
        assert [feature.id for feature in load(b"".join(lines)).features] == [feature.id for feature in features]
        assert json.loads(lines[0])["transform"]["scale"] == [0.001] * 3
    assert [feature.id for feature in load(b"".join(write_sequence([bare]))).features] == ["bare"]


def test_vertices_on_another_grid_are_moved_only_when_asked() -> None:
    one, other = _apart(0.001, 85_000.0, "one"), _apart(0.0004, 85_000.1234, "other")
    with pytest.raises(CityJsonError, match="rounded"):
        list(write_sequence([one, other]))
    _, back = load(b"".join(write_sequence([one, other], rounded=True))).features
    assert abs(back.vertices - other.vertices).max() <= 0.0005 + 1e-9
    (alone,) = load(b"".join(write_sequence([other], header=one.header, rounded=True))).features
    assert alone.transform == one.transform
    far = replace(other, quantized=other.quantized * 10**15)
    with pytest.raises(CityJsonError, match="too far"):
        list(write_sequence([one, far], rounded=True))
