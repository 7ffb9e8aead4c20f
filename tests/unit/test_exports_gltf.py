# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""GLB held to the specification clause by clause, and read back by another implementation."""

from __future__ import annotations

import io
from dataclasses import replace

import glb
import numpy as np
import pytest
import trimesh
from solids import NAMES, ORIGIN, block, there

from hanse.exports import COLOURS, Model, write_glb
from hanse.geo import Crs, Solid, Surface

RD = Crs.parse("EPSG:7415")
HOUSE = Model("Huis é", [block((10, 8, 6))], {"id": "NL.1", "type": "Building"})
TOWER = Model("Tower", [block((5, 5, 40), (100, 50, 0)), block((2, 2, 3), (101, 51, 40))], {"id": "NL.2"})


def _read(data: bytes) -> trimesh.Scene:
    scene = trimesh.load_scene(io.BytesIO(data), file_type="glb")
    assert isinstance(scene, trimesh.Scene)
    return scene


def _placed(scene: trimesh.Scene, name: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Corners of a node's meshes in the scene, as another reader places them."""
    found = []
    for node in scene.graph.nodes_geometry:
        if scene.graph.transforms.parents.get(node) == name or node == name:
            matrix, mesh = scene.graph[node]
            found.append(trimesh.transform_points(scene.geometry[mesh].vertices, matrix))
    return np.concatenate(found)


def test_a_scene_keeps_to_the_specification() -> None:
    document = glb.check(write_glb([HOUSE, TOWER], crs=RD))
    root, *nodes = document["nodes"]
    assert document["scenes"][document["scene"]]["nodes"] == [0]
    assert root["children"] == [1, 2]
    assert root["extras"] == {
        "origin": [85_000.0, 447_000.0, 0.0],
        "crs": "https://www.opengis.net/def/crs/EPSG/0/7415",
        "verticalDatum": "NAP",
    }
    assert [(node["name"], node["extras"]) for node in nodes] == [
        ("Huis é", {"id": "NL.1", "type": "Building"}),
        ("Tower", {"id": "NL.2"}),
    ]


def test_each_kind_of_surface_has_its_colour() -> None:
    document = glb.check(write_glb([HOUSE]))
    told = {
        primitive["extras"]["surface"]: document["materials"][primitive["material"]]
        for primitive in document["meshes"][0]["primitives"]
    }
    assert told.keys() == set(NAMES)
    for name, material in told.items():
        assert material["name"] == name
        assert material["pbrMetallicRoughness"]["baseColorFactor"] == list(COLOURS[name])


def test_another_reader_finds_the_buildings_where_they_stand_with_y_up() -> None:
    scene = _read(write_glb([HOUSE, TOWER], crs=RD))
    low, high = scene.bounds
    assert low.tolist() == pytest.approx([0, 1, -55])
    assert high.tolist() == pytest.approx([105, 44, 0])
    assert sum(len(mesh.faces) for mesh in scene.geometry.values()) == 36
    house = _placed(scene, "Huis é")
    assert house.min(axis=0).tolist() == pytest.approx([0, 1, -8])
    assert house.max(axis=0).tolist() == pytest.approx([10, 7, 0])


def test_another_reader_finds_volume_and_outward_surfaces() -> None:
    scene = _read(write_glb([HOUSE]))
    whole = scene.to_geometry()
    assert isinstance(whole, trimesh.Trimesh)
    whole.merge_vertices(merge_norm=True, merge_tex=True)
    assert whole.is_watertight
    assert whole.volume == pytest.approx(480)


def test_national_coordinates_come_back_from_origin_and_translation() -> None:
    odd = block((10.123, 8.456, 6.789), (1234.567, 8765.432, 3.21))
    data = write_glb([HOUSE, Model("odd", [odd])])
    document = glb.check(data)
    east, north, height = document["nodes"][0]["extras"]["origin"]
    corners = _placed(_read(data), "odd")
    places = np.column_stack([corners[:, 0] + east, north - corners[:, 2], corners[:, 1] + height])
    assert places.min(axis=0) == pytest.approx(odd.vertices.min(axis=0), abs=1e-4)
    assert places.max(axis=0) == pytest.approx(odd.vertices.max(axis=0), abs=1e-4)


def test_an_origin_and_colours_of_ones_own() -> None:
    data = write_glb([HOUSE], origin=there(5, 4, 0), colours={"RoofSurface": (1, 0, 0, 0.5), "": (1, 1, 1, 1)})
    document = glb.check(data)
    assert [material["name"] for material in document["materials"]] == ["other", "RoofSurface"]
    assert document["materials"][1]["alphaMode"] == "BLEND"
    assert _read(data).bounds.tolist() == [[-5, 0, -4], [5, 6, 4]]


def test_many_vertices_take_wide_indices() -> None:
    n = 300
    x, y = np.meshgrid(np.arange(n), np.arange(n))
    vertices = np.column_stack([x.ravel(), y.ravel(), np.zeros(n * n)]) + np.array(ORIGIN)
    first = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    shell = tuple(Surface(((i, i + 1, i + n + 1),)) for i in first.tolist())
    data = write_glb([Model("terrain", [Solid(vertices, (shell,))]), HOUSE])
    document = glb.check(data)
    assert {accessor["componentType"] for accessor in document["accessors"]} == {5123, 5125, 5126}
    assert sum(len(mesh.faces) for mesh in _read(data).geometry.values()) == len(shell) + 12


def test_nothing_to_show_is_still_a_file() -> None:
    assert "meshes" not in glb.check(write_glb([]))
    document = glb.check(write_glb([Model("only a name", [])]))
    assert document["nodes"][1] == {"name": "only a name", "extras": {}}


def test_a_vertex_that_is_no_number_is_refused() -> None:
    broken = replace(HOUSE.solids[0], vertices=HOUSE.solids[0].vertices * np.nan)
    with pytest.raises(ValueError, match="finite"):
        write_glb([Model("broken", [broken])])
