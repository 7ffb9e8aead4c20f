# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the licence of every installed dependency; the GPL may stand in tests and tools only, never in what runs."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = "hanse"
ALLOWED = re.compile(
    r"\b(?:apache|bsd|mit\b|isc\b|mpl\b|mozilla|python software foundation|psf\b|lgpl|lesser general|eupl|unlicense"
    r"|zlib|hpnd|0bsd|public domain|cc0|w3c)",
    re.IGNORECASE,
)
STRONG = re.compile(r"\ba?gpl|affero|(?<!lesser )general public license", re.IGNORECASE)
CHOICE = re.compile(r"\bOR\b")
# Pinned for another platform or Python only, so not installed here.
MAX_ELSEWHERE = 12
# Packages whose metadata names no licence; read from their licence file by hand.
KNOWN = {"axe-playwright-python": "MIT"}  # licence file: MIT


def names(lock: str) -> set[str]:
    """The packages that a lock pins."""
    text = (ROOT / f"requirements/{lock}.lock").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9_.-]+)==", text, re.MULTILINE))


def runtime(project: str = PROJECT) -> set[str]:
    """What the project needs to run, with all its extras and whatever those bring; no dependency group is among it."""
    extras = frozenset(metadata.metadata(project).get_all("Provides-Extra") or ())
    waiting, seen = [(project, extras)], set()
    while waiting:
        item = waiting.pop()
        if item in seen:
            continue
        seen.add(item)
        name, extras = item
        try:
            needed = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        waiting += [
            (canonicalize_name(each.name), frozenset(each.extras))
            for each in map(Requirement, needed)
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *extras))
        ]
    return {str(name) for name, _ in seen} - {project}


def refused(text: str) -> bool:
    """Whether what runs may not come under this licence; of a choice the freer one is taken."""
    return not ALLOWED.search(text) or (STRONG.search(text) is not None and CHOICE.search(text) is None)


def licence(name: str) -> str | None:
    """What an installed package says of its licence; None when it is not installed here (another platform's)."""
    try:
        found = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    vague = {"License :: OSI Approved"}
    classifiers = [c for c in found.get_all("Classifier") or [] if c.startswith("License ::") and c not in vague]
    stated = found.get("License-Expression") or " ".join(classifiers) or (found.get("License") or "")[:200]
    return KNOWN.get(name) or stated


def main() -> int:
    """Prints what is wrong; 1 when anything is."""
    running = runtime()
    wrong, missing = [], []
    for name in sorted(names("all")):
        text = licence(name)
        if text is None:
            missing.append(name)
            continue
        if not text:
            wrong.append(f"{name}: says no licence; read its file and add it to KNOWN")
        elif name in running and refused(text):
            wrong.append(f"{name}: {text}: not among the licences that what runs may have")
    if len(missing) > MAX_ELSEWHERE:
        wrong.append(f"not installed, so not read: {', '.join(missing)}; run make gates")
    print("\n".join(wrong) or "every licence is known and allowed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
