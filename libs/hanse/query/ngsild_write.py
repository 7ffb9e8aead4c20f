# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The syntax tree written as NGSI-LD parameters, to be sent on to another context source."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from hanse.query import model, times
from hanse.query.errors import QueryError
from hanse.query.model import Op
from hanse.query.ngsild_q import same_name

if TYPE_CHECKING:
    from collections.abc import Callable


_SIGNS = {Op.EQ: "==", Op.NE: "!=", Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}


class _Term(NamedTuple):
    """A term of `q`: its attribute, which relationships may still wrap, and its operator with value."""

    attribute: str
    rest: str


def to_q(predicate: model.Predicate, names: Callable[[str], str] = same_name) -> str:
    """Write a tree of `q`'s nodes; `names` gives the name to write for a stored one.

    Raises:
        QueryError: a node has no form in `q`.
    """
    match predicate:
        case model.Or(items):
            return "|".join(_grouped(item, names) for item in items)
        case model.And(items):
            return ";".join(_grouped(item, names) for item in items)
        case _:
            return "".join(_term(predicate, names))


def _grouped(predicate: model.Predicate, names: Callable[[str], str]) -> str:
    text = to_q(predicate, names)
    return f"({text})" if isinstance(predicate, model.And | model.Or) else text


def _term(predicate: model.Predicate, names: Callable[[str], str]) -> _Term:
    match predicate:
        case model.Exists(path):
            return _Term(path_text(path, names), "")
        case model.QueryTerm(path, op, value):
            return _Term(path_text(path, names), _SIGNS[op] + _value(value))
        case model.Pattern(path, regex, negated):
            return _Term(path_text(path, names), ("!~=" if negated else "~=") + json.dumps(regex, ensure_ascii=False))
        case model.Linked(name, types, inner):
            attribute, rest = _term(inner, names)
            hint = ",".join(map(names, types)) + ":" if types else ""
            return _Term(f"{names(name)}{{{hint}{attribute}}}", rest)
    raise QueryError("q", f"{type(predicate).__name__} has no form in q", remedy="write it as CQL2, or as a parameter")


def path_text(path: model.Path, names: Callable[[str], str]) -> str:
    """Write an attribute path."""
    inside = ".".join(member.name for member in path.members)
    return ".".join(map(names, path.names)) + (f"[{inside}]" if inside else "")


def _value(value: model.Literal | model.Range | model.Values) -> str:
    match value:
        case model.Range(low, high):
            return f"{_value(low)}..{_value(high)}"
        case model.Values(items):
            return ",".join(map(_value, items))
        case model.Number(number):
            return json.dumps(number)
        case model.Text(text):
            return json.dumps(text, ensure_ascii=False)
        case model.Boolean(truth):
            return "true" if truth else "false"
        case _:
            return times.write(value)


def to_types(predicate: model.Predicate, names: Callable[[str], str] = same_name) -> str:
    """Write a tree of types as a type selection.

    Raises:
        QueryError: a node has no form there.
    """

    def one(each: model.Predicate) -> str | None:
        return names(each.name) if isinstance(each, model.HasType) else None

    return _selection(predicate, one, "type")


def _selection(predicate: model.Predicate, one: Callable[[model.Predicate], str | None], language: str) -> str:
    def group(each: model.Predicate) -> str:
        parts = [one(item) for item in (each.items if isinstance(each, model.And) else (each,))]
        if None in parts:
            raise QueryError(language, f"{type(each).__name__} has no form here")
        text = ";".join(part for part in parts if part is not None)
        return f"({text})" if isinstance(each, model.And) else text

    return ",".join(map(group, predicate.items if isinstance(predicate, model.Or) else (predicate,)))
