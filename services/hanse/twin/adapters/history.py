# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's history over SQL, on SQLite and PostgreSQL alike, with older days in Parquet files beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import ConflictError
from hanse.ngsild import canonical
from hanse.twin.adapters.appending import Appending
from hanse.twin.adapters.recording import Recording
from hanse.twin.adapters.series import MARK, SeriesTable, stored
from hanse.twin.history import Columns, Span, Track, Version, present, with_present
from hanse.twin.instances import decode, encode, micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.archive import Archive
    from hanse.twin.adapters.dialects import Dialect
    from hanse.twin.adapters.repository import SqlTwin, Store
    from hanse.twin.adapters.series import Series
    from hanse.twin.history import Appended, Present
    from hanse.twin.instances import Point
    from hanse.twin.model import Stored

TOGETHER = 200
_VERSIONS = (
    "SELECT since, until, sha256 FROM entity WHERE tenant=? AND id=? AND branch<=0 AND gone=0 AND since<?"
    " ORDER BY since DESC, number DESC LIMIT ?"
)
_NEXT_VERSION = "SELECT MIN(since) FROM entity WHERE tenant=? AND id=? AND branch<=0 AND gone=0 AND since>=?"


@dataclass(frozen=True, slots=True)
class SqlHistory:
    """One city's series (`hanse.twin.history.HistoryStore`)."""

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
            recording = Recording(connection, self.dialect, self.tenant, self.clock, self.twin, self.city_crs)
            return recording.record(evolution, home, create=create)

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

    def columns(self, entities: Iterable[Stored], names: Sequence[str], span: Span) -> Iterator[Columns]:
        """Portion after portion of entities; `span.last` is not looked at."""
        for now, series in self._portions(entities, names):
            for entity, attribute, dataset_id in _keys(now, series, names):
                one, held = series.get((entity, attribute, dataset_id)), now[entity].found.get((attribute, dataset_id))
                times, numbers = _NO_NUMBERS if one is None else self._numbers(one, span)
                if held is not None and held[0].amount is not None and span.holds(held[0]):
                    stays = times != held[0].time_us
                    times = np.append(times[stays], held[0].time_us)
                    numbers = np.append(numbers[stays], held[0].amount)
                if len(times):
                    shape = held[1] if held is not None else one.shape if one is not None else b"{}"
                    yield Columns(entity, attribute, dataset_id, shape, times, numbers)

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

    def _numbers(self, series: Series, span: Span) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        found = self.dialect.numbers(self.database.read(), series.number, span.start_us, span.end_us)
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

    def delete_series(self, entity: str, attribute: str = "", dataset_id: str | None = None) -> int:
        """Forgets the series of an entity, or of one attribute, or of one instance of it; gives how many points."""
        numbers = [
            one.number
            for one in self._table().of([entity], [attribute] if attribute else [])
            if dataset_id is None or one.instance == dataset_id
        ]
        gone = self.older.delete(numbers) if self.older is not None and numbers else 0
        with self.database.write() as connection:
            for number in numbers:
                gone += connection.execute("DELETE FROM point WHERE series=?", (number,)).rowcount
                connection.execute("DELETE FROM series WHERE number=?", (number,))
        return gone

    def delete_evolution(self, entity: str) -> None:
        """Forgets all series of an entity, and the entity when it came to be by them."""
        marked = self.marked(entity)
        self.delete_series(entity)
        with self.database.write() as connection:
            connection.execute(
                "DELETE FROM series WHERE tenant=? AND entity=? AND attribute=?", (self.tenant, entity, MARK)
            )
            if marked:
                self.twin.take_out(connection, [entity])
        self.delete_series(entity)  # what it left when it went

    def forget(self, entity: str, attribute: str, dataset_id: str | None) -> None:
        """Forgets an attribute of an entity, or one instance of it; an entity made by its evolution loses it too."""
        marked = self.marked(entity)
        if marked:
            with self.database.write() as connection:
                recording = Recording(connection, self.dialect, self.tenant, self.clock, self.twin, self.city_crs)
                recording.withdraw(entity, attribute, dataset_id)
        self.delete_series(entity, attribute, dataset_id)

    def change(self, track: Track, point: Point, instance: Mapping[str, Any] | None, name: str, modified: str) -> None:
        """Puts an instance in the place of a point, or takes that away; `name` is the instanceId that stays.

        An entity made by its evolution then shows the newest; one that is kept otherwise keeps what it shows.

        Raises:
            ConflictError: the point is what such an entity shows: it is changed there.
        """
        (series,) = [one for one in self.series(track.entity, [track.attribute]) if one.instance == track.dataset_id]
        made = None
        if instance is not None:
            created = decode(point, track.shape)["createdAt"] if not point.deleted else modified
            made = encode(instance, series.shape, modified, created)
            if made is not None and (made.time_us != point.time_us or b'"instanceId"' in (point.json or b"")):
                body = made.json or canonical({**decode(made, series.shape)})
                kept = {**json.loads(body), "instanceId": name}
                made = replace(made, json=canonical({k: v for k, v in kept.items() if k not in _UNSAID}))
        there = self.replace_point(series, point.time_us, made)
        if not there and not self.marked(track.entity):
            raise ConflictError(
                "this instance is what the entity shows now", remedy="Change or delete the entity's own attribute."
            )
        with self.database.write() as connection:
            recording = Recording(connection, self.dialect, self.tenant, self.clock, self.twin, self.city_crs)
            recording.refresh(series, point, made)

    def replace_point(self, series: Series, time_us: int, point: Point | None) -> bool:
        """Puts a point in the place of another, or in none; says whether that was there."""
        gone = self.older.delete([series.number], time_us) if self.older is not None else 0
        with self.database.write() as connection:
            sql = "DELETE FROM point WHERE series=? AND time_us=?"
            gone += connection.execute(sql, (series.number, time_us)).rowcount
            if gone and point is not None:
                self.dialect.put_points(connection, [stored(series.number, point)], replace=True)
        return bool(gone)

    def prune(self, before: datetime, attributes: Sequence[str] = ()) -> int:
        """Forgets points from before a moment, of all attributes or of some; gives how many. Present values stay."""
        time_us = micros(timestamp(before))
        narrow, values = "", []
        if attributes:
            narrow, values = f" AND {self.dialect.among('attribute')}", [self.dialect.listed(attributes)]
        chosen = f"SELECT number FROM series WHERE tenant=?{narrow}"  # noqa: S608
        with self.database.write() as connection:
            gone: int = connection.execute(
                f"DELETE FROM point WHERE time_us<? AND series IN ({chosen})",  # noqa: S608
                (time_us, self.tenant, *values),
            ).rowcount
        if self.older is not None:
            numbers = [row[0] for row in self.database.read().execute(chosen, (self.tenant, *values)).fetchall()]
            gone += self.older.prune(numbers, time_us)
        return gone

    def archive(self, before: datetime) -> int:
        """Moves the points of whole days (UTC) before a moment into Parquet files; gives how many.

        Raises:
            UnavailableError: there is no archive; DuckDB is not installed.
        """
        return (
            0
            if self.older is None
            else self.older.take(self.database, self.dialect, self.tenant, micros(timestamp(before)))
        )


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


_UNSAID = frozenset({"observedAt", "modifiedAt", "deletedAt"})
_TIMES = frozenset({"observedAt", "createdAt", "modifiedAt"})


def sql_history(twin: SqlTwin, city_crs: str, clock: Clock) -> SqlHistory:
    """The history of a twin, in its own database."""
    backend = twin.backend
    return SqlHistory(backend.database, backend.dialect, twin.tenant, clock, twin, city_crs, backend.older)
