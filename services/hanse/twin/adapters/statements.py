# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A query as one SQL statement, and scalars as they are stored. Names in the SQL are ours, values are bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.twin.model import Operator

if TYPE_CHECKING:
    from hanse.twin.model import Box, Filter, Query, Scalar

# SQLite has no booleans, and true is not 1: they are blobs, and so is the mark of an attribute that has no scalar.
_NO_SCALAR = b""
_KINDS = {bool: "s.value IN (x'00', x'01')", str: "typeof(s.value)='text'"}
_NUMBERS = "typeof(s.value) IN ('integer','real')"
_LARGEST_INTEGER = 2**63 - 1


def stored(value: Scalar | None) -> str | int | float | bytes:
    """A scalar as SQLite keeps it."""
    if value is None:
        return _NO_SCALAR
    if isinstance(value, bool):
        return bytes([value])
    return float(value) if isinstance(value, int) and abs(value) > _LARGEST_INTEGER else value


def corners(box: Box | None) -> tuple[float | None, ...]:
    """A box as four columns."""
    return (None,) * 4 if box is None else (box.min_x, box.min_y, box.max_x, box.max_y)


def select(tenant: str, query: Query) -> tuple[str, list[Any]]:
    """Columns id, dataset, wire and footprint of the entities that a query may mean, in the order of their ids.

    The R*Tree holds 32-bit floats rounded outwards, so the exact boxes are compared after it. What only the footprint
    itself can decide, the caller decides, and then limits.
    """
    where, values = ["e.tenant=?", "e.id>?"], [tenant, query.after]
    tables = "entity e"
    if query.metres is not None:
        tables = _narrow(query.metres, "entity_plane", ("min_x", "min_y", "max_x", "max_y"), where, values)
    elif query.degrees is not None:
        tables = _narrow(query.degrees, "entity_geo", ("west", "south", "east", "north"), where, values)
    for name, wanted in (("e.type", query.type), ("e.dataset", query.dataset)):
        if wanted:
            where.append(f"{name}=?")
            values.append(wanted)
    where += [_filter(tenant, condition, values) for condition in query.filters]
    decided = query.circle is None and query.elsewhere is None
    footprint = "NULL" if decided else "b.footprint"
    limit = f" LIMIT {query.limit + 1}" if decided else ""
    sql = (
        f"SELECT e.id, e.dataset, b.wire, {footprint} FROM {tables} JOIN entity_body b ON b.number=e.number"  # noqa: S608
        f" WHERE {' AND '.join(where)} ORDER BY e.id{limit}"
    )
    return sql, values


def _narrow(box: Box, tree: str, names: tuple[str, str, str, str], where: list[str], values: list[Any]) -> str:
    west, south, east, north = names
    for table in ("t", "e"):
        where += [f"{table}.{west}<=?", f"{table}.{east}>=?", f"{table}.{south}<=?", f"{table}.{north}>=?"]
        values += [box.max_x, box.min_x, box.max_y, box.min_y]
    # CROSS JOIN fixes the order: the R*Tree first, then the rows it names.
    return f"{tree} t CROSS JOIN entity e ON e.number=t.number"


def _filter(tenant: str, condition: Filter, values: list[Any]) -> str:
    values += [tenant, condition.attribute]
    exists = "EXISTS (SELECT 1 FROM entity_scalar s WHERE s.tenant=? AND s.name=? AND s.number=e.number"
    value = condition.value
    if condition.operator is Operator.EXISTS or value is None:
        return f"{exists})"
    values.append(stored(value))
    return f"{exists} AND {_KINDS.get(type(value), _NUMBERS)} AND s.value{condition.operator.value}?)"
