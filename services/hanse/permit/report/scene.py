# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the pictures of a report are drawn from: the plan, its neighbours, zones and planes in one coordinate system.

A scene is kept beside the report of a check, not in it. All coordinates are metres in `crs` (x east, y north), heights
in `vertical_datum`.
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import mapping, shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
_MARGIN_M = 15.0
_TRIANGLE = (-1, 3, 3)


class SceneError(ValueError):
    """Stored bytes are no scene."""


@dataclass(frozen=True, slots=True, eq=False)
class ScenePlan:
    """The submitted building.

    Attributes:
        footprint: polygon or multipolygon in metres.
        triangles: float64 (n, 3, 3): n triangles, three corners each, x y z in metres.
        classes: n IFC classes, one per triangle: "IfcWall", "IfcRoof", "IfcSlab", "IfcCurtainWall".
        ground: lowest point; None when heights are not in the scene's vertical datum.
        ridge: highest point; None as above.
    """

    footprint: BaseGeometry
    triangles: Floats
    classes: tuple[str, ...]
    ground: float | None
    ridge: float | None


@dataclass(frozen=True, slots=True, eq=False)
class SceneBuilding:
    """A building that stands there already.

    Attributes:
        id: URN of the entity.
        city: authority whose twin it came from.
        footprint: polygon or multipolygon in metres; may be empty when the entity has no extent.
        ground: lowest point in metres, None when not known.
        ridge: highest point in metres, None when not known.
        surfaces: (semantic, rings) of its solid: semantic is "GroundSurface", "WallSurface", "RoofSurface", ... or "";
            rings are float64 (k, 3), exterior first, the first point not repeated.
        verdict: worst verdict of the neighbour rules that looked at it; None when none did.
    """

    id: str
    city: str
    footprint: BaseGeometry
    ground: float | None
    ridge: float | None
    surfaces: tuple[tuple[str, tuple[Floats, ...]], ...] = ()
    verdict: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SceneArea:
    """A zone or a building plane of the zoning plan: its id, its titles by language, its polygon."""

    id: str
    title: Mapping[str, str]
    area: BaseGeometry


@dataclass(frozen=True, slots=True, eq=False)
class SceneCity:
    """The ground of a city near the plan, and its name; "" when nobody told."""

    name: str
    area: BaseGeometry


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything drawn.

    Attributes:
        crs: OGC URI of the coordinate system.
        vertical_datum: name of the height system, e.g. "NAP".
        city: authority of the city that checked.
        plan: the submitted building; None when it has no place on earth.
        neighbours: buildings around, of all cities that answered.
        zones: zones that the plan stands in or near.
        building_planes: areas inside which the zoning plan lets one build.
        border: line between cities, when a source told it.
        extent: minimum x, minimum y, maximum x, maximum y worth showing.
        territories: what is known of whose ground lies on which side of the border.
    """

    crs: str
    vertical_datum: str
    city: str
    plan: ScenePlan | None
    neighbours: tuple[SceneBuilding, ...]
    zones: tuple[SceneArea, ...]
    building_planes: tuple[SceneArea, ...]
    border: BaseGeometry | None
    extent: tuple[float, float, float, float]
    territories: tuple[SceneCity, ...] = ()


def extent_of(geometries: Sequence[BaseGeometry], margin_m: float = _MARGIN_M) -> tuple[float, float, float, float]:
    """The box around all geometries that are not empty, with a margin in metres; zeros when there is none."""
    full = [geometry for geometry in geometries if not geometry.is_empty]
    if not full:
        return (0.0, 0.0, 0.0, 0.0)
    low_x, low_y, high_x, high_y = shapely.total_bounds(np.array(full, dtype=object)).tolist()
    return (low_x - margin_m, low_y - margin_m, high_x + margin_m, high_y + margin_m)


def to_bytes(scene: Scene) -> bytes:
    """A scene as it is stored: gzip of JSON, the same bytes for the same scene."""
    document = {
        "version": 1,
        "crs": scene.crs,
        "vertical_datum": scene.vertical_datum,
        "city": scene.city,
        "plan": None if scene.plan is None else _plan_out(scene.plan),
        "neighbours": [_building_out(building) for building in scene.neighbours],
        "zones": [_area_out(area) for area in scene.zones],
        "building_planes": [_area_out(area) for area in scene.building_planes],
        "border": None if scene.border is None else mapping(scene.border),
        "extent": list(scene.extent),
        "territories": [[each.name, mapping(each.area)] for each in scene.territories],
    }
    return gzip.compress(json.dumps(document, separators=(",", ":")).encode(), 5, mtime=0)


def from_bytes(data: bytes) -> Scene:
    """The scene that `to_bytes` stored. Raises SceneError when the bytes are none."""
    try:
        document = json.loads(gzip.decompress(data))
        low_x, low_y, high_x, high_y = document["extent"]
        return Scene(
            crs=document["crs"],
            vertical_datum=document["vertical_datum"],
            city=document["city"],
            plan=None if document["plan"] is None else _plan_in(document["plan"]),
            neighbours=tuple(map(_building_in, document["neighbours"])),
            zones=tuple(map(_area_in, document["zones"])),
            building_planes=tuple(map(_area_in, document["building_planes"])),
            border=None if document["border"] is None else shape(document["border"]),
            extent=(low_x, low_y, high_x, high_y),
            territories=tuple(SceneCity(name, shape(area)) for name, area in document.get("territories", ())),
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise SceneError(f"the stored scene cannot be read: {error}") from error


def _array_out(array: Floats) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f8").tobytes()).decode()


def _array_in(text: str, form: tuple[int, ...]) -> Floats:
    return np.frombuffer(base64.b64decode(text), dtype="<f8").astype(np.float64).reshape(form)


def _plan_out(plan: ScenePlan) -> dict[str, Any]:
    return {
        "footprint": mapping(plan.footprint),
        "triangles": _array_out(plan.triangles),
        "classes": list(plan.classes),
        "ground": plan.ground,
        "ridge": plan.ridge,
    }


def _plan_in(stored: dict[str, Any]) -> ScenePlan:
    return ScenePlan(
        footprint=shape(stored["footprint"]),
        triangles=_array_in(stored["triangles"], _TRIANGLE),
        classes=tuple(stored["classes"]),
        ground=stored["ground"],
        ridge=stored["ridge"],
    )


def _building_out(building: SceneBuilding) -> dict[str, Any]:
    return {
        "id": building.id,
        "city": building.city,
        "footprint": mapping(building.footprint),
        "ground": building.ground,
        "ridge": building.ridge,
        "surfaces": [[semantic, [_array_out(ring) for ring in rings]] for semantic, rings in building.surfaces],
        "verdict": building.verdict,
    }


def _building_in(stored: dict[str, Any]) -> SceneBuilding:
    return SceneBuilding(
        id=stored["id"],
        city=stored["city"],
        footprint=shape(stored["footprint"]),
        ground=stored["ground"],
        ridge=stored["ridge"],
        surfaces=tuple(
            (semantic, tuple(_array_in(ring, (-1, 3)) for ring in rings)) for semantic, rings in stored["surfaces"]
        ),
        verdict=stored["verdict"],
    )


def _area_out(area: SceneArea) -> dict[str, Any]:
    return {"id": area.id, "title": dict(area.title), "area": mapping(area.area)}


def _area_in(stored: dict[str, Any]) -> SceneArea:
    return SceneArea(id=stored["id"], title=stored["title"], area=shape(stored["area"]))
