# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's edge as a process, and requests to it as a client of the city makes them."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from cities import Part, Processes, city_path, make_city
from ports import free_port
from twin_world import NO_EVENTS, in_store, signed_token

from hanse.cli.health import edge_is_serving
from hanse.kernel import keys
from hanse.kernel.config import load, split_address

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.kernel.config import CityConfig

__all__ = ["Edge", "Reply", "free_port"]
NGSI = "/ngsi-ld/v1"
ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        """Status and error type."""
        return self.status, self.json["type"].removeprefix(ERRORS)


@dataclass(frozen=True)
class Edge:
    """A running edge."""

    config: CityConfig
    part: Part
    token: str

    @classmethod
    def start(cls, processes: Processes, folder: Path, store: str = "sqlite", **settings: Any) -> Self:
        """The edge of a new city whose twin is in a store of a kind, with further keys of `[twin_edge]`."""
        config = make_city(folder, settings={**NO_EVENTS, **in_store(store)})
        lines = {"listen": f"127.0.0.1:{free_port()}", **settings}
        section = "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
        path = city_path(config)
        path.write_text(f"{path.read_text(encoding='utf-8')}\n[twin_edge]\n{section}", encoding="utf-8")
        config = load(path)
        command = [sys.executable, "-m", "hanse.twin.edge.server", "--city", str(path)]
        part = processes.run(command, config, "twin_edge")
        deadline = time.monotonic() + 60
        while not edge_is_serving(config, 2.0):
            assert part.process.poll() is None, part.output()
            assert time.monotonic() < deadline, part.output()
            time.sleep(0.05)
        return cls(config, part, signed_token(config, scope="twin:read twin:write"))

    @property
    def tls(self) -> ssl.SSLContext:
        """As the operator's client."""
        context = ssl.create_default_context(cafile=str(self.config.keys / keys.CA))
        context.load_cert_chain(self.config.keys / "client-operator.pem", self.config.keys / "client-operator.key.pem")
        return context

    def connection(self) -> http.client.HTTPConnection:
        """A connection of its own."""
        host, port = split_address(self.config.twin_edge.listen)
        if self.config.twin_edge.open:
            return http.client.HTTPConnection(host, port, timeout=20)
        return http.client.HTTPSConnection(host, port, timeout=20, context=self.tls)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """One request below /ngsi-ld/v1 with the operator's token; a body that is no bytes is sent as JSON."""
        sent = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = self.connection()
        try:
            connection.request(method, path if path.startswith("/health") else NGSI + path, body, sent)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """Bytes sent as they are; the first that come back."""
        host, port = split_address(self.config.twin_edge.listen)
        plain = socket.create_connection((host, port), 20)
        with plain if self.config.twin_edge.open else self.tls.wrap_socket(plain, server_hostname=host) as stream:
            stream.sendall(data)
            return stream.recv(65536)
