# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The trust list: signed twice, read strictly, and no answer where trust is not certain."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hanse.jose import (
    ES256,
    HybridSigner,
    JoseError,
    KeySet,
    SigningKey,
    canonical_json,
    sign_general,
)
from hanse.trust import (
    TRUST_LIST_TYPE,
    Anchor,
    City,
    CredentialType,
    TrustError,
    TrustList,
    sign_trust_list,
    verify_trust_list,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SIGNER = HybridSigner.generate()
ANCHOR = Anchor("anchor.example", SIGNER.public)
ARCHITECT = CredentialType("urn:hanse:architect:1", "NL")


def authority_pem(key: ec.EllipticCurvePrivateKey | None = None) -> str:
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), NOW, NOW + DAY)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def city(authority: str) -> City:
    return City(
        authority=authority,
        name=authority.partition(".")[0].title(),
        exchange=KeySet.of(SigningKey.generate(ES256).public),
        identity=HybridSigner.generate().public,
        log=HybridSigner.generate().public,
        tls_ca_pem=(authority_pem(),),
        credential_types=(ARCHITECT,),
        valid_from=NOW - DAY,
        valid_until=NOW + 300 * DAY,
    )


MAREWIJK, LINDEMOND = city("marewijk.example"), city("lindemond.example")
LIST = TrustList(ANCHOR.id, 7, NOW, NOW + DAY, (MAREWIJK, LINDEMOND))
DOC = sign_trust_list(LIST, SIGNER)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(TrustError) as caught:
        call()
    assert str(caught.value).endswith(".")
    return caught.value.code


def refused(doc: Any, now: datetime = NOW, **options: Any) -> str:
    return code_of(lambda: verify_trust_list(doc, [ANCHOR], now, **options))


def test_a_list_is_what_was_signed() -> None:
    for form in (DOC, json.dumps(DOC)):
        assert verify_trust_list(form, [Anchor("x", HybridSigner.generate().public), ANCHOR], NOW) == LIST
    assert Anchor.from_json(json.loads(json.dumps(ANCHOR.to_json()))) == ANCHOR


def test_lookups() -> None:
    trust = verify_trust_list(DOC, [ANCHOR], NOW)
    assert trust.city("lindemond.example", NOW) == LINDEMOND
    assert trust.log_keys("lindemond.example", NOW) == LINDEMOND.log
    assert trust.identity_keys("lindemond.example", NOW) == LINDEMOND.identity
    keys = trust.issuer_keys("marewijk.example", ARCHITECT.vct, NOW)
    assert keys == trust.issuer_keys("marewijk.example", ARCHITECT.vct, NOW, jurisdiction="NL")
    assert keys == MAREWIJK.identity


def test_what_is_not_certain_is_not_trusted() -> None:
    trust = verify_trust_list(DOC, [ANCHOR], NOW)
    assert code_of(lambda: trust.city("nowhere.example", NOW)) == "unknown-city"
    assert code_of(lambda: trust.city("Marewijk.example", NOW)) == "unknown-city"
    assert code_of(lambda: trust.city("marewijk.example", NOW + DAY)) == "expired"
    assert code_of(lambda: trust.issuer_keys("marewijk.example", "urn:other", NOW)) == "not-entitled"
    for_others = lambda: trust.issuer_keys("marewijk.example", ARCHITECT.vct, NOW, jurisdiction="DE")  # noqa: E731
    assert code_of(for_others) == "not-entitled"
    past = replace(MAREWIJK, valid_from=NOW - 2 * DAY, valid_until=NOW)
    future = replace(LINDEMOND, valid_from=NOW + timedelta(seconds=1))
    trust = replace(LIST, cities=(past, future))
    for authority in ("marewijk.example", "lindemond.example"):
        assert code_of(lambda name=authority: trust.city(name, NOW)) == "city-not-valid"  # type: ignore[misc]


def test_expiry_version_and_anchor() -> None:
    assert refused(DOC, NOW + DAY) == "expired"
    assert refused(DOC, NOW - DAY) == "not-yet-valid"
    assert refused(DOC, minimum_version=8) == "rolled-back"
    assert verify_trust_list(DOC, [ANCHOR], NOW, minimum_version=7).version == 7
    assert code_of(lambda: verify_trust_list(DOC, [], NOW)) == "unknown-anchor"
    stranger = Anchor(ANCHOR.id, HybridSigner.generate().public)
    assert code_of(lambda: verify_trust_list(DOC, [stranger], NOW)) == "unknown-key"


@pytest.mark.parametrize("index", [0, 1])
def test_one_signature_alone_is_not_enough(index: int) -> None:
    doc: dict[str, Any] = copy.deepcopy(DOC)
    doc["signatures"].pop(index)
    assert refused(doc) == "missing-signature"
    own = HybridSigner.generate()
    doc["signatures"].append(sign_general(b"", own, typ=TRUST_LIST_TYPE)["signatures"][index])  # type: ignore[index]
    assert refused(doc) == "unknown-key"


def test_rubbish_and_other_types_are_refused() -> None:
    other = sign_general(canonical_json(LIST.to_json()), SIGNER, typ="other+jws")
    assert refused(other) == "wrong-typ"
    for rubbish in ("", "{}", "[]", '{"payload": "", "signatures": []}', {"payload": "e30", "signatures": [{}]}):
        refused(rubbish)


def first(payload: dict[str, Any]) -> dict[str, Any]:
    found = payload["cities"][0]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda p: p.update(more=1), "unknown-member"),
        (lambda p: p.pop("version"), "malformed"),
        (lambda p: p.update(version=True), "malformed"),
        (lambda p: p.update(version=-1), "malformed"),
        (lambda p: p.update(version="7"), "malformed"),
        (lambda p: p.pop("exp"), "missing-claim"),
        (lambda p: p.update(iat=p["exp"]), "not-yet-valid"),
        (lambda p: p.update(cities={}), "malformed"),
        (lambda p: p.update(cities=[1]), "malformed"),
        (lambda p: p["cities"].append(p["cities"][0]), "duplicate-city"),
        (lambda p: first(p).update(more=1), "unknown-member"),
        (lambda p: first(p).pop("name"), "malformed"),
        (lambda p: first(p).update(name=""), "malformed"),
        (lambda p: first(p).update(authority="Marewijk.example"), "malformed"),
        (lambda p: first(p).update(authority="-a"), "malformed"),
        (lambda p: first(p).update(authority="a\n"), "malformed"),
        (lambda p: first(p).update(valid_from="2026-11-23"), "malformed"),
        (lambda p: first(p).update(valid_from="2026-1-23T00:00:00Z"), "malformed"),
        (lambda p: first(p).update(valid_until="2026-01-01T00:00:00Z"), "malformed"),
        (lambda p: first(p).update(tls_ca_pem=["no certificate"]), "malformed"),
        (lambda p: first(p).update(tls_ca_pem=[first(p)["tls_ca_pem"][0] * 2]), "malformed"),
        (lambda p: first(p).update(tls_ca_pem="x"), "malformed"),
        (lambda p: first(p)["credential_types"].append({"vct": "a"}), "malformed"),
        (lambda p: first(p)["credential_types"].append(first(p)["credential_types"][0]), "malformed"),
        (lambda p: first(p)["credential_types"].append({"vct": 1, "jurisdiction": "NL"}), "malformed"),
        (lambda p: first(p)["jwks"].pop("log"), "malformed"),
        (lambda p: first(p)["jwks"].update(more=[]), "unknown-member"),
        (lambda p: first(p)["jwks"].update(log=[]), "malformed"),
        (lambda p: first(p)["jwks"]["log"].pop(), "malformed"),
        (lambda p: first(p)["jwks"]["exchange"].append(first(p)["jwks"]["log"][1]), "malformed"),
        (lambda p: first(p)["jwks"]["log"].append("x"), "unknown-member"),
        (lambda p: first(p)["jwks"]["log"][0].update(more=1), "unknown-member"),
        (lambda p: first(p)["jwks"]["log"][0].update(d="AA"), "unknown-member"),
        (lambda p: first(p)["jwks"]["log"][0].update(x="AA"), "bad-key"),
        (lambda p: first(p)["jwks"].update(log=p["cities"][1]["jwks"]["log"]), "reused-key"),
        (lambda p: first(p)["jwks"].update(identity=p["cities"][1]["jwks"]["log"]), "reused-key"),
        (lambda p: first(p)["jwks"].update(exchange=p["cities"][1]["jwks"]["log"][:1]), "reused-key"),
        (lambda p: first(p)["jwks"].update(identity=first(p)["jwks"]["log"]), "reused-key"),
        (lambda p: first(p)["jwks"].update(log=SIGNER.public.to_jwks()["keys"]), "reused-key"),
        (lambda p: first(p).update(tls_ca_pem=p["cities"][1]["tls_ca_pem"]), "reused-key"),
    ],
)
def test_a_truly_signed_list_is_still_read_strictly(change: Callable[[dict[str, Any]], None], code: str) -> None:
    payload = json.loads(canonical_json(LIST.to_json()))
    change(payload)
    doc = sign_general(canonical_json(payload), SIGNER, typ=TRUST_LIST_TYPE)
    assert refused(doc) == code


def test_a_key_renamed_is_still_the_same_key() -> None:
    payload = json.loads(canonical_json(LIST.to_json()))
    payload["cities"][0]["jwks"]["exchange"] = [{**payload["cities"][1]["jwks"]["exchange"][0], "kid": "new"}]
    assert refused(sign_general(canonical_json(payload), SIGNER, typ=TRUST_LIST_TYPE)) == "reused-key"


def test_a_city_may_hold_old_and_new_keys_and_renew_a_certificate() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    rotated = replace(
        MAREWIJK,
        identity=MAREWIJK.identity | HybridSigner.generate().public,
        tls_ca_pem=(authority_pem(key), authority_pem(key)),
    )
    rotating = replace(LIST, cities=(rotated,))
    assert verify_trust_list(sign_trust_list(rotating, SIGNER), [ANCHOR], NOW) == rotating


def test_what_a_verifier_would_refuse_is_not_signed() -> None:
    with pytest.raises(JoseError):
        sign_trust_list(replace(LIST, cities=(MAREWIJK, MAREWIJK)), SIGNER)
    with pytest.raises(JoseError):
        sign_trust_list(replace(LIST, expires=LIST.issued), SIGNER)


@pytest.mark.parametrize(
    "doc",
    [
        {},
        {"id": 1, "jwks": {"keys": []}},
        {"id": "a", "jwks": {"keys": []}},
        {"id": "a", "jwks": SIGNER.public.with_alg(ES256).to_jwks()},
        {"id": "a", "jwks": SIGNER.to_jwks()},
        {**ANCHOR.to_json(), "more": 1},
    ],
)
def test_an_anchor_is_read_strictly(doc: dict[str, Any]) -> None:
    with pytest.raises(JoseError):
        Anchor.from_json(doc)
