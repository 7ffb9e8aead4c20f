# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Registrations as they were read last, so that not each request reads and parses all of a tenant's.

What is remembered belongs to a database as this process has it open, and goes with it. It is handed out to every
thread: who gets it reads only.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from hanse.twin.adapters.repository import Store
    from hanse.twin.registrations.model import Registration

MOST_CHARACTERS: Final = 16_000_000  # of documents as they are stored; parsed they take a few times as much


@dataclass(frozen=True, slots=True)
class Read:
    """A tenant's registrations without their health, the oldest first, as a counter says that they stand."""

    counter: int
    registrations: tuple[Registration, ...]
    characters: int


@dataclass(slots=True)
class Memory:
    """What was read, by tenant; of what is too much together, the tenant goes that was asked for longest ago."""

    most: int = MOST_CHARACTERS
    _read: OrderedDict[str, Read] = field(default_factory=OrderedDict)
    _characters: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def characters(self) -> int:
        """How much is remembered."""
        return self._characters

    def get(self, tenant: str, counter: int) -> tuple[Registration, ...] | None:
        """What was read when the counter stood there, None when it was not."""
        with self._lock:
            found = self._read.get(tenant)
            if found is None or found.counter != counter:
                return None
            self._read.move_to_end(tenant)
            return found.registrations

    def put(self, tenant: str, read: Read) -> None:
        """Remembers, unless that alone is too much, or newer is remembered."""
        with self._lock:
            before = self._read.get(tenant)
            if before is not None and before.counter > read.counter:
                return
            self._drop(tenant)
            if read.characters > self.most:
                return
            self._read[tenant] = read
            self._characters += read.characters
            while self._characters > self.most:
                self._drop(next(iter(self._read)))

    def _drop(self, tenant: str) -> None:
        gone = self._read.pop(tenant, None)
        if gone is not None:
            self._characters -= gone.characters


_MEMORIES: WeakKeyDictionary[Store, Memory] = WeakKeyDictionary()
_LOCK = threading.Lock()


def memory_of(database: Store) -> Memory:
    """What this process remembers of a database."""
    with _LOCK:
        found = _MEMORIES.get(database)
        if found is None:
            found = _MEMORIES[database] = Memory()
        return found
