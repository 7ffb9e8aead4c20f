# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The ledger of ETSI's NGSI-LD suite: what it counts, and that what stands in it is enough."""

from __future__ import annotations

import json
from pathlib import Path

from ngsi_ld_ledger import Case, write

HERE = Path(__file__).parent
ENOUGH = {"DistributedOperations": 90}
REST = 95


def test_what_a_clause_shows_wrong_counts_for_nobody(tmp_path: Path) -> None:
    reasons = tmp_path / "reasons.json"
    reasons.write_text(json.dumps({"1_02": {"clause": "4.9", "reason": "valid"}, "1_03": {"reason": "ours"}}))
    cases = [Case("A", "1_01 good", True, ""), Case("A", "1_02 wrong", False, "x"), Case("A", "1_03 bad", False, "y")]
    write([*cases, Case("B", "2_01 good", True, "")], reasons, tmp_path)
    write([Case("B", "2_01 good", False, "since today")], reasons, tmp_path)
    ledger = json.loads((tmp_path / "ngsi_ld.json").read_text())
    assert ledger["groups"]["A"] == {"passed": 1, "cases": 3, "wrong": 1, "percent": 50.0}
    assert ledger["groups"]["B"] == {"passed": 0, "cases": 1, "wrong": 0, "percent": 0.0}
    assert [each["case"] for each in ledger["failing"]] == ["1_02 wrong", "1_03 bad", "2_01 good"]
    page = (tmp_path / "ngsi_ld.md").read_text()
    assert "| all | 1 | 4 | 1 | 33.3 % |" in page
    assert "| 1_02 wrong | 4.9 | valid |" in page


def test_the_committed_ledger_is_enough() -> None:
    ledger = json.loads((HERE / "ngsi_ld.json").read_text(encoding="utf-8"))
    for name, group in ledger["groups"].items():
        assert group["percent"] >= ENOUGH.get(name, REST), name
        assert group["passed"] <= group["cases"] - group["wrong"], name
    for each in ledger["failing"]:
        assert not each["clause"] or each["reason"], each["case"]
