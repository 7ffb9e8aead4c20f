# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Runs ETSI's NGSI-LD test suite against the edge: counts by group, and a ledger of what fails and why.

    python tests/conformance/ngsi_ld.py SUITE GROUP... --robot VENV/bin/robot --serve CONTEXTS --ledger DIR

SUITE is the suite's folder, outside the project; it runs with Robot Framework of an environment of its own. GROUP is a
folder below TP/NGSI-LD such as jsonldContext; without any, those of the ledger are run. `--serve` starts edges of new
cities with the contexts of the folder CONTEXTS under the URLs that the suite names: one for each folder of cases, since
some cases leave behind what others do not expect. With `--url` instead, an edge that runs already is asked: it must be
open (`twin_edge.open`) and may fetch contexts from this machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from ngsi_ld_edge import SUITE_CONTEXT, free_ports, serving
from ngsi_ld_ledger import Case, write

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 300
REASONS = Path(__file__).with_name("ngsi_ld_reasons.json")
HOST = "127.0.0.1"
_INFORMATION = "ContextInformation"
GROUPS = (
    "CommonBehaviours",
    f"{_INFORMATION}/Consumption/Discovery",
    f"{_INFORMATION}/Consumption/Entity",
    f"{_INFORMATION}/Consumption/TemporalEntity",
    f"{_INFORMATION}/Provision/BatchEntities",
    f"{_INFORMATION}/Provision/Entities",
    f"{_INFORMATION}/Provision/EntityAttributes",
    f"{_INFORMATION}/Provision/PurgeEntities",
    f"{_INFORMATION}/Provision/TemporalEntity",
    f"{_INFORMATION}/Provision/TemporalEntityAttributes",
    f"{_INFORMATION}/Subscription",
    "ContextSource",
    "DistributedOperations",
    "jsonldContext",
)


def main() -> int:
    """Runs the groups one after the other; 0 when all cases pass."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", type=Path)
    parser.add_argument("groups", nargs="*", default=[])
    parser.add_argument("--url", default="http://127.0.0.1:9090", help="of an edge that runs already")
    parser.add_argument("--serve", type=Path, metavar="CONTEXTS", help="start an edge with these contexts at hand")
    parser.add_argument("--robot", type=Path, default=Path("robot"))
    parser.add_argument("--ledger", type=Path, help="folder for ngsi_ld.json and ngsi_ld.md")
    parser.add_argument("--timeout", type=int, default=3600, help="seconds for one group")
    arguments = parser.parse_intermixed_args()
    suite = arguments.suite.resolve()
    cases: list[Case] = []
    for group in arguments.groups or GROUPS:
        found: list[Case] = []
        for folder in folders(suite, group) if arguments.serve else [group]:
            ports = free_ports(3)
            started = serving(arguments.serve.resolve(), ports[2]) if arguments.serve else nullcontext(arguments.url)
            with started as url:
                messages = run(suite, folder, url, arguments.robot, arguments.timeout, ports)
            found += [Case(group, *each) for each in messages]
        cases += found
        say(f"{group}: {sum(case.passed for case in found)} of {len(found)} pass")
        for case in found:
            if not case.passed:
                say(f"- {case.name}: {case.message[:LONGEST]}")
    if arguments.ledger:
        write(cases, REASONS, arguments.ledger)
    return 0 if all(case.passed for case in cases) else 1


def say(line: str) -> None:
    """A line on stdout, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def folders(suite: Path, group: str) -> list[str]:
    """The folders of a group that hold cases themselves, as the suite names them."""
    root = suite / "TP/NGSI-LD"
    return sorted({str(each.parent.relative_to(root)) for each in (root / group).rglob("*.robot")})


def run(
    suite: Path, group: str, url: str, robot: Path, timeout_s: int, ports: Sequence[int]
) -> list[tuple[str, bool, str]]:
    """Names of a folder's cases, whether they passed, and the suite's words if not.

    The suite's own servers (notifications, sources, contexts) listen on three ports.
    """
    notifications, sources, contexts = ports
    variables = {
        "url": f"{url}/ngsi-ld/v1",
        "temporal_api_url": f"{url}/ngsi-ld/v1",
        "ngsild_test_suite_context": SUITE_CONTEXT,
        "notification_server_host": HOST,
        "notification_server_port": notifications,
        "notification_server_url": f"http://{HOST}:{notifications}/notify",
        "context_source_host": HOST,
        "context_source_port": sources,
        "context_server_host": HOST,
        "context_server_port": contexts,
        "mqtt_broker_host": HOST,
    }
    given = [part for name, value in variables.items() for part in ("--variable", f"{name}:{value}")]
    control = suite / "libraries/robotframework-httpctrl/src"
    with tempfile.TemporaryDirectory() as folder:
        command = [str(robot), "--outputdir", folder, "--log", "NONE", "--report", "NONE", "--console", "none", *given]
        subprocess.run(
            [*command, "--runemptysuite", "--exclude", "sub-mqtt-notification", f"TP/NGSI-LD/{group}"],
            cwd=suite,
            env={**os.environ, "PYTHONPATH": str(control)},
            timeout=timeout_s,
            check=False,
            stdout=subprocess.DEVNULL,  # every exchange
        )
        return read(Path(folder) / "output.xml")


def read(output: Path) -> list[tuple[str, bool, str]]:
    """Cases from Robot Framework's output."""
    cases = []
    for test in ET.parse(output).iter("test"):  # noqa: S314 - written by the run above
        status = test.find("status")
        passed = status is not None and status.get("status") == "PASS"
        words = (status.text or "").strip() if status is not None else ""
        cases.append((str(test.get("name")), passed, words))
    return cases


if __name__ == "__main__":
    sys.exit(main())
