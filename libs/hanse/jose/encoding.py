# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Canonical base64url and strict JSON: the two decoders every signed object passes through."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from typing import TYPE_CHECKING, NoReturn

import rfc8785

from hanse.jose.errors import JoseError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DEPTH = 24
MAX_JSON_BYTES = 1024 * 1024

_FROM_URL = str.maketrans("-_+/=", "+/***")  # the standard alphabet's own signs become invalid ones
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)  # possessive: linear even where a string never ends
_BRACKETS = re.compile(r"[\[\]{}]")


def b64u_encode(data: bytes) -> str:
    """Encode ``data`` as base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64u_decode(text: str, *, place: str = "value") -> bytes:
    """Decode canonical base64url: no padding, no white space, no non-zero trailing bits.

    One octet string has exactly one accepted spelling, so a signed text cannot be respelled.
    """
    try:
        data = base64.b64decode(text.translate(_FROM_URL) + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise JoseError("bad-base64url", f"The {place} is not base64url.") from error
    if b64u_encode(data) != text:
        raise JoseError("bad-base64url", f"The {place} is not canonical base64url without padding.")
    return data


def parse_json(
    data: bytes | str, *, place: str = "document", max_bytes: int = MAX_JSON_BYTES, max_depth: int = MAX_DEPTH
) -> object:
    """Parse JSON strictly (RFC 8259, I-JSON RFC 7493).

    Refused: more than ``max_bytes`` UTF-8 octets or ``max_depth`` nested levels, duplicate member names, NaN
    and infinities (also by overflow), lone surrogates, a byte order mark.
    """
    if len(data) > max_bytes:
        raise JoseError("too-large", f"The {place} is larger than {max_bytes} bytes.")
    try:
        text = (data.encode("utf-8") if isinstance(data, str) else data).decode("utf-8")
        _check_depth(text, place, max_depth)
        value: object = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
        if "\\u" in text:  # only an escape can bring in a lone surrogate
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except JoseError:
        raise
    except (ValueError, RecursionError) as error:
        raise JoseError("bad-json", f"The {place} is not valid UTF-8 JSON.") from error
    return value


def parse_object(
    data: bytes | str, *, place: str = "document", max_bytes: int = MAX_JSON_BYTES, max_depth: int = MAX_DEPTH
) -> dict[str, object]:
    """Parse JSON as ``parse_json`` does and insist that it is an object."""
    value = parse_json(data, place=place, max_bytes=max_bytes, max_depth=max_depth)
    if not isinstance(value, dict):
        raise JoseError("bad-json", f"The {place} must be a JSON object.")
    return value


def canonical_json(value: Mapping[str, object] | list[object]) -> bytes:
    """Serialise by the JSON Canonicalization Scheme (RFC 8785)."""
    try:
        return rfc8785.dumps(value)  # type: ignore[no-any-return,arg-type,unused-ignore]
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise JoseError("bad-json", "The value cannot be written as canonical JSON (RFC 8785).") from error


def _check_depth(text: str, place: str, max_depth: int) -> None:
    """Count brackets outside strings before the parser recurses; skipped when there are too few to matter."""
    if text.count("[") + text.count("{") <= max_depth:
        return
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > max_depth:
        raise JoseError("too-deep", f"The {place} nests deeper than {max_depth} levels.")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JoseError("duplicate-member", "A JSON object names the same member twice.")
    return members


def _no_constant(name: str) -> NoReturn:
    raise JoseError("bad-json", f"{name} is not JSON.")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise JoseError("bad-json", "A number is out of range.")
    return value
