# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities as of a moment: what was observed since is taken off, the value observed then is put in its place."""

from __future__ import annotations

import json
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.api.types.v1 import types_pb2 as types
from hanse.ngsild import canonical
from hanse.query.splitting import scalars
from hanse.twin.adapters.history.keeping import VERSIONED
from hanse.twin.history.instances import attributes, dataset_of, decode, micros
from hanse.twin.history.model import Span
from hanse.twin.model import Operator
from hanse.twin.rows import HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.twin.adapters.history.archive import Archive
    from hanse.twin.adapters.history.series import Series, SeriesTable
    from hanse.twin.model import Filter

Json = Any
_COMPARE = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
}


@dataclass(frozen=True, slots=True)
class Overlay:
    """Looks up what was observed by a moment."""

    table: SeriesTable
    older: Archive | None
    as_of: str

    def wire(self, entity_id: str, wire: bytes) -> bytes:
        """An entity's bytes with the values of then."""
        if b'"observedAt"' not in wire:
            return wire
        message = types.Entity.FromString(wire)
        entity = json.loads(message.json)
        changed = self._changed(entity_id, entity)
        if not changed:
            return wire
        body = {name: value for name, value in {**entity, **changed}.items() if value != []}
        message.json = canonical(body)
        rewritten: bytes = message.SerializeToString()
        return rewritten

    def _changed(self, entity_id: str, entity: Mapping[str, Json]) -> dict[str, Json]:
        moment = micros(self.as_of)
        late = {
            name: instances
            for name, instances in attributes(entity)
            if name not in HEAD and name not in VERSIONED and any(_after(one, moment) for one in instances)
        }
        if not late:
            return {}
        series = {(one.attribute, one.instance): one for one in self.table.of([entity_id], late)}

        def then(one: dict[str, Json], name: str) -> dict[str, Json] | None:
            return self._then(series.get((name, dataset_of(one))), moment) if _after(one, moment) else one

        found = {
            name: [was for one in instances if (was := then(one, name)) is not None] for name, instances in late.items()
        }
        return {name: there[0] if len(there) == 1 else there for name, there in found.items()}

    def _then(self, series: Series | None, moment: int) -> dict[str, Json] | None:
        if series is None:
            return None
        span = Span(end_us=moment + 1, last=1)
        points = self.table.points(series.number, span)
        if not points and self.older is not None:
            points = self.older.points(series.number, span)
        if not points:
            return None
        instance = decode(points[-1], series.shape)
        return {name: value for name, value in instance.items() if name not in ("createdAt", "modifiedAt")}


def _after(instance: Mapping[str, Json], moment: int) -> bool:
    return "observedAt" in instance and micros(instance["observedAt"]) > moment


def passes(entity: Mapping[str, Json], condition: Filter) -> bool:
    """Whether an attribute holds a value that compares so, as the store's index would have it."""
    if condition.operator is Operator.EXISTS or condition.value is None:
        return condition.attribute in entity
    wanted, compare = condition.value, _COMPARE[condition.operator]
    kind: Any = type(wanted) if isinstance(wanted, bool | str) else (int, float)
    return any(
        isinstance(value, kind) and (kind is bool or not isinstance(value, bool)) and compare(value, wanted)
        for value, _ in scalars(entity, condition.attribute)
    )
