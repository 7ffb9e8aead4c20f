# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Loading a snapshot of sensors: new ones become entities, known ones get points; snapshots may come in any order."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hanse.api.twin.v1 import history_pb2, history_pb2_grpc, twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.cli.observations import Misfit, Observation
from hanse.cli.output import Exit
from hanse.cli.refused import Refused, progress_of, write_refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hanse.cli.client import GatewayClient
    from hanse.cli.output import Output

_BATCH = 500
_MAPPING = "Correct the record, or the mapping's paths."
_RECORD = "Correct the record at its source, then load the snapshot again."
_BATCHES = "Correct the sensor that is named, then load the snapshot again: the batch of 500 was not written."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def load_observations(
    client: GatewayClient,
    dataset: str,
    found: Sequence[Observation | Misfit],
    refused_path: Path | None,
    output: Output,
) -> int:
    """Writes observations; 1 when something was refused. Cut off and begun again, it does nothing twice.

    Raises:
        HanseError: the load failed as a whole.
    """
    once = list({one.id: one for one in found if isinstance(one, Observation)}.values())
    refused = [Refused(one.place, "", one.reason, _MAPPING) for one in found if isinstance(one, Misfit)]
    known = _known(client, [one.id for one in once])
    new, old = [one for one in once if one.id not in known], [one for one in once if one.id in known and one.values]
    created = written = 0
    twin = twin_pb2_grpc.TwinServiceStub(client.channel)
    with progress_of(output, len(once)) as advance:
        for some, answer in zip(
            _batches(new), client.stream(twin.UpsertEntities, _entities(dataset, new)), strict=False
        ):
            created += len(answer.results) if answer.committed else 0
            refused += [Refused(each.id, each.path, each.detail, _RECORD) for each in answer.results if each.detail]
            advance(len(some))
        history = history_pb2_grpc.TwinHistoryServiceStub(client.channel)
        for some, part in zip(_batches(old), client.stream(history.AppendPoints, _points(old)), strict=False):
            written += part.written
            if not part.committed:
                refused.append(Refused(some[0].id, "", part.detail, _BATCHES))
            advance(len(some))
    write_refused(refused_path, refused)
    result = {"read": len(found), "created": created, "points": written, "refused": [asdict(one) for one in refused]}
    output.result(
        result, f"{len(found)} read, {created} sensors created, {written} values added, {len(refused)} refused"
    )
    for each in refused[:20]:
        output.note(f"{each.place}: {each.reason}")
    return Exit.FAILED if refused else Exit.OK


def _batches(some: Sequence[Observation]) -> Iterator[Sequence[Observation]]:
    return (some[start : start + _BATCH] for start in range(0, len(some), _BATCH))


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
