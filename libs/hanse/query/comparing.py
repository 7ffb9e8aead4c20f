# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Clause 4.9's comparisons of one target with a query's value: types first, arrays by their elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.query import patterns, times
from hanse.query.model import Boolean, Date, DateTime, Literal, Number, Op, Path, Range, Text, Time, Values
from hanse.query.targets import LANGUAGE, TIME, VOCAB, Target, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = Any


def compare(value: Json, literal: Literal) -> int | None:
    """Return whether a JSON value is less (-1), equal (0) or more (1), None when it is of another type.

    A string in the form of a date or time is of that type as well as a string; strings compare by code points.
    """
    left, right = _pair(value, literal)
    if left is None:
        return None
    return int(left > right) - int(left < right)


def _pair(value: Json, literal: Literal) -> tuple[Any, Any]:
    declared = None
    if isinstance(value, dict) and isinstance(value.get("@value"), str):  # a JSON-LD typed value
        declared, value = value.get("@type"), value["@value"]
    if isinstance(literal, Number):
        return (
            (value, literal.value) if isinstance(value, int | float) and not isinstance(value, bool) else (None, None)
        )
    if isinstance(literal, Boolean):
        return (value, literal.value) if isinstance(value, bool) else (None, None)
    if not isinstance(value, str):
        return None, None
    if isinstance(literal, Text):
        return (value, literal.value) if declared is None else (None, None)
    return _calendar(value, literal)


def _calendar(value: str, literal: DateTime | Date | Time) -> tuple[Any, Any]:
    if isinstance(literal, DateTime):
        moment = times.instant(value)
        return (moment.micros, literal.micros) if moment else (None, None)
    if isinstance(literal, Date):
        day = times.day(value)
        return (day.value, literal.value) if day else (None, None)
    clock = times.time_of_day(value)
    return (clock.micros, literal.micros) if clock else (None, None)


def holds(target: Target, path: Path, op: Op, value: Literal | Range | Values) -> bool:
    """Tell whether a target satisfies an operator (clause 4.9)."""
    if target.is_relationship or target.kind == VOCAB:
        return _named(target, op, value)
    if target.kind == LANGUAGE:
        texts = texts_of(target.value, path)
        return bool(texts) and _any_or_none(texts, op, value)
    if target.kind == TIME:
        return _single(target.value, op, _as_times(value))
    return _single(target.value, op, value)


def _any_or_none(texts: Iterable[str], op: Op, value: Literal | Range | Values) -> bool:
    """Texts of one language map are alternatives: unequal means that none is equal."""
    if op is Op.NE:
        return not any(_equal(text, value) for text in texts)
    return any(_single(text, op, value) for text in texts)


def _single(target: Json, op: Op, value: Literal | Range | Values) -> bool:
    if op is Op.EQ:
        return _equal(target, value)
    if op is Op.NE:
        return not _equal(target, value)
    order = compare(target, value) if not isinstance(value, Range | Values) else None
    return order is not None and satisfies(order, op)


def satisfies(order: int, op: Op) -> bool:
    """Tell whether an order (-1, 0, 1) is one that an operator asks for."""
    return {
        Op.EQ: order == 0,
        Op.NE: order != 0,
        Op.LT: order < 0,
        Op.LE: order <= 0,
        Op.GT: order > 0,
        Op.GE: order >= 0,
    }[op]


def _equal(target: Json, value: Literal | Range | Values) -> bool:
    if isinstance(value, Range):
        low, high = compare(target, value.low), compare(target, value.high)
        return low is not None and high is not None and low >= 0 >= high
    literals = value.items if isinstance(value, Values) else (value,)
    members = target if isinstance(target, list) else (target,)
    return any(compare(member, literal) == 0 for member in members for literal in literals)


def _named(target: Target, op: Op, value: Literal | Range | Values) -> bool:
    """URIs are compared as they are (RFC 3986 section 6.2.1), vocabulary by its terms; they have no order."""
    if op not in {Op.EQ, Op.NE}:
        return False
    literals = value.items if isinstance(value, Values) else () if isinstance(value, Range) else (value,)
    texts = [literal for literal in literals if isinstance(literal, Text)]
    wanted = {text.term for text in texts} if target.kind == VOCAB else {text.value for text in texts}
    members = target.value if isinstance(target.value, list) else [target.value]
    equal = any(isinstance(member, str) and member in wanted for member in members)
    return equal is (op is Op.EQ)


def _as_times(value: Literal | Range | Values) -> Literal | Range | Values:
    """A quoted timestamp is as good as a bare one where the target is an NGSI-LD time."""
    if isinstance(value, Range):
        return Range(_as_time(value.low), _as_time(value.high))
    if isinstance(value, Values):
        return Values(tuple(map(_as_time, value.items)))
    return _as_time(value)


def _as_time(literal: Literal) -> Literal:
    return (times.instant(literal.value) or literal) if isinstance(literal, Text) else literal


def fits(target: Target, path: Path, regex: str, *, negated: bool) -> bool:
    """Tell whether a string of the target matches a pattern, or with `negated` that it is a string and none does."""
    if target.is_relationship:
        return False
    if target.kind == LANGUAGE:
        texts = texts_of(target.value, path)
    else:
        texts = [target.value] if isinstance(target.value, str) else []
    return bool(texts) and any(patterns.searches(regex, text) for text in texts) is not negated
