# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What no schema can tell of an entity's solids: that each index and name in them is of something there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.cityjson.errors import FeatureFaultError, pointer
from hanse.cityjson.geometry import LocalVertices, geometry
from hanse.ngsild.validate import Violation

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any
_MAX_VIOLATIONS = 100


def _objects(entity: Mapping[str, Json]) -> set[Json]:
    """What ``to_feature`` restores geometries to."""
    source, parts = entity.get("sourceId"), entity.get("parts")
    own = source.get("value") if isinstance(source, dict) else entity.get("id")
    held = parts.get("json") if isinstance(parts, dict) else None
    return {own, *(each.get("id") for each in held if isinstance(each, dict))} if isinstance(held, list) else {own}


def validate_solids(entity: Mapping[str, Json]) -> list[Violation]:
    """Return the first broken index or name of each geometry in ``solidGeometry``; at most 100, none when it is sound.

    The entity fulfils twin/v1's schema already. The checks are those that CityJSON's geometries go through.
    """
    if "solidGeometry" not in entity:
        return []
    found: list[Violation] = []
    holders = _objects(entity)
    for number, entry in enumerate(entity["solidGeometry"]["json"]["lods"]):
        if entry["object"] not in holders:
            at = pointer("solidGeometry", "json", "lods", number, "object")
            found.append(Violation(at, "names no object of the entity: its sourceId (without one its id), or a part's"))
        try:
            geometry(entry, pointer("solidGeometry", "json", "lods", number), LocalVertices(len(entry["vertices"])))
        except FeatureFaultError as fault:
            found.append(Violation(fault.pointer, fault.reason))
        if len(found) == _MAX_VIOLATIONS:
            break
    return found
