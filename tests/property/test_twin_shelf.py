# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Registrations that are remembered: always what stands in the database, whoever wrote it, and never without bound."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import postgres_cluster
import pytest
from clocks import StillClock
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hanse.kernel.storage import Database
from hanse.twin.adapters.databases.opening import postgres_database
from hanse.twin.adapters.databases.schema import MIGRATIONS
from hanse.twin.adapters.registrations import RegistrationShelf
from hanse.twin.adapters.remembering import Memory, Read, memory_of
from hanse.twin.adapters.subscriptions import SubscriptionShelf
from hanse.twin.registrations.model import Health, Registration
from hanse.twin.subscriptions.images import ENTITIES, REGISTRATIONS
from hanse.twin.subscriptions.model import Kept

if TYPE_CHECKING:
    from collections.abc import Iterator

IDS = [f"urn:ngsi-ld:ContextSourceRegistration:{number}" for number in range(40)]
TENANTS = ["marewijk", "marewijk/port"]
RUNS = itertools.count()
OTHER_PROCESS = """
import sys
from pathlib import Path
from hanse.kernel.clock import system_clock
from hanse.kernel.storage import Database
from hanse.twin.adapters.databases.opening import postgres_database
from hanse.twin.adapters.databases.schema import MIGRATIONS
from hanse.twin.adapters.registrations import RegistrationShelf
kind, place, schema, tenant, name = sys.argv[1:]
database = Database(Path(place), MIGRATIONS) if kind == "sqlite" else postgres_database(place, schema)
assert RegistrationShelf(database, tenant).add(name, {"id": name}, system_clock().now())
database.close()
"""


@dataclass(frozen=True)
class Place:
    """A store that may be opened several times, as by several processes."""

    kind: str
    where: str
    schema: str

    def open(self) -> Any:
        if self.kind == "postgres":
            return postgres_database(self.where, self.schema)
        return Database(self.where, MIGRATIONS, durable=False)  # type: ignore[arg-type]


@pytest.fixture
def place(tmp_path: Any, store: str) -> Place:
    if store == "postgres":
        return Place(store, postgres_cluster.roomy_url(), postgres_cluster.new_schema())
    return Place(store, tmp_path / "twin.db", "")


@pytest.fixture
def opened(place: Place) -> Iterator[list[Any]]:
    """The store opened twice; what one remembers the other does not."""
    both = [place.open(), place.open()]
    yield both
    for each in both:
        each.close()


def unremembered(database: Any, tenant: str) -> list[Registration]:
    """Straight from the table."""
    sql = (
        "SELECT id, document, created, modified, sent, failed, success, failure, streak, again FROM registration"
        " WHERE tenant=? ORDER BY created, id"
    )
    rows = database.read().execute(sql, (tenant,)).fetchall()
    return [Registration(row[0], json.loads(row[1]), row[2], row[3], Health(*row[4:])) for row in rows]


def test_what_another_process_registers_is_seen_at_once(place: Place, opened: list[Any]) -> None:
    shelf = RegistrationShelf(opened[0], TENANTS[0])
    for number in range(2):
        assert len(shelf.all()) == number
        command = [sys.executable, "-c", OTHER_PROCESS, place.kind, place.where, place.schema, TENANTS[0], IDS[number]]
        subprocess.run(command, check=True, timeout=60)
        assert [each.id for each in shelf.all()] == IDS[: number + 1]


steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "replace", "delete", "settle", "fail"]),
        st.integers(0, 1),  # by which process
        st.sampled_from(TENANTS),
        st.integers(0, len(IDS) - 1).map(lambda number: number // 8) | st.integers(0, len(IDS) - 1),
    ),
    max_size=25,
)


@given(steps=steps, already=st.sampled_from([0, len(IDS) - 3]))  # the latter are more than are asked for by id
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_remembered_is_what_stands_there(opened: list[Any], steps: Any, already: int) -> None:
    clock, turns, run = StillClock(), itertools.count(), next(RUNS)
    tenants = [f"{each}/{run}" for each in TENANTS]
    shelves = [
        {name: RegistrationShelf(each, owner) for name, owner in zip(TENANTS, tenants, strict=True)} for each in opened
    ]
    for number in range(already):
        shelves[0][TENANTS[0]].add(IDS[number], {"id": IDS[number]}, clock.now())
    for what, process, tenant, number in steps:
        shelf, name = shelves[process][tenant], IDS[number]
        document = {"id": name, "turn": next(turns), "information": [{"entities": [{"type": "Crane"}]}]}
        if what == "add":
            shelf.add(name, document, clock.now())
        elif what == "replace" and shelf.get(name) is not None:
            shelf.replace(name, document, clock.now())
        elif what == "delete":
            shelf.delete(name, clock.now())
        else:
            again = clock.now() + timedelta(seconds=9) if what == "fail" else None
            shelf.settle(name, failed=what == "fail", now=clock.now(), again=again)
        clock.forward(seconds=-1 if what == "replace" else 1)  # clocks are put back, too
        for each in (shelf for some in shelves for shelf in some.values()):
            expected = unremembered(each.database, each.tenant)
            assert each.all() == expected
            assert each.with_health(each.documents()[:5]) == expected[:5]
            assert [each.get(one.id) for one in expected[:3]] == expected[:3]


def test_what_did_not_change_is_not_read_again_and_how_calls_go_is(opened: list[Any]) -> None:
    shelf, clock = RegistrationShelf(opened[0], TENANTS[0]), StillClock()
    for name in IDS:
        shelf.add(name, {"id": name}, clock.now())
    first = shelf.documents()
    shelf.settle(IDS[0], failed=True, now=clock.now(), again=None)
    assert shelf.documents() is first
    assert [each.health.failed for each in shelf.all()] == [1, *[0] * (len(IDS) - 1)]
    assert [each.health.failed for each in shelf.with_health(first[:2])] == [1, 0]
    shelf.delete(IDS[0], clock.now())
    assert shelf.documents() == first[1:]


def test_a_refused_registration_and_one_that_is_not_there_change_nothing(opened: list[Any]) -> None:
    shelf, clock = RegistrationShelf(opened[0], TENANTS[0]), StillClock()
    shelf.add(IDS[0], {"id": IDS[0]}, clock.now())
    first = shelf.documents()
    assert not shelf.add(IDS[0], {"id": "another"}, clock.now())
    assert not shelf.delete(IDS[1], clock.now())
    assert shelf.documents() is first


def test_memory_is_bounded_and_drops_what_was_asked_for_longest_ago() -> None:
    memory = Memory(most=100)
    for number in range(3):
        memory.put(f"t{number}", Read(1, (), 30))
    assert memory.get("t0", 1) == ()
    memory.put("t3", Read(1, (), 30))
    assert [memory.get(f"t{number}", 1) for number in range(4)] == [(), None, (), ()]
    memory.put("t0", Read(2, (), 101))
    assert memory.get("t0", 2) is None, "alone it is too much"
    memory.put("t2", Read(5, (), 10))
    memory.put("t2", Read(4, (), 99))
    assert memory.get("t2", 5) == (), "what came late is older"
    assert memory.characters == 40


def test_what_is_remembered_goes_with_the_database(place: Place) -> None:
    first, second = place.open(), place.open()
    assert memory_of(first) is memory_of(first)
    assert memory_of(first) is not memory_of(second)
    first.close()
    second.close()


@pytest.mark.parametrize("kind", [ENTITIES, REGISTRATIONS])
def test_a_subscription_changed_by_a_process_whose_clock_is_behind_is_noticed(opened: list[Any], kind: str) -> None:
    here, there = (SubscriptionShelf(each, TENANTS[0], kind) for each in opened)
    noon, before = "2026-11-23T12:00:00Z", "2026-11-23T11:59:00Z"
    one, other = (Kept(name, {"id": name}, noon, noon) for name in IDS[:2])
    seen = here.version()
    for change in (
        lambda: there.add(one),
        lambda: here.add(other),
        lambda: there.replace(replace(one, modified=before)),
        lambda: there.delete(one.id),
    ):
        change()
        assert here.version() == there.version() == seen + 1
        seen += 1
    assert not there.delete(one.id)
    assert not there.add(other)
    assert here.version() == seen
