# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How deep a model is nested: looked at before anything is meshed, since the geometry kernel follows what it finds.

A Boolean result that is its own operand, mapped items that multiply at every level, or a wall that is a part of itself
are a file of two kilobytes that takes gigabytes, or for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.permit.ifc.elements import of_type
from hanse.permit.ifc.header import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Entities that hold others of this list, and in which attribute: every way in which geometry can hold geometry again.
_HOLDERS: Mapping[str, tuple[str, ...]] = {
    "IfcBooleanResult": ("FirstOperand", "SecondOperand"),
    "IfcCompositeCurve": ("Segments",),
    "IfcCompositeCurveSegment": ("ParentCurve",),
    "IfcCompositeProfileDef": ("Profiles",),
    "IfcCsgSolid": ("TreeRootExpression",),
    "IfcDerivedProfileDef": ("ParentProfile",),
    "IfcLocalPlacement": ("PlacementRelTo",),
    "IfcMappedItem": ("MappingSource",),
    "IfcOffsetCurve2D": ("BasisCurve",),
    "IfcOffsetCurve3D": ("BasisCurve",),
    "IfcRectangularTrimmedSurface": ("BasisSurface",),
    "IfcRepresentationMap": ("MappedRepresentation",),
    "IfcShapeRepresentation": ("Items",),
    "IfcTrimmedCurve": ("BasisCurve",),
}
# Relations between elements that the kernel climbs, from whole to parts.
_RELATIONS: Mapping[str, tuple[str, str]] = {
    "IfcRelAggregates": ("RelatingObject", "RelatedObjects"),
    "IfcRelContainedInSpatialStructure": ("RelatingStructure", "RelatedElements"),
    "IfcRelFillsElement": ("RelatingOpeningElement", "RelatedBuildingElement"),
    "IfcRelNests": ("RelatingObject", "RelatedObjects"),
    "IfcRelProjectsElement": ("RelatingElement", "RelatedFeatureElement"),
    "IfcRelVoidsElement": ("RelatingBuildingElement", "RelatedOpeningElement"),
}
_DEEPEST = 500
_MOST = 100_000
_REMEDY = "Export the model again; if it stays so, model the element with fewer nested operations."
Edges = dict[int, list[int]]


def check_nesting(ifc: Any) -> None:  # noqa: ANN401 - ifcopenshell has no types
    """Follows what holds what in an opened model: geometry, and elements with their parts.

    Raises:
        ModelError: something holds itself, is nested deeper than 500 levels, or unfolds to more than 100,000 parts.
    """
    for edges in (_geometry(ifc), _elements(ifc)):
        depth: dict[int, int] = {}
        parts: dict[int, int] = {}
        for root in edges:
            if root not in depth:
                _follow(ifc, root, edges, depth, parts)


def _geometry(ifc: Any) -> Edges:  # noqa: ANN401
    edges: Edges = {}
    for kind, names in _HOLDERS.items():
        for holder in of_type(ifc, kind):
            edges[holder.id()] = [each.id() for name in names for each in _instances(getattr(holder, name, None))]
    return edges


def _elements(ifc: Any) -> Edges:  # noqa: ANN401
    edges: Edges = {}
    for kind, (whole, part) in _RELATIONS.items():
        for relation in of_type(ifc, kind):
            for holder in _instances(getattr(relation, whole, None)):
                held = edges.setdefault(holder.id(), [])
                held += [each.id() for each in _instances(getattr(relation, part, None))]
    return edges


def _instances(value: Any) -> Iterator[Any]:  # noqa: ANN401 - an entity, several, or a plain value
    for each in value if isinstance(value, tuple) else (value,):
        if hasattr(each, "id"):
            yield each


def _follow(ifc: Any, root: int, edges: Edges, depth: dict[int, int], parts: dict[int, int]) -> None:  # noqa: ANN401
    """Depth-first without recursion; what is held is done before what holds it."""
    stack = [(root, iter(edges[root]))]
    open_ids = {root}
    while stack:
        at, rest = stack[-1]
        child = next(rest, None)
        if child is None:
            stack.pop()
            open_ids.discard(at)
            held = edges[at]
            depth[at] = 1 + max((depth.get(each, 0) for each in held), default=0)
            parts[at] = 1 + sum(parts.get(each, 1) for each in held)
            if depth[at] > _DEEPEST or parts[at] > _MOST:
                raise _refused(ifc, at, f"is nested {depth[at]} levels deep and unfolds to {parts[at]} parts")
        elif child in open_ids:
            raise _refused(ifc, child, "holds itself")
        elif child in edges and child not in depth:
            open_ids.add(child)
            stack.append((child, iter(edges[child])))


def _refused(ifc: Any, at: int, why: str) -> ModelError:  # noqa: ANN401
    return ModelError(f"#{at} ({ifc.by_id(at).is_a()}) of the model {why}", _REMEDY)
