# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Verifying SD-JWT VCs and presentations (RFC 9901 sections 7.1 and 7.3)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hanse.jose import ES256, JoseError, KeySet, VerifyKey, check_claims, parse_object, time_claim, verify_jwt
from hanse.jose.jwt import DEFAULT_LEEWAY
from hanse.sdjwt.disclosure import reveal
from hanse.sdjwt.errors import SdJwtError
from hanse.sdjwt.form import take_apart
from hanse.sdjwt.holder import KB_JWT, holder_of
from hanse.sdjwt.issuer import ALWAYS_VISIBLE, REQUIRED_CLAIMS, SD_JWT_VC

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hanse.sdjwt.form import Parts
    from hanse.sdjwt.paths import ConcretePath

DEFAULT_KB_AGE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class VerifiedCredential:
    """A credential that held in every respect but revocation: that, the caller checks by its ``status``.

    Attributes:
        claims: the payload with the disclosed claims in place and without ``_sd`` and ``_sd_alg``.
        issuer: the claim ``iss``.
        vct: the credential's type.
        expires: the claim ``exp``, UTC.
        header: the (first) protected header.
        issuer_keys: the keys that signed, in the order of the signatures.
        holder: the key that the holder proved to have; None where the credential is bound to none.
        disclosed: the places of the disclosed claims.
    """

    claims: Mapping[str, object]
    issuer: str
    vct: str
    expires: datetime
    header: Mapping[str, object]
    issuer_keys: tuple[VerifyKey, ...]
    holder: VerifyKey | None
    disclosed: tuple[ConcretePath, ...]


@dataclass(frozen=True, slots=True)
class Unverified:
    """What a credential claims about its issuer, without any proof: only to look up the keys."""

    issuer: str
    vct: str
    kid: str | None
    is_general: bool


def peek(text: str) -> Unverified:
    """Read who says to have issued a credential or presentation, and of what type; nothing is verified."""
    parts = take_apart(text)
    payload, kid = parts.payload, parts.header.get("kid")
    kid = kid if isinstance(kid, str) else None
    return Unverified(_string(payload, "iss"), _string(payload, "vct"), kid, parts.is_general)


def verify(
    presentation: str,
    issuer_keys: KeySet,
    *,
    aud: str,
    nonce: str,
    now: datetime,
    required_algs: Collection[str] = (ES256,),
    issuer: str | None = None,
    vct: str | None = None,
    typ: str = SD_JWT_VC,
    leeway: timedelta = DEFAULT_LEEWAY,
    max_kb_age: timedelta = DEFAULT_KB_AGE,
) -> VerifiedCredential:
    """Verify a presentation with key binding.

    Args:
        presentation: the text received.
        issuer_keys: the keys trusted for the issuer that ``peek`` named.
        aud: this verifier, exactly as it named itself to the holder.
        nonce: the fresh value given to the holder; that it is used once only, the caller sees to.
        now: the time of judgement, UTC.
        required_algs: the issuer must have signed with each of these: one for the compact form, ES256 and
            ML-DSA-65 for the general form. A credential with fewer, more or other signatures is refused.
        issuer: the ``iss`` expected, if the caller knows it beforehand.
        vct: the type expected, likewise.
        typ: the media type expected.
        leeway: clock difference forgiven.
        max_kb_age: oldest key binding accepted.

    Raises:
        JoseError: (SdJwtError among them) whatever does not hold, with ``code`` and a sentence.
    """
    parts = take_apart(presentation)
    if parts.kb_jwt is None:
        raise SdJwtError("no-key-binding", "The presentation lacks the key binding JWT that is required.")
    credential = _verify_issued(parts, issuer_keys, required_algs, typ, now, leeway, issuer, vct)
    if credential.holder is None:
        raise SdJwtError("no-holder-key", "The credential is bound to no holder key.")
    kb = verify_jwt(
        parts.kb_jwt,
        credential.holder,
        algs=(credential.holder.alg,),
        typ=KB_JWT,
        now=now,
        required=("iat", "aud", "nonce", "sd_hash"),
        audience=aud,
        leeway=leeway,
        max_age=max_kb_age,
    )
    _must_equal(kb.claims, "aud", aud, "wrong-audience")
    _must_equal(kb.claims, "nonce", nonce, "wrong-nonce")
    _must_equal(kb.claims, "sd_hash", parts.sd_hash, "wrong-sd-hash")
    return credential


def verify_credential(
    credential: str,
    issuer_keys: KeySet,
    *,
    now: datetime,
    required_algs: Collection[str] = (ES256,),
    issuer: str | None = None,
    vct: str | None = None,
    typ: str = SD_JWT_VC,
    leeway: timedelta = DEFAULT_LEEWAY,
) -> VerifiedCredential:
    """Verify a credential without key binding, as its holder does on receipt; see ``verify``."""
    parts = take_apart(credential)
    if parts.kb_jwt is not None:
        raise SdJwtError("unexpected-key-binding", "A credential without key binding is expected here.")
    return _verify_issued(parts, issuer_keys, required_algs, typ, now, leeway, issuer, vct)


def _verify_issued(
    parts: Parts,
    keys: KeySet,
    required_algs: Collection[str],
    typ: str,
    now: datetime,
    leeway: timedelta,
    issuer: str | None,
    vct: str | None,
) -> VerifiedCredential:
    jws = parts.verify(keys, required_algs, typ)
    revealed = reveal(parse_object(jws.payload, place="SD-JWT payload"), parts.disclosures)
    for place, _ in revealed.places:
        if place[0] in ALWAYS_VISIBLE:
            raise SdJwtError("not-disclosable", f"The claim {place[0]!r} must not be selectively disclosed.")
    claims = revealed.claims
    check_claims(claims, now=now, issuer=issuer, required=REQUIRED_CLAIMS, leeway=leeway)
    if vct is not None:
        _must_equal(claims, "vct", vct, "wrong-type")
    expires = time_claim(claims, "exp")
    if expires is None:
        raise SdJwtError("missing-claim", "The claim 'exp' is required.")
    return VerifiedCredential(
        claims=claims,
        issuer=_string(claims, "iss"),
        vct=_string(claims, "vct"),
        expires=expires,
        header=jws.header,
        issuer_keys=jws.keys,
        holder=holder_of(claims) if "cnf" in claims else None,
        disclosed=tuple(place for place, _ in revealed.places),
    )


def _string(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise JoseError("bad-claim", f"The claim {name!r} must be a non-empty string.")
    return value


def _must_equal(claims: Mapping[str, object], name: str, expected: str, code: str) -> None:
    value = claims.get(name)
    if not isinstance(value, str) or not hmac.compare_digest(value.encode(), expected.encode()):
        raise SdJwtError(code, f"The claim {name!r} is not the one expected.")
