# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The footprint lies wholly inside the building plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from hanse.permit import planar
from hanse.permit.measures.base import MICROMETRE, TOLERANCE_M, Context, measure, metres, rounded, text
from hanse.permit.model import Evidence, Finding, Plan, Rule, Text, Verdict

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


# An arc of the grown plane is a polygon of so many sides in a quarter; it lies 0.02 % of the distance inside the arc.
_SIDES = 64
_REACH_STEP_M = 0.0005


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
    protrudes = not _within(outside, plane, TOLERANCE_M + MICROMETRE)
    verdict = Verdict.NON_COMPLIANT if protrudes else Verdict.COMPLIANT
    reach = _reach(outside, plane)
    evidence = Evidence(
        measured=rounded(reach),
        allowed=0.0,
        unit="m",
        tolerance=TOLERANCE_M,
        elements=_protruding(plan, plane) if protrudes else (),
        geometry=outside if protrudes else None,
    )
    return Finding(verdict, _explain(verdict, reach, outside.area), evidence)


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
    return planar.beyond(outside, shapely.buffer(plane, distance, quad_segs=_SIDES)).is_empty


def _protruding(plan: Plan, plane: BaseGeometry) -> tuple[str, ...]:
    grown = shapely.buffer(plane, TOLERANCE_M)
    return tuple(
        element.id
        for element in plan.elements
        if not element.footprint.is_empty and not shapely.covers(grown, element.footprint)
    )


def _explain(verdict: Verdict, reach: float, area: float) -> Text:
    if verdict is Verdict.COMPLIANT:
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
