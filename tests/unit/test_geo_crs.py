# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Names of reference systems, and conversion against published coordinates."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from hanse.geo import Crs, CrsError, DatumStatus, transformer

RD_NAP = Crs.parse("EPSG:7415")
WGS84 = Crs.parse("EPSG:4979")

# Kadaster's validation points of RDNAPTRANS: x, y (RD, m), latitude, longitude (ETRS89, degrees).
KADASTER = {
    "Texel": (117380.1200, 575040.3400, 53.160753042, 4.824761912),
    "Noord-Groningen": (247380.5600, 604580.7800, 53.419482050, 6.776726674),
    "Amersfoort": (155000.0000, 463000.0000, 52.155172897, 5.387203657),
    "Zeeuws-Vlaanderen": (16460.9100, 377380.2300, 51.368607152, 3.397588595),
    "Zuid-Limburg": (182260.4500, 311480.6700, 50.792584916, 5.773795548),
    "Maasvlakte": (64640.8900, 440700.0101, 51.947393898, 4.072887101),
}


@pytest.mark.parametrize(
    "name",
    [
        7415,
        "7415",
        "EPSG:7415",
        "epsg:28992+5709",
        "EPSG:28992+EPSG:5709",
        "urn:ogc:def:crs:EPSG::7415",
        "urn:ogc:def:crs:EPSG:9.9:7415",
        "urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5709",
        "http://www.opengis.net/def/crs/EPSG/0/7415",
        "https://www.opengis.net/def/crs/EPSG/0/7415",
        (
            "https://www.opengis.net/def/crs-compound?1=https://www.opengis.net/def/crs/EPSG/0/28992"
            "&2=https://www.opengis.net/def/crs/EPSG/0/5709"
        ),
    ],
)
def test_every_notation_of_rd_with_nap_is_the_same_system(name: str | int) -> None:
    crs = Crs.parse(name)
    assert (crs.horizontal, crs.vertical.epsg, crs.vertical.name) == (28992, 5709, "NAP")
    assert crs.vertical.status is DatumStatus.DECLARED
    assert crs.metres == 1.0
    assert crs.code == "EPSG:7415"
    assert Crs.parse(crs.uri) == Crs.parse(crs.code) == RD_NAP


@pytest.mark.parametrize("name", ["EPSG:25832+7837", "EPSG:28992", "EPSG:31370+5710", "EPSG:4979"])
def test_a_system_is_read_back_from_its_own_uri_and_code(name: str) -> None:
    crs = Crs.parse(name)
    assert Crs.parse(crs.uri).vertical == Crs.parse(crs.code).vertical == crs.vertical
    assert Crs.parse(crs.uri).horizontal == crs.horizontal


def test_crs84_is_longitude_latitude_without_heights() -> None:
    for name in ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84"):
        assert Crs.parse(name) == Crs.parse("EPSG:4326")
    assert Crs.parse("http://www.opengis.net/def/crs/OGC/0/CRS84h").vertical.name == "ellipsoidal"


def test_a_vertical_datum_is_assumed_only_where_none_is_declared_and_is_then_marked() -> None:
    rd = Crs.parse("EPSG:28992")
    assert rd.vertical.status is DatumStatus.UNKNOWN
    assumed = Crs.parse("EPSG:28992", assumed_vertical="NAP").vertical
    assert (assumed.name, assumed.epsg, assumed.status) == ("NAP", 5709, DatumStatus.ASSUMED)
    assert Crs.parse("EPSG:7415", assumed_vertical="TAW").vertical == RD_NAP.vertical


@pytest.mark.parametrize(
    "name",
    [
        "",
        "RD",
        "EPSG:",
        "EPSG:0",
        "EPSG:999999",
        "EPSG:5709",
        "EPSG:28992+28992",
        "EPSG:28992+4326",
        "urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5709,crs:EPSG::5709",
        "https://evil.example/def/crs/EPSG/0/7415",
        "https://www.opengis.net/def/crs/EPSG/0/7415/../../4326",
        "file:///def/crs/EPSG/0/7415",
        "x" * 10_000,
    ],
)
def test_what_is_not_understood_is_refused(name: str) -> None:
    with pytest.raises(CrsError):
        Crs.parse(name)


def test_an_unknown_assumed_datum_is_refused_with_the_known_ones_named() -> None:
    with pytest.raises(CrsError, match="NAP"):
        Crs.parse("EPSG:28992", assumed_vertical="sea level")


@pytest.mark.parametrize("place", KADASTER)
def test_rd_to_wgs84_agrees_with_kadaster_within_the_accuracy_it_declares(place: str) -> None:
    x, y, latitude, longitude = KADASTER[place]
    result = transformer(RD_NAP, WGS84)(np.array([[x, y, 0.0]]))
    assert result.accuracy_m is not None
    assert result.accuracy_m <= 1.0
    got_longitude, got_latitude, _ = result.coordinates[0]
    off = Geod(ellps="WGS84").inv(got_longitude, got_latitude, longitude, latitude)[2]
    assert off < 0.25  # better than declared; the ballpark operation is about 100 m off
    back = transformer(RD_NAP, WGS84).back()(np.array([[longitude, latitude]])).coordinates[0]
    assert np.hypot(*(back - (x, y))) < 0.25


def test_a_system_without_a_known_shift_to_wgs84_is_refused_rather_than_guessed() -> None:
    with pytest.raises(CrsError, match="no conversion from EPSG:2355"):
        transformer(Crs.parse("EPSG:2355"), WGS84)


def test_nap_heights_do_not_pass_as_ellipsoidal_ones() -> None:
    # At Amersfoort the ellipsoid lies 43.2551 m below NAP zero (Kadaster's point 03).
    result = transformer(RD_NAP, WGS84)(np.array([[155000.0, 463000.0, 12.5]]))
    assert result.coordinates[0, 2] == 12.5
    assert (result.vertical.name, result.vertical.status) == ("NAP", DatumStatus.DECLARED)
    assert result.height_note is not None
    assert "not converted to ellipsoidal" in result.height_note


def test_assumed_and_unknown_datums_are_said_so() -> None:
    points = np.array([[155000.0, 463000.0, 1.0]])
    assumed = transformer(Crs.parse("EPSG:28992", assumed_vertical="NAP"), WGS84)(points)
    assert "assumed" in str(assumed.height_note)
    unknown = transformer(Crs.parse("EPSG:28992"), WGS84)(points)
    assert "unknown" in str(unknown.height_note)
    assert transformer(RD_NAP, Crs.parse("EPSG:25832+5709"))(points).height_note is None
    assert transformer(RD_NAP, WGS84)(points[:, :2]).height_note is None


def test_points_that_cannot_be_in_the_system_are_refused_by_number() -> None:
    with pytest.raises(CrsError, match="finite"):
        transformer(RD_NAP, WGS84)(np.array([[np.nan, 0.0]]))
    with pytest.raises(CrsError, match=r"point 1 \(5, 1000000000\) in EPSG:4979"):
        transformer(RD_NAP, WGS84).back()(np.array([[5.0, 52.0], [5.0, 1e9]]))
    with pytest.raises(CrsError, match="shape"):
        transformer(RD_NAP, WGS84)(np.zeros(3))


@pytest.mark.parametrize(
    ("system", "x", "y"),
    [
        ("EPSG:28992", 155_000_000.0, 463_000_000.0),  # millimetres
        ("EPSG:28992", 1e8, 1e8),
        ("EPSG:28992", 463_000.0, 155_000.0),  # northing first
        ("EPSG:28992", 663_000.0, 5_780_000.0),  # UTM zone 31
        ("EPSG:28992", 5.387, 52.155),  # degrees
        ("EPSG:25831", 155_000.0, 463_000.0),  # RD
        ("EPSG:25832", 155_000.0, 463_000.0),
        ("EPSG:31370", 155_000.0, 463_000.0),
        ("EPSG:4326", 185.0, 52.0),
    ],
)
def test_numbers_far_from_where_their_system_is_used_are_refused(system: str, x: float, y: float) -> None:
    source = Crs.parse(system)
    for target in (WGS84, source):
        with pytest.raises(CrsError, match=rf"point 1 \({x:.10g}, .* in {system} lies outside the area .* is used"):
            points = np.array([[5.0, 52.0], [x, y]]) if source.is_geographic else np.array([_inside(source), (x, y)])
            transformer(source, target)(points)


def _inside(crs: Crs) -> tuple[float, float]:
    x, y = transformer(WGS84, crs)(np.array([[4.5, 51.3]])).coordinates[0].tolist()
    return (x, y)


def test_places_where_the_target_is_not_used_are_refused_unless_asked_for() -> None:
    new_york = np.array([[-74.0, 40.7]])
    with pytest.raises(CrsError, match=r"EPSG:7415 .* is used"):
        transformer(WGS84, RD_NAP)(new_york)
    assert np.isfinite(transformer(WGS84, RD_NAP).everywhere()(new_york).coordinates).all()


@pytest.mark.parametrize(
    ("system", "place"),
    [
        ("EPSG:28992", (7.10, 52.24)),  # Gronau, in Germany
        ("EPSG:28992", (6.08, 50.78)),  # Aachen
        ("EPSG:28992", (4.40, 51.22)),  # Antwerp
        ("EPSG:31370", (5.69, 50.85)),  # Maastricht
        ("EPSG:31370", (4.92, 51.44)),  # Baarle
        ("EPSG:25831", (7.07, 53.18)),  # Bad Nieuweschans, a zone further east
        ("EPSG:25832", (5.69, 50.85)),
        ("EPSG:25832", (3.60, 51.44)),  # Vlissingen, a zone further west
        ("EPSG:31467", (6.08, 50.78)),
    ],
)
def test_places_across_a_border_or_in_the_next_zone_are_converted(system: str, place: tuple[float, float]) -> None:
    way = transformer(WGS84, Crs.parse(system))
    back = way.back()(way(np.array([place])).coordinates).coordinates[0]
    assert np.abs(back - place).max() < 1e-6
