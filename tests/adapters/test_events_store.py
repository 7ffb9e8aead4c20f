# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Outbox and inbox in a real database: together with the change, or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cities import make_city

from hanse.kernel.events_model import Event, EventError, Received
from hanse.kernel.events_store import KEEP_RECEIVED, KEEP_SENT, OUTBOX_SCHEMA, Inbox, Outbox
from hanse.kernel.storage import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clocks import StillClock

    from hanse.kernel.config import CityConfig


@pytest.fixture
def config(tmp_path: Path) -> CityConfig:
    return make_city(tmp_path / "city")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "x.db", (OUTBOX_SCHEMA,))
    yield made
    made.close()


def event(n: int) -> Event:
    return Event("twin/v1", "1.0.0", "entities-changed", "", {"n": n})


def test_what_is_rolled_back_is_not_told(config: CityConfig, database: Database, clock: StillClock) -> None:
    outbox = Outbox(config, clock, "twin")
    with pytest.raises(RuntimeError), database.write() as connection:
        outbox.add(connection, event(1))
        raise RuntimeError
    assert outbox.pending(database, 10) == []


def test_events_leave_in_the_order_they_were_added(config: CityConfig, database: Database, clock: StillClock) -> None:
    outbox = Outbox(config, clock, "twin")
    for n in range(20):  # the clock stands still: ids of one millisecond do not tell the order
        with database.write() as connection:
            outbox.add(connection, event(n))
    pending = outbox.pending(database, 100)
    assert [json.loads(each.body)["data"]["n"] for each in pending] == list(range(20))
    outbox.mark_sent(database, pending[:5])
    assert outbox.pending(database, 100) == pending[5:]


def test_a_row_names_contract_and_revision(config: CityConfig, database: Database, clock: StillClock) -> None:
    with database.write() as connection:
        Outbox(config, clock, "twin").add(connection, event(1))
    row = database.read().execute("SELECT tenant, contract, revision, created FROM outbox").fetchone()
    assert row == ("marewijk.example", "twin/v1", "1.0.0", "2026-11-23T12:00:00.000Z")


def test_an_event_that_cannot_travel_fails_the_transaction(
    config: CityConfig, database: Database, clock: StillClock
) -> None:
    with pytest.raises(EventError), database.write() as connection:
        Outbox(config, clock, "twin").add(connection, Event("twin", "1", "x", "", {}))


def test_sent_events_are_forgotten_after_a_while_and_waiting_ones_never(
    config: CityConfig, database: Database, clock: StillClock
) -> None:
    outbox = Outbox(config, clock, "twin")
    with database.write() as connection:
        for n in range(4):
            outbox.add(connection, event(n))
    outbox.mark_sent(database, outbox.pending(database, 2))
    clock.forward(seconds=KEEP_SENT.total_seconds() + 1)
    outbox.prune(database)
    kept = database.read().execute("SELECT position FROM outbox ORDER BY position").fetchall()
    assert kept == [(3,), (4,)]
    outbox.mark_sent(database, outbox.pending(database, 2))
    clock.forward(seconds=KEEP_SENT.total_seconds() + 1)
    outbox.prune(database)
    with database.write() as connection:
        outbox.add(connection, event(9))
    assert [each.position for each in outbox.pending(database, 9)] == [5]


def test_an_incoming_event_counts_once_per_city(config: CityConfig, database: Database, clock: StillClock) -> None:
    inbox = Inbox(config, clock)
    one = Received("e1", "lindemond.example", "twin/v1", "entities-changed", {})
    same_id_elsewhere = Received("e1", "third.example", "twin/v1", "entities-changed", {})
    with database.write() as connection:
        assert inbox.take(connection, one)
        assert not inbox.take(connection, one)
        assert inbox.take(connection, same_id_elsewhere)
    clock.forward(seconds=KEEP_RECEIVED.total_seconds() + 1)
    inbox.prune(database)
    with database.write() as connection:
        assert inbox.take(connection, one)
