# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Uploads and what was read from them, removed when they are old and no check needs them; records and reports stay."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import HanseError

if TYPE_CHECKING:
    from hanse.kernel.clock import Clock
    from hanse.kernel.storage import Database
    from hanse.permit.adapters.models import WorkerModels
    from hanse.permit.adapters.uploads import Uploads

log = logging.getLogger(__name__)
_DAY_S = 86_400.0
_NEEDED = """
SELECT DISTINCT sha256 FROM model WHERE tenant = :tenant AND (stored >= :since OR id IN (
  SELECT json_extract(input, '$.model') FROM permit_check WHERE tenant = :tenant AND state IN ('queued', 'running')))
"""


class Pruner:
    """Removes the files of models that were last uploaded more than `keep_days` ago, at once and once a day."""

    def __init__(
        self, database: Database, tenant: str, uploads: Uploads, models: WorkerModels, clock: Clock, keep_days: int
    ) -> None:
        self._database, self._tenant, self._clock = database, tenant, clock
        self._uploads, self._models, self._keep = uploads, models, timedelta(days=keep_days)
        self._thread = threading.Thread(target=self._daily, name="prune", daemon=True)
        self._stopping = threading.Event()

    def prune(self) -> tuple[int, int]:
        """Removes what nobody needs any more; returns how many models and how many files read from models went.

        Files that belong to no model at all, as of an upload whose process was lost, go too.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE: the database cannot be used.
            OSError: a file cannot be removed.
        """
        since = timestamp(self._clock.now() - self._keep)
        # No upload and no check can be added meanwhile: an upload's file comes after its record (Uploads.receive).
        with self._database.write() as connection:
            rows = connection.execute(_NEEDED, {"tenant": self._tenant, "since": since})
            needed = frozenset(str(row[0]) for row in rows)
            models, read = self._uploads.keep_only(needed), self._models.keep_only(needed)
        log.info("%d uploads older than %d days removed, %d files read from uploads", models, self._keep.days, read)
        return models, read

    def start(self) -> None:
        """Prunes now, and once a day from now on."""
        self._prune()
        self._thread.start()

    def close(self) -> None:
        """Ends the daily round."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _daily(self) -> None:
        while not self._stopping.wait(_DAY_S):
            self._prune()

    def _prune(self) -> None:
        """Room that cannot be made today is no reason to stop serving."""
        try:
            self.prune()
        except (HanseError, OSError) as error:
            log.warning("old uploads could not be removed, this is tried again tomorrow: %s", error)
