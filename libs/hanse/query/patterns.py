# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Regular expressions and LIKE patterns on RE2, whose time grows with the text and never explodes.

RE2 reads the extended regular expressions of IEEE 1003.2 that clause 4.9 asks for, but for collating elements
([.x.], [=x=]); it has no back-references and no look-around, which POSIX's extended form has not either.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import re2

from hanse.query.errors import LIMITS, Limits, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MEMORY = 1 << 20  # bytes for one compiled pattern and its states
_INSTRUCTIONS = 2000  # of a compiled pattern; at worst one step of each for a character: 4 ms for a thousand characters
_PIECE = re.compile(r"\\(.)|([%_])|([^\\%_]+|\\$)", re.DOTALL)


def check_regex(language: str, pattern: str, *, position: int | str | None = None, limits: Limits = LIMITS) -> None:
    """Refuse a pattern that is too long or that RE2 does not read.

    Raises:
        QueryError: either of these.
    """
    if len(pattern) > limits.pattern:
        problem = f"the pattern has {len(pattern)} characters, at most {limits.pattern} are read"
        raise QueryError(language, problem, position=position)
    try:
        size = _compiled(pattern).programsize
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise QueryError(
            language,
            f"the pattern is not understood ({reason})",
            position=position,
            expected="a POSIX extended regular expression",
            remedy="back-references and look-around are not read; put a backslash before a sign that means itself",
        ) from error
    if size > _INSTRUCTIONS:
        raise QueryError(language, "the pattern's repetitions make it too large", position=position)


def searches(pattern: str, text: str) -> bool:
    """Tell whether the text holds a match."""
    return _compiled(pattern).search(text.encode(errors="replace")) is not None


def like(pattern: str, text: str) -> bool:
    """Tell whether the whole text matches a LIKE pattern."""
    return _like(pattern).fullmatch(text.encode(errors="replace")) is not None


def _options() -> Any:  # noqa: ANN401 - re2 has no types
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    options.dot_nl = True
    options.never_capture = True
    return options


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:  # noqa: ANN401
    return re2.compile(pattern.encode(), options=_options())


@lru_cache(maxsize=1024)
def _like(pattern: str) -> Any:  # noqa: ANN401
    return re2.compile("".join(_pieces(pattern)).encode(errors="replace"), options=_options())


def _pieces(pattern: str) -> Iterator[str]:
    """Runs of % are one, so that a pattern is no longer than what it was read from."""
    last = ""
    for match in _PIECE.finditer(pattern):
        escaped, wild, plain = match.groups()
        piece = {"%": ".*", "_": "."}[wild] if wild else "".join(map(_literal, escaped or plain))
        if not (piece == ".*" and last == ".*"):
            yield piece
        last = piece


def _literal(character: str) -> str:
    """RE2 takes any ASCII sign after a backslash as itself; letters and digits need none."""
    return character if character.isalnum() or not character.isascii() or character == "_" else _escaped(character)


def _escaped(character: str) -> str:
    return f"\\{character}" if character.isprintable() else f"\\x{ord(character):02x}"


def check_like(refuse: Callable[[str, Any], QueryError], pattern: str, position: Any, limits: Limits) -> None:  # noqa: ANN401
    """Refuse a LIKE pattern that is too long.

    Raises:
        QueryError: it is.
    """
    if len(pattern) > limits.pattern:
        raise refuse(f"the pattern has {len(pattern)} characters, at most {limits.pattern} are read", position)
    _like(pattern)
