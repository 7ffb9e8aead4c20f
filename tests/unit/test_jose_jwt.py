# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Claims: time, issuer, audience."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hanse.jose import (
    ES256,
    JoseError,
    SigningKey,
    check_claims,
    numeric_date,
    sign_jwt,
    time_claim,
    verify_jwt,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
LEEWAY = timedelta(seconds=10)
KEY = SigningKey.generate(ES256)


def code_of(claims: dict[str, object], **options: object) -> str | None:
    try:
        check_claims(claims, now=NOW, leeway=LEEWAY, **options)  # type: ignore[arg-type]
    except JoseError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": AT + 1}, None),
        ({"exp": AT - 9}, None),
        ({"exp": AT - 10}, "expired"),
        ({"nbf": AT + 10}, None),
        ({"nbf": AT + 11}, "not-yet-valid"),
        ({"iat": AT + 11}, "not-yet-valid"),
        ({"iat": AT - 10**8}, None),
        ({"exp": AT + 0.5}, None),
        ({"exp": str(AT + 1)}, "bad-claim"),
        ({"exp": True}, "bad-claim"),
        ({"exp": None}, "bad-claim"),
        ({"exp": -1}, "bad-claim"),
        ({"exp": 10**400}, "bad-claim"),
        ({"nbf": 1e300}, "bad-claim"),
        ({"aud": "me"}, "wrong-audience"),
    ],
)
def test_times_and_an_audience_nobody_named(claims: dict[str, object], code: str | None) -> None:
    assert code_of(claims) == code


@pytest.mark.parametrize(
    ("aud", "code"),
    [
        ("me", None),
        (["you", "me"], None),
        ("you", "wrong-audience"),
        ("ME", "wrong-audience"),
        (["you"], "wrong-audience"),
        ([], "bad-claim"),
        ([["me"]], "bad-claim"),
        ({"me": 1}, "bad-claim"),
        (None, "bad-claim"),
    ],
)
def test_the_audience_must_be_the_one_named(aud: object, code: str | None) -> None:
    assert code_of({"aud": aud}, audience="me") == code


def test_a_named_audience_or_issuer_must_be_there() -> None:
    assert code_of({}, audience="me") == "bad-claim"
    assert code_of({}, issuer="a") == "wrong-issuer"
    assert code_of({"iss": "b"}, issuer="a") == "wrong-issuer"
    assert code_of({"iss": "a"}, issuer="a") is None


def test_required_claims_and_age() -> None:
    assert code_of({}, required=["jti"]) == "missing-claim"
    assert code_of({"jti": None}, required=["jti"]) == "missing-claim"
    age = timedelta(minutes=5)
    assert code_of({"iat": AT - 309}, max_age=age) is None
    assert code_of({"iat": AT - 310}, max_age=age) == "expired"
    assert code_of({}, max_age=age) == "expired"


def test_a_token_is_verified_with_its_claims() -> None:
    token = sign_jwt({"iss": "a", "exp": AT + 60, "aud": "me"}, KEY, typ="at+jwt")
    jwt = verify_jwt(token, KEY.public, algs=[ES256], typ="at+jwt", now=NOW, issuer="a", audience="me")
    assert jwt.claims["iss"] == "a"
    assert jwt.key == KEY.public
    with pytest.raises(JoseError) as caught:
        verify_jwt(token, KEY.public, algs=[ES256], typ="at+jwt", now=NOW, issuer="b", audience="me")
    assert caught.value.code == "wrong-issuer"
    endless = sign_jwt({"iss": "a"}, KEY, typ="at+jwt")
    with pytest.raises(JoseError) as caught:
        verify_jwt(endless, KEY.public, algs=[ES256], typ="at+jwt", now=NOW)
    assert caught.value.code == "missing-claim"


def test_times_are_whole_seconds_with_an_offset() -> None:
    assert numeric_date(NOW + timedelta(milliseconds=900)) == AT
    assert time_claim({"exp": AT}, "exp") == NOW
    with pytest.raises(JoseError):
        numeric_date(NOW.replace(tzinfo=None))
