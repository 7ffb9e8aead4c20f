# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Issuing SD-JWT VCs (RFC 9901 section 6, SD-JWT VC section 3)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hanse.jose import HybridSigner, VerifyKey, canonical_json, sign_compact, sign_general
from hanse.sdjwt.disclosure import ELLIPSIS, MAX_DEPTH, RESERVED, SD, SD_ALG, SHA_256, Disclosure, sha256_text
from hanse.sdjwt.errors import SdJwtError
from hanse.sdjwt.form import Parts
from hanse.sdjwt.paths import normalise, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hanse.jose import SigningKey
    from hanse.sdjwt.paths import ClaimPath, ConcretePath

SD_JWT_VC = "dc+sd-jwt"
REQUIRED_CLAIMS = ("iss", "vct", "exp")

# SD-JWT VC section 3.2.2.2: these must be seen by every verifier.
ALWAYS_VISIBLE = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status"})


def issue(
    claims: Mapping[str, object],
    disclosable: Iterable[ClaimPath | str],
    issuer: SigningKey | HybridSigner,
    *,
    holder_jwk: Mapping[str, object] | None,
    decoys: int = 0,
    typ: str = SD_JWT_VC,
    rng: Callable[[int], bytes] = secrets.token_bytes,
) -> str:
    """Issue a credential.

    Args:
        claims: the payload; ``iss``, ``vct`` and ``exp`` (seconds since 1970) are required, ``cnf`` is made
            here.
        disclosable: the claims paths that the holder may hold back; nested paths make nested disclosures.
        issuer: one key for the compact form, a hybrid pair for the general JWS form with both signatures.
        holder_jwk: the holder's public key, which every presentation must then prove; None: no key binding.
        decoys: how many decoy digests every object with disclosures gets.
        typ: the media type in the protected header.
        rng: source of salts and decoys, ``n`` octets a call.

    Raises:
        SdJwtError: a path without a claim, a claim that must stay visible, a reserved name, a claim missing.
    """
    payload = dict(claims)
    if missing := [name for name in REQUIRED_CLAIMS if payload.get(name) is None]:
        raise SdJwtError("missing-claim", f"The claim {missing[0]!r} is required in a credential.")
    if holder_jwk is not None:
        payload["cnf"] = {"jwk": VerifyKey.from_jwk(holder_jwk).bare_jwk()}
    places = {place for path in normalise(disclosable) for place in resolve(payload, path)}
    if fixed := sorted(str(place[0]) for place in places if place[0] in ALWAYS_VISIBLE):
        raise SdJwtError("not-disclosable", f"The claim {fixed[0]!r} must be visible to every verifier.")
    conceal = _Conceal(places, decoys, rng)
    concealed = {**conceal.members(payload, ()), SD_ALG: SHA_256}
    body = canonical_json(concealed)
    jws = (
        sign_general(body, issuer, typ=typ) if isinstance(issuer, HybridSigner) else sign_compact(body, issuer, typ=typ)
    )
    return Parts(jws, tuple(conceal.disclosures), None).serialise()


@dataclass(slots=True)
class _Conceal:
    places: set[ConcretePath]
    decoys: int
    rng: Callable[[int], bytes]
    disclosures: list[Disclosure] = field(default_factory=list)

    def value(self, value: object, at: ConcretePath) -> object:
        if len(at) > MAX_DEPTH:
            raise SdJwtError("too-deep", f"The claims nest deeper than {MAX_DEPTH} levels.")
        if isinstance(value, dict):
            return self.members(value, at)
        if isinstance(value, list):
            return [self.element(item, (*at, index)) for index, item in enumerate(value)]
        return value

    def members(self, source: Mapping[str, object], at: ConcretePath) -> dict[str, object]:
        if reserved := RESERVED & set(source):
            raise SdJwtError("reserved-name", f"A claim must not be named {min(reserved)!r}.")
        result: dict[str, object] = {}
        digests = []
        for name, value in source.items():
            place = (*at, name)
            inner = self.value(value, place)
            if place in self.places:
                digests.append(self.disclose(name, inner))
            else:
                result[name] = inner
        if digests:
            digests += [sha256_text(self.rng(32).hex()) for _ in range(self.decoys)]
            result[SD] = sorted(digests)  # the order must not tell which claim is which (RFC 9901 section 4.2.4.1)
        return result

    def element(self, value: object, at: ConcretePath) -> object:
        inner = self.value(value, at)
        return {ELLIPSIS: self.disclose(None, inner)} if at in self.places else inner

    def disclose(self, name: str | None, value: object) -> str:
        disclosure = Disclosure.make(name, value, self.rng)
        self.disclosures.append(disclosure)
        return disclosure.digest
