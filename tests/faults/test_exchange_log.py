# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The exchange log when it cannot be written, when a subject is forgotten, when trust changes under way."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

import grpc
import pytest
from gateway_world import TIMEOUT_S, Place, World, failure, make_world

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.api.twin.v1 import twin_pb2
from hanse.gateway.exchange.proof import verify_proof
from hanse.kernel import channel as channels
from hanse.kernel.errors import from_rpc

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@contextmanager
def full_disk(place: Place) -> Iterator[None]:
    """The database of a city's gateway takes no further page."""
    assert place.gateway is not None
    writer = place.gateway.log.ledger._database._writer
    (pages,) = place.gateway.log.ledger._database.read().execute("PRAGMA page_count").fetchone()
    (free,) = place.gateway.log.ledger._database.read().execute("PRAGMA freelist_count").fetchone()
    assert free == 0
    writer.execute(f"PRAGMA max_page_count={pages}")
    try:
        yield
    finally:
        writer.execute("PRAGMA max_page_count=1073741823")


def ask(world: World, identifier: str = "a", size: int = 300_000) -> str:
    """Asks the other city with a request that needs new pages to be logged; the exchange's id."""
    request = twin_pb2.GetEntityRequest(id=f"{identifier}{'x' * size}")
    _, done = world.twin().GetEntity.with_call(request, metadata=world.abroad(), timeout=TIMEOUT_S)
    return str(dict(done.trailing_metadata())["hanse-exchange-id"])


def test_no_log_no_exchange(world: World) -> None:
    served, logged = len(world.there.twin.calls), len(world.exchanges(world.there))
    with full_disk(world.here):
        error = failure(lambda: ask(world))
        assert (error.code(), from_rpc(error).reason) == (grpc.StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE")
    assert (len(world.there.twin.calls), len(world.exchanges(world.there))) == (served, logged)
    assert ask(world), "it goes on once there is room"


def test_the_other_citys_log_stops_it_too(world: World) -> None:
    served = len(world.there.twin.calls)
    with full_disk(world.there):
        error = failure(lambda: ask(world))
        assert (error.code(), from_rpc(error).reason) == (grpc.StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE")
    assert len(world.there.twin.calls) == served, "nothing was done that could not be logged"
    record = world.exchanges(world.here)[0]
    assert (record.state, record.status) == (record.STATE_BROKEN, "LOG_UNAVAILABLE")


def test_calls_of_the_own_city_need_no_log(world: World) -> None:
    with full_disk(world.here):
        request = twin_pb2.GetEntityRequest(id="a")
        assert world.twin().GetEntity(request, metadata=world.metadata(world.here), timeout=TIMEOUT_S).id == "a"


def test_forgetting_leaves_every_proof_valid(world: World) -> None:
    forgotten, kept = ask(world, "forget", 10), ask(world, "keep", 10)
    log, sent = world.log(), world.metadata(world.here)

    def proof(identifier: str) -> bytes:
        asked = exchange_pb2.GetProofRequest(exchange_id=identifier)
        return bytes(log.GetProof(asked, metadata=sent, timeout=TIMEOUT_S).json)

    before = proof(forgotten)
    subject = verify_proof(before, [world.anchor], world.clock.now()).subject
    operator = "urn:hanse:marewijk.example:client:operator"
    size = world.here.gateway.log.ledger.size()  # type: ignore[union-attr]
    answer = log.ForgetSubject(exchange_pb2.ForgetSubjectRequest(subject=operator), metadata=sent, timeout=TIMEOUT_S)
    assert answer.exchanges >= 2, "found by the name here, though the envelope bears the name there"
    assert verify_proof(before, [world.anchor], world.clock.now()).id == forgotten
    assert failure(lambda: proof(kept)).code() is grpc.StatusCode.NOT_FOUND
    assert world.here.gateway.log.ledger.size() == size, "no leaf was taken away"  # type: ignore[union-attr]
    again = ask(world, "again", 10)
    assert verify_proof(proof(again), [world.anchor], world.clock.now()).id == again
    _holds_nothing_of(world.here, (subject, operator, forgotten + "x"))


def _holds_nothing_of(place: Place, texts: tuple[str, ...]) -> None:
    """No table holds a forgotten name, and no key is left to open what was sealed."""
    rows = sqlite3.connect(place.config.state / "gateway.db")
    try:
        tables = [name for (name,) in rows.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        dump = repr([rows.execute(f"SELECT * FROM {name}").fetchall() for name in tables if name != "peer"])
        bodies, open_ids = rows.execute("SELECT count(*), count(DISTINCT id) FROM body").fetchone()
    finally:
        rows.close()
    for text in texts[:1]:
        assert text not in dump
    assert bodies == 2 * open_ids


def test_leaves_commit_and_tell_nothing(world: World) -> None:
    identifier = ask(world, "quiet", 10)
    rows = sqlite3.connect(world.here.config.state / "gateway.db")
    try:
        leaves = b"".join(data for (data,) in rows.execute("SELECT data FROM leaf"))
    finally:
        rows.close()
    assert b'"contract":"exchange/v1"' in leaves
    for secret in (identifier, "person", "a test", "GetEntity", world.there.authority):
        assert secret.encode() not in leaves


def test_trust_list_is_exchanged_while_running(world: World) -> None:
    stub = exchange_pb2_grpc.PeerServiceStub(world.channel(world.here.config, "client-operator"))
    sent = world.metadata(world.here)

    def put(document: bytes) -> exchange_pb2.PutTrustListResponse:
        return stub.PutTrustList(exchange_pb2.PutTrustListRequest(document=document), metadata=sent, timeout=TIMEOUT_S)

    without = put(world.federation.trust_list(version=2, leave_out=world.there.authority))
    assert (without.version, without.cities) == (2, 1)
    error = failure(lambda: ask(world))
    assert (error.code(), from_rpc(error).reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_TRUSTED")
    older = failure(lambda: put(world.federation.trust_list(version=1)))
    assert from_rpc(older).reason == "CONTRACT_VIOLATION"
    assert from_rpc(failure(lambda: put(b"{}"))).reason in {"CONTRACT_VIOLATION", "NOT_TRUSTED"}
    assert put(world.federation.trust_list(version=3)).cities == 2
    assert ask(world)


def test_file_in_the_trust_folder_is_noticed(world: World) -> None:
    trust = world.there.gateway.trust  # type: ignore[union-attr]
    (world.there.config.trust / "list.json").write_bytes(
        world.federation.trust_list(version=7, leave_out=world.here.authority)
    )
    trust.refresh()
    error = failure(lambda: ask(world))
    assert from_rpc(error).reason == "NOT_TRUSTED", "also on a connection that was open before"
    (world.there.config.trust / "list.json").write_bytes(world.federation.trust_list(version=8))
    trust.refresh()
    world.run(world.here.gateway.peers.drop(world.there.authority))  # type: ignore[union-attr]
    assert ask(world)


def test_peers_come_and_go(world: World) -> None:
    stub = exchange_pb2_grpc.PeerServiceStub(world.channel(world.here.config, "client-operator"))
    sent = world.metadata(world.here)
    gone = exchange_pb2.DeletePeerRequest(authority=world.there.authority)
    stub.DeletePeer(gone, metadata=sent, timeout=TIMEOUT_S)
    assert from_rpc(failure(lambda: ask(world))).reason == "CITY_UNKNOWN"
    assert not stub.ListPeers(exchange_pb2.ListPeersRequest(), metadata=sent, timeout=TIMEOUT_S).peers
    for peer in (
        exchange_pb2.Peer(authority=world.there.authority, address="nowhere"),
        exchange_pb2.Peer(authority=world.here.authority, address="127.0.0.1:1"),
    ):
        wrong = exchange_pb2.PutPeerRequest(peer=peer)
        error = failure(lambda w=wrong: stub.PutPeer(w, metadata=sent, timeout=TIMEOUT_S))  # type: ignore[misc]
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    stranger = exchange_pb2.PutPeerRequest(peer=exchange_pb2.Peer(authority="stranger.example", address="127.0.0.1:1"))
    error = failure(lambda: stub.PutPeer(stranger, metadata=sent, timeout=TIMEOUT_S))
    assert from_rpc(error).reason == "NOT_TRUSTED"
    reader = channels.metadata(world.token(world.here.config, "client-platform"))
    error = failure(lambda: stub.DeletePeer(gone, metadata=reader, timeout=TIMEOUT_S))
    assert from_rpc(error).reason == "SCOPE_MISSING"
    world.register(world.here, world.there)
    assert ask(world)
