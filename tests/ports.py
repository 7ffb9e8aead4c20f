# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Ports for servers of tests that no other test draws, in this process or in another that runs at the same time.

A port that is merely free now is drawn by two worlds before either listens. So each process takes blocks of ports by
locking a file for as long as it lives, and gives each port of them out once, or, when there are no others, again once
it is free. All lie below those that the system gives to callers, and below those that `hanse init` draws.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST, LAST = 4_096, 12_000
BLOCK = 64
_FOLDER = Path(tempfile.gettempdir()) / f"hanse-test-ports-{os.getuid()}"


@dataclass
class Drawer:
    """Draws ports; its locks end with the process, or with `close`."""

    folder: Path = _FOLDER
    _locks: dict[int, int] = field(default_factory=dict)  # of blocks, by their first port
    _ports: Iterator[int] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def draw(self) -> int:
        """A port that nobody listens on, and that nobody else is given. Raises RuntimeError when there is none left."""
        with self._lock:
            port = self._next() or self._next()  # the second time from the beginning
        if port is None:
            raise RuntimeError(f"all ports from {FIRST} to {LAST} are drawn by tests that run now, or in use")
        return port

    def _next(self) -> int | None:
        if self._ports is None:
            self._ports = self._every()
        port = next((each for each in self._ports if _is_free(each)), None)
        if port is None:
            self._ports = None
        return port

    def _every(self) -> Iterator[int]:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        for start in range(FIRST, LAST - BLOCK + 1, BLOCK):
            if start in self._locks or self._take(start):
                yield from range(start, start + BLOCK)

    def _take(self, start: int) -> bool:
        lock = os.open(self.folder / str(start), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._locks[start] = lock
        return True

    def close(self) -> None:
        """Lets the blocks go."""
        for lock in self._locks.values():
            os.close(lock)
        self._locks.clear()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


_drawer = Drawer()


def free_port() -> int:
    """A port of this process's own."""
    return _drawer.draw()
