# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What several sources say of the same entities, made one (CIM 009 clauses 4.3.6.3 and 4.5.5)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse.ngsild import Times, kinds
from hanse.twin.edge.ngsild.rendering import Read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hanse.jsonld import Renaming

Json = Any
_BEGINNING: Final = "1970-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Found:
    """An entity as a source has it: stored form, system times, and whether it only fills gaps (auxiliary)."""

    read: Read
    auxiliary: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """An entity put together, as the edge answers stored ones (`hanse.twin.model.Stored`)."""

    id: str
    type: str
    json: bytes
    created: str
    modified: str
    system: bytes | None
    dataset: str = ""
    wire: bytes = b""
    footprint: bytes | None = None
    low: float | None = None
    high: float | None = None


def remote(document: Json, renaming: Renaming) -> Read:
    """An entity from another source. Raises BadRequestDataError when it is none."""
    entity = ngsild.canonicalise(document, renaming)
    created = _moment(document.get("createdAt"))
    modified = _moment(document.get("modifiedAt"), created)
    below: dict[str, dict[str, Times]] = {}
    for name, value in document.items():
        stored = renaming.inward(name)
        if stored in entity and stored not in kinds.ENTITY_MEMBERS:
            given = value if isinstance(value, list) else [value]
            instances = kinds.instances(entity[stored])
            if len(given) == len(instances):
                below[stored] = {
                    kinds.dataset_of(instance) or "": _times(one, created, modified)
                    for one, instance in zip(given, instances, strict=True)
                }
    return Read(entity, Times(created, modified, below))


def _times(given: Json, created: str, modified: str) -> Times:
    if not isinstance(given, dict):
        return Times(created, modified)
    born = _moment(given.get("createdAt"), created)
    return Times(born, _moment(given.get("modifiedAt"), max(born, modified) if "createdAt" in given else modified))


def _moment(value: Json, otherwise: str = _BEGINNING) -> str:
    if not isinstance(value, str):
        return otherwise
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return otherwise
    return value


def merged(several: Iterable[Found]) -> Read:
    """One entity of what several say: of each instance the newest; what is auxiliary only where there is no other."""
    ordered = sorted(several, key=lambda one: one.auxiliary)
    entity: dict[str, Json] = {}
    table: dict[tuple[str, str | None], tuple[tuple[str, str], Mapping[str, Json], Times, bool]] = {}
    types: dict[str, None] = {}
    scopes: dict[str, None] = {}
    for one in ordered:
        head = one.read.entity
        entity.setdefault("id", head["id"])
        types |= dict.fromkeys(head["type"] if isinstance(head["type"], list) else [head["type"]])
        given = head.get("scope", [])
        scopes |= dict.fromkeys(given if isinstance(given, list) else [given])
        for name, value in kinds.attributes(head):
            for instance in kinds.instances(value):
                key = (name, kinds.dataset_of(instance))
                times = one.read.times.of(*key)
                age = (str(instance.get("observedAt", "")), times.modified)
                known = table.get(key)
                if known is None or (known[3] == one.auxiliary and age > known[0]):
                    table[key] = age, instance, times, one.auxiliary
    entity["type"] = list(types) if len(types) > 1 else next(iter(types))
    if scopes:
        entity["scope"] = list(scopes) if len(scopes) > 1 else next(iter(scopes))
    below: dict[str, dict[str, Times]] = {}
    for (name, dataset), (_, chosen, times, _) in table.items():
        entity[name] = [*kinds.instances(entity[name]), chosen] if name in entity else chosen
        below.setdefault(name, {})[dataset or ""] = times
    created = min(one.read.times.created for one in ordered)
    modified = max(one.read.times.modified for one in ordered)
    return Read(entity, Times(created, modified, below))


def as_stored(read: Read) -> Merged:
    """A read entity as the edge answers stored ones."""
    entity, times = read.entity, read.times
    named = entity["type"]
    return Merged(
        id=str(entity["id"]),
        type=str(named[0] if isinstance(named, list) else named),
        json=json.dumps(entity, ensure_ascii=False, separators=(",", ":")).encode(),
        created=times.created,
        modified=times.modified,
        system=json.dumps(times.to_json()).encode(),
    )


def without(read: Read, attributes: frozenset[str] | None) -> Read | None:
    """An entity without attributes that another source alone holds; None when it is that source's as a whole."""
    if attributes is None:
        return None
    return Read({name: value for name, value in read.entity.items() if name not in attributes}, read.times)


def only(read: Read, attributes: frozenset[str] | None) -> Read:
    """An entity with the attributes that a source has registered: it speaks of no others."""
    if attributes is None:
        return read
    kept = kinds.ENTITY_MEMBERS | attributes
    return Read({name: value for name, value in read.entity.items() if name in kept}, read.times)
