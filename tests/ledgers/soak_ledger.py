# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The soak's ledger: what was killed, what was called, what held."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ledgers.load import PASSING

from hanse.cli.output import many

if TYPE_CHECKING:
    from ledgers.journal import Journal
    from ledgers.soak_audit import Audit


def markdown(day: str, minutes: float, seed: int, journal: Journal, audit: Audit) -> str:
    """The dated ledger."""
    calls: dict[str, Counter[str]] = {}
    for (what, ended), count in sorted(journal.calls.items()):
        calls.setdefault(what, Counter())[ended] += count
    lines = [
        f"# Soak, {day}",
        "",
        f"Written by `make soak`: two cities on one machine for {_minutes(minutes)} (seed {seed}), a bounded load,",
        f"{many(sum(journal.killed.values()), 'time')} SIGKILL to a random part of either city.",
        "",
        "| what must hold | looked at | broken |",
        "|---|---:|---:|",
        *(f"| {name} | {count} | {len(audit.broken[name])} |" for name, count in audit.looked.items()),
        f"| nobody is told anything but that it may be tried again | {_total(journal)} | {len(journal.violations)} |",
        "",
        "| calls | answered | may be tried again | other |",
        "|---|---:|---:|---:|",
        *(f"| {what} | {_split(ended)} |" for what, ended in calls.items()),
        "",
        "| checks ended | |",
        "|---|---:|",
        *(f"| {ended} | {count} |" for ended, count in sorted(audit.verdicts.items())),
        "",
        "| killed | times |",
        "|---|---:|",
        *(f"| {part} of {authority} | {count} |" for (authority, part), count in sorted(journal.killed.items())),
    ]
    broken = [*journal.violations, *(sentence for each in audit.broken.values() for sentence in each)]
    if broken:
        lines += ["", "## Broken", "", *(f"- {sentence}" for sentence in broken[:200])]
    return "\n".join(lines) + "\n"


def _minutes(minutes: float) -> str:
    return f"{minutes:g} minute{'' if minutes == 1 else 's'}"


def _total(journal: Journal) -> int:
    return sum(journal.calls.values())


def _split(ended: Counter[str]) -> str:
    passing = sum(ended[status.name] for status in PASSING)
    other = ended.total() - passing - ended["ok"]
    return f"{ended['ok']} | {passing} | {other}"
