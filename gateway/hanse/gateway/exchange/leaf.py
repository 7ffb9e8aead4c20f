# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A leaf of the log: names contract and revision, and commits to one statement by a salted hash. Nothing else."""

from __future__ import annotations

import hashlib
from typing import Final

from hanse.jose import b64u_encode, canonical_json

CONTRACT: Final = "exchange/v1"
REVISION: Final = "1.0.0"
REQUEST, ANSWER, CLOSING, BROKEN = "request", "answer", "closing", "broken"
KINDS = (REQUEST, ANSWER, CLOSING, BROKEN)
SALT_BYTES = 32


def commitment(salt: bytes, statement: str) -> str:
    """SHA-256(salt || statement), base64url: hides the statement until the salt is shown."""
    return b64u_encode(hashlib.sha256(salt + statement.encode("ascii")).digest())


def leaf_bytes(tenant: str, kind: str, salt: bytes, statement: str, revision: str = REVISION) -> bytes:
    """The leaf's data: RFC 8785 JSON. Its Merkle leaf hash is SHA-256(0x00 || data) (RFC 6962 section 2.1)."""
    return canonical_json(
        {
            "commitment": commitment(salt, statement),
            "contract": CONTRACT,
            "kind": kind,
            "revision": revision,
            "tenant": tenant,
        }
    )


def origin(authority: str) -> str:
    """The name of a city's log in its checkpoints."""
    return f"{authority}/log"
