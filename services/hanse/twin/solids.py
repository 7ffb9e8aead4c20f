# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Stored entities as solids in the city's projected system, for questions that need three dimensions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hanse import geo
from hanse.cityjson import best_solids
from hanse.ngsild import NgsiLdError, solid_crs, to_feature
from hanse.twin.places import horizontal

if TYPE_CHECKING:
    from hanse.twin.model import Query


def solids_of(body: bytes, city_crs: str) -> list[geo.Solid]:
    """The most detailed solids of an entity and its parts; none when it has none in the city's projected system.

    Coordinates are metres in that system, heights metres above the datum that the entity names.
    """
    entity = json.loads(body)
    if "solidGeometry" not in entity:
        return []
    try:
        if solid_crs(entity).horizontal != horizontal(city_crs).horizontal:
            return []
        return list(best_solids(to_feature(entity)))
    except (NgsiLdError, geo.CrsError):
        return []  # flagged when it was loaded


def meets(body: bytes, query: Query, city_crs: str) -> bool:
    """Whether an entity's solid meets the query's box; without a box, yes."""
    if query.box_3d is None:
        return True
    scene = geo.Scene.of([solids_of(body, city_crs)])
    return bool(geo.meets_box(scene, (*query.box_3d.low, *query.box_3d.high))[0])
