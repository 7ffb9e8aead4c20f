# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Stored entities as solids in the city's projected system, for questions that need three dimensions."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from hanse import geo
from hanse.cityjson import best_solids
from hanse.ngsild import NgsiLdError, solid_crs, to_feature
from hanse.twin.space.places import horizontal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanse.twin.model import Query

MAX_HELD = 16 * 1024 * 1024  # bytes of JSON whose solids a worker keeps: some 5,000 buildings
_CLOSED = 3  # sides that a shell with a volume has at least, and one


def solids_of(body: bytes, city_crs: str) -> list[geo.Solid]:
    """The most detailed solids of an entity and its parts; none when it has none in the city's projected system.

    Coordinates are metres in that system, heights metres above the datum that the entity names.
    """
    entity = json.loads(body)
    if "solidGeometry" not in entity:
        return []
    try:
        if solid_crs(entity).horizontal != horizontal(city_crs).horizontal:
            return []
        return list(best_solids(to_feature(entity)))
    except (NgsiLdError, geo.CrsError):
        return []  # flagged when it was loaded


class Solids:
    """Solids of the entities asked about last, by what they were made of: parsing costs more than all the rest."""

    def __init__(self, city_crs: str, most: int = MAX_HELD) -> None:
        self._city_crs, self._most, self._size = city_crs, most, 0
        self._held: OrderedDict[bytes, tuple[list[geo.Solid], int]] = OrderedDict()

    def of(self, body: bytes) -> list[geo.Solid]:
        """As `solids_of`."""
        key = hashlib.sha256(body).digest()
        found = self._held.pop(key, None)
        if found is None:
            found = solids_of(body, self._city_crs), len(body)
            self._size += len(body)
        self._held[key] = found
        while self._size > self._most and len(self._held) > 1:
            self._size -= self._held.popitem(last=False)[1][1]
        return found[0]

    def scene(self, bodies: Iterable[bytes]) -> geo.Scene:
        """A scene of entities, in their order."""
        return geo.Scene.of(self.of(body) for body in bodies)


_solids: dict[str, Solids] = {}


def held(city_crs: str) -> Solids:
    """This process's solids."""
    return _solids.setdefault(city_crs, Solids(city_crs))


def volume(solids: Iterable[geo.Solid]) -> float | None:
    """Cubic metres that closed solids enclose, cavities left out; None when there is none.

    By the divergence theorem over the triangles of each shell, whichever way round its faces run.
    """
    closed = [solid for solid in solids if solid.closed]
    if not closed:
        return None
    return sum(
        size if number == 0 else -size
        for solid in closed
        for number, size in enumerate(abs(_enclosed(solid, shell)) for shell in solid.shells)
    )


def _enclosed(solid: geo.Solid, shell: tuple[geo.Surface, ...]) -> float:
    if len(shell) <= _CLOSED:
        return 0.0
    corners, _ = geo.triangles(geo.Solid(solid.vertices, (shell,)))
    if not len(corners):
        return 0.0
    near = corners - corners[0, 0]  # national coordinates are large and the products would cancel
    return float(np.einsum("tk,tk->", near[:, 0], np.cross(near[:, 1], near[:, 2]))) / 6.0


def meets(body: bytes, query: Query, city_crs: str) -> bool:
    """Whether an entity's solid meets the query's box; without a box, yes."""
    if query.box_3d is None:
        return True
    scene = geo.Scene.of([solids_of(body, city_crs)])
    return bool(geo.meets_box(scene, (*query.box_3d.low, *query.box_3d.high))[0])
