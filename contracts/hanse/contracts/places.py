# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Walks JSON Schemas (2020-12): what holds at a place, for a member, for an element; which members are offered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

Json = Any
Schema = Any


@dataclass(frozen=True, slots=True)
class Place:
    """A schema with what its references are read against: its own document, and other documents by `$id`."""

    schema: Schema
    root: Schema
    others: Mapping[str, Schema]

    def at(self, schema: Schema) -> Place:
        """A schema of the same document."""
        return Place(schema, self.root, self.others)

    def target(self) -> Place | None:
        """What `$ref` names; None when that is not here."""
        name, _, pointer = self.schema["$ref"].partition("#")
        root = self.others.get(name) if name else self.root
        if root is None or (pointer and not pointer.startswith("/")):
            return None
        found: Json = root
        for step in pointer.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            found = found.get(key) if isinstance(found, dict) else None
        return None if found is None else Place(found, root, self.others)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A place in documents, and in what the new schema takes or offers less there than the old one."""

    pointer: str
    keyword: str
    sentence: str


def conjuncts(places: Iterable[Place], *, branches: bool = False) -> Iterator[Place]:
    """The schemas that must all be fulfilled at a place, each once; `true` says nothing.

    With `branches`, those too that are fulfilled in one case or another.
    """
    waiting, seen = list(places), set[int]()
    while waiting:
        place = waiting.pop(0)
        if place.schema is True or id(place.schema) in seen:
            continue
        yield place
        if place.schema is False:
            continue
        seen.add(id(place.schema))
        schema = place.schema
        waiting += [place.at(each) for each in schema.get("allOf", ())]
        if branches:
            waiting += [place.at(each) for keyword in ("anyOf", "oneOf") for each in schema.get(keyword, ())]
            waiting += [place.at(schema[keyword]) for keyword in ("then", "else") if keyword in schema]
        if "$ref" in schema and (target := place.target()) is not None:
            waiting.append(target)


def names(places: Iterable[Place]) -> set[str]:
    """Members that are listed."""
    return {name for each in places for name in each.schema.get("properties", ())}


def member(places: Iterable[Place], name: str | None, besides: Collection[str] = ()) -> list[Place]:
    """What holds for a member; None stands for any name that is not listed.

    Which patterns a name meets is not looked into, but that it meets none of `besides`.
    """
    found = []
    for each in places:
        if name is not None and name in each.schema.get("properties", {}):
            found.append(each.at(each.schema["properties"][name]))
        elif set(each.schema.get("patternProperties", ())) <= set(besides):
            found.append(each.at(each.schema.get("additionalProperties", True)))
    return found


def element(place: Place, index: int) -> Place:
    """What holds for an element of an array, counted from 0."""
    listed = place.schema.get("prefixItems", [])
    return place.at(listed[index] if index < len(listed) else place.schema.get("items", True))


def gone(old: Place, new: Place) -> list[Narrowed]:
    """Members that the old schema tells of anywhere and the new one does not: readers rely on them."""
    found: dict[str, str] = {}
    _gone([old], [new], "", found, set())
    return [Narrowed(pointer, "properties", sentence) for pointer, sentence in found.items()]


def _gone(
    olds: Sequence[Place], news: Sequence[Place], at: str, found: dict[str, str], seen: set[tuple[frozenset[int], ...]]
) -> None:
    old, new = _offering(olds), _offering(news)
    asked = tuple(frozenset(id(each.schema) for each in side) for side in (old, new))
    if asked in seen:
        return
    seen.add(asked)
    offered = _offered(new)
    for name, count in sorted(_offered(old).items()):
        if offered[name]:
            _gone(_named(old, name), _named(new, name), at + below(name), found, seen)
        if offered[name] < count:
            found[at + below(name)] = "has lost one of its descriptions" if offered[name] else "is gone"
    _gone(_further(old), _further(new), at + below("*"), found, seen)


def _offering(places: Iterable[Place]) -> list[Place]:
    return [each for each in conjuncts(places, branches=True) if each.schema is not False]


def _offered(places: Iterable[Place]) -> Counter[str]:
    """Members that schemas tell of, and how many do; one that a schema forbids it does not tell of."""
    return Counter(
        name for each in places for name, schema in each.schema.get("properties", {}).items() if schema is not False
    )


def _named(places: Iterable[Place], name: str) -> list[Place]:
    return [each.at(each.schema["properties"][name]) for each in places if name in each.schema.get("properties", {})]


def _further(places: Iterable[Place]) -> list[Place]:
    """What is told of elements, and of members of any name."""
    found = []
    for each in places:
        found += [
            each.at(each.schema[keyword]) for keyword in ("items", "additionalProperties") if keyword in each.schema
        ]
        found += [each.at(one) for one in each.schema.get("prefixItems", ())]
        found += [each.at(one) for one in each.schema.get("patternProperties", {}).values()]
    return found


def below(name: str) -> str:
    """A step of a JSON pointer (RFC 6901)."""
    return f"/{name.replace('~', '~0').replace('/', '~1')}"
