# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""TwinHistoryService on the wire."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from hanse.api.twin.v1 import history_pb2 as pb
from hanse.api.twin.v1 import history_pb2_grpc
from hanse.kernel.access import Access
from hanse.kernel.errors import (
    CancelledError,
    HanseError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    invalid,
)
from hanse.twin.history.aggregating import HOUR_US, HOURS, Method, TooCoarseError, summarise
from hanse.twin.history.instances import decode
from hanse.twin.model import MAX_PAGE
from hanse.twin.search import Search
from hanse.twin.wire import asking, convert, history_asking
from hanse.twin.wire.handlers import MAX_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import grpc
    from numpy.typing import NDArray

    from hanse.kernel.errors import HanseError
    from hanse.twin.history.model import Columns, HistoryStore, Track
    from hanse.twin.history.periods import Periods
    from hanse.twin.model import Stored, TwinStore

NAME = "hanse.api.twin.v1.TwinHistoryService"
_GATEWAY = frozenset({"service:gateway"})
_READERS = frozenset({"service:gateway", "service:permit", "service:translation"})
RULES = {
    "AppendPoints": Access("twin:write", _GATEWAY),
    "QueryPoints": Access("twin:read", _READERS),
    "AggregatePoints": Access("twin:read", _READERS),
    "ListVersions": Access("twin:read", _READERS),
}
MESSAGE_POINTS = 20_000
MAX_VALUES = 500_000


class HistoryHandlers:
    """The service's methods; errors are raised and mapped by the kernel."""

    def __init__(self, twin: TwinStore, history: HistoryStore, city_crs: str, zone: str) -> None:
        self._twin, self._history = twin, history
        self._search, self._crs, self._zone = Search(twin, city_crs), city_crs, zone

    def AppendPoints(
        self, requests: Iterator[pb.AppendPointsRequest], _context: grpc.ServicerContext
    ) -> Iterator[pb.AppendPointsResponse]:
        """Batch by batch, each all or nothing; a refused one does not end the stream."""
        for request in requests:
            try:
                written = self._history.append(history_asking.appended(request))
            except (InvalidInputError, NotFoundError) as error:
                if "index" not in error.metadata:
                    raise
                yield _refused(error)
            else:
                yield pb.AppendPointsResponse(committed=True, written=written)

    def QueryPoints(
        self, request: pb.QueryPointsRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.QueryPointsResponse]:
        """Series after series, long ones in parts; an empty answer still names its end by one message."""
        wanted = history_asking.asked(request, request.last_n)
        tracks = self._history.tracks(self._entities(request), wanted.attributes, wanted.span)
        answered = False
        for message in _messages(part for track in tracks for part in _parts(track)):
            if not context.is_active():
                raise CancelledError("the query was stopped", remedy="Ask again.")
            answered = True
            yield message
        if not answered:
            yield pb.QueryPointsResponse()

    def AggregatePoints(
        self, request: pb.AggregatePointsRequest, _context: grpc.ServicerContext
    ) -> pb.AggregatePointsResponse:
        """Each series of numbers by itself, or each attribute's together."""
        wanted, methods = history_asking.asked(request), history_asking.methods(request)
        periods = history_asking.periods(request, self._zone)
        by_hour = Method.DISTINCT not in methods and periods.length.micros % HOUR_US == 0
        try:
            return self._summed(request, wanted, methods, periods, by_hour=by_hour)
        except TooCoarseError:  # a zone whose clocks differ by half an hour, or did once
            return self._summed(request, wanted, methods, periods, by_hour=False)

    def _summed(
        self,
        request: pb.AggregatePointsRequest,
        wanted: history_asking.Asked,
        methods: Sequence[Method],
        periods: Periods,
        *,
        by_hour: bool,
    ) -> pb.AggregatePointsResponse:
        columns = self._history.columns(self._entities(request), wanted.attributes, wanted.span, by_hour=by_hour)
        groups = _together(columns) if request.together else ([one] for one in columns)
        answer, size = pb.AggregatePointsResponse(), 0
        for group in groups:
            found, count = _aggregate(group, methods, request, periods)
            answer.points += count
            size += len(found.times_us) * (len(methods) + 1)
            if size > MAX_VALUES:
                raise LimitExceededError(
                    f"the answer would have more than {MAX_VALUES} numbers", remedy="Ask for longer periods or less."
                )
            answer.aggregates.append(found)
        return answer

    def ListVersions(self, request: pb.ListVersionsRequest, _context: grpc.ServicerContext) -> pb.ListVersionsResponse:
        """A page of versions; the token is when the last one of the page before began."""
        if not 0 <= request.page_size <= MAX_PAGE:
            raise invalid("page_size", f"must be 0 to {MAX_PAGE}")
        size = request.page_size or convert.DEFAULT_PAGE
        before = _token(request.page_token)
        living = self._twin.many([request.id]) if 0 < len(request.id) <= MAX_ID else {}
        entity = living[request.id].id if request.id in living else request.id
        found = self._history.versions(entity, before, size + 1)
        if not found and not before:
            raise NotFoundError(f"no entity {request.id[:200]!r}", remedy="Ask by URN or by the source's own id.")
        token = found[size - 1].since if len(found) > size else ""
        versions = [
            pb.ListVersionsResponse.Version(since=one.since, until=one.until, sha256=one.sha256, deleted=one.deleted)
            for one in found[:size]
        ]
        return pb.ListVersionsResponse(versions=versions, next_page_token=token)

    def _entities(self, request: pb.QueryPointsRequest | pb.AggregatePointsRequest) -> Iterable[Stored]:
        if request.ids:
            found = {one.id: one for one in self._twin.many(request.ids).values()}
            return [found[each] for each in sorted(found)]
        return self._queried(request)

    def _queried(self, request: pb.QueryPointsRequest | pb.AggregatePointsRequest) -> Iterator[Stored]:
        most = history_asking.MAX_ENTITIES
        query = convert.query(request.query, self._crs, _no_scenario)
        for count, one in enumerate(islice(self._search.matching(query), most + 1)):
            if count == most:
                raise LimitExceededError(f"the query finds more than {most} entities", remedy="Narrow it.")
            yield one


def _no_scenario(_name: str) -> int:
    raise invalid("query.scenario", "has no time series")


def _refused(error: HanseError) -> pb.AppendPointsResponse:
    detail = f"{error.message}. {error.remedy}" if error.remedy else error.message
    return pb.AppendPointsResponse(committed=False, index=int(error.metadata["index"]), detail=detail)


def _parts(track: Track) -> Iterator[pb.Series]:
    """A series in parts that a message takes: numbers where all are numbers, else JSON."""
    shape = json.loads(track.shape)
    for start in range(0, len(track.points), MESSAGE_POINTS):
        points = track.points[start : start + MESSAGE_POINTS]
        made = pb.Series(
            entity=track.entity,
            attribute=track.attribute,
            times_us=[point.time_us for point in points],
            unit_code=shape.get("unitCode", ""),
            dataset_id=track.dataset_id,
        )
        amounts = [point.amount for point in points if point.amount is not None]
        if len(amounts) == len(points):
            made.numbers.extend(amounts)
        else:
            made.json.extend(_content(decode(point, track.shape)) for point in points)
        yield made


def _content(instance: dict[str, object]) -> str:
    """What an instance says, whatever its type."""
    names = ("value", "object", "languageMap", "vocab", "json", "valueList", "objectList")
    found = next((instance[name] for name in names if name in instance), None)
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _messages(parts: Iterable[pb.Series]) -> Iterator[pb.QueryPointsResponse]:
    message, size = pb.QueryPointsResponse(), 0
    for part in parts:
        weight = len(part.times_us) + sum(map(len, part.json)) // 16 + 16
        if size and size + weight > MESSAGE_POINTS:
            yield message
            message, size = pb.QueryPointsResponse(), 0
        message.series.append(part)
        size += weight
    if size:
        yield message


def _together(columns: Iterable[Columns]) -> Iterator[list[Columns]]:
    """All entities' by attribute."""
    groups: dict[str, list[Columns]] = {}
    for one in columns:
        groups.setdefault(one.attribute, []).append(one)
    yield from (groups[name] for name in sorted(groups))


def _aggregate(
    group: Sequence[Columns], methods: Sequence[Method], request: pb.AggregatePointsRequest, periods: Periods
) -> tuple[pb.AggregatePointsResponse.Aggregate, int]:
    first = group[0]
    times: NDArray[np.int64] = np.concatenate([one.times for one in group])
    numbers: NDArray[np.float64] = np.concatenate([one.numbers for one in group])
    units = {json.loads(one.shape).get("unitCode", "") for one in group}
    if len(units) > 1:
        said = ", ".join(sorted(unit or "none" for unit in units))
        raise invalid("together", f"the series of {first.attribute[:100]} differ in unit: {said}")
    hours: NDArray[Any] = np.concatenate([one.hours[list(HOURS.names or ())].astype(HOURS) for one in group])
    summary = summarise(times, numbers, methods, periods, hours=hours)
    found = pb.AggregatePointsResponse.Aggregate(
        entity="" if request.together else first.entity,
        attribute=first.attribute,
        times_us=summary.starts.tolist(),
        unit_code=units.pop(),
        values=[
            pb.AggregatePointsResponse.Values(method=method, numbers=row.tolist())
            for method, row in zip(request.methods, summary.values, strict=True)
        ],
    )
    return found, len(times) + int(hours["count"].sum())


def _token(text: str) -> str:
    if not text:
        return ""
    try:
        return asking.moment(text, "page_token")
    except InvalidInputError:
        raise invalid(
            "page_token",
            "was not given by this service",
            remedy="Send the next_page_token of the answer before, or none.",
            reason="TOKEN_MALFORMED",
        ) from None


def add_to(server: grpc.Server, handlers: HistoryHandlers) -> None:
    """Registers the methods."""
    history_pb2_grpc.add_TwinHistoryServiceServicer_to_server(handlers, server)
