# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""The buildings that give the two towns their skylines: churches, town halls, a windmill, and the bridge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry import Polygon

from hanse.examples.borderland import solids
from hanse.examples.borderland.buildings import Building, footprint
from hanse.examples.borderland.curves import at_northing
from hanse.examples.borderland.plan import BRIDGE_AT
from hanse.examples.borderland.terrain import WATER_LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hanse.examples.borderland.solids import Body
    from hanse.examples.borderland.terrain import Land


def landmarks(land: Land) -> list[Building]:
    """Return the landmarks of both towns; always the same."""
    return [
        _church(land, (-74.0, 152.0), (0.858, 0.06), "Sint-Maartenskerk", 1448),
        _church(land, (128.0, 147.0), (0.72, 0.0), "Sint-Annakerk", 1887),
        _town_hall(land, (-92.0, 98.0), (1.0, 0.05)),
        _windmill(land, (96.0, -128.0)),
    ]


def _placed(
    points: Sequence[tuple[float, float]], middle: tuple[float, float], unit: tuple[float, float]
) -> NDArray[np.float64]:
    """Return points turned and scaled so that (1, 0) comes to `unit`, around `middle`, in whole millimetres.

    Where parts of a building meet, every product of a coordinate and `unit` is a whole number of millimetres: then
    rounding moves no corner, and parts that stand side by side share no sliver of ground.
    """
    along, across = unit
    turn = np.array([[along, across], [-across, along]])
    spots = np.asarray(points, dtype=np.float64) @ turn + np.asarray(middle)
    return np.asarray(np.round(spots, 3), dtype=np.float64)


def _church(land: Land, middle: tuple[float, float], unit: tuple[float, float], name: str, year: int) -> Building:
    """A church with nave, two aisles, choir and western tower; `unit` turns and scales it."""
    size = float(np.hypot(*unit))

    def place(*points: tuple[float, float]) -> NDArray[np.float64]:
        return _placed(points, middle, unit)

    nave = place((-12, -5), (13, -5), (13, 5), (-12, 5))
    south = place((-11, -9.5), (12, -9.5), (12, -5), (-11, -5))
    north = place((11, 9.5), (-11, 9.5), (-11, 5), (11, 5))
    choir = place((13, -4.5), (18, -4.5), (21.5, -2), (21.5, 2), (18, 4.5), (13, 4.5))
    tower = place((-20, -4), (-12, -4), (-12, 4), (-20, 4))
    plans = [nave, south, north, choir, tower]
    base = round(float(min(land.ground(p).min() for p in plans)), 2)
    bodies = (
        solids.gable(nave, base, base + 11 * size, base + 19 * size),
        solids.lean_to(south, base, base + 5 * size, base + 8.5 * size),
        solids.lean_to(north, base, base + 5 * size, base + 8.5 * size),
        solids.apse(choir, base, base + 9 * size, base + 15.5 * size),
        solids.spire(tower, base, base + 29 * size, base + 56 * size),
    )
    return Building(
        bodies,
        footprint(plans),
        base,
        "gable",
        "religious",
        year,
        1,
        "",
        name,
        ("nave", "south aisle", "north aisle", "choir", "tower"),
    )


def _town_hall(land: Land, middle: tuple[float, float], unit: tuple[float, float]) -> Building:
    """A town hall under a hipped roof with a slender tower in front."""
    hall = _placed([(-6, -9.5), (3, -9.5), (3, 9.5), (-6, 9.5)], middle, unit)
    tower = _placed([(3, -2.2), (7.4, -2.2), (7.4, 2.2), (3, 2.2)], middle, unit)
    base = round(float(land.ground(np.vstack([hall, tower])).min()), 2)
    bodies = (
        solids.hip(np.roll(hall, -1, axis=0), base, base + 9.4, base + 14.6, 0.24),
        solids.spire(tower, base, base + 19.5, base + 28.5),
    )
    return Building(
        bodies,
        footprint([hall, tower]),
        base,
        "hipped",
        "public",
        1618,
        3,
        "Grote Markt",
        "Stadhuis",
        ("hall", "tower"),
    )


def _windmill(land: Land, middle: tuple[float, float]) -> Building:
    """A tower mill on its mound."""
    angle = np.radians(np.arange(0, 360, 45) + 22.5)
    plan = np.round(np.column_stack([np.cos(angle), np.sin(angle)]) * 5.5 + np.asarray(middle), 3)
    base = round(float(land.ground(plan).min()), 2)
    body = solids.windmill(plan, base, base + 15.5, base + 19.5)
    return Building((body,), Polygon(plan), base, "dome", "industrial", 1753, 5, "", "De Linde")


def bridge(land: Land) -> Body:
    """Return the stone bridge between the towns: three arches under a humped deck."""
    pier = np.array(at_northing(land.river, BRIDGE_AT))
    start, end = pier - np.array([25.0, -1.2]), pier + np.array([25.0, -1.2])
    length = float(np.linalg.norm(end - start))
    low, high = (float(h) for h in land.ground(np.array([start, end])))
    deck = [(s, low + (high - low) * s / length + 1.7 * np.sin(np.pi * s / length)) for s in np.linspace(length, 0, 17)]
    spans = [(5.5, 17.0), (19.5, 31.0), (33.5, 45.0)]
    under: list[tuple[float, float]] = [(0.0, WATER_LEVEL - 2.5)]
    for left, right in spans:
        middle, half = (left + right) / 2, (right - left) / 2
        foot, rise = WATER_LEVEL + 0.1, 2.0
        steps = np.linspace(np.pi, 0, 11)
        under += [(left, WATER_LEVEL - 2.5)]
        under += [(middle + half * float(np.cos(a)), foot + rise * float(np.sin(a))) for a in steps]
        under += [(right, WATER_LEVEL - 2.5)]
    under.append((length, WATER_LEVEL - 2.5))
    return solids.extruded([*under, *deck], start, end, 9.0)
