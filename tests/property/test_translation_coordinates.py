# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Coordinates there and back: within the grid's millimetre in plane, exactly the same in height."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.contracts import validate_document
from hanse.geo import Crs, CrsError
from hanse.translation.coordinates import convert_points, in_crs

EXAMPLE = Path(__file__).resolve().parents[2] / "contracts/hanse/contracts/twin/v1/examples/valid/building.json"
RD_NAP = Crs.parse("EPSG:7415")
TARGETS = [
    Crs.parse(name) for name in ("EPSG:28992", "EPSG:25831", "EPSG:25832", "EPSG:4326", "EPSG:3035", "EPSG:5555")
]
# Anywhere in the Netherlands, on any usual grid.
eastings = st.floats(20_000, 280_000)
northings = st.floats(310_000, 610_000)
scales = st.sampled_from([1.0, 0.01, 0.001, 0.0001])
offsets = st.lists(st.tuples(*[st.integers(-(10**6), 10**6)] * 3), min_size=1, max_size=20)
heights = st.floats(-10, 400) | st.just(float("nan"))


def positions(solid: dict[str, Any]) -> Any:
    transform = solid["transform"]
    table = np.concatenate([np.array(lod["vertices"], dtype=np.int64).reshape(-1, 3) for lod in solid["lods"]])
    return table * transform["scale"] + np.array(transform["translate"])


@settings(max_examples=60, deadline=None)
@given(eastings, northings, scales, offsets, st.sampled_from(TARGETS))
def test_solids_come_back(x: float, y: float, scale: float, vertices: list[tuple[int, int, int]], target: Crs) -> None:
    entity = json.loads(EXAMPLE.read_bytes())
    solid = entity["solidGeometry"]["json"]
    small = [[round(number * 1e-3 / scale) for number in vertex] for vertex in vertices]
    solid["transform"] = {"scale": [scale] * 3, "translate": [x, y, 0.25]}
    solid["lods"] = [
        {"object": "a", "lod": "1", "type": "MultiPoint", "vertices": part, "boundaries": [0]}
        for part in (small, small[:1])
    ]
    there, _ = in_crs(entity, target)
    back, _ = in_crs(there, RD_NAP)
    assert validate_document(there, "twin/v1", "entity") == []
    before, after = positions(solid), positions(back["solidGeometry"]["json"])
    assert np.abs(before[:, :2] - after[:, :2]).max() <= 0.002
    assert (before[:, 2] == after[:, 2]).all()
    assert back["solidGeometry"]["json"]["verticalDatum"] == "NAP"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(eastings, northings, heights), max_size=10), st.sampled_from(TARGETS))
def test_points_are_projs_and_heights_stay(points: list[tuple[float, float, float]], target: Crs) -> None:
    flat = [number for point in points for number in point]
    made = np.array(convert_points(flat, RD_NAP, target).coordinates).reshape(-1, 3)
    given_ = np.array(flat).reshape(-1, 3)
    assert np.array_equal(made[:, 2], given_[:, 2], equal_nan=True)
    if points and target.horizontal != RD_NAP.horizontal:
        x, y = pyproj.Transformer.from_crs(28992, target.horizontal, always_xy=True).transform(
            given_[:, 0], given_[:, 1]
        )
        assert np.allclose(made[:, 0], x, rtol=0, atol=1e-6)
        assert np.allclose(made[:, 1], y, rtol=0, atol=1e-6)


def test_nothing_is_said_of_heights_that_are_not_there() -> None:
    nan = float("nan")
    assert convert_points([85_000, 445_000, nan], RD_NAP, Crs.parse("EPSG:5555")).height_note == ""
    assert "not converted" in convert_points([85_000, 445_000, 3.0], RD_NAP, Crs.parse("EPSG:5555")).height_note


@pytest.mark.parametrize(
    "points",
    [
        [1.0],
        [1.0, 2.0],
        [float("nan"), 1.0, 1.0],
        [85_000.0, 445_000.0, float("inf")],
        [1e9, 1e9, 0.0],
        [85.0, 5e6, 0.0],
    ],
)
def test_what_is_no_point_is_refused(points: list[float]) -> None:
    with pytest.raises(CrsError):
        convert_points(points, RD_NAP, Crs.parse("EPSG:25832"))
