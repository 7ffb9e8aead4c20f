# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The judges' ledger: counts by suite, every failing case with the reason that stands in `nonconforming.yaml`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from ledgers.cases import Case, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ledgers.cases import Suite

Reasons = dict[str, dict[str, str]]  # suite, case, why it fails


def read_reasons(path: Path) -> Reasons:
    """What is known to fail. Raises ValueError when the file is malformed or gives no reason for a case."""
    document: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if not isinstance(document, dict):
        raise ValueError(f"{path.name}: must be a mapping of suites")  # noqa: TRY004 - content, not a type
    for suite, cases in document.items():
        if not isinstance(cases, dict) or not all(isinstance(why, str) and why.strip() for why in cases.values()):
            raise ValueError(f"{path.name}: {suite} must name cases, each with its reason")
    return document


@dataclass(frozen=True, slots=True)
class Judged:
    """A suite that was run."""

    suite: Suite
    cases: tuple[Case, ...]
    reasons: Mapping[str, str]

    def of(self, verdict: Verdict) -> list[Case]:
        """The cases with a verdict."""
        return [case for case in self.cases if case.verdict is verdict]

    @property
    def unexplained(self) -> list[Case]:
        """Failing cases that no reason is given for."""
        return [case for case in self.of(Verdict.FAILED) if case.id not in self.reasons]

    @property
    def outlived(self) -> list[str]:
        """Reasons for cases that do not fail (any more)."""
        failing = {case.id for case in self.of(Verdict.FAILED)}
        return sorted(set(self.reasons) - failing)

    @property
    def sound(self) -> bool:
        """Whether the suite ran whole and every failure is accounted for, and nothing else."""
        whole = len(self.cases) == self.suite.size if self.suite.size else bool(self.cases)
        return whole and not self.unexplained and not self.outlived


def markdown(day: str, judged: Sequence[Judged], versions: Mapping[str, str]) -> str:
    """The dated ledger."""
    lines = [
        f"# Outside judges, {day}",
        "",
        "Written by `make judges`. Not applicable: asks for something that is not offered.",
        "",
        "| suite | judge | cases | passed | failed | not applicable |",
        "|---|---|---:|---:|---:|---:|",
        *map(_row, judged),
        "",
        "## Failing",
        "",
        *(_failing(judged) or ["Nothing."]),
        "",
        "## Not applicable",
        "",
        *(_spared(judged) or ["Nothing."]),
        "",
        "## Run with",
        "",
        *(f"- {name} {version}" for name, version in versions.items()),
    ]
    return "\n".join(lines) + "\n"


def _row(judged: Judged) -> str:
    counts = " | ".join(str(len(judged.of(verdict))) for verdict in Verdict)
    return f"| {judged.suite.name} | {judged.suite.judge} | {len(judged.cases)} | {counts} |"


def _failing(judged: Sequence[Judged]) -> list[str]:
    lines = []
    for each in judged:
        for case in each.of(Verdict.FAILED):
            why = each.reasons.get(case.id, "**no reason given**").strip()
            lines.append(f"- {each.suite.name}, `{case.id}`: {case.detail}. {why}")
        lines += [f"- {each.suite.name}, `{case}`: **no longer fails; take its reason away**" for case in each.outlived]
    return lines


def _spared(judged: Sequence[Judged]) -> list[str]:
    return [
        f"- {each.suite.name}: {count} because {why}"
        for each in judged
        for why, count in Counter(case.detail for case in each.of(Verdict.NOT_APPLICABLE)).most_common()
    ]
