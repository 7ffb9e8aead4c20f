# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From a trust list's payload to its model; whatever is not exactly as written here is refused."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hanse.jose import ES256, HYBRID_ALGS, KeySet, time_claim
from hanse.trust.errors import TrustError
from hanse.trust.model import TIME_FORMAT, City, CredentialType, TrustList

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hanse.trust.model import Anchor

MAX_CITIES = 1000
_MAX_TEXT = 512
_MAX_ITEMS = 64
_MAX_PEM = 16 * 1024
_AUTHORITY = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_JWK_MEMBERS = frozenset({"kty", "crv", "x", "y", "pub", "alg", "kid", "use"})
_PURPOSES = {"exchange": frozenset({ES256}), "identity": HYBRID_ALGS, "log": HYBRID_ALGS}
_CITY = {
    "authority",
    "name",
    "jwks",
    "tls_ca_pem",
    "credential_types",
    "valid_from",
    "valid_until",
}


def parse_trust_list(payload: Mapping[str, object], anchor: Anchor) -> TrustList:
    """Build the list from its verified payload; keys must differ between cities, purposes and the anchor.

    Raises:
        JoseError: (TrustError among them) names the place in the list.
    """
    _members(payload, {"iss", "iat", "exp", "version", "cities"}, "list")
    version = payload["version"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise TrustError("malformed", "The list's member 'version' must be an integer from 0.")
    issued, expires = time_claim(payload, "iat"), time_claim(payload, "exp")
    if issued is None or expires is None or issued >= expires:
        raise TrustError("malformed", "The list's member 'exp' must lie after 'iat'.")
    entries = _array(payload["cities"], "cities", MAX_CITIES)
    cities = tuple(_city(entry, f"cities/{index}") for index, entry in enumerate(entries))
    if len({city.authority for city in cities}) != len(cities):
        raise TrustError("duplicate-city", "The list names a city twice.")
    _check_reuse(cities, anchor)
    return TrustList(anchor.id, version, issued, expires, cities)


def _city(entry: object, place: str) -> City:
    city = _object(entry, _CITY, place)
    authority = _string(city["authority"], f"{place}/authority")
    if _AUTHORITY.fullmatch(authority) is None:
        raise TrustError("malformed", f"{place}/authority must look like a lower-case host name.")
    jwks = _object(city["jwks"], set(_PURPOSES), f"{place}/jwks")
    valid_from, valid_until = (_time(city[name], f"{place}/{name}") for name in ("valid_from", "valid_until"))
    if valid_from >= valid_until:
        raise TrustError("malformed", f"{place}/valid_until must lie after valid_from.")
    return City(
        authority=authority,
        name=_string(city["name"], f"{place}/name"),
        exchange=_keys(jwks, "exchange", f"{place}/jwks"),
        identity=_keys(jwks, "identity", f"{place}/jwks"),
        log=_keys(jwks, "log", f"{place}/jwks"),
        tls_ca_pem=_certificates(city["tls_ca_pem"], f"{place}/tls_ca_pem"),
        credential_types=_credential_types(city["credential_types"], f"{place}/credential_types"),
        valid_from=valid_from,
        valid_until=valid_until,
    )


def _keys(jwks: Mapping[str, object], purpose: str, place: str) -> KeySet:
    entries = _array(jwks[purpose], f"{place}/{purpose}", _MAX_ITEMS)
    for entry in entries:
        if not isinstance(entry, dict) or not set(entry) <= _JWK_MEMBERS:
            raise TrustError("unknown-member", f"A key at {place}/{purpose} has a member not known here.")
    keys = KeySet.from_list(entries)
    if {key.alg for key in keys} != _PURPOSES[purpose]:
        algs = " and ".join(sorted(_PURPOSES[purpose]))
        raise TrustError("malformed", f"{place}/{purpose} must hold keys for {algs}.")
    return keys


def _certificates(value: object, place: str) -> tuple[str, ...]:
    texts = [_string(text, place, _MAX_PEM) for text in _array(value, place, _MAX_ITEMS)]
    for text in texts:
        try:
            certificate = x509.load_pem_x509_certificate(text.encode())
            certificate.public_key()
        except (ValueError, UnsupportedAlgorithm) as error:
            raise TrustError("malformed", f"{place} must hold PEM certificates.") from error
        if certificate.public_bytes(Encoding.PEM).decode().strip() != text.strip():
            raise TrustError("malformed", f"{place} must hold one PEM certificate a string and nothing else.")
    return tuple(texts)


def _credential_types(value: object, place: str) -> tuple[CredentialType, ...]:
    kinds = []
    for entry in _array(value, place, _MAX_ITEMS):
        kind = _object(entry, {"vct", "jurisdiction"}, place)
        kinds.append(CredentialType(_string(kind["vct"], place), _string(kind["jurisdiction"], place)))
    if len(set(kinds)) != len(kinds):
        raise TrustError("malformed", f"{place} names a credential type twice.")
    return tuple(kinds)


def _check_reuse(cities: Collection[City], anchor: Anchor) -> None:
    """Refuse a key with two owners or two purposes: it would let one speak as the other."""
    owners: dict[bytes, str] = {}

    def claim(owner: str, *spkis: bytes) -> None:
        for spki in spkis:
            if owners.setdefault(hashlib.sha256(spki).digest(), owner) != owner:
                raise TrustError("reused-key", f"A key of {owner} is also used elsewhere in the list.")

    claim(f"anchor {anchor.id}", *_spkis(anchor.keys))
    for city in cities:
        claim(f"{city.authority} exchange", *_spkis(city.exchange))
        claim(f"{city.authority} identity", *_spkis(city.identity))
        claim(f"{city.authority} log", *_spkis(city.log))
        certificates = (x509.load_pem_x509_certificate(text.encode()) for text in city.tls_ca_pem)
        claim(
            f"{city.authority} TLS",
            *(
                certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
                for certificate in certificates
            ),
        )


def _spkis(keys: KeySet) -> list[bytes]:
    return [key.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in keys]


def _members(value: Mapping[str, object], names: Collection[str], place: str) -> None:
    if unknown := sorted(set(value) - set(names)):
        raise TrustError("unknown-member", f"The member {unknown[0]!r} of {place} is not known.")
    if missing := sorted(set(names) - set(value)):
        raise TrustError("malformed", f"The member {missing[0]!r} of {place} is missing.")


def _object(value: object, names: Collection[str], place: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TrustError("malformed", f"{place} must be an object.")
    _members(value, names, place)
    return value


def _array(value: object, place: str, limit: int) -> list[object]:
    if not isinstance(value, list) or len(value) > limit:
        raise TrustError("malformed", f"{place} must be an array of at most {limit}.")
    return value


def _string(value: object, place: str, limit: int = _MAX_TEXT) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise TrustError("malformed", f"{place} must be a string of 1 to {limit} characters.")
    return value


def _time(value: object, place: str) -> datetime:
    text = _string(value, place)
    try:
        moment = datetime.strptime(text, TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise TrustError("malformed", f"{place} must be a time like 2026-01-31T00:00:00Z.") from error
    if moment.strftime(TIME_FORMAT) != text:
        raise TrustError("malformed", f"{place} must be a time like 2026-01-31T00:00:00Z.")
    return moment
