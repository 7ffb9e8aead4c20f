# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Tiles: a tree's complete subtree roots in files that never change (C2SP tlog-tiles)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.merkle.errors import MerkleError
from hanse.merkle.tree import HASH_BYTES, fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanse.merkle.proofs import ReadNode

    # (tile level, tile index, number of hashes) -> the concatenated hashes.
    ReadTile = Callable[[int, int, int], bytes]

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT


def tile_width(level: int, index: int, size: int) -> int:
    """Return how many hashes the tile has in a tree of ``size`` leaves: 0 to 256."""
    return max(0, min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - index * TILE_WIDTH))


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Return the tile's path, e.g. ``tile/0/x001/x234/067.p/5``."""
    if level < 0 or index < 0 or not 0 < width <= TILE_WIDTH:
        raise MerkleError("out-of-range", "A tile has level and index from 0 and a width of 1 to 256.")
    parts = [f"{index % 1000:03}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03}")
    suffix = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(parts)}{suffix}"


def build_tile(level: int, index: int, size: int, read: ReadNode) -> bytes:
    """Return the tile's bytes in a tree of ``size`` leaves, read from a node store."""
    first = index * TILE_WIDTH
    width = tile_width(level, index, size)
    return b"".join(read(level * TILE_HEIGHT, first + offset) for offset in range(width))


def tile_reader(size: int, read_tile: ReadTile) -> ReadNode:
    """Return a node reader over the tiles of a tree of ``size`` leaves.

    The caller may cache ``read_tile``: a tile of a given width never changes.
    """

    def read(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        tile_index, offset = divmod(first, TILE_WIDTH)
        width = tile_width(tile_level, tile_index, size)
        data = read_tile(tile_level, tile_index, width)
        if len(data) != width * HASH_BYTES or offset + (1 << height) > width:
            raise MerkleError("bad-tile", f"{tile_path(tile_level, tile_index)} is not as long as it must be.")
        row = [data[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at in range(offset, offset + (1 << height))]
        while len(row) > 1:
            row = [fold(row[at : at + 2]) for at in range(0, len(row), 2)]
        return row[0]

    return read
