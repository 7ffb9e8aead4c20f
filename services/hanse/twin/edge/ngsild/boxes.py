# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What maps ask all the time, answered where requests arrive: the entities of a type in a small box.

The question is recognised by its parameters: `georel=intersects` with a polygon that is a rectangle along the axes, a
type, a limit, and nothing else. Few boxes are near it, or the general way is taken. What lies wholly inside meets it;
of the rest the geometry is looked at. The answer is that of `querying.query`, byte for byte.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import shapely

from hanse import query as languages
from hanse.api.types.v1 import types_pb2 as types
from hanse.query import geometry
from hanse.query.model import HasType, Path
from hanse.query.targets import targets
from hanse.twin.adapters import boxes
from hanse.twin.edge.http import GEO_JSON
from hanse.twin.edge.ngsild import rendering
from hanse.twin.edge.paging import Page, page_of
from hanse.twin.edge.speaking import ENTITY_OFFER, Speech, accepted, link_context
from hanse.twin.model import MAX_PAGE_BYTES, Box

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from hanse.jsonld import Renaming
    from hanse.twin.adapters.boxes import Head
    from hanse.twin.adapters.reading import Reader
    from hanse.twin.edge.http import Answer, Request
    from hanse.twin.edge.world import World

Json = Any
MOST_NEAR: Final = 1_000
MOST_ASKED: Final = 100
_ASKED: Final = frozenset({"type", "georel", "geometry", "coordinates"})
_KNOWN: Final = _ASKED | {"limit"}
_LONGEST: Final = 500
_CORNERS: Final = 5
_LOCATION: Final = Path(("location",))
_REMEMBERED: Final = 10_000
_MOST_POINTS: Final = 500  # of a geometry that is remembered
_places: dict[tuple[int, int], tuple[BaseGeometry, ...]] = {}


def in_box(world: World, request: Request) -> Answer | None:
    """The answer, None for what is no such question. Raises as `querying.query` does."""
    parameters = request.parameters
    if not _ASKED <= parameters.keys() <= _KNOWN:
        return None
    box, page = rectangle_of(parameters), page_of(parameters)
    if box is None or not 0 < page.limit <= MOST_ASKED:
        return None
    media, local = accepted(request, ENTITY_OFFER), link_context(request)
    type_ = _type(parameters["type"], renaming := world.contexts.renaming(local))
    if media == GEO_JSON or not type_:
        return None
    reader = world.store(request).reader
    near = boxes.heads(reader, type_, box, MOST_NEAR)
    if near is None:
        return None
    if local is not None:
        world.contexts.note(local)
    speech = Speech(media, local, renaming)
    found, more = _page(reader, near, box, page)
    bodies = [rendering.as_asked(one, speech) for one in found]
    headers = page.headers(request, parameters, page.offset + len(found) if more else None, 0)
    return rendering.several(world, request, speech, bodies, headers)


@lru_cache(maxsize=1_024)
def _type(text: str, renaming: Renaming) -> str:
    """The stored name of a type, "" where several are meant. Raises QueryError."""
    found = languages.parse_types(text, renaming.inward)
    return found.name if isinstance(found, HasType) else ""


def rectangle_of(parameters: Mapping[str, str]) -> Box | None:
    """The rectangle along the axes, with an area and on the globe, that a geoquery asks about; None for any other."""
    text = parameters["coordinates"]
    if parameters["georel"] != "intersects" or parameters["geometry"] != "Polygon" or len(text) > _LONGEST:
        return None
    try:
        rings = json.loads(text)
        (ring,) = rings
        xs, ys = zip(*ring, strict=True)
        numbers = all(type(each) in {int, float} and math.isfinite(each) for each in (*xs, *ys))
    except (ValueError, TypeError, RecursionError, OverflowError):
        return None
    if not numbers or len(xs) != _CORNERS or (xs[0], ys[0]) != (xs[4], ys[4]):
        return None
    west, south, east, north = map(float, (min(xs), min(ys), max(xs), max(ys)))
    round_ = xs[0] == xs[1] and ys[1] == ys[2] and xs[2] == xs[3] and ys[3] == ys[0]
    other = ys[0] == ys[1] and xs[1] == xs[2] and ys[2] == ys[3] and xs[3] == xs[0]
    on_globe = -180 <= west < east <= 180 and -90 <= south < north <= 90  # noqa: PLR2004 - degrees
    return Box(west, south, east, north) if (round_ or other) and on_globe else None


def _page(reader: Reader, near: list[Head], box: Box, page: Page) -> tuple[list[bytes], bool]:
    """Entities of a page as JSON, and whether there are more."""
    kept: list[bytes] = []
    size = start = 0
    shape = geometry.rectangle(box.min_x, box.min_y, box.max_x, box.max_y)
    while some := near[start : start + _portion(near, start, page.limit - len(kept))]:
        if len(kept) == page.limit and some[0].inside:
            return kept, True
        found = boxes.bodies(reader, some)
        for head in some:
            wire = found.get(head.number)
            if wire is None or not (head.inside or _meets(wire, shape)):
                continue
            if len(kept) == page.limit or (kept and size + len(wire) > MAX_PAGE_BYTES):
                return kept, True
            kept.append(types.Entity.FromString(wire).json)
            size += len(wire)
        start += len(some)
    return kept, False


def _portion(near: list[Head], start: int, lacking: int) -> int:
    """How many bodies are read at once: of those that are not wholly inside, every other one may turn out to miss."""
    open_ = sum(not head.inside for head in near[start : start + lacking])
    return max(lacking + (open_ + 1) // 2, 1)


def _meets(wire: bytes, shape: BaseGeometry) -> bool:
    key = (hash(wire), len(wire))
    places = _places.get(key)
    if places is None:
        entity = json.loads(types.Entity.FromString(wire).json)
        found = (geometry.from_entity(each.value) for each in targets(entity, _LOCATION))
        places = tuple(each for each in found if each is not None)
        if sum(map(shapely.get_num_coordinates, places)) <= _MOST_POINTS:
            if len(_places) >= _REMEMBERED:
                _places.clear()
            _places[key] = places
    return any(geometry.relates("s_intersects", place, shape) for place in places)
