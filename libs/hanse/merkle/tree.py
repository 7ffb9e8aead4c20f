# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Merkle tree hashing and the append-only tree as a frontier (RFC 6962 and RFC 9162, section 2.1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hanse.merkle.errors import MerkleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class Node(NamedTuple):
    """The root of a complete subtree, which no append changes.

    It covers leaves ``position << level`` up to, not including, ``(position + 1) << level``.
    """

    level: int
    position: int
    hash: bytes


def hash_leaf(data: bytes) -> bytes:
    """Return the leaf hash of an entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over the roots of perfect subtrees, largest first; of none, the empty root."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = hash_node(left, root)
    return root


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that appending needs: the number of leaves and the roots of the perfect subtrees, largest first.

    There is one hash for each 1 bit of ``size``; together they are the whole state of a log between two
    appends.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        fits = self.size >= 0 and len(self.hashes) == self.size.bit_count()
        if not fits or any(len(value) != HASH_BYTES for value in self.hashes):
            raise MerkleError("bad-frontier", "A frontier has one 32-byte hash for each 1 bit of its size.")

    def append(self, leaf_hash: bytes) -> Frontier:
        """Return the tree with one more leaf."""
        return self.extend((leaf_hash,))[0]

    def extend(self, leaf_hashes: Iterable[bytes]) -> tuple[Frontier, tuple[Node, ...]]:
        """Return the tree with these leaves and every node they complete, leaves included, children first.

        A node store that keeps all those nodes can answer every proof.
        """
        size, stack, nodes = self.size, list(self.hashes), []
        for leaf_hash in leaf_hashes:
            node = Node(0, size, leaf_hash)
            nodes.append(node)
            while size >> node.level & 1:
                node = Node(node.level + 1, node.position >> 1, hash_node(stack.pop(), node.hash))
                nodes.append(node)
            stack.append(node.hash)
            size += 1
        return Frontier(size, tuple(stack)), tuple(nodes)

    def root(self) -> bytes:
        """Return the tree's root hash."""
        return fold(self.hashes)
