# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Evolutions of entities written over HTTP (CIM 009 clauses 5.6.11 to 5.6.16, 6.18 to 6.22)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse.kernel.clock import timestamp
from hanse.ngsild import Nulls
from hanse.twin.adapters.history.altering import Altering
from hanse.twin.adapters.history.store import SqlHistory, sql_history
from hanse.twin.edge.http import Answer
from hanse.twin.edge.ngsild.entities import entity_uri, quoted
from hanse.twin.edge.parameters import LOCAL, boolean
from hanse.twin.edge.problems import Kind, Problem, bad_data, not_found
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.speaking import listen, received, tenant_header
from hanse.twin.edge.temporal.evolving import instance_id
from hanse.twin.history.instances import dataset_of, decode
from hanse.twin.history.model import Span, TimeOf, Track

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World
    from hanse.twin.history.instances import Point

Json = Any


def uri(text: str) -> str:
    """An entity's id from a path. Raises Problem."""
    if text.startswith("/"):
        raise bad_data("the path lacks an entity id")
    return entity_uri(text)


def post(world: World, request: Request) -> Answer:
    """Create or update an evolution."""
    document, speech = received(world, request)
    evolution = ngsild.canonicalise(document, speech.renaming, temporal=True)
    store = world.store(request, create=True)
    made = sql_history(store, world.crs, world.clock).record(evolution, world.settled(store))
    if not made:
        return Answer(204, headers=tenant_header(request))
    location = ("Location", f"{BASE}/temporal/entities/{quoted(evolution['id'])}")
    return Answer(201, headers=(location, *tenant_header(request)))


def delete(world: World, request: Request) -> Answer:
    """Delete an evolution; the entity stays, unless it came to be by this."""
    entity_id, history = uri(request.values["id"]), _history(world, request)
    if history.twin.reader.by_id(entity_id) is None and not history.series(entity_id):
        raise not_found(f"evolution of an entity {entity_id}")
    Altering(history).delete_evolution(entity_id)
    return Answer(204, headers=tenant_header(request))


def append(world: World, request: Request) -> Answer:
    """Add attributes' instances to an evolution."""
    entity_id = uri(request.values["id"])
    document, speech = received(world, request)
    store = world.store(request)
    head = store.reader.by_id(entity_id)
    placeholder = {"id": entity_id, "type": "Thing"}
    given = {name: value for name, value in document.items() if name not in ("id", "@id", "type", "@type")}
    evolution = ngsild.canonicalise({**placeholder, **given}, speech.renaming, temporal=True)
    if len(evolution) == len(placeholder):
        raise bad_data("the fragment is empty: give attributes")
    if head is None:
        raise not_found(f"evolution of an entity {entity_id}")
    evolution["type"] = json.loads(head.json)["type"]
    sql_history(store, world.crs, world.clock).record(evolution, world.settled(store), create=False)
    return Answer(204, headers=tenant_header(request))


def delete_attribute(world: World, request: Request) -> Answer:
    """Delete an attribute from an evolution: the default instance's, one datasetId's, or all."""
    entity_id, attribute = uri(request.values["id"]), request.values["attribute"]
    speech = listen(world, request)
    name = "scope" if attribute == "scope" else ngsild.attribute_name(attribute, speech.renaming)
    every, dataset = boolean(request.parameters, "deleteAll"), request.parameters.get("datasetId")
    if dataset is not None:
        ngsild.parse_datasets(dataset)
    history = _history(world, request)
    _existing(history, entity_id, name)
    wanted = None if every else dataset or ""
    if wanted is not None and all(one.instance != wanted for one in history.series(entity_id, [name])):
        raise not_found(f"attribute {name} with that datasetId in the evolution of {entity_id}")
    Altering(history).forget(entity_id, name, wanted)
    return Answer(204, headers=tenant_header(request))


def patch_instance(world: World, request: Request) -> Answer:
    """Change one instance of an attribute; it keeps its instanceId."""
    entity_id, attribute = uri(request.values["id"]), request.values["attribute"]
    document, speech = received(world, request, merge_patch=True)
    name = ngsild.attribute_name(attribute, speech.renaming)
    wanted = _instance_uri(request.values["instance"])
    history = _history(world, request)
    _existing(history, entity_id, name)
    track, point = _point(world, history, entity_id, name, wanted)
    before = decode(point, track.shape)
    nested = document.get(attribute, document)
    fragment = nested[0] if isinstance(nested, list) and len(nested) == 1 else nested
    target = {name: {k: v for k, v in before.items() if k not in _TIMES}}
    _, change = ngsild.canonicalise_attribute(fragment, attribute, speech.renaming, Nulls.CONTENTS, target=target)
    changed = {**target[name], **{k: v for k, v in change.items() if k != "datasetId"}}
    if dataset_of(change) not in ("", track.dataset_id):
        raise bad_data("the datasetId of an instance stays")
    Altering(history).change(track, point, changed, wanted, timestamp(world.clock.now()))
    return Answer(204, headers=tenant_header(request))


def delete_instance(world: World, request: Request) -> Answer:
    """Delete one instance of an attribute."""
    entity_id, attribute = uri(request.values["id"]), request.values["attribute"]
    speech = listen(world, request)
    name = ngsild.attribute_name(attribute, speech.renaming)
    wanted = _instance_uri(request.values["instance"])
    history = _history(world, request)
    _existing(history, entity_id, name)
    track, point = _point(world, history, entity_id, name, wanted)
    Altering(history).change(track, point, None, wanted, timestamp(world.clock.now()))
    return Answer(204, headers=tenant_header(request))


def _existing(history: SqlHistory, entity_id: str, name: str) -> None:
    living = history.twin.reader.by_id(entity_id)
    if living is None and not history.series(entity_id):
        raise not_found(f"evolution of an entity {entity_id}")
    if not history.series(entity_id, [name]):
        raise not_found(f"attribute {name} in the evolution of {entity_id}")


def _instance_uri(text: str) -> str:
    """An instanceId from a path. Raises Problem."""
    if ":" not in text:
        raise Problem(Kind.BAD_REQUEST_DATA, f"{text[:200]!r} is no URI, as ids of instances are")
    return text


def _point(world: World, history: SqlHistory, entity_id: str, name: str, wanted: str) -> tuple[Track, Point]:
    """The instance of that id: by the time in it, or, of one that was moved, by looking. Raises Problem."""
    for track in _tracks(history, entity_id, name, wanted):
        for point in track.points:
            found = decode(point, track.shape).get("instanceId")
            if (found or instance_id(world.config.city.authority, track, point.time_us)) == wanted:
                return track, point
    raise not_found(f"instance {wanted} of {name}")


def _tracks(history: SqlHistory, entity_id: str, name: str, wanted: str) -> Iterator[Track]:
    head = history.head(entity_id)
    if head is None:
        return
    time = wanted.rpartition("-")[2]
    if time.isascii() and time.isdecimal() and len(time) < _DIGITS:
        for kind in (TimeOf.ANY, TimeOf.DELETED):
            yield from history.tracks([head], [name], Span(int(time), int(time) + 1, time=kind))
    yield from history.tracks([head], [name], Span())


def _history(world: World, request: Request) -> SqlHistory:
    return sql_history(world.store(request), world.crs, world.clock)


_TIMES: Final = ("createdAt", "modifiedAt", "instanceId", "deletedAt")
_DIGITS: Final = 18


def attribute_routes() -> tuple[Route, ...]:
    """Routes of attributes and their instances, longer paths first."""
    base = f"{BASE}/temporal/entities/{{id}}/attrs"
    return (
        Route(
            f"{base}/{{attribute}}/{{instance}}",
            {"PATCH": patch_instance, "DELETE": delete_instance},
            {"PATCH": LOCAL, "DELETE": LOCAL},
        ),
        Route(f"{base}/{{attribute}}", {"DELETE": delete_attribute}, {"DELETE": LOCAL | {"deleteAll", "datasetId"}}),
        Route(base, {"POST": append}, {"POST": LOCAL}),
    )
