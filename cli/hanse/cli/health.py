# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse health`: whether a part serves, by its exit code; what container health checks and scripts call."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from hanse.cli.arguments import seconds
from hanse.cli.output import Exit
from hanse.kernel import keys
from hanse.kernel.channel import connect
from hanse.kernel.clock import system_clock
from hanse.kernel.config import PARTS, CityConfig, ConfigError, load, split_address

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from hanse.cli.output import Output

EDGE = "twin_edge"  # the twin over HTTP: a process of its own with the twin's keys
PROBE_S = 2.0
_PAUSE_S = 0.1  # an edge that is not there refuses at once
_PAUSE = threading.Event()


def is_serving(config: CityConfig, part: str, timeout_s: float = PROBE_S) -> bool:
    """Whether a part's gRPC health service says SERVING; asked with the operator's certificate."""
    with connect(config, "client-operator", part) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # the stubs of grpc-health describe the asyncio form
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=timeout_s, wait_for_ready=True)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def edge_is_serving(config: CityConfig, timeout_s: float = PROBE_S) -> bool:
    """Whether the twin's edge answers over HTTP; asked with the operator's certificate."""
    host, port = split_address(config.twin_edge.reach)
    asked = f"GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    try:
        with socket.create_connection((host, port), timeout_s) as plain, _secured(config, plain) as stream:
            stream.sendall(asked)
            return stream.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _secured(config: CityConfig, plain: socket.socket) -> socket.socket:
    """The stream inside TLS, unless the edge is open."""
    return plain if config.twin_edge.open else _tls(config).wrap_socket(plain)


def _tls(config: CityConfig) -> ssl.SSLContext:
    """This city's parts alone, whatever address they are dialled at."""
    context = ssl.create_default_context(cafile=str(config.keys / keys.CA))
    context.check_hostname = False
    context.load_cert_chain(config.keys / "client-operator.pem", config.keys / "client-operator.key.pem")
    return context


def _ask_of(config: CityConfig, part: str) -> Callable[[], bool]:
    """How a part is asked. Raises ConfigError: it is none of this city's."""
    if part != EDGE:
        return lambda: is_serving(config, part)
    if not config.twin_edge.reach:
        raise ConfigError(f"{EDGE} is not configured; set listen in the section [{EDGE}] of CITY.toml")
    return lambda: edge_is_serving(config)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse health`."""
    parser = subparsers.add_parser("health", help="say by exit code whether a part serves")
    known = (*PARTS, EDGE)
    parser.add_argument("part", choices=known, metavar="PART", help=f"one of {', '.join(known)}")
    parser.add_argument("--wait", type=seconds, default=0.0, metavar="SECONDS", help="how long to go on asking")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, output: Output) -> int:
    config, clock = load(arguments.city), system_clock()
    deadline = clock.monotonic() + arguments.wait
    ask = _ask_of(config, arguments.part)
    serving = ask()
    while not serving and clock.monotonic() < deadline:
        _PAUSE.wait(_PAUSE_S)
        serving = ask()
    word = "serves" if serving else "does not serve"
    output.result({"part": arguments.part, "serving": serving}, f"{arguments.part} of {config.city.name} {word}")
    return Exit.OK if serving else Exit.UNAVAILABLE
