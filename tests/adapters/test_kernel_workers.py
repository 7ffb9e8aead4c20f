# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Worker processes: what one of them comes to is nobody else's business."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from hanse.kernel.errors import DeadlineError, UnavailableError
from hanse.kernel.workers import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

GIB = 1024 * 1024 * 1024


@pytest.fixture(scope="module")
def pair() -> Iterator[WorkerPool]:
    """Two workers, bounded in memory, of which none goes on after a task that raised."""
    pool = WorkerPool(2, memory_bytes=GIB, recycle=True)
    yield pool
    pool.close()


def wait_for(path: Path, seconds: float = 30.0) -> int:
    """A task that lasts until a file is there; returns its process."""
    until = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.01)
    return os.getpid()


def mark_and_wait(begun: Path, path: Path) -> int:
    begun.touch()
    return wait_for(path)


def take(count: int) -> int:
    return len(bytearray(count))


def kill_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("task", "error"),
    [
        (lambda pool: pool.run(60, os._exit, 1), UnavailableError),
        (lambda pool: pool.run(60, kill_itself), UnavailableError),
        (lambda pool: pool.run(60, divmod, 1, 0), ZeroDivisionError),
        (lambda pool: pool.run(60, take, 4 * GIB), MemoryError),
        (lambda pool: pool.run(0.05, time.sleep, 60), DeadlineError),
    ],
    ids=["ends", "is killed", "raises", "takes too much memory", "takes too long"],
)
def test_one_task_s_end_leaves_the_others_alone(
    pair: WorkerPool, tmp_path: Path, task: Callable[[WorkerPool], object], error: type[Exception]
) -> None:
    found: list[int] = []
    other = threading.Thread(
        target=lambda: found.append(pair.run(60, mark_and_wait, tmp_path / "begun", tmp_path / "go"))
    )
    other.start()
    wait_for(tmp_path / "begun")
    with pytest.raises(error):
        task(pair)
    assert pair.run(60, pow, 2, 10) == 1024
    (tmp_path / "go").touch()
    other.join(60)
    assert len(found) == 1, "the other task was ended with it"


def test_a_worker_whose_task_raised_is_not_trusted_with_the_next() -> None:
    pool = WorkerPool(1, recycle=True)
    try:
        first = pool.run(60, os.getpid)
        assert pool.run(60, os.getpid) == first
        with pytest.raises(ZeroDivisionError):
            pool.run(60, divmod, 1, 0)
        assert pool.run(60, os.getpid) != first
    finally:
        pool.close()


def test_a_worker_that_ended_while_idle_is_replaced() -> None:
    pool = WorkerPool(1)
    try:
        os.kill(pool.run(60, os.getpid), signal.SIGKILL)
        assert again(lambda: pool.run(60, pow, 2, 3)) == 8
    finally:
        pool.close()


def again(task: Callable[[], int]) -> int:
    """A task tried once more, as whoever reads models does it."""
    try:
        return task()
    except UnavailableError:
        return task()


def test_who_waits_in_vain_for_a_worker_ends_nobody(tmp_path: Path) -> None:
    pool = WorkerPool(1)
    found: list[int] = []
    busy = threading.Thread(target=lambda: found.append(pool.run(60, mark_and_wait, tmp_path / "b", tmp_path / "go")))
    try:
        busy.start()
        wait_for(tmp_path / "b")
        with pytest.raises(DeadlineError, match="no worker became free"):
            pool.run(0.05, pow, 2, 3)
        (tmp_path / "go").touch()
        busy.join(60)
        assert len(found) == 1
    finally:
        pool.close()


def test_a_closed_pool_starts_nothing_and_ends_what_ran(tmp_path: Path) -> None:
    pool = WorkerPool(1)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            pool.run(60, mark_and_wait, tmp_path / "begun", tmp_path / "never")
        except UnavailableError as error:
            failed.append(error)

    running = threading.Thread(target=run)
    running.start()
    wait_for(tmp_path / "begun")
    pool.close()
    running.join(30)
    assert len(failed) == 1
    with pytest.raises(UnavailableError, match="stopping"):
        pool.run(60, pow, 2, 3)
