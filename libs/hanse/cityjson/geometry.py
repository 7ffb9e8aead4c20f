# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Geometry objects: checked, upgraded to the 2.0 form, their vertex indices made local to a feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.cityjson.decode import kind, shown
from hanse.cityjson.errors import FeatureFaultError, pointer
from hanse.cityjson.model import Geometry, Json, NotCarried

if TYPE_CHECKING:
    from collections.abc import Iterator

# Nesting of boundaries, down to the lists of vertex indices (CityJSON 2.0 section 3.2).
DEPTH = {
    "MultiPoint": 1,
    "MultiLineString": 2,
    "MultiSurface": 3,
    "CompositeSurface": 3,
    "Solid": 4,
    "MultiSolid": 5,
    "CompositeSolid": 5,
}
INSTANCE = "GeometryInstance"
_MAX_LOD = 10
_APPEARANCE = ("material", "texture")
_SURFACE_DEPTH = 2  # below a surface: its rings, their indices


class LocalVertices:
    """Numbers the vertices that one feature uses, in the order of first use."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._local: dict[int, int] = {}

    @property
    def used(self) -> list[int]:
        """Return the document's index of each local vertex."""
        return list(self._local)

    def remap(self, node: Json, depth: int) -> Json:
        """Return boundaries with local indices.

        Raises:
            ValueError: an array or a vertex index is not what it should be; ``find_fault`` tells where.
        """
        if type(node) is not list:
            raise ValueError
        if depth > 1:
            return [self.remap(child, depth - 1) for child in node]
        local, count = self._local, self.count
        result = []
        for index in node:
            if type(index) is not int or not 0 <= index < count:
                raise ValueError
            result.append(local.setdefault(index, len(local)))
        return result


def geometry(source: Json, at: str, local: LocalVertices) -> Geometry:
    """Check one geometry and make it local.

    Raises:
        FeatureFaultError: with a JSON pointer to the fault.
    """
    type_ = source["type"]
    depth = DEPTH[type_]
    try:
        boundaries = local.remap(source.get("boundaries"), depth)
    except ValueError:
        where, reason = find_fault(source.get("boundaries"), depth, local.count)
        raise FeatureFaultError(at + "/boundaries" + where, reason) from None
    semantics = _semantics(source.get("semantics"), boundaries, depth, at + "/semantics")
    return Geometry(type_, _lod(source.get("lod"), at + "/lod"), boundaries, semantics)


def find_fault(node: Json, depth: int, count: int) -> tuple[str, str]:
    """Return JSON pointer and sentence for the first fault in boundaries known to have one."""
    if type(node) is not list:
        return "", f"boundaries need an array here ({depth} levels above the indices), not {kind(node)}"
    if depth == 1:
        for number, index in enumerate(node):
            if type(index) is not int:
                return pointer(number), f"a vertex index is an integer, not {shown(index)}"
            if not 0 <= index < count:
                remedy = "export the file again, or correct the index"
                return pointer(number), f"vertex index {index} does not exist: there are {count} vertices; {remedy}"
        return "", ""
    for number, child in enumerate(node):
        where, reason = find_fault(child, depth - 1, count)
        if reason:
            return pointer(number) + where, reason
    return "", ""


def check_type(source: Json, at: str) -> str:
    """Return the geometry's type.

    Raises:
        FeatureFaultError: it is no geometry object, or its type is not CityJSON's.
    """
    if not isinstance(source, dict):
        raise FeatureFaultError(at, f"a geometry is an object, not {kind(source)}")
    type_ = source.get("type")
    if not isinstance(type_, str) or (type_ not in DEPTH and type_ != INSTANCE):
        known = ", ".join([*DEPTH, INSTANCE])
        raise FeatureFaultError(at + "/type", f"geometry type {shown(type_)} is not one of {known}")
    return type_


def left_behind(source: dict[str, Json], at: str) -> Iterator[NotCarried]:
    """Name the members of a geometry that features do not carry."""
    if source["type"] == INSTANCE:
        yield NotCarried(at, INSTANCE)
    for member in _APPEARANCE:
        if source.get(member):
            yield NotCarried(f"{at}/{member}", member)


def _lod(value: Json, at: str) -> str:
    """CityJSON 1.0 writes the level of detail as a number, later versions as a string."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise FeatureFaultError(at, f'lod is a string such as "2.2", not {kind(value)}')
    lod = value if isinstance(value, str) else f"{value:g}"
    if len(lod) > _MAX_LOD:
        raise FeatureFaultError(at, f'lod is a short string such as "2.2", this one has {len(lod)} characters')
    return lod


def _semantics(source: Json, boundaries: list[Json], depth: int, at: str) -> dict[str, Json] | None:
    if source is None:
        return None
    if not isinstance(source, dict):
        raise FeatureFaultError(at, f"semantics is an object, not {kind(source)}")
    surfaces = source.get("surfaces")
    if not isinstance(surfaces, list):
        raise FeatureFaultError(at + "/surfaces", f"surfaces is an array, not {kind(surfaces)}")
    for number, surface in enumerate(surfaces):
        if not isinstance(surface, dict) or not isinstance(surface.get("type"), str):
            raise FeatureFaultError(at + pointer("surfaces", number), "a semantic surface is an object with a type")
    levels = max(depth - _SURFACE_DEPTH, 1)
    _check_values(source.get("values"), boundaries, levels, len(surfaces), at + "/values")
    return {"surfaces": surfaces, "values": source.get("values")}


def _check_values(values: Json, boundaries: list[Json], levels: int, count: int, at: str) -> None:
    """Semantic values mirror the boundaries down to the surfaces; null stands for "none" at any level."""
    if values is None:
        return
    if type(values) is not list:
        raise FeatureFaultError(at, f"values mirrors the boundaries: an array, not {kind(values)}")
    if len(values) != len(boundaries):
        raise FeatureFaultError(at, f"{len(values)} values for {len(boundaries)} boundaries; give one each, or null")
    for number, value in enumerate(values):
        if levels > 1:
            _check_values(value, boundaries[number], levels - 1, count, at + pointer(number))
        elif value is not None and (type(value) is not int or not 0 <= value < count):
            raise FeatureFaultError(
                at + pointer(number), f"semantic surface {shown(value)}: there are {count} surfaces"
            )
