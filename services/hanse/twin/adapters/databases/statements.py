# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Values as SQL takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanse.twin.model import Box, Scalar

_NO_SCALAR = b""
_LARGEST_INTEGER = 2**63 - 1


def stored(value: Scalar | None) -> str | int | float | bytes:
    """A scalar as SQLite keeps it."""
    if value is None:
        return _NO_SCALAR
    if isinstance(value, bool):
        return bytes([value])
    return compared(value)


def compared(value: Scalar) -> Scalar:
    """A scalar that SQL can compare with: integers that it has none for are floats."""
    is_large = isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_INTEGER
    return float(value) if is_large else value


def corners(box: Box | None) -> tuple[float | None, ...]:
    """A box as four columns."""
    return (None,) * 4 if box is None else (box.min_x, box.min_y, box.max_x, box.max_y)
