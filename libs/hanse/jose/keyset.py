# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Sets of public keys (JWKS) and the hybrid pair that signs what must stay verifiable for years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.jose.errors import JoseError
from hanse.jose.keys import ES256, ML_DSA_65, SigningKey, VerifyKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_KEYS = 64


@dataclass(frozen=True, slots=True)
class KeySet:
    """Public keys with distinct identifiers. Which of them a verifier may use, its allow-list says."""

    keys: tuple[VerifyKey, ...]

    def __post_init__(self) -> None:
        if len(self.keys) > MAX_KEYS:
            raise JoseError("too-large", f"A key set holds at most {MAX_KEYS} keys.")
        for what in ("kid", "thumbprint"):
            if len({getattr(key, what) for key in self.keys}) != len(self.keys):
                raise JoseError("duplicate-key", f"Two keys of a set have the same {what}.")

    @classmethod
    def of(cls, *keys: VerifyKey) -> KeySet:
        """Make a set of the keys given."""
        return cls(keys)

    @classmethod
    def from_jwks(cls, jwks: Mapping[str, object]) -> KeySet:
        """Read ``{"keys": [...]}``; a key that is not an acceptable public one refuses the whole set."""
        keys = jwks.get("keys")
        if not isinstance(keys, list) or set(jwks) != {"keys"}:
            raise JoseError("bad-key", "A JWK Set is an object whose one member 'keys' is an array.")
        return cls.from_list(keys)

    @classmethod
    def from_list(cls, jwks: Iterable[object]) -> KeySet:
        """Read an array of public JWKs."""
        keys = []
        for jwk in jwks:
            if not isinstance(jwk, dict):
                raise JoseError("bad-key", "Every member of a JWK Set is an object.")
            keys.append(VerifyKey.from_jwk(jwk))
            if len(keys) > MAX_KEYS:
                break
        return cls(tuple(keys))

    def to_jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return ``{"keys": [...]}`` of public JWKs."""
        return {"keys": [key.to_jwk() for key in self.keys]}

    def __iter__(self) -> Iterator[VerifyKey]:
        return iter(self.keys)

    def __len__(self) -> int:
        return len(self.keys)

    def __or__(self, other: KeySet) -> KeySet:
        return KeySet(self.keys + other.keys)

    def with_alg(self, alg: str) -> KeySet:
        """Return the keys of one algorithm."""
        return KeySet(tuple(key for key in self.keys if key.alg == alg))

    def find(self, alg: str, kid: object) -> VerifyKey:
        """Return the key that a header with this ``alg`` and ``kid`` (or None) means; never a guess."""
        fitting = [key for key in self.keys if key.alg == alg and (kid is None or kid == key.kid)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise JoseError("unknown-key", f"The header names no 'kid' and several {alg} keys are known.")
        raise JoseError("unknown-key", f"No known {alg} key has the header's 'kid'.")


@dataclass(frozen=True, slots=True)
class HybridSigner:
    """An ES256 key and an ML-DSA-65 key that always sign together (ES256 first)."""

    es256: SigningKey
    ml_dsa_65: SigningKey

    def __post_init__(self) -> None:
        if (self.es256.alg, self.ml_dsa_65.alg) != (ES256, ML_DSA_65):
            raise JoseError("unknown-alg", "A hybrid signer is an ES256 key and an ML-DSA-65 key.")

    @classmethod
    def generate(cls) -> HybridSigner:
        """Make a new pair."""
        return cls(SigningKey.generate(ES256), SigningKey.generate(ML_DSA_65))

    @classmethod
    def from_jwks(cls, jwks: Mapping[str, object]) -> HybridSigner:
        """Read a private JWK Set of exactly one ES256 and one ML-DSA-65 key."""
        members = jwks.get("keys")
        if not isinstance(members, list) or not all(isinstance(jwk, dict) for jwk in members):
            raise JoseError("bad-key", "A JWK Set is an object with an array 'keys' of objects.")
        return cls._of([SigningKey.from_jwk(jwk) for jwk in members])

    @classmethod
    def from_pem(cls, pem: bytes | str) -> HybridSigner:
        """Read two PKCS #8 PEM blocks, one of each algorithm."""
        text = pem if isinstance(pem, str) else pem.decode("ascii", "replace")
        end = "-----END PRIVATE KEY-----"
        return cls._of([SigningKey.from_pem(block + end) for block in text.split(end)[:-1]])

    @property
    def keys(self) -> tuple[SigningKey, SigningKey]:
        """The two private keys, ES256 first."""
        return (self.es256, self.ml_dsa_65)

    @property
    def public(self) -> KeySet:
        """The two public keys."""
        return KeySet((self.es256.public, self.ml_dsa_65.public))

    def to_jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the private JWK Set: a secret."""
        return {"keys": [key.to_jwk() for key in self.keys]}

    def to_pem(self) -> bytes:
        """Return both keys as PKCS #8 PEM blocks: a secret."""
        return self.es256.to_pem() + self.ml_dsa_65.to_pem()

    @classmethod
    def _of(cls, keys: list[SigningKey]) -> HybridSigner:
        by_alg = {key.alg: key for key in keys}
        if len(keys) != len(by_alg) or set(by_alg) != {ES256, ML_DSA_65}:
            raise JoseError("bad-key", "A hybrid signer needs exactly one ES256 and one ML-DSA-65 key.")
        return cls(by_alg[ES256], by_alg[ML_DSA_65])
