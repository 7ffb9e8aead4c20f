# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Who this context source is (CIM 009 clauses 5.2.40, 5.15.1 and 6.33): each tenant is one of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanse.kernel.clock import timestamp
from hanse.twin.edge.distributed.sources import alias
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.speaking import TENANT, answered, listen

if TYPE_CHECKING:
    from hanse.twin.edge.http import Answer, Request
    from hanse.twin.edge.world import World

SPECIFICATION: Final = "1.8"  # of CIM 009, as `ngsildConformance` writes versions


def retrieve(world: World, request: Request) -> Answer:
    """Retrieve Context Source Identity Information. Raises Problem: NonexistentTenant."""
    speech = listen(world, request)
    world.store(request)
    now, city = world.clock.now(), world.config.city
    tenant = request.headers.get(TENANT)
    document = {
        "id": f"urn:hanse:{city.authority}:contextSource:{tenant or 'city'}",
        "type": "ContextSourceIdentity",
        "contextSourceAlias": alias(world, request),
        "contextSourceUptime": f"PT{max(0, round((now - world.started).total_seconds()))}S",
        "contextSourceTimeAt": timestamp(now),
        "contextSourceExtras": {"name": city.name, "ngsildConformance": SPECIFICATION, "crs": world.crs},
    }
    return answered(world, request, speech, document)


ROUTES: Final = (Route(f"{BASE}/info/sourceIdentity", {"GET": retrieve}, {"GET": frozenset()}),)
