# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""An uploaded file on its way into the twin: spooled to disk, then loaded slice by slice."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from hanse.kernel.errors import (
    DeadlineError,
    FieldViolation,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    UnavailableError,
)
from hanse.twin.load import Converted, Format, Slice, convert, slices
from hanse.twin.model import BATCH, Refusal, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hanse.kernel.workers import WorkerPool
    from hanse.ngsild import Loss
    from hanse.twin.load import Source
    from hanse.twin.model import Aliases, TwinStore

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

    def load(self, file: BinaryIO, source: Source) -> Iterator[tuple[Tally, list[Loss]]]:
        """Loads a file; yields what has been done after each batch, and at the end.

        Raises:
            InvalidInputError: nothing of the file can be read.
            ConflictError: somebody else wrote the same source at the same time.
            UnavailableError: STORAGE_UNAVAILABLE; what was written before stays.
            DeadlineError: a document, or too many lines of a file, took too long.
        """
        losses: list[Loss] = []
        tally, done_bytes = Tally(), 0
        aliases = self.store.aliases(source.home.dataset)
        size = os.fstat(file.fileno()).st_size
        seen: set[str] = set()
        for piece, made in self._converted(file, source, aliases):
            if source.format is not Format.NGSI_LD:  # its lines may be states of one entity, one after the other
                _refuse_repeated(made, seen)
            done_bytes += len(piece.data)
            tally.total = _expected(tally, made, piece, size, done_bytes)
            losses = _merged(losses, made.losses)
            tally.read += made.read
            tally.refused += len(made.refusals)
            tally.refusals += made.refusals[: _MAX_REFUSALS - len(tally.refusals)]
            for start in range(0, len(made.refusals), BATCH):
                tally.fresh = made.refusals[start : start + BATCH]
                yield tally, losses
            tally.fresh = []
            for start in range(0, len(made.rows), BATCH):
                batch = made.rows[start : start + BATCH]
                for row, written in zip(batch, self.store.write(source.home.dataset, batch), strict=True):
                    tally.outcomes[written.outcome] += 1
                    tally.flagged += row.flagged
                yield tally, losses
        yield tally, losses

    def _converted(self, file: BinaryIO, source: Source, aliases: Aliases) -> Iterator[tuple[Slice, Converted]]:
        """Pieces and what became of them; of lines that overrun their time together, each is tried alone."""
        slow = 0
        for piece in slices(file, source.format):
            lines = piece.lines()
            limit = LINES_TIMEOUT_S if lines else DOCUMENT_TIMEOUT_S
            try:
                made = self.workers.run(limit, convert, piece, source, aliases)
            except (DeadlineError, UnavailableError):  # the latter when a line broke the worker
                if not lines:
                    raise
            else:
                yield piece, made
                continue
            for line in lines:
                try:
                    made = self.workers.run(LINE_TIMEOUT_S, convert, line, source, aliases)
                except (DeadlineError, UnavailableError) as error:
                    slow += 1
                    if slow > _MAX_SLOW:
                        raise
                    refusal = Refusal(line.place(), "", f"{error.message}; simplify or split the feature")
                    made = Converted(refusals=[refusal], read=1)
                yield line, made

    def _too_large(self) -> LimitExceededError:
        return LimitExceededError(
            f"the file is larger than {self.max_bytes} bytes",
            remedy="Load it in parts, or raise limits.max_load_bytes.",
        )


def _refuse_repeated(made: Converted, seen: set[str]) -> None:
    """Moves features whose id came before in the file, and is in `seen`, from the rows to the refusals."""
    rows, made.rows = made.rows, []
    for row in rows:
        if row.source_id in seen:
            reason = "a feature with this id came before in the file; give each its own, or load the later file after"
            made.refusals.append(Refusal(row.source_id, "/id", reason))
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
