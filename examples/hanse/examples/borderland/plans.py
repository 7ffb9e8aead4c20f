# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Three building plans in IFC4 for the empty plot in Marewijk.

One fits, one is too high for the neighbours across the border, and one leaves out what a check needs.
The design is a double house under a gabled roof, its ridge along the street. Heights are metres above ground floor
level, which lies at `hanse.examples.borderland.zoning.PEIL` above NAP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hanse.examples.borderland.ifc import Model, Prism, block
from hanse.examples.borderland.terrain import ORIGIN
from hanse.examples.borderland.zoning import PEIL

if TYPE_CHECKING:
    from hanse.examples.borderland.plan import Plot

LENGTH: Final = 12.0
DEPTH: Final = 9.2
SETBACK: Final = 3.0
_WALL: Final = 0.3
_ROOF: Final = 0.32
_EAVE: Final = 0.45
_VERGE: Final = 0.25
_FLOOR: Final = 0.28
_MIDDLE: Final = LENGTH / 2


@dataclass(frozen=True, slots=True)
class Design:
    """A plan to draw: storeys, their height, eaves and ridge in metres above ground floor level, and what is said."""

    name: str
    title: str
    storeys: int
    storey: float
    eaves: float
    ridge: float
    use: str | None = "wonen"
    level: float | None = PEIL

    @property
    def slope(self) -> float:
        """Rise of the roof over its run."""
        return (self.ridge - _ROOF - self.eaves) / (DEPTH / 2)


DESIGNS: Final = (
    Design("complies", "Twee woningen Oude Liede 14", 2, 2.85, 5.75, 8.95),
    Design("too-high", "Drie lagen aan de Oude Liede", 3, 2.75, 8.30, 10.90),
    Design("data-missing", "Bouwplan Oude Liede 14", 2, 2.85, 5.75, 8.95, use=None, level=None),
)


def ifc(design: Design, plot: Plot) -> str:
    """Return the plan as an IFC4 file standing on the plot, its front `SETBACK` metres behind the street front."""
    model = Model(design.name)
    _set_up(model, design, plot)
    storeys = _spatial(model, design)
    for number, storey in enumerate(storeys):
        _storey(model, design, number, storey)
    _roof(model, design, storeys[-1])
    return model.text()


def _set_up(model: Model, design: Design, plot: Plot) -> None:
    """Units, coordinate system and where the building's origin lies in it."""
    make = model.make
    model.origin = make("IfcAxis2Placement3D", model.point(0, 0, 0), None, None)
    units = [make("IfcSIUnit", UnitType=kind, Prefix=None, Name=name) for kind, name in
             (("LENGTHUNIT", "METRE"), ("AREAUNIT", "SQUARE_METRE"), ("VOLUMEUNIT", "CUBIC_METRE"),
              ("PLANEANGLEUNIT", "RADIAN"))]  # fmt: skip
    angle = np.radians(plot.degrees)
    along = np.array([np.cos(angle), np.sin(angle)])
    inward = np.array([-along[1], along[0]])
    corner = np.asarray(plot.front) - _MIDDLE * along + SETBACK * inward + np.asarray(ORIGIN)
    north = model.direction(round(float(along[1]), 9), round(float(inward[1]), 9))
    model.context = make("IfcGeometricRepresentationContext", None, "Model", 3, 1.0e-5, model.origin, north)
    model.body = make(
        "IfcGeometricRepresentationSubContext",
        ContextIdentifier="Body",
        ContextType="Model",
        ParentContext=model.context,
        TargetView="MODEL_VIEW",
    )
    model.project = model.root(
        "IfcProject",
        "project",
        Name=design.title,
        Phase="Vergunning",
        RepresentationContexts=(model.context,),
        UnitsInContext=make("IfcUnitAssignment", tuple(units)),
    )
    system = make(
        "IfcProjectedCRS",
        Name="EPSG:7415",
        Description="Amersfoort / RD New + NAP height",
        GeodeticDatum="Amersfoort",
        VerticalDatum="NAP",
        MapProjection="RD",
        MapUnit=units[0],
    )
    make(
        "IfcMapConversion",
        SourceCRS=model.context,
        TargetCRS=system,
        Eastings=round(float(corner[0]), 3),
        Northings=round(float(corner[1]), 3),
        OrthogonalHeight=design.level,
        XAxisAbscissa=round(float(along[0]), 9),
        XAxisOrdinate=round(float(along[1]), 9),
        Scale=1.0,
    )
    for name, rgb in _COLOURS.items():
        model.style(name, rgb, 0.55 if name == "glass" else 0.0)


_COLOURS: Final = {
    "brick": (0.62, 0.31, 0.22),
    "plaster": (0.93, 0.90, 0.84),
    "concrete": (0.70, 0.69, 0.66),
    "tiles": (0.27, 0.29, 0.33),
    "frame": (0.96, 0.96, 0.93),
    "door": (0.13, 0.30, 0.24),
    "glass": (0.62, 0.76, 0.83),
    "air": (0.85, 0.88, 0.92),
}


_STOREYS: Final = ("Begane grond", "Eerste verdieping", "Tweede verdieping")


def _spatial(model: Model, design: Design) -> list[Any]:
    """Site, building and storeys; the last storey lies under the roof."""
    site = model.root(
        "IfcSite",
        "site",
        Name="Oude Liede 14",
        ObjectPlacement=model.placement(),
        CompositionType="ELEMENT",
        RefElevation=design.level,
    )
    building = model.root(
        "IfcBuilding",
        "building",
        Name=design.title,
        ObjectPlacement=model.placement(),
        CompositionType="ELEMENT",
        ElevationOfRefHeight=design.level,
    )
    names = [*_STOREYS[: design.storeys], "Onder de kap"]
    storeys = [
        model.root(
            "IfcBuildingStorey",
            name,
            Name=name,
            ObjectPlacement=model.placement(),
            CompositionType="ELEMENT",
            Elevation=round(number * design.storey, 3),
        )
        for number, name in enumerate(names)
    ]
    model.parts(model.project, site)
    model.parts(site, building)
    model.parts(building, *storeys)
    common: dict[str, tuple[str, Any]] = {"NumberOfStoreys": ("IfcInteger", design.storeys)}
    if design.use is not None:
        common["OccupancyType"] = ("IfcLabel", design.use)
    model.properties(building, "Pset_BuildingCommon", common)
    return storeys


def _storey(model: Model, design: Design, number: int, storey: Any) -> None:  # noqa: ANN401
    """Floor, walls with their windows and doors, and spaces of one storey."""
    low = number * design.storey
    attic = number == design.storeys
    floor = (
        block((0.0, LENGTH), (0.0, DEPTH), (low - _FLOOR, low))
        if number == 0
        else block((_WALL, LENGTH - _WALL), (_WALL, DEPTH - _WALL), (low - _FLOOR, low))
    )
    slab = model.root(
        "IfcSlab",
        f"floor {number}",
        Name=f"Vloer {number}",
        ObjectPlacement=model.placement(),
        Representation=model.shape([floor], "concrete"),
        PredefinedType="BASESLAB" if number == 0 else "FLOOR",
    )
    model.put(storey, slab)
    if attic:
        _attic(model, design, low, storey)
        return
    top = low + design.storey
    last = number == design.storeys - 1
    walls = {
        "voor": _long_wall(design, (0.0, _WALL), low, top, last=last),
        "achter": _long_wall(design, (DEPTH, DEPTH - _WALL), low, top, last=last),
        "links": [block((0.0, _WALL), (_WALL, DEPTH - _WALL), (low, top))],
        "rechts": [block((LENGTH - _WALL, LENGTH), (_WALL, DEPTH - _WALL), (low, top))],
        "midden": [block((_MIDDLE - 0.15, _MIDDLE + 0.15), (_WALL, DEPTH - _WALL), (low, top))],
    }
    made = {side: _wall(model, storey, f"{side} {number}", prisms) for side, prisms in walls.items()}
    for side in ("voor", "achter"):
        _openings(model, storey, made[side], side, number, low)
    _spaces(model, design, number, storey)


def _long_wall(design: Design, y: tuple[float, float], low: float, top: float, *, last: bool) -> list[Prism]:
    """A front or back wall; the last one reaches up to the underside of the roof."""
    outer, inner = y
    if not last:
        return [block((0.0, LENGTH), (min(y), max(y)), (low, top))]
    high = design.eaves + _WALL * design.slope
    return [Prism("x", ((outer, low), (inner, low), (inner, high), (outer, design.eaves)), 0.0, LENGTH)]


def _wall(model: Model, storey: Any, key: str, prisms: list[Prism]) -> Any:  # noqa: ANN401
    inside = key.startswith("midden")
    wall = model.root(
        "IfcWall",
        key,
        Name=f"Wand {key}",
        ObjectPlacement=model.placement(),
        Representation=model.shape(prisms, "plaster" if inside else "brick"),
        PredefinedType="PARTITIONING" if inside else "SOLIDWALL",
    )
    model.properties(wall, "Pset_WallCommon", {"IsExternal": ("IfcBoolean", not inside)})
    return model.put(storey, wall)


def _attic(model: Model, design: Design, low: float, storey: Any) -> None:  # noqa: ANN401
    """The two gables and the wall between the houses, up to the underside of the roof."""

    def under(y: float) -> float:
        return design.eaves + min(y, DEPTH - y) * design.slope

    near, far, middle = _WALL, DEPTH - _WALL, DEPTH / 2
    profile = ((near, low), (far, low), (far, under(far)), (middle, under(middle)), (near, under(near)))
    for side, x in (("links", 0.0), ("rechts", LENGTH - _WALL), ("midden", _MIDDLE - 0.15)):
        wall = _wall(model, storey, f"{side} {design.storeys}", [Prism("x", profile, x, _WALL)])
        if side != "midden":
            hole = block((x - 0.1, x + _WALL + 0.1), (middle - 0.6, middle + 0.6), (low + 0.35, low + 1.55))
            pane = block((x + 0.12, x + 0.16), (middle - 0.6, middle + 0.6), (low + 0.35, low + 1.55))
            window = model.root(
                "IfcWindow",
                f"{side} {design.storeys}",
                Name=f"Gevelraam {side}",
                ObjectPlacement=model.placement(),
                Representation=model.shape([pane], "glass"),
                OverallHeight=1.2,
                OverallWidth=1.2,
            )
            model.opening(wall, f"{side} {design.storeys}", hole, model.put(storey, window))


def _openings(model: Model, storey: Any, wall: Any, side: str, number: int, low: float) -> None:  # noqa: ANN401
    """Windows on every storey, front doors and garden doors on the ground floor."""
    depth = (0.0, _WALL) if side == "voor" else (DEPTH - _WALL, DEPTH)
    for bay, middle in enumerate((1.3, 3.1, 4.8, 7.2, 8.9, 10.7)):
        key = f"{side} {number}.{bay}"
        door = number == 0 and bay in {2, 3}
        half = 0.5 if door else 0.62
        sill, head = (0.0, 2.4) if door else (0.75, 2.4)
        x, z = (middle - half, middle + half), (low + sill, low + head)
        hole = block(x, (depth[0] - 0.1, depth[1] + 0.1), z)
        pane_y = (depth[0] + 0.11, depth[1] - 0.11)
        frame = _frame(x, (depth[0] + 0.08, depth[1] - 0.08), z)
        inner = block((x[0] + 0.07, x[1] - 0.07), pane_y, (z[0] + 0.07, z[1] - 0.07))
        kind = "IfcDoor" if door else "IfcWindow"
        shape = model.shape([*frame, inner], ["frame"] * 4 + ["door" if door and side == "voor" else "glass"])
        part = model.root(
            kind,
            key,
            Name=f"{'Deur' if door else 'Raam'} {key}",
            ObjectPlacement=model.placement(),
            Representation=shape,
            OverallHeight=round(head - sill, 3),
            OverallWidth=2 * half,
        )
        model.opening(wall, key, hole, model.put(storey, part))


def _frame(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> list[Prism]:
    """Four bars around an opening."""
    bar = 0.07
    return [
        block((x[0], x[0] + bar), y, z),
        block((x[1] - bar, x[1]), y, z),
        block((x[0] + bar, x[1] - bar), y, (z[0], z[0] + bar)),
        block((x[0] + bar, x[1] - bar), y, (z[1] - bar, z[1])),
    ]


def _spaces(model: Model, design: Design, number: int, storey: Any) -> None:  # noqa: ANN401
    """Two rooms in each half, front and back."""
    low, high = number * design.storey, (number + 1) * design.storey - _FLOOR
    names = _ROOMS[min(number, 1)]
    rooms = []
    halves = ((_WALL, _MIDDLE - 0.15), (_MIDDLE + 0.15, LENGTH - _WALL))
    depths = ((_WALL, 4.4), (4.4, DEPTH - _WALL))
    for half, x in enumerate(halves):
        for part, y in enumerate(depths):
            key = f"{number}.{half + 1}{'ab'[part]}"
            space = model.root(
                "IfcSpace",
                key,
                Name=key,
                ObjectPlacement=model.placement(),
                LongName=names[part] if design.use else f"Ruimte {key}",
                Representation=model.shape([block(x, y, (low, high))], "air"),
                CompositionType="ELEMENT",
                PredefinedType="INTERNAL",
            )
            if design.use is not None:
                occupancy = {"OccupancyType": ("IfcLabel", design.use)}
                model.properties(space, "Pset_SpaceOccupancyRequirements", occupancy)
            rooms.append(space)
    model.parts(storey, *rooms)


_ROOMS: Final = (("Woonkamer", "Keuken"), ("Slaapkamer", "Badkamer en studeerkamer"))


def _roof(model: Model, design: Design, storey: Any) -> None:  # noqa: ANN401
    """Two slopes that meet in the ridge, over eaves and verges."""
    low, top = design.eaves - _EAVE * design.slope, design.ridge - _ROOF
    middle = DEPTH / 2
    sides = {"straat": -_EAVE, "tuin": DEPTH + _EAVE}
    slopes = []
    for name, edge in sides.items():
        profile = ((edge, low), (middle, top), (middle, design.ridge), (edge, low + _ROOF))
        prism = Prism("x", profile, -_VERGE, LENGTH + 2 * _VERGE)
        slopes.append(
            model.root(
                "IfcSlab",
                f"roof {name}",
                Name=f"Dakvlak {name}",
                ObjectPlacement=model.placement(),
                Representation=model.shape([prism], "tiles"),
                PredefinedType="ROOF",
            )
        )
    roof = model.root(
        "IfcRoof", "roof", Name="Zadeldak", ObjectPlacement=model.placement(), PredefinedType="GABLE_ROOF"
    )
    model.parts(roof, *slopes)
    model.put(storey, roof)
