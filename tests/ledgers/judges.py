# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`make judges`: every outside suite, whole; writes `tests/ledgers/judges-YYYY-MM-DD.md`.

Exit code 1 when a case fails without a reason in `nonconforming.yaml`, or a reason has outlived its case.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from ledgers import documents, models, tokens
from ledgers.ledger import Judged, markdown, read_reasons
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hanse.kernel.clock import system_clock

HERE = Path(__file__).resolve().parent
SUITES = (*tokens.SUITES, *documents.SUITES, *models.SUITES)
PACKAGES = ("hanse", "cryptography", "jsonschema", "ifcopenshell", "numpy", "shapely", "pyproj")


def main() -> int:
    """Runs the suites that are named, or all."""
    parser = argparse.ArgumentParser(prog="make judges", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(s.name for s in SUITES)}")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the ledger")
    arguments = parser.parse_args()
    unknown = set(arguments.suites) - {suite.name for suite in SUITES}
    if unknown:
        parser.error(f"no suite {', '.join(sorted(unknown))}")
    data = Path(os.environ.get("HANSE_TEST_DATA", HERE.parents[1].parent / "shared"))
    if not (data / "suites").is_dir():
        parser.error(f"no test data: set HANSE_TEST_DATA to a folder with data/ and suites/ ({data} has none)")
    console = Console(stderr=True)
    judged = judge(data, arguments.suites, console)
    day = system_clock().now().date().isoformat()
    path = arguments.out / f"judges-{day}.md"
    path.write_text(markdown(day, judged, versions()), encoding="utf-8")
    for each in judged:
        for case in each.unexplained:
            console.print(f"[red]{each.suite.name}[/] {case.id}: {case.detail}", markup=True)
        for identifier in each.outlived:
            console.print(f"[red]{each.suite.name}[/] {identifier}: no longer fails; take its reason away")
    console.print(f"{sum(len(each.cases) for each in judged)} cases; ledger: {path}")
    return 0 if all(each.sound for each in judged) else 1


def judge(data: Path, only: list[str], console: Console) -> list[Judged]:
    """Runs the suites one after another, with a bar for each."""
    reasons = read_reasons(HERE / "nonconforming.yaml")
    columns = (TextColumn("{task.description:<22}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
    judged = []
    with Progress(*columns, console=console) as progress:
        for suite in SUITES:
            if only and suite.name not in only:
                continue
            task = progress.add_task(suite.name, total=suite.size or None)
            cases = []
            for case in suite.run(data):
                cases.append(case)
                progress.advance(task)
            progress.update(task, total=len(cases))
            judged.append(Judged(suite, tuple(cases), reasons.get(suite.name, {})))
    return judged


def versions() -> dict[str, str]:
    """What the suites were run with."""
    return {"Python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}}


if __name__ == "__main__":
    sys.exit(main())
