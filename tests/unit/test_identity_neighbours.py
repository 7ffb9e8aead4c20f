# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A neighbour's status list, kept: good until it ends itself, overruled by what an event told, verified each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest
from cities import MAREWIJK
from identity_world import Holder, IdentityWorld

from hanse.identity.adapters.neighbours import GatewayStatus
from hanse.kernel.access import CallContext, enter_call, leave_call
from hanse.kernel.errors import DeniedError, UnauthenticatedError, UnavailableError
from hanse.sdjwt.form import take_apart
from hanse.statuslist import StatusReference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clocks import StillClock

THERE = "lindemond.example"


@pytest.fixture
def world(tmp_path: Path, clock: StillClock) -> Iterator[IdentityWorld]:
    made = IdentityWorld.make(tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def offline(world: IdentityWorld, clock: StillClock) -> Iterator[GatewayStatus]:
    """As Marewijk asks, with a gateway that is not there."""
    caller = world.here.principal("client:platform")
    call = enter_call(CallContext(method="/x/ExchangeToken", peer=caller, caller=caller))
    with grpc.insecure_channel("127.0.0.1:1") as channel:
        yield GatewayStatus(channel, world.here.store, world.here.judge.trust, clock)
    leave_call(call)


def status_of(holder: Holder) -> StatusReference:
    found = StatusReference.from_claims(take_apart(holder.credential).payload)
    assert found is not None
    return found


def keep(world: IdentityWorld, token: bytes) -> None:
    world.here.store.keep_list(THERE, world.there.issuer.status_uri, token)


def test_nothing_kept_and_nobody_there_means_no(world: IdentityWorld, offline: GatewayStatus) -> None:
    with pytest.raises(UnavailableError) as caught:
        offline.is_revoked(THERE, status_of(world.there.issue_to(Holder.new())))
    assert caught.value.remedy


def test_a_kept_list_answers_until_it_ends(world: IdentityWorld, offline: GatewayStatus, clock: StillClock) -> None:
    held, lost = (world.there.issue_to(Holder.new()) for _ in range(2))
    world.there.issuer.revoke(lost.id, "lost")
    keep(world, world.there.issuer.status_list())
    clock.forward(minutes=9)
    assert offline.is_revoked(THERE, status_of(held)) is False
    assert offline.is_revoked(THERE, status_of(lost)) is True
    clock.forward(minutes=2)
    with pytest.raises(UnavailableError):
        offline.is_revoked(THERE, status_of(held))


def test_an_event_overrules_the_kept_list(world: IdentityWorld, offline: GatewayStatus) -> None:
    held, lost = (world.there.issue_to(Holder.new()) for _ in range(2))
    keep(world, world.there.issuer.status_list())
    status = status_of(lost)
    with world.here.database.write() as connection:
        world.here.store.note_revocation(connection, THERE, status.uri, status.index)
    assert offline.is_revoked(THERE, status) is True
    with pytest.raises(UnavailableError):  # the list that did not know it is kept no longer
        offline.is_revoked(THERE, status_of(held))
    keep(world, world.there.issuer.status_list())
    assert offline.is_revoked(THERE, status) is True  # a list that comes late does not take it back
    assert world.here.store.told_revoked(MAREWIJK, status.uri, status.index) is False


def test_a_list_signed_by_another_is_not_looked_at(world: IdentityWorld, offline: GatewayStatus) -> None:
    held = world.there.issue_to(Holder.new())
    own = world.here.issuer.status_list()
    for token in (own, b"", b"{}", world.there.issuer.status_list()[:-200] + b"A" * 200):
        keep(world, token)
        with pytest.raises(UnavailableError):
            offline.is_revoked(THERE, status_of(held))


def test_a_status_list_of_another_city_than_the_issuer_is_refused(offline: GatewayStatus) -> None:
    for uri in (f"urn:hanse:{MAREWIJK}:status-list:1", "https://lindemond.example/list", f"urn:hanse:{THERE}"):
        with pytest.raises(DeniedError) as caught:
            offline.is_revoked(THERE, StatusReference(uri, 1))
        assert caught.value.reason == "NOT_TRUSTED"


def test_an_index_beyond_the_list_is_never_valid(world: IdentityWorld, offline: GatewayStatus) -> None:
    keep(world, world.there.issuer.status_list())
    status = StatusReference(world.there.issuer.status_uri, 1 << 40)
    with pytest.raises(UnauthenticatedError) as caught:
        offline.is_revoked(THERE, status)
    assert caught.value.reason == "PRESENTATION_INVALID"
