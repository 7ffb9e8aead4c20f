# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the operations of the NGSI-LD API do to an entity: new entity, what changed, what was left undone.

Entities and fragments are in stored form; nothing that is handed in is altered. System times are kept apart
(hanse.ngsild.times), and follow from the changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from hanse.ngsild import kinds
from hanse.ngsild.errors import AttributeNotFoundError, BadRequestDataError
from hanse.ngsild.kinds import NULL
from hanse.ngsild.merging import merged_instance, without_nulls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = Any
Instance = dict[str, Json]
_HEAD: Final = ("type", "scope", "expiresAt")


class ChangeKind(StrEnum):
    """What became of an instance of an attribute."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """One instance of an attribute, or "type", "scope" or "expiresAt", that an operation wrote or removed.

    Attributes:
        attribute: stored name.
        dataset_id: None for the default instance.
        kind: what became of it.
        before: as it was; None when created.
        after: as it is; None when deleted.
    """

    attribute: str
    dataset_id: str | None
    kind: ChangeKind
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class NotUpdated:
    """What a fragment asked for and was not done (CIM 009 clause 5.2.19)."""

    attribute: str
    dataset_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """An operation's result; ``updated`` names the attributes that were written or removed."""

    entity: dict[str, Json]
    changes: tuple[Change, ...]
    not_updated: tuple[NotUpdated, ...] = ()

    @property
    def updated(self) -> tuple[str, ...]:
        """Stored names of what changed, each once."""
        return tuple(dict.fromkeys(change.attribute for change in self.changes))


@dataclass(slots=True)
class _Edit:
    """One operation under way."""

    entity: dict[str, Json]
    changes: list[Change] = field(default_factory=list)
    undone: list[NotUpdated] = field(default_factory=list)

    def table(self, name: str) -> dict[str | None, Instance]:
        present = self.entity.get(name)
        return {} if present is None else {kinds.dataset_of(one): one for one in kinds.instances(present)}

    def put(self, name: str, instance: Instance) -> None:
        table, dataset = self.table(name), kinds.dataset_of(instance)
        before = table.get(dataset)
        table[dataset] = instance
        self._set(name, table)
        kind = ChangeKind.CREATED if before is None else ChangeKind.UPDATED
        self.changes.append(Change(name, dataset, kind, before, instance))

    def drop(self, name: str, dataset: str | None) -> None:
        table = self.table(name)
        before = table.pop(dataset)
        self._set(name, table)
        self.changes.append(Change(name, dataset, ChangeKind.DELETED, before, None))

    def head(self, name: str, value: Json) -> None:
        """Set or, with None, remove what stands beside the attributes."""
        before = self.entity.pop(name, None)
        if value is not None:
            self.entity[name] = value
            kind = ChangeKind.CREATED if before is None else ChangeKind.UPDATED
        else:
            kind = ChangeKind.DELETED
        if before != value:
            self.changes.append(Change(name, None, kind, before, value))

    def leave(self, name: str, dataset: str | None, reason: str) -> None:
        self.undone.append(NotUpdated(name, dataset, reason))

    def outcome(self) -> Outcome:
        ordered: dict[str, Json] = {name: self.entity[name] for name in ("id", *_HEAD) if name in self.entity}
        return Outcome({**ordered, **self.entity}, tuple(self.changes), tuple(self.undone))

    def _set(self, name: str, table: dict[str | None, Instance]) -> None:
        found = list(table.values())
        if not found:
            del self.entity[name]
        else:
            self.entity[name] = found if len(found) > 1 else found[0]


def created(entity: Mapping[str, Json]) -> Outcome:
    """Create an entity (clause 5.6.1): everything in it is new."""
    edit = _Edit({"id": entity["id"]})
    for name in _HEAD:
        if name in entity:
            edit.head(name, entity[name])
    for name, value in kinds.attributes(entity):
        for instance in kinds.instances(value):
            edit.put(name, instance)
    return edit.outcome()


def removed(entity: Mapping[str, Json]) -> Outcome:
    """Delete an entity (clause 5.6.6): what is left is its id."""
    edit = _Edit(dict(entity))
    for name, value in list(kinds.attributes(entity)):
        for instance in kinds.instances(value):
            edit.drop(name, kinds.dataset_of(instance))
    for name in _HEAD:
        if name in entity:
            edit.head(name, None)
    return edit.outcome()


def replace(entity: Mapping[str, Json], new: Mapping[str, Json]) -> Outcome:
    """Replace an entity's content (clause 5.6.18); the id stays."""
    edit = _Edit(dict(entity))
    for name, value in list(kinds.attributes(entity)):
        wanted = {kinds.dataset_of(one) for one in kinds.instances(new[name])} if name in new else set()
        for instance in kinds.instances(value):
            if kinds.dataset_of(instance) not in wanted:
                edit.drop(name, kinds.dataset_of(instance))
    for name in _HEAD:
        if name in entity or name in new:
            edit.head(name, new.get(name))
    for name, value in kinds.attributes(new):
        for instance in kinds.instances(value):
            edit.put(name, instance)
    return edit.outcome()


def append(entity: Mapping[str, Json], fragment: Mapping[str, Json], *, overwrite: bool = True) -> Outcome:
    """Append attributes (clause 5.6.3); without ``overwrite`` what exists is left as it is."""

    def one(edit: _Edit, name: str, instance: Instance, before: Instance | None) -> None:
        if before is None or overwrite:
            edit.put(name, instance)
        else:
            edit.leave(name, kinds.dataset_of(instance), "it exists, and nothing is to be overwritten")

    edit = _each(entity, fragment, one)
    _add_types(edit, fragment)
    _scope(edit, fragment, overwrite=overwrite)
    return edit.outcome()


def update(entity: Mapping[str, Json], fragment: Mapping[str, Json]) -> Outcome:
    """Update attributes (clauses 5.6.2 and 5.5.8): each instance given is replaced whole, added, or deleted by null."""

    def one(edit: _Edit, name: str, instance: Instance, before: Instance | None) -> None:
        if not kinds.is_null(instance):
            edit.put(name, without_nulls(instance))
        elif before is not None:
            edit.drop(name, kinds.dataset_of(instance))
        else:
            edit.leave(name, kinds.dataset_of(instance), "it does not exist, so it cannot be deleted")

    edit = _each(entity, fragment, one)
    _add_types(edit, fragment)
    if "scope" in fragment:
        if "scope" in edit.entity:
            edit.head("scope", None if fragment["scope"] == NULL else fragment["scope"])
        else:
            edit.leave("scope", None, "the entity has no scope that could be updated; append one instead")
    return edit.outcome()


def merge(entity: Mapping[str, Json], fragment: Mapping[str, Json], *, observed_at: str | None = None) -> Outcome:
    """Merge a fragment into an entity (clauses 5.6.17 and 5.5.12), into values and to any depth.

    Args:
        entity: stored form.
        fragment: stored form, read with Nulls.ANYWHERE.
        observed_at: set where an instance had an observedAt and the fragment brings none.
    """

    def one(edit: _Edit, name: str, instance: Instance, before: Instance | None) -> None:
        if kinds.is_null(instance):
            if before is not None:
                edit.drop(name, kinds.dataset_of(instance))
            return
        if before is None:
            edit.put(name, without_nulls(instance))
            return
        after = merged_instance(before, instance)
        if observed_at is not None and "observedAt" in before and "observedAt" not in instance:
            after["observedAt"] = observed_at
        if after.get("languageMap") == {}:
            edit.drop(name, kinds.dataset_of(instance))
        else:
            edit.put(name, after)

    edit = _each(entity, fragment, one)
    _add_types(edit, fragment)
    _scope(edit, fragment, overwrite=True)
    return edit.outcome()


def update_attribute(entity: Mapping[str, Json], name: str, fragment: Mapping[str, Json]) -> Outcome:
    """Update an attribute partially (clauses 5.6.4 and 5.5.8): members given are replaced, null ones deleted.

    Raises:
        AttributeNotFoundError: there is no such instance.
        BadRequestDataError: it would change the attribute's type.
    """
    edit, before = _existing(entity, name, kinds.dataset_of(fragment))
    if kinds.is_null(fragment):
        edit.drop(name, kinds.dataset_of(before))
        return edit.outcome()
    if fragment["type"] != before["type"]:
        raise BadRequestDataError("/type", f"{name} is a {before['type']}, and updates do not change that")
    gone = _gone(fragment)
    after = {member: value for member, value in before.items() if member not in gone}
    edit.put(name, after | without_nulls(fragment))
    return edit.outcome()


def replace_attribute(entity: Mapping[str, Json], name: str, instance: Instance) -> Outcome:
    """Replace one instance of an attribute (clause 5.6.19). Raises AttributeNotFoundError."""
    edit, _ = _existing(entity, name, kinds.dataset_of(instance))
    edit.put(name, instance)
    return edit.outcome()


def delete_attribute(
    entity: Mapping[str, Json], name: str, dataset_id: str | None = None, *, delete_all: bool = False
) -> Outcome:
    """Delete one instance of an attribute, or all of them, or the scope (clause 5.6.5).

    Raises:
        AttributeNotFoundError: there is no such attribute, or no such instance.
    """
    edit = _Edit(dict(entity))
    if name == "scope" and "scope" in entity:
        edit.head("scope", None)
    elif delete_all and edit.table(name):
        for dataset in edit.table(name):
            edit.drop(name, dataset)
    else:
        edit, before = _existing(entity, name, None if dataset_id == kinds.DEFAULT_INSTANCE else dataset_id)
        edit.drop(name, kinds.dataset_of(before))
    return edit.outcome()


def _each(
    entity: Mapping[str, Json],
    fragment: Mapping[str, Json],
    one: Callable[[_Edit, str, Instance, Instance | None], None],
) -> _Edit:
    edit = _Edit(dict(entity))
    for name, value in kinds.attributes(fragment):
        for instance in kinds.instances(value):
            one(edit, name, instance, edit.table(name).get(kinds.dataset_of(instance)))
    if "expiresAt" in fragment:
        edit.head("expiresAt", None if fragment["expiresAt"] == NULL else fragment["expiresAt"])
    return edit


def _existing(entity: Mapping[str, Json], name: str, dataset: str | None) -> tuple[_Edit, Instance]:
    edit = _Edit(dict(entity))
    if name in kinds.ENTITY_MEMBERS:
        raise BadRequestDataError("", f"{name} is no attribute that can be changed so")
    before = edit.table(name).get(dataset)
    if before is None:
        which = "default instance" if dataset is None else f"instance with datasetId {dataset}"
        raise AttributeNotFoundError(f"{entity.get('id')} has no {name}, or no {which} of it")
    return edit, before


def _gone(fragment: Mapping[str, Json]) -> set[str]:
    """Return the members that a partial update deletes."""
    meta = {member for member, value in fragment.items() if member in kinds.META and value == NULL}
    return meta | {
        name for name, value in kinds.sub_attributes(fragment) if all(map(kinds.is_null, kinds.instances(value)))
    }


def _add_types(edit: _Edit, fragment: Mapping[str, Json]) -> None:
    if "type" not in fragment:
        return
    present, given = _list(edit.entity["type"]), _list(fragment["type"])
    together = list(dict.fromkeys([*present, *given]))
    if len(together) > len(present):
        edit.head("type", together)


def _scope(edit: _Edit, fragment: Mapping[str, Json], *, overwrite: bool) -> None:
    if "scope" not in fragment:
        return
    given = fragment["scope"]
    if given == NULL:
        if "scope" in edit.entity:
            edit.head("scope", None)
    elif overwrite or "scope" not in edit.entity:
        edit.head("scope", given)
    else:
        together = list(dict.fromkeys([*_list(edit.entity["scope"]), *_list(given)]))
        edit.head("scope", together if len(together) > 1 else together[0])


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
