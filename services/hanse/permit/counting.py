# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What stands beside the envelope (chimneys, columns, railings, proxies): when it decides, a person does.

Zoning plans leave subordinate parts out of height and building plane, and differ in which those are; what an exporter
calls a proxy may be a tower. So a plan is measured without and with them: only where both agree is a rule decided.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hanse.permit.issues import named
from hanse.permit.measures.around import joined
from hanse.permit.measures.base import metres, text
from hanse.permit.model import Evidence, Finding, Plan, Text, Verdict
from hanse.permit.verdict import PRECEDENCE

if TYPE_CHECKING:
    from collections.abc import Collection

    from hanse.permit.model import Element


def without_and_with(plain: Finding | None, counted: Finding, whole: Plan, envelope: Collection[str]) -> Finding:
    """One finding of two: of the envelope alone (None where none of it stands), and with all of `whole` counted in.

    `envelope` names the elements of the envelope.
    """
    verdict = Verdict.REVIEW_REQUIRED if counted.verdict is Verdict.NON_COMPLIANT else counted.verdict
    if plain is None:
        doubt = _doubt(whole.elements, counted)
        return replace(counted, verdict=verdict, explanation=joined(counted.explanation, doubt))
    if PRECEDENCE.index(plain.verdict) <= PRECEDENCE.index(verdict):
        return plain
    if verdict is Verdict.COMPLIANT:
        return counted
    more = [each for each in whole.elements if each.id not in envelope]
    concerned = set(counted.evidence.elements)
    decisive = [each for each in more if each.id in concerned] or more
    return Finding(
        verdict,
        joined(plain.explanation, _doubt(decisive, counted)),
        _evidence(plain.evidence, counted.evidence, tuple(each.id for each in decisive)),
    )


def _evidence(plain: Evidence, counted: Evidence, decisive: tuple[str, ...]) -> Evidence:
    """What was measured without them, with their names and the place that they are about."""
    return replace(
        plain,
        elements=tuple(dict.fromkeys((*decisive, *plain.elements))),
        geometry=plain.geometry if counted.geometry is None else counted.geometry,
    )


def _doubt(decisive: Collection[Element], counted: Finding) -> Text:
    names = named(tuple(f"{each.ifc_class} {each.id}" for each in decisive))
    measured = counted.evidence.measured
    nl, en = metres(measured) if isinstance(measured, float) else ("", "")
    return text(
        f"Delen die geen muur, dak of vloer zijn, zijn hier beslissend: {names}."
        f"{f' Met die delen is het {nl}.' if nl else ''} Of ze meetellen, moet iemand beoordelen.",
        f"Parts that are no wall, roof or slab decide here: {names}."
        f"{f' With them it is {en}.' if en else ''} Whether they count is for a person to decide.",
    )
