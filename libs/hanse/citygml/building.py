# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""One building element, with its parts and what belongs to them, as the city objects of a feature."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hanse.citygml import attributes
from hanse.citygml.errors import FaultError
from hanse.citygml.geometry import Shapes, Vertices
from hanse.citygml.names import Family, gml_id, inner_name, local_name, split
from hanse.citygml.thematic import LOD, SURFACES, Boundary, geometries
from hanse.cityjson import CityObject, Feature, NotCarried
from hanse.cityjson.errors import pointer

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from hanse.citygml.reference import Frame

Json = Any
_MAX_ID = 500
_MAX_DEPTH = 10  # of parts in parts
_TYPES = {
    "Building": "Building",
    "BuildingPart": "BuildingPart",
    "BuildingInstallation": "BuildingInstallation",
    "IntBuildingInstallation": "BuildingInstallation",
    "BuildingConstructiveElement": "BuildingConstructiveElement",
    "BuildingFurniture": "BuildingFurniture",
    "BuildingRoom": "BuildingRoom",
    "Room": "BuildingRoom",
    "Storey": "BuildingStorey",
    "BuildingUnit": "BuildingUnit",
}


@dataclass(slots=True, eq=False)
class _Build:
    shapes: Shapes
    objects: dict[str, CityObject] = field(default_factory=dict)
    left: list[NotCarried] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Said:
    """What the properties of one object say."""

    boundary: Boundary
    attributes: dict[str, Json] = field(default_factory=dict)
    geometry: list[tuple[str, str, Element]] = field(default_factory=list)
    addresses: list[dict[str, Json]] = field(default_factory=list)
    parts: list[Element] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def feature(element: Element, frame: Frame, max_vertices: int) -> Feature:
    """Return the feature that a Building element describes.

    Raises:
        FaultError: something in it cannot be read; nothing is guessed or left out silently.
    """
    root = gml_id(element)
    if not root:
        raise FaultError("", "the building has no gml:id; give it one, it is what it is known by")
    ids: dict[str, Element] = {}
    for node in element.iter():
        if (name := gml_id(node)) is not None and ids.setdefault(name, node) is not node:
            raise FaultError(f"//*[@id='{name}']", "this gml:id occurs twice in one building")
        srs = node.get("srsName")
        if srs and frame.source_name and srs != frame.source_name:
            raise FaultError("", f"srsName {srs[:80]!r} is not the document's {frame.source_name[:80]!r}")
    build = _Build(Shapes(ids, Vertices(frame, max_vertices)))
    _object(element, root, (), build)
    return Feature(root, build.objects, build.shapes.vertices.array(), frame.header, tuple(build.left))


def _object(element: Element, key: str, parents: tuple[str, ...], build: _Build) -> None:
    if len(key) > _MAX_ID or key in build.objects:
        raise FaultError("", f"the id {key[:80]!r} is too long or taken twice")
    if len(parents) > _MAX_DEPTH:
        raise FaultError("", f"parts of parts nest more than {_MAX_DEPTH} deep")
    type_ = _TYPES[local_name(element)]
    build.objects[key] = CityObject(key, type_)  # keeps its place before its parts until all is read
    said = _Said(Boundary(build.shapes))
    for child in element:
        _property(child, said)
    children = [gml_id(part) or f"{key}-{number}" for number, part in enumerate(said.parts, start=1)]
    for part, below in zip(said.parts, children, strict=True):
        _object(part, below, (key, *parents), build)
    shapes = tuple(geometries(said.geometry, said.boundary))
    other = {"address": said.addresses} if said.addresses else {}
    build.left.extend(NotCarried(pointer("CityObjects", key, name), _what(name)) for name in said.left)
    build.left.extend(NotCarried(pointer("CityObjects", key, name), _what(name)) for name in said.boundary.left)
    build.objects[key] = CityObject(key, type_, said.attributes, shapes, parents[:1], tuple(children), other)


def _property(child: Element, said: _Said) -> None:
    """Put a property of an object where it belongs; what has no place is named."""
    family, name = split(child)
    inner = inner_name(child)
    if family is Family.GML and name == "boundedBy":
        return
    if inner in _TYPES and inner != "Building":
        said.parts.extend(child)
    elif inner in SURFACES:
        said.boundary.add(child[0])
    elif family is Family.CITY and name == "address":
        said.addresses.extend(found for one in child if (found := attributes.address(one)))
    elif family is Family.CITY and (match := LOD.fullmatch(name)):
        said.geometry.append((match[1], match[2], child))
    elif family is Family.OTHER or not attributes.take(child, said.attributes):
        said.left.append(name)


def _what(name: str) -> str:
    if "mplicitRepresentation" in name:
        return "GeometryInstance"
    return "material" if name == "appearance" else name
