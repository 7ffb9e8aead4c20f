# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Uploads on a real disk: only whole, readable, small enough files come to lie there, and nothing is left behind."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from permit_ifc import Block

from hanse.kernel.errors import ConflictError, HanseError, InvalidInputError, LimitExceededError
from hanse.permit.adapters.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STEP = Block().step().encode()
SHA256 = hashlib.sha256(STEP).hexdigest()
LIMIT = 10_000


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path / "uploads", LIMIT)


def chunks(data: bytes, size: int = 100) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def test_a_model_is_stored_under_its_hash(uploads: Uploads) -> None:
    with uploads.receive(chunks(STEP), len(STEP), SHA256.upper()) as stored:
        assert not uploads.holds(SHA256)  # it is recorded first
    assert uploads.holds(SHA256)
    assert (stored.sha256, stored.size_bytes, stored.schema) == (SHA256, len(STEP), "IFC4")
    assert uploads.path(SHA256).read_bytes() == STEP


def test_size_and_hash_need_not_be_announced(uploads: Uploads) -> None:
    with uploads.receive(chunks(STEP), 0, "") as stored:
        assert stored.sha256 == SHA256


def test_what_could_not_be_recorded_is_not_kept(uploads: Uploads, tmp_path: Path) -> None:
    with pytest.raises(ConflictError), uploads.receive(chunks(STEP), 0, ""):
        raise ConflictError("the request id was used before")
    assert list((tmp_path / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("data", "size", "sha256", "words"),
    [
        (b"", 0, "", "empty"),
        (STEP[:-50], len(STEP), "", "ended after"),
        (STEP[:-50], 0, "", "cut off"),
        (STEP, len(STEP) - 1, "", "were announced"),
        (STEP, 0, "ab" * 32, "announced was"),
        (b"not a model at all", 0, "", "no IFC model"),
        (STEP.replace(b"IFC4", b"IFC2X_FINAL"), 0, "", "IFC2X_FINAL"),
    ],
)
def test_what_cannot_be_read_is_refused_and_not_kept(
    uploads: Uploads, tmp_path: Path, data: bytes, size: int, sha256: str, words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words) as refused, uploads.receive(chunks(data), size, sha256):
        pytest.fail("was taken")
    assert refused.value.reason == "MODEL_UNREADABLE"
    assert refused.value.remedy
    assert list((tmp_path / "uploads").iterdir()) == []


def test_too_much_is_refused_as_soon_as_it_is_known(uploads: Uploads, tmp_path: Path) -> None:
    with pytest.raises(LimitExceededError), uploads.receive(iter(()), LIMIT + 1, ""):
        pytest.fail("was taken")
    taken = []

    def endless() -> Iterator[bytes]:
        while True:
            taken.append(1)
            yield b" " * 1000

    with pytest.raises(LimitExceededError), uploads.receive(endless(), 0, ""):
        pytest.fail("was taken")
    assert len(taken) == LIMIT // 1000 + 1
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_sender_that_goes_away_leaves_nothing(uploads: Uploads, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield STEP[:100]
        raise HanseError("the sender went away")

    with pytest.raises(HanseError), uploads.receive(broken(), len(STEP), ""):
        pytest.fail("was taken")
    assert list((tmp_path / "uploads").iterdir()) == []


def test_what_a_killed_process_left_is_swept_and_models_stay(tmp_path: Path) -> None:
    first = Uploads(tmp_path, LIMIT)
    with first.receive(chunks(STEP), 0, ""):
        pass
    (tmp_path / ".upload-left").write_bytes(STEP[:10])
    again = Uploads(tmp_path, LIMIT)
    assert [path.name for path in tmp_path.iterdir()] == [f"{SHA256}.ifc"]
    assert again.path(SHA256).is_file()
