# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What identity speaks of: credential records, challenges, grants, tokens; and the ports it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from hanse.jose import KeySet
    from hanse.statuslist import StatusReference

CONTRACT = "identity/v1"
REVISION = "1.0.0"
ARCHITECT = "urn:hanse:credential:architect:1"
# The general form has a media type of its own: an ES256 signature cut out of it is no compact credential.
HYBRID_TYP = "dc+sd-jwt-hybrid"


@dataclass(frozen=True, slots=True)
class CredentialRecord:
    """A credential that this city issued, without its claims."""

    id: str
    vct: str
    status_index: int
    issued: datetime
    expires: datetime
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh credential: its record, and the text that only the holder gets."""

    record: CredentialRecord
    text: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """A nonce for one presentation."""

    nonce: str
    audience: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class SignIn:
    """That somebody presented a credential here: whose, where its status stands, and until when tokens rest on it.

    `id` is in the city's own tokens only: it tells other cities, and whoever sees a token, nothing of the credential.
    """

    id: str
    issuer: str
    status: StatusReference
    ends: datetime


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token as it is handed out."""

    text: str
    subject: str
    scopes: frozenset[str]
    lifetime_s: int


class CredentialStore(Protocol):
    """Credentials issued, challenges given, and what is known of neighbours' status lists."""

    def issue(self, request_id: str, fingerprint: str, make: Callable[[int], Issued]) -> Issued:
        """Stores what `make` makes for a free status index, all or nothing; an earlier equal request's is given again.

        The index was never given out before and tells nothing of the order of issue. A `request_id` is remembered for
        a day; the empty one never.

        Raises:
            ConflictError: the request id was used with other content.
            LimitExceededError: the status list is full.
        """
        ...

    def revoke(self, credential_id: str, reason: str, now: datetime) -> datetime:
        """When it was revoked, now or before. Raises NotFoundError."""
        ...

    def is_revoked(self, index: int) -> bool | None:
        """Whether the credential at a status index is revoked; None when none was issued for it."""
        ...

    def revoked_indices(self) -> Sequence[int]:
        """Every status index that is revoked."""
        ...

    def list_credentials(self, after: str, limit: int) -> Sequence[CredentialRecord]:
        """Records in the order of their ids, those after `after`."""
        ...

    def add_challenge(self, challenge: Challenge, caller: str, now: datetime) -> None:
        """Stores a challenge given to `caller` and forgets the expired. Raises LimitExceededError."""
        ...

    def use_challenge(self, nonce: str, now: datetime) -> None:
        """Uses a challenge up. Raises UnauthenticatedError (unknown, expired) or ConflictError (used before)."""
        ...

    def add_sign_in(self, sign_in: SignIn, now: datetime) -> None:
        """Notes what a person's tokens rest on, and forgets what none rests on any more."""
        ...

    def sign_in(self, identifier: str) -> SignIn | None:
        """What tokens that name this sign-in rest on."""
        ...


class NeighbourStatus(Protocol):
    """The status of a credential that another city issued."""

    def is_revoked(self, issuer: str, status: StatusReference) -> bool:
        """Whether it is revoked. Raises UnavailableError when nobody can tell: then it counts as refused."""
        ...

    def is_known_revoked(self, issuer: str, status: StatusReference) -> bool:
        """Whether it is revoked as far as this city knows without asking."""
        ...


class Trust(Protocol):
    """The installed trust list."""

    def issuer_keys(self, authority: str, vct: str) -> KeySet:
        """Keys of a city's identity service trusted for a credential type. Raises DeniedError."""
        ...

    def token_keys(self, authority: str) -> KeySet:
        """Keys with which a trusted city signs tokens made out to this one. Raises DeniedError."""
        ...
