# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The demo's proof in a forger's hands: everything signed anew, or something added; `hanse exchange verify` says no."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import rfc8785

from hanse.gateway.exchange.envelope import sha256_hex
from hanse.gateway.exchange.leaf import leaf_bytes, origin
from hanse.gateway.exchange.proof import ProofError, verify_proof
from hanse.jose import ES256, HybridSigner, KeySet, SigningKey, b64u_decode, read_unverified, sign_compact
from hanse.kernel.clock import system_clock
from hanse.merkle import Frontier, hash_leaf, inclusion_proof, sign_checkpoint
from hanse.trust import Anchor, sign_trust_list, verify_trust_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from story import Demo

pytestmark = [pytest.mark.cities, pytest.mark.timeout(400)]
Json = dict[str, Any]


@pytest.fixture(scope="module")
def proof(demo: Demo) -> Json:
    document: Json = json.loads((demo.out / "proof.json").read_bytes())
    return document


@pytest.fixture(scope="module")
def anchor(demo: Demo) -> Anchor:
    return Anchor.from_json(json.loads((demo.out / "anchor.json").read_bytes()))


class Forger:
    """Has fresh keys for the anchor and for every city, and signs whatever is in a proof again with them."""

    def __init__(self, proof: Json, believed: Anchor) -> None:
        self.proof: Json = json.loads(json.dumps(proof))
        self.list = verify_trust_list(proof["trust_list"], [believed], system_clock().now())
        self.signer = HybridSigner.generate()
        self.signed: dict[str, str] = {}
        self.anchor = Anchor(believed.id, self.signer.public)
        self.exchange = {city.authority: SigningKey.generate(ES256) for city in self.list.cities}
        self.log = {city.authority: HybridSigner.generate() for city in self.list.cities}

    def forge(self, *, anchor_too: bool = True) -> bytes:
        """The same words under fresh signatures; with `anchor_too` off, the trust list stays the right one."""
        if anchor_too:
            cities = tuple(
                replace(
                    city, exchange=KeySet([self.exchange[city.authority].public]), log=self.log[city.authority].public
                )
                for city in self.list.cities
            )
            self.proof["trust_list"] = sign_trust_list(replace(self.list, cities=cities), self.signer)
        for log in self.proof["logs"]:
            self._sign_log(log)
        return rfc8785.dumps(self.proof)

    def _signed(self, text: str) -> str:
        """A statement under a fresh key; one that stands in both logs is signed once, an answer names its envelope."""
        if text not in self.signed:
            header, payload = read_unverified(text)[:2]
            claims = json.loads(payload)
            if "envelope_sha256" in claims:
                (envelope,) = [new for old, new in self.signed.items() if sha256_hex(old) == claims["envelope_sha256"]]
                claims["envelope_sha256"] = sha256_hex(envelope)
            self.signed[text] = sign_compact(
                rfc8785.dumps(claims), self.exchange[claims["iss"]], typ=str(header["typ"])
            )
        return self.signed[text]

    def _sign_log(self, log: Json) -> None:
        leaves = []
        for entry in log["entries"]:
            entry["statement"] = self._signed(entry["statement"])
            salt = b64u_decode(entry["salt"], place="salt")
            leaves.append(hash_leaf(leaf_bytes(log["authority"], entry["kind"], salt, entry["statement"])))
        tree, nodes = Frontier().extend(leaves)
        stored = {(level, position): value for level, position, value in nodes}
        for index, entry in enumerate(log["entries"]):
            path = inclusion_proof(index, tree.size, lambda level, position: stored[level, position])
            entry["index"], entry["inclusion"] = index, [base64.b64encode(value).decode() for value in path]
        signer, now = self.log[log["authority"]], system_clock().now()
        log["checkpoint"]["note"] = sign_checkpoint(origin(log["authority"]), tree.size, tree.root(), signer, now)


def verify(demo: Demo, folder: Path, proof: bytes) -> subprocess.CompletedProcess[str]:
    """What the command says of a proof, with trust in the demo's anchor."""
    path = folder / "proof.json"
    path.write_bytes(proof)
    command = [sys.executable, "-m", "hanse.cli.main", "exchange", "verify", str(path)]
    return subprocess.run(
        [*command, "--anchor", str(demo.out / "anchor.json")], capture_output=True, text=True, check=False
    )


def test_a_proof_wholly_signed_anew_with_fresh_keys(demo: Demo, proof: Json, anchor: Anchor, tmp_path: Path) -> None:
    forger = Forger(proof, anchor)
    forged = forger.forge()
    # In itself it is without a fault: who trusted the forger would believe it.
    assert verify_proof(forged, [forger.anchor], system_clock().now()).id == proof["id"]
    done = verify(demo, tmp_path, forged)
    assert done.returncode == 1
    assert "trust list" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_proof_signed_anew_under_the_right_trust_list(proof: Json, anchor: Anchor) -> None:
    forged = Forger(proof, anchor).forge(anchor_too=False)
    with pytest.raises(ProofError):
        verify_proof(forged, [anchor], system_clock().now())


def objects(value: Any) -> Iterator[Json]:
    """Every object in a document, itself among them."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


def test_no_unsigned_member_is_taken_anywhere(demo: Demo, proof: Json, anchor: Anchor, tmp_path: Path) -> None:
    places = sum(1 for _ in objects(proof))
    assert places > 10
    for number in range(places):
        document = json.loads(json.dumps(proof))
        list(objects(document))[number]["note of the forger"] = "approved"
        with pytest.raises(ProofError):
            verify_proof(rfc8785.dumps(document), [anchor], system_clock().now())
    done = verify(demo, tmp_path, rfc8785.dumps({**proof, "verdict": "COMPLIANT"}))
    assert done.returncode == 1
    assert done.stderr.strip()
