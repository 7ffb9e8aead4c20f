# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Checks this city's access tokens (RFC 9068 at+jwt, ES256) in each service's own process.

A verified token is remembered until it expires, because the same token comes with many calls.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from hanse.jose import ES256, JoseError, KeySet, time_claim, verify_jwt
from hanse.kernel.access import Subject
from hanse.kernel.config import CityConfig, ConfigError
from hanse.kernel.errors import DeniedError, UnauthenticatedError
from hanse.kernel.keys import PUBLIC, read_public

if TYPE_CHECKING:
    from hanse.kernel.clock import Clock

TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type, not a secret
_CACHED = 4096
_LEEWAY = timedelta(seconds=5)
_REQUIRED = ("iss", "aud", "sub", "exp", "iat", "jti", "scope")
_REMEDY = "Ask IdentityService.ExchangeToken of this city for a new token."


class CityTokenVerifier:
    """Verifies tokens that this city's identity service signed for this city.

    Raises:
        ConfigError: on construction, when `keys/public.json` cannot be used.
    """

    def __init__(self, config: CityConfig, clock: Clock) -> None:
        self._authority, self._clock = config.city.authority, clock
        path = config.keys / PUBLIC
        try:
            self._keys = KeySet.from_list(json.loads(read_public(path))["identity"]).with_alg(ES256)
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path}: holds no identity keys ({error}); `hanse init` writes it") from None
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, Subject] = OrderedDict()

    def verify(self, token: str) -> Subject:
        """The subject of a token made out to this city.

        Raises:
            UnauthenticatedError: SUBJECT_TOKEN_INVALID: malformed, altered, expired, or of another issuer.
            DeniedError: SCOPE_MISSING: made out to another city.
        """
        digest = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        now = self._clock.now()
        with self._lock:
            known = self._known.get(digest)
        if known is not None and now.timestamp() < known.expires_at:
            return known
        subject = self._check(token)
        with self._lock:
            self._known[digest] = subject
            self._known.move_to_end(digest)
            while len(self._known) > _CACHED:
                self._known.popitem(last=False)
        return subject

    def _check(self, token: str) -> Subject:
        try:
            claims = verify_jwt(
                token,
                self._keys,
                algs={ES256},
                typ=TOKEN_TYPE,
                now=self._clock.now(),
                issuer=self._authority,
                audience=self._authority,
                required=_REQUIRED,
                leeway=_LEEWAY,
            ).claims
        except JoseError as error:
            if error.code == "wrong-audience":
                raise DeniedError(
                    f"the token is not made out to {self._authority}", remedy=_REMEDY, reason="SCOPE_MISSING"
                ) from None
            raise UnauthenticatedError(f"the subject's token is not valid: {error}", remedy=_REMEDY) from None
        return _subject(claims, self._authority)


def _subject(claims: Mapping[str, object], authority: str) -> Subject:
    """The subject that verified claims describe."""
    actor = claims.get("act", {})
    texts = {
        "sub": claims["sub"],
        "scope": claims["scope"],
        "purpose": claims.get("purpose", ""),
        "act": actor.get("sub", "") if isinstance(actor, Mapping) else None,
    }
    for name, value in texts.items():
        if not isinstance(value, str):
            raise UnauthenticatedError(f"the token's claim {name} is malformed", remedy=_REMEDY)
    expires = time_claim(claims, "exp")
    return Subject(
        id=str(texts["sub"]),
        scopes=frozenset(str(texts["scope"]).split()),
        issuer=str(claims["iss"]),
        audience=authority,
        actor=str(texts["act"]),
        purpose=str(texts["purpose"]),
        expires_at=int(expires.timestamp()) if expires else 0,
    )
