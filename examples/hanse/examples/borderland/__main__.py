# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""`python -m hanse.examples.borderland OUT [--seed N]`: write the example and say what is there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hanse.examples.borderland import write


def main() -> None:
    """Write the example to the folder named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m hanse.examples.borderland", description=__doc__)
    parser.add_argument("out", type=Path, help="folder to write to; made if absent")
    parser.add_argument("--seed", type=int, default=1, help="another number draws other houses (default 1)")
    arguments = parser.parse_args()
    made = write(arguments.out, arguments.seed)
    for city, count in made.buildings.items():
        sys.stdout.write(f"{city:<10} {count} buildings  {made.twins[city]}  {made.zoning[city]}\n")
    for name, path in made.plans.items():
        sys.stdout.write(f"{'plan':<10} {name}  {path}\n")
    sys.stdout.write(f"{'border':<10} {made.border}\n")


if __name__ == "__main__":
    main()
