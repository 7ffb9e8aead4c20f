# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""SD-JWT VCs in both forms: issued, presented, verified, and every way to cheat refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hanse.jose import (
    ES256,
    HYBRID_ALGS,
    ML_DSA_65,
    HybridSigner,
    JoseError,
    KeySet,
    SigningKey,
    b64u_decode,
    canonical_json,
    sign_compact,
    sign_general,
    sign_jwt,
)
from hanse.sdjwt import (
    SD_JWT_VC,
    SdJwtError,
    issue,
    peek,
    present,
    select,
    verify,
    verify_credential,
)
from hanse.sdjwt.disclosure import Disclosure, reveal, sha256_text
from hanse.sdjwt.form import take_apart

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER = HybridSigner.generate()
HOLDER = SigningKey.generate(ES256)
CLAIMS: dict[str, object] = {
    "iss": "https://marewijk.example",
    "vct": "urn:hanse:architect:1",
    "iat": AT,
    "exp": AT + 3600,
    "name": "A. Architect",
    "chamber": {"register": "SBA", "number": 123, "since": {"year": 2001}},
    "skills": ["timber", "steel", ["stone", "brick"]],
    "open": True,
}
DISCLOSABLE = ["name", ("chamber",), ("chamber", "number"), ("skills", None), ("skills", 2, 1)]
FORMS: list[tuple[SigningKey | HybridSigner, frozenset[str]]] = [
    (ISSUER.es256, frozenset({ES256})),
    (ISSUER, HYBRID_ALGS),
]
IDS = ["compact", "general"]


def credential(signer: SigningKey | HybridSigner = ISSUER, **options: Any) -> str:
    return issue(CLAIMS, DISCLOSABLE, signer, holder_jwk=HOLDER.public.to_jwk(), **options)


def presentation(text: str, disclose: Any = ("name",), **options: Any) -> str:
    arguments: dict[str, Any] = {"aud": "https://lindemond.example", "nonce": "n1", "now": NOW, **options}
    return present(text, disclose, arguments.pop("holder_key", HOLDER), **arguments)


def verified(text: str, algs: frozenset[str], **options: Any) -> Any:
    expected: dict[str, Any] = {"aud": "https://lindemond.example", "nonce": "n1", "now": NOW, **options}
    return verify(text, ISSUER.public, required_algs=algs, **expected)


def code_of(text: str, algs: frozenset[str], **options: Any) -> str:
    with pytest.raises(JoseError) as caught:
        verified(text, algs, **options)
    return caught.value.code


@pytest.mark.parametrize(("signer", "algs"), FORMS, ids=IDS)
def test_all_disclosed_gives_the_claims_back(signer: Any, algs: Any) -> None:
    result = verified(presentation(credential(signer, decoys=3), None), algs)
    assert {name: value for name, value in result.claims.items() if name != "cnf"} == CLAIMS
    assert (result.issuer, result.vct, result.expires) == (
        CLAIMS["iss"],
        CLAIMS["vct"],
        NOW + timedelta(hours=1),
    )
    assert result.holder.thumbprint == HOLDER.public.thumbprint
    assert {key.alg for key in result.issuer_keys} == algs
    assert result.header["typ"] == SD_JWT_VC


@pytest.mark.parametrize(("signer", "algs"), FORMS, ids=IDS)
def test_only_what_the_holder_chose_is_seen(signer: Any, algs: Any) -> None:
    text = presentation(credential(signer), [("chamber", "number"), ("skills", 2, 1)])
    result = verified(text, algs)
    assert "name" not in result.claims
    assert result.claims["chamber"] == {"register": "SBA", "number": 123, "since": {"year": 2001}}
    assert result.claims["skills"] == [["stone", "brick"]]
    assert set(result.disclosed) == {("chamber",), ("chamber", "number"), ("skills", 0), ("skills", 0, 1)}
    for secret in ("timber", "steel", "A. Architect"):
        assert secret not in everything_in(text)


def everything_in(text: str) -> str:
    parts = take_apart(text)
    return json.dumps([parts.payload, [disclosure.value for disclosure in parts.disclosures]])


def test_an_outer_claim_may_be_shown_without_its_inner_ones() -> None:
    result = verified(presentation(credential(), [("chamber", "register")]), HYBRID_ALGS)
    assert result.claims["chamber"] == {"register": "SBA", "since": {"year": 2001}}
    nothing = verified(presentation(credential(), []), HYBRID_ALGS)
    assert set(nothing.claims) == {"iss", "vct", "iat", "exp", "open", "cnf", "skills"}
    assert nothing.claims["skills"] == []


def test_the_credential_does_not_tell_the_number_of_claims_by_decoys() -> None:
    payload = take_apart(credential(ISSUER.es256, decoys=4)).payload
    digests = payload["_sd"]
    assert isinstance(digests, list)
    assert len(digests) == 2 + 4
    assert digests == sorted(digests)


def test_disclosures_of_rfc_9901_section_4_2() -> None:
    member = Disclosure.parse("WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0")
    assert (member.name, member.value) == ("family_name", "M\u00f6bius")
    assert member.digest == "uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY"
    element = Disclosure.parse("WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0")
    assert (element.name, element.value) == (None, "FR")
    assert element.digest == "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"


def test_peek_names_issuer_and_form() -> None:
    for signer, algs in FORMS:
        seen = peek(credential(signer))
        assert (seen.issuer, seen.vct) == (CLAIMS["iss"], CLAIMS["vct"])
        assert (seen.kid, seen.is_general) == (ISSUER.es256.kid, len(algs) == 2)


@pytest.mark.parametrize(("signer", "algs"), FORMS, ids=IDS)
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"nonce": "n2"}, "wrong-nonce"),
        ({"aud": "https://other.example"}, "wrong-audience"),
        ({"now": NOW + timedelta(hours=2)}, "expired"),
        ({"now": NOW - timedelta(minutes=5)}, "not-yet-valid"),
        ({"now": NOW + timedelta(minutes=6)}, "expired"),
        ({"issuer": "https://evil.example"}, "wrong-issuer"),
        ({"vct": "urn:other"}, "wrong-type"),
        ({"typ": "vc+sd-jwt"}, "wrong-typ"),
    ],
)
def test_what_the_verifier_expects_must_be_so(signer: Any, algs: Any, options: Any, code: str) -> None:
    assert code_of(presentation(credential(signer)), algs, **options) == code


@pytest.mark.parametrize(("signer", "algs"), FORMS, ids=IDS)
def test_other_issuers_and_other_holders_are_refused(signer: Any, algs: Any) -> None:
    stranger = HybridSigner.generate()
    text = presentation(credential(stranger if len(algs) == 2 else stranger.es256))
    assert code_of(text, algs) == "unknown-key"
    with pytest.raises(SdJwtError) as caught:
        presentation(credential(signer), holder_key=stranger.es256)
    assert caught.value.code == "wrong-holder-key"


@pytest.mark.parametrize(("signer", "algs"), FORMS, ids=IDS)
def test_key_binding_signed_by_another_key_is_refused(signer: Any, algs: Any) -> None:
    parts = take_apart(select(credential(signer), ["name"]))
    claims = {"iat": AT, "aud": "https://lindemond.example", "nonce": "n1", "sd_hash": parts.sd_hash}
    for key in (SigningKey.generate(ES256), SigningKey.generate(ML_DSA_65)):
        text = parts.with_kb(sign_jwt(claims, key, typ="kb+jwt")).serialise()
        assert code_of(text, algs) in {"bad-signature", "alg-not-allowed"}
    text = parts.with_kb(sign_jwt({**claims, "aud": [claims["aud"]]}, HOLDER, typ="kb+jwt")).serialise()
    assert code_of(text, algs) == "wrong-audience"


@pytest.mark.parametrize(("signer", "algs"), FORMS, ids=IDS)
def test_disclosures_added_or_dropped_after_key_binding_are_refused(signer: Any, algs: Any) -> None:
    text = credential(signer)
    shown, more = take_apart(presentation(text)), take_apart(select(text, None))
    assert shown.kb_jwt is not None
    assert code_of(more.with_kb(shown.kb_jwt).serialise(), algs) == "wrong-sd-hash"
    fewer = more.with_disclosures([]).with_kb(shown.kb_jwt)
    assert code_of(fewer.serialise(), algs) == "wrong-sd-hash"


@pytest.mark.parametrize(("signer", "algs"), FORMS, ids=IDS)
def test_key_binding_cannot_be_left_out(signer: Any, algs: Any) -> None:
    text = credential(signer)
    assert code_of(select(text, ["name"]), algs) == "no-key-binding"
    options = {"now": NOW, "required_algs": algs}
    assert verify_credential(text, ISSUER.public, **options).claims["name"] == "A. Architect"
    with pytest.raises(SdJwtError):
        verify_credential(presentation(text), ISSUER.public, **options)
    unbound = issue(CLAIMS, [], signer, holder_jwk=None)
    assert verify_credential(unbound, ISSUER.public, **options).holder is None
    with pytest.raises(SdJwtError) as caught:
        presentation(unbound, [])
    assert caught.value.code == "no-holder-key"
    parts = take_apart(unbound)
    claims = {"iat": AT, "aud": "https://lindemond.example", "nonce": "n1", "sd_hash": parts.sd_hash}
    own = parts.with_kb(sign_jwt(claims, HOLDER, typ="kb+jwt")).serialise()
    assert code_of(own, algs) == "no-holder-key"


def test_a_stripped_or_swapped_signature_is_refused() -> None:
    text = presentation(credential())
    for index in (0, 1):
        document = json.loads(text)
        gone = document["signatures"].pop(index)
        document["signatures"][0]["header"] = document["signatures"][0].get("header") or gone["header"]
        assert code_of(json.dumps(document), HYBRID_ALGS) == "missing-signature"
    document = json.loads(text)
    one, two = document["signatures"]
    two["header"] = one.pop("header")
    document["signatures"] = [two, one]
    assert code_of(json.dumps(document), HYBRID_ALGS) == "wrong-sd-hash"


def test_the_forms_do_not_stand_in_for_each_other() -> None:
    compact, general = (presentation(credential(signer)) for signer, _ in FORMS)
    assert code_of(compact, HYBRID_ALGS) == "missing-signature"
    assert code_of(general, frozenset({ES256})) == "missing-signature"
    assert code_of(general, frozenset({ML_DSA_65})) == "missing-signature"


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(more=1),
        lambda d: d["signatures"][0]["header"].update(more=1),
        lambda d: d["signatures"][0]["header"].update(disclosures="x"),
        lambda d: d["signatures"][0]["header"].update(kb_jwt=""),
        lambda d: d["signatures"][0]["header"].update(kb_jwt=[]),
        lambda d: d["signatures"][0]["header"].pop("disclosures"),
        lambda d: d["signatures"][0].pop("header"),
        lambda d: d["signatures"][1].update(header={"disclosures": []}),
        lambda d: d["signatures"][1].update(header={}),
        lambda d: d["signatures"].clear(),
        lambda d: d.update(signatures="x"),
        lambda d: d["signatures"].insert(0, 7),
    ],
)
def test_the_general_form_is_read_strictly(change: Any) -> None:
    document = json.loads(presentation(credential()))
    change(document)
    assert code_of(json.dumps(document), HYBRID_ALGS) in {"not-an-sd-jwt", "unknown-member", "not-a-jws"}


@pytest.mark.parametrize("text", ["", "~", "a.b.c", "a.b.c~", "{}", "{", "x" * 600_000, "~~~"])
def test_rubbish_is_refused(text: str) -> None:
    for algs in (frozenset({ES256}), HYBRID_ALGS):
        with pytest.raises(JoseError):
            verified(text, algs)
    with pytest.raises(JoseError):
        peek(text)


@pytest.mark.parametrize("name", ["iss", "exp", "vct", "cnf", "status", "nbf"])
def test_what_every_verifier_must_see_cannot_be_hidden(name: str) -> None:
    claims = {**CLAIMS, "status": {"status_list": {"idx": 1, "uri": "u"}}, "nbf": AT}
    with pytest.raises(SdJwtError) as caught:
        issue(claims, [name], ISSUER, holder_jwk=HOLDER.public.to_jwk())
    assert caught.value.code == "not-disclosable"
    hidden = Disclosure.make(name, claims.get(name, {"jwk": HOLDER.public.bare_jwk()}), bytes)
    payload: dict[str, object] = {**claims, "cnf": {"jwk": HOLDER.public.bare_jwk()}, "_sd": [hidden.digest]}
    del payload[name]
    token = sign_compact(canonical_json(payload), ISSUER.es256, typ=SD_JWT_VC)
    with pytest.raises(SdJwtError) as caught:
        verify_credential(f"{token}~{hidden.text}~", ISSUER.public, now=NOW)
    assert caught.value.code == "not-disclosable"


@pytest.mark.parametrize(
    ("claims", "disclosable", "code"),
    [
        ({"_sd": []}, [], "reserved-name"),
        ({"a": [{"...": 1}]}, [], "reserved-name"),
        ({"a": {"_sd_alg": 1}}, [], "reserved-name"),
        ({}, ["nothing"], "unknown-path"),
        ({}, [("skills", 9)], "unknown-path"),
        ({}, [()], "unknown-path"),
        ({"exp": None}, [], "missing-claim"),
    ],
)
def test_what_cannot_be_issued(claims: dict[str, object], disclosable: Any, code: str) -> None:
    with pytest.raises(SdJwtError) as caught:
        issue({**CLAIMS, **claims}, disclosable, ISSUER, holder_jwk=None)
    assert caught.value.code == code


def test_a_holder_cannot_disclose_what_is_not_there() -> None:
    with pytest.raises(SdJwtError) as caught:
        presentation(credential(), ["salary"])
    assert caught.value.code == "unknown-path"
    with pytest.raises(SdJwtError):
        presentation(presentation(credential()), ["name"])


def test_a_disclosure_never_replaces_a_claim() -> None:
    disclosure = Disclosure.make("a", 2, bytes)
    for payload in ({"a": 1, "_sd": [disclosure.digest]}, {"o": {"a": 1, "_sd": [disclosure.digest]}}):
        with pytest.raises(SdJwtError) as caught:
            reveal(payload, [disclosure])
        assert caught.value.code == "bad-disclosure"
    again = Disclosure.make("a", 3, bytes)
    with pytest.raises(SdJwtError):
        reveal({"_sd": [disclosure.digest, again.digest]}, [disclosure, again])


def test_disclosures_chained_without_end_are_refused() -> None:
    value: object = 1
    disclosures = []
    for _ in range(40):
        disclosure = Disclosure.make("a", value, bytes)
        disclosures.append(disclosure)
        value = {"_sd": [disclosure.digest]}
    assert isinstance(value, dict)
    with pytest.raises(SdJwtError) as caught:
        reveal(value, disclosures)
    assert caught.value.code == "too-deep"


def test_other_holder_confirmations_are_not_understood() -> None:
    for cnf in ({"kid": "x"}, {"jwk": {}}, {"jwk": "x"}, [], {"jwk": HOLDER.to_jwk()}):
        payload = canonical_json({**CLAIMS, "cnf": cnf})
        for text in (
            sign_compact(payload, ISSUER.es256, typ=SD_JWT_VC) + "~",
            general_text(payload),
        ):
            algs = HYBRID_ALGS if text.startswith("{") else {ES256}
            with pytest.raises(JoseError):
                verify_credential(text, ISSUER.public, now=NOW, required_algs=algs)


def general_text(payload: bytes) -> str:
    document: Any = sign_general(payload, ISSUER, typ=SD_JWT_VC)
    document["signatures"][0]["header"] = {"disclosures": []}
    return json.dumps(document)


def test_sd_hash_covers_the_first_signature_as_if_compact() -> None:
    """RFC 9901 section 8.1: protected header, payload and signature joined as in the compact form."""
    document = json.loads(presentation(credential()))
    first = document["signatures"][0]
    jwt = f"{first['protected']}.{document['payload']}.{first['signature']}"
    expected = sha256_text("~".join([jwt, *first["header"]["disclosures"], ""]))
    kb = json.loads(b64u_decode(first["header"]["kb_jwt"].split(".")[1]))
    assert kb["sd_hash"] == expected


def test_a_key_set_of_several_issuers_keys_is_searched_by_kid() -> None:
    others = HybridSigner.generate().public
    keys = KeySet(others.keys + ISSUER.public.keys)
    for signer, algs in FORMS:
        text = presentation(credential(signer))
        result = verify(text, keys, aud="https://lindemond.example", nonce="n1", now=NOW, required_algs=algs)
        assert set(result.issuer_keys) <= set(ISSUER.public)
