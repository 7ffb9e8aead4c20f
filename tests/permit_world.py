# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""In-memory cities that behave, for tests of the permit check without servers.

A twin answers box queries over real entities; a neighbour may be silent, refuse or break off; identity gives tokens
only on behalf of tokens that it knows; translation moves solids to the system asked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from shapely.geometry import box, shape

from hanse import cityjson, geo
from hanse.contracts import validate_document
from hanse.kernel.errors import DeniedError, HanseError, NotFoundError
from hanse.ngsild import FeatureMapping, stable_urn, to_entity
from hanse.permit.check import Outcome, Request, run
from hanse.permit.gathering import Gatherer
from hanse.permit.ifc.reader import ModelFacts, load_facts, read_model
from hanse.permit.model import Dataset, Loss, ZoningPlan
from hanse.permit.ports import Answer, Box, Record, Terms
from hanse.permit.report.document import About
from hanse.permit.zoning import canonical_sha256, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hanse.kernel.clock import Clock

MAREWIJK, LINDEMOND = "marewijk.example", "lindemond.example"
SUBJECT = f"urn:hanse:{MAREWIJK}:person:" + "ab" * 32
HER_TOKEN = "her token"  # noqa: S105 - a name, not a secret
RD = geo.Crs.parse("EPSG:7415")
_WGS84 = geo.Crs.parse("EPSG:4326")


class Noon:
    """A clock that stands at noon of 23 November 2026."""

    def now(self) -> datetime:
        """The moment."""
        return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        """Seconds, standing still too."""
        return 1000.0


@dataclass
class MemoryTwin:
    """A city's twin: answers with the entities whose location's box meets the box asked about."""

    city: str
    records: list[Record] = field(default_factory=list)
    asked: list[Box] = field(default_factory=list)
    fails: HanseError | None = None
    outlines: list[Record] = field(default_factory=list)
    outlines_fail: HanseError | None = None
    breaks_after: int | None = None
    nothing_loaded: bool = False

    @classmethod
    def of(cls, city: str, features: Iterable[cityjson.Feature], **assumed: str) -> MemoryTwin:
        """A twin that holds the buildings among some features."""
        mapping = FeatureMapping(f"urn:hanse:{city}:dataset:twin", **assumed)
        records = []
        for feature in features:
            if feature.root.type == "Building":
                entity = to_entity(feature, stable_urn(city, mapping.dataset, "building", feature.id), mapping).entity
                records.append(record(entity, mapping.dataset))
        return cls(city, records)

    def buildings(self, area: Box, token: str, _terms: Terms) -> Answer:
        """As the service does it."""
        if not token.endswith(f"@{self.city}"):
            raise DeniedError(f"the token is not made out to {self.city}", reason="SCOPE_MISSING")
        if self.fails is not None:
            raise self.fails
        self.asked.append(area)
        if self.nothing_loaded:
            return Answer((), (), "", "no Building is loaded in this twin: nothing is known of the place")
        found = tuple(each for each in self.records if _meets(each, area))
        dataset = Dataset(f"urn:hanse:{self.city}:dataset:twin", self.city, self.city, "CC0-1.0", "", "NL")
        if self.breaks_after is not None and len(found) > self.breaks_after:
            return Answer(found[: self.breaks_after], (dataset,), "", "the stream broke off")
        return Answer(found, (dataset,), "")

    def cities(self, _area: Box, token: str, _terms: Terms) -> Answer:
        """Every outline that it has."""
        if not token.endswith(f"@{self.city}"):
            raise DeniedError(f"the token is not made out to {self.city}", reason="SCOPE_MISSING")
        if self.outlines_fail is not None:
            raise self.outlines_fail
        terms = Dataset(f"urn:hanse:{self.city}:dataset:outline", "Outline", self.city, "CC0-1.0", "", "NL")
        return Answer(tuple(self.outlines), (terms,) if self.outlines else ())


def record(entity: dict[str, object], dataset: str = "urn:hanse:marewijk.example:dataset:twin") -> Record:
    """An entity as it travels."""
    return Record(str(entity["id"]), str(entity["type"]), "twin/v1", "1.0.0", dataset, json.dumps(entity).encode())


@cache
def _bounds(entity: bytes) -> tuple[float, float, float, float]:
    return shape(json.loads(entity)["location"]["value"]).bounds


def _meets(each: Record, area: Box) -> bool:
    convert = geo.transformer(geo.Crs.parse(area.crs), _WGS84)
    corners = np.array([[area.min_x, area.min_y], [area.max_x, area.max_y]])
    (west, south), (east, north) = convert(corners).coordinates.tolist()
    return bool(box(west, south, east, north).intersects(box(*_bounds(each.json))))


@dataclass
class MemoryNeighbours:
    """The other cities behind the own gateway."""

    twins: dict[str, MemoryTwin]
    registered: tuple[str, ...] = (LINDEMOND,)
    fails: HanseError | None = None

    def cities(self, _token: str, _terms: Terms) -> tuple[str, ...]:
        """The neighbours on the list."""
        if self.fails is not None:
            raise self.fails
        return self.registered

    def buildings(self, city: str, area: Box, token: str, terms: Terms) -> Answer:
        """The other city's answer, covered by an exchange."""
        twin = self.twins.get(city)
        if twin is None:
            raise NotFoundError(f"no peer {city} is registered", reason="CITY_UNKNOWN")
        return replace(twin.buildings(area, token, terms), exchange_id=f"exchange-with-{city}")


@dataclass
class MemoryIdentity:
    """Gives tokens for any city on behalf of a token that it knows."""

    known: set[str] = field(default_factory=lambda: {HER_TOKEN})

    def on_behalf(self, token: str, audience: str, _scope: str, _terms: Terms) -> str:
        """A token that names its audience."""
        if token not in self.known:
            raise DeniedError("the token is not known", reason="SUBJECT_TOKEN_INVALID")
        return f"for permit@{audience}"


@dataclass
class PlainTranslation:
    """Hands entities on as they are, with a loss for each; refuses those it is told to."""

    refused: set[str] = field(default_factory=set)
    fails: HanseError | None = None

    def translate(
        self, records: Sequence[Record], datasets: Sequence[Dataset], _target_crs: str, _token: str, _terms: Terms
    ) -> tuple[tuple[Record, ...], tuple[Loss, ...]]:
        """The records that are not refused; each comes with the terms of its data set."""
        assert {each.dataset for each in records} <= {each.id for each in datasets}
        if self.fails is not None:
            raise self.fails
        kept = tuple(each for each in records if each.id not in self.refused)
        return kept, tuple(Loss("precision", "/solidGeometry", "as it was", entity=each.id) for each in kept)


@dataclass
class World:
    """Two cities and what joins them."""

    clock: Clock
    own: MemoryTwin
    other: MemoryTwin
    neighbours: MemoryNeighbours = field(init=False)
    identity: MemoryIdentity = field(default_factory=MemoryIdentity)
    translation: PlainTranslation = field(default_factory=PlainTranslation)

    def __post_init__(self) -> None:
        self.neighbours = MemoryNeighbours({self.other.city: self.other})

    def gatherer(self) -> Gatherer:
        """What a check asks with."""
        return Gatherer(MAREWIJK, RD, self.own, self.neighbours, self.translation, self.identity, self.clock)


def facts_of(path: Path, cache: Path) -> ModelFacts:
    """A model's facts, read here."""
    return load_facts(read_model(path, cache, path.stem))


def about(model: Path, schema: str = "IFC4") -> About:
    """What a report says about itself, in tests."""
    return About(
        report_id=f"urn:hanse:{MAREWIJK}:report:1",
        check_id=f"urn:hanse:{MAREWIJK}:check:1",
        city=MAREWIJK,
        city_name="Marewijk",
        created="2026-11-23T12:00:00.000Z",
        as_of_date="2026-11-23",
        model_id=f"urn:hanse:{MAREWIJK}:model:1",
        filename=model.name,
        model_sha256="ab" * 32,
        size_bytes=model.stat().st_size,
        schema=schema,
        subject=SUBJECT,
        purpose="permit-check",
        software=("hanse", "0"),
    )


def run_check(
    model: Path,
    world: World,
    plans: Sequence[ZoningPlan],
    cache: Path,
    neighbours: tuple[str, ...] | None = None,
    zoning: str = "",
) -> Outcome:
    """A whole check in this process; its report is held to the contract."""
    facts = facts_of(model, cache)
    request = Request(about(model, facts.schema), date(2026, 11, 23), neighbours, "request", 10.0, zoning)
    gatherer = world.gatherer()
    outcome = run(
        request,
        facts,
        plans,
        RD,
        lambda inquiry, tell: gatherer.gather(inquiry, HER_TOKEN, tell),
        lambda _step, _percent: None,
    )
    assert validate_document(outcome.report, contract="permit/v1", schema="report") == []
    return outcome


def law(document: dict[str, object]) -> ZoningPlan:
    """A zoning document as the service holds it."""
    assert validate_document(document, contract="zoning/v1") == []
    return parse(document, canonical_sha256(document), RD)


def verdicts(outcome: Outcome) -> dict[str, str]:
    """The verdict of each rule, by what it measures."""
    return {rule["measure"]: rule["verdict"] for rule in outcome.report["rules"]}


def rule(outcome: Outcome, measure: str) -> dict[str, Any]:
    """What the report says of the rule that measures this."""
    return next(each for each in outcome.report["rules"] if each["measure"] == measure)
