# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Reading entities: candidates come from SQL in the order of ids, what SQL cannot say is decided here.

A read passes stored bytes on; they are parsed only where a condition has to look inside.
"""

from __future__ import annotations

import heapq
import json
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from hanse import query as languages
from hanse.api.types.v1 import types_pb2 as types
from hanse.kernel.errors import InvalidInputError
from hanse.twin.adapters.history.overlay import Overlay, passes
from hanse.twin.adapters.history.series import SeriesTable
from hanse.twin.adapters.selecting import Selecting
from hanse.twin.model import MAX_PAGE_BYTES, Page
from hanse.twin.space.places import accepts
from hanse.twin.timed import with_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hanse.twin.adapters.databases.dialects import Connection, Dialect
    from hanse.twin.adapters.history.archive import Archive
    from hanse.twin.model import Query

Json = Any
_COLUMNS = "e.id, e.dataset, b.wire, b.footprint, e.created, e.modified, b.system, e.type, e.low, e.high"
_WITHOUT_FOOTPRINT = _COLUMNS.replace("b.footprint", "NULL")
_LIVING_BY_ID = (
    f"SELECT {_WITHOUT_FOOTPRINT} FROM entity e JOIN entity_body b ON b.number=e.number"  # noqa: S608
    " WHERE e.tenant=? AND e.branch=0 AND e.id=?"
)
_FIRST, _MOST = 16, 512  # rows whose bodies are read at once: a short page needs few
_SYSTEM = frozenset({"createdAt", "modifiedAt"})


@dataclass(frozen=True, slots=True)
class Entity:
    """A row (`Stored`); its JSON is taken out of the wire bytes when it is asked for."""

    id: str
    dataset: str
    wire: bytes
    footprint: bytes | None
    created: str
    modified: str
    system: bytes | None
    type: str
    low: float | None
    high: float | None

    @property
    def json(self) -> bytes:
        """Its JSON."""
        return types.Entity.FromString(self.wire).json


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one tenant's entities. `read` gives this thread's connection."""

    read: Callable[[], Connection]
    dialect: Dialect
    tenant: str
    older: Archive | None = None

    def get(self, entity_id: str, branch: int = 0, as_of: str = "") -> Entity | None:
        """One entity, by URN or else by source id."""
        found = self.by_id(entity_id, branch, as_of)
        if found is None and (own := self.resolve(entity_id, branch)) is not None:
            found = self.by_id(own, branch, as_of)
        return found

    def resolve(self, source_id: str, branch: int = 0) -> str | None:
        """The entity id that a source id is an alias of; what a scenario adds has its own."""
        if branch:
            sql = (
                "SELECT e.id FROM entity_scalar s JOIN entity e ON e.number=s.number WHERE s.tenant=?"  # noqa: S608
                f" AND s.name='sourceId' AND s.{self.dialect.text_column}=? AND e.branch=? ORDER BY e.dataset LIMIT 1"
            )
            own = self.read().execute(sql, (self.tenant, source_id, branch)).fetchone()
            if own is not None:
                return str(own[0])
        row = (
            self.read()
            .execute(
                "SELECT id FROM entity_alias WHERE tenant=? AND source_id=? ORDER BY dataset LIMIT 1",
                (self.tenant, source_id),
            )
            .fetchone()
        )
        return row[0] if row else None

    def living(self, entity_id: str) -> Entity | None:
        """One living entity by its own id alone."""
        row = self.read().execute(_LIVING_BY_ID, (self.tenant, entity_id)).fetchone()
        return Entity(*row) if row is not None else None

    def by_id(self, entity_id: str, branch: int = 0, as_of: str = "") -> Entity | None:
        """One entity by its own id alone."""
        base = f"SELECT {_WITHOUT_FOOTPRINT}, e.gone FROM entity e LEFT JOIN entity_body b ON b.number=e.number WHERE "  # noqa: S608
        of = "e.tenant=? AND e.id=? AND "
        keys: list[tuple[str, tuple[Any, ...]]] = [("e.branch=?", (branch,))]
        if branch:
            keys.append(("e.branch=0", ()))
        elif as_of:
            keys = [
                ("e.branch=0 AND e.since<=?", (as_of,)),
                ("e.branch<0 AND e.since<=? AND e.until>?", (as_of, as_of)),
            ]
        for condition, values in keys:
            row = self.read().execute(base + of + condition, (self.tenant, entity_id, *values)).fetchone()
            if row is not None:
                return None if row[-1] else self._then(Entity(*row[:-1]), as_of)
        return None

    def many(self, ids: Iterable[str], branch: int = 0, as_of: str = "") -> dict[str, Entity]:
        """Entities by the ids asked for, which may be source ids."""
        asked = list(dict.fromkeys(ids))
        found: dict[str, Entity] = {}
        if not branch and not as_of:
            found = self.exactly(asked)
            found |= self._by_source([each for each in asked if each not in found])
            return found
        for each in asked:
            if (one := self.get(each, branch, as_of)) is not None:
                found[each] = one
        return found

    def _by_source(self, ids: Sequence[str]) -> dict[str, Entity]:
        """Living entities by source ids; of several data sets' the first."""
        if not ids:
            return {}
        rows = self.read().execute(
            f"SELECT source_id, id FROM entity_alias WHERE tenant=? AND {self.dialect.among('source_id')}"  # noqa: S608
            " ORDER BY dataset DESC",
            (self.tenant, self.dialect.listed(ids)),
        )
        own = dict(rows.fetchall())
        found = self.exactly(own.values())
        return {each: found[entity] for each, entity in own.items() if entity in found}

    def exactly(self, ids: Iterable[str]) -> dict[str, Entity]:
        """Living entities by their own ids alone."""
        rows = self.read().execute(
            f"SELECT {_WITHOUT_FOOTPRINT} FROM entity e JOIN entity_body b ON b.number=e.number"  # noqa: S608
            f" WHERE e.tenant=? AND e.branch=0 AND {self.dialect.among('e.id')}",
            (self.tenant, self.dialect.listed(ids)),
        )
        return {row[0]: Entity(*row) for row in rows}

    def matching(self, query: Query) -> Iterator[Entity]:
        """All that a query finds, in the order of ids, one after the other; `limit` is the caller's."""
        footprint = query.circle is not None or query.elsewhere is not None
        columns = _COLUMNS if footprint else _WITHOUT_FOOTPRINT
        decides = self._decider(query)
        for row in self._rows(query, columns):
            if footprint and not accepts(row[3], query):
                continue
            found = self._then(Entity(*row), query.as_of)
            if decides is None or decides(found):
                yield found

    @property
    def _series(self) -> SeriesTable:
        return SeriesTable(self.read(), self.dialect, self.tenant)

    def last(self, entity_id: str) -> Entity | None:
        """The last version of the past of an entity."""
        sql = (
            f"SELECT {_WITHOUT_FOOTPRINT} FROM entity e JOIN entity_body b ON b.number=e.number"  # noqa: S608
            " WHERE e.tenant=? AND e.id=? AND e.branch<0 ORDER BY e.since DESC, e.number DESC LIMIT 1"
        )
        row = self.read().execute(sql, (self.tenant, entity_id)).fetchone()
        return None if row is None else Entity(*row)

    def _then(self, found: Entity, as_of: str) -> Entity:
        """An entity with what was observed by a moment, "" for now."""
        if not as_of:
            return found
        return replace(found, wire=Overlay(self._series, self.older, as_of).wire(found.id, found.wire))

    def _rows(self, query: Query, columns: str) -> Iterator[Any]:
        selecting = self._selecting(query)
        boxed = selecting.boxed(query)
        parts = list(selecting.statements(query, "e.id, e.number" if boxed else columns))
        streams = [self.dialect.rows(self.read(), sql, values) for sql, values in parts]
        found = streams[0] if len(streams) == 1 else heapq.merge(*streams, key=itemgetter(0))
        return self._with_bodies(found, columns) if boxed else found

    def _with_bodies(self, heads: Iterator[Any], columns: str) -> Iterator[Any]:
        """Rows of ids and numbers that were put in order, as all that is asked of them: bodies are not sorted along."""
        wanted = self.dialect.among("e.number")
        sql = f"SELECT e.number, {columns} FROM entity e JOIN entity_body b ON b.number=e.number WHERE {wanted}"  # noqa: S608
        size = _FIRST
        while numbers := [head[1] for head in islice(heads, size)]:
            rows = self.read().execute(sql, (self.dialect.counted(numbers),))
            found = {row[0]: row[1:] for row in rows}
            yield from (found[each] for each in numbers if each in found)
            size = min(2 * size, _MOST)

    def _selecting(self, query: Query) -> Selecting:
        """Indexes know the latest values: what a series may say otherwise of the past is not asked of them."""
        names = frozenset[str]()
        if query.as_of and (query.filters or query.condition is not None):
            names = self._series.names(languages.mentions(query.condition) | {each.attribute for each in query.filters})
        return Selecting(self.dialect, self.tenant, names)

    def _decider(self, query: Query) -> Callable[[Entity], bool] | None:
        """What decides an entity, None where SQL has said all."""
        filters = query.filters if query.as_of else ()
        rest = query.condition
        if rest is not None and not query.as_of:
            parts = languages.split(rest)
            rest = rest if _scoped(parts.index) else parts.residual
        if rest is None and not filters:
            return None
        timed = bool(languages.mentions(rest) & _SYSTEM)

        def decides(found: Entity) -> bool:
            entity = with_times(found) if timed else json.loads(found.json)
            if not all(passes(entity, each) for each in filters):
                return False
            if rest is None:
                return True
            try:
                return languages.matches(rest, entity, linked=self._linked(query))
            except languages.QueryError as error:
                raise InvalidInputError(str(error), remedy="Correct the query.") from None

        return decides

    def _linked(self, query: Query) -> Callable[[str], Mapping[str, Json] | None]:
        def linked(entity_id: str) -> Mapping[str, Json] | None:
            found = self.by_id(entity_id, query.branch, query.as_of)
            return json.loads(found.json) if found is not None else None

        return linked

    def page(self, query: Query) -> Page:
        """As many as fit a page."""
        entities: list[bytes] = []
        datasets: set[str] = set()
        last_id, size, more = "", 0, False
        for one in self.matching(query):
            if len(entities) == query.limit or (entities and size + len(one.wire) > MAX_PAGE_BYTES):
                more = True
                break
            entities.append(one.wire)
            datasets.add(one.dataset)
            last_id, size = one.id, size + len(one.wire)
        return Page(tuple(entities), last_id, more, tuple(sorted(datasets)))

    def count(self, query: Query) -> dict[str, int]:
        """How many a query finds, by their first type."""
        counts: dict[str, int] = {}
        if query.circle is None and query.elsewhere is None and self._decider(query) is None:
            for sql, values in self._selecting(query).statements(query, "e.type", ordered=False):
                grouped = f"SELECT type, COUNT(*) FROM ({sql}) found GROUP BY type"  # noqa: S608
                for name, number in self.read().execute(grouped, values):
                    counts[name] = counts.get(name, 0) + number
            return counts
        for one in self.matching(query):
            counts[one.type] = counts.get(one.type, 0) + 1
        return counts


def _scoped(terms: Iterable[languages.IndexTerm]) -> bool:
    """Whether scopes are asked about somewhere: of those the index knows only that there are any."""
    return any(
        isinstance(term, languages.model.InScope)
        or (isinstance(term, languages.Either) and any(map(_scoped, term.alternatives)))
        for term in terms
    )
