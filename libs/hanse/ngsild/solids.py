# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What no schema can tell of an entity's solids: that every index names a vertex or a semantic surface there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.cityjson.errors import FeatureFaultError, pointer
from hanse.cityjson.geometry import LocalVertices, geometry
from hanse.ngsild.validate import Violation

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any
_MAX_VIOLATIONS = 100


def validate_solids(entity: Mapping[str, Json]) -> list[Violation]:
    """Return the first broken index of each geometry in ``solidGeometry``: empty when there is none, at most 100.

    The entity fulfils twin/v1's schema already. The checks are those that CityJSON's geometries go through.
    """
    if "solidGeometry" not in entity:
        return []
    found: list[Violation] = []
    for number, entry in enumerate(entity["solidGeometry"]["json"]["lods"]):
        try:
            geometry(entry, pointer("solidGeometry", "json", "lods", number), LocalVertices(len(entry["vertices"])))
        except FeatureFaultError as fault:
            found.append(Violation(fault.pointer, fault.reason))
        if len(found) == _MAX_VIOLATIONS:
            break
    return found
