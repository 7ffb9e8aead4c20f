# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Two cities that serve HTTP: the gateways' world with an edge behind each, and requests as a client makes them."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from cities import Federation, Part, city_path, make_federation
from edge_world import Reply, free_port
from gateway_world import Place, World

from hanse.cli.health import edge_is_serving
from hanse.kernel import keys
from hanse.kernel.config import load, split_address

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.kernel.config import CityConfig

NGSI = "/ngsi-ld/v1"
EXCHANGE = "/hanse.api.http.v1.HttpService/Exchange"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def with_http(config: CityConfig, *, edge: bool = True, **limits: int) -> CityConfig:
    """The city with an HTTP listener at its gateway and, unless told otherwise, an edge; `limits` as in CITY.toml."""
    path = city_path(config)
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        name = line.partition(" = ")[0]
        lines.append(f"{name} = {limits[name]}" if name in limits else line)
        if line == "[gateway]":
            lines.append(f'http_listen = "127.0.0.1:{free_port()}"')
    if edge:
        lines += ["[twin_edge]", f'listen = "127.0.0.1:{free_port()}"']
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load(path)


def start_edge(world: World, config: CityConfig) -> Part:
    """The edge of a city as a process, serving when this returns."""
    command = [sys.executable, "-m", "hanse.twin.edge.server", "--city", str(city_path(config))]
    part = world.processes.run(command, config, "twin_edge")
    deadline = time.monotonic() + 60
    while not edge_is_serving(config, 2.0):
        assert part.process.poll() is None, part.output()
        assert time.monotonic() < deadline, part.output()
        time.sleep(0.05)
    return part


@dataclass
class FalseEdge:
    """Stands where a city's edge should, with its certificate: answers bytes as told, or nothing until `freed`."""

    config: CityConfig
    answer: bytes = OK
    freed: threading.Event = field(default_factory=threading.Event)
    came: SimpleQueue[bytes] = field(default_factory=SimpleQueue)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Begins to serve."""
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.config.keys / "twin.pem", self.config.keys / "twin.key.pem")
        self._tls.load_verify_locations(self.config.keys / keys.CA)
        self._tls.verify_mode = ssl.CERT_REQUIRED
        self._socket = socket.create_server(split_address(self.config.twin_edge.listen))
        self._socket.settimeout(0.05)
        self._threads = [threading.Thread(target=self._accept, name="false edge")]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                plain, _ = self._socket.accept()
            except TimeoutError:
                continue
            self._threads.append(threading.Thread(target=self._serve, args=(plain,), name="false edge's call"))
            self._threads[-1].start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(10)
        try:
            with self._tls.wrap_socket(plain, server_side=True) as stream:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += stream.recv(65536)
                head, _, body = head.partition(b"\r\n\r\n")
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                length = int(lengths[0].partition(b":")[2]) if lengths else 0
                while len(body) < length:
                    body += stream.recv(65536)
                self.came.put(head + b"\r\n\r\n" + body)
                if self.answer:
                    stream.sendall(self.answer)
                else:
                    self.freed.wait(20)
        except OSError:
            return  # the gateway has enough of it

    def close(self) -> None:
        """Ends everything."""
        self.freed.set()
        self._stopping.set()
        for thread in self._threads:
            thread.join(15)
        self._socket.close()


@dataclass
class WebWorld:
    """The world, its edges, and HTTP requests to its gateways. With `false` the other city's edge is false."""

    world: World
    edges: dict[str, Part] = field(default_factory=dict)
    false: FalseEdge | None = None

    @classmethod
    def make(cls, folder: Path, *, false: bool = False, alone: bool = False, **limits: int) -> Self:
        """Both cities with gateways and edges; `alone`, the other city has none."""
        made = make_federation(folder, settings={"enabled = true": "enabled = false"})
        here, there = made.cities
        cities = (with_http(here, **limits), with_http(there, edge=not alone, **limits))
        federation = Federation(made.anchor, cities)
        found = cls(World(federation))
        with ExitStack() as unfinished:
            unfinished.callback(found.close)  # a world that does not stand leaves nothing running
            if false:
                found.false = FalseEdge(federation.there)
            for config in cities[: 1 if false or alone else 2]:
                found.edges[config.city.authority] = start_edge(found.world, config)
            unfinished.pop_all()
        return found

    @property
    def here(self) -> Place:
        return self.world.here

    @property
    def there(self) -> Place:
        return self.world.there

    @property
    def abroad(self) -> str:
        """What a path begins with that leads to the other city."""
        return f"/cities/{self.there.authority}{NGSI}"

    def tls(self, place: Place | None = None, client: str = "operator", *, of: Place | None = None) -> ssl.SSLContext:
        """As a client of the city (or `of` another) that believes the city's authority."""
        config, own = (place or self.here).config, (of or place or self.here).config
        context = ssl.create_default_context(cafile=str(config.keys / keys.CA))
        context.load_cert_chain(own.keys / f"client-{client}.pem", own.keys / f"client-{client}.key.pem")
        return context

    def connection(self, place: Place | None = None, tls: ssl.SSLContext | None = None) -> http.client.HTTPSConnection:
        """A connection to a gateway (default: here)."""
        host, port = split_address((place or self.here).config.gateway.http_listen)
        return http.client.HTTPSConnection(host, port, timeout=30, context=tls or self.tls(place))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        place: Place | None = None,
        token: str | None = None,
        tls: ssl.SSLContext | None = None,
        **more: str,
    ) -> Reply:
        """One request with the operator's token and a purpose; a body that is no bytes is sent as JSON."""
        config = (place or self.here).config
        token = self.world.operators[config.city.authority] if token is None else token
        sent = {"hanse-purpose": "a test"} | ({"Authorization": f"Bearer {token}"} if token else {})
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent |= {name.replace("_", "-"): value for name, value in more.items()}
        connection = self.connection(place, tls)
        try:
            connection.request(method, path, body, {name: value for name, value in sent.items() if value})
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def raw(self, data: bytes, tls: ssl.SSLContext | None = None) -> bytes:
        """Bytes sent as they are; everything that comes back until the gateway ends the connection."""
        host, port = split_address(self.here.config.gateway.http_listen)
        found = b""
        with (
            socket.create_connection((host, port), 20) as plain,
            (tls or self.tls()).wrap_socket(plain, server_hostname=host) as stream,
        ):
            stream.sendall(data)
            while part := stream.recv(65536):
                found += part
        return found

    def close(self) -> None:
        """Ends everything."""
        if self.false is not None:
            self.false.close()
        self.world.close()
