# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Compares two versions of a contract's JSON Schemas: may what was valid stay as it is?

A change breaks when a document that fulfilled the old schema may not fulfil the new one, when a member that readers
rely on is gone, or when a schema has another name. The comparison is sound, not complete: what it calls compatible
is; a rewriting that it cannot follow it calls breaking. Places are written as in documents: `/zones/*/rules/*/measure`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hanse.contracts.acceptance import Acceptance
from hanse.contracts.places import Narrowed, Place, gone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.contracts.places import Schema

_LOOSER = {"properties": "is new", "required": "may be left out from now on"}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions.

    Attributes:
        schema: name of the schema, e.g. "report".
        pointer: the place in a document; "" is the whole, `*` any element or member.
        keyword: the JSON Schema keyword that changed; "schemas" when it is the schema as a whole.
        breaking: whether it breaks what could be relied on.
        sentence: what is different.
    """

    schema: str
    pointer: str
    keyword: str
    breaking: bool
    sentence: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.schema} {self.pointer or '/'}: {self.sentence} [{self.keyword}]"


def compare_contracts(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> list[Change]:
    """What is different between two sets of schemas, given by name; breaking changes first.

    A `$ref` to the `$id` of a schema in the same set is followed.
    """
    changes = [Change(name, "", "schemas", breaking=True, sentence="the schema is gone") for name in old.keys() - new]
    changes += [Change(name, "", "schemas", breaking=False, sentence="the schema is new") for name in new.keys() - old]
    before, after = _by_id(old), _by_id(new)
    for name in old.keys() & new.keys():
        changes += _compare(name, Place(old[name], old[name], before), Place(new[name], new[name], after))
    return sorted(changes, key=lambda change: (not change.breaking, change.schema, change.pointer, change.keyword))


def compare_schemas(old: Schema, new: Schema, name: str = "schema") -> list[Change]:
    """What is different between two versions of one schema; breaking changes first."""
    return compare_contracts({name: old}, {name: new})


def breaking(changes: Sequence[Change]) -> list[Change]:
    """Those that break something."""
    return [change for change in changes if change.breaking]


def _by_id(schemas: Mapping[str, Schema]) -> dict[str, Schema]:
    return {schema["$id"]: schema for schema in schemas.values() if isinstance(schema, dict) and "$id" in schema}


def _compare(name: str, old: Place, new: Place) -> list[Change]:
    narrowed = _narrowed(old, new)
    ids = [place.schema.get("$id") if isinstance(place.schema, dict) else None for place in (old, new)]
    if ids[0] != ids[1]:
        narrowed.append(Narrowed("", "$id", f"the schema is named {ids[1]}, was {ids[0]}"))
    changes = dict.fromkeys(_change(name, each, breaking=True) for each in narrowed)
    told = {(change.pointer, change.keyword) for change in changes}
    for each in _narrowed(new, old):
        if (each.pointer, each.keyword) not in told:
            looser = replace(each, sentence=_LOOSER.get(each.keyword, "more is allowed than before"))
            changes[_change(name, looser, breaking=False)] = None
    return list(changes)


def _narrowed(old: Place, new: Place) -> list[Narrowed]:
    """Members that are gone, and all else that is narrower; nothing twice for one place."""
    away = gone(old, new)
    places = {each.pointer for each in away}
    return away + [each for each in Acceptance().narrowed([old], new) if each.pointer not in places]


def _change(schema: str, found: Narrowed, *, breaking: bool) -> Change:
    return Change(schema, found.pointer, found.keyword, breaking, found.sentence)
