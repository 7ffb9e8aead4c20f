# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Nodes of CQL2's operators, made from their operands: counts and kinds, which both encodings share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from hanse.query import model
from hanse.query.model import Expression, Op
from hanse.query.patterns import check_like

if TYPE_CHECKING:
    from hanse.query.errors import Limits, QueryError

_COMPARISONS = {op.value: op for op in Op}
_RELATIONS = {
    **dict.fromkeys(model.SPATIAL, model.Spatial),
    **dict.fromkeys(model.TEMPORAL, model.Temporal),
    **dict.fromkeys(model.ARRAY, model.ArrayTest),
}
PREDICATES = (
    model.Boolean,
    model.And,
    model.Or,
    model.Not,
    model.Comparison,
    model.Like,
    model.Between,
    model.Among,
    model.IsNull,
    model.Spatial,
    model.Temporal,
    model.ArrayTest,
    model.Call,
)
_ANY = (model.Path, model.Call)
_NUMERIC = (*_ANY, model.Number, model.Arithmetic)
_TEXTUAL = (*_ANY, model.Text, model.Fold)
_SCALAR = (*_NUMERIC, *_TEXTUAL, model.Boolean, model.DateTime, model.Date)
_KINDS: dict[type, tuple[tuple[type, ...], str]] = {
    model.Comparison: (_SCALAR, "a number, text, boolean, date, time, property or function"),
    model.Between: (_SCALAR, "a number, date, time, property or function"),
    model.Among: (_SCALAR, "a number, text, boolean, date, time, property or function"),
    model.Arithmetic: (_NUMERIC, "a number, property or function"),
    model.Fold: (_TEXTUAL, "a text, property or function"),
    model.Like: (_TEXTUAL, "a text, property or function"),
    model.Spatial: ((*_ANY, model.Geometry, model.Box), "a geometry, property or function"),
    model.Temporal: (
        (*_ANY, model.DateTime, model.Date, model.Interval),
        "a date, time, interval, property or function",
    ),
    model.ArrayTest: ((*_ANY, model.Array), "an array, property or function"),
}


class Reader(Protocol):
    """What building needs of a reader; `at` is a place in its own terms."""

    limits: Limits

    def known(self, name: str) -> bool:
        """Tell whether there is such a custom function."""

    def error(self, problem: str, at: Any = ..., expected: str = ...) -> QueryError:  # noqa: ANN401
        """Return a refusal."""


def build(reader: Reader, op: str, args: list[Expression], at: Any) -> Expression:  # noqa: ANN401, PLR0911
    """Make the node of an operator or function.

    Raises:
        QueryError: there are too many or too few operands, or some are of a kind that the operator has no use for.
    """
    if op == "like":
        _check(reader, op, args[:1], model.Like, at, 2, len(args))
        return _like(reader, args[0], args[1], at)
    if op in _COMPARISONS:
        _check(reader, op, args, model.Comparison, at, 2)
        return model.Comparison(_COMPARISONS[op], *args)
    if op in _RELATIONS:
        _check(reader, op, args, _RELATIONS[op], at, 2)
        return cast("Expression", _RELATIONS[op](op, *args))
    if op in model.ARITHMETIC:
        _check(reader, op, args, model.Arithmetic, at, 2)
        return model.Arithmetic(op, *args)
    if op == "between":
        _check(reader, op, args, model.Between, at, 3)
        return model.Between(*args)
    if op in model.FOLDS:
        _check(reader, op, args, model.Fold, at, 1)
        return model.Fold(op, *args)
    if op == "isNull":
        _check(reader, op, args, None, at, 1)
        return model.IsNull(*args)
    if not reader.known(op):
        raise reader.error(f"there is no function {op[:60]!r}", at)
    return model.Call(op, tuple(args))


def among(reader: Reader, value: Expression, items: tuple[Expression, ...], at: Any) -> model.Among:  # noqa: ANN401
    """Make the node of IN.

    Raises:
        QueryError: the list is empty, or an operand is no scalar.
    """
    if not items:
        raise reader.error("the list of in is empty", at, "at least one value")
    _check(reader, "in", [value, *items], model.Among, at, len(items) + 1)
    return model.Among(value, items)


def _check(
    reader: Reader,
    op: str,
    args: list[Expression],
    kind: type | None,
    at: Any,  # noqa: ANN401
    count: int,
    given: int | None = None,
) -> None:
    found = len(args) if given is None else given
    if found != count:
        raise reader.error(f"{op} has {found} arguments", at, str(count))
    if kind is None:
        return
    allowed, wording = _KINDS[kind]
    for arg in args:
        if not isinstance(arg, allowed):
            raise reader.error(f"{op} has no use for an operand of the kind {type(arg).__name__}", at, wording)


def _like(reader: Reader, value: Expression, pattern: Expression, at: Any) -> model.Like:  # noqa: ANN401
    inner = pattern
    while isinstance(inner, model.Fold):
        inner = inner.of
    if not isinstance(inner, model.Text) or not isinstance(pattern, model.Text | model.Fold):
        raise reader.error("the pattern of like is no string", at, "a string, perhaps in casei or accenti")
    check_like(reader.error, inner.value, at, reader.limits)
    return model.Like(value, pattern)
