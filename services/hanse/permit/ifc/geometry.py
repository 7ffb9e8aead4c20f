# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A model's elements as triangles: its envelope (walls, curtain walls, roofs, slabs), and what stands beside that.

Openings are left closed: what a window cuts out of a wall changes neither height nor footprint, and leaving it in makes
meshing several times faster. The `hybrid-cgal-simple-opencascade` kernel is taken because `cgal-simple` alone loses
elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ifcopenshell.geom
import numpy as np
import shapely
from numpy.typing import NDArray

from hanse.permit import planar
from hanse.permit.ifc.elements import Wanted, beside, envelope, name_all, parts
from hanse.permit.ifc.header import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_KERNEL = "hybrid-cgal-simple-opencascade"
_MAX_TRIANGLES = 2_000_000
_MAX_METRES = 1e5
# What stands beside the envelope keeps its own triangles up to so many; beyond, its convex hull stands for it.
_MAX_EXACT = 20_000
_MAX_EXACT_TOTAL = 500_000
_TOUCHES_M = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles of elements in the model's own coordinates.

    Attributes:
        triangles: float64 (n, 3, 3), metres.
        element: int64 (n,): index into `ids` and `classes` of each triangle.
        ids: names of the elements meshed: IFC GlobalIds, or `#105`, the number in the file of one that has none.
        classes: of the envelope one of ENVELOPE (a plate of a curtain wall counts as that), beside it their own class.
        missed: names of elements that should have geometry and have none that is usable.
    """

    triangles: Floats
    element: Integers
    ids: tuple[str, ...]
    classes: tuple[str, ...]
    missed: tuple[str, ...]


def mesh(ifc: Any) -> Mesh:  # noqa: ANN401 - ifcopenshell has no types
    """Meshes an opened model's envelope.

    Raises:
        ModelError: more than two million triangles, coordinates that are no building's, or geometry that ends the
            kernel.
    """
    wanted = envelope(ifc)
    found: dict[int, Floats] = {}
    total = 0
    for number, triangles in _shapes(ifc, wanted):
        total += len(triangles)
        if total > _MAX_TRIANGLES:
            raise ModelError(
                f"the model's walls, roofs and slabs have more than {_MAX_TRIANGLES:,} triangles",
                "Export one building, without detailed or repeated parts.",
            )
        found[number] = triangles
    # What is nothing beside its parts needs no geometry of its own: each of the parts does.
    composed = {number for number, each in wanted.items() if any(True for _ in parts(each.element))}
    return _mesh(found, wanted, composed)


def mesh_beside(ifc: Any, counted: Mesh) -> Mesh:  # noqa: ANN401
    """Meshes all that has a body and is not of the envelope, so that nobody need guess whether it would count.

    Of what lies inside the envelope's outline only its highest level matters: a lid at that level, of its convex hull,
    stands for it.

    Raises:
        ModelError: as `mesh`, but for the number of triangles.
    """
    wanted = beside(ifc, envelope(ifc))
    outline = _outline(counted)
    found: dict[int, Floats] = {}
    exact = 0
    for number, triangles in _shapes(ifc, wanted):
        keep = len(triangles) <= _MAX_EXACT and exact + len(triangles) <= _MAX_EXACT_TOTAL
        found[number] = _reduced(triangles, outline, keep=keep)
        exact += len(found[number])
    return _mesh(found, wanted, set())


def _mesh(found: Mapping[int, Floats], wanted: Mapping[int, Wanted], excused: set[int]) -> Mesh:
    pieces = list(found.values())
    return Mesh(
        triangles=np.concatenate(pieces) if pieces else np.empty((0, 3, 3)),
        element=np.repeat(np.arange(len(pieces), dtype=np.int64), [len(piece) for piece in pieces]),
        ids=tuple(wanted[number].name for number in found),
        classes=tuple(wanted[number].kind for number in found),
        missed=tuple(sorted(each.name for number, each in wanted.items() if number not in {*found, *excused})),
    )


def _outline(mesh: Mesh) -> BaseGeometry:
    """The envelope from above, in the model's own coordinates, a centimetre wider, made fast to ask."""
    flat = np.array(shapely.polygons(mesh.triangles[..., :2]), dtype=object)
    outline: BaseGeometry = shapely.buffer(shapely.union_all(flat[shapely.area(flat) > planar.MIN_AREA_M2]), _TOUCHES_M)
    shapely.prepare(outline)
    return outline


def _reduced(triangles: Floats, outline: BaseGeometry, *, keep: bool) -> Floats:
    """A lid on its hull for what lies inside the outline or is too much to keep; else the triangles themselves."""
    hull: BaseGeometry = shapely.convex_hull(shapely.MultiPoint(triangles[..., :2].reshape(-1, 2)))
    if hull.geom_type != "Polygon" or (keep and not shapely.covers(outline, hull)):
        return triangles
    corners = shapely.get_coordinates(hull)[:-1]
    ring = np.column_stack([corners, np.full(len(corners), triangles[..., 2].max())])
    return np.stack([np.broadcast_to(ring[0], ring[1:-1].shape), ring[1:-1], ring[2:]], axis=1)


def _shapes(ifc: Any, wanted: Mapping[int, Wanted]) -> Iterator[tuple[int, Floats]]:  # noqa: ANN401
    """Number in the file and triangles (n, 3, 3), metres, of each element that has any."""
    if not wanted:
        return
    name_all(wanted.values())
    try:
        yield from _iterated(ifc, [each.element for each in wanted.values()])
    except (RuntimeError, ifcopenshell.Error) as error:
        raise ModelError(
            f"the model's geometry cannot be read: {str(error)[:200]}",
            "Check the file with an IFC validator (e.g. validate.buildingsmart.org) and export it again.",
        ) from None


def _iterated(ifc: Any, elements: Iterable[Any]) -> Iterator[tuple[int, Floats]]:  # noqa: ANN401
    settings = ifcopenshell.geom.settings()
    settings.set("use-world-coords", True)
    settings.set("disable-opening-subtractions", True)
    iterator = ifcopenshell.geom.iterator(settings, ifc, 1, include=list(elements), geometry_library=_KERNEL)
    if not iterator.initialize():
        return
    while True:
        shape = iterator.get()
        points = np.asarray(shape.geometry.verts, dtype=np.float64).reshape(-1, 3)
        faces = np.asarray(shape.geometry.faces, dtype=np.int64).reshape(-1, 3)
        if len(faces):
            if not np.isfinite(points).all() or np.ptp(points, axis=0).max() > _MAX_METRES:
                raise ModelError(
                    f"element {shape.guid} has coordinates that are no building's",
                    "Check the model's units and the element's geometry, and export it again.",
                )
            yield int(shape.id), points[faces]
        if not iterator.next():
            return
