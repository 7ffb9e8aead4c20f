# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Any one process of either city is killed in the middle of a check: the end is honest, and the next check is well.

To be in the middle, the process that the check waits for is stopped (SIGSTOP), the check is started, and the kill comes
once the logs of both gateways show that the question is on its way.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from cities import LINDEMOND, MAREWIJK
from hamlets import Check, Hamlets, lonely_law, until
from honesty import ANSWERED, PARTIAL, UNAVAILABLE, Case, assert_honest, assert_well, stopped
from refusals import read

from hanse.api.zoning.v1 import zoning_pb2, zoning_pb2_grpc
from hanse.kernel import channel as channels

if TYPE_CHECKING:
    from cities import Part

pytestmark = [pytest.mark.cities, pytest.mark.timeout(240)]
# What is killed, what holds the check in the middle until then, and how Marewijk and Lindemond then have answered.
HERE, THERE = MAREWIJK, LINDEMOND
VICTIMS = [
    ((THERE, "gateway"), (THERE, "twin"), (ANSWERED, UNAVAILABLE)),
    ((THERE, "twin"), (THERE, "twin"), (ANSWERED, UNAVAILABLE)),
    ((THERE, "identity"), (THERE, "identity"), (ANSWERED, UNAVAILABLE)),
    ((THERE, "translation"), (THERE, "twin"), (ANSWERED, ANSWERED)),
    ((THERE, "permit"), (THERE, "twin"), (ANSWERED, ANSWERED)),
    ((THERE, "nats"), (THERE, "twin"), (ANSWERED, ANSWERED)),
    ((HERE, "twin"), (HERE, "twin"), (UNAVAILABLE, ANSWERED)),
    ((HERE, "translation"), (THERE, "twin"), (ANSWERED, PARTIAL)),
    ((HERE, "nats"), (THERE, "twin"), (ANSWERED, ANSWERED)),
]


@pytest.mark.parametrize(("victim", "held", "answers"), VICTIMS, ids=["-".join(row[0]) for row in VICTIMS])
def test_a_check_goes_on_without_what_was_killed(
    hamlets: Hamlets, victim: tuple[str, str], held: tuple[str, str], answers: tuple[str, str]
) -> None:
    case = Case.of(hamlets)
    with stopped(hamlets.part(*held)):
        case.start()
        case.reached("asking")
        if held[0] == THERE:
            # Who it is for is asked of the identity service before the neighbour logs.
            case.asked(HERE if held[1] == "identity" else THERE)
        hamlets.part(*victim).kill()
    assert_honest(case, dict(zip((HERE, THERE), answers, strict=True)))
    hamlets.restart(*victim)
    assert_well(hamlets)


def test_the_own_identity_is_killed_before_anyone_can_be_asked(hamlets: Hamlets) -> None:
    case, identity = Case.of(hamlets), hamlets.part(MAREWIJK, "identity")
    with stopped(identity):
        case.start()
        case.reached("placing the plan")
        identity.kill()
    # Without a token for any twin it is not even known which neighbours there are.
    assert_honest(case, {MAREWIJK: UNAVAILABLE})
    hamlets.restart(MAREWIJK, "identity")
    assert_well(hamlets)


def test_the_own_gateway_is_killed(hamlets: Hamlets) -> None:
    case = Case.of(hamlets)
    with stopped(hamlets.part(LINDEMOND, "twin")):
        case.start()
        watching = case.applicant.watch(case.id)
        next(watching)
        case.asked()
        hamlets.part(MAREWIJK, "gateway").kill()
        with pytest.raises(grpc.RpcError) as caught:
            list(watching)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    hamlets.restart(MAREWIJK, "gateway")
    until(lambda: case.applicant.get(case.id).state == Check.STATE_SUCCEEDED, "the check did not go on")
    assert_honest(case, {MAREWIJK: ANSWERED, LINDEMOND: UNAVAILABLE})
    assert_well(hamlets)


def test_the_own_permit_service_is_killed_while_twins_are_asked(hamlets: Hamlets) -> None:
    case = Case.of(hamlets)
    with stopped(hamlets.part(LINDEMOND, "twin")):
        case.start()
        watching = case.applicant.watch(case.id)
        next(watching)
        case.asked()
        hamlets.part(MAREWIJK, "permit").kill()
        with pytest.raises(grpc.RpcError) as caught:
            list(watching)
    refused = read(caught.value)
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE")
    hamlets.restart(MAREWIJK, "permit")
    check = case.applicant.finish(case.id)
    assert (check.state, check.error_reason) == (Check.STATE_ABORTED, "OPERATION_LOST")
    assert check.verdict == ""
    assert "token" in check.error_detail
    assert "Start the check again." in check.error_detail
    assert_well(hamlets)


def test_a_check_that_need_ask_nobody_goes_on_where_the_killed_service_left_it(hamlets: Hamlets) -> None:
    put_zoning(hamlets, lonely_law())
    # The process that reads the model is stopped: the check stays at its first step.
    permit = hamlets.part(MAREWIJK, "permit")
    case = Case.of(hamlets, plan=hamlets.plan.read_bytes().replace(b"10.0", b"10.5"))
    readers = children(permit)
    for reader in readers:
        os.kill(reader, signal.SIGSTOP)
    case.start(zoning=lonely_law()["id"])
    case.reached("reading the model")
    permit.kill()
    for reader in readers:
        os.kill(reader, signal.SIGCONT)
    hamlets.restart(MAREWIJK, "permit")
    check = case.applicant.finish(case.id)
    assert (check.state, check.verdict) == (Check.STATE_SUCCEEDED, "INSUFFICIENT_DATA"), (
        "the other law in force was left out"
    )
    until(lambda: not any(map(alive, readers)), "a worker outlives the killed service")


def put_zoning(hamlets: Hamlets, document: dict[str, object]) -> None:
    """Puts a document in force."""
    request = zoning_pb2.PutZoningRequest(json=json.dumps(document).encode())
    stub = zoning_pb2_grpc.ZoningServiceStub(hamlets.here.channel)
    stub.PutZoning(request, timeout=20, metadata=channels.metadata(hamlets.here.token))


def children(part: Part) -> list[int]:
    """Process ids of a part's own children."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # pid (name) state ppid ...; the name may hold anything but ends at the last parenthesis.
            if int(path.read_text().rpartition(")")[2].split()[1]) == part.process.pid:
                found.append(int(path.parent.name))
    return found


def alive(process: int) -> bool:
    """Whether a process runs still."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
