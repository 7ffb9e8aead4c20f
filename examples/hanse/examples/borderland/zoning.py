# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""The zoning documents of both cities, in the shape of the `zoning/v1` contract, with the rules in nl and en."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import shapely
from shapely.geometry import Polygon

from hanse.examples.borderland.cityjson import CRS
from hanse.examples.borderland.curves import between, shifted
from hanse.examples.borderland.terrain import MOAT_RADIUS, OLD_TOWN, ORIGIN, RIVER_HALF_WIDTH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.examples.borderland.terrain import Land

# Ground floor level at the plot, in metres above NAP: what heights there are measured from.
PEIL: Final = 2.50
PLOT_MAX_HEIGHT: Final = 11.0
NEIGHBOUR_MIN_DISTANCE: Final = 3.0
NEIGHBOUR_MAX_ABOVE: Final = 4.0
NEIGHBOUR_RADIUS: Final = 40.0
IN_FORCE: Final = {"from": "2026-01-01", "to": None}
_USES: Final = {
    "residential": ("wonen", "living"),
    "home_business": ("een bedrijf aan huis", "a business at home"),
    "retail": ("winkels", "shops"),
    "hospitality": ("horeca", "hospitality"),
    "office": ("kantoren", "offices"),
    "public": ("maatschappelijke voorzieningen", "public services"),
    "industrial": ("bedrijven", "industry"),
}
Text = dict[str, str]


def marewijk(land: Land) -> dict[str, Any]:
    """Return Marewijk's zoning document."""
    disc = shapely.Point(OLD_TOWN).buffer(MOAT_RADIUS)
    strip = _strip(land, 4.0, 64.0, -290.0, -150.0)
    plane = _strip(land, 5.5, 20.0, -287.0, -153.0)
    core = _part(shapely.difference(shapely.intersection(disc, land.west), land.liede))
    belt = shapely.difference(shapely.Point(OLD_TOWN).buffer(300), shapely.union(disc, land.liede))
    around = _part(shapely.difference(shapely.intersection(belt, land.west), strip.buffer(4)))
    zones = [
        _zone("W-1", ("Wonen - Oude Liede", "Residential - Oude Liede"), strip, [
            _use("W-1", "3.1", ["residential", "home_business"]),
            _height("W-1", "3.2", PLOT_MAX_HEIGHT, PEIL),
            _plane("W-1", "3.3", plane),
            _distance("W-1", "3.4", NEIGHBOUR_MIN_DISTANCE),
            _stepping("W-1", "3.5", NEIGHBOUR_MAX_ABOVE, NEIGHBOUR_RADIUS),
        ]),
        _zone("C-1", ("Centrum - binnenstad", "Centre - old town"), core, [
            _use("C-1", "4.1", ["residential", "retail", "hospitality", "office", "public"]),
            _height("C-1", "4.2", 16.0, 3.6),
        ]),
        _zone("W-2", ("Wonen - Singel en Ringlaan", "Residential - Singel and Ringlaan"), around, [
            _use("W-2", "5.1", ["residential", "home_business", "office"]),
            _height("W-2", "5.2", 13.0, 2.2),
        ]),
    ]  # fmt: skip
    titles = ("Omgevingsplan Kade en Oude Liede 2026", "Zoning plan Kade and Oude Liede 2026")
    return _document("marewijk.example", "kade-2026", titles, "Gemeente Marewijk", zones)


def lindemond(land: Land) -> dict[str, Any]:
    """Return Lindemond's zoning document."""
    weerd = _part(shapely.intersection(_west_bank(land), land.east))
    town = shapely.intersection(_bank(land, 310.0, -112.0, 294.0), land.east)
    harbour = shapely.intersection(_bank(land, 270.0, 294.0, 380.0), land.east)
    zones = [
        _zone("W-1", ("Wonen - De Weerd", "Residential - De Weerd"), weerd, [
            _use("W-1", "2.1", ["residential"]),
            _height("W-1", "2.2", 6.5, PEIL),
            _stepping("W-1", "2.3", 2.0, 30.0),
        ]),
        _zone("C-1", ("Centrum", "Centre"), _part(town), [
            _use("C-1", "3.1", ["residential", "retail", "hospitality", "office", "public", "home_business"]),
            _height("C-1", "3.2", 17.0, 2.8),
        ]),
        _zone("B-1", ("Bedrijven - Havenweg", "Industry - Havenweg"), _part(harbour), [
            _use("B-1", "4.1", ["industrial", "office"]),
            _height("B-1", "4.2", 12.0, 2.4),
        ]),
    ]  # fmt: skip
    titles = ("Omgevingsplan Lindemond", "Zoning plan Lindemond")
    return _document("lindemond.example", "omgevingsplan-2026", titles, "Gemeente Lindemond", zones)


def _document(
    authority: str, name: str, titles: tuple[str, str], owner: str, zones: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "contract": "zoning/v1",
        "revision": "1.0.0",
        "id": f"urn:hanse:{authority}:zoning:{name}",
        "authority": authority,
        "title": _both(titles),
        "in_force": IN_FORCE,
        "jurisdiction": "NL",
        "licence": "CC0-1.0",
        "owner": owner,
        "terms": "https://creativecommons.org/publicdomain/zero/1.0/",
        "crs": CRS,
        "zones": list(zones),
    }


def _zone(key: str, names: tuple[str, str], area: Polygon, rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": key,
        "name": _both(names),
        "geometry": geojson(area),
        "rules": list(rules),
    }


def _use(zone: str, article: str, uses: Sequence[str]) -> dict[str, Any]:
    nl, en = (", ".join(_USES[u][i] for u in uses) for i in (0, 1))
    text = (f"De gronden zijn bestemd voor: {nl}.", f"The land is meant for: {en}.")
    return _rule(f"{zone}.use", "use_allowed", {"uses": list(uses)}, article, ("Gebruik", "Use"), text)


def _height(zone: str, article: str, limit: float, level: float) -> dict[str, Any]:
    text = (
        f"De bouwhoogte is ten hoogste {_dutch(limit)} m boven peil; peil is {_dutch(level, 2)} m boven NAP.",
        f"Buildings are at most {limit:.1f} m high above reference level, which is {level:.2f} m above NAP.",
    )
    parameters = {"max_m": limit, "reference_level_m": level}
    return _rule(f"{zone}.height", "max_height", parameters, article, ("Bouwhoogte", "Building height"), text)


def _plane(zone: str, article: str, plane: Polygon) -> dict[str, Any]:
    text = (
        "Gebouwen worden uitsluitend binnen het bouwvlak gebouwd.",
        "Buildings are built within the building plane only.",
    )
    parameters = {"building_plane": geojson(plane)}
    return _rule(f"{zone}.plane", "footprint_within", parameters, article, ("Bouwvlak", "Building plane"), text)


def _distance(zone: str, article: str, least: float) -> dict[str, Any]:
    text = (
        f"De afstand tot andere gebouwen is ten minste {_dutch(least)} m.",
        f"The distance to other buildings is at least {least:.1f} m.",
    )
    parameters = {"min_m": least, "search_radius_m": 60.0}
    titles = ("Afstand tot de buren", "Distance to neighbours")
    return _rule(f"{zone}.distance", "neighbour_distance", parameters, article, titles, text)


def _stepping(zone: str, article: str, above: float, radius: float) -> dict[str, Any]:
    text = (
        (
            f"De nok ligt ten hoogste {_dutch(above)} m hoger dan de nok van elk gebouw binnen {radius:.0f} m, "
            "ook als dat in een andere gemeente staat."
        ),
        (
            f"The ridge lies at most {above:.1f} m above the ridge of each building within {radius:.0f} m, "
            "also where that stands in another municipality."
        ),
    )
    parameters = {"max_above_m": above, "radius_m": radius}
    titles = ("Aansluiting op de omgeving", "Fitting in with the surroundings")
    return _rule(f"{zone}.stepping", "neighbour_height", parameters, article, titles, text)


def _rule(
    key: str,
    measure: str,
    parameters: Mapping[str, Any],
    article: str,
    titles: tuple[str, str],
    text: tuple[str, str],
) -> dict[str, Any]:
    source = {"article": article, "title": _both(titles), "text": _both(text), "in_force": IN_FORCE}
    return {"id": key, "measure": measure, "parameters": dict(parameters), "source": source}


def _dutch(value: float, decimals: int = 1) -> str:
    """Return a number as Dutch writes it: "2,50"."""
    return f"{value:.{decimals}f}".replace(".", ",")


def _both(texts: tuple[str, str]) -> Text:
    return {"nl": texts[0], "en": texts[1]}


def geojson(area: Polygon) -> dict[str, Any]:
    """Return a polygon without holes as GeoJSON in EPSG:7415 metres, to the millimetre, counter-clockwise."""
    ring = shapely.get_coordinates(shapely.orient_polygons(Polygon(area.exterior)))
    return {"type": "Polygon", "coordinates": [[world(u, v) for u, v in ring]]}


def world(u: float, v: float) -> list[float]:
    """Return local metres as EPSG:7415 easting and northing."""
    return [round(float(u) + ORIGIN[0], 3), round(float(v) + ORIGIN[1], 3)]


def _strip(land: Land, near: float, far: float, south: float, north: float) -> Polygon:
    """Return a strip on the west side of the old arm, between two distances from its middle."""
    sides = (between(shifted(land.old_arm, d), south, north) for d in (near, far))
    front, back = sides
    return Polygon(shapely.simplify(Polygon([*front.tolist(), *back[::-1].tolist()]), 0.1))


def _bank(land: Land, east: float, south: float, north: float) -> Polygon:
    """Return the land from the river's east bank to a line due north."""
    bank = between(shifted(land.river, -(RIVER_HALF_WIDTH + 2)), south, north)
    return Polygon([*bank.tolist(), (east, north), (east, south)])


def _west_bank(land: Land) -> Polygon:
    """Return the land between the old arm and the river's west bank."""
    arm = between(land.old_arm, -318, -104)
    bank = between(shifted(land.river, RIVER_HALF_WIDTH + 1), -318, -104)
    return Polygon([*arm.tolist(), *bank[::-1].tolist()])


def _part(shape: shapely.Geometry) -> Polygon:
    """Return the largest polygon of a shape, thinned to a tenth of a metre."""
    polygons = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    return Polygon(shapely.simplify(max(polygons, key=lambda p: p.area), 0.1))
