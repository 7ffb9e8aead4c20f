# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a trust list says: cities, their keys by purpose, and the credentials they may issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hanse.jose import HYBRID_ALGS, KeySet, numeric_date
from hanse.trust.errors import TrustError

if TYPE_CHECKING:
    from collections.abc import Mapping

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Someone whose trust lists this city believes: an id and keys of both algorithms."""

    id: str
    keys: KeySet

    def __post_init__(self) -> None:
        if {key.alg for key in self.keys} != HYBRID_ALGS:
            raise TrustError("malformed", f"The anchor {self.id!r} needs ES256 and ML-DSA-65 keys.")

    @classmethod
    def from_json(cls, doc: Mapping[str, object]) -> Anchor:
        """Read ``{"id", "jwks": {"keys": [...]}}`` as operators configure it."""
        identifier, jwks = doc.get("id"), doc.get("jwks")
        if set(doc) != {"id", "jwks"} or not isinstance(identifier, str) or not isinstance(jwks, dict):
            raise TrustError("malformed", "An anchor is an object of 'id' (string) and 'jwks' (JWK Set).")
        return cls(identifier, KeySet.from_jwks(jwks))

    def to_json(self) -> dict[str, object]:
        """Return the form that ``from_json`` reads."""
        return {"id": self.id, "jwks": self.keys.to_jwks()}


@dataclass(frozen=True, slots=True)
class CredentialType:
    """A credential type (``vct``) that a city may issue, and the jurisdiction it may issue it for."""

    vct: str
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class City:
    """A trusted city.

    Attributes:
        authority: its name in URNs and in ``hanse-city``, e.g. ``harbour.example``.
        name: what people call it.
        exchange: ES256 keys that sign exchange envelopes.
        identity: ES256 and ML-DSA-65 keys that sign credentials, status lists and tokens.
        log: ES256 and ML-DSA-65 keys that sign checkpoints.
        tls_ca_pem: certificate authorities of its gateway, PEM, one certificate each.
        credential_types: what it may issue.
        valid_from: first moment of trust, UTC.
        valid_until: moment at which trust ends, UTC.
    """

    authority: str
    name: str
    exchange: KeySet
    identity: KeySet
    log: KeySet
    tls_ca_pem: tuple[str, ...]
    credential_types: tuple[CredentialType, ...]
    valid_from: datetime
    valid_until: datetime

    def to_json(self) -> dict[str, object]:
        """Return the city as it stands in a list's payload."""
        return {
            "authority": self.authority,
            "name": self.name,
            "jwks": {
                purpose: [key.to_jwk() for key in keys]
                for purpose, keys in (
                    ("exchange", self.exchange),
                    ("identity", self.identity),
                    ("log", self.log),
                )
            },
            "tls_ca_pem": list(self.tls_ca_pem),
            "credential_types": [
                {"vct": kind.vct, "jurisdiction": kind.jurisdiction} for kind in self.credential_types
            ],
            "valid_from": _text(self.valid_from),
            "valid_until": _text(self.valid_until),
        }


@dataclass(frozen=True, slots=True)
class TrustList:
    """A verified list. Every lookup takes the time of judgement, so that no answer outlives the list.

    Attributes:
        issuer: id of the anchor that signed.
        version: grows with every list of the anchor; store it and refuse smaller ones.
        issued: UTC.
        expires: UTC; from then on the list answers nothing.
        cities: in the list's order.
    """

    issuer: str
    version: int
    issued: datetime
    expires: datetime
    cities: tuple[City, ...]

    def to_json(self) -> dict[str, object]:
        """Return the payload that is signed."""
        return {
            "iss": self.issuer,
            "iat": numeric_date(self.issued),
            "exp": numeric_date(self.expires),
            "version": self.version,
            "cities": [city.to_json() for city in self.cities],
        }

    def city(self, authority: str, now: datetime) -> City:
        """Return the city if it is trusted at ``now``.

        Raises:
            TrustError: ``expired``, ``not-yet-valid``, ``unknown-city``, ``city-not-valid``.
        """
        if now >= self.expires:
            raise TrustError("expired", f"The trust list of {self.issuer} expired at {_text(self.expires)}.")
        for city in self.cities:
            if city.authority == authority:
                if not city.valid_from <= now < city.valid_until:
                    period = f"{_text(city.valid_from)} to {_text(city.valid_until)}"
                    raise TrustError("city-not-valid", f"The city {authority} is trusted only {period}.")
                return city
        raise TrustError("unknown-city", f"No city {authority!r} is on the trust list of {self.issuer}.")

    def log_keys(self, authority: str, now: datetime) -> KeySet:
        """Return the keys that sign the city's checkpoints; errors as ``city``."""
        return self.city(authority, now).log

    def identity_keys(self, authority: str, now: datetime) -> KeySet:
        """Return the keys that sign the city's tokens and status lists; errors as ``city``."""
        return self.city(authority, now).identity

    def issuer_keys(self, authority: str, vct: str, now: datetime, *, jurisdiction: str | None = None) -> KeySet:
        """Return the keys that may sign credentials of type ``vct`` (for ``jurisdiction``, if given).

        Raises:
            TrustError: ``not-entitled`` if the city may not issue it, and as ``city``.
        """
        city = self.city(authority, now)
        for kind in city.credential_types:
            if kind.vct == vct and jurisdiction in {None, kind.jurisdiction}:
                return city.identity
        place = f" for {jurisdiction}" if jurisdiction is not None else ""
        raise TrustError("not-entitled", f"The city {authority} may not issue credentials of type {vct!r}{place}.")


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(TIME_FORMAT)
