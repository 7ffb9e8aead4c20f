# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Evolutions altered afterwards: instances, attributes or all of it changed or forgotten (CIM 009 5.6.12 to 5.6.16).

What is altered in the files of older days is altered by one process at a time (`Archive.alone`).
"""

from __future__ import annotations

import json
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hanse.kernel.errors import ConflictError
from hanse.ngsild import canonical
from hanse.twin.adapters.history.series import MARK, stored
from hanse.twin.history.instances import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hanse.twin.adapters.history.archive import Archive
    from hanse.twin.adapters.history.series import Series
    from hanse.twin.adapters.history.store import SqlHistory
    from hanse.twin.history.instances import Point
    from hanse.twin.history.model import Track

_UNSAID = frozenset({"observedAt", "modifiedAt", "deletedAt"})


@dataclass(frozen=True, slots=True)
class Altering:
    """Alters the history of one city."""

    history: SqlHistory

    def delete_series(self, entity: str, attribute: str = "", dataset_id: str | None = None) -> int:
        """Forgets the series of an entity, or of one attribute, or of one instance of it; gives how many points."""
        numbers = [
            one.number
            for one in self.history.series(entity, [attribute] if attribute else [])
            if dataset_id is None or one.instance == dataset_id
        ]
        with self._alone() as older:
            gone = older.delete(numbers) if older is not None and numbers else 0
            with self.history.database.write() as connection:
                for number in numbers:
                    gone += connection.execute("DELETE FROM point WHERE series=?", (number,)).rowcount
                    connection.execute("DELETE FROM series WHERE number=?", (number,))
        return gone

    @contextmanager
    def _alone(self) -> Iterator[Archive | None]:
        """The files of older days, where there are any, for this process alone."""
        older = self.history.older
        with nullcontext() if older is None else older.alone():
            yield older

    def delete_evolution(self, entity: str) -> None:
        """Forgets all series of an entity, and the entity when it came to be by them."""
        marked = self.history.marked(entity)
        self.delete_series(entity)
        with self.history.database.write() as connection:
            connection.execute(
                "DELETE FROM series WHERE tenant=? AND entity=? AND attribute=?", (self.history.tenant, entity, MARK)
            )
            if marked:
                self.history.twin.take_out(connection, [entity])
        self.delete_series(entity)  # what it left when it went

    def forget(self, entity: str, attribute: str, dataset_id: str | None) -> None:
        """Forgets an attribute of an entity, or one instance of it; an entity made by its evolution loses it too."""
        marked = self.history.marked(entity)
        if marked:
            with self.history.database.write() as connection:
                self.history.recordings(connection).withdraw(entity, attribute, dataset_id)
        self.delete_series(entity, attribute, dataset_id)

    def change(self, track: Track, point: Point, instance: Mapping[str, Any] | None, name: str, modified: str) -> None:
        """Puts an instance in the place of a point, or takes that away; `name` is the instanceId that stays.

        An entity made by its evolution then shows the newest; one that is kept otherwise keeps what it shows.

        Raises:
            ConflictError: the point is what such an entity shows: it is changed there.
        """
        (series,) = [
            one for one in self.history.series(track.entity, [track.attribute]) if one.instance == track.dataset_id
        ]
        made = None
        if instance is not None:
            created = decode(point, track.shape)["createdAt"] if not point.deleted else modified
            made = encode(instance, series.shape, modified, created)
            if made is not None and (made.time_us != point.time_us or b'"instanceId"' in (point.json or b"")):
                body = made.json or canonical({**decode(made, series.shape)})
                kept = {**json.loads(body), "instanceId": name}
                made = replace(made, json=canonical({k: v for k, v in kept.items() if k not in _UNSAID}))
        there = self.replace_point(series, point.time_us, made)
        if not there and not self.history.marked(track.entity):
            raise ConflictError(
                "this instance is what the entity shows now", remedy="Change or delete the entity's own attribute."
            )
        with self.history.database.write() as connection:
            self.history.recordings(connection).refresh(series, point, made)

    def replace_point(self, series: Series, time_us: int, point: Point | None) -> bool:
        """Puts a point in the place of another, or in none; says whether that was there."""
        with self._alone() as older, self.history.database.write() as connection:
            gone = older.delete([series.number], time_us) if older is not None else 0
            sql = "DELETE FROM point WHERE series=? AND time_us=?"
            gone += connection.execute(sql, (series.number, time_us)).rowcount
            if gone and point is not None:
                self.history.dialect.put_points(connection, [stored(series.number, point)], replace=True)
        return bool(gone)
