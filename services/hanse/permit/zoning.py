# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Zoning plans: from a document of contract zoning/v1 to zones and rules in the city's system, and who is in which.

A document handed to `parse` has been validated against its contract: what the schema promises is not checked again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import rfc8785
import shapely
from shapely.geometry import shape

from hanse.geo import Crs, CrsError, transformer
from hanse.permit import planar
from hanse.permit.measures.base import slack
from hanse.permit.model import InForce, LegalSource, Plan, Rule, Zone, ZoningPlan, reach
from hanse.permit.plan import part_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

Json = Any
_UNCOVERED_M = 0.01


class ZoningError(ValueError):
    """A document that fulfils the schema but cannot be used; names the place and the remedy."""


def canonical_sha256(document: Json) -> str:
    """SHA-256 (hex) of a document's RFC 8785 form: two texts with the same content have the same hash."""
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def parse(document: Mapping[str, Json], sha256: str, city: Crs) -> ZoningPlan:
    """A validated document as zones and rules, areas converted to the city's horizontal system.

    Raises:
        ZoningError: an unusable coordinate system, a self-crossing area, days in reverse, or an id used twice.
    """
    move = _mover(document["crs"], city)
    zones = tuple(_zone(zone, f"/zones/{number}", move) for number, zone in enumerate(document["zones"]))
    _once((zone.id for zone in zones), "/zones")
    _once((rule.id for zone in zones for rule in zone.rules), "/zones/*/rules")
    return ZoningPlan(
        id=document["id"],
        sha256=sha256,
        title=document["title"],
        in_force=_in_force(document["in_force"], "/in_force"),
        zones=zones,
    )


def in_force(plans: Iterable[ZoningPlan], day: date) -> tuple[ZoningPlan, ...]:
    """The plans that are law on a day of the city's own calendar."""
    return tuple(plan for plan in plans if plan.in_force.holds_on(day))


@dataclass(frozen=True, slots=True)
class Standing:
    """A zone that a plan stands in, and the part of the plan that does.

    `part` is of the envelope, None where only what stands beside that reaches in; `whole` is with that counted in, and
    is `part` itself where it adds nothing.
    """

    zone: Zone
    part: Plan | None
    whole: Plan


@dataclass(frozen=True, slots=True)
class Location:
    """Every zone that a plan stands in; `uncovered` is what stands in none, None when all is covered.

    `beside_uncovered` is the same of what stands beside the envelope. `near_border` are zones whose border lies nearer
    than the places are known: the plan may stand in them, or not where it seems to.
    """

    standings: tuple[Standing, ...]
    uncovered: BaseGeometry | None
    beside_uncovered: BaseGeometry | None = None
    near_border: tuple[Zone, ...] = ()


def locate(plan: Plan, plans: Iterable[ZoningPlan], whole: Plan | None = None) -> Location:
    """The zones under a plan's outline; slivers of a centimetre do not count.

    `whole` is the plan with what stands beside its envelope.
    """
    widest, plans = plan if whole is None else whole, tuple(plans)
    zones = [zone for each in plans for zone in each.zones if shapely.intersects(zone.area, widest.footprint)]
    standings = []
    for zone in zones:
        part = part_in(plan, zone.area)
        wide = part if whole is None else part_in(whole, zone.area)
        if wide is not None:
            standings.append(Standing(zone, part, wide if part is None or _adds(wide, part) else part))
    covered = planar.unite(zone.area for zone in zones)
    uncovered = _rest(plan.footprint, covered)
    beside = _rest(planar.beyond(widest.footprint, plan.footprint), covered)
    every = (zone for each in plans for zone in each.zones)
    return Location(tuple(standings), uncovered, beside, tuple(z for z in every if _near_border(widest, z)))


def _near_border(plan: Plan, zone: Zone) -> bool:
    """Whether a plan may stand in a zone, or outside of it, otherwise than it seems to."""
    doubt = slack(plan.accuracy_m, zone.accuracy_m)
    if doubt == 0:
        return False
    return bool(shapely.distance(shapely.boundary(zone.area), plan.footprint) < doubt)


def _rest(footprint: BaseGeometry, covered: BaseGeometry) -> BaseGeometry | None:
    rest = planar.beyond(footprint, covered)
    return None if shapely.buffer(rest, -_UNCOVERED_M).is_empty else rest


def _adds(wide: Plan, part: Plan) -> bool:
    """Whether a plan reaches higher or further than its envelope does."""
    higher = max(each.top for each in wide.elements) > max(each.top for each in part.elements)
    return higher or not planar.beyond(wide.footprint, part.footprint).is_empty


def standing_in(plan: Plan, plans: Iterable[ZoningPlan]) -> tuple[ZoningPlan, ...]:
    """The documents that have a zone which a plan stands in."""
    return tuple(each for each in plans if locate(plan, (each,)).standings)


def search_radius(rules: Iterable[Rule]) -> float:
    """How far around, in metres, the rules must see; 0 when none looks at neighbours."""
    return max((reach(rule) for rule in rules), default=0.0)


class _Mover:
    """Moves areas from a document's system to the city's."""

    def __init__(self, source: Crs, target: Crs) -> None:
        self._convert = transformer(source, target)
        self.accuracy_m = self._convert.accuracy_m

    def __call__(self, area: Json, pointer: str) -> BaseGeometry:
        """The area, in the city's system. Raises ZoningError when it is no area or lies outside the system's use."""
        geometry = shapely.force_2d(shape(area))
        if not geometry.is_valid:
            why = shapely.is_valid_reason(geometry)
            raise ZoningError(f"{pointer}: the area is not valid ({why}); give rings that do not cross themselves")
        try:
            moved: BaseGeometry = shapely.transform(geometry, lambda points: self._convert(points).coordinates)
        except CrsError as error:
            raise ZoningError(f"{pointer}: {error}") from None
        return moved


def _mover(name: str, city: Crs) -> _Mover:
    try:
        source = Crs.parse(name)
        if source.metres is None:
            raise ZoningError(f"/crs: {name} counts degrees; a zoning document needs a projected system")
        return _Mover(source, city)
    except CrsError as error:
        raise ZoningError(f"/crs: {error}") from None


def _zone(zone: Mapping[str, Json], pointer: str, move: _Mover) -> Zone:
    return Zone(
        id=zone["id"],
        name=zone["name"],
        area=move(zone["geometry"], f"{pointer}/geometry"),
        accuracy_m=move.accuracy_m,
        rules=tuple(_rule(rule, f"{pointer}/rules/{number}", move) for number, rule in enumerate(zone["rules"])),
    )


def _rule(rule: Mapping[str, Json], pointer: str, move: _Mover) -> Rule:
    parameters, source = rule["parameters"], rule["source"]
    plane = parameters.get("building_plane")
    days = _in_force(source["in_force"], f"{pointer}/source/in_force")
    return Rule(
        id=rule["id"],
        measure=rule["measure"],
        limits={name: float(value) for name, value in parameters.items() if isinstance(value, int | float)},
        uses=tuple(parameters.get("uses", ())),
        building_plane=None if plane is None else move(plane, f"{pointer}/parameters/building_plane"),
        accuracy_m=move.accuracy_m if plane is not None else 0.0,
        source=LegalSource(source["article"], source["title"], source["text"], days),
    )


def _in_force(days: Mapping[str, str | None], pointer: str) -> InForce:
    """The days on which a text is law. Raises ZoningError when it ends before it begins: it would never be."""
    last = days["to"]
    held = InForce(date.fromisoformat(str(days["from"])), None if last is None else date.fromisoformat(last))
    if held.to is not None and held.to < held.start:
        raise ZoningError(f"{pointer}: ends on {held.to}, before it begins on {held.start}; put the days in order")
    return held


def _once(ids: Iterable[str], pointer: str) -> None:
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            raise ZoningError(f"{pointer}: the id {each!r} stands twice; give each its own")
        seen.add(each)
