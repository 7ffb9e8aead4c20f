# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Evolutions as aggregated values (CIM 009 clause 4.5.19)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hanse.ngsild import Aggregate
from hanse.ngsild.kinds import CONTENT
from hanse.twin.history.aggregating import Method, summarise
from hanse.twin.history.instances import decode, number, plain, written
from hanse.twin.history.periods import Periods

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hanse.twin.edge.temporal.evolving import Evolution, TemporalAsked
    from hanse.twin.history.model import Track

Json = Any
_COUNTED: Final = frozenset({Method.COUNT, Method.DISTINCT})
_OF_TEXT: Final = frozenset({Method.MINIMUM, Method.MAXIMUM}) | _COUNTED


def aggregates(evolution: Evolution, want: TemporalAsked) -> dict[str, list[Aggregate]]:
    """Aggregated values by stored name; methods that say nothing of a series' values are left out."""
    points = evolution.points
    if not points:
        return {}
    window = want.window
    start = window.start if window is not None and window.start is not None else min(one.time_us for one in points)
    periods = Periods(want.period, anchor_us=start)
    end = window.end if window is not None else None
    found: dict[str, list[Aggregate]] = {}
    for name, tracks in evolution.tracks.items():
        made = [one for track in tracks if (one := _aggregate(track, want.methods, periods, end)) is not None]
        if made:
            found[name] = made
    return found


def _aggregate(track: Track, methods: Sequence[Method], periods: Periods, end: int | None) -> Aggregate | None:
    instances = [decode(point, track.shape) for point in track.points]
    kind = str(instances[-1]["type"])
    values = [one.get(CONTENT[kind]) for one in instances]
    times = np.array([point.time_us for point in track.points], dtype=np.int64)
    numbers = [_number(value) for value in values]
    rows: dict[str, list[tuple[Json, str, str]]] = {}
    if all(one is not None for one in numbers):
        summary = summarise(times, np.array(numbers, dtype=np.float64), methods, periods, end)
        for method, row in zip(methods, summary.values, strict=True):
            shown = [plain(float(value)) for value in row]
            rows[method.value] = _dated(shown, summary.starts.tolist(), summary.ends.tolist())
    else:
        texts = all(isinstance(value, str) for value in values)
        for method in methods:
            if method in (_OF_TEXT if texts else _COUNTED):
                rows[method.value] = _plainly(times.tolist(), values, method, periods, end)
    dataset = track.dataset_id or None
    return Aggregate(kind, dataset, rows) if rows else None


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, bool) else number(value)


def _plainly(
    times: list[int], values: list[Json], method: Method, periods: Periods, end: int | None
) -> list[tuple[Json, str, str]]:
    """What can be said of values that are no numbers."""
    ways: dict[Method, Callable[[list[Json]], Json]] = {
        Method.COUNT: len,
        Method.DISTINCT: lambda some: len({json.dumps(one, sort_keys=True) for one in some}),
        Method.MINIMUM: min,
        Method.MAXIMUM: max,
    }
    edges = periods.split(times[0], times[-1])
    if edges is None:
        start = periods.anchor_us if periods.anchor_us is not None else times[0]
        return _dated([ways[method](values)], [start], [times[-1] if end is None else end])
    groups: dict[int, list[Json]] = {}
    for time_us, value in zip(times, values, strict=True):
        groups.setdefault(int(np.searchsorted(edges, time_us, side="right")) - 1, []).append(value)
    found = [ways[method](groups[index]) for index in sorted(groups)]
    starts = [int(edges[index]) for index in sorted(groups)]
    return _dated(found, starts, [int(edges[index + 1]) for index in sorted(groups)])


def _dated(values: list[Json], starts: list[int], ends: list[int]) -> list[tuple[Json, str, str]]:
    return [(value, written(a), written(b)) for value, a, b in zip(values, starts, ends, strict=True)]
