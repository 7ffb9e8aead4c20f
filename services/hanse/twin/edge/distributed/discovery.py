# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Types and attributes that there are here and at other sources (CIM 009 clauses 5.7.5 to 5.7.11)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hanse.query.model import HasType
from hanse.twin.edge.distributed import sources
from hanse.twin.edge.distributed.calls import Sending, call_all, names_of
from hanse.twin.edge.distributed.sources import Warned
from hanse.twin.edge.http import JSON
from hanse.twin.edge.parameters import boolean
from hanse.twin.edge.problems import Kind, Problem
from hanse.twin.edge.routes import BASE
from hanse.twin.edge.speaking import answered, listen
from hanse.twin.outward import OutwardError
from hanse.twin.registrations.matching import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanse.jsonld import Renaming
    from hanse.twin.edge.distributed.results import Handler
    from hanse.twin.edge.distributed.sources import Source
    from hanse.twin.edge.http import Answer, Request
    from hanse.twin.edge.speaking import Speech
    from hanse.twin.edge.world import World
    from hanse.twin.outward import Reply

Json = Any
_OPERATIONS: Final = {
    f"{BASE}/types": "retrieveEntityTypes",
    f"{BASE}/types/{{type}}": "retrieveEntityTypeInfo",
    f"{BASE}/attributes": "retrieveAttrTypes",
    f"{BASE}/attributes/{{attribute}}": "retrieveAttrTypeInfo",
}
_DETAILS: Final = {"retrieveEntityTypes": "retrieveEntityTypeDetails", "retrieveAttrTypes": "retrieveAttrTypeDetails"}
_NAMES: Final = frozenset({"typeList", "typeName", "typeNames", "attributeList", "attributeName", "attributeNames"})
_COUNTS: Final = frozenset({"entityCount", "attributeCount"})
_OK, _NOT_FOUND = 200, 404


def discovery(path: str, handler: Handler) -> Handler | None:
    """A discovery operation with other sources taking part; None for what is none."""
    operation = _OPERATIONS.get(path)
    if operation is None:
        return None

    def handle(world: World, request: Request) -> Answer:
        if not sources.is_federated(world, request):
            return handler(world, request)
        wished = _DETAILS.get(operation, operation) if boolean(request.parameters, "details") else operation
        speech = listen(world, request)
        found = sources.concerned(world, request, _wanted(request, speech.renaming), frozenset({wished}))
        if not found:
            return handler(world, request)
        return _answered(world, request, speech, handler, _each_once(found))

    return handle


def _wanted(request: Request, renaming: Renaming) -> Wanted:
    if "type" in request.values:
        return Wanted(types=HasType(renaming.inward(request.values["type"].rstrip("/"))))
    if "attribute" in request.values:
        return Wanted(attributes=frozenset({renaming.inward(request.values["attribute"].rstrip("/"))}))
    return Wanted()


def _each_once(found: list[Source]) -> list[Source]:
    """Of several registrations of one source the first: what it counts is counted once."""
    by_place: dict[tuple[str, str], Source] = {}
    for each in found:
        document = each.registration.document
        by_place.setdefault((document["endpoint"].rstrip("/"), document.get("tenant", "")), each)
    return list(by_place.values())


def _answered(world: World, request: Request, speech: Speech, handler: Handler, found: list[Source]) -> Answer:
    missing: Problem | None = None
    body: Json = None
    try:
        body = json.loads(handler(world, request).body)
    except Problem as problem:
        if problem.kind is not Kind.NOT_FOUND:
            raise
        missing = problem
    warnings: list[tuple[str, str]] = []
    sendings = [_sending(world, request, each, speech.renaming) for each in found]
    for sending, reply in zip(sendings, call_all(world, request, sendings), strict=True):
        there = _read(world, speech, sending.source, reply)
        if isinstance(there, tuple):
            warnings.append(sources.warning(world, request, sending.source, *there))
        elif there is not None:
            body = there if body is None else _merged(body, there)
    if body is None:
        raise missing or Problem(Kind.NOT_FOUND, "no source knows of it")
    shown = _without_context(body) if speech.media == JSON else body
    answer = answered(world, request, speech, shown)
    return type(answer)(answer.status, answer.body, answer.media, (*warnings, *answer.headers))


def _sending(world: World, request: Request, source: Source, renaming: Renaming) -> Sending:
    path, names = request.path, names_of(world, source, renaming)
    if names is not renaming:
        for member in request.values.values():
            name = member.rstrip("/")
            path = path.rstrip("/").removesuffix(name) + names.outward(renaming.inward(name))
    details = {"details": "true"} if boolean(request.parameters, "details") else {}
    return Sending(source, "GET", path, details)


def _read(world: World, speech: Speech, source: Source, reply: Reply | OutwardError) -> Json | tuple[str, Warned]:
    """What a source knows, None when it knows nothing; else why it is not known, with the code of the warning."""
    if isinstance(reply, OutwardError):
        return str(reply), Warned.SILENT
    if reply.status == _NOT_FOUND:
        return None
    if reply.status != _OK:
        return f"it answered {reply.status}", Warned.REFUSED
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        body = None
    several = body if isinstance(body, list) else [body]
    if not all(isinstance(each, dict) and isinstance(each.get("id"), str) for each in several):
        return "its answer is no list of types or attributes", Warned.INVALID
    names = names_of(world, source, speech.renaming)
    if names is speech.renaming:
        return body
    return _renamed(body, lambda name: speech.renaming.outward(names.inward(name)))


def _renamed(body: Json, name: Callable[[str], str]) -> Json:
    if isinstance(body, list):
        return [_renamed(each, name) for each in body]
    if not isinstance(body, dict):
        return body
    found = {}
    for member, value in body.items():
        if member not in _NAMES:
            found[member] = _renamed(value, name)
        elif isinstance(value, list):
            found[member] = [name(each) if isinstance(each, str) else each for each in value]
        else:
            found[member] = name(value) if isinstance(value, str) else value
    return found


def _merged(one: Json, other: Json) -> Json:
    """What two places know: lists joined, counts added."""
    if isinstance(one, list) and isinstance(other, list):
        return _joined(one, other)
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one
    found = dict(one)
    for member, value in other.items():
        mine = found.get(member)
        if mine is None:
            found[member] = value
        elif isinstance(mine, list) and isinstance(value, list):
            found[member] = _joined(mine, value)
        elif member in _COUNTS and isinstance(mine, int) and isinstance(value, int):
            found[member] = mine + value
    return found


def _joined(one: list[Json], other: list[Json]) -> list[Json]:
    """Members with an id by that, names by themselves, in order."""
    by_key: dict[str, Json] = {_key(each): each for each in one}
    for each in other:
        key = _key(each)
        by_key[key] = _merged(by_key[key], each) if key in by_key else each
    return [by_key[key] for key in sorted(by_key)]


def _key(each: Json) -> str:
    return str(each.get("id")) if isinstance(each, dict) else str(each)


def _without_context(body: Json) -> Json:
    if isinstance(body, list):
        return [_without_context(each) for each in body]
    return _stripped(body) if isinstance(body, dict) else body


def _stripped(body: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in body.items() if name != "@context"}
