# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Exchanging a credential, a token or a certificate for a short-lived access token (after RFC 8693 and RFC 9068)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hanse.identity import policy
from hanse.identity.model import AccessToken, Challenge, SignIn
from hanse.jose import ES256, JoseError, KeySet, SigningKey, parse_object, read_unverified, sign_jwt, time_claim
from hanse.jose import verify_jwt as verify
from hanse.kernel.access import parse_principal
from hanse.kernel.errors import DeniedError, UnauthenticatedError, UnavailableError, invalid
from hanse.kernel.ids import new_id, new_nonce

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.identity.model import CredentialStore, Trust
    from hanse.identity.presentations import PresentationJudge
    from hanse.kernel.access import Principal
    from hanse.kernel.clock import Clock

TOKEN_TYPE = "at+jwt"  # noqa: S105 - RFC 9068's media type, no secret
TOKEN_LIFETIME = timedelta(minutes=5)
# However often a token is exchanged for another, it ends an hour after the person or service proved who it is.
LONGEST = timedelta(hours=1)
# What another city's status list said at the sign-in holds for as long as such a list does; it is not asked before.
STATUS_KNOWN = timedelta(minutes=10)
CHALLENGE_LIFETIME = timedelta(minutes=5)
LEEWAY = timedelta(seconds=5)
MAX_TOKEN_BYTES = 16 * 1024
MAX_PURPOSE = 200
_REQUIRED = ("iss", "aud", "sub", "exp", "iat", "jti", "scope")
_SIGN_IN = "Exchange the credential for a fresh token of this city."


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
    presentations: PresentationJudge
    clock: Clock

    def challenge(self, caller: Principal) -> Challenge:
        """A nonce, good once and for five minutes. Raises LimitExceededError."""
        now = self.clock.now()
        challenge = Challenge(new_nonce(), f"https://{self.authority}", now + CHALLENGE_LIFETIME)
        self.store.add_challenge(challenge, caller.urn, now)
        return challenge

    def for_presentation(self, presentation: str, wish: Wish) -> AccessToken:
        """A token for the holder of a credential. The challenge is used up only when everything else holds.

        Raises:
            InvalidInputError: the presentation is too large, or a token of another city is asked for.
            UnauthenticatedError: PRESENTATION_INVALID.
            ConflictError: REPLAYED.
            DeniedError: NOT_TRUSTED, REVOKED or SCOPE_MISSING.
            UnavailableError: the issuer's status list cannot be had.
        """
        self._must_be_for_this_city(wish, "a presentation")
        shown = self.presentations.judge(presentation)
        scopes, now = policy.grant(policy.of_credential(shown.vct), wish.scope), self.clock.now()
        self.store.use_challenge(shown.nonce, now)
        sign_in = SignIn(new_id(self.clock), shown.issuer, shown.status, now + LONGEST)
        self.store.add_sign_in(sign_in, now)
        subject = self._pairwise(self.authority, f"{shown.issuer}|{shown.holder}")
        return self._mint(subject, scopes, wish, _Chain(sign_in=sign_in.id))

    def for_token(self, token: str, caller: Principal, wish: Wish) -> AccessToken:
        """A token with which `caller` acts on behalf of another token's subject.

        The token is this city's own, or one that a trusted city made out to this city. A neighbour's token gives one
        of this city only, which ends when the neighbour's does: it is not handed on to a third, nor prolonged.

        Raises:
            InvalidInputError: a neighbour's token is to become one of another city.
            UnauthenticatedError: SUBJECT_TOKEN_INVALID.
            DeniedError: NOT_TRUSTED, SCOPE_MISSING, CALLER_NOT_ALLOWED, or REVOKED: the credential that the token was
                got with has been revoked since.
            UnavailableError: the credential's issuer cannot be asked, and has not been for a while.
        """
        self._must_be_own_service(caller, "act on behalf of others")
        claims = self._token_claims(token)
        issuer, subject = str(claims["iss"]), str(claims["sub"])
        scopes = frozenset(str(claims["scope"]).split())
        self._refuse_revoked(claims)
        if issuer != self.authority:
            self._must_be_for_this_city(wish, "another city's token")
            chain = _chain(f"urn:hanse:{issuer}:service:gateway", claims, self.authority)
            granted = policy.grant(scopes & policy.ACROSS_BORDER, wish.scope)
            return self._mint(self._pairwise(self.authority, f"{issuer}|{subject}"), granted, wish, chain)
        chain = _chain(caller.urn, claims, self.authority)
        if wish.audience in ("", self.authority):
            allowed = scopes & policy.ON_BEHALF
        else:
            self.trust.token_keys(wish.audience)  # a city that is not trusted gets no token
            allowed, subject = scopes & policy.ACROSS_BORDER, self._pairwise(wish.audience, subject)
            chain = replace(chain, sign_in="")
        return self._mint(subject, policy.grant(allowed, wish.scope), wish, chain)

    def for_certificate(self, caller: Principal, wish: Wish) -> AccessToken:
        """A token for a service or client of this city itself. Raises DeniedError or InvalidInputError."""
        if caller.authority != self.authority:
            raise DeniedError(
                f"{caller.urn} is no client of {self.authority}",
                remedy="Present a credential: CreateChallenge, then ExchangeToken with the presentation.",
            )
        self._must_be_for_this_city(wish, "a certificate")
        return self._mint(caller.urn, policy.grant(policy.of_principal(caller), wish.scope), wish)

    def introspect(self, token: str, caller: Principal) -> Mapping[str, object]:
        """The claims of an active token of this city; empty when it is not active (RFC 7662 §2.2).

        Raises:
            DeniedError: CALLER_NOT_ALLOWED, when no service of this city asks.
        """
        self._must_be_own_service(caller, "look into tokens")
        try:
            claims = self._token_claims(token)
            self._refuse_revoked(claims)
        except (UnauthenticatedError, DeniedError, UnavailableError):
            return {}
        return claims if claims["iss"] == self.authority else {}

    def _must_be_own_service(self, caller: Principal, what: str) -> None:
        if caller.authority != self.authority or caller.kind != "service":
            raise DeniedError(f"{caller.urn} may not {what}", remedy=f"Only services of this city {what}.")

    def _must_be_for_this_city(self, wish: Wish, grant: str) -> None:
        if wish.audience not in ("", self.authority):
            raise invalid("audience", f"{grant} gives a token of this city only", remedy="Leave audience empty.")

    def _token_claims(self, token: str) -> Mapping[str, object]:
        """Verified claims of a token made out to this city, by this city or a trusted one."""
        try:
            _, payload = read_unverified(token, max_bytes=MAX_TOKEN_BYTES)
            issuer = str(parse_object(payload, place="token").get("iss", ""))
            return verify(
                token,
                KeySet.of(self.key.public) if issuer == self.authority else self.trust.token_keys(issuer),
                algs=(ES256,),
                typ=TOKEN_TYPE,
                now=self.clock.now(),
                issuer=issuer,
                audience=self.authority,
                required=_REQUIRED,
                leeway=LEEWAY,
                max_bytes=MAX_TOKEN_BYTES,
            ).claims
        except JoseError as error:
            raise UnauthenticatedError(f"the subject's token does not hold: {error}", remedy=_SIGN_IN) from None

    def _refuse_revoked(self, claims: Mapping[str, object]) -> None:
        """Refuses a token of this city whose credential was revoked after the sign-in."""
        identifier = claims.get("sid")
        if claims["iss"] != self.authority or identifier is None:
            return  # another city's token is that city's to look after; a certificate is no credential
        sign_in = self.store.sign_in(str(identifier))
        if sign_in is None:
            raise UnauthenticatedError("what this token rests on is not known here any more", remedy=_SIGN_IN)
        is_old = self.clock.now() > sign_in.ends - LONGEST + STATUS_KNOWN
        self.presentations.refuse_revoked(sign_in.issuer, sign_in.status, ask=is_old)

    def _pairwise(self, audience: str, subject: str) -> str:
        """An identifier that only this city can make, and that differs from audience to audience."""
        digest = hmac.new(self.pairwise, f"{audience}\0{subject}".encode(), hashlib.sha256).hexdigest()
        return f"urn:hanse:{audience}:person:{digest[:40]}"

    def _mint(
        self,
        subject: str,
        scopes: frozenset[str],
        wish: Wish,
        chain: _Chain | None = None,
    ) -> AccessToken:
        now, chain = self.clock.now(), chain or _Chain()
        proved = min(chain.since or now, now)
        lifetime = min(TOKEN_LIFETIME, proved + LONGEST - now, (chain.until or now + LONGEST) - now)
        if lifetime < timedelta(seconds=1):
            raise UnauthenticatedError(
                "whoever this token speaks for signed in more than an hour ago, or came with another city's token,"
                " which has ended",
                remedy=_SIGN_IN,
            )
        claims: dict[str, object] = {
            "iss": self.authority,
            "aud": wish.audience or self.authority,
            "sub": subject,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "auth_time": int(proved.timestamp()),
            "jti": new_id(self.clock),
            "scope": " ".join(sorted(scopes)),
        }
        if wish.purpose:
            claims["purpose"] = wish.purpose[:MAX_PURPOSE]
        if chain.sign_in:
            claims["sid"] = chain.sign_in
        if chain.actor is not None:
            claims["act"] = dict(chain.actor)
        text = sign_jwt(claims, self.key, typ=TOKEN_TYPE)
        return AccessToken(text, subject, scopes, int(lifetime.total_seconds()))


@dataclass(frozen=True, slots=True)
class _Chain:
    """What a token has from those before it: who acts, since when the subject is known, its latest end, its sign-in."""

    actor: Mapping[str, object] | None = None
    since: datetime | None = None
    until: datetime | None = None
    sign_in: str = ""


def _chain(actor: str, claims: Mapping[str, object], authority: str) -> _Chain:
    """What follows from a token. One that another city's stands behind ends with that one."""
    acting = _acting(actor, claims)
    return _Chain(
        actor=acting,
        since=_since(claims),
        until=time_claim(claims, "exp") if _comes_from_elsewhere(acting, authority) else None,
        sign_in=str(claims.get("sid", "")) if claims["iss"] == authority else "",
    )


def _comes_from_elsewhere(acting: Mapping[str, object], authority: str) -> bool:
    """Whether anybody of another city acted on the way here."""
    who = parse_principal(str(acting.get("sub", "")))
    before = acting.get("act")
    return (
        who is None
        or who.authority != authority
        or (isinstance(before, dict) and _comes_from_elsewhere(before, authority))
    )


def _since(claims: Mapping[str, object]) -> datetime:
    """When the subject proved who it is: `auth_time` (RFC 9068 §2.2.1), else the token's own time of issue."""
    try:
        times = [moment for name in ("auth_time", "iat") if (moment := time_claim(claims, name)) is not None]
    except JoseError as error:
        raise UnauthenticatedError(f"the subject's token does not hold: {error}", remedy=_SIGN_IN) from None
    return min(times)


def _acting(actor: str, claims: Mapping[str, object]) -> Mapping[str, object]:
    """Who acts now, and within it whoever acted before (RFC 8693 §4.1)."""
    before = claims.get("act")
    return {"sub": actor, "act": before} if isinstance(before, dict) else {"sub": actor}
