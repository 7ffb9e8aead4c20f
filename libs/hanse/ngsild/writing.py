# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Canonical JSON (RFC 8785) at the speed of the interpreter's own writer.

What that writes otherwise than the RFC (numbers of unusual size, names beyond ASCII, which sort by UTF-16) is left
to `rfc8785`; the rest comes out the same, byte by byte.
"""

from __future__ import annotations

import json
from typing import Any

import rfc8785

Json = Any
_SMALLEST, _LARGEST = 1e-4, 1e15  # between them Python writes a float as ECMAScript does
_LARGEST_INTEGER = 2**53 - 1
_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


class _UnusualError(Exception):
    """The value is left to the slower writer."""


def canonical_json(value: Json) -> bytes:
    """Return a value's canonical JSON. Raises ValueError when it has none."""
    try:
        text = _encode(value if _is_plain(value) else _plain(value))
        if not text.isascii() and not _sorts_alike(value):
            raise _UnusualError
        return text.encode()
    except (_UnusualError, TypeError, UnicodeEncodeError, RecursionError):
        return bytes(rfc8785.dumps(value))


def _is_plain(value: Json) -> bool:
    """Whether the interpreter writes all numbers and names of a value as the RFC has them."""
    if type(value) is dict:
        "".join(value)  # a name that is no text is a TypeError
        value = value.values()
    elif type(value) is not list:
        return False
    for each in value:
        kind = type(each)
        if kind is str or kind is bool or each is None:
            continue
        if kind is float:
            if each.is_integer() or not (_SMALLEST <= each < _LARGEST or -_LARGEST < each <= -_SMALLEST):
                return False
        elif kind is int:
            if not -_LARGEST_INTEGER <= each <= _LARGEST_INTEGER:
                return False
        elif not _is_plain(each):
            return False
    return True


def _plain(value: Json) -> Json:
    """The same value, in which floats that are whole numbers are integers."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is dict:
        return {name + "": _plain(each) for name, each in value.items()}  # again no name but a text
    if kind is list:
        return [_plain(each) for each in value]
    if kind is float:
        return _float(value)
    if kind is int and -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
        return value
    raise _UnusualError


def _float(value: float) -> float:
    if value.is_integer():
        if -_LARGEST < value < _LARGEST:
            return int(value)
    elif _SMALLEST <= value < _LARGEST or -_LARGEST < value <= -_SMALLEST:
        return value
    raise _UnusualError


def _sorts_alike(value: Json) -> bool:
    """Whether names sort by code points as they do by UTF-16: those of ASCII do."""
    if isinstance(value, dict):
        return all(name.isascii() and _sorts_alike(each) for name, each in value.items())
    return not isinstance(value, list) or all(map(_sorts_alike, value))
