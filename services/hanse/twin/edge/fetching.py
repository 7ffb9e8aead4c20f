# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Remote JSON-LD contexts over HTTP: by allow-list only, never from a private address, within size and time.

The address is looked up once, judged, and then connected to, so that no second look-up can give another one; every
redirect is judged like the first request.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urljoin, urlsplit

from hanse.jsonld import ContextError, ContextFault
from hanse.twin.outward import carried

if TYPE_CHECKING:
    from hanse.kernel.clock import Clock

Json = Any
MAX_BYTES: Final = 2 * 1024 * 1024
MAX_REDIRECTS: Final = 3
TIMEOUT_S: Final = 5.0
_CHUNK: Final = 64 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches context documents from URLs that begin with one of `allowed`.

    `loopback` lets addresses of this machine pass, for conformance suites alone.
    """

    allowed: tuple[str, ...]
    clock: Clock
    loopback: bool = False

    def __call__(self, url: str) -> Json:
        """The JSON document at a URL. Raises ContextError: unavailable or not JSON."""
        deadline = self.clock.monotonic() + TIMEOUT_S
        at = url
        for _ in range(MAX_REDIRECTS + 1):
            found = self._once(at, url, deadline)
            if isinstance(found, bytes):
                return _parsed(found, url)
            at = urljoin(at, found)
        raise _away(url, f"it redirects more than {MAX_REDIRECTS} times")

    def _once(self, at: str, url: str, deadline: float) -> bytes | str:
        """The body, or where a redirect leads."""
        parts = self._permitted(at, url)
        try:
            with closing(self._connect(parts, url, deadline)) as connection:
                path = parts.path or "/"
                connection.request(
                    "GET",
                    f"{path}?{parts.query}" if parts.query else path,
                    headers={"Accept": "application/ld+json, application/json;q=0.9", "User-Agent": "hanse"},
                )
                answer = connection.getresponse()
                if answer.status in _REDIRECTS:
                    return answer.getheader("Location") or ""
                if answer.status != http.client.OK:
                    raise _away(url, f"its server answers {answer.status}")
                return self._body(connection, answer, url, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if isinstance(error, ContextError):
                raise
            raise _away(url, str(error) or type(error).__name__) from None

    def _permitted(self, at: str, url: str) -> SplitResult:
        try:
            parts = urlsplit(at)
            port = parts.port
        except ValueError:
            raise _away(url, "it leads to no URL") from None
        bare = parts._replace(fragment="").geturl()
        if parts.scheme not in _PORTS or not parts.hostname or parts.username or port == 0:
            raise _away(url, "only http and https URLs without user names are fetched")
        if not any(bare.startswith(prefix) for prefix in self.allowed):
            raise _away(url, "it is not on the city's allow-list (twin_edge.contexts in CITY.toml)")
        return parts

    def _connect(self, parts: SplitResult, url: str, deadline: float) -> http.client.HTTPConnection:
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        address = self._address(host, port, url)
        connection = http.client.HTTPConnection(host, port, timeout=self._left(deadline, url))
        stream = socket.create_connection((address, port), timeout=self._left(deadline, url))
        if parts.scheme == "https":
            stream = ssl.create_default_context().wrap_socket(stream, server_hostname=host)
        connection.sock = stream
        return connection

    def _address(self, host: str, port: int, url: str) -> str:
        """The first of a host's addresses, if all may be fetched from."""
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        for each in found:
            mapped = carried(ipaddress.ip_address(each.partition("%")[0]))
            if not mapped.is_global and not (self.loopback and mapped.is_loopback):
                raise _away(url, "it leads to a private address")
            if mapped.is_multicast:
                raise _away(url, "it leads to a multicast address")
        return found[0]

    def _body(
        self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse, url: str, deadline: float
    ) -> bytes:
        chunks, size = [], 0
        while chunk := answer.read1(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                raise ContextError(ContextFault.TOO_LARGE, f"the context {url} has more than {MAX_BYTES} bytes", url)
            chunks.append(chunk)
            if connection.sock is not None:
                connection.sock.settimeout(self._left(deadline, url))
        return b"".join(chunks)

    def _left(self, deadline: float, url: str) -> float:
        left = deadline - self.clock.monotonic()
        if left <= 0:
            raise _away(url, f"its server does not answer within {TIMEOUT_S:.0f} s")
        return left


def _parsed(body: bytes, url: str) -> Json:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ContextError(ContextFault.NOT_JSON, f"{url} holds no JSON", url) from None


def _away(url: str, why: str) -> ContextError:
    return ContextError(ContextFault.UNAVAILABLE, f"the context {url[:300]} cannot be had: {why}", url)
