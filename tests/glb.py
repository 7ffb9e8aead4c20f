# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A GLB file taken apart and held to the rules of glTF 2.0, clause by clause; knows nothing of how it was written."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

Json = Any
SIZES = {5123: ("<u2", 2), 5125: ("<u4", 4), 5126: ("<f4", 4)}
WIDTH = {"SCALAR": 1, "VEC3": 3}


def opened(data: bytes) -> tuple[Json, bytes]:
    """The JSON and the binary chunk, after the checks of section 4.4."""
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    chunks = []
    at = 12
    while at < len(data):
        size, kind = struct.unpack_from("<I4s", data, at)
        assert size % 4 == 0
        chunks.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size
    assert at == len(data)
    assert [kind for kind, _ in chunks] in ([b"JSON"], [b"JSON", b"BIN\0"])
    return json.loads(chunks[0][1]), chunks[1][1] if len(chunks) > 1 else b""


def read(document: Json, binary: bytes, number: int) -> np.ndarray[Any, Any]:
    """An accessor's values (n, width), after the checks of sections 3.6.1 and 3.6.2."""
    accessor = document["accessors"][number]
    view = document["bufferViews"][accessor["bufferView"]]
    kind, size = SIZES[accessor["componentType"]]
    width = WIDTH[accessor["type"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    assert start % size == 0
    assert accessor["count"] > 0
    length = accessor["count"] * width * size
    assert accessor.get("byteOffset", 0) + length <= view["byteLength"]
    assert view["byteOffset"] + view["byteLength"] <= document["buffers"][view["buffer"]]["byteLength"] <= len(binary)
    return np.frombuffer(binary[start : start + length], dtype=kind).reshape(-1, width)


def check(data: bytes) -> Json:
    """The document, all of whose meshes were looked through."""
    document, binary = opened(data)
    assert document["asset"]["version"] == "2.0"
    for name in ("meshes", "accessors", "bufferViews", "buffers", "nodes", "materials"):
        assert document.get(name) != []
    for mesh in document.get("meshes", []):
        assert mesh["primitives"]
        for primitive in mesh["primitives"]:
            position = document["accessors"][primitive["attributes"]["POSITION"]]
            points = read(document, binary, primitive["attributes"]["POSITION"])
            assert position["min"] == points.min(axis=0).tolist()
            assert position["max"] == points.max(axis=0).tolist()
            order = read(document, binary, primitive["indices"])
            assert len(order) % 3 == 0
            assert int(order.max()) < len(points)
            limit = np.iinfo(order.dtype).max
            assert int(order.max()) < limit
            assert 0 <= primitive["material"] < len(document["materials"])
    children = [child for node in document["nodes"] for child in node.get("children", [])]
    assert len(children) == len(set(children))
    assert all(0 <= child < len(document["nodes"]) for child in children)
    return document
