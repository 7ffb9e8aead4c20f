# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How many calls of each context source are under way, so that one that hangs takes not all threads with it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

SLOW_S: Final = 0.5


@dataclass(slots=True)
class Crowd:
    """Calls under way, by source."""

    _started: dict[str, list[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, source: str, now: float, most: int) -> bool:
        """Counts a call in; False when there are `most` and the oldest of them waits long."""
        with self._lock:
            started = self._started.setdefault(source, [])
            if len(started) >= most and now - started[0] > SLOW_S:
                return False
            started.append(now)
            return True

    def leave(self, source: str, started: float) -> None:
        """Counts a call out."""
        with self._lock:
            left = self._started.get(source, [])
            left.remove(started)
            if not left:
                del self._started[source]
