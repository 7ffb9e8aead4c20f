# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Operations upon entities with other sources taking part: the edge's own, wrapped (CIM 009 clause 4.3.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hanse.twin.edge import (
    distributed_batches,
    distributed_discovery,
    distributed_reads,
    distributed_temporal,
    distributed_writes,
    entity_maps,
    querying,
)
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.sources import is_federated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanse.twin.edge.http import Request
    from hanse.twin.edge.routes import Handler
    from hanse.twin.edge.world import World

_WHOLE: Final = {
    (f"{BASE}/entities", "POST"): "createEntity",
    (f"{BASE}/entities/{{id}}", "PUT"): "replaceEntity",
    (f"{BASE}/entities/{{id}}", "PATCH"): "mergeEntity",
    (f"{BASE}/entities/{{id}}/attrs", "POST"): "appendAttrs",
    (f"{BASE}/entities/{{id}}/attrs", "PATCH"): "updateEntity",
    (f"{BASE}/temporal/entities", "POST"): "upsertTemporal",
    (f"{BASE}/temporal/entities/{{id}}/attrs", "POST"): "appendAttrsTemporal",
}
_ATTRIBUTE: Final = {
    (f"{BASE}/entities/{{id}}/attrs/{{attribute}}", "PATCH"): "updateAttrs",
    (f"{BASE}/entities/{{id}}/attrs/{{attribute}}", "PUT"): "replaceAttrs",
    (f"{BASE}/entities/{{id}}/attrs/{{attribute}}", "DELETE"): "deleteAttrs",
    (f"{BASE}/temporal/entities/{{id}}/attrs/{{attribute}}", "DELETE"): "deleteAttrsTemporal",
    (f"{BASE}/temporal/entities/{{id}}/attrs/{{attribute}}/{{instance}}", "PATCH"): "updateAttrInstanceTemporal",
    (f"{BASE}/temporal/entities/{{id}}/attrs/{{attribute}}/{{instance}}", "DELETE"): "deleteAttrInstanceTemporal",
}


def taking_part(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Routes whose handlers let other sources take part."""
    return tuple(
        replace(route, handlers={method: _wrapped(route.path, method, one) for method, one in route.handlers.items()})
        for route in routes
    )


def _wrapped(path: str, method: str, handler: Handler) -> Handler:
    if (path, method) in _WHOLE:
        return distributed_writes.whole(_WHOLE[path, method], handler)
    if (path, method) in _ATTRIBUTE:
        return distributed_writes.upon_attribute(_ATTRIBUTE[path, method], handler)
    operation = distributed_batches.OPERATIONS.get(path.rpartition("/")[2])
    if path.startswith(f"{BASE}/entityOperations/") and operation is not None:
        return distributed_batches.batch(operation, handler)
    single, several, evolutions = f"{BASE}/entities/{{id}}", f"{BASE}/entities", f"{BASE}/temporal/entities"
    found: dict[tuple[str, str], Handler] = {
        (single, "GET"): distributed_reads.retrieve,
        (single, "DELETE"): distributed_writes.removal("deleteEntity", handler),
        (f"{evolutions}/{{id}}", "DELETE"): distributed_writes.removal("deleteTemporal", handler),
        (several, "GET"): distributed_reads.query,
        (several, "DELETE"): distributed_writes.purge,
        (f"{BASE}/entityOperations/query", "POST"): distributed_reads.query_by_post,
        (f"{evolutions}/{{id}}", "GET"): distributed_temporal.retrieval(handler),
        (evolutions, "GET"): distributed_temporal.query(handler),
        (f"{BASE}/temporal/entityOperations/query", "POST"): distributed_temporal.query(handler),
    }
    looked = distributed_discovery.discovery(path, handler) if method == "GET" else None
    return found.get((path, method)) or looked or handler


def waits(world: World, request: Request) -> bool:
    """Whether a request that is otherwise answered at once may have to wait for other sources."""
    return entity_maps.is_asked(request) or is_federated(world, request)


MAPS: Final = (
    *entity_maps.ROUTES,
    Route(
        entity_maps.PATH,
        {"GET": distributed_reads.create_map, "POST": distributed_reads.create_map},
        {"GET": querying.QUERY_PARAMETERS, "POST": querying.POST_PARAMETERS},
        scopes={"GET": "twin:read", "POST": "twin:read"},
    ),
)
