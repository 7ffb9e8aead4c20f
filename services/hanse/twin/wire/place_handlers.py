# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""TwinPlaceService on the wire."""

from __future__ import annotations

import math
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

import shapely

from hanse.api.twin.v1 import place_pb2 as pb
from hanse.api.twin.v1 import twin_pb2
from hanse.api.types.v1 import types_pb2 as types
from hanse.kernel.access import Access
from hanse.kernel.errors import LimitExceededError, NotFoundError, invalid
from hanse.twin.model import MAX_PAGE, Box, Query
from hanse.twin.space import areas, places
from hanse.twin.space.summing import Summing
from hanse.twin.wire import asking, convert
from hanse.twin.wire.scenario_handlers import calendar_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import grpc

    from hanse.twin.model import Stored
    from hanse.twin.search import Search
    from hanse.twin.space.gathering import Gathering
    from hanse.twin.space.light import Point
    from hanse.twin.space.looking import Looking
    from hanse.twin.space.summing import Indicators

NAME = "hanse.api.twin.v1.TwinPlaceService"
_READERS = frozenset({"service:gateway", "service:permit"})
METHODS = ("GetPlace", "AggregateArea", "GetLineOfSight", "GetShadow", "GetSunlight")
RULES = {name: Access("twin:read", _READERS) for name in METHODS}
PLACE_LIMIT, MAX_PLACE = 1_000, 10_000
MAX_AREAS, MAX_AREAS_BYTES = 100, 1 << 20
MAX_ATTRIBUTES = 20
MAX_OBSTACLES = 100
MAX_POINTS, MAX_LOOKS = 1_000, 200_000
STEP_MINUTES, MAX_STEP = 10, 60
_DAY_MINUTES = 1_500  # the longest day, when the clock is put back
_HEIGHTS_M = 12_000.0
_PAGING = ("page_size", "page_token", "order_by", "pick", "omit", "language")


class PlaceHandlers:
    """The service's methods; errors are raised and mapped by the kernel."""

    def __init__(self, search: Search, gathering: Gathering, looking: Looking) -> None:
        self._search, self._gathering, self._looking = search, gathering, looking
        self._store, self._crs = search.store, search.city_crs

    def GetPlace(self, request: pb.GetPlaceRequest, _context: grpc.ServicerContext) -> pb.GetPlaceResponse:
        """Everything within a place, by owner."""
        if not 0 <= request.limit <= MAX_PLACE:
            raise invalid("limit", f"must be 0, for {PLACE_LIMIT}, to {MAX_PLACE}")
        query = Query(branch=self._branch(request.scenario))
        match request.WhichOneof("place"):
            case "bounding_box":
                box = request.bounding_box
                query = places.in_box(query, box.crs, Box(box.min_x, box.min_y, box.max_x, box.max_y), self._crs)
            case "circle":
                circle = request.circle
                query = places.in_circle(query, circle.crs, circle.x, circle.y, circle.radius_m, self._crs)
            case "polygon":
                query = areas.within(query, request.polygon, "polygon")
            case _:
                raise invalid("place", "is missing: give bounding_box, circle or polygon")
        found = self._gathering.gather(query, request.limit or PLACE_LIMIT)
        above, below = self._groups(found.above), self._groups(found.below)
        return pb.GetPlaceResponse(above=above, below=below, cut=found.cut)

    def _groups(self, found: Sequence[Stored]) -> Iterator[pb.GetPlaceResponse.Group]:
        by_dataset: dict[str, list[Stored]] = {}
        for one in found:
            by_dataset.setdefault(one.dataset, []).append(one)
        for name in sorted(by_dataset):
            described = self._store.dataset(name)
            yield pb.GetPlaceResponse.Group(
                dataset=convert.dataset_message(described) if described else types.Dataset(id=name),
                entities=[types.Entity.FromString(one.wire) for one in by_dataset[name]],
                modified=max(one.modified for one in by_dataset[name]),
            )

    def AggregateArea(
        self, request: pb.AggregateAreaRequest, context: grpc.ServicerContext
    ) -> pb.AggregateAreaResponse:
        """Sums, area by area."""
        if len(request.attributes) > MAX_ATTRIBUTES:
            raise invalid("attributes", f"at most {MAX_ATTRIBUTES} are summed up")
        query = self._asked(request.query, request.scenario, placed=False)
        summing = Summing(self._search, self._looking.workers, self._crs)
        found = [summing.of(area, query, request.attributes, context.is_active) for area in self._areas(request, query)]
        return pb.AggregateAreaResponse(areas=[_area(each, request.attributes) for each in found])

    def _areas(self, request: pb.AggregateAreaRequest, query: Query) -> list[shapely.Geometry]:
        if bool(request.areas) == bool(request.areas_of):
            raise invalid("areas", "or areas_of must be given, and not both")
        if max(len(request.areas), len(request.areas_of)) > MAX_AREAS:
            raise LimitExceededError(f"at most {MAX_AREAS} areas are taken", remedy="Ask in several calls.")
        if sum(map(len, request.areas)) > MAX_AREAS_BYTES:
            raise LimitExceededError(
                f"the areas have more than {MAX_AREAS_BYTES} bytes together", remedy="Ask in several calls."
            )
        if request.areas:
            named = [(areas.parsed(text, f"areas[{number}]"), number) for number, text in enumerate(request.areas)]
            return [places.to_plane(area, self._crs, f"areas[{number}]") for area, number in named]
        found = self._store.many(request.areas_of, query.branch, query.as_of)
        return [areas.of_entity(found.get(each), self._crs, each) for each in request.areas_of]

    def GetLineOfSight(
        self, request: pb.GetLineOfSightRequest, _context: grpc.ServicerContext
    ) -> pb.GetLineOfSightResponse:
        """What stands between two points."""
        one, other = self._point(getattr(request, "from"), "from"), self._point(request.to, "to")
        found = self._looking.sight(one, other, self._branch(request.scenario))
        return pb.GetLineOfSightResponse(
            visible=not found.obstacles,
            obstacles=[
                pb.GetLineOfSightResponse.Obstacle(id=each, distance_m=distance)
                for each, distance in found.obstacles[:MAX_OBSTACLES]
            ],
            length_m=found.length,
        )

    def GetShadow(self, request: pb.GetShadowRequest, _context: grpc.ServicerContext) -> pb.GetShadowResponse:
        """The shadow of some entities."""
        moment = asking.moment(request.moment, "moment")
        if not moment:
            raise invalid("moment", "is missing")
        calendar_day(moment[:10], "moment")
        bodies = self._bodies(request)
        cast = self._looking.shadow(bodies, datetime.fromisoformat(moment)) if bodies else None
        if cast is None:
            raise NotFoundError("no such entity has a solid", remedy="Name entities with a solidGeometry.")
        return pb.GetShadowResponse(
            sun_azimuth=cast.azimuth,
            sun_elevation=cast.elevation,
            shadow=areas.multipolygon(places.to_degrees(shapely.from_wkb(cast.shadow), self._crs, "moment")),
            area_m2=cast.area,
        )

    def _bodies(self, request: pb.GetShadowRequest) -> list[Stored]:
        if request.ids and request.HasField("query"):
            raise invalid("query", "goes not with ids")
        if request.ids:
            if len(request.ids) > MAX_PAGE:
                raise invalid("ids", f"must be at most {MAX_PAGE}")
            found = self._store.many(request.ids, self._branch(request.scenario))
            for each in request.ids:
                if each not in found:
                    raise NotFoundError(f"no entity {each[:200]!r}", remedy="Ask by URN or by the source's own id.")
            return list(found.values())
        if not request.HasField("query"):
            raise invalid("ids", "or query must say what casts the shadow")
        asked = self._asked(request.query, request.scenario, placed=True)
        bodies = list(islice(self._search.matching(asked), MAX_PAGE + 1))
        if len(bodies) > MAX_PAGE:
            raise LimitExceededError(f"the query finds more than {MAX_PAGE} entities", remedy="Ask for a smaller area.")
        return bodies

    def GetSunlight(self, request: pb.GetSunlightRequest, _context: grpc.ServicerContext) -> pb.GetSunlightResponse:
        """Hours of sun at points."""
        if not 0 < len(request.points) <= MAX_POINTS:
            raise invalid("points", f"must be 1 to {MAX_POINTS}")
        step = request.step_minutes or STEP_MINUTES
        if not 1 <= step <= MAX_STEP:
            raise invalid("step_minutes", f"must be 1 to {MAX_STEP}, or 0 for {STEP_MINUTES}")
        if len(request.points) * _DAY_MINUTES // step > MAX_LOOKS:
            raise LimitExceededError(
                f"{len(request.points)} points every {step} minutes are more than {MAX_LOOKS} looks at the sun",
                remedy="Ask for fewer points, or with a larger step_minutes.",
            )
        day = calendar_day(request.date, "date")
        points = [self._point(point, f"points[{number}]") for number, point in enumerate(request.points)]
        hours, possible = self._looking.sunlight(points, day, step, self._branch(request.scenario))
        return pb.GetSunlightResponse(hours=hours, possible_hours=possible)

    def _asked(self, message: twin_pb2.QueryEntitiesRequest, scenario: str, *, placed: bool) -> Query:
        """A query without pages, in the scenario that the request names."""
        asked = twin_pb2.QueryEntitiesRequest()
        asked.CopyFrom(message)
        for name in _PAGING:
            if getattr(asked, name):
                raise invalid(f"query.{name}", "has no meaning here")
        if not placed and asked.WhichOneof("place"):
            raise invalid(f"query.{asked.WhichOneof('place')}", "has no meaning here: the areas say where")
        if scenario and asked.scenario not in ("", scenario):
            raise invalid("query.scenario", "is another than scenario")
        asked.scenario = asked.scenario or scenario
        return convert.query(asked, self._crs, self._branch)

    def _branch(self, scenario: str) -> int:
        if not scenario:
            return 0
        number = self._store.branch(scenario)
        if number is None:
            raise NotFoundError(f"no scenario {scenario[:200]!r}", remedy="List them with ListScenarios.")
        return number

    def _point(self, point: pb.Point3d, field: str) -> Point:
        if not all(map(math.isfinite, (point.x, point.y, point.z))) or abs(point.z) > _HEIGHTS_M:
            raise invalid(field, f"needs finite coordinates and a height of at most {_HEIGHTS_M:.0f} m")
        east, north = places.in_plane(point.crs, point.x, point.y, self._crs, field)
        return east, north, point.z


def _area(found: Indicators, attributes: Sequence[str]) -> pb.AggregateAreaResponse.Area:
    sums = [
        pb.AggregateAreaResponse.Sum(
            attribute=name,
            count=each.count,
            total=each.total,
            minimum=each.minimum if each.count else 0.0,
            maximum=each.maximum if each.count else 0.0,
        )
        for name, each in zip(attributes, found.sums, strict=True)
    ]
    return pb.AggregateAreaResponse.Area(
        count=found.count,
        area_m2=found.area,
        footprint_m2=found.footprint,
        volume_m3=found.volume,
        without_volume=found.without_volume,
        sums=sums,
    )
