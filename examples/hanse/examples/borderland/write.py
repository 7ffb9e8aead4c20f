# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Write the whole example to a folder: two cities, their rules, their border and three plans, always the same bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hanse.examples.borderland import (
    cityjson,
    features,
    greenery,
    landmarks,
    lots,
    outline,
    plan,
    plans,
    terrain,
    zoning,
)
from hanse.examples.borderland.buildings import houses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from hanse.examples.borderland.buildings import Building
    from hanse.examples.borderland.cityjson import City
    from hanse.examples.borderland.plan import Plan
    from hanse.examples.borderland.terrain import Land

AUTHORITIES: Final = {"marewijk": "marewijk.example", "lindemond": "lindemond.example"}
PLOT: Final = "urn:hanse:marewijk.example:plot:oude-liede-14"


@dataclass(frozen=True, slots=True)
class Borderland:
    """Where everything lies, and what a reader should find in it.

    `twins`, `outlines` and `zoning` are keyed by city (`marewijk`, `lindemond`), `plans` by name (`complies`,
    `too-high`, `data-missing`); `buildings` counts the Building objects of each city; `plot` is the URN of the plot
    that all plans are drawn for.
    """

    out: Path
    twins: Mapping[str, Path]
    outlines: Mapping[str, Path]
    zoning: Mapping[str, Path]
    plans: Mapping[str, Path]
    border: Path
    plot: str
    buildings: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scene:
    """The whole place before it is written: land, plan, the two cities and the plot."""

    land: Land
    plan: Plan
    cities: Mapping[str, City]


def scene(seed: int = 1) -> Scene:
    """Return the place; `seed` varies the houses, never the streets, landmarks, zoning or plot."""
    land = terrain.land()
    drawn = plan.draw(land)
    rng = np.random.default_rng(seed)
    everything = [*landmarks.landmarks(land), *houses(land, lots.lots(drawn, land.east, rng), rng)]
    growth = greenery.greenery(land, drawn, [b.footprint for b in everything], np.random.default_rng([seed, 1]))
    territories = {"marewijk": land.west, "lindemond": land.east}
    bridge = (("Liedebrug", landmarks.bridge(land)),)
    cities = {
        key: cityjson.City(
            key,
            key.capitalize(),
            AUTHORITIES[key],
            tuple(_of(everything, territory)),
            (*features.features(land, drawn, territory), *growth[key]),
            bridge if key == "marewijk" else (),
        )
        for key, territory in territories.items()
    }
    return Scene(land, drawn, cities)


def _of(buildings: Iterable[Building], territory: Any) -> list[Building]:  # noqa: ANN401
    return [b for b in buildings if territory.contains(b.footprint.centroid)]


def write(out: Path, seed: int = 1) -> Borderland:
    """Write the example under `out` and return where its parts lie; the same seed gives the same bytes."""
    place = scene(seed)
    twins, outlines, rules = {}, {}, {}
    territories = {"marewijk": place.land.west, "lindemond": place.land.east}
    documents = {"marewijk": zoning.marewijk(place.land), "lindemond": zoning.lindemond(place.land)}
    for key, city in place.cities.items():
        twins[key] = _save(out / key / "twin.city.jsonl", "".join(cityjson.lines(city)))
        outlines[key] = _save(out / key / "city.ngsild.json", _json([outline.entity(city, territories[key])]))
        rules[key] = _save(out / key / "zoning.json", _json(documents[key]))
    drawings = {d.name: _save(out / "plans" / f"{d.name}.ifc", plans.ifc(d, place.plan.plot)) for d in plans.DESIGNS}
    border = _save(out / "border.geojson", _json(_border(place)))
    counts = {key: len(city.buildings) for key, city in place.cities.items()}
    return Borderland(out, twins, outlines, rules, drawings, border, PLOT, counts)


def _border(place: Scene) -> dict[str, Any]:
    """Return the border, both territories and the plot as GeoJSON in EPSG:7415 metres, which it names."""
    line = [zoning.world(u, v) for u, v in features.border_line(place.land).coords]
    things: list[tuple[dict[str, str], dict[str, Any]]] = [
        ({"kind": "border", "between": " ".join(AUTHORITIES.values())}, {"type": "LineString", "coordinates": line}),
        ({"kind": "territory", "authority": AUTHORITIES["marewijk"]}, zoning.geojson(place.land.west)),
        ({"kind": "territory", "authority": AUTHORITIES["lindemond"]}, zoning.geojson(place.land.east)),
        ({"kind": "plot", "id": PLOT}, zoning.geojson(place.plan.plot.area)),
    ]
    return {
        "type": "FeatureCollection",
        "coordRefSys": cityjson.CRS,
        "features": [{"type": "Feature", "properties": p, "geometry": g} for p, g in things],
    }


def _json(document: dict[str, Any] | list[dict[str, Any]]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _save(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path
