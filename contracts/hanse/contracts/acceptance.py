# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Does one JSON Schema (2020-12) accept all that another one does?

A schema is the conjunction of its keywords, of what its `$ref` names and of the members of its `allOf`. The new one
accepts all that the old one did when the old conjunction implies each keyword of the new. What is left undecided
counts as not implied.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hanse.contracts.assertions import ASSERTIONS, Old, holds
from hanse.contracts.places import Narrowed, below, conjuncts, element, member, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hanse.contracts.places import Place

Json = Any
_Question = tuple[frozenset[int], int]
# Read together with the keyword on which they depend.
_MEMBERS = frozenset({"properties", "additionalProperties", "patternProperties"})
_ELEMENTS = frozenset({"prefixItems", "items"})
_CONDITION = frozenset({"if", "then", "else"})
_SILENT = frozenset({"$schema", "$id", "$comment", "$defs", "$anchor", "title", "description", "default", "examples"})
_ELSEWHERE = _SILENT | _MEMBERS | _ELEMENTS | _CONDITION | {"deprecated", "readOnly", "writeOnly", "allOf"}


class Acceptance:
    """One comparison; it remembers what it has answered, for schemas refer to each other."""

    def __init__(self) -> None:
        self._answered: dict[_Question, list[Narrowed]] = {}
        self._under_way: set[_Question] = set()
        self._assumed: set[_Question] = set()
        self._kept: list[Place] = []

    def narrowed(self, olds: Iterable[Place], new: Place, at: str = "") -> list[Narrowed]:
        """Where `new` may refuse what the conjunction of `olds` took."""
        old = list(conjuncts(olds))
        if new.schema is True or any(each.schema is False for each in old):
            return []
        question = (frozenset(id(each.schema) for each in old), id(new.schema))
        if question in self._under_way:  # recursive schemas: it is being answered further out
            self._assumed.add(question)
            return []
        if question not in self._answered:
            found = self._ask(question, old, new)
            if not found and self._assumed:
                return []  # holds if what was assumed does: not yet an answer
            self._answered[question] = found
        return [replace(each, pointer=at + each.pointer) for each in self._answered[question]]

    def _ask(self, question: _Question, old: list[Place], new: Place) -> list[Narrowed]:
        self._under_way.add(question)
        known = Old.of([each.schema for each in old])
        try:
            return [found for each in conjuncts((new,)) for found in self._unfulfilled(old, known, each)]
        finally:
            self._under_way.remove(question)
            self._assumed.discard(question)

    def _accepts(self, olds: Iterable[Place], new: Place) -> bool:
        return not self.narrowed(olds, new)

    def _unfulfilled(self, old: list[Place], known: Old, new: Place) -> Iterator[Narrowed]:
        """Where one conjunct of the new schema is not implied."""
        schema = new.schema
        if schema is False:
            yield Narrowed("", "false", "nothing is allowed here any more")
            return
        for keyword in schema:
            if keyword in ASSERTIONS:
                sentence = ASSERTIONS[keyword](known, keyword, schema[keyword])
                if sentence and not known.all_hold({keyword: schema[keyword]}):
                    yield Narrowed("", keyword, sentence)
            elif keyword not in _ELSEWHERE:
                rule = _APPLIED.get(keyword, Acceptance._other)
                yield from rule(self, old, new, keyword)
        if "object" in known.types and schema.keys() & _MEMBERS:
            yield from self._members(old, new)
        if "array" in known.types and schema.keys() & _ELEMENTS:
            yield from self._elements(old, known, new)
        if "if" in schema:
            yield from self._condition(old, new)

    def _members(self, old: list[Place], new: Place) -> Iterator[Narrowed]:
        properties, rest = new.schema.get("properties", {}), new.schema.get("additionalProperties", True)
        listed = names(old)
        for name, schema in properties.items():
            found = self.narrowed(member(old, name), new.at(schema), below(name))
            if found and name not in listed:
                found = [
                    Narrowed(below(name), "properties", "is new where any member was allowed: old ones may break it")
                ]
            yield from found
        patterns = new.schema.get("patternProperties", {})
        for pattern, schema in patterns.items():
            same = [each.at(of[pattern]) for each in old if pattern in (of := each.schema.get("patternProperties", {}))]
            yield from self.narrowed(same, new.at(schema), below(pattern))
        for name in sorted(listed - set(properties)):
            yield from self.narrowed(member(old, name, patterns), new.at(rest), below(name))
        found = self.narrowed(member(old, None, patterns), new.at(rest), below("*"))
        if found and rest is False:
            found = [Narrowed("", "additionalProperties", "members beside the listed ones are no longer allowed")]
        yield from found

    def _elements(self, old: list[Place], known: Old, new: Place) -> Iterator[Narrowed]:
        listed = max(len(each.schema.get("prefixItems", ())) for each in (*old, new))
        most = known.limit("maxItems")
        for index in range(listed + 1):
            if most is not None and index >= most:
                return
            step = below("*" if index == listed else str(index))
            yield from self.narrowed([element(each, index) for each in old], element(new, index), step)

    def _condition(self, old: list[Place], new: Place) -> Iterator[Narrowed]:
        asked = new.at(new.schema["if"])
        same = [each for each in old if "if" in each.schema and self._same(each.at(each.schema["if"]), asked)]
        for branch in ("then", "else"):
            then = new.at(new.schema.get(branch, True))
            if same:
                yield from self.narrowed([*old, *(each.at(each.schema.get(branch, True)) for each in same)], then)
            elif branch == "else" or not self._never(old, asked):
                for found in self.narrowed(old, then)[:1]:
                    yield Narrowed("", "if", f"under a new condition, {found.pointer or 'it'}: {found.sentence}")

    def _same(self, one: Place, other: Place) -> bool:
        return self._accepts([one], other) and self._accepts([other], one)

    def _never(self, old: list[Place], asked: Place) -> bool:
        """Whether nothing that the old schema took meets a condition, seen by a member that had other values only."""
        for each in conjuncts([asked]):
            if each.schema is False:
                return True
            for name in set(each.schema.get("required", ())) & set(each.schema.get("properties", {})):
                known = Old.of([place.schema for place in conjuncts(member(old, name))])
                wanted = each.schema["properties"][name]
                if isinstance(wanted, dict) and known.values is not None:
                    simple = {keyword: value for keyword, value in wanted.items() if keyword in ASSERTIONS}
                    if not any(holds(simple, value) for value in known.values):
                        return True
        return False

    def _required(self, old: list[Place], new: Place, keyword: str) -> Iterator[Narrowed]:
        if "object" in Old.of([each.schema for each in old]).types:
            always = {name for each in old for name in each.schema.get(keyword, ())}
            for name in sorted(set(new.schema[keyword]) - always):
                yield Narrowed(below(name), keyword, "is required from now on")

    def _reference(self, old: list[Place], new: Place, keyword: str) -> Iterator[Narrowed]:
        """One that can be followed is a conjunct of its own."""
        value = new.schema[keyword]
        if new.target() is None and not any(each.schema.get(keyword) == value for each in old):
            yield Narrowed("", keyword, f"refers to {value}, which is not here")

    def _property_names(self, old: list[Place], new: Place, keyword: str) -> Iterator[Narrowed]:
        if "object" not in Old.of([each.schema for each in old]).types:
            return
        held = [each.at(each.schema[keyword]) for each in old if keyword in each.schema]
        if not self._accepts([*held, new.at(_STRING)], new.at(new.schema[keyword])):
            yield Narrowed("", keyword, "fewer names of members are allowed")

    def _any_of(self, old: list[Place], new: Place, keyword: str) -> Iterator[Narrowed]:
        branches = [new.at(each) for each in new.schema[keyword]]
        if any(self._accepts(old, branch) for branch in branches):
            return
        values = Old.of([each.schema for each in old]).values
        if values is not None:
            single = [new.at({"const": value}) for value in values]
            self._kept += single  # answers are remembered by identity
            if all(any(self._accepts([*old, one], branch) for branch in branches) for one in single):
                return
        for each in old:
            alternatives = [each.at(one) for one in each.schema.get("anyOf", each.schema.get("oneOf", ()))]
            covered = (any(self._accepts([*old, one], branch) for branch in branches) for one in alternatives)
            if alternatives and all(covered):
                return
        yield Narrowed("", keyword, "an alternative is gone or takes less")

    def _one_of(self, old: list[Place], new: Place, keyword: str) -> Iterator[Narrowed]:
        wanted = [new.at(each) for each in new.schema[keyword]]
        for each in old:
            had = [each.at(one) for one in each.schema.get(keyword, ())]
            if len(had) == len(wanted) and all(map(self._same, had, wanted)):
                return
        yield Narrowed("", keyword, "the alternatives are others")

    def _not(self, old: list[Place], new: Place, keyword: str) -> Iterator[Narrowed]:
        excluded = new.at(new.schema[keyword])
        if not any(self._accepts([excluded], each.at(each.schema[keyword])) for each in old if keyword in each.schema):
            yield Narrowed("", keyword, "more is excluded than before")

    def _other(self, old: list[Place], new: Place, keyword: str) -> Iterator[Narrowed]:
        """A keyword that is not looked into: implied when it stands there word for word, with what it refers to."""
        value = new.schema[keyword]
        refers = "$ref" in json.dumps(value)
        for each in old:
            if each.schema.get(keyword) == value and not (
                refers and (each.root, each.others) != (new.root, new.others)
            ):
                return
        yield Narrowed("", keyword, "was changed")


_STRING: Json = {"type": "string"}
_APPLIED = {
    "required": Acceptance._required,  # noqa: SLF001 - the table of this class
    "$ref": Acceptance._reference,  # noqa: SLF001
    "propertyNames": Acceptance._property_names,  # noqa: SLF001
    "anyOf": Acceptance._any_of,  # noqa: SLF001
    "oneOf": Acceptance._one_of,  # noqa: SLF001
    "not": Acceptance._not,  # noqa: SLF001
}
