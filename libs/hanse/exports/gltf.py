# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Solids as binary glTF 2.0 (GLB): one node and mesh for each building, one primitive for each kind of surface.

glTF is right-handed with Y up and metres: east is +X, up is +Y, south is +Z. Positions are 32-bit, so each mesh is
placed by its node's translation from a local origin; that origin, in the source's CRS, is recorded in the extras of
the scene's root node, and adding it gives national coordinates back within a tenth of a millimetre.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hanse.cityjson import Feature, best_solids
from hanse.geo import Crs, Solid, triangles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Json = Any
Floats = NDArray[np.float64]
Colour = tuple[float, float, float, float]
# Linear red, green, blue and opacity by semantic type; "" is for everything else.
COLOURS: Mapping[str, Colour] = {
    "RoofSurface": (0.42, 0.07, 0.05, 1.0),
    "WallSurface": (0.60, 0.53, 0.42, 1.0),
    "GroundSurface": (0.22, 0.22, 0.20, 1.0),
    "Window": (0.15, 0.32, 0.45, 1.0),
    "Door": (0.20, 0.11, 0.05, 1.0),
    "WaterSurface": (0.05, 0.18, 0.38, 1.0),
    "": (0.55, 0.55, 0.55, 1.0),
}
_MAGIC, _VERSION = 0x46546C67, 2
_JSON, _BINARY = 0x4E4F534A, 0x004E4942
_SHORT, _INT, _FLOAT = 5123, 5125, 5126
_VERTICES, _INDICES = 34962, 34963
_MAX_SHORT = 65534  # 65535 restarts a primitive
_MAX_BYTES = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Model:
    """What becomes one node.

    Attributes:
        name: for people; viewers show it.
        solids: metres in one projected CRS; none gives a node without a mesh.
        extras: JSON that goes along, such as id and type.
    """

    name: str
    solids: Sequence[Solid]
    extras: Mapping[str, Json] = field(default_factory=dict)


def models(features: Iterable[Feature]) -> list[Model]:
    """Return one model for each feature: its most detailed solids, its id and type in the extras."""
    return [
        Model(feature.id, best_solids(feature), {"id": feature.id, "type": feature.root.type}) for feature in features
    ]


def write_glb(
    bodies: Iterable[Model],
    *,
    crs: Crs | None = None,
    origin: tuple[float, float, float] | None = None,
    colours: Mapping[str, Colour] = COLOURS,
) -> bytes:
    """Return a GLB file.

    Args:
        bodies: all in the same CRS.
        crs: recorded beside the origin.
        origin: easting, northing and height that become 0, 0, 0; by default the south-west corner of all, rounded
            down to a metre, at height 0, so that Y is the height in the source's vertical datum.
        colours: base colours by semantic surface type, "" for all others.

    Raises:
        ValueError: a vertex is not finite, or the file would exceed 4 GiB.
    """
    # Solids are let go one by one: of a city only the triangles are held.
    shapes = [(replace(body, solids=()), *_coloured(body, colours)) for body in bodies]
    placed = origin or _origin([corners for _, corners, _ in shapes])
    writer = _Writer({name: number for number, name in enumerate(sorted(colours))})
    nodes = [writer.node(body, corners, colour, placed) for body, corners, colour in shapes]
    recorded: dict[str, Json] = {"origin": list(placed)}
    if crs is not None:
        recorded |= {"crs": crs.uri, "verticalDatum": crs.vertical.name}
    root: dict[str, Json] = {"name": "city", "extras": recorded}
    if nodes:
        root["children"] = list(range(1, len(nodes) + 1))
    document: dict[str, Json] = {
        "asset": {"version": "2.0", "generator": "hanse"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [root, *nodes],
        "materials": [_material(name, colours[name]) for name in sorted(colours)],
    }
    return _packed(document, writer)


def _coloured(body: Model, colours: Mapping[str, Colour]) -> tuple[Floats, NDArray[np.str_]]:
    """Return a body's triangles (t, 3, 3) and the name of the colour of each."""
    corners, names = [np.empty((0, 3, 3))], [np.empty(0, dtype=np.str_)]
    for solid in body.solids:
        own, surface = triangles(solid)
        told = [s.semantic if s.semantic in colours else "" for s in solid.surfaces]
        corners.append(own)
        names.append(np.array(told, dtype=np.str_)[surface] if len(surface) else np.empty(0, dtype=np.str_))
    return np.concatenate(corners), np.concatenate(names)


def _origin(shapes: list[Floats]) -> tuple[float, float, float]:
    lows = [corners.min(axis=(0, 1)) for corners in shapes if len(corners)]
    if not lows:
        return 0.0, 0.0, 0.0
    low = np.floor(np.min(lows, axis=0))
    return float(low[0]), float(low[1]), 0.0


def _material(name: str, colour: Colour) -> dict[str, Json]:
    surface = {"baseColorFactor": list(colour), "metallicFactor": 0.0, "roughnessFactor": 1.0}
    result: dict[str, Json] = {"name": name or "other", "pbrMetallicRoughness": surface, "doubleSided": True}
    return result if colour[3] >= 1 else {**result, "alphaMode": "BLEND"}


class _Writer:
    """Collects meshes, accessors and the bytes that they point to."""

    def __init__(self, materials: Mapping[str, int]) -> None:
        self.materials = materials
        self.meshes: list[Json] = []
        self.accessors: list[Json] = []
        self.chunks: dict[int, list[bytes]] = {_FLOAT: [], _INT: [], _SHORT: []}
        self.sizes = dict.fromkeys(self.chunks, 0)

    def node(self, body: Model, corners: Floats, colour: NDArray[np.str_], origin: Sequence[float]) -> dict[str, Json]:
        node: dict[str, Json] = {"name": body.name, "extras": dict(body.extras)}
        if not len(corners):
            return node
        anchor = np.floor(corners.min(axis=(0, 1)))
        local = (corners - anchor).astype(np.float32)
        up = np.stack([local[..., 0], local[..., 2], -local[..., 1]], axis=-1)
        primitives = [self._primitive(up[colour == name], name) for name in np.unique(colour).tolist()]
        east, north, height = (anchor - np.array(origin)).tolist()
        node["translation"] = [east, height, -north]
        node["mesh"] = len(self.meshes)
        self.meshes.append({"primitives": primitives})  # unnamed: some readers trip over braces in names
        return node

    def _primitive(self, corners: NDArray[np.float32], name: str) -> dict[str, Json]:
        points, index = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
        short = len(points) <= _MAX_SHORT
        position = self._accessor(_FLOAT, points.astype("<f4").tobytes(), len(points), "VEC3")
        self.accessors[position] |= {"min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist()}
        indices = index.reshape(-1).astype("<u2" if short else "<u4").tobytes()
        order = self._accessor(_SHORT if short else _INT, indices, index.size, "SCALAR")
        return {
            "attributes": {"POSITION": position},
            "indices": order,
            "material": self.materials[name],
            "mode": 4,
            "extras": {"surface": name} if name else {},
        }

    def _accessor(self, component: int, data: bytes, count: int, kind: str) -> int:
        self.accessors.append(
            {
                "bufferView": component,  # becomes the view's number when all is known
                "byteOffset": self.sizes[component],
                "componentType": component,
                "count": count,
                "type": kind,
            }
        )
        self.chunks[component].append(data)
        self.sizes[component] += len(data)
        return len(self.accessors) - 1


def _packed(document: dict[str, Json], writer: _Writer) -> bytes:
    """Lay out the binary chunk, positions first, and put both chunks into one file (glTF 2.0 section 4.4)."""
    views: list[Json] = []
    number: dict[int, int] = {}
    size = 0
    for component, chunks in writer.chunks.items():
        if chunks:
            number[component] = len(views)
            target = _VERTICES if component == _FLOAT else _INDICES
            views.append({"buffer": 0, "byteOffset": size, "byteLength": writer.sizes[component], "target": target})
            size += writer.sizes[component]
    binary = b"".join(chunk for chunks in writer.chunks.values() for chunk in chunks)
    if views:
        accessors = [{**accessor, "bufferView": number[accessor["bufferView"]]} for accessor in writer.accessors]
        document |= {
            "meshes": writer.meshes,
            "accessors": accessors,
            "bufferViews": views,
            "buffers": [{"byteLength": len(binary)}],
        }
    told = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    body = _chunk(_JSON, told, b" ") + (_chunk(_BINARY, binary, b"\0") if views else b"")
    if len(body) + 12 > _MAX_BYTES:
        raise ValueError("a GLB file holds at most 4 GiB; write fewer buildings at once")
    return struct.pack("<III", _MAGIC, _VERSION, len(body) + 12) + body


def _chunk(kind: int, data: bytes, filler: bytes) -> bytes:
    padded = data + filler * (-len(data) % 4)
    return struct.pack("<II", len(padded), kind) + padded
