# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Evolutions retrieved and queried together with what other sources recorded (CIM 009 clauses 5.7.3 and 5.7.4)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from hanse import query as languages
from hanse.twin.edge.distributed import sources
from hanse.twin.edge.distributed.calls import Sending, call_all, names_of
from hanse.twin.edge.distributed.evolutions import HEAD, Placed, put_together
from hanse.twin.edge.distributed.gather import registered
from hanse.twin.edge.distributed.sources import Source, Warned
from hanse.twin.edge.http import Request
from hanse.twin.edge.paging import page_of
from hanse.twin.edge.problems import Kind, Problem
from hanse.twin.edge.routes import BASE
from hanse.twin.edge.speaking import answered, listen, received
from hanse.twin.edge.temporal import recording
from hanse.twin.edge.temporal.evolving import temporal_asked
from hanse.twin.model import MAX_PAGE
from hanse.twin.outward import OutwardError
from hanse.twin.registrations.matching import Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.twin.edge.distributed.results import Handler
    from hanse.twin.edge.http import Answer
    from hanse.twin.edge.speaking import Speech
    from hanse.twin.edge.temporal.evolving import TemporalAsked
    from hanse.twin.edge.world import World
    from hanse.twin.outward import Reply

Json = Any
RETRIEVE: Final = frozenset({"retrieveTemporal"})
QUERY: Final = frozenset({"queryTemporal"})
_ANSWERED: Final = frozenset({200, 206})
_PART, _NOT_FOUND = 206, 404
_HERE_ONLY: Final = frozenset({"local", "via", "csf", "entityMap", "entityMapLifetime", "count", "offset", "limit"})


@dataclass(frozen=True, slots=True)
class _Asking:
    """A temporal request: how it is answered, and what is asked of evolutions."""

    speech: Speech
    want: TemporalAsked


def retrieval(handler: Handler) -> Handler:
    """Retrieve the evolution of an entity."""

    def handle(world: World, request: Request) -> Answer:
        if not sources.is_federated(world, request):
            return handler(world, request)
        entity_id, speech = recording.uri(request.values["id"]), listen(world, request)
        want = temporal_asked(request.parameters, speech.renaming)
        wanted = Wanted(frozenset({entity_id}), attributes=want.options.attrs)
        found = sources.concerned(world, request, wanted, RETRIEVE, window=want.window)
        if not found:
            return handler(world, request)
        asking = _Asking(speech, want)
        placed, problem = _here(world, request, handler)
        path = f"{BASE}/temporal/entities/{entity_id}"
        more, warnings = _there(world, request, asking, [_get(world, request, asking, each, path) for each in found])
        together, told = put_together([*placed, *more], found, want)
        if entity_id not in together:
            raise problem or Problem(Kind.NOT_FOUND, f"there is no evolution of an entity {entity_id}")
        warnings += [_told(world, request, each, why) for each, why in told]
        answer = answered(world, request, speech, together[entity_id])
        return replace(answer, headers=(*warnings, *answer.headers))

    return handle


def query(handler: Handler) -> Handler:
    """Query evolutions, by GET or by POST."""

    def handle(world: World, request: Request) -> Answer:
        if not sources.is_federated(world, request):
            return handler(world, request)
        document: Json = {}
        if request.method == "POST":
            document, speech = received(world, request)
        else:
            speech = listen(world, request)
        given = {**request.parameters, **document.get("temporalQ", {})}
        want = temporal_asked({name: str(value) for name, value in given.items()}, speech.renaming)
        found = _concerned(world, request, document, speech.renaming, want)
        if not found:
            return handler(world, request)
        page = page_of(request.parameters)
        most = MAX_PAGE if page.count else min(page.end + 1, MAX_PAGE)
        wide = _with_parameters(request, {**_kept(request), "limit": str(most)})
        asking = _Asking(speech, want)
        placed, problem = _here(world, wide, handler)
        if problem is not None:
            raise problem
        path = request.path.rstrip("/")
        sendings = [
            _post(wide, each, path)
            if request.method == "POST"
            else _get(world, request, asking, each, path, {"limit": str(most)})
            for each in found
        ]
        more, warnings = _there(world, request, asking, sendings)
        together, told = put_together([*placed, *more], found, want)
        warnings += [_told(world, request, each, why) for each, why in told]
        ordered = [together[name] for name in sorted(together)]
        answer = answered(world, request, speech, ordered[page.offset : page.end])
        following = page.end if page.end < len(ordered) else None
        headers = page.headers(request, request.parameters, following, len(ordered))
        return replace(answer, headers=(*warnings, *headers, *answer.headers))

    return handle


def _concerned(
    world: World, request: Request, document: Mapping[str, Json], renaming: Renaming, want: TemporalAsked
) -> list[Source]:
    csf = request.parameters.get("csf") or document.get("csf")
    filter_ = languages.parse_q(csf, renaming.inward) if csf else None
    found: list[Source] = []
    for selector in document.get("entities") or [{}]:
        given = {**request.parameters, **{name: value for name, value in selector.items() if name != "@context"}}
        ids, types = given.get("id"), given.get("type")
        names = ",".join(ids) if isinstance(ids, list) else ids
        wanted = Wanted(
            languages.parse_ids(names).ids if names else None,
            given.get("idPattern"),
            languages.parse_types(types, renaming.inward) if types and types != "*" else None,
            want.options.attrs,
        )
        found += sources.concerned(world, request, wanted, QUERY, filter_, want.window)
    return sources.unique(found)


def _kept(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.parameters.items() if name not in {"count", "offset", "limit"}}


def _with_parameters(request: Request, parameters: Mapping[str, str]) -> Request:
    other = Request(
        request.method, request.path, urlencode(parameters), request.headers, request.body, request.authority
    )
    other.values, other.subject = request.values, request.subject
    return other


def _get(
    world: World,
    request: Request,
    asking: _Asking,
    source: Source,
    path: str,
    extra: Mapping[str, str] | None = None,
) -> Sending:
    """The request for a source, with the attributes that it registered."""
    parameters = {name: value for name, value in request.parameters.items() if name not in _HERE_ONLY} | dict(
        extra or {}
    )
    named, wanted = registered(source), asking.want.options.attrs
    if named is not None:
        names = names_of(world, source, asking.speech.renaming)
        attributes = named if wanted is None else named & wanted
        parameters["attrs"] = ",".join(sorted(map(names.outward, attributes)))
    return Sending(source, "GET", path, parameters)


def _post(request: Request, source: Source, path: str) -> Sending:
    kept = {name: value for name, value in request.parameters.items() if name not in _HERE_ONLY - {"limit"}}
    return Sending(source, "POST", path, kept, request.body, request.media)


def _here(world: World, request: Request, handler: Handler) -> tuple[list[Placed], Problem | None]:
    try:
        body = json.loads(handler(world, request).body)
    except Problem as problem:
        if problem.kind is not Kind.NOT_FOUND:
            raise
        return [], problem
    return [Placed(None, each) for each in (body if isinstance(body, list) else [body])], None


def _there(
    world: World, request: Request, asking: _Asking, sendings: Sequence[Sending]
) -> tuple[list[Placed], list[tuple[str, str]]]:
    placed: list[Placed] = []
    warnings: list[tuple[str, str]] = []
    for sending, reply in zip(sendings, call_all(world, request, sendings), strict=True):
        source = sending.source
        found = _read(world, asking, source, reply)
        if isinstance(found, tuple):
            warnings.append(sources.warning(world, request, source, *found))
            continue
        placed += [Placed(source, each) for each in found]
        if not isinstance(reply, OutwardError) and reply.status == _PART:
            warnings.append(_told(world, request, source, "it answered a part of what it recorded"))
    return placed, warnings


def _told(world: World, request: Request, source: Source, why: str) -> tuple[str, str]:
    return sources.warning(world, request, source, why, Warned.SILENT)


def _read(
    world: World, asking: _Asking, source: Source, reply: Reply | OutwardError
) -> list[dict[str, Json]] | tuple[str, Warned]:
    if isinstance(reply, OutwardError):
        return str(reply), Warned.SILENT
    if reply.status == _NOT_FOUND:
        return []
    if reply.status not in _ANSWERED:
        return f"it answered {reply.status}", Warned.REFUSED
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        body = None
    several = body if isinstance(body, list) else [body]
    if not all(_is_evolution(each) for each in several):
        return "its answer holds no evolutions that can be read", Warned.INVALID
    names, own = names_of(world, source, asking.speech.renaming), asking.speech.renaming
    if names is own:
        return several
    return [_renamed(each, names, own) for each in several]


def _renamed(document: Mapping[str, Json], names: Renaming, own: Renaming) -> dict[str, Json]:
    """An evolution in the names of the request; what stands inside its instances stays as it is."""
    found: dict[str, Json] = {}
    for name, value in document.items():
        if name == "type":
            found[name] = [own.outward(names.inward(each)) for each in (value if isinstance(value, list) else [value])]
            found[name] = found[name] if isinstance(value, list) else found[name][0]
        else:
            found[name if name in HEAD else own.outward(names.inward(name))] = value
    return found


def _is_evolution(each: Json) -> bool:
    return isinstance(each, dict) and isinstance(each.get("id"), str) and isinstance(each.get("type"), str | list)
