# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The syntax tree written as CQL2 JSON (OGC 21-065r2 clause 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.query import geometry, model, times
from hanse.query.cql2_names import property_name
from hanse.query.errors import QueryError
from hanse.query.ngsild_q import same_name

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any


def to_cql2_json(  # noqa: C901, PLR0911, PLR0912 - one case a node
    node: model.Predicate | model.Expression, names: Callable[[str], str] = same_name
) -> Json:
    """Write a tree of CQL2's nodes; `names` gives the name to write for a stored one.

    Raises:
        QueryError: a node has no form in CQL2.
    """

    def write(each: model.Predicate | model.Expression) -> Json:
        return to_cql2_json(each, names)

    def op(name: str, *args: Json) -> Json:
        return {"op": name, "args": list(args)}

    match node:
        case model.Number(value) | model.Text(value) | model.Boolean(value):
            return value
        case model.DateTime():
            return {"timestamp": times.write(node)}
        case model.Date():
            return {"date": times.write(node)}
        case model.Geometry():
            return geometry.geojson(node)
        case model.Box(bounds):
            return {"bbox": list(bounds)}
        case model.Interval(start, end):
            return {"interval": [_end(each, names) for each in (start, end)]}
        case model.Array(items):
            return list(map(write, items))
        case model.Path():
            return {"property": property_name(node, names)}
        case model.And(items):
            return op("and", *map(write, items))
        case model.Or(items):
            return op("or", *map(write, items))
        case model.Not(item) | model.IsNull(item):
            return op("not" if isinstance(node, model.Not) else "isNull", write(item))
        case model.Fold(kind, of):
            return op(kind, write(of))
        case model.Call(name, args):
            return op(name, *map(write, args))
        case model.Comparison(sign, left, right) | model.Arithmetic(sign, left, right):
            return op(str(sign), write(left), write(right))
        case model.Spatial(name, left, right) | model.Temporal(name, left, right) | model.ArrayTest(name, left, right):
            return op(name, write(left), write(right))
        case model.Like(value, pattern):
            return op("like", write(value), write(pattern))
        case model.Between(value, low, high):
            return op("between", write(value), write(low), write(high))
        case model.Among(value, items):
            return op("in", write(value), list(map(write, items)))
    raise QueryError("CQL2 JSON", f"{type(node).__name__} has no form in CQL2", remedy="write it as an NGSI-LD query")


def _end(end: model.DateTime | model.Date | model.Path | model.Call | None, names: Callable[[str], str]) -> Json:
    if end is None:
        return ".."
    if isinstance(end, model.DateTime | model.Date):
        return times.write(end)
    return to_cql2_json(end, names)
