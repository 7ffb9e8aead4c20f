# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""General JWS: both signatures or none."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from hanse.jose import (
    ES256,
    ML_DSA_65,
    HybridSigner,
    JoseError,
    KeySet,
    SigningKey,
    b64u_encode,
    read_general_unverified,
    sign_general,
    verify_general,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNER = HybridSigner.generate()
OTHER = HybridSigner.generate()


def doc() -> dict[str, Any]:
    return sign_general(b"payload", SIGNER, typ="x")


def code_of(document: Any, keys: KeySet = SIGNER.public, **options: Any) -> str:
    with pytest.raises(JoseError) as caught:
        verify_general(document, keys, typ="x", **options)
    return caught.value.code


def test_both_signatures_verify_as_object_and_as_text() -> None:
    for form in (doc(), json.dumps(doc()), json.dumps(doc()).encode()):
        jws = verify_general(form, SIGNER.public, typ="x")
        assert jws.payload == b"payload"
        assert jws.keys == SIGNER.public.keys
        assert read_general_unverified(form) == (jws.header, b"payload")


def test_the_right_keys_are_found_among_others() -> None:
    assert verify_general(doc(), OTHER.public | SIGNER.public, typ="x").keys == SIGNER.public.keys


def drop(index: int) -> Callable[[dict[str, Any]], None]:
    return lambda d: d["signatures"].pop(index)


def swap_signatures(d: dict[str, Any]) -> None:
    one, two = d["signatures"]
    one["signature"], two["signature"] = two["signature"], one["signature"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (drop(0), "missing-signature"),
        (drop(1), "missing-signature"),
        (lambda d: d["signatures"].clear(), "not-a-jws"),
        (lambda d: d["signatures"].append(d["signatures"][0]), "missing-signature"),
        (lambda d: d["signatures"].__setitem__(1, d["signatures"][0]), "missing-signature"),
        (lambda d: d["signatures"].append({"protected": "", "signature": ""}), "missing-signature"),
        (swap_signatures, "bad-signature"),
        (lambda d: d.update(payload=b64u_encode(b"other")), "bad-signature"),
        (lambda d: d.update(payload=d["payload"] + "="), "bad-base64url"),
        (lambda d: d.update(more=1), "not-a-jws"),
        (lambda d: d.update(payload=None), "not-a-jws"),
        (lambda d: d.update(signatures={}), "not-a-jws"),
        (lambda d: d.update(signatures=[1, 2]), "not-a-jws"),
        (lambda d: d["signatures"][0].update(header={"kid": "x"}), "unknown-member"),
        (lambda d: d["signatures"][0].update(header={}), "unknown-member"),
        (lambda d: d["signatures"][1].update(more=1), "unknown-member"),
        (lambda d: d["signatures"][1].pop("signature"), "not-a-jws"),
        (lambda d: d["signatures"][1].update(signature=""), "bad-signature"),
    ],
)
def test_a_changed_document_is_refused(change: Callable[[dict[str, Any]], None], code: str) -> None:
    document = copy.deepcopy(doc())
    change(document)
    assert code_of(document) == code


def test_duplicate_members_of_the_text_are_refused() -> None:
    text = json.dumps(doc())
    assert code_of(text[:-1] + ', "payload": "e30"}') == "duplicate-member"


def test_a_valid_signature_by_someone_else_fails_the_whole() -> None:
    document = doc()
    document["signatures"][1] = sign_general(b"payload", OTHER, typ="x")["signatures"][1]
    assert code_of(document) == "unknown-key"
    extra = doc()
    extra["signatures"] += sign_general(b"payload", OTHER, typ="x")["signatures"]
    assert code_of(extra) == "missing-signature"


def test_another_type_or_algorithm_is_refused() -> None:
    assert code_of(sign_general(b"payload", SIGNER, typ="y")) == "wrong-typ"
    assert code_of(doc(), required_algs={ES256}) == "missing-signature"
    two = SigningKey.generate(ES256)
    both = sign_general(b"payload", [SIGNER.es256, two], typ="x")
    assert code_of(both, KeySet.of(SIGNER.es256.public, two.public)) == "missing-signature"


def test_one_algorithm_may_be_enough_when_the_caller_says_so() -> None:
    document = sign_general(b"payload", [SIGNER.ml_dsa_65], typ="x")
    assert verify_general(document, SIGNER.public, typ="x", required_algs={ML_DSA_65}).payload == b"payload"


def test_protected_members_beyond_the_known_must_be_asked_for() -> None:
    document = sign_general(b"payload", SIGNER, typ="x", header={"iat": 1})
    assert code_of(document) == "unknown-member"
    assert verify_general(document, SIGNER.public, typ="x", protected={"iat"}).header["iat"] == 1


def test_unprotected_members_are_accepted_by_name_and_in_the_first_signature_only() -> None:
    document = doc()
    document["signatures"][0]["header"] = {"note": 1}
    assert verify_general(document, SIGNER.public, typ="x", unprotected={"note"}).payload == b"payload"
    document["signatures"][1]["header"] = {"note": 1}
    assert code_of(document, unprotected={"note"}) == "unknown-member"


def test_size_is_limited() -> None:
    assert code_of(json.dumps(doc()), max_bytes=1000) == "too-large"
    assert code_of(sign_general(bytes(2000), SIGNER, typ="x"), max_bytes=1000) == "too-large"
