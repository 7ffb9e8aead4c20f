# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The border between cities: its line on the ground, and the cities' names along both sides of it, as on a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from shapely.geometry import Point, Polygon
from shapely.ops import substring

from hanse.permit.report.pictures.cast import city_name
from hanse.permit.report.pictures.svg import element, lines_of, polygons_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markupsafe import Markup
    from shapely.geometry import LineString
    from shapely.geometry.base import BaseGeometry

    from hanse.permit.report.pictures.svg import Floats
    from hanse.permit.report.scene import Scene
    from hanse.permit.report.wording import Wording

BORDER: Final = ("border-band", "border")  # the line's classes, in the order of painting
SPACED: Final = 1.45  # capitals, set apart, are so much wider than the mean character
_LONGEST: Final = 40  # characters
_STEPS: Final = 40
_COVERED: Final = 0.08  # of a name, at most
_TOGETHER: Final = 0.05  # what it costs when both names stand at opposite ends


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A city's name on its side of the border: its middle and its direction of reading, in metres, and its room."""

    text: str
    middle: Floats
    along: Floats
    room: Polygon


def border_lines(scene: Scene, seen: BaseGeometry) -> list[LineString]:
    """Return the border's lines inside an area."""
    if scene.border is None:
        return []
    line = shapely.boundary(scene.border) if polygons_of(scene.border) else scene.border
    return lines_of(shapely.line_merge(shapely.intersection(line, seen)))


def names(
    scene: Scene,
    words: Wording,
    report: Mapping[str, Any],
    lines: Sequence[LineString],
    character_m: tuple[float, float],
    reading: Floats,
    free: BaseGeometry,
    taken: BaseGeometry,
) -> list[Name]:
    """Return the names of the cities on both sides of the longest line, where there is room for them.

    `character_m` is the mean width and the height of a character, `reading` the direction (2) that is rightward for
    the reader; a name stands inside `free` and covers hardly anything of `taken`. All in metres.
    """
    if not lines:
        return []
    line = max(lines, key=lambda one: (one.length, one.bounds))
    found: list[Name] = []
    at: float | None = None
    for side in (1.0, -1.0):
        best: tuple[float, float, Name] | None = None
        for where, name in _places(scene, words, report, line, side, character_m, reading):
            covered = shapely.intersection(name.room, taken).area / name.room.area
            if covered > _COVERED or not free.contains(name.room):
                continue
            cost = covered + (0.0 if at is None else _TOGETHER * abs(where - at) / line.length)
            if best is None or cost < best[0]:
                best = (cost, where, name)
        if best is not None:
            at = best[1]
            found.append(best[2])
    return found


def border_sample() -> Markup:
    """Return the border as a legend shows it."""
    return element("g", *[element("path", d="M0 8L25 8", class_=kind) for kind in BORDER])


def _places(
    scene: Scene,
    words: Wording,
    report: Mapping[str, Any],
    line: LineString,
    side: float,
    character_m: tuple[float, float],
    reading: Floats,
) -> Iterator[tuple[float, Name]]:
    """Yield where a name can stand left (1) or right (-1) of the line, and how far along the line that is."""
    width, height = character_m
    for where in np.linspace(0.0, line.length, _STEPS).tolist():
        text = _whose(scene, words, report, _beside(line, where, side * height))
        half = len(text) * width / 2
        if not text or where < half or where > line.length - half:
            continue
        stretch = np.asarray(substring(line, where - half, where + half).coords)[:, :2]
        along = stretch[-1] - stretch[0]
        along = along / np.linalg.norm(along)
        left = np.array([-along[1], along[0]])
        # Clear of the line where it bulges to this side.
        bulge = max(0.0, float((side * ((stretch - stretch[0]) @ left)).max()))
        middle = (stretch[0] + stretch[-1]) / 2 + side * left * (bulge + height * 1.1)
        ends = np.array([[-half, -height / 2], [half, -height / 2], [half, height / 2], [-half, height / 2]])
        room = Polygon(middle + ends @ np.array([along, left]))
        yield where, Name(text, middle, along if float(along @ reading) >= 0 else -along, room)


def _beside(line: LineString, where: float, away: float) -> Point:
    """Return the point so many metres left of a place on a line."""
    start, end = (np.array(line.interpolate(where + step).coords[0][:2]) for step in (-0.5, 0.5))
    along = (end - start) / np.linalg.norm(end - start)
    return Point((start + end) / 2 + np.array([-along[1], along[0]]) * away)


def _whose(scene: Scene, words: Wording, report: Mapping[str, Any], place: Point) -> str:
    """Return the name of the city whose ground it is; off all ground that is known, that of the only other city."""
    for one in scene.territories:
        if one.area.contains(place):
            return words.text(one.name, _LONGEST)
    others = {source["city"] for source in report["sources"]} - {scene.city}
    known = scene.territories and len(others) == 1
    return words.text(city_name(report, others.pop()), _LONGEST) if known else ""
