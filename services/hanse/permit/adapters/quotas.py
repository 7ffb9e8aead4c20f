# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How much of the service one subject may take up: models kept, their bytes, checks that are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import LimitExceededError

if TYPE_CHECKING:
    import sqlite3

    from hanse.kernel.clock import Clock
    from hanse.kernel.config import Limits

_CITY_CHECKS = 200
_KEPT = """
SELECT
  (SELECT COUNT(*) FROM model WHERE tenant = :tenant AND subject = :subject AND stored >= :since),
  (SELECT COALESCE(SUM(size_bytes), 0) FROM (
    SELECT DISTINCT sha256, size_bytes FROM model
    WHERE tenant = :tenant AND subject = :subject AND stored >= :since AND sha256 <> :sha256))
"""
_OPEN = """
SELECT COUNT(*), COALESCE(SUM(subject = ?), 0) FROM permit_check WHERE tenant = ? AND state IN ('queued', 'running')
"""


@dataclass(frozen=True, slots=True)
class Quota:
    """What a subject may have. Models count for as long as their bytes are kept, equal bytes once."""

    models: int = 2000
    model_bytes: int = 8 * 1024 * 1024 * 1024
    keep_days: int = 90
    checks: int = 20
    city_checks: int = _CITY_CHECKS

    @classmethod
    def of(cls, limits: Limits) -> Quota:
        """As the city is configured."""
        return cls(
            limits.models_per_subject,
            limits.model_bytes_per_subject,
            limits.keep_uploads_days,
            limits.checks_open_per_subject,
        )

    def admit_model(
        self, connection: sqlite3.Connection, tenant: str, clock: Clock, subject: str, sha256: str, size_bytes: int
    ) -> None:
        """Refuses one model more. Raises LimitExceededError."""
        since = timestamp(clock.now() - timedelta(days=self.keep_days))
        named = {"tenant": tenant, "subject": subject, "since": since, "sha256": sha256}
        models, taken = connection.execute(_KEPT, named).fetchone()
        if models >= self.models:
            raise self._no_room(f"{models} models of this subject are kept (limits.models_per_subject)")
        if taken + size_bytes > self.model_bytes:
            raise self._no_room(
                f"this subject's models have {taken} bytes, with {size_bytes} more they would have more than"
                f" {self.model_bytes} (limits.model_bytes_per_subject)"
            )

    def _no_room(self, message: str) -> LimitExceededError:
        return LimitExceededError(
            message,
            remedy=f"Check the models that are there; each is removed {self.keep_days} days after its upload. "
            "The operator can raise the limit.",
        )

    def admit_check(self, connection: sqlite3.Connection, tenant: str, subject: str) -> None:
        """Refuses one check more. Raises LimitExceededError."""
        everybodys, own = connection.execute(_OPEN, (subject, tenant)).fetchone()
        if own >= self.checks:
            raise LimitExceededError(
                f"{own} checks of this subject are waiting or running (limits.checks_open_per_subject)",
                remedy="Wait until some of them have ended (WatchCheck), or cancel some (CancelCheck).",
            )
        if everybodys >= self.city_checks:
            raise LimitExceededError(
                f"{everybodys} checks are waiting or running already", remedy="Try again when some of them have ended."
            )
