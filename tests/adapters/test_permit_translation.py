# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities sent to a translation service over gRPC: each with the terms that it comes under, and no others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permit_world import LINDEMOND, MAREWIJK
from serving import served

from hanse.api.translation.v1 import translation_pb2 as pb
from hanse.kernel.lasting import Places
from hanse.kernel.workers import WorkerPool
from hanse.permit.adapters.translation import GrpcTranslation
from hanse.permit.model import Dataset
from hanse.permit.ports import Record, Terms
from hanse.translation.handlers import Handlers

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).resolve().parents[2] / "contracts/hanse/contracts/twin/v1/examples/valid/building.json"
UTM32 = "https://www.opengis.net/def/crs/EPSG/0/25832"
OPEN = Dataset(f"urn:hanse:{LINDEMOND}:dataset:open", "Open", "Lindemond", "CC0-1.0", "", "NL", vertical_datum="NAP")
BOUND = replace(OPEN, id=f"urn:hanse:{LINDEMOND}:dataset:bound", licence="CC-BY-4.0", terms="Name the source.")


class Noting(Handlers):
    """The real service, that also notes what it answers."""

    def __init__(self) -> None:
        self.workers, self.answers = WorkerPool(1), list[pb.TranslateStreamResponse]()
        super().__init__(MAREWIJK, self.workers, Places(4))

    def TranslateStream(  # noqa: N802
        self, requests: Iterator[pb.TranslateStreamRequest], context: Any
    ) -> Iterator[pb.TranslateStreamResponse]:
        for answer in super().TranslateStream(requests, context):
            self.answers.append(answer)
            yield answer


def test_each_entity_is_translated_under_its_own_terms() -> None:
    entity = json.loads(EXAMPLE.read_bytes())
    records = [
        Record(entity["id"], entity["type"], "twin/v1", "1.0.0", dataset, json.dumps(entity).encode())
        for dataset in (BOUND.id, OPEN.id, "urn:hanse:lindemond.example:dataset:untold")
    ]
    service = Noting()
    with served(service) as channel:
        port = GrpcTranslation(channel, MAREWIJK)
        kept, losses = port.translate(records, [OPEN, BOUND], UTM32, "token", Terms("permit-check", "request", 30.0))
    service.workers.close()
    assert [record.dataset for record in kept] == [record.dataset for record in records]
    assert len(losses) >= len(records)
    told = [[(each.id, each.licence, each.terms) for each in one.response.datasets] for one in service.answers]
    assert told == [[(BOUND.id, "CC-BY-4.0", "Name the source.")], [(OPEN.id, "CC0-1.0", "")], []]
