# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What is told of changes: one line an entity, in events of a size that travels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.twin.adapters.databases.statements import corners
from hanse.twin.model import Box

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_EVENT_CHANGES = 500
MAX_EVENT_BYTES = 128 * 1024
_REST_BYTES = 320  # of a change, all but id and type: a box of four doubles, a hash, names


def around(before: Box | None, after: Box | None) -> Box | None:
    """The box that holds both, for whoever relied on the place that an entity has left."""
    if before is None or after is None:
        return before or after
    return Box(
        min(before.min_x, after.min_x),
        min(before.min_y, after.min_y),
        max(before.max_x, after.max_x),
        max(before.max_y, after.max_y),
    )


def change(entity_id: str, kind: str, change: str, box: Box | None, sha256: str | None) -> dict[str, Any]:
    """One entity's change (contract twin/v1, schema entity-changed)."""
    return {
        "id": entity_id,
        "type": kind,
        "change": change,
        "bbox": None if box is None else list(corners(box)),
        "sha256": sha256,
    }


def portions(changes: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Changes in the order given, as many at once as an event takes."""
    some: list[dict[str, Any]] = []
    size = 0
    for each in changes:
        length = _at_most(each)
        if some and (len(some) == MAX_EVENT_CHANGES or size + length > MAX_EVENT_BYTES):
            yield some
            some, size = [], 0
        some.append(each)
        size += length
    if some:
        yield some


def _at_most(one: dict[str, Any]) -> int:
    """How many bytes a change takes in an event: ids and types hold nothing that JSON escapes."""
    text = one["id"] + one["type"]
    return _REST_BYTES + (len(text) if text.isascii() else 4 * len(text))
