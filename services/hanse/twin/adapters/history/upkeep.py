# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What is old: points of series moved into files, and what is too old forgotten, day by day, of every tenant.

Whatever is killed in between goes on at the next round: nothing is lost, and nothing is told twice.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import HanseError
from hanse.twin.adapters.databases.dialects import PAST
from hanse.twin.adapters.databases.opening import opened_twin
from hanse.twin.adapters.history.archive import DAY_US, hot_days
from hanse.twin.adapters.writing import forget_rows
from hanse.twin.history.instances import micros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from typing import Any

    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig
    from hanse.kernel.events import Outbox
    from hanse.twin.adapters.repository import SqlTwin

log = logging.getLogger(__name__)
_TOGETHER = 500
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Done:
    """What a round did: points moved into files, points and versions of entities forgotten."""

    archived: int = 0
    points: int = 0
    versions: int = 0

    def __add__(self, other: Done) -> Done:
        """Both."""
        return Done(self.archived + other.archived, self.points + other.points, self.versions + other.versions)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The upkeep of one tenant's store."""

    twin: SqlTwin

    def archive(self, before: datetime) -> Iterator[Done]:
        """Moves the points of whole days (UTC) before a moment into Parquet files.

        Raises:
            UnavailableError: DuckDB is not installed; the disk is full.
        """
        backend = self.twin.backend
        if backend.older is not None:
            time_us = micros(timestamp(before))
            for moved in backend.older.take(backend.database, backend.dialect, self.twin.tenant, time_us):
                yield Done(archived=moved)

    def prune(self, before: datetime, attributes: Sequence[str] = ()) -> Iterator[Done]:
        """Forgets what was before a moment: points, of all attributes or of some, and, of all, versions that ended.

        What entities are at present stays, whenever it was observed.
        """
        yield from self._points(micros(timestamp(before)), attributes)
        if not attributes:
            yield from self._versions(timestamp(before))

    def _points(self, time_us: int, attributes: Sequence[str]) -> Iterator[Done]:
        backend, tenant = self.twin.backend, self.twin.tenant
        narrow, values = "", []
        if attributes:
            narrow, values = f" AND {backend.dialect.among('attribute')}", [backend.dialect.listed(attributes)]
        chosen = f"SELECT number FROM series WHERE tenant=?{narrow}"  # noqa: S608
        sql = f"DELETE FROM point WHERE time_us>=? AND time_us<? AND series IN ({chosen})"  # noqa: S608
        for day in hot_days(backend.database, tenant, time_us):
            end = min((day + 1) * DAY_US, time_us)
            with backend.database.write() as connection:
                gone = connection.execute(sql, (day * DAY_US, end, tenant, *values)).rowcount
            yield Done(points=gone)
        if backend.older is not None and backend.older.days():
            with backend.older.alone():
                numbers = [row[0] for row in backend.database.read().execute(chosen, (tenant, *values)).fetchall()]
                gone = backend.older.prune(numbers, time_us)
            yield Done(points=gone)

    def _versions(self, before: str) -> Iterator[Done]:
        backend = self.twin.backend
        sql = "SELECT number FROM entity WHERE tenant=? AND branch<0 AND until<>'' AND until<?"
        found = backend.database.read().execute(sql, (self.twin.tenant, before)).fetchall()
        numbers = [row[0] for row in found]
        for start in range(0, len(numbers), _TOGETHER):
            some = numbers[start : start + _TOGETHER]
            with backend.database.write() as connection:
                backend.dialect.take_boxes(connection, PAST, some)
                forget_rows(connection, some)
            yield Done(versions=len(some))


@dataclass(frozen=True, slots=True)
class Terms:
    """After how many days points are archived and what is past is forgotten; 0: never."""

    archive_after_days: int = 0
    keep_past_days: int = 0


def round_of(twins: Sequence[SqlTwin], now: datetime, terms: Terms) -> Iterator[Done]:
    """One round of upkeep over stores, step by step. What is to be forgotten is not archived first."""
    for upkeep in map(Upkeep, twins):
        if terms.keep_past_days:
            yield from upkeep.prune(now - timedelta(days=terms.keep_past_days))
        if terms.archive_after_days:
            yield from upkeep.archive(now - timedelta(days=terms.archive_after_days))


class Keeper:
    """A round of upkeep now, and once a day from now on, in a thread of its own."""

    def __init__(self, twins: Callable[[], Sequence[SqlTwin]], clock: Clock, terms: Terms) -> None:
        self._twins, self._clock, self._terms = twins, clock, terms
        self._thread = threading.Thread(target=self._daily, name="upkeep", daemon=True)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begins, unless nothing is ever to be done."""
        if self._terms != Terms():
            self._thread.start()

    def close(self) -> None:
        """Ends after the step that is under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _daily(self) -> None:
        while not self._stopping.is_set():
            self._round()
            self._stopping.wait(_DAY_S)

    def _round(self) -> None:
        """What cannot be done today is no reason to stop serving."""
        done = Done()
        try:
            for step in round_of(self._twins(), self._clock.now(), self._terms):
                done += step
                if self._stopping.is_set():
                    break
        except (HanseError, OSError) as error:
            log.warning("upkeep of the twin's past was left off, this is tried again tomorrow: %s", error)
        log.info(
            "upkeep: %d points archived, %d points and %d versions forgotten", done.archived, done.points, done.versions
        )


def stores(database: Any, config: CityConfig, clock: Clock, outbox: Outbox) -> list[SqlTwin]:  # noqa: ANN401
    """The stores of every tenant that has a past: the city's own and those that share its twin."""
    tenants = {config.tenant}
    for table in ("series", "dataset"):
        tenants |= {row[0] for row in database.read().execute(f"SELECT DISTINCT tenant FROM {table}").fetchall()}  # noqa: S608
    return [opened_twin(database, tenant, clock, outbox, config.state) for tenant in sorted(tenants)]
