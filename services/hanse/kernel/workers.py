# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CPU work outside the serving process: spawned workers, bounded in number and time.

Workers are spawned, never forked: a fork after grpc has started deadlocks.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from hanse.kernel.errors import DeadlineError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


class WorkerPool:
    """Runs importable functions in spawned processes.

    A worker that dies or overruns its time takes only its own task with it: the pool is made anew.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def run(self, timeout_s: float, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The function's result; exceptions of the function come through as they are.

        Raises:
            DeadlineError: it took longer than `timeout_s` seconds; its process was ended.
            UnavailableError: its process died.
        """
        pool = self._current()
        try:
            return pool.submit(function, *args, **kwargs).result(timeout=timeout_s)
        except FutureTimeoutError:
            self._discard(pool)
            raise DeadlineError(
                f"the computation took longer than {timeout_s:.0f} s and was stopped",
                remedy="Give a smaller input, or raise limits.check_timeout_s.",
            ) from None
        except BrokenProcessPool:
            self._discard(pool)
            raise UnavailableError(
                "the worker process ended before it had a result",
                remedy="Try again; a model that does this every time is reported with its hash to the operator.",
            ) from None

    def _current(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(self._workers, context, initializer=end_with_service)
            return self._pool

    def _discard(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        for process in list((pool._processes or {}).values()):  # noqa: SLF001 - the executor offers no public way to end a task
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Ends the workers."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            self._discard(pool)


def end_with_service() -> None:
    """Runs in a worker as it begins: when the service is killed, nobody else would ever end the worker.

    A signal by the kernel would not do: that one comes when the thread that started the worker ends.
    """
    service = multiprocessing.parent_process()
    if service is None:
        return

    def watch() -> None:
        service.join()
        os._exit(1)

    threading.Thread(target=watch, name="end-with-service", daemon=True).start()
