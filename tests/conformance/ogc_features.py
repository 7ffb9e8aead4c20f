# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Runs the test suite `ogctests` (PyPI) against the edge: OGC API Features core, and a ledger of what fails and why.

    python tests/conformance/ogc_features.py VENV/bin/python [CITY.city.json] --ledger tests/conformance

VENV is an environment of its own with `ogctests` installed. The edge is that of a new city with the buildings of the
CityJSON file (in EPSG:28992 or 7415), or those of the example, and with sensors. It is asked twice: with a place for
each of its entities, and with some that have none. With `--url` an edge that runs already is asked instead, which must
be open (`twin_edge.open`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ngsi_ld_edge import free_ports

from hanse import cityjson
from hanse.cli.init import Ports, create_city
from hanse.examples import borderland
from hanse.kernel.clock import system_clock
from hanse.kernel.config import CityConfig, load
from hanse.kernel.events import Outbox
from hanse.kernel.storage import Database
from hanse.ngsild import FeatureMapping, to_entity
from hanse.twin import rows
from hanse.twin.adapters.databases.opening import sqlite_twin
from hanse.twin.adapters.databases.schema import MIGRATIONS
from hanse.twin.model import BATCH, Dataset, Row

SCOPE = "features/core"
BASE = "/ogc/features/v1"
START_S = 60.0
AUTHORITY = "marewijk.example"
DATASET = f"urn:hanse:{AUTHORITY}:dataset:buildings"
PLACED, NOWHERE = "every entity has a place", "some entities have no place"
_RUN = (
    "import sys; from ogctests.main import run_ogctests; sys.exit(run_ogctests(sys.argv[1], sys.argv[2], sys.argv[3:]))"
)
_NULL = (
    "RFC 7946 section 3.2: the geometry of a feature that has no place is null, which the suite's copy of OGC's schema"
    " lacks."
)
REASONS = {
    "test_ast15": "OGC 17-069r4 /req/core/fc-bbox-response: a box matches features without a spatial geometry, too, as"
    " the case's own description says; it then asks that they meet the box.",
    "test_ast22": _NULL,
    "test_ast28": _NULL,
}
Case = dict[str, Any]


def main() -> int:
    """Asks the edge; 0 when all cases pass, or fail for a reason that a clause gives."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", help="of the environment that has ogctests")
    parser.add_argument("buildings", nargs="?", type=Path, help="a CityJSON file")
    parser.add_argument("--url", help="of an edge that runs already, such as http://127.0.0.1:9090")
    parser.add_argument("--ledger", type=Path, help="folder for ogc_features.json and ogc_features.md")
    given = parser.parse_args()
    found: dict[str, list[Case]] = {}
    if given.url:
        found[given.url] = run(given.python, given.url)
    else:
        for title, placed in ((PLACED, True), (NOWHERE, False)):
            with serving(given.buildings, placed=placed) as url:
                found[title] = run(given.python, url)
    for title, cases in found.items():
        sys.stdout.write(f"{title}: {sum(case['passed'] for case in cases)} of {len(cases)} pass\n")
        sys.stdout.writelines(f"- {case['case']}: {case['reason'] or case['said']}\n" for case in failing(cases))
    if given.ledger and not given.url:
        write(found, given.ledger)
    unexplained = [case for title, cases in found.items() for case in failing(cases) if not told(title, case)]
    return 1 if unexplained or not all(found.values()) else 0


def failing(cases: list[Case]) -> list[Case]:
    """Those that do not pass."""
    return [case for case in cases if not case["passed"]]


def told(title: str, case: Case) -> bool:
    """Whether a clause says why a case fails there."""
    return title == NOWHERE and bool(case["reason"])


def run(python: str, url: str) -> list[Case]:
    """The suite's cases."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "report.xml"
        flags = [f"--junitxml={output}", "-q", "--tb=line", "-p", "no:cacheprovider"]
        subprocess.run(
            [python, "-c", _RUN, SCOPE, f"{url}{BASE}", *flags],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": ""},
            timeout=600,
            check=False,
            stdout=subprocess.DEVNULL,
        )
        return sorted(read(output), key=lambda case: int(case["case"].removeprefix("test_ast")))


def read(output: Path) -> Iterator[Case]:
    """Cases from pytest's report; one that was skipped has not passed."""
    for case in ET.parse(output).iter("testcase"):  # noqa: S314 - written by the run above
        name, faults = str(case.get("name")), [each for each in case if each.tag in {"failure", "error", "skipped"}]
        said = (faults[0].get("message") or "").splitlines()[0][:300] if faults else ""
        yield {"case": name, "passed": not faults, "said": said, "reason": REASONS.get(name, "") if faults else ""}


@contextmanager
def serving(buildings: Path | None, *, placed: bool) -> Iterator[str]:
    """The URL of an open edge of a new city that serves while the block runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (port,) = free_ports(1)
        path = city(folder, f"127.0.0.1:{port}")
        fill(load(path), [*of_buildings(buildings, folder), *sensors(placed=placed)])
        log = folder / "edge.log"
        with log.open("w") as output:
            command = [sys.executable, "-m", "hanse.twin.edge.server", "--city", str(path)]
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
            try:
                url = f"http://127.0.0.1:{port}"
                await_health(f"{url}/health", process, log)
                yield url
            finally:
                process.terminate()
                process.wait(30)


def await_health(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until the edge answers."""
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(url, timeout=1):  # noqa: S310 - http, of this machine
            return
        time.sleep(0.1)
    raise SystemExit(f"the edge does not serve: {log.read_text(encoding='utf-8')[-2000:]}")


def city(folder: Path, listen: str) -> Path:
    """A new city's CITY.toml."""
    config = create_city(folder / "city", "Marewijk", AUTHORITY, Ports.free(), ("operator",))
    path: Path = config.root / "city.toml"
    text = path.read_text(encoding="utf-8").replace("enabled = true", "enabled = false")  # no events
    path.write_text(f'{text}\n[twin_edge]\nlisten = "{listen}"\nopen = true\n', encoding="utf-8")
    return path


def fill(config: CityConfig, entities: list[dict[str, Any]]) -> None:
    """Writes entities into the city's twin."""
    clock = system_clock()
    database = Database(config.state / "twin.db", MIGRATIONS)
    twin = sqlite_twin(database, config.tenant, clock, Outbox(config, clock, "twin"))
    owner = ("Buildings", "City of Marewijk", "CC0-1.0", "", "NL")
    twin.put_dataset(Dataset(DATASET, *owner, config.city.crs, "NAP", "declared"))
    made: list[Row] = [rows.row(each, config.city.crs) for each in entities]
    for start in range(0, len(made), BATCH):
        twin.write(DATASET, made[start : start + BATCH])
    database.close()


def of_buildings(file: Path | None, folder: Path) -> Iterator[dict[str, Any]]:
    """Entities of a CityJSON file, else of the example."""
    if file is None:
        text = borderland.write(folder / "borderland").twins["marewijk"].read_bytes()
        features = [each for each in cityjson.read_sequence(text.splitlines()) if isinstance(each, cityjson.Feature)]
    else:
        features = list(cityjson.load(file.read_bytes()).features)
    mapping = FeatureMapping(DATASET, assumed_vertical="NAP")
    for number, feature in enumerate(features):
        kind = feature.root.type.lower()
        found = to_entity(feature, f"urn:hanse:{AUTHORITY}:{kind}:{number:08d}", mapping).entity
        if "location" in found:
            yield dict(found)


def sensors(*, placed: bool) -> Iterator[dict[str, Any]]:
    """Sensors along a street; not `placed`, every third is nowhere."""
    for number in range(30):
        flow = {"type": "Property", "value": number * 10, "observedAt": f"2026-01-{number + 1:02}T12:00:00Z"}
        found = {"id": f"urn:hanse:{AUTHORITY}:sensor:{number:03}", "type": "TrafficSensor", "flow": flow}
        if placed or number % 3:
            position = [round(4.44 + number * 0.001, 6), 51.91, *([float(number)] if number % 2 else [])]
            found["location"] = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": position}}
        yield found


def write(found: dict[str, list[Case]], folder: Path) -> None:
    """The ledger, for programs and to read."""
    document = {
        title: {"passed": sum(case["passed"] for case in cases), "cases": len(cases), "failing": failing(cases)}
        for title, cases in found.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ogc_features.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    lines = ["# OGC API Features: `ogctests` features/core against the twin's edge", ""]
    lines += ["| twin | passed | cases |", "|---|---|---|"]
    lines += [f"| {title} | {one['passed']} | {one['cases']} |" for title, one in document.items()]
    lines += ["", "| fails | where | why |", "|---|---|---|"]
    lines += [
        f"| {case['case']} | {title} | {(case['reason'] or case['said']).replace('|', '/')} |"
        for title, cases in found.items()
        for case in failing(cases)
    ]
    (folder / "ogc_features.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
