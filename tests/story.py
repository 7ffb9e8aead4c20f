# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Two running cities and the people in them, for the numbered scenarios: the same calls that the demo makes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from cities import Federation, Processes

from hanse.cli.demo.people import Architect, Formats, Operator

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.api.permit.v1 import permit_pb2

PARTS = ("nats", "identity", "translation", "twin", "permit", "gateway")


@dataclass(frozen=True)
class Demo:
    """What `hanse demo` left, and its summary."""

    out: Path
    summary: dict[str, Any]


@dataclass
class Border:
    """Two cities up, each other's peers; the architect lives `there` and builds `here`."""

    federation: Federation
    processes: Processes
    here: Operator
    there: Operator
    steps: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, federation: Federation, processes: Processes) -> Self:
        """Starts both cities and makes them neighbours."""
        for config in federation.cities:
            processes.start_city(config, PARTS)
        here, there = Operator.of(federation.here), Operator.of(federation.there)
        here.add_peer(federation.there)
        there.add_peer(federation.here)
        return cls(federation, processes, here, there)

    def architect(self) -> tuple[Architect, str]:
        """An architect of `there`, signed in `here`; and her credential's id."""
        key = Architect.new_key()
        issued = self.there.issue_architect(key, "Noor")
        made = Architect.at(key, issued.credential, self.federation.there, self.federation.here)
        made.sign_in()
        return made, issued.id

    def check(self, architect: Architect, plan: Path) -> tuple[permit_pb2.Check, dict[str, Any]]:
        """A finished check and its report."""
        architect.sign_in()
        check = architect.check(plan, lambda step, _: self.steps.append(step))
        return check, json.loads(architect.report(check.id, Formats.FORMAT_JSON))


def verdicts(report: dict[str, Any]) -> dict[str, str]:
    """Verdict by measure; the worst where a measure was judged in several zones."""
    order = ["NOT_APPLICABLE", "COMPLIANT", "REVIEW_REQUIRED", "INSUFFICIENT_DATA", "NON_COMPLIANT"]
    found: dict[str, str] = {}
    for rule in report["rules"]:
        found[rule["measure"]] = max(found.get(rule["measure"], order[0]), rule["verdict"], key=order.index)
    return found


def quiet(_done: int, _total: int) -> None:
    """Progress that nobody watches."""
