# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What several sources recorded of the same entities, put together as it is answered (CIM 009 clauses 4.5.6 to 4.5.8).

Instances are joined and put in the order of time; one that two places have is told once. Aggregated values of several
places cannot be made one: those of the first are kept, and it is said so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hanse.twin.edge.distributed.gather import registered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.twin.edge.distributed.sources import Source
    from hanse.twin.edge.temporal.evolving import TemporalAsked

Json = Any
HEAD: Final = frozenset({"id", "type", "scope", "@context", "createdAt", "modifiedAt", "deletedAt", "expiresAt"})
_SERIES: Final = ("values", "objects", "languageMaps", "vocabs", "jsons", "valueLists", "objectLists")
_OF_PLACE: Final = frozenset({"instanceId", "createdAt", "modifiedAt"})


@dataclass(frozen=True, slots=True)
class Placed:
    """An evolution as a place answered it; without a source, this city did."""

    source: Source | None
    document: Mapping[str, Json]


def put_together(
    placed: Sequence[Placed], found: Sequence[Source], want: TemporalAsked
) -> tuple[dict[str, dict[str, Json]], list[tuple[Source, str]]]:
    """Evolutions by id, and what could not be put together, by source."""
    told: list[tuple[Source, str]] = []
    together: dict[str, dict[str, Json]] = {}
    for one in sorted(placed, key=lambda each: each.source is not None and each.source.mode == "auxiliary"):
        entity_id = str(one.document["id"])
        into = together.setdefault(entity_id, {})
        for name, value in _own(one, found).items():
            if name in HEAD:
                into.setdefault(name, value)
            elif name not in into:
                into[name] = value
            elif one.source is not None and one.source.mode != "auxiliary":
                joined = _joined(into[name], value, want)
                if joined is None:
                    told.append((one.source, f"aggregated values of {name} in {entity_id} are another place's alone"))
                else:
                    into[name] = joined
    for document in together.values():
        document.pop("@context", None)
    return together, told


def _own(one: Placed, found: Sequence[Source]) -> Mapping[str, Json]:
    """What a place may speak of: a source of what it registered, others of nothing that is one's alone.

    Sources were asked for what they registered; names stand here as they are answered.
    """
    if one.source is not None:
        return one.document
    covering = [each for each in found if each.alone]
    if any(registered(each) is None for each in covering):
        return {name: value for name, value in one.document.items() if name in HEAD}
    return one.document


def _joined(one: Json, other: Json, want: TemporalAsked) -> Json | None:
    """Two series made one; None when they cannot be."""
    if _is_simple(one) and _is_simple(other):
        return _simple(one, other, want)
    instances = [*_listed(one), *_listed(other)]
    if not all(isinstance(each, dict) and not _is_aggregated(each) for each in instances):
        return None
    once = {_key(each): each for each in reversed(instances)}
    ordered = sorted(once.values(), key=lambda each: str(each.get(want.time_property, "")))
    return _last(ordered, want.last)


def _last(ordered: list[dict[str, Json]], last: int) -> list[dict[str, Json]]:
    """The last of each instance's series."""
    if not last:
        return ordered
    seen: dict[str, int] = {}
    kept = []
    for each in reversed(ordered):
        dataset = str(each.get("datasetId", ""))
        seen[dataset] = seen.get(dataset, 0) + 1
        if seen[dataset] <= last:
            kept.append(each)
    return kept[::-1]


def _simple(one: Json, other: Json, want: TemporalAsked) -> Json | None:
    """Temporal values (clause 4.5.9): pairs of value and time, by instance."""
    by_dataset = {str(each.get("datasetId", "")): dict(each) for each in _listed(one)}
    for each in _listed(other):
        dataset = str(each.get("datasetId", ""))
        mine = by_dataset.get(dataset)
        series = next((name for name in _SERIES if isinstance(each.get(name), list)), "")
        if mine is None:
            by_dataset[dataset] = dict(each)
        elif isinstance(mine.get(series), list):
            pairs = {json.dumps(pair): pair for pair in [*mine[series], *each[series]]}
            ordered = sorted(pairs.values(), key=lambda pair: str(pair[1]) if isinstance(pair, list) else "")
            mine[series] = ordered[-want.last :] if want.last else ordered
        else:
            return None
    found = list(by_dataset.values())
    return found if len(found) > 1 else found[0]


def _is_simple(value: Json) -> bool:
    several = _listed(value)
    return bool(several) and all(isinstance(each, dict) and any(name in each for name in _SERIES) for each in several)


def _is_aggregated(each: Mapping[str, Json]) -> bool:
    return not each.keys() & {"value", "object", "languageMap", "vocab", "json", "valueList", "objectList"}


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _key(each: Mapping[str, Json]) -> str:
    return json.dumps({name: value for name, value in each.items() if name not in _OF_PLACE}, sort_keys=True)
