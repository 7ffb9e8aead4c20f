# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What every parser of a query refuses with, and the limits that hold before any work is done."""

from __future__ import annotations

from dataclasses import dataclass


class QueryError(ValueError):
    """A query that cannot be read, or asks for what is not there.

    Attributes:
        language: the parameter or language that was read: "q", "scopeQ", "CQL2 text", "CQL2 JSON", ...
        problem: what is wrong, as a phrase.
        position: offset of the character (from 0), a JSON pointer in CQL2 JSON, or None when it is the whole.
        expected: what would have been right there; empty when nothing better can be said.
        remedy: what to do about it.
    """

    def __init__(
        self, language: str, problem: str, *, position: int | str | None = None, expected: str = "", remedy: str = ""
    ) -> None:
        self.language = language
        self.problem = problem
        self.position = position
        self.expected = expected
        self.remedy = remedy
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        place = ""
        if isinstance(self.position, int):
            place = f", character {self.position + 1}"
        elif self.position is not None:
            place = f", at {self.position or '/'}"
        wanted = f"; expected {self.expected}" if self.expected else ""
        advice = f". {self.remedy[:1].upper()}{self.remedy[1:]}" if self.remedy else ""
        return f"{self.language}{place}: {self.problem}{wanted}{advice}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a query may be.

    Attributes:
        length: bytes of UTF-8 of a query that comes as text.
        depth: nested parentheses, functions, linked entities or JSON operators.
        terms: predicates, operands and list items together.
        pattern: characters of a regular expression or LIKE pattern.
        positions: coordinates positions of one geometry.
    """

    length: int = 8192
    depth: int = 32
    terms: int = 256
    pattern: int = 512
    positions: int = 10_000


LIMITS = Limits()


def check_text(language: str, text: str, limits: Limits) -> None:
    """Refuse text that is empty, too long, or no Unicode text.

    Raises:
        QueryError: any of these.
    """
    if not text.strip():
        raise QueryError(language, "it is empty", position=0, remedy="leave the parameter out to ask for everything")
    if len(text) > limits.length:
        raise _too_long(language, len(text), limits)
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise QueryError(language, "it holds half a surrogate pair", position=error.start) from error
    if size > limits.length:
        raise _too_long(language, size, limits)


def _too_long(language: str, size: int, limits: Limits) -> QueryError:
    return QueryError(
        language, f"it has {size} bytes, at most {limits.length} are read", remedy="ask in several smaller queries"
    )
