# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""NGSI-LD's parameters that are no language of their own: geoqueries, temporal queries and ordering.

ETSI GS CIM 009 clauses 4.10, 4.11 and 4.23.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.query import times
from hanse.query.errors import LIMITS, Limits, QueryError, check_text
from hanse.query.geometry import read_geometry
from hanse.query.model import Geometry, Near, Path, Spatial, TimeWindow
from hanse.query.ngsild_q import parse_attribute_path, same_name
from hanse.query.scan import Scanner

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
_RELATIONS = {name: f"s_{name}" for name in ("within", "contains", "overlaps", "intersects", "equals", "disjoint")}
_NEAR = re.compile(r"near;(max|min)Distance==((?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?)")
_DIRECTION = re.compile(r"(?:dist-)?(?:asc|desc)(?![\w-])")
_FARTHEST = 1e9  # metres; more than the globe is round


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an ordering.

    Attributes:
        path: what entities are ordered by.
        descending: the largest first; what has no value stays last.
        origin: the geometry from which distance is measured, None when the value itself is the key.
    """

    path: Path
    descending: bool = False
    origin: Geometry | None = None


def parse_geo(
    georel: str,
    geometry: str,
    coordinates: str | list[Json],
    geoproperty: str = "location",
    names: Callable[[str], str] = same_name,
    *,
    limits: Limits = LIMITS,
) -> Near | Spatial:
    """Read a geoquery; `coordinates` is JSON text or the list that it stands for.

    Raises:
        QueryError: a parameter is not as clause 4.10 has it, or the geometry is not valid.
    """
    scan = Scanner("geoproperty", geoproperty, limits)
    path = parse_attribute_path(scan, names)
    scan.end("the name of a GeoProperty")
    reference = _reference("coordinates", geometry, coordinates, limits)
    if georel in _RELATIONS:
        return Spatial(_RELATIONS[georel], path, reference)
    check_text("georel", georel, limits)
    match = _NEAR.fullmatch(georel)
    if match is None:
        raise QueryError(
            "georel",
            f"found {georel[:60]!r}",
            position=0,
            expected=f"one of {', '.join(sorted(_RELATIONS))}, near;maxDistance==METRES or near;minDistance==METRES",
        )
    metres = float(match[2])
    if not 0 < metres < _FARTHEST:
        raise QueryError("georel", "the distance is not on this globe", position=match.start(2), expected="metres > 0")
    return Near(path, reference, metres, beyond=match[1] == "min")


def _reference(language: str, kind: str, coordinates: str | list[Json], limits: Limits) -> Geometry:
    if isinstance(coordinates, str):
        check_text(language, coordinates, limits)
        try:
            coordinates = json.loads(coordinates)
        except (ValueError, RecursionError) as error:
            raise QueryError(language, "they are no JSON", position=0, expected="GeoJSON coordinates") from error
    form = {"type": kind, "coordinates": coordinates}
    try:
        return read_geometry(language, form, limits=limits, simple=True)
    except RecursionError as error:
        raise QueryError(language, "they are nested too deep", position=0, expected="GeoJSON coordinates") from error


def parse_temporal(
    timerel: str, time_at: str, end_time_at: str | None = None, timeproperty: str = "observedAt"
) -> TimeWindow:
    """Read a temporal query: before (not included), after (included), or between (start included, end not).

    Raises:
        QueryError: a parameter is missing or not as clause 4.11 has it.
    """
    scan = Scanner("timeproperty", timeproperty)
    scan.name("a temporal property's name")
    scan.end("the name of a temporal property")
    if timerel not in {"before", "after", "between"}:
        expected = "before, after or between"
        raise QueryError("timerel", f"found {timerel[:40]!r}", position=0, expected=expected)
    start = _moment("timeAt", time_at)
    if timerel == "before":
        return TimeWindow(timeproperty, None, start)
    if timerel == "after":
        return TimeWindow(timeproperty, start, None)
    if end_time_at is None:
        raise QueryError("endTimeAt", "it is missing", remedy="a query between two times has both timeAt and endTimeAt")
    return TimeWindow(timeproperty, start, _moment("endTimeAt", end_time_at))


def _moment(language: str, text: str) -> int:
    moment = times.instant(text) if times.DATE_TIME.fullmatch(text) else None
    if moment is None:
        expected = "a date and time in UTC, such as 2027-01-31T12:00:00Z"
        raise QueryError(language, f"found {text[:40]!r}", position=0, expected=expected)
    return moment.micros


def parse_order(
    text: str,
    names: Callable[[str], str] = same_name,
    *,
    origin: str | list[Json] | None = None,
    origin_geometry: str = "Point",
    limits: Limits = LIMITS,
) -> tuple[Order, ...]:
    """Read an `orderBy`; `origin` and `origin_geometry` are the parameters orderFrom and orderGeometry.

    Raises:
        QueryError: it is not as clause 4.23 has it, or orders by distance from nowhere.
    """
    scan = Scanner("orderBy", text, limits)
    found = []
    for _ in scan.each(","):
        scan.count()
        path = parse_attribute_path(scan, names)
        direction = "asc"
        if scan.accept(";"):
            match = scan.take(_DIRECTION)
            if match is None:
                raise scan.error(expected="asc, desc, dist-asc or dist-desc")
            direction = match[0]
        far = _origin(origin, origin_geometry, limits) if direction.startswith("dist-") else None
        found.append(Order(path, direction.endswith("desc"), far))
    scan.end("',', ';' or the end")
    return tuple(found)


def _origin(origin: str | list[Json] | None, kind: str, limits: Limits) -> Geometry:
    if origin is None:
        remedy = "name the place that distance is measured from"
        raise QueryError("orderFrom", "it is missing", remedy=remedy)
    return _reference("orderFrom", kind, origin, limits)
