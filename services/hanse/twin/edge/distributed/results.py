# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What came of a request in each place, made one answer: 207 where it was done in part (CIM 009 clause 6.3.17)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hanse.twin.edge.distributed import sources
from hanse.twin.edge.distributed.calls import call_all
from hanse.twin.edge.http import Answer, problem_answer
from hanse.twin.edge.ngsild.entities import quoted
from hanse.twin.edge.problems import KNOWN, Kind, Problem, problem_of
from hanse.twin.edge.speaking import dumped, tenant_header
from hanse.twin.outward import OutwardError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hanse.twin.edge.distributed.calls import Sending
    from hanse.twin.edge.distributed.sources import Source
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World
    from hanse.twin.outward import Reply

    Handler = Callable[[World, Request], Answer]

Json = Any
_GOOD: Final = range(200, 300)
_MULTI: Final = 207
_CREATED: Final = 201


@dataclass(frozen=True, slots=True)
class Part:
    """What came of a part of a request: at a source, or, without one, here."""

    source: Source | None
    status: int
    problem: dict[str, Json] | None
    answer: Answer | None = None


def carried_out(
    world: World, request: Request, sendings: Sequence[Sending], handler: Handler, local: Request | None
) -> list[Part]:
    """Here first, where that is asked for, then at the sources at once."""
    parts: list[Part] = []
    if local is not None:
        parts.append(_here(world, handler, local))
    replies = call_all(world, request, sendings)
    for sending, reply in zip(sendings, replies, strict=True):
        parts.append(_there(sending.source, reply))
    return parts


def conflict(source: Source, operation: str) -> Part:
    """A source holds something alone and takes not the operation (clauses 5.6.1.4 and so on)."""
    problem = Problem(Kind.CONFLICT, f"{source.name} alone holds what is to be written, and does not take {operation}")
    return Part(source, Kind.CONFLICT.status, problem.document())


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


def answer_of(request: Request, entity_id: str, parts: Sequence[Part]) -> Answer:
    """One answer of all parts: as if done here when all went well, 207 when some did."""
    wrong = [part for part in parts if part.problem is not None]
    mixed = [part for part in parts if part.status == _MULTI]
    created = request.method == "POST" and not request.values
    location = (("Location", f"{request.path.rstrip('/')}/{quoted(entity_id)}"),) if created else ()
    if not wrong and not mixed:
        own = next((part.answer for part in parts if part.source is None), None)
        return own or Answer(_CREATED if created else 204, headers=(*location, *tenant_header(request)))
    if len(wrong) == len(parts) == 1 and not mixed:
        return _failed(wrong[0])
    errors = [
        error for part in parts if part.problem is not None or part in mixed for error in _errors(entity_id, part)
    ]
    done = len(wrong) < len(parts) or any(
        _decoded(part).get("success") or _decoded(part).get("updated") for part in mixed
    )
    body = dumped({"success": [entity_id] if done else [], "errors": errors})
    return Answer(_MULTI, body, "application/json", (*(location if done else ()), *tenant_header(request)))


def _errors(entity_id: str, part: Part) -> list[dict[str, Json]]:
    """What a part did not do: an update (clause 5.2.18) or a distributed operation of its own may tell more."""
    told = _decoded(part)
    left, inner = told.get("notUpdated"), told.get("errors")
    if isinstance(left, list):
        names = "; ".join(f"{one.get('attributeName')}: {one.get('reason')}" for one in left if isinstance(one, dict))
        problem = Problem(Kind.BAD_REQUEST_DATA, f"not updated: {names}").document()
        return [_error(entity_id, Part(part.source, part.status, problem))]
    if isinstance(inner, list):
        registration = {} if part.source is None else {"registrationId": part.source.registration.id}
        return [{"entityId": entity_id, **one, **registration} for one in inner if isinstance(one, dict)]
    return [_error(entity_id, part)]


def _decoded(part: Part) -> dict[str, Json]:
    """The body of an answer of several parts."""
    if part.status != _MULTI or part.answer is None:
        return {}
    try:
        found = json.loads(part.answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _failed(part: Part) -> Answer:
    """Nothing was done."""
    if part.source is None and part.answer is not None:
        return part.answer
    return Answer(part.status, dumped(part.problem or {}), "application/json")


def _error(entity_id: str, part: Part) -> dict[str, Json]:
    found: dict[str, Json] = {"entityId": entity_id, "error": part.problem}
    return found if part.source is None else {**found, "registrationId": part.source.registration.id}


def batch_answer(request: Request, operation: str, parts: Sequence[tuple[Part, Sequence[str]]]) -> Answer:
    """BatchOperationResult over all places (clause 5.2.16); each part with the ids that it was about."""
    success: dict[str, None] = {}
    errors: list[Json] = []
    for part, named in parts:
        result = _result(part)
        if result is not None:
            success |= dict.fromkeys(result.get("success", ()))
            more = [one for one in result.get("errors", ()) if isinstance(one, dict)]
            registration = part.source.registration.id if part.source else None
            errors += [{**one, "registrationId": registration} if registration else one for one in more]
        elif part.problem is not None:
            errors += [_error(each, part) for each in named]
        else:
            success |= dict.fromkeys(named)
    if errors:
        failed = {one.get("entityId") for one in errors}
        done = [each for each in success if each not in failed]
        return Answer(_MULTI, dumped({"success": done, "errors": errors}), "application/json", tenant_header(request))
    if operation == "createBatch" or any(part.status == _CREATED for part, _ in parts):
        return Answer(_CREATED, dumped(list(success)), "application/json", tenant_header(request))
    return Answer(204, headers=tenant_header(request))


def _result(part: Part) -> dict[str, Json] | None:
    found = _decoded(part)
    lists = all(isinstance(found.get(name, []), list) for name in ("success", "errors"))
    return found if found and lists else None
