# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From a model's facts to a plan that stands in the city: placed, turned, converted, with its outline and heights."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from operator import sub
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely
from shapely.geometry import Polygon

from hanse.geo import Crs, CrsError, DatumStatus, VerticalDatum, transformer
from hanse.permit import issues
from hanse.permit.ifc.georeference import Area, Issue, Placement, interpret, within
from hanse.permit.model import Element, Floats, Plan
from hanse.permit.planar import GRID_M, MIN_AREA_M2, common, unite

if TYPE_CHECKING:
    from collections.abc import Callable

    from shapely.geometry.base import BaseGeometry

    from hanse.permit.ifc.declared import Declared
    from hanse.permit.ifc.geometry import Mesh
    from hanse.permit.ifc.reader import ModelFacts
    from hanse.permit.ifc.uses import Use

_SLIVER_M = 0.01
_SHEET_M = 0.005
_LARGEST_M = 1000.0
_WGS84 = Crs.parse("EPSG:4326")
_UNKNOWN = VerticalDatum("unknown", None, DatumStatus.UNKNOWN)
_NAMES_OF_NAP = frozenset({"nap", "normaal amsterdams peil", "amsterdam ordnance datum"})


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a model stands: its plan in the city's system and the placement, or the issues that forbid it.

    `whole` is the plan with all that stands beside its envelope, None when nothing does.
    """

    plan: Plan | None
    placement: Placement | None
    crs: Crs | None
    datum: VerticalDatum
    issues: tuple[Issue, ...]
    whole: Plan | None = None


def place(facts: ModelFacts, city: Crs) -> Placed:
    """Places a model in the city's projected system; `plan` is None when an issue forbids it."""
    declared = facts.declared
    if declared is None:
        return _refused(issues.no_georeference(has_latitude=facts.has_latitude))
    crs = _metric(declared.crs)
    if crs is None or facts.offset_context:
        return _refused(issues.offset_context() if facts.offset_context else issues.unknown_crs(declared.crs))
    area = _area(crs)
    placement, found = interpret(declared, area)
    if placement is None:
        return _refused(*found, crs=crs)
    obstacle = _obstacle(facts, city, crs, area, placement)
    if obstacle is not None:
        return replace(_refused(*found, obstacle, crs=crs), placement=placement)
    datum = _datum(crs, declared, city)
    try:
        triangles = _converted(placement.place(facts.mesh.triangles), crs, city)
        others = _converted(placement.place(facts.beside.triangles), crs, city)
    except CrsError:
        return _refused(*found, issues.outside_city(crs, city), crs=crs)
    plan = make_plan(facts.mesh, triangles, datum, facts.uses, heights=placement.height is not None)
    way = None if crs.horizontal == city.horizontal else transformer(crs, city)
    plan = replace(
        plan,
        missed=(*plan.missed, *facts.beside.missed),
        accuracy_m=0.0 if way is None else way.accuracy_m,
        converted_from="" if way is None else crs.code,
    )
    return Placed(plan, placement, crs, datum, (*found, *_notes(facts, plan)), widened(plan, facts.beside, others))


def _obstacle(facts: ModelFacts, city: Crs, crs: Crs, area: Area, placement: Placement) -> Issue | None:
    """Why a model whose georeference can be read can still not be placed."""
    if facts.contradicting:
        return issues.contradicting()
    if not within(_bounds(city), *area.to_degrees(placement.eastings, placement.northings)):
        return issues.outside_city(crs, city)
    size = _size(facts)
    return issues.too_large(size) if size > _LARGEST_M else None


def _notes(facts: ModelFacts, plan: Plan) -> tuple[Issue, ...]:
    odd = tuple(map(issues.odd, facts.oddities))
    if plan.footprint.is_empty:
        return (*odd, issues.no_geometry())
    return (*odd, issues.missed_elements(plan.missed)) if plan.missed else odd


def _size(facts: ModelFacts) -> float:
    """The longest side, in metres, of a box around all that was meshed."""
    points = np.concatenate([facts.mesh.triangles.reshape(-1, 3), facts.beside.triangles.reshape(-1, 3)])
    return float(np.ptp(points, axis=0).max()) if len(points) else 0.0


def _metric(name: str) -> Crs | None:
    """The system of a name when it is known and counts metres."""
    try:
        crs = Crs.parse(name) if name else None
    except CrsError:
        return None
    return crs if crs is not None and crs.metres == 1.0 else None


def make_plan(mesh: Mesh, triangles: Floats, datum: VerticalDatum, uses: tuple[Use, ...], *, heights: bool) -> Plan:
    """A plan of placed triangles; without `heights` only its height above its own ground is known."""
    elements = _elements(mesh, triangles, _outline)
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


def widened(plan: Plan, beside: Mesh, triangles: Floats) -> Plan | None:
    """A plan with what stands beside its envelope (`triangles`, placed) counted in; None when nothing does."""
    if plan.footprint.is_empty or not beside.ids:
        return None
    near: BaseGeometry = shapely.buffer(plan.footprint, _SLIVER_M)
    shapely.prepare(near)

    def outline(piece: Floats) -> BaseGeometry:
        """What lies inside the plan's own outline adds nothing to it: there its hull will do."""
        hull: BaseGeometry = shapely.convex_hull(shapely.MultiPoint(piece[..., :2].reshape(-1, 2)))
        return hull if shapely.covers(near, hull) else _outline(piece)

    more = _elements(beside, triangles, outline)
    outside = [each.footprint for each in more if not shapely.covers(near, each.footprint)]
    top = max(each.top for each in more)
    return replace(
        plan,
        footprint=unite([plan.footprint, *outside]) if outside else plan.footprint,
        elements=(*plan.elements, *more),
        triangles=np.concatenate([plan.triangles, triangles]),
        element=np.concatenate([plan.element, beside.element + len(plan.elements)]),
        ridge=None if plan.ridge is None else max(plan.ridge, top),
        height=None if plan.height is None else max(plan.height, top - float(plan.triangles[..., 2].min())),
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

    Upright triangles have no area in plan: of them the corners well inside count, since a wall that stands on the
    border between two zones is as high as the part behind it.
    """
    tops, lows = np.full(len(plan.elements), -np.inf), np.full(len(plan.elements), np.inf)
    flat = np.array(shapely.polygons(plan.triangles[..., :2]), dtype=object)
    level = shapely.area(flat) > MIN_AREA_M2
    inside = level & shapely.intersects(flat, area)
    pieces = np.array(shapely.intersection(flat[inside], area, grid_size=GRID_M), dtype=object)
    # What only touches the area from outside is no part of it.
    pieces[shapely.area(pieces) <= MIN_AREA_M2] = Polygon()
    points, triangle = shapely.get_coordinates(pieces, return_index=True)
    z = _lifted(points, plan.triangles[inside][triangle])
    element = plan.element[inside][triangle]
    upright = plan.triangles[~level].reshape(-1, 3)
    within = shapely.intersects_xy(shapely.buffer(area, -_SLIVER_M), upright[:, 0], upright[:, 1])
    z = np.concatenate([z, upright[within, 2]])
    element = np.concatenate([element, np.repeat(plan.element[~level], 3)[within]])
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


def _elements(mesh: Mesh, triangles: Floats, outline: Callable[[Floats], BaseGeometry]) -> tuple[Element, ...]:
    """The elements of a mesh, of its triangles as they were placed; those of one element follow each other."""
    pieces = np.split(triangles, np.flatnonzero(np.diff(mesh.element)) + 1) if len(triangles) else []
    return tuple(
        Element(name, kind, outline(piece), float(piece[..., 2].max()))
        for name, kind, piece in zip(mesh.ids, mesh.classes, pieces, strict=True)
    )


def _outline(triangles: Floats) -> BaseGeometry:
    """An element from above; a thin line where it is a sheet that stands upright and so has no area from there."""
    polygons = np.array(shapely.polygons(triangles[..., :2]), dtype=object)
    flat = shapely.area(polygons) > MIN_AREA_M2
    outline = unite(polygons[flat])
    low, high = triangles[..., :2].min(axis=(0, 1)), triangles[..., :2].max(axis=(0, 1))
    bounds = outline.bounds
    if outline.is_empty or max(map(abs, map(sub, bounds, (*low, *high)))) > _SLIVER_M:
        sheets = np.asarray(shapely.buffer(shapely.linestrings(triangles[~flat][..., :2]), _SHEET_M))
        outline = unite([outline, *sheets.tolist()])
    return outline


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
