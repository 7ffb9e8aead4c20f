# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Batch operations (CIM 009 clauses 5.6.7 to 5.6.10, 5.6.20, 6.14 to 6.17, 6.31).

Each entity is judged alone; what can be done of a batch is done together, and what cannot is told of (clause 5.2.16).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse.ngsild import NULL, Nulls
from hanse.twin.edge.http import Answer
from hanse.twin.edge.ngsild import changing
from hanse.twin.edge.ngsild.changing import Done, Failed, Item, carry_out, existing
from hanse.twin.edge.ngsild.querying import POST_PARAMETERS, query_by_post
from hanse.twin.edge.parameters import LOCAL, options_asked
from hanse.twin.edge.problems import KNOWN, Kind, Problem, bad_data, problem_of
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.speaking import dumped, local_context, parsed, refuse_link, tenant_header

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.ngsild import Outcome
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World

Json = Any
MAX_BATCH: Final = 10_000
_UNTOUCHED: Final = frozenset[str]()


def create(world: World, request: Request) -> Answer:
    """Batch entity creation."""
    done = _done(
        world,
        request,
        lambda document, renaming: changing.create(ngsild.canonicalise(document, renaming)),
        create_tenant=True,
    )
    if done.failures:
        return _mixed(request, done)
    return _json(request, 201, [entity_id for entity_id, _ in done.outcomes])


def upsert(world: World, request: Request) -> Answer:
    """Batch entity creation or update: entities there are replaced, or with options=update appended to."""
    flags = options_asked(request.parameters, frozenset({"replace", "update"})).flags
    if len(flags) > 1:
        raise bad_data("options is replace or update")

    def make(document: dict[str, Json], renaming: Renaming) -> Item:
        entity = ngsild.canonicalise(document, renaming)

        def apply(before: Mapping[str, Json] | None) -> Outcome:
            if before is None:
                return ngsild.created(entity)
            return ngsild.append(before, _without_id(entity)) if "update" in flags else ngsild.replace(before, entity)

        return Item(entity["id"], apply)

    done = _done(world, request, make, create_tenant=True)
    if done.failures:
        return _mixed(request, done)
    fresh = list(dict.fromkeys(entity_id for entity_id, _ in done.outcomes if entity_id not in done.known))
    return _json(request, 201, fresh) if fresh else Answer(204, headers=tenant_header(request))


def update(world: World, request: Request) -> Answer:
    """Batch entity update: attributes are appended (clause 5.6.9.4), with options=noOverwrite only new ones."""
    flags = options_asked(request.parameters, frozenset({"noOverwrite", "replace"})).flags

    def make(document: dict[str, Json], renaming: Renaming) -> Item:
        entity_id = _id(document)
        fragment = ngsild.canonicalise_fragment(document, renaming, Nulls.CONTENTS)

        def apply(before: Mapping[str, Json] | None) -> Outcome:
            target = existing(entity_id, before)
            if "noOverwrite" not in flags and NULL in dumped(document).decode():  # it deletes (clause 5.5.4)
                return ngsild.update(target, fragment)
            return ngsild.append(target, fragment, overwrite="noOverwrite" not in flags)

        return Item(entity_id, apply)

    return _without_answer(request, _done(world, request, make))


def merge(world: World, request: Request) -> Answer:
    """Batch entity merge."""
    parameters = request.parameters
    options_asked(parameters, _UNTOUCHED)

    def make(document: dict[str, Json], renaming: Renaming) -> Item:
        entity_id = _id(document)

        def apply(before: Mapping[str, Json] | None) -> Outcome:
            fragment = ngsild.canonicalise_fragment(
                document, renaming, Nulls.ANYWHERE, target=before or {}, lang=parameters.get("lang")
            )
            target = existing(entity_id, before)
            return ngsild.merge(target, fragment, observed_at=parameters.get("observedAt"))

        return Item(entity_id, apply)

    return _without_answer(request, _done(world, request, make))


def delete(world: World, request: Request) -> Answer:
    """Batch entity delete: the body is a list of ids."""
    ids = _list(parsed(request))
    if not all(isinstance(each, str) and ":" in each for each in ids):
        raise bad_data("the body must be a list of entity ids, which are URIs")
    done = carry_out(world, world.store(request), [changing.delete(each) for each in ids])
    return _without_answer(request, done)


def _done(
    world: World,
    request: Request,
    make: Callable[[dict[str, Json], Renaming], Item],
    *,
    create_tenant: bool = False,
) -> Done:
    """Reads the entities of the body, makes an operation of each, and carries them out."""
    documents = _list(parsed(request))
    refuse_link(request)
    store = world.store(request, create=create_tenant)
    items: list[Item] = []
    failures: list[Failed] = []
    for document in documents:
        try:
            if not isinstance(document, dict):
                raise bad_data("an entity is a JSON object")
            local = local_context(request, document)
            content = {name: value for name, value in document.items() if name != "@context"}
            items.append(make(content, world.contexts.used(local)))
        except KNOWN as error:
            failures.append(Failed(_named(document), problem_of(error)))
    done = carry_out(world, store, items) if items else Done((), (), frozenset())
    return Done(done.outcomes, (*failures, *done.failures), done.known)


def _list(body: Json) -> list[Json]:
    if not isinstance(body, list) or not body:
        raise bad_data("the body must be a list that is not empty")
    if len(body) > MAX_BATCH:
        raise Problem(Kind.TOO_LARGE, f"a batch has at most {MAX_BATCH} entries")
    return body


def _id(document: Mapping[str, Json]) -> str:
    found = document.get("id", document.get("@id"))
    if not isinstance(found, str) or ":" not in found:
        raise bad_data("an entity has an id, which is a URI")
    return found


def _named(document: Json) -> str:
    found = document.get("id", "") if isinstance(document, dict) else ""
    return str(found)[:2_048]


def _without_id(entity: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in entity.items() if name != "id"}


def _without_answer(request: Request, done: Done) -> Answer:
    partly = [
        Failed(entity_id, bad_data("; ".join(f"{one.attribute}: {one.reason}" for one in outcome.not_updated)))
        for entity_id, outcome in done.outcomes
        if outcome.not_updated
    ]
    if done.failures or partly:
        left = {each.id for each in partly}
        done = Done(tuple(each for each in done.outcomes if each[0] not in left), (*done.failures, *partly), done.known)
        return _mixed(request, done)
    return Answer(204, headers=tenant_header(request))


def _mixed(request: Request, done: Done) -> Answer:
    """BatchOperationResult."""
    errors = [{"entityId": one.id, "error": one.problem.document()} for one in done.failures]
    success = list(dict.fromkeys(entity_id for entity_id, _ in done.outcomes))
    return _json(request, 207, {"success": success, "errors": errors})


def _json(request: Request, status: int, body: Json) -> Answer:
    return Answer(status, dumped(body), "application/json", tenant_header(request))


def _post(name: str, handler: Callable[[World, Request], Answer], parameters: Sequence[str] = ()) -> Route:
    return Route(f"{BASE}/entityOperations/{name}", {"POST": handler}, {"POST": LOCAL | set(parameters)})


ROUTES: Final = (
    _post("create", create),
    _post("upsert", upsert, ("options",)),
    _post("update", update, ("options",)),
    _post("merge", merge, ("options", "format", "observedAt", "lang")),
    _post("delete", delete),
    Route(
        f"{BASE}/entityOperations/query",
        {"POST": query_by_post},
        {"POST": POST_PARAMETERS},
        scopes={"POST": "twin:read"},
    ),
)
