# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A placed plan against the zoning plans in force: every rule of every zone that it stands in, each judged once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hanse.permit.counting import without_and_with
from hanse.permit.ifc.georeference import Issue
from hanse.permit.issues import named
from hanse.permit.measures import Context, measure_named
from hanse.permit.measures.base import text
from hanse.permit.model import (
    Evidence,
    Finding,
    InForce,
    Judged,
    Judgement,
    LegalSource,
    Plan,
    Rule,
    Surroundings,
    Text,
    Verdict,
    Zone,
    ZoningPlan,
)
from hanse.permit.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from shapely.geometry.base import BaseGeometry

    from hanse.geo import VerticalDatum
    from hanse.permit.zoning import Location, Standing

# Of a plan without a place, so many rules are listed as not judged; all zones of a large city would bury the reason.
_LISTED = 100
# The id and measure of what is no article of any plan but a condition of judging at all.
PLACEMENT, LAW = "placement", "law"
_WHERE = text("Ligging van het plan", "Where the plan stands")
_CONDITION = text(
    "Voorwaarde van deze toets: de ligging van het hele plan is bekend en valt in een zone.",
    "Condition of this check: it is known where the whole plan stands, and that is in a zone.",
)
# So many documents that were left out are named.
_NAMED = 20


def judge(
    location: Location,
    surroundings: Surroundings,
    day: date,
    datum: VerticalDatum,
    left: Sequence[ZoningPlan] = (),
) -> Judged:
    """Judges a plan that stands somewhere.

    `datum` is the city's vertical datum. What stands in no zone is judged by nothing, and that is said; so is it of
    documents in force there that whoever asked for the check left out (`left`).
    """
    context = Context(surroundings, datum)
    judgements = [
        Judgement(standing.zone.id, rule, _judge_rule(standing, rule, context, day))
        for standing in location.standings
        for rule in standing.zone.rules
    ]
    if location.uncovered is not None:
        judgements.insert(0, _uncovered(location.uncovered, day, whole=not location.standings))
    if location.beside_uncovered is not None:
        judgements.insert(0, _beside_uncovered(location.beside_uncovered, day))
    if location.near_border:
        judgements.insert(0, _near_border(location.near_border, day))
    if left:
        judgements.insert(0, _left_out(left, day))
    return Judged(
        verdict=worst((each.finding.verdict for each in judgements), none=Verdict.NOT_APPLICABLE),
        judgements=tuple(judgements),
        zones=tuple(standing.zone for standing in location.standings),
    )


def not_judged(issues: Sequence[Issue], plans: Iterable[ZoningPlan], day: date) -> Judged:
    """What is said of a plan whose place or shape is not known: nothing can be judged, and why."""
    blocking = [issue for issue in issues if issue.blocking]
    reason = text(" ".join(issue.nl for issue in blocking), " ".join(issue.en for issue in blocking))
    judgements = [_condition(reason, day)]
    rest = text(
        "Niet te beoordelen zolang onbekend is waar het plan staat.",
        "Cannot be judged while it is not known where the plan stands.",
    )
    rules = [(zone, rule) for plan in plans for zone in plan.zones for rule in zone.rules]
    judgements += [Judgement(zone.id, rule, _unknown(rest, _allowed(rule))) for zone, rule in rules[:_LISTED]]
    return Judged(Verdict.INSUFFICIENT_DATA, tuple(judgements))


def rules_of(location: Location, day: date) -> list[Rule]:
    """The rules in force of every zone that a plan stands in."""
    return [
        rule for standing in location.standings for rule in standing.zone.rules if rule.source.in_force.holds_on(day)
    ]


def _judge_rule(standing: Standing, rule: Rule, context: Context, day: date) -> Finding:
    if not rule.source.in_force.holds_on(day):
        explanation = text(
            f"{rule.source.article} geldt niet op {day.isoformat()}.",
            f"{rule.source.article} is not in force on {day.isoformat()}.",
        )
        return Finding(Verdict.NOT_APPLICABLE, explanation, _evidence(_allowed(rule)))
    measure, part, whole = measure_named(rule.measure), standing.part, standing.whole
    plain = None if part is None else measure(part, rule, context)
    if plain is not None and (whole is part or rule.measure == "use_allowed"):
        return _missing_in(plain, whole, rule)
    envelope = set() if part is None else {each.id for each in part.elements}
    return _missing_in(without_and_with(plain, measure(whole, rule, context), whole, envelope), whole, rule)


def _missing_in(finding: Finding, plan: Plan, rule: Rule) -> Finding:
    """Elements without geometry may be higher or wider than what was measured."""
    if finding.verdict is not Verdict.COMPLIANT or not plan.missed or rule.measure == "use_allowed":
        return finding
    doubt = text(
        f"Niet alle bouwdelen konden worden gemeten ({named(plan.missed)}): iemand moet dit beoordelen.",
        f"Not all building elements could be measured ({named(plan.missed)}): a person must decide.",
    )
    explanation = {language: f"{finding.explanation[language]} {doubt[language]}" for language in doubt}
    return replace(finding, verdict=Verdict.REVIEW_REQUIRED, explanation=explanation)


def no_law(day: date) -> Issue:
    """What is said when no zoning document is in force."""
    return Issue(
        "NO_ZONING",
        f"Op {day.isoformat()} is geen van de gevraagde bestemmingsplannen van kracht.",
        f"None of the zoning plans asked for is in force on {day.isoformat()}.",
        blocking=True,
    )


def _uncovered(area: BaseGeometry, day: date, *, whole: bool) -> Judgement:
    square = f"{area.area:.1f}"
    if whole:
        reason = text(
            "Het plan staat buiten elke zone van de bestemmingsplannen die hier gelden. "
            "Controleer de ligging van het model.",
            "The plan stands outside every zone of the zoning plans in force here. Check the model's georeference.",
        )
    else:
        reason = text(
            f"{square.replace('.', ',')} m² van de plattegrond ligt in geen enkele zone.",
            f"{square} m² of the footprint lies in no zone.",
        )
    judgement = _condition(reason, day)
    evidence = replace(judgement.finding.evidence, geometry=area)
    return replace(judgement, finding=replace(judgement.finding, evidence=evidence))


def _beside_uncovered(area: BaseGeometry, day: date) -> Judgement:
    square = f"{area.area:.1f}"
    reason = text(
        f"{square.replace('.', ',')} m² van delen die geen muur, dak of vloer zijn, ligt in geen enkele zone: iemand "
        "moet dit beoordelen.",
        f"{square} m² of parts that are no wall, roof or slab lies in no zone: a person must decide.",
    )
    judgement = _condition(reason, day)
    evidence = replace(judgement.finding.evidence, geometry=area)
    return replace(judgement, finding=Finding(Verdict.REVIEW_REQUIRED, reason, evidence))


def _near_border(zones: Sequence[Zone], day: date) -> Judgement:
    names = named(tuple(zone.id for zone in zones))
    reason = text(
        f"De grens van {names} ligt dichterbij dan de ligging bekend is: iemand moet beoordelen in welke zone "
        "het plan staat.",
        f"The border of {names} is nearer than the place is accurately known: a person must decide in which zone the "
        "plan stands.",
    )
    judgement = _condition(reason, day)
    return replace(judgement, finding=replace(judgement.finding, verdict=Verdict.REVIEW_REQUIRED))


def _left_out(plans: Sequence[ZoningPlan], day: date) -> Judgement:
    """Law that holds here but was not applied: nobody knows what it would have said."""
    more = "" if len(plans) <= _NAMED else f" + {len(plans) - _NAMED}"

    def named(language: str) -> str:
        return ", ".join(f"{_in(plan.title, language)} ({plan.id})" for plan in plans[:_NAMED]) + more

    reason = text(
        f"Hier geldt ook recht dat op verzoek niet is getoetst: {named('nl')}. Toets opnieuw zonder plankeuze.",
        f"Law that is also in force here was left out on request: {named('en')}. Check again without choosing a plan.",
    )
    title = text("Geldend recht", "The law in force")
    condition = text(
        "Voorwaarde van deze toets: alle bestemmingsplannen die op de plek gelden, zijn toegepast.",
        "Condition of this check: every zoning plan in force at the place has been applied.",
    )
    return _condition(reason, day, LAW, title, condition)


def _in(words: Text, language: str) -> str:
    """A title in a language, else in whatever language it has, not endless."""
    return (words.get(language) or next(iter(words.values())))[:100]


def _condition(
    reason: Text,
    day: date,
    measure: str = PLACEMENT,
    title: Text = _WHERE,
    condition: Text = _CONDITION,
) -> Judgement:
    """A judgement by no article: what must be known before any can be applied."""
    source = LegalSource(article="-", title=title, text=condition, in_force=InForce(day, None))
    return Judgement("-", Rule(measure, measure, {}, (), None, source), _unknown(reason, None))


def _unknown(reason: Text, allowed: float | tuple[str, ...] | None) -> Finding:
    return Finding(Verdict.INSUFFICIENT_DATA, reason, _evidence(allowed))


def _evidence(allowed: float | tuple[str, ...] | None) -> Evidence:
    return Evidence(measured=None, allowed=allowed, unit="m" if isinstance(allowed, float) else "", tolerance=None)


def _allowed(rule: Rule) -> float | tuple[str, ...] | None:
    """What a rule allows, whatever the plan: for evidence of what was not measured."""
    if rule.uses:
        return rule.uses
    for name in ("max_m", "min_m", "max_above_m"):
        if name in rule.limits:
            return rule.limits[name]
    return 0.0 if rule.building_plane is not None else None
