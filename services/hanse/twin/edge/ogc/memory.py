# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What this process remembers of collections between requests, by tenant: summaries, queryables, features.

Nothing here is the truth: each thing is looked at again when the feed of changes has moved on. A summary that took
long is renewed seldom, so that it never costs more than a hundredth of the time; what it says of an extent may then be
as old as a hundred times its own cost. Whether entities without a place have come is asked for every time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from hanse.twin.adapters import collections
from hanse.twin.edge.ogc.features import NOT_TOLD, Shelf
from hanse.twin.edge.problems import not_found
from hanse.twin.model import Query

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.collections import Summary
    from hanse.twin.adapters.repository import SqlTwin

Json = Any
MAX_COLLECTIONS: Final = 1_000
_SAMPLE: Final = 100
_PATIENCE: Final = 100.0
_MAX_REMEMBERED: Final = 10_000
_MAX_NOWHERE: Final = 10_000
_NAMES: Final = {bool: "boolean", int: "number", float: "number", str: "string", dict: "object", list: "array"}
_KINDS: Final[Mapping[str, Mapping[str, Json]]] = {
    "GeoProperty": {"format": "geometry-any"},
    "Relationship": {"type": "string", "format": "uri"},
    "ListRelationship": {"type": "array"},
    "LanguageProperty": {"type": "string"},
    "VocabProperty": {"type": "string"},
    "JsonProperty": {"type": "object"},
    "ListProperty": {"type": "array"},
}
_OF_ENTITY: Final[Mapping[str, Mapping[str, Json]]] = {
    "id": {"type": "string", "format": "uri", "x-ogc-role": "id"},
    "type": {"type": "string"},
    "createdAt": {"type": "string", "format": "date-time"},
    "modifiedAt": {"type": "string", "format": "date-time"},
}


@dataclass(frozen=True, slots=True)
class Held:
    """A collection as it was seen: where the feed stood, at which second of the clock, how long looking took.

    `nowhere` are the ids of all entities that may have no place, as of the feed's position `checked`; None are too
    many to remember.
    """

    summary: Summary
    position: int
    moment: float
    cost: float
    nowhere: tuple[str, ...] | None
    checked: int


@dataclass(slots=True)
class Memory:
    """Collections of all tenants, and features."""

    shelf: Shelf = field(default_factory=Shelf)
    _held: dict[tuple[str, str], Held] = field(default_factory=dict)
    _renewing: set[tuple[str, str]] = field(default_factory=set)
    _queryables: dict[tuple[str, str], tuple[int, Mapping[str, Mapping[str, Json]]]] = field(default_factory=dict)

    def names(self, store: SqlTwin) -> list[str]:
        """The collections of a tenant: its types."""
        return collections.types_held(store.reader, MAX_COLLECTIONS)

    def of(self, store: SqlTwin, name: str, clock: Clock) -> tuple[Held, bool]:
        """A collection, and whether nothing has changed since it was looked at. Raises Problem: it is not there."""
        key, position = (store.tenant, name), store.last_change()
        found = self._held.get(key)
        if found is not None and found.checked != position:
            found = self._followed(store, name, found, position)
        old = found is not None and clock.monotonic() - found.moment > found.cost * _PATIENCE
        if found is None or (old and found.position != position and key not in self._renewing):
            self._renewing.add(key)  # one request looks again, others go on with what is known
            try:
                found = _seen(store, name, position, clock)
            finally:
                self._renewing.discard(key)
        _remember(self._held, key, found)
        return found, found.position == position

    @staticmethod
    def _followed(store: SqlTwin, name: str, found: Held, position: int) -> Held | None:
        """What is known of a collection, with what came without a place; None when the feed has lost its beginning."""
        if position < found.checked or store.first_change() > found.checked + 1:
            return None
        nowhere = found.nowhere
        if nowhere is not None:
            new = collections.nowhere_since(store.reader, name, found.checked, _MAX_NOWHERE)
            nowhere = tuple(sorted({*nowhere, *new})) if new else nowhere
        return replace(found, checked=position, nowhere=_few(nowhere))

    def unknown(self, store: SqlTwin, name: str, asked: frozenset[str]) -> frozenset[str]:
        """Of the properties asked by, those that the collection has not. Raises Problem."""
        found = self._queryables.get((store.tenant, name))
        if found is not None and asked <= found[1].keys():
            return frozenset()
        return asked - self.queryables(store, name).keys()

    def queryables(self, store: SqlTwin, name: str) -> Mapping[str, Mapping[str, Json]]:
        """What the features of a collection can be asked by: a JSON Schema for each property. Raises Problem."""
        key, position = (store.tenant, name), store.last_change()
        found = self._queryables.get(key)
        if found is None or found[0] != position:
            made = dict(_OF_ENTITY) | dict(_attributes(store, name))
            if not collections.is_held(store.reader, name):
                raise not_found(f"collection {name}")
            found = position, made
            _remember(self._queryables, key, found)
        return found[1]


def _seen(store: SqlTwin, name: str, position: int, clock: Clock) -> Held:
    """Looks at a collection. Raises Problem: it is not there."""
    if not collections.is_held(store.reader, name):
        raise not_found(f"collection {name}")
    begun = clock.monotonic()
    summary = collections.summary(store.reader, name)
    nowhere: tuple[str, ...] = ()
    if summary.placed < summary.count:
        nowhere = tuple(collections.nowhere(store.reader, name, _MAX_NOWHERE + 1))
    ended = clock.monotonic()
    return Held(summary, position, ended, ended - begun, _few(nowhere), position)


def _few(ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if ids is None or len(ids) > _MAX_NOWHERE else ids


def _remember(shelf: dict[Any, Any], key: tuple[str, str], value: object) -> None:
    if len(shelf) >= _MAX_REMEMBERED and key not in shelf:
        shelf.clear()
    shelf[key] = value


def _attributes(store: SqlTwin, name: str) -> Iterable[tuple[str, Mapping[str, Json]]]:
    seen: dict[str, set[str]] = {}
    for one in islice(store.matching(Query(type=name)), _SAMPLE):
        for attribute, value in json.loads(one.json).items():
            for instance in value if isinstance(value, list) else [value]:
                if isinstance(instance, dict) and "value" in instance:
                    seen.setdefault(attribute, set()).add(_NAMES.get(type(instance["value"]), "string"))
    for kind in store.attributes_of(name):
        if kind.name in NOT_TOLD:
            continue
        schema = next((_KINDS[each] for each in kind.kinds if each in _KINDS), None)
        if schema is None:
            types = sorted(seen.get(kind.name, ())) or ["string", "number", "boolean"]
            schema = {"type": types[0] if len(types) == 1 else types}
        primary = {"x-ogc-role": "primary-geometry"} if kind.name == "location" else {}
        yield kind.name, {"title": kind.name, **schema, **primary}
