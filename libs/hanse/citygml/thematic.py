# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Thematic surfaces (roofs, walls, doors) of one object, and its geometries with the semantics they give."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hanse.citygml import attributes
from hanse.citygml.errors import FaultError
from hanse.citygml.geometry import Leaf, Shapes
from hanse.citygml.names import Family, gml_id, inner_name, local_name, split
from hanse.cityjson import Geometry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

Json = Any
LOD = re.compile(r"lod([0-4])(Solid|MultiSurface|Geometry|FootPrint|RoofEdge|Surface)")
_MAX_NESTING = 5  # of openings in surfaces
_ALIKE = (
    "GroundSurface",
    "RoofSurface",
    "WallSurface",
    "ClosureSurface",
    "OuterCeilingSurface",
    "OuterFloorSurface",
    "CeilingSurface",
    "FloorSurface",
    "InteriorWallSurface",
    "Door",
    "Window",
)
SURFACES = {**{name: name for name in _ALIKE}, "DoorSurface": "Door", "WindowSurface": "Window"}
_LEVEL_0 = {"FootPrint": "GroundSurface", "RoofEdge": "RoofSurface"}


@dataclass(slots=True, eq=False)
class Boundary:
    """Thematic surfaces of one object and which polygons belong to which.

    Attributes:
        shapes: reads the geometry.
        surfaces: as CityJSON's semantic surfaces, parents before children.
        of_leaf: number of the surface by polygon.
        leaves: (level of detail, polygon) of all surfaces.
        left: names of properties that are not carried.
    """

    shapes: Shapes
    surfaces: list[dict[str, Json]] = field(default_factory=list)
    of_leaf: dict[int, int] = field(default_factory=dict)
    leaves: list[tuple[str, Leaf]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def add(self, element: Element, parent: int | None = None, depth: int = 0) -> None:
        """Add a thematic surface with its openings.

        Raises:
            FaultError: its geometry or an attribute cannot be read.
        """
        if depth > _MAX_NESTING:
            raise FaultError("", f"openings nest more than {_MAX_NESTING} deep")
        number = len(self.surfaces)
        surface: dict[str, Json] = {"type": SURFACES[local_name(element)]}
        self.surfaces.append(surface)
        if (name := gml_id(element)) is not None:
            surface["id"] = name
        if parent is not None:
            surface["parent"] = parent
            self.surfaces[parent].setdefault("children", []).append(number)
        said: dict[str, Json] = {}
        for child in element:
            self._property(child, number, said, depth)
        surface.update({label: value for label, value in said.items() if label not in surface})

    def _property(self, child: Element, number: int, said: dict[str, Json], depth: int) -> None:
        family, name = split(child)
        if family is Family.CITY and (match := LOD.fullmatch(name)):
            shape = self.shapes.held(child)
            for leaf in self.shapes.surfaces(shape) if shape is not None else ():
                self.of_leaf.setdefault(leaf.key, number)
                self.leaves.append((match[1], leaf))
        elif inner_name(child) in SURFACES:
            self.add(child[0], number, depth + 1)
        elif (family is Family.OTHER or not attributes.take(child, said)) and name != "boundedBy":
            self.left.append(name)


def geometries(properties: list[tuple[str, str, Element]], boundary: Boundary) -> Iterator[Geometry]:
    """Yield the object's own geometries, then the boundary surfaces that none of them is made of."""
    used: set[tuple[str, int]] = set()
    for lod, kind, holder in properties:
        shape = boundary.shapes.held(holder)
        if shape is None:
            raise FaultError(f"//{local_name(holder)}", "the geometry is empty")
        bodies = boundary.shapes.bodies(shape)
        if bodies is None:
            shell = list(boundary.shapes.surfaces(shape))
            type_ = "CompositeSurface" if local_name(shape) == "CompositeSurface" else "MultiSurface"
            used.update((lod, leaf.key) for leaf in shell)
            if kind in _LEVEL_0:
                semantics = {"surfaces": [{"type": _LEVEL_0[kind]}], "values": [0] * len(shell)}
                yield Geometry(type_, lod, [leaf.rings for leaf in shell], semantics)
            else:
                yield _geometry(type_, lod, shell, boundary)
            continue
        type_, solids = bodies
        used.update((lod, leaf.key) for solid in solids for shell in solid for leaf in shell)
        yield _geometry(type_, lod, solids[0] if type_ == "Solid" else solids, boundary)
    rest: dict[str, list[Leaf]] = {}
    for lod, leaf in boundary.leaves:
        if (lod, leaf.key) not in used:
            rest.setdefault(lod, []).append(leaf)
    for lod, shell in rest.items():
        yield _geometry("MultiSurface", lod, shell, boundary)


def _geometry(type_: str, lod: str, nested: list[Json], boundary: Boundary) -> Geometry:
    """Write nested leaves as boundaries, and which semantic surface each belongs to."""
    wanted: dict[int, int] = {}

    def ask(number: int) -> int:
        if number not in wanted:
            wanted[number] = len(wanted)
            if (parent := boundary.surfaces[number].get("parent")) is not None:
                ask(parent)
        return wanted[number]

    def values(node: Json) -> Json:
        if isinstance(node, Leaf):
            number = boundary.of_leaf.get(node.key)
            return None if number is None else ask(number)
        return [values(child) for child in node]

    told = values(nested)
    if not wanted:
        return Geometry(type_, lod, _boundaries(nested))
    surfaces = [_renumbered(boundary.surfaces[number], wanted) for number in wanted]
    return Geometry(type_, lod, _boundaries(nested), {"surfaces": surfaces, "values": told})


def _boundaries(node: Json) -> Json:
    return node.rings if isinstance(node, Leaf) else [_boundaries(child) for child in node]


def _renumbered(surface: dict[str, Json], wanted: dict[int, int]) -> dict[str, Json]:
    result = dict(surface)
    if "parent" in result:
        result["parent"] = wanted[result["parent"]]
    if "children" in result:
        result["children"] = [wanted[child] for child in result["children"] if child in wanted]
        if not result["children"]:
            del result["children"]
    return result
