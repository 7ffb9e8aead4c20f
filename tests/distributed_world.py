# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Several twins' edges that are each other's context sources, and servers that page as they please."""

from __future__ import annotations

import json
import re
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

from cities import Processes, city_path, make_city
from edge_world import Edge, Reply, free_port
from twin_world import NO_EVENTS, signed_token

from hanse.cli.health import edge_is_serving
from hanse.kernel import keys
from hanse.kernel.config import load, split_address

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from endpoints import Endpoint

    from hanse.kernel.config import CityConfig

SOURCES = "/csourceRegistrations"
MAREWIJK, LINDEMOND, ABEEL = "marewijk.example", "lindemond.example", "abeel.example"


def start_edge(processes: Processes, folder: Path, authority: str, *, gateway: str = "", **settings: Any) -> Edge:
    """A city's edge over plain HTTP, as an open source is; `gateway` is where its gateway serves HTTP."""
    config = make_city(folder, authority, authority.partition(".")[0].title(), settings=NO_EVENTS)
    lines = {"listen": f"127.0.0.1:{free_port()}", "open": True, **settings}
    section = "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
    path = city_path(config)
    text = path.read_text(encoding="utf-8")
    if gateway:
        text, count = re.subn(r"(?m)^# http_listen = .*$", f'http_listen = "{gateway}"', text)
        assert count == 1
    path.write_text(f"{text}\n[twin_edge]\n{section}", encoding="utf-8")
    config = load(path)
    part = processes.run([sys.executable, "-m", "hanse.twin.edge.server", "--city", str(path)], config, "twin_edge")
    deadline = time.monotonic() + 60
    while not edge_is_serving(config, 2.0):
        assert part.process.poll() is None, part.output()
        assert time.monotonic() < deadline, part.output()
        time.sleep(0.05)
    return Edge(config, part, signed_token(config, scope="twin:read twin:write"))


def url_of(edge: Edge) -> str:
    """Where an open edge is."""
    return "http://{}:{}".format(*split_address(edge.config.twin_edge.listen))


def value(content: Any, **more: Any) -> dict[str, Any]:
    """A Property."""
    return {"type": "Property", "value": content, **more}


def entity(kind: str, name: str, /, **attributes: Any) -> dict[str, Any]:
    """An entity of a type."""
    return {"id": f"urn:ngsi-ld:{kind}:{name}", "type": kind, **attributes}


def register(edge: Edge, endpoint: str | Endpoint, selector: dict[str, Any], **members: Any) -> str:
    """Registers a source; the path of its registration."""
    url = endpoint if isinstance(endpoint, str) else endpoint.url
    information = {"entities": [selector], **members.pop("information", {})}
    document = {"type": "ContextSourceRegistration", "information": [information], "endpoint": url, **members}
    made = edge.call("POST", SOURCES, document)
    assert made.status == 201, made.body
    return str(made.headers["Location"]).removeprefix("/ngsi-ld/v1")


def create(edge: Edge, *entities: dict[str, Any]) -> None:
    """Creates entities in an edge's own store."""
    made = edge.call("POST", "/entityOperations/create?local=true", list(entities))
    assert made.status == 201, made.body


def warnings(reply: Reply) -> list[str]:
    """Warnings of an answer."""
    return [str(each) for each in reply.headers.get_all("NGSILD-Warning", [])]


class Door:
    """What stands where a city's gateway serves HTTP: TLS with its certificate, for those of its city alone."""

    def __init__(self, config: CityConfig, address: str, answer: bytes) -> None:
        """Answers each request so."""
        self.came: SimpleQueue[tuple[str, dict[str, str]]] = SimpleQueue()
        came = self.came

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                came.put((self.path, {name.lower(): value for name, value in self.headers.items()}))
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(config.keys / "gateway.pem", config.keys / "gateway.key.pem")
        context.load_verify_locations(config.keys / keys.CA)
        context.verify_mode = ssl.CERT_REQUIRED
        self._server = ThreadingHTTPServer(split_address(address), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        """Begins to serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Pager:
    """A source that answers queries in its own order, so many a page, and refuses larger pages."""

    def __init__(self, entities: list[dict[str, Any]], largest: int) -> None:
        """`entities` in the order in which they are told."""
        pager = self
        self.asked: list[dict[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = {name: one[0] for name, one in parse_qs(urlsplit(self.path).query).items()}
                pager.asked.append(asked)
                limit, offset = int(asked.get("limit", "20")), int(asked.get("offset", "0"))
                wanted = asked.get("id", "").split(",") if "id" in asked else None
                found = [each for each in entities if wanted is None or each["id"] in wanted]
                status, body = (403, b"{}") if limit > largest else (200, json.dumps(found[offset : offset + limit]))
                self.send_response(status)
                data = body if isinstance(body, bytes) else body.encode()
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        """Begins to serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"
