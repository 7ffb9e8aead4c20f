# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The plan view: to scale, grid north up, with zones, building planes, the border and the buildings of every city."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from shapely.geometry import box

from hanse.permit.report.pictures.border import BORDER, SPACED, Name, border_lines, border_sample, names
from hanse.permit.report.pictures.cast import (
    Notable,
    city_items,
    counted,
    hatch,
    notables,
    remarks,
    silent_items,
    standing,
    verdict_items,
)
from hanse.permit.report.pictures.marks import (
    Item,
    badge,
    legend,
    north_arrow,
    round_length,
    scale_bar,
    text_width,
)
from hanse.permit.report.pictures.svg import (
    Floats,
    document,
    element,
    line_path,
    path,
    polygons_of,
    rings_of,
)
from hanse.permit.report.pictures.theme import style
from hanse.permit.report.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup
    from shapely.geometry import LineString
    from shapely.geometry.base import BaseGeometry

    from hanse.permit.report.scene import Scene, SceneBuilding

WIDTH: Final = 760.0
MAP_HEIGHT: Final = 500.0
_PAD: Final = 14.0
_LEAST_WIDTH_M: Final = 60.0
_AROUND: Final = 1.5  # how much more than what matters is shown
_SCALE_SHARE: Final = 0.24
_NEAR_M: Final = 25.0
_NEAREST: Final = 2  # neighbours that are shown for their nearness alone
_CITY_SIZE: Final = 12.0
_MEASURED: Final = 3  # neighbours whose distance is written


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of the world that is drawn: its box in metres and units of the picture per metre."""

    min_x: float
    max_y: float
    scale: float

    def at(self, points: Floats) -> Floats:
        """Return screen points (n, 2) of world points (n, 2 or more)."""
        return np.column_stack([(points[:, 0] - self.min_x) * self.scale, (self.max_y - points[:, 1]) * self.scale])

    def area(self) -> BaseGeometry:
        """Return the world inside the frame."""
        return box(self.min_x, self.max_y - MAP_HEIGHT / self.scale, self.min_x + WIDTH / self.scale, self.max_y)

    def path(self, area: BaseGeometry) -> str:
        """Return path data of an area of the world, cut to the frame with a little to spare."""
        cut = shapely.intersection(area, self.area().buffer(4 / self.scale))
        return path(self.at(ring) for ring in rings_of(cut))


def plan_svg(scene: Scene, report: Mapping[str, Any], language: str, labels: Mapping[str, str] | None = None) -> str:
    """Return the plan view as one SVG document, the same text for the same input.

    `report` is a document of permit/v1, `language` "nl" or "en", `labels` go over those of the contract.
    """
    words = wording(language, labels)
    cast = notables(report)
    named = standing(scene, cast)
    chosen = [pair for pair in named if pair[0].marked][:_MEASURED] or named[:1]
    near = sorted(named, key=lambda pair: (pair[0].distance_m is None, pair[0].distance_m, pair[0].id))[:_NEAREST]
    frame = _frame(scene, [building.footprint for _, building in (*chosen, *near)])
    bar = round_length(WIDTH / frame.scale * _SCALE_SHARE)
    shown = [one for one in scene.neighbours if one.footprint.intersects(frame.area())]
    lines = border_lines(scene, frame.area())
    cities = names(
        scene,
        words,
        report,
        lines,
        (text_width("a", _CITY_SIZE) * SPACED / frame.scale, _CITY_SIZE / frame.scale),
        np.array([1.0, 0.0]),
        frame.area().buffer(-6 / frame.scale),
        _taken(scene, chosen, frame),
    )
    entries, height = legend(_legend(words, report, scene, cast, shown, frame), _PAD, MAP_HEIGHT + 14, WIDTH - 2 * _PAD)
    drawing = (
        _areas(scene, frame),
        _buildings(scene, shown, frame),
        _border(lines, frame),
        _plan(scene, frame),
        _distances(scene, words, named, chosen, frame),
        _titles(scene, words, frame, [one.room for one in cities]),
        _cities(cities, frame),
        _name(scene, words, frame),
        _badges(named, frame),
        north_arrow(WIDTH - 36, 50, words.label("picture.north")),
        scale_bar(28, MAP_HEIGHT - 20, bar, frame.scale, words.quantity(bar, "m", 0 if bar >= 1 else 1)),
    )
    description = " ".join(
        [
            words.label(
                "picture.plan_desc",
                width=words.metres(WIDTH / frame.scale, 0),
                buildings=counted(words, report, shown),
            ),
            remarks(words, report, cast),
        ]
    ).strip()
    return document(
        (WIDTH, MAP_HEIGHT + 14 + height + 6),
        words.label("picture.plan"),
        description,
        "plan",
        language,
        style(),
        hatch("plan"),
        element("clipPath", element("rect", width=WIDTH, height=MAP_HEIGHT, rx=10), id="plan-clip"),
        element("rect", width=WIDTH, height=MAP_HEIGHT, rx=10, class_="land"),
        element("g", *drawing, clip_path="url(#plan-clip)"),
        entries,
    )


def _frame(scene: Scene, marked: Sequence[BaseGeometry]) -> Frame:
    """Choose what is shown: all that matters with room around it, not more of the scene than needed."""
    matters = list(marked)
    if scene.plan is not None:
        matters.append(scene.plan.footprint)
        near = scene.plan.footprint.buffer(_NEAR_M)
        matters += [shapely.intersection(one.area, near) for one in scene.building_planes]
    full = [one for one in matters if not one.is_empty]
    bounds = shapely.total_bounds(np.array(full, dtype=object)).tolist() if full else list(scene.extent)
    wide = max((bounds[2] - bounds[0]) * _AROUND, _LEAST_WIDTH_M)
    high = max((bounds[3] - bounds[1]) * _AROUND, _LEAST_WIDTH_M * MAP_HEIGHT / WIDTH)
    scale = min(WIDTH / wide, MAP_HEIGHT / high)
    middle_x, middle_y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    return Frame(middle_x - WIDTH / scale / 2, middle_y + MAP_HEIGHT / scale / 2, scale)


def _areas(scene: Scene, frame: Frame) -> Markup:
    seen = [zone.area for zone in scene.zones if zone.area.intersects(frame.area())]
    return element("g", *[element("path", d=frame.path(area), class_="zone") for area in seen])


def _titles(scene: Scene, words: Wording, frame: Frame, taken: Sequence[BaseGeometry]) -> Markup:
    """Write each zone's title at the top left of what is seen of it, clear of the buildings where there is room."""
    room = frame.area().buffer(-16 / frame.scale)
    built = shapely.union_all([*[one.footprint for one in (*scene.neighbours, scene.plan) if one is not None], *taken])
    parts = []
    for zone in scene.zones:
        title = words.said(zone.title, 40)
        half = np.array([text_width(title.text, 11.5) / 2 + 6, 10.0]) / frame.scale
        inside = shapely.intersection(zone.area, shapely.intersection(room, _shrunk(frame.area(), half)))
        places = polygons_of(shapely.difference(inside, _grown(built, half))) or polygons_of(inside)
        if not places:
            continue
        middle = shapely.maximum_inscribed_circle(max(places, key=lambda part: part.area), tolerance=1.0).coords[0]
        world = np.array([middle])
        x, y = frame.at(world)[0]
        parts.append(
            element("text", title.text, x=x, y=y + 4, lang=title.language or None, class_="soft small halo mid")
        )
    return element("g", *parts)


def _grown(area: BaseGeometry, half: Floats) -> BaseGeometry:
    """Grow an area by half a label's width and height: outside it, the label's middle keeps the label clear."""
    ratio = half[1] / half[0]
    squeezed = shapely.transform(area, lambda points: points * [ratio, 1.0])
    grown: BaseGeometry = shapely.buffer(squeezed, half[1])
    return shapely.transform(grown, lambda points: points / [ratio, 1.0])


def _shrunk(area: BaseGeometry, half: Floats) -> BaseGeometry:
    low_x, low_y, high_x, high_y = area.bounds
    return box(low_x + half[0], low_y + half[1], high_x - half[0], high_y - half[1])


def _buildings(scene: Scene, shown: Sequence[SceneBuilding], frame: Frame) -> Markup:
    parts = []
    for building in shown:
        drawn = frame.path(building.footprint)
        own = building.city == scene.city
        parts.append(element("path", d=drawn, class_="own" if own else "other", fill_rule="evenodd"))
        if not own:
            parts.append(element("path", d=drawn, fill="url(#plan-hatch)", fill_rule="evenodd"))
    return element("g", *parts)


def _border(lines: Sequence[LineString], frame: Frame) -> Markup:
    drawn = [line_path(frame.at(np.asarray(line.coords))) for line in lines]
    return element("g", *[element("path", d=line, class_=kind) for kind in BORDER for line in drawn])


def _cities(cities: Sequence[Name], frame: Frame) -> Markup:
    """Write the names of the cities along the border."""
    parts = []
    for one in cities:
        x, y = frame.at(one.middle[None, :])[0]
        angle = -np.degrees(np.arctan2(one.along[1], one.along[0]))
        turn = f"translate({x:.1f} {y:.1f}) rotate({angle:.1f})"
        parts.append(element("text", one.text, y=_CITY_SIZE * 0.36, transform=turn, class_="city-name spaced halo"))
    return element("g", *parts)


def _taken(scene: Scene, chosen: Sequence[tuple[Notable, SceneBuilding]], frame: Frame) -> BaseGeometry:
    """Return what a name must not cover: buildings, measured distances, the scale bar, the arrow."""
    low_x, low_y, high_x, high_y = frame.area().bounds
    unit = 1 / frame.scale
    parts = [one.footprint for one in scene.neighbours]
    parts.append(box(high_x - 70 * unit, high_y - 90 * unit, high_x, high_y))
    parts.append(box(low_x, low_y, low_x + WIDTH * unit * _SCALE_SHARE + 60 * unit, low_y + 55 * unit))
    if scene.plan is not None and not scene.plan.footprint.is_empty:
        plan = scene.plan.footprint
        measured = [shapely.shortest_line(plan, one.footprint) for _, one in chosen]
        parts += [plan.buffer(6 * unit), *[line.buffer(14 * unit) for line in measured]]
    return shapely.union_all(parts)


def _plan(scene: Scene, frame: Frame) -> Markup:
    planes = [
        element("path", d=frame.path(plane.area), class_="plane")
        for plane in scene.building_planes
        if plane.area.intersects(frame.area())
    ]
    if scene.plan is None or scene.plan.footprint.is_empty:
        return element("g", *planes)
    return element(
        "g", *planes, element("path", d=frame.path(scene.plan.footprint), class_="plan", fill_rule="evenodd")
    )


def _name(scene: Scene, words: Wording, frame: Frame) -> Markup:
    """Write what the plan is: inside it when there is room, else above."""
    if scene.plan is None or scene.plan.footprint.is_empty:
        return element("g")
    text = words.label("picture.building")
    low_x, low_y, high_x, high_y = scene.plan.footprint.bounds
    roomy = (high_x - low_x) * frame.scale > text_width(text, 13) + 16 and (high_y - low_y) * frame.scale > 22  # noqa: PLR2004
    x, y = frame.at(np.array([[(low_x + high_x) / 2, (low_y + high_y) / 2 if roomy else high_y]]))[0]
    return element("text", text, x=x, y=y + (5 if roomy else -8), class_="bold mid halo")


def _distances(
    scene: Scene,
    words: Wording,
    named: Sequence[tuple[Notable, SceneBuilding]],
    chosen: Sequence[tuple[Notable, SceneBuilding]],
    frame: Frame,
) -> Markup:
    """Outline the neighbours that need attention; draw the shortest line to those chosen, with its length."""
    parts = [
        element("path", d=frame.path(building.footprint), class_=f"mark {one.verdict}")
        for one, building in named
        if one.marked and building.footprint.intersects(frame.area())
    ]
    texts: list[Markup] = []
    taken: list[BaseGeometry] = []
    for one, building in chosen:
        line = None if scene.plan is None else shapely.shortest_line(scene.plan.footprint, building.footprint)
        if line is None or line.length * frame.scale < 1:
            continue
        if any(line.intersects(other.footprint) for other in scene.neighbours if other.id != building.id):
            continue
        ends = frame.at(np.asarray(line.coords))
        text = words.metres(one.distance_m if one.distance_m is not None else line.length)
        middle = ends.mean(axis=0)
        half = np.array([text_width(text, 11.5) / 2 + 5, 9.0])
        label = box(*(middle - half), *(middle + half))
        if any(label.intersects(other) for other in taken):
            continue
        taken.append(label)
        parts.append(element("path", d=line_path(ends), class_=f"measure {one.verdict}"))
        parts += [element("circle", cx=cx, cy=cy, r=2.6, class_=f"badge {one.verdict}") for cx, cy in ends.tolist()]
        x, y = middle
        texts += [
            element("rect", x=x - half[0], y=y - 9, width=half[0] * 2, height=18, rx=4, class_="blank", opacity="0.92"),
            element("text", text, x=x, y=y + 4.3, class_=f"said mid small {one.verdict}"),
        ]
    return element("g", *parts, *texts)


def _badges(named: Sequence[tuple[Notable, SceneBuilding]], frame: Frame) -> Markup:
    parts = []
    for one, building in reversed(named):
        seen = polygons_of(shapely.intersection(building.footprint, frame.area()))
        if seen:
            middle = max(seen, key=lambda part: part.area).representative_point()
            x, y = frame.at(np.array([[middle.x, middle.y]]))[0]
            parts.append(badge(one.number, one.verdict, min(max(x, 14), WIDTH - 34), min(max(y, 20), MAP_HEIGHT - 14)))
    return element("g", *parts)


def _legend(
    words: Wording,
    report: Mapping[str, Any],
    scene: Scene,
    cast: Sequence[Notable],
    shown: Sequence[SceneBuilding],
    frame: Frame,
) -> list[Item]:
    items = city_items(words, report, scene.city, shown, "plan")
    line = "M0 8L25 8"
    if any(plane.area.intersects(frame.area()) for plane in scene.building_planes):
        items.append(Item(element("path", d=line, class_="plane"), words.label("picture.plane")))
    if any(zone.area.boundary.intersects(frame.area()) for zone in scene.zones):
        items.append(Item(element("path", d=line, class_="zone"), words.label("picture.zone")))
    if scene.border is not None and scene.border.intersects(frame.area()):
        items.append(Item(border_sample(), words.label("picture.border")))
    return items + verdict_items(words, cast) + silent_items(words, report)
