# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway's HTTP listener against clients and edges that misbehave: framing, size, time, death, false answers."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from exchange_rogue import exchange_key, rogue_answerer
from gateway_world import TIMEOUT_S
from http_world import EXCHANGE, NGSI, OK, WebWorld, start_edge

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.api.http.v1 import http_pb2
from hanse.gateway.exchange.envelope import Answer, sha256_hex, sign
from hanse.jose import SigningKey, parse_object, read_unverified
from hanse.kernel.config import split_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_world import Reply
    from http_world import FalseEdge

LIMIT = 256 * 1024
TYPES = f"{NGSI}/types"
CHUNK = b"20000\r\n" + b"x" * 0x20000 + b"\r\n"
HEAD = b"GET /ngsi-ld/v1/types HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    """Here a real edge, there a false one; calls have two seconds."""
    folder = tmp_path_factory.mktemp("web")
    made = WebWorld.make(folder, false=True, max_message_bytes=LIMIT, deadline_default_ms=2000)
    yield made
    made.close()


@pytest.fixture
def edge(web: WebWorld) -> Iterator[FalseEdge]:
    """The false edge, answering well again afterwards."""
    assert web.false is not None
    while not web.false.came.empty():
        web.false.came.get()
    yield web.false
    web.false.answer = OK
    web.false.freed.set()
    web.false.freed.clear()


def reason(answer: Reply) -> tuple[int, str]:
    return answer.status, str(answer.json["reason"])


def last(web: WebWorld) -> exchange_pb2.ExchangeRecord:
    """The newest exchange here."""
    record = web.world.exchanges(web.here)[0]
    assert record.method == EXCHANGE
    return record


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        (HEAD + b"Content-Length: +3\r\n\r\nabc", 400),
        (HEAD + b"Transfer-Encoding: xchunked\r\n\r\n", 501),
        (HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n", 501),
        (HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"X: a\r\n\tfolded\x00\r\n\r\n", 400),
        (HEAD + b"Host: b\r\n\r\n", 400),
        (b"GET /ngsi-ld/v1/types HTTP/1.1\r\n\r\n", 400),
        (b"GET https://elsewhere.example/ngsi-ld/v1/types HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET  /ngsi-ld/v1/types HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"TRACE /ngsi-ld/v1/types HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET /ngsi-ld/v1/types HTTP/1.0\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (HEAD + b"X: y\r\n" * 200 + b"\r\n", 431),
        (HEAD + b"X: " + b"y" * 40_000 + b"\r\n\r\n", 431),
        (b"GET /ngsi-ld/v1/types?" + b"q" * 17_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n", 400),
        (HEAD + b"Content-Length: 999999999\r\n\r\n", 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK * 3, 413),
    ],
)
def test_framing_that_two_could_read_differently_ends_the_connection(web: WebWorld, data: bytes, status: int) -> None:
    found = web.raw(data + HEAD + b"\r\n")
    assert found.startswith(f"HTTP/1.1 {status} ".encode()), found[:300]
    assert found.count(b"HTTP/1.1 ") == 1, "what follows is not read as a request"
    assert b"connection: close" in found.lower()


def test_requests_one_after_the_other_are_answered_in_order(web: WebWorld) -> None:
    token = web.world.operators[web.here.authority]
    one = HEAD + f"Authorization: Bearer {token}\r\n\r\n".encode()
    bad = b"GET /nowhere HTTP/1.1\r\nHost: a\r\n" + one.partition(b"Host: a\r\n")[2]
    closing = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    found = web.raw(one + bad + closing)
    assert re.findall(rb"HTTP/1\.1 (\d+) ", found) == [b"200", b"404", b"200"]


def test_a_client_may_ask_before_it_sends(web: WebWorld) -> None:
    token = web.world.operators[web.here.authority]
    head = (
        f"POST {NGSI}/entityOperations/query HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 44\r\nConnection: close\r\n\r\n"
    )
    host, port = split_address(web.here.config.gateway.http_listen)
    with (
        socket.create_connection((host, port), 20) as plain,
        web.tls().wrap_socket(plain, server_hostname=host) as stream,
    ):
        stream.sendall(head.encode())
        assert stream.recv(65536).startswith(b"HTTP/1.1 100 ")
        stream.sendall(b'{"type":"Query","entities":[{"type":"None"}]}'[:44])
        assert stream.recv(65536).startswith(b"HTTP/1.1 ")


def test_a_large_body(web: WebWorld, edge: FalseEdge) -> None:
    abroad = f"{web.abroad}/entities"
    assert reason(web.call("POST", f"{NGSI}/entities", b"x" * (LIMIT + 1))) == (413, "LIMIT_EXCEEDED")
    assert reason(web.call("POST", abroad, b"x" * (LIMIT + 1))) == (413, "LIMIT_EXCEEDED")
    assert reason(web.call("POST", abroad, b"x" * LIMIT)) == (413, "LIMIT_EXCEEDED"), "with what is around it"
    assert edge.came.empty()
    assert web.call("POST", abroad, b"x" * (LIMIT - 4096)).status == 200
    assert edge.came.get(timeout=TIMEOUT_S).endswith(b"x" * (LIMIT - 4096))


def test_what_goes_on_is_made_anew(web: WebWorld, edge: FalseEdge) -> None:
    """Of a request only what is carried comes to the other city's edge, with the token exchanged."""
    token = web.world.operators[web.here.authority]
    answer = web.call(
        "GET",
        f"{web.abroad}/types?limit=1",
        Connection="keep-alive, X-Private",
        X_Private="1",
        Cookie="a=b",
        TE="trailers",
        Upgrade="h2c",
        X_Forwarded_For="10.0.0.1",
        hanse_caller="urn:hanse:lindemond.example:service:identity",
        hanse_base="https://evil.example",
        Accept="application/json",
        NGSILD_Tenant="t",
        Link='<urn:a>; rel="x"',
    )
    assert answer.status == 200
    head = edge.came.get(timeout=TIMEOUT_S).decode()
    line, *rest = head.strip().split("\r\n")
    assert line == "GET /ngsi-ld/v1/types?limit=1 HTTP/1.1"
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
    assert set(headers) == {
        *("host", "accept", "ngsild-tenant", "link", "authorization", "hanse-caller", "hanse-purpose"),
        *("hanse-request-id", "hanse-exchange-id", "hanse-base"),
    }
    assert headers["host"] == "twin.lindemond.example"
    assert token not in headers["authorization"]
    assert headers["hanse-caller"] == "urn:hanse:marewijk.example:service:gateway"
    own = web.here.config.gateway.http_listen
    assert headers["hanse-base"] == f"https://{own}/cities/lindemond.example"
    assert headers["hanse-exchange-id"] == answer.headers["hanse-exchange-id"]


def test_of_an_answer_what_is_not_carried_stays_behind(web: WebWorld, edge: FalseEdge) -> None:
    edge.answer = OK.replace(b"\r\n\r\n", b'\r\nSet-Cookie: a=b\r\nServer: x\r\nETag: "1"\r\nX-Y: z\r\n\r\n')
    answer = web.call("GET", f"{web.abroad}/types")
    assert {name.lower() for name in answer.headers} == {"content-type", "etag", "hanse-exchange-id", "content-length"}
    edge.answer = b"HTTP/1.1 302 Found\r\nLocation: /ngsi-ld/v1/types\r\nContent-Length: 0\r\n\r\n"
    moved = web.call("GET", f"{web.abroad}/types")
    assert (moved.status, moved.headers["location"]) == (302, f"{web.abroad}/types")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"SSH-2.0-x\r\n", 503),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", 503),
        (b"HTTP/1.1 200 OK\r\nContent-Type: a\x01b\r\nContent-Length: 0\r\n\r\n", 503),
        (b"HTTP/1.1 600 No\r\nContent-Length: 0\r\n\r\n", 503),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000, 400),
        (b"HTTP/1.1 200 OK\r\n" + b"ETag: a\r\n" * 100 + b"Content-Length: 0\r\n\r\n", 503),
    ],
)
def test_an_edge_that_answers_badly(web: WebWorld, edge: FalseEdge, answer: bytes, status: int) -> None:
    edge.answer = answer
    found = web.call("GET", f"{web.abroad}/types")
    assert found.status == status, found.body
    assert found.json["remedy"]
    record = last(web)
    assert (record.id, record.state) == (found.headers["hanse-exchange-id"], record.STATE_COMPLETE)


def test_an_edge_that_hangs_costs_its_time_and_nobody_else_any(web: WebWorld, edge: FalseEdge) -> None:
    edge.answer = b""
    found = web.call("GET", f"{web.abroad}/types")
    assert reason(found) == (504, "DEADLINE_EXCEEDED")
    assert last(web).id == found.headers["hanse-exchange-id"]
    assert web.call("GET", TYPES).status == 200


def test_a_client_that_leaves_ends_its_exchange(web: WebWorld, edge: FalseEdge) -> None:
    edge.answer = b""
    token = web.world.operators[web.here.authority]
    connection = web.connection()
    connection.request("GET", f"{web.abroad}/types", headers={"Authorization": f"Bearer {token}", "hanse-purpose": "x"})
    assert edge.came.get(timeout=TIMEOUT_S)
    connection.close()
    deadline = time.monotonic() + 1.5  # before the call's own time is over
    while last(web).state != exchange_pb2.ExchangeRecord.STATE_BROKEN:
        assert time.monotonic() < deadline, "it goes on for nobody"
        time.sleep(0.05)


def test_an_edge_that_stands_still_and_one_that_was_killed(web: WebWorld) -> None:
    part = web.edges[web.here.authority]
    assert web.call("GET", TYPES).status == 200
    os.kill(part.process.pid, signal.SIGSTOP)
    try:
        assert reason(web.call("GET", TYPES)) == (504, "DEADLINE_EXCEEDED")
    finally:
        os.kill(part.process.pid, signal.SIGCONT)
    part.kill()
    assert reason(web.call("GET", TYPES)) == (503, "PEER_UNAVAILABLE")
    web.edges[web.here.authority] = start_edge(web.world, web.here.config)
    assert web.call("GET", TYPES).status == 200


@dataclass
class FalseGateway(exchange_pb2_grpc.ExchangeServiceServicer):
    """Holds the other city's keys and signs any answer."""

    key: SigningKey
    body: bytes = b""

    def Call(self, request: exchange_pb2.CallRequest, _context: object) -> exchange_pb2.CallResponse:  # noqa: N802
        claims = parse_object(read_unverified(request.envelope)[1])
        digests = sha256_hex(request.envelope), hashlib.sha256(self.body).hexdigest()
        names = (str(claims[name]) for name in ("id", "aud", "iss"))
        answer = Answer(*names, int(time.time()), *digests, "OK")
        return exchange_pb2.CallResponse(answer=sign(answer, self.key), payload=self.body)


def test_a_city_whose_gateway_signs_rubbish(web: WebWorld) -> None:
    header, rogue = http_pb2.Header, FalseGateway(exchange_key(web.there.config))
    answers = [
        http_pb2.ExchangeResponse(status=101),
        http_pb2.ExchangeResponse(status=0),
        http_pb2.ExchangeResponse(status=2**31 - 1),
        http_pb2.ExchangeResponse(status=204, body=b"x"),
        http_pb2.ExchangeResponse(status=200, headers=[header(name="set-cookie", value="a=b")]),
        http_pb2.ExchangeResponse(status=200, headers=[header(name="content-length", value="7")]),
        http_pb2.ExchangeResponse(status=200, headers=[header(name="transfer-encoding", value="chunked")]),
        http_pb2.ExchangeResponse(status=200, headers=[header(name="etag", value="a\r\nset-cookie: b")]),
        http_pb2.ExchangeResponse(status=200, headers=[header(name="etag", value="€")]),
        http_pb2.ExchangeResponse(status=200, headers=[header(name="etag", value="a")] * 100),
    ]
    with rogue_answerer(web.there.config, rogue) as address:
        web.world.register(web.here, web.there, address)
        try:
            for rogue.body in (b"\xff\xff", *(answer.SerializeToString() for answer in answers)):
                found = web.call("GET", f"{web.abroad}/types")
                assert reason(found) == (502, "ENVELOPE_INVALID"), rogue.body
                assert "set-cookie" not in found.headers
            rogue.body = http_pb2.ExchangeResponse(status=200, body=b"[]").SerializeToString()
            assert web.call("GET", f"{web.abroad}/types").json == []
        finally:
            web.world.register(web.here, web.there)
