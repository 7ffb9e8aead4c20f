# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""JWS Compact Serialization (RFC 7515 section 7.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.jose.encoding import b64u_decode, b64u_encode
from hanse.jose.errors import JoseError
from hanse.jose.header import VerifiedJws, check_header, decode_header, encode_header
from hanse.jose.keyset import KeySet

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hanse.jose.keys import SigningKey, VerifyKey

MAX_COMPACT_BYTES = 256 * 1024
_PARTS = 3


def sign_compact(
    payload: bytes, key: SigningKey, *, typ: str | None, header: Mapping[str, object] | None = None
) -> str:
    """Sign ``payload``; ``header`` adds protected members to ``alg``, ``kid`` and ``typ``."""
    signing_input = f"{encode_header(key, typ, header)}.{b64u_encode(payload)}"
    return f"{signing_input}.{b64u_encode(key.sign(signing_input.encode('ascii')))}"


def verify_compact(
    token: str,
    keys: VerifyKey | KeySet,
    *,
    algs: Collection[str],
    typ: str | None,
    max_bytes: int = MAX_COMPACT_BYTES,
    low_s: bool = False,
) -> VerifiedJws:
    """Verify a compact JWS.

    Args:
        token: the text as received; white space around it is not forgiven.
        keys: the trusted key, or a set in which the header's ``kid`` picks one.
        algs: the algorithms the caller accepts here.
        typ: the type the header must name; None: the header must name none.
        max_bytes: longest token looked at.
        low_s: accept an ES256 signature in its one canonical form only (see ``VerifyKey.verify``).

    Raises:
        JoseError: for whatever is not exactly so.
    """
    header_part, payload_part, signature_part = _split(token, max_bytes)
    header = decode_header(header_part)
    alg = check_header(header, algs, typ)
    if isinstance(keys, KeySet):
        key = keys.find(alg, header.get("kid"))
    elif keys.alg == alg:
        key = keys
    else:
        raise JoseError("alg-not-allowed", f"The JWS algorithm must be the key's own, {keys.alg}.")
    signature = b64u_decode(signature_part, place="JWS signature")
    payload = b64u_decode(payload_part, place="JWS payload")
    key.verify(signature, f"{header_part}.{payload_part}".encode("ascii"), low_s=low_s)
    return VerifiedJws(payload, header, (key,))


def read_unverified(token: str, *, max_bytes: int = MAX_COMPACT_BYTES) -> tuple[dict[str, object], bytes]:
    """Return header and payload WITHOUT any proof: only to choose the keys to verify with."""
    header_part, payload_part, _ = _split(token, max_bytes)
    return decode_header(header_part), b64u_decode(payload_part, place="JWS payload")


def _split(token: str, max_bytes: int) -> tuple[str, str, str]:
    if len(token) > max_bytes:
        raise JoseError("too-large", f"The JWS is larger than {max_bytes} characters.")
    parts = token.split(".", _PARTS)
    if len(parts) != _PARTS or not token.isascii():
        raise JoseError("not-a-jws", "A compact JWS is three base64url parts joined by full stops.")
    return parts[0], parts[1], parts[2]
