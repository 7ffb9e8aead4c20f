# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The evolution of an entity written as a whole: instances into series, the newest into the entity (CIM 009 5.6.11).

An entity that is not there comes to be by its evolution; a mark says so, and it goes when its evolution is deleted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.kernel.clock import timestamp
from hanse.kernel.errors import InvalidInputError
from hanse.ngsild.kinds import is_null
from hanse.twin import rows
from hanse.twin.adapters.history.series import MARK, SeriesTable, stored
from hanse.twin.adapters.reading import Reader
from hanse.twin.history.instances import (
    MAX_VALUE_BYTES,
    Point,
    attributes,
    dataset_of,
    decode,
    encode,
    micros,
    shape_of,
    written,
)
from hanse.twin.history.model import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.databases.dialects import Connection, Dialect, PointRow
    from hanse.twin.adapters.history.series import Series
    from hanse.twin.adapters.repository import SqlTwin

Json = Any
_HEAD = ("id", "type", "scope", "expiresAt")


@dataclass(frozen=True, slots=True)
class Recording:
    """Writes evolutions of one tenant's entities, inside the caller's transaction."""

    connection: Connection
    dialect: Dialect
    tenant: str
    clock: Clock
    twin: SqlTwin
    city_crs: str

    def record(self, evolution: Mapping[str, Json], home: str, *, create: bool) -> bool | None:
        """Adds instances (stored form, temporal); says whether the entity is new, None when it is not there.

        What is new goes into the data set `home`.
        """
        reader = Reader(lambda: self.connection, self.dialect, self.tenant)
        before = reader.exactly([evolution["id"]]).get(evolution["id"])
        if before is None and not create:
            return None
        entity: dict[str, Json] = {} if before is None else json.loads(before.json)
        entity |= _head(entity, evolution)
        self._instances(entity, evolution, new=before is None)
        row = rows.row(entity, self.city_crs)
        if before is None or row.json != bytes(before.json):
            self.twin.put_in(self.connection, home if before is None else before.dataset, [row])
        return before is None

    def withdraw(self, entity_id: str, attribute: str, dataset_id: str | None) -> None:
        """Takes an attribute, or one instance of it, from what an entity shows."""
        entity, dataset = self._living(entity_id)
        if entity is None or attribute not in entity:
            return
        held = entity[attribute] if isinstance(entity[attribute], list) else [entity[attribute]]
        rest = [one for one in held if dataset_id is not None and dataset_of(one) != dataset_id]
        entity.pop(attribute)
        if rest:
            entity[attribute] = rest if len(rest) > 1 else rest[0]
        self.twin.put_in(self.connection, dataset, [rows.row(entity, self.city_crs)])

    def refresh(self, series: Series, was: Point, now: Point | None) -> None:
        """Where an entity shows the point that was, it shows the newest that is there now."""
        entity, dataset = self._living(series.entity)
        if entity is None or series.attribute not in entity:
            return
        held = entity[series.attribute]
        same = [one for one in (held if isinstance(held, list) else [held]) if dataset_of(one) == series.instance]
        if (
            not same
            or ("observedAt" in same[0]) != was.observed
            or (was.observed and micros(same[0]["observedAt"]) != was.time_us)
        ):
            return
        table = SeriesTable(self.connection, self.dialect, self.tenant)
        points = table.points(series.number, Span(last=1))
        newest = points[-1] if points else now
        rest = [one for one in (held if isinstance(held, list) else [held]) if one is not same[0]]
        shown = [] if newest is None else [_bare(decode(newest, series.shape))]
        every = [*rest, *shown]
        entity.pop(series.attribute)
        if every:
            entity[series.attribute] = every if len(every) > 1 else every[0]
        self.twin.put_in(self.connection, dataset, [rows.row(entity, self.city_crs)])
        if newest is None:  # what it showed went into the series as it left
            self.connection.execute("DELETE FROM point WHERE series=?", (series.number,))
        else:
            sql = "DELETE FROM point WHERE series=? AND time_us=?"
            if newest.time_us != was.time_us:
                self.connection.execute(sql, (series.number, was.time_us))

    def _living(self, entity_id: str) -> tuple[dict[str, Json] | None, str]:
        found = Reader(lambda: self.connection, self.dialect, self.tenant).exactly([entity_id]).get(entity_id)
        return (None, "") if found is None else (json.loads(found.json), found.dataset)

    def _instances(self, entity: dict[str, Json], evolution: Mapping[str, Json], *, new: bool) -> None:
        """Puts points into their series, and the newest instances into the entity."""
        groups: dict[tuple[str, str, str], list[dict[str, Json]]] = {}
        for name, instances in attributes(evolution):
            for one in instances if name not in _HEAD or name == "scope" else ():
                groups.setdefault((evolution["id"], name, dataset_of(one)), []).append(one)
        wanted = {key: shape_of(instances[0]) for key, instances in groups.items()}
        if new:
            wanted[evolution["id"], MARK, ""] = b"{}"
        table = SeriesTable(self.connection, self.dialect, self.tenant)
        keyed = table.keyed(wanted)
        now = self.clock.now()
        made: list[PointRow] = []
        for key, instances in groups.items():
            points = _points(instances, keyed[key].shape, timestamp(now))
            newest = max(range(len(points)), key=lambda index, points=points: (points[index].time_us, index))  # type: ignore[misc]
            shown = key[1] != "scope" and _shows(entity, key[1], instances[newest], points[newest])
            made += [
                stored(keyed[key].number, point)
                for index, point in enumerate(points)
                if point.observed or point.deleted or not shown or index != newest
            ]
        table.put(made)


def _head(entity: Mapping[str, Json], evolution: Mapping[str, Json]) -> dict[str, Json]:
    """Id, types of both, and the scope that is given last."""
    had = entity.get("type", [])
    names = dict.fromkeys([*([had] if isinstance(had, str) else had), *_listed(evolution.get("type", []))])
    types = list(names)
    head: dict[str, Json] = {"id": evolution["id"], "type": types[0] if len(types) == 1 else types}
    scope = evolution.get("scope")
    if isinstance(scope, list) and scope and isinstance(scope[-1], dict):
        scope = scope[-1].get("value")
    if scope:
        head["scope"] = scope
    if "expiresAt" in evolution:
        head["expiresAt"] = evolution["expiresAt"]
    return head


def _listed(value: Json) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _points(instances: list[dict[str, Json]], shape: bytes, now: str) -> list[Point]:
    """Instances that were not observed get times of their own, the last that of the write."""
    found = []
    unobserved = sum("observedAt" not in one and "deletedAt" not in one for one in instances)
    for one in instances:
        point = encode(one, shape, now)
        if point is None:
            sentence = f"an instance has more than {MAX_VALUE_BYTES} bytes, too many for a time series"
            raise InvalidInputError(sentence, remedy="Write it to the entity itself: versions keep it.")
        if not point.observed and not point.deleted:
            unobserved -= 1
            point = Point(micros(now) - unobserved, point.amount, point.json, point.written_us, observed=False)
        found.append(point)
    return found


def _shows(entity: dict[str, Json], name: str, one: dict[str, Json], point: Point) -> bool:
    """Lets an entity show an instance, unless it shows a newer one; says whether it does."""
    several = entity.get(name, [])
    held = several if isinstance(several, list) else [several]
    same = next((each for each in held if dataset_of(each) == dataset_of(one)), None)
    if same is not None and "observedAt" in same and micros(same["observedAt"]) > point.time_us:
        return False
    rest = [each for each in held if each is not same]
    if point.deleted or is_null(one):
        entity.pop(name, None)
        if rest:
            entity[name] = rest if len(rest) > 1 else rest[0]
        return False
    shown = _bare(one)
    if point.observed:
        shown["observedAt"] = written(point.time_us)
    entity[name] = [*rest, shown] if rest else shown
    return True


def _bare(instance: Mapping[str, Json]) -> dict[str, Json]:
    return {member: value for member, value in instance.items() if member not in _NOT_SHOWN}


_NOT_SHOWN = frozenset({"instanceId", "createdAt", "modifiedAt", "deletedAt"})
