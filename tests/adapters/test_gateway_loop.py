# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What takes long never runs on the gateway's event loop: the database, the tree's signature, large hashes."""

from __future__ import annotations

import asyncio
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway_world import World, make_world

from hanse.api.exchange.v1 import exchange_pb2
from hanse.api.twin.v1 import twin_pb2
from hanse.gateway.peers import Sockets
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


def test_sockets_stand_in_the_state_folder_and_what_was_left_is_removed(tmp_path: Path) -> None:
    deep = tmp_path / ("long-name-of-a-state-folder-" * 6) / "tunnels"
    first = Sockets(deep)
    assert stat.S_IMODE(deep.stat().st_mode) == 0o700

    async def echo(path: Path) -> bytes:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.read(10))
            writer.close()

        async with await asyncio.start_unix_server(answer, path):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b"hello")
            found = await reader.read(10)
            writer.close()
            return found

    assert asyncio.run(echo(first.path(1))) == b"hello"
    (deep / "7.sock").touch()  # as a killed gateway leaves it
    second = Sockets(deep)
    assert list(deep.iterdir()) == []
    second.close()
    assert not deep.exists()


def test_nothing_is_left_outside_the_state_folder(world: World) -> None:
    request = twin_pb2.GetEntityRequest(id="a")
    assert world.twin().GetEntity(request, timeout=20, metadata=world.abroad()).id
    sockets = list((world.here.config.state / "tunnels").iterdir())
    assert [path.is_socket() for path in sockets] == [True]
