# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Exchanging a credential, a token or a certificate for a short-lived access token (after RFC 8693 and RFC 9068)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from hanse.identity import policy
from hanse.identity.model import HYBRID_TYP, AccessToken, Challenge
from hanse.jose import (
    ES256,
    HYBRID_ALGS,
    JoseError,
    KeySet,
    SigningKey,
    read_unverified,
    sign_jwt,
    verify_jwt,
)
from hanse.jose import parse_object as parse_json_object
from hanse.kernel.errors import DeniedError, UnauthenticatedError, invalid
from hanse.kernel.ids import new_id, new_nonce
from hanse.sdjwt import SD_JWT_VC, VerifiedCredential, peek, verify
from hanse.sdjwt.form import take_apart
from hanse.statuslist import StatusListError, StatusReference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.identity.model import CredentialStore, NeighbourStatus, Trust
    from hanse.kernel.access import Principal
    from hanse.kernel.clock import Clock

TOKEN_TYPE = "at+jwt"  # noqa: S105 - RFC 9068's media type, no secret
TOKEN_LIFETIME = timedelta(minutes=5)
CHALLENGE_LIFETIME = timedelta(minutes=5)
MAX_PRESENTATION_BYTES = 256 * 1024
MAX_TOKEN_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Wish:
    """What a grant is asked for: the city it is to be used in, the scopes, the purpose."""

    audience: str = ""
    scope: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class TokenExchange:
    """The city's token exchange.

    `pairwise` is the secret from which identifiers are derived: a person has another one in each city, and nobody
    without the secret can link them.
    """

    authority: str
    key: SigningKey
    pairwise: bytes
    store: CredentialStore
    trust: Trust
    neighbours: NeighbourStatus
    clock: Clock

    def challenge(self) -> Challenge:
        """A nonce, good once and for five minutes. Raises LimitExceededError."""
        now = self.clock.now()
        challenge = Challenge(new_nonce(), f"https://{self.authority}", now + CHALLENGE_LIFETIME)
        self.store.add_challenge(challenge, now)
        return challenge

    def for_presentation(self, presentation: str, wish: Wish) -> AccessToken:
        """A token for the holder of a credential.

        The order matters: nothing of an unverified presentation is acted on but to look up keys, and its nonce is
        used up only when everything else holds.

        Raises:
            UnauthenticatedError: PRESENTATION_INVALID.
            ConflictError: REPLAYED.
            DeniedError: NOT_TRUSTED, REVOKED or SCOPE_MISSING.
            UnavailableError: the issuer's status list cannot be had.
        """
        if len(presentation) > MAX_PRESENTATION_BYTES:
            raise invalid("presentation.presentation", f"larger than {MAX_PRESENTATION_BYTES} bytes")
        if wish.audience not in ("", self.authority):
            raise invalid("audience", "a presentation gives a token of this city only", remedy="Leave audience empty.")
        nonce = _nonce_of(presentation)
        credential = self._verified(presentation, nonce)
        issuer = _authority(credential.issuer)
        self.store.use_challenge(nonce, self.clock.now())
        if self._is_revoked(issuer, credential):
            raise DeniedError(
                "the credential was revoked by its issuer",
                remedy="Ask the issuer for a new credential.",
                reason="REVOKED",
            )
        scopes = policy.grant(policy.of_credential(credential.vct), wish.scope)
        holder = credential.claims.get("sub") or cast("object", credential.holder and credential.holder.thumbprint)
        return self._mint(self._pairwise(self.authority, f"{issuer}|{holder}"), scopes, wish)

    def for_token(self, token: str, caller: Principal, wish: Wish) -> AccessToken:
        """A token with which `caller` acts on behalf of another token's subject.

        The token is this city's own, or one that a trusted city made out to this city.

        Raises:
            UnauthenticatedError: SUBJECT_TOKEN_INVALID.
            DeniedError: NOT_TRUSTED, SCOPE_MISSING or CALLER_NOT_ALLOWED.
        """
        if caller.authority != self.authority or caller.kind != "service":
            raise DeniedError(
                f"{caller.urn} may not act on behalf of others",
                remedy="Only services of this city exchange tokens on someone's behalf.",
            )
        claims = self._token_claims(token)
        issuer, scopes = str(claims["iss"]), frozenset(str(claims["scope"]).split())
        if issuer != self.authority:
            subject = self._pairwise(self.authority, f"{issuer}|{claims['sub']}")
            return self._mint(
                subject, policy.grant(scopes & policy.ACROSS_BORDER, wish.scope), wish, _actor(claims, issuer)
            )
        audience = wish.audience or self.authority
        if audience == self.authority:
            allowed, subject = scopes & policy.ON_BEHALF, str(claims["sub"])
        else:
            self.trust.token_keys(audience)
            allowed, subject = scopes & policy.ACROSS_BORDER, self._pairwise(audience, str(claims["sub"]))
        return self._mint(subject, policy.grant(allowed, wish.scope), wish, {"sub": caller.urn})

    def for_certificate(self, caller: Principal, wish: Wish) -> AccessToken:
        """A token for a service or client of this city itself. Raises DeniedError."""
        if caller.authority != self.authority:
            raise DeniedError(
                f"{caller.urn} is no client of {self.authority}",
                remedy="Present a credential: CreateChallenge, then ExchangeToken with the presentation.",
            )
        if wish.audience not in ("", self.authority):
            raise invalid("audience", "a certificate gives a token of its own city only")
        return self._mint(caller.urn, policy.grant(policy.of_principal(caller), wish.scope), wish)

    def introspect(self, token: str) -> Mapping[str, object]:
        """The claims of an active token of this city; empty when it is not active (RFC 7662 §2.2)."""
        try:
            claims = self._token_claims(token)
        except (UnauthenticatedError, DeniedError):
            return {}
        return claims if claims["iss"] == self.authority else {}

    def _verified(self, presentation: str, nonce: str) -> VerifiedCredential:
        try:
            claimed = peek(presentation)
            keys = self.trust.issuer_keys(_authority(claimed.issuer), claimed.vct)
            return verify(
                presentation,
                keys,
                aud=f"https://{self.authority}",
                nonce=nonce,
                now=self.clock.now(),
                required_algs=HYBRID_ALGS if claimed.is_general else (ES256,),
                issuer=claimed.issuer,
                vct=claimed.vct,
                typ=HYBRID_TYP if claimed.is_general else SD_JWT_VC,
            )
        except JoseError as error:
            raise UnauthenticatedError(
                f"the presentation does not hold: {error}",
                remedy="Take a new challenge and present again, for this city and with the holder's own key.",
                reason="PRESENTATION_INVALID",
                metadata={"code": error.code},
            ) from None

    def _is_revoked(self, issuer: str, credential: VerifiedCredential) -> bool:
        try:
            status = StatusReference.from_claims(credential.claims)
        except StatusListError as error:
            raise _without_status(str(error)) from None
        if status is None:
            raise _without_status("it names no status list")
        if issuer == self.authority:
            return status.index in set(self.store.revoked_indices())
        return self.neighbours.is_revoked(issuer, status)

    def _token_claims(self, token: str) -> Mapping[str, object]:
        """Verified claims of a token made out to this city, by this city or a trusted one."""
        try:
            _, payload = read_unverified(token, max_bytes=MAX_TOKEN_BYTES)
            issuer = str(parse_json_object(payload, place="token").get("iss", ""))
            return verify_jwt(
                token,
                self._keys_of(issuer),
                algs=(ES256,),
                typ=TOKEN_TYPE,
                now=self.clock.now(),
                issuer=issuer,
                audience=self.authority,
                required=("iss", "aud", "sub", "exp", "iat", "jti", "scope"),
                max_bytes=MAX_TOKEN_BYTES,
            ).claims
        except JoseError as error:
            raise UnauthenticatedError(
                f"the subject's token does not hold: {error}",
                remedy="Exchange the credential for a fresh token of this city.",
            ) from None

    def _keys_of(self, issuer: str) -> KeySet:
        if issuer == self.authority:
            return KeySet.of(self.key.public)
        return self.trust.token_keys(issuer)

    def _pairwise(self, audience: str, subject: str) -> str:
        """An identifier that only this city can make, and that differs from audience to audience."""
        digest = hmac.new(self.pairwise, f"{audience}\0{subject}".encode(), hashlib.sha256).hexdigest()
        return f"urn:hanse:{audience}:person:{digest[:40]}"

    def _mint(
        self, subject: str, scopes: frozenset[str], wish: Wish, actor: Mapping[str, object] | None = None
    ) -> AccessToken:
        now, scope = self.clock.now(), " ".join(sorted(scopes))
        claims: dict[str, object] = {
            "iss": self.authority,
            "aud": wish.audience or self.authority,
            "sub": subject,
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_LIFETIME).timestamp()),
            "jti": new_id(self.clock),
            "scope": scope,
        }
        if wish.purpose:
            claims["purpose"] = wish.purpose[:200]
        if actor is not None:
            claims["act"] = dict(actor)
        text = sign_jwt(claims, self.key, typ=TOKEN_TYPE)
        return AccessToken(text, subject, scopes, int(TOKEN_LIFETIME.total_seconds()))


def _nonce_of(presentation: str) -> str:
    """The nonce that the key binding names; it is trusted only once the presentation is verified against it."""
    try:
        key_binding = take_apart(presentation).kb_jwt
        if key_binding is None:
            raise JoseError("no-key-binding", "there is no key binding JWT")
        _, payload = read_unverified(key_binding)
        nonce = parse_json_object(payload, place="key binding").get("nonce")
    except JoseError as error:
        raise UnauthenticatedError(
            f"the presentation cannot be read: {error}",
            remedy="Send an SD-JWT VC with key binding (RFC 9901 §4.3).",
            reason="PRESENTATION_INVALID",
        ) from None
    if not isinstance(nonce, str) or not nonce:
        raise UnauthenticatedError(
            "the key binding names no nonce", remedy="Take a challenge first.", reason="PRESENTATION_INVALID"
        )
    return nonce


def _without_status(why: str) -> UnauthenticatedError:
    return UnauthenticatedError(
        f"nobody could tell whether this credential was revoked: {why}",
        remedy="Ask the issuer for a credential with a status claim (Token Status List).",
        reason="PRESENTATION_INVALID",
    )


def _authority(issuer: str) -> str:
    return issuer.removeprefix("https://")


def _actor(claims: Mapping[str, object], issuer: str) -> Mapping[str, object]:
    """Who acts: the other city, and within it whoever its own token named (RFC 8693 §4.1)."""
    inner = claims.get("act")
    city = {"sub": f"urn:hanse:{issuer}:service:gateway"}
    return {**city, "act": inner} if isinstance(inner, dict) else city
