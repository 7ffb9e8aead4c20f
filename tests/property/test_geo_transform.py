# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""There and back is the identity: conversion of coordinates."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hanse.geo import Crs, transformer

RD = Crs.parse("EPSG:7415")
TARGETS = [Crs.parse(name) for name in ("EPSG:4979", "EPSG:25832+7837", "EPSG:4258", "EPSG:3035")]
MILLIMETRE = 0.001


def _coordinates() -> st.SearchStrategy[list[tuple[float, float, float]]]:
    """Points where RD is defined, with heights from polder to tower."""
    point = st.tuples(
        st.floats(12_000, 280_000), st.floats(305_000, 620_000), st.floats(-10, 350, allow_subnormal=False)
    )
    return st.lists(point, min_size=1, max_size=20)


@given(_coordinates(), st.sampled_from(TARGETS))
def test_there_and_back_is_within_a_millimetre(points: list[tuple[float, float, float]], target: Crs) -> None:
    there = transformer(RD, target)
    source = np.array(points)
    result = there.back()(there(source).coordinates).coordinates
    assert np.abs(result - source)[:, :2].max() < MILLIMETRE
    assert (result[:, 2] == source[:, 2]).all()


@given(_coordinates())
def test_conversion_leaves_its_input_alone(points: list[tuple[float, float, float]]) -> None:
    source = np.array(points)
    before = source.copy()
    transformer(RD, TARGETS[0])(source)
    assert (source == before).all()
