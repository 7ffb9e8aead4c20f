# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Checkpoints: what a log says about itself at one moment, signed (C2SP tlog-checkpoint).

The body is origin, size and root hash, one a line, and one extension line ``time 2026-11-23T08:00:00Z``.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hanse.merkle.errors import MerkleError
from hanse.merkle.note import decode_base64, sign_note, split_note, verify_note
from hanse.merkle.tree import HASH_BYTES

if TYPE_CHECKING:
    from hanse.jose import HybridSigner, KeySet

_TIME = "time %Y-%m-%dT%H:%M:%SZ"
_LINES = 4
_MAX_SIZE = 1 << 63


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log ``origin`` had ``size`` leaves and this ``root`` (32 bytes) at ``time`` (UTC)."""

    origin: str
    size: int
    root: bytes
    time: datetime

    def __post_init__(self) -> None:
        if len(self.root) != HASH_BYTES or not 0 <= self.size < _MAX_SIZE:
            raise MerkleError("bad-checkpoint", "A checkpoint has a size from 0 and a 32-byte root hash.")
        if not self.origin or any(char.isspace() or char < " " or char == "+" for char in self.origin):
            raise MerkleError("bad-checkpoint", "An origin is not empty and has neither white space nor '+'.")
        if self.time.tzinfo is None:
            raise MerkleError("bad-checkpoint", "A checkpoint's time must carry its UTC offset.")

    @property
    def body(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\n{self.time.astimezone(UTC).strftime(_TIME)}\n"


def sign_checkpoint(
    origin: str, size: int, root: bytes, signer: HybridSigner, time: datetime, *, name: str | None = None
) -> str:
    """Return the signed checkpoint as text.

    Args:
        origin: the log's own name, e.g. ``harbour.example/log``.
        size: number of leaves.
        root: root hash over them.
        signer: the ES256 and ML-DSA-65 keys.
        time: when the tree had this root; kept to the second.
        name: who signs, where it is a witness and not the log itself.
    """
    return sign_note(Checkpoint(origin, size, root, time).body, name or origin, signer)


def verify_checkpoint(note: str, origin: str, keys: KeySet, *, name: str | None = None) -> Checkpoint:
    """Return the checkpoint of log ``origin`` once both of its signatures hold.

    Args:
        note: the text as ``sign_checkpoint`` wrote it; any other spelling is refused.
        origin: the log expected.
        keys: the signer's trusted keys.
        name: the witness that signed, where it was not the log itself.

    Raises:
        MerkleError: another origin, a signature stripped, added or wrong, a body of another form.
    """
    checkpoint = _parse(verify_note(note, name or origin, keys))
    if checkpoint.origin != origin:
        raise MerkleError("wrong-origin", f"The checkpoint is not one of {origin}.")
    return checkpoint


def read_unverified_checkpoint(note: str) -> Checkpoint:
    """Read a checkpoint WITHOUT any proof: only to choose the keys to verify with."""
    return _parse(split_note(note)[0])


def _parse(body: str) -> Checkpoint:
    lines = body.split("\n")[:-1]
    if len(lines) != _LINES or not (lines[1].isascii() and lines[1].isdecimal()) or len(lines[1]) > 20:  # noqa: PLR2004
        raise MerkleError("bad-checkpoint", "A checkpoint is origin, size, root hash and time, one a line.")
    try:
        time = datetime.strptime(lines[3], _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise MerkleError("bad-checkpoint", "A checkpoint's last line is 'time YYYY-MM-DDThh:mm:ssZ'.") from error
    checkpoint = Checkpoint(lines[0], int(lines[1]), decode_base64(lines[2], "root hash"), time)
    if checkpoint.body != body:
        raise MerkleError("bad-checkpoint", "The checkpoint is not in its canonical spelling.")
    return checkpoint
