# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Keys: what a JWK must be to be one, and known thumbprints."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from hanse.jose import (
    ES256,
    ML_DSA_65,
    HybridSigner,
    JoseError,
    KeySet,
    SigningKey,
    VerifyKey,
    b64u_decode,
    b64u_encode,
)

DPOP = {  # the example key of RFC 9449 section 4.1
    "kty": "EC",
    "crv": "P-256",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
}


def code_of(jwk: dict[str, object]) -> str:
    with pytest.raises(JoseError) as caught:
        VerifyKey.from_jwk(jwk)
    return caught.value.code


def test_thumbprint_of_rfc_9449_section_6_1() -> None:
    assert VerifyKey.from_jwk(DPOP).kid == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_ml_dsa_65_key_and_thumbprint_of_rfc_9964_appendix_a() -> None:
    """The example key there is the one of the all-zero seed."""
    other = SigningKey.generate(ML_DSA_65)
    with pytest.raises(JoseError):  # public and private members of different keys
        SigningKey.from_jwk({**other.public.to_jwk(), "priv": b64u_encode(bytes(32))})
    pem = (
        b"-----BEGIN PRIVATE KEY-----\n"
        b"MDQCAQAwCwYJYIZIAWUDBAMSBCKAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
        b"-----END PRIVATE KEY-----\n"
    )
    key = SigningKey.from_pem(pem)
    assert key.kid == "Suiu29qbfuaBaR4Ats-c6XQBePB_OpAxAwcTR_0KXVM"
    assert key.to_jwk()["priv"] == "A" * 43
    assert key.to_jwk()["pub"].startswith("QksvJn5Y1bO0TXGs_Gpl")


@pytest.mark.parametrize("alg", [ES256, ML_DSA_65])
def test_a_key_survives_jwk_and_pem_and_checks_its_own_signature(alg: str) -> None:
    key = SigningKey.generate(alg)
    for again in (SigningKey.from_jwk(key.to_jwk()), SigningKey.from_pem(key.to_pem())):
        assert again == key
        VerifyKey.from_jwk(key.public.to_jwk()).verify(again.sign(b"message"), b"message")
    with pytest.raises(JoseError) as caught:
        key.public.verify(key.sign(b"message"), b"massage")
    assert caught.value.code == "bad-signature"


@pytest.mark.parametrize("alg", [ES256, ML_DSA_65])
def test_a_private_key_does_not_show_itself(alg: str) -> None:
    key = SigningKey.generate(alg)
    secret = key.to_jwk()["d" if alg == ES256 else "priv"]
    assert secret not in repr(key)
    assert secret not in repr(key.public)
    assert secret not in str(key.public.to_jwk())


def test_a_public_jwk_with_a_private_member_is_refused() -> None:
    for alg in (ES256, ML_DSA_65):
        assert code_of(dict(SigningKey.generate(alg).to_jwk())) == "private-key"
    assert code_of({"kty": "oct", "k": "AAAA"}) == "private-key"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kty": "RSA"}, "unknown-alg"),
        ({"kty": "OKP"}, "unknown-alg"),
        ({"crv": "P-384"}, "unknown-alg"),
        ({"crv": "secp256k1"}, "unknown-alg"),
        ({"alg": "ES512"}, "unknown-alg"),
        ({"alg": ML_DSA_65}, "unknown-alg"),
        ({"x": DPOP["y"]}, "bad-key"),
        ({"x": None}, "bad-key"),
        ({"x": DPOP["x"] + "A"}, "bad-key"),
        ({"x": "AA" + DPOP["x"]}, "bad-base64url"),
        ({"y": b64u_encode(bytes(31))}, "bad-key"),
        ({"use": "enc"}, "wrong-use"),
        ({"use": None}, "wrong-use"),
        ({"key_ops": ["sign"]}, "wrong-use"),
        ({"key_ops": "verify"}, "wrong-use"),
        ({"kid": 7}, "bad-key"),
        ({"kid": ""}, "bad-key"),
        ({"kid": None}, "bad-key"),
        ({"kid": "k" * 257}, "bad-key"),
    ],
)
def test_a_jwk_is_read_strictly(change: dict[str, object], code: str) -> None:
    assert code_of({**DPOP, **change}) == code


def test_a_coordinate_has_one_spelling() -> None:
    """The number is the same with a zero octet before it; the key would have two thumbprints."""
    longer = b64u_encode(bytes(1) + b64u_decode(DPOP["x"]))
    assert code_of({**DPOP, "x": longer}) == "bad-key"


def test_an_akp_jwk_must_name_its_algorithm_and_have_its_length() -> None:
    jwk: dict[str, object] = dict(SigningKey.generate(ML_DSA_65).public.to_jwk())
    assert code_of({**jwk, "alg": "ML-DSA-44"}) == "unknown-alg"
    assert code_of({k: v for k, v in jwk.items() if k != "alg"}) == "unknown-alg"
    assert code_of({**jwk, "pub": b64u_encode(bytes(1951))}) == "bad-key"


def test_other_kinds_of_pem_are_refused() -> None:
    form = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for key in (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(JoseError):
            SigningKey.from_pem(key.private_bytes(*form))
    for pem in (b"", b"no pem", SigningKey.generate(ES256).to_pem()[:-40]):
        with pytest.raises(JoseError):
            SigningKey.from_pem(pem)
    with pytest.raises(JoseError):
        SigningKey.generate("EdDSA")


def test_a_key_set_has_no_two_keys_of_one_name() -> None:
    one, two = SigningKey.generate(ES256).public, SigningKey.generate(ES256).public
    doc = {"keys": [{**one.to_jwk(), "kid": "k"}, {**two.to_jwk(), "kid": "k"}]}
    with pytest.raises(JoseError) as caught:
        KeySet.from_jwks(doc)
    assert caught.value.code == "duplicate-key"
    same = {"keys": [{**one.to_jwk(), "kid": "k"}, {**one.to_jwk(), "kid": "l"}]}
    with pytest.raises(JoseError):
        KeySet.from_jwks(same)
    assert len(KeySet.from_jwks(KeySet.of(one, two).to_jwks())) == 2


@pytest.mark.parametrize("doc", [{}, {"keys": {}}, {"keys": ["x"]}, {"keys": [], "more": 1}])
def test_a_key_set_is_read_strictly(doc: dict[str, object]) -> None:
    with pytest.raises(JoseError):
        KeySet.from_jwks(doc)


def test_a_key_is_found_by_kid_and_never_guessed() -> None:
    one, two = SigningKey.generate(ES256).public, SigningKey.generate(ES256).public
    keys = KeySet.of(one, two)
    assert keys.find(ES256, two.kid) == two
    assert KeySet.of(one).find(ES256, None) == one
    for kid in (None, "other", [], {}, 1):
        with pytest.raises(JoseError) as caught:
            keys.find(ES256, kid)
        assert caught.value.code == "unknown-key"


def test_a_hybrid_signer_is_one_key_of_each_kind() -> None:
    signer = HybridSigner.generate()
    assert HybridSigner.from_jwks(signer.to_jwks()) == signer
    assert HybridSigner.from_pem(signer.to_pem()) == signer
    keys = signer.to_jwks()["keys"]
    for wrong in (keys[:1], keys[:1] * 2, [*keys, SigningKey.generate(ES256).to_jwk()], "keys"):
        with pytest.raises(JoseError):
            HybridSigner.from_jwks({"keys": wrong})
    with pytest.raises(JoseError):
        HybridSigner(signer.ml_dsa_65, signer.es256)
    with pytest.raises(JoseError):
        HybridSigner.from_pem(signer.es256.to_pem())


def test_es256_signatures_have_the_smaller_s() -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SP 800-186 section 3.2.1.3
    key = SigningKey.generate(ES256)
    for number in range(32):
        message = bytes([number])
        signature = key.sign(message)
        s = int.from_bytes(signature[32:], "big")
        assert 0 < s <= order // 2
        other = signature[:32] + (order - s).to_bytes(32, "big")
        key.public.verify(signature, message, low_s=True)
        key.public.verify(other, message)  # by RFC 7518 it is as good
        with pytest.raises(JoseError, match="smaller s"):
            key.public.verify(other, message, low_s=True)
