# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Checks as operations: started, run in the background, watched, stopped, resumed after a restart.

What a check needs and what it has gathered is stored; only the subject's token is not. A check that was interrupted
goes on when its process is back, unless it still has to ask someone on behalf of a subject whose token is gone.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import rfc8785

from hanse.kernel.clock import Clock, timestamp
from hanse.kernel.errors import (
    AbortedError,
    DeadlineError,
    HanseError,
    NotFoundError,
    UnavailableError,
    invalid,
)
from hanse.kernel.ids import new_urn
from hanse.permit import check as use_case
from hanse.permit.gathering import Gathered, Gatherer, Inquiry
from hanse.permit.records import OPEN, CheckInput, CheckRecord, CheckStore, Ending, ModelRecord, ModelStore, State
from hanse.permit.report import scene
from hanse.permit.report.document import About

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hanse.geo import Crs
    from hanse.permit.model import ZoningPlan
    from hanse.permit.ports import ModelPort

log = logging.getLogger(__name__)
REPORT, SCENE, GATHERED = "report", "scene", "gathered"
_LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What checks are run with."""

    authority: str
    name: str
    crs: Crs
    version: str
    running: int
    timeout_s: float


class _StoppedError(Exception):
    """The check was cancelled, or the process stops: whoever did it has said so in the store, or will resume it."""


class Checks:
    """The checks of one city. Once `stopping` is set, checks stay open where they are and watchers are sent away."""

    def __init__(
        self,
        settings: Settings,
        models: ModelStore,
        store: CheckStore,
        reader: ModelPort,
        gatherer: Gatherer,
        plans: Callable[[Sequence[tuple[str, str]]], list[ZoningPlan]],
        validate: Callable[[bytes], None],
        clock: Clock,
        stopping: threading.Event,
    ) -> None:
        self._settings, self._clock = settings, clock
        self._models, self._store = models, store
        self._reader, self._gatherer, self._plans, self._validate = reader, gatherer, plans, validate
        self._tokens: dict[str, str] = {}
        self._changed = threading.Condition()
        self._stopping = stopping
        self._pool = ThreadPoolExecutor(settings.running, thread_name_prefix="check")

    def create(self, subject: str, token: str, wanted: CheckInput) -> CheckRecord:
        """Stores a check and starts it.

        Raises:
            NotFoundError: the subject has no such model, or its bytes are no longer kept.
            LimitExceededError: too many checks, of this subject or of the city, are open.
            ConflictError: the request id was used for another request.
        """
        model = self.model(wanted.model, subject)
        if not self._reader.holds(model.sha256):
            raise NotFoundError(
                f"the bytes of model {model.id!r} are no longer kept (limits.keep_uploads_days)",
                remedy="Upload the model again (UploadModel), then check that one.",
            )
        now = timestamp(self._clock.now())
        new = CheckRecord(
            id=new_urn(self._settings.authority, "check", self._clock),
            subject=subject,
            input=wanted,
            state=State.QUEUED,
            sequence=1,
            step="waiting for its turn",
            percent=0,
            created=now,
            updated=now,
        )
        record = self._store.add_check(new)
        if record.id == new.id:
            self._tokens[record.id] = token
            self._submit(record.id)
        return record

    def model(self, model_id: str, subject: str) -> ModelRecord:
        """A model of the subject's own. Raises NotFoundError, also for another subject's."""
        record = self._models.model(model_id)
        if record is None or record.subject != subject:
            raise NotFoundError(f"no model {model_id[:200]!r}", remedy="Upload the model first (UploadModel).")
        return record

    def get(self, check_id: str, subject: str) -> CheckRecord:
        """A check of the subject's own. Raises NotFoundError, also for another subject's."""
        record = self._store.check(check_id)
        if record is None or record.subject != subject:
            raise NotFoundError(f"no check {check_id[:200]!r}", remedy="Use the id that CreateCheck answered.")
        return record

    def watch(self, check_id: str, subject: str, active: Callable[[], bool]) -> Iterator[CheckRecord]:
        """The check now and after every change, until it has ended or `active` says that nobody listens.

        Raises:
            UnavailableError: this process stops before the check has ended.
        """
        seen = -1
        while active():
            record = self.get(check_id, subject)
            if record.sequence != seen:
                seen = record.sequence
                yield record
            if record.state not in OPEN:
                return
            if self._stopping.is_set():
                raise UnavailableError(
                    "the service is stopping; the check goes on when it is back",
                    remedy="Watch the check again in a moment.",
                )
            with self._changed:
                # Another process may write too: what it changes is seen at the next look.
                self._changed.wait(_LOOK_AGAIN_S)

    def cancel(self, check_id: str, subject: str) -> CheckRecord:
        """Stops a check that has not ended; one that has stays as it is."""
        self.get(check_id, subject)
        self._end(check_id, Ending(State.CANCELLED, error_reason="CANCELLED", error_detail="cancelled on request"))
        return self.get(check_id, subject)

    def document(self, check_id: str, subject: str, kind: str) -> bytes:
        """A finished check's report or scene. Raises NotFoundError; FIELD_INVALID when it has not succeeded."""
        record = self.get(check_id, subject)
        if record.state is not State.SUCCEEDED:
            raise invalid(
                "check",
                f"the check is {record.state.value}; only one that succeeded has a report",
                remedy="Wait until WatchCheck ends with STATE_SUCCEEDED.",
            )
        body = self._store.document(check_id, kind)
        if body is None:
            raise NotFoundError(f"the check has no {kind}", remedy="Run the check again.")
        return body

    def resume(self) -> None:
        """Takes up what an earlier process left unfinished."""
        for record in self._store.unfinished():
            log.info("check %s is taken up again", record.id)
            self._submit(record.id)

    def tell_watchers(self) -> None:
        """Wakes watchers: something was changed from outside, such as by an event."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Waits until running checks have stopped where they are; they go on at the next start."""
        self._stopping.set()
        self.tell_watchers()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, check_id: str) -> None:
        self._pool.submit(self._run, check_id)

    def _run(self, check_id: str) -> None:
        """One check, in a thread of the pool; however it goes, it ends with a state that says so."""
        try:
            record = self._store.check(check_id)
            if record is not None and record.state in OPEN:
                self._check(record)
        except _StoppedError:
            log.info("check %s stopped", check_id)
        except HanseError as error:
            if self._stopping.is_set():
                log.info("check %s was cut off by the end of the process: %s", check_id, error)
                return
            lost = error.reason == AbortedError.reason
            state = State.ABORTED if lost else State.FAILED
            self._end_if_possible(
                check_id, Ending(state, error_reason=error.reason, error_detail=f"{error.message}. {error.remedy}")
            )
        except Exception:
            # The last line of a background thread: whoever waits must learn that nothing more will come.
            log.exception("defect in check %s", check_id)
            self._end_if_possible(
                check_id,
                Ending(
                    State.FAILED,
                    error_reason="INTERNAL",
                    error_detail="an internal error; give the operator the check's id",
                ),
            )
        finally:
            if not self._stopping.is_set():
                self._tokens.pop(check_id, None)

    def _check(self, record: CheckRecord) -> None:
        deadline = self._clock.monotonic() + self._settings.timeout_s

        def progress(step: str, percent: int) -> None:
            if self._clock.monotonic() > deadline:
                raise DeadlineError(
                    f"the check took longer than {self._settings.timeout_s:.0f} s",
                    remedy="Give a smaller model, or raise limits.check_timeout_s.",
                )
            if self._stopping.is_set() or not self._store.advance(record.id, step, percent):
                raise _StoppedError
            self.tell_watchers()

        progress("reading the model", 5)
        model = self.model(record.input.model, record.subject)
        facts = self._reader.facts(model.sha256, self._settings.timeout_s)
        outcome = use_case.run(
            self._request(record, model),
            facts,
            self._plans(record.input.zonings),
            self._settings.crs,
            lambda inquiry, tell: self._gather(record.id, inquiry, tell, progress),
            progress,
        )
        self._end(record.id, self._ending(outcome))

    def _gather(
        self, check_id: str, inquiry: Inquiry, tell: Callable[[str], None], progress: use_case.Progress
    ) -> Gathered:
        """What an earlier try gathered, or asks now."""
        kept = self._store.document(check_id, GATHERED)
        if kept is not None:
            return Gathered.from_bytes(kept)
        token = self._tokens.get(check_id)
        if token is None:
            raise AbortedError(
                "the service was restarted before the twins had been asked, and the token to ask them with is gone",
                remedy="Start the check again.",
            )
        self._store.rest_on(check_id, use_case.Reliance(inquiry.area, (), ()))
        gathered = self._gatherer.gather(inquiry, token, tell)
        # A stopping process cuts its own calls off; what it then holds is no answer of anybody's.
        progress("keeping the answers", 75)
        self._store.keep(check_id, GATHERED, gathered.to_bytes())
        return gathered

    def _request(self, record: CheckRecord, model: ModelRecord) -> use_case.Request:
        wanted = record.input
        about = About(
            report_id=record.id.replace(":check:", ":report:", 1),
            check_id=record.id,
            city=self._settings.authority,
            city_name=self._settings.name,
            created=timestamp(self._clock.now()),
            as_of_date=wanted.day,
            model_id=model.id,
            filename=model.filename,
            model_sha256=model.sha256,
            size_bytes=model.size_bytes,
            schema=model.schema,
            subject=record.subject,
            purpose=wanted.purpose,
            software=("hanse", self._settings.version),
        )
        return use_case.Request(
            about=about,
            day=date.fromisoformat(wanted.day),
            neighbours=wanted.neighbours,
            request_id=wanted.request_id,
            neighbour_timeout_s=wanted.neighbour_timeout_ms / 1000,
            zoning=wanted.zoning,
        )

    def _ending(self, outcome: use_case.Outcome) -> Ending:
        report: Any = rfc8785.dumps(outcome.report)
        self._validate(report)
        return Ending(
            state=State.SUCCEEDED,
            verdict=outcome.verdict.value,
            sources=outcome.sources,
            documents=((REPORT, report), (SCENE, scene.to_bytes(outcome.scene))),
            report_sha256=hashlib.sha256(report).hexdigest(),
            reliance=outcome.reliance,
        )

    def _end(self, check_id: str, ending: Ending) -> None:
        self._store.end(check_id, replace(ending, error_detail=ending.error_detail.strip()))
        self.tell_watchers()

    def _end_if_possible(self, check_id: str, ending: Ending) -> None:
        """With the store away, the check stays open and is taken up at the next start."""
        try:
            self._end(check_id, ending)
        except HanseError as error:
            log.error("check %s could not be ended: %s", check_id, error)  # noqa: TRY400 - the sentence says it
