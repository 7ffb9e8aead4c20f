# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Points of time series on their way into the store, inside one transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import InvalidInputError, NotFoundError
from hanse.ngsild import canonical
from hanse.twin import rows
from hanse.twin.adapters.history.series import SeriesTable, stored
from hanse.twin.history.instances import MAX_VALUE_BYTES, Point, dataset_of, micros, number, shape_of, written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.databases.dialects import Connection, Dialect, PointRow
    from hanse.twin.adapters.history.series import Series
    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.history.model import Appended
    from hanse.twin.model import Row, Stored

Json = Any
AHEAD = timedelta(days=1)
EARLIEST_US = -2_208_988_800_000_000  # 1900-01-01


@dataclass(frozen=True, slots=True)
class Appending:
    """Writes batches of points of one tenant's living entities."""

    connection: Connection
    dialect: Dialect
    tenant: str
    clock: Clock
    twin: SqlTwin
    city_crs: str

    def write(self, batch: Sequence[Appended]) -> int:
        """All of a batch; gives how many points. Raises as `HistoryStore.append`."""
        latest = micros(timestamp(self.clock.now() + AHEAD))
        entities = self._entities(batch)
        table = SeriesTable(self.connection, self.dialect, self.tenant)
        keyed = table.keyed({_key(one, entities): _shape(one, json.loads(entities[one.entity].json)) for one in batch})
        now = timestamp(self.clock.now())
        bodies = {found.id: json.loads(found.json) for found in entities.values()}
        points: list[PointRow] = []
        for one in batch:
            series = keyed[_key(one, entities)]
            if one.times_us and not EARLIEST_US <= min(one.times_us) <= max(one.times_us) <= latest:
                raise _refused(one, "times_us are between the year 1900 and one day ahead of now")
            unit = json.loads(series.shape).get("unitCode", "")
            if one.unit_code and unit != one.unit_code:
                raise _refused(one, f"the series' unit is {unit or 'none'}, the points' {one.unit_code}")
            points += _rows(one, series, micros(now))
            _show(bodies[series.entity], one, series)
        table.put(points)
        self._replace(batch, entities, bodies)
        return len(points)

    def _entities(self, batch: Sequence[Appended]) -> Mapping[str, Stored]:
        found = self.twin.many({one.entity for one in batch})
        for one in batch:
            if one.entity not in found:
                sentence = f"no entity {one.entity[:200]!r}"
                remedy = "Write the entity first."
                raise NotFoundError(sentence, remedy=remedy, metadata={"index": str(one.index)})
        return found

    def _replace(
        self, batch: Sequence[Appended], entities: Mapping[str, Stored], bodies: Mapping[str, dict[str, Json]]
    ) -> None:
        """The entities whose latest value is another now."""
        datasets: dict[str, list[Row]] = {}
        for before in {one.id: one for one in entities.values()}.values():
            if canonical(bodies[before.id]) != bytes(before.json):
                try:
                    row = rows.row(bodies[before.id], self.city_crs)
                except InvalidInputError as error:  # by the contract the attribute is no Property with such a value
                    own = [one for one in batch if entities[one.entity].id == before.id and one.times_us]
                    raise _refused(_at_fault(own, error), error.message) from None
                datasets.setdefault(before.dataset, []).append(row)
        for dataset, some in datasets.items():
            self.twin.put_in(self.connection, dataset, some)


def _key(one: Appended, entities: Mapping[str, Stored]) -> tuple[str, str, str]:
    return entities[one.entity].id, one.attribute, one.dataset_id


def _held(one: Appended, entity: Mapping[str, Json]) -> dict[str, Json] | None:
    value = entity.get(one.attribute, [])
    instances = value if isinstance(value, list) else [value]
    return next((each for each in instances if dataset_of(each) == one.dataset_id), None)


def _shape(one: Appended, entity: Mapping[str, Json]) -> bytes:
    """What a new series' points have in common: what the entity's attribute is, else a Property of that unit."""
    held = _held(one, entity)
    if held is not None:
        if held.get("type") != "Property":
            raise _refused(one, f"{one.attribute[:100]} is a {held.get('type')}, not a Property")
        return shape_of(held)
    said = {"unitCode": one.unit_code, "datasetId": one.dataset_id}
    return canonical({"type": "Property", **{name: value for name, value in said.items() if value}})


def _rows(one: Appended, series: Series, now_us: int) -> list[PointRow]:
    if len(one.numbers):
        numbers = zip(one.times_us, one.numbers, strict=True)
        return [(series.number, time_us, value, None, now_us, 1) for time_us, value in numbers]
    shape, made = json.loads(series.shape), []
    for time_us, value in zip(one.times_us, one.values, strict=True):
        amount = number(value)
        body = None if amount is not None else canonical({**shape, "value": value})
        if body is not None and len(body) > MAX_VALUE_BYTES:
            raise _refused(one, f"a value has more than {MAX_VALUE_BYTES} bytes")
        made.append(stored(series.number, Point(time_us, amount, body, now_us, observed=True)))
    return made


def _show(entity: dict[str, Json], one: Appended, series: Series) -> None:
    """Lets an entity show the newest of these points, unless it shows a newer one."""
    if not one.times_us:
        return
    newest = max(range(len(one.times_us)), key=lambda index: (one.times_us[index], index))
    held = _held(one, entity)
    if held is not None and "observedAt" in held and micros(held["observedAt"]) > one.times_us[newest]:
        return
    value = one.numbers[newest] if len(one.numbers) else one.values[newest]
    made = {**json.loads(series.shape), "value": value, "observedAt": written(one.times_us[newest])}
    several = entity.get(one.attribute, [])
    others = [each for each in (several if isinstance(several, list) else [several]) if each is not held]
    entity[one.attribute] = [*others, made] if others else made


def _at_fault(several: Sequence[Appended], error: InvalidInputError) -> Appended:
    """Of an entity's series that whose value it shows, and cannot hold."""
    pointer = error.violations[0].field if error.violations else ""
    return max(several, key=lambda one: (pointer.startswith(f"/{one.attribute}"), max(one.times_us)))


def _refused(one: Appended, sentence: str) -> InvalidInputError:
    return InvalidInputError(
        f"series[{one.index}]: {sentence}", remedy="Correct the series.", metadata={"index": str(one.index)}
    )
