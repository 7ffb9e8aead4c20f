# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Houses on the lots: storeys, roofs, ages and uses by style, as closed LoD2 bodies in local metres."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely.geometry import Polygon

from hanse.examples.borderland import solids

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hanse.examples.borderland.lots import Lot
    from hanse.examples.borderland.plan import Style
    from hanse.examples.borderland.solids import Body
    from hanse.examples.borderland.terrain import Land

# Cottages by the border are low and the houses facing them are not: what a plan between them may do differs by city.
COTTAGE_RIDGE: Final = (7.9, 8.6)
LANE_RIDGE: Final = (10.9, 12.4)


@dataclass(frozen=True, slots=True)
class Building:
    """A building of one or several closed bodies with its attributes; heights are metres above NAP."""

    bodies: tuple[Body, ...]
    footprint: Polygon
    base: float
    roof: str
    function: str
    year: int
    storeys: int
    street: str = ""
    name: str = ""
    parts: tuple[str, ...] = field(default=())

    @property
    def ridge(self) -> float:
        """Height of the highest point above NAP."""
        return max(solids.highest(body) for body in self.bodies)


@dataclass(frozen=True, slots=True)
class _Manner:
    """How houses of a style are built: storeys, storey height, pitch, years, roofs and uses with their weights."""

    storeys: tuple[int, int]
    storey: float
    pitch: tuple[float, float]
    years: tuple[int, int]
    roofs: Mapping[str, float]
    uses: Mapping[str, float]


_MANNERS: Final[dict[Style, _Manner]] = {
    "core": _Manner((2, 3), 3.1, (46, 56), (1480, 1790), {"gable_front": 6, "gable": 3, "hip": 1},
                    {"residential": 5, "mixed": 4, "commercial": 1}),
    "quay": _Manner((3, 4), 3.2, (48, 58), (1590, 1760), {"gable_front": 9, "hip": 1},
                    {"mixed": 5, "commercial": 3, "industrial": 2}),
    "perimeter": _Manner((2, 3), 3.2, (38, 48), (1868, 1931), {"mansard": 4, "gable": 4, "flat": 2, "gable_front": 1},
                         {"residential": 8, "mixed": 2}),
    "row": _Manner((2, 2), 2.7, (36, 42), (1954, 1987), {"gable": 1}, {"residential": 1}),
    "villa": _Manner((1, 2), 2.9, (35, 48), (1904, 2021), {"hip": 4, "spire": 2, "gable": 3, "flat": 1},
                     {"residential": 9, "office": 1}),
    "cottage": _Manner((1, 1), 2.5, (36, 44), (1740, 1898), {"gable": 4, "hip": 1}, {"residential": 1}),
    "lane": _Manner((2, 2), 3.0, (36, 46), (1889, 1928), {"gable": 1, "mansard": 1}, {"residential": 9, "mixed": 1}),
    "shed": _Manner((1, 1), 6.5, (12, 16), (1961, 2016), {"flat": 2, "gable": 2}, {"industrial": 3, "commercial": 1}),
}  # fmt: skip


def houses(land: Land, lots: Sequence[Lot], rng: np.random.Generator) -> list[Building]:
    """Return a house on every lot, in the lots' order; the same for the same state of `rng`."""
    rows: dict[int, int] = {}
    found = []
    for lot in lots:
        # A row of houses is one design: every house of it draws the same numbers.
        seed = rows.setdefault(lot.row, int(rng.integers(2**32)))
        own = np.random.default_rng(seed) if lot.style == "row" else rng
        found.append(_house(land, lot, own))
    return found


def _house(land: Land, lot: Lot, rng: np.random.Generator) -> Building:
    manner = _MANNERS[lot.style]
    quad = _settled(lot.quad)
    base = round(float(land.ground(quad).min()), 2)
    storeys = int(rng.integers(manner.storeys[0], manner.storeys[1] + 1))
    roof = _choice(manner.roofs, rng)
    eaves = base + storeys * manner.storey + float(rng.uniform(0.2, 0.7))
    pitch = np.radians(rng.uniform(*manner.pitch))
    body = _body(quad, base, eaves, roof, float(np.tan(pitch)))
    if lot.style in _RIDGES:
        wanted = float(rng.uniform(*_RIDGES[lot.style]))
        rise = solids.highest(body) - eaves
        body = _body(quad, base, round(wanted - rise, 2), roof, float(np.tan(pitch)))
    year = int(rng.integers(manner.years[0], manner.years[1] + 1))
    return Building((body,), Polygon(quad), base, _TYPES[roof], _choice(manner.uses, rng), year, storeys, lot.street)


_RIDGES: Final[dict[Style, tuple[float, float]]] = {"cottage": COTTAGE_RIDGE, "lane": LANE_RIDGE}
_TYPES: Final = {"gable": "gable", "gable_front": "gable", "hip": "hipped", "mansard": "mansard", "flat": "flat",
                 "spire": "pyramidal"}  # fmt: skip


def _body(quad: NDArray[np.float64], base: float, eaves: float, roof: str, slope: float) -> Body:
    """Return the house under one kind of roof whose pitch has the tangent `slope`."""
    width = float(np.linalg.norm(quad[1] - quad[0]))
    depth = float(np.linalg.norm(quad[2] - quad[1]))
    eaves = round(eaves, 2)
    across, along = min(width, depth) / 2, max(width, depth) / 2
    match roof:
        case "gable":
            return solids.gable(quad, base, eaves, eaves + depth / 2 * slope)
        case "gable_front":
            return solids.gable_front(quad, base, eaves, eaves + width / 2 * slope)
        case "mansard":
            knee = eaves + 2.6
            return solids.mansard(quad, base, eaves, knee, knee + 0.36 * depth * 0.42)
        case "hip":
            long_first = quad if width >= depth else np.roll(quad, -1, axis=0)
            inset = min(0.46, across / (2 * along))
            return solids.hip(long_first, base, eaves, eaves + across * slope, inset)
        case "spire":
            return solids.spire(quad, base, eaves, eaves + across * slope)
    return solids.flat(quad, base, eaves)


def _settled(quad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round a footprint to whole millimetres, the unit the twin is written in."""
    return np.asarray(np.round(quad, 3), dtype=np.float64)


def _choice(weights: Mapping[str, float], rng: np.random.Generator) -> str:
    share = np.fromiter(weights.values(), dtype=np.float64)
    return str(rng.choice(list(weights), p=share / share.sum()))


def footprint(bodies: Sequence[NDArray[np.float64]]) -> Polygon:
    """Return the outline of several footprints (n, 2) that touch each other."""
    # Closing by a millimetre joins parts that share a wall but not its corners.
    outline = shapely.union_all([Polygon(b).buffer(0.001, join_style="mitre") for b in bodies])
    return Polygon(outline.buffer(-0.001, join_style="mitre"))
