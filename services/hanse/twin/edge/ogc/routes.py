# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The paths of OGC API Features, below /ogc/features/v1."""

from __future__ import annotations

from typing import Final

from hanse.twin.edge.ogc import describing, items
from hanse.twin.edge.ogc.asking import KNOWN
from hanse.twin.edge.ogc.definition import described
from hanse.twin.edge.ogc.links import BASE
from hanse.twin.edge.routes import Route

_FORM: Final = {"GET": frozenset({"f"})}
_COLLECTION: Final = f"{BASE}/collections/{{collectionId}}"
ROUTES: Final = described(
    (
        Route(f"{_COLLECTION}/items/{{featureId}}", {"GET": items.item}, {"GET": frozenset({"f", "crs"})}),
        Route(f"{_COLLECTION}/items", {"GET": items.items}, {"GET": KNOWN}, properties=True),
        Route(f"{_COLLECTION}/queryables", {"GET": describing.queryables}, _FORM),
        Route(_COLLECTION, {"GET": describing.collection}, _FORM),
        Route(f"{BASE}/collections", {"GET": describing.collections}, _FORM),
        Route(f"{BASE}/conformance", {"GET": describing.conformance}, _FORM),
        Route(BASE, {"GET": describing.landing}, _FORM),
    )
)
