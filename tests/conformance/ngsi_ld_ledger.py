# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The ledger of ETSI's NGSI-LD test suite: what passes, what a clause shows to be wrong, and what is left.

`ngsi_ld_reasons.json` says of a failing case, by the first word of its name, why it fails; where the case itself is
wrong, "clause" names what of GS CIM 009 (or of a standard that it refers to) says so.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LONGEST = 600
GAPS = """
Known gaps:

- A registration that is exclusive or redirect is taken though entities with its attributes are here; clause 5.9.2.4 has
  it refused with Conflict. Cases of DistributedOperations, such as D005_01_exc and D006_01_red, register so.
- Subscriptions are not passed on to context sources (clause 5.8.1.4): they tell of what changes here.
- Cases with the tag sub-mqtt-notification need a broker at a host of the suite's and are not run;
  `tests/adapters/test_twin_notifications.py` notifies over MQTT."""


@dataclass(frozen=True)
class Case:
    """One test case: its group, its name, whether it passed, and the suite's words if not."""

    group: str
    name: str
    passed: bool
    message: str


def write(cases: list[Case], reasons_file: Path, folder: Path) -> None:
    """Writes ngsi_ld.json and ngsi_ld.md. Groups that were not run stay as they are, with their reasons of today."""
    reasons = json.loads(reasons_file.read_text(encoding="utf-8"))
    ledger = folder / "ngsi_ld.json"
    earlier = json.loads(ledger.read_text(encoding="utf-8")) if ledger.exists() else {"groups": {}, "failing": []}
    run_now = {case.group for case in cases}
    failing = [
        failure(each["group"], each["case"], each["said"], reasons)
        for each in earlier["failing"]
        if each["group"] not in run_now
    ]
    failing += [failure(case.group, case.name, case.message, reasons) for case in cases if not case.passed]
    counts = {name: [group["passed"], group["cases"]] for name, group in earlier["groups"].items()}
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for case in cases:
        counted[case.group][0] += case.passed
        counted[case.group][1] += 1
    counts |= counted
    wrong = {name: sum(1 for each in failing if each["group"] == name and each["clause"]) for name in counts}
    groups = {name: summed(passed, number, wrong[name]) for name, (passed, number) in sorted(counts.items())}
    document = {"groups": groups, "failing": sorted(failing, key=lambda each: (each["group"], each["case"]))}
    folder.mkdir(parents=True, exist_ok=True)
    ledger.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "ngsi_ld.md").write_text("\n".join(page(document)) + "\n", encoding="utf-8")


def summed(passed: int, cases: int, wrong: int) -> dict[str, float]:
    """A group's counts, and how much passes of what is not shown wrong, in percent."""
    rest = cases - wrong
    return {"passed": passed, "cases": cases, "wrong": wrong, "percent": round(100 * passed / rest, 1) if rest else 100}


def failure(group: str, name: str, said: str, reasons: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """A failing case as the ledger has it; without a clause it counts against us."""
    known = reasons.get(name.split(" ", maxsplit=1)[0], {})
    return {
        "group": group,
        "case": name,
        "clause": known.get("clause", ""),
        "reason": known.get("reason", ""),
        "said": said[:LONGEST],
    }


def page(document: Mapping[str, Any]) -> Iterator[str]:
    """The ledger as a page."""
    groups = document["groups"]
    yield from ("# NGSI-LD: ETSI's test suite against the twin's edge", "")
    yield "`ngsi_ld.py` runs the suite and writes this page. A case is shown wrong where a clause of ETSI GS CIM 009"
    yield "says otherwise than it expects; the share is of the cases that are left."
    yield from ("", "| group | passed | cases | shown wrong | passed of the rest |", "|---|---|---|---|---|")
    total = [0, 0, 0]
    for name, count in groups.items():
        total = [total[0] + count["passed"], total[1] + count["cases"], total[2] + count["wrong"]]
        yield _row(name, count)
    yield _row("all", summed(*total))
    yield GAPS
    yield from ("", "| fails | clause | why |", "|---|---|---|")
    for each in document["failing"]:
        words = (each["reason"] or f"not settled: {each['said'][:200]}").replace("\n", " ").replace("|", "/")
        yield f"| {each['case']} | {each['clause'] or '-'} | {words} |"


def _row(name: str, count: Mapping[str, float]) -> str:
    return f"| {name} | {count['passed']} | {count['cases']} | {count['wrong']} | {count['percent']} % |"
