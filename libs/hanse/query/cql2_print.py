# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The syntax tree written as CQL2 text (OGC 21-065r2 clause 8); more parentheses than needed, never fewer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import shapely

from hanse.query import model, times
from hanse.query.cql2_names import property_name
from hanse.query.cql2_text import IDENTIFIER
from hanse.query.errors import QueryError
from hanse.query.ngsild_q import same_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LANGUAGE = "CQL2 text"


def to_cql2_text(  # noqa: C901, PLR0911, PLR0912 - one case a node
    node: model.Predicate | model.Expression, names: Callable[[str], str] = same_name
) -> str:
    """Write a tree of CQL2's nodes; `names` gives the name to write for a stored one.

    Raises:
        QueryError: a node has no form in CQL2 text.
    """

    def write(each: model.Predicate | model.Expression) -> str:
        return to_cql2_text(each, names)

    def call(name: str, args: Iterable[model.Expression]) -> str:
        return f"{name}({', '.join(map(write, args))})"

    match node:
        case model.Number(value):
            return json.dumps(value)
        case model.Text(value):
            return _quoted(value)
        case model.Boolean(value):
            return "TRUE" if value else "FALSE"
        case model.DateTime():
            return f"TIMESTAMP('{times.write(node)}')"
        case model.Date():
            return f"DATE('{times.write(node)}')"
        case model.Geometry(wkb):
            return shapely.to_wkt(shapely.from_wkb(wkb), rounding_precision=-1, output_dimension=3)
        case model.Box(bounds):
            return f"BBOX({', '.join(map(json.dumps, bounds))})"
        case model.Interval(start, end):
            return f"INTERVAL({_end(start, names)}, {_end(end, names)})"
        case model.Array(items):
            return f"({', '.join(map(write, items))})"
        case model.Path():
            return f'"{property_name(node, names)}"'
        case model.And(items):
            return f"({' AND '.join(map(write, items))})"
        case model.Or(items):
            return f"({' OR '.join(map(write, items))})"
        case model.Not(item):
            return f"(NOT {write(item)})"
        case model.IsNull(item):
            return f"({write(item)} IS NULL)"
        case model.Fold(kind, of):
            return call(kind.upper(), [of])
        case model.Call(name, args):
            return call(_function(name), args)
        case model.Comparison(sign, left, right) | model.Arithmetic(sign, left, right):
            return f"({write(left)} {sign} {write(right)})"
        case model.Spatial(name, left, right) | model.Temporal(name, left, right) | model.ArrayTest(name, left, right):
            return call(name.upper(), [left, right])
        case model.Like(value, pattern):
            return f"({write(value)} LIKE {write(pattern)})"
        case model.Between(value, low, high):
            return f"({write(value)} BETWEEN {write(low)} AND {write(high)})"
        case model.Among(value, items):
            return f"({write(value)} IN ({', '.join(map(write, items))}))"
    raise QueryError(_LANGUAGE, f"{type(node).__name__} has no form in CQL2", remedy="write it as an NGSI-LD query")


def _quoted(text: str) -> str:
    if "\\'" in text or text.endswith("\\"):
        problem = "a backslash before a quote has no form in CQL2 text"
        raise QueryError(_LANGUAGE, problem, remedy="write it as CQL2 JSON")
    return "'" + text.replace("'", "''") + "'"


def _function(name: str) -> str:
    if IDENTIFIER.fullmatch(name) is None:
        raise QueryError(_LANGUAGE, f"{name[:40]!r} is no name of a function", remedy="write it as CQL2 JSON")
    return name


def _end(end: model.DateTime | model.Date | model.Path | model.Call | None, names: Callable[[str], str]) -> str:
    if end is None:
        return "'..'"
    if isinstance(end, model.DateTime | model.Date):
        return f"'{times.write(end)}'"
    return to_cql2_text(end, names)
