# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Source attributes as NGSI-LD attributes: names, types, units, and values that every JSON reader keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.cityjson.errors import pointer
from hanse.ngsild.losses import Loss, LossKind
from hanse.ngsild.names import CORE, MAPPED, attribute_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hanse.cityjson import CityObject

Json = Any
METRE = "MTR"  # UN/CEFACT Recommendation 20
KNOWN_UNITS = {"measuredHeight": METRE}  # by definition of CityGML; others only the data's owner knows
_MAX_INTEGER = 2**53 - 1  # RFC 7493 section 2.2


def prop(value: Json, unit: str | None = None, **sub: Json) -> dict[str, Json]:
    """Return a Property with its sub-properties."""
    result = {"type": "Property", "value": value}
    return {**result, **({"unitCode": unit} if unit else {}), **sub}


def json_prop(value: Json) -> dict[str, Json]:
    """Return a JsonProperty: JSON that no JSON-LD processor looks into."""
    return {"type": "JsonProperty", "json": value}


def attributes(root: CityObject, units: Mapping[str, str], losses: list[Loss]) -> Iterator[tuple[str, Json]]:
    """Yield the source's attributes as named NGSI-LD attributes, adding what is lost to ``losses``."""
    if "address" in root.other:
        yield from _address(root.other["address"], pointer("CityObjects", root.id, "address"), losses)
    taken = set(CORE | MAPPED)
    at = pointer("CityObjects", root.id, "attributes")
    for source, value in root.attributes.items():
        here = at + pointer(source)
        if value is None:
            losses.append(Loss(LossKind.DROPPED, here, "null says nothing, and NGSI-LD keeps it for deletion"))
            continue
        name = attribute_name(source, taken)
        taken.add(name)
        unit = units.get(source) or KNOWN_UNITS.get(source)
        attribute = _attribute(value, unit, here, losses)
        yield name, attribute if name == source else {**attribute, "sourceName": prop(source)}


def _address(value: Json, at: str, losses: list[Loss]) -> Iterator[tuple[str, Json]]:
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        yield "address", json_prop(narrowed(value, at, losses))
    else:
        losses.append(Loss(LossKind.UNMAPPED, at, "an address is a list of objects; this one has another form"))


def _attribute(value: Json, unit: str | None, at: str, losses: list[Loss]) -> dict[str, Json]:
    value = narrowed(value, at, losses)
    if isinstance(value, dict | list) and not _is_plain_list(value):
        return json_prop(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return prop(value, unit if number else None)


def narrowed(value: Json, at: str, losses: list[Loss]) -> Json:
    """Return JSON in which every integer survives every reader (RFC 7493 section 2.2)."""
    return _rewritten(value, at, losses) if _has_large(value) else value


def _has_large(value: Json) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_large, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int) and abs(value) > _MAX_INTEGER


def _rewritten(value: Json, at: str, losses: list[Loss]) -> Json:
    if isinstance(value, dict):
        return {name: _rewritten(child, at + pointer(name), losses) for name, child in value.items()}
    if isinstance(value, list):
        return [_rewritten(child, at + pointer(number), losses) for number, child in enumerate(value)]
    if isinstance(value, int) and abs(value) > _MAX_INTEGER:
        losses.append(Loss(LossKind.NARROWED, at, "an integer beyond 2^53 is carried as a string of digits"))
        return str(value)
    return value


def _is_plain_list(value: Json) -> bool:
    """A JSON-LD array: scalars only, none of them null; anything else would be changed by expansion."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, str | bool | int | float) for item in value)
