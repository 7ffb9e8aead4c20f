# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Linked entities retrieved along with those that refer to them, inline or flat (CIM 009 clause 4.5.23)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from hanse.ngsild import Form
from hanse.ngsild.representing import projected
from hanse.twin.edge.http import Answer
from hanse.twin.edge.ngsild import rendering
from hanse.twin.edge.ngsild.rendering import Read
from hanse.twin.edge.problems import Kind, Problem, bad_data
from hanse.twin.edge.speaking import dumped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hanse.ngsild import Options
    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.speaking import Speech
    from hanse.twin.edge.world import World
    from hanse.twin.model import Stored

Json = Any
MAX_LEVEL: Final = 10
MAX_LINKED: Final = 2_000
MAX_INLINE_BYTES: Final = 32 * 1024 * 1024  # of linked entities inside others, each as often as it is told
_LEAST_BYTES: Final = 200
_RELATIONSHIPS: Final = frozenset({"Relationship", "ListRelationship"})


@dataclass(frozen=True, slots=True)
class Join:
    """How linked entities are wanted: inline or flat, down to which level, and which are held already."""

    inline: bool
    level: int
    contained: frozenset[str]


def asked(parameters: Mapping[str, str], options: Options) -> Join | None:
    """What the parameters join, joinLevel and containedBy say. Raises Problem."""
    if not parameters:
        return None
    kind = parameters.get("join", "@none")
    if kind not in {"inline", "flat", "@none"}:
        raise bad_data("join is inline, flat or @none")
    text = parameters.get("joinLevel", "1")
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= MAX_LEVEL:
        raise bad_data(f"joinLevel is a number from 1 to {MAX_LEVEL}")
    if kind == "@none":
        deep = max((each.depth for each in (options.pick, options.omit) if each is not None), default=0)
        if deep:
            raise bad_data("pick and omit reach into linked entities together with join only")
        return None
    contained = frozenset(parameters.get("containedBy", "").split(",")) - {""}
    return Join(kind == "inline", int(text), contained)


def joined(
    world: World,
    request: Request,
    speech: Speech,
    options: Options,
    join: Join,
    found: Sequence[Stored],
    store: SqlTwin,
    *,
    single: bool = False,
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    """The answer with linked entities."""
    told = documents(store, speech, options, join, [Read.of(one) for one in found])
    if single and len(told) == 1:
        answer = rendering.several(world, request, speech, [], headers)
        return Answer(200, dumped(told[0]), speech.media, answer.headers)
    return rendering.several(world, request, speech, [dumped(one) for one in told], headers)


def documents(
    store: SqlTwin, speech: Speech, options: Options, join: Join, reads: Sequence[Read]
) -> list[dict[str, Json]]:
    """Entities with those that they lead to, inside them or after them. Raises Problem: TooManyResults."""
    linker = _Linker(store, speech, join)
    linker.gather(reads, options)
    if join.inline:
        return [linker.document(read, options, join.level, join.contained) for read in reads]
    return list(linker.flat(reads, options))


@dataclass(slots=True)
class _Linker:
    """Reads linked entities level by level, then puts them in place."""

    store: SqlTwin
    speech: Speech
    join: Join
    known: dict[str, Read] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    inline: int = 0

    def gather(self, reads: Sequence[Read], options: Options) -> None:
        """Reads all that the answer may hold."""
        frontier = [(read, options) for read in reads]
        for _ in range(self.join.level):
            wanted = {
                target: below
                for read, with_options in frontier
                for target, below in _targets(read, with_options)
                if target not in self.known and target not in self.join.contained
            }
            if not wanted:
                return
            if len(self.known) + len(wanted) > MAX_LINKED:
                raise Problem(
                    Kind.TOO_MANY, f"more than {MAX_LINKED} linked entities; ask for fewer levels or entities"
                )
            stored = self.store.reader.exactly(wanted)
            some = {name: Read.of(one) for name, one in stored.items()}
            self.known.update(some)
            self.sizes.update({name: max(len(one.wire), _LEAST_BYTES) for name, one in stored.items()})
            frontier = [(read, wanted[name]) for name, read in some.items()]

    def document(self, read: Read, options: Options, level: int, above: frozenset[str]) -> dict[str, Json]:
        """An entity with its linked ones inside it."""
        document = rendering.entity_document(read, self.speech, options)
        if level == 0:
            return document
        holder = document["properties"] if "properties" in document and "geometry" in document else document
        within = above | {str(read.entity["id"])}
        for name, instances in projected(read.entity, options):
            outward = self.speech.renaming.outward(name)
            below = _below(options, name)
            places = holder[outward] if isinstance(holder[outward], list) and len(instances) > 1 else [holder[outward]]
            for instance, place in zip(instances, places, strict=False):
                linked = [
                    self._inside(each, below, level - 1, within)
                    for each in targets_of(instance)
                    if each in self.known and each not in within
                ]
                if linked and options.form is Form.SIMPLIFIED:
                    several = isinstance(place, list)
                    holder[outward] = linked if several else linked[0]
                elif linked:
                    several = instance["type"] == "ListRelationship" or isinstance(instance.get("object"), list)
                    place.update({"entityList": linked} if several else {"entity": linked[0]})
        return document

    def _inside(self, name: str, options: Options, level: int, above: frozenset[str]) -> dict[str, Json]:
        """A linked entity to stand inside another: where all lead to each other, they would be told without end."""
        self.inline += self.sizes[name]
        if self.inline > MAX_INLINE_BYTES:
            raise Problem(
                Kind.TOO_MANY,
                f"the linked entities, each as often as it is told, have more than {MAX_INLINE_BYTES} bytes; "
                "ask for fewer levels, or with join=flat",
            )
        return self._bare(self.document(self.known[name], options, level, above))

    def flat(self, reads: Sequence[Read], options: Options) -> Iterator[dict[str, Json]]:
        """Entities, then those that they lead to, each once."""
        told = {str(read.entity["id"]) for read in reads} | self.join.contained
        frontier = [(read, options) for read in reads]
        for read, with_options in frontier:
            yield rendering.entity_document(read, self.speech, with_options)
        for _ in range(self.join.level):
            following: list[tuple[Read, Options]] = []
            for read, with_options in frontier:
                for target, below in _targets(read, with_options):
                    if target in self.known and target not in told:
                        told.add(target)
                        following.append((self.known[target], below))
                        yield rendering.entity_document(self.known[target], self.speech, below)
            frontier = following

    @staticmethod
    def _bare(document: dict[str, Json]) -> dict[str, Json]:
        document.pop("@context", None)
        return document


def targets_of(instance: Mapping[str, Json]) -> Iterator[str]:
    """Ids that an instance of a relationship leads to."""
    if instance["type"] not in _RELATIONSHIPS:
        return
    held = instance.get("object", instance.get("objectList", []))
    for one in held if isinstance(held, list) else [held]:
        target = one.get("object") if isinstance(one, dict) else one
        if isinstance(target, str):
            yield target


def _targets(read: Read, options: Options) -> Iterable[tuple[str, Options]]:
    for name, instances in projected(read.entity, options):
        for instance in instances:
            for target in targets_of(instance):
                yield target, _below(options, name)


def _below(options: Options, name: str) -> Options:
    """How the entities that a relationship leads to are represented."""
    pick = options.pick.linked(name) if options.pick is not None else None
    omit = options.omit.linked(name) if options.omit is not None else None
    return replace(options, attrs=None, datasets=None, pick=pick, omit=omit)
