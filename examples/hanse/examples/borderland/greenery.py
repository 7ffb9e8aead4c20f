# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Limes along the streets, trees in parks and orchards, and the long fields around the towns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import STRtree

from hanse.examples.borderland.curves import at_northing, rectangle
from hanse.examples.borderland.features import Feature, draped, triangles_of
from hanse.examples.borderland.plan import BRIDGE_AT
from hanse.examples.borderland.terrain import SCENE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from shapely.geometry import Polygon

    from hanse.examples.borderland.plan import Plan, Street
    from hanse.examples.borderland.solids import Point
    from hanse.examples.borderland.terrain import Land

_CLEAR: Final = 2.4
_CROWN: Final = 3.0
_BRIDGEHEAD: Final = 32.0
_SIDES: Final = 5
_FIELD: Final = (150.0, 44.0)
_DITCH: Final = 2.4
_CROPS: Final = ("meadow", "arable", "meadow", "meadow", "arable")


def greenery(
    land: Land, plan: Plan, buildings: Sequence[Polygon], rng: np.random.Generator
) -> dict[str, list[Feature]]:
    """Return trees and fields of each city, keyed as in `Borderland`; the same for the same state of `rng`."""
    places = np.vstack([*(_avenue(s) for s in plan.streets if s.trees), *_groves(plan, rng)])
    kept = places[_free(places, land, plan, buildings)]
    trees = [(tuple(spot), _tree(land, spot, rng)) for spot in kept]
    fields = list(_fields(land, plan))
    return {
        key: [
            *(tree for spot, tree in trees if shapely.contains_xy(territory, *spot)),
            *(field for middle, field in fields if territory.contains(middle)),
        ]
        for key, territory in (("marewijk", land.west), ("lindemond", land.east))
    }


def _avenue(street: Street) -> NDArray[np.float64]:
    """Return tree places on both sides of a street, just inside its edges; shape (n, 2)."""
    stations = np.arange(street.trees / 2, street.line.length, street.trees)
    middle = shapely.get_coordinates(shapely.line_interpolate_point(street.line, stations))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(street.line, stations + 0.5))
    back = shapely.get_coordinates(shapely.line_interpolate_point(street.line, np.maximum(stations - 0.5, 0)))
    along = ahead - back
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.column_stack([-along[:, 1], along[:, 0]]) * (street.width / 2 - 1.7)
    return np.vstack([middle + side, middle - side])


def _groves(plan: Plan, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """Yield tree places in orchards (in rows) and parks (scattered); shape (n, 2)."""
    for place in plan.places:
        if place.kind not in {"orchard", "park"}:
            continue
        ring = shapely.get_coordinates(place.area)
        right, ahead = ring[1] - ring[0], ring[3] - ring[0]
        sizes = np.linalg.norm([right, ahead], axis=1)
        step, shake = (9.0, 0.4) if place.kind == "orchard" else (13.0, 4.5)
        a, b = (np.arange(step / 2, size, step) / size for size in sizes)
        share = np.column_stack([m.ravel() for m in np.meshgrid(a, b)])
        yield ring[0] + share @ np.vstack([right, ahead]) + rng.uniform(-shake, shake, size=share.shape)


def _free(places: NDArray[np.float64], land: Land, plan: Plan, buildings: Sequence[Polygon]) -> NDArray[np.bool_]:
    """Say where a tree has room: not in water, not on a crossing, not against a wall, not on the plot."""
    spots = shapely.points(places)
    dry = shapely.distance(spots, land.water) > 1.0
    walls = STRtree(buildings)
    near = walls.query_nearest(spots, return_distance=True, all_matches=False)[1]
    ways = STRtree([s.line.buffer(s.width / 2 - 0.6) for s in plan.streets])
    crossed = np.bincount(ways.query(spots, predicate="within")[0], minlength=len(places)) > 1
    inside = shapely.contains_xy(shapely.box(*SCENE).buffer(-_CROWN), places[:, 0], places[:, 1])
    plot = shapely.distance(spots, plan.plot.area) > _CLEAR
    bridgehead = shapely.distance(spots, shapely.Point(at_northing(land.river, BRIDGE_AT))) < _BRIDGEHEAD
    return np.asarray(dry & (near > _CLEAR) & ~crossed & ~bridgehead & inside & plot, dtype=np.bool_)


def _tree(land: Land, spot: NDArray[np.float64], rng: np.random.Generator) -> Feature:
    """A lime: a three-sided trunk under a crown of two pointed halves."""
    height, radius = float(rng.uniform(6.5, 10.5)), float(rng.uniform(1.7, 2.6))
    base = float(land.ground(spot[None, :])[0])
    turn = float(rng.uniform(0, 2 * np.pi))
    waist = _ring(spot, radius, turn, _SIDES, base + 0.52 * height)
    foot: Point = (float(spot[0]), float(spot[1]), base + 0.2 * height)
    top: Point = (float(spot[0]), float(spot[1]), base + height)
    crown = [f for p, q in zip(waist, [*waist[1:], waist[0]], strict=True) for f in ((p, q, top), (q, p, foot))]
    low, high = _ring(spot, 0.2, turn, 3, base), _ring(spot, 0.2, turn, 3, base + 0.26 * height)
    trunk = [(low[i], low[(i + 1) % 3], high[(i + 1) % 3], high[i]) for i in range(3)]
    attributes: dict[str, str | float] = {"height": round(height, 1), "species": "Tilia x europaea"}
    return Feature("SolitaryVegetationObject", "linde", (*crown, *trunk), "", attributes)


def _ring(spot: NDArray[np.float64], radius: float, turn: float, count: int, z: float) -> list[Point]:
    angles = turn + np.arange(count) * 2 * np.pi / count
    return [(float(spot[0] + radius * np.cos(a)), float(spot[1] + radius * np.sin(a)), z) for a in angles]


def _fields(land: Land, plan: Plan) -> Iterator[tuple[shapely.Geometry, Feature]]:
    """Yield the long fields between ditches, each with its middle, wherever the towns leave room."""
    taken = shapely.union_all(
        [s.line.buffer(34) for s in plan.streets] + [p.area.buffer(5) for p in plan.places] + [land.liede.buffer(45)]
    )
    scene = shapely.box(*SCENE)
    for territory, degrees in ((land.west, 97.0), (land.east, 84.0)):
        free = shapely.difference(shapely.intersection(territory, scene), taken)
        for number, cell in enumerate(_cells(degrees)):
            field = shapely.intersection(cell, free)
            if field.geom_type != "Polygon" or field.area < 0.3 * cell.area:
                continue
            crop = _CROPS[number * 7 % 5]
            rings = draped(triangles_of(field, 30.0), land.ground)
            yield field.centroid, Feature("LandUse", "kavel", rings, "", {"function": crop})


def _cells(degrees: float) -> Iterator[Polygon]:
    angle = np.radians(degrees)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    for row in range(-15, 16):
        for column in range(-5, 6):
            # Every other row is moved by half a field, as if by older owners.
            middle = (column + row % 2 / 2) * _FIELD[0] * along + row * _FIELD[1] * across
            yield rectangle((middle[0], middle[1]), _FIELD[0] - _DITCH, _FIELD[1] - _DITCH, degrees)
