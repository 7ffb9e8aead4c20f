# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""An attribute's instance as a point of its series, and back (CIM 009 clause 4.5.7).

A point stands at its `observedAt`, else at the time it was written. A number that differs from the series' shape in
nothing but its value and time is stored as that number alone; everything else as JSON beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.ngsild import canonical
from hanse.query import times
from hanse.query.model import DateTime

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = Any
MAX_VALUE_BYTES = 16 * 1024
_LARGEST_EXACT = 2**53
_SYSTEM = ("createdAt", "modifiedAt", "instanceId", "deletedAt")
_APART = frozenset({"value", "observedAt", *_SYSTEM})


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a series.

    Attributes:
        time_us: when, in microseconds since 1970.
        amount: the value, when it is a number; None otherwise.
        json: the instance but for its time, when `amount` and the series' shape do not say all.
        written_us: when it was last written.
        observed: whether `time_us` is its observedAt.
        deleted: it says that the attribute was deleted then (clause 4.5.7).
    """

    time_us: int
    amount: float | None
    json: bytes | None
    written_us: int
    observed: bool
    deleted: bool = False


def micros(text: str) -> int:
    """Microseconds since 1970 of a stored time. Raises ValueError for no such text."""
    found = times.instant(text)
    if found is None:
        raise ValueError(f"{text[:60]!r} is no date and time")
    return found.micros


def written(time_us: int) -> str:
    """A moment as NGSI-LD writes it."""
    return times.write(DateTime(time_us))


def attributes(entity: Mapping[str, Json]) -> Iterator[tuple[str, list[dict[str, Json]]]]:
    """An entity's attributes, each with its instances."""
    for name, value in entity.items():
        found = value if isinstance(value, list) else [value]
        if all(isinstance(one, dict) for one in found) and name != "@context":
            yield name, found


def dataset_of(instance: Mapping[str, Json]) -> str:
    """The instance's datasetId, "" for the default one."""
    found = instance.get("datasetId")
    return found if isinstance(found, str) else ""


def shape_of(instance: Mapping[str, Json]) -> bytes:
    """What the points of a series are taken to have in common: an instance without its value and times."""
    return canonical({name: value for name, value in instance.items() if name not in _APART})


def encode(instance: Mapping[str, Json], shape: bytes, modified: str, created: str = "") -> Point | None:
    """The point of an instance; None when its value is too large for a series.

    `modified` and `created` are its system times; without `created` they are the same.
    """
    observed = isinstance(instance.get("observedAt"), str)
    written_us = micros(modified)
    time_us = micros(instance["observedAt"]) if observed else written_us
    if "deletedAt" in instance:
        marker = {name: value for name, value in instance.items() if name not in ("observedAt", *_SYSTEM)}
        return Point(micros(instance["deletedAt"]), None, canonical(marker), written_us, observed=False, deleted=True)
    amount = number(instance.get("value")) if instance.get("type") == "Property" else None
    if amount is not None and created in ("", modified) and shape_of(instance) == shape:
        return Point(time_us, amount, None, written_us, observed)
    kept = {name: value for name, value in instance.items() if name not in ("observedAt", *_SYSTEM)}
    if created not in ("", modified):
        kept["createdAt"] = created
    body = canonical(kept)
    return None if len(body) > MAX_VALUE_BYTES else Point(time_us, amount, body, written_us, observed)


def number(value: Json) -> float | None:
    """A JSON number that a double says exactly."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= _LARGEST_EXACT else None  # no number at all is NaN, here too


def plain(amount: float) -> int | float:
    """A number as JSON has it: whole ones without a fraction (RFC 8785)."""
    return int(amount) if amount.is_integer() and abs(amount) <= _LARGEST_EXACT else amount


def decode(point: Point, shape: bytes) -> dict[str, Json]:
    """The instance of a point, with its system times."""
    if point.json is not None:
        instance: dict[str, Json] = json.loads(point.json)
    else:
        instance = json.loads(shape)
        if point.amount is not None:
            instance["value"] = plain(point.amount)
    if point.deleted:
        instance["deletedAt"] = written(point.time_us)
        return instance
    if point.observed:
        instance["observedAt"] = written(point.time_us)
    instance["modifiedAt"] = written(point.written_us)
    instance.setdefault("createdAt", instance["modifiedAt"])
    return instance
