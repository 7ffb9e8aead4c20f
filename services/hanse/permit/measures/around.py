# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What rules about neighbours share: who is near, what silence of a city means, what is assumed of heights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from hanse.geo import DatumStatus
from hanse.permit.measures.base import TOLERANCE_M, metres, slack, text
from hanse.permit.model import Neighbour, NeighbourEvidence, Plan, SourceState, Surroundings, Text, Verdict
from hanse.permit.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# So many neighbours are listed in the evidence, the worst first; all are judged.
LISTED = 200


def near(
    plan: Plan, surroundings: Surroundings, radius_m: float, *, doubtful: bool = False
) -> list[tuple[Neighbour, float]]:
    """Neighbours within a horizontal distance of the outline (inclusive), with that distance in metres.

    With `doubtful` also those that may be, as accurately as their places and the plan's are known.
    """
    held = [neighbour for neighbour in surroundings.neighbours if not neighbour.footprint.is_empty]
    if not held or plan.footprint.is_empty:
        return []
    distances = shapely.distance(np.array([neighbour.footprint for neighbour in held], dtype=object), plan.footprint)
    return [
        (neighbour, float(distance))
        for neighbour, distance in zip(held, distances, strict=True)
        if distance <= radius_m + TOLERANCE_M + (slack(plan.accuracy_m, neighbour.accuracy_m) if doubtful else 0.0)
    ]


def conclude(found: Iterable[NeighbourEvidence], surroundings: Surroundings, *, none: Verdict) -> Verdict:
    """The verdict over all neighbours.

    Something known to be wrong stays wrong whoever is silent. Otherwise nothing can be right while a source is
    missing. `none` is the verdict when everybody answered and nobody is near.
    """
    verdict = worst((evidence.verdict for evidence in found), none=none)
    if verdict is Verdict.NON_COMPLIANT or surroundings.whole:
        return verdict
    return Verdict.INSUFFICIENT_DATA


def listed(found: Sequence[NeighbourEvidence]) -> tuple[NeighbourEvidence, ...]:
    """The neighbours that the evidence names: the worst, then the nearest."""

    def order(evidence: NeighbourEvidence) -> tuple[bool, float, str]:
        far = float("inf") if evidence.distance_m is None else evidence.distance_m
        return (evidence.verdict is not Verdict.NON_COMPLIANT, far, evidence.neighbour.id)

    return tuple(sorted(found, key=order)[:LISTED])


def silence(surroundings: Surroundings) -> Text:
    """Why not everything around is known; to be read after a sentence of its own."""
    parts_nl, parts_en = [], []
    if surroundings.silent:
        left = [each.city for each in surroundings.sources if each.state is SourceState.NOT_ASKED]
        if heard := ", ".join(city for city in surroundings.silent if city not in left):
            parts_nl.append(f"Niet volledig geantwoord: {heard}.")
            parts_en.append(f"No whole answer from: {heard}.")
        if unasked := ", ".join(left):
            parts_nl.append(f"Niet gevraagd: {unasked}.")
            parts_en.append(f"Not asked: {unasked}.")
    if surroundings.peers_unknown:
        parts_nl.append(f"Onbekend welke buursteden gevraagd moeten worden: {surroundings.peers_unknown}.")
        parts_en.append(f"It is not known which neighbouring cities to ask: {surroundings.peers_unknown}.")
    if surroundings.unread:
        parts_nl.append(f"{len(surroundings.unread)} gebouwen konden niet worden gelezen.")
        parts_en.append(f"{len(surroundings.unread)} buildings could not be read.")
    return text(" ".join(parts_nl), " ".join(parts_en))


def joined(*texts: Text) -> Text:
    """Sentences one after the other, empty ones left out."""
    return {language: " ".join(each[language] for each in texts if each[language]) for language in ("nl", "en")}


def place_assumptions(neighbours: Iterable[Neighbour]) -> tuple[Text, ...]:
    """How well the neighbours' places are known, once for each city, the worst of each."""
    worst_of: dict[str, float] = {}
    for neighbour in neighbours:
        if doubt := slack(neighbour.accuracy_m):
            worst_of[neighbour.city] = max(doubt, worst_of.get(neighbour.city, 0.0))
    said = []
    for city, doubt in sorted(worst_of.items()):
        nl, en = ("onbekend", "not known") if doubt == float("inf") else metres(doubt)
        said.append(
            text(
                f"De ligging van gebouwen van {city} is omgerekend; de nauwkeurigheid daarvan is {nl}.",
                f"The places of buildings of {city} were converted; the accuracy of that is {en}.",
            )
        )
    return tuple(said)


def height_assumptions(neighbours: Iterable[Neighbour]) -> tuple[Text, ...]:
    """What is assumed of the neighbours' heights, once for each city and datum."""
    assumed: dict[tuple[str, str, str], Text] = {}
    for neighbour in neighbours:
        datum, city = neighbour.datum, neighbour.city
        if datum.status is DatumStatus.ASSUMED:
            assumed[city, datum.name, "assumed"] = text(
                f"De gegevens van {city} noemen geen verticaal datum; hoogten zijn gelezen als {datum.name}.",
                f"The data of {city} name no vertical datum; heights were read as {datum.name}.",
            )
        elif datum.status is DatumStatus.UNKNOWN:
            assumed[city, datum.name, "unknown"] = text(
                f"Van gebouwen van {city} is onbekend vanaf welk vlak hun hoogte telt.",
                f"For buildings of {city} it is not known from which surface their heights count.",
            )
    return tuple(assumed[key] for key in sorted(assumed))
