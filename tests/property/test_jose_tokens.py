# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""JOSE over many inputs: round trips hold, and no altered token verifies."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.jose import (
    ES256,
    JoseError,
    SigningKey,
    b64u_decode,
    b64u_encode,
    canonical_json,
    parse_json,
    sign_compact,
    verify_compact,
)

KEY = SigningKey.generate(ES256)
TOKEN = sign_compact(b'{"a":1}', KEY, typ="x")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=100))
def test_base64url_round_trip(data: bytes) -> None:
    assert b64u_decode(b64u_encode(data)) == data


@given(st.text(alphabet="ABCDabcd0189-_+/= \n.", max_size=12))
def test_base64url_accepts_only_what_it_would_write(text: str) -> None:
    try:
        data = b64u_decode(text)
    except JoseError:
        return
    assert b64u_encode(data) == text


@given(VALUES)
def test_canonical_json_round_trip(value: object) -> None:
    assert parse_json(canonical_json([value])) == [value]


@given(st.text(max_size=40) | VALUES.map(json.dumps))
def test_strict_json_accepts_less_than_the_standard_parser_and_says_the_same(text: str) -> None:
    try:
        value = parse_json(text)
    except JoseError:
        return
    assert value == json.loads(text)


@settings(max_examples=300)
@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("AQgw-_.~=\n"), st.sampled_from(["set", "insert", "cut"]))
def test_no_altered_token_verifies(at: int, char: str, how: str) -> None:
    rest = TOKEN[at:] if how == "insert" else TOKEN[at + 1 :]
    altered = TOKEN[:at] + ("" if how == "cut" else char) + rest
    if altered == TOKEN:
        return
    try:
        verify_compact(altered, KEY.public, algs=[ES256], typ="x")
    except JoseError:
        return
    raise AssertionError(altered)
