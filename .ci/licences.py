# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the licence of every installed dependency; the GPL may stand in tests and tools only, never in what runs."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME_LOCKS = ("demo",)
ALLOWED = re.compile(
    r"apache|bsd|mit\b|isc\b|mpl|mozilla|python software foundation|psf|lgpl|lesser general|eupl|unlicense|zlib|hpnd"
    r"|0bsd|public domain|cc0",
    re.IGNORECASE,
)
STRONG = re.compile(r"(?<![l])\ba?gpl|affero|(?<!lesser )general public license", re.IGNORECASE)
# Pinned for another platform or Python only, so not installed here.
MAX_ELSEWHERE = 12
# Packages whose metadata names no licence; read from their licence file by hand.
KNOWN = {"axe-playwright-python": "MIT"}  # licence file: MIT


def names(lock: str) -> set[str]:
    """The packages that a lock pins."""
    text = (ROOT / f"requirements/{lock}.lock").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9_.-]+)==", text, re.MULTILINE))


def licence(name: str) -> str | None:
    """What an installed package says of its licence; None when it is not installed here (another platform's)."""
    try:
        found = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classifiers = [c for c in found.get_all("Classifier") or [] if c.startswith("License ::")]
    stated = found.get("License-Expression") or " ".join(classifiers) or (found.get("License") or "")[:200]
    return KNOWN.get(name) or stated


def main() -> int:
    """Prints what is wrong; 1 when anything is."""
    runtime = set().union(*map(names, RUNTIME_LOCKS))
    wrong, missing = [], []
    for name in sorted(names("all")):
        text = licence(name)
        if text is None:
            missing.append(name)
            continue
        if not text:
            wrong.append(f"{name}: says no licence; read its file and add it to KNOWN")
        elif name in runtime and (not ALLOWED.search(text) or (STRONG.search(text) and "OR" not in text)):
            wrong.append(f"{name}: {text}: not among the licences that what runs may have")
    if len(missing) > MAX_ELSEWHERE:
        wrong.append(f"not installed, so not read: {', '.join(missing)}; run make gates")
    print("\n".join(wrong) or "every licence is known and allowed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
