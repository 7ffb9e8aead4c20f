# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Loading a snapshot of sensors: new ones become entities, known ones get points; snapshots may come in any order."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hanse.api.twin.v1 import history_pb2, history_pb2_grpc, twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.cli.output import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanse.cli.client import GatewayClient
    from hanse.cli.observations import Observation
    from hanse.cli.output import Output

_BATCH = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def load_observations(client: GatewayClient, dataset: str, found: Sequence[Observation], output: Output) -> int:
    """Writes observations; 1 when something was refused.

    Raises:
        HanseError: the load failed as a whole.
    """
    once = list({one.id: one for one in found}.values())
    known = _known(client, [one.id for one in once])
    new, old = [one for one in once if one.id not in known], [one for one in once if one.id in known]
    created = written = 0
    refused: list[str] = []
    twin = twin_pb2_grpc.TwinServiceStub(client.channel)
    for answer in client.stream(twin.UpsertEntities, _entities(dataset, new)):
        created += len(answer.results) if answer.committed else 0
        refused += [f"{each.id}: {each.detail}" for each in answer.results if each.detail]
    history = history_pb2_grpc.TwinHistoryServiceStub(client.channel)
    for part in client.stream(history.AppendPoints, _points(old)):
        written += part.written
        refused += [part.detail] if not part.committed else []
    result = {"read": len(found), "created": created, "points": written, "refused": refused}
    output.result(
        result, f"{len(found)} read, {created} sensors created, {written} values added, {len(refused)} refused"
    )
    for each in refused[:20]:
        output.note(each)
    return Exit.FAILED if refused else Exit.OK


def _known(client: GatewayClient, ids: Sequence[str]) -> set[str]:
    stub = twin_pb2_grpc.TwinServiceStub(client.channel)
    found: set[str] = set()
    for start in range(0, len(ids), _BATCH):
        some = ids[start : start + _BATCH]
        answer = client.call(stub.BatchGetEntities, twin_pb2.BatchGetEntitiesRequest(ids=some))
        found |= set(some) - set(answer.missing)
    return found


def _entities(dataset: str, new: Sequence[Observation]) -> Iterator[twin_pb2.UpsertEntitiesRequest]:
    for start in range(0, len(new), _BATCH):
        some = [types_pb2.Entity(json=json.dumps(one.entity()).encode()) for one in new[start : start + _BATCH]]
        yield twin_pb2.UpsertEntitiesRequest(dataset=dataset, entities=some)


def _points(old: Sequence[Observation]) -> Iterator[history_pb2.AppendPointsRequest]:
    for start in range(0, len(old), _BATCH):
        series = []
        for one in old[start : start + _BATCH]:
            time = (datetime.fromisoformat(one.time) - _EPOCH) // timedelta(microseconds=1)
            for name, (value, unit) in one.values.items():
                made = history_pb2.Series(entity=one.id, attribute=name, times_us=[time], unit_code=unit)
                if isinstance(value, int | float) and not isinstance(value, bool):
                    made.numbers.append(value)
                else:
                    made.json.append(json.dumps(value))
                series.append(made)
        yield history_pb2.AppendPointsRequest(series=series)
