# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Questions to a twin, over gRPC and straight on its database file: the same questions, the same answers."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self, TypeVar

from common.borderland import buildings, token_of

from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.kernel.channel import connect, metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from hanse.kernel.config import CityConfig

READS = 400
LIMIT = 10
BOX_M = 100
_DEGREES = (0.00145, 0.0009)  # about BOX_M east and north at 52 degrees
Q = TypeVar("Q")
Box = tuple[float, float, float, float]  # west, south, east, north

# The statements that the twin runs, without the service around them.
POINT = "SELECT b.wire FROM entity e JOIN entity_body b ON b.number=e.number WHERE e.tenant=? AND e.id=?"
CORNERS = "SELECT west, south FROM entity WHERE tenant=? AND type='Building' ORDER BY id"
BOX = (
    "SELECT e.id, e.dataset, b.wire FROM entity_geo g CROSS JOIN entity e ON e.number=g.number"
    " JOIN entity_body b ON b.number=e.number WHERE e.tenant=? AND e.id>''"
    " AND g.west<=? AND g.east>=? AND g.south<=? AND g.north>=?"
    " AND e.west<=? AND e.east>=? AND e.south<=? AND e.north>=? AND e.type='Building' ORDER BY e.id LIMIT ?"
)


class TwinReads:
    """Both ways to a city's twin, and the questions."""

    def __init__(self, config: CityConfig) -> None:
        self._config, self._stack, self._draw = config, ExitStack(), random.Random(1)  # noqa: S311 - the same each time

    def __enter__(self) -> Self:
        channel = self._stack.enter_context(connect(self._config, "gateway", "twin"))
        self._twin = twin_pb2_grpc.TwinServiceStub(channel)
        self._who = metadata(token_of(self._config, "client-platform"))
        file = sqlite3.connect(f"file:{self._config.state / 'twin.db'}?mode=ro", uri=True)
        self._stack.callback(file.close)
        self._file = file
        self._ids = self._draw.choices(buildings(self._config), k=READS)
        self._boxes = self._around()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _around(self) -> list[Box]:
        """A box about the corner of some building, for each question."""
        corners = self._file.execute(CORNERS, (self._config.tenant,)).fetchall()
        half_x, half_y = _DEGREES[0] / 2, _DEGREES[1] / 2
        drawn = self._draw.choices(corners, k=READS)
        return [(x - half_x, y - half_y, x + half_x, y + half_y) for x, y in drawn]

    def agree(self) -> None:
        """Checks that both ways give the same answers, or the figures would compare nothing."""
        for identifier in self._ids[:20]:
            stored = types_pb2.Entity.FromString(self._get_in_sqlite(identifier))
            if self._get(identifier) != stored:
                raise AssertionError(f"{identifier}: the service and its database differ")
        for box in self._boxes[:20]:
            ours = [entity.id for entity in self._query(box).entities]
            if not ours or ours != [row[0] for row in self._query_in_sqlite(box)][:LIMIT]:
                raise AssertionError(f"{box}: the service and its database differ")

    def point(self) -> float:
        """GetEntity over gRPC, calls a second."""
        return _rate(self._get, self._ids)

    def point_in_sqlite(self) -> float:
        """Its statement, runs a second."""
        return _rate(self._get_in_sqlite, self._ids * 20)

    def box(self) -> float:
        """QueryEntities over gRPC, calls a second."""
        return _rate(self._query, self._boxes)

    def box_in_sqlite(self) -> float:
        """Its statement, runs a second."""
        return _rate(self._query_in_sqlite, self._boxes * 5)

    def _get(self, identifier: str) -> types_pb2.Entity:
        request = twin_pb2.GetEntityRequest(id=identifier)
        entity: types_pb2.Entity = self._twin.GetEntity(request, timeout=10, metadata=self._who)
        return entity

    def _get_in_sqlite(self, identifier: str) -> bytes:
        found: bytes = self._file.execute(POINT, (self._config.tenant, identifier)).fetchone()[0]
        return found

    def _query(self, box: Box) -> twin_pb2.QueryEntitiesResponse:
        place = types_pb2.BoundingBox(min_x=box[0], min_y=box[1], max_x=box[2], max_y=box[3])
        request = twin_pb2.QueryEntitiesRequest(type="Building", bounding_box=place, page_size=LIMIT)
        page: twin_pb2.QueryEntitiesResponse = self._twin.QueryEntities(request, timeout=10, metadata=self._who)
        return page

    def _query_in_sqlite(self, box: Box) -> list[tuple[str, str, bytes]]:
        west, south, east, north = box
        values = (east, west, north, south)
        return self._file.execute(BOX, (self._config.tenant, *values, *values, LIMIT + 1)).fetchall()


def _rate(ask: Callable[[Q], object], questions: Sequence[Q]) -> float:
    begin = time.perf_counter()
    for question in questions:
        ask(question)
    return len(questions) / (time.perf_counter() - begin)
