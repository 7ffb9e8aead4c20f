# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The oblique view: the plan between its neighbours as a model on a round board, heights to one scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from hanse.permit.report.pictures.border import BORDER, SPACED, border_lines, border_sample, names
from hanse.permit.report.pictures.camera import Camera, shadow
from hanse.permit.report.pictures.cast import (
    Notable,
    city_items,
    counted,
    hatch,
    notables,
    nowhere,
    remarks,
    silent_items,
    standing,
    verdict_items,
)
from hanse.permit.report.pictures.faces import Face, building_faces, flat_faces, plan_faces, skirt_faces
from hanse.permit.report.pictures.hidden import painting_order
from hanse.permit.report.pictures.marks import Item, badge, legend, text_width
from hanse.permit.report.pictures.svg import Floats, document, element, line_path, lines_of, path, rings_of
from hanse.permit.report.pictures.theme import shade_class, style
from hanse.permit.report.scene import Scene, SceneBuilding, ScenePlan
from hanse.permit.report.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup
    from shapely.geometry import Point
    from shapely.geometry.base import BaseGeometry

WIDTH: Final = 760.0
HEIGHT: Final = 470.0
_ELEVATIONS: Final = (math.radians(33), math.radians(48))
_ENOUGH: Final = 0.9  # of the plan seen: more is no better
_LEAST_RADIUS, _MOST_RADIUS = 48.0, 110.0  # metres
_MOST_BUILDINGS: Final = 140
_MEASURED: Final = 3  # neighbours whose height is written
_STEP: Final = 1.5  # screen units between the points that hidden faces are found with
_BOARD_M: Final = 2.2
_TOP_M: Final = 0.05
_BADGE: Final = (30.0, 22.0)  # room of a badge with its sign, screen units
_PLAN: Final = -1
_CITY_SIZE: Final = 18.0


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What stands on the board: its middle and radius, its level, the plan and its neighbours with their faces."""

    middle: Point
    radius: float
    level: float
    plan: ScenePlan
    own_city: str
    buildings: tuple[SceneBuilding, ...]
    faces: tuple[Face, ...]
    skirts: tuple[Face, ...]

    def base(self, ground: float | None) -> float:
        """Return the height at which a building stands; the board's when it is not known."""
        return self.level if ground is None else ground


def view_svg(scene: Scene, report: Mapping[str, Any], language: str, labels: Mapping[str, str] | None = None) -> str:
    """Return the oblique view as one SVG document, the same text for the same input.

    `report` is a document of permit/v1, `language` "nl" or "en", `labels` go over those of the contract.
    """
    words = wording(language, labels)
    if scene.plan is None or scene.plan.footprint.is_empty:
        return nowhere(words, "picture.view", "view")
    cast = notables(report)
    named = [(one, building) for one, building in standing(scene, cast) if one.marked]
    model = _model(scene, scene.plan, [building for _, building in named[:_MEASURED]])
    camera = _camera(model, named)
    shown = {building.id for building in model.buildings}
    named = [(one, building) for one, building in named if building.id in shown]
    entries, height = legend(_legend(words, report, scene, model, named), 14, HEIGHT + 8, WIDTH - 28)
    description = " ".join(
        [
            words.label(
                "picture.view_desc",
                side=words.label(f"side.{camera.side}"),
                buildings=counted(words, report, model.buildings),
                radius=words.metres(model.radius, 0),
            ),
            remarks(words, report, cast),
        ]
    ).strip()
    return document(
        (WIDTH, HEIGHT + 8 + height + 6),
        words.label("picture.view"),
        description,
        "view",
        language,
        style(),
        hatch("view"),
        _board(model, camera),
        _on_board(scene, model, camera),
        _cities(scene, words, report, model, camera, [building for _, building in named]),
        _painted(model, camera, {building.id: one.verdict for one, building in named}),
        _heights(words, model, camera, named),
        entries,
    )


def _model(scene: Scene, plan: ScenePlan, concerned: Sequence[SceneBuilding]) -> Model:
    middle = plan.footprint.centroid
    reach = max(
        [shapely.hausdorff_distance(middle, one) for one in (plan.footprint, *(each.footprint for each in concerned))]
    )
    radius = min(max(reach * 1.12, _LEAST_RADIUS), _MOST_RADIUS)
    near = sorted(
        (shapely.hausdorff_distance(middle, one.footprint), one.id, one)
        for one in scene.neighbours
        if not one.footprint.is_empty and one.footprint.centroid.distance(middle) <= radius
    )
    buildings = tuple(one for distance, _, one in near if distance <= radius * 1.06)[:_MOST_BUILDINGS]
    grounds = [ground for ground in (plan.ground, *(one.ground for one in buildings)) if ground is not None]
    level = min(grounds, default=0.0)
    standing_plan = plan if plan.ground is not None else _lowered(plan, level)
    faces = plan_faces(standing_plan, _PLAN)
    skirts = skirt_faces(plan.footprint, level, plan.ground or level, _PLAN)
    for number, one in enumerate(buildings):
        faces += building_faces(one, number) or flat_faces(one.footprint, one.ground or level, number)
        skirts += skirt_faces(one.footprint, level, one.ground or level, number)
    return Model(middle, radius, level, standing_plan, scene.city, buildings, tuple(faces), tuple(skirts))


def _lowered(plan: ScenePlan, level: float) -> ScenePlan:
    """Stand a plan of unknown height on the board: its shape is known, its level is not."""
    lift = level - float(plan.triangles[:, :, 2].min()) if len(plan.triangles) else 0.0
    return ScenePlan(plan.footprint, plan.triangles + np.array([0.0, 0.0, lift]), plan.classes, None, None)


def _camera(model: Model, named: Sequence[tuple[Notable, SceneBuilding]]) -> Camera:
    """Stand where plan and worst neighbour are seen side by side and little stands before the plan."""
    wishes = [math.radians(-118)]
    if named:
        other = named[0][1].footprint.centroid
        line = math.atan2(other.y - model.middle.y, other.x - model.middle.x)
        wishes = [line - math.radians(62), line + math.radians(62)]
    around = [math.radians(degrees) for degrees in range(-180, 180, 20)]
    cameras = [Camera(side, up) for up in _ELEVATIONS for side in (*wishes, *around)]
    tall = [one for one in model.buildings if one.ridge is not None]
    camera = max(cameras, key=lambda one: _fitness(one, model, tall, wishes))
    disc = _disc(model)
    points = [camera.ground(disc, model.level), camera.ground(disc, model.level - _BOARD_M)]
    points += [camera.at(ring)[:, :2] for face in model.faces for ring in face.rings]
    everything = np.vstack(points)
    return camera.fitted(everything.min(axis=0), everything.max(axis=0), (10, 34, WIDTH - 20, HEIGHT - 40))


def _fitness(camera: Camera, model: Model, tall: Sequence[SceneBuilding], wishes: Sequence[float]) -> float:
    """Judge a camera: the share of the plan that is seen counts most, then the wishes, then looking from the south."""
    top = float(model.plan.triangles[:, :, 2].max()) if len(model.plan.triangles) else model.level
    plan = _hull(camera, model.plan.footprint, model.level, top)
    middle = np.array([model.middle.x, model.middle.y])
    before = [
        _hull(camera, one.footprint, model.level, one.ridge or model.level)
        for one in tall
        if float((shapely.get_coordinates(one.footprint.centroid)[0] - middle) @ camera.viewer[:2]) > 0
    ]
    before = [one for one in before if one.intersects(plan)]
    seen = shapely.difference(plan, shapely.union_all(before)).area / plan.area if plan.area else 1.0
    wished = max(math.cos(camera.azimuth - wish) for wish in wishes)
    low = camera.elevation == _ELEVATIONS[0]
    return 4 * min(seen, _ENOUGH) + wished - 0.4 * math.sin(camera.azimuth) + 0.5 * low


def _hull(camera: Camera, footprint: BaseGeometry, low: float, high: float) -> BaseGeometry:
    points = shapely.get_coordinates(footprint)
    both = np.vstack([camera.ground(points, low), camera.ground(points, high)])
    hull: BaseGeometry = shapely.MultiPoint(both).convex_hull
    return hull


def _disc(model: Model) -> Floats:
    return shapely.get_coordinates(model.middle.buffer(model.radius * 1.06, quad_segs=24))[:-1]


def _board(model: Model, camera: Camera) -> Markup:
    top = camera.ground(_disc(model), model.level)
    low, high = top.min(axis=0), top.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    depth = _BOARD_M * camera.upright

    def ellipse(down: float, kind: str) -> Markup:
        return element("ellipse", cx=middle[0], cy=middle[1] + down, rx=half[0], ry=half[1], class_=kind)

    side = element("rect", x=low[0], y=middle[1], width=half[0] * 2, height=depth, class_="rim")
    return element("g", ellipse(depth + 5, "shadow"), ellipse(depth, "rim"), side, ellipse(0, "land"))


def _on_board(scene: Scene, model: Model, camera: Camera) -> Markup:
    """Draw what lies flat: shadows, the border, zones and building planes."""
    disc = shapely.Polygon(_disc(model))
    dark = [
        shadow(one.footprint, max(0.0, high - model.level), camera.light)
        for one, high in [(one, one.ridge or model.level) for one in model.buildings]
    ]
    top = float(model.plan.triangles[:, :, 2].max()) if len(model.plan.triangles) else model.level
    dark.append(shadow(model.plan.footprint, top - model.level, camera.light))
    shaded = shapely.intersection(shapely.union_all(dark), disc)

    def flat(area: BaseGeometry) -> str:
        return path(camera.ground(ring, model.level) for ring in rings_of(area))

    parts = [element("path", d=flat(shaded), class_="shadow", fill_rule="evenodd")]
    lines = [(one.area.boundary, "zone") for one in scene.zones] + [
        (one.area.boundary, "plane") for one in scene.building_planes
    ]
    lines += [(line, kind) for kind in BORDER for line in border_lines(scene, disc)]
    for line, kind in lines:
        cut = shapely.line_merge(shapely.intersection(line, disc))
        parts += [
            element("path", d=line_path(camera.ground(np.asarray(part.coords), model.level)), class_=kind)
            for part in lines_of(cut)
        ]
    return element("g", *parts)


def _cities(
    scene: Scene,
    words: Wording,
    report: Mapping[str, Any],
    model: Model,
    camera: Camera,
    numbered: Sequence[SceneBuilding],
) -> Markup:
    """Write the names of the cities flat on the board along the border, where nothing stands before them."""
    disc = shapely.Polygon(_disc(model))
    standing = [(one.footprint, (one.ridge or model.level) - model.level) for one in model.buildings]
    top = float(model.plan.triangles[:, :, 2].max()) if len(model.plan.triangles) else model.level
    standing.append((model.plan.footprint, top - model.level))
    over = (_BADGE[1] + 8) / camera.upright
    standing += [
        (one.footprint.centroid.buffer(_BADGE[0] / camera.scale), (one.ridge or model.level) - model.level + over)
        for one in numbered
    ]
    hidden = shapely.union_all([shadow(footprint, max(0.0, high), camera.viewer) for footprint, high in standing])
    size = (text_width("a", _CITY_SIZE) * SPACED / camera.scale, _CITY_SIZE / camera.scale)
    parts = []
    for one in names(
        scene,
        words,
        report,
        border_lines(scene, disc),
        size,
        camera.right[:2],
        disc.buffer(-8 / camera.scale),
        hidden.buffer(3 / camera.scale),
    ):
        # Board metres to the screen: along the text, and downwards for its reader.
        down = np.array([one.along[1], -one.along[0]])
        at, right, below = camera.ground(np.array([one.middle, one.middle + one.along, one.middle + down]), model.level)
        (a, b), (c, d) = (right - at) / camera.scale, (below - at) / camera.scale
        turn = f"matrix({a:.4f} {b:.4f} {c:.4f} {d:.4f} {at[0]:.1f} {at[1]:.1f})"
        parts.append(element("text", one.text, y=_CITY_SIZE * 0.36, transform=turn, class_="city-name board"))
    return element("g", *parts)


def _painted(model: Model, camera: Camera, verdicts: Mapping[str, str]) -> Markup:
    """Paint all that stands on the board, and outline the neighbours with a verdict as far as they are seen."""
    faces = (*model.skirts, *model.faces)
    drawn = [[camera.at(ring) for ring in face.rings] for face in faces]
    parts = []
    places: dict[int, list[int]] = {}
    for place, number in enumerate(painting_order(drawn, _STEP)):
        face, shape = faces[number], path(drawn[number])
        places.setdefault(face.owner, []).append(place)
        own = face.owner == _PLAN or model.buildings[face.owner].city == model.own_city
        letter = "p" if face.owner == _PLAN else "o" if own else "n"
        material = "gw" if number < len(model.skirts) else letter + face.kind[0]
        parts.append(element("path", d=shape, class_=shade_class(material, camera.lit(face)), fill_rule="evenodd"))
        if material == "nr":
            parts.append(element("path", d=shape, class_="lit"))
    depth = {owner: sum(of_owner) / len(of_owner) for owner, of_owner in places.items()}
    outlines = {owner: _silhouette(faces, drawn, owner) for owner in places}
    for owner in sorted(places):
        verdict = None if owner == _PLAN else verdicts.get(model.buildings[owner].id)
        if verdict is not None:
            before = [outlines[other] for other in places if depth[other] > depth[owner]]
            seen = shapely.difference(outlines[owner], shapely.union_all(before))
            parts.append(element("path", d=path(rings_of(seen)), class_=f"mark {verdict}"))
    # Where something stands before the plan, its outline shows through.
    before = [outlines[other] for other in places if depth[other] > depth.get(_PLAN, math.inf)]
    hidden = shapely.intersection(_silhouette(faces, drawn, _PLAN).boundary, shapely.union_all(before))
    parts += [element("path", d=line_path(np.asarray(line.coords)), class_="through") for line in lines_of(hidden)]
    return element("g", *parts)


def _silhouette(faces: Sequence[Face], drawn: Sequence[Sequence[Floats]], owner: int) -> BaseGeometry:
    pieces = [shapely.Polygon(shape[0][:, :2]) for face, shape in zip(faces, drawn, strict=True) if face.owner == owner]
    return shapely.union_all(shapely.set_precision(shapely.make_valid(np.array(pieces, dtype=object)), 0.05))


def _heights(words: Wording, model: Model, camera: Camera, named: Sequence[tuple[Notable, SceneBuilding]]) -> Markup:
    """Write the plan's height and its neighbours', and number the neighbours."""
    ground, ridge = model.plan.ground, model.plan.ridge
    ring = camera.ground(shapely.get_coordinates(model.plan.footprint), model.base(ground))
    label = words.label("picture.building")
    parts = _neighbour_marks(words, model, camera, named, float(ring[:, 0].mean()))
    if ground is not None and ridge is not None:
        right = _alone(ring, named, camera, model)
        parts.append(_dimension(words, ring, ridge - ground, camera, "plan-height", right=right))
    else:
        label += f" ({words.label('picture.unknown_height')})"
    corners = model.plan.triangles.reshape(-1, 3)
    if len(corners):
        # Over the highest part: between two wings a name would stand on the street.
        top = camera.at(corners[corners[:, 2] > corners[:, 2].max() - _TOP_M])
        x, y = float(top[:, 0].mean()), float(top[:, 1].min())
        parts.append(element("text", label, x=x, y=y - 10, class_="bold mid halo"))
    return element("g", *parts)


def _neighbour_marks(
    words: Wording, model: Model, camera: Camera, named: Sequence[tuple[Notable, SceneBuilding]], middle: float
) -> list[Markup]:
    """Number each neighbour over its roof, clear of the others, and write the heights of the first few."""
    parts: list[Markup] = []
    taken: list[tuple[float, float]] = []
    for one, building in named:
        base = model.base(building.ground)
        high = 0.0 if building.ridge is None else building.ridge - base
        if building.ridge is not None and one.number <= _MEASURED:
            edge = camera.ground(shapely.get_coordinates(building.footprint), base)
            right = bool(edge[:, 0].mean() > middle)
            parts.insert(0, _dimension(words, edge, high, camera, one.verdict, right=right))
        x, y = camera.ground(shapely.get_coordinates(building.footprint.centroid), base + high)[0].tolist()
        y -= 16
        while any(abs(x - other_x) < _BADGE[0] and abs(y - other_y) < _BADGE[1] for other_x, other_y in taken):
            y -= 4
        taken.append((x, y))
        parts.append(badge(one.number, one.verdict, x, y))
    return parts


def _alone(ring: Floats, named: Sequence[tuple[Notable, SceneBuilding]], camera: Camera, model: Model) -> bool:
    """Whether the plan's right side is the free one: its first neighbour stands left."""
    if not named:
        return True
    other = named[0][1].footprint.centroid
    return bool(camera.ground(np.array([[other.x, other.y]]), model.level)[0, 0] < ring[:, 0].mean())


def _dimension(words: Wording, base: Floats, height: float, camera: Camera, kind: str, *, right: bool) -> Markup:
    """Draw an upright dimension beside a building: its foot at the outermost corner, its length to scale."""
    foot = base[np.argmax(base[:, 0]) if right else np.argmin(base[:, 0])]
    x = foot[0] + (9 if right else -9)
    top = foot[1] - height * camera.upright
    text = words.metres(height)
    wide = text_width(text, 12) + 8
    middle = x + (wide / 2 + 4 if right else -wide / 2 - 4)
    ticks = f"M{x - 4:.1f} {foot[1]:.1f}h8M{x - 4:.1f} {top:.1f}h8M{x:.1f} {foot[1]:.1f}V{top:.1f}"
    return element(
        "g",
        element("path", d=ticks, class_="measure"),
        element("text", text, x=middle, y=(foot[1] + top) / 2 + 4, class_="said mid small halo"),
        class_=kind,
    )


def _legend(
    words: Wording,
    report: Mapping[str, Any],
    scene: Scene,
    model: Model,
    named: Sequence[tuple[Notable, SceneBuilding]],
) -> list[Item]:
    items = city_items(words, report, scene.city, model.buildings, "view")
    disc = shapely.Polygon(_disc(model))
    if any(one.area.boundary.intersects(disc) for one in scene.building_planes):
        items.append(Item(element("path", d="M0 8L25 8", class_="plane"), words.label("picture.plane")))
    if any(one.area.boundary.intersects(disc) for one in scene.zones):
        items.append(Item(element("path", d="M0 8L25 8", class_="zone"), words.label("picture.zone")))
    if border_lines(scene, disc):
        items.append(Item(border_sample(), words.label("picture.border")))
    return items + verdict_items(words, [one for one, _ in named]) + silent_items(words, report)
