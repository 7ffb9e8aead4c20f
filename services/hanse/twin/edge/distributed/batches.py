# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Batches divided among this city and other sources (CIM 009 clauses 5.6.7 to 5.6.10 and 5.6.20)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hanse.twin.edge.distributed import sources
from hanse.twin.edge.distributed.calls import Sending
from hanse.twin.edge.distributed.gather import registered
from hanse.twin.edge.distributed.results import batch_answer, carried_out, conflict
from hanse.twin.edge.distributed.wording import sending
from hanse.twin.edge.distributed.writes import divided, to_write, types_of, wanted_of, with_body
from hanse.twin.edge.routes import BASE
from hanse.twin.edge.speaking import link_context, local_context, parsed
from hanse.twin.registrations.matching import Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.twin.edge.distributed.results import Handler, Part
    from hanse.twin.edge.distributed.sources import Source
    from hanse.twin.edge.http import Answer, Request
    from hanse.twin.edge.world import World

Json = Any
OPERATIONS: Final = {
    "create": "createBatch",
    "upsert": "upsertBatch",
    "update": "updateBatch",
    "merge": "mergeBatch",
    "delete": "deleteBatch",
}
# What does for a source that takes no batch: the operation, its method, and its path with the entity's id.
_SINGLE: Final = {
    "createBatch": ("createEntity", "POST", "{base}/entities"),
    "updateBatch": ("appendAttrs", "POST", "{base}/entities/{id}/attrs"),
    "mergeBatch": ("mergeEntity", "PATCH", "{base}/entities/{id}"),
    "deleteBatch": ("deleteEntity", "DELETE", "{base}/entities/{id}"),
}


@dataclass(slots=True)
class _Share:
    """A source's part of a batch."""

    source: Source
    documents: list[Json] = field(default_factory=list)


def batch(operation: str, handler: Handler) -> Handler:
    """A batch operation upon entities, or, of ids, their deletion."""

    def handle(world: World, request: Request) -> Answer:
        if not sources.is_federated(world, request):
            return handler(world, request)
        documents = parsed(request)
        if not isinstance(documents, list) or not documents:
            return handler(world, request)
        shares: dict[str, _Share] = {}
        rest = [left for each in documents if (left := _divided(world, request, each, shares)) is not None]
        planned, refused = _planned(world, request, operation, shares)
        if not planned and not refused:
            return handler(world, request)
        local = with_body(request, rest) if rest else None
        parts = carried_out(world, request, [each for each, _ in planned], handler, local)
        ids = ([[_named(one) for one in rest]] if rest else []) + [named for _, named in planned]
        return batch_answer(request, operation, [*zip(parts, ids, strict=True), *refused])

    return handle


def _planned(
    world: World, request: Request, operation: str, shares: dict[str, _Share]
) -> tuple[list[tuple[Sending, Sequence[str]]], list[tuple[Part, Sequence[str]]]]:
    """What is sent, as a batch or one by one, and what a source holds alone and does not take."""
    planned: list[tuple[Sending, Sequence[str]]] = []
    refused: list[tuple[Part, Sequence[str]]] = []
    single, method, path = _SINGLE.get(operation, ("", "", ""))
    for share in shares.values():
        source, ids = share.source, [_named(one) for one in share.documents]
        if operation in source.allowed:
            planned.append((sending(world, request, source, "POST", request.path, share.documents), ids))
        elif single in source.allowed:
            for one, name in zip(share.documents, ids, strict=True):
                to = path.format(base=BASE, id=name)
                bare = isinstance(one, str)
                made = Sending(source, method, to) if bare else sending(world, request, source, method, to, one)
                planned.append((made, [name]))
        elif source.alone:
            refused.append((conflict(source, operation), ids))
    return planned, refused


def _divided(world: World, request: Request, document: Json, shares: dict[str, _Share]) -> Json | None:
    """Puts what others hold of an entity to their shares; gives what is left for this place."""
    entity_id = _named(document)
    if ":" not in entity_id:
        return document
    if not isinstance(document, dict):
        return _divided_id(world, request, entity_id, shares)
    renaming = world.contexts.renaming(local_context(request, document))
    found = to_write(world, request, wanted_of(world, request, entity_id, document, renaming))
    given, rest = divided(document, renaming, found)
    for source, part in given:
        shares.setdefault(source.registration.id, _Share(source)).documents.append(part)
    return rest


def _divided_id(world: World, request: Request, entity_id: str, shares: dict[str, _Share]) -> Json | None:
    """An id whose entity is deleted: at all that hold parts of it, here unless one other holds all of it alone."""
    renaming = world.contexts.renaming(link_context(request))
    types = types_of(world, request, entity_id, {}, renaming)
    found = to_write(world, request, Wanted(frozenset({entity_id}), None, types))
    for source in found:
        shares.setdefault(source.registration.id, _Share(source)).documents.append(entity_id)
    return None if any(each.alone and registered(each) is None for each in found) else entity_id


def _named(document: Json) -> str:
    if isinstance(document, dict):
        found = document.get("id", document.get("@id"))
        return found if isinstance(found, str) else ""
    return document if isinstance(document, str) else ""
