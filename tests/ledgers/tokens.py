# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Signatures and credentials before their outside judges: Wycheproof, SD-JWT presentations, status list vectors."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ledgers.cases import Case, Suite, demanded, not_applicable

from hanse.jose import ES256, ML_DSA_65, JoseError, KeySet, VerifyKey, b64u_encode, verify_compact
from hanse.sdjwt import verify
from hanse.statuslist import VALID, StatusList

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SPOKEN = (ES256, ML_DSA_65)
PRESENTED_AT = datetime.fromtimestamp(1795393334, UTC)  # when the SD-JWT presentations were made


def accepts(jwk: dict[str, Any], token: Any) -> bool:
    """Whether a compact JWS verifies under a JWK or a JWK set."""
    try:
        keys = KeySet.from_jwks(jwk) if "keys" in jwk else KeySet.of(VerifyKey.from_jwk(jwk))
        verify_compact(token, keys, algs=[ES256, ML_DSA_65], typ=None)
    except JoseError:
        return False
    return True


def accepts_ml_dsa(public: bytes, test: Mapping[str, Any]) -> bool:
    """Whether an ML-DSA-65 signature verifies as JWS does it, with the empty context (RFC 9964)."""
    try:
        key = VerifyKey.from_jwk({"kty": "AKP", "alg": ML_DSA_65, "pub": b64u_encode(public)})
        key.verify(bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
    except JoseError:
        return False
    return True


def presentation_error(token: str, keys: KeySet) -> str:
    """Why an SD-JWT presentation to `https://b` with nonce `n` is refused; empty when it is accepted."""
    try:
        verify(token, keys, aud="https://b", nonce="n", now=PRESENTED_AT)
    except JoseError as error:
        return error.code
    return ""


def wycheproof_jose(path: Path) -> Iterator[Case]:
    """JWS and JWK vectors. A valid token of an algorithm that is not spoken is refused, as it should be."""
    for group in json.loads(path.read_text())["testGroups"]:
        jwk = group.get("public") or group["private"]
        for test in group["tests"]:
            identifier = f"{test['tcId']} {test['comment']}"
            valid, accepted = test["result"] == "valid", accepts(jwk, test["jws"])
            algorithm = _algorithm(test["jws"]) if valid else ""
            if valid and algorithm not in SPOKEN and not accepted:
                yield not_applicable(identifier, f"{algorithm} is not spoken")
            else:
                yield demanded(identifier, valid == accepted, f"{test['result']}, accepted: {accepted}")


def _algorithm(token: str) -> str:
    header = token.split(".", maxsplit=1)[0]  # read leniently: the judge counts some malformed headers as valid
    return str(json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["alg"])


def wycheproof_ml_dsa(path: Path) -> Iterator[Case]:
    """ML-DSA-65 vectors. JWS has no context, so a signature with one must not verify, valid or not."""
    for group in json.loads(path.read_text())["testGroups"]:
        public = bytes.fromhex(group["publicKey"])
        for test in group["tests"]:
            identifier = f"{test['tcId']} {test['comment']}"
            valid, accepted = test["result"] == "valid", accepts_ml_dsa(public, test)
            if valid and test.get("ctx") and not accepted:
                yield not_applicable(identifier, "signed with a context, which JWS does not have (RFC 9964)")
            else:
                yield demanded(identifier, valid == accepted, f"{test['result']}, accepted: {accepted}")


def sd_jwt(path: Path) -> Iterator[Case]:
    """Presentations that RFC 9901 demands to accept or refuse."""
    suite = json.loads(path.read_text())
    keys = KeySet.of(VerifyKey.from_jwk(suite["issuer"]))
    for name, case in suite["cases"].items():
        error = presentation_error(case["token"], keys)
        yield demanded(name, (case["expect"] == "ok") == (not error), f"expected {case['expect']}, got {error or 'ok'}")


def status_lists(path: Path) -> Iterator[Case]:
    """Token Status List, appendix C: every status, and the very bytes when the list is built anew."""
    for name, vector in json.loads(path.read_text()).items():
        statuses = {int(index): status for index, status in vector["statuses"].items()}
        decoded = StatusList.decode(vector["bits"], vector["lst"])
        for index, status in statuses.items():
            yield demanded(f"{name} [{index}]", decoded.get(index) == status, f"{decoded.get(index)}, not {status}")
        built = StatusList.build(vector["bits"], vector["capacity"], statuses)
        yield demanded(f"{name} built", built == decoded, "another list")
        beside = {index + 1 for index in statuses} - set(statuses)
        clean = all(decoded.get(index) == VALID for index in beside if index < decoded.capacity)
        yield demanded(f"{name} elsewhere", clean, "a status stands where none was set")


SUITES = (
    Suite(
        "wycheproof-jws",
        "C2SP Wycheproof, json_web_signature_test",
        lambda data: wycheproof_jose(data / "suites" / "json_web_signature_test.json"),
        401,
    ),
    Suite(
        "wycheproof-jwk",
        "C2SP Wycheproof, json_web_key_test",
        lambda data: wycheproof_jose(data / "suites" / "json_web_key_test.json"),
        26,
    ),
    Suite(
        "wycheproof-ml-dsa-65",
        "C2SP Wycheproof, mldsa_65_verify_test",
        lambda data: wycheproof_ml_dsa(data / "suites" / "mldsa_65_verify_test.json"),
        210,
    ),
    Suite(
        "sd-jwt-reject",
        "26 presentations with the verdict that RFC 9901 demands",
        lambda data: sd_jwt(data / "suites" / "sd-jwt-reject.json"),
        26,
    ),
    Suite(
        "status-list",
        "Token Status List, appendix C",
        lambda data: status_lists(data / "suites" / "status-list-vectors.json"),
        301,
    ),
)
