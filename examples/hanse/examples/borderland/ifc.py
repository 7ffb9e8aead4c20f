# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""A small builder of IFC4 models whose every identifier follows from a name, so that two runs give one file.

Geometry is given in the building's own metres (x along the street, y away from it, z up from ground floor level) as
prisms: a profile in one plane, pushed along that plane's normal.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import ifcopenshell
import ifcopenshell.guid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Axis = Literal["x", "y", "z"]
_STAMP: Final = "2026-01-15T09:00:00"
# For each axis of extrusion: the profile's own x direction and its normal, in building axes.
_FRAMES: Final[dict[Axis, tuple[tuple[float, float, float], tuple[float, float, float]]]] = {
    "x": ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0)),
    "y": ((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    "z": ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
}


@dataclass(frozen=True, slots=True)
class Prism:
    """A closed profile pushed along an axis from `start` over `length` metres.

    The profile's points are (y, z) for axis x, (x, z) for axis y and (x, y) for axis z.
    """

    axis: Axis
    profile: tuple[tuple[float, float], ...]
    start: float
    length: float


def block(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> Prism:
    """Return an upright box between two bounds on each axis."""
    profile = ((x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1]))
    return Prism("z", profile, z[0], z[1] - z[0])


@dataclass(slots=True)
class Model:
    """An IFC4 file in the making; `name` is the root of all its identifiers."""

    name: str
    file: Any = field(init=False)
    body: Any = field(init=False)
    context: Any = field(init=False)
    project: Any = field(init=False)
    origin: Any = field(init=False)
    _styles: dict[str, Any] = field(init=False, default_factory=dict)
    _within: dict[str, tuple[Any, list[Any]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Open an empty file and write its header."""
        self.file = ifcopenshell.file(schema="IFC4")
        header = self.file.header
        header.file_description.description = ("ViewDefinition [ReferenceView_V1.2]",)
        header.file_name.name = f"{self.name}.ifc"
        header.file_name.time_stamp = _STAMP
        header.file_name.author = ("Architectenbureau De Lindeboom",)
        header.file_name.organization = ("Architectenbureau De Lindeboom, Lindemond",)
        header.file_name.preprocessor_version = "Hanse example generator"
        header.file_name.originating_system = "Hanse example generator"

    def root(self, kind: str, key: str, **attributes: Any) -> Any:  # noqa: ANN401 - IFC entities have no types
        """Create a rooted entity with an identifier made of its kind and key."""
        digest = hashlib.sha256(f"{self.name}/{kind}/{key}".encode()).hexdigest()[:32]
        return self.file.create_entity(kind, GlobalId=ifcopenshell.guid.compress(digest), **attributes)

    def make(self, kind: str, *arguments: Any, **attributes: Any) -> Any:  # noqa: ANN401
        """Create an entity without an identifier."""
        return self.file.create_entity(kind, *arguments, **attributes)

    def direction(self, *ratios: float) -> Any:  # noqa: ANN401
        """Create a direction."""
        return self.make("IfcDirection", tuple(float(r) for r in ratios))

    def point(self, *coordinates: float) -> Any:  # noqa: ANN401
        """Create a point, to the tenth of a millimetre."""
        return self.make("IfcCartesianPoint", tuple(round(float(c), 4) for c in coordinates))

    def placement(self, parent: Any = None) -> Any:  # noqa: ANN401
        """Create a placement at the building's origin."""
        return self.make("IfcLocalPlacement", parent, self.origin)

    def shape(self, prisms: Sequence[Prism], style: str | Sequence[str] | None) -> Any:  # noqa: ANN401
        """Create a product's shape from prisms, in one colour or one for each."""
        items = [self._extrusion(prism) for prism in prisms]
        names = [style] * len(items) if isinstance(style, str) else style or []
        for item, name in zip(items, names, strict=False):
            self.make("IfcStyledItem", item, (self._styles[name],), None)
        representation = self.make("IfcShapeRepresentation", self.body, "Body", "SweptSolid", tuple(items))
        return self.make("IfcProductDefinitionShape", None, None, (representation,))

    def _extrusion(self, prism: Prism) -> Any:  # noqa: ANN401
        right, normal = _FRAMES[prism.axis]
        at = tuple(prism.start * n for n in normal)
        frame = self.make("IfcAxis2Placement3D", self.point(*at), self.direction(*normal), self.direction(*right))
        # Seen along +y with z up, x runs to the left.
        sign = -1.0 if prism.axis == "y" else 1.0
        points = [self.point(sign * a, b) for a, b in prism.profile]
        outline = self.make("IfcPolyline", (*points, points[0]))
        profile = self.make("IfcArbitraryClosedProfileDef", "AREA", None, outline)
        return self.make("IfcExtrudedAreaSolid", profile, frame, self.direction(0, 0, 1), round(prism.length, 4))

    def style(self, name: str, rgb: tuple[float, float, float], transparency: float = 0.0) -> None:
        """Define a surface colour by name."""
        colour = self.make("IfcColourRgb", None, *rgb)
        shading = self.make("IfcSurfaceStyleShading", colour, transparency)
        self._styles[name] = self.make("IfcSurfaceStyle", name, "BOTH", (shading,))

    def properties(self, target: Any, name: str, values: Mapping[str, tuple[str, Any]]) -> None:  # noqa: ANN401
        """Attach a property set: property name to (IFC value type, value)."""
        key = f"{target.GlobalId}/{name}"
        single = [
            self.make("IfcPropertySingleValue", Name=k, NominalValue=self.make(kind, v))
            for k, (kind, v) in values.items()
        ]
        group = self.root("IfcPropertySet", key, Name=name, HasProperties=tuple(single))
        self.root("IfcRelDefinesByProperties", key, RelatedObjects=(target,), RelatingPropertyDefinition=group)

    def parts(self, whole: Any, *parts: Any) -> None:  # noqa: ANN401
        """Say what a thing is made of."""
        self.root("IfcRelAggregates", whole.GlobalId, RelatingObject=whole, RelatedObjects=tuple(parts))

    def put(self, storey: Any, product: Any) -> Any:  # noqa: ANN401
        """Note that a product stands on a storey and return it."""
        self._within.setdefault(storey.GlobalId, (storey, []))[1].append(product)
        return product

    def opening(self, wall: Any, key: str, hole: Prism, filling: Any) -> None:  # noqa: ANN401
        """Cut a hole into a wall and set a window or door in it."""
        void = self.root(
            "IfcOpeningElement",
            key,
            Name=f"Sparing {key}",
            ObjectPlacement=self.placement(),
            Representation=self.shape([hole], None),
            PredefinedType="OPENING",
        )
        self.root("IfcRelVoidsElement", key, RelatingBuildingElement=wall, RelatedOpeningElement=void)
        self.root("IfcRelFillsElement", key, RelatingOpeningElement=void, RelatedBuildingElement=filling)

    def text(self) -> str:
        """Return the finished file."""
        for key, (storey, products) in self._within.items():
            self.root(
                "IfcRelContainedInSpatialStructure", key, RelatedElements=tuple(products), RelatingStructure=storey
            )
        self._within.clear()
        return str(self.file.to_string())
