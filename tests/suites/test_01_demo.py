# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse demo` as a newcomer runs it: what it leaves is valid, and the proof breaks with any byte changed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rfc8785

from hanse.contracts.validation import validate_document
from hanse.gateway.exchange.proof import ProofError, verify_proof
from hanse.kernel.clock import system_clock
from hanse.trust import Anchor

if TYPE_CHECKING:
    from story import Demo

pytestmark = [pytest.mark.cities, pytest.mark.timeout(400)]
HANSE = [sys.executable, "-m", "hanse.cli.main"]
EXPECTED = {"complies": "COMPLIANT", "too-high": "NON_COMPLIANT", "data-missing": "INSUFFICIENT_DATA"}


def anchor(demo: Demo) -> Anchor:
    return Anchor.from_json(json.loads((demo.out / "anchor.json").read_bytes()))


def folder(demo: Demo, plan: str) -> Path:
    return demo.out if plan == "too-high" else demo.out / plan


def test_the_three_plans_get_the_verdicts_they_were_drawn_for(demo: Demo) -> None:
    assert demo.summary["verdicts"] == EXPECTED


def test_only_the_neighbours_twin_shows_that_the_house_is_too_high(demo: Demo) -> None:
    report = json.loads((demo.out / "report.json").read_bytes())
    refused = [rule for rule in report["rules"] if rule["verdict"] == "NON_COMPLIANT"]
    assert [rule["measure"] for rule in refused] == ["neighbour_height"]
    against = [n for n in refused[0]["evidence"]["neighbours"] if n["verdict"] == "NON_COMPLIANT"]
    assert {neighbour["city"] for neighbour in against} == {"lindemond.example"}
    within = [n for n in refused[0]["evidence"]["neighbours"] if n["city"] == "marewijk.example"]
    assert within
    assert all(neighbour["verdict"] == "COMPLIANT" for neighbour in within)


@pytest.mark.parametrize("plan", EXPECTED)
def test_every_report_fulfils_its_contract(demo: Demo, plan: str) -> None:
    where = folder(demo, plan)
    assert validate_document((where / "report.json").read_bytes(), "permit/v1", "report") == []
    for name in ("report.html", "report.nl.html"):
        page = (where / name).read_text(encoding="utf-8")
        assert page.startswith("<!DOCTYPE html>")
        assert "<script" not in page
    for name in ("plan.svg", "view.svg"):
        assert ET.fromstring((where / name).read_bytes()).tag.endswith("svg")  # noqa: S314 - our own output


def test_nobody_learns_her_name(demo: Demo) -> None:
    for path in demo.out.glob("**/report*"):
        assert "Kraanvogel" not in path.read_text(encoding="utf-8")
    for database in (demo.out / "cities" / "marewijk" / "state").glob("*.db*"):
        assert b"Kraanvogel" not in database.read_bytes()


def test_the_proof_is_canonical_and_holds(demo: Demo) -> None:
    proof = (demo.out / "proof.json").read_bytes()
    assert rfc8785.dumps(json.loads(proof)) == proof
    verify_proof(proof, [anchor(demo)], system_clock().now())


def test_the_command_says_yes_and_no(demo: Demo, tmp_path: Path) -> None:
    proof, trust = demo.out / "proof.json", ["--anchor", str(demo.out / "anchor.json")]
    yes = subprocess.run(
        [*HANSE, "exchange", "verify", str(proof), *trust], capture_output=True, text=True, check=False
    )
    assert yes.returncode == 0, yes.stderr
    assert "lindemond.example" in yes.stdout
    data = bytearray(proof.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "proof.json").write_bytes(data)
    no = subprocess.run(
        [*HANSE, "exchange", "verify", str(tmp_path / "proof.json"), *trust],
        capture_output=True,
        text=True,
        check=False,
    )
    assert no.returncode == 1
    assert "Traceback" not in no.stderr


def test_nobody_can_sign_another_list_of_the_demo_s_anchor(demo: Demo) -> None:
    public = (demo.out / "anchor.json").read_bytes()
    assert [path.read_bytes() for path in (demo.out / "cities" / "anchor").iterdir()] == [public]


def test_any_byte_changed_breaks_the_proof(demo: Demo) -> None:
    proof = (demo.out / "proof.json").read_bytes()
    trusted, now = [anchor(demo)], system_clock().now()
    chance = random.Random(1)  # noqa: S311 - a choice of places, no secret
    places = sorted(chance.sample(range(len(proof)), 400))
    for place in places:
        altered = bytearray(proof)
        altered[place] ^= 1 << chance.randrange(8)
        with pytest.raises(ProofError):
            verify_proof(bytes(altered), trusted, now)


def test_another_anchor_does_not_do(demo: Demo, tmp_path: Path) -> None:
    from hanse.cli.federation import make_anchor

    stranger = Anchor.from_json(json.loads(make_anchor(tmp_path / "anchor", "borderland.example").read_bytes()))
    with pytest.raises(ProofError):
        verify_proof((demo.out / "proof.json").read_bytes(), [stranger], system_clock().now())


def test_events_crossed_the_border(demo: Demo) -> None:
    summary = demo.summary
    assert summary["revoked"] == "REVOKED"
    assert "lindemond.example" in summary["outdated"]
