# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From a model's facts to a plan that stands in the city: placed, turned, converted, with its outline and heights."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from hanse.geo import Crs, CrsError, DatumStatus, VerticalDatum, transformer
from hanse.permit.ifc.georeference import Area, Issue, Placement, interpret, within
from hanse.permit.model import Element, Floats, Plan
from hanse.permit.planar import GRID_M, MIN_AREA_M2, common, unite

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from hanse.permit.ifc.declared import Declared
    from hanse.permit.ifc.geometry import Mesh
    from hanse.permit.ifc.reader import ModelFacts
    from hanse.permit.ifc.uses import Use

_SLIVER_M = 0.01
_WGS84 = Crs.parse("EPSG:4326")
_UNKNOWN = VerticalDatum("unknown", None, DatumStatus.UNKNOWN)
_NAMES_OF_NAP = frozenset({"nap", "normaal amsterdams peil", "amsterdam ordnance datum"})


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a model stands: its plan in the city's system and the placement, or the issues that forbid it."""

    plan: Plan | None
    placement: Placement | None
    crs: Crs | None
    datum: VerticalDatum
    issues: tuple[Issue, ...]


def place(facts: ModelFacts, city: Crs) -> Placed:
    """Places a model in the city's projected system; `plan` is None when an issue forbids it."""
    declared = facts.declared
    if declared is None:
        return _refused(_no_georeference(has_latitude=facts.has_latitude))
    crs = _metric(declared.crs)
    if crs is None or facts.offset_context:
        return _refused(_offset_context() if facts.offset_context else _unknown_crs(declared.crs))
    area = _area(crs)
    placement, issues = interpret(declared, area)
    if placement is None:
        return _refused(*issues, crs=crs)
    if not within(_bounds(city), *area.to_degrees(placement.eastings, placement.northings)):
        return replace(_refused(*issues, _outside_city(crs, city), crs=crs), placement=placement)
    datum = _datum(crs, declared, city)
    try:
        triangles = _converted(placement.place(facts.mesh.triangles), crs, city)
    except CrsError:
        return _refused(*issues, _outside_city(crs, city), crs=crs)
    plan = make_plan(facts.mesh, triangles, datum, facts.uses, heights=placement.height is not None)
    if plan.footprint.is_empty:
        issues = (*issues, _no_geometry())
    elif plan.missed:
        issues = (*issues, _missed(plan.missed))
    return Placed(plan, placement, crs, datum, issues)


def _metric(name: str) -> Crs | None:
    """The system of a name when it is known and counts metres."""
    try:
        crs = Crs.parse(name) if name else None
    except CrsError:
        return None
    return crs if crs is not None and crs.metres == 1.0 else None


def make_plan(mesh: Mesh, triangles: Floats, datum: VerticalDatum, uses: tuple[Use, ...], *, heights: bool) -> Plan:
    """A plan of placed triangles; without `heights` only its height above its own ground is known."""
    elements = tuple(
        _element(guid, kind, triangles[mesh.element == number])
        for number, (guid, kind) in enumerate(zip(mesh.ids, mesh.classes, strict=True))
    )
    z = triangles[..., 2]
    low, high = (float(z.min()), float(z.max())) if len(z) else (math.nan, math.nan)
    known = heights and len(z) > 0
    return Plan(
        footprint=unite(element.footprint for element in elements),
        elements=elements,
        triangles=triangles,
        element=mesh.element,
        ground=low if known else None,
        ridge=high if known else None,
        height=high - low if len(z) else None,
        datum=datum if known else _UNKNOWN,
        uses=uses,
        missed=mesh.missed,
    )


def part_in(plan: Plan, area: BaseGeometry) -> Plan | None:
    """The part of a plan inside an area; None when not more than a sliver of a centimetre lies in it.

    Heights are those of the part: a tower in the next zone does not count here.
    """
    if shapely.covers(area, plan.footprint):
        return plan
    footprint = common(plan.footprint, area)
    if shapely.buffer(footprint, -_SLIVER_M).is_empty:
        return None
    elements = tuple(replace(element, footprint=common(element.footprint, area)) for element in plan.elements)
    tops, lows = _extremes(plan, area)
    kept = tuple(
        replace(element, top=float(tops[number])) if math.isfinite(tops[number]) else element
        for number, element in enumerate(elements)
        if not element.footprint.is_empty
    )
    high, low = float(np.max(tops, initial=-np.inf)), float(np.min(lows, initial=np.inf))
    known = plan.ridge is not None and math.isfinite(high)
    return replace(
        plan,
        footprint=footprint,
        elements=kept,
        ground=low if known else None,
        ridge=high if known else None,
        height=high - low if math.isfinite(high) else None,
    )


def _extremes(plan: Plan, area: BaseGeometry) -> tuple[Floats, Floats]:
    """Highest and lowest point of each element inside an area; infinite where it has none there.

    Upright triangles have no area in plan and are left out: the faces that they bound carry the same edges.
    """
    tops, lows = np.full(len(plan.elements), -np.inf), np.full(len(plan.elements), np.inf)
    flat = np.array(shapely.polygons(plan.triangles[..., :2]), dtype=object)
    inside = (shapely.area(flat) > MIN_AREA_M2) & shapely.intersects(flat, area)
    pieces = shapely.intersection(flat[inside], area, grid_size=GRID_M)
    points, triangle = shapely.get_coordinates(pieces, return_index=True)
    z = _lifted(points, plan.triangles[inside][triangle])
    element = plan.element[inside][triangle]
    np.maximum.at(tops, element, z)
    np.minimum.at(lows, element, z)
    return tops, lows


def _lifted(points: Floats, corners: Floats) -> Floats:
    """Heights (k,) of plan points (k, 2), each on the plane of its own triangle (k, 3, 3)."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    at = points - corners[:, 0, :2]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    along = (at[:, 0] * second[:, 1] - at[:, 1] * second[:, 0]) / area
    across = (first[:, 0] * at[:, 1] - first[:, 1] * at[:, 0]) / area
    z: Floats = corners[:, 0, 2] + along * first[:, 2] + across * second[:, 2]
    return np.clip(z, corners[..., 2].min(axis=1), corners[..., 2].max(axis=1))


def _element(guid: str, kind: str, triangles: Floats) -> Element:
    polygons = np.array(shapely.polygons(triangles[..., :2]), dtype=object)
    flat = polygons[shapely.area(polygons) > MIN_AREA_M2]
    return Element(guid, kind, unite(flat), float(triangles[..., 2].max()))


def _bounds(crs: Crs) -> tuple[float, float, float, float]:
    """West, south, east, north of a system's area of use, degrees."""
    west, south, east, north = pyproj.CRS.from_epsg(crs.horizontal).area_of_use.bounds
    return (west, south, east, north)


def _area(crs: Crs) -> Area:
    convert = transformer(crs, _WGS84)

    def to_degrees(x: float, y: float) -> tuple[float, float]:
        try:
            longitude, latitude = convert(np.array([[x, y]])).coordinates[0]
        except CrsError:
            return math.nan, math.nan
        return float(longitude), float(latitude)

    return Area(_bounds(crs), 1.0, to_degrees)


def _converted(points: Floats, source: Crs, target: Crs) -> Floats:
    """Points (..., 3) in another horizontal system; heights stay."""
    if source.horizontal == target.horizontal or not len(points):
        return points
    flat = transformer(source, target)(points.reshape(-1, 3)).coordinates
    return flat.reshape(points.shape)


def _datum(crs: Crs, declared: Declared, city: Crs) -> VerticalDatum:
    """Declared by the system, else by its name in the model, else assumed to be the city's."""
    if crs.vertical.status is DatumStatus.DECLARED:
        return crs.vertical
    name = declared.vertical_datum
    if name:
        known = "NAP" if name.lower() in _NAMES_OF_NAP else name
        try:
            told = Crs.parse(f"EPSG:{crs.horizontal}", assumed_vertical=known).vertical
        except CrsError:
            return VerticalDatum(name, None, DatumStatus.UNKNOWN)
        return replace(told, status=DatumStatus.DECLARED)
    return replace(city.vertical, status=DatumStatus.ASSUMED)


def _refused(*issues: Issue, crs: Crs | None = None) -> Placed:
    return Placed(None, None, crs, _UNKNOWN, issues)


def _no_georeference(*, has_latitude: bool) -> Issue:
    extra_nl = " De breedte- en lengtegraad van IfcSite zijn geen georeferentie." if has_latitude else ""
    extra_en = " The latitude and longitude of IfcSite are no georeference." if has_latitude else ""
    return Issue(
        "NO_GEOREFERENCE",
        f"Het model zegt niet waar het staat: IfcMapConversion ontbreekt.{extra_nl} "
        "Exporteer met georeferentie, bijvoorbeeld naar EPSG:7415.",
        f"The model does not say where it stands: it has no IfcMapConversion.{extra_en} "
        "Export it with a georeference, for instance to EPSG:7415.",
        blocking=True,
    )


def _offset_context() -> Issue:
    return Issue(
        "OFFSET_CONTEXT",
        "Het assenstelsel van het model (WorldCoordinateSystem) ligt niet in de oorsprong; dat wordt niet ondersteund. "
        "Exporteer met het assenstelsel in de oorsprong en de ligging in IfcMapConversion.",
        "The model's own system (WorldCoordinateSystem) is not at the origin, which is not supported. "
        "Export with it at the origin and the place in IfcMapConversion.",
        blocking=True,
    )


def _unknown_crs(name: str) -> Issue:
    shown = name[:80] or "—"
    return Issue(
        "CRS_UNKNOWN",
        f"Het coördinatenstelsel “{shown}” is niet bekend of telt niet in meters. "
        "Zet in IfcProjectedCRS.Name een EPSG-code, bijvoorbeeld EPSG:7415.",
        f"The coordinate system “{shown}” is not known or does not count metres. "
        "Write an EPSG code into IfcProjectedCRS.Name, for instance EPSG:7415.",
        blocking=True,
    )


def _outside_city(crs: Crs, city: Crs) -> Issue:
    return Issue(
        "OUTSIDE_CITY",
        f"Het plan staat in {crs.code}, buiten het gebied waar {city.code} van deze stad geldt.",
        f"The plan stands in {crs.code}, outside the area where this city's {city.code} is used.",
        blocking=True,
    )


def _no_geometry() -> Issue:
    return Issue(
        "NO_GEOMETRY",
        "Het model heeft geen muren, vliesgevels, daken of vloeren met geometrie.",
        "The model has no walls, curtain walls, roofs or slabs with geometry.",
        blocking=True,
    )


def _missed(missed: tuple[str, ...]) -> Issue:
    return Issue(
        "ELEMENTS_WITHOUT_GEOMETRY",
        f"{len(missed)} muren, daken of vloeren hebben geen bruikbare geometrie en tellen niet mee.",
        f"{len(missed)} walls, roofs or slabs have no usable geometry and were left out.",
        blocking=False,
    )
