# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Status List Tokens (Token Status List section 5) and references to them (section 6).

As a compact JWT with ES256, or as a general JWS with ES256 and ML-DSA-65, both required.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.jose import (
    HYBRID_ALGS,
    HybridSigner,
    VerifiedJws,
    canonical_json,
    check_claims,
    numeric_date,
    parse_object,
    sign_compact,
    sign_general,
    time_claim,
    verify_compact,
    verify_general,
)
from hanse.jose.jwt import DEFAULT_LEEWAY
from hanse.statuslist.errors import StatusListError
from hanse.statuslist.statuses import MAX_LIST_BYTES, StatusList

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, timedelta

    from hanse.jose import KeySet, SigningKey

STATUS_LIST_TYPE = "statuslist+jwt"
MAX_TOKEN_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StatusReference:
    """Where a credential's status stands: list ``uri``, position ``index``."""

    uri: str
    index: int

    @classmethod
    def from_claims(cls, claims: Mapping[str, object]) -> StatusReference | None:
        """Read the claim ``status.status_list``; None where the credential has no claim ``status``.

        Raises:
            StatusListError: the claim is there but not understood, so the status is unknown.
        """
        if "status" not in claims:
            return None
        status = claims["status"]
        entry = status.get("status_list") if isinstance(status, dict) and set(status) == {"status_list"} else None
        if not isinstance(entry, dict):
            raise StatusListError("bad-claim", "The claim 'status' must hold 'status_list' and nothing else.")
        uri, index = entry.get("uri"), entry.get("idx")
        if not isinstance(uri, str) or not uri:
            raise StatusListError("bad-claim", "The claim 'status.status_list.uri' must be a string.")
        if isinstance(index, bool) or not isinstance(index, int) or index < 0:
            raise StatusListError("bad-claim", "The claim 'status.status_list.idx' must be an integer from 0.")
        return cls(uri, index)

    def to_claim(self) -> dict[str, object]:
        """Return the value of the claim ``status``."""
        return {"status_list": {"idx": self.index, "uri": self.uri}}


@dataclass(frozen=True, slots=True)
class VerifiedStatusList:
    """A verified list, good until ``expires``; ``issued`` orders two of the same ``uri``. Times are UTC."""

    uri: str
    statuses: StatusList
    issued: datetime
    expires: datetime


def sign_status_list(
    statuses: StatusList,
    uri: str,
    signer: SigningKey | HybridSigner,
    *,
    now: datetime,
    lifetime: timedelta,
) -> str:
    """Return the token: compact text for one key, the JSON text of a general JWS for a hybrid pair.

    Args:
        statuses: the list.
        uri: where the token is to be found; credentials refer to it.
        signer: the issuer's key or keys.
        now: time of issue.
        lifetime: after it the token is worth nothing; also its ``ttl``, so that caches let it go by then.
    """
    seconds = int(lifetime.total_seconds())
    claims: dict[str, object] = {
        "sub": uri,
        "iat": numeric_date(now),
        "exp": numeric_date(now) + seconds,
        "ttl": seconds,
        "status_list": {"bits": statuses.bits, "lst": statuses.encode()},
    }
    payload = canonical_json(claims)
    if isinstance(signer, HybridSigner):
        return canonical_json(sign_general(payload, signer, typ=STATUS_LIST_TYPE)).decode()
    return sign_compact(payload, signer, typ=STATUS_LIST_TYPE)


def verify_status_list(
    token: str,
    uri: str,
    keys: KeySet,
    *,
    now: datetime,
    required_algs: Collection[str] = HYBRID_ALGS,
    leeway: timedelta = DEFAULT_LEEWAY,
    max_list_bytes: int = MAX_LIST_BYTES,
) -> VerifiedStatusList:
    """Verify a token fetched from ``uri``.

    Args:
        token: the text in either form.
        uri: the reference's ``uri``, which the claim ``sub`` must equal.
        keys: the keys of the credential's issuer.
        now: the time of judgement, UTC.
        required_algs: ES256 and ML-DSA-65 for the general form; one algorithm for the compact form.
        leeway: clock difference forgiven.
        max_list_bytes: largest inflated list.

    Raises:
        JoseError: (StatusListError among them) whatever does not hold; the status is then unknown, not valid.
    """
    jws = _verify_signatures(token, keys, required_algs)
    claims = parse_object(jws.payload, place="status list token", max_bytes=MAX_TOKEN_BYTES)
    check_claims(claims, now=now, required=("sub", "iat", "exp", "status_list"), leeway=leeway)
    if claims["sub"] != uri:
        raise StatusListError("wrong-subject", f"The status list token is not the one of {uri}.")
    entry = claims["status_list"]
    bits, lst = (entry.get("bits"), entry.get("lst")) if isinstance(entry, dict) else (None, None)
    if not isinstance(bits, int) or not isinstance(lst, str):
        raise StatusListError("bad-status-list", "The claim 'status_list' must hold 'bits' and 'lst'.")
    statuses = StatusList.decode(bits, lst, max_bytes=max_list_bytes)
    issued, expires = time_claim(claims, "iat"), time_claim(claims, "exp")
    if issued is None or expires is None:
        raise StatusListError("missing-claim", "The claims 'iat' and 'exp' are required.")
    return VerifiedStatusList(uri, statuses, issued, expires)


def _verify_signatures(token: str, keys: KeySet, required_algs: Collection[str]) -> VerifiedJws:
    if token.startswith("{"):
        return verify_general(token, keys, typ=STATUS_LIST_TYPE, required_algs=required_algs, max_bytes=MAX_TOKEN_BYTES)
    if len(set(required_algs)) != 1:
        raise StatusListError("missing-signature", "A compact token cannot carry every signature required.")
    return verify_compact(token, keys, algs=required_algs, typ=STATUS_LIST_TYPE, max_bytes=MAX_TOKEN_BYTES)
