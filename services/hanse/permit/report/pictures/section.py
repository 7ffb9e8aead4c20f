# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Heights compared: silhouettes of the plan and its neighbours along the line between them, with the limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from shapely.geometry import LineString, Point

from hanse.permit.report.pictures.cast import (
    MARKED,
    PRECEDENCE,
    Notable,
    city_items,
    hatch,
    notables,
    nowhere,
    silent_items,
    standing,
    verdict_items,
)
from hanse.permit.report.pictures.faces import Face, building_faces, plan_faces
from hanse.permit.report.pictures.marks import Item, badge, legend, round_length, text_width
from hanse.permit.report.pictures.svg import Floats, document, element, path, polygons_of, rings_of
from hanse.permit.report.pictures.theme import style
from hanse.permit.report.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup
    from shapely.geometry.base import BaseGeometry

    from hanse.permit.report.scene import Scene, SceneBuilding, ScenePlan

WIDTH: Final = 760.0
_MOST_HEIGHT, _LEAST_HEIGHT = 340.0, 200.0
_LEFT, _RIGHT, _TOP, _FOOT = 64.0, 74.0, 64.0, 34.0
_CORRIDOR_M: Final = 6.0
_LEAST_HIGH_M: Final = 9.0
_MARGIN_M: Final = 12.0
_CLEAR: Final = 0.2  # of a grid step: what lies lower is hidden by the ground


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The line that is looked along: through `start` in direction `along` (unit vector), plan at 0."""

    start: Floats
    along: Floats

    def across(self, points: Floats) -> Floats:
        """Return metres along the line of plan points (n, 2 or more)."""
        return (points[:, :2] - self.start) @ self.along


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A silhouette: area in (metres along the line, metres above the datum); `known` tells whether its level is."""

    outline: BaseGeometry
    ground: float
    ridge: float
    known: bool
    building: SceneBuilding | None
    notable: Notable | None


@dataclass(frozen=True, slots=True)
class Limit:
    """A height in metres above the datum that the plan may reach, from and to metres along the line; is it kept?"""

    level: float
    start: float
    end: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Screen scale of the section: one for lengths and heights alike."""

    left_m: float
    top_m: float
    scale: float
    height: float

    def x(self, along: float) -> float:
        """Return the screen x of metres along the line."""
        return _LEFT + (along - self.left_m) * self.scale

    def y(self, level: float) -> float:
        """Return the screen y of a height."""
        return _TOP + (self.top_m - level) * self.scale

    def path(self, area: BaseGeometry) -> str:
        """Return path data of an area of the section."""
        return path(
            np.column_stack(
                [_LEFT + (ring[:, 0] - self.left_m) * self.scale, _TOP + (self.top_m - ring[:, 1]) * self.scale]
            )
            for ring in rings_of(area)
        )


def section_svg(scene: Scene, report: Mapping[str, Any], language: str, labels: Mapping[str, str] | None = None) -> str:
    """Return the comparison of heights as one SVG document, the same text for the same input.

    `report` is a document of permit/v1, `language` "nl" or "en", `labels` go over those of the contract.
    """
    words = wording(language, labels)
    plan = scene.plan
    if plan is None or plan.footprint.is_empty:
        return nowhere(words, "picture.section", "section")
    cast = notables(report)
    named = standing(scene, cast)
    target = next(iter([pair for pair in named if pair[1].ridge is not None]), None)
    line = _line(plan, None if target is None else target[1])
    bodies = _bodies(scene, plan, line, named, target)
    limits = _limits(report, plan, bodies)
    room = max((text_width(_limit_words(words, limit), 12) + 10 for limit in limits), default=0.0)
    chart = _chart(bodies, limits, room)
    entries, height = legend(_legend(words, report, scene, bodies, limits), 14, chart.height + 8, WIDTH - 28)
    if plan.ridge is None:
        description = words.label("picture.section_unknown")
    elif target is None:
        description = words.label("picture.section_alone", plan=words.metres(plan.ridge, 2))
    else:
        description = words.label(
            "picture.section_desc",
            number=target[0].number,
            plan=words.metres(plan.ridge, 2),
            neighbour=words.metres(target[1].ridge, 2),
            datum=words.text(scene.vertical_datum, 30),
        )
    return document(
        (WIDTH, chart.height + 8 + height + 6),
        words.label("picture.section"),
        description,
        "section",
        language,
        style(),
        hatch("section"),
        element("rect", width=WIDTH, height=chart.height, rx=10, class_="land"),
        _grid(words, scene, bodies, chart),
        _ground(bodies, chart),
        *[_body(words, scene, body, chart) for body in bodies],
        *_limits_drawn(words, limits, chart, bodies),
        *[_level(words, body, chart) for body in bodies if body.building is None or body.notable is not None],
        entries,
    )


def _line(plan: ScenePlan, other: SceneBuilding | None) -> Line:
    middle = plan.footprint.centroid
    if other is None or other.footprint.centroid.distance(middle) < 1:
        return Line(np.array([middle.x, middle.y]), np.array([1.0, 0.0]))
    way = np.array([other.footprint.centroid.x - middle.x, other.footprint.centroid.y - middle.y])
    # West is left, as on the map.
    way = way if way[0] >= 0 else -way
    return Line(np.array([middle.x, middle.y]), way / np.linalg.norm(way))


def _bodies(
    scene: Scene,
    plan: ScenePlan,
    line: Line,
    named: Sequence[tuple[Notable, SceneBuilding]],
    target: tuple[Notable, SceneBuilding] | None,
) -> list[Body]:
    """Return the silhouettes in a corridor along the line, last the plan, before it the neighbour to compare."""
    own = _outline(plan_faces(plan, 0), line)
    ground, ridge = plan.ground, plan.ridge
    known = ground is not None and ridge is not None
    if ground is None or ridge is None:
        lows = [one.ground for _, one in named if one.ground is not None]
        low = min(lows, default=0.0)
        base = own.bounds[1] if not own.is_empty else 0.0
        own = shapely.transform(own, lambda points: points + np.array([0.0, low - base]))
        ground, ridge = low, own.bounds[3] if not own.is_empty else low
    width = line.across(shapely.get_coordinates(plan.footprint))
    reach = [float(width.min()), float(width.max())]
    if target is not None:
        across = line.across(shapely.get_coordinates(target[1].footprint))
        reach = [min(reach[0], float(across.min())), max(reach[1], float(across.max()))]
    ends = [
        Point(line.start + line.along * (at + move)) for at, move in zip(reach, (-_MARGIN_M, _MARGIN_M), strict=True)
    ]
    corridor = LineString(ends).buffer(_CORRIDOR_M, cap_style="flat")
    numbers = {building.id: one for one, building in named}
    bodies = []
    for one in scene.neighbours:
        chosen = target is not None and one.id == target[1].id
        if one.ridge is None or not (chosen or one.footprint.intersects(corridor)):
            continue
        outline = _standing(building_faces(one, 0), line, one.ground)
        if not outline.is_empty:
            ground = outline.bounds[1] if one.ground is None else one.ground
            bodies.append(Body(outline, ground, one.ridge, True, one, numbers.get(one.id) if chosen else None))
    bodies.sort(key=lambda body: (body.notable is not None, -body.ridge, body.building.id if body.building else ""))
    return [*bodies, Body(own, ground, ridge, known, None, None)]


def _outline(faces: Sequence[Face], line: Line) -> BaseGeometry:
    flat = [shapely.Polygon(np.column_stack([line.across(face.rings[0]), face.rings[0][:, 2]])) for face in faces]
    if not flat:
        return shapely.Polygon()
    valid = shapely.make_valid(np.array(flat, dtype=object))
    united = shapely.union_all(shapely.set_precision(valid, 0.005)).buffer(0.01, join_style="mitre")
    return shapely.union_all([shapely.Polygon(part.exterior) for part in polygons_of(united)])


def _standing(faces: Sequence[Face], line: Line, ground: float | None) -> BaseGeometry:
    """Return the silhouette of a building down to its ground: party walls are often left out of city models."""
    outline = _outline(faces, line)
    if outline.is_empty:
        return outline
    foot = outline.bounds[1] if ground is None else ground
    under = []
    for part in polygons_of(outline):
        points = np.asarray(part.exterior.coords)[:, :2]
        sunk = np.column_stack([points[:, 0], np.full(len(points), foot)])
        under.append(np.stack([points[:-1], points[1:], sunk[1:], sunk[:-1]], axis=1))
    quads = shapely.make_valid(shapely.polygons(np.vstack(under)))
    return shapely.union_all([outline, *np.atleast_1d(np.asarray(quads)).tolist()]).buffer(0.01, join_style="mitre")


def _limits(report: Mapping[str, Any], plan: ScenePlan, bodies: Sequence[Body]) -> list[Limit]:
    """Return the heights allowed: over the plan by rules on it, and by rules beside each neighbour that is shown.

    A rule's reference level is found back from what was measured against it: ridge less measured.
    """
    if plan.ridge is None:
        return []
    start, _, end, _ = bodies[-1].outline.bounds
    levels: dict[float, str] = {}
    for rule in report["rules"]:
        evidence = rule["evidence"]
        measured, allowed = evidence["measured"], evidence["allowed"]
        if rule["measure"] in {"max_height", "neighbour_height"} and _number(measured) and _number(allowed):
            level = round(plan.ridge - measured + allowed, 3)
            levels[level] = min(levels.get(level, rule["verdict"]), rule["verdict"], key=PRECEDENCE.index)
    return [Limit(level, start - 2.5, end + 2.5, verdict) for level, verdict in sorted(levels.items())]


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _chart(bodies: Sequence[Body], limits: Sequence[Limit], room: float) -> Chart:
    """Fit everything, with `room` screen units kept free beside the limits for their words."""
    left, low, right, high = shapely.total_bounds(np.array([body.outline for body in bodies], dtype=object)).tolist()
    high = max([high, low + _LEAST_HIGH_M, *[limit.level for limit in limits]])
    near = bool(limits) and _left_of_neighbour(bodies)
    wide, tall = WIDTH - _LEFT - _RIGHT, _MOST_HEIGHT - _TOP - _FOOT
    scale = min(wide / (right - left), tall / (high - low))
    for limit in limits:
        # The limit's own line, then its words, must fit between the margins at the scale that is left.
        beyond = right - limit.start if near else limit.end - left
        scale = min(scale, (wide - room) / beyond)
    spare = wide / scale - (right - left)
    height = max(_LEAST_HEIGHT, (high - low) * scale + _TOP + _FOOT)
    start = left - spare / 2
    if near:
        start = min(start, min(limit.start for limit in limits) - room / scale)
    elif limits:
        start = max(start, max(limit.end for limit in limits) + room / scale - wide / scale)
    return Chart(start, low + (height - _TOP - _FOOT) / scale, scale, height)


def _left_of_neighbour(bodies: Sequence[Body]) -> bool:
    """Whether the plan, last of the bodies, stands left of the neighbour before it."""
    middles = [(body.outline.bounds[0] + body.outline.bounds[2]) / 2 for body in bodies[-2:]]
    return len(middles) > 1 and middles[0] >= middles[1]


def _grid(words: Wording, scene: Scene, bodies: Sequence[Body], chart: Chart) -> Markup:
    """Draw height lines at round heights, with the datum named once."""
    low, high = min(body.ground for body in bodies), chart.top_m
    step = round_length(max((high - low) / 3, 1.0))
    first = int(np.ceil(low / step + _CLEAR))
    parts = []
    for count in range(first, int(np.floor(high / step)) + 1):
        y = chart.y(count * step)
        parts.append(element("path", d=f"M{_LEFT - 8:.1f} {y:.1f}L{WIDTH - 14:.1f} {y:.1f}", class_="grid"))
        parts.append(element("text", words.metres(count * step, 0), x=_LEFT - 14, y=y + 4, class_="small soft end"))
    parts.append(element("text", words.text(scene.vertical_datum, 30), x=14, y=20, class_="small soft"))
    return element("g", *parts)


def _ground(bodies: Sequence[Body], chart: Chart) -> Markup:
    """Draw the ground from building to building."""
    ends = sorted((at, body.ground) for body in bodies for at in (body.outline.bounds[0], body.outline.bounds[2]))
    points = [
        (0.0, chart.y(ends[0][1])),
        *[(chart.x(at), chart.y(level)) for at, level in ends],
        (WIDTH, chart.y(ends[-1][1])),
    ]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    foot, corner = chart.height, chart.height - 10
    shape = f"{line}V{corner:.1f}A10 10 0 0 1 {WIDTH - 10:.1f} {foot:.1f}H10A10 10 0 0 1 0 {corner:.1f}Z"
    return element("g", element("path", d=shape, class_="rim"), element("path", d=line, class_="thin"))


def _body(words: Wording, scene: Scene, body: Body, chart: Chart) -> Markup:
    drawn = chart.path(body.outline)
    if body.building is None:
        middle = chart.x((body.outline.bounds[0] + body.outline.bounds[2]) / 2)
        name = element(
            "text", words.label("picture.building"), x=middle, y=chart.y(body.ground) - 8, class_="bold mid halo"
        )
        return element(
            "g", element("path", d=drawn, class_="plan" if body.known else "plan unsure", fill_rule="evenodd"), name
        )
    own = body.building.city == scene.city
    parts = [element("path", d=drawn, class_="own" if own else "other", fill_rule="evenodd")]
    if not own:
        parts.append(element("path", d=drawn, fill="url(#section-hatch)", fill_rule="evenodd"))
    if body.notable is not None:
        if body.notable.marked:
            parts.append(element("path", d=drawn, class_=f"mark {body.notable.verdict}"))
        x = chart.x((body.outline.bounds[0] + body.outline.bounds[2]) / 2)
        parts.append(badge(body.notable.number, body.notable.verdict, x, chart.y(body.ridge) - 34))
    return element("g", *parts)


def _level(words: Wording, body: Body, chart: Chart) -> Markup:
    """Write how high a body reaches: the plan inside it, where no limit runs, a neighbour above its highest point."""
    x = chart.x((body.outline.bounds[0] + body.outline.bounds[2]) / 2)
    y = chart.y((body.ridge + body.ground) / 2) if body.building is None else chart.y(body.ridge) - 8
    kind = "plan-height" if body.notable is None else body.notable.verdict
    text = words.metres(body.ridge, 2) if body.known else words.label("picture.unknown_height")
    return element("text", text, x=x, y=y, class_=f"said mid halo {kind}")


def _limits_drawn(words: Wording, limits: Sequence[Limit], chart: Chart, bodies: Sequence[Body]) -> list[Markup]:
    """Draw the limits over the plan, their words on the side away from the neighbour, none over another."""
    left = _left_of_neighbour(bodies)
    parts: list[Markup] = []
    last = chart.height
    for limit in limits:
        y, start, end = chart.y(limit.level), chart.x(limit.start), chart.x(limit.end)
        last = min(y + 4, last - 15)
        kind = limit.verdict if limit.verdict in MARKED else "plan-height"
        text = _limit_words(words, limit)
        said = f"said small halo {kind}" + (" end" if left else "")
        parts += [
            element("path", d=f"M{start:.1f} {y:.1f}H{end:.1f}", class_=f"limit {kind}"),
            element("text", text, x=start - 6 if left else end + 6, y=last, class_=said),
        ]
    return parts


def _limit_words(words: Wording, limit: Limit) -> str:
    return words.label("picture.maximum", value=words.metres(limit.level, 2))


def _legend(
    words: Wording, report: Mapping[str, Any], scene: Scene, bodies: Sequence[Body], limits: Sequence[Limit]
) -> list[Item]:
    shown = [body.building for body in bodies if body.building is not None]
    items = city_items(words, report, scene.city, shown, "section")
    if limits:
        items.append(Item(element("path", d="M0 8L25 8", class_="limit plan-height"), words.label("picture.limit")))
    return (
        items
        + verdict_items(words, [body.notable for body in bodies if body.notable is not None])
        + silent_items(words, report)
    )
