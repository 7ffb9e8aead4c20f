# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Gateways that misbehave, for tests: they hold a city's real keys and do what a real gateway never would."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL
from OpenSSL._util import lib

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc
from hanse.gateway.exchange.envelope import Envelope, sha256_hex, sign
from hanse.jose import SigningKey
from hanse.kernel import keys
from hanse.kernel.channel import connect
from hanse.kernel.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig

GET_ENTITY = "/hanse.api.twin.v1.TwinService/GetEntity"


def exchange_key(config: CityConfig) -> SigningKey:
    """The key with which a city signs envelopes."""
    return SigningKey.from_jwk(json.loads((config.keys / keys.EXCHANGE).read_bytes())["keys"][0])


def token_for(config: CityConfig, client: str, city: str, purpose: str = "") -> tuple[str, str]:
    """A token of a city's service permit for another city, and its subject there."""
    with connect(config, client, "identity") as channel:
        stub = identity_pb2_grpc.IdentityServiceStub(channel)
        grant = identity_pb2.ExchangeTokenRequest(certificate=identity_pb2.ExchangeTokenRequest.CertificateGrant())
        own = stub.ExchangeToken(grant, timeout=10).access_token
        swap = identity_pb2.ExchangeTokenRequest(
            token=identity_pb2.ExchangeTokenRequest.TokenGrant(subject_token=own), audience=city, purpose=purpose
        )
        answer = stub.ExchangeToken(swap, timeout=10)
        return answer.access_token, answer.subject


class RogueAsker:
    """Speaks to another city's peer port directly, with whatever it likes to say."""

    def __init__(self, here: CityConfig, there: CityConfig, clock: Clock, purpose: str = "") -> None:
        self.here, self.there, self.clock = here, there, clock
        self.token, self.subject = token_for(here, "permit", there.city.authority, purpose)
        self.key = exchange_key(here)

    def claims(self, payload: bytes, **changed: Any) -> dict[str, Any]:
        """The claims of a right envelope, but for what is changed."""
        now = int(self.clock.now().timestamp())
        right = {
            "id": new_id(self.clock),
            "iss": self.here.city.authority,
            "aud": self.there.city.authority,
            "iat": now,
            "exp": now + 60,
            "method": GET_ENTITY,
            "contract": "twin/v1",
            "purpose": "test",
            "subject": self.subject,
            "token_sha256": sha256_hex(self.token),
            "payload_sha256": hashlib.sha256(payload).hexdigest(),
            "deadline_ms": 5000,
            "kind": "unary",
        }
        return {**right, **changed}

    def envelope(self, payload: bytes, **changed: Any) -> str:
        """A signed envelope."""
        return sign(Envelope(**self.claims(payload, **changed)), self.key)

    @contextmanager
    def stub(self, pair: tuple[bytes, bytes] | None = None) -> Iterator[exchange_pb2_grpc.ExchangeServiceStub]:
        """The other city's peer port, by default with this city's gateway certificate."""
        key, chain = pair or keys.certificate(self.here, "gateway")
        credentials = grpc.ssl_channel_credentials((self.there.keys / "ca.pem").read_bytes(), key, chain)
        options = [("grpc.ssl_target_name_override", f"gateway.{self.there.city.authority}")]
        with grpc.secure_channel(self.there.gateway.peer_reach, credentials, options) as channel:
            yield exchange_pb2_grpc.ExchangeServiceStub(channel)

    def call(self, envelope: str, payload: bytes, token: str | None = None) -> exchange_pb2.CallResponse:
        """Sends one call."""
        request = exchange_pb2.CallRequest(
            envelope=envelope, payload=payload, subject_token=self.token if token is None else token
        )
        with self.stub() as stub:
            return stub.Call(request, timeout=10)


@contextmanager
def rogue_answerer(config: CityConfig, servicer: exchange_pb2_grpc.ExchangeServiceServicer) -> Iterator[str]:
    """A gRPC server with the city's own gateway certificate; its address."""
    server = grpc.server(ThreadPoolExecutor(4))
    exchange_pb2_grpc.add_ExchangeServiceServicer_to_server(servicer, server)
    roots = b"".join(path.read_bytes() for path in config.root.parent.glob("*/keys/ca.pem"))
    credentials = grpc.ssl_server_credentials([keys.certificate(config, "gateway")], roots, require_client_auth=True)
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


class TlsListener:
    """Accepts TLS 1.3 with one group and one certificate, and keeps every byte of payload that it is sent."""

    def __init__(self, key: bytes, chain: bytes, group: str) -> None:
        self.received = b""
        self.handshakes = self.connections = 0
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.use_privatekey(_private(key))
        context.use_certificate(x509.load_pem_x509_certificate(chain))
        assert lib.SSL_CTX_set1_curves_list(context._context, group.encode()) == 1
        context.set_alpn_select_callback(lambda _connection, offered: offered[0])
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def _run(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            accepted.settimeout(1)
            self.connections += 1
            connection = SSL.Connection(self._context, None)
            connection.set_accept_state()
            try:
                self._serve(connection, accepted)
            except (OSError, SSL.Error):
                pass
            finally:
                accepted.close()

    def _serve(self, connection: SSL.Connection, accepted: socket.socket) -> None:
        established = False
        while True:
            try:
                if not established:
                    connection.do_handshake()
                    established = True
                    self.handshakes += 1
                self.received += connection.recv(65536)
                continue
            except SSL.WantReadError:
                pass
            finally:
                _drain(connection, accepted)
            data = accepted.recv(65536)
            if not data:
                return
            connection.bio_write(data)

    def close(self) -> None:
        """Stops listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)


def _drain(connection: SSL.Connection, accepted: socket.socket) -> None:
    while True:
        try:
            accepted.sendall(connection.bio_read(65536))
        except SSL.WantReadError:
            return


def _private(pem: bytes) -> Any:
    return load_pem_private_key(pem, password=None)


@contextmanager
def listening(make: Callable[[], TlsListener]) -> Iterator[TlsListener]:
    """A listener that ends with its block."""
    listener = make()
    try:
        yield listener
    finally:
        listener.close()
