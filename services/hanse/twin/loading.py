# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""An uploaded file on its way into the twin: spooled to disk, then loaded slice by slice."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.kernel.errors import LimitExceededError, NotFoundError, UnavailableError
from hanse.twin.load import Converted, Format, Slice, convert, slices
from hanse.twin.model import BATCH, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hanse.kernel.workers import WorkerPool
    from hanse.ngsild import Loss
    from hanse.twin.load import Source
    from hanse.twin.model import TwinStore

SLICE_TIMEOUT_S = 600.0
_MAX_REFUSALS = 100


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads files into a store; conversion runs in `workers`, writing here, one batch a transaction."""

    store: TwinStore
    workers: WorkerPool
    folder: Path
    max_bytes: int

    @contextlib.contextmanager
    def spooled(self, chunks: Iterable[bytes]) -> Iterator[Path]:
        """The bytes as a file, gone at the end.

        Raises:
            LimitExceededError: more than `limits.max_load_bytes`.
            UnavailableError: STORAGE_UNAVAILABLE, the disk is full.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix="load-") as file:
            size = 0
            try:
                for chunk in chunks:
                    size += len(chunk)
                    if size > self.max_bytes:
                        raise LimitExceededError(
                            f"the file is larger than {self.max_bytes} bytes",
                            remedy="Load it in parts, or raise limits.max_load_bytes.",
                        )
                    file.write(chunk)
                file.flush()
            except OSError as error:
                raise UnavailableError(
                    f"the file cannot be spooled: {error.strerror}",
                    remedy="Free disk space in the state folder, then load again.",
                    reason="STORAGE_UNAVAILABLE",
                ) from error
            yield Path(file.name)

    def load(self, path: Path, source: Source) -> Iterator[tuple[Tally, list[Loss]]]:
        """Loads a file; yields what has been done after each batch.

        Raises:
            NotFoundError: the data set is unknown.
            InvalidInputError: nothing of the file can be read.
        """
        if self.store.dataset(source.dataset) is None:
            raise NotFoundError(f"no data set {source.dataset[:200]!r}", remedy="Create it with PutDataset first.")
        tally = Tally()
        losses: list[Loss] = []
        aliases = self.store.aliases(source.dataset)
        size = path.stat().st_size
        done_bytes = 0
        for piece in slices(path, source):
            made = self.workers.run(SLICE_TIMEOUT_S, convert, piece, source, aliases)
            done_bytes += len(piece.data)
            tally.total = _expected(tally, made, piece, source, size, done_bytes)
            losses = _merged(losses, made.losses)
            tally.read += made.read
            tally.refused += len(made.refusals)
            tally.refusals += made.refusals[: _MAX_REFUSALS - len(tally.refusals)]
            for start in range(0, len(made.rows), BATCH):
                batch = made.rows[start : start + BATCH]
                for row, written in zip(batch, self.store.write(source.dataset, batch), strict=True):
                    tally.outcomes[written.outcome] += 1
                    tally.flagged += row.flagged
                    aliases[row.source_id] = written.id
                yield tally, losses
        yield tally, losses


def _expected(tally: Tally, made: Converted, piece: Slice, source: Source, size: int, done_bytes: int) -> int:
    """Entities expected in all: exact for a document, by bytes for lines."""
    if source.format is Format.CITYJSON or not done_bytes or not piece.data:
        return tally.read + made.read
    return round((tally.read + made.read) * max(size - len(piece.head), 1) / done_bytes)


def _merged(known: list[Loss], more: list[Loss]) -> list[Loss]:
    """Each loss once by kind and kind of detail."""
    seen = {(loss.kind, loss.detail) for loss in known}
    return known + [loss for loss in more if (loss.kind, loss.detail) not in seen][: 200 - len(known)]
