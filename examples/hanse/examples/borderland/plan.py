# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""The plan of both towns: streets, squares, places kept free, and the blocks that are left to build on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from hanse.examples.borderland.curves import arc, at_northing, between, rectangle, shifted, smooth
from hanse.examples.borderland.terrain import MOAT_RADIUS, OLD_TOWN, RIVER_HALF_WIDTH

if TYPE_CHECKING:
    from hanse.examples.borderland.terrain import Land

Style = Literal["none", "core", "quay", "perimeter", "row", "villa", "cottage", "lane", "shed"]
_SQUARE: Final = 30.0
BRIDGE_AT: Final = 100.0
PLOT_AT: Final = -212.0


@dataclass(frozen=True, slots=True)
class Street:
    """A street: its middle line, its width in metres between the fronts, and what is built along it."""

    name: str
    line: LineString
    width: float
    style: Style
    trees: float = 0.0
    abroad: Style | None = None

    def fronted(self, *, east: bool) -> Style:
        """Say what is built along the street on this side of the border."""
        return self.abroad if east and self.abroad is not None else self.style

    @property
    def area(self) -> Polygon:
        """The ground between the fronts; a square is a street too, wide and with square ends."""
        ends: Literal["flat", "round"] = "flat" if self.width > _SQUARE else "round"
        return Polygon(self.line.buffer(self.width / 2, quad_segs=6, cap_style=ends))


@dataclass(frozen=True, slots=True)
class Place:
    """A square, green or churchyard: nothing but its own landmark is built on it."""

    name: str
    kind: Literal["churchyard", "orchard", "park", "plot", "public"]
    area: Polygon


@dataclass(frozen=True, slots=True)
class Plan:
    """Streets, places and blocks of both towns in local metres, and the plot that waits for a building."""

    streets: tuple[Street, ...]
    places: tuple[Place, ...]
    blocks: tuple[Polygon, ...]
    plot: Plot


@dataclass(frozen=True, slots=True)
class Plot:
    """The empty plot by the border: its middle on the street front, the direction of the street and its area."""

    front: tuple[float, float]
    degrees: float
    area: Polygon


def draw(land: Land) -> Plan:
    """Return the plan of both towns on the land; always the same."""
    plot = _plot(land)
    streets = (*_marewijk(land), *_lindemond(land))
    places = (*_places(), Place("Oude Liede 14", "plot", plot.area))
    taken = shapely.union_all([s.area for s in streets] + [p.area for p in places])
    # Water keeps its quay or bank free of houses.
    taken = shapely.union(taken, shapely.union(land.liede.buffer(3), land.moat.buffer(2)))
    reach = shapely.union_all([s.line.buffer(s.width / 2 + _DEPTH[s.style]) for s in streets])
    built = shapely.difference(reach, taken)
    blocks = [
        part
        for city in (land.west, land.east)
        for part in shapely.get_parts(shapely.intersection(built, city))
        if part.geom_type == "Polygon" and part.area > _SMALLEST
    ]
    tidy = (Polygon(shapely.simplify(shapely.orient_polygons(b), 0.02)) for b in blocks)
    return Plan(streets, places, tuple(sorted(tidy, key=lambda b: b.bounds)), plot)


_SMALLEST: Final = 150.0
_DEPTH: Final[dict[Style, float]] = {
    "none": 0, "core": 22, "quay": 26, "perimeter": 22, "row": 22, "villa": 27, "cottage": 20, "lane": 24, "shed": 34,
}  # fmt: skip


def _marewijk(land: Land) -> list[Street]:
    """Streets of the older town: rings and radials around the market, rows to the west, villas to the north."""
    quay = shifted(land.river, RIVER_HALF_WIDTH + 7)
    dike = shifted(land.river, RIVER_HALF_WIDTH + 11)
    ways = [
        Street("Kade", LineString(between(quay, -64, 276)), 14, "quay", 9),
        Street("Noorderdijk", LineString(between(dike, 270, 420)), 7, "none", 14),
        Street("Kromme Ring", LineString(arc(OLD_TOWN, 84, 92, 268, 0.05)), 7.5, "core"),
        Street("Walstraat", LineString(arc(OLD_TOWN, 146, 91, 269, 0.012)), 9, "core", 11),
        Street("Singel", LineString(arc(OLD_TOWN, MOAT_RADIUS + 18, 84, 284)), 12, "perimeter", 8),
        Street("Ringlaan", LineString(arc(OLD_TOWN, 262, 100, 244, 0.01)), 13, "villa", 10),
        Street("Grote Markt", LineString([(-108, 97), (-34, 101)]), 38, "core"),
    ]
    ways += [_radial(name, angle, start, end, style) for name, angle, start, end, style in _RADIALS]
    ways += _rows("west", (-405.0, 60.0), 97.0)
    arm = between(shifted(land.old_arm, 0.0), -318, -104)
    back = between(shifted(land.old_arm, 66.0), -300, -96)
    ways += [
        Street("Oude Liede", LineString(arm), 8, "lane", abroad="cottage"),
        Street("Bleekweg", LineString(back), 8, "row", 13),
        Street("Dwarsstraat", LineString(smooth([at_northing(arm, -150), (-110, -128), (-152, -108)])), 7, "none"),
        Street("Zuiderdijk", LineString(smooth([(-152, -98), (-190, -105), (-225, -95), (-262, -70)])), 8, "perimeter"),
        Street("Weerdpad", LineString(smooth([at_northing(arm, -280), (-122, -300), (-168, -290)])), 6, "none"),
    ]
    return ways


_RADIALS: Final[tuple[tuple[str, float, float, float, Style], ...]] = (
    ("Visstraat", 112, 80, 146, "core"),
    ("Kerkstraat", 134, 84, 146, "core"),
    ("Kerkbrug", 134, 146, 186, "none"),
    ("Weststraat", 182, 58, 146, "core"),
    ("Westbrug", 182, 146, 186, "none"),
    ("Gasthuisstraat", 158, 84, 146, "core"),
    ("Zuidstraat", 232, 52, 146, "core"),
    ("Zuidbrug", 232, 146, 186, "none"),
    ("Smidstraat", 207, 84, 146, "core"),
    ("Touwbaan", 252, 80, 146, "core"),
    ("Noordsingel", 108, 186, 262, "perimeter"),
    ("Kerkweg", 134, 180, 262, "perimeter"),
    ("Parkstraat", 158, 186, 262, "perimeter"),
    ("Westerweg", 182, 180, 330, "perimeter"),
    ("Molenstraat", 207, 186, 262, "perimeter"),
    ("Zuiderweg", 232, 180, 262, "perimeter"),
)


def _radial(name: str, degrees: float, start: float, end: float, style: Style) -> Street:
    """A street outward from the old town's middle, with the slight bend of a way that was there first."""
    r = np.linspace(start, end, max(4, round((end - start) / 8)))
    angle = np.radians(degrees + 4.0 * np.sin((r - 50) / 60))
    line = np.column_stack([OLD_TOWN[0] + r * np.cos(angle), OLD_TOWN[1] + r * np.sin(angle)])
    return Street(name, LineString(line), 10.0 if style == "perimeter" else 7.0, style)


def _rows(side: str, centre: tuple[float, float], degrees: float) -> list[Street]:
    """A planned quarter of row houses: parallel streets between two cross streets."""
    names = _ROWS[side]
    angle = np.radians(degrees)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([np.sin(angle), -np.cos(angle)])
    middle = np.asarray(centre)
    half, gap = 66.0, 50.0
    ways = []
    for i, name in enumerate(names[:3]):
        at = middle + (i - 1) * gap * across
        ways.append(Street(name, LineString([at - half * along, at + half * along]), 10, "row", 15))
    for end, name in zip((-1, 1), names[3:], strict=True):
        at = middle + end * half * along
        ways.append(Street(name, LineString([at - 1.1 * gap * across, at + 1.1 * gap * across]), 9, "none"))
    return ways


_ROWS: Final = {
    "west": ("Merelstraat", "Lijsterstraat", "Vinkenstraat", "Zuidersloot", "Noordersloot"),
    "east": ("Populierstraat", "Esdoornstraat", "Kastanjestraat", "Hazelaarweg", "Beukenweg"),
}


def _lindemond(land: Land) -> list[Street]:
    """Streets of the younger town: long streets with the river, cross streets, and the Weerd over the water."""
    river = land.river
    quay, front, back, avenue = (shifted(river, -(RIVER_HALF_WIDTH + d)) for d in (7.0, 74.0, 146.0, 226.0))
    dike = shifted(river, -(RIVER_HALF_WIDTH + 11))
    ways = [
        Street("Lindekade", LineString(between(quay, -96, 300)), 14, "quay", 9),
        Street("Hoge Dijk", LineString(between(dike, -420, -90)), 7, "none", 14),
        Street("Voorstraat", LineString(between(front, -92, 284)), 9, "core"),
        Street("Achterstraat", LineString(between(back, -92, 284)), 9, "perimeter"),
        Street("Lindelaan", LineString(between(avenue, -92, 284)), 18, "villa", 8),
    ]
    ways.append(Street("De Brink", LineString([(88, 147), (168, 147)]), 46, "perimeter"))
    for name, v, bend in _CROSSINGS:
        ends = at_northing(quay, v), at_northing(avenue, v + bend)
        middle = ((ends[0][0] + ends[1][0]) / 2, v + bend / 2 + 5)
        ways.append(Street(name, LineString(smooth([ends[0], middle, ends[1]])), 10, "perimeter"))
    ways += [
        Street("Stationsweg", LineString(smooth([at_northing(avenue, 92), (290, 88), (345, 80)])), 12, "none", 9),
        Street(
            "Boslaan",
            LineString(smooth([(196, -84), (214, -140), (184, -196), (196, -252), (246, -290)])),
            8,
            "villa",
            12,
        ),
        Street("Havenweg", LineString(smooth([(50, 296), (95, 318), (160, 322), (228, 292)])), 10, "shed"),
    ]
    ways += _rows("east", (395.0, 75.0), 84.0)
    weerd = between(shifted(land.old_arm, -44.0), -290, -118)
    ferry = smooth([at_northing(land.old_arm, -186), (-48, -180), (0, -181), (20, -186)])
    ways += [
        Street("Weerdstraat", LineString(weerd), 7, "cottage"),
        Street("Veerpad", LineString(ferry), 6, "none"),
    ]
    return ways


_CROSSINGS: Final = (
    ("Noorderstraat", 276.0, 0.0), ("Gildestraat", 190.0, -4.0), ("Brugstraat", BRIDGE_AT, -8.0),
    ("Schoolstraat", 8.0, 6.0), ("Weverstraat", -82.0, 4.0),
)  # fmt: skip


def _places() -> list[Place]:
    """Ground that only its own landmark, or none, is built on."""
    return [
        Place("Sint-Maartenskerkhof", "churchyard", rectangle((-74, 152), 46, 24, 4)),
        Place("Stadhuis", "public", rectangle((-91.5, 98), 17, 22, 3)),
        Place("Hoge Boomgaard", "orchard", rectangle((-268, -215), 66, 96, 17)),
        Place("Sint-Annakerkhof", "churchyard", rectangle((128, 147), 40, 24, 0)),
        Place("Lindepark", "park", rectangle((362, -50), 96, 66, -8)),
    ]


def _plot(land: Land) -> Plot:
    """The empty plot on the west side of the old arm."""
    arm = land.old_arm
    u, v = at_northing(arm, PLOT_AT)
    ahead = at_northing(arm, PLOT_AT + 6)
    degrees = float(np.degrees(np.arctan2(ahead[1] - v, ahead[0] - u)))
    west = np.radians(degrees + 90)
    inward = np.array([np.cos(west), np.sin(west)])
    front = np.array([u, v]) + 4.0 * inward
    area = rectangle(tuple(front + 15.0 * inward), 22, 30, degrees)
    return Plot((float(front[0]), float(front[1])), degrees, area)
