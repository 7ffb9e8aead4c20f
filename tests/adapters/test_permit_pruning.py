# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Uploads that nobody needs any more are removed, with what was read from them; records, checks and reports stay."""

from __future__ import annotations

import logging
import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest
from permit_ifc import Block
from permit_world import MAREWIJK, SUBJECT
from test_permit_operations import Office, office, workers

from hanse.kernel.errors import NotFoundError
from hanse.kernel.storage import Database
from hanse.permit.adapters import pruning
from hanse.permit.adapters.pruning import Pruner
from hanse.permit.adapters.schema import MIGRATIONS
from hanse.permit.operations import REPORT, SCENE
from hanse.permit.records import State

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["office", "workers"]  # fixtures
DAYS = 90
STEP = Block().step().encode()


def pruner(office: Office) -> Pruner:
    return Pruner(office.database, MAREWIJK, office.uploads, office.models, office.clock, DAYS)


def files(office: Office) -> set[str]:
    return {path.suffix for folder in ("uploads", "models") for path in (office.folder / folder).glob("*")}


def test_an_old_upload_goes_with_what_was_read_from_it_and_its_report_stays(office: Office) -> None:
    model = office.upload(Block())
    check = office.finish(office.start(model))
    assert check.state is State.SUCCEEDED
    report = office.checks.document(check.id, SUBJECT, REPORT)
    office.clock.forward(days=DAYS)
    assert pruner(office).prune() == (0, 0)
    assert files(office) == {".ifc", ".npz"}
    office.clock.forward(seconds=1)
    assert pruner(office).prune() == (1, 1)
    assert files(office) == set()
    assert pruner(office).prune() == (0, 0)
    assert office.checks.document(check.id, SUBJECT, REPORT) == report
    assert office.checks.document(check.id, SUBJECT, SCENE)
    assert office.store.model(model.id) == model


def test_a_check_of_a_model_that_is_gone_is_refused_with_what_to_do(office: Office) -> None:
    model = office.keep(STEP, "1", request_id="r")
    office.clock.forward(days=DAYS + 1)
    pruner(office).prune()
    with pytest.raises(NotFoundError, match=r"no longer kept \(limits\.keep_uploads_days\)") as refused:
        office.start(model)
    assert refused.value.reason == "NOT_FOUND"
    assert "Upload the model again" in refused.value.remedy
    assert office.store.unfinished() == []
    # The same upload again, under the same request id, is the same model, and is kept as long as a new one.
    assert office.keep(STEP, "2", request_id="r").id == model.id
    office.clock.forward(days=DAYS)
    assert pruner(office).prune() == (0, 0)
    assert office.finish(office.start(model)).state is State.SUCCEEDED


def test_what_an_unfinished_check_needs_stays_however_old(office: Office) -> None:
    office.own.go.clear()
    record = office.start(office.upload(Block()))
    assert office.own.reached.wait(20)
    office.clock.forward(days=10 * DAYS)
    assert pruner(office).prune() == (0, 0)
    assert files(office) == {".ifc", ".npz"}
    office.checks.cancel(record.id, SUBJECT)
    assert pruner(office).prune() == (1, 1)


def test_bytes_stay_as_long_as_the_newest_upload_of_them(office: Office) -> None:
    first = office.keep(STEP, "1")
    office.clock.forward(days=DAYS - 1)
    second = office.keep(STEP, "2")
    assert first.sha256 == second.sha256
    office.clock.forward(days=2)
    assert pruner(office).prune() == (0, 0)
    assert office.finish(office.start(first)).state is State.SUCCEEDED


def test_a_file_of_no_model_goes_and_one_that_is_being_received_stays(office: Office) -> None:
    (office.folder / "uploads" / f"{'ab' * 32}.ifc").write_bytes(STEP)
    with office.uploads.receive([STEP], 0, ""):
        assert pruner(office).prune() == (1, 0)
    assert len(list((office.folder / "uploads").iterdir())) == 1


def test_it_happens_at_the_start_and_is_told(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.upload(Block())
    office.clock.forward(days=DAYS + 1)
    started = pruner(office)
    with caplog.at_level(logging.INFO):
        started.start()
    started.close()
    assert files(office) == set()
    assert "1 uploads older than 90 days removed" in caplog.text


def test_it_happens_again_and_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "_DAY_S", 0.01)
    started = pruner(office)
    started.start()
    model = office.upload(Block())
    assert office.uploads.holds(model.sha256)
    office.clock.forward(days=DAYS + 1)
    gone = threading.Event()
    while office.uploads.holds(model.sha256):  # the test's own time limit ends what never ends
        gone.wait(0.01)
    started.close()


def test_a_folder_that_cannot_be_emptied_stops_nothing(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    (office.folder / "uploads" / f"{'ab' * 32}.ifc").mkdir()
    started = pruner(office)
    started.start()
    started.close()
    assert "tried again tomorrow" in caplog.text


def test_models_of_an_older_store_are_as_old_as_they_say(tmp_path: Path) -> None:
    path = tmp_path / "permit.db"
    Database(path, MIGRATIONS[:2]).close()
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO model VALUES ('t', 'm', 's', 'f', 1, 'aa', 'IFC4', '2026-01-01T00:00:00.000Z', '')"
        )
    connection.close()
    database = Database(path, MIGRATIONS)
    assert database.read().execute("SELECT stored FROM model").fetchall() == [("2026-01-01T00:00:00.000Z",)]
    database.close()
