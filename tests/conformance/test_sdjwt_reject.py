# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Twenty-six presentations, one good: what a verifier of SD-JWT VCs with key binding must refuse."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hanse.jose import JoseError, KeySet, VerifyKey
from hanse.sdjwt import verify

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.fromtimestamp(1795393334, UTC)  # when the presentations were made


def test_every_verdict(shared_data: Path) -> None:
    suite = json.loads((shared_data / "suites" / "sd-jwt-reject.json").read_text())
    keys = KeySet.of(VerifyKey.from_jwk(suite["issuer"]))
    verdicts, codes = {}, {}
    for name, case in suite["cases"].items():
        try:
            verify(case["token"], keys, aud="https://b", nonce="n", now=NOW)
            verdicts[name] = "ok"
        except JoseError as error:
            verdicts[name], codes[name] = "rej", error.code
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
