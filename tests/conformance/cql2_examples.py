# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""OGC's examples of CQL2, judged: `python tests/conformance/cql2_examples.py FOLDER`; prints a ledger.

FOLDER is `cql2/standard/schema/examples` of OGC's repository ogcapi-features, with `text/` and `json/`. An example
passes when it is read, decides an entity that has its properties and one that has none, is read back as it is
written, and says the same in both encodings. Exit code 1 when one does not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanse import query
from hanse.query import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.query import Predicate

# What the examples call, and two say it without a predicate around it: `avg(windSpeed)`.
FUNCTIONS = {
    "avg": lambda value: value,
    "Foo": lambda _: True,
    "Bar": lambda *_: True,
    "Buffer": lambda place, *_: place,
}
EMPTY: dict[str, Any] = {"id": "urn:x:empty", "type": "Empty"}
VALUES = (3.5, "text", True, "2012-08-10T05:30:00Z", ["a", "b"], {"type": "Point", "coordinates": [1.0, 2.0]})


def main() -> int:
    """Judge every example of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder that has text/ and json/")
    folder = parser.parse_args().folder
    tally: Counter[tuple[str, str]] = Counter()
    for encoding, name, fault in judged(folder):
        tally[encoding, "failed" if fault else "passed"] += 1
        if fault:
            print(f"- {encoding} {name}: {fault}")  # noqa: T201 - a ledger is printed
    for (encoding, outcome), count in sorted(tally.items()):
        print(f"{encoding}: {count} {outcome}")  # noqa: T201
    return 1 if not tally or any(outcome == "failed" for _, outcome in tally) else 0


def judged(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield encoding, name and fault (empty when there is none) of every example."""
    trees: dict[str, Predicate] = {}
    for path in sorted(folder.glob("json/*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        try:
            trees[path.stem] = query.parse_cql2_json(document)
            yield "json", path.stem, _fault(trees[path.stem])
        except QueryError as error:
            yield "json", path.stem, str(error)
    for path in sorted(folder.glob("text/*.txt")):
        try:
            tree = query.parse_cql2_text(path.read_text(encoding="utf-8"))
            other = trees.get(path.stem.partition("-alt")[0], tree)
            yield "text", path.stem, "says other than in JSON" if tree != other else _fault(tree)
        except QueryError as error:
            yield "text", path.stem, str(error)


def _fault(tree: Predicate) -> str:
    if query.parse_cql2_text(query.to_cql2_text(tree)) != tree:
        return "is not read back from text"
    if query.parse_cql2_json(query.to_cql2_json(tree)) != tree:
        return "is not read back from JSON"
    for value in VALUES:
        attributes = {name: {"type": "Property", "value": value} for name in query.mentions(tree) - set(EMPTY)}
        if query.matches(tree, {**EMPTY, **attributes}, functions=FUNCTIONS) not in {True, False}:
            return "decides nothing"
    query.matches(tree, EMPTY, functions=FUNCTIONS)
    return ""


if __name__ == "__main__":
    sys.exit(main())
