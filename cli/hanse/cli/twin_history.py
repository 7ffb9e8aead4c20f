# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse twin history`: the time series of an entity, as a small chart in text or as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hanse.api.twin.v1 import history_pb2 as pb
from hanse.api.twin.v1 import history_pb2_grpc
from hanse.cli.client import GatewayClient
from hanse.cli.output import Exit, many
from hanse.kernel.config import load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from hanse.cli.output import Output

METHODS = {
    "count": pb.AGGREGATION_METHOD_COUNT,
    "sum": pb.AGGREGATION_METHOD_SUM,
    "average": pb.AGGREGATION_METHOD_AVERAGE,
    "minimum": pb.AGGREGATION_METHOD_MINIMUM,
    "maximum": pb.AGGREGATION_METHOD_MAXIMUM,
    "deviation": pb.AGGREGATION_METHOD_STANDARD_DEVIATION,
    "distinct": pb.AGGREGATION_METHOD_DISTINCT_COUNT,
}
_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def register_history(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse twin history`."""
    action = actions.add_parser("history", help="time series of an entity, as points or by periods")
    action.add_argument("id", help="its URN, or the id that its source gave it")
    action.add_argument("--attribute", action="append", default=[], help="only this one; may be given several times")
    action.add_argument("--from", dest="start", default="", metavar="TIME", help="e.g. 2026-11-23T00:00:00Z; included")
    action.add_argument("--to", default="", metavar="TIME", help="not included")
    action.add_argument("--last", type=int, default=0, metavar="N", help="only the last so many of each series")
    action.add_argument("--every", default="", metavar="PERIOD", help="sum up by periods, e.g. PT1H, P1D")
    action.add_argument("--method", choices=sorted(METHODS), default="average", help="how (default: average)")
    action.add_argument("--of", default="", metavar="AUTHORITY", help="ask this city, through the gateway")
    action.add_argument("--client", default="operator", help="whose certificate asks (default: operator)")
    action.set_defaults(run=_history)


def _history(arguments: argparse.Namespace, output: Output) -> int:
    span = pb.TimeSpan(**{"from": arguments.start, "to": arguments.to})
    with GatewayClient.of(load(arguments.city), arguments.client) as client:
        stub = history_pb2_grpc.TwinHistoryServiceStub(client.channel)
        if arguments.every:
            request = pb.AggregatePointsRequest(
                ids=[arguments.id],
                attributes=arguments.attribute,
                span=span,
                methods=[METHODS[arguments.method]],
                period=arguments.every,
            )
            answer = client.call(stub.AggregatePoints, request, city=arguments.of)
            found = [_aggregate(one, arguments.method) for one in answer.aggregates]
        else:
            asked = pb.QueryPointsRequest(
                ids=[arguments.id], attributes=arguments.attribute, span=span, last_n=arguments.last
            )
            parts = client.stream(stub.QueryPoints, asked, city=arguments.of)
            found = _series(one for answer in parts for one in answer.series)
    if output.as_json:
        output.json(found)
        return Exit.OK
    rows = [_row(one) for one in found]
    title = many(sum(len(one["times"]) for one in found), "value", "values")
    output.table(title, ("attribute", "unit", "from", "to", "least", "most", "last", "course"), rows, found)
    return Exit.OK


def _aggregate(one: pb.AggregatePointsResponse.Aggregate, method: str) -> dict[str, Any]:
    return {
        "attribute": one.attribute,
        "unit": one.unit_code,
        "method": method,
        "times": [moment(time) for time in one.times_us],
        "values": list(one.values[0].numbers),
    }


def _series(parts: Iterator[pb.Series]) -> list[dict[str, Any]]:
    """Series whole again, of the parts that came."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for part in parts:
        key = part.attribute, part.dataset_id
        said = {"attribute": part.attribute, "unit": part.unit_code, "times": [], "values": []}
        one = found.setdefault(key, said | ({"datasetId": part.dataset_id} if part.dataset_id else {}))
        one["times"] += [moment(time) for time in part.times_us]
        one["values"] += [*part.numbers] if part.numbers else [*part.json]
    return list(found.values())


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    values, times = one["values"], one["times"]
    numbers = [value for value in values if isinstance(value, float)]
    least, most = (f"{min(numbers):g}", f"{max(numbers):g}") if numbers else ("", "")
    last = values[-1] if values else ""
    shown = f"{last:g}" if isinstance(last, float) else str(last)[:40]
    ends = (times[0], times[-1]) if times else ("", "")
    return one["attribute"], one["unit"], *ends, least, most, shown, chart(numbers)


def chart(numbers: Sequence[float], width: int = _WIDTH) -> str:
    """Numbers as bars, at most `width` of them, each the average of its share; nothing for nothing."""
    if not numbers:
        return ""
    count = min(width, len(numbers))
    cuts = [len(numbers) * index // count for index in range(count + 1)]
    shares = [numbers[a:b] for a, b in pairwise(cuts)]
    means = [sum(share) / len(share) for share in shares]
    low, high = min(means), max(means)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BARS[round((mean - low) * scale)] for mean in means)


def moment(time_us: int) -> str:
    """RFC 3339 in UTC."""
    return (_EPOCH + timedelta(microseconds=time_us)).isoformat().replace("+00:00", "Z")
