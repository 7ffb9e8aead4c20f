# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What all measures share: their registry, their tolerance, and how numbers are compared and told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from hanse.geo import DatumStatus, VerticalDatum
from hanse.permit.model import Element, Finding, Plan, Rule, Surroundings, Text, Verdict

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# Bounds are inclusive with one centimetre: finer than survey and model agree.
TOLERANCE_M = 0.01
MICROMETRE = 1e-6


@dataclass(frozen=True, slots=True)
class Context:
    """What a measure may look at beside plan and rule: the surroundings, and the city's vertical datum."""

    surroundings: Surroundings
    datum: VerticalDatum


Measure = Callable[[Plan, Rule, Context], Finding]
_REGISTRY: dict[str, Measure] = {}


def measure(name: str) -> Callable[[Measure], Measure]:
    """Registers a function as the measure of this name in contract zoning/v1."""

    def register(function: Measure) -> Measure:
        _REGISTRY[name] = function
        return function

    return register


def measure_named(name: str) -> Measure:
    """The measure of a rule. Raises KeyError: the contract admits no others, so a stored rule has one."""
    return _REGISTRY[name]


def at_most(measured: float, allowed: float) -> Verdict:
    """Inclusive, with tolerance; a micrometre more keeps rounding of decimal numbers from deciding."""
    within = measured <= allowed + TOLERANCE_M + MICROMETRE
    return Verdict.COMPLIANT if within else Verdict.NON_COMPLIANT


def at_least(measured: float, allowed: float) -> Verdict:
    """As `at_most`, the other way."""
    return at_most(-measured, -allowed)


def text(nl: str, en: str) -> Text:
    """A sentence in the report's languages."""
    return {"nl": nl, "en": en}


def metres(value: float) -> tuple[str, str]:
    """A length in words, Dutch and English, to the centimetre, without useless zeros."""
    plain = f"{value:.2f}".rstrip("0").rstrip(".") if "." in f"{value:.2f}" else f"{value:.2f}"
    plain = "0" if plain in {"-0", ""} else plain
    return f"{plain.replace('.', ',')} m", f"{plain} m"


def rounded(value: float) -> float:
    """Millimetres: what lies beyond is noise of meshing and of coordinate conversion."""
    return round(value, 3)


def datum_assumptions(plan: Plan, city: VerticalDatum) -> tuple[Text, ...]:
    """What is assumed when the plan's height is read in the city's vertical datum."""
    if plan.datum.status is DatumStatus.ASSUMED:
        return (
            text(
                f"Het model noemt geen verticaal datum; de hoogte is gelezen als {plan.datum.name}.",
                f"The model names no vertical datum; its height was read as {plan.datum.name}.",
            ),
        )
    if plan.datum.name != city.name:
        return (
            text(
                f"De hoogte van het model is in {plan.datum.name} en is niet omgerekend naar {city.name}.",
                f"The model's height is in {plan.datum.name} and was not converted to {city.name}.",
            ),
        )
    return ()


def slack(*accuracies: float | None) -> float:
    """How far two places may be nearer or further than measured, in metres; without end when one is not known."""
    return sum(math.inf if each is None else each for each in accuracies)


def place_assumptions(plan: Plan) -> tuple[Text, ...]:
    """What is assumed of the plan's place when it was converted."""
    if not plan.converted_from:
        return ()
    nl, en = ("onbekend", "not known") if plan.accuracy_m is None else metres(plan.accuracy_m)
    return (
        text(
            f"De ligging is omgerekend uit {plan.converted_from}; de nauwkeurigheid daarvan is {nl}.",
            f"The place was converted from {plan.converted_from}; the accuracy of that is {en}.",
        ),
    )


def too_close(plan: Plan) -> Text:
    """Why a person must decide: what is measured lies within the accuracy of the places."""
    nl, en = ("onbekend", "not known") if plan.accuracy_m is None else metres(plan.accuracy_m)
    of_nl = f" (van het plan: {nl})" if plan.converted_from else ""
    of_en = f" (of the plan: {en})" if plan.converted_from else ""
    return text(
        f"Het verschil is kleiner dan de nauwkeurigheid van de ligging{of_nl}: iemand moet dit beoordelen.",
        f"The difference is smaller than the accuracy of the places{of_en}: a person must decide.",
    )


def comparable(one: VerticalDatum, other: VerticalDatum) -> bool:
    """Whether heights in two vertical datums may be subtracted from each other."""
    known = DatumStatus.UNKNOWN not in {one.status, other.status}
    return known and one.name == other.name


def highest(elements: Iterable[Element], level: float) -> tuple[str, ...]:
    """GlobalIds of the elements that reach a level, to a centimetre."""
    return tuple(element.id for element in elements if element.top >= level - TOLERANCE_M)


def nearest(elements: Iterable[Element], place: BaseGeometry) -> tuple[str, ...]:
    """GlobalIds of the elements nearest to a place, to a centimetre."""
    held = [element for element in elements if not element.footprint.is_empty]
    if not held or place.is_empty:
        return ()
    distances = shapely.distance(np.array([element.footprint for element in held], dtype=object), place)
    least = float(distances.min())
    return tuple(element.id for element, d in zip(held, distances, strict=True) if d <= least + TOLERANCE_M)
