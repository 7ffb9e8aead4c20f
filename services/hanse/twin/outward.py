# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Calls to servers that others name: notification endpoints and context sources, over HTTP and MQTT.

An address is looked up once, judged, and then connected to, so that no second look-up can give another one; a
redirect leads to a new connection, which is judged like the first. Nothing leads to a private address unless the
configuration allows its network. A call has a time in all, whatever the other side does meanwhile.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

import aiomqtt
import httpcore
from httpcore import AnyIOBackend

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Mapping, Sequence
    from concurrent.futures import Future

T = TypeVar("T")
MAX_ANSWER: Final = 16 * 1024 * 1024
MAX_REDIRECTS: Final = 3
MAX_CONNECTIONS: Final = 500
MAX_LOOKUPS: Final = 64
_KEEP_S: Final = 15.0
_REDIRECTS: Final = frozenset({307, 308})  # those that keep method and body (RFC 9110 section 15.4)
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_VERSIONS: Final = {
    "mqtt3.1.1": aiomqtt.ProtocolVersion.V311,
    "mqtt5.0": aiomqtt.ProtocolVersion.V5,
}
_QOS: Final = frozenset({"0", "1", "2"})

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class OutwardError(Exception):
    """A call came to nothing: refused by policy, no connection, no answer in time. A sentence without secrets."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which addresses may be called: public ones, and those in networks that the configuration allows."""

    allowed: tuple[Network, ...] = ()

    @classmethod
    def of(cls, networks: Iterable[str]) -> Policy:
        """Reads networks such as "10.1.0.0/16". Raises ValueError."""
        return cls(tuple(ipaddress.ip_network(each) for each in networks))

    def judge(self, text: str) -> None:
        """Raises OutwardError for an address that must not be called."""
        address = ipaddress.ip_address(text.partition("%")[0])
        real = carried(address)
        if any(real in network for network in self.allowed if network.version == real.version):
            return
        if not real.is_global or real.is_multicast:
            raise OutwardError("it leads to an address that this city does not call (twin_edge.networks in CITY.toml)")

    async def resolve(self, host: str, port: int) -> str:
        """The first of a host's addresses, if all may be called. Raises OutwardError."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise OutwardError("its host name is not known") from None
        addresses = [str(info[4][0]) for info in found]
        for each in addresses:
            self.judge(each)
        return addresses[0]


# RFC 6052 and 8215: the last 32 bits are an IPv4 address.
_TRANSLATED: Final = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))


def carried(address: Address) -> Address:
    """The IPv4 address that an IPv6 address leads to, where it carries one; else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


class _JudgingBackend(AnyIOBackend):
    """Connects to judged addresses only."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Any = None,  # noqa: ANN401
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the one address that was judged."""
        address = await self._policy.resolve(host, port)
        return await super().connect_tcp(address, port, timeout, local_address, socket_options)


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request; `seconds` is the time it has in all."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Outward:
    """Makes calls from a thread of its own; may be used from any thread."""

    def __init__(self, policy: Policy, trust: ssl.SSLContext | None = None) -> None:
        """`trust` says whose certificates are believed, the system's by default."""
        self._policy, self._trust = policy, trust or ssl.create_default_context()
        self._loop = asyncio.new_event_loop()
        # Looking up a name blocks a thread: many, so that names nobody answers for hold up no others.
        self._loop.set_default_executor(ThreadPoolExecutor(MAX_LOOKUPS, thread_name_prefix="look-up"))
        self._thread = threading.Thread(target=self._run, name="outward", daemon=True)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=self._trust,
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=50,
            keepalive_expiry=_KEEP_S,
            network_backend=_JudgingBackend(policy),
        )
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that calls run on."""
        return self._loop

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs work on the loop, and waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def all(self, calls: Sequence[Call]) -> list[Reply | OutwardError]:
        """Makes calls at once; the answers in their order."""
        return self.begin(calls).result()

    def begin(self, calls: Sequence[Call]) -> Future[list[Reply | OutwardError]]:
        """Begins calls at once; the answers in their order, when the last is there."""

        async def together() -> list[Reply | OutwardError]:
            return await asyncio.gather(*map(self._caught, calls))

        return asyncio.run_coroutine_threadsafe(together(), self._loop)

    async def _caught(self, call: Call) -> Reply | OutwardError:
        try:
            return await self.send(call)
        except OutwardError as error:
            return error

    async def send(self, call: Call) -> Reply:
        """Makes a call. Raises OutwardError."""
        try:
            async with asyncio.timeout(call.seconds):
                return await self._redirected(call)
        except TimeoutError:
            raise OutwardError(f"no answer came within {call.seconds:g} s") from None
        except httpcore.ConnectError:
            raise OutwardError("no connection could be made") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            raise OutwardError(f"the connection broke: {type(error).__name__}") from None
        except (httpcore.UnsupportedProtocol, UnicodeError, ValueError):
            raise OutwardError("its URL is none that can be called") from None

    async def _redirected(self, call: Call) -> Reply:
        url = call.url
        for _ in range(MAX_REDIRECTS + 1):
            reply = await self._once(call, url)
            if reply.status not in _REDIRECTS or "location" not in reply.headers:
                return reply
            following = urljoin(url, reply.headers["location"])
            if urlsplit(following).scheme not in {"http", "https"}:
                raise OutwardError("it redirects to what is no HTTP URL")
            if urlsplit(following).netloc != urlsplit(url).netloc:
                raise OutwardError("it redirects to another host")
            url = following
        raise OutwardError(f"it redirects more than {MAX_REDIRECTS} times")

    async def _once(self, call: Call, url: str) -> Reply:
        headers = [(name.encode(), value.encode()) for name, value in call.headers]
        parts = urlsplit(url)
        headers.append((b"Host", parts.netloc.rpartition("@")[2].encode()))
        if call.body or call.method in {"POST", "PUT", "PATCH"}:
            headers.append((b"Content-Length", str(len(call.body)).encode()))
        async with self._pool.stream(call.method, url, headers=headers, content=call.body) as answer:
            chunks, size = [], 0
            async for chunk in answer.aiter_stream():
                size += len(chunk)
                if size > MAX_ANSWER:
                    raise OutwardError(f"its answer has more than {MAX_ANSWER} bytes")
                chunks.append(chunk)
            found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            return Reply(answer.status, found, b"".join(chunks))

    async def publish(self, url: str, body: bytes, settings: Mapping[str, str], seconds: float) -> None:
        """Publishes a message by MQTT: mqtt[s]://[user[:password]@]host[:port]/topic. Raises OutwardError.

        `settings` may have MQTT-QoS (0 to 2) and MQTT-Version (mqtt3.1.1 or mqtt5.0), as clause 7.2 has them.
        """
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        qos = settings.get("MQTT-QoS", "0")
        try:
            async with asyncio.timeout(seconds):
                address = await self._policy.resolve(host, port)
                client = aiomqtt.Client(
                    # TLS proves the name, so that another address of the same name gains nothing.
                    host if parts.scheme == "mqtts" else address,
                    port,
                    username=unquote(parts.username) if parts.username else None,
                    password=unquote(parts.password) if parts.password else None,
                    protocol=_VERSIONS.get(settings.get("MQTT-Version", "mqtt5.0"), aiomqtt.ProtocolVersion.V5),
                    tls_context=self._trust if parts.scheme == "mqtts" else None,
                    timeout=seconds,
                )
                async with client:
                    await client.publish(parts.path.removeprefix("/"), body, qos=int(qos) if qos in _QOS else 0)
        except TimeoutError:
            raise OutwardError(f"the MQTT broker did not take it within {seconds:g} s") from None
        except (aiomqtt.MqttError, OSError) as error:
            raise OutwardError(f"the MQTT broker did not take it: {type(error).__name__}") from None

    def close(self) -> None:
        """Ends what is under way."""

        async def end() -> None:
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await self._pool.aclose()

        self.wait(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
