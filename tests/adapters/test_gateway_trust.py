# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A city that is taken off the trust list is trusted no more, whatever fails while that is found out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from cities import LINDEMOND, make_federation
from gateway_world import World, failure, make_world

from hanse.api.twin.v1 import twin_pb2
from hanse.gateway.exchange.ledger import Ledger
from hanse.gateway.trust import Snapshot, Trust
from hanse.kernel.clock import system_clock
from hanse.kernel.errors import DeniedError, UnavailableError, from_rpc
from hanse.kernel.trust import LIST, TrustStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cities import Federation


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return make_federation(tmp_path)


def until(check: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def replace(folder: Path, document: bytes) -> None:
    draft = folder / ".draft"
    draft.write_bytes(document)
    draft.replace(folder / LIST)


@pytest.mark.parametrize("error", [UnavailableError("the disk is full"), OSError(28, "No space left on device")])
def test_a_listener_that_fails_is_asked_again_and_hinders_nobody(federation: Federation, error: Exception) -> None:
    trust = Trust(federation.here, system_clock())
    failing, first, last = [error], [], []

    def sometimes(snapshot: Snapshot) -> None:
        if snapshot.trust_list is not None and snapshot.trust_list.version == 2 and failing:
            raise failing.pop()
        first.append(snapshot)

    trust.on_change(sometimes)
    trust.on_change(last.append)
    trust.city(LINDEMOND)
    replace(federation.here.trust, federation.trust_list(2, leave_out=LINDEMOND))
    assert trust.refresh()
    with pytest.raises(DeniedError):
        trust.city(LINDEMOND)
    assert [len(first), len(last)] == [1, 2]
    assert not trust.refresh()
    assert [len(first), len(last)] == [2, 2]
    assert first[-1] is last[-1] is trust.snapshot
    trust.refresh()
    assert [len(first), len(last)] == [2, 2], "each hears a change once"


def test_files_that_cannot_be_looked_at_trust_nobody(federation: Federation, monkeypatch: pytest.MonkeyPatch) -> None:
    store, trust = TrustStore(federation.here, system_clock()), Trust(federation.here, system_clock())
    assert store.city(LINDEMOND)

    def broken(_store: TrustStore) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(TrustStore, "_look", broken)
        with pytest.raises(DeniedError, match="Input/output error") as caught:
            store.current()
        assert caught.value.reason == "NOT_TRUSTED"
        assert trust.refresh()
        with pytest.raises(DeniedError):
            trust.city(LINDEMOND)
    assert store.city(LINDEMOND)
    assert trust.refresh()
    assert trust.city(LINDEMOND)


def test_a_list_that_cannot_be_stored_leaves_the_old_one(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = TrustStore(federation.here, system_clock())

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("hanse.kernel.trust.os.fsync", full)
        with pytest.raises(UnavailableError) as caught:
            store.install(federation.trust_list(2))
    assert caught.value.reason == "STORAGE_UNAVAILABLE"
    assert store.current().version == 1
    assert sorted(path.name for path in federation.here.trust.iterdir()) == ["anchors", LIST]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("defect", [OSError(28, "No space left on device"), ValueError("a defect")])
def test_trust_ends_though_the_log_fails_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch, defect: Exception
) -> None:
    keep, failing = Ledger.keep_trust_list, [defect, defect]

    def sometimes(ledger: Ledger, digest: bytes, document: bytes) -> None:
        if failing:
            raise failing.pop()
        keep(ledger, digest, document)

    monkeypatch.setattr(Ledger, "keep_trust_list", sometimes)
    request = twin_pb2.GetEntityRequest(id="urn:hanse:lindemond.example:building:1")
    assert world.twin().GetEntity(request, timeout=10, metadata=world.abroad())
    gateway = world.here.gateway
    assert gateway is not None
    replace(world.here.config.trust, world.federation.trust_list(2, leave_out=LINDEMOND))
    until(lambda: not gateway.peers._ways)
    refused = from_rpc(failure(lambda: world.twin().GetEntity(request, timeout=10, metadata=world.abroad())))
    assert refused.reason == "NOT_TRUSTED"
    until(lambda: bool(gateway.log.ledger.trust_list(gateway.trust.snapshot.digest)))
    replace(world.here.config.trust, world.federation.trust_list(3))
    until(lambda: gateway.trust.snapshot.roots.get(LINDEMOND) is not None)
    assert world.twin().GetEntity(request, timeout=10, metadata=world.abroad())
