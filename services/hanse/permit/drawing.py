# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the pictures need, taken from a judged plan and its surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from hanse.permit.report.scene import Scene, SceneArea, SceneBuilding, SceneCity, ScenePlan, extent_of
from hanse.permit.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shapely.geometry.base import BaseGeometry

    from hanse.geo import Crs
    from hanse.permit.model import Judged, Neighbour, Outline, Surroundings, Verdict, Zone, ZoningPlan
    from hanse.permit.plan import Placed

Extent = tuple[float, float, float, float]
_CONTEXT_M = 40.0
_BORDER_M = 150.0  # the pictures may show more than the extent; a border must not end before they do
_SAME_LINE_M = 1.0


def scene_of(
    city: str,
    crs: Crs,
    placed: Placed,
    plans: Sequence[ZoningPlan],
    judged: Judged,
    surroundings: Surroundings,
    outlines: Sequence[Outline] = (),
) -> Scene:
    """The scene of a check, in the city's system. Without a plan it is empty: there is no place to draw."""
    plan = placed.plan
    if plan is None or plan.footprint.is_empty:
        return Scene(crs.uri, crs.vertical.name, city, None, (), (), (), None, (0.0, 0.0, 0.0, 0.0))
    verdicts = _verdicts(judged)
    concerned = [each.footprint for each in surroundings.neighbours if each.id in verdicts]
    extent = extent_of([plan.footprint, *concerned], _CONTEXT_M)
    seen = box(*extent)
    territories = _territories(outlines, extent)
    zones = [zone for each in plans for zone in each.zones if zone.area.intersects(seen)]
    return Scene(
        crs=crs.uri,
        vertical_datum=crs.vertical.name,
        city=city,
        plan=ScenePlan(
            footprint=plan.footprint,
            triangles=plan.triangles,
            classes=tuple(plan.elements[number].ifc_class for number in plan.element),
            ground=plan.ground,
            ridge=plan.ridge,
        ),
        neighbours=tuple(
            _building(each, verdicts.get(each.id))
            for each in surroundings.neighbours
            if each.id in verdicts or each.footprint.intersects(seen)
        ),
        zones=tuple(SceneArea(zone.id, zone.name, zone.area) for zone in zones),
        building_planes=tuple(_planes(zones)),
        border=_border(territories, extent),
        extent=extent,
        territories=territories,
    )


def _territories(outlines: Iterable[Outline], extent: Extent) -> tuple[SceneCity, ...]:
    """The cities' ground, cut to what may be seen."""
    window = box(*extent).buffer(_BORDER_M, join_style="mitre")
    cut = (SceneCity(each.name, _areas(shapely.intersection(each.area, window))) for each in outlines)
    return tuple(each for each in cut if not each.area.is_empty)


def _areas(geometry: BaseGeometry) -> MultiPolygon:
    """What encloses something; where an outline only touches the window, nothing."""
    parts = shapely.get_parts(geometry).tolist()
    return MultiPolygon([part for part in parts if isinstance(part, Polygon) and not part.is_empty])


def _border(territories: Iterable[SceneCity], extent: Extent) -> BaseGeometry | None:
    """Where a city ends: the edges of its ground that are not the window's; an edge that two share is drawn once."""
    inside = box(*extent).buffer(_BORDER_M - _SAME_LINE_M, join_style="mitre")
    border: BaseGeometry = LineString()
    for each in territories:
        edge = shapely.intersection(shapely.boundary(each.area), inside)
        border = shapely.union(border, shapely.difference(edge, border.buffer(_SAME_LINE_M)))
    return None if border.is_empty else shapely.line_merge(border)


def _planes(zones: Iterable[Zone]) -> Iterable[SceneArea]:
    for zone in zones:
        for rule in zone.rules:
            if rule.building_plane is not None:
                yield SceneArea(rule.id, rule.source.title, rule.building_plane)


def _verdicts(judged: Judged) -> dict[str, Verdict]:
    """The worst verdict of each neighbour that a rule looked at."""
    found: dict[str, list[Verdict]] = {}
    for judgement in judged.judgements:
        for each in judgement.finding.evidence.neighbours:
            found.setdefault(each.neighbour.id, []).append(each.verdict)
    return {key: worst(verdicts) for key, verdicts in found.items()}


def _building(neighbour: Neighbour, verdict: Verdict | None) -> SceneBuilding:
    return SceneBuilding(
        id=neighbour.id,
        city=neighbour.city,
        footprint=neighbour.footprint,
        ground=neighbour.ground,
        ridge=neighbour.ridge,
        surfaces=neighbour.surfaces,
        verdict=None if verdict is None else verdict.value,
    )
