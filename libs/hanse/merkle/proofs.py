# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Inclusion and consistency proofs (RFC 6962 section 2.1, verified by RFC 9162 section 2.1)."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from hanse.merkle.errors import MerkleError
from hanse.merkle.tree import EMPTY_ROOT, HASH_BYTES, fold, hash_node

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    # (level, index) -> hash of that complete subtree; see Node.
    ReadNode = Callable[[int, int], bytes]


def tree_root(size: int, read: ReadNode) -> bytes:
    """Return the root of the tree's first ``size`` leaves."""
    return _range_hash(0, size, read)


def inclusion_proof(index: int, size: int, read: ReadNode) -> tuple[bytes, ...]:
    """Return the path from leaf ``index`` (from 0) to the root of the first ``size`` leaves, lowest first.

    Raises:
        MerkleError: ``out-of-range`` unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise MerkleError("out-of-range", f"Leaf {index} is not in a tree of {size} leaves.")
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(middle, end, read))
            end = middle
        else:
            path.append(_range_hash(start, middle, read))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old_size: int, size: int, read: ReadNode) -> tuple[bytes, ...]:
    """Return the proof that the first ``old_size`` of ``size`` leaves are unchanged; empty when 0 or equal.

    Raises:
        MerkleError: ``out-of-range`` unless 0 <= old_size <= size.
    """
    if not 0 <= old_size <= size:
        raise MerkleError("out-of-range", f"A tree of {size} leaves never had {old_size}.")
    if old_size in {0, size}:
        return ()
    path = []
    start, end = 0, size
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_range_hash(middle, end, read))
            end = middle
        else:
            path.append(_range_hash(start, middle, read))
            start = middle
    if start:  # the old tree's own root needs no telling where it is a subtree from the left edge
        path.append(_range_hash(start, end, read))
    return tuple(reversed(path))


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that ``leaf_hash`` is leaf ``index`` of the tree with ``size`` leaves and this root.

    Raises:
        MerkleError: ``bad-proof``.
    """
    if not 0 <= index < size or not _are_hashes(leaf_hash, *proof):
        raise MerkleError("bad-proof", "The inclusion proof names a leaf outside the tree or holds no hash.")
    position, last, value = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise MerkleError("bad-proof", "The inclusion proof is too long.")
        if position & 1 or position == last:
            value = hash_node(sibling, value)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            value = hash_node(value, sibling)
        position, last = position >> 1, last >> 1
    if last or not hmac.compare_digest(value, root):
        raise MerkleError("bad-proof", "The inclusion proof does not lead to the root.")


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of ``size`` leaves only appended to the tree of ``old_size``.

    Raises:
        MerkleError: ``bad-proof``.
    """
    if not 0 <= old_size <= size or not _are_hashes(old_root, root, *proof):
        raise MerkleError("bad-proof", "The consistency proof has sizes out of order or holds no hash.")
    if old_size in {0, size}:
        expected = EMPTY_ROOT if old_size == 0 else root
        if proof or not hmac.compare_digest(old_root, expected):
            raise MerkleError("bad-proof", "The consistency proof does not lead from one root to the other.")
        return
    hashes = list(proof)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise MerkleError("bad-proof", "The consistency proof is too short.")
    _climb(old_size - 1, size - 1, hashes, old_root, root)


def _climb(old_last: int, last: int, hashes: Sequence[bytes], old_root: bytes, root: bytes) -> None:
    while old_last & 1:
        old_last, last = old_last >> 1, last >> 1
    old_value = value = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise MerkleError("bad-proof", "The consistency proof is too long.")
        if old_last & 1 or old_last == last:
            old_value, value = hash_node(sibling, old_value), hash_node(sibling, value)
            while not old_last & 1 and old_last:
                old_last, last = old_last >> 1, last >> 1
        else:
            value = hash_node(value, sibling)
        old_last, last = old_last >> 1, last >> 1
    same = hmac.compare_digest(old_value, old_root) and hmac.compare_digest(value, root)
    if last or not same:
        raise MerkleError("bad-proof", "The consistency proof does not lead from one root to the other.")


def _split(count: int) -> int:
    """Return the largest power of two below ``count`` (at least 2)."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_hash(start: int, end: int, read: ReadNode) -> bytes:
    """Return the root over leaves ``start`` to ``end``; ``start`` is aligned to its subtrees."""
    hashes, at = [], start
    while at < end:
        level = (end - at).bit_length() - 1
        value = read(level, at >> level)
        if len(value) != HASH_BYTES:
            raise MerkleError("bad-node", f"The node at level {level}, index {at >> level} is no 32-byte hash.")
        hashes.append(value)
        at += 1 << level
    return fold(hashes)


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
