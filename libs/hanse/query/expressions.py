# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CQL2's expressions over an entity (OGC 21-065r2).

An expression has alternatives: none where a property is missing, several where an attribute has several instances
or languages; a predicate holds when it holds for any of them. In arithmetic and functions an attribute stands for
its default instance (that without `datasetId`, or else the first), so that alternatives do not multiply.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from shapely.geometry.base import BaseGeometry

from hanse.query import geometry, times
from hanse.query.errors import QueryError
from hanse.query.model import (
    Arithmetic,
    Array,
    Boolean,
    Box,
    Call,
    Date,
    DateTime,
    Expression,
    Fold,
    Geometry,
    Interval,
    Number,
    Path,
    Text,
)
from hanse.query.relations import Span, between_ends
from hanse.query.targets import LANGUAGE, targets, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = Any
# What an expression yields: JSON, a DateTime or Date, a Span, or a shapely geometry.
Value: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Context:
    """What a query is evaluated over.

    Attributes:
        entity: the entity, normalised, with stored names.
        linked: gives the entity of an id, None when it is not to be had.
        functions: custom functions by name; they are given JSON, geometries as GeoJSON, None for what is missing.
        holds: evaluates a predicate, to True, False or None (unknown).
    """

    entity: Mapping[str, Json]
    linked: Callable[[str], Mapping[str, Json] | None]
    functions: Mapping[str, Callable[..., Json]]
    holds: Callable[[Any, Context], bool | None] = field(repr=False)


def alternatives(expression: Expression, context: Context) -> list[Value]:
    """Return what an expression may stand for."""
    match expression:
        case Number() | Text() | Boolean():
            return [expression.value]
        case DateTime() | Date():
            return [expression]
        case Path():
            return _property(expression, context)
        case Geometry() | Box():
            return [geometry.shape(expression)]
        case _:
            value = single(expression, context)
            return [] if value is None else [value]


def single(expression: Expression | None, context: Context) -> Value | None:  # noqa: PLR0911 - one case a node
    """Return the one value that an expression stands for in arithmetic, functions and intervals, None when missing."""
    match expression:
        case None:
            return None
        case Interval(start, end):
            return _interval(start, end, context)
        case Array(items):
            return [single(item, context) for item in items]
        case Arithmetic(op, left, right):
            return _arithmetic(op, single(left, context), single(right, context))
        case Fold(kind, of):
            text = single(of, context)
            return fold(kind, text) if isinstance(text, str) else None
        case Call(name, args):
            return _call(name, [single(arg, context) for arg in args], context)
        case Path() | Number() | Text() | Boolean() | DateTime() | Date() | Geometry() | Box():
            found = alternatives(expression, context)
            return found[0] if found else None
        case _:
            return context.holds(expression, context)


def _property(path: Path, context: Context) -> list[Value]:
    found: list[Value] = []
    for target in targets(context.entity, path):
        if target.kind == LANGUAGE:
            found.extend(texts_of(target.value, path))
        elif target.is_relationship:
            found.append(target.value[0] if len(target.value) == 1 else target.value)
        elif isinstance(target.value, dict) and isinstance(target.value.get("@value"), str):
            found.append(target.value["@value"])
        elif target.value is not None:
            found.append(target.value)
    return found


def _interval(start: Expression | None, end: Expression | None, context: Context) -> Span | None:
    first, last = single(start, context), single(end, context)
    if (start is not None and first is None) or (end is not None and last is None):
        return None
    return between_ends(first, last)


def fold(kind: str, text: str) -> str:
    """Take case (Unicode's full folding) or accents (marks of the decomposed form) from a text."""
    if kind == "casei":
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    marks = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(sign for sign in marks if unicodedata.category(sign) != "Mn"))


def _arithmetic(op: str, left: Value, right: Value) -> float | None:
    """Double precision, so that no power grows without end; what is no finite number is missing."""
    if not (_is_number(left) and _is_number(right)):
        return None
    try:
        result = _OPERATIONS[op](float(left), float(right))
    except (ArithmeticError, ValueError):
        return None
    return result if math.isfinite(result) else None


_OPERATIONS: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": math.fmod,
    "^": math.pow,
    "div": lambda a, b: float(math.trunc(a / b)),
}


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _call(name: str, args: list[Value], context: Context) -> Value:
    function = context.functions.get(name)
    if function is None:
        known = ", ".join(sorted(context.functions)) or "none"
        raise QueryError("CQL2", f"there is no function {name!r}", remedy=f"functions that are known: {known}")
    return _from_json(function(*map(_to_json, args)))


def _to_json(value: Value) -> Json:
    if isinstance(value, BaseGeometry):
        return value.__geo_interface__
    if isinstance(value, DateTime | Date):
        return times.write(value)
    if isinstance(value, Span):
        ends = (times.write(DateTime(int(end))) if math.isfinite(end) else ".." for end in value)
        return {"interval": list(ends)}
    return value


def _from_json(value: Json) -> Value:
    found = geometry.from_entity(value)
    return value if found is None else found


def as_geometry(value: Value) -> BaseGeometry | None:
    """Return a value as a geometry, None when it is none."""
    return value if isinstance(value, BaseGeometry) else geometry.from_entity(value)


def order(left: Value, right: Value) -> int | None:
    """Return whether a value is less, equal or more; None when they are of types that have no common order."""
    if isinstance(left, DateTime | Date) or isinstance(right, DateTime | Date):
        left, right = _micros(left), _micros(right)
        if left is None or right is None:
            return None
    elif not (_is_number(left) and _is_number(right)) and not (isinstance(left, str) and isinstance(right, str)):
        return None
    return int(left > right) - int(left < right)


def _micros(value: Value) -> int | None:
    moment = times.moment(value) if isinstance(value, str) else value
    return times.micros(moment) if isinstance(moment, DateTime | Date) else None


def same(left: Value, right: Value) -> bool:
    """Tell whether two values are of one type and equal."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    one, other = as_geometry(left), as_geometry(right)
    if one is not None and other is not None:
        return geometry.relates("s_equals", one, other)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return order(left, right) == 0
