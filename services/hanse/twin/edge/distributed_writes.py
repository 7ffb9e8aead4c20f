# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities written here and at other sources (CIM 009 clauses 4.3.6, 5.6 and 6.3.17).

What a registration holds alone (exclusive, redirect) is written there and not here; what is inclusive is written in
both places; an auxiliary source is never written to. What was done in part is told with 207.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse import query as languages
from hanse.ngsild import kinds
from hanse.query.model import HasType, Or
from hanse.twin.edge import batches, querying, sources
from hanse.twin.edge.distributed_reads import registered
from hanse.twin.edge.http import Answer, Request, problem_answer
from hanse.twin.edge.problems import KNOWN, Kind, Problem, problem_of
from hanse.twin.edge.routes import BASE
from hanse.twin.edge.sources import Sending, Source
from hanse.twin.edge.speaking import dumped, link_context, local_context, parsed, tenant_header
from hanse.twin.edge.subscriptions import uri_of
from hanse.twin.outward import OutwardError
from hanse.twin.registrations.matching import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.query import Predicate
    from hanse.twin.edge.world import World
    from hanse.twin.outward import Reply

    Handler = Callable[[World, Request], Answer]

Json = Any
_GOOD: Final = range(200, 300)
_MULTI: Final = 207
_HEAD: Final = kinds.ENTITY_MEMBERS | {"@context", "@id", "@type", "expiresAt"}


@dataclass(frozen=True, slots=True)
class Part:
    """What came of a part of a request: at a source, or, without one, here."""

    source: Source | None
    status: int
    problem: dict[str, Json] | None
    answer: Answer | None = None


def whole(operation: str, handler: Handler) -> Handler:
    """An operation upon one entity with a body that holds attributes."""

    def handle(world: World, request: Request) -> Answer:
        if not sources.is_federated(world, request):
            return handler(world, request)
        document = parsed(request, merge_patch=request.method == "PATCH")
        if not isinstance(document, dict):
            return handler(world, request)
        renaming = world.contexts.renaming(local_context(request, document))
        entity_id = request.values.get("id") or document.get("id") or document.get("@id")
        if not isinstance(entity_id, str) or ":" not in entity_id:
            return handler(world, request)
        entity_id = entity_id.rstrip("/")
        named = _names(document, renaming)
        wanted = Wanted(frozenset({entity_id}), None, _types(world, request, entity_id, document, renaming), named)
        found = _to_write(world, request, wanted, operation)
        if not found:
            return handler(world, request)
        _checked(operation, document, renaming)
        sendings = []
        rest: dict[str, Json] | None = document
        for source in found:
            names = registered(source)
            given = document if names is None else _with(document, names, renaming)
            sendings.append(_forward(request, source, request.path, given))
            if source.alone and rest is not None:
                rest = None if names is None else _rest(rest, names, renaming)
        local = None if rest is None else _with_body(request, rest)
        return _answer(request, entity_id, _carried_out(world, request, sendings, handler, local))

    return handle


def upon_attribute(operation: str, handler: Handler) -> Handler:
    """An operation upon one attribute."""

    def handle(world: World, request: Request) -> Answer:
        if not sources.is_federated(world, request):
            return handler(world, request)
        entity_id = uri_of(request.values["id"])
        document = parsed(request, merge_patch=True) if request.body else None
        renaming = world.contexts.renaming(local_context(request, document) if request.body else _linked(request))
        name = renaming.inward(request.values["attribute"].rstrip("/"))
        types = _types(world, request, entity_id, {}, renaming)
        wanted = Wanted(frozenset({entity_id}), None, types, frozenset({name}))
        found = _to_write(world, request, wanted, operation)
        if not found:
            return handler(world, request)
        sendings = [_as_it_is(request, source) for source in found]
        local = None if any(source.alone for source in found) else request
        return _answer(request, entity_id, _carried_out(world, request, sendings, handler, local))

    return handle


def removal(handler: Handler) -> Handler:
    """Delete an entity."""

    def handle(world: World, request: Request) -> Answer:
        if not sources.is_federated(world, request):
            return handler(world, request)
        entity_id = uri_of(request.values["id"])
        renaming = world.contexts.renaming(_linked(request))
        wanted = Wanted(frozenset({entity_id}), None, _types(world, request, entity_id, {}, renaming))
        found = _to_write(world, request, wanted, "deleteEntity")
        if not found:
            return handler(world, request)
        sendings = [_as_it_is(request, source) for source in found]
        elsewhere = any(source.alone and registered(source) is None for source in found)
        local = None if elsewhere else request
        return _answer(request, entity_id, _carried_out(world, request, sendings, handler, local))

    return handle


def purge(world: World, request: Request) -> Answer:
    """Purge entities."""
    if not sources.is_federated(world, request):
        return querying.purge(world, request)
    renaming = world.contexts.renaming(_linked(request))
    types = request.parameters.get("type")
    wanted = Wanted(types=languages.parse_types(types, renaming.inward) if types and types != "*" else None)
    found = _to_write(world, request, wanted, "purgeEntity")
    if not found:
        return querying.purge(world, request)
    parts = _carried_out(world, request, [_as_it_is(request, each) for each in found], querying.purge, request)
    return _answer(request, "", parts)


def batch(operation: str, handler: Handler) -> Handler:
    """A batch operation upon entities, or, of ids, their deletion."""

    def handle(world: World, request: Request) -> Answer:
        if not sources.is_federated(world, request):
            return handler(world, request)
        documents = parsed(request)
        if not isinstance(documents, list) or not documents:
            return handler(world, request)
        given: dict[str, tuple[Source, list[Json]]] = {}
        rest: list[Json] = []
        for document in documents:
            left = _divided(world, request, document, operation, given)
            if left is not None:
                rest.append(left)
        if not given:
            return handler(world, request)
        sendings = [
            Sending(source, "POST", request.path, request.parameters, dumped(some), request.media)
            for source, some in given.values()
        ]
        local = _with_body(request, rest) if rest else None
        parts = _carried_out(world, request, sendings, handler, local)
        sent = [[_named(one) for one in some] for _, some in given.values()]
        return _batch_answer(request, operation, parts, sent, [_named(one) for one in rest])

    return handle


def _divided(
    world: World, request: Request, document: Json, operation: str, given: dict[str, tuple[Source, list[Json]]]
) -> Json | None:
    """Puts what others hold of an entity to what is sent to them; gives what is left for this place."""
    entity_id = _named(document)
    if ":" not in entity_id:
        return document
    whole_ = document if isinstance(document, dict) else {}
    renaming = world.contexts.renaming(local_context(request, whole_) if whole_ else _linked(request))
    named = _names(whole_, renaming) if whole_ else None
    wanted = Wanted(frozenset({entity_id}), None, _types(world, request, entity_id, whole_, renaming), named)
    rest: Json | None = document
    for source in _to_write(world, request, wanted, operation):
        names = registered(source) if whole_ else None
        part = document if names is None else _with(whole_, names, renaming)
        given.setdefault(source.registration.id, (source, []))[1].append(part)
        if source.alone and rest is not None:
            everything = registered(source) is None
            if whole_:
                rest = None if everything else _rest(rest, names or frozenset(), renaming)
            elif everything:
                rest = None
    return rest


def _named(document: Json) -> str:
    if isinstance(document, dict):
        found = document.get("id", document.get("@id"))
        return found if isinstance(found, str) else ""
    return document if isinstance(document, str) else ""


def _to_write(world: World, request: Request, wanted: Wanted, operation: str) -> list[Source]:
    found = sources.concerned(world, request, wanted, frozenset({operation}))
    return [source for source in found if source.mode != "auxiliary"]


def _names(document: Mapping[str, Json], renaming: Renaming) -> frozenset[str] | None:
    return frozenset(renaming.inward(name) for name in document if name not in _HEAD) or None


def _types(
    world: World, request: Request, entity_id: str, document: Mapping[str, Json], renaming: Renaming
) -> Predicate | None:
    """An entity's types: of the body, of the parameter type, or as it is held here; None when nobody says."""
    given = document.get("type", document.get("@type"))
    names = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    stored = [renaming.inward(name) for name in names if isinstance(name, str)]
    if not stored and request.parameters.get("type"):
        stored = [renaming.inward(request.parameters["type"])]
    if not stored:
        held = world.store(request, create=True).reader.by_id(entity_id)
        if held is None:
            return None
        named = json.loads(held.json)["type"]
        stored = named if isinstance(named, list) else [named]
    return Or(tuple(HasType(name) for name in stored))


def _checked(operation: str, document: Json, renaming: Renaming) -> None:
    """A body that is none is sent nowhere. Raises BadRequestDataError."""
    if operation in {"createEntity", "replaceEntity"}:
        ngsild.canonicalise({"id": "urn:x:y", **document}, renaming)


def _with(document: Mapping[str, Json], names: frozenset[str], renaming: Renaming) -> dict[str, Json]:
    return {name: value for name, value in document.items() if name in _HEAD or renaming.inward(name) in names}


def _rest(document: Mapping[str, Json], names: frozenset[str], renaming: Renaming) -> dict[str, Json] | None:
    """A document without attributes that are another's; None when there is nothing left."""
    found = {name: value for name, value in document.items() if name in _HEAD or renaming.inward(name) not in names}
    return found if found.keys() - _HEAD else None


def _forward(request: Request, source: Source, path: str, body: Json) -> Sending:
    return Sending(source, request.method, path, request.parameters, dumped(body), request.media)


def _as_it_is(request: Request, source: Source) -> Sending:
    media = request.media if request.body else ""
    return Sending(source, request.method, request.path, request.parameters, request.body, media)


def _with_body(request: Request, body: Json) -> Request:
    other = Request(
        request.method, request.path, request.query_string, request.headers, dumped(body), request.authority
    )
    other.values, other.subject = request.values, request.subject
    return other


def _linked(request: Request) -> Json:
    return link_context(request)


def _carried_out(
    world: World, request: Request, sendings: Sequence[Sending], handler: Handler, local: Request | None
) -> list[Part]:
    """Here first, where that is asked for, then at the sources at once."""
    parts: list[Part] = []
    if local is not None:
        parts.append(_here(world, handler, local))
    replies = sources.call_all(world, request, sendings)
    for sending, reply in zip(sendings, replies, strict=True):
        parts.append(_there(sending.source, reply))
    return parts


def _here(world: World, handler: Handler, request: Request) -> Part:
    try:
        answer = handler(world, request)
    except KNOWN as error:
        problem = problem_of(error)
        return Part(None, problem.kind.status, problem.document(), problem_answer(problem))
    return Part(None, answer.status, None, answer)


def _there(source: Source, reply: Reply | OutwardError) -> Part:
    if isinstance(reply, OutwardError):
        problem = Problem(Kind.BAD_GATEWAY, f"{source.name}: {reply}")
        return Part(source, Kind.BAD_GATEWAY.status, problem.document())
    if reply.status in _GOOD and reply.status != _MULTI:
        return Part(source, reply.status, None, Answer(reply.status, reply.body))
    return Part(source, reply.status, sources.problem_of_reply(source, reply), Answer(reply.status, reply.body))


def _answer(request: Request, entity_id: str, parts: Sequence[Part]) -> Answer:
    """One answer of all parts: as if done here when all went well, 207 when some did (clause 6.3.17)."""
    wrong = [part for part in parts if part.problem is not None]
    mixed = [part for part in parts if part.status == _MULTI]
    if not wrong and not mixed:
        own = next((part.answer for part in parts if part.source is None), None)
        if own is not None:
            return own
        created = request.method == "POST" and not request.values
        location = (("Location", f"{BASE}/entities/{entity_id}"),) if created else ()
        return Answer(201 if created else 204, headers=(*location, *tenant_header(request)))
    if len(wrong) == len(parts) == 1:
        return _failed(wrong)
    errors = [_error(entity_id, part) for part in wrong]
    success = [entity_id] if len(wrong) < len(parts) else []
    return Answer(207, dumped({"success": success, "errors": errors}), "application/json", tenant_header(request))


def _failed(wrong: Sequence[Part]) -> Answer:
    """Nothing was done: what was wrong here tells most, else what the first source said."""
    first = wrong[0]
    if first.source is None and first.answer is not None:
        return first.answer
    document = first.problem or {}
    return Answer(first.status, dumped(document), "application/problem+json")


def _error(entity_id: str, part: Part) -> dict[str, Json]:
    found: dict[str, Json] = {"entityId": entity_id, "error": part.problem}
    return found if part.source is None else {**found, "registrationId": part.source.registration.id}


def _batch_answer(
    request: Request, operation: str, parts: Sequence[Part], sent: Sequence[Sequence[str]], here: Sequence[str]
) -> Answer:
    """BatchOperationResult over all places (clause 5.2.16)."""
    success: dict[str, None] = {}
    errors: list[Json] = []
    ids = ([here] if parts and parts[0].source is None else []) + list(sent)
    for part, named in zip(parts, ids, strict=True):
        result = _result(part)
        if result is not None:
            success |= dict.fromkeys(result.get("success", ()))
            more = result.get("errors", ())
            registration = part.source.registration.id if part.source else None
            errors += [{**one, "registrationId": registration} if registration else one for one in more]
        elif part.problem is not None:
            errors += [_error(each, part) for each in named]
        else:
            success |= dict.fromkeys(named)
    if errors:
        failed = {one.get("entityId") for one in errors}
        done = [each for each in success if each not in failed]
        body = dumped({"success": done, "errors": errors})
        return Answer(207, body, "application/json", tenant_header(request))
    if operation == "createBatch" or any(part.status == 201 for part in parts):  # noqa: PLR2004 - Created
        return Answer(201, dumped(list(success)), "application/json", tenant_header(request))
    return Answer(204, headers=tenant_header(request))


def _result(part: Part) -> dict[str, Json] | None:
    if part.status != _MULTI or part.answer is None:
        return None
    try:
        found = json.loads(part.answer.body)
    except (ValueError, RecursionError):
        return None
    lists = isinstance(found, dict) and all(isinstance(found.get(name, []), list) for name in ("success", "errors"))
    return found if lists else None


BATCHES: Final = {
    "create": ("createBatch", batches.create),
    "upsert": ("upsertBatch", batches.upsert),
    "update": ("updateBatch", batches.update),
    "merge": ("mergeBatch", batches.merge),
    "delete": ("deleteBatch", batches.delete),
}
