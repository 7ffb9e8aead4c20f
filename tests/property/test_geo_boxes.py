# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What must hold of any box-shaped house, wherever it stands and however it is turned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.geo import Crs, Solid, Surface, check, distance, footprint, ground_height, ridge_height

RD = Crs.parse("EPSG:7415")
SIDES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
NAMES = ("GroundSurface", "RoofSurface", "WallSurface", "WallSurface", "WallSurface", "WallSurface")
metres = st.floats(0.5, 200)
angle = st.floats(0, 2 * math.pi)
place = st.tuples(st.floats(13_000, 277_000), st.floats(307_000, 618_000), st.floats(-6, 320))


def _house(size: tuple[float, float, float], turn: float, at: tuple[float, float, float]) -> Solid:
    corners = np.array([(x, y, z) for z in (0, 1) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]) * size
    rotation = np.array([(math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))])
    corners[:, :2] = corners[:, :2] @ rotation.T
    surfaces = tuple(Surface((side,), name) for side, name in zip(SIDES, NAMES, strict=True))
    return Solid(corners + at, (surfaces,), closed=True, lod="2")


@given(st.tuples(metres, metres, metres), angle, place)
def test_a_box_is_valid_with_the_area_and_heights_it_was_made_with(
    size: tuple[float, float, float], turn: float, at: tuple[float, float, float]
) -> None:
    house = _house(size, turn, at)
    assert check(house) == []
    assert footprint([house]).area == pytest.approx(size[0] * size[1], rel=1e-6)
    assert ground_height([house]) == pytest.approx(at[2])
    assert ridge_height([house]) == pytest.approx(at[2] + size[2])


@given(st.tuples(metres, metres, metres), angle, place, st.floats(0, 500))
def test_distance_is_symmetric_and_what_was_put_between(
    size: tuple[float, float, float], turn: float, at: tuple[float, float, float], gap: float
) -> None:
    along = np.array([math.cos(turn), math.sin(turn), 0.0]) * (size[0] + gap)
    a = footprint([_house(size, turn, at)])
    b = footprint([_house(size, turn, (at[0] + along[0], at[1] + along[1], at[2]))])
    assert distance(a, b, RD) == distance(b, a, RD)
    assert distance(a, b, RD) == pytest.approx(gap, abs=1e-6)
