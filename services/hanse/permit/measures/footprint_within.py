# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The footprint lies wholly inside the building plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from hanse.permit import planar
from hanse.permit.measures.base import TOLERANCE_M, Context, at_most, measure, metres, rounded, text
from hanse.permit.model import Evidence, Finding, Plan, Rule, Text, Verdict

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


@measure("footprint_within")
def judge(plan: Plan, rule: Rule, _context: Context) -> Finding:
    """How far the outline reaches beyond the building plane, at most, in metres; allowed is nothing."""
    plane = rule.building_plane
    if plan.footprint.is_empty or plane is None:
        return _unknown()
    outside = planar.beyond(plan.footprint, plane)
    reach = _reach(outside, plane)
    verdict = at_most(reach, 0.0)
    protrudes = verdict is Verdict.NON_COMPLIANT
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
    """The greatest distance from the plane of a corner of what lies outside it."""
    if outside.is_empty:
        return 0.0
    corners = shapely.points(shapely.get_coordinates(outside))
    return float(np.max(shapely.distance(corners, plane)))


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
