# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which types of entities and which attributes there are (CIM 009 clauses 5.7.5 to 5.7.10 and 6.25 to 6.28)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from hanse.twin.edge.parameters import LOCAL, boolean
from hanse.twin.edge.problems import bad_data, not_found
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.speaking import answered, listen

if TYPE_CHECKING:
    from hanse.jsonld import Renaming
    from hanse.twin.edge.http import Answer, Request
    from hanse.twin.edge.world import World
    from hanse.twin.model import Kind

Json = Any
MAX_NAMES: Final = 10_000


def types(world: World, request: Request) -> Answer:
    """Retrieve available entity types, or with details=true what is known of each."""
    speech = listen(world, request)
    found = world.store(request).types("", MAX_NAMES)
    if boolean(request.parameters, "details"):
        detailed = [_type(kind, speech.renaming) for kind in found]
        return answered(world, request, speech, detailed)
    names = sorted(speech.renaming.outward(kind.name) for kind in found)
    return answered(world, request, speech, _list("EntityTypeList", "typeList", names))


def type_(world: World, request: Request) -> Answer:
    """Retrieve available entity type information: counts, and the kinds of each attribute."""
    speech = listen(world, request)
    name = _stored(request.values["type"], speech.renaming)
    store = world.store(request)
    kind = store.type_of(name)
    if kind is None:
        raise not_found(f"entity type {request.values['type']}")
    details = [_attribute(each, speech.renaming, types=False, count=False) for each in store.attributes_of(name)]
    body = {
        "id": _iri(name, speech.renaming),
        "type": "EntityTypeInfo",
        "typeName": speech.renaming.outward(name),
        "entityCount": kind.count,
        "attributeDetails": details,
    }
    return answered(world, request, speech, body)


def attributes(world: World, request: Request) -> Answer:
    """Retrieve available attributes, or with details=true what is known of each."""
    speech = listen(world, request)
    found = world.store(request).attributes("", MAX_NAMES)
    if boolean(request.parameters, "details"):
        detailed = [_attribute(kind, speech.renaming, kinds=False, count=False) for kind in found]
        return answered(world, request, speech, detailed)
    names = sorted(speech.renaming.outward(kind.name) for kind in found)
    return answered(world, request, speech, _list("AttributeList", "attributeList", names))


def attribute(world: World, request: Request) -> Answer:
    """Retrieve available attribute information."""
    speech = listen(world, request)
    kind = world.store(request).attribute_of(_stored(request.values["attribute"], speech.renaming))
    if kind is None:
        raise not_found(f"attribute {request.values['attribute']}")
    return answered(world, request, speech, _attribute(kind, speech.renaming))


def _list(kind: str, member: str, names: list[str]) -> dict[str, Json]:
    return {"id": f"urn:ngsi-ld:{kind}:all", "type": kind, member: names}


def _type(kind: Kind, renaming: Renaming) -> dict[str, Json]:
    return {
        "id": _iri(kind.name, renaming),
        "type": "EntityType",
        "typeName": renaming.outward(kind.name),
        "attributeNames": [renaming.outward(name) for name in kind.attributes],
    }


def _attribute(
    kind: Kind, renaming: Renaming, *, types: bool = True, kinds: bool = True, count: bool = True
) -> dict[str, Json]:
    body: dict[str, Json] = {
        "id": _iri(kind.name, renaming),
        "type": "Attribute",
        "attributeName": renaming.outward(kind.name),
    }
    if count:
        body["attributeCount"] = kind.count
    if kinds:
        body["attributeTypes"] = list(kind.kinds)
    if types:
        body["typeNames"] = [renaming.outward(name) for name in kind.types]
    return body


def _iri(name: str, renaming: Renaming) -> str:
    """The IRI of a stored name; ids here are URIs, whatever letters a name has."""
    return quote(renaming.stored.iri(name), safe=":/?#[]@!$&'()*+,;=%~")


def _stored(text: str, renaming: Renaming) -> str:
    text = text.rstrip("/")
    if len(text) > 2_048 or any(letter in text for letter in " <>\"{}|\\^`'();"):  # noqa: PLR2004
        raise bad_data(f"{text[:100]!r} is neither a name nor a URI")
    return renaming.inward(text)


_ALL = LOCAL | {"details"}
ROUTES: Final = (
    Route(f"{BASE}/types/{{type}}", {"GET": type_}, {"GET": LOCAL}),
    Route(f"{BASE}/types", {"GET": types}, {"GET": _ALL}),
    Route(f"{BASE}/attributes/{{attribute}}", {"GET": attribute}, {"GET": LOCAL}),
    Route(f"{BASE}/attributes", {"GET": attributes}, {"GET": _ALL}),
)
