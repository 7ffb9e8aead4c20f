# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Compact JWS: only what was asked for is accepted."""

from __future__ import annotations

import pytest

from hanse.jose import (
    ES256,
    ML_DSA_65,
    JoseError,
    KeySet,
    SigningKey,
    VerifyKey,
    b64u_encode,
    canonical_json,
    read_unverified,
    sign_compact,
    verify_compact,
)

KEY = SigningKey.generate(ES256)


def code_of(token: str, *, typ: str | None = "x", algs: tuple[str, ...] = (ES256,)) -> str:
    with pytest.raises(JoseError) as caught:
        verify_compact(token, KEY.public, algs=algs, typ=typ)
    return caught.value.code


def signed(header: bytes, payload: bytes = b"{}") -> str:
    text = f"{b64u_encode(header)}.{b64u_encode(payload)}"
    return f"{text}.{b64u_encode(KEY.sign(text.encode()))}"


def test_the_example_of_rfc_7515_appendix_a_3() -> None:
    key = VerifyKey.from_jwk(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }
    )
    example = (
        "eyJhbGciOiJFUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
    assert b'"joe"' in verify_compact(example, key, algs=[ES256], typ=None).payload


@pytest.mark.parametrize("alg", [ES256, ML_DSA_65])
def test_what_is_signed_is_verified(alg: str) -> None:
    key = SigningKey.generate(alg)
    token = sign_compact(b"\x00\xff", key, typ="hanse+jws", header={"cty": "bytes"})
    jws = verify_compact(token, KeySet.of(KEY.public, key.public), algs=[alg], typ="application/hanse+jws")
    assert jws.payload == b"\x00\xff"
    assert jws.header == {"alg": alg, "kid": key.kid, "typ": "hanse+jws", "cty": "bytes"}
    assert jws.keys == (key.public,)
    assert read_unverified(token) == (jws.header, jws.payload)


@pytest.mark.parametrize("name", ["crit", "b64", "jku", "x5u", "jwk"])
def test_headers_that_choose_the_key_or_change_the_signing_are_refused(name: str) -> None:
    assert code_of(signed(canonical_json({"alg": ES256, "typ": "x", name: []}))) == "refused-header"
    with pytest.raises(JoseError):
        sign_compact(b"", KEY, typ="x", header={name: []})


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (b'{"alg":"none","typ":"x"}', "alg-not-allowed"),
        (b'{"alg":"HS256","typ":"x"}', "alg-not-allowed"),
        (b'{"alg":"es256","typ":"x"}', "alg-not-allowed"),
        (b'{"alg":["ES256"],"typ":"x"}', "alg-not-allowed"),
        (b'{"typ":"x"}', "alg-not-allowed"),
        (b'{"alg":"ES256"}', "wrong-typ"),
        (b'{"alg":"ES256","typ":"y"}', "wrong-typ"),
        (b'{"alg":"ES256","typ":null}', "wrong-typ"),
        (b'{"alg":"ES256","typ":"x","typ":"x"}', "duplicate-member"),
        (b'{"alg":"ES256","typ":"x","a":[[[[[]]]]]}', "too-deep"),
        (b'["ES256"]', "bad-json"),
        (b"", "bad-json"),
    ],
)
def test_headers_are_read_strictly_though_truly_signed(header: bytes, code: str) -> None:
    assert code_of(signed(header)) == code


def test_a_type_where_none_is_expected_is_refused() -> None:
    assert code_of(sign_compact(b"", KEY, typ="x"), typ=None) == "wrong-typ"


def test_the_algorithm_must_be_allowed_and_the_keys_own() -> None:
    token = sign_compact(b"", KEY, typ="x")
    assert code_of(token, algs=(ML_DSA_65,)) == "alg-not-allowed"
    other = sign_compact(b"", SigningKey.generate(ML_DSA_65), typ="x")
    assert code_of(other, algs=(ES256, ML_DSA_65)) == "alg-not-allowed"


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t + "=",
        lambda t: t + "\n",
        lambda t: " " + t,
        lambda t: t + ".",
        lambda t: t + "A",
        lambda t: t.rpartition(".")[0],
        lambda t: t.rpartition(".")[0] + ".",
        lambda t: t.replace(".", "..", 1),
        lambda t: "." + t.partition(".")[2],
        lambda t: t[:-2] + ("AA" if t[-2:] != "AA" else "BA"),
        lambda _: "",
        lambda _: "..",
        lambda t: t[:10] + "\u00e9" + t[11:],
    ],
)
def test_a_changed_token_is_refused(change: object) -> None:
    token = sign_compact(b"payload", KEY, typ="x")
    assert callable(change)
    assert code_of(change(token)) in {"bad-base64url", "not-a-jws", "bad-json", "bad-signature"}


def test_trailing_bits_of_the_signature_are_part_of_it() -> None:
    """64 octets end in a character with four unused bits: 15 respellings that a lax decoder would accept."""
    token = sign_compact(b"payload", KEY, typ="x")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    group = alphabet.index(token[-1]) // 16 * 16
    for last in alphabet[group + 1 : group + 16]:
        assert code_of(token[:-1] + last) == "bad-base64url"


def test_size_is_limited() -> None:
    token = sign_compact(bytes(100), KEY, typ="x")
    with pytest.raises(JoseError) as caught:
        verify_compact(token, KEY.public, algs=[ES256], typ="x", max_bytes=len(token) - 1)
    assert caught.value.code == "too-large"
    assert code_of(signed(b'{"alg":"ES256","typ":"x","a":"' + b"a" * 8000 + b'"}')) == "too-large"
