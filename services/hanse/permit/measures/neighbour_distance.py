# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Every building around is at least so far away, footprint to footprint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import shapely

from hanse.permit import planar
from hanse.permit.measures import around
from hanse.permit.measures.base import (
    TOLERANCE_M,
    Context,
    at_least,
    measure,
    metres,
    nearest,
    place_assumptions,
    rounded,
    slack,
    text,
    too_close,
)
from hanse.permit.model import Evidence, Finding, Neighbour, NeighbourEvidence, Plan, Rule, Text, Verdict, reach

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# Less than this is how two surveys of one party wall differ; more is a building on a building.
CLASH_M2 = 1.0


@measure("neighbour_distance")
def judge(plan: Plan, rule: Rule, context: Context) -> Finding:
    """Horizontal distance to each neighbour within `search_radius_m` against `min_m`; overlapping is a clash.

    When the radius is smaller than the distance to keep, that is how far is looked.
    """
    allowed, radius = rule.limits["min_m"], reach(rule)
    close = around.near(plan, context.surroundings, radius, doubtful=True)
    found = [_compare(plan, neighbour, distance, allowed) for neighbour, distance in close]
    verdict = around.conclude(found, context.surroundings, none=Verdict.COMPLIANT)
    if plan.footprint.is_empty:
        verdict = Verdict.INSUFFICIENT_DATA
    first = min(close, key=lambda pair: pair[1], default=None)
    evidence = Evidence(
        measured=None if first is None else rounded(first[1]),
        allowed=allowed,
        unit="m",
        tolerance=TOLERANCE_M,
        elements=() if first is None else nearest(plan.elements, first[0].footprint),
        neighbours=around.listed(found),
        neighbour_count=len(found),
        geometry=_clashes(plan, found),
        assumptions=(*place_assumptions(plan), *around.place_assumptions(each for each, _ in close)),
    )
    sentence = _explain(plan, found, close, radius, allowed)
    if any(each.verdict is Verdict.REVIEW_REQUIRED for each in found):
        sentence = around.joined(sentence, too_close(plan))
    if not context.surroundings.whole:
        sentence = around.joined(sentence, around.silence(context.surroundings))
    return Finding(verdict, sentence, evidence)


def _overlap(plan: Plan, neighbour: Neighbour) -> BaseGeometry:
    return planar.common(plan.footprint, neighbour.footprint)


def _clash(plan: Plan, neighbour: Neighbour) -> bool:
    return bool(_overlap(plan, neighbour).area > CLASH_M2)


def _compare(plan: Plan, neighbour: Neighbour, distance: float, allowed: float) -> NeighbourEvidence:
    verdict, doubt = at_least(distance, allowed), slack(plan.accuracy_m, neighbour.accuracy_m)
    if distance == 0 and _clash(plan, neighbour):
        verdict = Verdict.NON_COMPLIANT
        if doubt and not _clash(replace(plan, footprint=shapely.buffer(plan.footprint, -doubt)), neighbour):
            verdict = Verdict.REVIEW_REQUIRED
    elif doubt and abs(distance - allowed) < doubt:
        verdict = Verdict.REVIEW_REQUIRED
    return NeighbourEvidence(neighbour, rounded(distance), rounded(distance), allowed, verdict)


def _clashes(plan: Plan, found: list[NeighbourEvidence]) -> BaseGeometry | None:
    """The areas that are built on twice."""
    overlaps = [_overlap(plan, each.neighbour) for each in found if each.distance_m == 0]
    clashes = [overlap for overlap in overlaps if overlap.area > CLASH_M2]
    return planar.unite(clashes) if clashes else None


def _explain(
    plan: Plan,
    found: list[NeighbourEvidence],
    close: list[tuple[Neighbour, float]],
    radius: float,
    allowed: float,
) -> Text:
    (radius_nl, radius_en), (min_nl, min_en) = metres(radius), metres(allowed)
    if plan.footprint.is_empty:
        return text(
            "Het model heeft geen plattegrond, dus geen afstand tot de buren.",
            "The model has no footprint, so there is no distance to its neighbours.",
        )
    if not close:
        return text(f"Geen gebouw binnen {radius_nl}.", f"No building within {radius_en}.")
    clashes = sum(1 for neighbour, distance in close if distance == 0 and _clash(plan, neighbour))
    if clashes:
        return text(
            f"Het plan overlapt {clashes} bestaand gebouw of gebouwen.",
            f"The plan overlaps {clashes} existing building(s).",
        )
    nl, en = metres(min(distance for _, distance in close))
    too_near = sum(1 for each in found if each.verdict is Verdict.NON_COMPLIANT)
    if too_near:
        return text(
            f"Het dichtstbijzijnde gebouw staat op {nl}; ten minste {min_nl} is vereist ({too_near} te dichtbij).",
            f"The nearest building is {en} away; at least {min_en} is required ({too_near} too near).",
        )
    return text(
        f"Het dichtstbijzijnde gebouw staat op {nl}; vereist is ten minste {min_nl}.",
        f"The nearest building is {en} away; at least {min_en} is required.",
    )
