# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Remote contexts, served by a real server on this machine to an open edge: fetched once, kept, refused when bad."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from cities import Processes
from edge_world import Edge

LD = "application/ld+json"
GOOD = {"@context": {"hue": "https://example.org/hue"}}


class Shelf(BaseHTTPRequestHandler):
    """Contexts by path; a text is where a redirect leads."""

    documents: ClassVar[dict[str, Any]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        found = self.documents.get(self.path)
        if isinstance(found, str):
            self.send_response(302)
            self.send_header("Location", found)
            self.end_headers()
            return
        body = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def shelf() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, shelf: str) -> Iterator[Edge]:
    with Processes() as processes:
        allowed = [f"{shelf}/", "http://10.0.0.1/"]
        served = Edge.start(processes, tmp_path_factory.mktemp("city"), open=True, contexts=allowed)
        yield served
        assert "Traceback" not in served.part.output(), served.part.output()


def written(edge: Edge, name: str, context: Any) -> Any:
    entity = {"id": f"urn:x:c:{name}", "type": "T", "hue": {"type": "Property", "value": 1}, "@context": context}
    return edge.call("POST", "/entities", entity, Content_Type=LD)


def test_a_context_is_fetched_once_and_kept(edge: Edge, shelf: str) -> None:
    Shelf.documents["/good"] = GOOD
    url = f"{shelf}/good"
    assert written(edge, "one", url).status == 201
    assert written(edge, "two", [url]).status == 201
    assert Shelf.asked.count("/good") == 1
    assert "https://example.org/hue" in edge.call("GET", "/entities/urn:x:c:two").json
    kept = [each for each in edge.call("GET", "/jsonldContexts?details=true&kind=Cached").json if each["URL"] == url]
    assert [(each["kind"], each["numberOfHits"]) for each in kept] == [("Cached", 2)]
    del Shelf.documents["/good"]
    path = "/jsonldContexts/" + url.replace("/", "%2F")
    assert edge.call("DELETE", f"{path}?reload=true").error == (503, "LdContextNotAvailable")
    assert written(edge, "three", url).status == 201, "what cannot be fetched anew is kept"
    assert edge.call("GET", path).error == (422, "OperationNotSupported")
    assert edge.call("DELETE", path).status == 204
    assert written(edge, "four", url).error == (503, "LdContextNotAvailable")


def test_a_redirect_is_judged_like_any_other_url(edge: Edge, shelf: str) -> None:
    Shelf.documents |= {
        "/there": f"{shelf}/end",
        "/end": GOOD,
        "/private": "http://10.0.0.1/context",
        "/elsewhere": "http://127.0.0.1:9/context",
        "/file": "file:///etc/hostname",
        "/round": "/round",
    }
    assert written(edge, "redirected", f"{shelf}/there").status == 201
    for name in ("private", "elsewhere", "file", "round"):
        assert written(edge, name, f"{shelf}/{name}").error == (503, "LdContextNotAvailable")


def test_contexts_that_are_none_or_too_much(edge: Edge, shelf: str) -> None:
    Shelf.documents |= {
        "/text": b"not JSON",
        "/self": {"@context": f"{shelf}/self"},
        "/large": b'{"@context": {"a": "' + b"x" * (3 * 1024 * 1024) + b'"}}',
        "/deep": b'{"@context":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "/terms": {"@context": {f"t{number}": "https://example.org/t" for number in range(20_000)}},
    }
    assert written(edge, "text", f"{shelf}/text").error == (503, "LdContextNotAvailable")
    for name in ("self", "large", "terms"):
        assert written(edge, name, f"{shelf}/{name}").error == (400, "BadRequestData"), name
    assert written(edge, "deep", f"{shelf}/deep").status in (400, 503)
    assert written(edge, "inline", {"hue": {"@id": 3}}).error == (400, "BadRequestData")
    assert edge.call("GET", "/entities?type=T&limit=0&count=true").status == 200
