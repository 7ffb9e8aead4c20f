# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A place in a text that is read from left to right, for the small languages of NGSI-LD."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hanse.query.errors import LIMITS, Limits, QueryError, check_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Match, Pattern

# Clause 4.6.2: a letter, then letters, numbers and underscores; perhaps after such a prefix and a colon.
WORD = re.compile(r"[^\W\d_]\w*")
NAME = re.compile(r"[^\W\d_]\w*(?::[^\W\d_]\w*)?")


class Scanner:
    """The text, how far it is read, and what of the limits is left."""

    def __init__(self, language: str, text: str, limits: Limits = LIMITS) -> None:
        check_text(language, text, limits)
        self.language = language
        self.text = text
        self.at = 0
        self.limits = limits
        self.terms = 0
        self.depth = 0

    @property
    def ended(self) -> bool:
        """Tell whether all is read."""
        return self.at >= len(self.text)

    def accept(self, sign: str) -> bool:
        """Read a sign if it is next."""
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def require(self, sign: str, purpose: str = "") -> None:
        """Read a sign that must be next."""
        if not self.accept(sign):
            raise self.error(expected=f"{sign!r}{purpose}")

    def take(self, pattern: Pattern[str]) -> Match[str] | None:
        """Read what a pattern matches here."""
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def name(self, what: str, pattern: Pattern[str] = NAME) -> str:
        """Read a name that must be next."""
        match = self.take(pattern)
        if match is None:
            raise self.error(expected=what)
        return match[0]

    def each(self, separator: str) -> Iterator[None]:
        """Yield once for a member and once after each separator."""
        yield
        while self.accept(separator):
            yield

    def count(self) -> None:
        """Count one term."""
        self.terms += 1
        if self.terms > self.limits.terms:
            raise self.error(f"it has more than {self.limits.terms} terms", remedy="ask in several smaller queries")

    def enter(self) -> None:
        """Go one level deeper."""
        self.depth += 1
        if self.depth > self.limits.depth:
            raise self.error(f"it is nested more than {self.limits.depth} deep")

    def leave(self) -> None:
        """Come back from a level."""
        self.depth -= 1

    def end(self, expected: str) -> None:
        """Refuse anything that is left."""
        if not self.ended:
            raise self.error(expected=expected)

    def error(self, problem: str = "", *, expected: str = "", remedy: str = "", at: int | None = None) -> QueryError:
        """Return a refusal at this place; the problem is what stands there unless it is named."""
        place = self.at if at is None else at
        found = f"found {self.text[place : place + 20]!r}" if place < len(self.text) else "it ends too early"
        return QueryError(self.language, problem or found, position=place, expected=expected, remedy=remedy)
