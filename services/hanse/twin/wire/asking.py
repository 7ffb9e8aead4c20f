# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a QueryEntitiesRequest asks, in the domain's terms: every language ends in one condition and one place."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from hanse import query as languages
from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.kernel.clock import timestamp
from hanse.kernel.errors import InvalidInputError, invalid
from hanse.query.model import Near, Op, Path, Predicate, QueryTerm, Spatial, Text
from hanse.twin.model import MAX_PAGE, Box, Box3d, Heights, Nearest, Query
from hanse.twin.space import places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
LAYERS = ("planet", "region", "country", "city", "component", "building", "citizen", "biomolecule")
MAX_PROJECTED = 100
MAX_ORDERS = 4
MAX_GEOMETRY = 64 * 1024
MAX_CQL2 = 16 * 1024
MAX_DISTANCE_M = 50_000.0
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([.,]\d{1,6})?(Z|[+-]\d{2}:\d{2})")
_RELATIONS = {
    pb.Relation.KIND_INTERSECTS: "intersects",
    pb.Relation.KIND_WITHIN: "within",
    pb.Relation.KIND_CONTAINS: "contains",
    pb.Relation.KIND_DISJOINT: "disjoint",
    pb.Relation.KIND_EQUALS: "equals",
    pb.Relation.KIND_OVERLAPS: "overlaps",
}


@dataclass(frozen=True, slots=True)
class Projection:
    """What of each entity is answered; nothing set means its stored bytes."""

    pick: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    language: str = ""

    def __bool__(self) -> bool:
        return bool(self.pick or self.omit or self.language)


def moment(text: str, field: str) -> str:
    """A moment as times are stored, "" for none. Raises InvalidInputError."""
    if not text:
        return ""
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        return timestamp(datetime.fromisoformat(text.replace(",", ".")).astimezone(UTC))
    except (ValueError, OverflowError):
        raise invalid(field, "must be a date and time with offset (RFC 3339), such as 2026-11-23T12:00:00Z") from None


def past(text: str, field: str) -> str:
    """A moment of the twin's past, "" for now. Versions have milliseconds, so a finer one would show another moment.

    Raises:
        InvalidInputError: it is no moment, or finer than a millisecond.
    """
    found = moment(text, field)
    if found and datetime.fromisoformat(text.replace(",", ".")).microsecond % 1000:
        raise invalid(field, "is finer than a millisecond, which is what versions have: leave the last digits out")
    return found


def projection(message: pb.QueryEntitiesRequest) -> Projection:
    """What of each entity is asked for. Raises InvalidInputError."""
    for name in ("pick", "omit"):
        if len(getattr(message, name)) > MAX_PROJECTED:
            raise invalid(name, f"at most {MAX_PROJECTED} names are taken")
    if message.pick and message.omit:
        raise invalid("omit", "goes not with pick")
    return Projection(tuple(message.pick), tuple(message.omit), message.language)


def orders(message: pb.QueryEntitiesRequest) -> tuple[languages.Order, ...]:
    """The orderings asked for. Raises InvalidInputError."""
    if not message.order_by:
        return ()
    found = _parsed("order_by", lambda: languages.parse_order(message.order_by.replace(":", ";")))
    if len(found) > MAX_ORDERS:
        raise invalid("order_by", f"names {len(found)} attributes; at most {MAX_ORDERS} are taken")
    return found


def asked(message: pb.QueryEntitiesRequest, made: Query, city_crs: str, branch: Callable[[str], int]) -> Query:
    """The query with all that goes beyond types, filters, boxes and circles. Raises InvalidInputError."""
    made = replace(
        made,
        condition=languages.all_of(*_conditions(message)),
        heights=_heights(message.heights) if message.HasField("heights") else None,
        under=message.under,
        branch=branch(message.scenario) if message.scenario else 0,
        as_of=past(message.as_of, "as_of"),
    )
    if made.branch and made.as_of:
        raise invalid("as_of", "a scenario has no past")
    match message.WhichOneof("place"):
        case "box_3d":
            made = _box(made, message.box_3d, city_crs)
        case "nearest":
            made = _nearest(made, message.nearest, city_crs)
    return made


def _conditions(message: pb.QueryEntitiesRequest) -> Iterator[Predicate]:
    if message.q:
        yield _parsed("q", lambda: languages.parse_q(message.q))
    if message.scope_q:
        yield _parsed("scope_q", lambda: languages.parse_scope_q(message.scope_q))
    if message.cql2:
        yield _cql2(message.cql2)
    if message.WhichOneof("place") == "relation":
        yield _relation(message.relation)
    if message.layer:
        if message.layer not in LAYERS:
            raise invalid("layer", f"must be one of {', '.join(LAYERS)}")
        yield QueryTerm(Path(("twinLayer",)), Op.EQ, Text(message.layer, message.layer))


def _cql2(text: str) -> Predicate:
    if len(text) > MAX_CQL2:
        raise invalid("cql2", f"has more than {MAX_CQL2} characters")
    if text.lstrip().startswith("{"):
        return _parsed("cql2", lambda: languages.parse_cql2_json(text))
    return _parsed("cql2", lambda: languages.parse_cql2_text(text))


def _parsed(field: str, parse: Callable[[], T]) -> T:
    try:
        return parse()
    except languages.QueryError as error:
        advice = error.remedy[:1].upper() + error.remedy[1:] or "Correct the query"
        raise InvalidInputError(f"{field}: {error}", remedy=f"{advice}.") from None


def _relation(message: pb.Relation) -> Near | Spatial:
    if len(message.geometry) > MAX_GEOMETRY:
        raise invalid("relation.geometry", f"has more than {MAX_GEOMETRY} bytes")
    try:
        geometry = json.loads(message.geometry)
        kind, coordinates = str(geometry["type"]), geometry["coordinates"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise invalid("relation.geometry", "must be a GeoJSON geometry (RFC 7946)") from None
    if message.kind in (pb.Relation.KIND_NEAR, pb.Relation.KIND_FAR):
        if not 0 < message.distance_m <= MAX_DISTANCE_M:
            raise invalid("relation.distance_m", f"must be above 0 and at most {MAX_DISTANCE_M:.0f}")
        bound = "max" if message.kind == pb.Relation.KIND_NEAR else "min"
        georel = f"near;{bound}Distance=={message.distance_m!r}"
    elif message.kind in _RELATIONS:
        georel = _RELATIONS[message.kind]
    else:
        raise invalid("relation.kind", "is missing or unknown")
    attribute = message.attribute or "location"
    return _parsed("relation", lambda: languages.parse_geo(georel, kind, coordinates, attribute))


def _heights(message: pb.HeightRange) -> Heights:
    if not (math.isfinite(message.min_m) and math.isfinite(message.max_m)) or message.min_m > message.max_m:
        raise invalid("heights", "needs finite metres with min_m at most max_m")
    if message.reference not in (pb.HeightRange.REFERENCE_DATUM, pb.HeightRange.REFERENCE_ABOVE_GROUND):
        raise invalid("heights.reference", "is missing or unknown")
    above = message.reference == pb.HeightRange.REFERENCE_ABOVE_GROUND
    return Heights(message.min_m, message.max_m, above_ground=above)


def _box(made: Query, message: pb.Box3d, city_crs: str) -> Query:
    low = (message.min_x, message.min_y, message.min_z)
    high = (message.max_x, message.max_y, message.max_z)
    if not all(map(math.isfinite, (*low, *high))) or any(a > b for a, b in zip(low, high, strict=True)):
        raise invalid("box_3d", "needs finite corners with min at most max")
    if message.crs and places.crs_of(message.crs, "box_3d.crs").code != places.horizontal(city_crs).code:
        raise invalid("box_3d.crs", f"must be the city's system {places.horizontal(city_crs).code} or empty")
    plane = places.in_box(made, city_crs, Box(low[0], low[1], high[0], high[1]), city_crs)
    heights = plane.heights or Heights(low[2], math.inf)  # solids may reach below what is said to be their ground
    return replace(plane, heights=heights, box_3d=Box3d(low, high), solids=True)


def _nearest(made: Query, message: pb.Nearest, city_crs: str) -> Query:
    if not 0 <= message.count <= MAX_PAGE:
        raise invalid("nearest.count", f"must be 0 to {MAX_PAGE}")
    radius = message.radius_m or 5_000.0
    height = message.z if message.HasField("z") else None
    if height is not None and not math.isfinite(height):
        raise invalid("nearest.z", "must be finite")
    made = places.in_circle(made, message.crs, message.x, message.y, radius, city_crs, field="nearest")
    return replace(made, nearest=Nearest(message.count or 10, height))
