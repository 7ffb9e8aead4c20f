# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How attributes evolved: points of their series and the present instance, in one order of time.

Series hold what attributes were; what they are stands in the entity. Both together are the evolution.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from hanse.ngsild import Times
from hanse.twin.history.aggregating import NO_HOURS
from hanse.twin.history.instances import Point, attributes, dataset_of, decode, encode, shape_of
from hanse.twin.rows import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from hanse.twin.model import Stored

Json = Any
ALL_TIME = (-(2**62), 2**62)


class TimeOf(StrEnum):
    """Which time of an instance a span is of: the values are conditions on a row, `?` twice, of that time."""

    ANY = "observed<2 AND time_us>=? AND time_us<?"  # observedAt, else when it was written
    OBSERVED = "observed=1 AND time_us>=? AND time_us<?"
    WRITTEN = "observed<2 AND written_us>=? AND written_us<?"
    DELETED = "observed=2 AND time_us>=? AND time_us<?"


@dataclass(frozen=True, slots=True)
class Span:
    """Of which instances: from `start_us` (included) to `end_us` (not), the `last` so many of each series (0: all)."""

    start_us: int = ALL_TIME[0]
    end_us: int = ALL_TIME[1]
    last: int = 0
    time: TimeOf = TimeOf.ANY

    @property
    def condition(self) -> str:
        """In SQL, with the span's two ends bound."""
        return self.time.value

    def holds(self, point: Point) -> bool:
        """Whether a point is in it, its number aside."""
        match self.time:
            case TimeOf.OBSERVED:
                fits = point.observed
            case TimeOf.DELETED:
                fits = point.deleted
            case _:
                fits = not point.deleted
        time_us = point.written_us if self.time is TimeOf.WRITTEN else point.time_us
        return fits and self.start_us <= time_us < self.end_us


@dataclass(frozen=True, slots=True)
class Track:
    """Points of one attribute's instance (`datasetId`, "" for the default one) of one entity, in the order of time."""

    entity: str
    attribute: str
    dataset_id: str
    shape: bytes
    points: Sequence[Point]

    def instances(self) -> Iterator[dict[str, Json]]:
        """The points as instances with their system times."""
        return (decode(point, self.shape) for point in self.points)


@dataclass(frozen=True, slots=True)
class Columns:
    """The numbers of one attribute's instance of one entity: times in microseconds, and a value for each.

    `hours` are further numbers, put together hour by hour (dtype `hanse.twin.history.aggregating.HOURS`).
    """

    entity: str
    attribute: str
    dataset_id: str
    shape: bytes
    times: NDArray[np.int64]
    numbers: NDArray[np.float64]
    hours: NDArray[Any] = field(default_factory=lambda: NO_HOURS)


@dataclass(frozen=True, slots=True)
class Appended:
    """Points to be written; `index` says which of a batch, for whoever is told what is wrong with it."""

    index: int
    entity: str
    attribute: str
    dataset_id: str
    unit_code: str
    times_us: Sequence[int]
    numbers: Sequence[float] = ()
    values: Sequence[Json] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """When an entity was so: `until` is "" for the present; its hash, "" where it was deleted."""

    since: str
    until: str
    sha256: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Present:
    """What an entity's attributes are now, as points."""

    entity: str
    found: Mapping[tuple[str, str], tuple[Point, bytes]] = field(default_factory=dict)


def present(stored: Stored) -> Present:
    """The present instances of an entity by attribute and datasetId, too large values left out."""
    times = Times(stored.created, stored.modified)
    if stored.system is not None:
        times = Times.from_json(json.loads(stored.system))
    found = {}
    for name, instances in attributes(json.loads(stored.json)):
        if name in HEAD:
            continue
        for one in instances:
            its, shape = times.of(name, dataset_of(one)), shape_of(one)
            point = encode(one, shape, its.modified)
            if point is not None:
                found[name, dataset_of(one)] = point, shape
    return Present(stored.id, found)


def with_present(points: Sequence[Point], now: Point, span: Span) -> Sequence[Point]:
    """Points with the present one in its place; it counts where both have the same time."""
    if not span.holds(now):
        return points
    merged = sorted([*(one for one in points if one.time_us != now.time_us), now], key=lambda one: one.time_us)
    return merged[-span.last :] if span.last else merged


class HistoryStore(Protocol):
    """Where series are kept."""

    def append(self, batch: Sequence[Appended]) -> int:
        """Writes points, all or none; entities show the latest value. Gives how many were written.

        Raises:
            NotFoundError, InvalidInputError: metadata `index` names the series at fault.
        """
        ...

    def tracks(self, entities: Iterable[Stored], names: Sequence[str], span: Span) -> Iterator[Track]:
        """Evolution of entities' attributes in the order of entity, attribute and datasetId, empty ones left out.

        Without names, of all attributes that have a series or are observed.
        """
        ...

    def columns(
        self, entities: Iterable[Stored], names: Sequence[str], span: Span, *, by_hour: bool = False
    ) -> Iterator[Columns]:
        """The numbers among them, as arrays; with `by_hour` those of whole hours may come put together."""
        ...

    def versions(self, entity: str, before: str, limit: int) -> Sequence[Version]:
        """What became of an entity, newest first, from before a moment ("" for all)."""
        ...
