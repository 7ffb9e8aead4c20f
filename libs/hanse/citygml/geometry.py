# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""GML surfaces and solids as rings of vertex numbers; references within one building are followed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hanse.citygml.errors import FaultError
from hanse.citygml.names import Family, gml_id, href, local_name, split, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

    from hanse.citygml.reference import Frame

Rings = list[list[int]]
_SPACE = 3
FARTHEST = 1e9  # in metres, far beyond any reference system
_MAX_CELL = 2**53 - 1  # RFC 7493: beyond it two JSON readers may differ
_MAX_NESTING = 30  # of surfaces in surfaces, so that references in a circle end
_LEAVES = frozenset({"Polygon", "PolygonPatch", "Triangle", "Rectangle"})
_SURFACES = frozenset(
    [
        "MultiSurface",
        "CompositeSurface",
        "Surface",
        "PolyhedralSurface",
        "TriangulatedSurface",
        "Tin",
        "OrientableSurface",
        "Shell",
    ]
)
_MEMBERS = frozenset(
    [
        "surfaceMember",
        "surfaceMembers",
        "patches",
        "polygonPatches",
        "trianglePatches",
        "baseSurface",
        "solidMember",
        "solidMembers",
    ]
)
_SOLIDS = {"Solid": "Solid", "CompositeSolid": "CompositeSolid", "MultiSolid": "MultiSolid"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One polygon as it is used in one place.

    Attributes:
        key: the same for all uses of one polygon.
        rings: exterior first, vertex numbers, the first not repeated.
    """

    key: int
    rings: Rings


@dataclass(slots=True, eq=False)
class Vertices:
    """The vertices of one building, numbered in the order of first use, rounded to the frame's grid."""

    frame: Frame
    limit: int
    number: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def ring(self, positions: NDArray[np.float64], where: str) -> list[int]:
        """Return vertex numbers for the positions (n, 3) of a closed ring, without the last."""
        if not np.isfinite(positions).all() or np.abs(positions).max(initial=0.0) > FARTHEST:
            raise FaultError(where, f"a coordinate is no finite number below {FARTHEST:g}")
        if len(positions) < 2 or (positions[0] != positions[-1]).any():  # noqa: PLR2004 - first and last
            raise FaultError(where, "the ring is not closed: its last position must repeat the first")
        if self.frame.swap:
            positions = positions[:, [1, 0, 2]]
        transform = self.frame.header.transform
        cells = np.rint((positions[:-1] - transform.translate) / transform.scale)
        if np.abs(cells).max() > _MAX_CELL:
            raise FaultError(where, "a coordinate is too far from the others for the grid that integers count on")
        numbers = [self.number.setdefault(tuple(cell), len(self.number)) for cell in cells.astype(np.int64).tolist()]
        if len(self.number) > self.limit:
            raise FaultError(where, f"the building has more than {self.limit} vertices; split it")
        return numbers

    def array(self) -> NDArray[np.int64]:
        """Return all vertices, int64 (n, 3)."""
        return np.array(list(self.number), dtype=np.int64).reshape(-1, _SPACE)


@dataclass(slots=True, eq=False)
class Shapes:
    """Reads the geometry of one building.

    Attributes:
        ids: elements of the building by gml:id; what lies outside cannot be referred to.
        vertices: filled as polygons are read.
        leaves: polygons already read, by the element's identity.
        visits: surfaces and solids looked at; references may multiply what a document holds.
    """

    ids: dict[str, Element]
    vertices: Vertices
    leaves: dict[int, Rings] = field(default_factory=dict)
    visits: int = 0

    def held(self, holder: Element) -> Element | None:
        """Return the geometry in a property, or the one it refers to; None for an empty property."""
        target = href(holder)
        if target is None:
            return next((child for child in holder if split(child)[0] is Family.GML), None)
        found = self.ids.get(target.removeprefix("#")) if target.startswith("#") else None
        if found is None:
            raise FaultError(
                _place(holder), f"xlink:href {target[:80]!r} is not within this building; write it out here"
            )
        return found

    def bodies(self, element: Element) -> tuple[str, list[list[list[Leaf]]]] | None:
        """Return the CityJSON type and the shells of each solid; None when the geometry is no solid."""
        name = local_name(element)
        if name not in _SOLIDS:
            return None
        solids = list(self._solids(element, 0))
        if name == "Solid" or solids:
            return _SOLIDS[name], solids
        raise FaultError(_place(element), f"the {name} holds no solid")

    def surfaces(self, element: Element, depth: int = 0, *, turned: bool = False) -> Iterator[Leaf]:
        """Yield the polygons of a surface, or of surfaces in surfaces."""
        self._visit(element, depth)
        name = local_name(element)
        if name in _LEAVES:
            yield self._leaf(element, turned=turned)
            return
        if name not in _SURFACES:
            raise FaultError(_place(element), f"{name} is no surface that is read; export polygons instead")
        if name == "OrientableSurface" and element.get("orientation") == "-":
            turned = not turned
        for member in element:
            if local_name(member) in _MEMBERS:
                for child in self._members(member):
                    yield from self.surfaces(child, depth + 1, turned=turned)

    def _visit(self, element: Element, depth: int) -> None:
        self.visits += 1
        if depth > _MAX_NESTING:
            raise FaultError(_place(element), f"geometries nest or refer to one another more than {_MAX_NESTING} deep")
        if self.visits > self.vertices.limit:
            raise FaultError(
                _place(element), f"references make more than {self.vertices.limit} surfaces of this building"
            )

    def _members(self, member: Element) -> Iterator[Element]:
        if href(member) is None:
            yield from (child for child in member if split(child)[0] is Family.GML)
        elif (found := self.held(member)) is not None:
            yield found

    def _solids(self, element: Element, depth: int) -> Iterator[list[list[Leaf]]]:
        self._visit(element, depth)
        if local_name(element) == "Solid":
            yield list(self._shells(element))
            return
        for member in element:
            if local_name(member) in _MEMBERS:
                for child in self._members(member):
                    if local_name(child) not in _SOLIDS:
                        raise FaultError(_place(child), f"{local_name(child)} is no solid")
                    yield from self._solids(child, depth + 1)

    def _shells(self, solid: Element) -> Iterator[list[Leaf]]:
        for wanted in ("exterior", "interior"):
            for side in solid:
                if local_name(side) == wanted and (shell := self.held(side)) is not None:
                    yield list(self.surfaces(shell))

    def _leaf(self, element: Element, *, turned: bool) -> Leaf:
        rings = self.leaves.get(id(element))
        if rings is None:
            rings = self.leaves[id(element)] = list(self._rings(element))
        return Leaf(id(element), [ring[:1] + ring[:0:-1] for ring in rings] if turned else rings)

    def _rings(self, element: Element) -> Iterator[list[int]]:
        where = _place(element)
        sides = [side for wanted in ("exterior", "interior") for side in element if local_name(side) == wanted]
        if not sides or local_name(sides[0]) != "exterior":
            raise FaultError(where, "a polygon without an exterior ring")
        for side in sides:
            ring = next(iter(side), None)
            if ring is None or local_name(ring) != "LinearRing":
                found = "nothing" if ring is None else local_name(ring)
                raise FaultError(where, f"a polygon's boundary is a LinearRing, not {found}")
            yield self.vertices.ring(positions(ring, where), where)


def positions(ring: Element, where: str) -> NDArray[np.float64]:
    """Return the positions of a ring or a point, float64 (n, 3), in the document's order of axes.

    Raises:
        FaultError: they are not groups of three finite decimal numbers.
    """
    numbers: list[float] = []
    for child in ring:
        name = local_name(child)
        if name not in {"posList", "pos", "coordinates"}:
            raise FaultError(where, f"positions are written as posList or pos, not {name}")
        if child.get("srsDimension", "3") != "3":
            raise FaultError(where, "positions have two dimensions; a building's need heights")
        if name == "coordinates" and (child.get("decimal", ".") != "." or child.get("cs", ",") != ","):
            raise FaultError(where, "coordinates are separated otherwise than usual; export posList instead")
        words = text(child).replace(",", " ").split() if name == "coordinates" else text(child).split()
        numbers.extend(number(word, where) for word in words)
    if len(numbers) % _SPACE:
        raise FaultError(where, f"{len(numbers)} coordinates are no positions of three")
    return np.array(numbers, dtype=np.float64).reshape(-1, _SPACE)


def number(word: str, where: str) -> float:
    """Return a finite number.

    Raises:
        FaultError: it is none.
    """
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in word:
        raise FaultError(where, f"{word[:40]!r} is not a finite number")
    return value


def _place(element: Element) -> str:
    name = gml_id(element)
    return f"//{local_name(element)}" + (f"[@id='{name}']" if name else "")
