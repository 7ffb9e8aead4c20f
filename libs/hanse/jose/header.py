# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The JWS protected header: what is written, what is accepted (RFC 7515 section 4, RFC 8725)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.jose.encoding import b64u_decode, b64u_encode, canonical_json, parse_object
from hanse.jose.errors import JoseError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hanse.jose.keys import SigningKey, VerifyKey

MAX_HEADER_BYTES = 8 * 1024
MAX_HEADER_DEPTH = 4

# Each of these would let the sender choose the key or change what is signed.
_REFUSED = ("crit", "b64", "jku", "x5u", "jwk")


@dataclass(frozen=True, slots=True)
class VerifiedJws:
    """What a verified JWS says.

    Attributes:
        payload: the signed octets.
        header: the protected header of the (first) signature.
        keys: the keys whose signatures were checked, in the order of the signatures.
    """

    payload: bytes
    header: Mapping[str, object]
    keys: tuple[VerifyKey, ...]


def encode_header(key: SigningKey, typ: str | None, extra: Mapping[str, object] | None) -> str:
    """Return the base64url protected header for a signature by ``key``."""
    header = {**(extra or {}), "alg": key.alg, "kid": key.kid}
    if typ is not None:
        header["typ"] = typ
    check_members(header)
    return b64u_encode(canonical_json(header))


def decode_header(part: str) -> dict[str, object]:
    """Decode a protected header and refuse members that a verifier must not follow."""
    if len(part) > MAX_HEADER_BYTES:
        raise JoseError("too-large", f"The JWS header is larger than {MAX_HEADER_BYTES} characters.")
    raw = b64u_decode(part, place="JWS header")
    header = parse_object(raw, place="JWS header", max_depth=MAX_HEADER_DEPTH)
    check_members(header)
    return header


def check_members(header: Mapping[str, object]) -> None:
    """Refuse ``crit``, ``b64`` and every member that points at a key."""
    for name in _REFUSED:
        if name in header:
            raise JoseError("refused-header", f"The JWS header member {name!r} is not accepted.")


def check_header(header: Mapping[str, object], algs: Collection[str], typ: str | None) -> str:
    """Return the header's ``alg`` once it is in the allow-list and ``typ`` is the one expected.

    ``typ=None`` means that the header must have none. Types compare without case and without an
    "application/" prefix (RFC 7515 section 4.1.9).
    """
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in algs:
        raise JoseError("alg-not-allowed", f"The JWS algorithm must be one of {', '.join(sorted(algs))}.")
    found = header.get("typ")
    if typ is None and "typ" not in header:
        return alg
    if typ is None or not isinstance(found, str) or _media_type(found) != _media_type(typ):
        raise JoseError("wrong-typ", f"The JWS header member 'typ' must be {typ!r}.")
    return alg


def _media_type(typ: str) -> str:
    return typ.lower().removeprefix("application/")
