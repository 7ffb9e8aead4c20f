# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The tree against known roots, and what it refuses."""

from __future__ import annotations

import pytest

from hanse.merkle import (
    EMPTY_ROOT,
    Frontier,
    MerkleError,
    consistency_proof,
    hash_leaf,
    hash_node,
    inclusion_proof,
    tile_path,
    tile_width,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

# The eight entries and roots that Certificate Transparency's implementations test with.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_known_roots() -> None:
    frontier = Frontier()
    roots = [frontier.root().hex()]
    for entry in ENTRIES:
        frontier = frontier.append(hash_leaf(entry))
        roots.append(frontier.root().hex())
    assert roots == ROOTS


def test_known_inclusion_and_consistency_proofs() -> None:
    _, nodes = Frontier().extend(hash_leaf(entry) for entry in ENTRIES)
    store = {(node.level, node.position): node.hash for node in nodes}

    def read(level: int, position: int) -> bytes:
        return store[level, position]

    assert [value.hex() for value in inclusion_proof(5, 8, read)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [value.hex() for value in consistency_proof(6, 8, read)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@pytest.mark.parametrize(("size", "hashes"), [(1, ()), (0, (EMPTY_ROOT,)), (3, (EMPTY_ROOT,)), (1, (b"x",)), (-1, ())])
def test_a_frontier_fits_its_size(size: int, hashes: tuple[bytes, ...]) -> None:
    with pytest.raises(MerkleError):
        Frontier(size, hashes)


def test_a_leaf_hash_has_32_bytes() -> None:
    with pytest.raises(MerkleError):
        Frontier().append(b"not a hash")


def test_proofs_outside_the_tree_are_not_made() -> None:
    def read(level: int, position: int) -> bytes:
        raise AssertionError((level, position))

    for index, size in ((0, 0), (-1, 4), (4, 4)):
        with pytest.raises(MerkleError):
            inclusion_proof(index, size, read)
    for old, size in ((-1, 4), (5, 4)):
        with pytest.raises(MerkleError):
            consistency_proof(old, size, read)
    assert tree_root(0, read) == EMPTY_ROOT
    assert consistency_proof(0, 4, read) == consistency_proof(4, 4, read) == ()


def test_a_store_that_answers_nonsense_is_noticed() -> None:
    with pytest.raises(MerkleError):
        tree_root(3, lambda _level, _position: b"short")


def test_degenerate_proofs_are_refused() -> None:
    root = hash_leaf(b"a")
    verify_inclusion(root, 0, 1, [], root)
    verify_consistency(0, EMPTY_ROOT, 1, root, [])
    verify_consistency(1, root, 1, root, [])
    bad_inclusions = ((0, 0, []), (1, 1, []), (-1, 1, []), (0, 1, [root]), (0, 2, []), (0, 2, [b"x"]))
    for index, size, proof in bad_inclusions:
        with pytest.raises(MerkleError):
            verify_inclusion(root, index, size, proof, root)
    bad_consistencies = (
        (0, root, 1, []),
        (0, EMPTY_ROOT, 1, [root]),
        (1, EMPTY_ROOT, 1, []),
        (2, root, 1, []),
        (-1, root, 1, []),
        (1, root, 2, []),
        (3, root, 4, []),
        (3, root, 4, [b"x"]),
        (1, b"x", 2, [root]),
    )
    for old, old_root, size, proof in bad_consistencies:
        with pytest.raises(MerkleError):
            verify_consistency(old, old_root, size, root, proof)


def test_a_proof_longer_than_the_tree_is_high_is_refused_though_it_hashes_to_the_root() -> None:
    a, b, c, d, z = (hash_leaf(name) for name in (b"a", b"b", b"c", b"d", b"z"))
    with pytest.raises(MerkleError):
        verify_inclusion(a, 0, 1, [z], hash_node(z, a))
    ab, cd = hash_node(a, b), hash_node(c, d)
    old, new = hash_node(ab, c), hash_node(ab, cd)
    verify_consistency(3, old, 4, new, [c, d, ab])
    with pytest.raises(MerkleError):
        verify_consistency(3, hash_node(z, old), 4, hash_node(z, new), [c, d, ab, z])


def test_tile_paths_of_c2sp_tlog_tiles() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path(1, 0, 17) == "tile/1/000.p/17"
    assert tile_path(0, 999) == "tile/0/999"
    assert tile_path(0, 1000) == "tile/0/x001/000"
    for level, index, width in ((-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)):
        with pytest.raises(MerkleError):
            tile_path(level, index, width)


def test_tile_widths_of_c2sp_tlog_tiles() -> None:
    """A tree of 70,000: 273 full and one partial tile of 112, one full and one of 17, one of 1; of 256: 256 and 1."""
    widths = {(level, index): tile_width(level, index, 70_000) for level in range(3) for index in range(275)}
    assert sum(width == 256 for (level, _), width in widths.items() if level == 0) == 273
    assert (widths[0, 273], widths[0, 274]) == (112, 0)
    assert (widths[1, 0], widths[1, 1], widths[1, 2]) == (256, 17, 0)
    assert (widths[2, 0], widths[2, 1]) == (1, 0)
    assert (tile_width(0, 0, 256), tile_width(1, 0, 256)) == (256, 1)
