# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Any run of writes and appended points against a plain model: series, latest values, versions, moments of the past.

Points older than a moment may be moved into Parquet files at any time: nothing that is asked shows it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from clocks import StillClock
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from twin_world import AUTHORITY, LocalTwin, point

from hanse.kernel.clock import timestamp
from hanse.twin import rows
from hanse.twin.adapters.history.store import sql_history
from hanse.twin.adapters.history.upkeep import Upkeep
from hanse.twin.history.instances import micros
from hanse.twin.history.model import Appended, Span
from hanse.twin.model import Filter, Operator, Query

URN = f"urn:hanse:{AUTHORITY}:sensor:1"
MINUTE = 60_000_000
START = micros("2026-11-20T00:00:00Z")
TIMES = st.integers(0, 3 * 24 * 60)  # minutes
VALUES = st.integers(-20, 20)


def at(minute: int) -> str:
    return timestamp(datetime.fromtimestamp((START + minute * MINUTE) / 1e6, UTC))


class HistoryMachine(RuleBasedStateMachine):
    """The model: values of the series by minute, and what the entity showed when."""

    store = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = StillClock()
        self.twin = LocalTwin.make(self.folder, self.clock, store=self.store)
        self.history = sql_history(self.twin.store, self.twin.config.city.crs, self.clock)
        self.series: dict[int, float] = {}
        self.latest: tuple[int, float] | None = None
        self.name = "a"
        self.versions: list[tuple[str, str]] = []
        self.speed_since = ""

    def teardown(self) -> None:
        self.twin.database.close()
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        self.dataset = self.twin.put("sensors")
        self.put({})
        self.versions.append((self.now(), self.name))

    def now(self) -> str:
        return timestamp(self.clock.now())

    def put(self, attributes: dict[str, Any]) -> None:
        entity = {
            "id": URN,
            "type": "Sensor",
            "name": {"type": "Property", "value": self.name},
            "location": point(4.5, 51.9),
            **attributes,
        }
        self.twin.store.write(self.dataset, [rows.row(entity, self.twin.config.city.crs)])

    def observed(self) -> dict[str, Any]:
        if self.latest is None:
            return {}
        minute, value = self.latest
        return {"speed": {"type": "Property", "value": value, "unitCode": "KMH", "observedAt": at(minute)}}

    @rule(minute=TIMES, value=VALUES)
    def replace_value(self, minute: int, value: int) -> None:
        """The entity is written with another value: what it showed stays in the series."""
        self.clock.forward(seconds=1)
        self.added()
        if self.latest is not None:
            self.series[self.latest[0]] = self.latest[1]
        self.latest = (minute, value)
        self.series[minute] = value
        self.put(self.observed())

    @rule(name=st.sampled_from(["a", "b", "c"]))
    def rename(self, name: str) -> None:
        self.clock.forward(seconds=1)
        if name != self.name:
            self.name = name
            self.put(self.observed())
            self.versions.append((self.now(), name))

    def added(self) -> None:
        """An attribute that comes makes a version."""
        if self.latest is None:
            self.versions.append((self.now(), self.name))
            self.speed_since = self.now()

    @rule(points=st.dictionaries(TIMES, VALUES, min_size=1, max_size=5))
    def append(self, points: dict[int, int]) -> None:
        self.clock.forward(seconds=1)
        self.added()
        times = [START + minute * MINUTE for minute in points]
        values = [float(value) for value in points.values()]
        assert self.history.append([Appended(0, URN, "speed", "", "KMH", times, values)]) == len(points)
        self.series |= points
        newest = max(points)
        if self.latest is None or newest >= self.latest[0]:
            self.latest = (newest, points[newest])
        elif self.latest[0] in points:
            self.latest = (self.latest[0], points[self.latest[0]])
        self.series[self.latest[0]] = self.latest[1]

    @rule(day=st.integers(1, 4))
    def archive(self, day: int) -> None:
        list(Upkeep(self.twin.store).archive(datetime(2026, 11, 20 + day, tzinfo=UTC)))

    @rule(first=TIMES, last=TIMES, count=st.integers(0, 4))
    def ask(self, first: int, last: int, count: int) -> None:
        span = Span(START + first * MINUTE, START + last * MINUTE, count)
        expected = [(minute, value) for minute, value in sorted(self.series.items()) if first <= minute < last]
        tracks = list(self.history.tracks([self.entity()], ["speed"], span))
        found = [(one.time_us, one.amount) for track in tracks for one in track.points]
        shown = [(START + minute * MINUTE, value) for minute, value in expected]
        assert found == (shown[-count:] if count else shown)
        columns = list(self.history.columns([self.entity()], ["speed"], span))
        numbers = [pair for one in columns for pair in zip(one.times.tolist(), one.numbers.tolist(), strict=True)]
        assert sorted(numbers) == shown

    @rule(minute=TIMES, threshold=VALUES)
    def ask_of_then(self, minute: int, threshold: int) -> None:
        """What it shows now, if that was observed by then; else what was observed last by then."""
        self.clock.forward(seconds=1)
        moment = max(at(minute), self.versions[0][0])
        earlier = [(m, v) for m, v in self.series.items() if START + m * MINUTE <= micros(moment)]
        expected = None
        if self.latest is not None and moment >= self.speed_since:
            now_too = START + self.latest[0] * MINUTE <= micros(moment)
            expected = self.latest[1] if now_too else max(earlier)[1] if earlier else None
        found = self.twin.store.many([URN], 0, moment)[URN]
        entity = json.loads(found.json)
        assert entity.get("speed", {}).get("value") == expected
        assert entity["name"]["value"] == [name for since, name in self.versions if since <= moment][-1]
        query = Query(filters=(Filter("speed", Operator.GREATER, threshold),), as_of=moment)
        assert bool(list(self.twin.store.matching(query))) == (expected is not None and expected > threshold)

    def entity(self) -> Any:
        return self.twin.store.many([URN])[URN]

    @invariant()
    def the_entity_shows_the_latest(self) -> None:
        shown = json.loads(self.entity().json).get("speed")
        if self.latest is None:
            assert shown is None
        else:
            assert (shown["value"], micros(shown["observedAt"])) == (self.latest[1], START + self.latest[0] * MINUTE)

    @invariant()
    def values_make_no_versions(self) -> None:
        found = self.history.versions(URN)
        assert [one.since for one in found] == [since for since, _ in reversed(self.versions)]
        assert found[0].until == ""


class PostgresHistoryMachine(HistoryMachine):
    """The same on PostgreSQL."""

    store = "postgres"


SETTINGS = settings(max_examples=12, stateful_step_count=15, deadline=None)
HistoryMachine.TestCase.settings = SETTINGS
PostgresHistoryMachine.TestCase.settings = settings(SETTINGS, max_examples=5)
TestHistory = HistoryMachine.TestCase
TestPostgresHistory = pytest.mark.usefixtures("postgres")(PostgresHistoryMachine.TestCase)
