# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Attributes of a building or a surface as JSON, under the names that CityJSON gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.citygml.errors import FaultError
from hanse.citygml.geometry import number
from hanse.citygml.names import Family, local_name, module, split, text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Json = Any
_INTEGERS = frozenset(["storeysAboveGround", "storeysBelowGround", "yearOfConstruction", "yearOfDemolition"])
_MEASURES = frozenset(["measuredHeight", "slope", "azimuth"])
_LISTS = frozenset(["storeyHeightsAboveGround", "storeyHeightsBelowGround"])
_SEVERAL = frozenset(["name", "function", "usage"])
_GML = frozenset(["name", "description"])
_MAX_NESTING = 10
_MAX_SAFE = 2**53
# xAL 3 names a text only by the element above it.
_XAL_3 = {"NameElement": "{}Name", "Number": "{}Number", "Identifier": "{}Number"}
_RENAMED = {"PostCode": "PostalCode"}


def take(element: Element, into: dict[str, Json]) -> bool:
    """Add what a property element says to attributes; False when it is no attribute.

    Raises:
        FaultError: its value is not of its type.
    """
    family, name = split(element)
    if module(element) == "generics":
        _generic(element, into, 0)
    elif name == "genericAttribute" and len(element):
        _generic(element[0], into, 0)
    elif family is Family.GML and name in _GML:
        _add(into, name, text(element), several=name in _SEVERAL)
    elif family is Family.CITY and name == "height" and len(element):
        _height(element[0], into)
    elif family is Family.CITY and not len(element) and text(element):
        _add(into, name, _typed(name, text(element)), several=name in _SEVERAL)
    else:
        return False
    return True


def _add(into: dict[str, Json], name: str, value: Json, *, several: bool) -> None:
    if name not in into:
        into[name] = value
    elif several:
        into[name] = [*(into[name] if isinstance(into[name], list) else [into[name]]), value]
    else:
        free = next(f"{name}_{count}" for count in range(2, len(into) + 3) if f"{name}_{count}" not in into)
        into[free] = value


def _typed(name: str, word: str) -> Json:
    where = f"//{name}"
    if name in _INTEGERS:
        value = number(word[:4] if name.startswith("year") else word, where)
        if value != int(value):
            raise FaultError(where, f"{name} is a whole number, not {word[:40]!r}")
        return int(value)
    if name in _MEASURES:
        return number(word, where)
    if name in _LISTS:
        return [number(one, where) for one in word.split()]
    return word


def _height(element: Element, into: dict[str, Json]) -> None:
    """CityGML 3.0 says which height is meant; CityJSON's measuredHeight is the first of them."""
    said = {local_name(child): text(child) for child in element}
    if "value" not in said:
        raise FaultError("//Height", "a height has a value")
    value = number(said.pop("value"), "//Height/value")
    into.setdefault("measuredHeight", value)
    into.setdefault("height", []).append({"value": value, **said})


def _generic(element: Element, into: dict[str, Json], depth: int) -> None:
    """A generic attribute: named by XML attribute up to 2.0, by an element in 3.0."""
    kind = local_name(element)[:1].lower() + local_name(element)[1:]
    parts = {local_name(child): child for child in element}
    name = element.get("name") or (text(parts["name"]) if "name" in parts else "")
    where = f"//{local_name(element)}"
    if not name:
        raise FaultError(where, "a generic attribute needs a name")
    if kind in {"genericAttributeSet", "genericAttributeSetType"}:
        if depth > _MAX_NESTING:
            raise FaultError(where, f"sets of generic attributes nest more than {_MAX_NESTING} deep")
        nested: dict[str, Json] = {}
        for child in element:
            if local_name(child) != "name":
                inner = child[0] if local_name(child) == "genericAttribute" and len(child) else child
                _generic(inner, nested, depth + 1)
        _add(into, name, nested, several=False)
        return
    if "value" not in parts:
        raise FaultError(where, f"the generic attribute {name[:80]!r} has no value")
    _add(into, name, _value(kind, text(parts["value"]), where), several=False)


def _value(kind: str, word: str, where: str) -> Json:
    if kind == "intAttribute":
        value = number(word, where)
        if abs(value) < _MAX_SAFE and value != int(value):
            raise FaultError(where, f"an integer is a whole number, not {word[:40]!r}")
        return int(value)
    if kind in {"doubleAttribute", "measureAttribute"}:
        return number(word, where)
    return word


def address(element: Element) -> dict[str, Json]:
    """Return an address (xAL 2 or 3) as CityJSON has it: its texts under the names of xAL 2, without its place."""
    found: dict[str, Json] = {}
    waiting = [(element, "")]
    while waiting:
        part, above = waiting.pop()
        family, name = split(part)
        if family is Family.OTHER and (word := text(part)):
            _add(found, _XAL_3[name].format(above) if name in _XAL_3 else name, word, several=True)
        below = _RENAMED.get(name, name) if family is Family.OTHER else above
        waiting.extend((child, below) for child in reversed(part))
    return found
