# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's history over SQL, on SQLite and PostgreSQL alike, with older days in Parquet files beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from hanse.ngsild import canonical
from hanse.twin.adapters.history.appending import Appending
from hanse.twin.adapters.history.archive import DAY_US
from hanse.twin.adapters.history.hours import Hours, gaps, worth
from hanse.twin.adapters.history.recording import Recording
from hanse.twin.adapters.history.series import MARK, SeriesTable
from hanse.twin.history.aggregating import HOUR_US, NO_HOURS
from hanse.twin.history.instances import decode
from hanse.twin.history.model import Columns, Span, Track, Version, present, with_present

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.databases.dialects import Connection, Dialect
    from hanse.twin.adapters.history.archive import Archive
    from hanse.twin.adapters.history.series import Series
    from hanse.twin.adapters.repository import SqlTwin, Store
    from hanse.twin.history.instances import Point
    from hanse.twin.history.model import Appended, Present
    from hanse.twin.model import Stored

TOGETHER = 200
# What was replaced in the moment in which it began never stood, and would make pages end between equal moments.
_VERSIONS = (
    "SELECT since, until, sha256 FROM entity WHERE tenant=? AND id=? AND branch<=0 AND gone=0 AND since<?"
    " AND until<>since ORDER BY since DESC, number DESC LIMIT ?"
)
_NEXT_VERSION = "SELECT MIN(since) FROM entity WHERE tenant=? AND id=? AND branch<=0 AND gone=0 AND since>=?"


@dataclass(frozen=True, slots=True)
class SqlHistory:
    """One city's series (`hanse.twin.history.model.HistoryStore`)."""

    database: Store
    dialect: Dialect
    tenant: str
    clock: Clock
    twin: SqlTwin
    city_crs: str
    older: Archive | None = None

    def append(self, batch: Sequence[Appended]) -> int:
        """Writes points and lets the entities show the latest."""
        with self.database.write() as connection:
            appending = Appending(connection, self.dialect, self.tenant, self.clock, self.twin, self.city_crs)
            return appending.write(batch)

    def record(self, evolution: Mapping[str, Any], home: str, *, create: bool = True) -> bool | None:
        """Adds instances to an entity's evolution (`Recording.record`)."""
        with self.database.write() as connection:
            return self.recordings(connection).record(evolution, home, create=create)

    def series(self, entity: str, attributes: Sequence[str] = ()) -> list[Series]:
        """The series of an entity."""
        return self._table().of([entity], attributes)

    def marked(self, entity: str) -> bool:
        """Whether an entity came to be by its evolution."""
        return bool(self._table().of([entity], [MARK]))

    def head(self, entity: str) -> Stored | None:
        """An entity as it is, or, when it is gone, as it was last."""
        living = self.twin.reader.by_id(entity)
        return living if living is not None else self.twin.reader.last(entity)

    @property
    def recordings(self) -> Callable[[Connection], Recording]:
        """Makes what writes evolutions, inside a transaction."""
        return lambda connection: Recording(connection, self.dialect, self.tenant, self.clock, self.twin, self.city_crs)

    def _table(self) -> SeriesTable:
        return SeriesTable(self.database.read(), self.dialect, self.tenant)

    def tracks(
        self,
        entities: Iterable[Stored],
        names: Sequence[str],
        span: Span,
        *,
        series_too: bool = False,
        present_too: bool = True,
    ) -> Iterator[Track]:
        """Portion after portion of entities; with `series_too` also of attributes that have a series and no name."""
        for now, series in self._portions(entities, () if series_too else names):
            for entity, attribute, dataset_id in _keys(now if present_too else {}, series, names):
                one, held = series.get((entity, attribute, dataset_id)), now[entity].found.get((attribute, dataset_id))
                held = held if present_too else None
                points: Sequence[Point] = () if one is None else self._points(one, span)
                if held is not None:
                    points = with_present(points, held[0], span)
                if points:
                    points, shape = _of_shape(points, one, held)
                    yield Track(entity, attribute, dataset_id, shape, points)

    def columns(
        self, entities: Iterable[Stored], names: Sequence[str], span: Span, *, by_hour: bool = False
    ) -> Iterator[Columns]:
        """Portion after portion of entities; `span.last` is not looked at."""
        for now, series in self._portions(entities, names):
            hours = self._hours(series.values(), span) if by_hour else {}
            for entity, attribute, dataset_id in _keys(now, series, names):
                one, held = series.get((entity, attribute, dataset_id)), now[entity].found.get((attribute, dataset_id))
                point = held[0] if held is not None and held[0].amount is not None and span.holds(held[0]) else None
                whole = NO_HOURS if one is None else hours.get(one.number, NO_HOURS)
                if point is not None and len(whole):  # it counts in the place of a point of its time
                    whole = whole[whole["hour"] != point.time_us // HOUR_US]
                times, numbers = _NO_NUMBERS if one is None else self._numbers(one, span, whole)
                if point is not None and point.amount is not None:
                    stays = times != point.time_us
                    times, numbers = np.append(times[stays], point.time_us), np.append(numbers[stays], point.amount)
                if len(times) or len(whole):
                    shape = held[1] if held is not None else one.shape if one is not None else b"{}"
                    yield Columns(entity, attribute, dataset_id, shape, times, numbers, whole)

    def _hours(self, series: Iterable[Series], span: Span) -> Mapping[int, NDArray[Any]]:
        """Hours of series that are worth reading so; none where older days lie in files."""
        found = Hours(self.database.read(), self.dialect).read([one.number for one in series], span)
        days = self.older.days() if self.older is not None else {}
        if any(span.start_us // DAY_US <= day <= span.end_us // DAY_US for day in days):
            return {}
        return {number: hours for number, hours in found.items() if worth(hours)}

    def _portions(
        self, entities: Iterable[Stored], names: Sequence[str]
    ) -> Iterator[tuple[Mapping[str, Present], Mapping[tuple[str, str, str], Series]]]:
        rest = iter(entities)
        while some := list(islice(rest, TOGETHER)):
            now = {one.id: present(one) for one in some}
            found = self._table().of(now, names)
            yield now, {(one.entity, one.attribute, one.instance): one for one in found}

    def _points(self, series: Series, span: Span) -> Sequence[Point]:
        hot = self._table().points(series.number, span)
        if self.older is None:
            return hot
        older = self.older.points(series.number, span)
        merged = {one.time_us: one for one in older} | {one.time_us: one for one in hot}
        found = [merged[time] for time in sorted(merged)]
        return found[-span.last :] if span.last else found

    def _numbers(
        self, series: Series, span: Span, hours: NDArray[Any] = NO_HOURS
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The numbers of a series that are not of these hours."""
        read = self.database.read()
        parts = gaps(hours, span) if len(hours) else ((span.start_us, span.end_us),)
        found = np.concatenate([self.dialect.numbers(read, series.number, *part) for part in parts])
        times, numbers = found["time"], found["number"]
        if self.older is None:
            return times, numbers
        old_times, old_numbers = self.older.numbers(series.number, span)
        stays = ~np.isin(old_times, times)
        return np.append(old_times[stays], times), np.append(old_numbers[stays], numbers)

    def versions(self, entity: str, before: str = "", limit: int = 100) -> list[Version]:
        """Newest first; a deletion stands between what was before it and what came after."""
        read = self.database.read()
        rows = read.execute(_VERSIONS, (self.tenant, entity, before or _LAST, limit)).fetchall()
        later = before
        if before:
            later = read.execute(_NEXT_VERSION, (self.tenant, entity, before)).fetchone()[0] or before
        found: list[Version] = []
        for since, until, sha256 in rows:
            if until and until != later:
                found.append(Version(until, later, "", deleted=True))
            found.append(Version(since, until, sha256))
            later = since
        return found


_LAST = "9999-12-31T23:59:59.999Z"
_NO_NUMBERS: tuple[NDArray[np.int64], NDArray[np.float64]] = (np.empty(0, np.int64), np.empty(0, np.float64))


def _keys(now: Mapping[str, Present], series: Mapping[Any, Series], names: Sequence[str]) -> list[tuple[str, str, str]]:
    """What there is to tell of: series, and present values that are observed or were asked for."""
    found = set(series)
    for entity, held in now.items():
        found |= {
            (entity, *key) for key, (point, _) in held.found.items() if (key[0] in names if names else point.observed)
        }
    return sorted(found)


def _of_shape(
    points: Sequence[Point], series: Series | None, held: tuple[Point, bytes] | None
) -> tuple[Sequence[Point], bytes]:
    """Points that a shape explains: the present one may have another than its series."""
    if series is None:
        return points, held[1] if held is not None else b"{}"
    if held is None or held[1] == series.shape:
        return points, series.shape
    now, shape = held
    return [_spelled(one, shape) if one is now else one for one in points], series.shape


def _spelled(point: Point, shape: bytes) -> Point:
    """The same point, with its instance written out."""
    if point.json is not None:
        return point
    instance = {name: value for name, value in decode(point, shape).items() if name not in _TIMES}
    return replace(point, json=canonical(instance))


_TIMES = frozenset({"observedAt", "createdAt", "modifiedAt"})


def sql_history(twin: SqlTwin, city_crs: str, clock: Clock) -> SqlHistory:
    """The history of a twin, in its own database."""
    backend = twin.backend
    return SqlHistory(backend.database, backend.dialect, twin.tenant, clock, twin, city_crs, backend.older)
