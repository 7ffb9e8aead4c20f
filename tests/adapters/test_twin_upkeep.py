# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Old points move into files and older ones go, day by day; at no moment does an answer show it, nor a kill lose it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cities import city_path
from clocks import StillClock
from twin_world import AUTHORITY, LocalTwin

from hanse.cli.main import main
from hanse.kernel.clock import timestamp
from hanse.twin import rows
from hanse.twin.adapters.history import archive, upkeep
from hanse.twin.adapters.history.altering import Altering
from hanse.twin.adapters.history.store import SqlHistory, sql_history
from hanse.twin.adapters.history.upkeep import Done, Keeper, Terms, Upkeep, round_of, stores
from hanse.twin.history.instances import micros
from hanse.twin.history.model import Appended, Span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URN = f"urn:hanse:{AUTHORITY}:sensor:1"
START = datetime(2026, 11, 10, tzinfo=UTC)
DAYS, A_DAY = 12, 24
KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from hanse.kernel.clock import system_clock
from hanse.kernel.config import load
from hanse.kernel.events import Outbox
from hanse.twin.adapters.history import archive
from hanse.twin.adapters.databases.opening import open_database
from hanse.twin.adapters.history.upkeep import Terms, round_of, stores

config = load(Path(sys.argv[1]))
written = archive.Archive._write
count = 0

def write(self, *arguments):
    global count
    written(self, *arguments)
    count += 1
    if count == 3:  # the file is in place, its points are still in the database
        os.kill(os.getpid(), signal.SIGKILL)

archive.Archive._write = write
database = open_database(config)
twins = stores(database, config, system_clock(), Outbox(config, system_clock(), "twin"))
list(round_of(twins, datetime(2026, 11, 23, 12, tzinfo=UTC), Terms(archive_after_days=2)))
"""


@dataclass
class Past:
    """A twin with a sensor that said something each hour of twelve days."""

    twin: LocalTwin
    clock: StillClock

    @property
    def history(self) -> SqlHistory:
        return sql_history(self.twin.store, self.twin.config.city.crs, self.clock)

    def fill(self) -> None:
        dataset = self.twin.put("sensors")
        self.write(dataset, "a")
        times = [micros(timestamp(START + timedelta(hours=hour))) for hour in range(DAYS * A_DAY)]
        numbers = [float(hour) for hour in range(DAYS * A_DAY)]
        self.history.append([Appended(0, URN, "speed", "", "KMH", times, numbers)])

    def write(self, dataset: str, name: str) -> None:
        """The sensor anew; another name makes a version."""
        document = {"id": URN, "type": "Sensor", "name": {"type": "Property", "value": name}}
        self.twin.store.write(dataset, [rows.row(document, self.twin.config.city.crs)])

    def numbers(self) -> list[float | None]:
        found = self.twin.store.many([URN])[URN]
        return [one.amount for track in self.history.tracks([found], ["speed"], Span()) for one in track.points]

    def count(self, table: str) -> int:
        count: int = self.twin.database.read().execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
        return count

    def hot(self) -> int:
        return self.count("point")

    def files(self) -> list[str]:
        folder = self.twin.config.state / "history" / AUTHORITY
        return sorted(path.name for path in folder.glob("*.p*"))

    def round(self, **terms: int) -> Done:
        twins = stores(self.twin.database, self.twin.config, self.clock, self.twin.outbox)
        return sum(round_of(twins, self.clock.now(), Terms(**terms)), Done())


@pytest.fixture
def past(tmp_path: Path, store: str) -> Iterator[Past]:
    made = Past(LocalTwin.make(tmp_path, clock := StillClock(), store=store), clock)
    made.fill()
    yield made
    made.twin.database.close()


EVERY = [float(hour) for hour in range(DAYS * A_DAY)]


def test_what_is_old_moves_and_is_answered_as_before(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PORTION", 7)  # several files' worth of portions a day
    hot = past.hot()
    done = past.round(archive_after_days=5)  # it is noon of the 23rd: whole days that end by noon of the 18th
    assert done == Done(archived=8 * A_DAY)
    assert past.hot() == hot - 8 * A_DAY
    assert past.files() == [f"2026-11-{day}.parquet" for day in range(10, 18)]
    assert past.numbers() == EVERY
    assert past.round(archive_after_days=5) == Done()


def test_what_is_too_old_is_forgotten_wherever_it_lies(past: Past) -> None:
    past.round(archive_after_days=9)
    assert past.round(keep_past_days=10).points == 3 * A_DAY + 12
    assert past.numbers() == EVERY[3 * A_DAY + 12 :]
    assert past.files() == ["2026-11-13.parquet"]
    past.clock.forward(days=400)
    past.round(keep_past_days=1)
    assert past.numbers() == EVERY[-1:], "the present stays, whenever it was observed"


def test_former_versions_are_forgotten_and_the_present_stays(past: Past) -> None:
    for name in ("b", "c"):
        past.clock.forward(days=10)
        past.write(f"urn:hanse:{AUTHORITY}:dataset:sensors", name)
    assert len(past.history.versions(URN)) == 3
    for days, left in ((0, 2), (6, 1)):
        past.clock.forward(days=days)
        before = past.count("entity")
        assert past.round(keep_past_days=5).versions == before - past.count("entity") > 0
        assert len(past.history.versions(URN)) == left
    assert json.loads(past.twin.store.many([URN])[URN].json)["name"]["value"] == "c"
    assert past.count("entity") == past.count("entity_body") == 1


def test_only_some_attributes_may_be_forgotten(past: Past) -> None:
    assert sum(Upkeep(past.twin.store).prune(past.clock.now(), ["noise"]), Done()) == Done()
    assert sum(Upkeep(past.twin.store).prune(past.clock.now(), ["speed"]), Done()).points > 0


def test_a_kill_between_file_and_deletion_loses_and_doubles_nothing(tmp_path: Path) -> None:
    past = Past(LocalTwin.make(tmp_path, clock := StillClock()), clock)
    past.fill()
    hot = past.hot()
    path = str(city_path(past.twin.config))
    killed = subprocess.run([sys.executable, "-c", KILLED, path], capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(past.files()) == 3
    assert past.hot() == hot - 2 * A_DAY, "of the third day both hold all points"
    assert past.numbers() == EVERY
    assert past.round(archive_after_days=2) == Done(archived=(11 - 2) * A_DAY)
    assert past.numbers() == EVERY
    assert past.files() == [f"2026-11-{day}.parquet" for day in range(10, 21)]
    past.twin.database.close()


def test_what_is_deleted_while_it_is_archived_does_not_come_back(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    deleting: list[threading.Thread] = []
    write = archive.Archive._write

    def slow(self: archive.Archive, day: int, *more: Any) -> None:
        if not deleting:  # the points were read, and are not yet in the file
            deleting.append(threading.Thread(target=Altering(past.history).delete_series, args=(URN, "speed")))
            deleting[0].start()
            deleting[0].join(0.5)  # it waits for the lock; without one it would be done by now
        write(self, day, *more)

    monkeypatch.setattr(archive.Archive, "_write", slow)
    past.round(archive_after_days=5)
    deleting[0].join()
    found = past.twin.store.many([URN])[URN]
    assert list(past.history.tracks([found], ["speed"], Span(), present_too=False)) == []
    assert past.files() == []


def test_the_twin_does_it_at_its_start_and_daily(past: Past, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(upkeep, "_DAY_S", 0.01)
    keeper = Keeper(lambda: [past.twin.store], past.clock, Terms(archive_after_days=5))
    keeper.start()
    wait = threading.Event()
    while len(past.files()) < 8:
        wait.wait(0.01)
    past.clock.forward(days=1)
    while len(past.files()) < 9:
        wait.wait(0.01)
    keeper.close()
    assert f"{8 * A_DAY} points archived" in caplog.text
    assert past.numbers() == EVERY
    idle = Keeper(lambda: [past.twin.store], past.clock, Terms())
    idle.start()
    idle.close()


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path, caplog: Any) -> None:
    past = Past(LocalTwin.make(tmp_path, clock := StillClock()), clock)
    past.fill()
    (past.twin.config.state / "history").write_text("no folder")
    keeper = Keeper(lambda: [past.twin.store], past.clock, Terms(archive_after_days=5))
    keeper._round()
    assert "tried again tomorrow" in caplog.text
    past.twin.database.close()


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    past = Past(LocalTwin.make(tmp_path, clock := StillClock()), clock)
    past.fill()
    city = ["--city", str(city_path(past.twin.config)), "--json", "twin", "keep"]
    os.utime(past.twin.config.state)
    assert main([*city, "--archive-after", "0"]) == 2
    assert "--keep-past" in capsys.readouterr().err
    assert main([*city, "--archive-after", "1", "--keep-past", "36500"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["points"] == told["versions"] == 0
    assert told["archive_after_days"] == 1
    assert past.numbers() == EVERY
    past.twin.database.close()
