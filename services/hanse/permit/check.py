# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The use case: one model checked against the law of one day, from file to report.

Everything that it needs comes in by its arguments, everything that it finds goes out in its outcome; what is kept,
watched and resumed is `hanse.permit.operations`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import box

from hanse.geo import Crs, transformer
from hanse.permit import judging, zoning
from hanse.permit.drawing import scene_of
from hanse.permit.gathering import Gathered, Inquiry, entity_ids, outlines, surroundings
from hanse.permit.model import Judged, Plan, Source, Surroundings, Verdict, ZoningPlan
from hanse.permit.plan import Placed, place
from hanse.permit.ports import Box
from hanse.permit.report.document import About, document

if TYPE_CHECKING:
    from datetime import date

    from hanse.permit.ifc.reader import ModelFacts
    from hanse.permit.report.scene import Scene

# In its own twin a city looks at least so far, in metres, for the pictures; others are asked only what rules need.
_OWN_VIEW_M = 80.0
_WGS84 = Crs.parse("EPSG:4326")
Progress = Callable[[str, int], None]
Gather = Callable[[Inquiry, Callable[[str], None]], Gathered]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    `neighbours` None means every registered one; `neighbour_timeout_s` is theirs. `zoning` is the id of the only
    document to be judged, empty for all that are in force.
    """

    about: About
    day: date
    neighbours: tuple[str, ...] | None
    request_id: str
    neighbour_timeout_s: float
    zoning: str = ""


@dataclass(frozen=True, slots=True)
class Reliance:
    """What a result rests on, so that a change there makes it outdated.

    `area` is west, south, east, north in WGS 84 degrees, None when nothing around was asked about.
    """

    area: tuple[float, float, float, float] | None
    entities: tuple[str, ...]
    zonings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found."""

    verdict: Verdict
    report: dict[str, Any]
    scene: Scene
    sources: tuple[Source, ...]
    reliance: Reliance


def run(
    request: Request,
    facts: ModelFacts,
    plans: Sequence[ZoningPlan],
    city: Crs,
    gather: Gather,
    progress: Progress,
) -> Outcome:
    """Places, locates, asks around, judges, reports.

    `plans` are all the city's zoning documents, in force or not; `gather` asks the twins. `progress` is told each step
    in words with a percentage; it may raise to stop the check.
    """
    progress("placing the plan", 30)
    law = zoning.in_force(plans, request.day)
    applied = tuple(each for each in law if request.zoning in {"", each.id})
    placed = place(facts, city)
    plan = placed.plan
    if plan is None or plan.footprint.is_empty or not applied:
        issues = placed.issues if applied else (*placed.issues, judging.no_law(request.day))
        judged = judging.not_judged(issues, applied, request.day)
        return _outcome(request, placed, applied, judged, Surroundings((), ()), None, city, Gathered(()))
    location = zoning.locate(plan, applied, placed.whole)
    widest = placed.whole or plan
    radius = zoning.search_radius(judging.rules_of(location, request.day))
    radius += (plan.accuracy_m or 0.0) if radius > 0 else 0.0
    gathered = Gathered(())
    if radius > 0:
        gathered = gather(_inquiry(request, widest, radius, city), lambda words: progress(words, 40))
    progress("judging", 80)
    around = surroundings(gathered, city)
    left = zoning.standing_in(widest, (each for each in law if each not in applied))
    judged = judging.judge(location, around, request.day, city.vertical, left)
    progress("writing the report", 90)
    area = _degrees(widest, radius, city) if radius > 0 else None
    used = tuple(each for each in applied if {zone.id for zone in each.zones} & {zone.id for zone in judged.zones})
    return _outcome(request, placed, used or applied, judged, around, area, city, gathered, left)


def _inquiry(request: Request, plan: Plan, radius: float, city: Crs) -> Inquiry:
    return Inquiry(
        box=_box(plan, radius, city),
        own_box=_box(plan, max(radius, _OWN_VIEW_M), city),
        area=_degrees(plan, radius, city),
        neighbours=request.neighbours,
        purpose=request.about.purpose,
        request_id=request.request_id,
        neighbour_timeout_s=request.neighbour_timeout_s,
    )


def _box(plan: Plan, radius: float, city: Crs) -> Box:
    low_x, low_y, high_x, high_y = plan.footprint.bounds
    return Box(city.uri, low_x - radius, low_y - radius, high_x + radius, high_y + radius)


def _degrees(plan: Plan, radius: float, city: Crs) -> tuple[float, float, float, float]:
    """The area looked at, in WGS 84: the box around its outline, points along which make it safe to convert."""
    convert = transformer(city, _WGS84)
    low_x, low_y, high_x, high_y = plan.footprint.bounds
    outline = shapely.segmentize(box(low_x - radius, low_y - radius, high_x + radius, high_y + radius), radius)
    points = convert(shapely.get_coordinates(outline)).coordinates
    west, south = np.min(points, axis=0).tolist()
    east, north = np.max(points, axis=0).tolist()
    return (west, south, east, north)


def _outcome(
    request: Request,
    placed: Placed,
    plans: Sequence[ZoningPlan],
    judged: Judged,
    around: Surroundings,
    area: tuple[float, float, float, float] | None,
    city: Crs,
    gathered: Gathered,
    left: Sequence[ZoningPlan] = (),
) -> Outcome:
    return Outcome(
        verdict=judged.verdict,
        report=document(request.about, placed, plans, judged, around, city),
        scene=scene_of(request.about.city, city, placed, plans, judged, around, outlines(gathered, city)),
        sources=around.sources,
        reliance=Reliance(area, entity_ids(gathered), tuple(plan.id for plan in (*plans, *left))),
    )
