# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Trust and channel between two running cities: who must not get through does not and is told why; the rest goes on."""

from __future__ import annotations

import contextlib
import resource
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cities import LINDEMOND, MAREWIJK, Processes
from exchange_rogue import RogueAsker, TlsListener, listening
from google.rpc import status_pb2
from hamlets import CALL_S, Hamlets, Record, open_hamlets, until
from honesty import ANSWERED, REFUSED, UNAVAILABLE, Case, assert_honest, open_at, stopped
from refusals import Refusal, read, refusal

from hanse.api.exchange.v1 import exchange_pb2
from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.cli.keys import write_city_keys
from hanse.gateway.tls import GROUP
from hanse.jose import SigningKey
from hanse.kernel import channel as channels
from hanse.kernel import keys
from hanse.kernel.clock import system_clock
from hanse.kernel.errors import from_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cities import Part

pytestmark = [pytest.mark.cities, pytest.mark.timeout(240)]
LIMIT = 400_000
MONTH_S = 31 * 86_400
Code = grpc.StatusCode
PAYLOAD = twin_pb2.GetEntityRequest(id=f"house-{MAREWIJK}").SerializeToString()


@pytest.fixture(scope="module")
def hamlets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlets]:
    with Processes() as processes:
        settings = {"max_message_bytes = 20_971_520": f"max_message_bytes = {LIMIT}"}
        yield open_hamlets(tmp_path_factory.mktemp("hamlets"), processes, settings=settings)


@pytest.fixture(autouse=True)
def goes_on(hamlets: Hamlets) -> Iterator[None]:
    """Whatever a test did: right after it both cities answer each other, and no exchange hangs in between."""
    yield
    for who, whom in ((MAREWIJK, LINDEMOND), (LINDEMOND, MAREWIJK)):
        until(lambda who=who, whom=whom: answers(hamlets, who, whom), f"{whom} does not answer {who} again")  # type: ignore[misc]
        until(lambda who=who: not open_at(hamlets, who), f"an exchange stays open in {who}")  # type: ignore[misc]


def answers(hamlets: Hamlets, who: str, whom: str) -> bool:
    try:
        return hamlets.ask(who, whom) == 1
    except grpc.RpcError:
        return False


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys that carry Lindemond's names, made by an authority that nobody knows."""
    folder = tmp_path_factory.mktemp("stranger") / "keys"
    write_city_keys(folder, LINDEMOND, ("operator",))
    return folder


# Who listens in the neighbour's place, and what the caller hears of it.


@pytest.mark.parametrize(
    ("known", "group", "code", "reason"),
    [
        (False, GROUP, Code.PERMISSION_DENIED, "NOT_TRUSTED"),
        (True, "X25519", Code.FAILED_PRECONDITION, "QUANTUM_SAFE_REQUIRED"),
        (True, "P-256", Code.FAILED_PRECONDITION, "QUANTUM_SAFE_REQUIRED"),
    ],
    ids=["unknown authority", "X25519 only", "P-256 only"],
)
def test_a_listener_in_the_neighbours_place_receives_no_payload(
    hamlets: Hamlets, stranger: Path, *, known: bool, group: str, code: Code, reason: str
) -> None:
    folder = hamlets.there.config.keys if known else stranger
    pair = (folder / "gateway.key.pem").read_bytes(), (folder / "gateway.pem").read_bytes()
    case = Case.of(hamlets)
    with listening(lambda: TlsListener(*pair, group)) as listener:
        hamlets.put_peer(MAREWIJK, hamlets.there.config, listener.address)
        try:
            refused = refusal(hamlets.ask)
            assert (refused.code, refused.reason) == (code, reason)
            assert_honest(case.start(), {MAREWIJK: ANSWERED, LINDEMOND: REFUSED})
        finally:
            hamlets.put_peer(MAREWIJK, hamlets.there.config)
        assert listener.connections >= 1
        assert listener.received == b""


@pytest.mark.parametrize(("name", "port"), [("gateway", "peer_reach"), ("client-operator", "reach")])
def test_a_caller_of_an_unknown_authority_does_not_get_in(
    hamlets: Hamlets, stranger: Path, name: str, port: str
) -> None:
    config = hamlets.here.config
    pair = (stranger / f"{name}.key.pem").read_bytes(), (stranger / f"{name}.pem").read_bytes()
    credentials = grpc.ssl_channel_credentials(keys.read_public(config.keys / keys.CA), *pair)
    address = getattr(config.gateway, port)
    options = channels.options(config, "gateway")
    with grpc.secure_channel(address, credentials, options) as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/hanse.api.exchange.v1.ExchangeService/Call")(b"", timeout=CALL_S)
    assert caught.value.code() is Code.UNAVAILABLE, "refused in the handshake, before any method"


# Calls that cannot be right.


def test_a_city_that_nobody_knows(hamlets: Hamlets) -> None:
    refused = refusal(lambda: hamlets.ask(whom="nowhere.example"))
    assert (refused.code, refused.reason) == (Code.NOT_FOUND, "CITY_UNKNOWN")
    assert "nowhere.example" in refused.message
    case = Case.of(hamlets).start(neighbours=["nowhere.example"])
    assert_honest(case, {MAREWIJK: ANSWERED, LINDEMOND: "not_asked", "nowhere.example": REFUSED})


def test_a_deadline_already_past(hamlets: Hamlets) -> None:
    def late() -> Refusal | None:
        # So little time that the gateway refuses to begin; a slow machine's client may give up first, without details.
        try:
            hamlets.ask(timeout=0.045)
        except grpc.RpcError as error:
            with contextlib.suppress(AssertionError):
                return read(error)
        return None

    refused = until(late, "the gateway never said that the deadline had passed")
    assert (refused.code, refused.reason) == (Code.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")


def test_a_payload_over_the_limit(hamlets: Hamlets) -> None:
    config, request = hamlets.here.config, twin_pb2.GetEntityRequest(id="x" * (LIMIT + 1000))
    credentials = keys.channel_credentials(config, "client-operator")
    options = [("grpc.ssl_target_name_override", f"gateway.{MAREWIJK}")]
    with grpc.secure_channel(config.gateway.reach, credentials, options) as channel:
        stub = twin_pb2_grpc.TwinServiceStub(channel)
        for city in (MAREWIJK, LINDEMOND):
            terms = channels.metadata(hamlets.here.token, city=city, purpose="trying the border")
            refused = refusal(lambda terms=terms: stub.GetEntity(request, timeout=CALL_S, metadata=terms))  # type: ignore[misc]
            assert (refused.code, refused.reason) == (Code.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
            assert str(LIMIT) in refused.message


# Another city's gateway that says what it should not: Lindemond's keys, at Marewijk's peer port.


@pytest.fixture(scope="module")
def rogue(hamlets: Hamlets) -> RogueAsker:
    return RogueAsker(hamlets.there.config, hamlets.here.config, system_clock())


def test_a_right_envelope_is_answered_and_not_twice(hamlets: Hamlets, rogue: RogueAsker) -> None:
    envelope = rogue.envelope(PAYLOAD)
    assert rogue.call(envelope, PAYLOAD).error == b""
    before = len(hamlets.exchanges(MAREWIJK, 1000))
    refused = refusal(lambda: rogue.call(envelope, PAYLOAD))
    assert (refused.code, refused.reason) == (Code.ALREADY_EXISTS, "REPLAYED")
    assert len(hamlets.exchanges(MAREWIJK, 1000)) == before


def altered(text: str) -> str:
    """The same with one character of the signed claims changed."""
    header, claims, signature = text.split(".")
    middle = len(claims) // 2
    other = "A" if claims[middle] != "A" else "B"
    return ".".join((header, claims[:middle] + other + claims[middle + 1 :], signature))


FORGERIES: dict[str, Callable[[RogueAsker], tuple[Any, ...]]] = {
    "altered envelope": lambda rogue: (altered(rogue.envelope(PAYLOAD)), PAYLOAD),
    "altered payload": lambda rogue: (rogue.envelope(PAYLOAD), PAYLOAD + b"\0"),
    "another token": lambda rogue: (rogue.envelope(PAYLOAD), PAYLOAD, rogue.token[:-4] + "AAAA"),
    "for another city": lambda rogue: (rogue.envelope(PAYLOAD, aud="nowhere.example"), PAYLOAD),
    "of another city": lambda rogue: (rogue.envelope(PAYLOAD, iss="nowhere.example"), PAYLOAD),
    "out of date": lambda rogue: (rogue.envelope(PAYLOAD, iat=1_700_000_000, exp=1_700_000_060), PAYLOAD),
    "unsigned": lambda rogue: (rogue.envelope(PAYLOAD).rpartition(".")[0] + ".", PAYLOAD),
    "nothing": lambda _rogue: ("", b""),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_an_envelope_that_does_not_hold_is_not_answered(hamlets: Hamlets, rogue: RogueAsker, what: str) -> None:
    before = len(hamlets.exchanges(MAREWIJK, 1000))
    arguments = FORGERIES[what](rogue)
    refused = refusal(lambda: rogue.call(*arguments))
    assert (refused.code, refused.reason) == (Code.INVALID_ARGUMENT, "ENVELOPE_INVALID")
    assert len(hamlets.exchanges(MAREWIJK, 1000)) == before, "what does not hold is not logged as an exchange"


def test_an_envelope_signed_with_a_fresh_key(rogue: RogueAsker) -> None:
    right, rogue.key = rogue.key, SigningKey.generate("ES256")
    try:
        refused = refusal(lambda: rogue.call(rogue.envelope(PAYLOAD), PAYLOAD))
    finally:
        rogue.key = right
    assert (refused.code, refused.reason) == (Code.INVALID_ARGUMENT, "ENVELOPE_INVALID")


def test_an_envelope_that_leaves_no_time_is_answered_so(rogue: RogueAsker) -> None:
    answer: exchange_pb2.CallResponse = rogue.call(rogue.envelope(PAYLOAD, deadline_ms=1), PAYLOAD)
    assert answer.answer, "a refusal is signed and logged like any other answer"
    error = from_status(status_pb2.Status.FromString(answer.error))
    assert (error.status, error.reason) == (Code.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
    assert error.remedy


# Trust that changes while both cities run.


def test_a_city_left_out_of_the_trust_list_is_refused_at_once(hamlets: Hamlets) -> None:
    federation = hamlets.border.federation
    leaving = Case.of(hamlets)
    hamlets.trust(MAREWIJK, federation.trust_list(2, leave_out=LINDEMOND))
    try:
        for who, whom in ((MAREWIJK, LINDEMOND), (LINDEMOND, MAREWIJK)):
            refused = refusal(lambda who=who, whom=whom: hamlets.ask(who, whom))  # type: ignore[misc]
            assert (refused.code, refused.reason) == (Code.PERMISSION_DENIED, "NOT_TRUSTED")
        refused = refusal(lambda: leaving.applicant.upload(hamlets.plan.read_bytes()))
        assert (refused.code, refused.reason) == (Code.PERMISSION_DENIED, "NOT_TRUSTED")
        refused = refusal(lambda: hamlets.trust(MAREWIJK, federation.trust_list(1)))
        assert (refused.code, refused.reason) == (Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION")
    finally:
        hamlets.trust(MAREWIJK, federation.trust_list(3))


def test_an_expired_trust_list_trusts_nobody(hamlets: Hamlets) -> None:
    hamlets.restart(MAREWIJK, "gateway", {"HANSE_CLOCK_OFFSET": str(MONTH_S)})
    try:
        refused = refusal(hamlets.ask)
        assert (refused.code, refused.reason) == (Code.PERMISSION_DENIED, "NOT_TRUSTED")
        assert "hanse trust install" in refused.remedy
        # A gateway that trusts nobody lets nobody in: its neighbour is sent away in the handshake.
        refused = refusal(lambda: hamlets.ask(LINDEMOND, MAREWIJK))
        assert (refused.code, refused.reason) == (Code.UNAVAILABLE, "PEER_UNAVAILABLE")
        assert MAREWIJK in refused.message
        assert "unix:" not in refused.message
    finally:
        hamlets.restart(MAREWIJK, "gateway")


# A log that cannot be written, and a gateway that is lost in the middle.


@contextlib.contextmanager
def full_disk(part: Part) -> Iterator[None]:
    """The kernel refuses the process every further byte in any file."""
    _, most = resource.prlimit(part.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(part.process.pid, resource.RLIMIT_FSIZE, (0, most))
    try:
        yield
    finally:
        resource.prlimit(part.process.pid, resource.RLIMIT_FSIZE, (most, most))


@pytest.mark.parametrize("full", [MAREWIJK, LINDEMOND], ids=["the asker's", "the answerer's"])
def test_nothing_is_exchanged_that_cannot_be_logged(hamlets: Hamlets, full: str) -> None:
    case, before = Case.of(hamlets), len(hamlets.exchanges(LINDEMOND, 1000))
    with full_disk(hamlets.part(full, "gateway")):
        refused = refusal(hamlets.ask)
        assert (refused.code, refused.reason) == (Code.UNAVAILABLE, "LOG_UNAVAILABLE")
        assert hamlets.ask(full, "") == 1, "calls inside the city need no log"
        assert_honest(case.start(), {MAREWIJK: ANSWERED, LINDEMOND: UNAVAILABLE})
        assert len(hamlets.exchanges(LINDEMOND, 1000)) == before


@pytest.mark.parametrize(
    "killed", [(LINDEMOND,), (MAREWIJK,), (MAREWIJK, LINDEMOND)], ids=["answerer", "asker", "both"]
)
def test_an_exchange_cut_in_two_is_broken_in_both_logs(hamlets: Hamlets, killed: tuple[str, ...]) -> None:
    case = Case.of(hamlets)
    with stopped(hamlets.part(LINDEMOND, "twin")):
        case.start()
        case.asked()
        (cut,) = open_at(hamlets, LINDEMOND)
        assert open_at(hamlets, MAREWIJK) == [cut]
        with contextlib.ExitStack() as still:  # so that none of them sees the other go
            for city in killed:
                still.enter_context(stopped(hamlets.part(city, "gateway")))
            for city in killed:
                hamlets.part(city, "gateway").kill()
        for city in killed:
            hamlets.restart(city, "gateway")
        records = {
            city: until(lambda city=city: ended(hamlets, city, cut), f"{cut} stays open in {city}")  # type: ignore[misc]
            for city in (MAREWIJK, LINDEMOND)
        }
    for city, record in records.items():
        assert record.state == Record.STATE_BROKEN
        assert city not in killed or record.status == "OPERATION_LOST"
    assert_honest(case, {MAREWIJK: ANSWERED, LINDEMOND: UNAVAILABLE})


def ended(hamlets: Hamlets, city: str, exchange: str) -> exchange_pb2.ExchangeRecord | None:
    """The record of an exchange once it has ended."""
    found = [record for record in hamlets.exchanges(city) if record.id == exchange]
    return found[0] if found and found[0].state != Record.STATE_OPEN else None
