# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Operations upon entities with other sources taking part: the edge's own, wrapped (CIM 009 clause 4.3.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hanse.twin.edge.distributed import batches, discovery, entity_maps, reads, temporal, writes
from hanse.twin.edge.distributed.sources import is_federated
from hanse.twin.edge.ngsild import querying
from hanse.twin.edge.routes import BASE, Route

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
        return writes.whole(_WHOLE[path, method], handler)
    if (path, method) in _ATTRIBUTE:
        return writes.upon_attribute(_ATTRIBUTE[path, method], handler)
    operation = batches.OPERATIONS.get(path.rpartition("/")[2])
    if path.startswith(f"{BASE}/entityOperations/") and operation is not None:
        return batches.batch(operation, handler)
    single, several, evolutions = f"{BASE}/entities/{{id}}", f"{BASE}/entities", f"{BASE}/temporal/entities"
    found: dict[tuple[str, str], Handler] = {
        (single, "GET"): reads.retrieve,
        (single, "DELETE"): writes.removal("deleteEntity", handler),
        (f"{evolutions}/{{id}}", "DELETE"): writes.removal("deleteTemporal", handler),
        (several, "GET"): reads.query,
        (several, "DELETE"): writes.purge,
        (f"{BASE}/entityOperations/query", "POST"): reads.query_by_post,
        (f"{evolutions}/{{id}}", "GET"): temporal.retrieval(handler),
        (evolutions, "GET"): temporal.query(handler),
        (f"{BASE}/temporal/entityOperations/query", "POST"): temporal.query(handler),
    }
    looked = discovery.discovery(path, handler) if method == "GET" else None
    return found.get((path, method)) or looked or handler


def waits(world: World, request: Request) -> bool:
    """Whether a request that is otherwise answered at once may have to wait for other sources."""
    return entity_maps.is_asked(request) or is_federated(world, request)


MAPS: Final = (
    *entity_maps.ROUTES,
    Route(
        entity_maps.PATH,
        {"GET": reads.create_map, "POST": reads.create_map},
        {"GET": querying.QUERY_PARAMETERS, "POST": querying.POST_PARAMETERS},
        scopes={"GET": "twin:read", "POST": "twin:read"},
    ),
)
