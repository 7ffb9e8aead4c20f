# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The living entities of a type in a small box of longitude and latitude, by two short statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hanse.twin.adapters.databases.dialects import DEGREES, LIVING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.twin.adapters.reading import Reader
    from hanse.twin.model import Box


class Head(NamedTuple):
    """An entity whose own box meets the one asked about; `inside` when it lies wholly in it."""

    id: str
    number: int
    inside: bool


def heads(reader: Reader, type_: str, box: Box, most: int) -> list[Head] | None:
    """Living entities of a type whose boxes meet this one, by ids; None where more than `most` of anything are near."""
    near, values = reader.dialect.in_box(DEGREES, LIVING, box)
    sql = (
        "SELECT e.id, e.number, e.west>=? AND e.east<=? AND e.south>=? AND e.north<=?,"  # noqa: S608
        " e.tenant=? AND e.branch=0 AND e.west<=? AND e.east>=? AND e.south<=? AND e.north>=? AND"
        " (e.type=? OR EXISTS (SELECT 1 FROM entity_kind h WHERE h.number=e.number AND h.type=?))"
        f" FROM ({near} LIMIT ?) t CROSS JOIN entity e WHERE e.number=t.number ORDER BY e.id"
    )
    within = (box.min_x, box.max_x, box.min_y, box.max_y)
    meeting = (box.max_x, box.min_x, box.max_y, box.min_y)
    bound = (*within, reader.tenant, *meeting, type_, type_, *values, most + 1)
    rows = reader.read().execute(sql, bound).fetchall()
    if len(rows) > most:
        return None
    return [Head(identifier, number, bool(inside)) for identifier, number, inside, fits in rows if fits]


def bodies(reader: Reader, found: Sequence[Head]) -> dict[int, bytes]:
    """Stored wire bytes by number; what was deleted meanwhile is not there."""
    sql = f"SELECT number, wire FROM entity_body WHERE {reader.dialect.among('number')}"  # noqa: S608
    return dict(reader.read().execute(sql, (reader.dialect.counted([each.number for each in found]),)).fetchall())
