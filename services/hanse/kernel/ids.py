# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The one source of identifiers and random values."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanse.kernel.clock import Clock

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(first + second for first in _CROCKFORD for second in _CROCKFORD)


def new_id(clock: Clock) -> str:
    """26 characters: 48 bits of milliseconds, 80 random bits, base 32, so that ids sort by time of birth."""
    value = (int(clock.now().timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join([_PAIRS[(value >> shift) & 1023] for shift in range(120, -1, -10)])


def new_urn(authority: str, kind: str, clock: Clock) -> str:
    """A fresh resource id of a city: `urn:hanse:<authority>:<kind>:<id>`. Never reused."""
    return f"urn:hanse:{authority}:{kind}:{new_id(clock)}"


def new_nonce() -> str:
    """256 random bits, base64url."""
    return secrets.token_urlsafe(32)


def new_salt() -> bytes:
    """256 random bits, to hide what a commitment commits to."""
    return secrets.token_bytes(32)
