# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a check of `hanse doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How bad it is."""

    GOOD = "good"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, and what to do when it is not good."""

    what: str
    grade: Grade
    found: str
    remedy: str = ""

    def document(self) -> dict[str, str]:
        """The form for programs."""
        return {"what": self.what, "grade": self.grade.value, "found": self.found, "remedy": self.remedy}
