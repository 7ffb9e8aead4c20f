# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CPU work outside the serving process: spawned workers, bounded in number and time.

Workers are spawned, never forked: a fork after grpc has started deadlocks.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import resource
import threading
import time
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from hanse.kernel import collector
from hanse.kernel.errors import DeadlineError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


class WorkerPool:
    """Runs importable functions in spawned processes, each at most so many at a time.

    Every worker stands alone: one that dies, overruns its time or takes too much memory takes only its own task with
    it, and another takes its place. With `recycle` so does one whose task raised: native code that has failed is not
    trusted with the next task. `memory_bytes` bounds each worker's address space; a task that wants more is refused
    memory, which ends it with MemoryError or ends the worker.
    """

    def __init__(self, workers: int, *, memory_bytes: int | None = None, recycle: bool = False) -> None:
        self._memory_bytes, self._recycle = memory_bytes, recycle
        # Each worker computes with one thread; a reserve for as many as there are cores would be most of its memory.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        self._lock = threading.Lock()
        self._closed = False
        self._all: set[ProcessPoolExecutor] = set()
        # Slots, each with its worker once it has one; the last used first, since that one is warm.
        self._free: queue.LifoQueue[ProcessPoolExecutor | None] = queue.LifoQueue()
        for _ in range(workers):
            self._free.put(None)

    def run(self, timeout_s: float, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The function's result; exceptions of the function come through as they are.

        Raises:
            DeadlineError: it took longer than `timeout_s` seconds, waiting for a worker included; its process was
                ended.
            UnavailableError: its process died, or the pool is closed.
        """
        begin = time.monotonic()
        try:
            slot = self._free.get(timeout=timeout_s)
        except queue.Empty:
            raise DeadlineError(
                f"no worker became free within {timeout_s:.0f} s", remedy="Try again when other work has ended."
            ) from None
        worker: ProcessPoolExecutor | None = None
        try:
            worker = self._worker(slot)
            result = self._result(worker, timeout_s - (time.monotonic() - begin), function, *args, **kwargs)
        except BaseException as error:
            if worker is not None and (self._recycle or isinstance(error, DeadlineError | UnavailableError)):
                self._discard(worker)
                worker = None
            raise
        finally:
            self._free.put(worker)
        return result

    @staticmethod
    def _result(
        worker: ProcessPoolExecutor,
        left_s: float,
        function: Callable[P, R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        try:
            task = worker.submit(function, *args, **kwargs)
        except RuntimeError:
            # Closed meanwhile, or ended while it had nothing to do.
            raise UnavailableError("the worker process has ended", remedy="Try again.") from None
        try:
            return task.result(timeout=max(0.0, left_s))
        except FutureTimeoutError:
            raise DeadlineError(
                f"the computation took longer than {left_s:.0f} s and was stopped",
                remedy="Give a smaller input, or raise limits.check_timeout_s.",
            ) from None
        except (BrokenProcessPool, CancelledError):
            raise UnavailableError(
                "the worker process ended before it had a result",
                remedy="Try again; a model that does this every time is reported with its hash to the operator.",
            ) from None

    def _worker(self, slot: ProcessPoolExecutor | None) -> ProcessPoolExecutor:
        """The worker of a slot, made when it has none."""
        with self._lock:
            if self._closed:
                raise UnavailableError("the service is stopping", remedy="Try again in a moment.")
            if slot is None:
                context = multiprocessing.get_context("spawn")
                slot = ProcessPoolExecutor(1, context, initializer=_begin, initargs=(self._memory_bytes,))
                self._all.add(slot)
            return slot

    def _discard(self, worker: ProcessPoolExecutor) -> None:
        with self._lock:
            self._all.discard(worker)
        for process in list((worker._processes or {}).values()):  # noqa: SLF001 - the executor offers no public way to end a task
            process.kill()
        worker.shutdown(wait=False, cancel_futures=True)

    @property
    def closed(self) -> bool:
        """Whether no task is taken any more."""
        return self._closed

    def close(self) -> None:
        """Ends the workers; whoever waits for one learns that it ended."""
        with self._lock:
            self._closed = True
            workers = tuple(self._all)
        for worker in workers:
            self._discard(worker)


def _begin(memory_bytes: int | None) -> None:
    """Runs in a worker as it begins."""
    if memory_bytes is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    collector.seldom()
    end_with_service()


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
