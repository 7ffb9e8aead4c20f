# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a change in a twin means for results that rest on it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hanse.permit.records import Change

_MAX_CHANGES = 1000
_WORDS = {"created": "was added", "replaced": "was changed", "deleted": "was deleted"}


def changes_of(city: str, data: Mapping[str, object]) -> list[Change]:
    """The changes that an event entity-changed of contract twin/v1 tells of.

    A neighbour's event is input like any other: what is not understood is left out, not believed. Only a building, or
    something that a result names, can matter.
    """
    found = data.get("changes")
    if not isinstance(found, list):
        return []
    return [change for each in found[:_MAX_CHANGES] if (change := _change(city, each)) is not None]


def _change(city: str, each: object) -> Change | None:
    if not isinstance(each, Mapping):
        return None
    entity, kind = each.get("id"), each.get("change")
    if not isinstance(entity, str) or not entity.startswith(f"urn:hanse:{city}:") or kind not in _WORDS:
        return None
    near = _box(each.get("bbox")) if each.get("type") == "Building" else None
    return Change("twin", city, entity[:600], f"{entity[:600]} {_WORDS[str(kind)]}", near)


def _box(value: object) -> tuple[float, float, float, float] | None:
    if not isinstance(value, list | tuple):
        return None
    numbers = [float(each) for each in value if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):  # noqa: PLR2004 - west, south, east, north
        return None
    west, south, east, north = numbers
    return (west, south, east, north)
