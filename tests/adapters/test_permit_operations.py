# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Checks as operations, on real SQLite and a real worker: watched, cancelled, resumed, lost, never half done."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from clocks import StillClock
from permit_ifc import Block
from permit_world import HER_TOKEN, LINDEMOND, MAREWIJK, RD, SUBJECT, MemoryTwin, World

from hanse.contracts import validate_document
from hanse.kernel.clock import timestamp
from hanse.kernel.errors import HanseError, InvalidInputError, NotFoundError, UnavailableError
from hanse.kernel.events import Outbox
from hanse.kernel.storage import Database
from hanse.kernel.workers import WorkerPool
from hanse.permit.adapters import models
from hanse.permit.adapters.models import WorkerModels
from hanse.permit.adapters.repository import SqliteStore
from hanse.permit.adapters.schema import MIGRATIONS
from hanse.permit.adapters.uploads import Uploads
from hanse.permit.ifc.reader import read_model
from hanse.permit.operations import GATHERED, REPORT, SCENE, Checks, Settings
from hanse.permit.plans import Plans
from hanse.permit.ports import Answer, Box, Terms
from hanse.permit.records import CheckInput, CheckRecord, ModelRecord, State
from hanse.permit.report.scene import from_bytes
from hanse.permit.validating import check_report, check_zoning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.kernel.clock import Clock

STRANGER = f"urn:hanse:{MAREWIJK}:person:" + "cd" * 32
DAYS = {"from": "2020-01-01", "to": None}
TEXT = {"nl": "tekst", "en": "text"}


def article(key: str, measure: str, **parameters: object) -> dict[str, Any]:
    source = {"article": "art. 1", "title": TEXT, "text": TEXT, "in_force": DAYS}
    return {"id": key, "measure": measure, "parameters": parameters, "source": source}


LAW = {
    "contract": "zoning/v1",
    "revision": "1.0.0",
    "id": f"urn:hanse:{MAREWIJK}:zoning:test",
    "authority": MAREWIJK,
    "title": TEXT,
    "in_force": DAYS,
    "jurisdiction": "NL",
    "licence": "CC0-1.0",
    "owner": "Marewijk",
    "terms": "",
    "crs": "https://www.opengis.net/def/crs/EPSG/0/28992",
    "zones": [
        {
            "id": "z",
            "name": TEXT,
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[89_000, 439_000], [91_000, 439_000], [91_000, 441_000], [89_000, 441_000], [89_000, 439_000]]
                ],
            },
            "rules": [
                article("height", "max_height", max_m=10.0, reference_level_m=1.0),
                article("distance", "neighbour_distance", min_m=5.0, search_radius_m=50.0),
            ],
        }
    ],
}


class HeldTwin(MemoryTwin):
    """A twin that answers only when it is let; tells when it is asked."""

    def __init__(self, city: str) -> None:
        super().__init__(city)
        self.reached, self.go = threading.Event(), threading.Event()
        self.go.set()

    def buildings(self, area: Box, token: str, terms: Terms) -> Answer:
        """Waits, then as any twin."""
        self.reached.set()
        assert self.go.wait(20)
        return super().buildings(area, token, terms)


@dataclass
class Office:
    """One permit service's inside, on a folder that may be opened again."""

    folder: Path
    workers: WorkerPool
    world: World
    own: HeldTwin
    clock: StillClock
    database: Database = field(init=False)
    store: SqliteStore = field(init=False)
    plans: Plans = field(init=False)
    uploads: Uploads = field(init=False)
    models: WorkerModels = field(init=False)
    checks: Checks = field(init=False)
    stopping: threading.Event = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """A process begins."""
        clock, self.stopping = self.clock, threading.Event()
        self.database = Database(self.folder / "permit.db", MIGRATIONS)
        self.store = SqliteStore(self.database, MAREWIJK, clock, _outbox(clock))
        self.uploads = Uploads(self.folder / "uploads", 1_000_000)
        self.models = WorkerModels(self.workers, self.uploads, self.folder / "models")
        self.plans = Plans(MAREWIJK, RD, self.store, check_zoning, clock)
        self.checks = Checks(
            Settings(MAREWIJK, "Marewijk", RD, "0", 2, 60.0),
            self.store,
            self.store,
            self.models,
            self.world.gatherer(),
            self.plans.parsed,
            check_report,
            clock,
            self.stopping,
        )

    def upload(self, block: Block, key: str = "1") -> ModelRecord:
        """A model of the subject's."""
        return self.keep(block.step().encode(), key)

    def keep(self, step: bytes, key: str, request_id: str = "") -> ModelRecord:
        """A model of the subject's, of these bytes."""
        name, now = f"urn:hanse:{MAREWIJK}:model:{key}", timestamp(self.clock.now())
        with self.uploads.receive([step], 0, "") as stored:
            return self.store.add_model(
                ModelRecord(
                    name, SUBJECT, "block.ifc", stored.size_bytes, stored.sha256, stored.schema, now, request_id
                )
            )

    def start(self, model: ModelRecord, **changes: Any) -> CheckRecord:
        """A check of a model."""
        wanted = CheckInput(model.id, self.plans.applicable(), "2026-11-23", None, "permit-check", "", 5000)
        return self.checks.create(SUBJECT, HER_TOKEN, replace(wanted, **changes))

    def finish(self, record: CheckRecord) -> CheckRecord:
        """The check when it has ended."""
        *_, last = self.checks.watch(record.id, SUBJECT, lambda: True)
        return last

    def close(self) -> None:
        """The process ends in good order."""
        self.checks.close()
        self.database.close()


def _outbox(clock: Clock) -> Outbox:
    from hanse.kernel.config import City

    @dataclass
    class Config:
        city: City

    return Outbox(Config(City(MAREWIJK, "Marewijk")), clock, "permit")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def workers() -> Iterator[WorkerPool]:
    pool = WorkerPool(1)
    yield pool
    pool.close()


@pytest.fixture
def office(tmp_path: Path, workers: WorkerPool) -> Iterator[Office]:
    own, clock = HeldTwin(MAREWIJK), StillClock()
    office = Office(tmp_path, workers, World(clock, own, MemoryTwin(LINDEMOND)), own, clock)
    office.plans.put(json.dumps(LAW).encode())
    yield office
    own.go.set()
    office.close()


def test_a_check_runs_to_its_report(office: Office) -> None:
    record = office.start(office.upload(Block()))
    seen = list(office.checks.watch(record.id, SUBJECT, lambda: True))
    assert [each.sequence for each in seen] == sorted({each.sequence for each in seen})
    assert seen[-1].state is State.SUCCEEDED
    assert seen[-1].verdict == "COMPLIANT"
    assert seen[-1].percent == 100
    report = office.checks.document(record.id, SUBJECT, REPORT)
    assert validate_document(report, contract="permit/v1", schema="report") == []
    assert json.loads(report)["check"] == record.id
    assert from_bytes(office.checks.document(record.id, SUBJECT, SCENE)).plan is not None


def test_a_check_is_its_own_subject_s_only(office: Office) -> None:
    model = office.upload(Block())
    record = office.start(model)
    office.finish(record)
    with pytest.raises(NotFoundError):
        office.checks.get(record.id, STRANGER)
    with pytest.raises(NotFoundError):
        office.checks.document(record.id, STRANGER, REPORT)
    with pytest.raises(NotFoundError):
        office.checks.cancel(record.id, STRANGER)
    with pytest.raises(NotFoundError):
        next(office.checks.watch(record.id, STRANGER, lambda: True))
    with pytest.raises(NotFoundError):
        office.checks.create(STRANGER, HER_TOKEN, record.input)


def test_the_same_request_starts_one_check(office: Office) -> None:
    model = office.upload(Block())
    first = office.start(model, request_id="r")
    assert office.start(model, request_id="r").id == first.id
    assert office.finish(first).state is State.SUCCEEDED


def test_a_report_is_there_only_when_the_check_has_succeeded(office: Office) -> None:
    office.own.go.clear()
    record = office.start(office.upload(Block()))
    assert office.own.reached.wait(20)
    with pytest.raises(InvalidInputError):
        office.checks.document(record.id, SUBJECT, REPORT)


def test_a_cancelled_check_stays_cancelled_whatever_comes_later(office: Office) -> None:
    office.own.go.clear()
    record = office.start(office.upload(Block()))
    assert office.own.reached.wait(20)
    assert office.checks.cancel(record.id, SUBJECT).state is State.CANCELLED
    office.own.go.set()
    office.close()
    office.open()
    held = office.checks.get(record.id, SUBJECT)
    assert (held.state, held.error_reason, held.verdict) == (State.CANCELLED, "CANCELLED", "")
    assert office.checks.cancel(record.id, SUBJECT) == held


def test_a_model_that_crashes_the_parser_fails_its_check_with_a_sentence(office: Office) -> None:
    broken = Block().step().replace("IFCSIUNIT(*,.LENGTHUNIT.", "IFCSIUNIT(*,.MASSUNIT.")
    last = office.finish(office.start(office.keep(broken.encode(), "b")))
    assert (last.state, last.error_reason) == (State.FAILED, "MODEL_UNREADABLE")
    assert "length unit" in last.error_detail


def dies(path: Path, cache: Path, sha256: str) -> Path:
    """As `read_model` in a process that is killed over this model."""
    del path, cache, sha256
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def dies_once(path: Path, cache: Path, sha256: str) -> Path:
    """As `read_model` in a process that is killed the first time."""
    mark = cache.with_name("died")
    if not mark.exists():
        mark.touch()
        return dies(path, cache, sha256)
    return read_model(path, cache, sha256)


def test_a_model_that_ends_its_reader_twice_is_unreadable(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "read_model", dies)
    last = office.finish(office.start(office.upload(Block())))
    assert (last.state, last.error_reason) == (State.FAILED, "MODEL_UNREADABLE")
    assert "worker_memory_bytes" in last.error_detail


def test_a_check_whose_reader_was_ended_once_goes_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "read_model", dies_once)
    last = office.finish(office.start(office.upload(Block())))
    assert (last.state, last.verdict) == (State.SUCCEEDED, "COMPLIANT")


def test_a_check_that_was_interrupted_before_asking_is_lost_and_says_so(office: Office) -> None:
    office.own.go.clear()
    record = office.start(office.upload(Block()))
    assert office.own.reached.wait(20)
    # The process stops: what the twin answers after that is no longer taken.
    stopping = threading.Thread(target=office.close)
    stopping.start()
    assert office.stopping.wait(20)
    office.own.go.set()
    stopping.join(20)
    office.open()
    assert office.checks.get(record.id, SUBJECT).state is State.RUNNING
    office.checks.resume()
    last = office.finish(record)
    assert (last.state, last.error_reason) == (State.ABORTED, "OPERATION_LOST")
    assert "Start the check again" in last.error_detail


def test_a_check_that_had_its_answers_is_resumed_with_the_very_same(office: Office) -> None:
    whole = office.finish(office.start(office.upload(Block())))
    kept: list[bytes] = []
    done = threading.Event()

    class Remembering(SqliteStore):
        def keep(self, check_id: str, kind: str, body: bytes) -> None:
            super().keep(check_id, kind, body)
            kept.append(body)
            office.stopping.set()  # killed right after
            done.set()

    office.checks._store = Remembering(office.database, MAREWIJK, office.clock, _outbox(office.clock))
    record = office.start(office.upload(Block(), "2"))
    assert done.wait(20)
    office.close()
    office.open()
    assert office.store.document(record.id, GATHERED) == kept[0]
    office.own.fails = UnavailableError("the twin is away now")
    office.checks.resume()
    last = office.finish(record)
    assert (last.state, last.verdict) == (State.SUCCEEDED, whole.verdict)


def test_a_check_that_needs_no_token_is_resumed_without_one(office: Office) -> None:
    model = office.upload(Block(georeference=None))
    record = CheckRecord(
        f"urn:hanse:{MAREWIJK}:check:left",
        SUBJECT,
        CheckInput(model.id, office.plans.applicable(), "2026-11-23", None, "permit-check", "", 5000),
        State.QUEUED,
        1,
        "",
        0,
        "now",
        "now",
    )
    office.store.add_check(record)
    office.checks.resume()
    last = office.finish(record)
    assert (last.state, last.verdict) == (State.SUCCEEDED, "INSUFFICIENT_DATA")


def test_the_law_of_the_day_a_check_began_is_applied_whatever_is_put_later(office: Office) -> None:
    office.own.go.clear()
    record = office.start(office.upload(Block()))
    assert office.own.reached.wait(20)
    stricter = json.loads(json.dumps(LAW))
    stricter["zones"][0]["rules"][0]["parameters"]["max_m"] = 1.0
    newer = office.plans.put(json.dumps(stricter).encode())
    office.own.go.set()
    assert office.finish(record).verdict == "COMPLIANT"
    report = json.loads(office.checks.document(record.id, SUBJECT, REPORT))
    assert report["zoning"][0]["sha256"] != newer.sha256
    assert office.finish(office.start(office.upload(Block(), "2"))).verdict == "NON_COMPLIANT"


def test_a_check_that_names_one_law_is_held_to_the_others_too(office: Office) -> None:
    other = json.loads(json.dumps(LAW).replace(":zoning:test", ":zoning:other"))
    other["zones"][0]["rules"][0]["parameters"]["max_m"] = 1.0
    office.plans.put(json.dumps(other).encode())
    both = office.plans.applicable(str(LAW["id"]))
    assert [key for key, _ in both] == [other["id"], LAW["id"]]
    last = office.finish(office.start(office.upload(Block()), zoning=LAW["id"]))
    assert (last.state, last.verdict) == (State.SUCCEEDED, "INSUFFICIENT_DATA")
    assert office.store.check(last.id) == last
    with pytest.raises(NotFoundError):
        office.plans.applicable("urn:hanse:marewijk.example:zoning:none")


def test_a_watcher_is_told_when_the_service_stops(office: Office) -> None:
    office.own.go.clear()
    record = office.start(office.upload(Block()))
    assert office.own.reached.wait(20)
    office.stopping.set()
    with pytest.raises(UnavailableError):
        list(office.checks.watch(record.id, SUBJECT, lambda: True))


def test_a_watcher_that_went_away_is_not_kept(office: Office) -> None:
    office.own.go.clear()
    record = office.start(office.upload(Block()))
    assert list(office.checks.watch(record.id, SUBJECT, lambda: False)) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda law: law.update(contract="zoning/v2"), "CONTRACT_VIOLATION"),
        (lambda law: law["zones"][0]["rules"][0].update(measure="max_shadow"), "CONTRACT_VIOLATION"),
        (lambda law: law["zones"][0]["rules"][1].update(id="height"), "CONTRACT_VIOLATION"),
        (
            lambda law: law["zones"][0]["geometry"].update(coordinates=[[[0, 0], [9, 9], [9, 0], [0, 9], [0, 0]]]),
            "CONTRACT_VIOLATION",
        ),
        (lambda law: law.update(authority=LINDEMOND), "FIELD_INVALID"),
    ],
)
def test_a_zoning_document_that_cannot_be_applied_is_refused(office: Office, change: Any, reason: str) -> None:
    law = json.loads(json.dumps(LAW))
    change(law)
    with pytest.raises(HanseError) as refused:
        office.plans.put(json.dumps(law).encode())
    assert refused.value.reason == reason
    assert refused.value.remedy
    assert len(office.plans.page("", 10)) == 1


def test_the_same_content_written_otherwise_is_the_same_document(office: Office) -> None:
    (held,) = office.plans.page("", 10)
    again = office.plans.put(json.dumps(LAW, indent=3, sort_keys=True).encode())
    assert again == held
