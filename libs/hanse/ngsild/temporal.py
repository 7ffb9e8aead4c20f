# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The evolution of an entity in its three representations (CIM 009 clauses 4.5.6, 4.5.9 and 4.5.19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hanse.ngsild import kinds
from hanse.ngsild.options import PLAIN, Options
from hanse.ngsild.representing import in_language, projected, represent, represent_instance, simplified

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.jsonld import Renaming

Json = Any
SERIES: Final = {
    "Property": "values",
    "GeoProperty": "values",
    "Relationship": "objects",
    "LanguageProperty": "languageMaps",
    "VocabProperty": "vocabs",
    "JsonProperty": "jsons",
    "ListProperty": "valueLists",
    "ListRelationship": "objectLists",
}
_SYSTEM: Final = ("createdAt", "modifiedAt")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Aggregated values of one attribute's instances that share type and datasetId.

    Attributes:
        kind: the attribute's type.
        dataset_id: None for the default instance.
        methods: by method such as "avg", (value, start, end) of each period; times in UTC as they are written.
    """

    kind: str
    dataset_id: str | None
    methods: Mapping[str, Sequence[tuple[Json, str, str]]]


def temporal_normalized(
    head: Mapping[str, Json],
    series: Mapping[str, Sequence[Mapping[str, Json]]],
    renaming: Renaming,
    options: Options = PLAIN,
    time_property: str = "observedAt",
) -> dict[str, Json]:
    """Return an evolution with every instance in full.

    Args:
        head: id, type and scope of the entity, stored form.
        series: instances by stored name, in the order they are to be given, each with its own instanceId and system
            times; those are shown when options.sys_attrs asks, or when they are the time property.
        renaming: to the names of the request's context.
        options: projection, languages, instances and form; simplified is not for this.
        time_property: by which the evolution was asked.
    """
    hidden = set() if options.sys_attrs else set(_SYSTEM) - {time_property}
    answer = represent(head, renaming, options)
    for name, instances in projected(series, options):
        answer[renaming.outward(name)] = [
            represent_instance(name, _without(one, hidden), renaming, options) for one in instances
        ]
    return answer


def temporal_values(
    head: Mapping[str, Json],
    series: Mapping[str, Sequence[Mapping[str, Json]]],
    renaming: Renaming,
    options: Options = PLAIN,
    time_property: str = "observedAt",
) -> dict[str, Json]:
    """Return an evolution as pairs of value and time; instances without the time property are left out.

    Instances of different datasetId, or type, stand apart.
    """
    answer = represent(head, renaming, options)
    for name, instances in projected(series, options):
        groups: dict[tuple[str, str | None], list[Json]] = {}
        for one in instances:
            if time_property in one:
                pair = [simplified(in_language(one, options), renaming), one[time_property]]
                groups.setdefault((one["type"], kinds.dataset_of(one)), []).append(pair)
        if groups:
            found = [_labelled(kind, dataset, {SERIES[kind]: pairs}) for (kind, dataset), pairs in groups.items()]
            answer[renaming.outward(name)] = found if len(found) > 1 else found[0]
    return answer


def temporal_aggregated(
    head: Mapping[str, Json],
    aggregates: Mapping[str, Sequence[Aggregate]],
    renaming: Renaming,
    options: Options = PLAIN,
) -> dict[str, Json]:
    """Return an evolution as aggregated values, each with the start and end of its period."""
    answer = represent(head, renaming, options)
    for name, several in aggregates.items():
        found = [_labelled(one.kind, one.dataset_id, _rows(one)) for one in several]
        if found:
            answer[renaming.outward(name)] = found if len(found) > 1 else found[0]
    return answer


def _rows(aggregate: Aggregate) -> dict[str, Json]:
    return {method: [list(row) for row in rows] for method, rows in aggregate.methods.items()}


def _labelled(kind: str, dataset: str | None, content: dict[str, Json]) -> dict[str, Json]:
    return {"type": kind, **({"datasetId": dataset} if dataset is not None else {}), **content}


def _without(instance: Mapping[str, Json], hidden: set[str]) -> dict[str, Json]:
    return {member: value for member, value in instance.items() if member not in hidden}
