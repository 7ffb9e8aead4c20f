# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Queries answered page by page, with what no index can say: solids in a box, nearest first, any order."""

from __future__ import annotations

import heapq
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import shapely

from hanse import geo
from hanse import query as languages
from hanse.kernel.errors import LimitExceededError
from hanse.twin.model import MAX_ORDERED, MAX_PAGE_BYTES, Page, Query
from hanse.twin.space.solids import meets, solids_of
from hanse.twin.timed import with_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hanse.twin.model import Stored, TwinStore

MAX_NEAREST = 100_000


@dataclass(frozen=True, slots=True)
class Search:
    """Answers queries from a store; `city_crs` is the system of heights and of distances."""

    store: TwinStore
    city_crs: str

    def matching(self, query: Query) -> Iterator[Stored]:
        """All that a query finds: nearest first where it asks for that, else in the order of ids."""
        if query.nearest is not None:
            return iter(self._nearest(query))
        found = self.store.matching(query)
        if query.box_3d is None:
            return found
        return (one for one in found if meets(one.json, query, self.city_crs))

    def page(self, query: Query, orders: Sequence[languages.Order] = (), offset: int = 0) -> Page:
        """A page after `query.after`, or, of what is ordered, from `offset` on. Raises LimitExceededError.

        The nearest are one page, however small pages are to be: a second one could not be asked for.
        """
        limit = query.limit if query.nearest is None else query.nearest.count
        if orders:
            page = _page(self.ordered(query, orders)[offset:], limit)
        elif query.nearest is None and query.box_3d is None:
            return self.store.query(query)
        else:
            page = _page(self.matching(query), limit)
        if page.more and query.nearest is not None:
            raise LimitExceededError(
                f"the {limit} nearest have more than {MAX_PAGE_BYTES} bytes", remedy="Ask for fewer, or for a stream."
            )
        return page

    def pages(self, query: Query) -> Iterator[Page]:
        """All pages: of the nearest in order of distance, else in the order of ids, each read when it is asked for."""
        if query.nearest is not None:
            found = self._nearest(query)
            while found:
                page = _page(found, query.limit)
                found = found[len(page.entities) :]
                yield page
            return
        while True:
            page = self.page(query)
            if page.entities:
                yield page
            if not page.more:
                return
            query = replace(query, after=page.last_id)

    def nothing_loaded(self, query: Query) -> bool:
        """Whether nothing of the query's type is held at any place, so that finding none says nothing."""
        anywhere = Query(type=query.type, branch=query.branch, as_of=query.as_of, limit=1)
        return not self.store.query(anywhere).entities

    def count(self, query: Query) -> dict[str, int]:
        """How many a query finds, by their first type."""
        if query.nearest is None and query.box_3d is None:
            return dict(self.store.count(query))
        counts: dict[str, int] = {}
        for one in self.matching(query):
            counts[one.type] = counts.get(one.type, 0) + 1
        return counts

    def ordered(self, query: Query, orders: Sequence[languages.Order]) -> list[Stored]:
        """All that a query finds, in order. Raises LimitExceededError."""
        found = _at_most(self.matching(query), MAX_ORDERED, "Ask for a smaller area, or without order_by.")
        times = {"createdAt", "modifiedAt"} & languages.mentions(tuple(order.path for order in orders))
        entities = []
        for number, one in enumerate(found):
            entity = with_times(one) if times else json.loads(one.json)
            kept = {name: entity[name] for name in languages.mentions(tuple(o.path for o in orders)) if name in entity}
            entities.append({**kept, "\0": number})
        return [found[entity["\0"]] for entity in languages.ordered(entities, orders)]

    def _nearest(self, query: Query) -> list[Stored]:
        if query.nearest is None or query.circle is None:
            return []
        remedy = "Ask with a smaller radius."
        found = _at_most(self.store.matching(query), MAX_NEAREST, remedy)
        height = query.nearest.height
        if height is None:
            centre = shapely.Point(query.circle.x, query.circle.y)
            near = [(float(shapely.distance(shapely.from_wkb(one.footprint), centre)), one.id, one) for one in found]
        else:
            scene = geo.Scene.of(solids_of(one.json, self.city_crs) for one in found)
            centre_3d = (query.circle.x, query.circle.y, height)
            within = [
                (neighbour.distance, found[neighbour.body])
                for neighbour in geo.nearest(scene, centre_3d, query.nearest.count, within=query.circle.radius)
            ]
            near = [(distance, one.id, one) for distance, one in within]
        return [one for _, _, one in heapq.nsmallest(query.nearest.count, near, key=lambda each: each[:2])]


def _at_most(found: Iterable[Stored], limit: int, remedy: str) -> list[Stored]:
    kept: list[Stored] = []
    for one in found:
        if len(kept) == limit:
            raise LimitExceededError(f"the query finds more than {limit} entities", remedy=remedy)
        kept.append(one)
    return kept


def _page(found: Iterable[Stored], limit: int) -> Page:
    kept: list[Stored] = []
    size, more = 0, False
    for one in found:
        if len(kept) == limit or (kept and size + len(one.wire) > MAX_PAGE_BYTES):
            more = True
            break
        kept.append(one)
        size += len(one.wire)
    datasets = tuple(sorted({one.dataset for one in kept}))
    return Page(tuple(one.wire for one in kept), kept[-1].id if kept else "", more, datasets)
