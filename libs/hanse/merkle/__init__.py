# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Append-only Merkle logs: tree, proofs, tiles, checkpoints (RFC 6962, RFC 9162, C2SP); no I/O, no clock."""

from __future__ import annotations

from hanse.merkle.checkpoint import (
    Checkpoint,
    read_unverified_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from hanse.merkle.errors import MerkleError
from hanse.merkle.note import sign_note, verify_note
from hanse.merkle.proofs import (
    consistency_proof,
    inclusion_proof,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from hanse.merkle.tiles import TILE_WIDTH, build_tile, tile_path, tile_reader, tile_width
from hanse.merkle.tree import EMPTY_ROOT, Frontier, Node, hash_leaf, hash_node

__all__ = [
    "EMPTY_ROOT",
    "TILE_WIDTH",
    "Checkpoint",
    "Frontier",
    "MerkleError",
    "Node",
    "build_tile",
    "consistency_proof",
    "hash_leaf",
    "hash_node",
    "inclusion_proof",
    "read_unverified_checkpoint",
    "sign_checkpoint",
    "sign_note",
    "tile_path",
    "tile_reader",
    "tile_width",
    "tree_root",
    "verify_checkpoint",
    "verify_consistency",
    "verify_inclusion",
    "verify_note",
]
