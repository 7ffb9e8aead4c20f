# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Temporal relations of intervals (OGC 21-065r2 clause 7.3; Allen 1983) and relations of arrays taken as sets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from hanse.query import times
from hanse.query.model import Date, DateTime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = Any


class Span(NamedTuple):
    """From `start` to `end` in microseconds since 1970; an instant has them equal, an open end is infinite."""

    start: float
    end: float


_TEMPORAL: Mapping[str, Callable[[Span, Span], bool]] = {
    "t_after": lambda a, b: a.start > b.end,
    "t_before": lambda a, b: a.end < b.start,
    "t_contains": lambda a, b: a.start < b.start and a.end > b.end,
    "t_disjoint": lambda a, b: a.end < b.start or a.start > b.end,
    "t_during": lambda a, b: a.start > b.start and a.end < b.end,
    "t_equals": lambda a, b: a == b,
    "t_finishedBy": lambda a, b: a.start < b.start and a.end == b.end,
    "t_finishes": lambda a, b: a.start > b.start and a.end == b.end,
    "t_intersects": lambda a, b: a.end >= b.start and a.start <= b.end,
    "t_meets": lambda a, b: a.end == b.start,
    "t_metBy": lambda a, b: a.start == b.end,
    "t_overlappedBy": lambda a, b: b.start < a.start < b.end < a.end,
    "t_overlaps": lambda a, b: a.start < b.start < a.end < b.end,
    "t_startedBy": lambda a, b: a.start == b.start and a.end > b.end,
    "t_starts": lambda a, b: a.start == b.start and a.end < b.end,
}


def span(value: Json) -> Span | None:
    """Return a value as an interval, None when it is no time; a date is its midnight in UTC."""
    if isinstance(value, Span):
        return value
    if isinstance(value, str):
        value = times.moment(value)
    if isinstance(value, DateTime | Date):
        moment = times.micros(value)
        return Span(moment, moment)
    return None


def temporal(relation: str, left: Span, right: Span) -> bool:
    """Tell whether a temporal relation holds."""
    return _TEMPORAL[relation](left, right)


def between_ends(start: Json, end: Json) -> Span | None:
    """Return the interval between two times, None meaning an open end; None when one is no time or they are turned."""
    first = Span(-math.inf, -math.inf) if start is None else span(start)
    last = Span(math.inf, math.inf) if end is None else span(end)
    if first is None or last is None or first.start > last.end:
        return None
    return Span(first.start, last.end)


def arrays(relation: str, left: list[Json], right: list[Json], equal: Callable[[Json, Json], bool]) -> bool:
    """Tell whether a relation of two sets holds; order and repetition take no part."""

    def within(some: list[Json], others: list[Json]) -> bool:
        return all(any(equal(one, other) for other in others) for one in some)

    if relation == "a_contains":
        return within(right, left)
    if relation == "a_containedBy":
        return within(left, right)
    if relation == "a_equals":
        return within(left, right) and within(right, left)
    return any(equal(one, other) for one in left for other in right)
