# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The footprint lies wholly inside the building plane."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from hanse.permit import planar
from hanse.permit.measures.around import joined
from hanse.permit.measures.base import (
    MICROMETRE,
    TOLERANCE_M,
    Context,
    measure,
    metres,
    place_assumptions,
    rounded,
    slack,
    text,
    too_close,
)
from hanse.permit.model import Evidence, Finding, Plan, Rule, Text, Verdict

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


# An arc of the grown plane is a polygon of so many sides in a quarter; it lies 0.02 % of the distance inside the arc.
_SIDES = 64
_REACH_STEP_M = 0.0005
_BOUND = TOLERANCE_M + MICROMETRE


@measure("footprint_within")
def judge(plan: Plan, rule: Rule, _context: Context) -> Finding:
    """How far the outline reaches beyond the building plane, at most, in metres; allowed is nothing.

    It lies within when nothing of it is farther from the plane than the tolerance. Corners alone would not tell: of an
    outline that covers a courtyard of the plane, every corner of what lies outside is a point of the plane's edge.
    """
    plane = rule.building_plane
    if plan.footprint.is_empty or plane is None:
        return _unknown()
    outside = planar.beyond(plan.footprint, plane)
    verdict = _verdict(plan.footprint, plane, outside, slack(plan.accuracy_m, rule.accuracy_m))
    protrudes = verdict is not Verdict.COMPLIANT and not _within(outside, plane, _BOUND)
    reach = _reach(outside, plane)
    evidence = Evidence(
        measured=rounded(reach),
        allowed=0.0,
        unit="m",
        tolerance=TOLERANCE_M,
        elements=_protruding(plan, plane) if protrudes else (),
        geometry=outside if protrudes else None,
        assumptions=place_assumptions(plan),
    )
    sentence = _explain(reach, outside.area, protrudes=protrudes)
    doubt = too_close(plan) if verdict is Verdict.REVIEW_REQUIRED else text("", "")
    return Finding(verdict, joined(sentence, doubt), evidence)


def _verdict(footprint: BaseGeometry, plane: BaseGeometry, outside: BaseGeometry, doubt: float) -> Verdict:
    """`doubt` is how far, in metres, outline and plane may lie otherwise than they seem to."""
    if not _within(outside, plane, _BOUND):
        return Verdict.REVIEW_REQUIRED if _within(outside, plane, _BOUND + doubt) else Verdict.NON_COMPLIANT
    if doubt == 0:
        return Verdict.COMPLIANT
    if math.isinf(doubt):
        return Verdict.REVIEW_REQUIRED
    grown = planar.beyond(shapely.buffer(footprint, doubt), plane)
    return Verdict.COMPLIANT if _within(grown, plane, _BOUND) else Verdict.REVIEW_REQUIRED


def _reach(outside: BaseGeometry, plane: BaseGeometry) -> float:
    """The greatest distance from the plane of any point of what lies outside it, to half a millimetre.

    Bisected: the farthest point may lie anywhere, such as in the middle of a courtyard.
    """
    if outside.is_empty:
        return 0.0
    corners = shapely.get_coordinates(outside)
    least = float(np.max(shapely.distance(shapely.points(corners), plane)))
    # Nothing lies farther from some corner than the box's diagonal.
    most = least + float(np.hypot(*np.ptp(corners, axis=0)))
    if _within(outside, plane, least + _REACH_STEP_M):
        return least
    while most - least > _REACH_STEP_M:
        middle = (least + most) / 2
        if _within(outside, plane, middle):
            most = middle
        else:
            least = middle
    return most


def _within(outside: BaseGeometry, plane: BaseGeometry, distance: float) -> bool:
    """Whether every point of an area lies within a distance of the plane."""
    if math.isinf(distance):
        return True
    return planar.beyond(outside, shapely.buffer(plane, distance, quad_segs=_SIDES)).is_empty


def _protruding(plan: Plan, plane: BaseGeometry) -> tuple[str, ...]:
    grown = shapely.buffer(plane, TOLERANCE_M)
    return tuple(
        element.id
        for element in plan.elements
        if not element.footprint.is_empty and not shapely.covers(grown, element.footprint)
    )


def _explain(reach: float, area: float, *, protrudes: bool) -> Text:
    if not protrudes:
        return text(
            "De plattegrond ligt geheel binnen het bouwvlak.", "The footprint lies wholly inside the building plane."
        )
    nl, en = metres(reach)
    square = f"{area:.1f}"
    return text(
        f"De plattegrond steekt tot {nl} buiten het bouwvlak ({square.replace('.', ',')} m²).",
        f"The footprint reaches up to {en} beyond the building plane ({square} m²).",
    )


def _unknown() -> Finding:
    explanation = text(
        "Het model heeft geen muren, daken of vloeren met geometrie, dus geen plattegrond.",
        "The model has no walls, roofs or slabs with geometry, so it has no footprint.",
    )
    return Finding(
        Verdict.INSUFFICIENT_DATA,
        explanation,
        Evidence(measured=None, allowed=0.0, unit="m", tolerance=TOLERANCE_M),
    )
