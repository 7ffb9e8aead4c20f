# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The asking side against listeners that are classical or not who they should be: no byte of payload reaches them."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import grpc
import pytest
from exchange_rogue import TlsListener, listening
from gateway_world import TIMEOUT_S, World, failure, make_world

from hanse.api.twin.v1 import twin_pb2
from hanse.cli.keys import write_city_keys
from hanse.gateway import secure
from hanse.gateway.tls import GROUP
from hanse.kernel import keys
from hanse.kernel.errors import from_rpc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


def ask(world: World, timeout_s: float = TIMEOUT_S) -> grpc.RpcError:
    """Asks the other city, in vain."""
    secret = twin_pb2.GetEntityRequest(id="the payload")
    return failure(lambda: world.twin().GetEntity(secret, metadata=world.abroad(), timeout=timeout_s))


def peer_state(world: World) -> tuple[str, str]:
    """How the other city is registered here now."""
    peer = world.here.gateway.peers.table.get(world.there.authority)  # type: ignore[union-attr]
    assert peer is not None
    return peer.state, peer.detail


def test_the_listener_would_hear_payload(world: World) -> None:
    """The test's own ear: with the right group and certificate it does receive what is sent."""
    pair = keys.certificate(world.there.config, "gateway")
    with listening(lambda: TlsListener(*pair, GROUP)) as listener:
        world.register(world.here, world.there, listener.address)
        ask(world, timeout_s=1.0)
        assert listener.handshakes >= 1
        assert listener.received.startswith(b"PRI * HTTP/2.0")


class _NoPin:
    """OpenSSL's binding with the call that pins the group taken out."""

    @staticmethod
    def SSL_CTX_set1_curves_list(_context: object, _groups: bytes) -> int:  # noqa: N802 - OpenSSL's own name
        return 1


@pytest.mark.parametrize("pinned", [True, False])
@pytest.mark.parametrize("group", ["X25519", "P-256"])
def test_classical_only(world: World, group: str, monkeypatch: pytest.MonkeyPatch, *, pinned: bool) -> None:
    """Refused by the pin; and without the pin, by looking at what was negotiated."""
    if not pinned:
        monkeypatch.setattr(secure, "lib", _NoPin)
    pair = keys.certificate(world.there.config, "gateway")
    with listening(lambda: TlsListener(*pair, group)) as listener:
        world.register(world.here, world.there, listener.address)
        error = ask(world)
        assert (error.code(), from_rpc(error).reason) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "QUANTUM_SAFE_REQUIRED",
        )
        assert listener.connections >= 1
        assert (listener.handshakes == 0) == pinned
        assert listener.received == b""
    broken = world.exchanges(world.here)[0]
    assert (broken.state, broken.status) == (broken.STATE_BROKEN, "QUANTUM_SAFE_REQUIRED")


@pytest.mark.parametrize("name", ["twin", "client-operator"])
def test_another_part_of_the_right_city(world: World, name: str) -> None:
    pair = keys.certificate(world.there.config, name)
    with listening(lambda: TlsListener(*pair, GROUP)) as listener:
        world.register(world.here, world.there, listener.address)
        error = ask(world)
        assert (error.code(), from_rpc(error).reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_TRUSTED")
        assert listener.received == b""


def test_unknown_authority(world: World, tmp_path: Path) -> None:
    write_city_keys(tmp_path / "keys", world.there.authority)
    pair = ((tmp_path / "keys/gateway.key.pem").read_bytes(), (tmp_path / "keys/gateway.pem").read_bytes())
    with listening(lambda: TlsListener(*pair, GROUP)) as listener:
        world.register(world.here, world.there, listener.address)
        error = ask(world)
        assert (error.code(), from_rpc(error).reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_TRUSTED")
        assert listener.received == b""


def test_trusted_but_another_city(world: World) -> None:
    """This city's own gateway certificate: a trusted authority, but not of the city that is asked."""
    pair = keys.certificate(world.here.config, "gateway")
    with listening(lambda: TlsListener(*pair, GROUP)) as listener:
        world.register(world.here, world.there, listener.address)
        error = ask(world)
        assert (error.code(), from_rpc(error).reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_TRUSTED")
        assert listener.received == b""


def test_nobody_listens(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        address = f"127.0.0.1:{held.getsockname()[1]}"
    world.register(world.here, world.there, address)
    error = ask(world)
    assert (error.code(), from_rpc(error).reason) == (grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE")
    assert address in (error.details() or "")


def test_silent_peer_costs_its_own_deadline(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.register(world.here, world.there, f"127.0.0.1:{silent.getsockname()[1]}")
        error = ask(world, timeout_s=0.5)
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        own = world.twin().GetEntity(
            twin_pb2.GetEntityRequest(id="a"), metadata=world.metadata(world.here), timeout=TIMEOUT_S
        )
        assert own.id == "a"


def test_not_tls_at_all(world: World) -> None:
    world.register(world.here, world.there, world.here.config.nats.listen)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        world.register(world.here, world.there, f"127.0.0.1:{server.getsockname()[1]}")
        call = world.twin().GetEntity.future(
            twin_pb2.GetEntityRequest(id="a"), metadata=world.abroad(), timeout=TIMEOUT_S
        )
        accepted, _ = server.accept()
        with accepted:
            assert accepted.recv(65536)[:1] == b"\x16", "the first byte sent is a TLS handshake"
            accepted.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        assert call.exception().code() is grpc.StatusCode.UNAVAILABLE


def test_recovers_when_the_right_peer_is_back(world: World) -> None:
    world.register(world.here, world.there)
    answer = world.twin().GetEntity(twin_pb2.GetEntityRequest(id="back"), metadata=world.abroad(), timeout=TIMEOUT_S)
    assert answer.id == "back"
