# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Whatever surfaces a body is made of, its GLB keeps to the specification and its corners come back."""

from __future__ import annotations

import glb
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.exports import Model, write_glb
from hanse.geo import Solid, Surface, triangles

places = st.tuples(st.floats(13_000, 14_000), st.floats(307_000, 308_000), st.floats(-6, 320))
names = st.sampled_from([None, "RoofSurface", "WallSurface", "SomethingElse"])


@st.composite
def solids(draw: st.DrawFn) -> Solid:
    vertices = draw(st.lists(places, min_size=3, max_size=10))
    ring = st.lists(st.integers(0, len(vertices) - 1), max_size=6).map(tuple)
    surfaces = draw(st.lists(st.builds(Surface, st.lists(ring, max_size=2).map(tuple), names), max_size=5))
    return Solid(np.array(vertices), (tuple(surfaces),))


@settings(deadline=None)
@given(st.lists(st.lists(solids(), max_size=3), max_size=4))
def test_any_surfaces_make_a_proper_file(bodies: list[list[Solid]]) -> None:
    data = write_glb([Model(str(number), held, {"id": number}) for number, held in enumerate(bodies)])
    document = glb.check(data)
    _, binary = glb.opened(data)
    origin = np.array(document["nodes"][0]["extras"]["origin"])
    for node, held in zip(document["nodes"][1:], bodies, strict=True):
        corners = np.concatenate([np.empty((0, 3, 3)), *(triangles(solid)[0] for solid in held)])
        assert ("mesh" in node) is bool(len(corners))
        if "mesh" in node:
            told = []
            for primitive in document["meshes"][node["mesh"]]["primitives"]:
                points = glb.read(document, binary, primitive["attributes"]["POSITION"]).astype(np.float64)
                told.append(points[glb.read(document, binary, primitive["indices"])[:, 0]])
            x, y, z = (np.concatenate(told) + node["translation"]).T
            back = np.column_stack([x, -z, y]) + origin
            assert len(back) == 3 * len(corners)
            assert np.abs(np.sort(back, axis=0) - np.sort(corners.reshape(-1, 3), axis=0)).max() < 1e-4
