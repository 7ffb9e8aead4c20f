# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Names of coordinate reference systems, parsed into a horizontal part and a named vertical datum.

Accepted notations: ``7415``, ``EPSG:7415``, ``EPSG:28992+5709``, ``urn:ogc:def:crs:EPSG::7415``, the compound
``urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5709``, ``http(s)://www.opengis.net/def/crs/EPSG/0/7415``,
``http(s)://www.opengis.net/def/crs-compound?1=...&2=...`` and OGC's CRS84 and CRS84h (OGC 11-135r2 naming).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

import pyproj
from pyproj.exceptions import CRSError as _ProjCrsError

_MAX_NAME = 512
_CODE = re.compile(r"(?:epsg:)?([1-9]\d{0,5})", re.IGNORECASE)
_PAIR = re.compile(r"epsg:([1-9]\d{0,5})\+(?:epsg:)?([1-9]\d{0,5})", re.IGNORECASE)
_URN = re.compile(r"(?:urn:(?:x-)?ogc:def:)?crs:epsg:[\d.]*:([1-9]\d{0,5})", re.IGNORECASE)
_PATH = re.compile(r"/def/crs/epsg/[\d.]+/([1-9]\d{0,5})/?", re.IGNORECASE)
_CRS84 = re.compile(r".*[/:]crs84(h?)/?", re.IGNORECASE)
_COMPOUND_URN = "urn:ogc:def:crs,"
# Short names of vertical datums as people write them; the EPSG code is that of the height system.
_HEIGHT_SYSTEMS = {
    "NAP": 5709,
    "TAW": 5710,
    "NGF-IGN69": 5720,
    "DHHN92": 5783,
    "DHHN2016": 7837,
    "EVRF2007": 5621,
}
_SHORT_NAMES = {code: name for name, code in _HEIGHT_SYSTEMS.items()}
_ELLIPSOIDAL_OF = {4979: 4326, 4937: 4258}


class CrsError(ValueError):
    """A coordinate reference system that is not known, not usable, or not convertible."""


class DatumStatus(StrEnum):
    """How it is known which surface heights are counted from."""

    DECLARED = "declared"
    ASSUMED = "assumed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class VerticalDatum:
    """The surface from which heights are counted.

    Attributes:
        name: "NAP", "DHHN2016", ..., "ellipsoidal" or "unknown".
        epsg: code of the height system; None when ellipsoidal or unknown.
        status: declared by the CRS, assumed by whoever loaded the data, or unknown.
    """

    name: str
    epsg: int | None
    status: DatumStatus


UNKNOWN_DATUM = VerticalDatum("unknown", None, DatumStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate reference system whose parts are known to EPSG.

    Attributes:
        name: EPSG's name, for people.
        horizontal: EPSG code of the two-dimensional part.
        epsg: code of the whole, when one code names it (28992, 7415); None for a composed pair.
        vertical: the vertical datum of heights.
        metres: metres to one horizontal unit; None for geographic systems (degrees).
    """

    name: str
    horizontal: int
    epsg: int | None
    vertical: VerticalDatum
    metres: float | None

    @classmethod
    def parse(cls, name: str | int, *, assumed_vertical: str | int | None = None) -> Crs:
        """Read any of the accepted notations.

        ``assumed_vertical`` (a short name such as "NAP", or an EPSG height code) is taken only when the name
        declares no vertical datum, and is then marked as assumed.

        Raises:
            CrsError: the name is not understood, or EPSG does not hold the code.
        """
        crs = _parse(str(name).strip())
        if assumed_vertical is None or crs.vertical.status is DatumStatus.DECLARED:
            return crs
        return replace(crs, vertical=_vertical(_height_code(assumed_vertical), DatumStatus.ASSUMED))

    @property
    def code(self) -> str:
        """Return the short notation: "EPSG:7415", or "EPSG:28992+5710" for a composed pair."""
        if self.epsg is not None:
            return f"EPSG:{self.epsg}"
        return f"EPSG:{self.horizontal}+{self.vertical.epsg}"

    @property
    def uri(self) -> str:
        """Return OGC's URI, the form that CityJSON's metadata.referenceSystem wants."""
        base = "https://www.opengis.net/def/crs"
        if self.epsg is not None:
            return f"{base}/EPSG/0/{self.epsg}"
        return f"{base}-compound?1={base}/EPSG/0/{self.horizontal}&2={base}/EPSG/0/{self.vertical.epsg}"

    @property
    def is_geographic(self) -> bool:
        """Tell whether horizontal coordinates are degrees."""
        return self.metres is None


@lru_cache(maxsize=256)
def _parse(name: str) -> Crs:
    if len(name) > _MAX_NAME:
        raise CrsError(f"a CRS name has at most {_MAX_NAME} characters, this one has {len(name)}")
    if match := _CRS84.fullmatch(name):
        return _of_code(4979 if match[1] else 4326)
    codes = _codes(name)
    if not codes:
        raise CrsError(f"CRS {name!r} is not understood; write EPSG:7415 or an OGC URN or URI of an EPSG code")
    if len(codes) == 1:
        return _of_code(codes[0])
    if len(codes) == 2:  # noqa: PLR2004 - horizontal and vertical
        return _of_pair(codes[0], codes[1])
    raise CrsError(f"CRS {name!r} has {len(codes)} parts; a compound has a horizontal and a vertical one")


def _codes(name: str) -> list[int]:
    """Return the EPSG codes that a notation names, none when it is not understood."""
    if match := _CODE.fullmatch(name) or _URN.fullmatch(name):
        return [int(match[1])]
    if match := _PAIR.fullmatch(name):
        return [int(match[1]), int(match[2])]
    if name.lower().startswith(_COMPOUND_URN):
        parts = [_URN.fullmatch(part) for part in name[len(_COMPOUND_URN) :].split(",")]
        return [int(part[1]) for part in parts if part] if all(parts) else []
    return _url_codes(name)


def _url_codes(name: str) -> list[int]:
    url = urlsplit(name)
    if url.scheme not in {"http", "https"} or url.hostname not in {"www.opengis.net", "opengis.net"}:
        return []
    if match := _PATH.fullmatch(url.path):
        return [int(match[1])]
    if url.path.rstrip("/") != "/def/crs-compound":
        return []
    parts = [_PATH.fullmatch(urlsplit(value).path) for _, value in sorted(parse_qsl(url.query))]
    return [int(part[1]) for part in parts if part] if all(parts) else []


@lru_cache(maxsize=256)
def _proj(code: int) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_epsg(code)
    except _ProjCrsError as error:
        raise CrsError(f"EPSG has no coordinate reference system {code}") from error


def _of_code(code: int) -> Crs:
    crs = _proj(code)
    if code in _ELLIPSOIDAL_OF:
        datum = VerticalDatum("ellipsoidal", None, DatumStatus.DECLARED)
        return Crs(crs.name, _ELLIPSOIDAL_OF[code], code, datum, None)
    if crs.is_compound:
        horizontal, vertical = (sub.to_epsg() for sub in crs.sub_crs_list)
        if horizontal is None or vertical is None:
            raise CrsError(f"the parts of EPSG:{code} ({crs.name}) have no EPSG codes of their own")
        return Crs(crs.name, horizontal, code, _vertical(vertical, DatumStatus.DECLARED), _metres(horizontal))
    return Crs(crs.name, code, code, UNKNOWN_DATUM, _metres(code))


def _of_pair(horizontal: int, vertical: int) -> Crs:
    datum = _vertical(vertical, DatumStatus.DECLARED)
    name = f"{_proj(horizontal).name} + {_proj(vertical).name}"
    return Crs(name, horizontal, _whole(horizontal, vertical), datum, _metres(horizontal))


def _whole(horizontal: int, vertical: int) -> int | None:
    """Return the one code for a pair where it is in daily use, so that equal systems compare equal."""
    return {(28992, 5709): 7415, (25832, 5783): 5555, (31370, 5710): 6190}.get((horizontal, vertical))


def _metres(code: int) -> float | None:
    """Return the horizontal unit in metres, None for degrees."""
    crs = _proj(code)
    if len(crs.axis_info) != 2 or not (crs.is_projected or crs.is_geographic):  # noqa: PLR2004 - x and y
        raise CrsError(f"EPSG:{code} ({crs.name}) is no two-dimensional projected or geographic system")
    return None if crs.is_geographic else float(crs.axis_info[0].unit_conversion_factor)


def _vertical(code: int, status: DatumStatus) -> VerticalDatum:
    crs = _proj(code)
    if not crs.is_vertical:
        raise CrsError(f"EPSG:{code} ({crs.name}) is not a height system")
    if crs.axis_info[0].direction != "up" or crs.axis_info[0].unit_conversion_factor != 1.0:
        raise CrsError(f"EPSG:{code} ({crs.name}) does not count metres upwards")
    return VerticalDatum(_SHORT_NAMES.get(code, crs.name), code, status)


def _height_code(name: str | int) -> int:
    if isinstance(name, str) and name in _HEIGHT_SYSTEMS:
        return _HEIGHT_SYSTEMS[name]
    codes = _codes(str(name))
    if len(codes) != 1:
        known = ", ".join(sorted(_HEIGHT_SYSTEMS))
        raise CrsError(f"vertical datum {name!r} is not known; use an EPSG height code or one of {known}")
    return codes[0]
