# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The edge as a process: `python -m hanse.twin.edge.server --city CITY.toml`.

TLS with the twin's certificate towards clients that hold one of this city's; a token of the city with every request.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import uvloop
from granian.constants import HTTPModes, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.embed import Server

from hanse.kernel import keys
from hanse.kernel.access import PURPOSE
from hanse.kernel.clock import system_clock
from hanse.kernel.config import ConfigError, split_address
from hanse.kernel.start import run_service
from hanse.kernel.tokens import CityTokenVerifier
from hanse.twin.edge.distributed import wrapping as distributed
from hanse.twin.edge.http import MAX_URI, Answer, Request, problem_answer
from hanse.twin.edge.making import made_world
from hanse.twin.edge.problems import KNOWN, Kind, Problem, problem_of
from hanse.twin.edge.resources import ROUTES
from hanse.twin.edge.routes import Router, check_parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanse.kernel.access import TokenVerifier
    from hanse.kernel.config import CityConfig
    from hanse.twin.edge.routes import Handler, Route
    from hanse.twin.edge.world import World

log = logging.getLogger(__name__)
HEALTH: Final = "/health"
BODY_S: Final = 30.0
ANSWER_S: Final = 60.0
WAITING: Final = 256
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_BEARER: Final = "Bearer "


class Application:
    """The RSGI application: admits, reads, routes, answers."""

    def __init__(self, world: World, tokens: TokenVerifier | None, threads: int, max_body: int) -> None:
        """Without `tokens` nothing is asked for."""
        self._world, self._tokens, self._max_body = world, tokens, max_body
        self._router = Router(ROUTES)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="edge")
        self._waiting = 0
        self._health = json.dumps({"status": "serving", "version": version("hanse")}).encode()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:  # noqa: ANN401 - Granian's types
        """One request."""
        if scope.proto != "http":
            protocol.close(404)
            return
        answer = await self._answer(scope, protocol)
        headers = [*answer.headers]
        if answer.media:
            headers.append(("content-type", answer.media))
        if scope.method == "HEAD":
            headers.append(("content-length", str(len(answer.body))))
            protocol.response_empty(answer.status, headers)
        elif answer.body:
            protocol.response_bytes(answer.status, headers, answer.body)
        else:
            protocol.response_empty(answer.status, headers)

    async def _answer(self, scope: Any, protocol: Any) -> Answer:  # noqa: ANN401
        try:
            return await self._admitted(scope, protocol)
        except KNOWN as error:
            problem = problem_of(error)
            if problem.kind is Kind.UNAUTHENTICATED:
                problem.headers |= _CHALLENGE
            return problem_answer(problem)
        except asyncio.CancelledError:
            raise
        except Exception:  # the last line: nobody outside sees a defect's text
            log.exception("a defect in %s %s", scope.method, scope.path)
            return problem_answer(Problem(Kind.INTERNAL, "an internal error; nothing was changed by this call"))

    async def _admitted(self, scope: Any, protocol: Any) -> Answer:  # noqa: ANN401
        if scope.path == HEALTH:
            return Answer(200, self._health, "application/json")
        if len(scope.path) + len(scope.query_string) > MAX_URI:
            raise Problem(Kind.URI_TOO_LONG, f"a path with its query has at most {MAX_URI} characters; query by POST")
        request = Request(scope.method, scope.path, scope.query_string, scope.headers, authority=scope.authority or "")
        if request.method == "OPTIONS":
            return self._router.options(request)
        route, handler = self._router.find(request)
        self._authorise(request, route)
        if request.method in _WITH_BODY or request.headers.get("content-length") is not None:
            request.body = await self._body(request, protocol)
        check_parameters(route, request)
        inline = request.method in route.inline or (request.method == "HEAD" and "GET" in route.inline)
        quick = route.quick.get(request.method)
        if (inline or quick is not None) and not distributed.waits(self._world, request):
            if quick is None:
                return handler(self._world, request)
            answer = quick(self._world, request)
            if answer is not None:
                return answer
        return await self._in_thread(handler, request)

    def _authorise(self, request: Request, route: Route) -> None:
        if self._tokens is None:
            return
        header = request.headers.get("authorization") or ""
        if not header.startswith(_BEARER):
            raise Problem(Kind.UNAUTHENTICATED, "send `Authorization: Bearer TOKEN`", headers=_CHALLENGE)
        subject = self._tokens.verify(header[len(_BEARER) :].strip())
        needed = route.scope(request.method)
        if needed not in subject.scopes:
            raise Problem(Kind.DENIED, f"the token's scope does not hold {needed}")
        purpose = request.headers.get(PURPOSE)
        if purpose and subject.purpose and purpose != subject.purpose:
            raise Problem(Kind.DENIED, f"the token was given for another purpose than {PURPOSE} says")
        request.subject = subject

    async def _body(self, request: Request, protocol: Any) -> bytes:  # noqa: ANN401
        declared = request.headers.get("content-length")
        if declared is None and request.headers.get("transfer-encoding") is None:
            if request.method == "DELETE":
                return b""
            raise Problem(Kind.LENGTH_REQUIRED, "a body needs a Content-Length, or Transfer-Encoding: chunked")
        if declared is not None and declared.isdecimal() and int(declared) > self._max_body:
            raise Problem(Kind.TOO_LARGE, f"a body has at most {self._max_body} bytes")
        chunks, size = [], 0
        try:
            async with asyncio.timeout(BODY_S):
                async for chunk in protocol:
                    size += len(chunk)
                    if size > self._max_body:
                        raise Problem(Kind.TOO_LARGE, f"a body has at most {self._max_body} bytes")
                    chunks.append(chunk)
        except TimeoutError:
            raise Problem(Kind.TIMEOUT, f"the body did not come within {BODY_S:.0f} s") from None
        return b"".join(chunks)

    async def _in_thread(self, handler: Handler, request: Request) -> Answer:
        if self._waiting >= WAITING:
            raise Problem(Kind.UNAVAILABLE, "too many requests at once; try again", headers={"Retry-After": "1"})
        self._waiting += 1
        try:
            work: Callable[[], Answer] = lambda: copy_context().run(handler, self._world, request)  # noqa: E731
            running = asyncio.get_running_loop().run_in_executor(self._pool, work)
            return await asyncio.wait_for(asyncio.shield(running), ANSWER_S)
        except TimeoutError:
            raise Problem(Kind.GATEWAY_TIMEOUT, f"no answer was found within {ANSWER_S:.0f} s") from None
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Waits for what is being answered."""
        self._pool.shutdown(wait=True, cancel_futures=True)


_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


def main(config: CityConfig) -> None:
    """Serves until it is asked to stop."""
    if not config.twin_edge.listen:
        raise ConfigError("twin_edge.listen is not set: there is nothing to serve")
    clock = system_clock()
    world, close = made_world(config, clock)
    tokens = None if config.twin_edge.open else CityTokenVerifier(config, clock)
    application = Application(world, tokens, config.twin_edge.threads, config.limits.max_message_bytes)
    host, port = split_address(config.twin_edge.listen)
    _refuse_shared(host, port)
    server = Server(
        application,
        address=host,
        port=port,
        http=HTTPModes.auto,
        websockets=False,
        log_enabled=False,
        backlog=1024,
        http1_settings=HTTP1Settings(header_read_timeout=15_000, max_buffer_size=128 * 1024),
        http2_settings=HTTP2Settings(max_headers_size=64 * 1024),
        **_tls(config),
    )
    log.info("the twin's edge of %s serves on %s", config.city.authority, config.twin_edge.listen)
    try:
        uvloop.run(_serve(server))
    finally:
        application.close()
        close()


def _refuse_shared(host: str, port: int) -> None:
    """Two servers may listen on one port here; a second one by mistake would get half of the requests."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise OSError(f"the twin's edge cannot listen on {host}:{port}: is the port taken?") from None


def _tls(config: CityConfig) -> dict[str, Any]:
    if config.twin_edge.open:
        log.warning("the edge is OPEN: plain HTTP without tokens, for conformance suites only")
        return {}
    keys.certificate(config, "twin")  # refuses a key that others may read
    return {
        "ssl_cert": config.keys / "twin.pem",
        "ssl_key": config.keys / "twin.key.pem",
        "ssl_ca": config.keys / keys.CA,
        "ssl_client_verify": True,
        "ssl_protocol_min": SSLProtocols.tls13,
    }


async def _serve(server: Server) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    serving = asyncio.create_task(server.serve())
    waiting = asyncio.create_task(asked.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not asked.is_set():
        waiting.cancel()
        await serving
        raise OSError("the edge's server ended: is the port taken? (`hanse doctor` says)")
    server.stop()  # type: ignore[no-untyped-call] # Granian has no annotations there
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(serving, 10)


if __name__ == "__main__":
    run_service(main)
