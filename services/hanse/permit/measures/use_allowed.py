# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The building's use must be among those that the zone allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.contracts.labels import labels
from hanse.permit.measures.base import Context, measure, text
from hanse.permit.model import Evidence, Finding, Plan, Rule, Text, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanse.permit.ifc.uses import Use


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
    allowed = _named(rule.uses)
    foreign = [use for use in plan.uses if use.code and use.code not in rule.uses]
    unknown = [use.label for use in plan.uses if not use.code]
    named = _told(foreign)
    if any(use.declared for use in foreign):
        return Verdict.NON_COMPLIANT, text(
            f"Het model noemt als gebruik {named['nl']}; hier is toegestaan: {allowed['nl']}.",
            f"The model names as its use {named['en']}; allowed here: {allowed['en']}.",
        )
    if unknown:
        quoted = ", ".join(f"“{label}”" for label in unknown[:5])
        return Verdict.INSUFFICIENT_DATA, text(
            f"Het gebruik {quoted} is niet bekend. Vul in OccupancyType een bekend gebruik in, zoals wonen of kantoor.",
            f"The use {quoted} is not known. Write a known use into OccupancyType, such as residential or office.",
        )
    if foreign:
        return Verdict.REVIEW_REQUIRED, text(
            f"Ruimten wijzen op {named['nl']}; hier is toegestaan: {allowed['nl']}. Het model zelf noemt geen gebruik.",
            f"Rooms suggest {named['en']}; allowed here: {allowed['en']}. The model itself names no use.",
        )
    if not codes:
        return Verdict.INSUFFICIENT_DATA, text(
            "Het model noemt geen gebruik. Vul OccupancyType in bij het gebouw (Pset_BuildingCommon).",
            "The model names no use. Fill in the building's OccupancyType (Pset_BuildingCommon).",
        )
    used = _named(codes)
    return Verdict.COMPLIANT, text(
        f"Gebruik voor {used['nl']} is hier toegestaan.", f"The use {used['en']} is allowed here."
    )


def _called(code: str, language: str) -> str:
    """A use as the contract's labels call it; a city's own code, which they do not have, as it is."""
    return labels()[language].get(f"use.{code}", code)


def _named(codes: Iterable[str]) -> Text:
    held = tuple(codes)
    return {language: ", ".join(_called(code, language) for code in held) for language in ("nl", "en")}


def _told(uses: Iterable[Use]) -> Text:
    """Uses with the words of the model, which are another's."""
    held = sorted({(use.code, use.label) for use in uses})
    return {
        language: ", ".join(f"{_called(code, language)} (“{label}”)" for code, label in held)
        for language in ("nl", "en")
    }


def _assumptions(plan: Plan) -> tuple[Text, ...]:
    if plan.uses and not any(use.declared for use in plan.uses):
        return (
            text(
                "Het gebruik is afgeleid uit de namen van ruimten.",
                "The use was inferred from the names of rooms.",
            ),
        )
    return ()
