# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Coordinate reference systems that features can be had in, and boxes given in (OGC API Features Part 2).

Positions follow the axis order of their system (latitude first in EPSG:4326); the third number, where there is one,
is a height. A height goes into another vertical datum only where PROJ has what that needs; otherwise it keeps its own,
which the feature names: it is never left out. Three-dimensional systems are offered where the city's heights fit them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyproj

from hanse import geo
from hanse.geo.heights import height_shift
from hanse.twin.edge.problems import bad_data
from hanse.twin.space.places import WGS84, horizontal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.geo.transform import Floats

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS84H: Final = "http://www.opengis.net/def/crs/OGC/0/CRS84h"
_EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0/"
_PLANE: Final = (4326, 4258, 3857, 3035, 25831, 25832)
_SPACE: Final = (4979, 7415, 6190, 5555)
_COLUMNS: Final = 2


@dataclass(frozen=True, slots=True)
class System:
    """A system as it is offered: its URI, what it is, and whether its second axis (as computed here) is told first."""

    uri: str
    crs: geo.Crs
    swapped: bool

    @property
    def header(self) -> tuple[str, str]:
        """Says what the positions of an answer are in."""
        return "Content-Crs", f"<{self.uri}>"

    def outward(self, points: Floats) -> Floats:
        """Longitudes and latitudes (n, 2) as this system's two coordinates, in its order. Raises CrsError."""
        found = geo.transformer(WGS84, self.crs)(points).coordinates
        return found[:, ::-1] if self.swapped else found

    def inward(self, points: Floats) -> Floats:
        """Positions in this system, (n, 2) or (n, 3), as longitude and latitude, heights kept. Raises CrsError."""
        plane = points[:, 1::-1] if self.swapped else points[:, :_COLUMNS]
        degrees = geo.transformer(self.crs, WGS84)(np.ascontiguousarray(plane)).coordinates
        return np.column_stack([degrees, points[:, _COLUMNS:]])

    def heights(self, degrees: Floats, heights: Floats, datum: str, city_crs: str) -> tuple[Floats, str]:
        """Heights above this system's vertical datum, and that datum's name; as they were where none is known."""
        wanted, city = self.crs.vertical, geo.Crs.parse(city_crs)
        if wanted.status is geo.DatumStatus.UNKNOWN or wanted.name == datum or datum != city.vertical.name:
            return heights, datum
        shift = height_shift(city, self.crs)
        if shift is None:
            return heights, datum
        plane = geo.transformer(WGS84, horizontal(city_crs))(degrees).coordinates
        shifted = shift(np.column_stack([plane, heights]))
        return (heights, datum) if shifted is None else (shifted, wanted.name)


@lru_cache(maxsize=8)
def offered(city_crs: str) -> Mapping[str, System]:
    """Systems by URI, CRS84 first; `city_crs` is the city's own, whose heights decide on those with three axes."""
    city = geo.Crs.parse(city_crs)
    found = {CRS84: System(CRS84, geo.Crs.parse(CRS84), swapped=False)}
    if _fits(city, geo.Crs.parse(CRS84H)):
        found[CRS84H] = System(CRS84H, geo.Crs.parse(CRS84H), swapped=False)
    own = (city.horizontal, *([city.epsg] if city.epsg else []))
    for code in dict.fromkeys((*own, *_PLANE, *_SPACE)):
        crs = geo.Crs.parse(code)
        if _reached(crs) and (crs.vertical.status is geo.DatumStatus.UNKNOWN or _fits(city, crs)):
            first = pyproj.CRS.from_epsg(crs.horizontal).axis_info[0].direction
            found[f"{_EPSG}{code}"] = System(f"{_EPSG}{code}", crs, swapped=first == "north")
    return found


def _fits(city: geo.Crs, crs: geo.Crs) -> bool:
    return crs.vertical.name == city.vertical.name or height_shift(city, crs) is not None


def _reached(crs: geo.Crs) -> bool:
    try:
        geo.transformer(WGS84, crs)
    except geo.CrsError:
        return False
    return True


def named(city_crs: str, name: str | None, parameter: str) -> System:
    """The system that a parameter names, CRS84 where there is none. Raises Problem."""
    known = offered(city_crs)
    found = known.get(CRS84 if name is None else name.replace("https://", "http://", 1))
    if found is None:
        raise bad_data(f"{parameter} is none of the systems of this collection: {', '.join(known)}")
    return found
