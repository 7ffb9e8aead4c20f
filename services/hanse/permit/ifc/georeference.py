# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From what a model declares to where it stands: units, scale, turn, and whether that can be believed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanse.permit.ifc.declared import Declared

Floats = NDArray[np.float64]
_AREA_MARGIN_DEGREES = 0.5
# What a map's projection makes of a metre anywhere in its area of use; more would be a smaller or larger building.
_SCALE_RANGE = (0.998, 1.002)
_MILLI = 1000.0
_UNIT_VECTOR_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Issue:
    """Something about the placement that a reader must know; `blocking` when nothing can be judged because of it."""

    code: str
    nl: str
    en: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class Placement:
    """How local metres become map metres: turn, scale, shift. Heights likewise, when the file says how high.

    `height` is None when OrthogonalHeight is missing: then only lengths within the model are known.
    """

    declared_by: str
    crs: str
    vertical_datum: str
    eastings: float
    northings: float
    height: float | None
    rotation_deg: float
    factors: tuple[float, float, float]

    def place(self, local: Floats) -> Floats:
        """Map metres (..., 3) of local metres (..., 3); z is above OrthogonalHeight's zero, or local without one."""
        angle = math.radians(self.rotation_deg)
        cosine, sine = math.cos(angle), math.sin(angle)
        x, y, z = local[..., 0] * self.factors[0], local[..., 1] * self.factors[1], local[..., 2]
        return np.stack(
            [
                self.eastings + x * cosine - y * sine,
                self.northings + x * sine + y * cosine,
                (self.height or 0.0) + z * self.factors[2],
            ],
            axis=-1,
        )


@dataclass(frozen=True, slots=True)
class Area:
    """A coordinate system's area of use.

    Attributes:
        bounds: west, south, east, north in degrees.
        unit_m: metres to one of its units.
        to_degrees: longitude and latitude of a point in metres; not finite where that is undefined.
    """

    bounds: tuple[float, float, float, float]
    unit_m: float
    to_degrees: Callable[[float, float], tuple[float, float]]


def interpret(declared: Declared, area: Area) -> tuple[Placement | None, tuple[Issue, ...]]:
    """The one reading of the units in which scale and place both make sense, and what is odd about it.

    MapUnit counts when the file names it. When it does not, IFC leaves open whether the map's own unit or the
    project's is meant; both are tried, the map's own first.
    """
    units = [declared.map_unit_m] if declared.map_unit_m else [area.unit_m, declared.project_unit_m]
    readings = [(unit, declared.scale * unit / declared.project_unit_m) for unit in dict.fromkeys(units)]
    if abs(math.hypot(declared.abscissa, declared.ordinate)) < _UNIT_VECTOR_TOLERANCE:
        return None, (_no_direction(),)
    for unit, factor in readings:
        sensible = all(_sensible(factor * each) for each in declared.factors)
        if sensible and _inside(declared.eastings * unit, declared.northings * unit, area):
            return _placement(declared, unit, factor), _notes(declared, unit, area)
    return None, (_unreadable(declared, readings, area),)


def _placement(declared: Declared, unit: float, factor: float) -> Placement:
    x, y = factor * declared.factors[0], factor * declared.factors[1]
    return Placement(
        declared_by=declared.declared_by,
        crs=declared.crs,
        vertical_datum=declared.vertical_datum,
        eastings=declared.eastings * unit,
        northings=declared.northings * unit,
        height=None if declared.height is None else declared.height * unit,
        rotation_deg=math.degrees(math.atan2(declared.ordinate, declared.abscissa)),
        # A map is no higher or lower for its scale.
        factors=(x, y, 1.0),
    )


def _sensible(factor: float) -> bool:
    return _SCALE_RANGE[0] <= factor <= _SCALE_RANGE[1]


def _inside(x: float, y: float, area: Area) -> bool:
    """Within the system's area of use, give or take half a degree."""
    return within(area.bounds, *area.to_degrees(x, y))


def within(bounds: tuple[float, float, float, float], longitude: float, latitude: float) -> bool:
    """Whether a point in degrees lies in bounds (west, south, east, north), give or take half a degree."""
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        return False
    west, south, east, north = bounds
    margin = _AREA_MARGIN_DEGREES
    across = west - margin <= longitude <= east + margin or (
        west > east and (longitude >= west - margin or longitude <= east + margin)
    )
    return across and south - margin <= latitude <= north + margin


def _notes(declared: Declared, unit: float, area: Area) -> tuple[Issue, ...]:
    notes = []
    if not math.isclose(unit, area.unit_m, rel_tol=1e-9):
        raw, read = _number(declared.eastings), _number(declared.eastings * unit)
        notes.append(
            Issue(
                "MAP_UNIT",
                f"Eastings {raw} staat niet in de eenheid van {declared.crs}; gelezen als {read} m.",
                f"Eastings {raw} is not in the unit of {declared.crs}; it was read as {read} m.",
                blocking=False,
            )
        )
    if declared.height is None:
        notes.append(
            Issue(
                "HEIGHT_MISSING",
                "OrthogonalHeight ontbreekt: de hoogte van het plan boven het verticale datum is onbekend. "
                "Vul OrthogonalHeight in.",
                "OrthogonalHeight is missing: the plan's height above the vertical datum is unknown. "
                "Fill in OrthogonalHeight.",
                blocking=False,
            )
        )
    return tuple(notes)


def _unreadable(declared: Declared, readings: list[tuple[float, float]], area: Area) -> Issue:
    """Says which of the usual mistakes it is."""
    east, north = _number(declared.eastings), _number(declared.northings)
    for unit, _ in readings:
        x, y = declared.eastings * unit, declared.northings * unit
        if not _inside(x, y, area) and _inside(x / _MILLI, y / _MILLI, area):
            return Issue(
                "MILLIMETRES_AS_METRES",
                f"Eastings {east} en Northings {north} liggen buiten het gebied van {declared.crs}, maar passen als "
                "millimeters: geef ze in meters, of zet MapUnit op millimeter.",
                f"Eastings {east} and Northings {north} lie outside the area of use of {declared.crs}, but fit as "
                "millimetres: give them in metres, or set MapUnit to millimetre.",
                blocking=True,
            )
    if not any(_inside(declared.eastings * unit, declared.northings * unit, area) for unit, _ in readings):
        return Issue(
            "OUTSIDE_CRS",
            f"Eastings {east} en Northings {north} liggen buiten het gebied waar {declared.crs} geldt. "
            "Controleer de coördinaten en de naam van het stelsel.",
            f"Eastings {east} and Northings {north} lie outside the area where {declared.crs} is used. "
            "Check the coordinates and the name of the system.",
            blocking=True,
        )
    factor = max((readings[0][1] * each for each in declared.factors), key=lambda each: abs(each - 1))
    return Issue(
        "SCALE",
        f"Scale {declared.scale:g} past niet bij de eenheden: een meter in het model werd {factor:g} m op de kaart. "
        f"Zet Scale op {declared.scale / factor:g}.",
        f"Scale {declared.scale:g} does not fit the units: one metre of the model would become {factor:g} m on the "
        f"map. Set Scale to {declared.scale / factor:g}.",
        blocking=True,
    )


def _no_direction() -> Issue:
    return Issue(
        "ROTATION",
        "XAxisAbscissa en XAxisOrdinate zijn beide nul: de richting van het plan is onbekend. Vul ze in.",
        "XAxisAbscissa and XAxisOrdinate are both zero: the plan's direction is unknown. Fill them in.",
        blocking=True,
    )


def _number(value: float) -> str:
    return f"{value:,.3f}".rstrip("0").rstrip(".")
