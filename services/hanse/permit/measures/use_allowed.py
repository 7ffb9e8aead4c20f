# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The building's use must be among those that the zone allows."""

from __future__ import annotations

from hanse.permit.measures.base import Context, measure, text
from hanse.permit.model import Evidence, Finding, Plan, Rule, Text, Verdict


@measure("use_allowed")
def judge(plan: Plan, rule: Rule, _context: Context) -> Finding:
    """Every use that the model names must be allowed.

    A use that the code list does not know is no use that is forbidden: INSUFFICIENT_DATA. Uses guessed from the names
    of rooms may show that a plan complies; that one does not is for a person to decide.
    """
    codes = tuple(sorted({use.code for use in plan.uses if use.code}))
    unknown = tuple(use for use in plan.uses if not use.code)
    foreign = tuple(use for use in plan.uses if use.code and use.code not in rule.uses)
    verdict, explanation = _decide(plan, rule, codes)
    elements = foreign or unknown or plan.uses
    evidence = Evidence(
        measured=codes or None,
        allowed=rule.uses,
        unit="",
        tolerance=None,
        elements=tuple(dict.fromkeys(use.element for use in elements)),
        assumptions=_assumptions(plan),
    )
    return Finding(verdict, explanation, evidence)


def _decide(plan: Plan, rule: Rule, codes: tuple[str, ...]) -> tuple[Verdict, Text]:
    allowed = ", ".join(rule.uses)
    foreign = [use for use in plan.uses if use.code and use.code not in rule.uses]
    unknown = [use.label for use in plan.uses if not use.code]
    named = ", ".join(sorted({f"{use.code} ({use.label})" for use in foreign}))
    if any(use.declared for use in foreign):
        return Verdict.NON_COMPLIANT, text(
            f"Het model noemt als gebruik {named}; hier is toegestaan: {allowed}.",
            f"The model names as its use {named}; allowed here: {allowed}.",
        )
    if unknown:
        labels = ", ".join(f"“{label}”" for label in unknown[:5])
        return Verdict.INSUFFICIENT_DATA, text(
            f"Het gebruik {labels} is niet bekend. Vul in OccupancyType een bekend gebruik in, zoals wonen of kantoor.",
            f"The use {labels} is not known. Write a known use into OccupancyType, such as residential or office.",
        )
    if foreign:
        return Verdict.REVIEW_REQUIRED, text(
            f"Ruimten wijzen op {named}; hier is toegestaan: {allowed}. Het model zelf noemt geen gebruik.",
            f"Rooms suggest {named}; allowed here: {allowed}. The model itself names no use.",
        )
    if not codes:
        return Verdict.INSUFFICIENT_DATA, text(
            "Het model noemt geen gebruik. Vul OccupancyType in bij het gebouw (Pset_BuildingCommon).",
            "The model names no use. Fill in the building's OccupancyType (Pset_BuildingCommon).",
        )
    return Verdict.COMPLIANT, text(
        f"Het gebruik {', '.join(codes)} is hier toegestaan.", f"The use {', '.join(codes)} is allowed here."
    )


def _assumptions(plan: Plan) -> tuple[Text, ...]:
    if plan.uses and not any(use.declared for use in plan.uses):
        return (
            text(
                "Het gebruik is afgeleid uit de namen van ruimten.",
                "The use was inferred from the names of rooms.",
            ),
        )
    return ()
