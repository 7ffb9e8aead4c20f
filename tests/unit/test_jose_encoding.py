# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Base64url and JSON as signed objects need them: one spelling, no surprises."""

from __future__ import annotations

import pytest

from hanse.jose import JoseError, b64u_decode, b64u_encode, canonical_json, parse_json, parse_object


@pytest.mark.parametrize(
    "text", ["Zg==", "Zh", "Z", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v=", "+/+/", "Zm9v.", "Zm9\u00e9", "ZZZZZ"]
)
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(JoseError) as caught:
        b64u_decode(text)
    assert caught.value.code == "bad-base64url"


def test_base64url_examples_of_rfc_7515_appendix_c() -> None:
    assert b64u_encode(bytes([3, 236, 255, 224, 193])) == "A-z_4ME"
    assert b64u_decode("A-z_4ME") == bytes([3, 236, 255, 224, 193])
    assert b64u_decode("") == b""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a": 1, "a": 2}', "duplicate-member"),
        ('{"x": {"a": 1, "\\u0061": 2}}', "duplicate-member"),
        ("NaN", "bad-json"),
        ("[-Infinity]", "bad-json"),
        ("[1e999]", "bad-json"),
        ('"\\ud800"', "bad-json"),
        ('{"a": 1}}', "bad-json"),
        ("\ufeff{}", "bad-json"),
        ("[1,]", "bad-json"),
        ("'a'", "bad-json"),
        ('"\n"', "bad-json"),
        ("9" * 5000, "bad-json"),
        ("[" * 25 + "]" * 25, "too-deep"),
        ("[" * 100_000, "too-deep"),
        ('{"a":' * 25 + "1" + "}" * 25, "too-deep"),
    ],
)
def test_json_is_read_strictly(text: str, code: str) -> None:
    with pytest.raises(JoseError) as caught:
        parse_json(text)
    assert caught.value.code == code


def test_json_limits_do_not_count_what_stands_in_strings() -> None:
    text = '{"a": "' + "[" * 1000 + '\\"{", "b": [' + "[]," * 50 + "[]]}"
    assert parse_object(text)["a"] == "[" * 1000 + '"{'


def test_json_refuses_bytes_that_are_no_utf_8_and_documents_too_large() -> None:
    with pytest.raises(JoseError):
        parse_json(b'"\xff"')
    with pytest.raises(JoseError) as caught:
        parse_json(b"[1, 2, 3]", max_bytes=8)
    assert caught.value.code == "too-large"
    with pytest.raises(JoseError):
        parse_object("[]")


def test_canonical_json_orders_and_minimises() -> None:
    assert canonical_json({"b": 1.0, "a": "\u20ac", "\u00e9": [True, None]}) == (
        '{"a":"\u20ac","b":1,"\u00e9":[true,null]}'.encode()
    )
    with pytest.raises(JoseError):
        canonical_json({"a": float("nan")})
    with pytest.raises(JoseError):
        canonical_json({"a": "\ud800"})
