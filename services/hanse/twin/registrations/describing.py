# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a registration says of its source, held against context source filters, scopes and geoqueries.

CIM 009 clauses 4.9 (`csf`), 5.10.2 and 5.11.2. A registered place is an area in which entities may lie: it answers a
geoquery when some place in it might.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import shapely

from hanse import query as languages
from hanse.query.model import Near, Spatial
from hanse.twin.registrations.documents import PLACES
from hanse.twin.registrations.matching import properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.query import Predicate

Json = Any
_POSSIBLE: Final = {"s_within": "s_intersects", "s_overlaps": "s_intersects", "s_equals": "s_contains"}
_ANYWHERE: Final = "s_disjoint"  # holds for an area as soon as it holds for one of its corners


def described(document: Mapping[str, Json], conditions: list[Predicate], place: Near | Spatial | None) -> bool:
    """Whether a registration fulfils conditions on its source, and may hold something at a place."""
    entity = properties(document)
    if not all(languages.matches(each, entity) for each in conditions):
        return False
    return place is None or _may_lie(entity, place)


def _may_lie(entity: dict[str, Json], place: Near | Spatial) -> bool:
    if isinstance(place, Spatial):
        wanted: Near | Spatial = replace(place, relation=_POSSIBLE.get(place.relation, place.relation))
        cornered = place.relation == _ANYWHERE
    else:
        wanted, cornered = place, place.beyond
    return languages.matches(wanted, _with_corners(entity) if cornered else entity)


def _with_corners(entity: dict[str, Json]) -> dict[str, Json]:
    """Beside each area its corners, as further instances: what is farthest from a place lies at one of them."""
    found = dict(entity)
    for name in PLACES & entity.keys():
        area = shapely.geometry.shape(entity[name]["value"])
        corners = [
            {
                "type": "GeoProperty",
                "datasetId": f"urn:x-corner:{number}",
                "value": {"type": "Point", "coordinates": position},
            }
            for number, position in enumerate(shapely.get_coordinates(area).tolist())
        ]
        found[name] = [entity[name], *corners]
    return found
