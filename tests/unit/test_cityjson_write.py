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


def test_nothing_gives_nothing() -> None:
    assert list(write_sequence([])) == []
