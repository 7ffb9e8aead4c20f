# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a temporal query asks, and evolutions read for it (CIM 009 clauses 4.11, 4.5.19 and 5.2.21)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse import query as languages
from hanse.kernel.errors import InvalidInputError
from hanse.ngsild import Options, TemporalForm
from hanse.twin.edge.parameters import options_asked
from hanse.twin.edge.problems import bad_data
from hanse.twin.history.aggregating import Method
from hanse.twin.history.instances import decode, encode
from hanse.twin.history.model import ALL_TIME, Span, TimeOf
from hanse.twin.history.periods import Duration, duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.query import TimeWindow
    from hanse.twin.adapters.history.store import SqlHistory
    from hanse.twin.history.instances import Point
    from hanse.twin.history.model import Track
    from hanse.twin.model import Stored

Json = Any
TEMPORAL: Final = frozenset({"timerel", "timeAt", "endTimeAt", "timeproperty", "lastN", "aggrMethods"}) | {
    "aggrPeriodDuration"
}
_FLAGS: Final = frozenset({"sysAttrs", "splitEntities"})
_TIMES: Final = {
    "observedAt": TimeOf.OBSERVED,
    "createdAt": TimeOf.WRITTEN,
    "modifiedAt": TimeOf.WRITTEN,
    "deletedAt": TimeOf.DELETED,
}
_MAX_LAST: Final = 1_000_000
_HEAD: Final = ("id", "type", "scope", "expiresAt")


@dataclass(frozen=True, slots=True)
class TemporalAsked:
    """What of evolutions is asked for.

    Attributes:
        options: projection, languages and system times.
        form: the representation.
        window: of which time, None for all.
        time_property: the temporal property: observedAt and so on.
        last: only so many of each attribute, 0 for all.
        methods: of an aggregation, in order.
        period: of an aggregation.
    """

    options: Options
    form: TemporalForm
    window: TimeWindow | None
    time_property: str
    last: int
    methods: tuple[Method, ...]
    period: Duration

    @property
    def span(self) -> Span:
        """The span of instances."""
        if self.window is None:
            time = TimeOf.DELETED if self.time_property == "deletedAt" else TimeOf.ANY
            return Span(last=self.last, time=time)
        start = ALL_TIME[0] if self.window.start is None else self.window.start
        end = ALL_TIME[1] if self.window.end is None else self.window.end
        return Span(start, end, self.last, _TIMES[self.time_property])


def temporal_asked(parameters: Mapping[str, str], renaming: Renaming) -> TemporalAsked:
    """What of evolutions is asked for. Raises Problem, QueryError or BadRequestDataError."""
    requested = options_asked(parameters, _FLAGS)
    options = Options(
        attrs=ngsild.parse_names(parameters.get("attrs"), renaming),
        pick=ngsild.parse_projection(parameters.get("pick"), renaming, "pick"),
        omit=ngsild.parse_projection(parameters.get("omit"), renaming, "omit"),
        languages=ngsild.parse_languages(parameters.get("lang")),
        datasets=ngsild.parse_datasets(parameters.get("datasetId")),
        sys_attrs="sysAttrs" in requested.flags,
    )
    if any(one is not None and one.depth for one in (options.pick, options.omit)):
        raise bad_data("pick and omit follow no relationships in an evolution")
    named = parameters.get("timeproperty", "observedAt")
    if named not in _TIMES:
        raise bad_data(f"timeproperty is one of {', '.join(_TIMES)}")
    methods = _methods(parameters.get("aggrMethods"))
    form = requested.temporal
    if form is TemporalForm.AGGREGATED_VALUES and not methods:
        raise bad_data("aggregatedValues needs aggrMethods")
    try:
        period = duration(parameters.get("aggrPeriodDuration", ""), "aggrPeriodDuration")
    except InvalidInputError as error:
        raise bad_data(error.message) from None
    return TemporalAsked(options, form, _window(parameters, named), named, _last(parameters), methods, period)


def _window(parameters: Mapping[str, str], named: str) -> TimeWindow | None:
    relation = parameters.get("timerel")
    if relation is None:
        if "timeAt" in parameters or "endTimeAt" in parameters:
            raise bad_data("timeAt needs timerel: before, after or between")
        return None
    if "timeAt" not in parameters:
        raise bad_data("timerel needs timeAt")
    return languages.parse_temporal(relation, parameters["timeAt"], parameters.get("endTimeAt"), named)


def _last(parameters: Mapping[str, str]) -> int:
    text = parameters.get("lastN")
    if text is None:
        return 0
    if not text.isascii() or not text.isdecimal() or not 0 < int(text[:10]) <= _MAX_LAST:
        raise bad_data(f"lastN is a number from 1 to {_MAX_LAST}")
    return int(text)


def _methods(text: str | None) -> tuple[Method, ...]:
    if not text:
        return ()
    known = {method.value for method in Method}
    names = text.split(",")
    for name in names:
        if name not in known:
            raise bad_data(f"aggrMethods: {name[:40]!r} is none of {', '.join(sorted(known))}")
    return tuple(Method(name) for name in dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class Evolution:
    """An entity's head and its series, with the number of instances and the times of the first and last.

    `tracks` are by stored name; those of one name have different datasetId. `cut` are attributes, each with its kind,
    of which no instance is left in the range that is answered.
    """

    head: Mapping[str, Json]
    tracks: Mapping[str, Sequence[Track]]
    cut: Mapping[str, str] = field(default_factory=dict)

    @property
    def points(self) -> list[Point]:
        """All points."""
        return [point for several in self.tracks.values() for one in several for point in one.points]

    def instances(self, authority: str) -> dict[str, list[dict[str, Json]]]:
        """Instances by stored name in the order of time, each with its instanceId."""
        found = {}
        for name, several in self.tracks.items():
            timed = [(point.time_us, _instance(authority, one, point)) for one in several for point in one.points]
            found[name] = [instance for _, instance in sorted(timed, key=lambda pair: pair[0])]
        return found

    def within(self, start_us: int, end_us: int, time: TimeOf) -> Evolution:
        """The part from a time to another, both included."""
        span = Span(start_us, end_us + 1, time=time)
        tracks = {
            name: [replace(one, points=[point for point in one.points if span.holds(point)]) for one in several]
            for name, several in self.tracks.items()
        }
        kept = {name: [one for one in several if one.points] for name, several in tracks.items()}
        cut = {name: str(decode(self.tracks[name][0].points[0], self.tracks[name][0].shape)["type"]) for name in tracks}
        return Evolution(
            self.head,
            {name: several for name, several in kept.items() if several},
            {name: kind for name, kind in cut.items() if not kept[name]},
        )


def evolution(history: SqlHistory, stored: Stored, want: TemporalAsked, *, gone: bool = False) -> Evolution:
    """The evolution of an entity, as far as it is asked for; `gone` says that the entity is deleted."""
    entity = json.loads(stored.json)
    head = {name: entity[name] for name in _HEAD if name in entity}
    options = want.options
    tracks: dict[str, list[Track]] = {}
    names = () if options.attrs is None else tuple(sorted(options.attrs))
    every = _every(entity) if not names and want.time_property != "deletedAt" else names
    for one in history.tracks([stored], every, want.span, series_too=not names, present_too=not gone):
        dataset = one.dataset_id or ngsild.DEFAULT_INSTANCE
        if options.datasets is None or dataset in options.datasets:
            tracks.setdefault(one.attribute, []).append(one)
    if "scope" in tracks:
        now = head.pop("scope", None)
        point = None if now is None or gone else _scope(now, stored.modified)
        if point is not None and want.span.holds(point):
            (was,) = tracks["scope"]
            tracks["scope"] = [replace(was, points=[*was.points, point])]
    return Evolution(head, tracks)


def _scope(now: Json, modified: str) -> Point | None:
    """The present scope as an instance, observed when it was written (clause 4.5.6)."""
    return encode({"type": "Property", "value": now, "observedAt": modified}, b"", modified)


def _every(entity: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(name for name in entity if name not in _HEAD)


def _instance(authority: str, track: Track, point: Point) -> dict[str, Json]:
    found = decode(point, track.shape)
    found.setdefault("instanceId", instance_id(authority, track, point.time_us))
    return found


def instance_id(authority: str, track: Track, time_us: int) -> str:
    """The instanceId of a point that has not been moved: its time, and what it belongs to."""
    belongs = hashlib.sha256(f"{track.entity}\n{track.attribute}\n{track.dataset_id}".encode()).hexdigest()[:16]
    return f"urn:hanse:{authority}:instance:{belongs}-{time_us}"
