# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A batch of entities on its way into the twin: each becomes a row or a refusal; identity of source and entity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanse.contracts.parsing import DocumentError, Limits, parse
from hanse.kernel.errors import FieldViolation, HanseError, InvalidInputError
from hanse.kernel.ids import new_urn
from hanse.twin import rows
from hanse.twin.model import CONTRACT, MAX_ENTITY_BYTES, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hanse.kernel.clock import Clock
    from hanse.twin.model import Aliases

Json = Any
_LIMITS = Limits(max_bytes=MAX_ENTITY_BYTES)


@dataclass(frozen=True, slots=True)
class Item:
    """An entity as it was sent: what its head says, and its JSON."""

    id: str
    type: str
    contract: str
    dataset: str
    json: bytes


@dataclass(frozen=True, slots=True)
class Home:
    """Where entities are to live: the city, its coordinate system, the data set."""

    authority: str
    city_crs: str
    dataset: str

    def owns(self, entity_id: str) -> bool:
        """Whether an id is one of this city's."""
        return entity_id.startswith(f"urn:hanse:{self.authority}:")


def parsed(data: bytes, limits: Limits) -> Json:
    """JSON, strictly read. Raises InvalidInputError CONTRACT_VIOLATION."""
    try:
        return parse(data, limits)
    except DocumentError as error:
        raise InvalidInputError(
            f"not a JSON document that can be taken: {error}",
            remedy="Send UTF-8 JSON (RFC 8259) within the limits.",
            reason="CONTRACT_VIOLATION",
        ) from None


def prepare(items: Sequence[Item], home: Home, aliases: Aliases, clock: Clock) -> list[Row | HanseError]:
    """A row for each item, or why it is refused."""
    read = [_read(item, home) for item in items]
    entities = [entity for entity in read if isinstance(entity, dict)]
    adopt = Adoption(home, dict(aliases(foreign_ids(entities, home))), clock)
    return [entity if isinstance(entity, HanseError) else _row(entity, adopt) for entity in read]


def _read(item: Item, home: Home) -> dict[str, Json] | HanseError:
    try:
        entity = parsed(item.json, _LIMITS)
    except HanseError as error:
        return error
    if not isinstance(entity, dict):
        return _refusal("", "an entity is a JSON object")
    if item.contract not in ("", CONTRACT):
        return _refusal("", f"the contract {item.contract[:40]!r} is not {CONTRACT}")
    if item.dataset not in ("", home.dataset):
        return _refusal("", f"the entity says data set {item.dataset[:200]!r}, its batch {home.dataset!r}")
    for name, said in (("id", item.id), ("type", item.type)):
        if said and entity.setdefault(name, said) != said:
            return _refusal(f"/{name}", f"the JSON says another {name} than the message, {said[:200]!r}")
    return entity


def _refusal(pointer: str, reason: str) -> InvalidInputError:
    violation = FieldViolation(pointer, reason)
    return InvalidInputError(reason, remedy="Correct the entity.", reason="CONTRACT_VIOLATION", violations=[violation])


def _row(entity: dict[str, Json], adopt: Adoption) -> Row | HanseError:
    try:
        own, source_id = adopt(entity)
        return rows.row(own, adopt.home.city_crs, source_id=source_id)
    except HanseError as error:
        return error


def foreign_ids(entities: Sequence[Mapping[str, Json]], home: Home) -> Iterator[str]:
    """Ids that are not this city's: they are source ids."""
    for entity in entities:
        given = entity.get("id")
        if isinstance(given, str) and given and not home.owns(given):
            yield given


@dataclass(frozen=True, slots=True)
class Adoption:
    """Makes entities this city's own: their data set named, an id of another authority kept as the source id.

    `known` are entity ids by source id; what is adopted is added, so that a source id met twice is one entity.
    """

    home: Home
    known: dict[str, str]
    clock: Clock

    def __call__(self, entity: Mapping[str, Json]) -> tuple[dict[str, Json], str]:
        """The entity as it is to be stored, and its source id if the id given was one.

        Raises:
            InvalidInputError: CONTRACT_VIOLATION, the entity names another data set.
        """
        said = entity.get("dataset")
        named = said.get("object") if isinstance(said, dict) else said
        if "dataset" in entity and named != self.home.dataset:
            reason = f"names the data set {str(named)[:200]!r}, but is sent to {self.home.dataset!r}; leave it out"
            raise _refusal("/dataset", reason)
        own = {**entity, "dataset": {"type": "Relationship", "object": self.home.dataset}}
        if "id" not in entity:
            own["id"] = new_urn(self.home.authority, kind_of(entity.get("type")), self.clock)
            return own, ""
        given = entity["id"]
        if not isinstance(given, str) or not given or self.home.owns(given):
            return own, ""  # its own, or one that validation refuses
        own["id"] = self.urn(given, entity.get("type"))
        own.setdefault("sourceId", {"type": "Property", "value": given})
        return own, given

    def urn(self, source_id: str, type_: Json) -> str:
        """The entity's id: the one it has had, or a new one."""
        if source_id not in self.known:
            self.known[source_id] = new_urn(self.home.authority, kind_of(type_), self.clock)
        return self.known[source_id]


def kind_of(type_: Json) -> str:
    """How a type stands in a URN."""
    return re.sub(r"[^a-z0-9-]", "", str(type_).lower())[:63] or "entity"
