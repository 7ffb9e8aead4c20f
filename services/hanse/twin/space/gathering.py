# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Everything within a place in one answer: what stands there, what hangs under it, and what lies below the ground."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from hanse.twin.model import MAX_PAGE_BYTES
from hanse.twin.space import light
from hanse.twin.space.looking import BUILDING, TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hanse.kernel.workers import WorkerPool
    from hanse.twin.model import Query, Stored, TwinStore

TERRAIN = "TINRelief"
_MOST_TERRAIN = 50


class Hierarchy(Protocol):
    """Knows what hangs under what."""

    def below(self, ids: Iterable[str], branch: int, most: int) -> Sequence[str]:
        """Ids of what hangs at any depth under entities, without those themselves."""
        ...


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found, in the order of ids; `cut` when there was more."""

    above: tuple[Stored, ...]
    below: tuple[Stored, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class Gathering:
    """Gathers from one city's twin."""

    store: TwinStore
    hierarchy: Hierarchy
    workers: WorkerPool
    city_crs: str

    def gather(self, query: Query, limit: int) -> Gathered:
        """At most `limit` entities that the query finds, and what hangs under them, as many as fit a message."""
        found: dict[str, Stored] = {}
        cut = _fill(found, self.store.matching(query), limit)
        if not cut:
            hanging = self.hierarchy.below(found, query.branch, limit + 1)
            cut = _fill(found, self.store.many(hanging, query.branch).values(), limit)
        under = self._under(list(found.values()), query)
        ordered = [found[each] for each in sorted(found)]
        return Gathered(
            tuple(one for one in ordered if one.id not in under), tuple(one for one in ordered if one.id in under), cut
        )

    def _under(self, found: Sequence[Stored], query: Query) -> set[str]:
        """Ids of what lies wholly below the ground where it is.

        The ground is the terrain's, where the twin has one, else that of the buildings nearest by. Places need to be
        looked at only for what is neither higher than all the ground nor lower.
        """
        terrain = list(_first(self.store.matching(replace(query, type=TERRAIN)), _MOST_TERRAIN))
        buildings = [one for one in found if one.type == BUILDING and one.low is not None]
        levels = [level for one in terrain for level in (one.low, one.high) if level is not None]
        levels += [one.low for one in buildings if one.low is not None]
        if not levels:
            return set()
        others = [one for one in found if one.high is not None and one.type != TERRAIN]
        under = {one.id for one in others if one.high is not None and one.high < min(levels)}
        unsure = [one for one in others if one.high is not None and min(levels) <= one.high < max(levels)]
        if unsure:
            grounds = self.workers.run(
                TIMEOUT_S,
                light.grounds,
                [one.json for one in terrain],
                [(one.json, one.low or 0.0) for one in buildings],
                [one.json for one in unsure],
                self.city_crs,
            )
            pairs = zip(unsure, grounds, strict=True)
            under |= {one.id for one, ground in pairs if ground is not None and (one.high or 0.0) < ground}
        return under


def _fill(found: dict[str, Stored], more: Iterable[Stored], limit: int) -> bool:
    """Adds what fits; whether there was more."""
    size = sum(len(one.wire) for one in found.values())
    for one in more:
        if one.id in found:
            continue
        size += len(one.wire)
        if len(found) == limit or (found and size > MAX_PAGE_BYTES):
            return True
        found[one.id] = one
    return False


def _first(found: Iterable[Stored], most: int) -> Iterable[Stored]:
    for number, one in enumerate(found):
        if number == most:
            return
        yield one
