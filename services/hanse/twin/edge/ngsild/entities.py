# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""One entity and its attributes over HTTP (CIM 009 clauses 6.4 to 6.7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from hanse import ngsild
from hanse.ngsild import Nulls
from hanse.twin.edge.http import Answer
from hanse.twin.edge.ngsild import boxes, changing, linking, rendering
from hanse.twin.edge.ngsild.changing import Item, existing, single
from hanse.twin.edge.ngsild.querying import PURGE_PARAMETERS, QUERY_PARAMETERS, purge, query
from hanse.twin.edge.parameters import LOCAL, REPRESENTATION, boolean, options_asked, options_of
from hanse.twin.edge.problems import Kind, Problem, bad_data, not_found
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.speaking import ENTITY_OFFER, dumped, listen, received, tenant_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.ngsild import Outcome
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.speaking import Speech
    from hanse.twin.edge.world import World

Json = Any
_URI: Final = re.compile(r"[^\x00-\x20<>\"{}|\\^`:]+:[^\x00-\x20<>\"{}|\\^`]{1,2000}")
_UNTOUCHED: Final = frozenset[str]()
_JOINS: Final = frozenset({"join", "joinLevel", "containedBy"})


def post(world: World, request: Request) -> Answer:
    """Create an entity."""
    document, speech = received(world, request)
    entity = ngsild.canonicalise(document, speech.renaming)
    single(world, world.store(request, create=True), changing.create(entity))
    return Answer(201, headers=(("Location", f"{BASE}/entities/{quoted(entity['id'])}"), *tenant_header(request)))


def get(world: World, request: Request) -> Answer:
    """Retrieve an entity (clause 5.7.1)."""
    entity_id = entity_uri(request.values["id"])
    speech = listen(world, request, ENTITY_OFFER)
    options = options_of(request.parameters, speech.renaming)
    store = world.store(request)
    stored = store.reader.living(entity_id)
    if stored is None:
        raise not_found(f"entity {entity_id}")
    join = linking.asked(request.parameters, options)
    if join is not None:
        return linking.joined(world, request, speech, options, join, [stored], store, single=True)
    if not options.plain and not ngsild.has_wanted(rendering.Read.of(stored).entity, options):
        raise not_found(f"entity {entity_id} with one of the attributes asked for")
    return rendering.one(world, request, speech, options, stored)


def put(world: World, request: Request) -> Answer:
    """Replace an entity (clause 5.6.18)."""
    entity_id = entity_uri(request.values["id"])
    document, speech = received(world, request)
    if document.get("id", entity_id) != entity_id and document.get("@id", entity_id) != entity_id:
        raise bad_data(f"the body's id is not that of the path, {entity_id}")
    new = ngsild.canonicalise({"id": entity_id, **document}, speech.renaming)
    if new["id"] != entity_id:
        raise bad_data(f"the body's id is not that of the path, {entity_id}")
    store = world.store(request)
    single(world, store, Item(entity_id, lambda before: ngsild.replace(existing(entity_id, before), new)))
    return Answer(204, headers=tenant_header(request))


def patch(world: World, request: Request) -> Answer:
    """Merge an entity (clause 5.6.17)."""
    entity_id = entity_uri(request.values["id"])
    document, speech = received(world, request, merge_patch=True)
    parameters = request.parameters
    options_asked(parameters, _UNTOUCHED)
    observed = parameters.get("observedAt")
    if observed is not None:
        ngsild.canonicalise_fragment({"x": {"value": 1, "observedAt": observed}}, speech.renaming, Nulls.NOWHERE)
    if document.get("id", entity_id) != entity_id:
        raise bad_data(f"the body's id is not that of the path, {entity_id}")

    def apply(before: Mapping[str, Json] | None) -> Outcome:
        fragment = ngsild.canonicalise_fragment(
            document, speech.renaming, Nulls.ANYWHERE, target=before or {}, lang=parameters.get("lang")
        )
        target = existing(entity_id, before)
        return ngsild.merge(target, fragment, observed_at=observed)

    single(world, world.store(request), Item(entity_id, apply))
    return Answer(204, headers=tenant_header(request))


def delete(world: World, request: Request) -> Answer:
    """Delete an entity."""
    entity_id = entity_uri(request.values["id"])
    single(world, world.store(request), changing.delete(entity_id))
    return Answer(204, headers=tenant_header(request))


def append(world: World, request: Request) -> Answer:
    """Append attributes (clause 5.6.3)."""
    flags = options_asked(request.parameters, frozenset({"noOverwrite"})).flags
    return _attributes(world, request, "append", overwrite="noOverwrite" not in flags)


def update(world: World, request: Request) -> Answer:
    """Update attributes (clause 5.6.2)."""
    return _attributes(world, request, "update")


def _attributes(world: World, request: Request, operation: str, *, overwrite: bool = True) -> Answer:
    entity_id = entity_uri(request.values["id"])
    document, speech = received(world, request, merge_patch=request.method == "PATCH")
    nulls = Nulls.NOWHERE if operation == "append" else Nulls.CONTENTS
    fragment = ngsild.canonicalise_fragment(document, speech.renaming, nulls)
    if not fragment:
        raise bad_data("the fragment is empty: give attributes")

    def apply(before: Mapping[str, Json] | None) -> Outcome:
        target = existing(entity_id, before)
        if operation == "append":
            return ngsild.append(target, fragment, overwrite=overwrite)
        return ngsild.update(target, fragment)

    outcome = single(world, world.store(request), Item(entity_id, apply))
    if not outcome.not_updated:
        return Answer(204, headers=tenant_header(request))
    return Answer(207, dumped(update_result(outcome, speech)), "application/json", tenant_header(request))


def update_result(outcome: Outcome, speech: Speech) -> dict[str, Json]:
    """What was and what was not updated (clause 5.2.18), by IRIs, since the answer brings no context."""
    stored = speech.renaming.stored
    left: list[dict[str, Json]] = []
    for one in outcome.not_updated:
        entry: dict[str, Json] = {"attributeName": stored.iri(one.attribute), "reason": one.reason}
        left.append(entry if one.dataset_id is None else {**entry, "datasetId": one.dataset_id})
    return {"updated": [stored.iri(name) for name in outcome.updated], "notUpdated": left}


def patch_attribute(world: World, request: Request) -> Answer:
    """Partial attribute update (clause 5.6.4)."""
    entity_id = entity_uri(request.values["id"])
    document, speech = received(world, request, merge_patch=True)

    def apply(before: Mapping[str, Json] | None) -> Outcome:
        name, fragment = ngsild.canonicalise_attribute(
            document, request.values["attribute"], speech.renaming, Nulls.CONTENTS, target=before or {}
        )
        target = existing(entity_id, before)
        return ngsild.update_attribute(target, name, fragment)

    single(world, world.store(request), Item(entity_id, apply))
    return Answer(204, headers=tenant_header(request))


def put_attribute(world: World, request: Request) -> Answer:
    """Replace an attribute (clause 5.6.19)."""
    entity_id, attribute = entity_uri(request.values["id"]), request.values["attribute"]
    document, speech = received(world, request)
    name = ngsild.attribute_name(attribute, speech.renaming)
    fragment = ngsild.canonicalise_fragment({attribute: document}, speech.renaming, Nulls.NOWHERE)
    instance = fragment[name]

    def apply(before: Mapping[str, Json] | None) -> Outcome:
        return ngsild.replace_attribute(existing(entity_id, before), name, instance)

    single(world, world.store(request), Item(entity_id, apply))
    return Answer(204, headers=tenant_header(request))


def delete_attribute(world: World, request: Request) -> Answer:
    """Delete an attribute (clause 5.6.5)."""
    entity_id, attribute = entity_uri(request.values["id"]), request.values["attribute"]
    speech = listen(world, request)
    name = "scope" if attribute == "scope" else ngsild.attribute_name(attribute, speech.renaming)
    every = boolean(request.parameters, "deleteAll")
    dataset = request.parameters.get("datasetId")
    if dataset is not None:
        ngsild.parse_datasets(dataset)

    def apply(before: Mapping[str, Json] | None) -> Outcome:
        return ngsild.delete_attribute(existing(entity_id, before), name, dataset, delete_all=every)

    single(world, world.store(request), Item(entity_id, apply))
    return Answer(204, headers=tenant_header(request))


def entity_uri(text: str) -> str:
    """An entity id from a path. Raises Problem."""
    text = text.rstrip("/")
    if not _URI.fullmatch(text):
        raise Problem(Kind.BAD_REQUEST_DATA, f"{text[:200]!r} is no URI, as ids of entities are")
    return text


def quoted(entity_id: str) -> str:
    """An entity id as a part of a path."""
    return quote(entity_id, safe=":@!$&'()*+,;=~/")


_ONE = REPRESENTATION | _JOINS | LOCAL | {"type", "csf", "entityMap", "geometryProperty"}
_WRITE = LOCAL | {"type"}
ROUTES: Final = (
    Route(
        f"{BASE}/entities/{{id}}/attrs/{{attribute}}",
        {"PATCH": patch_attribute, "PUT": put_attribute, "DELETE": delete_attribute},
        {"PATCH": _WRITE, "PUT": _WRITE, "DELETE": _WRITE | {"deleteAll", "datasetId"}},
    ),
    Route(
        f"{BASE}/entities/{{id}}/attrs",
        {"POST": append, "PATCH": update},
        {"POST": _WRITE | {"options"}, "PATCH": _WRITE | {"options"}},
    ),
    Route(
        f"{BASE}/entities/{{id}}",
        {"GET": get, "PUT": put, "PATCH": patch, "DELETE": delete},
        {
            "GET": _ONE,
            "PUT": _WRITE | {"options", "format"},
            "PATCH": _WRITE | {"options", "format", "observedAt", "lang"},
            "DELETE": _WRITE,
        },
        inline=frozenset({"GET"}),
        quick={"GET": get},
    ),
    Route(
        f"{BASE}/entities",
        {"GET": query, "POST": post, "DELETE": purge},
        {"GET": QUERY_PARAMETERS, "POST": LOCAL | {"options", "format"}, "DELETE": PURGE_PARAMETERS},
        quick={"GET": boxes.in_box},
    ),
)
