# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""No byte of a proof can be changed, left out or added: a signature, a hash or the one canonical form binds each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from clocks import StillClock
from exchange_paper import Paper
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.gateway.exchange.proof import ProofError, verify_proof

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
places = st.floats(0, 1, exclude_max=True)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    made = Paper(tmp_path_factory.mktemp("paper"), StillClock())
    for number in range(3):
        made.log_exchange(f"other-{number}")
    made.log_exchange("one")
    made.log_stream("stream")
    yield made
    made.close()


@pytest.fixture(scope="module", params=["one", "stream"])
def proof(request: pytest.FixtureRequest, paper: Paper) -> bytes:
    made = paper.proof(request.param)
    assert verify_proof(made, [paper.anchor], NOW).id == request.param
    return made


@settings(max_examples=300, deadline=None)
@given(place=places, value=st.integers(1, 255))
def test_a_changed_byte(paper: Paper, proof: bytes, place: float, value: int) -> None:
    changed = bytearray(proof)
    changed[int(place * len(proof))] ^= value
    with pytest.raises(ProofError):
        verify_proof(bytes(changed), [paper.anchor], NOW)


@settings(max_examples=100, deadline=None)
@given(place=places, length=st.integers(1, 40))
def test_bytes_left_out(paper: Paper, proof: bytes, place: float, length: int) -> None:
    at = int(place * len(proof))
    with pytest.raises(ProofError):
        verify_proof(proof[:at] + proof[at + length :], [paper.anchor], NOW)


@settings(max_examples=100, deadline=None)
@given(place=places, added=st.binary(min_size=1, max_size=8))
def test_bytes_added(paper: Paper, proof: bytes, place: float, added: bytes) -> None:
    at = int(place * len(proof))
    with pytest.raises(ProofError):
        verify_proof(proof[:at] + added + proof[at:], [paper.anchor], NOW)


def test_one_bit_in_every_stretch(paper: Paper, proof: bytes) -> None:
    """The lowest bit keeps most characters in their alphabet: hashes must catch what spelling does not."""
    for at in range(0, len(proof), 53):
        changed = bytearray(proof)
        changed[at] ^= 1
        with pytest.raises(ProofError):
            verify_proof(bytes(changed), [paper.anchor], NOW)
