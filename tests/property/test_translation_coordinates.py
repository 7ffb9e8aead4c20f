# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Coordinates there and back: within the grid's millimetre in plane; solids exactly the same in height."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.contracts import validate_document
from hanse.geo import Crs, CrsError, DatumStatus
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
    if target.vertical.status is DatumStatus.UNKNOWN:
        assert np.array_equal(made[:, 2], given_[:, 2], equal_nan=True)
    assert np.array_equal(np.isnan(made[:, 2]), np.isnan(given_[:, 2]))
    if points and target.horizontal != RD_NAP.horizontal:
        x, y = pyproj.Transformer.from_crs(28992, target.horizontal, always_xy=True).transform(
            given_[:, 0], given_[:, 1]
        )
        assert np.allclose(made[:, 0], x, rtol=0, atol=1e-6)
        assert np.allclose(made[:, 1], y, rtol=0, atol=1e-6)


def test_nothing_is_said_of_heights_that_are_not_there() -> None:
    nan = float("nan")
    assert convert_points([85_000, 445_000, nan], RD_NAP, Crs.parse("EPSG:5555")).height_note == ""
    assert convert_points([85_000, 445_000, 3.0], RD_NAP, RD_NAP).height_note == ""


# Belgium counts from low tide, about 2.31 m below NAP; Germany's DHHN92 zero lies some 2 cm above NAP's (EVRS, BKG).
@pytest.mark.parametrize(
    ("target", "place", "higher"),
    [("EPSG:31370+5710", [120_000, 390_000], 2.31), ("EPSG:5555", [250_000, 470_000], -0.02)],
)
def test_heights_are_converted_across_the_border_and_back(target: str, place: list[float], higher: float) -> None:
    there = convert_points([*place, 10.0, *place, float("nan")], RD_NAP, Crs.parse(target))
    assert there.coordinates[2] == pytest.approx(10 + higher, abs=0.01)
    assert np.isnan(there.coordinates[5])
    assert re.match(
        r"heights were converted from NAP to (TAW|DHHN92) with an accuracy of 0\.\d+ m \(", there.height_note
    )
    back = convert_points(there.coordinates, Crs.parse(target), RD_NAP).coordinates
    assert back[:3] == pytest.approx([*place, 10.0], abs=0.001)
    assumed = convert_points([*place, 10.0], Crs.parse(28992, assumed_vertical="NAP"), Crs.parse(target))
    assert assumed.coordinates == there.coordinates[:3]
    assert "NAP (assumed, not declared)" in assumed.height_note


def test_heights_above_the_ellipsoid_are_never_those_above_nap() -> None:
    # NAP's zero at Amersfoort lies 43.2551 m above the ellipsoid (Kadaster's point 03), within 3 cm in every model.
    made = convert_points([155_000, 463_000, 12.5], RD_NAP, Crs.parse("EPSG:4979"))
    if "were converted" in made.height_note:  # where the grid is installed
        assert made.coordinates[2] == pytest.approx(12.5 + 43.2551, abs=0.03)
    else:
        assert made.coordinates[2] == 12.5
        assert "kept in NAP; they were not converted to ellipsoidal" in made.height_note


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
