# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What takes long never runs on the gateway's event loop: the database, the tree's signature, large hashes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from gateway_world import World, make_world

from hanse.api.exchange.v1 import exchange_pb2
from hanse.api.twin.v1 import twin_pb2
from hanse.jose import SigningKey
from hanse.kernel.storage import Database


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[int]]:
    """The threads in which slow things ran."""
    seen: dict[str, set[int]] = {"write": set(), "read": set(), "ML-DSA-65": set()}
    write, read, sign = Database.write, Database.read, SigningKey.sign

    def noted(what: str, function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            seen[what].add(threading.get_ident())
            return function(*arguments)

        return call

    def signed(key: SigningKey, message: bytes) -> bytes:
        if key.alg == "ML-DSA-65":
            seen["ML-DSA-65"].add(threading.get_ident())
        return sign(key, message)

    monkeypatch.setattr(Database, "write", noted("write", write))
    monkeypatch.setattr(Database, "read", noted("read", read))
    monkeypatch.setattr(SigningKey, "sign", signed)
    return seen


def test_an_exchange_and_its_proof_leave_the_loop_free(world: World, threads: dict[str, set[int]]) -> None:
    async def where() -> int:
        return threading.get_ident()

    loop = world.run(where())
    for number in range(3):
        request = twin_pb2.GetEntityRequest(id=f"urn:hanse:lindemond.example:building:{number}")
        _, call = world.twin().GetEntity.with_call(request, timeout=20, metadata=world.abroad())
    trailing = dict(call.trailing_metadata())
    asked = exchange_pb2.GetProofRequest(exchange_id=trailing["hanse-exchange-id"], wait_ms=10_000)
    here, _ = world.places
    assert world.log().GetProof(asked, timeout=20, metadata=world.metadata(here)).json
    assert all(threads.values()), "each of them happened"
    assert {what for what, where_ in threads.items() if loop in where_} == set()
