# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Runs ETSI's NGSI-LD test suite against a started edge: counts by group, and a ledger of what fails.

    python tests/conformance/ngsi_ld.py SUITE GROUP... --url http://127.0.0.1:9090 --robot VENV/bin/robot --ledger DIR

SUITE is the suite's folder, outside the project; it runs with Robot Framework of an environment of its own. GROUP is a
folder below TP/NGSI-LD such as jsonldContext; without any, all are run. The edge must be open (`twin_edge.open`), have
the suite's contexts at hand (`twin_edge.preloaded`) and may fetch those that the suite serves (`twin_edge.contexts`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTEXTS = "https://forge.etsi.org/rep/cim/ngsi-ld-test-suite/-/raw/develop/resources/jsonld-contexts/"
LONGEST = 600


@dataclass(frozen=True)
class Case:
    """One test case: its group, its name, whether it passed, and the suite's words if not."""

    group: str
    name: str
    passed: bool
    message: str


def main() -> int:
    """Runs the groups one after the other; 0 when all cases pass."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", type=Path)
    parser.add_argument("groups", nargs="*", default=[])
    parser.add_argument("--url", default="http://127.0.0.1:9090")
    parser.add_argument("--robot", default="robot")
    parser.add_argument("--ledger", type=Path, help="folder for ngsi_ld.json and ngsi_ld.md")
    parser.add_argument("--reasons", type=Path, help="JSON: why a case fails, by its name")
    parser.add_argument("--timeout", type=int, default=3600, help="seconds for one group")
    arguments = parser.parse_intermixed_args()
    groups = arguments.groups or sorted(each.name for each in (arguments.suite / "TP/NGSI-LD").iterdir())
    cases: list[Case] = []
    for group in groups:
        found = run(arguments.suite, group, arguments.url, arguments.robot, arguments.timeout)
        cases += found
        say(f"{group}: {sum(case.passed for case in found)} of {len(found)} pass")
    reasons = json.loads(arguments.reasons.read_text()) if arguments.reasons else {}
    if arguments.ledger:
        write(cases, reasons, arguments.ledger)
    for case in cases:
        if not case.passed:
            say(f"- {case.name}: {case.message[:LONGEST]}")
    return 0 if all(case.passed for case in cases) else 1


def say(line: str) -> None:
    """A line on stdout, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(suite: Path, group: str, url: str, robot: str, timeout_s: int) -> list[Case]:
    """One group's cases."""
    variables = {
        "url": f"{url}/ngsi-ld/v1",
        "temporal_api_url": f"{url}/ngsi-ld/v1",
        "ngsild_test_suite_context": f"{CONTEXTS}ngsi-ld-test-suite-compound.jsonld",
        "notification_server_host": "127.0.0.1",
        "context_source_host": "127.0.0.1",
        "context_server_host": "127.0.0.1",
        "mqtt_broker_host": "127.0.0.1",
    }
    given = [part for name, value in variables.items() for part in ("--variable", f"{name}:{value}")]
    control = suite / "libraries/robotframework-httpctrl/src"
    with tempfile.TemporaryDirectory() as folder:
        command = [robot, "--outputdir", folder, "--log", "NONE", "--report", "NONE", "--console", "none", *given]
        subprocess.run(
            [*command, "--exclude", "sub-mqtt-notification", f"TP/NGSI-LD/{group}"],
            cwd=suite,
            env={**os.environ, "PYTHONPATH": f"{control}:{os.environ.get('PYTHONPATH', '')}"},
            timeout=timeout_s,
            check=False,
            stdout=subprocess.DEVNULL,  # every exchange
        )
        return read(Path(folder) / "output.xml", group)


def read(output: Path, group: str) -> list[Case]:
    """Cases from Robot Framework's output."""
    cases = []
    for test in ET.parse(output).iter("test"):  # noqa: S314 - written by the run above
        status = test.find("status")
        passed = status is not None and status.get("status") == "PASS"
        words = (status.text or "").strip() if status is not None else ""
        cases.append(Case(group, str(test.get("name")), passed, words))
    return cases


def write(cases: list[Case], reasons: dict[str, str], folder: Path) -> None:
    """The ledger: counts by group, and each failing case with its reason. Groups that were not run stay as they are."""
    ledger = folder / "ngsi_ld.json"
    earlier = json.loads(ledger.read_text(encoding="utf-8")) if ledger.exists() else {"groups": {}, "failing": []}
    run_now = {case.group for case in cases}
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for case in cases:
        counts[case.group][0] += case.passed
        counts[case.group][1] += 1
    groups = earlier["groups"] | {name: {"passed": a, "cases": b} for name, (a, b) in counts.items()}
    failing = [each for each in earlier["failing"] if each["group"] not in run_now]
    failing += [failure(case, reasons) for case in cases if not case.passed]
    document = {"groups": dict(sorted(groups.items())), "failing": sorted(failing, key=lambda each: each["case"])}
    folder.mkdir(parents=True, exist_ok=True)
    ledger.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "ngsi_ld.md").write_text("\n".join(page(document)) + "\n", encoding="utf-8")


def failure(case: Case, reasons: dict[str, str]) -> dict[str, str]:
    """A failing case as the ledger has it."""
    reason = reasons.get(case.name.split(" ")[0], "")
    return {"group": case.group, "case": case.name, "reason": reason, "said": case.message[:LONGEST]}


def page(document: dict[str, Any]) -> Iterator[str]:
    """The ledger as a page."""
    yield from ("# NGSI-LD: ETSI's test suite against the twin's edge", "")
    yield from ("| group | passed | cases |", "|---|---|---|")
    for name, count in document["groups"].items():
        yield f"| {name} | {count['passed']} | {count['cases']} |"
    yield from ("", "| fails | why |", "|---|---|")
    for each in document["failing"]:
        words = (each["reason"] or each["said"]).replace("\n", " ").replace("|", "/")
        yield f"| {each['case']} | {words[:300]} |"


if __name__ == "__main__":
    sys.exit(main())
