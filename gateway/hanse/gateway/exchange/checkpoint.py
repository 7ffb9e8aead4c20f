# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A log's checkpoint as a document of contract exchange/v1: the signed note (C2SP tlog-checkpoint) and whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.gateway.exchange.leaf import CONTRACT, REVISION, origin
from hanse.jose import JoseError, canonical_json, parse_object
from hanse.merkle import Checkpoint, MerkleError, verify_checkpoint

if TYPE_CHECKING:
    from hanse.jose import KeySet

MAX_BYTES = 64 * 1024
_MEMBERS = {"authority", "contract", "note", "revision"}


class CheckpointError(ValueError):
    """A checkpoint is not what it should be; the message is a sentence."""


def checkpoint_document(authority: str, note: str) -> dict[str, object]:
    """The document around a note."""
    return {"authority": authority, "contract": CONTRACT, "note": note, "revision": REVISION}


def checkpoint_json(authority: str, note: str) -> bytes:
    """The document as RFC 8785 JSON."""
    return canonical_json(checkpoint_document(authority, note))


def read_checkpoint(document: object, authority: str, keys: KeySet) -> Checkpoint:
    """The checkpoint of a city's log once both signatures hold.

    Raises:
        CheckpointError.
    """
    if not isinstance(document, dict) or set(document) != _MEMBERS:
        raise CheckpointError(f"a checkpoint has the members {', '.join(sorted(_MEMBERS))} and no others")
    if (document["contract"], document["revision"], document["authority"]) != (CONTRACT, REVISION, authority):
        raise CheckpointError(f"it is no checkpoint of {authority} in {CONTRACT} {REVISION}")
    note = document["note"]
    if not isinstance(note, str):
        raise CheckpointError("a checkpoint's note is a text")
    try:
        return verify_checkpoint(note, origin(authority), keys)
    except MerkleError as error:
        raise CheckpointError(f"the checkpoint of {authority} does not hold: {error}") from None


def read_checkpoint_json(data: bytes, authority: str, keys: KeySet) -> Checkpoint:
    """As `read_checkpoint`, from its JSON."""
    try:
        return read_checkpoint(parse_object(data, place="checkpoint", max_bytes=MAX_BYTES), authority, keys)
    except JoseError as error:
        raise CheckpointError(str(error)) from None
