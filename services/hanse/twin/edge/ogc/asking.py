# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a request for features asks: bbox, datetime, limit, filter, properties, systems (Part 1 clause 7.15, Part 2, 3).

Boxes and filters are in CRS84 unless another system is named. A third axis of a box is metres above the city's
vertical datum, as the heights of the answers are.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import shapely

from hanse import geo
from hanse import query as languages
from hanse.query import times
from hanse.query.geometry import rectangle
from hanse.query.model import Boolean, Date, HasType, Ids, Number, Op, Path, QueryTerm, Text, TimeWindow
from hanse.twin.edge.ogc import systems
from hanse.twin.edge.ogc.systems import CRS84
from hanse.twin.edge.problems import bad_data
from hanse.twin.model import MAX_PAGE, Box, Heights, Query
from hanse.twin.names import own_renaming
from hanse.twin.space import places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from hanse.geo.transform import Floats
    from hanse.query import Predicate
    from hanse.twin.edge.ogc.features import Feature
    from hanse.twin.edge.ogc.systems import System

DEFAULT_LIMIT: Final = 10
KNOWN: Final = frozenset(
    {"bbox", "bbox-crs", "crs", "cursor", "datetime", "f", "filter", "filter-crs", "filter-lang", "limit"}
)
_LANGUAGES: Final = ("cql2-text", "cql2-json")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LONGEST_ID: Final = 2_048
_FLAT, _SOLID = 4, 6
_DAY_US: Final = 86_400_000_000
_WHOLE: Final = 360.0
_EVER: Final = TimeWindow("observedAt", None, None)


@dataclass(frozen=True, slots=True)
class Place:
    """A box to be met: queries by index that surely find it, and the very shape, in the box's own system.

    `inside` is the box where it is one in longitude and latitude.
    """

    queries: tuple[Query, ...]
    shape: BaseGeometry
    system: System | None
    inside: Box | None = None

    def meets(self, feature: Feature) -> bool:
        """Whether a feature meets the box; one without a place does."""
        geometry, box = feature.place, self.inside
        if geometry is None:
            return True
        if box is not None:
            west, south, east, north = feature.bounds
            if box.min_x <= west and box.min_y <= south and east <= box.max_x and north <= box.max_y:
                return True
        if self.system is not None:
            geometry = shapely.transform(geometry, self._there)
        return bool(shapely.intersects(self.shape, geometry))

    def _there(self, points: Floats) -> Floats:
        crs = geo.Crs.parse("EPSG:4326") if self.system is None else self.system.crs
        return geo.transformer(places.WGS84, crs).everywhere()(points).coordinates


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for features; `names` are the properties that it speaks of."""

    query: Query
    place: Place | None
    window: TimeWindow | None
    limit: int
    cursor: str
    system: System
    names: frozenset[str]

    @property
    def everything(self) -> bool:
        """Whether all features of the collection are meant."""
        return self.place is None and self.window is None and self.query.condition is None


def read(parameters: Mapping[str, str], collection: str, city_crs: str) -> Asked:
    """What the parameters ask for. Raises Problem, QueryError or InvalidInputError."""
    parts, names = list[Any](), set[str]()
    for name, text in parameters.items():
        if name not in KNOWN:
            stored = _stored(name)
            names.add(stored)
            parts.append(_equals(stored, text))
    filtered = _filter(parameters, city_crs)
    if filtered is not None:
        parts.append(filtered)
        names |= {each.names[0] for each in languages.nodes(filtered) if isinstance(each, Path)}
    cursor = parameters.get("cursor", "")
    if len(cursor) > _LONGEST_ID:
        raise bad_data("cursor is none that a link of this API has")
    query = Query(type=collection, condition=languages.all_of(*parts))
    return Asked(
        query,
        _place(parameters, query, city_crs),
        _window(parameters.get("datetime")),
        limit_of(parameters),
        cursor,
        systems.named(city_crs, parameters.get("crs"), "crs"),
        frozenset(names),
    )


def limit_of(parameters: Mapping[str, str]) -> int:
    """How many features a page has; what is above the greatest number stands for that. Raises Problem."""
    text = parameters.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    digits = text.lstrip("0") if text.isascii() and text.isdecimal() else ""
    if not digits:
        raise bad_data(f"limit is a number from 1 to {MAX_PAGE}")
    return MAX_PAGE if len(digits) > len(str(MAX_PAGE)) else min(int(digits), MAX_PAGE)


def _equals(name: str, text: str) -> Predicate:
    """A property's value is that text, or the number or truth value that the text writes."""
    if name == "id":
        return Ids(frozenset({text}))
    if name == "type":
        return HasType(own_renaming().inward(text))
    path = Path((name,))
    found: list[Any] = [QueryTerm(path, Op.EQ, Text(text, own_renaming().inward(text) if text else None))]
    if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        found.append(QueryTerm(path, Op.EQ, Number(float(text))))
    if text in {"true", "false"}:
        found.append(QueryTerm(path, Op.EQ, Boolean(text == "true")))
    return languages.any_of(found)


def _stored(name: str) -> str:
    """The stored name of a property; id and type are what they are."""
    found = own_renaming().inward(name)
    return name if found.startswith("@") else found


def _filter(parameters: Mapping[str, str], city_crs: str) -> Predicate | None:
    system = systems.named(city_crs, parameters.get("filter-crs"), "filter-crs")
    language = parameters.get("filter-lang", _LANGUAGES[0])
    if language not in _LANGUAGES:
        raise bad_data(f"filter-lang is one of {', '.join(_LANGUAGES)}")
    text = parameters.get("filter")
    if text is None:
        return None
    reads = languages.parse_cql2_text if language == _LANGUAGES[0] else languages.parse_cql2_json
    found = reads(text, _stored, functions=frozenset())
    try:
        moved = languages.map_geometries(found, system.inward)  # refuses what is beyond the system
    except geo.CrsError as error:
        raise bad_data(f"filter: {error}") from None
    return found if system.uri == CRS84 else moved


def _place(parameters: Mapping[str, str], query: Query, city_crs: str) -> Place | None:
    system = systems.named(city_crs, parameters.get("bbox-crs"), "bbox-crs")
    text = parameters.get("bbox")
    if text is None:
        return None
    box, heights = _box(text, system)
    if heights is not None:
        vertical = geo.Crs.parse(city_crs).vertical
        if system.crs.vertical.name not in {vertical.name, "unknown"}:
            raise bad_data(f"heights of a bbox are above {vertical.name} here, not as {system.uri} has them")
        query = Query(type=query.type, condition=query.condition, heights=Heights(*heights))
    if system.crs.is_geographic:
        return _on_the_globe(box, query, system)
    if box.min_x > box.max_x:
        raise bad_data("bbox has its least first coordinate above its greatest")
    shape = rectangle(box.min_x, box.min_y, box.max_x, box.max_y)
    found = places.in_box(query, system.crs.code, box, city_crs)
    return Place((found,), shape, system)


def _on_the_globe(box: Box, query: Query, system: System) -> Place:
    """West above east is a box over the meridian at 180 degrees: two boxes."""
    halves = [box]
    if box.min_x > box.max_x:
        halves = [Box(box.min_x, box.min_y, 180.0, box.max_y), Box(-180.0, box.min_y, box.max_x, box.max_y)]
    queries = tuple(
        Query(type=query.type, condition=query.condition, heights=query.heights, degrees=one) for one in halves
    )
    shape = rectangle(box.min_x, box.min_y, box.max_x, box.max_y)
    own = None if system.crs.horizontal == places.WGS84.horizontal else system
    return Place(queries, shape, own, box if own is None and len(halves) == 1 else None)


def _box(text: str, system: System) -> tuple[Box, tuple[float, float] | None]:
    """A box, east before north whatever the system's order is, and its heights. Raises Problem."""
    parts = text.split(",", _SOLID)
    if len(parts) not in {_FLAT, _SOLID} or not all(_NUMBER.fullmatch(each.strip()) for each in parts):
        raise bad_data("bbox has four numbers, or six with heights: the lower corner, then the upper corner")
    numbers = [float(each) for each in parts]
    half = len(numbers) // 2
    low, high = numbers[:half], numbers[half:]
    if system.swapped:
        low[:2], high[:2] = low[1::-1], high[1::-1]
    if not all(map(math.isfinite, numbers)) or low[1] > high[1] or low[2:] > high[2:]:
        raise bad_data("bbox needs finite numbers, the lower corner's not above the upper corner's")
    if system.crs.is_geographic and max(abs(low[0]), abs(high[0])) > _WHOLE:
        raise bad_data("bbox has a longitude beyond the globe")
    return Box(low[0], low[1], high[0], high[1]), (low[2], high[2]) if half > 2 else None  # noqa: PLR2004


def _window(text: str | None) -> TimeWindow | None:
    """An instant or an interval, both ends included; a day is all of it. Raises Problem."""
    if text is None:
        return None
    start, slash, end = text.partition("/")
    low = _micros(start, open_=bool(slash))
    high = _micros(end, open_=True, last=True) if slash else _micros(start, open_=False, last=True)
    if low is not None and high is not None and low > high:
        raise bad_data("datetime begins after its end")
    return TimeWindow("observedAt", low, None if high is None else high + 1)


def _micros(text: str, *, open_: bool, last: bool = False) -> int | None:
    if open_ and text in {"", ".."}:
        return None
    found = times.moment(text.upper())
    if found is None:
        raise bad_data("datetime is a timestamp (2026-05-01T12:00:00Z), a date, or two with / between, .. for no end")
    return times.micros(found) + (_DAY_US - 1 if last and isinstance(found, Date) else 0)


def answers(window: TimeWindow, entity: Mapping[str, Any]) -> bool:
    """Whether an entity was observed in a window; one that was never observed is in each (clause 7.15.4)."""
    return languages.matches(window, entity) or not languages.matches(_EVER, entity)
