# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Tree and proofs against RFC 6962 section 2.1 written out as it stands there, and against altered proofs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.merkle import (
    Frontier,
    MerkleError,
    build_tile,
    consistency_proof,
    hash_leaf,
    inclusion_proof,
    tile_reader,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d: Sequence[bytes]) -> bytes:
    if not d:
        return hashlib.sha256().digest()
    if len(d) == 1:
        return hashlib.sha256(b"\x00" + d[0]).digest()
    k = split(len(d))
    return hashlib.sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: Sequence[bytes]) -> list[bytes]:
    if len(d) == 1:
        return []
    k = split(len(d))
    return [*path(m, d[:k]), mth(d[k:])] if m < k else [*path(m - k, d[k:]), mth(d[:k])]


def subproof(m: int, d: Sequence[bytes], whole: bool) -> list[bytes]:  # noqa: FBT001
    if m == len(d):
        return [] if whole else [mth(d)]
    k = split(len(d))
    if m <= k:
        return [*subproof(m, d[:k], whole), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


def reader(entries: Sequence[bytes]) -> Callable[[int, int], bytes]:
    _, nodes = Frontier().extend(hash_leaf(entry) for entry in entries)
    store = {(node.level, node.position): node.hash for node in nodes}
    return lambda level, position: store[level, position]


ENTRIES = st.lists(st.binary(max_size=3), min_size=1, max_size=70)


@given(ENTRIES, st.data())
def test_roots_and_proofs_are_those_of_the_rfc(entries: list[bytes], data: st.DataObject) -> None:
    read, size = reader(entries), data.draw(st.integers(1, len(entries)))
    tree = entries[:size]
    root = mth(tree)
    frontier, _ = Frontier().extend(hash_leaf(entry) for entry in tree)
    assert frontier.root() == tree_root(size, read) == root
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, read)
    assert list(proof) == path(index, tree)
    verify_inclusion(hash_leaf(tree[index]), index, size, proof, root)
    old = data.draw(st.integers(1, size))
    consistency = consistency_proof(old, size, read)
    assert list(consistency) == subproof(old, tree, True)
    verify_consistency(old, mth(tree[:old]), size, root, consistency)


@given(ENTRIES, ENTRIES)
def test_appending_in_parts_is_appending_at_once(first: list[bytes], second: list[bytes]) -> None:
    one, early = Frontier().extend(map(hash_leaf, first))
    two, late = one.extend(map(hash_leaf, second))
    assert (two, early + late) == Frontier().extend(map(hash_leaf, first + second))
    for entry in second:
        one = one.append(hash_leaf(entry))
    assert one == two


@given(ENTRIES, st.data())
def test_no_altered_inclusion_proof_verifies(entries: list[bytes], data: st.DataObject) -> None:
    size = len(entries)
    index = data.draw(st.integers(0, size - 1))
    leaf, root = hash_leaf(entries[index]), mth(entries)
    proof = inclusion_proof(index, size, reader(entries))
    other = hash_leaf(b"other entry")
    for altered in alterations(proof, other, data):
        assert refuses(verify_inclusion, leaf, index, size, altered, root)
    assert refuses(verify_inclusion, other, index, size, proof, root)
    assert refuses(verify_inclusion, leaf, index, size, proof, other)
    elsewhere = data.draw(st.integers(0, size))
    if elsewhere == size or entries[elsewhere] != entries[index]:
        assert refuses(verify_inclusion, leaf, elsewhere, size, proof, root)


@given(ENTRIES, st.data())
def test_no_altered_history_is_consistent(entries: list[bytes], data: st.DataObject) -> None:
    size = len(entries)
    old = data.draw(st.integers(1, size))
    old_root, root = mth(entries[:old]), mth(entries)
    proof = consistency_proof(old, size, reader(entries))
    other = hash_leaf(b"other entry")
    for altered in alterations(proof, other, data):
        assert refuses(verify_consistency, old, old_root, size, root, altered)
    assert refuses(verify_consistency, old, other, size, root, proof)
    assert refuses(verify_consistency, old, old_root, size, other, proof)
    forged = [b"forged", *entries[1:]]
    if forged != entries:
        again = consistency_proof(old, size, reader(forged))
        assert refuses(verify_consistency, old, old_root, size, mth(forged), again)


def alterations(proof: Sequence[bytes], other: bytes, data: st.DataObject) -> list[list[bytes]]:
    changed = [[*proof, other], [other, *proof]]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        changed += [[*proof[:at], other, *proof[at + 1 :]], [*proof[:at], *proof[at + 1 :]]]
    return changed


def refuses(check: Callable[..., None], *arguments: object) -> bool:
    try:
        check(*arguments)
    except MerkleError:
        return True
    return False


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 70_000), st.data())
def test_tiles_answer_as_nodes_do(size: int, data: st.DataObject) -> None:
    frontier, nodes = Frontier().extend([hash_leaf(b"")] * size)
    store = {(node.level, node.position): node.hash for node in nodes}

    def read(level: int, position: int) -> bytes:
        return store[level, position]

    def read_tile(level: int, index: int, width: int) -> bytes:
        tile = build_tile(level, index, size, read)
        assert len(tile) == 32 * width
        return tile

    by_tile = tile_reader(size, read_tile)
    assert tree_root(size, by_tile) == frontier.root()
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert inclusion_proof(index, size, by_tile) == inclusion_proof(index, size, read)
    assert consistency_proof(old, size, by_tile) == consistency_proof(old, size, read)


def test_a_tile_of_the_wrong_length_is_noticed() -> None:
    by_tile = tile_reader(300, lambda _level, _index, width: bytes(32 * width - 1))
    assert refuses(lambda: tree_root(300, by_tile))
