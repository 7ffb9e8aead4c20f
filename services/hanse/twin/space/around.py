# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What stands around a place and may be in the way of sight or sun: buildings, terrain, whatever has a solid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from hanse.kernel.errors import LimitExceededError
from hanse.twin.model import Box, Filter, Heights, Operator, Query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hanse.twin.model import Stored, TwinStore
    from hanse.twin.space.light import Point

MAX_BODIES = 20_000
MAX_BYTES = 256 * 1024 * 1024
# The sun: what stands nearer than `NEAR_M` counts however low it is; up to `FAR_M` what rises `TALL_M` over the lowest
# point looked at, which is as much as shades it from `NEAR_M` away when the sun stands 5 degrees high.
NEAR_M, FAR_M, TALL_M = 500.0, 5_000.0, 43.0
_STEP_M = 200.0
_HIGHEST_M = 12_000.0
_SOLID = (Filter("solidGeometry", Operator.EXISTS),)


@dataclass(frozen=True, slots=True)
class Around:
    """Finds what has solids, in the living twin or a scenario (`branch`)."""

    store: TwinStore

    def line(self, one: Point, other: Point, branch: int) -> list[Stored]:
        """What may stand between two points. Raises LimitExceededError."""
        count = max(1, math.ceil(math.dist(one[:2], other[:2]) / _STEP_M))
        ends = [
            tuple(a + (b - a) * number / count for a, b in zip(one[:2], other[:2], strict=True))
            for number in range(count + 1)
        ]
        boxes = (Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)) for (x0, y0), (x1, y1) in pairwise(ends))
        return self._found(Query(filters=_SOLID, solids=True, metres=box, branch=branch) for box in boxes)

    def sun(self, box: Box, lowest: float, branch: int) -> list[Stored]:
        """What may shade points in a box, none of them lower than `lowest`. Raises LimitExceededError."""
        tall = Heights(lowest + TALL_M, _HIGHEST_M)
        return self._found(
            (
                Query(filters=_SOLID, solids=True, metres=_wider(box, NEAR_M), branch=branch),
                Query(filters=_SOLID, solids=True, metres=_wider(box, FAR_M), heights=tall, branch=branch),
            )
        )

    def _found(self, queries: Iterable[Query]) -> list[Stored]:
        found: dict[str, Stored] = {}
        size = 0
        for one in self._each(queries):
            if one.id not in found:
                found[one.id] = one
                size += len(one.wire)
            if len(found) > MAX_BODIES or size > MAX_BYTES:
                raise LimitExceededError(
                    f"more than {MAX_BODIES} bodies (or {MAX_BYTES >> 20} MiB) stand around there",
                    remedy="Ask for a shorter line, or for points that are nearer to each other.",
                )
        return list(found.values())

    def _each(self, queries: Iterable[Query]) -> Iterator[Stored]:
        for query in queries:
            yield from self.store.matching(query)


def _wider(box: Box, by: float) -> Box:
    return Box(box.min_x - by, box.min_y - by, box.max_x + by, box.max_y + by)
