# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What requests to TwinHistoryService ask, in the domain's terms."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.api.twin.v1 import history_pb2 as pb
from hanse.kernel.errors import LimitExceededError, invalid
from hanse.ngsild import canonical
from hanse.ngsild.kinds import RESERVED
from hanse.ngsild.names import SHORT_NAME
from hanse.ngsild.values import is_uri
from hanse.twin.history.aggregating import Method
from hanse.twin.history.instances import micros
from hanse.twin.history.model import ALL_TIME, Appended, Span
from hanse.twin.history.periods import Periods, duration
from hanse.twin.rows import HEAD
from hanse.twin.wire import asking
from hanse.twin.wire.handlers import MAX_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Json = Any
MAX_POINTS = 100_000
MAX_ATTRIBUTES = 20
MAX_IDS = 1_000
MAX_ENTITIES = 10_000
MAX_LAST = 10_000_000
MAX_NAME = 2_100
_MAX_UNIT = 20
_METHODS = {
    pb.AGGREGATION_METHOD_COUNT: Method.COUNT,
    pb.AGGREGATION_METHOD_SUM: Method.SUM,
    pb.AGGREGATION_METHOD_AVERAGE: Method.AVERAGE,
    pb.AGGREGATION_METHOD_MINIMUM: Method.MINIMUM,
    pb.AGGREGATION_METHOD_MAXIMUM: Method.MAXIMUM,
    pb.AGGREGATION_METHOD_STANDARD_DEVIATION: Method.DEVIATION,
    pb.AGGREGATION_METHOD_SUM_OF_SQUARES: Method.SQUARES,
    pb.AGGREGATION_METHOD_DISTINCT_COUNT: Method.DISTINCT,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which attributes (all where there are none) in which span."""

    attributes: tuple[str, ...]
    span: Span


def span(message: pb.TimeSpan, last: int = 0) -> Span:
    """A span of time. Raises InvalidInputError."""
    start, end = _moment(getattr(message, "from"), "span.from"), _moment(message.to, "span.to")
    if start is not None and end is not None and start >= end:
        raise invalid("span.to", "must lie after span.from")
    if not 0 <= last <= MAX_LAST:
        raise invalid("last_n", f"must be 0 to {MAX_LAST}")
    return Span(ALL_TIME[0] if start is None else start, ALL_TIME[1] if end is None else end, last)


def _moment(text: str, field: str) -> int | None:
    """In microseconds, as points have their times; versions of entities know milliseconds only."""
    return micros(text) if asking.moment(text, field) else None


def asked(message: pb.QueryPointsRequest | pb.AggregatePointsRequest, last: int = 0) -> Asked:
    """Attributes and span. Raises InvalidInputError or LimitExceededError."""
    if len(message.attributes) > MAX_ATTRIBUTES:
        raise LimitExceededError(f"at most {MAX_ATTRIBUTES} attributes are taken", remedy="Ask for fewer at once.")
    if len(message.ids) > MAX_IDS:
        raise LimitExceededError(f"at most {MAX_IDS} ids are taken", remedy="Ask for fewer at once, or by a query.")
    if message.ids and message.HasField("query"):
        raise invalid("query", "goes not with ids")
    if not message.ids and not message.HasField("query"):
        raise invalid("ids", "give ids, or a query for entities")
    if message.query.scenario or message.query.as_of:
        raise invalid("query", "asks about the living twin: a series is its own past")
    return Asked(tuple(message.attributes), span(message.span, last))


def methods(message: pb.AggregatePointsRequest) -> list[Method]:
    """The methods asked for, in order. Raises InvalidInputError."""
    if not message.methods:
        raise invalid("methods", "name at least one")
    if len(set(message.methods)) < len(message.methods):
        raise invalid("methods", "name each once")
    for index, each in enumerate(message.methods):
        if each not in _METHODS:
            raise invalid(f"methods[{index}]", "is missing or unknown")
    return [_METHODS[each] for each in message.methods]


def periods(message: pb.AggregatePointsRequest, zone: str) -> Periods:
    """How time is divided: by clock and calendar in the city's time zone. Raises InvalidInputError."""
    return Periods(duration(message.period), zone)


def appended(message: pb.AppendPointsRequest) -> Sequence[Appended]:
    """A batch of points. Raises LimitExceededError, or InvalidInputError with metadata `index`."""
    count = sum(len(one.times_us) for one in message.series)
    if count > MAX_POINTS:
        raise LimitExceededError(
            f"a batch has at most {MAX_POINTS} points, this has {count}", remedy="Send several batches of one stream."
        )
    return [_appended(index, one) for index, one in enumerate(message.series)]


def _appended(index: int, one: pb.Series) -> Appended:
    reason = next(_faults(one), None)
    values: list[Json] = []
    if reason is None and one.json:
        try:
            values = [json.loads(each, parse_constant=_refuse) for each in one.json]
        except (ValueError, RecursionError):
            reason = "json must hold a JSON value each"
    if reason is None and any(value is None for value in values):
        reason = "null is no value of an attribute"
    if reason is None:
        try:
            canonical({"value": values})
        except (ValueError, RecursionError) as fault:
            reason = f"json cannot be written as canonical JSON (RFC 8785): {str(fault)[:100]}"
    if reason is not None:
        error = invalid(f"series[{index}]", reason)
        error.metadata["index"] = str(index)
        raise error
    return Appended(
        index, one.entity, one.attribute, one.dataset_id, one.unit_code, list(one.times_us), list(one.numbers), values
    )


def _faults(one: pb.Series) -> Iterator[str]:
    if not 0 < len(one.entity) <= MAX_ID:
        yield f"entity must have 1 to {MAX_ID} characters"
    name = one.attribute
    if not 0 < len(name) <= MAX_NAME or not (SHORT_NAME.fullmatch(name) or is_uri(name)):
        yield "attribute is no name of an attribute"
    if name in HEAD or name in RESERVED or name in ("dataset", "sourceId", "location"):
        yield f"{name[:60]} is no attribute that has points"
    if one.dataset_id and not is_uri(one.dataset_id):
        yield "dataset_id is no URI"
    if len(one.unit_code) > _MAX_UNIT:
        yield f"unit_code has at most {_MAX_UNIT} characters"
    if one.numbers and one.json:
        yield "numbers go not with json"
    if len(one.times_us) != len(one.numbers) + len(one.json):
        yield "times_us and values must be equally many"
    if not all(map(math.isfinite, one.numbers)):
        yield "numbers must be finite"


def _refuse(name: str) -> Json:
    raise ValueError(name)
