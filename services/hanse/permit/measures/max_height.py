# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The highest point lies at most so many metres above the reference level (peil)."""

from __future__ import annotations

from hanse.permit.measures.around import joined
from hanse.permit.measures.base import (
    TOLERANCE_M,
    Context,
    at_most,
    comparable,
    datum_assumptions,
    highest,
    measure,
    metres,
    rounded,
    text,
)
from hanse.permit.model import Evidence, Finding, Plan, Rule, Text, Verdict


@measure("max_height")
def judge(plan: Plan, rule: Rule, context: Context) -> Finding:
    """Ridge above the vertical datum, less the reference level, against `max_m`."""
    allowed, level = rule.limits["max_m"], rule.limits["reference_level_m"]
    if plan.ridge is None:
        return _unknown(plan, allowed)
    measured = plan.ridge - level
    verdict = at_most(measured, allowed)
    if not comparable(plan.datum, context.datum):
        verdict = Verdict.REVIEW_REQUIRED
    sunk = verdict is Verdict.COMPLIANT and _sunk(plan, measured)
    evidence = Evidence(
        measured=rounded(measured),
        allowed=allowed,
        unit="m",
        tolerance=TOLERANCE_M,
        elements=highest(plan.elements, plan.ridge),
        assumptions=datum_assumptions(plan, context.datum),
    )
    sentence = _explain(verdict, measured, allowed, level, context.datum.name)
    if sunk:
        return Finding(Verdict.REVIEW_REQUIRED, joined(sentence, _SUNK), evidence)
    return Finding(verdict, sentence, evidence)


_SUNK = text(
    "Het grootste deel van het gebouw zou onder peil liggen; klopt OrthogonalHeight? Iemand moet dit beoordelen.",
    "Most of the building would lie below the reference level; is OrthogonalHeight right? A person must decide.",
)


def _sunk(plan: Plan, measured: float) -> bool:
    """Whether less of a building shows than is hidden: a height of 0 where nobody filled one in looks like that."""
    return plan.height is not None and measured < plan.height / 2


def _explain(verdict: Verdict, measured: float, allowed: float, level: float, datum: str) -> Text:
    (nl, en), (max_nl, max_en), (level_nl, level_en) = metres(measured), metres(allowed), metres(level)
    if verdict is Verdict.REVIEW_REQUIRED:
        return text(
            f"Het hoogste punt ligt {nl} boven peil, maar in een ander verticaal datum dan {datum}: "
            "iemand moet dit beoordelen.",
            f"The highest point lies {en} above the reference level, but in another vertical datum than {datum}: "
            "a person must decide.",
        )
    fits = verdict is Verdict.COMPLIANT
    return text(
        f"Het hoogste punt ligt {nl} boven peil ({level_nl} {datum}); "
        f"{'toegestaan is' if fits else 'toegestaan is slechts'} {max_nl}.",
        f"The highest point lies {en} above the reference level ({level_en} {datum}); "
        f"{'allowed is' if fits else 'only'} {max_en}{'' if fits else ' is allowed'}.",
    )


def _unknown(plan: Plan, allowed: float) -> Finding:
    if plan.height is None:
        explanation = text(
            "Het model heeft geen muren, daken of vloeren met geometrie, dus geen meetbare hoogte.",
            "The model has no walls, roofs or slabs with geometry, so there is no height to measure.",
        )
    else:
        nl, en = metres(plan.height)
        explanation = text(
            f"Het gebouw is {nl} hoog, maar het model zegt niet hoe hoog het staat: OrthogonalHeight ontbreekt.",
            f"The building is {en} high, but the model does not say how high it stands: OrthogonalHeight is missing.",
        )
    evidence = Evidence(measured=None, allowed=allowed, unit="m", tolerance=TOLERANCE_M)
    return Finding(Verdict.INSUFFICIENT_DATA, explanation, evidence)
