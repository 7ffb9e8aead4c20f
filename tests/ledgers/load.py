# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The load of a soak run: a few calls a second of each kind, from people who note what they were promised."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from grpc import StatusCode

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.api.permit.v1 import permit_pb2, permit_pb2_grpc
from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.cli.client import GatewayClient
from hanse.kernel.errors import HanseError, from_rpc
from hanse.merkle import read_unverified_checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledgers.journal import Journal

    from hanse.kernel.config import CityConfig

# What a caller may be told while parts are killed; anything else is a defect.
PASSING = {StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.ABORTED, StatusCode.CANCELLED}
ENTITIES = 25
CALL_S = 15.0
PURPOSE = "soak"
Act = Callable[[int], None]  # gets the number of the turn


@dataclass(frozen=True, slots=True)
class Worker:
    """Does one thing again and again."""

    name: str
    act: Act
    pause_s: float


def run(worker: Worker, journal: Journal, stop: threading.Event) -> None:
    """Until told to stop. Errors that pass are counted, others are violations."""
    turn = 0
    while not stop.wait(worker.pause_s):
        turn += 1
        try:
            worker.act(turn)
        except HanseError as error:
            told(worker.name, error, journal)
        except grpc.RpcError as error:
            told(worker.name, from_rpc(error), journal)
        else:
            journal.called(worker.name, "ok")


def told(what: str, error: HanseError, journal: Journal) -> None:
    """Counts an error; one that kills do not explain is a violation."""
    journal.called(what, error.status.name)
    if error.status not in PASSING:
        journal.violated(f"{what}: {error.status.name} {error.reason}: {error.message}")


def writer(config: CityConfig, dataset: str, journal: Journal) -> Act:
    """Puts newer and newer versions of a few entities into the city's twin."""
    client = GatewayClient.of(config)
    stub = twin_pb2_grpc.TwinServiceStub(client.channel)

    def act(turn: int) -> None:
        identifier = f"urn:hanse:{config.city.authority}:sensor:soak-{turn % ENTITIES}"
        version = turn // ENTITIES + 1
        entity = {"id": identifier, "type": "Sensor", "version": {"type": "Property", "value": version}}
        item = types_pb2.Entity(id=identifier, type="Sensor", json=json.dumps(entity).encode())
        batch = twin_pb2.UpsertEntitiesRequest(dataset=dataset, entities=[item])
        journal.wrote(identifier, version, acknowledged=False)
        for answer in client.stream(stub.UpsertEntities, iter([batch]), timeout_s=CALL_S):
            if answer.committed:
                journal.wrote(identifier, version, acknowledged=True)
            else:
                journal.violated(f"{identifier}: refused: {answer.results[0].detail}")

    return act


def reader(config: CityConfig, buildings: list[str]) -> Act:
    """Reads the city's own twin through its gateway."""
    client = GatewayClient.of(config, "platform")
    stub = twin_pb2_grpc.TwinServiceStub(client.channel)

    def act(turn: int) -> None:
        request = twin_pb2.GetEntityRequest(id=buildings[turn % len(buildings)])
        client.call(stub.GetEntity, request, timeout_s=CALL_S)

    return act


class Neighbourly:
    """Asks the other city's twin through both gateways, and fetches proofs of what was exchanged."""

    def __init__(self, config: CityConfig, other: str, buildings: list[str], journal: Journal) -> None:
        self._other, self._buildings, self._journal = other, buildings, journal
        self._client = GatewayClient.of(config, "platform")
        self._twin = twin_pb2_grpc.TwinServiceStub(self._client.channel)
        self._log = exchange_pb2_grpc.ExchangeLogServiceStub(self._client.channel)

    def ask(self, turn: int) -> None:
        """One building of the other city; the exchange that covers the answer is noted."""
        request = twin_pb2.GetEntityRequest(id=self._buildings[turn % len(self._buildings)])
        _, call = self._client.call(self._twin.GetEntity.with_call, request, timeout_s=CALL_S, city=self._other)
        exchange = dict(call.trailing_metadata() or ()).get("hanse-exchange-id", "")
        if exchange:
            with self._journal.lock:
                self._journal.exchanges.append(exchange)
        else:
            self._journal.violated(f"{request.id}: the answer names no exchange")

    def proof(self, exchange: str) -> bytes:
        """The proof of an exchange."""
        request = exchange_pb2.GetProofRequest(exchange_id=exchange, wait_ms=10_000)
        return bytes(self._client.call(self._log.GetProof, request, timeout_s=CALL_S).json)


class Applicant:
    """Has a plan checked that is too high for the neighbours across the border."""

    def __init__(self, config: CityConfig, plan: Path, journal: Journal) -> None:
        self._plan, self._journal = plan.read_bytes(), journal
        self._client = GatewayClient.of(config, "platform")
        self._stub = permit_pb2_grpc.PermitServiceStub(self._client.channel)

    def apply(self, turn: int) -> None:
        """Uploads the plan, as a file never seen, and asks for a check of it."""
        first, rest = self._plan.split(b"\n", 1)
        body = first + f"\n/* {turn} */\n".encode() + rest
        model = self._client.call(self._stub.UploadModel, _upload(body), timeout_s=CALL_S)
        request = permit_pb2.CreateCheckRequest(
            model=model.id, purpose=PURPOSE, request_id=f"soak-{turn}", neighbour_timeout_ms=4000
        )
        check = self._client.call(self._stub.CreateCheck, request, timeout_s=CALL_S)
        with self._journal.lock:
            self._journal.checks.append(check.id)

    def look(self, identifier: str) -> permit_pb2.Check:
        """A check as it stands."""
        request = permit_pb2.GetCheckRequest(id=identifier)
        check: permit_pb2.Check = self._client.call(self._stub.GetCheck, request, timeout_s=CALL_S)
        return check


def _upload(body: bytes) -> Iterator[permit_pb2.UploadModelRequest]:
    header = permit_pb2.UploadModelRequest.Header(filename="too-high.ifc", size_bytes=len(body))
    yield permit_pb2.UploadModelRequest(header=header)
    yield permit_pb2.UploadModelRequest(chunk=body)


class Auditor:
    """Looks at a city's log."""

    def __init__(self, config: CityConfig, journal: Journal) -> None:
        self._authority, self._journal = config.city.authority, journal
        self._client = GatewayClient.of(config)
        self._stub = exchange_pb2_grpc.ExchangeLogServiceStub(self._client.channel)

    def look(self, _turn: int) -> None:
        """Notes the newest checkpoint."""
        request = exchange_pb2.GetCheckpointRequest()
        document: dict[str, Any] = json.loads(self._client.call(self._stub.GetCheckpoint, request).json)
        shown = read_unverified_checkpoint(document["note"])
        self._journal.showed(self._authority, shown.size, shown.root)

    def states(self) -> dict[str, str]:
        """The state of each exchange in this city's log."""
        found, token = {}, ""
        while True:
            request = exchange_pb2.ListExchangesRequest(page_size=1000, page_token=token)
            page = self._client.call(self._stub.ListExchanges, request)
            for record in page.exchanges:
                found[record.id] = exchange_pb2.ExchangeRecord.State.Name(record.state).removeprefix("STATE_")
            token = page.next_page_token
            if not token:
                return found
