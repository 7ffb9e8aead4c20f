# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which reference system coordinates are in, which axis comes first, and the grid that integers count on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

from hanse.cityjson.model import Header, Transform
from hanse.geo import Crs, CrsError

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEGREES = 1e-9  # about a tenth of a millimetre
# Names of the German surveying authorities and of GML 2, by their EPSG codes.
_ADV = re.compile(r"urn:adv:crs:ETRS89_UTM(3[123])\*DE_DHHN(92|2016)_NH")
_DHHN = {"92": 5783, "2016": 7837}
_GML2 = re.compile(r"https?://www\.opengis\.net/gml/srs/epsg\.xml#(\d{4,6})")


@dataclass(frozen=True, slots=True)
class Options:
    """How a document is taken where it leaves a choice.

    Attributes:
        scale: metres that one integer counts; coordinates are rounded to it.
        crs: the reference system of documents that name none.
        northing_first: whether the first coordinate is a northing or latitude. None follows practice: projected
            coordinates come easting first whatever their register says, degrees in the register's order (latitude
            first) when the system is named by a URN or URI.
    """

    scale: float = 0.001
    crs: str | None = None
    northing_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds for all coordinates of a document: its header, and whether the first two axes change places."""

    header: Header
    source_name: str | None
    swap: bool


def frame(version: str, name: str | None, corner: Sequence[float], options: Options) -> Frame:
    """Return the frame of a document whose coordinates begin near ``corner``.

    Args:
        version: of CityGML, for the header.
        name: srsName as the document writes it; None when it is absent.
        corner: a low corner, or the first position; three coordinates in the document's order.
        options: choices.
    """
    own = name or options.crs
    crs = _crs(own) if own else None
    degrees = crs is not None and crs.is_geographic
    swap = options.northing_first
    if swap is None:
        swap = degrees and own is not None and not own.upper().startswith("EPSG:")
    x, y, z = (corner[1], corner[0], corner[2]) if swap else corner
    step = _DEGREES if degrees else options.scale
    transform = Transform((step, step, options.scale), (float(floor(x)), float(floor(y)), float(floor(z))))
    written = crs.uri if crs else own
    metadata = {"referenceSystem": written} if written else {}
    return Frame(Header(version, transform, written, metadata), name, swap)


def _crs(name: str) -> Crs | None:
    """Return the system a name stands for; None for one that is kept as it is written, for others to judge."""
    if match := _ADV.fullmatch(name):
        name = f"EPSG:258{match[1]}+{_DHHN[match[2]]}"
    elif match := _GML2.fullmatch(name):
        name = f"EPSG:{match[1]}"
    try:
        return Crs.parse(name)
    except CrsError:
        return None
