# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""One query of a twin over gRPC, the same for the own twin and, through the gateway, for others."""

from __future__ import annotations

from typing import Any

import grpc

from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.kernel.access import EXCHANGE_ID
from hanse.kernel.channel import metadata
from hanse.kernel.errors import from_rpc
from hanse.permit.model import Dataset
from hanse.permit.ports import Answer, Box, Record, Terms

_PAGE = 200
_MAX_ENTITIES = 20_000
_MAX_BYTES = 256 * 1024 * 1024


def entities(channel: grpc.Channel, kind: str, box: Box, token: str, terms: Terms, city: str = "") -> Answer:
    """The entities of a type in a box, streamed, so that the whole answer is one exchange.

    Raises HanseError when nothing came; what came before a break is given back with the break's reason. A twin that
    holds none of the type anywhere has said nothing about the place: its answer is broken.
    """
    request = twin_pb2.QueryEntitiesRequest(
        type=kind,
        bounding_box=types_pb2.BoundingBox(
            crs=box.crs, min_x=box.min_x, min_y=box.min_y, max_x=box.max_x, max_y=box.max_y
        ),
        page_size=_PAGE,
    )
    stub = twin_pb2_grpc.TwinServiceStub(channel)
    call: Any = stub.StreamEntities(
        request,
        timeout=terms.timeout_s,
        metadata=metadata(token, city=city, purpose=terms.purpose, request_id=terms.request_id),
    )
    records: list[Record] = []
    datasets: dict[str, Dataset] = {}
    size, broken = 0, ""
    try:
        for message in call:
            records.extend(map(record, message.entities))
            datasets.update({each.id: dataset(each) for each in message.datasets})
            if message.nothing_loaded:
                broken = f"no {kind} is loaded in this twin: nothing is known of the place"
            size += sum(len(each.json) for each in message.entities)
            if len(records) > _MAX_ENTITIES or size > _MAX_BYTES:
                call.cancel()
                broken = f"more than {_MAX_ENTITIES} entities or {_MAX_BYTES} bytes; the rest was not taken"
                break
    except grpc.RpcError as error:
        cause = from_rpc(error)
        if not records:
            raise cause from None
        broken = f"{cause.reason}: {cause.message}"
    return Answer(tuple(records), tuple(datasets.values()), exchange_id(call), broken)


def exchange_id(call: grpc.Call) -> str:
    """The exchange that covers an answer, as the gateway tells it; empty when none does."""
    for found in (call.trailing_metadata(), call.initial_metadata()):
        for key, value in found or ():
            if key == EXCHANGE_ID and isinstance(value, str):
                return value[:200]
    return ""


def record(entity: types_pb2.Entity) -> Record:
    """An entity of the wire."""
    return Record(entity.id, entity.type, entity.contract, entity.revision, entity.dataset, bytes(entity.json))


def dataset(each: types_pb2.Dataset) -> Dataset:
    """A data set of the wire."""
    return Dataset(
        id=each.id,
        title=each.title,
        owner=each.owner,
        licence=each.licence,
        terms=each.terms,
        jurisdiction=each.jurisdiction,
        crs=each.crs,
        vertical_datum=each.vertical_datum,
        vertical_datum_source=each.vertical_datum_source,
    )
