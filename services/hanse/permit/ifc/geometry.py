# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A building's envelope as triangles: walls, curtain walls, roofs and slabs, without their openings.

What a window cuts out of a wall changes neither height nor footprint, and leaving it in makes meshing several times
faster. The `hybrid-cgal-simple-opencascade` kernel is taken because `cgal-simple` alone loses elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ifcopenshell.geom
import numpy as np
from numpy.typing import NDArray

from hanse.permit.ifc.header import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
ENVELOPE = ("IfcWall", "IfcCurtainWall", "IfcRoof", "IfcSlab")
_KERNEL = "hybrid-cgal-simple-opencascade"
_MAX_TRIANGLES = 2_000_000
_MAX_METRES = 1e5


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles of the envelope in the model's own coordinates.

    Attributes:
        triangles: float64 (n, 3, 3), metres.
        element: int64 (n,): index into `ids` and `classes` of each triangle.
        ids: IFC GlobalIds of the elements meshed.
        classes: their envelope class, one of ENVELOPE (a plate of a curtain wall counts as that).
        missed: GlobalIds of envelope elements that have no usable geometry.
    """

    triangles: Floats
    element: Integers
    ids: tuple[str, ...]
    classes: tuple[str, ...]
    missed: tuple[str, ...]


def mesh(ifc: Any) -> Mesh:  # noqa: ANN401 - ifcopenshell has no types
    """Meshes an opened model's envelope.

    Raises:
        ModelError: more than two million triangles, or coordinates that are no building's.
    """
    wanted = _envelope(ifc)
    parts: list[Floats] = []
    ids: list[str] = []
    total = 0
    for guid, triangles in _shapes(ifc, [element for element, _ in wanted.values()]):
        total += len(triangles)
        if total > _MAX_TRIANGLES:
            raise ModelError(
                f"the model's walls, roofs and slabs have more than {_MAX_TRIANGLES:,} triangles",
                "Export one building, without detailed or repeated parts.",
            )
        parts.append(triangles)
        ids.append(guid)
    triangles = np.concatenate(parts) if parts else np.empty((0, 3, 3))
    counts = [len(part) for part in parts]
    return Mesh(
        triangles=triangles,
        element=np.repeat(np.arange(len(parts), dtype=np.int64), counts),
        ids=tuple(ids),
        classes=tuple(wanted[guid][1] for guid in ids),
        missed=tuple(sorted(set(wanted) - set(ids) - _composed(wanted))),
    )


def _envelope(ifc: Any) -> dict[str, tuple[Any, str]]:  # noqa: ANN401
    """Elements to mesh by GlobalId, each with its envelope class."""
    found: dict[str, tuple[Any, str]] = {}
    for name in ENVELOPE:
        for element in ifc.by_type(name):
            found.setdefault(element.GlobalId, (element, name))
            if name in {"IfcCurtainWall", "IfcRoof"}:
                for part in _parts(element):
                    found.setdefault(part.GlobalId, (part, name))
    return found


def _parts(element: Any) -> Iterator[Any]:  # noqa: ANN401
    """What an element is made of: a curtain wall of plates and members, a roof of slabs."""
    for relation in element.IsDecomposedBy:
        yield from relation.RelatedObjects


def _composed(wanted: dict[str, tuple[Any, str]]) -> set[str]:
    """Elements that are nothing beside their parts: they need no geometry of their own."""
    return {guid for guid, (element, _) in wanted.items() if any(True for _ in _parts(element))}


def _shapes(ifc: Any, elements: list[Any]) -> Iterator[tuple[str, Floats]]:  # noqa: ANN401
    """GlobalId and triangles (n, 3, 3), metres, of each element that has any."""
    if not elements:
        return
    settings = ifcopenshell.geom.settings()
    settings.set("use-world-coords", True)
    settings.set("disable-opening-subtractions", True)
    iterator = ifcopenshell.geom.iterator(settings, ifc, 1, include=elements, geometry_library=_KERNEL)
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
            yield str(shape.guid), points[faces]
        if not iterator.next():
            return
