# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""All resources of the edge, in the order in which paths are looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanse.twin.edge.distributed.wrapping import MAPS, taking_part
from hanse.twin.edge.ngsild import batches, discovery, entities, hosting, identity, registrations, subscriptions
from hanse.twin.edge.ogc import routes as ogc
from hanse.twin.edge.openapi.ngsi_ld import described
from hanse.twin.edge.temporal import queries as temporal

if TYPE_CHECKING:
    from hanse.twin.edge.routes import Route

ROUTES: Final[tuple[Route, ...]] = (
    *described(
        (
            *taking_part(entities.ROUTES),
            *taking_part(temporal.ROUTES),
            *taking_part(batches.ROUTES),
            *taking_part(discovery.ROUTES),
            *MAPS,
            *hosting.ROUTES,
            *subscriptions.ROUTES,
            *registrations.ROUTES,
            *identity.ROUTES,
        )
    ),
    *ogc.ROUTES,
)
