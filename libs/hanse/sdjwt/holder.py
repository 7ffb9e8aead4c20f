# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The holder's side: choosing what to disclose and proving possession of the key (RFC 9901 section 7.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.jose import VerifyKey, numeric_date, sign_jwt
from hanse.sdjwt.disclosure import reveal
from hanse.sdjwt.errors import SdJwtError
from hanse.sdjwt.form import take_apart
from hanse.sdjwt.paths import normalise, related, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from hanse.jose import SigningKey
    from hanse.sdjwt.form import Parts
    from hanse.sdjwt.paths import ClaimPath

KB_JWT = "kb+jwt"


def select(credential: str, disclose: Iterable[ClaimPath | str] | None) -> str:
    """Return the credential with the chosen disclosures only and without key binding.

    A path discloses the claim it names, everything inside it, and of what encloses it just enough to show it;
    None discloses all.

    Raises:
        SdJwtError: the credential is malformed or has no such claim.
    """
    return _select(credential, disclose).serialise()


def present(
    credential: str,
    disclose: Iterable[ClaimPath | str] | None,
    holder_key: SigningKey,
    *,
    aud: str,
    nonce: str,
    now: datetime,
) -> str:
    """Return a presentation: the chosen disclosures (see ``select``) bound to ``aud`` and its ``nonce``.

    Raises:
        SdJwtError: ``wrong-holder-key`` if the credential names another key, and as for ``select``.
    """
    parts = _select(credential, disclose)
    if holder_of(parts.payload).thumbprint != holder_key.public.thumbprint:
        raise SdJwtError("wrong-holder-key", "The credential is bound to another key.")
    claims = {"iat": numeric_date(now), "aud": aud, "nonce": nonce, "sd_hash": parts.sd_hash}
    return parts.with_kb(sign_jwt(claims, holder_key, typ=KB_JWT)).serialise()


def holder_of(payload: Mapping[str, object]) -> VerifyKey:
    """Return the key that the issuer bound the credential to (``cnf.jwk``, RFC 7800 section 3.2)."""
    cnf = payload.get("cnf")
    jwk = cnf.get("jwk") if isinstance(cnf, dict) and set(cnf) == {"jwk"} else None
    if not isinstance(jwk, dict):
        raise SdJwtError("no-holder-key", "The claim 'cnf' must be an object whose one member is 'jwk'.")
    return VerifyKey.from_jwk(jwk)


def _select(credential: str, disclose: Iterable[ClaimPath | str] | None) -> Parts:
    parts = take_apart(credential)
    if parts.kb_jwt is not None:
        raise SdJwtError("not-an-sd-jwt", "A credential, not a presentation with key binding, is presented.")
    revealed = reveal(parts.payload, parts.disclosures)
    if disclose is None:
        return parts
    targets = [place for path in normalise(disclose) for place in resolve(revealed.claims, path)]
    chosen = {d.text for place, d in revealed.places if any(related(place, target) for target in targets)}
    return parts.with_disclosures(d for d in parts.disclosures if d.text in chosen)
