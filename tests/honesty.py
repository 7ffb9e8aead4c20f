# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Checks that run into trouble in two hamlets: held in their middle, and held to what they may then say."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cities import LINDEMOND, MAREWIJK
from hamlets import DEPENDENT, Applicant, Check, Hamlets, Record, until
from story import verdicts

from hanse.api.types.v1 import types_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cities import Part

INDEPENDENT = ("use_allowed", "max_height", "footprint_within")
ANSWERED, PARTIAL, REFUSED = "answered", "partial", "refused"
TIMED_OUT, UNAVAILABLE = "timed_out", "unavailable"


@dataclass
class Case:
    """A plan that has been handed in; its check once `start` was called."""

    hamlets: Hamlets
    applicant: Applicant
    model: str
    id: str = ""

    @classmethod
    def of(cls, hamlets: Hamlets, plan: bytes = b"") -> Case:
        """Signs an architect in and uploads her plan."""
        applicant = Applicant.of(hamlets.architect())
        return cls(hamlets, applicant, applicant.upload(plan or hamlets.plan.read_bytes()).id)

    def start(self, **wanted: object) -> Case:
        """Starts the check."""
        self.id = self.applicant.start(self.model, **{"neighbour_timeout_ms": 60_000, **wanted}).id
        return self

    def reached(self, step: str) -> None:
        """Waits until the check says that it is at this step."""
        until(lambda: self.applicant.get(self.id).step.startswith(step), f"the check never came to {step!r}")

    def asked(self, logged_by: str = LINDEMOND) -> None:
        """Waits until a gateway, the neighbour's as a rule, has logged the question, and not yet an answer."""
        until(lambda: open_at(self.hamlets, logged_by), "the question never reached the neighbour")


def open_at(hamlets: Hamlets, city: str) -> list[str]:
    """Exchanges that a city has begun and not ended."""
    return [record.id for record in hamlets.exchanges(city) if record.state == Record.STATE_OPEN]


def states(check: Check) -> dict[str, str]:
    """How each city answered."""
    name = types_pb2.SourceAnswer.State.Name
    return {source.city: name(source.state).removeprefix("STATE_").lower() for source in check.sources}


@contextlib.contextmanager
def stopped(part: Part) -> Iterator[None]:
    """The process does nothing inside this block; it goes on afterwards if it still lives."""
    os.kill(part.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if part.process.poll() is None:
            os.kill(part.process.pid, signal.SIGCONT)


def assert_honest(case: Case, expected: dict[str, str]) -> None:
    """The check has succeeded and says what it could not know."""
    check = case.applicant.finish(case.id)
    assert check.state == Check.STATE_SUCCEEDED, check.error_detail
    assert states(check) == expected, [source.detail for source in check.sources]
    report = case.applicant.report(case.id)
    found = verdicts(report)
    assert {source["city"]: source["state"] for source in report["sources"]} == expected
    if set(expected.values()) == {ANSWERED}:
        assert set(found.values()) == {check.verdict} == {"COMPLIANT"}
        return
    assert check.verdict == report["verdict"] == "INSUFFICIENT_DATA"
    assert {found[measure] for measure in DEPENDENT} == {"INSUFFICIENT_DATA"}
    assert {found[measure] for measure in INDEPENDENT} == {"COMPLIANT"}
    assert all(source["detail"] for source in report["sources"] if source["state"] != ANSWERED)


def assert_well(hamlets: Hamlets) -> None:
    """Checks of the same plan go well again, as soon as all have found each other, and both logs are in order."""

    def answered() -> Case | None:
        case = Case.of(hamlets).start()
        return case if set(states(case.applicant.finish(case.id)).values()) == {ANSWERED} else None

    assert_honest(until(answered, "checks do not go well again"), {MAREWIJK: ANSWERED, LINDEMOND: ANSWERED})
    for city in (MAREWIJK, LINDEMOND):
        until(lambda city=city: not open_at(hamlets, city), f"an exchange stays open in {city}")  # type: ignore[misc]
