# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Wycheproof: no false accept, and every valid vector of an algorithm we speak accepted. Counts are exact."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from ledgers.cases import Verdict
from ledgers.tokens import accepts, accepts_ml_dsa, wycheproof_jose

if TYPE_CHECKING:
    from pathlib import Path


def outcomes(path: Path) -> tuple[Counter[tuple[str, bool]], set[int]]:
    """Count (verdict expected, accepted) and name the vectors accepted."""
    document = json.loads(path.read_text())
    counts: Counter[tuple[str, bool]] = Counter()
    accepted = set()
    for group in document["testGroups"]:
        jwk = group.get("public") or group["private"]
        for test in group["tests"]:
            answer = accepts(jwk, test["jws"])
            counts[test["result"], answer] += 1
            accepted |= {test["tcId"]} if answer else set()
    assert sum(counts.values()) == document["numberOfTests"]
    return counts, accepted


def test_json_web_signature(shared_data: Path) -> None:
    counts, accepted = outcomes(shared_data / "suites" / "json_web_signature_test.json")
    assert counts == {("invalid", False): 355, ("valid", True): 2, ("valid", False): 44}
    assert accepted == {18, 378}  # all the valid ES256 vectors; the other 44 are RSA, HMAC and P-521


def test_what_is_not_applicable_is_of_an_algorithm_not_spoken(shared_data: Path) -> None:
    cases = list(wycheproof_jose(shared_data / "suites" / "json_web_signature_test.json"))
    spared = Counter(case.detail.split()[0] for case in cases if case.verdict is Verdict.NOT_APPLICABLE)
    assert set(spared) == {"HS256", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES512"}
    assert Counter(case.verdict for case in cases) == {Verdict.PASSED: 357, Verdict.NOT_APPLICABLE: 44}


def test_json_web_key(shared_data: Path) -> None:
    path = shared_data / "suites" / "json_web_key_test.json"
    counts, _ = outcomes(path)
    assert counts == {("invalid", False): 21, ("valid", False): 5}  # the five valid ones are HMAC and RSA
    groups = json.loads(path.read_text())["testGroups"]
    curve = [group for group in groups if group["comment"] in {"invalid_use", "invalid_algorithm", "wrong_kty"}]
    assert len(curve) == 3
    for group in curve:  # the very token is accepted once the one wrong member is mended
        key = (group.get("public") or group["private"])["keys"][0]
        good = {name: key[name] for name in ("crv", "x", "y")} | {"kty": "EC", "kid": "kid-ec-sign"}
        assert accepts(good, group["tests"][0]["jws"])


def test_ml_dsa_65(shared_data: Path) -> None:
    """JWS uses the empty context (RFC 9964): the two valid vectors with another context must not verify."""
    document = json.loads((shared_data / "suites" / "mldsa_65_verify_test.json").read_text())
    counts: Counter[tuple[str, bool, bool]] = Counter()
    for group in document["testGroups"]:
        public = bytes.fromhex(group["publicKey"])
        for test in group["tests"]:
            counts[test["result"], bool(test.get("ctx")), accepts_ml_dsa(public, test)] += 1
    assert counts == {
        ("valid", False, True): 77,
        ("valid", True, False): 2,
        ("invalid", False, False): 126,
        ("invalid", True, False): 5,
    }
    assert sum(counts.values()) == document["numberOfTests"]
