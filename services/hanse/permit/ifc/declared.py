# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What an IFC model declares about its place on earth, as it stands in the file.

A georeference is an IfcMapConversion (or IfcRigidOperation) to an IfcProjectedCRS; in IFC2X3 the property sets
ePSet_MapConversion and ePSet_ProjectedCRS on project, site or building (buildingSMART's user guide for
geo-referencing). The latitude and longitude of IfcSite are not one: authoring tools fill them with defaults.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Declared:
    """A georeference as it stands in the file, nothing converted.

    Attributes:
        declared_by: "IfcMapConversion", "IfcMapConversionScaled", "IfcRigidOperation" or "ePSet_MapConversion".
        crs: name of the target system as written, e.g. "EPSG:7415"; "" when missing.
        vertical_datum: name as written in IfcProjectedCRS.VerticalDatum, "" when missing.
        eastings, northings: in the map's unit.
        height: OrthogonalHeight in the map's unit; None when the file does not say.
        abscissa, ordinate: direction of the local x axis in the map.
        scale: Scale, 1 when not given; factors: FactorX, FactorY, FactorZ of IfcMapConversionScaled.
        map_unit_m: metres to one map unit when the file names the unit, else None.
        project_unit_m: metres to one length unit of the project.
    """

    declared_by: str
    crs: str
    vertical_datum: str
    eastings: float
    northings: float
    height: float | None
    abscissa: float
    ordinate: float
    scale: float
    factors: tuple[float, float, float]
    map_unit_m: float | None
    project_unit_m: float


def declared_in(ifc: Any, project_unit_m: float) -> tuple[Declared, ...]:  # noqa: ANN401 - ifcopenshell has no types
    """Every georeference in an opened IFC file that says something else, the one of the model's own context first."""
    if ifc.schema != "IFC2X3":
        found = [op for op in ifc.by_type("IfcCoordinateOperation") if op.TargetCRS is not None]
        found.sort(key=lambda op: getattr(op.SourceCRS, "ContextType", None) != "Model")
        read = [_of_operation(operation, project_unit_m) for operation in found]
        if told := tuple(dict.fromkeys(each for each in read if each is not None)):
            return told
    targets = _property_sets(ifc, "epset_projectedcrs") or [{}]
    pairs = ((one, other) for one in _property_sets(ifc, "epset_mapconversion") for other in targets)
    sets = (_of_property_sets(one, other, project_unit_m) for one, other in pairs)
    return tuple(dict.fromkeys(each for each in sets if each is not None))


def _of_operation(operation: Any, project_unit_m: float) -> Declared | None:  # noqa: ANN401
    target = operation.TargetCRS
    unit = getattr(target, "MapUnit", None)
    base = Declared(
        declared_by=operation.is_a(),
        crs=(target.Name or "").strip(),
        vertical_datum=(getattr(target, "VerticalDatum", None) or "").strip(),
        eastings=0.0,
        northings=0.0,
        height=None,
        abscissa=1.0,
        ordinate=0.0,
        scale=1.0,
        factors=(1.0, 1.0, 1.0),
        map_unit_m=None if unit is None else unit_metres(unit),
        project_unit_m=project_unit_m,
    )
    if operation.is_a("IfcRigidOperation"):
        x, y = operation.FirstCoordinate.wrappedValue, operation.SecondCoordinate.wrappedValue
        # A rigid operation neither turns nor scales: its coordinates are in the project's unit.
        return replace(base, eastings=x, northings=y, height=operation.Height, map_unit_m=project_unit_m)
    if not operation.is_a("IfcMapConversion") or operation.Eastings is None or operation.Northings is None:
        return None
    scaled = operation.is_a("IfcMapConversionScaled")
    abscissa, ordinate = _direction(operation.XAxisAbscissa, operation.XAxisOrdinate)
    return replace(
        base,
        eastings=operation.Eastings,
        northings=operation.Northings,
        height=operation.OrthogonalHeight,
        abscissa=abscissa,
        ordinate=ordinate,
        scale=operation.Scale or 1.0,
        factors=(operation.FactorX, operation.FactorY, operation.FactorZ) if scaled else (1.0, 1.0, 1.0),
    )


def _direction(abscissa: float | None, ordinate: float | None) -> tuple[float, float]:
    """IFC's default when both are left out is east."""
    if abscissa is None and ordinate is None:
        return 1.0, 0.0
    return abscissa or 0.0, ordinate or 0.0


def _of_property_sets(
    conversion: Mapping[str, Any], target: Mapping[str, Any], project_unit_m: float
) -> Declared | None:
    eastings, northings = _real(conversion, "Eastings"), _real(conversion, "Northings")
    if eastings is None or northings is None:
        return None
    abscissa, ordinate = _direction(_real(conversion, "XAxisAbscissa"), _real(conversion, "XAxisOrdinate"))
    return Declared(
        declared_by="ePSet_MapConversion",
        crs=str(target.get("Name") or "").strip(),
        vertical_datum=str(target.get("VerticalDatum") or "").strip(),
        eastings=eastings,
        northings=northings,
        height=_real(conversion, "OrthogonalHeight"),
        abscissa=abscissa,
        ordinate=ordinate,
        scale=_real(conversion, "Scale") or 1.0,
        factors=(1.0, 1.0, 1.0),
        map_unit_m=_UNITS_BY_NAME.get(str(target.get("MapUnit") or "").strip().upper()),
        project_unit_m=project_unit_m,
    )


def _real(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _property_sets(ifc: Any, name: str) -> list[dict[str, Any]]:  # noqa: ANN401
    """The values of the property sets of a name, whatever its capitals (they vary)."""
    return [
        {
            each.Name: each.NominalValue.wrappedValue
            for each in held.HasProperties
            if each.is_a("IfcPropertySingleValue") and each.NominalValue is not None
        }
        for held in ifc.by_type("IfcPropertySet")
        if (held.Name or "").lower() == name
    ]


_PREFIXES = {
    None: 1.0,
    "KILO": 1e3,
    "HECTO": 1e2,
    "DECA": 1e1,
    "DECI": 1e-1,
    "CENTI": 1e-2,
    "MILLI": 1e-3,
    "MICRO": 1e-6,
}
_UNITS_BY_NAME = {"METRE": 1.0, "METER": 1.0, "M": 1.0, "MILLIMETRE": 1e-3, "MM": 1e-3, "FOOT": 0.3048}


def unit_metres(unit: Any) -> float | None:  # noqa: ANN401
    """Metres to one of an IfcNamedUnit of length; None when it is none."""
    if unit.is_a("IfcSIUnit") and unit.Name == "METRE":
        return _PREFIXES.get(unit.Prefix)
    if unit.is_a("IfcConversionBasedUnit") and unit.UnitType == "LENGTHUNIT":
        inner = unit_metres(unit.ConversionFactor.UnitComponent)
        return None if inner is None else float(unit.ConversionFactor.ValueComponent.wrappedValue) * inner
    return None


def project_unit(ifc: Any) -> float | None:  # noqa: ANN401
    """Metres to one length unit of the project; None when the file declares none."""
    for project in ifc.by_type("IfcProject"):
        for unit in getattr(project.UnitsInContext, "Units", None) or ():
            if unit.is_a("IfcNamedUnit") and unit.UnitType == "LENGTHUNIT":
                return unit_metres(unit)
    return None
