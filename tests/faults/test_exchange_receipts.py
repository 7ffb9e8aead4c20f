# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Exporting a proof when the other city's receipt is none: the own half is exported, and holds."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest
from exchange_rogue import rogue_answerer
from gateway_world import TIMEOUT_S, World, make_world

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.api.twin.v1 import twin_pb2
from hanse.gateway.exchange import export
from hanse.gateway.exchange.proof import verify_proof

if TYPE_CHECKING:
    from collections.abc import Iterator


class Forger(exchange_pb2_grpc.ExchangeServiceServicer):
    """Gives whatever it was told as a receipt."""

    receipt = b""

    def GetReceipt(self, _request: object, _context: object) -> exchange_pb2.GetReceiptResponse:  # noqa: N802
        return exchange_pb2.GetReceiptResponse(json=self.receipt)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def exchange(world: World) -> str:
    request = twin_pb2.GetEntityRequest(id="a")
    _, done = world.twin().GetEntity.with_call(request, metadata=world.abroad(), timeout=TIMEOUT_S)
    return str(dict(done.trailing_metadata())["hanse-exchange-id"])


def proof(world: World, exchange: str) -> bytes:
    asked = exchange_pb2.GetProofRequest(exchange_id=exchange)
    return bytes(world.log().GetProof(asked, metadata=world.metadata(world.here), timeout=TIMEOUT_S).json)


def test_both_halves_verified_off_the_loop(world: World, exchange: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def where() -> int:
        return threading.get_ident()

    threads: list[int] = []

    def noted(*arguments: object) -> object:
        threads.append(threading.get_ident())
        return verify_proof(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(export, "verify_proof", noted)
    assert len(verify_proof(proof(world, exchange), [world.anchor], world.clock.now()).logs) == 2
    assert threads
    assert world.run(where()) not in threads


@pytest.mark.parametrize(
    "receipt",
    [
        b"",
        b"{}",
        b"garbage",
        b"[" * 100_000,
        b'{"a":100000000000000000000000000}',
        b'{"a":1e400}',
        b'{"a": 1}',
        b'{"authority":1,"checkpoint":{},"entries":[],"role":"answerer"}',
        b'{"authority":"lindemond.example","checkpoint":{},"entries":[{}],"role":"answerer"}',
        json.dumps({"authority": "x" * 2_000_000}).encode(),
    ],
    ids=lambda receipt: receipt[:30].decode(),
)
def test_a_receipt_that_is_none_is_left_out(world: World, exchange: str, receipt: bytes) -> None:
    forger = Forger()
    forger.receipt = receipt
    with rogue_answerer(world.there.config, forger) as address:
        world.register(world.here, world.there, address)
        summary = verify_proof(proof(world, exchange), [world.anchor], world.clock.now())
    assert (summary.id, [log.role for log in summary.logs]) == (exchange, ["asker"])
