# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The report of a check as a document of contract permit/v1."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import mapping

from hanse.geo import Crs, DatumStatus, transformer
from hanse.permit.ifc.elements import is_global_id
from hanse.permit.measures.base import text
from hanse.permit.model import (
    Evidence,
    Judged,
    Judgement,
    Measured,
    NeighbourEvidence,
    Plan,
    Source,
    Surroundings,
    Text,
    ZoningPlan,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from hanse.permit.plan import Placed

CONTRACT = "permit/v1"
REVISION = "1.1.0"
_TITLES: Mapping[str, Text] = {
    "use_allowed": text("Toegestaan gebruik", "Allowed use"),
    "max_height": text("Bouwhoogte", "Building height"),
    "footprint_within": text("Bouwvlak", "Building plane"),
    "neighbour_distance": text("Afstand tot buurgebouwen", "Distance to neighbouring buildings"),
    "neighbour_height": text("Hoogte ten opzichte van buurgebouwen", "Height compared with neighbouring buildings"),
    "placement": text("Ligging van het plan", "Where the plan stands"),
    "law": text("Geldend recht", "The law in force"),
}
_MESH_UNCERTAINTY_M = 0.01
_MILLIMETRE = 3
_MOST_ELEMENTS = 10_000  # of permit/v1
_MOST_PLANS = 1000  # of permit/v1: of a plan without a place, all that the city has would be listed


@dataclass(frozen=True, slots=True)
class About:
    """What a report says about itself and its inputs. Times are RFC 3339 UTC."""

    report_id: str
    check_id: str
    city: str
    city_name: str
    created: str
    as_of_date: str
    model_id: str
    filename: str
    model_sha256: str
    size_bytes: int
    schema: str
    subject: str
    purpose: str
    software: tuple[str, str]


def document(
    about: About,
    placed: Placed,
    plans: Sequence[ZoningPlan],
    judged: Judged,
    surroundings: Surroundings,
    city: Crs,
) -> dict[str, Any]:
    """The report as JSON values."""
    locate = _Locator(placed, city)
    return {
        "contract": CONTRACT,
        "revision": REVISION,
        "id": about.report_id,
        "check": about.check_id,
        "city": {"authority": about.city, "name": about.city_name},
        "created": about.created,
        "as_of_date": about.as_of_date,
        "model": {
            "id": about.model_id,
            "filename": about.filename,
            "sha256": about.model_sha256,
            "size_bytes": about.size_bytes,
            "schema": about.schema,
        },
        "zoning": [{"id": plan.id, "sha256": plan.sha256, "title": dict(plan.title)} for plan in plans[:_MOST_PLANS]],
        "placement": _placement(placed),
        "measures": [_measure(each) for each in measured(placed.plan)],
        "verdict": judged.verdict.value,
        "rules": [_rule(each, locate) for each in judged.judgements],
        "sources": [_source(source) for source in surroundings.sources],
        "losses": [
            {name: value for name, value in asdict(loss).items() if value or name in {"kind", "path", "detail"}}
            for loss in surroundings.losses
        ],
        "subject": about.subject,
        "purpose": about.purpose,
        "software": {"name": about.software[0], "version": about.software[1]},
    }


def measured(plan: Plan | None) -> tuple[Measured, ...]:
    """What was measured on the plan itself, whatever rules there are."""
    if plan is None:
        return ()
    codes = tuple(sorted({use.code for use in plan.uses if use.code}))
    told = ", ".join(sorted({use.told_by for use in plan.uses})) or "no use is named"
    mesh = "of the meshed walls, curtain walls, roofs and slabs"
    area = None if plan.footprint.is_empty else round(plan.footprint.area, 2)
    error = _MESH_UNCERTAINTY_M
    spread = None if area is None else round(plan.footprint.length * error, 2)
    datum = plan.datum.name
    return (
        Measured("height", _millimetres(plan.height), "m", error, f"highest less lowest vertex {mesh}"),
        Measured("ground_level", _millimetres(plan.ground), "m", error, f"lowest vertex {mesh}, above {datum}"),
        Measured("ridge_level", _millimetres(plan.ridge), "m", error, f"highest vertex {mesh}, above {datum}"),
        Measured("footprint_area", area, "m2", spread, f"union {mesh}, seen from above"),
        *_accuracy(plan),
        Measured("use", codes or None, "", None, told[:500]),
    )


def _accuracy(plan: Plan) -> tuple[Measured, ...]:
    """How well its place is known, when that was converted."""
    if not plan.converted_from:
        return ()
    how = f"declared by the operation that converted the place from {plan.converted_from}"
    return (Measured("place_accuracy", plan.accuracy_m, "m", None, how),)


def _millimetres(value: float | None) -> float | None:
    return None if value is None else round(value, _MILLIMETRE)


def _measure(each: Measured) -> dict[str, Any]:
    value = list(each.value) if isinstance(each.value, tuple) else each.value
    uncertainty = None if each.value is None else each.uncertainty
    return {
        "name": each.name,
        "value": value,
        "unit": each.unit,
        "uncertainty": uncertainty,
        "method": each.method,
    }


def _placement(placed: Placed) -> dict[str, Any]:
    place = placed.placement
    known = placed.datum.status is not DatumStatus.UNKNOWN
    return {
        "crs": None if placed.crs is None else placed.crs.uri,
        "vertical_datum": placed.datum.name if known and place is not None else None,
        "eastings": None if place is None else _millimetres(place.eastings),
        "northings": None if place is None else _millimetres(place.northings),
        "height": None if place is None else _millimetres(place.height),
        "rotation_deg": None if place is None else round(place.rotation_deg, 6),
        "declared_by": None if place is None else place.declared_by,
        "issues": [{"nl": issue.nl, "en": issue.en} for issue in placed.issues],
    }


class _Locator:
    """Writes geometries of the city's system in the report's, which is the model's."""

    def __init__(self, placed: Placed, city: Crs) -> None:
        # A plan that could not be placed has no geometry to write, and perhaps a system nothing converts to.
        crs = placed.crs if placed.plan is not None else None
        foreign = crs is not None and crs.horizontal != city.horizontal
        self._convert = transformer(crs, city).back() if crs is not None and foreign else None

    def __call__(self, geometry: BaseGeometry | None) -> dict[str, Any] | None:
        if geometry is None or geometry.is_empty:
            return None
        convert = self._convert
        if convert is not None:
            geometry = shapely.transform(geometry, lambda points: convert(points).coordinates)
        held = mapping(shapely.set_precision(geometry, 10**-_MILLIMETRE))
        return {"type": held["type"], "coordinates": _lists(held["coordinates"])}


def _lists(node: Any) -> Any:  # noqa: ANN401 - nested coordinates
    return [_lists(child) for child in node] if isinstance(node, tuple | list) else round(float(node), _MILLIMETRE)


def _rule(judgement: Judgement, locate: _Locator) -> dict[str, Any]:
    rule, source = judgement.rule, judgement.rule.source
    last = source.in_force.to
    return {
        "id": rule.id,
        "zone": judgement.zone,
        "measure": rule.measure,
        "verdict": judgement.finding.verdict.value,
        "title": dict(_TITLES[rule.measure]),
        "explanation": dict(judgement.finding.explanation),
        "evidence": _evidence(judgement.finding.evidence, locate),
        "source": {
            "article": source.article,
            "title": dict(source.title),
            "text": dict(source.text),
            "in_force": {
                "from": source.in_force.start.isoformat(),
                "to": None if last is None else last.isoformat(),
            },
        },
    }


def _evidence(evidence: Evidence, locate: _Locator) -> dict[str, Any]:
    def plain(value: Any) -> Any:  # noqa: ANN401 - number, code or codes
        return list(value) if isinstance(value, tuple) else value

    return {
        "measured": plain(evidence.measured),
        "allowed": plain(evidence.allowed),
        "unit": evidence.unit,
        "tolerance": evidence.tolerance,
        "elements": [each for each in evidence.elements if is_global_id(each)][:_MOST_ELEMENTS],
        "neighbours": [_neighbour(each) for each in evidence.neighbours],
        "neighbour_count": evidence.neighbour_count,
        "geometry": locate(evidence.geometry),
        "assumptions": [dict(each) for each in evidence.assumptions],
    }


def _neighbour(each: NeighbourEvidence) -> dict[str, Any]:
    return {
        "id": each.neighbour.id,
        "city": each.neighbour.city,
        "distance_m": each.distance_m,
        "measured": each.measured,
        "allowed": each.allowed,
        "verdict": each.verdict.value,
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "city": source.city,
        "state": source.state.value,
        "as_of": source.as_of or None,
        "count": source.count,
        "snapshot_sha256": source.snapshot_sha256 or None,
        "exchange_id": source.exchange_id or None,
        "detail": source.detail,
        "datasets": [asdict(dataset) for dataset in source.datasets],
    }
