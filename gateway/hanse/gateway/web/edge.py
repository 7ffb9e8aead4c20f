# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""This city's HTTP interface as its gateway calls it: mutual TLS, the caller's token, a size and a time for all."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

import httpcore
from google.protobuf.message import DecodeError

from hanse.api.http.v1 import http_pb2
from hanse.gateway.web.messages import carried, check_request, response_headers, wrong_answer
from hanse.kernel import access
from hanse.kernel.config import split_address
from hanse.kernel.errors import (
    DeadlineError,
    InvalidInputError,
    UnavailableError,
    UnimplementedError,
)
from hanse.kernel.events_connection import tls_context

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.kernel.config import CityConfig

PART: Final = "twin_edge"
BASE: Final = "hanse-base"
HEALTH: Final = "/health"
_AT_ONCE, _KEPT, _KEEP_S = 256, 32, 15.0
_CONNECT_S = 5.0
_SPARE = 64 * 1024  # of a message, for what is not body


class Edge:
    """Requests to the interface; also the one method of HttpService, for calls that come as gRPC."""

    def __init__(self, config: CityConfig) -> None:
        """Raises ConfigError: the gateway's certificate cannot be used."""
        edge = config.twin_edge
        # An open edge asks nobody for a token: it is for suites on this machine, and no way leads there from outside.
        self._reach = "" if edge.open else edge.reach
        self._name = f"twin.{config.city.authority}"
        self._limit = config.limits.max_message_bytes - _SPARE
        self._pool: httpcore.AsyncConnectionPool | None = None
        if self._reach:
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=tls_context(config, "gateway"),
                max_connections=_AT_ONCE,
                max_keepalive_connections=_KEPT,
                keepalive_expiry=_KEEP_S,
                network_backend=httpcore.AnyIOBackend(),
            )

    @property
    def configured(self) -> bool:
        """Whether the city serves anything over HTTP."""
        return self._pool is not None

    async def __call__(self, request: bytes, *, timeout: float, metadata: Sequence[tuple[str, str]]) -> bytes:  # noqa: ASYNC109 - as a call of gRPC
        """HttpService.Exchange: message in, message out. Raises HanseError."""
        try:
            message = http_pb2.ExchangeRequest.FromString(request)
        except DecodeError:
            raise InvalidInputError(
                "the message is no ExchangeRequest", remedy="Encode it by the contract's .proto file."
            ) from None
        answer = await self.exchange(message, timeout, metadata)
        return answer.SerializeToString()

    async def exchange(
        self, request: http_pb2.ExchangeRequest, seconds: float, metadata: Sequence[tuple[str, str]]
    ) -> http_pb2.ExchangeResponse:
        """The interface's answer, of whatever status.

        Raises:
            InvalidInputError, NotFoundError: the request is none that is carried, or its answer is too large.
            UnauthenticatedError: no token came with it.
            UnimplementedError: this city serves nothing over HTTP.
            UnavailableError, DeadlineError: no answer came, or none in time.
        """
        check_request(request)
        access.bearer(dict(metadata))
        target = f"{request.path}?{request.query}" if request.query else request.path
        headers = [(header.name, header.value) for header in request.headers] + list(metadata)
        if request.base:
            headers.append((BASE, request.base))
        if request.body or request.method in {"POST", "PUT", "PATCH"}:
            headers.append(("content-length", str(len(request.body))))
        answer = await self._send(request.method, target, headers, request.body, seconds)
        if wrong := wrong_answer(answer, request.method):
            raise UnavailableError(
                f"the service {PART} of this city answered what is not carried: {wrong}", remedy="Tell its operator."
            )
        return answer

    async def _send(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, seconds: float
    ) -> http_pb2.ExchangeResponse:
        pool = self._pool
        if pool is None:
            raise UnimplementedError(
                "this city serves nothing over HTTP", remedy="Its operator sets twin_edge.listen in CITY.toml."
            )
        host, port = split_address(self._reach)
        url = httpcore.URL(scheme=b"https", host=host.encode(), port=port, target=target.encode())
        sent = [(b"Host", self._name.encode())]
        sent += [(name.encode(), value.encode("latin-1")) for name, value in headers]
        extensions = {"sni_hostname": self._name, "timeout": {"connect": min(seconds, _CONNECT_S), "pool": seconds}}
        try:
            async with (
                asyncio.timeout(seconds),
                pool.stream(method, url, headers=sent, content=body or None, extensions=extensions) as answer,
            ):
                return await self._read(method, answer)
        except (TimeoutError, httpcore.ReadTimeout, httpcore.WriteTimeout, httpcore.PoolTimeout):
            raise DeadlineError(
                f"the service {PART} of this city did not answer within {seconds:.1f} s",
                remedy="Ask for less, or try again.",
            ) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ConnectTimeout, OSError):
            raise UnavailableError(
                f"the service {PART} of this city does not answer",
                remedy="Try again; the operator sees with `hanse status` what is down.",
            ) from None

    async def _read(self, method: str, answer: httpcore.Response) -> http_pb2.ExchangeResponse:
        chunks, size = [], 0
        async for chunk in answer.aiter_stream():
            size += len(chunk)
            if size > self._limit:
                raise InvalidInputError(
                    f"the answer has more than {self._limit} bytes (limits.max_message_bytes)",
                    remedy="Ask for fewer at a time: smaller pages, fewer attributes.",
                    reason="LIMIT_EXCEEDED",
                )
            chunks.append(chunk)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
        return http_pb2.ExchangeResponse(
            status=answer.status, headers=carried(headers, response_headers(method)), body=b"".join(chunks)
        )

    async def health(self, seconds: float) -> tuple[bool, str, str]:
        """Whether the interface serves, its version, and what is wrong."""
        try:
            answer = await self._send("GET", HEALTH, (), b"", seconds)
            told = json.loads(answer.body) if answer.status == 200 else {}  # noqa: PLR2004 - OK
        except (UnavailableError, DeadlineError) as error:
            return False, "", error.status.name
        except ValueError:
            return False, "", "no health"
        serving = isinstance(told, dict) and told.get("status") == "serving"
        return serving, str(told.get("version", "")) if serving else "", "" if serving else f"HTTP {answer.status}"

    async def close(self) -> None:
        """Ends its connections."""
        if self._pool is not None:
            await self._pool.aclose()
