# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Signature keys as JWK (RFC 7517, RFC 7518, RFC 9964): ES256 and ML-DSA-65, and nothing else.

A key knows the one algorithm it may be used with; a key identifier is the RFC 7638 thumbprint unless a
foreign JWK brings its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from hanse.jose.encoding import b64u_decode, b64u_encode, canonical_json
from hanse.jose.errors import JoseError

if TYPE_CHECKING:
    from collections.abc import Mapping

ES256: Final = "ES256"
ML_DSA_65: Final = "ML-DSA-65"
HYBRID_ALGS: Final = frozenset({ES256, ML_DSA_65})

_COORDINATE = 32
_ES256_SIGNATURE = 2 * _COORDINATE
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256, FIPS 186-5 / SP 800-186
_HALF_ORDER = _ORDER // 2
_MLDSA_PUBLIC = 1952
_SEED = 32
_MAX_KID = 256
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
_REQUIRED = {ES256: ("crv", "kty", "x", "y"), ML_DSA_65: ("alg", "kty", "pub")}
_ECDSA = ec.ECDSA(hashes.SHA256())

PublicKey = ec.EllipticCurvePublicKey | mldsa.MLDSA65PublicKey
PrivateKey = ec.EllipticCurvePrivateKey | mldsa.MLDSA65PrivateKey


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public signature key, bound to one algorithm.

    Attributes:
        alg: the JWS algorithm, ``"ES256"`` or ``"ML-DSA-65"``.
        kid: the key identifier: the JWK's own, else the thumbprint.
        thumbprint: RFC 7638 SHA-256 thumbprint in base64url: the key's identity, whatever its ``kid`` says.
    """

    alg: str
    kid: str
    thumbprint: str
    key: PublicKey = field(repr=False, compare=False)

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, object]) -> VerifyKey:
        """Read a public JWK; private or symmetric members, another use, curve or algorithm are refused."""
        private = sorted(_PRIVATE_MEMBERS & set(jwk))
        if private:
            raise JoseError("private-key", f"A public JWK must not hold the private member {private[0]!r}.")
        _check_usage(jwk, "verify")
        return _wrap(_public_from_jwk(jwk), _kid_of(jwk))

    @classmethod
    def from_public_key(cls, key: PublicKey, kid: str | None = None) -> VerifyKey:
        """Wrap a key object of ``cryptography``."""
        return _wrap(key, kid)

    def to_jwk(self) -> dict[str, str]:
        """Return the public JWK with ``alg``, ``kid`` and ``use``."""
        return {**_public_members(self.key), "alg": self.alg, "kid": self.kid, "use": "sig"}

    def bare_jwk(self) -> dict[str, str]:
        """Return the public JWK with nothing but what makes the key, as ``cnf`` carries it."""
        return _public_members(self.key)

    def verify(self, signature: bytes, message: bytes, *, low_s: bool = False) -> None:
        """Check a JWS signature (ES256: r and s, 32 octets each; ML-DSA-65: empty context, RFC 9964).

        Of an ES256 signature (r, s) anyone can make a second valid one, (r, n - s). With `low_s` only the one with the
        smaller s is accepted, which is how this package signs: then nobody can change a byte of what was signed.
        """
        if low_s and self.alg == ES256 and int.from_bytes(signature[_COORDINATE:], "big") > _HALF_ORDER:
            raise JoseError("bad-signature", f"The {self.alg} signature is not the one with the smaller s.")
        try:
            if isinstance(self.key, mldsa.MLDSA65PublicKey):
                self.key.verify(signature, message)
            else:
                self.key.verify(_raw_to_der(signature), message, _ECDSA)
        except (InvalidSignature, ValueError) as error:
            raise JoseError("bad-signature", f"The {self.alg} signature does not verify.") from error


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private signature key. Its text form shows the public identifier only."""

    public: VerifyKey
    key: PrivateKey = field(repr=False, compare=False)

    @property
    def alg(self) -> str:
        """The one JWS algorithm of this key."""
        return self.public.alg

    @property
    def kid(self) -> str:
        """The identifier that goes into JWS headers."""
        return self.public.kid

    @classmethod
    def generate(cls, alg: str) -> SigningKey:
        """Make a new key from the operating system's randomness."""
        if alg == ES256:
            return cls._of(ec.generate_private_key(ec.SECP256R1()))
        if alg == ML_DSA_65:
            return cls._of(mldsa.MLDSA65PrivateKey.generate())
        raise JoseError("unknown-alg", f"Keys are made for ES256 or ML-DSA-65, not {alg!r}.")

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, object]) -> SigningKey:
        """Read a private JWK; its public members must belong to its private one."""
        _check_usage(jwk, "sign")
        public = _public_from_jwk(jwk)
        member = "priv" if isinstance(public, mldsa.MLDSA65PublicKey) else "d"
        foreign = sorted(_PRIVATE_MEMBERS & set(jwk) - {member})
        if foreign:
            raise JoseError("bad-key", f"A {jwk.get('kty')} JWK has no member {foreign[0]!r}.")
        secret = _octets(jwk, member, _SEED)
        try:
            key: PrivateKey = (
                mldsa.MLDSA65PrivateKey.from_seed_bytes(secret)
                if member == "priv"
                else ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
            )
        except ValueError as error:
            raise JoseError("bad-key", f"The JWK member {member!r} is no private key.") from error
        signing = cls._of(key, _kid_of(jwk))
        if signing.public.thumbprint != _wrap(public, None).thumbprint:
            raise JoseError("bad-key", "The public members of the JWK do not belong to its private key.")
        return signing

    @classmethod
    def from_pem(cls, pem: bytes | str) -> SigningKey:
        """Read an unencrypted PKCS #8 PEM."""
        data = pem.encode() if isinstance(pem, str) else pem
        try:
            key = serialization.load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise JoseError("bad-key", "The PEM holds no unencrypted private key.") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey | mldsa.MLDSA65PrivateKey):
            raise JoseError("unknown-alg", "The PEM's key is neither P-256 nor ML-DSA-65.")
        return cls._of(key)

    def to_jwk(self) -> dict[str, str]:
        """Return the private JWK: a secret, to be written only where secrets are kept."""
        if isinstance(self.key, mldsa.MLDSA65PrivateKey):
            return {**self.public.to_jwk(), "priv": b64u_encode(self.key.private_bytes_raw())}
        secret = self.key.private_numbers().private_value.to_bytes(_COORDINATE, "big")
        return {**self.public.to_jwk(), "d": b64u_encode(secret)}

    def to_pem(self) -> bytes:
        """Return unencrypted PKCS #8 PEM: a secret."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, message: bytes) -> bytes:
        """Sign ``message`` in the JWS form of the algorithm."""
        if isinstance(self.key, mldsa.MLDSA65PrivateKey):
            return self.key.sign(message)
        r, s = decode_dss_signature(self.key.sign(message, _ECDSA))
        s = min(s, _ORDER - s)
        return r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")

    @classmethod
    def _of(cls, key: PrivateKey, kid: str | None = None) -> SigningKey:
        return cls(_wrap(key.public_key(), kid), key)


def _wrap(key: PublicKey, kid: str | None) -> VerifyKey:
    if isinstance(key, mldsa.MLDSA65PublicKey):
        alg = ML_DSA_65
    elif isinstance(key.curve, ec.SECP256R1):
        alg = ES256
    else:
        raise JoseError("unknown-alg", f"The curve {key.curve.name} is not P-256.")
    members = _public_members(key)
    required = {name: members[name] for name in _REQUIRED[alg]}
    thumbprint = b64u_encode(hashlib.sha256(canonical_json(required)).digest())
    return VerifyKey(alg, kid or thumbprint, thumbprint, key)


def _public_members(key: PublicKey) -> dict[str, str]:
    if isinstance(key, mldsa.MLDSA65PublicKey):
        return {"kty": "AKP", "alg": ML_DSA_65, "pub": b64u_encode(key.public_bytes_raw())}
    numbers = key.public_numbers()
    x, y = (b64u_encode(n.to_bytes(_COORDINATE, "big")) for n in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def _public_from_jwk(jwk: Mapping[str, object]) -> PublicKey:
    kty, alg = jwk.get("kty"), jwk.get("alg")
    try:
        if kty == "AKP" and alg == ML_DSA_65:
            return mldsa.MLDSA65PublicKey.from_public_bytes(_octets(jwk, "pub", _MLDSA_PUBLIC))
        if kty == "EC" and jwk.get("crv") == "P-256" and alg in {None, ES256}:
            x, y = (int.from_bytes(_octets(jwk, name, _COORDINATE), "big") for name in ("x", "y"))
            return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except JoseError:
        raise
    except ValueError as error:
        raise JoseError("bad-key", f"The {kty} JWK holds no valid public key.") from error
    raise JoseError("unknown-alg", "A JWK must be EC P-256 for ES256 or AKP for ML-DSA-65.")


def _check_usage(jwk: Mapping[str, object], operation: str) -> None:
    if jwk.get("use", "sig") != "sig":
        raise JoseError("wrong-use", "The JWK member 'use' must be 'sig'.")
    operations = jwk.get("key_ops", [operation])
    if not isinstance(operations, list) or operation not in operations:
        raise JoseError("wrong-use", f"The JWK member 'key_ops' must contain {operation!r}.")


def _kid_of(jwk: Mapping[str, object]) -> str | None:
    kid = jwk.get("kid")
    if kid is None and "kid" not in jwk:
        return None
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_KID:
        raise JoseError("bad-key", f"The JWK member 'kid' must be a string of 1 to {_MAX_KID} characters.")
    return kid


def _octets(jwk: Mapping[str, object], member: str, length: int) -> bytes:
    value = jwk.get(member)
    if not isinstance(value, str):
        raise JoseError("bad-key", f"The JWK member {member!r} is missing or no string.")
    data = b64u_decode(value, place=f"JWK member {member!r}")
    if len(data) != length:
        raise JoseError("bad-key", f"The JWK member {member!r} must be {length} octets long.")
    return data


def _raw_to_der(signature: bytes) -> bytes:
    if len(signature) != _ES256_SIGNATURE:
        raise ValueError(f"an ES256 signature has {_ES256_SIGNATURE} octets")
    r, s = (int.from_bytes(signature[i : i + _COORDINATE], "big") for i in (0, _COORDINATE))
    return encode_dss_signature(r, s)
