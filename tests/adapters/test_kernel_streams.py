# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Streams whose clients are silent, many, gone or talk nonsense: the service goes on for everybody else."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cities import MAREWIJK, make_city
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from refusals import read, refusal

from hanse.api.translation.v1 import translation_pb2 as pb
from hanse.api.translation.v1 import translation_pb2_grpc
from hanse.kernel.access import Subject
from hanse.kernel.channel import connect, metadata
from hanse.kernel.lasting import Places
from hanse.kernel.server import Registration, ServiceProcess
from hanse.kernel.workers import WorkerPool
from hanse.translation.handlers import NAME, RULES, Handlers, add_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hanse.kernel.config import CityConfig

Code = grpc.StatusCode
THREADS, MOST, EACH = 8, 6, 3
SECONDS = 20.0
METHOD = f"/{NAME}/"


class Everybody:
    """Takes each token for the name of its subject."""

    def verify(self, token: str) -> Subject:
        """Any subject, allowed to translate."""
        return Subject(token, frozenset({"translate"}), MAREWIJK, MAREWIJK)


@dataclass
class Served:
    """A running translation service."""

    config: CityConfig
    channel: Any  # grpc's stubs know nothing of bytes
    silence: threading.Event

    @property
    def stub(self) -> translation_pb2_grpc.TranslationServiceStub:
        return translation_pb2_grpc.TranslationServiceStub(self.channel)

    def silent(self, who: str) -> Any:
        """A stream that its client opens and then leaves."""

        def nothing() -> Iterator[pb.TranslateStreamRequest]:
            self.silence.wait(SECONDS)
            yield from ()

        return self.stub.TranslateStream(nothing(), timeout=SECONDS, metadata=metadata(who))

    def holding(self, who: str) -> Any:
        """As `silent`, once the service has it in hand: it has answered one message."""

        def one() -> Iterator[pb.TranslateStreamRequest]:
            yield pb.TranslateStreamRequest(id="first")
            self.silence.wait(SECONDS)

        call = self.stub.TranslateStream(one(), timeout=SECONDS, metadata=metadata(who))
        assert next(call).id == "first"
        return call

    @property
    def health(self) -> Any:
        return health_pb2_grpc.HealthStub(self.channel)

    def short(self, who: str = "anna") -> Any:
        """A short call."""
        return self.stub.ListTranslations(pb.ListTranslationsRequest(), timeout=SECONDS, metadata=metadata(who))


def serve(folder: Path, idle_s: int) -> Iterator[Served]:
    config = make_city(
        folder,
        settings={"[nats]": f"threads = {THREADS}\n\n[nats]", "stream_idle_s = 30": f"stream_idle_s = {idle_s}"},
    )
    workers = WorkerPool(1)
    process = ServiceProcess(config, "twin", Everybody())
    handlers = Handlers(MAREWIJK, workers, process.places)
    silence = threading.Event()
    process.start([Registration(NAME, lambda server: add_to(server, handlers), RULES)])
    with ExitStack() as stack:
        stack.callback(process.close)
        stack.callback(workers.close)
        channel = stack.enter_context(connect(config, "gateway", "twin"))
        stack.callback(silence.set)
        yield Served(config, channel, silence)


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that waits long."""
    yield from serve(tmp_path_factory.mktemp("patient"), 3600)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that waits a second."""
    yield from serve(tmp_path_factory.mktemp("hasty"), 1)


@pytest.fixture
def served(patient: Served) -> Iterator[Served]:
    patient.silence = threading.Event()
    yield patient
    patient.silence.set()


def until(condition: Callable[[], bool]) -> None:
    """Waits for what other threads bring about."""
    for _ in range(2000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come about")


def test_silent_streams_leave_room_for_everything_else(served: Served) -> None:
    held = [served.holding(who) for who in ("anna", "bert") for _ in range(EACH)]
    told = refusal(lambda: served.silent("carla"))
    assert (told.code, told.reason) == (Code.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
    assert str(MOST) in told.message
    assert len(served.short("carla").translations) > 0
    assert served.short("anna")
    for call in held:
        call.cancel()
    until(lambda: not served_places(served, "carla"))


def served_places(served: Served, who: str) -> bool:
    """Whether the service still refuses a stream."""
    call = served.stub.TranslateStream(iter(()), timeout=SECONDS, metadata=metadata(who))
    return bool(call.code() is not Code.OK)


def test_one_caller_has_not_all_places(served: Served) -> None:
    held = [served.holding("dora") for _ in range(EACH)]
    told = refusal(lambda: served.silent("dora"))
    assert (told.code, told.reason) == (Code.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
    assert "this caller" in told.message
    other = served.holding("emil")
    other.cancel()
    held[0].cancel()
    until(lambda: not served_places(served, "dora"))
    for call in held:
        call.cancel()


def test_health_needs_no_place(served: Served) -> None:
    held = [served.holding(who) for who in ("fred", "gina") for _ in range(EACH)]
    watch = served.health.Watch(health_pb2.HealthCheckRequest(), timeout=SECONDS)
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
    watch.cancel()
    answer = served.health.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    for call in held:
        call.cancel()


def test_health_has_threads_of_its_own(served: Served) -> None:
    """Even when every thread for calls is taken, as by unary calls without a message."""
    raw = served.channel.stream_unary(METHOD + "ListTranslations")

    def nothing() -> Iterator[bytes]:
        served.silence.wait(SECONDS)
        yield b""

    held = [raw.future(nothing(), timeout=SECONDS, metadata=metadata("hans")) for _ in range(THREADS + 2)]
    answer = served.health.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    assert not any(call.done() for call in held)
    served.silence.set()
    for call in held:
        call.result(SECONDS)


def test_a_silent_stream_is_ended_with_a_reason(hasty: Served) -> None:
    told = refusal(lambda: hasty.silent("ina"))
    assert (told.code, told.reason) == (Code.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
    assert "limits.stream_idle_s" in told.message
    # Its reader and its place are free again.
    for _ in range(2):
        again = [hasty.silent("ina") for _ in range(EACH)]
        assert {refusal(lambda call=call: call).code for call in again} == {Code.DEADLINE_EXCEEDED}


def test_a_client_of_the_city_may_not_keep_its_message_back(hasty: Served) -> None:
    """Only the city's services have their messages ready; a client's are waited for as a stream's are."""
    channel: Any
    with connect(hasty.config, "client-operator", "twin") as channel:
        reflect: Any = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo

        def nothing() -> Iterator[reflection_pb2.ServerReflectionRequest]:
            hasty.silence.wait(SECONDS)
            yield from ()

        told = refusal(lambda: reflect(nothing(), timeout=SECONDS))
        assert (told.code, told.reason) == (Code.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
        raw = channel.stream_unary(METHOD + "ListTranslations")
        told = refusal(lambda: raw(nothing(), timeout=SECONDS, metadata=metadata("jan")))
        assert (told.code, told.reason) == (Code.PERMISSION_DENIED, "CALLER_NOT_ALLOWED"), "refused unread"


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff", b"\x0a\x7f", b"\x0a\x02\xff\xfe"])
def test_what_is_no_message_is_said_to_be_none(served: Served, garbage: bytes) -> None:
    by = metadata("karl")
    unary = served.channel.unary_unary(METHOD + "Translate")
    told = refusal(lambda: unary(garbage, timeout=SECONDS, metadata=by))
    assert (told.code, told.reason, told.fields) == (Code.INVALID_ARGUMENT, "FIELD_INVALID", ("request",))
    stream = served.channel.stream_stream(METHOD + "TranslateStream")
    good = pb.TranslateStreamRequest(id="good").SerializeToString()
    answers = stream(iter([good, garbage, good]), timeout=SECONDS, metadata=by)
    assert pb.TranslateStreamResponse.FromString(next(answers)).id == "good"
    with pytest.raises(grpc.RpcError) as caught:
        next(answers)
    told = read(caught.value)
    assert (told.code, told.reason, told.fields) == (Code.INVALID_ARGUMENT, "FIELD_INVALID", ("request",))


def test_a_unary_call_without_its_message(served: Served) -> None:
    raw = served.channel.stream_unary(METHOD + "ListTranslations")
    told = refusal(lambda: raw(iter(()), timeout=SECONDS, metadata=metadata("lena")))
    assert (told.code, told.reason) == (Code.INVALID_ARGUMENT, "FIELD_INVALID")


def test_a_client_that_breaks_off_is_no_defect(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(EACH):
        served.holding("mia").cancel()
    until(lambda: not served_places(served, "mia"))
    assert not [record for record in caplog.records if record.name.startswith(("hanse", "grpc"))]


def test_places_are_given_back() -> None:
    places = Places(4)
    assert (places.most, places.each) == (3, 1)
    for _ in range(10):
        with places.place("a"), places.place("b"), places.place("c"):
            pass
