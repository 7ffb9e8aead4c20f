# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How calls are passed on: routes, deadlines, metadata, sizes, statuses."""

from __future__ import annotations

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from hanse.gateway.forward import DETAILS, check_size, passed_metadata, status_of, time_allowed
from hanse.gateway.routes import CONTRACTS, OPEN_METHODS, ROUTES
from hanse.kernel.access import Principal
from hanse.kernel.channel import MARGIN_S
from hanse.kernel.config import SERVICES, Limits
from hanse.kernel.errors import DeadlineError, LimitExceededError, NotFoundError, to_status

LIMITS = Limits(deadline_default_ms=30_000, deadline_max_ms=60_000, max_message_bytes=10)
CLIENT = Principal("marewijk.example", "client", "platform")


def test_every_route_leads_to_a_part() -> None:
    assert {route.part for route in ROUTES.values()} == {*SERVICES, "twin_edge"}
    assert set(ROUTES) >= OPEN_METHODS
    twin = ROUTES["/hanse.api.twin.v1.TwinService/StreamEntities"]
    assert (twin.contract, twin.part, twin.unary, twin.server_streams, twin.client_streams) == (
        "twin/v1",
        "twin",
        False,
        True,
        False,
    )
    assert ROUTES["/hanse.api.zoning.v1.ZoningService/GetZoning"].part == "permit"
    assert {route.contract for route in ROUTES.values()} < set(CONTRACTS)


def test_a_deadline_shrinks_and_has_bounds() -> None:
    assert time_allowed(None, LIMITS) == 30
    assert time_allowed(10, LIMITS) == 10 - MARGIN_S
    assert time_allowed(10**9, LIMITS) == 60 - MARGIN_S
    for nothing in (0.0, -1.0, MARGIN_S):
        with pytest.raises(DeadlineError):
            time_allowed(nothing, LIMITS)


def test_only_the_gateway_says_who_calls() -> None:
    came = {
        "authorization": "Bearer x",
        "hanse-purpose": "p",
        "hanse-request-id": "r",
        "hanse-caller": "urn:hanse:marewijk.example:service:identity",
        "hanse-exchange-id": "forged",
        "hanse-city": "marewijk.example",
        "x-other": "1",
    }
    assert dict(passed_metadata(came, CLIENT)) == {
        "authorization": "Bearer x",
        "hanse-purpose": "p",
        "hanse-request-id": "r",
        "hanse-caller": CLIENT.urn,
    }


def test_the_limit_is_inclusive() -> None:
    check_size(bytes(10), 10)
    with pytest.raises(LimitExceededError, match="11 bytes"):
        check_size(bytes(11), 10)


def _failed(code: grpc.StatusCode, *trailing: tuple[str, bytes]) -> status_pb2.Status:
    error = grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailing), "text")
    return status_of(error, "twin")


def test_a_services_own_status_stays_as_it_is() -> None:
    given = to_status(NotFoundError("gone", remedy="look elsewhere"))
    assert _failed(grpc.StatusCode.NOT_FOUND, (DETAILS, given.SerializeToString())) == given


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
def test_every_failure_has_a_reason(code: grpc.StatusCode) -> None:
    status = _failed(code)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.domain == "hanse"
    assert info.reason
    if code is grpc.StatusCode.UNAVAILABLE:
        assert "twin" in status.message
