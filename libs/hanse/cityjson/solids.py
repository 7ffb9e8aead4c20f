# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Features as solids: from CityJSON's nested boundaries to ``hanse.geo``'s surfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.geo.solid import Solid, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.cityjson.model import Feature, Geometry, Json

_SOLID_DEPTH = {"MultiSurface": 0, "CompositeSurface": 0, "Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}


def solids(feature: Feature) -> list[tuple[str, Solid]]:
    """Return every surface-bounded geometry as (object id, solid), at all levels of detail.

    Coordinates are those of the source's CRS. A MultiSolid gives several. Points and lines give none.
    """
    vertices = feature.vertices
    return [
        (key, Solid(vertices, shells, closed, geometry.lod))
        for key, held in feature.objects.items()
        for geometry in held.geometry
        for shells, closed in _shells(geometry)
    ]


def best_solids(feature: Feature) -> list[Solid]:
    """Return each object's most detailed solids: what footprint and heights are taken from.

    A level-0 outline beside the volumes of higher levels is left out; alone, it is what there is.
    """
    best: dict[str, list[Solid]] = {}
    for key, solid in solids(feature):
        held = best.setdefault(key, [])
        if held and lod_rank(solid.lod) > lod_rank(held[0].lod):
            held.clear()
        if not held or lod_rank(solid.lod) == lod_rank(held[0].lod):
            held.append(solid)
    chosen = [solid for held in best.values() for solid in held]
    return [solid for solid in chosen if lod_rank(solid.lod) >= 1] or chosen


def lod_rank(lod: str) -> float:
    """Return a level of detail as a number to compare by; unknown ones count lowest."""
    try:
        return float(lod)
    except ValueError:
        return -1.0


def _shells(geometry: Geometry) -> Iterator[tuple[tuple[tuple[Surface, ...], ...], bool]]:
    depth = _SOLID_DEPTH.get(geometry.type)
    if depth is None:
        return
    semantics = geometry.semantics or {}
    names: list[str] = [surface["type"] for surface in semantics.get("surfaces", [])]
    bodies, values = geometry.boundaries, semantics.get("values")
    for _ in range(2 - depth):  # a Solid is a MultiSolid of one, a MultiSurface a Solid of one shell
        bodies, values = [bodies], [values]
    for number, body in enumerate(bodies):
        told = _child(values, number)
        shells = tuple(_surfaces(shell, _child(told, at), names) for at, shell in enumerate(body))
        yield shells, depth > 0


def _child(values: Json, number: int) -> Json:
    return values[number] if values is not None else None


def _surfaces(shell: list[Json], values: Json, names: list[str]) -> tuple[Surface, ...]:
    result = []
    for number, polygon in enumerate(shell):
        value = _child(values, number)
        semantic = names[value] if value is not None else None
        result.append(Surface(tuple(tuple(ring) for ring in polygon), semantic))
    return tuple(result)
