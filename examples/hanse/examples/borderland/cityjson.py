# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""CityJSONSeq 2.0: one city's buildings and surroundings, a feature a line, vertices in whole millimetres."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hanse.examples.borderland.terrain import ORIGIN, SCENE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hanse.examples.borderland.buildings import Building
    from hanse.examples.borderland.features import Feature
    from hanse.examples.borderland.solids import Body, Point

CRS: Final = "https://www.opengis.net/def/crs/EPSG/0/7415"
# The lowest corner of the scene, so that all vertices are positive.
_SHIFT: Final = (-SCENE[0], -SCENE[1], 10.0)
TRANSLATE: Final = (ORIGIN[0] + SCENE[0], ORIGIN[1] + SCENE[1], -10.0)
LOD: Final = "2"


@dataclass(frozen=True, slots=True)
class City:
    """A city: its short name, its authority, its title and what stands and lies in it."""

    key: str
    title: str
    authority: str
    buildings: tuple[Building, ...]
    features: tuple[Feature, ...]
    bridges: tuple[tuple[str, Body], ...] = ()


@dataclass(slots=True)
class _Vertices:
    """The vertices of one feature; equal points share one index."""

    index: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def of(self, point: Point) -> int:
        x, y, z = (round((p + s) * 1000) for p, s in zip(point, _SHIFT, strict=True))
        return self.index.setdefault((x, y, z), len(self.index))

    def extent(self) -> list[float]:
        columns = list(zip(*self.index, strict=True))
        low = [round(min(c) / 1000 + t, 3) for c, t in zip(columns, TRANSLATE, strict=True)]
        return low + [round(max(c) / 1000 + t, 3) for c, t in zip(columns, TRANSLATE, strict=True)]


def lines(city: City) -> Iterator[str]:
    """Yield the lines of a CityJSONSeq stream: metadata first, then buildings, bridges and the rest."""
    yield _line(_header(city))
    for number, building in enumerate(city.buildings, 1):
        yield _line(_building(f"{city.key}-building-{number:04d}", building))
    for number, (name, body) in enumerate(city.bridges, 1):
        vertices = _Vertices()
        solid = _solid(body, vertices)
        key = f"{city.key}-bridge-{number:02d}"
        yield _line(_feature(key, {key: _object("Bridge", {"name": name}, [solid], vertices)}, vertices))
    counts: dict[str, int] = {}
    for thing in city.features:
        counts[thing.kind] = counts.get(thing.kind, 0) + 1
        yield _line(_surfaces(f"{city.key}-{thing.kind.lower()}-{counts[thing.kind]:03d}", thing))


def _header(city: City) -> dict[str, Any]:
    return {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001, 0.001, 0.001], "translate": list(TRANSLATE)},
        "metadata": {
            "identifier": f"urn:hanse:{city.authority}:dataset:twin",
            "referenceDate": "2026-01-01",
            "referenceSystem": CRS,
            "title": city.title,
        },
        "CityObjects": {},
        "vertices": [],
    }


def _building(key: str, building: Building) -> dict[str, Any]:
    vertices = _Vertices()
    attributes: dict[str, Any] = {
        "function": building.function,
        "measuredHeight": round(building.ridge - building.base, 2),
        "roofType": building.roof,
        "storeysAboveGround": building.storeys,
        "terrainHeight": building.base,
        "yearOfConstruction": building.year,
    }
    if building.name:
        attributes["name"] = building.name
    if building.street:
        attributes["streetName"] = building.street
    if not building.parts:
        solid = _solid(building.bodies[0], vertices)
        return _feature(key, {key: _object("Building", attributes, [solid], vertices)}, vertices)
    children = {
        f"{key}-{number}": _object("BuildingPart", {"name": name}, [_solid(body, vertices)], None)
        for number, (name, body) in enumerate(zip(building.parts, building.bodies, strict=True), 1)
    }
    ring = [(float(x), float(y), building.base) for x, y in list(building.footprint.exterior.coords)[:-1]]
    outline = {"type": "MultiSurface", "lod": "0", "boundaries": [[[vertices.of(p) for p in ring]]]}
    whole = _object("Building", attributes, [outline], vertices) | {"children": list(children)}
    parts = {k: part | {"parents": [key]} for k, part in children.items()}
    return _feature(key, {key: whole, **parts}, vertices)


def _surfaces(key: str, thing: Feature) -> dict[str, Any]:
    vertices = _Vertices()
    boundaries = [[[vertices.of(p) for p in ring]] for ring in thing.rings]
    shape = "CompositeSurface" if thing.kind == "TINRelief" else "MultiSurface"
    geometry: dict[str, Any] = {"type": shape, "lod": "1", "boundaries": boundaries}
    if thing.surface:
        values = [0] * len(boundaries)
        geometry["semantics"] = {"surfaces": [{"type": thing.surface}], "values": values}
    content = _object(thing.kind, {"name": thing.name} | thing.attributes, [geometry], vertices)
    return _feature(key, {key: content}, vertices)


def _solid(body: Body, vertices: _Vertices) -> dict[str, Any]:
    kinds = list(dict.fromkeys(face.surface for face in body))
    return {
        "type": "Solid",
        "lod": LOD,
        "boundaries": [[[[vertices.of(p) for p in face.ring]] for face in body]],
        "semantics": {
            "surfaces": [{"type": kind} for kind in kinds],
            "values": [[kinds.index(face.surface) for face in body]],
        },
    }


def _object(
    kind: str, attributes: dict[str, Any], geometry: Sequence[dict[str, Any]], vertices: _Vertices | None
) -> dict[str, Any]:
    content = {"type": kind, "attributes": attributes, "geometry": list(geometry)}
    return content if vertices is None else content | {"geographicalExtent": vertices.extent()}


def _feature(key: str, objects: dict[str, Any], vertices: _Vertices) -> dict[str, Any]:
    points: Iterable[tuple[int, int, int]] = vertices.index
    return {"type": "CityJSONFeature", "id": key, "CityObjects": objects, "vertices": [list(p) for p in points]}


def _line(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
