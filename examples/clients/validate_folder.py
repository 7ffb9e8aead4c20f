# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Validates a folder of data against one of Hanse's contracts; needs no city.

Files ending in .json hold one document, files ending in .jsonl one a line. Every violation is printed with its
place (JSON pointer) and what was expected there.

python validate_folder.py --contract zoning/v1 build/demo/borderland
"""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.contracts import ContractError, validate_document

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> int:
    """Exit code 0 when every document fulfils the contract, 1 when one does not, 2 when there is nothing to look at."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--contract", required=True, help="name and major version, e.g. twin/v1")
    parser.add_argument("--schema", help="one of the contract's schemas; by default the one each document looks like")
    parser.add_argument("--pattern", default="*", help="only files like this, e.g. 'zoning*'")
    given = parser.parse_args()
    if not given.folder.is_dir():
        parser.error(f"{given.folder} is no folder")
    looked_at = wrong = 0
    try:
        for place, text in documents(given.folder, given.pattern):
            violations = validate_document(text, given.contract, given.schema)
            looked_at, wrong = looked_at + 1, wrong + bool(violations)
            for violation in violations:
                print(f"{place}: {violation}")
    except ContractError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    if not looked_at:
        print(f"{given.folder}: no .json or .jsonl files like {given.pattern!r}", file=sys.stderr)
        return 2
    print(f"{looked_at} document{'' if looked_at == 1 else 's'}, {wrong} with violations", file=sys.stderr)
    return int(wrong > 0)


def documents(folder: Path, pattern: str) -> Iterator[tuple[str, bytes]]:
    """Every document under the folder, and where it stands."""
    for path in sorted(each for each in folder.rglob("*") if fnmatch(each.name, pattern)):
        name = str(path.relative_to(folder))
        if path.suffix == ".json" and path.is_file():
            yield name, path.read_bytes()
        elif path.suffix == ".jsonl" and path.is_file():
            with path.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    if line.strip():
                        yield f"{name}:{number}", line


if __name__ == "__main__":
    sys.exit(main())
