# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the pictures need, taken from a judged plan and its surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapely.geometry import box

from hanse.permit.report.scene import Scene, SceneArea, SceneBuilding, ScenePlan, extent_of
from hanse.permit.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hanse.geo import Crs
    from hanse.permit.model import Judged, Neighbour, Surroundings, Verdict, Zone, ZoningPlan
    from hanse.permit.plan import Placed

_CONTEXT_M = 40.0


def scene_of(
    city: str, crs: Crs, placed: Placed, plans: Sequence[ZoningPlan], judged: Judged, surroundings: Surroundings
) -> Scene:
    """The scene of a check, in the city's system. Without a plan it is empty: there is no place to draw."""
    plan = placed.plan
    if plan is None or plan.footprint.is_empty:
        return Scene(crs.uri, crs.vertical.name, city, None, (), (), (), None, (0.0, 0.0, 0.0, 0.0))
    verdicts = _verdicts(judged)
    concerned = [each.footprint for each in surroundings.neighbours if each.id in verdicts]
    extent = extent_of([plan.footprint, *concerned], _CONTEXT_M)
    seen = box(*extent)
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
        border=None,
        extent=extent,
    )


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
