# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What an outside judge says: cases, verdicts, suites."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Verdict(StrEnum):
    """What became of one case."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a suite. `detail` says what was found, or why the case does not apply."""

    id: str
    verdict: Verdict
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """An outside suite: where its material lies under the test data, who made it, and how it is run.

    `run` takes the test data's folder and yields a case at a time; `size` counts the cases for the progress bar,
    0 when only running tells.
    """

    name: str
    judge: str
    run: Callable[[Path], Iterator[Case]]
    size: int = 0


def demanded(identifier: str, met: bool, detail: str = "") -> Case:  # noqa: FBT001 - the verdict is the point
    """A case that is passed when the demand is met."""
    return Case(identifier, Verdict.PASSED if met else Verdict.FAILED, "" if met else detail)


def not_applicable(identifier: str, why: str) -> Case:
    """A case that asks for something that is not offered."""
    return Case(identifier, Verdict.NOT_APPLICABLE, why)
