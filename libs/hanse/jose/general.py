# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""JWS General JSON Serialization with several signatures (RFC 7515 section 7.2.1).

Here every required algorithm must be there and valid: stripping one signature of a hybrid pair is a forgery,
and so is adding one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.jose.encoding import b64u_decode, b64u_encode, parse_object
from hanse.jose.errors import JoseError
from hanse.jose.header import VerifiedJws, check_header, decode_header, encode_header
from hanse.jose.keys import HYBRID_ALGS
from hanse.jose.keyset import HybridSigner

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hanse.jose.keys import SigningKey, VerifyKey
    from hanse.jose.keyset import KeySet

MAX_GENERAL_BYTES = 4 * 1024 * 1024
_PROTECTED = frozenset({"alg", "kid", "typ"})

GeneralJws = dict[str, object]


def sign_general(
    payload: bytes,
    signer: HybridSigner | Sequence[SigningKey],
    *,
    typ: str,
    header: Mapping[str, object] | None = None,
) -> GeneralJws:
    """Sign ``payload`` with each key; return ``{"payload", "signatures": [{"protected", "signature"}]}``."""
    body = b64u_encode(payload)
    signatures = []
    for key in signer.keys if isinstance(signer, HybridSigner) else signer:
        protected = encode_header(key, typ, header)
        signature = key.sign(f"{protected}.{body}".encode("ascii"))
        signatures.append({"protected": protected, "signature": b64u_encode(signature)})
    return {"payload": body, "signatures": signatures}


def verify_general(
    doc: Mapping[str, object] | str | bytes,
    keys: KeySet,
    *,
    typ: str,
    required_algs: Collection[str] = HYBRID_ALGS,
    protected: Collection[str] = (),
    unprotected: Collection[str] = (),
    max_bytes: int = MAX_GENERAL_BYTES,
    canonical: bool = False,
) -> VerifiedJws:
    """Verify a general JWS that must carry exactly one valid signature of each required algorithm.

    Args:
        doc: the object, parsed strictly by the caller, or its JSON text.
        keys: the trusted keys of the one signer; each header's ``kid`` picks one.
        typ: the type that every protected header must name.
        required_algs: none of them may lack, no other and no second one may be there.
        protected: protected header members accepted beside ``alg``, ``kid`` and ``typ``.
        unprotected: members accepted in the unprotected header of the FIRST signature (none elsewhere). They
            are not signed: the caller must bind them some other way.
        max_bytes: largest text or payload looked at.
        canonical: accept one form only: signatures in the order in which this package signs (ES256 first), ES256 with
            the smaller s (see ``VerifyKey.verify``).

    Raises:
        JoseError: a missing, extra, unknown or invalid signature, an unknown member.
    """
    payload_part, entries = _parts(doc, max_bytes)
    if len(entries) != len(set(required_algs)):
        raise JoseError("missing-signature", f"One signature each of {_names(required_algs)} is required.")
    payload = b64u_decode(payload_part, place="JWS payload")
    used: dict[str, VerifyKey] = {}
    headers = []
    for index, entry in enumerate(entries):
        _check_entry(entry, set(unprotected) if index == 0 else set())
        header, key = _verify_entry(entry, payload_part, keys, (required_algs, typ), low_s=canonical)
        if unknown := sorted(set(header) - _PROTECTED - set(protected)):
            raise JoseError("unknown-member", f"The JWS header member {unknown[0]!r} is not known here.")
        used[key.alg] = key
        headers.append(header)
    if canonical and list(used) != sorted(used):
        raise JoseError("not-canonical", f"The signatures must be in the order {_names(required_algs)}.")
    if set(used) != set(required_algs):
        raise JoseError("missing-signature", f"One signature each of {_names(required_algs)} is required.")
    return VerifiedJws(payload, headers[0], tuple(used.values()))


def read_general_unverified(
    doc: Mapping[str, object] | str | bytes, *, max_bytes: int = MAX_GENERAL_BYTES
) -> tuple[dict[str, object], bytes]:
    """Return the first header and the payload WITHOUT any proof: only to choose the keys to verify with."""
    payload_part, entries = _parts(doc, max_bytes)
    return decode_header(_text(entries[0], "protected")), b64u_decode(payload_part, place="JWS payload")


def _parts(doc: Mapping[str, object] | str | bytes, max_bytes: int) -> tuple[str, list[Mapping[str, object]]]:
    members = parse_object(doc, place="JWS", max_bytes=max_bytes) if isinstance(doc, str | bytes) else doc
    if set(members) != {"payload", "signatures"}:
        raise JoseError("not-a-jws", "A general JWS has exactly the members 'payload' and 'signatures'.")
    payload = _text(members, "payload")
    if len(payload) > max_bytes:
        raise JoseError("too-large", f"The JWS payload is larger than {max_bytes} characters.")
    entries = members["signatures"]
    if not isinstance(entries, list) or not entries or not all(isinstance(e, dict) for e in entries):
        raise JoseError("not-a-jws", "The JWS member 'signatures' must be a non-empty array of objects.")
    return payload, entries


def _check_entry(entry: Mapping[str, object], unprotected: set[str]) -> None:
    if unknown := sorted(set(entry) - {"protected", "signature", "header"}):
        raise JoseError("unknown-member", f"The signature's member {unknown[0]!r} is not known.")
    if "header" not in entry:
        return
    header = entry["header"]
    if not isinstance(header, dict) or not set(header) <= unprotected or not header:
        raise JoseError("unknown-member", "The signature has unprotected header members not accepted here.")


def _verify_entry(
    entry: Mapping[str, object], payload: str, keys: KeySet, expected: tuple[Collection[str], str], *, low_s: bool
) -> tuple[dict[str, object], VerifyKey]:
    protected = _text(entry, "protected")
    header = decode_header(protected)
    key = keys.find(check_header(header, *expected), header.get("kid"))
    signature = b64u_decode(_text(entry, "signature"), place="JWS signature")
    key.verify(signature, f"{protected}.{payload}".encode("ascii"), low_s=low_s)
    return header, key


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise JoseError("not-a-jws", f"The JWS member {name!r} must be a string.")
    return value


def _names(algs: Collection[str]) -> str:
    return " and ".join(sorted(algs))
