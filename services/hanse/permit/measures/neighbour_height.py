# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The plan rises above no building within the radius by more than is allowed."""

from __future__ import annotations

from hanse.geo import DatumStatus
from hanse.permit.measures import around
from hanse.permit.measures.base import (
    TOLERANCE_M,
    Context,
    at_most,
    comparable,
    datum_assumptions,
    highest,
    measure,
    metres,
    place_assumptions,
    rounded,
    slack,
    text,
    too_close,
)
from hanse.permit.model import Evidence, Finding, Neighbour, NeighbourEvidence, Plan, Rule, Text, Verdict


@measure("neighbour_height")
def judge(plan: Plan, rule: Rule, context: Context) -> Finding:
    """Ridge less each neighbour's ridge, in one vertical datum, against `max_above_m`."""
    allowed, radius = rule.limits["max_above_m"], rule.limits["radius_m"]
    close = around.near(plan, context.surroundings, radius, doubtful=True)
    found = [_compare(plan, neighbour, distance, rule) for neighbour, distance in close]
    verdict = around.conclude(found, context.surroundings, none=Verdict.NOT_APPLICABLE)
    if plan.ridge is None:
        verdict = Verdict.INSUFFICIENT_DATA
    buried = verdict is Verdict.COMPLIANT and _buried(plan, close)
    worst = max((each.measured for each in found if each.measured is not None), default=None)
    evidence = Evidence(
        measured=worst,
        allowed=allowed,
        unit="m",
        tolerance=TOLERANCE_M,
        elements=() if plan.ridge is None else highest(plan.elements, plan.ridge),
        neighbours=around.listed(found),
        neighbour_count=len(found),
        assumptions=(
            *datum_assumptions(plan, context.datum),
            *place_assumptions(plan),
            *around.height_assumptions(neighbour for neighbour, _ in close),
        ),
    )
    sentence = around.joined(_explain(plan, found, radius, allowed, worst), _open(plan, found))
    if not context.surroundings.whole:
        sentence = around.joined(sentence, around.silence(context.surroundings))
    if buried:
        return Finding(Verdict.REVIEW_REQUIRED, around.joined(sentence, _BURIED), evidence)
    return Finding(verdict, sentence, evidence)


_BURIED = text(
    "Het plan zou lager liggen dan de grond onder elk gebouw eromheen; klopt OrthogonalHeight? "
    "Iemand moet dit beoordelen.",
    "The plan would lie lower than the ground under every building around; is OrthogonalHeight right? "
    "A person must decide.",
)


def _buried(plan: Plan, close: list[tuple[Neighbour, float]]) -> bool:
    """Whether the plan's highest point lies below the ground under every neighbour: nobody builds like that."""
    grounds = [each.ground for each, _ in close if each.ground is not None]
    return plan.ridge is not None and bool(grounds) and plan.ridge < min(grounds)


def _compare(plan: Plan, neighbour: Neighbour, distance: float, rule: Rule) -> NeighbourEvidence:
    allowed, radius = rule.limits["max_above_m"], rule.limits["radius_m"]
    measured: float | None = None
    verdict = Verdict.INSUFFICIENT_DATA
    known = DatumStatus.UNKNOWN not in {plan.datum.status, neighbour.datum.status}
    if plan.ridge is not None and neighbour.ridge is not None and known:
        above = plan.ridge - neighbour.ridge
        measured = rounded(above)
        same = comparable(plan.datum, neighbour.datum)
        verdict = at_most(above, allowed) if same else Verdict.REVIEW_REQUIRED
        # It may stand within the radius, or beyond.
        doubt = slack(plan.accuracy_m, neighbour.accuracy_m)
        if doubt and verdict is Verdict.NON_COMPLIANT and distance > radius - doubt:
            verdict = Verdict.REVIEW_REQUIRED
    return NeighbourEvidence(neighbour, rounded(distance), measured, allowed, verdict)


def _open(plan: Plan, found: list[NeighbourEvidence]) -> Text:
    """Neighbours that could not be compared, and why."""
    unknown = sum(1 for each in found if each.verdict is Verdict.INSUFFICIENT_DATA)
    review = [each.neighbour.datum for each in found if each.verdict is Verdict.REVIEW_REQUIRED]
    other = sorted({datum.name for datum in review if not comparable(plan.datum, datum)})
    nl, en = [], []
    if unknown and plan.ridge is not None:
        nl.append(f"Van {unknown} daarvan is de hoogte boven een bekend vlak niet bekend.")
        en.append(f"For {unknown} of them the height above a known surface is not known.")
    if other:
        names = ", ".join(other)
        nl.append(f"Hoogten in {names} zijn niet vergelijkbaar met die in {plan.datum.name}: iemand moet oordelen.")
        en.append(f"Heights in {names} cannot be compared with those in {plan.datum.name}: a person must decide.")
    said = text(" ".join(nl), " ".join(en))
    far = any(comparable(plan.datum, datum) for datum in review)
    return around.joined(said, too_close(plan)) if far else said


def _explain(plan: Plan, found: list[NeighbourEvidence], radius: float, allowed: float, worst: float | None) -> Text:
    (radius_nl, radius_en), (max_nl, max_en) = metres(radius), metres(allowed)
    if plan.ridge is None:
        return text(
            "De hoogte van het plan boven het verticale datum is onbekend, dus niet te vergelijken met de buren.",
            "The plan's height above the vertical datum is unknown, so it cannot be compared with its neighbours.",
        )
    if worst is None:
        return text(
            f"Geen gebouw met bekende hoogte binnen {radius_nl}.",
            f"No building of known height within {radius_en}.",
        )
    over = [each for each in found if each.verdict is Verdict.NON_COMPLIANT]
    nl, en = metres(worst)
    if not over:
        return text(
            f"Het plan steekt ten hoogste {nl} uit boven een van de {len(found)} gebouwen binnen {radius_nl}; "
            f"toegestaan is {max_nl}.",
            f"The plan rises at most {en} above any of the {len(found)} buildings within {radius_en}; "
            f"allowed is {max_en}.",
        )
    cities = ", ".join(sorted({each.neighbour.city for each in over}))
    return text(
        f"Het plan steekt tot {nl} uit boven {len(over)} van de {len(found)} gebouwen binnen {radius_nl} ({cities}); "
        f"toegestaan is {max_nl}.",
        f"The plan rises up to {en} above {len(over)} of the {len(found)} buildings within {radius_en} ({cities}); "
        f"allowed is {max_en}.",
    )
