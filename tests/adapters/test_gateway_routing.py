# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The client port: call shapes, metadata, deadlines, limits, errors, who is admitted; here and across the border."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import grpc
import pytest
from exchange_rogue import token_for
from gateway_world import TIMEOUT_S, Place, World, failure, make_world
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.api.permit.v1 import permit_pb2, permit_pb2_grpc
from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.contracts.validation import validate_document
from hanse.gateway.exchange.proof import verify_proof
from hanse.gateway.routes import SERVICES
from hanse.kernel import channel as channels
from hanse.kernel.errors import from_rpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LIMIT = 1024 * 1024


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(
        tmp_path_factory.mktemp("world"), **{"max_message_bytes = 20_971_520": f"max_message_bytes = {LIMIT}"}
    )
    yield made
    made.close()


@pytest.mark.parametrize("key", ["hanse-city", "hanse-purpose", "authorization"])
def test_who_says_twice_of_whom_or_why_it_asks_is_refused(world: World, key: str) -> None:
    """The last would win here, and perhaps the first elsewhere."""
    once = dict(world.abroad())
    said = [*once.items(), (key, once.get(key, "other"))]
    said = said if key in once else [*said, (key, "another")]
    error = failure(lambda: world.twin().GetEntity(twin_pb2.GetEntityRequest(id="x"), metadata=said, timeout=TIMEOUT_S))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert f"{key}: stands twice" in (error.details() or "")


@pytest.fixture(params=["here", "abroad"])
def way(request: pytest.FixtureRequest, world: World) -> Sequence[tuple[str, str]]:
    """The operator's metadata, for the own city and for the other."""
    return world.metadata(world.here) if request.param == "here" else world.abroad()


def one_info(error: grpc.RpcError) -> error_details_pb2.ErrorInfo:
    """The one ErrorInfo that every failed call carries."""
    status = rpc_status.from_call(error)
    assert status is not None, "no details"
    infos = [detail for detail in status.details if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR)]
    assert len(infos) == 1
    found = error_details_pb2.ErrorInfo()
    infos[0].Unpack(found)
    assert found.domain == "hanse"
    assert found.metadata["remedy"]
    return found


def test_unary(world: World, way: Sequence[tuple[str, str]]) -> None:
    entity = world.twin().GetEntity(twin_pb2.GetEntityRequest(id="size:70000"), metadata=way, timeout=TIMEOUT_S)
    assert len(entity.json) == 70000


def test_server_stream(world: World, way: Sequence[tuple[str, str]]) -> None:
    query = twin_pb2.QueryEntitiesRequest(page_size=50)
    pages = list(world.twin().StreamEntities(query, metadata=way, timeout=TIMEOUT_S))
    assert [page.entities[0].id for page in pages] == [str(number) for number in range(50)]


def test_client_stream(world: World, way: Sequence[tuple[str, str]]) -> None:
    stub = permit_pb2_grpc.PermitServiceStub(world.channel(world.here.config, "client-operator"))
    chunks = (permit_pb2.UploadModelRequest(chunk=bytes(100_000)) for _ in range(30))
    assert stub.UploadModel(chunks, metadata=way, timeout=TIMEOUT_S).size_bytes == 3_000_000


def test_both_stream_in_step(world: World, way: Sequence[tuple[str, str]]) -> None:
    sent: list[int] = []

    def batches() -> Iterator[twin_pb2.UpsertEntitiesRequest]:
        for number in range(20):
            sent.append(number)
            yield twin_pb2.UpsertEntitiesRequest(request_id=str(number))

    answers = world.twin().UpsertEntities(batches(), metadata=way, timeout=TIMEOUT_S)
    assert [answer.results[0].id for answer in answers] == [str(number) for number in range(20)]
    assert len(sent) == 20


def test_service_error_comes_through_whole(world: World, way: Sequence[tuple[str, str]]) -> None:
    request = twin_pb2.GetEntityRequest(id="missing")
    error = failure(lambda: world.twin().GetEntity(request, metadata=way, timeout=TIMEOUT_S))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert one_info(error).metadata["remedy"] == "Look for another."


def test_stream_error_comes_after_the_messages(world: World, way: Sequence[tuple[str, str]]) -> None:
    query = twin_pb2.QueryEntitiesRequest(page_size=3, type="missing")
    got = []

    def read() -> None:
        got.extend(world.twin().StreamEntities(query, metadata=way, timeout=TIMEOUT_S))

    error = failure(read)
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert one_info(error).metadata["remedy"] == "Stop."
    assert len(got) == 3


def test_refusal_while_the_client_still_sends(world: World, way: Sequence[tuple[str, str]]) -> None:
    def batches() -> Iterator[twin_pb2.UpsertEntitiesRequest]:
        while True:
            yield twin_pb2.UpsertEntitiesRequest(dataset="missing", request_id="x" * 1000)

    answers = world.twin().UpsertEntities(batches(), metadata=way, timeout=TIMEOUT_S)
    assert failure(lambda: list(answers)).code() is grpc.StatusCode.NOT_FOUND


def test_metadata_for_the_service(world: World) -> None:
    world.here.twin.calls.clear()
    sent = [*world.metadata(world.here), ("hanse-caller", "urn:hanse:marewijk.example:service:identity")]
    sent += [("hanse-request-id", "r-1"), ("hanse-exchange-id", "forged")]
    world.twin().GetEntity(twin_pb2.GetEntityRequest(id="a"), metadata=sent, timeout=TIMEOUT_S)
    (call,) = world.here.twin.calls
    assert call.peer.role == "service:gateway"
    assert call.caller.role == "client:operator"
    assert (call.purpose, call.request_id, call.exchange_id) == ("a test", "r-1", "")
    assert call.subject is not None
    assert call.subject.id == "urn:hanse:marewijk.example:client:operator"


def test_metadata_across_the_border(world: World) -> None:
    world.there.twin.calls.clear()
    request = twin_pb2.GetEntityRequest(id="a")
    _, done = world.twin().GetEntity.with_call(request, metadata=world.abroad(), timeout=TIMEOUT_S)
    exchange = dict(done.trailing_metadata())["hanse-exchange-id"]
    (call,) = world.there.twin.calls
    assert call.caller.urn == "urn:hanse:marewijk.example:service:gateway"
    assert (call.purpose, call.request_id, call.exchange_id) == ("a test", exchange, exchange)
    assert call.subject is not None
    assert call.subject.id.startswith("urn:hanse:lindemond.example:person:"), "nobody there learns who it is here"
    assert call.deadline is not None


def test_deadline_shrinks(world: World) -> None:
    world.here.twin.calls.clear()
    world.twin().GetEntity(twin_pb2.GetEntityRequest(id="a"), metadata=world.metadata(world.here), timeout=5.0)
    world.twin().GetEntity(twin_pb2.GetEntityRequest(id="a"), metadata=world.metadata(world.here))
    given, default = (call.deadline for call in world.here.twin.calls)
    assert given is not None
    assert default is not None
    now = world.clock.monotonic()
    assert given - now < 5.2, "grpc rounds what it sends by a few percent"
    assert 20 < default - now < 31


def test_deadline_already_past(world: World, way: Sequence[tuple[str, str]]) -> None:
    before = len(world.exchanges(world.here))
    request = twin_pb2.GetEntityRequest(id="a")
    error = failure(lambda: world.twin().GetEntity(request, metadata=way, timeout=0.0))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert len(world.exchanges(world.here)) == before


def test_too_little_time_left(world: World) -> None:
    stub = world.twin()
    stub.GetEntity(twin_pb2.GetEntityRequest(id="a"), metadata=world.abroad(), timeout=TIMEOUT_S)  # connected
    before = len(world.exchanges(world.there))
    error = failure(lambda: stub.GetEntity(twin_pb2.GetEntityRequest(id="a"), metadata=world.abroad(), timeout=0.14))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert len(world.exchanges(world.there)) == before, "nothing was asked of the other city"


def test_message_over_the_limit(world: World, way: Sequence[tuple[str, str]]) -> None:
    request = twin_pb2.GetEntityRequest(id="x" * (LIMIT + 1))
    error = failure(lambda: world.generous().GetEntity(request, metadata=way, timeout=TIMEOUT_S))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert one_info(error).reason == "LIMIT_EXCEEDED"


def test_streamed_message_over_the_limit(world: World, way: Sequence[tuple[str, str]]) -> None:
    def batches() -> Iterator[twin_pb2.UpsertEntitiesRequest]:
        yield twin_pb2.UpsertEntitiesRequest(request_id="small")
        yield twin_pb2.UpsertEntitiesRequest(request_id="x" * (LIMIT + 1))

    answers = world.generous().UpsertEntities(batches(), metadata=way, timeout=TIMEOUT_S)
    error = failure(lambda: list(answers))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert one_info(error).reason == "LIMIT_EXCEEDED"


def test_unknown_city(world: World) -> None:
    sent = world.metadata(world.here, "nowhere.example")
    error = failure(lambda: world.twin().GetEntity(twin_pb2.GetEntityRequest(id="a"), metadata=sent, timeout=TIMEOUT_S))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert one_info(error).reason == "CITY_UNKNOWN"


@pytest.mark.parametrize("purpose", ["", "p" * 201])
def test_no_purpose_no_exchange(world: World, purpose: str) -> None:
    sent = world.abroad(purpose=purpose)
    error = failure(lambda: world.twin().GetEntity(twin_pb2.GetEntityRequest(id="a"), metadata=sent, timeout=TIMEOUT_S))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert one_info(error).reason == "FIELD_INVALID"


def test_no_token(world: World, way: Sequence[tuple[str, str]]) -> None:
    sent = [pair for pair in way if pair[0] != "authorization"]
    error = failure(lambda: world.twin().GetEntity(twin_pb2.GetEntityRequest(id="a"), metadata=sent, timeout=TIMEOUT_S))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert one_info(error).reason == "SUBJECT_TOKEN_INVALID"


@pytest.mark.parametrize("method", ["/hanse.api.twin.v1.TwinService/Nothing", "/other.Service/Get"])
def test_unknown_method(world: World, method: str) -> None:
    call = world.channel(world.here.config, "client-operator").unary_unary(method)
    error = failure(lambda: call(b"", timeout=TIMEOUT_S))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    assert one_info(error).reason == "UNIMPLEMENTED"


def test_service_that_is_down(world: World, way: Sequence[tuple[str, str]]) -> None:
    call = world.channel(world.here.config, "client-operator").unary_unary(
        "/hanse.api.translation.v1.TranslationService/ListTranslations"
    )
    error = failure(lambda: call(b"", metadata=way, timeout=TIMEOUT_S))
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert one_info(error).reason == "PEER_UNAVAILABLE"


def test_neighbours_client_is_admitted_but_asks_no_third_city(world: World) -> None:
    config, here = world.there.config, world.here.config
    pair = [(config.keys / f"client-architect{end}").read_bytes() for end in (".key.pem", ".pem")]
    credentials = grpc.ssl_channel_credentials((here.keys / "ca.pem").read_bytes(), *pair)
    options = [("grpc.ssl_target_name_override", f"gateway.{world.here.authority}")]
    with grpc.secure_channel(here.gateway.reach, credentials, options) as channel:
        call = channel.unary_unary("/hanse.api.identity.v1.IdentityService/CreateChallenge")
        assert call(b"", timeout=TIMEOUT_S)
        sent = [("hanse-city", world.there.authority), ("hanse-purpose", "x")]
        error = failure(lambda: call(b"", metadata=sent, timeout=TIMEOUT_S))
        assert error.code() is grpc.StatusCode.PERMISSION_DENIED
        status = channel.unary_unary("/hanse.api.exchange.v1.PeerService/GetCityStatus")
        assert failure(lambda: status(b"", timeout=TIMEOUT_S)).code() is grpc.StatusCode.PERMISSION_DENIED


def test_method_without_a_token_crosses(world: World) -> None:
    call = world.channel(world.here.config, "identity").unary_unary(
        "/hanse.api.identity.v1.IdentityService/CreateChallenge"
    )
    sent = [("hanse-city", world.there.authority), ("hanse-purpose", "credential-status")]
    assert call(b"", metadata=sent, timeout=TIMEOUT_S)


def test_health_and_reflection(world: World) -> None:
    channel = world.channel(world.here.config, "client-operator")
    stub = health_pb2_grpc.HealthStub(channel)
    for name in ("", *SERVICES):
        answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=TIMEOUT_S)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
        iter([request]), timeout=TIMEOUT_S
    )
    assert set(SERVICES) <= {service.name for service in answer.list_services_response.service}


def test_city_status(world: World) -> None:
    stub = exchange_pb2_grpc.PeerServiceStub(world.channel(world.here.config, "client-operator"))
    answer = stub.GetCityStatus(exchange_pb2.GetCityStatusRequest(), timeout=TIMEOUT_S)
    serving = {part.part: part.serving for part in answer.parts}
    assert serving == {"gateway": True, "identity": True, "permit": True, "translation": False, "twin": True}
    (peer,) = answer.peers
    assert (peer.authority, peer.state) == (world.there.authority, "reachable")
    assert peer.last_seen
    assert answer.trust_list_version == 1


@pytest.mark.parametrize("shape", ["unary", "stream"])
def test_proof_of_an_exchange(world: World, shape: str) -> None:
    twin = world.twin()
    if shape == "unary":
        request = twin_pb2.GetEntityRequest(id="proved")
        _, done = twin.GetEntity.with_call(request, metadata=world.abroad(purpose="to prove"), timeout=TIMEOUT_S)
    else:
        done = twin.StreamEntities(
            twin_pb2.QueryEntitiesRequest(page_size=3), metadata=world.abroad(purpose="to prove"), timeout=TIMEOUT_S
        )
        assert len(list(done)) == 3
    exchange = dict(done.trailing_metadata())["hanse-exchange-id"]
    for place in world.places:
        asked = exchange_pb2.GetProofRequest(exchange_id=exchange)
        proof = world.log(place).GetProof(asked, metadata=world.metadata(place), timeout=TIMEOUT_S).json
        summary = verify_proof(proof, [world.anchor], world.clock.now())
        assert (summary.asker, summary.answerer) == (world.here.authority, world.there.authority)
        assert (summary.purpose, summary.status, summary.id) == ("to prove", "OK", exchange)
        assert [log.role for log in summary.logs] == ["asker", "answerer"]
        if shape == "unary":
            assert summary.request == request.SerializeToString()
        assert json.loads(proof)["id"] == exchange
        assert validate_document(proof, contract="exchange/v1", schema="proof") == []


def test_proof_is_for_participants_only(world: World) -> None:
    request = twin_pb2.GetEntityRequest(id="mine")
    platform = world.token(world.here.config, "client-platform")
    sent = channels.metadata(platform, city=world.there.authority, purpose="mine")
    twin = world.twin()
    _, done = twin.GetEntity.with_call(request, metadata=sent, timeout=TIMEOUT_S)
    asked = exchange_pb2.GetProofRequest(exchange_id=dict(done.trailing_metadata())["hanse-exchange-id"])
    own = channels.metadata(platform)
    assert world.log().GetProof(asked, metadata=own, timeout=TIMEOUT_S).json
    other = _foreign(world)
    stub = exchange_pb2_grpc.ExchangeLogServiceStub(world.channel(world.here.config, "client-architect"))
    error = failure(lambda: stub.GetProof(asked, metadata=other, timeout=TIMEOUT_S))
    assert from_rpc(error).reason == "NOT_FOUND"
    assert not stub.ListExchanges(exchange_pb2.ListExchangesRequest(), metadata=other, timeout=TIMEOUT_S).exchanges


def _foreign(world: World) -> Sequence[tuple[str, str]]:
    """Metadata of a subject of this city that took part in nothing: the permit service."""
    return channels.metadata(world.token(world.here.config, "permit"))


def test_token_made_out_to_the_other_city_goes_as_it_is(world: World) -> None:
    """A service may swap the token itself; whoever the subject is here can still have the proof."""
    token, subject = token_for(world.here.config, "permit", world.there.authority)
    sent = channels.metadata(token, city=world.there.authority, purpose="on behalf")
    stub = twin_pb2_grpc.TwinServiceStub(world.channel(world.here.config, "permit"))
    _, done = stub.GetEntity.with_call(twin_pb2.GetEntityRequest(id="a"), metadata=sent, timeout=TIMEOUT_S)
    asked = exchange_pb2.GetProofRequest(exchange_id=dict(done.trailing_metadata())["hanse-exchange-id"])
    own = channels.metadata(world.token(world.here.config, "permit"))
    proof = world.log().GetProof(asked, metadata=own, timeout=TIMEOUT_S).json
    assert verify_proof(proof, [world.anchor], world.clock.now()).subject == subject


@pytest.mark.parametrize("change", [lambda t: t[:-4] + "AAAA", lambda t: t[:0] + "x", lambda t: t + "x" * 20_000])
def test_token_that_does_not_hold_stays_here(world: World, change: Callable[[str], str]) -> None:
    before = len(world.exchanges(world.here))
    token, _ = token_for(world.here.config, "permit", world.there.authority)
    sent = channels.metadata(change(token), city=world.there.authority, purpose="x")
    request = twin_pb2.GetEntityRequest(id="a")
    error = failure(lambda: world.twin().GetEntity(request, metadata=sent, timeout=TIMEOUT_S))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert len(world.exchanges(world.here)) == before


def test_client_that_goes_away_breaks_its_stream(world: World) -> None:
    world.there.twin.arrived.clear()
    query = twin_pb2.QueryEntitiesRequest(page_size=1, type="wait")
    call = world.twin().StreamEntities(query, metadata=world.abroad(purpose="cancelled"), timeout=TIMEOUT_S)
    assert next(call)
    assert world.there.twin.arrived.wait(TIMEOUT_S)
    call.cancel()
    for place in world.places:
        record = _until_ended(world, place)
        assert (record.purpose, record.state, record.status) == ("cancelled", record.STATE_BROKEN, "CANCELLED")
    world.there.twin.release.set()


def _until_ended(world: World, place: Place) -> exchange_pb2.ExchangeRecord:
    """The newest exchange once it is no longer open."""
    for _ in range(200):
        record = world.exchanges(place)[0]
        if record.state != record.STATE_OPEN:
            return record
        threading.Event().wait(0.02)
    raise AssertionError("it stays open")


def test_reads_pages_of_the_log(world: World) -> None:
    log, sent = world.log(), world.metadata(world.here)
    everything = [record.id for record in world.exchanges(world.here)]
    page, got = "", []
    while True:
        request = exchange_pb2.ListExchangesRequest(page_size=7, page_token=page, city=world.there.authority)
        answer = log.ListExchanges(request, metadata=sent, timeout=TIMEOUT_S)
        got += [record.id for record in answer.exchanges]
        page = answer.next_page_token
        if not page:
            break
    assert got == everything
    wrong = exchange_pb2.ListExchangesRequest(page_token="x")  # noqa: S106 - no secret
    error = failure(lambda: log.ListExchanges(wrong, metadata=sent, timeout=TIMEOUT_S))
    assert one_info(error).reason == "TOKEN_MALFORMED"


def test_checkpoint_is_the_newest(world: World) -> None:
    request = exchange_pb2.GetCheckpointRequest()
    document = world.log().GetCheckpoint(request, metadata=world.metadata(world.here), timeout=TIMEOUT_S).json
    assert validate_document(document, contract="exchange/v1", schema="checkpoint") == []
