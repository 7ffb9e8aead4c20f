# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a replaced entity leaves behind: instances of attributes that changed go to their series (copy on change).

Where nothing but observed values changed, the entity is replaced in place: its series say what it was, and no version
is kept. Values of more than 16 kB (solids above all) stay in versions only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.api.types.v1 import types_pb2 as types
from hanse.ngsild import Times
from hanse.ngsild.kinds import deleted
from hanse.twin.adapters.history.series import Kept
from hanse.twin.history.instances import attributes, dataset_of
from hanse.twin.rows import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hanse.twin.adapters.databases.dialects import Connection, Dialect
    from hanse.twin.adapters.writing import Known
    from hanse.twin.model import Row

Json = Any
SCOPE = "scope"
# What boxes, heights and hierarchies of the past are found by: a change of these makes a version, observed or not.
VERSIONED = frozenset({"location", "groundHeight", "ridgeHeight", "heightAboveGround", "partOf", "dataset"})


@dataclass(frozen=True, slots=True)
class Difference:
    """An entity's replacement: whether only observed values changed, its system times, and what it leaves."""

    quiet: bool
    system: bytes
    left: tuple[Kept, ...]


def differences(
    connection: Connection, dialect: Dialect, rows: Sequence[Row], old: Mapping[str, Known], now: str
) -> dict[str, Difference]:
    """What replacing stored entities by these rows does, by id."""
    numbers = [old[row.id].number for row in rows]
    bodies = _bodies(connection, dialect, numbers)
    return {row.id: _difference(bodies[old[row.id].number], old[row.id], row, now) for row in rows}


def observed(connection: Connection, dialect: Dialect, old: Mapping[str, Known]) -> Iterator[Kept]:
    """The observed instances of stored entities, which are about to go."""
    bodies = _bodies(connection, dialect, [one.number for one in old.values()])
    for entity_id, known in old.items():
        wire, system = bodies[known.number]
        times = _times(system, known)
        for name, instances in attributes(_entity(wire)):
            for one in instances:
                if name not in HEAD and "observedAt" in one:
                    yield Kept(entity_id, name, one, times.of(name, dataset_of(one)).modified)


def _bodies(connection: Connection, dialect: Dialect, numbers: Sequence[int]) -> dict[int, tuple[bytes, bytes | None]]:
    sql = f"SELECT number, wire, system FROM entity_body WHERE {dialect.among('number')}"  # noqa: S608
    found = connection.execute(sql, (dialect.counted(numbers),)).fetchall() if numbers else []
    return {row[0]: (row[1], row[2]) for row in found}


def _entity(wire: bytes) -> dict[str, Json]:
    found: dict[str, Json] = json.loads(types.Entity.FromString(wire).json)
    return found


def _times(system: bytes | None, known: Known) -> Times:
    return Times(known.created, known.modified) if system is None else Times.from_json(json.loads(system))


def _difference(before: tuple[bytes, bytes | None], known: Known, row: Row, now: str) -> Difference:
    then, new = _entity(before[0]), json.loads(row.json)
    times = _times(before[1], known)
    quiet, below = True, {}
    left: list[Kept] = []
    for name in then.keys() | new.keys():
        if name in HEAD:
            quiet = quiet and then.get(name) == new.get(name)
            if name == SCOPE and then.get(name) not in (None, new.get(name)):
                left += _left_scope(row.id, then[name], times.modified, now, gone=name not in new)
            continue
        was, is_ = _instances(then, name), _instances(new, name)
        if was != is_:
            quiet = quiet and name not in VERSIONED and was.keys() == is_.keys()
            quiet = quiet and _all_observed(was) and _all_observed(is_)
            left += [
                Kept(row.id, name, one, times.of(name, dataset).modified)
                for dataset, one in was.items()
                if not _stays(one, is_.get(dataset))
            ]
            left += [Kept(row.id, name, deleted(was[each], now), now) for each in was.keys() - is_.keys()]
        below[name] = {
            dataset: _instance_times(times.of(name, dataset), was.get(dataset), one, now)
            for dataset, one in is_.items()
        }
    system = row.system
    if system is None:
        system = json.dumps(_compact(known.created, now, below)).encode()
    return Difference(quiet, system, tuple(left))


def _left_scope(entity_id: str, scope: Json, modified: str, now: str, *, gone: bool) -> Iterator[Kept]:
    """A scope's evolution is that of a Property (CIM 009 clause 4.5.6)."""
    yield Kept(entity_id, SCOPE, {"type": "Property", "value": scope, "observedAt": modified}, modified)
    if gone:
        yield Kept(entity_id, SCOPE, {"type": "Property", "value": [], "deletedAt": now}, now)


def _instances(entity: Mapping[str, Json], name: str) -> dict[str, dict[str, Json]]:
    value = entity.get(name, [])
    return {dataset_of(one): one for one in (value if isinstance(value, list) else [value])}


def _all_observed(instances: Mapping[str, Mapping[str, Json]]) -> bool:
    return all("observedAt" in one for one in instances.values())


def _stays(was: Mapping[str, Json], is_: Mapping[str, Json] | None) -> bool:
    """Unchanged, or corrected: a value observed at the same moment takes the place of the former."""
    return was == is_ or (is_ is not None and "observedAt" in was and was["observedAt"] == is_.get("observedAt"))


def _instance_times(times: Times, was: Json, is_: Json, now: str) -> Times:
    if was is None:
        return Times.born(now)
    return times if was == is_ else Times(times.created, now)


def _compact(created: str, now: str, below: Mapping[str, Mapping[str, Times]]) -> Json:
    """As `hanse.ngsild.Times` writes it: what has the entity's own times is not listed."""
    same = Times(created, now)
    rest = {name: {key: one for key, one in table.items() if one != same} for name, table in below.items()}
    return Times(created, now, {name: table for name, table in rest.items() if table}).to_json()
