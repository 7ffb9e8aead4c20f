# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""An uploaded file on its way into the twin: spooled to disk, then loaded slice by slice."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from hanse.kernel.errors import (
    DeadlineError,
    FieldViolation,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    UnavailableError,
)
from hanse.twin.loading.resuming import Place, Step, Unnoted
from hanse.twin.loading.slices import Converted, Format, Slice, convert, slices
from hanse.twin.model import BATCH, Refusal, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from hanse.kernel.errors import HanseError
    from hanse.kernel.workers import WorkerPool
    from hanse.ngsild import Loss
    from hanse.twin.loading.resuming import Loads, Run
    from hanse.twin.loading.slices import Source
    from hanse.twin.model import Aliases, Row, TwinStore

DOCUMENT_TIMEOUT_S = 600.0
LINES_TIMEOUT_S = 120.0
LINE_TIMEOUT_S = 60.0
_MAX_SLOW = 20  # lines that overrun their time; a file with more of them is no use
_MAX_REFUSALS = 100
_MAX_LOSSES = 200


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads files into a store; conversion runs in `workers`, writing here, one batch a transaction."""

    store: TwinStore
    workers: WorkerPool
    folder: Path
    max_bytes: int
    loads: Loads | None = None

    def begin(self, source: Source, key: str, *, resume: bool) -> Run:
        """A run of a load (`Loads.begin`)."""
        if self.loads is None:
            return Unnoted(self.store, source.home.dataset)
        return self.loads.begin(source.home.dataset, key, resume=resume)

    def admit(self, source: Source, size_bytes: int) -> None:
        """Refuses a load that cannot succeed before its bytes are sent; `size_bytes` is 0 when it is not known.

        Raises:
            NotFoundError: the data set is unknown.
            LimitExceededError: more than `limits.max_load_bytes` are announced.
        """
        if self.store.dataset(source.home.dataset) is None:
            raise NotFoundError(f"no data set {source.home.dataset[:200]!r}", remedy="Create it with PutDataset first.")
        if size_bytes > self.max_bytes:
            raise self._too_large()

    @contextlib.contextmanager
    def spooled(self, chunks: Iterable[bytes]) -> Iterator[BinaryIO]:
        """The bytes as a file without a name, which is gone at the end even if the process is killed.

        Raises:
            LimitExceededError: more than `limits.max_load_bytes`.
            UnavailableError: STORAGE_UNAVAILABLE, the disk is full.
        """
        with contextlib.ExitStack() as stack:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context(tempfile.TemporaryFile(dir=self.folder))
                size = 0
                for chunk in chunks:
                    size += len(chunk)
                    if size > self.max_bytes:
                        raise self._too_large()
                    file.write(chunk)
                file.seek(0)
            except OSError as error:
                raise UnavailableError(
                    f"the file cannot be spooled: {error.strerror}",
                    remedy="Free disk space in the state folder, then load again.",
                    reason="STORAGE_UNAVAILABLE",
                ) from error
            yield file

    def load(self, file: BinaryIO, source: Source, run: Run | None = None) -> Iterator[tuple[Tally, list[Loss]]]:
        """Loads a file; yields what has been done after each batch, and at the end.

        Raises:
            InvalidInputError: nothing of the file can be read.
            ConflictError: somebody else wrote the same source at the same time, or loads the same file.
            UnavailableError: STORAGE_UNAVAILABLE; what was written before stays.
            DeadlineError: a document, or too many lines of a file, took too long.
        """
        run = run or Unnoted(self.store, source.home.dataset)
        start, seen = run.start, run.start.seen
        tally, losses, done_bytes = start.tally, start.losses, 0
        aliases = self.store.aliases(source.home.dataset)
        size = os.fstat(file.fileno()).st_size
        for _ in _telling(tally, start.refusals):
            yield tally, losses
        for place, piece, made in self._converted(file, source, aliases, start.place):
            done_bytes += len(piece.data)
            if made is None:  # done before
                continue
            if source.format is not Format.NGSI_LD:  # its lines may be states of one entity, one after the other
                _refuse_repeated(made, seen)
            refusals: list[Refusal] = []
            if not place.rows:
                tally.total = _expected(tally, made, piece, size, done_bytes)
                losses, refusals = _merged(losses, made.losses), made.refusals
                tally.read, tally.refused = tally.read + made.read, tally.refused + len(refusals)
                tally.refusals += refusals[: _MAX_REFUSALS - len(tally.refusals)]
            for step in _steps(made.rows, refusals, losses, place):
                run.write(step, tally)
                for _ in _telling(tally, step.refusals):
                    yield tally, losses
                yield tally, losses
        yield tally, losses

    def _converted(
        self, file: BinaryIO, source: Source, aliases: Aliases, start: Place
    ) -> Iterator[tuple[Place, Slice, Converted | None]]:
        """Pieces and what became of them, nothing of what lies before `start`.

        Of lines that overrun their time together, each is tried alone.
        """
        slow = 0
        for number, piece in enumerate(slices(file, source.format)):
            if number < start.piece:
                yield Place(number), piece, None
                continue
            place = start if number == start.piece else Place(number)
            lines = piece.lines()
            if not place.line:
                try:
                    limit = LINES_TIMEOUT_S if lines else DOCUMENT_TIMEOUT_S
                    made = self.workers.run(limit, convert, piece, source, aliases)
                except (DeadlineError, UnavailableError):  # the latter when a line broke the worker
                    if not lines:
                        raise
                else:
                    yield place, piece, made
                    continue
            for index, line in enumerate(lines, 1):
                alone, error = self._alone(line, source, aliases) if index >= place.line else (None, None)
                slow += error is not None
                if error is not None and slow > _MAX_SLOW:
                    raise error
                yield (place if index == place.line else Place(number, index)), line, alone

    def _alone(self, line: Slice, source: Source, aliases: Aliases) -> tuple[Converted, HanseError | None]:
        """A line by itself; refused when it overruns its time or breaks the worker."""
        try:
            return self.workers.run(LINE_TIMEOUT_S, convert, line, source, aliases), None
        except (DeadlineError, UnavailableError) as error:
            if self.workers.closed:  # the line is not to blame
                raise
            refusal = Refusal(line.place(), "", error.message, "Simplify or split the feature, then load it again.")
            return Converted(refusals=[refusal], read=1), error

    def _too_large(self) -> LimitExceededError:
        return LimitExceededError(
            f"the file is larger than {self.max_bytes} bytes",
            remedy="Load it in parts, or raise limits.max_load_bytes.",
        )


def _telling(tally: Tally, refusals: Sequence[Refusal]) -> Iterator[None]:
    """Refusals to be told of, as many at once as a message takes; none are left in the tally."""
    for start in range(0, len(refusals), BATCH):
        tally.fresh = list(refusals[start : start + BATCH])
        yield
    tally.fresh = []


def _steps(rows: Sequence[Row], refusals: Sequence[Refusal], losses: Sequence[Loss], at: Place) -> Iterator[Step]:
    """Batches of a slice from where it was left; what was refused goes with the first one, were it empty."""
    if at.rows >= len(rows):
        yield Step((), at, at.following, refusals, losses)
    for first in range(at.rows, len(rows), BATCH):
        last = first + BATCH
        after = replace(at, rows=last) if last < len(rows) else at.following
        yield Step(rows[first:last], at, after, refusals if first == at.rows else (), losses)


def _refuse_repeated(made: Converted, seen: set[str]) -> None:
    """Moves features whose id came before in the file, and is in `seen`, from the rows to the refusals."""
    rows, made.rows = made.rows, []
    for row in rows:
        if row.source_id in seen:
            reason = "a feature with this id came before in the file"
            remedy = "Give each its own id, or load the later one from a file of its own, after this one."
            made.refusals.append(Refusal(row.source_id, "/id", reason, remedy))
        else:
            seen.add(row.source_id)
            made.rows.append(row)


def check_size(file: BinaryIO, announced: int) -> None:
    """Refuses a file of another size than was announced (0: nothing was). Raises InvalidInputError."""
    came = os.fstat(file.fileno()).st_size
    if announced and came != announced:
        raise InvalidInputError(
            f"header.size_bytes: {came} bytes came, {announced} were announced",
            remedy="Send the whole file again.",
            violations=[FieldViolation("header.size_bytes", f"{came} bytes came")],
        )


def _expected(tally: Tally, made: Converted, piece: Slice, size: int, done_bytes: int) -> int:
    """Entities expected in all: exact for a document, by bytes for lines."""
    if not piece.first_line or not done_bytes:
        return tally.read + made.read
    return round((tally.read + made.read) * max(size - len(piece.head), 1) / done_bytes)


def _merged(known: list[Loss], more: list[Loss]) -> list[Loss]:
    """Each loss once by kind and kind of detail."""
    seen = {(loss.kind, loss.detail) for loss in known}
    return known + [loss for loss in more if (loss.kind, loss.detail) not in seen][: _MAX_LOSSES - len(known)]
