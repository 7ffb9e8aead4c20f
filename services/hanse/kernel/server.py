# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The gRPC server that every service runs in: mutual TLS, access, errors, health, reflection, graceful stop.

Synchronous handlers on threads: a call here is one short database read or a wait for a worker, and a thread costs
less per call than a task does (`docs/decisions/0004`). The gateway, which fans out, has its own asyncio door.
"""

from __future__ import annotations

import logging
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from hanse.kernel import access
from hanse.kernel.guard import VERSION_KEY, Guard, fail
from hanse.kernel.keys import server_credentials
from hanse.kernel.lasting import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from hanse.kernel.config import CityConfig

log = logging.getLogger(__name__)
__all__ = ["VERSION_KEY", "Registration", "ServiceProcess", "fail"]
_DRAIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Registration:
    """One gRPC service of a process: its full name, how it is added, and the rule of each method."""

    name: str
    add: Callable[[grpc.Server], None]
    rules: dict[str, access.Access]


class ServiceProcess:
    """A service from start to stop.

    Not serving until `ready` says so; on SIGTERM or SIGINT health goes to NOT_SERVING, running calls are drained,
    then `on_stop` callbacks run in reverse order.
    """

    def __init__(self, config: CityConfig, part: str, tokens: access.TokenVerifier) -> None:
        self._config, self._part, self._tokens = config, part, tokens
        self._threads: int = getattr(config, part).threads
        self.places = Places(self._threads)
        self._stop = threading.Event()
        self._on_stop: list[Callable[[], None]] = []
        self._server: grpc.Server | None = None
        self._guard: Guard | None = None
        self._health: health.HealthServicer | None = None

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Runs `callback` after the last call has ended."""
        self._on_stop.append(callback)

    @property
    def stopping(self) -> threading.Event:
        """Set when the process is asked to stop; long streams look at it."""
        return self._stop

    def start(self, registrations: Sequence[Registration]) -> int:
        """Starts listening, healthy at once; returns the port."""
        rules = {f"/{r.name}/{method}": rule for r in registrations for method, rule in r.rules.items()}
        door = access.Door(self._config.city.authority, rules, self._tokens)
        guard = Guard(door, self.places, self._config.limits.stream_idle_s)
        serving = health.HealthServicer(experimental_thread_pool=guard.health_threads)
        limit = self._config.limits.max_message_bytes
        server = grpc.server(
            ThreadPoolExecutor(self._threads, thread_name_prefix=self._part),
            interceptors=[guard],
            options=[
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", limit),
                ("grpc.max_send_message_length", limit),
                ("grpc.max_metadata_size", 32 * 1024),
                ("grpc.http2.max_ping_strikes", 0),
            ],
            maximum_concurrent_rpcs=self._threads * 8,
        )
        health_pb2_grpc.add_HealthServicer_to_server(serving, server)
        names = [r.name for r in registrations]
        for registration in registrations:
            registration.add(server)
        reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
        listen = self._config.listen(self._part)
        try:
            port = server.add_secure_port(listen, server_credentials(self._config, self._part))
        except RuntimeError:
            raise OSError(f"{self._part} cannot listen on {listen}: is the port taken? (`hanse doctor` says)") from None
        server.start()
        for name in ("", *names):
            serving.set(name, health_pb2.HealthCheckResponse.SERVING)
        self._server, self._guard, self._health = server, guard, serving
        log.info("%s of %s serves on %s", self._part, self._config.city.authority, listen)
        return port

    def stop(self) -> None:
        """Asks the process to stop; safe from any thread."""
        self._stop.set()

    def run(self) -> None:
        """Waits for SIGTERM or SIGINT, then stops gracefully. Main thread only."""

        def asked(_signal: int, _frame: FrameType | None) -> None:
            self._stop.set()

        signal.signal(signal.SIGTERM, asked)
        signal.signal(signal.SIGINT, asked)
        while not self._stop.wait(1.0):
            pass
        self.close()

    def close(self) -> None:
        """Health off, drain, stop, then the callbacks."""
        self._stop.set()
        if self._health is not None:
            self._health.enter_graceful_shutdown()
        if self._server is not None:
            self._server.stop(_DRAIN_S).wait()
        if self._guard is not None:
            self._guard.close()
        for callback in reversed(self._on_stop):
            callback()
