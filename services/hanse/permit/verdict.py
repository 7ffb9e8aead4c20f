# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which verdict of several counts: the worst, in a fixed order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.permit.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

PRECEDENCE = (
    Verdict.NON_COMPLIANT,
    Verdict.INSUFFICIENT_DATA,
    Verdict.REVIEW_REQUIRED,
    Verdict.COMPLIANT,
    Verdict.NOT_APPLICABLE,
)


def worst(verdicts: Iterable[Verdict], *, none: Verdict = Verdict.INSUFFICIENT_DATA) -> Verdict:
    """The worst of the verdicts; `none` when there are none, since nothing judged is nothing known."""
    return min(verdicts, key=PRECEDENCE.index, default=none)
