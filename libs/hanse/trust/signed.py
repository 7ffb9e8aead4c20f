# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Signing and verifying trust lists: general JWS, ES256 and ML-DSA-65 both required."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.jose import (
    GeneralJws,
    HybridSigner,
    JoseError,
    canonical_json,
    check_claims,
    parse_object,
    read_general_unverified,
    sign_general,
    verify_general,
)
from hanse.jose.jwt import DEFAULT_LEEWAY
from hanse.trust.errors import TrustError
from hanse.trust.model import Anchor
from hanse.trust.parsing import parse_trust_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from hanse.trust.model import TrustList

TRUST_LIST_TYPE = "hanse-trust-list+jws"
MAX_BYTES = 16 * 1024 * 1024


def sign_trust_list(trust_list: TrustList, signer: HybridSigner) -> GeneralJws:
    """Sign a list as its issuer; one that a verifier would refuse is not signed.

    Raises:
        JoseError: (TrustError among them) as ``verify_trust_list`` would.
    """
    payload = trust_list.to_json()
    parse_trust_list(payload, Anchor(trust_list.issuer, signer.public))
    return sign_general(canonical_json(payload), signer, typ=TRUST_LIST_TYPE)


def verify_trust_list(
    doc: Mapping[str, object] | str | bytes,
    anchors: Iterable[Anchor],
    now: datetime,
    *,
    minimum_version: int = 0,
    leeway: timedelta = DEFAULT_LEEWAY,
) -> TrustList:
    """Verify a signed list against the anchors this city has configured.

    Args:
        doc: the general JWS, parsed or as text.
        anchors: whom to believe; the list's ``iss`` picks one, its own keys are never used.
        now: the time of judgement, UTC.
        minimum_version: the highest version seen so far from this anchor; an older list is refused.
        leeway: clock difference forgiven for ``iat``. The list's end is not stretched.

    Raises:
        TrustError: with a sentence that says why.
    """
    try:
        anchor = _anchor_of(doc, anchors)
        jws = verify_general(doc, anchor.keys, typ=TRUST_LIST_TYPE, max_bytes=MAX_BYTES, canonical=True)
        payload = parse_object(jws.payload, place="trust list", max_bytes=MAX_BYTES)
        check_claims(payload, now=now, issuer=anchor.id, required=("iss", "iat", "exp"), leeway=leeway)
        trust_list = parse_trust_list(payload, anchor)
    except TrustError:
        raise
    except JoseError as error:
        raise TrustError(error.code, f"The trust list is refused: {error}") from error
    if now >= trust_list.expires:
        raise TrustError("expired", f"The trust list expired at {trust_list.expires.isoformat()}.")
    if trust_list.version < minimum_version:
        sentence = f"The trust list has version {trust_list.version}, older than {minimum_version} seen before."
        raise TrustError("rolled-back", sentence)
    return trust_list


def _anchor_of(doc: Mapping[str, object] | str | bytes, anchors: Iterable[Anchor]) -> Anchor:
    payload = parse_object(
        read_general_unverified(doc, max_bytes=MAX_BYTES)[1], place="trust list", max_bytes=MAX_BYTES
    )
    issuer = payload.get("iss")
    for anchor in anchors:
        if anchor.id == issuer:
            return anchor
    raise TrustError("unknown-anchor", f"The trust list's issuer {str(issuer)[:80]!r} is no configured anchor.")
