# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Swapping the subject's token at this city's identity: for another city's use going out, for a local one coming in.

A swapped token is kept for as long as both it and what it was swapped for are valid, at most a minute, because many
calls bring the same one.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc

from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc
from hanse.jose import ES256, JoseError, KeySet, parse_object, read_unverified, verify_jwt
from hanse.kernel.errors import DeniedError, UnauthenticatedError, from_rpc
from hanse.kernel.tokens import TOKEN_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.kernel.access import TokenVerifier
    from hanse.kernel.clock import Clock

_REMEDY = "Ask identity for a token: ExchangeToken with the token grant, and the other city as audience."
_KEPT, _KEPT_S, _MARGIN_S = 4096, 60.0, 10.0
_MAX_TOKEN = 16 * 1024


@dataclass(frozen=True, slots=True)
class Swapped:
    """A token and the subject's identifier in the city that it is for."""

    token: str = field(repr=False)
    subject: str


@dataclass(frozen=True, slots=True)
class Presented:
    """A token for the other city, its subject there, and the subject's identifier here where that is known."""

    token: str = field(repr=False)
    subject: str
    owner: str


class Tokens:
    """This city's identity service, as the gateway uses it."""

    def __init__(
        self, authority: str, keys: KeySet, verifier: TokenVerifier, channel: grpc.aio.Channel, clock: Clock
    ) -> None:
        self._authority, self._keys, self._verifier, self._clock = authority, keys, verifier, clock
        self._stub = identity_pb2_grpc.IdentityServiceStub(channel)
        self._kept: OrderedDict[tuple[bytes, str, str], tuple[float, Swapped]] = OrderedDict()

    async def outgoing(self, token: str, city: str, purpose: str, timeout_s: float) -> Presented:
        """The token to send to `city`: the one given, if made out to it; else one that identity gives for it.

        Raises:
            UnauthenticatedError, DeniedError: the token is not one of this city's, or gives nothing across the border.
        """
        if claims_of(token).get("aud") != city:
            owner = self._verifier.verify(token)
            swapped = await self.swap(token, city, purpose, timeout_s)
            return Presented(swapped.token, swapped.subject, owner.id)
        try:
            claims = verify_jwt(
                token,
                self._keys,
                algs=(ES256,),
                typ=TOKEN_TYPE,
                now=self._clock.now(),
                issuer=self._authority,
                audience=city,
                required=("iss", "aud", "sub", "exp", "scope"),
                max_bytes=_MAX_TOKEN,
            ).claims
        except JoseError as error:
            raise UnauthenticatedError(f"the subject's token is not valid: {error}", remedy=_REMEDY) from None
        if claims.get("purpose", purpose) != purpose:
            raise UnauthenticatedError(
                "the subject's token was given for another purpose than the call's",
                remedy="Send the purpose in hanse-purpose that the token was asked for, or ask for another token.",
            )
        return Presented(token, str(claims["sub"]), "")

    async def swap(self, token: str, audience: str, purpose: str, timeout_s: float) -> Swapped:
        """A token for `audience` with which this gateway acts for the same subject.

        Raises:
            HanseError: as IdentityService.ExchangeToken.
        """
        place = hashlib.sha256(token.encode()).digest(), audience, purpose  # the purpose is written into the token
        now = self._clock.now().timestamp()
        known = self._kept.get(place)
        if known is not None and now < known[0]:
            return known[1]
        request = identity_pb2.ExchangeTokenRequest(
            token=identity_pb2.ExchangeTokenRequest.TokenGrant(subject_token=token),
            audience="" if audience == self._authority else audience,
            purpose=purpose,
        )
        try:
            answer = await self._stub.ExchangeToken(request, timeout=timeout_s)
        except grpc.aio.AioRpcError as error:
            raise from_rpc(error) from None
        swapped = Swapped(answer.access_token, answer.subject)
        expires = claims_of(token).get("exp")
        until = min(now + answer.expires_in_s, expires if isinstance(expires, int) else now) - _MARGIN_S
        self._kept[place] = (min(until, now + _KEPT_S), swapped)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return swapped

    async def subject_in(self, city: str, token: str, timeout_s: float) -> str:
        """Who the subject of a local token is in another city; empty when identity does not say."""
        try:
            return (await self.swap(token, city, "", timeout_s)).subject
        except (DeniedError, UnauthenticatedError):
            return ""

    def forget(self) -> None:
        """Drops what is kept: trust has changed."""
        self._kept.clear()


def claims_of(token: str) -> Mapping[str, object]:
    """A token's claims WITHOUT any proof: only to choose what to verify it with.

    Raises:
        UnauthenticatedError: it is no JWT.
    """
    try:
        return parse_object(read_unverified(token, max_bytes=_MAX_TOKEN)[1], place="token")
    except JoseError as error:
        raise UnauthenticatedError(f"the subject's token is not valid: {error}", remedy=_REMEDY) from None
