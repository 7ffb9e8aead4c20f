# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Twenty-six presentations, one good: what a verifier of SD-JWT VCs with key binding must refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ledgers.tokens import presentation_error

from hanse.jose import KeySet, VerifyKey

if TYPE_CHECKING:
    from pathlib import Path


def test_every_verdict(shared_data: Path) -> None:
    suite = json.loads((shared_data / "suites" / "sd-jwt-reject.json").read_text())
    keys = KeySet.of(VerifyKey.from_jwk(suite["issuer"]))
    codes = {name: presentation_error(case["token"], keys) for name, case in suite["cases"].items()}
    verdicts = {name: "rej" if code else "ok" for name, code in codes.items()}
    assert verdicts == {name: case["expect"] for name, case in suite["cases"].items()}
    assert (len(verdicts), sum(verdict == "ok" for verdict in verdicts.values())) == (26, 1)
    # refused for what is wrong with them, not by accident
    assert codes["unreferenced disclosure"] == "unused-disclosure"
    assert codes["duplicate digest nested"] == "bad-digest"
    assert codes["unknown _sd_alg"] == "alg-not-allowed"
    assert codes["expired"] == "expired"
    assert codes["nbf future"] == "not-yet-valid"
    assert codes["KB wrong nonce"] == "wrong-nonce"
    assert codes["KB wrong aud"] == "wrong-audience"
    assert codes["KB wrong sd_hash"] == "wrong-sd-hash"
    assert codes["KB wrong typ"] == "wrong-typ"
    assert codes["KB signed by other key"] == "bad-signature"
    assert codes["bad issuer sig"] == "bad-signature"
    assert codes["no KB when required"] == "no-key-binding"
