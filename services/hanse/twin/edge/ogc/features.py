# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Stored entities as GeoJSON features: made once for each version of an entity and each system, then remembered.

The geometry is the entity's place, at the height of the ground where that is known; of its solids the properties tell
the levels of detail. Properties are the attributes in NGSI-LD's simplified form (CIM 009 clause 4.5.17). Beside them
stand `lods`, `verticalDatum` and `verticalDatumStatus` of the heights, and `observedAt`, the latest of its attributes';
an attribute of such a name is `source_<name>`.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hanse import geo, ngsild
from hanse.ngsild import Form, Options
from hanse.query import geometry as geometries
from hanse.query import times
from hanse.twin.edge.problems import bad_data
from hanse.twin.edge.speaking import dumped
from hanse.twin.names import own_renaming
from hanse.twin.rows import amount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shapely.geometry.base import BaseGeometry

    from hanse.geo.transform import Floats
    from hanse.twin.edge.ogc.systems import System
    from hanse.twin.model import Stored

Json = Any
MAX_HELD: Final = 48 * 1024 * 1024
NOT_TOLD: Final = frozenset({"solidGeometry", "parts"})
_OPTIONS: Final = Options(form=Form.SIMPLIFIED)
_METRES: Final = 4  # decimals
_DEGREES: Final = 9
_PLANE: Final = 2
_OVERHEAD: Final = 2_000  # bytes that a remembered feature costs beside its own


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature: its JSON, and its place in longitude and latitude with the box around it; None where it has none."""

    body: bytes
    place: BaseGeometry | None
    bounds: tuple[float, ...] = ()


class Shelf:
    """Features that were made before, those asked for last."""

    def __init__(self, most: int = MAX_HELD) -> None:
        self._most, self._size = most, 0
        self._held: OrderedDict[tuple[str, int, str], Feature] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, stored: Stored, system: System, city_crs: str) -> Feature:
        """The feature of a stored entity. Raises Problem where it cannot be told in the system."""
        key = (stored.id, hash(stored.wire), system.uri)
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                return found
        found = made(json.loads(stored.json), stored.low, system, city_crs)
        with self._lock:
            if key not in self._held:
                self._held[key] = found
                self._size += len(found.body) + _OVERHEAD
            while self._size > self._most and len(self._held) > 1:
                self._size -= len(self._held.popitem(last=False)[1].body) + _OVERHEAD
        return found


def made(entity: Mapping[str, Json], low: float | None, system: System, city_crs: str) -> Feature:
    """The feature of an entity; `low` is its lowest height, in metres. Raises Problem."""
    location = _location(entity)
    plain = {name: value for name, value in entity.items() if name not in NOT_TOLD and name != "location"}
    properties = ngsild.represent(plain, own_renaming(), _OPTIONS)
    del properties["id"]
    told: dict[str, Json] = {}
    if lods := _lods(entity):
        told["lods"] = lods
    if observed := _observed(entity):
        told["observedAt"] = observed
    where = None
    if location is not None:
        ground = amount(entity, "groundHeight")
        datum, status = _datum(entity)
        try:
            where, datum, high = _placed(location, low if ground is None else ground, datum, system, city_crs)
        except geo.CrsError as error:
            raise bad_data(f"{entity['id']} cannot be told in {system.uri}: {error}. Ask without crs.") from None
        if high:
            told |= {"verticalDatum": datum, "verticalDatumStatus": status}
    kept = {(f"source_{name}" if name in told else name): value for name, value in properties.items()}
    body = {"type": "Feature", "id": entity["id"], "geometry": where, "properties": {**kept, **told}}
    place = None if location is None else geometries.from_entity(location)
    return Feature(dumped(body), place, () if place is None else place.bounds)


def _location(entity: Mapping[str, Json]) -> dict[str, Json] | None:
    """The GeoJSON of the place: of several instances the default one, else the first."""
    held = entity.get("location")
    several = [one for one in (held if isinstance(held, list) else [held]) if isinstance(one, dict)]
    several = sorted((one for one in several if one.get("type") == "GeoProperty"), key=lambda one: "datasetId" in one)
    return several[0]["value"] if several else None


def _lods(entity: Mapping[str, Json]) -> list[str]:
    solid = entity.get("solidGeometry")
    return sorted({str(one["lod"]) for one in solid["json"]["lods"]}) if isinstance(solid, dict) else []


def _observed(entity: Mapping[str, Json]) -> str | None:
    """When an attribute was observed last."""
    moments = {
        str(instance["observedAt"]): found.micros
        for attribute in entity.values()
        for instance in (attribute if isinstance(attribute, list) else [attribute])
        if isinstance(instance, dict) and "observedAt" in instance
        if (found := times.instant(str(instance["observedAt"]))) is not None
    }
    return max(moments, key=lambda text: moments[text]) if moments else None


def _datum(entity: Mapping[str, Json]) -> tuple[str, str]:
    """The vertical datum of an entity's heights, and how that is known."""
    ground, solid = entity.get("groundHeight"), entity.get("solidGeometry")
    if isinstance(ground, dict) and "verticalDatum" in ground:
        status = ground.get("verticalDatumStatus", {}).get("value", "declared")
        return str(ground["verticalDatum"].get("value")), str(status)
    if isinstance(solid, dict) and "verticalDatum" in solid["json"]:
        return str(solid["json"]["verticalDatum"]), str(solid["json"].get("verticalDatumStatus", "declared"))
    return geo.DatumStatus.UNKNOWN.value, geo.DatumStatus.UNKNOWN.value


def _placed(
    location: Mapping[str, Json], ground: float | None, datum: str, system: System, city_crs: str
) -> tuple[dict[str, Json], str, bool]:
    """A geometry in a system, at the height of the ground unless it has heights; its datum, and if it has heights."""
    flat = list(_positions(location["coordinates"]))
    heights = [one[_PLANE] if len(one) > _PLANE else ground for one in flat]
    known = all(each is not None for each in heights)
    degrees = np.array([one[:_PLANE] for one in flat], dtype=np.float64)
    plane: Floats = degrees if system.crs.horizontal == _WGS84 and not system.swapped else system.outward(degrees)
    decimals = _DEGREES if system.crs.is_geographic else _METRES
    rows = [[round(x, decimals), round(y, decimals)] for x, y in plane.tolist()]
    if known and heights:
        found, datum = system.heights(degrees, np.array(heights, dtype=np.float64), datum, city_crs)
        rows = [[*row, round(z, _METRES)] for row, z in zip(rows, found.tolist(), strict=True)]
    given = iter(rows)
    return {"type": location["type"], "coordinates": _put(location["coordinates"], given)}, datum, known


_WGS84: Final = 4326


def _positions(node: Json) -> Iterator[list[float]]:
    if isinstance(node[0], list):
        for child in node:
            yield from _positions(child)
    else:
        yield node


def _put(node: Json, given: Iterator[list[float]]) -> Json:
    return [_put(child, given) for child in node] if isinstance(node[0], list) else next(given)
