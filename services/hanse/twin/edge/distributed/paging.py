# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Queries among several sources, gathered and answered page by page, plainly or by an entity map (clause 5.5.9)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from hanse import ngsild
from hanse import query as languages
from hanse.query.model import HasType
from hanse.twin.edge.distributed import asking as distributed_asking
from hanse.twin.edge.distributed import entity_maps, merging
from hanse.twin.edge.distributed.gather import MAX_GATHERED, pages, together
from hanse.twin.edge.ngsild import linking, querying, rendering
from hanse.twin.edge.ngsild.rendering import Read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.query import Predicate
    from hanse.twin.adapters.entity_maps import EntityMap
    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.edge.distributed.asking import Asking
    from hanse.twin.edge.distributed.sources import Source
    from hanse.twin.edge.http import Answer, Request
    from hanse.twin.edge.world import World


@dataclass(frozen=True, slots=True)
class Queried:
    """A query among several sources.

    Attributes:
        want: what is asked for of this city's own store, and how the answer is paged.
        asking: the request in its names.
        found: the sources that it concerns.
        check: what an entity must fulfil once it is put together; None where its sources have judged it.
    """

    want: querying.Asked
    asking: Asking
    found: Sequence[Source]
    check: Predicate | None = None


def answer_to(world: World, request: Request, made: Queried) -> Answer:
    """A page of what a query finds; with a map where one is asked for or given."""
    mapped, kept = entity_maps.is_asked(request), entity_maps.given(world, request)
    if kept is not None:
        return _by_map(world, request, made, kept)
    want = made.want
    whole = bool(want.orders) or want.page.count or made.asking.split or mapped
    fitting, headers = gathered(world, request, made, None if whole else want.page.end + 1)
    ordered = [read for read, _ in fitting.values()]
    if want.orders:
        by_id = {str(read.entity["id"]): read for read in ordered}
        ordered = [by_id[str(one["id"])] for one in languages.ordered([read.entity for read in ordered], want.orders)]
    if mapped:
        origins = {name: fitting[name][1] for name in (str(read.entity["id"]) for read in ordered)}
        headers = [*headers, entity_maps.header(world, request, None, origins)]
    page = ordered[want.page.offset : want.page.end]
    more = len(ordered) > want.page.end
    answer = _page(world, request, made, page, len(ordered), headers, more=more)
    return replace(answer, status=201) if mapped else answer


def gathered(
    world: World, request: Request, made: Queried, most: int | None
) -> tuple[dict[str, tuple[Read, list[str]]], list[tuple[str, str]]]:
    """Entities that fulfil a query, in the order of ids, each with where it is from; and warnings.

    At least the first `most` are among them, all without it, up to what is gathered at all.
    """
    store, most = world.store(request), min(most or MAX_GATHERED, MAX_GATHERED)
    sendings = [distributed_asking.query(world, each, made.asking) for each in made.found]
    harvest = pages(world, request, made.asking.speech, sendings, most)
    held = {one.id: Read.of(one) for one in islice(store.matching(made.want.query), most)}
    missing = {str(read.entity["id"]) for _, read in harvest.reads} - held.keys()
    # what is held here of entities that others found, so that they are answered whole
    held |= {one.id: Read.of(one) for one in store.reader.exactly(missing).values()}
    merged = together(held, harvest.reads, made.found)
    return {name: merged[name] for name in sorted(merged) if _fits(merged[name][0], made)}, harvest.warnings


def _fits(read: Read, made: Queried) -> bool:
    options = made.want.options
    if made.check is not None and not languages.matches(made.check, read.entity):
        return False
    return options.plain or ngsild.has_wanted(read.entity, options)


def _page(
    world: World,
    request: Request,
    made: Queried,
    page: Sequence[Read],
    total: int,
    told: Sequence[tuple[str, str]],
    *,
    more: bool,
) -> Answer:
    want, speech = made.want, made.asking.speech
    headers = (*told, *want.page.headers(request, request.parameters, want.page.end if more else None, total))
    stored = [merging.as_stored(read) for read in page]
    if want.join is not None:
        store = world.store(request)
        return linking.joined(world, request, speech, want.options, want.join, stored, store, headers=headers)
    bodies = [rendering.entity_bytes(one, speech, want.options) for one in stored]
    return rendering.several(world, request, speech, bodies, headers)


def _by_map(world: World, request: Request, made: Queried, kept: EntityMap) -> Answer:
    """A page of the entities of a map, filled as long as there are some (clause 5.5.9.3)."""
    want = made.want
    ids = [each for each in kept.entities if made.asking.wanted.ids is None or each in made.asking.wanted.ids]
    gone: set[str] = set()
    page: list[Read] = []
    warnings: list[tuple[str, str]] = []
    at = want.page.offset
    while at < len(ids) and len(page) < want.page.limit:
        chunk = ids[at : at + want.page.limit - len(page)]
        at += len(chunk)
        reads, lost, told = _of_map(world, request, made, kept, chunk)
        page += [reads[each] for each in chunk if each in reads]
        gone |= lost
        warnings += [each for each in told if each not in warnings]
    left = {name: origins for name, origins in kept.entities.items() if name not in gone}
    pruned = replace(kept, entities=left)
    if gone:
        entity_maps.put(world, request, pruned)
    headers = [*warnings, entity_maps.header(world, request, pruned, {})]
    return _page(world, request, made, page, len(ids) - len(gone & set(ids)), headers, more=at < len(ids))


def _of_map(
    world: World, request: Request, made: Queried, kept: EntityMap, ids: Sequence[str]
) -> tuple[dict[str, Read], set[str], list[tuple[str, str]]]:
    """Entities of a map as they are now, those that fit no more, and warnings."""
    store, by_id = world.store(request), {each.registration.id: each for each in made.found}
    sendings = []
    for identifier, source in by_id.items():
        mine = [each for each in ids if identifier in kept.entities[each]]
        sendings += [
            distributed_asking.query(world, source, made.asking, frozenset(some)) for some in entity_maps.portions(mine)
        ]
    harvest = pages(world, request, made.asking.speech, sendings, MAX_GATHERED)
    held = _held(store, made, [each for each in ids if "@none" in kept.entities[each]])
    merged = together(held, harvest.reads, made.found)
    reads = {name: read for name, (read, _) in merged.items() if name in ids and _fits(read, made)}
    asked = {*by_id, "@none"}
    unknown = harvest.failed | {origin for each in ids for origin in kept.entities[each] if origin not in asked}
    lost = {each for each in ids if each not in reads and unknown.isdisjoint(kept.entities[each])}
    return reads, lost, harvest.warnings


def _held(store: SqlTwin, made: Queried, ids: Sequence[str]) -> dict[str, Read]:
    """Entities of this city's own store that still fulfil the query."""
    own = made.want.query
    parts = [part for part in (own.condition, HasType(own.type) if own.type else None) if part is not None]
    reads = {one.id: Read.of(one) for one in store.reader.exactly(ids).values()}
    return {name: read for name, read in reads.items() if all(languages.matches(each, read.entity) for each in parts)}
