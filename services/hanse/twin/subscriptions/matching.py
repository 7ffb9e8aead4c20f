# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Whether a change is one that a subscription asks for (CIM 009 clause 5.8.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse import query as languages
from hanse.ngsild import kinds
from hanse.query.model import And, IdPattern, Ids, Or
from hanse.twin.subscriptions.documents import DEFAULT_TRIGGERS, condition

if TYPE_CHECKING:
    from hanse.jsonld import Renaming
    from hanse.query import Predicate
    from hanse.twin.subscriptions.images import Image

Json = Any
Linked = Callable[[str], Mapping[str, Json] | None]


@dataclass(frozen=True, slots=True)
class Touched:
    """What a change did to one instance of an attribute: "Created", "Updated" or "Deleted", and how it was before."""

    attribute: str
    dataset: str | None
    what: str
    before: Mapping[str, Json] | None


def touched(past: Image | None, present: Image | None) -> list[Touched]:
    """What a change did, instance by instance; what was written again unchanged counts as updated."""
    before = _table(past)
    after = _table(present)
    found = [Touched(key[0], key[1], "Deleted", instance) for key, (instance, _) in before.items() if key not in after]
    for key, (instance, modified) in after.items():
        if key not in before:
            found.append(Touched(key[0], key[1], "Created", None))
        elif before[key] != (instance, modified):
            found.append(Touched(key[0], key[1], "Updated", before[key][0]))
    return found


def _table(seen: Image | None) -> dict[tuple[str, str | None], tuple[Mapping[str, Json], str]]:
    if seen is None:
        return {}
    return {
        (name, kinds.dataset_of(instance)): (instance, seen.times.of(name, kinds.dataset_of(instance)).modified)
        for name, value in kinds.attributes(seen.entity)
        for instance in kinds.instances(value)
    }


@dataclass(frozen=True, slots=True)
class Interest:
    """What a subscription is about, ready to be held against changes."""

    selectors: Predicate | None
    condition: Predicate | None
    watched: frozenset[str] | None
    triggers: frozenset[str]
    types: frozenset[str] | None

    @classmethod
    def of(cls, document: Mapping[str, Json], renamings: Callable[[Json], Renaming]) -> Interest:
        """Reads a stored document. Raises QueryError."""
        given = document.get("entities", ())
        triggers = set(document.get("notificationTrigger", DEFAULT_TRIGGERS))
        if "entityUpdated" in triggers:
            triggers |= {"attributeCreated", "attributeUpdated", "attributeDeleted"}
        watched = document.get("watchedAttributes")
        selectors = [selector(each) for each in given]
        return cls(
            selectors=Or(tuple(selectors)) if len(selectors) > 1 else selectors[0] if selectors else None,
            condition=condition(document, renamings),
            watched=frozenset(watched) if watched is not None else None,
            triggers=frozenset(triggers),
            types=_simple_types(given),
        )

    def may_concern(self, names: frozenset[str]) -> bool:
        """Whether an entity of these types may be meant at all."""
        return self.types is None or not self.types.isdisjoint(names)

    def meant(self, entity: Mapping[str, Json], linked: Linked) -> bool:
        """Whether an entity is one of those that are subscribed to."""
        parts = [part for part in (self.selectors, self.condition) if part is not None]
        return all(languages.matches(part, entity, linked=linked) for part in parts)

    def triggered(self, past: Image | None, present: Image | None, what: list[Touched]) -> list[Touched] | None:
        """What of a change sets it off, None when nothing does."""
        watched = [each for each in what if self.watched is None or each.attribute in self.watched]
        setting_off = [each for each in watched if f"attribute{each.what}" in self.triggers]
        whole = "entityCreated" if past is None else "entityDeleted" if present is None else None
        if whole in self.triggers and (watched or self.watched is None):
            return watched
        return setting_off or None


def selector(each: Mapping[str, Json]) -> Predicate:
    """An EntityInfo or EntitySelector (clauses 5.2.8 and 5.2.33) as a condition."""
    parts: list[Predicate] = []
    if "id" in each:
        parts.append(Ids(frozenset(each["id"] if isinstance(each["id"], list) else [each["id"]])))
    elif "idPattern" in each:
        parts.append(IdPattern(each["idPattern"]))
    if "type" in each:
        named = each["type"]
        parts.append(languages.parse_types("|".join(named) if isinstance(named, list) else named))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _simple_types(given: Any) -> frozenset[str] | None:  # noqa: ANN401
    """Types by which a change is sorted out at once, where selections are no more than names."""
    names = [each["type"] for each in given]
    simple = names and all(set("|,;()*").isdisjoint(each) for each in names)
    return frozenset(names) if simple else None
