# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway's HTTP listener at its limits: many connections, slow clients, cities without HTTP or trust, the end."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING

import pytest
from gateway_world import TIMEOUT_S
from http_world import NGSI, WebWorld

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.gateway.web import connection as limits
from hanse.gateway.web import server
from hanse.kernel.config import split_address

if TYPE_CHECKING:
    import http.client
    import ssl
    from collections.abc import Iterator

TYPES = f"{NGSI}/types"
SHARE = 4


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    """Few connections; the other city serves nothing over HTTP."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "CONNECTIONS", 4 * SHARE)
        made = WebWorld.make(tmp_path_factory.mktemp("web"), alone=True)
    yield made
    made.close()


def ask(connection: http.client.HTTPSConnection, web: WebWorld) -> int:
    token = web.world.operators[web.here.authority]
    connection.request("GET", TYPES, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def ended(web: WebWorld, data: bytes) -> bytes:
    """What the gateway says until it ends a connection on which these bytes came and no more."""
    host, port = split_address(web.here.config.gateway.http_listen)
    with socket.create_connection((host, port), 10) as plain, web.tls().wrap_socket(plain, server_hostname=host) as tls:
        tls.sendall(data)
        found = b""
        while part := tls.recv(65536):
            found += part
    return found


def test_who_takes_all_his_connections_hinders_nobody_else(web: WebWorld) -> None:
    def opened(tls: ssl.SSLContext) -> http.client.HTTPSConnection:
        connection = web.connection(tls=tls)
        connection.connect()
        return connection

    mine = [opened(web.tls()) for _ in range(SHARE)]
    try:
        assert [ask(each, web) for each in mine] == [200] * SHARE
        assert web.call("GET", TYPES).status == 429
        assert web.call("GET", TYPES, tls=web.tls(client="platform")).status == 200
    finally:
        for each in mine:
            each.close()
    deadline = time.monotonic() + TIMEOUT_S
    while web.call("GET", TYPES).status != 200:
        assert time.monotonic() < deadline, "his places are not given back"
        time.sleep(0.05)


def test_a_slow_client_is_not_waited_for(web: WebWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IDLE_S", 0.3)
    monkeypatch.setattr(limits, "BODY_S", 0.3)
    monkeypatch.setattr(limits, "LINGER_S", 0.1)
    assert ended(web, b"") == b""
    assert ended(web, b"GET /ngsi-ld/v1/types HTTP/1.1\r\nHost: a\r\n") == b""
    head = b"POST /ngsi-ld/v1/entities HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
    assert ended(web, head + b"{").startswith(b"HTTP/1.1 408 ")


def test_a_connection_without_tls_gets_nothing(web: WebWorld) -> None:
    host, port = split_address(web.here.config.gateway.http_listen)
    with socket.create_connection((host, port), 10) as plain:
        plain.sendall(b"GET /ngsi-ld/v1/types HTTP/1.1\r\nHost: a\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert not plain.recv(65536).startswith(b"HTTP")


def test_a_neighbour_that_serves_no_http(web: WebWorld) -> None:
    answer = web.call("GET", f"{web.abroad}/types")
    assert (answer.status, answer.json["reason"]) == (501, "UNIMPLEMENTED")
    assert web.world.exchanges(web.there)[0].id == answer.headers["hanse-exchange-id"], "it was asked all the same"
    own = web.call("GET", TYPES, place=web.there)
    assert (own.status, own.json["reason"]) == (501, "UNIMPLEMENTED")


def test_a_city_that_is_trusted_no_more(web: WebWorld) -> None:
    world = web.world
    guest = web.tls(web.here, "architect", of=web.there)
    assert web.call("GET", TYPES, tls=guest).status == 200
    connection = web.connection(tls=guest)
    assert ask(connection, web) == 200
    document = world.federation.trust_list(2, leave_out=web.there.authority)
    stub = exchange_pb2_grpc.PeerServiceStub(world.channel(web.here.config, "client-operator"))
    request = exchange_pb2.PutTrustListRequest(document=document)
    stub.PutTrustList(request, metadata=world.metadata(web.here), timeout=TIMEOUT_S)
    answer = web.call("GET", f"{web.abroad}/types")
    assert (answer.status, answer.json["reason"]) == (403, "NOT_TRUSTED")
    assert ask(connection, web) == 403, "also on a connection that stands"
    assert web.call("GET", TYPES, tls=guest).status == 403
    connection.close()


def test_the_end_of_the_gateway_ends_idle_connections(web: WebWorld) -> None:
    used, idle = web.connection(), web.connection()
    assert ask(used, web) == 200
    idle.connect()
    gateway = web.here.gateway
    assert gateway is not None
    web.world.run(gateway.web.stop(10.0), 5)
    with pytest.raises(ConnectionRefusedError):
        web.connection().connect()
    used.close()
    idle.close()
