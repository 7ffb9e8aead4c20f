# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Models read in worker processes, their facts kept by the file's hash."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from hanse.kernel.errors import DeadlineError, NotFoundError, UnavailableError
from hanse.permit.adapters.uploads import Uploads, unreadable
from hanse.permit.ifc.header import ModelError
from hanse.permit.ifc.reader import READER_VERSION, ModelFacts, load_facts, read_model

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from hanse.kernel.workers import WorkerPool

log = logging.getLogger(__name__)
_WARM_S = 120.0
_ENDS_ITS_READER = ModelError(
    "reading the model ended the process that read it, twice; it may need more memory than limits.worker_memory_bytes",
    "Check the file with an IFC validator (e.g. validate.buildingsmart.org), and export the building alone.",
)


class WorkerModels:
    """Reads uploaded models. Fulfils ModelPort."""

    def __init__(self, workers: WorkerPool, uploads: Uploads, cache: Path) -> None:
        self._workers, self._uploads, self._cache = workers, uploads, cache

    def holds(self, sha256: str) -> bool:
        """See ModelPort."""
        return self._uploads.holds(sha256)

    def keep_only(self, needed: Collection[str]) -> int:
        """Removes what was read from all models but those of these hashes; returns how many files went."""
        old = [path for path in self._cache.glob("*.npz") if path.name.lstrip(".").split(".")[0] not in needed]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def facts(self, sha256: str, timeout_s: float) -> ModelFacts:
        """See ModelPort."""
        path = self._uploads.path(sha256)
        if not path.is_file():
            raise NotFoundError("the model's file is no longer stored", remedy="Upload the model again.")
        try:
            try:
                kept = self._workers.run(timeout_s, read_model, path, self._cache, sha256)
            except UnavailableError:
                # Once may be the machine, or somebody who ended the process; twice is the model.
                log.warning("the process that read model %s ended; it is read once more", sha256)
                kept = self._workers.run(timeout_s, read_model, path, self._cache, sha256)
        except ModelError as error:
            raise unreadable(error) from None
        except UnavailableError:
            log.warning("the process that read model %s ended twice", sha256)
            raise unreadable(_ENDS_ITS_READER) from None
        return load_facts(kept)

    def warm(self) -> None:
        """Starts a worker and its imports, so that the first check need not wait for them."""
        # A service that is stopped meanwhile ends the worker; whoever needs one later starts it.
        with contextlib.suppress(DeadlineError, UnavailableError):
            self._workers.run(_WARM_S, reader_version)


def reader_version() -> int:
    """Runs in a worker: importing this module is what takes time."""
    return READER_VERSION
