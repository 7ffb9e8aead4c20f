# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""JSON-LD contexts over HTTP: added, listed, served, deleted (CIM 009 clauses 5.13 and 6.29 to 6.30)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hanse.jsonld import CORE_URL, ContextError, ContextFault, is_core_url
from hanse.kernel.clock import timestamp
from hanse.twin.edge.contexts import CACHED, KINDS, PATH
from hanse.twin.edge.http import JSON, LD_JSON, Answer
from hanse.twin.edge.parameters import boolean
from hanse.twin.edge.problems import Kind, Problem, bad_data, not_found
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.speaking import accepted, dumped, parsed

if TYPE_CHECKING:
    from hanse.twin.adapters.contexts import KeptContext
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World

Json = Any


def add(world: World, request: Request) -> Answer:
    """Add a context."""
    document = parsed(request)
    if not isinstance(document, dict) or "@context" not in document:
        raise Problem(Kind.INVALID_REQUEST, "the body must be a JSON object with an @context")
    try:
        kept = world.contexts.add({"@context": document["@context"]})
    except ContextError as error:
        if error.fault is not ContextFault.UNAVAILABLE:
            raise bad_data(str(error)) from None
        raise
    return Answer(201, headers=(("Location", kept.url),))


def listing(world: World, request: Request) -> Answer:
    """List contexts, their URLs or with details=true all that is known of them."""
    details = boolean(request.parameters, "details")
    kind = request.parameters.get("kind")
    if kind is not None and kind.lower() not in {each.lower() for each in KINDS}:
        raise bad_data(f"kind is one of {', '.join(KINDS)}")
    core = world.contexts.find(CORE_URL)
    found = [*([core] if core is not None else []), *world.contexts.shelf.all()]
    wanted = [each for each in found if kind is None or each.kind.lower() == kind.lower()]
    if details:
        return Answer(200, dumped([_details(world, request, each) for each in wanted]), JSON)
    return Answer(200, dumped([_url(world, request, each) for each in wanted]), JSON)


def serve(world: World, request: Request) -> Answer:
    """Serve a context, or with details=true what is known of it."""
    kept = _kept(world, request)
    if boolean(request.parameters, "details"):
        return Answer(200, dumped(_details(world, request, kept)), JSON)
    if kept.kind == CACHED and not is_core_url(kept.url):
        raise Problem(Kind.NOT_SUPPORTED, f"{kept.url} is a copy of a remote context: get it from there")
    media = accepted(request, (JSON, LD_JSON))
    return Answer(200, kept.body.encode(), media)


def delete(world: World, request: Request) -> Answer:
    """Delete a context, or with reload=true fetch a remote one anew."""
    reload = boolean(request.parameters, "reload")
    name = request.values["id"]
    if is_core_url(name):
        if not reload:
            raise bad_data("the core context is part of this service and cannot be deleted")
        return Answer(204)
    kept = world.contexts.find(name)
    if kept is None:
        if reload:
            raise bad_data(f"there is no copy of a remote context {name[:300]} that could be fetched anew")
        raise not_found(f"context {name}")
    if reload and kept.kind != CACHED:
        raise bad_data("only copies of remote contexts can be fetched anew")
    if reload:
        world.contexts.reload(kept)
    else:
        world.contexts.forget(kept)
    return Answer(204)


def _kept(world: World, request: Request) -> KeptContext:
    kept = world.contexts.find(request.values["id"])
    if kept is None:
        raise not_found(f"context {request.values['id']}")
    return kept


def _url(world: World, request: Request, kept: KeptContext) -> str:
    return world.base(request) + kept.url if kept.url.startswith(PATH) else kept.url


def _details(world: World, request: Request, kept: KeptContext) -> dict[str, Json]:
    use = world.contexts.uses.get(kept.url)
    found: dict[str, Json] = {
        "URL": _url(world, request, kept),
        "localId": kept.id,
        "kind": kept.kind,
        "createdAt": kept.created,
        "numberOfHits": use.hits if use else 0,
    }
    if use and use.last:
        found["lastUsage"] = use.last
    expires = world.contexts.expiry(kept)
    if expires is not None:
        found["expiresAt"] = timestamp(expires)
    return found


ROUTES: Final = (
    Route(
        f"{BASE}/jsonldContexts/{{id}}",
        {"GET": serve, "DELETE": delete},
        {"GET": frozenset({"details"}), "DELETE": frozenset({"reload"})},
    ),
    Route(
        f"{BASE}/jsonldContexts",
        {"GET": listing, "POST": add},
        {"GET": frozenset({"details", "kind"}), "POST": frozenset()},
    ),
)
