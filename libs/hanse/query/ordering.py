# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities put in order (CIM 009 clause 4.23): by type of value first, then by the value, what has none last.

Texts are compared without accents and case, then with them: an approximation of ICU's root collation, which other
collations may replace. Of an attribute with several values the first in the order counts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hanse.query import geometry, times
from hanse.query.expressions import fold
from hanse.query.targets import LANGUAGE, targets, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hanse.query.model import Geometry
    from hanse.query.parameters import Order

Json = Any
_EARTH = 6_371_008.8  # metres: the mean radius, for the haversine that clause 4.23.1 asks for
_NUMBER, _TEXT, _OBJECT, _ARRAY, _BOOLEAN, _TIME, _DATE, _DATE_TIME = range(8)


def root_collation(text: str) -> tuple[str, str, str]:
    """Return a key that orders texts by letters, then accents, then case (small before capital)."""
    return fold("casei", fold("accenti", text)), fold("casei", text), text.swapcase()


def ordered(
    entities: Iterable[Mapping[str, Json]],
    orders: Sequence[Order],
    collation: Callable[[str], Any] = root_collation,
) -> list[Mapping[str, Json]]:
    """Return entities in order; those that are equal in every key stay as they came."""
    result = list(entities)
    for order in reversed(orders):
        keyed = [(key_of(entity, order, collation), entity) for entity in result]
        have = [each for each in keyed if each[0] is not None]
        have.sort(key=lambda each: each[0], reverse=order.descending)
        result = [entity for _, entity in have] + [entity for key, entity in keyed if key is None]
    return result


def key_of(entity: Mapping[str, Json], order: Order, collation: Callable[[str], Any] = root_collation) -> Any:  # noqa: ANN401
    """Return the key of an entity in an ordering, None when it has no value there.

    Raises:
        Nothing: keys of one ordering compare with each other whatever the values.
    """
    keys: list[tuple[Any, ...]] = []
    for target in targets(entity, order.path):
        for value in texts_of(target.value, order.path) if target.kind == LANGUAGE else [target.value]:
            near = _near(value, order.origin)
            keys.append(near or (1, *_key(value, collation)))
    if not keys:
        return None
    return max(keys) if order.descending else min(keys)


def _near(value: Json, origin: Geometry | None) -> tuple[int, float] | None:
    found = geometry.from_entity(value)
    if found is None or origin is None:
        return None
    return 0, haversine(*geometry.nearest(found, geometry.shape(origin)))


def haversine(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance of two positions on the sphere, in metres."""
    (west, south), (east, north) = ((math.radians(x), math.radians(y)) for x, y in (one, other))
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(half)))


def _key(value: Json, collation: Callable[[str], Any]) -> tuple[int, Any]:
    """A typed JSON-LD value and a text in the form of a time are of that type."""
    if isinstance(value, dict) and isinstance(value.get("@value"), str):
        value = value["@value"]
    if isinstance(value, bool):
        return _BOOLEAN, value
    if isinstance(value, int | float):
        return _NUMBER, value
    if isinstance(value, dict | list):
        kind = _OBJECT if isinstance(value, dict) else _ARRAY
        return kind, repr(value)
    return _text(str(value), collation)


def _text(text: str, collation: Callable[[str], Any]) -> tuple[int, Any]:
    if (moment := times.instant(text)) is not None:
        return _DATE_TIME, moment.micros
    if (day := times.day(text)) is not None:
        return _DATE, day.value
    if (clock := times.time_of_day(text)) is not None:
        return _TIME, clock.micros
    return _TEXT, collation(text)
