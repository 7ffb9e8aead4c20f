# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Calls that may hold a thread for long: how many there may be, altogether and of one caller."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hanse.kernel.errors import LimitExceededError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Places:
    """Room for calls that last: streams, and whatever else waits in a thread.

    Of a service's threads a quarter is always left for short calls, and one caller gets half of the rest: whoever
    sends nothing, reads nothing or asks too often stops neither the others nor health.
    """

    def __init__(self, threads: int) -> None:
        self.most = max(1, threads * 3 // 4)
        self.each = max(1, self.most // 2)
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()

    @contextmanager
    def place(self, holder: str) -> Iterator[None]:
        """A place for as long as the block lasts.

        Raises:
            LimitExceededError: the service or this caller has none left.
        """
        self._take(holder)
        try:
            yield
        finally:
            with self._lock:
                self._held[holder] -= 1
                if not self._held[holder]:
                    del self._held[holder]

    def _take(self, holder: str) -> None:
        with self._lock:
            mine, all_held = self._held[holder], self._held.total()
            if mine < self.each and all_held < self.most:
                self._held[holder] += 1
                return
            if not mine:
                del self._held[holder]
        if mine >= self.each:
            raise LimitExceededError(
                f"this caller has {mine} streams open here already, which is as many as one caller may have",
                remedy="End some of them, or wait until they have ended, then call again.",
            )
        raise LimitExceededError(
            f"{all_held} streams are open here already, which is as many as this service takes",
            remedy="Try again in a moment; the operator can give the service more threads (city.toml).",
        )
