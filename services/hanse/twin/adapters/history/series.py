# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The tables `series` and `point`: a series is one instance (`datasetId`) of one attribute of one entity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.twin.adapters.history.hours import Hours
from hanse.twin.history.instances import Point, dataset_of, encode, shape_of
from hanse.twin.model import CONTRACT, REVISION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hanse.twin.adapters.databases.dialects import Connection, Dialect, PointRow
    from hanse.twin.history.model import Span

Json = Any
DELETED = 2
MARK = ""  # as an attribute: its series says that the entity came to be by its evolution
COLUMNS = "time_us, amount, json, written_us, observed"
_NEW = "INSERT INTO series (number,tenant,entity,attribute,instance,shape,contract,revision) VALUES (?,?,?,?,?,?,?,?)"


@dataclass(frozen=True, slots=True)
class Series:
    """A series by its number; `instance` is its datasetId, "" for the default one."""

    number: int
    entity: str
    attribute: str
    instance: str
    shape: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """An instance on its way into its series, and when it was written."""

    entity: str
    attribute: str
    instance: Mapping[str, Json]
    modified: str


@dataclass(frozen=True, slots=True)
class SeriesTable:
    """Series of one tenant, through one connection."""

    connection: Connection
    dialect: Dialect
    tenant: str

    def of(self, entities: Iterable[str], attributes: Iterable[str] = ()) -> list[Series]:
        """The series of entities, in the order of entity, attribute and datasetId; of all attributes or of some."""
        names = list(attributes)
        among = self.dialect.among
        sql = f"SELECT number, entity, attribute, instance, shape FROM series WHERE tenant=? AND {among('entity')}"  # noqa: S608
        values = [self.tenant, self.dialect.listed(entities)]
        if names:
            sql += f" AND {among('attribute')}"
            values.append(self.dialect.listed(names))
        found = self.connection.execute(sql + " ORDER BY entity, attribute, instance", values).fetchall()
        every = [Series(row[0], row[1], row[2], row[3], bytes(row[4])) for row in found]
        return [one for one in every if one.attribute != MARK or MARK in names]

    def keyed(self, wanted: Mapping[tuple[str, str, str], bytes]) -> dict[tuple[str, str, str], Series]:
        """Series by (entity, attribute, datasetId); missing ones are made, with the shape given."""
        found = {
            (one.entity, one.attribute, one.instance): one
            for one in self.of({key[0] for key in wanted}, {key[1] for key in wanted})
        }
        missing = [key for key in wanted if key not in found]
        if missing:
            last = self.connection.execute("SELECT COALESCE(MAX(number),0) FROM series").fetchone()[0]
            made = [Series(last + 1 + index, *key, wanted[key]) for index, key in enumerate(missing)]
            self.connection.executemany(
                _NEW,
                [
                    (one.number, self.tenant, one.entity, one.attribute, one.instance, one.shape, CONTRACT, REVISION)
                    for one in made
                ],
            )
            found |= {(one.entity, one.attribute, one.instance): one for one in made}
        return {key: found[key] for key in wanted}

    def keep(self, instances: Sequence[Kept]) -> None:
        """Puts instances into their series where no point has their time; too large ones are left out."""
        if not instances:
            return
        shapes = {(one.entity, one.attribute, dataset_of(one.instance)): shape_of(one.instance) for one in instances}
        keyed = self.keyed(shapes)
        rows = []
        for one in instances:
            series = keyed[one.entity, one.attribute, dataset_of(one.instance)]
            point = encode(one.instance, series.shape, one.modified)
            if point is not None:
                rows.append(stored(series.number, point))
        self.put(rows, replace=False)

    def put(self, rows: Sequence[PointRow], *, replace: bool = True) -> None:
        """Writes points, and what their hours add up to."""
        self.dialect.put_points(self.connection, rows, replace=replace)
        Hours(self.connection, self.dialect).note(rows)

    def points(self, number: int, span: Span) -> list[Point]:
        """Points of a series in the order of time."""
        sql = f"SELECT {COLUMNS} FROM point WHERE series=? AND {span.condition} ORDER BY time_us DESC"  # noqa: S608
        values: list[Any] = [number, span.start_us, span.end_us]
        if span.last:
            sql, values = sql + " LIMIT ?", [*values, span.last]
        found = [made(row) for row in self.connection.execute(sql, values).fetchall()]
        found.reverse()
        return found

    def names(self, attributes: Iterable[str]) -> frozenset[str]:
        """Which of these attributes have series at all."""
        sql = "SELECT 1 FROM series WHERE tenant=? AND attribute=? LIMIT 1"
        return frozenset(each for each in attributes if self.connection.execute(sql, (self.tenant, each)).fetchone())


def stored(series: int, point: Point) -> tuple[int, int, float | None, bytes | None, int, int]:
    """A point as a row."""
    state = DELETED if point.deleted else int(point.observed)
    return series, point.time_us, point.amount, point.json, point.written_us, state


def made(row: Any) -> Point:  # noqa: ANN401 - a row of either driver
    """A row, without its series, as a point."""
    body = row[2].encode() if isinstance(row[2], str) else None if row[2] is None else bytes(row[2])
    return Point(row[0], row[1], body, row[3], row[4] == 1, row[4] == DELETED)
