# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""From bytes to JSON, strictly and within limits (RFC 8259, RFC 7493).

Size, depth and the number of values are known before anything is built in memory.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

Json = Any
# An unterminated string swallows the rest, so matching stays linear whatever the input.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_FLAT = bytes.maketrans(b"{}", b"[]")
_NOT_STRUCTURE = bytes(set(range(256)) - set(b"[]{},"))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is looked at before a document is refused.

    Attributes:
        max_bytes: size.
        max_depth: nesting of arrays and objects.
        max_values: members and elements, all levels together.
        max_violations: violations reported.
    """

    max_bytes: int = 64 * 2**20
    max_depth: int = 64
    max_values: int = 20_000_000
    max_violations: int = 1000


DEFAULT_LIMITS = Limits()


class DocumentError(ValueError):
    """The bytes are no JSON document that is looked at.

    Attributes:
        keyword: "limit" or "json".
        expected: what was expected, in words.
        found: what was found.
    """

    def __init__(self, keyword: str, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.keyword, self.expected, self.found = keyword, expected, found


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Json:
    """Parse UTF-8 JSON: no member twice, no NaN, within the limits.

    Raises:
        DocumentError: with line and column where the parser knows them.
    """
    if len(data) > limits.max_bytes:
        raise DocumentError("limit", f"at most {limits.max_bytes} bytes", f"{len(data)} bytes")
    _check_structure(data, limits)
    try:
        return _DECODER.decode(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DocumentError("json", "UTF-8", f"byte {error.start}, which is not") from None
    except json.JSONDecodeError as error:
        raise DocumentError(
            "json", "JSON", f"line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}"
        ) from None
    except RecursionError:  # what never closes its brackets
        raise _too_deep(limits) from None
    except ValueError as error:  # ours, or an integer of more digits than Python converts
        raise DocumentError("json", "JSON that every reader reads alike", str(error)[:200]) from None


def _check_structure(data: bytes, limits: Limits) -> None:
    """Count values and depth on the brackets alone, strings apart."""
    opened = data.count(b"[") + data.count(b"{")
    if opened <= limits.max_depth and data.count(b",") + opened <= limits.max_values:
        return  # as most are: not too many even if none stood in a string
    structure = _STRING.sub(b"", data).translate(_FLAT, _NOT_STRUCTURE)
    values = structure.count(b",") + structure.count(b"[")
    if values > limits.max_values:
        raise DocumentError("limit", f"at most {limits.max_values} values", f"{values}")
    brackets = structure.translate(None, b",")
    for _ in range(limits.max_depth):
        # Each pass takes the innermost pairs away: as many passes as levels, at the speed of memory.
        inner = brackets.replace(b"[]", b"")
        if len(inner) == len(brackets):
            return  # nothing left, or unbalanced: the parser will say where
        brackets = inner
    if brackets:
        raise _too_deep(limits)


def _too_deep(limits: Limits) -> DocumentError:
    return DocumentError("limit", f"at most {limits.max_depth} levels of nesting", "more")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the member {twice[:80]!r} twice in one object")
    return result


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name}, which is not a JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)
