# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a soak run was told by the cities: every acknowledgement, to be held against them at the end."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Journal:
    """Written by many threads.

    Attributes:
        attempted, acknowledged: newest version of each entity that was sent, and that was answered with success.
        exchanges: ids of calls to the other city that were answered.
        checks: ids of checks that were accepted.
        checkpoints: size and root that each city's log showed, in the order of asking.
        calls: (what, how it ended) to count; "ok" or the status.
        killed: (city, part) to count.
        violations: what must not be, in words.
    """

    attempted: dict[str, int] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)
    exchanges: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    checkpoints: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    killed: Counter[tuple[str, str]] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def called(self, what: str, ended: str) -> None:
        """Counts a call."""
        with self.lock:
            self.calls[what, ended] += 1

    def violated(self, sentence: str) -> None:
        """Something that must not be."""
        with self.lock:
            self.violations.append(sentence)

    def wrote(self, entity: str, version: int, *, acknowledged: bool) -> None:
        """A version of an entity was sent, or answered with success."""
        with self.lock:
            versions = self.acknowledged if acknowledged else self.attempted
            versions[entity] = max(version, versions.get(entity, 0))

    def showed(self, authority: str, size: int, root: bytes) -> None:
        """A city's checkpoint."""
        with self.lock:
            self.checkpoints.setdefault(authority, []).append((size, root))
