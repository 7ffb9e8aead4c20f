# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Domain errors on the wire and back, time, ids, who may call what."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.rpc import error_details_pb2
from hypothesis import given
from hypothesis import strategies as st

from hanse.api.types.v1 import error_reason_pb2
from hanse.kernel import access, clock, errors, ids

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.HanseError)]
REASONS = {name.removeprefix("ERROR_REASON_") for name in error_reason_pb2.ErrorReason.keys()}  # noqa: SIM118 - no dict


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_survives_the_wire(kind: type[errors.HanseError]) -> None:
    error = kind(
        "it went wrong", remedy="do this", violations=[errors.FieldViolation("a.b", "is bad")], metadata={"k": "v"}
    )
    status = errors.to_status(error)
    infos = [detail for detail in status.details if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR)]
    assert len(infos) == 1
    info = error_details_pb2.ErrorInfo()
    infos[0].Unpack(info)
    assert info.domain == "hanse"
    assert info.reason in REASONS
    again = errors.from_status(status)
    assert (type(again), again.message, again.remedy, again.reason) == (kind, "it went wrong", "do this", kind.reason)
    assert again.violations == error.violations
    assert again.metadata == {"k": "v"}


@given(st.text(max_size=5000), st.text(max_size=5000))
def test_no_text_is_too_long_for_a_status(message: str, remedy: str) -> None:
    status = errors.to_status(errors.InvalidInputError(message, remedy=remedy))
    assert len(status.message) <= 2000
    assert status.ByteSize() < 20_000


def test_clock_offset_moves_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANSE_CLOCK_OFFSET", "-86400")
    assert abs(datetime.now(UTC) - clock.system_clock().now() - timedelta(days=1)) < timedelta(seconds=5)
    monkeypatch.setenv("HANSE_CLOCK_OFFSET", "soon")
    with pytest.raises(ValueError, match="HANSE_CLOCK_OFFSET"):
        clock.system_clock()


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_stored_times_are_utc_and_sort_as_text(moment: datetime) -> None:
    text = clock.timestamp(moment)
    assert text.endswith("Z")
    assert abs(clock.parse_timestamp(text) - moment) < timedelta(milliseconds=1)
    assert clock.timestamp(moment + timedelta(seconds=1)) > text


def test_in_force_dates_are_local() -> None:
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert clock.local_date(late, "Europe/Amsterdam").isoformat() == "2027-01-01"
    assert clock.local_date(late, "America/New_York").isoformat() == "2026-12-31"


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="no UTC offset"):
        clock.parse_timestamp("2026-01-01T00:00:00")


def test_ids_sort_by_birth_and_name_their_city() -> None:
    now = clock.SystemClock()
    later = clock.SystemClock(timedelta(seconds=2))
    assert ids.new_id(now) < ids.new_id(later)
    urn = ids.new_urn("marewijk.example", "building", now)
    assert re.fullmatch(r"urn:hanse:marewijk\.example:building:[0-9a-z]{26}", urn)


class Tokens:
    """Accepts one token."""

    def verify(self, token: str) -> access.Subject:
        if token != "good":  # noqa: S105
            raise errors.UnauthenticatedError("bad token")
        return access.Subject("urn:hanse:m.example:person:1", frozenset({"twin:read"}), "m.example", "m.example")


DOOR = access.Door(
    "m.example",
    {
        "/s/Read": access.Access("twin:read", frozenset({"service:gateway"})),
        "/s/Write": access.Access("twin:write"),
        "/s/Open": access.Access(None),
    },
    Tokens(),
)
GATEWAY = access.Principal("m.example", "service", "gateway")
TWIN = access.Principal("m.example", "service", "twin")
FOREIGN = access.Principal("x.example", "service", "gateway")
GOOD = {"authorization": "Bearer good"}


def test_an_allowed_call_knows_its_caller_and_subject() -> None:
    caller = "urn:hanse:l.example:client:architect"
    call = DOOR.admit("/s/Read", GATEWAY, {**GOOD, "hanse-caller": caller, "hanse-purpose": "p"}, None)
    assert call.caller.urn == caller
    assert call.subject is not None
    assert call.purpose == "p"


@pytest.mark.parametrize(
    ("method", "peer", "metadata", "status", "reason"),
    [
        ("/s/Nameless", GATEWAY, GOOD, grpc.StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED"),
        ("/s/Read", TWIN, GOOD, grpc.StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED"),
        ("/s/Open", FOREIGN, GOOD, grpc.StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED"),
        ("/s/Read", GATEWAY, {}, grpc.StatusCode.UNAUTHENTICATED, "SUBJECT_TOKEN_INVALID"),
        ("/s/Read", GATEWAY, {"authorization": "Basic good"}, grpc.StatusCode.UNAUTHENTICATED, "SUBJECT_TOKEN_INVALID"),
        ("/s/Read", GATEWAY, {"authorization": "Bearer bad"}, grpc.StatusCode.UNAUTHENTICATED, "SUBJECT_TOKEN_INVALID"),
        ("/s/Write", GATEWAY, GOOD, grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING"),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_refused(
    method: str, peer: access.Principal, metadata: dict[str, str], status: grpc.StatusCode, reason: str
) -> None:
    with pytest.raises(errors.HanseError) as caught:
        DOOR.admit(method, peer, metadata, None)
    assert (caught.value.status, caught.value.reason) == (status, reason)
    assert caught.value.remedy or reason == "SUBJECT_TOKEN_INVALID"


@pytest.mark.parametrize("caller", ["", "somebody", "urn:hanse:m.example:person:1"])
def test_a_caller_who_is_none_gets_not_the_gateways_rights(caller: str) -> None:
    with pytest.raises(errors.DeniedError):
        DOOR.admit("/s/Open", GATEWAY, {"hanse-caller": caller}, None)


def test_only_the_gateway_may_say_who_called() -> None:
    permit = access.Principal("m.example", "service", "permit")
    call = DOOR.admit("/s/Open", permit, {"hanse-caller": "urn:hanse:m.example:client:operator"}, None)
    assert call.caller == permit


@pytest.mark.parametrize(
    "names", [(), (b"localhost",), (b"urn:hanse:m.example:service:twin", b"urn:hanse:m.example:client:x")]
)
def test_a_certificate_names_exactly_one_principal(names: tuple[bytes, ...]) -> None:
    with pytest.raises(errors.UnauthenticatedError, match="names no Hanse"):
        access.principal_of({"x509_subject_alternative_name": names})
