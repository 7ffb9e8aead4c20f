# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""JSON Web Tokens: signed claims and their checks (RFC 7519, RFC 8725)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hanse.jose.compact import MAX_COMPACT_BYTES, sign_compact, verify_compact
from hanse.jose.encoding import canonical_json, parse_object
from hanse.jose.errors import JoseError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hanse.jose.keys import SigningKey, VerifyKey
    from hanse.jose.keyset import KeySet

DEFAULT_LEEWAY = timedelta(seconds=30)
_LATEST = 253402300799  # 9999-12-31T23:59:59Z, the last second datetime knows


@dataclass(frozen=True, slots=True)
class VerifiedJwt:
    """Verified claims, the protected header and the key that signed them."""

    claims: Mapping[str, object]
    header: Mapping[str, object]
    key: VerifyKey


def sign_jwt(
    claims: Mapping[str, object], key: SigningKey, *, typ: str, header: Mapping[str, object] | None = None
) -> str:
    """Sign ``claims`` as a compact JWT."""
    return sign_compact(canonical_json(claims), key, typ=typ, header=header)


def verify_jwt(
    token: str,
    keys: VerifyKey | KeySet,
    *,
    algs: Collection[str],
    typ: str | None,
    now: datetime,
    issuer: str | None = None,
    audience: str | None = None,
    required: Collection[str] = ("exp",),
    leeway: timedelta = DEFAULT_LEEWAY,
    max_age: timedelta | None = None,
    max_bytes: int = MAX_COMPACT_BYTES,
) -> VerifiedJwt:
    """Verify signature and claims; see ``verify_compact`` and ``check_claims``."""
    jws = verify_compact(token, keys, algs=algs, typ=typ, max_bytes=max_bytes)
    claims = parse_object(jws.payload, place="JWT payload")
    check_claims(
        claims,
        now=now,
        issuer=issuer,
        audience=audience,
        required=required,
        leeway=leeway,
        max_age=max_age,
    )
    return VerifiedJwt(claims, jws.header, jws.keys[0])


def check_claims(
    claims: Mapping[str, object],
    *,
    now: datetime,
    issuer: str | None = None,
    audience: str | None = None,
    required: Collection[str] = (),
    leeway: timedelta = DEFAULT_LEEWAY,
    max_age: timedelta | None = None,
) -> None:
    """Check the registered claims.

    ``exp``, ``nbf`` and ``iat`` are checked whenever they are there; ``iat`` must not lie in the future nor,
    with ``max_age``, further back. An issuer or audience that the caller names must be there and match; an
    ``aud`` that the caller does not name is refused, because the token was meant for someone (RFC 7519
    section 4.1.3).

    Raises:
        JoseError: ``missing-claim``, ``bad-claim``, ``expired``, ``not-yet-valid``, ``wrong-issuer``,
            ``wrong-audience``.
    """
    for name in required:
        if claims.get(name) is None:
            raise JoseError("missing-claim", f"The claim {name!r} is required.")
    _check_times(claims, now, leeway, max_age)
    if issuer is not None and claims.get("iss") != issuer:
        raise JoseError("wrong-issuer", f"The claim 'iss' must be {issuer!r}.")
    if audience is not None or "aud" in claims:
        _check_audience(claims.get("aud"), audience)


def numeric_date(moment: datetime) -> int:
    """Return whole seconds since 1970-01-01T00:00:00Z; ``moment`` must know its offset."""
    if moment.tzinfo is None:
        raise JoseError("bad-time", "A time must carry its UTC offset.")
    return int(moment.timestamp())


def time_claim(claims: Mapping[str, object], name: str) -> datetime | None:
    """Return the NumericDate claim ``name`` in UTC, or None where it is absent."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LATEST:
        raise JoseError("bad-claim", f"The claim {name!r} must be a NumericDate in seconds.")
    return datetime.fromtimestamp(value, UTC)


def _check_times(claims: Mapping[str, object], now: datetime, leeway: timedelta, max_age: timedelta | None) -> None:
    expires, not_before, issued = (time_claim(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is not None and now >= expires + leeway:
        raise JoseError("expired", f"The token expired at {expires.isoformat()}.")
    if not_before is not None and now < not_before - leeway:
        raise JoseError("not-yet-valid", f"The token is not valid before {not_before.isoformat()}.")
    if issued is not None and now < issued - leeway:
        raise JoseError("not-yet-valid", f"The token says that it was issued at {issued.isoformat()}.")
    if max_age is not None and (issued is None or now >= issued + max_age + leeway):
        raise JoseError("expired", f"The token must have been issued within {max_age}.")


def _check_audience(found: object, expected: str | None) -> None:
    audiences = found if isinstance(found, list) else [found]
    if not audiences or not all(isinstance(audience, str) for audience in audiences):
        raise JoseError("bad-claim", "The claim 'aud' must be a string or an array of strings.")
    if expected is None or expected not in audiences:
        raise JoseError("wrong-audience", "The token is meant for another audience.")
