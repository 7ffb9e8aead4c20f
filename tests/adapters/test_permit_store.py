# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the permit service keeps, on real SQLite: idempotence, ends, outdating, events in the same transaction."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from permit_world import LINDEMOND, MAREWIJK, SUBJECT, Noon

from hanse.kernel.errors import ConflictError, LimitExceededError
from hanse.kernel.storage import Database
from hanse.permit.adapters.quotas import Quota
from hanse.permit.adapters.repository import SqliteStore
from hanse.permit.adapters.schema import MIGRATIONS
from hanse.permit.check import Reliance
from hanse.permit.model import Dataset, Source, SourceState
from hanse.permit.outdating import changes_of
from hanse.permit.records import Change, CheckInput, CheckRecord, Ending, ModelRecord, State, ZoningRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hanse.kernel.events import Event

BUILDING = f"urn:hanse:{LINDEMOND}:building:a"


@dataclass
class Told:
    """Where events go; fails when told to."""

    events: list[Event] = field(default_factory=list)
    fails: bool = False

    def add(self, _connection: sqlite3.Connection, event: Event) -> str:
        """Notes an event."""
        if self.fails:
            raise sqlite3.IntegrityError("no room for events")
        self.events.append(event)
        return "id"


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "permit.db", MIGRATIONS)
    yield database
    database.close()


@pytest.fixture
def store(database: Database, told: Told) -> SqliteStore:
    return SqliteStore(database, MAREWIJK, Noon(), told)


def model(key: str = "1", request_id: str = "") -> ModelRecord:
    return ModelRecord(f"urn:hanse:{MAREWIJK}:model:{key}", SUBJECT, "a.ifc", 10, "ab" * 32, "IFC4", "now", request_id)


def check(key: str = "1", request_id: str = "", **changes: object) -> CheckRecord:
    wanted = CheckInput("model", (("z", "aa"),), "2026-11-23", (LINDEMOND,), "permit-check", request_id, 10_000)
    wanted = replace(wanted, **changes)  # type: ignore[arg-type]
    key = f"urn:hanse:{MAREWIJK}:check:{key}"
    return CheckRecord(key, SUBJECT, wanted, State.QUEUED, 1, "waiting", 0, "now", "now")


def ended(**changes: object) -> Ending:
    source = Source(LINDEMOND, SourceState.ANSWERED, "now", 1, "cd" * 32, "x", "", (Dataset("d", "t"),))
    ending = Ending(
        State.SUCCEEDED,
        "COMPLIANT",
        sources=(source,),
        documents=(("report", b"{}"), ("scene", b"s")),
        report_sha256="ef" * 32,
        reliance=Reliance((5.0, 51.0, 5.1, 51.1), (BUILDING,), ("urn:hanse:marewijk.example:zoning:z",)),
    )
    return replace(ending, **changes)  # type: ignore[arg-type]


def test_a_record_comes_back_as_it_was_stored(store: SqliteStore) -> None:
    assert store.add_check(check()) == check()
    assert store.check(check().id) == check()
    assert store.add_model(model()) == model()
    assert store.model(model().id) == model()
    assert store.check("another") is None


def test_a_request_is_done_once_and_its_id_means_one_thing(store: SqliteStore) -> None:
    first = store.add_check(check("1", "r"))
    assert store.add_check(check("2", "r")).id == first.id
    assert store.add_check(check("2", "r", zonings=(("z", "bb"),))).id == first.id  # the law may have changed meanwhile
    with pytest.raises(ConflictError):
        store.add_check(check("3", "r", day="2026-11-24"))
    store.add_model(model("1", "r"))
    assert store.add_model(model("2", "r")).id == model("1").id
    with pytest.raises(ConflictError):
        store.add_model(replace(model("3", "r"), sha256="cd" * 32))


def test_another_subject_s_request_id_is_another_request(store: SqliteStore) -> None:
    store.add_check(check("1", "r"))
    other = replace(check("2", "r"), subject="urn:hanse:marewijk.example:person:" + "cd" * 32)
    assert store.add_check(other).id == other.id


OTHER = f"urn:hanse:{MAREWIJK}:person:" + "cd" * 32
LATER = "2026-11-01T00:00:00.000Z"
LONG_AGO = "2026-01-01T00:00:00.000Z"


def file(number: int, size: int = 10, created: str = LATER, **changes: str) -> ModelRecord:
    """An upload of other bytes than any other."""
    made = replace(model(str(number)), sha256=f"{number:064x}", size_bytes=size, created=created)
    return replace(made, **changes)  # type: ignore[arg-type]


def held(database: Database, **limits: int) -> SqliteStore:
    return SqliteStore(database, MAREWIJK, Noon(), Told(), Quota(**limits))


def test_a_subject_keeps_only_so_many_models(database: Database) -> None:
    store = held(database, models=2)
    store.add_model(file(1, created=LONG_AGO))  # its bytes are gone: it no longer counts
    store.add_model(file(2))
    store.add_model(file(3, request_id="r"))
    with pytest.raises(LimitExceededError, match=r"limits\.models_per_subject"):
        store.add_model(file(4))
    with pytest.raises(LimitExceededError):
        store.admit_model(SUBJECT, "", "", 0)
    assert store.add_model(file(3, request_id="r")).id == file(3).id, "a retry is no other model"
    store.admit_model(SUBJECT, "r", "", 0)
    store.add_model(file(5, subject=OTHER))
    assert store.model(file(4).id) is None


def test_a_subject_s_models_have_only_so_many_bytes(database: Database) -> None:
    store = held(database, model_bytes=100)
    store.add_model(file(1, 60))
    store.add_model(replace(file(1, 60), id="again"))  # equal bytes lie there once
    with pytest.raises(LimitExceededError, match=r"limits\.model_bytes_per_subject"):
        store.add_model(file(2, 41))
    with pytest.raises(LimitExceededError):
        store.admit_model(SUBJECT, "", "", 41)
    store.admit_model(SUBJECT, "", file(1).sha256, 60)
    store.add_model(file(3, 41, subject=OTHER))
    store.add_model(file(4, 40))


def test_only_so_many_checks_are_open(database: Database) -> None:
    store = held(database, checks=2, city_checks=3)
    for key in "12":
        store.add_check(check(key, key))
    with pytest.raises(LimitExceededError, match=r"limits\.checks_open_per_subject"):
        store.add_check(check("3"))
    assert store.add_check(check("2", "2")).id == check("2").id, "a retry is no other check"
    store.add_check(replace(check("4"), subject=OTHER))
    store.end(check("1").id, ended())
    with pytest.raises(LimitExceededError, match="3 checks"):
        for key in "56":
            store.add_check(replace(check(key), subject=OTHER + key))


def test_every_step_raises_the_sequence(store: SqliteStore) -> None:
    store.add_check(check())
    assert store.advance(check().id, "reading the model", 5)
    held = store.check(check().id)
    assert held is not None
    assert (held.state, held.sequence, held.step, held.percent) == (State.RUNNING, 2, "reading the model", 5)


def test_an_end_is_final_and_told_once(store: SqliteStore, told: Told) -> None:
    store.add_check(check())
    store.keep(check().id, "gathered", b"answers")
    assert store.end(check().id, ended())
    assert not store.end(check().id, Ending(State.CANCELLED))
    assert not store.advance(check().id, "late", 99)
    held = store.check(check().id)
    assert held is not None
    assert (held.state, held.percent, held.verdict) == (State.SUCCEEDED, 100, "COMPLIANT")
    assert held.sources == ended().sources
    assert store.document(check().id, "report") == b"{}"
    assert store.document(check().id, "gathered") is None
    assert [event.name for event in told.events] == ["check-finished"]
    assert told.events[0].data["verdict"] == "COMPLIANT"


def test_an_end_that_cannot_be_told_did_not_happen(store: SqliteStore, told: Told) -> None:
    store.add_check(check())
    told.fails = True
    with pytest.raises(sqlite3.IntegrityError):
        store.end(check().id, ended())
    held = store.check(check().id)
    assert held is not None
    assert held.state is State.QUEUED
    assert store.document(check().id, "report") is None


def test_unfinished_checks_are_found_after_a_restart(database: Database, told: Told, store: SqliteStore) -> None:
    for key in ("1", "2", "3"):
        store.add_check(check(key))
    store.end(check("2").id, Ending(State.FAILED))
    again = SqliteStore(database, MAREWIJK, Noon(), told)
    assert [record.id for record in again.unfinished()] == [check("1").id, check("3").id]


def mark(store: SqliteStore, database: Database, *changes: Change) -> list[str]:
    with database.write() as connection:
        return store.mark_outdated(connection, changes)


@pytest.mark.parametrize(
    ("change", "hit"),
    [
        (Change("twin", LINDEMOND, BUILDING, "changed"), True),
        (Change("twin", LINDEMOND, "urn:hanse:x:building:new", "added", (5.09, 51.09, 5.2, 51.2)), True),
        (Change("twin", LINDEMOND, "urn:hanse:x:building:new", "added", (5.11, 51.0, 5.2, 51.1)), False),
        (Change("twin", LINDEMOND, "urn:hanse:x:building:new", "added"), False),
        (Change("zoning", MAREWIJK, "urn:hanse:marewijk.example:zoning:z", "z"), True),
        (Change("zoning", MAREWIJK, "urn:hanse:marewijk.example:zoning:other", "other"), False),
    ],
)
def test_a_result_is_outdated_by_what_it_rests_on(
    store: SqliteStore, database: Database, told: Told, change: Change, *, hit: bool
) -> None:
    store.add_check(check())
    store.end(check().id, ended())
    assert mark(store, database, change) == ([check().id] if hit else [])
    held = store.check(check().id)
    assert held is not None
    assert held.outdated is hit
    assert [event.name for event in told.events] == ["check-finished", *(["check-outdated"] if hit else [])]


def test_a_result_is_outdated_once_and_keeps_its_first_reason(
    store: SqliteStore, database: Database, told: Told
) -> None:
    store.add_check(check())
    store.end(check().id, ended())
    mark(store, database, Change("twin", LINDEMOND, BUILDING, "first"))
    mark(store, database, Change("twin", LINDEMOND, BUILDING, "second"))
    held = store.check(check().id)
    assert held is not None
    assert "first" in held.outdated_reason
    assert len(told.events) == 2


def test_a_change_while_a_check_runs_is_not_missed(store: SqliteStore, database: Database) -> None:
    store.add_check(check())
    store.rest_on(check().id, Reliance((5.0, 51.0, 5.1, 51.1), (), ()))
    mark(store, database, Change("twin", LINDEMOND, "urn:hanse:x:building:new", "added", (5.0, 51.0, 5.0, 51.0)))
    store.end(check().id, ended())
    held = store.check(check().id)
    assert held is not None
    assert (held.state, held.outdated) == (State.SUCCEEDED, True)


def test_each_tenant_sees_its_own(database: Database, told: Told, store: SqliteStore) -> None:
    store.add_check(check())
    store.end(check().id, ended())
    other = SqliteStore(database, LINDEMOND, Noon(), told)
    assert other.check(check().id) is None
    assert other.document(check().id, "report") is None
    assert mark(other, database, Change("twin", LINDEMOND, BUILDING, "changed")) == []


def zoning(body: str, key: str = "z") -> ZoningRecord:
    return ZoningRecord(f"urn:hanse:{MAREWIJK}:zoning:{key}", body * 64, "1.0.0", body.encode(), "now")


def change(record: ZoningRecord) -> Change:
    return Change("zoning", MAREWIJK, record.id, record.id)


def test_a_newer_text_replaces_and_the_older_stays_readable(store: SqliteStore) -> None:
    for body in ("a", "b"):
        store.put_zoning(zoning(body), change(zoning(body)))
    assert store.zoning(zoning("a").id) == zoning("b")
    assert store.zoning(zoning("a").id, "a" * 64) == zoning("a")
    store.put_zoning(zoning("a"), change(zoning("a")))
    assert store.zoning(zoning("a").id) == zoning("a")


def test_only_another_text_outdates_results(store: SqliteStore) -> None:
    store.put_zoning(zoning("a"), change(zoning("a")))
    store.add_check(check())
    store.end(check().id, ended())
    store.put_zoning(zoning("a"), change(zoning("a")))
    held = store.check(check().id)
    assert held is not None
    assert not held.outdated
    store.put_zoning(zoning("b"), change(zoning("b")))
    held = store.check(check().id)
    assert held is not None
    assert held.outdated


def test_documents_are_listed_in_the_order_of_their_ids(store: SqliteStore) -> None:
    for key in ("c", "a", "b"):
        store.put_zoning(zoning("x", key), change(zoning("x", key)))
    listed = list(store.zonings(zoning("x", "a").id, 10))
    assert [record.id.rsplit(":", 1)[1] for record in listed] == ["b", "c"]


def test_a_neighbour_s_event_speaks_of_its_own_entities_only() -> None:
    data = {
        "changes": [
            {"id": BUILDING, "type": "Building", "change": "replaced", "bbox": [5, 51, 5.1, 51.1]},
            {"id": f"urn:hanse:{MAREWIJK}:building:b", "type": "Building", "change": "deleted", "bbox": None},
            {"id": f"urn:hanse:{LINDEMOND}:tree:t", "type": "Tree", "change": "created", "bbox": [5, 51, 5, 51]},
            {"id": BUILDING, "type": "Building", "change": "eaten", "bbox": None},
            {"id": BUILDING, "type": "Building", "change": "deleted", "bbox": [5, 51, "x", 51]},
            "nonsense",
        ]
    }
    found = changes_of(LINDEMOND, json.loads(json.dumps(data)))
    assert [(each.cause.rsplit(":", 1)[1], each.box) for each in found] == [
        ("a", (5.0, 51.0, 5.1, 51.1)),
        ("t", None),
        ("a", None),
    ]
    assert changes_of(LINDEMOND, {"changes": 7}) == []
