# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Status lists and their tokens: what is not certain is not valid."""

from __future__ import annotations

import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hanse.jose import (
    ES256,
    HYBRID_ALGS,
    HybridSigner,
    JoseError,
    b64u_encode,
    canonical_json,
    sign_compact,
)
from hanse.statuslist import (
    INVALID,
    MAX_LIST_BYTES,
    STATUS_LIST_TYPE,
    SUSPENDED,
    VALID,
    StatusList,
    StatusListError,
    StatusReference,
    sign_status_list,
    verify_status_list,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
URI = "https://marewijk.example/status/1"
SIGNER = HybridSigner.generate()
LIST = StatusList.build(2, 1000, {3: INVALID, 5: SUSPENDED})


def verified(token: str, algs: Any = HYBRID_ALGS, **options: Any) -> Any:
    expected: dict[str, Any] = {"uri": URI, "keys": SIGNER.public, "now": NOW, **options}
    return verify_status_list(token, required_algs=algs, **expected)


def code_of(token: str, algs: Any = HYBRID_ALGS, **options: Any) -> str:
    with pytest.raises(JoseError) as caught:
        verified(token, algs, **options)
    return caught.value.code


def signed(signer: Any = SIGNER, uri: str = URI) -> str:
    return sign_status_list(LIST, uri, signer, now=NOW, lifetime=timedelta(minutes=10))


def claims_token(**claims: Any) -> str:
    payload = {"sub": URI, "iat": AT, "exp": AT + 60, "status_list": {"bits": 2, "lst": LIST.encode()}, **claims}
    kept = {name: value for name, value in payload.items() if value is not None}
    return sign_compact(canonical_json(kept), SIGNER.es256, typ=STATUS_LIST_TYPE)


@pytest.mark.parametrize(("signer", "algs"), [(SIGNER, HYBRID_ALGS), (SIGNER.es256, {ES256})])
def test_a_token_gives_its_list_back(signer: Any, algs: Any) -> None:
    result = verified(signed(signer), algs)
    assert result.statuses == LIST
    assert [result.statuses.get(index) for index in (0, 3, 5)] == [VALID, INVALID, SUSPENDED]
    assert (result.uri, result.issued, result.expires) == (URI, NOW, NOW + timedelta(minutes=10))


def test_what_the_verifier_expects_must_be_so() -> None:
    token = signed()
    assert code_of(token, uri=URI + "0") == "wrong-subject"
    assert code_of(token, now=NOW + timedelta(minutes=11)) == "expired"
    assert code_of(token, now=NOW - timedelta(minutes=11)) == "not-yet-valid"
    assert code_of(token, keys=HybridSigner.generate().public) == "unknown-key"
    assert code_of(token, {ES256}) == "missing-signature"
    assert code_of(signed(SIGNER.es256)) == "missing-signature"
    assert code_of(token, max_list_bytes=10) == "too-large"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": None}, "missing-claim"),
        ({"iat": None}, "missing-claim"),
        ({"status_list": None}, "missing-claim"),
        ({"status_list": []}, "bad-status-list"),
        ({"status_list": {"bits": 2}}, "bad-status-list"),
        ({"status_list": {"bits": "2", "lst": ""}}, "bad-status-list"),
        ({"status_list": {"bits": 3, "lst": LIST.encode()}}, "bad-status-list"),
        ({"status_list": {"bits": True, "lst": LIST.encode()}}, "bad-status-list"),
        ({"status_list": {"bits": 2, "lst": "AAAA"}}, "bad-status-list"),
        ({"status_list": {"bits": 2, "lst": LIST.encode() + "="}}, "bad-base64url"),
        ({"aud": "someone"}, "wrong-audience"),
    ],
)
def test_claims_are_read_strictly(claims: dict[str, Any], code: str) -> None:
    assert code_of(claims_token(**claims), {ES256}) == code


def test_another_kind_of_token_is_no_status_list() -> None:
    token = sign_compact(b"{}", SIGNER.es256, typ="jwt")
    assert code_of(token, {ES256}) == "wrong-typ"


def test_inflating_stops_at_the_limit() -> None:
    bomb = b64u_encode(zlib.compress(bytes(50_000_000), 9))
    tracemalloc.start()
    try:
        with pytest.raises(StatusListError) as caught:
            StatusList.decode(1, bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.code == "too-large"
    assert peak < 4 * MAX_LIST_BYTES


def test_exactly_one_whole_stream_is_read() -> None:
    stream = zlib.compress(LIST.data)
    raw = zlib.compressobj(wbits=-15)
    for data in (stream[:-1], stream + b"x", stream + stream, b"", raw.compress(LIST.data) + raw.flush()):
        with pytest.raises(StatusListError):
            StatusList.decode(2, b64u_encode(data))
    with pytest.raises(StatusListError):
        StatusList.decode(2, b64u_encode(zlib.compress(b"")))


def test_beyond_the_list_nothing_is_known() -> None:
    for index in (-1, 1000, 10**9):
        with pytest.raises(StatusListError) as caught:
            LIST.get(index)
        assert caught.value.code == "out-of-range"
    for statuses in ({1000: 1}, {0: 4}, {0: -1}):
        with pytest.raises(StatusListError):
            LIST.with_statuses(statuses)
    for bits, capacity in ((3, 8), (1, 0), (8, 10**9)):
        with pytest.raises(StatusListError):
            StatusList.build(bits, capacity)


def test_references() -> None:
    reference = StatusReference(URI, 7)
    assert StatusReference.from_claims({"status": reference.to_claim()}) == reference
    assert StatusReference.from_claims({}) is None
    for status in (
        None,
        {},
        [],
        {"status_list": 1},
        {"other": {}},
        {"status_list": {"idx": 1, "uri": URI}, "other": 1},
        {"status_list": {"idx": True, "uri": URI}},
        {"status_list": {"idx": -1, "uri": URI}},
        {"status_list": {"idx": "1", "uri": URI}},
        {"status_list": {"idx": 1}},
        {"status_list": {"idx": 1, "uri": ""}},
    ):
        with pytest.raises(StatusListError):
            StatusReference.from_claims({"status": status})
