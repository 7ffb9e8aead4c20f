# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The words of a permit check: plans, rules, neighbours, sources, evidence, judgements.

Coordinates are metres in the city's own projected system (x east, y north); heights are metres above the vertical
datum named beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from datetime import date

    from shapely.geometry.base import BaseGeometry

    from hanse.geo import VerticalDatum
    from hanse.permit.ifc.uses import Use

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Text = Mapping[str, str]  # one text per language
Value = float | str | tuple[str, ...] | None


class Verdict(StrEnum):
    """What is said of a rule, and of a plan."""

    NON_COMPLIANT = "NON_COMPLIANT"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    REVIEW_REQUIRED = "REVIEW_REQUIRED"
    COMPLIANT = "COMPLIANT"
    NOT_APPLICABLE = "NOT_APPLICABLE"


@dataclass(frozen=True, slots=True)
class InForce:
    """Days on which a text is law, both inclusive; `to` is None while no end is known."""

    start: date
    to: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the text is law on a day."""
        return self.start <= day and (self.to is None or day <= self.to)


@dataclass(frozen=True, slots=True)
class LegalSource:
    """The article that a rule restates."""

    article: str
    title: Text
    text: Text
    in_force: InForce


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what is measured, within which limits (numbers, codes, areas by name), by which article.

    `accuracy_m` is how well the building plane's place is known, None when that is unknown.
    """

    id: str
    measure: str
    limits: Mapping[str, float]
    uses: tuple[str, ...]
    building_plane: BaseGeometry | None
    source: LegalSource
    accuracy_m: float | None = 0.0


def reach(rule: Rule) -> float:
    """How far around, in metres, a rule must see; 0 when it looks at no neighbours.

    A distance to keep is looked for at least as far as it is asked to be, whatever radius stands beside it.
    """
    limits = rule.limits
    return max(limits.get("search_radius_m", limits.get("radius_m", 0.0)), limits.get("min_m", 0.0))


@dataclass(frozen=True, slots=True)
class Zone:
    """An area and its rules; `accuracy_m` is how well the area's place is known, None when that is unknown."""

    id: str
    name: Text
    area: BaseGeometry
    rules: tuple[Rule, ...]
    accuracy_m: float | None = 0.0


@dataclass(frozen=True, slots=True)
class ZoningPlan:
    """A zoning document, its areas in the city's system. `sha256` is of its RFC 8785 form."""

    id: str
    sha256: str
    title: Text
    in_force: InForce
    zones: tuple[Zone, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the plan's envelope: GlobalId, envelope class, outline in plan, highest point."""

    id: str
    ifc_class: str
    footprint: BaseGeometry
    top: float


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The submitted building, or the part of it that stands in one zone.

    Attributes:
        footprint: outline of walls, roofs and slabs seen from above.
        elements: the envelope's elements that the outline is made of.
        triangles: float64 (n, 3, 3); element: int64 (n,), index into `elements`.
        ground, ridge: lowest and highest point above `datum`; None when the model does not say how high it stands.
        height: ridge minus ground, metres; None when there is no geometry.
        datum: vertical datum of the heights, and whether the model declares it.
        uses: what the model says that the building is for.
        missed: names of elements without usable geometry.
        accuracy_m: how far all of it may stand aside, since its place was converted; None when that is unknown.
        converted_from: code of the system that its place was converted from; empty when it was not.
    """

    footprint: BaseGeometry
    elements: tuple[Element, ...]
    triangles: Floats
    element: Integers
    ground: float | None
    ridge: float | None
    height: float | None
    datum: VerticalDatum
    uses: tuple[Use, ...]
    missed: tuple[str, ...]
    accuracy_m: float | None = 0.0
    converted_from: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbour:
    """A building that stands there already, from a city's twin.

    `footprint` may be empty and `ridge` None when its twin does not tell. `surfaces` are (semantic, rings), rings
    float64 (k, 3), exterior first, not closed. `accuracy_m` is how well its place is known, None when that is unknown.
    """

    id: str
    city: str
    footprint: BaseGeometry
    ground: float | None
    ridge: float | None
    datum: VerticalDatum
    surfaces: tuple[tuple[str, tuple[Floats, ...]], ...] = ()
    accuracy_m: float | None = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """The ground of a city, and its name; "" when its twin does not tell."""

    name: str
    area: BaseGeometry


class SourceState(StrEnum):
    """How one city answered; NOT_ASKED is a registered neighbour that was left out."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    UNAVAILABLE = "unavailable"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set that entities came from, with its terms."""

    id: str
    title: str = ""
    owner: str = ""
    licence: str = ""
    terms: str = ""
    jurisdiction: str = ""
    crs: str = ""
    vertical_datum: str = ""
    vertical_datum_source: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What one city's twin contributed. `as_of` is RFC 3339 UTC, empty without an answer."""

    city: str
    state: SourceState
    as_of: str = ""
    count: int = 0
    snapshot_sha256: str = ""
    exchange_id: str = ""
    detail: str = ""
    datasets: tuple[Dataset, ...] = ()


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that translation could not carry, of which city's entity."""

    kind: str
    path: str
    detail: str
    city: str = ""
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of the buildings around, and how well.

    `whole` is False when a city that had to be asked did not answer whole, or when it is not known whom to ask.
    `unread` are entities that came but could not be read, as (city, id).
    """

    neighbours: tuple[Neighbour, ...]
    sources: tuple[Source, ...]
    losses: tuple[Loss, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    peers_unknown: str = ""

    @property
    def silent(self) -> tuple[str, ...]:
        """Cities that did not answer whole, for whatever reason."""
        return tuple(source.city for source in self.sources if source.state is not SourceState.ANSWERED)

    @property
    def whole(self) -> bool:
        """Whether nothing is missing that could change a verdict."""
        return not self.silent and not self.unread and not self.peers_unknown


@dataclass(frozen=True, slots=True)
class NeighbourEvidence:
    """What a rule found about one neighbour."""

    neighbour: Neighbour
    distance_m: float | None
    measured: float | None
    allowed: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on. `geometry` is in the city's system; `elements` are IFC GlobalIds.

    `neighbours` are those that matter most of all `neighbour_count` that were judged.
    """

    measured: Value
    allowed: Value
    unit: str
    tolerance: float | None
    elements: tuple[str, ...] = ()
    neighbours: tuple[NeighbourEvidence, ...] = ()
    geometry: BaseGeometry | None = None
    assumptions: tuple[Text, ...] = ()
    neighbour_count: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a measure finds: verdict, why in words, evidence."""

    verdict: Verdict
    explanation: Text
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Judgement:
    """A rule judged in one zone."""

    zone: str
    rule: Rule
    finding: Finding


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing measured on the plan, for the report's list."""

    name: str
    value: Value
    unit: str
    uncertainty: float | None
    method: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A whole plan judged."""

    verdict: Verdict
    judgements: tuple[Judgement, ...]
    zones: tuple[Zone, ...] = field(default=())
